"""首頁的互動圖：潛在平面上挪一個點，看附近 15 棟房子，由它們猜這一點的房價。

猜法與第 11 章的讀出相同：最近的 ``N_NEIGHBOURS`` 棟的對數房價取平均，所以說出來的是幾何平均。
"""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from .. import plotting
from ..interactive import InteractiveFigure
from ..stills import Still
from ..tables.measures import N_NEIGHBOURS
from .chinese import LEVELS
from .data import Houses

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: 平面畫到 ±這麼遠：房子都在裡面，外面留一圈。
LIMIT = 3.6
#: 座標與對數房價各存到小數第幾位；整數比小數省一半的字。
SCALE = 100
PRICE_SCALE = 1000
ALT = (
    "二維潛在平面上的房子，每點一棟，顏色是房價。鄰近的點顏色相近，亮色與暗色各成幾片，"
    "不是一個方向一路變亮；多數的點在先驗的 95% 圓之內。"
)
FALLBACK = (
    "這裡是一張互動圖，要在書的網頁裡開啟 JavaScript 才能挪動。"
    "它的結論是：挪到亮的地方，附近十五棟都貴；挪到暗的地方都便宜；模型從來沒有看過房價。"
)


def cover_figure(mean: ArrayLike, houses: Houses) -> InteractiveFigure:
    """``mean`` (N, 2) 是每棟房子的平均編碼，與 ``houses`` 的列一一對應；都要知道房價。"""
    return InteractiveFigure("cover", FALLBACK, still=Still(_draw, ALT), **cover_data(mean, houses))


def cover_data(mean: ArrayLike, houses: Houses) -> dict[str, Any]:
    """網頁要的資料：座標 ×``SCALE``、對數房價 ×``PRICE_SCALE`` 的整數、年份、面積與社區。

    形狀不合或有不知道的房價引發 ``ValueError``。
    """
    points = np.asarray(mean, dtype=float)
    if points.shape != (len(houses), 2):
        raise ValueError(f"引數 mean 的形狀是 {points.shape}；{len(houses)} 棟房子要 ({len(houses)}, 2)。")
    if not houses.priced.all():
        raise ValueError(f"引數 houses 有 {np.sum(~houses.priced)} 棟不知道房價；請只給知道的。")
    names = sorted(houses.categories["Neighborhood"].unique())
    return {
        "limit": LIMIT,
        "scale": SCALE,
        "price_scale": PRICE_SCALE,
        "neighbours": N_NEIGHBOURS,
        "price_range": plotting.LOG_PRICE_RANGE,
        "price_ticks": plotting.PRICE_TICKS,
        "radii": [(share, plotting.prior_radius(share)) for share in plotting.PRIOR_SHARES],
        "x": np.rint(points[:, 0] * SCALE).astype(int),
        "y": np.rint(points[:, 1] * SCALE).astype(int),
        "log_price": np.rint(houses.log_price * PRICE_SCALE).astype(int),
        "year": houses.details["YearBuilt"].to_numpy(dtype=int),
        "area": houses.details["GrLivArea"].to_numpy(dtype=int),
        "place": [names.index(name) for name in houses.categories["Neighborhood"]],
        "places": [LEVELS["Neighborhood"][name] for name in names],
    }


def _draw(ax: "Axes", data: dict[str, Any]) -> None:
    points = np.column_stack([data["x"], data["y"]]) / data["scale"]
    plotting.latent_plane(ax, points, np.array(data["log_price"]) / data["price_scale"], size=3.0)
