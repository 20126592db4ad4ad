"""訓練一次，量出書裡要用的數字：重建、每個單元的 KL、ELBO、房價的 R² 與它的基準。"""

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...autoencoder import Autoencoder
from ...likelihood import Categorical
from ...model import VAE
from ..absence import name_absence
from ..baselines import CEILINGS, REPRESENTATIONS, ceiling_r2
from ..data import Houses, load_ames, load_kaggle
from ..evaluation import active_units, held_out_splits, kl_per_unit, marginal_nats, price_r2
from ..schema import OneHotSchema
from .runs import Result, Run

HELD_OUT = 0.2
ELBO_SAMPLES = 20
MODELS = {"vae": VAE, "autoencoder": Autoencoder}


def train(run: Run) -> Result:
    """依設定訓練一次。所有的數字都在留下的 20% 上量；``rows="all"`` 時沒有留下的房子，改用訓練的列。"""
    houses = houses_of(run.source, run.folder)
    x, groups, held_out = encoded(houses, run)
    if run.kind not in MODELS:
        return _baseline(run, x, houses.log_price, held_out)
    settings = {**run.model, "hidden": tuple(run.model.get("hidden", (200, 100, 50, 20)))}
    if settings.get("likelihood") == "categorical":
        settings["likelihood"] = Categorical(groups)
    vae = MODELS[run.kind](**settings, random_state=run.seed)
    vae.fit(x[~held_out], validation=x[held_out] if held_out.any() else None)
    mean, log_var = vae.encode(x)
    metrics = _metrics(vae, x, held_out, groups if run.encoding == "level" else None)
    metrics |= _price_metrics(mean, houses.log_price, held_out, run.seed)
    arrays = {"mean": mean, "log_var": log_var, "held_out": held_out}
    if "parameters" in run.keep:
        arrays["parameters"] = vae.parameters_
    return Result(run, metrics, vae.history_, arrays)


@lru_cache(maxsize=2)
def houses_of(source: str, folder: str) -> Houses:
    return load_ames() if source == "ames" else load_kaggle(folder)


def encoded(houses: Houses, run: Run) -> tuple[NDArray, tuple[int, ...], NDArray]:
    """獨熱矩陣、各變數的水準個數、留下的列；水準只從訓練的列學。"""
    held_out = houses.held_out(HELD_OUT, run.seed) if run.rows == "split" else np.zeros(len(houses), bool)
    table = name_absence(houses) if run.encoding == "level" else houses.categories
    schema = OneHotSchema().fit(table[~held_out])
    return schema.encode(table), schema.groups, held_out


def _metrics(vae: VAE, x: NDArray, held_out: NDArray, groups: tuple[int, ...] | None) -> dict[str, Any]:
    measured = held_out if held_out.any() else ~held_out
    mean, log_var = vae.encode(x[measured])
    kl = kl_per_unit(mean, log_var)
    return {
        **_reconstruction_and_elbo(vae, x[measured], float(kl.sum())),
        "kl_per_unit": kl.tolist(),
        "active": int(active_units(mean).sum()),
        "marginal_nats": marginal_nats(x[~held_out], x[measured], groups),
    }


def _reconstruction_and_elbo(vae: VAE, x: NDArray, kl: float) -> dict[str, float | None]:
    """普通的自編碼器不是機率模型，沒有 ELBO，重建誤差取自驗證的歷程。"""
    if isinstance(vae, Autoencoder):
        return {"reconstruction": vae.history_[-1]["val_reconstruction"], "elbo": None}
    elbo = float(vae.elbo(x, ELBO_SAMPLES, np.random.default_rng(0)).mean())
    return {"reconstruction": -elbo - kl, "elbo": elbo}


def _baseline(run: Run, x: NDArray, log_price: NDArray, held_out: NDArray) -> Result:
    """對照的表示法用同一種 kNN 打分數；上限直接用房價學。"""
    if run.kind in CEILINGS:
        return Result(run, {"r2": ceiling_r2(run.kind, x, log_price, held_out, run.seed)}, [], {})
    codes = REPRESENTATIONS[run.kind](x[~held_out], x, run.model["latent_dim"], run.seed)
    metrics = _price_metrics(codes, log_price, held_out, run.seed)
    return Result(run, metrics, [], {"mean": codes, "held_out": held_out})


def _price_metrics(mean: NDArray, log_price: NDArray, held_out: NDArray, seed: int) -> dict[str, float]:
    """留下的房子，用訓練的房子當鄰居；沒有留下的（原文的作法），就反覆一半對一半。"""
    if held_out.any():
        splits = [(np.flatnonzero(~held_out), np.flatnonzero(held_out))]
    else:
        splits = held_out_splits(np.isfinite(log_price), n_splits=10, seed=seed)
    score = price_r2(mean, log_price, splits, seed=seed)
    return {"r2": score.mean, "r2_shuffled": score.shuffled_mean}
