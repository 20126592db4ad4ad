"""一次房價實驗：編碼、訓練、在沒看過的房子上量一遍（第 11 章）。"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..likelihood import Categorical
from . import evaluation
from .absence import name_absence
from .data import Houses
from .evaluation import PriceR2
from .schema import OneHotSchema

if TYPE_CHECKING:
    from ..model import VAE

ELBO_SAMPLES = 10


@dataclass(frozen=True, eq=False)
class Experiment:
    """訓練好的模型，與它用的資料。

    ``frame`` 是處理過缺失的類別欄，``x`` 是它的獨熱編碼 (N, D)，``held_out`` 標出沒有參加訓練的房子。
    """

    houses: Houses
    frame: pd.DataFrame
    schema: OneHotSchema
    x: NDArray
    held_out: NDArray
    vae: "VAE"

    @property
    def unseen(self) -> dict[str, dict[str, int]]:
        """只在驗證的房子裡出現的水準；它們編碼成整組 0。"""
        return self.schema.unseen(self.frame[self.held_out])


def run(houses: Houses, vae: "VAE", missing: str = "zeros", seed: int = 0) -> Experiment:
    """留下 20% 的房子，編碼規則與模型都只看其餘的。

    ``missing``："zeros" 是原文的做法；"level" 把「沒有」編成水準「無」，真的缺失仍是整組 0。
    ``vae.likelihood`` 是 "categorical" 時，水準的個數由編碼規則來。
    """
    frame = categories(houses, missing)
    held_out = houses.held_out(seed=seed)
    schema = OneHotSchema().fit(frame[~held_out])
    x = schema.encode(frame)
    if vae.likelihood == "categorical":
        vae.set_params(likelihood=Categorical(schema.groups))
    vae.fit(x[~held_out], validation=x[held_out])
    return Experiment(houses, frame, schema, x, held_out, vae)


def categories(houses: Houses, missing: str) -> pd.DataFrame:
    """照缺失的處理方式準備類別欄的表。"""
    if missing not in ("zeros", "level"):
        raise ValueError(f"引數 missing（缺失的編碼方式）是 {missing!r}；可用的是 zeros、level。")
    return name_absence(houses) if missing == "level" else houses.categories


@dataclass(frozen=True, eq=False)
class Measures:
    """量到的結果；單位是每棟的 nats。``[訓練, 驗證]`` 兩個數的，第一個是訓練的房子。"""

    reconstruction: tuple[float, float]
    kl: tuple[float, float]
    baseline: tuple[float, float]
    kl_per_unit: NDArray
    active: NDArray
    price: PriceR2

    @property
    def elbo(self) -> tuple[float, float]:
        """ELBO = −（重建 + KL），KL 的權重是 1。"""
        train, held_out = (-(r + k) for r, k in zip(self.reconstruction, self.kl, strict=True))
        return train, held_out

    def as_dict(self) -> dict[str, Any]:
        """可以寫成 JSON 的樣子。"""
        names = ("train", "held_out")
        pairs = {
            name: dict(zip(names, getattr(self, name), strict=True))
            for name in ("reconstruction", "kl", "elbo", "baseline")
        }
        return pairs | {
            "kl_per_unit": self.kl_per_unit.tolist(),
            "active_units": self.active.tolist(),
            "price_r2": {"mean": self.price.mean, "spread": self.price.spread},
            "price_r2_shuffled": {"mean": self.price.shuffled_mean, "spread": self.price.shuffled_spread},
        }


def measure(experiment: Experiment, seed: int = 0) -> Measures:
    """重建、KL、活躍單元與房價的 R²。KL 每個單元的值與活躍單元在沒看過的房子上量。"""
    vae, held_out, x = experiment.vae, experiment.held_out, experiment.x
    mean, log_var = vae.encode(x)
    kl = [float(evaluation.kl_per_unit(mean[rows], log_var[rows]).sum()) for rows in (~held_out, held_out)]
    elbo = vae.elbo(x, n_samples=ELBO_SAMPLES, rng=np.random.default_rng(seed))
    reconstruction = [
        float(-elbo[rows].mean()) - value for rows, value in zip((~held_out, held_out), kl, strict=True)
    ]
    return Measures(
        reconstruction=(reconstruction[0], reconstruction[1]),
        kl=(kl[0], kl[1]),
        baseline=_baseline(experiment),
        kl_per_unit=evaluation.kl_per_unit(mean[held_out], log_var[held_out]),
        active=evaluation.active_units(mean[held_out]),
        price=evaluation.price_r2(
            mean, experiment.houses.log_price, evaluation.held_out_splits(held_out, seed=seed), seed=seed
        ),
    )


def _baseline(experiment: Experiment) -> tuple[float, float]:
    """不看編碼的重建：訓練資料各欄的比例，分別在訓練與驗證的房子上量。"""
    grouped = isinstance(experiment.vae.likelihood_, Categorical)
    groups = experiment.schema.groups if grouped else None
    train, held_out = experiment.x[~experiment.held_out], experiment.x[experiment.held_out]
    return (
        evaluation.marginal_nats(train, train, groups),
        evaluation.marginal_nats(train, held_out, groups),
    )
