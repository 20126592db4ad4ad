"""隨書附上的 UMAP 的成績（``study/recorded``）：切分到齊、連同版本；學的時候沒看過留下的房子。"""

import sys
from types import ModuleType

import numpy as np
import pandas as pd
import pytest

from vae_from_scratch.housing.data import load_ames
from vae_from_scratch.housing.study import umap_record
from vae_from_scratch.housing.study.plan import ENCODINGS, MANY_SEEDS
from vae_from_scratch.tables.measures import read_out


def problems(table: pd.DataFrame) -> list[str]:
    """這份紀錄哪裡不能用；沒有就是空的。"""
    pairs = set(zip(table["encoding"], table["seed"], strict=True))
    scores = table[["r2", "r2_linear"]].to_numpy()
    checks = {
        "兩種編碼、十次切分沒有到齊": pairs == {(e, s) for e in ENCODINGS for s in MANY_SEEDS},
        "一次切分不只一列": len(table) == len(pairs),
        "不是同一組版本": not table[list(umap_record.PACKAGES)].isna().to_numpy().any()
        and len(table[list(umap_record.PACKAGES)].drop_duplicates()) == 1,
        "分數不在 0 與 1 之間": bool(((scores > 0) & (scores < 1)).all()),
    }
    return [what for what, holds in checks.items() if not holds]


@pytest.fixture(scope="module")
def recorded() -> pd.DataFrame:
    return umap_record.recorded_scores()


def test_the_record_is_complete(recorded: pd.DataFrame) -> None:
    assert problems(recorded) == []


def test_a_broken_record_is_caught(recorded: pd.DataFrame) -> None:
    assert problems(recorded.iloc[1:]) == ["兩種編碼、十次切分沒有到齊"]
    assert problems(pd.concat([recorded, recorded.iloc[:1]])) == ["一次切分不只一列"]
    assert problems(recorded.assign(numpy=["1.0", *recorded["numpy"].iloc[1:]])) == ["不是同一組版本"]
    assert problems(recorded.assign(r2=1.2)) == ["分數不在 0 與 1 之間"]


def test_the_plane_has_the_recorded_score(recorded: pd.DataFrame) -> None:
    """記下的平面是種子 0 留下的房子：用它自己的鄰居也猜得出房價，打亂就猜不出。"""
    houses, plane = load_ames(), umap_record.recorded_plane()
    price = houses.log_price[houses.held_out(0.2, 0)]
    assert plane.shape == (len(price), 2) and np.isfinite(plane).all()
    fold = np.random.default_rng(0).random(len(price)) < 0.2
    found, shuffled = read_out(plane, price, fold, 0)
    assert found > 0.4 > 0.1 > shuffled


class Remembers:
    """代替 UMAP 的：記得學過哪些列、放過哪些列；平面是前兩欄，放進去的變號。"""

    fitted: np.ndarray
    placed: np.ndarray

    def __init__(self, **options: object) -> None:
        self.embedding_ = np.empty((0, 2))

    def fit(self, x: np.ndarray) -> "Remembers":
        Remembers.fitted = x
        self.embedding_ = x[:, :2]
        return self

    def transform(self, x: np.ndarray) -> np.ndarray:
        Remembers.placed = x
        return -x[:, :2]


def test_held_out_rows_are_placed_and_never_learned_from(monkeypatch: pytest.MonkeyPatch) -> None:
    fake = ModuleType("umap")
    fake.UMAP = Remembers  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "umap", fake)
    x, held_out = np.arange(1.0, 19).reshape(6, 3), np.array([0, 1, 0, 0, 1, 0], dtype=bool)
    plane = umap_record.embed(x, held_out, seed=0)
    assert (Remembers.fitted == x[~held_out]).all() and (Remembers.placed == x[held_out]).all()
    assert (plane[~held_out] == x[~held_out][:, :2]).all() and (plane[held_out] == -x[held_out][:, :2]).all()
