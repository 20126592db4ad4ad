"""補一格：蓋住一欄，由同一列其餘的格子猜；每一種猜法用同樣的格子、同樣的分數（第 12 章）。

猜法（filler）是一個函式 ``(蓋住一欄的表, 哪一欄) → 答案``：類別是每個水準的機率 (n, K)，數字是一個數 (n,)。
模型的條件分布寫成這個樣子，就與這裡的對照比同樣的格子。
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from .chow_liu import ChowLiu
from .coded import Coded, Slot, evenly, features, hide, slots, take
from .conditional import logistic_regression, score
from .independent import Independent
from .measures import N_NEIGHBOURS

Filler = Callable[[Coded, Slot], NDArray]
#: 最多蓋幾列、幾欄。
MOST_HIDDEN = (200, 40)
#: 一欄一個模型的對照與最近的鄰居，最多看這麼多訓練的列。
MOST_TRAINED = 5_000
#: 表上的順序與名字。
NAMES = {
    "vae": "VAE 的條件分布",
    "mode": "最常見的水準、平均",
    "neighbours": "最近的 15 列",
    "linear": "一欄一個線性模型（邏輯斯迴歸、嶺迴歸）",
    "tree": "Chow–Liu 樹",
}


# ---- 猜法 ----------------------------------------


def by_mode(train: Coded, spiked: Sequence[int] = ()) -> Filler:
    """不看其餘的格子：各水準的比例、平均。"""
    return Independent.fit(train).fill


def by_tree(train: Coded, spiked: Sequence[int] = ()) -> Filler:
    """Chow–Liu 樹的條件機率，數字是條件平均。"""
    return ChowLiu.fit(train, spiked).fill


def by_neighbours(train: Coded, spiked: Sequence[int] = ()) -> Filler:
    """由其餘的欄找 15 個最近的、那一格有值的列：水準的比例（加一列份量的整體比例），或平均。"""
    from sklearn.neighbors import NearestNeighbors

    marginal = Independent.fit(train)

    def fill(hidden: Coded, slot: Slot) -> NDArray:
        known, answers = _known(train, slot)
        if not len(known):
            return marginal.fill(hidden, slot)
        inputs = features(hide(take(train, known), slot, spiked))
        search = NearestNeighbors(n_neighbors=min(N_NEIGHBOURS, len(known)), algorithm="brute").fit(inputs)
        nearest = answers[search.kneighbors(features(hidden), return_distance=False)]
        if slot.kind == "number":
            return nearest.mean(axis=1)
        share = marginal.shares[slot.position]
        votes = (nearest[:, :, None] == np.arange(len(share))).sum(axis=1)
        return (votes + share) / (nearest.shape[1] + 1)

    return fill


def by_linear_model(train: Coded, spiked: Sequence[int] = ()) -> Filler:
    """每一欄另外訓練一個線性模型，輸入是其餘的欄：類別用邏輯斯迴歸，數字用嶺迴歸（強度由交叉驗證決定）。"""
    marginal = Independent.fit(train)

    def fill(hidden: Coded, slot: Slot) -> NDArray:
        known, answers = _known(train, slot)
        if len(np.unique(answers)) < 2:
            return marginal.fill(hidden, slot)
        inputs, asked = features(hide(take(train, known), slot, spiked)), features(hidden)
        if slot.kind == "number":
            return _ridge().fit(inputs, answers).predict(asked)
        share = marginal.shares[slot.position]
        guess = np.zeros((len(asked), len(share)))
        model = logistic_regression().fit(inputs.astype(np.float32), answers)
        guess[:, model.classes_] = model.predict_proba(asked.astype(np.float32))
        # 加一列份量的整體比例：訓練時沒出現的水準才不會是負無限大。
        return (len(known) * guess + share) / (len(known) + 1)

    return fill


def _ridge() -> Any:
    from sklearn.linear_model import RidgeCV

    return RidgeCV(alphas=np.logspace(-1, 3, 9))


def _known(train: Coded, slot: Slot) -> tuple[NDArray, NDArray]:
    """那一格有值的訓練的列（最多 ``MOST_TRAINED`` 個位置）與它們的值。"""
    values = _truth(train, slot)
    known = np.flatnonzero(values >= 0 if slot.kind == "category" else ~np.isnan(values))
    known = known[evenly(len(known), MOST_TRAINED)]
    return known, values[known]


def _truth(table: Coded, slot: Slot) -> NDArray:
    return (table.codes if slot.kind == "category" else table.numbers)[:, slot.position]


#: 名字 → 由訓練的列（與有尖峰的數字）做出猜法。
FILLERS: dict[str, Callable[[Coded, Sequence[int]], Filler]] = {
    "mode": by_mode,
    "neighbours": by_neighbours,
    "linear": by_linear_model,
    "tree": by_tree,
}


def fillers(train: Coded, spiked: Sequence[int] = ()) -> dict[str, Filler]:
    """每一種對照，都學好了。"""
    return {name: make(train, spiked) for name, make in FILLERS.items()}


# ---- 分數 ----------------------------------------


def score_cells(
    candidates: Mapping[str, Filler],
    table: Coded,
    spiked: Sequence[int] = (),
    most: tuple[int, int] = MOST_HIDDEN,
) -> pd.DataFrame:
    """蓋住 ``table``（沒有訓練過的列）的一欄再猜：一欄、一種猜法一列。

    類別有 ``accuracy`` 與 ``nats``（平均的對數損失）；數字有 ``rmse``，以標準差為單位。真的缺失的格子不算，
    沒有已知格子的欄不列。有尖峰的數字連旗標一起蓋；數字只在不是零的格子上打分數，猜的是「不是零的話是多少」。
    最多 ``most`` 列、這麼多欄，平均取，所以同樣的表，同樣的格子。
    """
    rows = take(table, evenly(len(table.codes), most[0]))
    places = slots(rows)
    found = []
    for place in evenly(len(places), most[1]):
        slot = places[place]
        truth = _truth(rows, slot)
        known = truth >= 0 if slot.kind == "category" else ~np.isnan(truth)
        if known.any():
            hidden = hide(take(rows, known), slot, spiked)
            found += [
                {"filler": name, "kind": slot.kind, "position": slot.position, "n_cells": int(known.sum())}
                | _scores(filler(hidden, slot), truth[known], slot)
                for name, filler in candidates.items()
            ]
    return pd.DataFrame(found, columns=["filler", "kind", "position", "n_cells", "accuracy", "nats", "rmse"])


def _scores(answer: NDArray, truth: NDArray, slot: Slot) -> dict[str, float]:
    if slot.kind == "number":
        return {"rmse": float(np.sqrt(np.mean((answer - truth) ** 2)))}
    accuracy, nats = score(answer, truth)
    return {"accuracy": accuracy, "nats": nats}


def summary(scores: pd.DataFrame) -> pd.DataFrame:
    """每種猜法一列：三個分數在各欄的平均；這張表沒有的種類是 NaN。"""
    order = list(dict.fromkeys(scores["filler"]))
    return scores.groupby("filler")[["accuracy", "nats", "rmse"]].mean().loc[order]


def winners(scores: pd.DataFrame) -> dict[str, str]:
    """每一種分數誰最好：準確率最高、對數損失最低、誤差最低；平手的，排在前面的算贏。"""
    means = summary(scores)
    best = {"accuracy": -means["accuracy"], "nats": means["nats"], "rmse": means["rmse"]}
    return {name: str(losses.idxmin()) for name, losses in best.items() if losses.notna().all()}
