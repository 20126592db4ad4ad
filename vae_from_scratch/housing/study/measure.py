"""訓練一次，量出書裡要用的數字；切分、編碼、訓練與量都是 ``tables.seeds`` 的，這裡只有房價的設定。"""

from collections.abc import Callable
from functools import lru_cache
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...autoencoder import Autoencoder
from ...groups import Groups
from ...likelihood import Bernoulli
from ...model import VAE
from ...tables import seeds
from ...tables.baselines import WITH_NUMBERS, ceiling, supervised
from ...tables.conditional import by_logistic_regression, by_mode, by_vae, score
from ...tables.measures import read_out, read_score
from ...tables.seeds import Split
from ..absence import categories
from ..data import Houses, load_ames, load_kaggle
from .ablation import PenaltyOnly
from .mixed import BASELINES, ENCODINGS, mixed_baselines, mixed_likelihood, mixed_metrics, mixed_split
from .rivals import rival_metrics, rivals_with_columns, tsne, with_columns
from .runs import RIVALS, TSNE, Result, Run

IMPORTANCE_SAMPLES = 100
IMPUTATION_SAMPLES = 10
#: 第 12 章比概似的維數；別的維數不量更緊的下界與補缺失。
LIKELIHOOD_SIZES = (2, 8)
#: 平面：另外量「手上已有一欄時添多少」。
PLANE = 2
#: 每個週期都量驗證的損失要多花 6% 的時間；書裡只畫 beta 不超過這麼多的曲線（``validated``）。
MOST_WATCHED_BETA = 1.5
MODELS = {"vae": VAE, "autoencoder": Autoencoder, "penalty_only": PenaltyOnly}
IMPUTERS = {"mode": by_mode, "logistic": by_logistic_regression}
#: 一次切分的全部對照，一次算完。
WHOLE = {BASELINES: mixed_baselines, RIVALS: rival_metrics}


def train(run: Run) -> Result:
    """依設定訓練一次。重建、KL 與 ELBO 在沒有訓練過的 20% 上量；``rows="all"`` 沒有這種房子，在全部的列上量。

    房價的 R² 一律在同一個種子留下的 20% 上量，其餘的房子當鄰居。
    """
    houses, data = houses_of(run.source, run.folder), split_of(run)
    if run.kind not in MODELS:
        return _baseline(run, data, houses)
    vae = seeds.train(data, settings(run, data) | faster(), run.seed, MODELS[run.kind], validated(run))
    mean, log_var = vae.encode(data.x)
    metrics = seeds.measure(vae, data, mean, log_var) | _price_metrics(mean, houses, data, run.seed)
    if run.encoding == "level" and run.model["latent_dim"] in LIKELIHOOD_SIZES and run.kind == "vae":
        metrics |= _likelihood_metrics(vae, data)
        if run.model["latent_dim"] == PLANE:
            metrics |= with_columns("vae", mean, houses, data.held_out, run.seed)
    if run.encoding in ENCODINGS:
        metrics |= mixed_metrics(vae, houses, data, mean, run)
    arrays = {"mean": mean, "log_var": log_var, "held_out": data.held_out, "parameters": vae.parameters_}
    return Result(run, metrics, vae.history_, arrays)


@lru_cache(maxsize=2)
def houses_of(source: str, folder: str) -> Houses:
    """一份資料只讀一次。"""
    return load_ames() if source == "ames" else load_kaggle(folder)


def split_of(run: Run) -> Split:
    """這次訓練用的切分與編碼；同樣的切分有幾十次訓練，只編碼一次。"""
    return _split(run.source, run.folder, run.encoding, run.rows, run.seed)


@lru_cache(maxsize=16)
def _split(source: str, folder: str, encoding: str, rows: str, seed: int) -> Split:
    houses = houses_of(source, folder)
    if encoding in ENCODINGS:
        return mixed_split(houses, encoding, seed)
    return seeds.split(categories(houses, encoding), houses.priced, seed, all_rows=rows == "all")


def settings(run: Run, data: Split) -> dict[str, Any]:
    """``VAE`` 的引數；``runs`` 由 JSON 來，隱藏層是串列。"""
    found = {**run.model, "hidden": tuple(run.model["hidden"])}
    if run.encoding in ENCODINGS:
        found["likelihood"] = mixed_likelihood(found["likelihood"], data.rows)
    return found


def faster() -> dict[str, bool]:
    """裝了 numba，就用融合的 Adam：逐位元相同，訓練約快六分之一。"""
    return {"fused_adam": True} if find_spec("numba") else {}


def validated(run: Run) -> bool:
    """歷程裡有沒有驗證的損失：第 7、11 章畫曲線的那種訓練（填 0、二維、目標接近 ELBO）才有。"""
    plain = run.kind == "vae" and run.encoding == "zeros" and run.model["latent_dim"] == PLANE
    return plain and run.model["beta"] <= MOST_WATCHED_BETA


def _likelihood_metrics(vae: VAE, data: Split) -> dict[str, Any]:
    """更緊的下界。伯努利的模型再量「同一組 logit 讀成 softmax」，類別的模型再量補缺失。"""
    x, groups = data.x[data.measured], data.schema.groups

    def log_likelihood(model: VAE) -> float:
        return float(model.log_likelihood(x, IMPORTANCE_SAMPLES, np.random.default_rng(0)).mean())

    metrics = {"log_likelihood": log_likelihood(vae)}
    if isinstance(vae.likelihood_, Bernoulli):
        return metrics | {"log_likelihood_as_softmax": log_likelihood(vae.as_categorical(groups))}
    return metrics | _imputation_metrics(
        x, groups, lambda v: by_vae(vae, x, groups, v, IMPUTATION_SAMPLES, np.random.default_rng(0))
    )


def _imputation_metrics(
    x: NDArray, groups: tuple[int, ...], impute: Callable[[int], NDArray]
) -> dict[str, Any]:
    """逐一蓋住每個變數再猜回來：各變數猜對的比例與對數損失。"""
    scores = [score(impute(variable), levels) for variable, levels in enumerate(Groups(groups).codes(x).T)]
    return {"imputation_accuracy": [one[0] for one in scores], "imputation_nats": [one[1] for one in scores]}


def _baseline(run: Run, data: Split, houses: Houses) -> Result:
    """對照的表示法用同樣的讀法打分數；參考線直接用房價學；補缺失的對照與 VAE 猜同樣的格子。"""
    if run.kind in WHOLE:
        found = WHOLE[run.kind](houses, data, run.seed)
        if run.kind == RIVALS and run.encoding == "level":  # 書只在這種編碼問「已有一欄，還添多少」
            found |= rivals_with_columns(houses, data, run.seed)
        return Result(run, found, [], {})
    if run.kind == TSNE:
        metrics, plane = tsne(houses, data)
        return Result(run, metrics, [], {"mean": plane})
    x, held_out, groups = data.x, data.held_out, data.schema.groups
    if run.kind in IMPUTERS:
        train, hidden = x[~held_out], x[held_out]
        impute = IMPUTERS[run.kind]
        metrics = _imputation_metrics(hidden, groups, lambda v: impute(train, hidden, groups, v))
        return Result(run, metrics, [], {})
    name = run.kind.removesuffix(WITH_NUMBERS)
    if run.kind == name:
        r2 = supervised(name, data.coded, houses.log_price, held_out, run.seed)
    else:
        numbers = houses.details.to_numpy()
        r2 = ceiling(name, x, groups, houses.log_price, held_out, run.seed, numbers=numbers)
    return Result(run, {"r2": r2}, [], {})


def _price_metrics(codes: NDArray, houses: Houses, data: Split, seed: int) -> dict[str, float]:
    r2, shuffled = read_out(codes, houses.log_price, data.held_out, seed)
    linear = read_score(codes, houses.log_price, data.held_out, reader="linear")
    return {"r2": r2, "r2_shuffled": shuffled, "r2_linear": linear}
