"""書裡每一個實驗由哪些訓練組成。要改種子數、權重或寬度，只改這裡。"""

from collections.abc import Callable, Iterable
from typing import Any

from .runs import Run

SEEDS = range(5)
FEW_SEEDS = range(3)
MANY_SEEDS = range(10)
BETAS = (0.25, 0.5, 1.0, 2.0, 3.0, 4.0, 6.0, 8.0, 10.0, 12.0, 14.0, 20.0)
LINEAR_BETAS = (1.0, 2.0, 4.0, 6.0, 7.0, 8.0, 10.0, 12.0, 13.0, 14.0)
MEAN_WEIGHTS = {"split": 0.003, "all": 0.005}
N_COLUMNS = {"ames": 267, "kaggle": 252}
FLOAT32 = {"dtype": "float32"}


def beta_sweep() -> list[Run]:
    """第 7 章：beta 由小到大，直到崩塌。"""
    return _runs(SEEDS, ({"beta": beta} for beta in BETAS), keep=("parameters",))


def linear_sweep() -> list[Run]:
    """第 7 章：沒有隱藏層的 VAE；單元的存亡由相關矩陣的特徵值決定。"""
    models = ({"beta": beta, "hidden": [], "epochs": 120, "warmup_epochs": 0} for beta in LINEAR_BETAS)
    return _runs(FEW_SEEDS, models)


def warmup() -> list[Run]:
    """第 7、11 章：有暖身與沒有暖身，各十個種子。"""
    return _runs(MANY_SEEDS, ({"beta": 1.0, "warmup_epochs": epochs} for epochs in (0, 20)))


def remedies() -> list[Run]:
    """第 7 章：beta = 4 時的 free bits。"""
    return _runs(SEEDS, ({"beta": 4.0, "free_bits": free} for free in (0.0, 0.25, 0.5, 1.0)))


def original(source: str = "ames", folder: str = "") -> list[Run]:
    """第 11 章：原文的兩個實驗，兩種損失；沒有暖身。"""
    runs = []
    for rows, epochs in (("split", 10), ("all", 60)):
        beta = MEAN_WEIGHTS[rows] * N_COLUMNS[source]
        models = [
            {"beta": beta, "kl": kl, "epochs": epochs, "warmup_epochs": 0}
            for kl in ("closed_form", "single_sample")
        ]
        runs += _runs(SEEDS, models, rows=rows, source=source, folder=folder)
    return runs


def full_weight() -> list[Run]:
    """第 7、11 章：平均的損失直接加 KL（w = 1），也就是 beta = 267。"""
    return _runs(FEW_SEEDS, [{"beta": float(N_COLUMNS["ames"]), "warmup_epochs": 0}])


def dimensions() -> list[Run]:
    """第 11 章：潛在空間 1 到 10 維。"""
    return _runs(FEW_SEEDS, ({"beta": 1.0, "latent_dim": d} for d in range(1, 11)))


def overfitting() -> list[Run]:
    """第 11 章：訓練 200 個週期。"""
    return _runs(FEW_SEEDS, [{"beta": 1.0, "epochs": 200}])


def autoencoder() -> list[Run]:
    """第 1、11 章：同一個網路，不加雜訊、不算 KL。"""
    return _runs(SEEDS, [{"warmup_epochs": 0}], kind="autoencoder", keep=("parameters",))


def baselines() -> list[Run]:
    """第 11 章：PCA、MCA、隨機投影（各 1 到 10 維），以及嶺迴歸與梯度提升樹的上限。"""
    runs = [run for kind in ("ridge", "boosting") for run in _baselines(kind, [{}])]
    sizes = [{"latent_dim": d} for d in range(1, 11)]
    return runs + [run for kind in ("pca", "mca", "random") for run in _baselines(kind, sizes)]


def likelihoods() -> list[Run]:
    """第 12 章：「無」當水準的編碼，獨立的伯努利與每個變數一個 softmax。"""
    models = [
        {"beta": 1.0, "likelihood": likelihood, "latent_dim": d}
        for likelihood in ("bernoulli", "categorical")
        for d in (2, 8)
    ]
    return _runs(SEEDS, models, encoding="level", keep=("parameters",))


EXPERIMENTS: dict[str, Callable[[], list[Run]]] = {
    "beta_sweep": beta_sweep,
    "linear_sweep": linear_sweep,
    "warmup": warmup,
    "remedies": remedies,
    "original": original,
    "full_weight": full_weight,
    "dimensions": dimensions,
    "overfitting": overfitting,
    "autoencoder": autoencoder,
    "baselines": baselines,
    "likelihoods": likelihoods,
}


def runs_of(name: str) -> list[Run]:
    """一個實驗的全部訓練。"""
    if name not in EXPERIMENTS:
        raise ValueError(f"沒有叫做 {name!r} 的實驗；可用的是 {'、'.join(EXPERIMENTS)}。")
    return EXPERIMENTS[name]()


def _runs(seeds: Iterable[int], models: Iterable[dict[str, Any]], **options: Any) -> list[Run]:
    models = list(models)
    return [Run({**FLOAT32, **model}, seed, **options) for model in models for seed in seeds]


def _baselines(kind: str, models: Iterable[dict[str, Any]]) -> list[Run]:
    return [Run(model, seed, kind=kind) for model in models for seed in SEEDS]
