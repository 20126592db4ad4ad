"""第 11、13 章的對照：不看房價的表示法、全部的欄、單獨一欄，都用同樣的切分、同樣的兩種讀法。"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...tables.baselines import supervised
from ...tables.coded import CodedTable, one_hot
from ...tables.measures import read_score
from ...tables.representations import represent, represent_sizes
from ...tables.seeds import Split
from ...tables.single_column import best_column, boosted, only
from ..data import Houses

REPRESENTATIONS, SIZES = ("pca", "pca_standard", "mca", "random"), (1, 2, 3)
N_SPLITS = 10
#: 手上已經有的欄。
GIVEN: tuple[tuple[str, ...], ...] = ((), ("year",), ("area",), ("year", "area"))
READERS = {"knn": "", "linear": "_linear"}


def rival_metrics(houses: Houses, data: Split, seed: int) -> dict[str, Any]:
    """四種表示法、15 個鄰居，以及單獨一個數（年份、面積）與單獨一欄類別。"""
    found: dict[str, Any] = representation_scores(REPRESENTATIONS, houses, data, seed)
    for name, values in single_numbers(houses).items():
        found |= scores(name, values[:, None], houses.log_price, data.held_out)
    slot = best_column(data.coded, houses.log_price, data.held_out)
    column = one_hot(only(data.coded, slot))
    r2 = read_score(column, houses.log_price, data.held_out, reader="linear")
    return found | {"column": data.schema.variables_[slot.position], "column_linear": r2}


def rivals_with_columns(houses: Houses, data: Split, seed: int) -> dict[str, float]:
    """手上已有年份、面積或兩者：只有它們，與加上 MCA 的兩個數（``with_columns``）。"""
    mca = represent("mca", data.coded, data.held_out, 2, seed)
    return {
        key: r2
        for name, codes in (("", mca[:, :0]), ("mca", mca))
        for key, r2 in with_columns(name, codes, houses, data.held_out, seed).items()
    }


def single_numbers(houses: Houses) -> dict[str, NDArray]:
    """兩個現成的數：建造年份，與居住面積的對數。"""
    return {
        "year": houses.details["YearBuilt"].to_numpy(dtype=float),
        "area": np.log(houses.details["GrLivArea"].to_numpy(dtype=float)),
    }


def with_columns(name: str, codes: NDArray, houses: Houses, held_out: NDArray, seed: int) -> dict[str, float]:
    """手上已有年份、面積或兩者時，加上編碼 (N, d) 的提升樹；``codes`` 是 (N, 0) 就只有那幾欄。

    名字是「已經有的+name」；同樣的列、同樣的設定，只差編碼，所以差就是編碼添的。
    """
    numbers, found = single_numbers(houses), {}
    for given in GIVEN:
        columns = np.column_stack([*(numbers[one] for one in given), codes])
        if columns.size:
            table = CodedTable(np.empty((len(columns), 0), dtype=int), (), columns)
            found[f"{'&'.join(given)}+{name}"] = boosted(table, houses.log_price, held_out, seed)
    return found


def representation_scores(names: Sequence[str], houses: Houses, data: Split, seed: int) -> dict[str, float]:
    """一到三維、兩種讀法（名字是 pca_2 與 pca_2_linear），以及由全部的欄找 15 個最近的鄰居。"""
    price, held_out = houses.log_price, data.held_out
    found = {"neighbours": supervised("neighbours", data.coded, price, held_out, seed)}
    for name in names:
        for size, codes in represent_sizes(name, data.coded, held_out, SIZES, seed).items():
            found |= scores(f"{name}_{size}", codes, price, held_out)
    return found


def scores(name: str, codes: NDArray, values: NDArray, held_out: NDArray) -> dict[str, float]:
    """一種編碼的兩個分數：15 個最近的鄰居，與線性的讀法。"""
    return {
        name + suffix: read_score(codes, values, held_out, reader=reader)
        for reader, suffix in READERS.items()
    }


def tsne(houses: Houses, data: Split) -> tuple[dict[str, Any], NDArray]:
    """t-SNE 的平面 (N, 2)，與它在十次切分上的分數。

    t-SNE 沒有「新的一列放哪裡」的規則，只能把全部的房子（不看房價）一起放：這是轉導，打分數的房子它看過。
    所以一張平面就夠，十次切分只換誰當鄰居。出處：van der Maaten & Hinton (2008)，scikit-learn 的實作與預設。
    """
    from sklearn.manifold import TSNE as Embedding

    plane = Embedding(init="pca", random_state=0, n_jobs=1).fit_transform(data.x).astype(float)
    splits = [scores("r2", plane, houses.log_price, houses.held_out(seed=s)) for s in range(N_SPLITS)]
    return {f"{name}_by_split": [one[name] for one in splits] for name in splits[0]}, plane
