"""第 11 章的 UMAP：要另外安裝，所以成績連同套件的版本記在 ``recorded/``，研究與建書都不重算。

重新記錄：``pip install -e ".[umap]"``，再 ``python -m vae_from_scratch.housing.study.umap_record``；
兩種編碼、十次切分，一共學二十次。
"""

from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ...files import write_text
from .measure import houses_of, split_of
from .plan import ENCODINGS, MANY_SEEDS
from .rivals import scores
from .runs import Run

RECORDED = Path(__file__).with_name("recorded")
SCORES, PLANE = "umap.csv", "umap-plane.csv"
#: 換了這些套件的版本，同樣的種子也可能畫出另一張平面。
PACKAGES = ("umap-learn", "numba", "pynndescent", "scikit-learn", "numpy")
SIZE = 2


def embed(x: NDArray, held_out: NDArray, seed: int) -> NDArray:
    """UMAP 的平面 (N, 2)：只由沒有留下的列學，留下的列用它的 ``transform`` 放進去（歸納）。

    設定都是 umap-learn 的預設（15 個鄰居、歐氏距離）。出處：McInnes et al. (2018)。
    """
    from umap import UMAP

    model = UMAP(n_components=SIZE, random_state=seed, n_jobs=1).fit(x[~held_out])
    plane = np.empty((len(x), SIZE))
    plane[~held_out], plane[held_out] = model.embedding_, model.transform(x[held_out])
    return plane


def measured() -> Iterator[tuple[dict[str, Any], NDArray]]:
    """一種編碼、一次切分：分數（名字與研究的相同），與留下的房子在平面上的位置。"""
    for encoding in reversed(ENCODINGS):
        for seed in MANY_SEEDS:
            run = Run({}, seed, encoding=encoding)
            houses, data = houses_of(run.source, run.folder), split_of(run)
            plane = embed(data.x, data.held_out, seed)
            found = scores("r2", plane, houses.log_price, data.held_out)
            yield {"encoding": encoding, "seed": seed} | found, plane[data.held_out]


def record(folder: Path = RECORDED) -> None:
    """寫下每一次的分數與套件的版本，以及第一次（「無」當水準、種子 0）留下的房子的平面。"""
    versions = {name: version(name) for name in PACKAGES}
    rows: list[dict[str, Any]] = []
    for row, plane in measured():
        if not rows:
            _write(folder / PLANE, pd.DataFrame(plane.round(2), columns=["x", "y"]))
        rows.append(row | versions)
        _write(folder / SCORES, pd.DataFrame(rows).round(4))


def recorded_scores(folder: Path = RECORDED) -> pd.DataFrame:
    """紀錄：一次切分一列，``encoding``、``seed``、``r2``、``r2_linear`` 與各套件的版本。"""
    return pd.read_csv(folder / SCORES, dtype=dict.fromkeys(PACKAGES, str))


def recorded_plane(folder: Path = RECORDED) -> NDArray:
    """種子 0、「無」當水準，留下的房子在平面上的位置 (n, 2)。"""
    return pd.read_csv(folder / PLANE).to_numpy()


def _write(path: Path, table: pd.DataFrame) -> None:
    write_text(path, table.to_csv(index=False, lineterminator="\n"), make_folder=True)


if __name__ == "__main__":
    record()
