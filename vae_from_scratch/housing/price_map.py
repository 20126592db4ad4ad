"""價格地圖：潛在空間裡任一點，附近的真房子賣多少（第 12 章、探索器）。"""

from dataclasses import dataclass

from numpy.typing import NDArray


@dataclass(frozen=True)
class PriceMap:
    """潛在空間裡任一點的期望房價：最近 ``n_neighbours`` 棟真房子的對數房價。

    ``codes`` 是 (N, d)，``log_price`` 是 (N,)。
    """

    codes: NDArray
    log_price: NDArray
    n_neighbours: int = 15

    def __call__(self, z: NDArray) -> tuple[NDArray, NDArray, NDArray]:
        """z (M, d) → 鄰居對數房價的平均、標準差，與最遠那個鄰居的距離，各 (M,)。

        距離大表示附近沒有房子，平均就只是從遠處借來的。
        """
        from sklearn.neighbors import NearestNeighbors

        distance, index = NearestNeighbors(n_neighbors=self.n_neighbours).fit(self.codes).kneighbors(z)
        near = self.log_price[index]
        return near.mean(axis=1), near.std(axis=1, ddof=1), distance[:, -1]
