"""訓練一次，量出書裡要用的數字：重建、每個單元的 KL、ELBO、房價的 R² 與它的基準。"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...autoencoder import Autoencoder
from ...bounds import Bounds
from ...likelihood import Bernoulli, Categorical
from ...model import VAE
from ..absence import name_absence
from ..baselines import CEILINGS, REPRESENTATIONS, WITH_NUMBERS, ceiling_r2
from ..data import Houses, load_ames, load_kaggle
from ..evaluation import active_units, kl_per_unit, marginal_nats, price_r2
from ..imputation import Column, by_logistic_regression, by_mode, by_vae, score
from ..schema import OneHotSchema
from .runs import Result, Run

HELD_OUT = 0.2
ELBO_SAMPLES = 20
IMPORTANCE_SAMPLES = 100
IMPUTATION_SAMPLES = 10
MODELS = {"vae": VAE, "autoencoder": Autoencoder}
IMPUTERS = {"mode": by_mode, "logistic": by_logistic_regression}


def train(run: Run) -> Result:
    """依設定訓練一次。重建、KL 與 ELBO 在沒有訓練過的 20% 上量；``rows="all"`` 沒有這種房子，在全部的列上量。

    房價的 R² 一律在同一個種子留下的 20% 上量，其餘的房子當鄰居。
    """
    houses, held_out, seen, x, schema = _prepared(run.source, run.folder, run.encoding, run.rows, run.seed)
    groups = schema.groups
    if run.kind not in MODELS:
        return _baseline(run, x, groups, houses, held_out)
    vae = model(run, groups).fit(x[seen], validation=None if seen.all() else x[held_out])
    mean, log_var = vae.encode(x)
    metrics = _metrics(vae, x, seen, groups if run.encoding == "level" else None)
    metrics |= _price_metrics(mean, houses.log_price, held_out, run.seed)
    arrays = {"mean": mean, "log_var": log_var, "held_out": held_out, "parameters": vae.parameters_}
    return Result(run, metrics, vae.history_, arrays)


@lru_cache(maxsize=2)
def houses_of(source: str, folder: str) -> Houses:
    return load_ames() if source == "ames" else load_kaggle(folder)


@lru_cache(maxsize=16)
def _prepared(
    source: str, folder: str, encoding: str, rows: str, seed: int
) -> tuple[Houses, NDArray, NDArray, NDArray, OneHotSchema]:
    """房子、留下的、訓練看得到的、獨熱矩陣與編碼規則；同樣的切分有幾十次訓練，只編碼一次。"""
    houses = houses_of(source, folder)
    held_out = houses.held_out(HELD_OUT, seed)
    seen = np.ones(len(houses), bool) if rows == "all" else ~held_out
    x, schema = encoded(houses, encoding, seen)
    x.setflags(write=False)
    return houses, held_out, seen, x, schema


def encoded(houses: Houses, encoding: str, seen: NDArray) -> tuple[NDArray, OneHotSchema]:
    """獨熱矩陣與編碼規則；水準只從訓練的列學。"""
    table = name_absence(houses) if encoding == "level" else houses.categories
    schema = OneHotSchema().fit(table[seen])
    return schema.encode(table), schema


def model(run: Run, groups: tuple[int, ...]) -> VAE:
    """照設定建立、還沒訓練的模型。"""
    settings = {**run.model, "hidden": tuple(run.model["hidden"])}
    if settings["likelihood"] == "categorical":
        settings["likelihood"] = Categorical(groups)
    return MODELS[run.kind](**settings, random_state=run.seed)


def _metrics(vae: VAE, x: NDArray, seen: NDArray, groups: tuple[int, ...] | None) -> dict[str, Any]:
    """``groups`` 有值的是第 12 章的編碼，另外量重要性加權的概似。"""
    measured = x if seen.all() else x[~seen]
    mean, log_var = vae.encode(measured)
    kl = kl_per_unit(mean, log_var)
    metrics = {
        **_reconstruction_and_elbo(vae, measured, float(kl.sum())),
        "kl_per_unit": kl.tolist(),
        "active": int(active_units(mean).sum()),
        "marginal_nats": marginal_nats(x[seen], measured, groups),
    }
    return metrics | _likelihood_metrics(vae, measured, groups) if groups else metrics


def _reconstruction_and_elbo(vae: VAE, x: NDArray, kl: float) -> dict[str, float | None]:
    """普通的自編碼器不是機率模型，沒有 ELBO，重建誤差取自驗證的歷程。"""
    if isinstance(vae, Autoencoder):
        return {"reconstruction": vae.history_[-1]["val_reconstruction"], "elbo": None}
    elbo = float(vae.elbo(x, ELBO_SAMPLES, np.random.default_rng(0)).mean())
    return {"reconstruction": -elbo - kl, "elbo": elbo}


def _likelihood_metrics(vae: VAE, x: NDArray, groups: tuple[int, ...]) -> dict[str, Any]:
    """更緊的下界。伯努利的模型再量「同一組 logit 讀成 softmax」，類別的模型再量補缺失。"""
    log_likelihood = vae.log_likelihood(x, IMPORTANCE_SAMPLES, np.random.default_rng(0)).mean()
    metrics = {"log_likelihood": float(log_likelihood)}
    if isinstance(vae.likelihood_, Bernoulli):
        bounds = Bounds(vae.network_, Categorical(groups), vae.network_.views(vae.parameters_))
        dense = x.astype(vae.parameters_.dtype)
        as_softmax = bounds.log_likelihood(dense, IMPORTANCE_SAMPLES, np.random.default_rng(0)).mean()
        return metrics | {"log_likelihood_as_softmax": float(as_softmax)}
    return metrics | _imputation_metrics(
        x, groups, lambda column: by_vae(vae, x, column, IMPUTATION_SAMPLES, np.random.default_rng(0))
    )


def _imputation_metrics(
    x: NDArray, groups: tuple[int, ...], impute: Callable[[Column], NDArray]
) -> dict[str, Any]:
    """逐一蓋住每個變數再猜回來：各變數猜對的比例與對數損失。"""
    columns = [Column(groups, variable) for variable in range(len(groups))]
    scores = [score(impute(column), column.levels(x)) for column in columns]
    return {"imputation_accuracy": [one[0] for one in scores], "imputation_nats": [one[1] for one in scores]}


def _baseline(run: Run, x: NDArray, groups: tuple[int, ...], houses: Houses, held_out: NDArray) -> Result:
    """對照的表示法用同一種 kNN 打分數；上限直接用房價學；補缺失的對照與 VAE 猜同樣的格子。"""
    if run.kind in IMPUTERS:
        train, hidden = x[~held_out], x[held_out]
        return Result(
            run, _imputation_metrics(hidden, groups, lambda c: IMPUTERS[run.kind](train, hidden, c)), [], {}
        )
    if (name := run.kind.removesuffix(WITH_NUMBERS)) in CEILINGS:
        numbers = houses.details.to_numpy() if run.kind != name else None
        r2 = ceiling_r2(name, x, groups, houses.log_price, held_out, run.seed, numbers)
        return Result(run, {"r2": r2}, [], {})
    codes = REPRESENTATIONS[run.kind](x[~held_out], x, run.model["latent_dim"], run.seed)
    metrics = _price_metrics(codes, houses.log_price, held_out, run.seed)
    return Result(run, metrics, [], {"mean": codes, "held_out": held_out})


def _price_metrics(mean: NDArray, log_price: NDArray, held_out: NDArray, seed: int) -> dict[str, float]:
    splits = [(np.flatnonzero(~held_out), np.flatnonzero(held_out))]
    score = price_r2(mean, log_price, splits, seed=seed)
    return {"r2": score.mean, "r2_shuffled": score.shuffled_mean}
