"""書裡每一個實驗由哪些訓練組成。要改種子數、權重或寬度，只改這裡。"""

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from ...tables.baselines import CEILINGS, WITH_NUMBERS
from .runs import RIVALS, TSNE, Run

SEEDS = range(5)
FEW_SEEDS = range(3)
MANY_SEEDS = range(10)
BETAS = (0.25, 0.5, 1.0, 2.0, 4.0, 5.0, 6.0, 8.0, 12.0, 14.0, 20.0)
ONE_UNIT_BETAS = (4.0, 5.0, 6.0, 8.0)
SIZES, MANY_DIMENSIONS = (1, 2, 3), 10
MEAN_WEIGHTS = {"split": 0.003, "all": 0.005}
N_COLUMNS = {"ames": 267, "kaggle": 252}
#: 缺失整組填 0；「無」當一個水準。
ENCODINGS = ("zeros", "level")
#: 每一次訓練都把這些寫明：同樣的設定有同樣的名字，跨實驗只訓練一次。
BASE = {
    "beta": 1.0, "kl": "closed_form", "free_bits": 0.0, "warmup_epochs": 20, "epochs": 60, "latent_dim": 2,
    "hidden": [200, 100, 50, 20], "likelihood": "bernoulli", "dtype": "float32",
}  # fmt: skip

#: 第 13 章的欄多、對照也多，所以網路小一點、批次大一點：一次一秒，省下來的時間換種子。
BASE_MIXED = {
    "likelihood": "mixed", "hidden": [100, 50], "batch_size": 128, "learning_rate": 5e-3,
    "epochs": 30, "warmup_epochs": 10,
}  # fmt: skip
MIXED_SIZES = (1, 2, 3)
MIXED_BASELINES = "mixed_baselines"


def beta_sweep() -> list[Run]:
    """第 7、11 章：beta 由小到大，直到崩塌。"""
    return _runs(SEEDS, ({"beta": beta} for beta in BETAS))


def linear_sweep() -> list[Run]:
    """第 7 章：沒有隱藏層、只有一個單元；它學過之後，還剩多少相關給第二個單元。"""
    models = (
        {"beta": beta, "hidden": [], "latent_dim": 1, "epochs": 120, "warmup_epochs": 0}
        for beta in ONE_UNIT_BETAS
    )
    return _runs(FEW_SEEDS, models)


def one_unit() -> list[Run]:
    """第 7 章：同一件事，換成深的網路。"""
    return _runs(FEW_SEEDS, ({"beta": beta, "latent_dim": 1} for beta in ONE_UNIT_BETAS))


def slow_warmup() -> list[Run]:
    """第 7 章：暖身 100 個週期，兩個單元都先醒來，再看 beta 升上去以後誰活得下來。"""
    models = ({"beta": beta, "warmup_epochs": 100, "epochs": 140} for beta in (4.0, 5.0, 6.0))
    return _runs(range(2), models)


def warmup() -> list[Run]:
    """第 7、11 章：有暖身與沒有暖身，各十個種子。"""
    return _runs(MANY_SEEDS, ({"warmup_epochs": epochs} for epochs in (0, 20)))


def remedies() -> list[Run]:
    """第 7 章：beta = 4 時的 free bits。"""
    return _runs(SEEDS, ({"beta": 4.0, "free_bits": free} for free in (0.0, 0.25, 1.0)))


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


def wrong_cures() -> list[Run]:
    """第 14 章：w = 1 的崩塌，改深度、寬度與學習率救不救得回來。"""
    changes: list[dict[str, Any]] = [
        {"hidden": [50]},
        {"hidden": [200, 100, 50, 50, 20, 20]},
        {"learning_rate": 1e-2},
        {"learning_rate": 1e-4},
    ]
    full: dict[str, Any] = {"beta": float(N_COLUMNS["ames"]), "warmup_epochs": 0, "epochs": 30}
    return _runs(range(2), ({**full, **change} for change in changes))


def transductive() -> list[Run]:
    """第 11 章：訓練時看過全部的房子（不看房價），與只看八成比較。"""
    return _runs(SEEDS, [{}], rows="all")


def dimensions() -> list[Run]:
    """第 11、14 章：給它九維、十維，用得到幾維。"""
    return _runs(FEW_SEEDS, ({"latent_dim": size} for size in (2, 3, 9, MANY_DIMENSIONS)))


def overfitting() -> list[Run]:
    """第 11 章：訓練 200 個週期。"""
    return _runs(FEW_SEEDS, [{"epochs": 200}])


def autoencoder() -> list[Run]:
    """第 1、11、12 章：同一個網路，不加雜訊、不算 KL。"""
    return _runs(MANY_SEEDS, [{"warmup_epochs": 0}], kind="autoencoder")


def ablation() -> list[Run]:
    """第 1 章：自編碼器與 VAE 之間差兩樣，一次只加一樣：只加雜訊（beta = 0），只加 KL。"""
    return _runs(SEEDS, [{"beta": 0.0}]) + _runs(SEEDS, [{}], kind="penalty_only")


def baselines() -> list[Run]:
    """第 11、13 章：直接用房價學的嶺迴歸與梯度提升樹（加不加數字的欄），標出這些欄說得出多少。"""
    kinds = [name + suffix for name in CEILINGS for suffix in ("", WITH_NUMBERS)]
    return [Run({}, seed, kind=kind) for kind in kinds for seed in MANY_SEEDS]


def comparison() -> list[Run]:
    """第 11 章的公平比較：兩種編碼、一到三維、十個種子的 VAE 與普通的自編碼器，以及同樣切分的對照。"""
    kinds = {"vae": {}, "autoencoder": {"warmup_epochs": 0}}
    return [
        run
        for encoding in ENCODINGS
        for kind, change in kinds.items()
        for run in _runs(
            MANY_SEEDS, ({**change, "latent_dim": size} for size in SIZES), kind=kind, encoding=encoding
        )
    ] + [Run({}, seed, kind=RIVALS, encoding=encoding) for encoding in ENCODINGS for seed in MANY_SEEDS]


def tsne() -> list[Run]:
    """第 11 章：t-SNE 的平面，兩種編碼各一張；它只能把全部的房子一起放。"""
    return [Run({}, 0, rows="all", kind=TSNE, encoding=encoding) for encoding in ENCODINGS]


def likelihoods() -> list[Run]:
    """第 12 章：「無」當水準的編碼，獨立的伯努利與每個變數一個 softmax。"""
    models = [
        {"likelihood": likelihood, "latent_dim": size}
        for likelihood in ("bernoulli", "categorical")
        for size in (2, 8)
    ]
    return _runs(SEEDS, models, encoding="level")


def imputation() -> list[Run]:
    """第 12 章：補缺失的對照，最常見的水準與一個變數一個邏輯斯迴歸。"""
    return [Run({}, seed, kind=kind, encoding="level") for kind in ("mode", "logistic") for seed in SEEDS]


def mixed() -> list[Run]:
    """第 13 章：79 欄，一到三維，各十個種子；同樣的編碼，PCA、FAMD 與最近的鄰居。"""
    models = ({"latent_dim": size} for size in MIXED_SIZES)
    others = [Run({}, seed, kind=MIXED_BASELINES, encoding="mixed") for seed in MANY_SEEDS]
    return _mixed(MANY_SEEDS, models) + others


def mixed_variance() -> list[Run]:
    """第 13 章：變異數固定在 1、固定得太小，與學出來的（``mixed`` 的前幾個種子）。"""
    return _mixed(FEW_SEEDS, ({"likelihood": ["fixed", fixed]} for fixed in (1.0, 0.01)))


def mixed_coding() -> list[Run]:
    """第 13 章：分位數、沒有旗標、編碼器看不到遮罩，平面差多少。"""
    seeds = {"mixed_quantile": SEEDS, "mixed_no_flags": FEW_SEEDS, "mixed_no_mask": FEW_SEEDS}
    return [run for name, some in seeds.items() for run in _mixed(some, [{}], encoding=name)]


def mixed_generators() -> list[Run]:
    """第 13 章：八維，拿來生成與補缺失；三種編碼。"""
    names = ("mixed", "mixed_quantile", "mixed_no_flags")
    return [run for name in names for run in _mixed(FEW_SEEDS, [{"latent_dim": 8}], encoding=name)]


EXPERIMENTS: dict[str, Callable[[], list[Run]]] = {
    "beta_sweep": beta_sweep,
    "linear_sweep": linear_sweep,
    "one_unit": one_unit,
    "slow_warmup": slow_warmup,
    "warmup": warmup,
    "remedies": remedies,
    "original": original,
    "full_weight": full_weight,
    "wrong_cures": wrong_cures,
    "transductive": transductive,
    "dimensions": dimensions,
    "overfitting": overfitting,
    "autoencoder": autoencoder,
    "ablation": ablation,
    "baselines": baselines,
    "comparison": comparison,
    "tsne": tsne,
    "likelihoods": likelihoods,
    "imputation": imputation,
    "mixed": mixed,
    "mixed_variance": mixed_variance,
    "mixed_coding": mixed_coding,
    "mixed_generators": mixed_generators,
}


def runs_of(name: str) -> list[Run]:
    """一個實驗的全部訓練。"""
    if name not in EXPERIMENTS:
        raise ValueError(f"沒有叫做 {name!r} 的實驗（experiment）；可用的是 {'、'.join(EXPERIMENTS)}。")
    return EXPERIMENTS[name]()


def kaggle_folder() -> str | None:
    """讀者自己的 Kaggle 檔案在哪裡：環境變數 ``VAE_KAGGLE_DIR``；沒有設定，或缺檔案，就是 None。"""
    folder = os.environ.get("VAE_KAGGLE_DIR", "")
    found = folder and all((Path(folder) / name).is_file() for name in ("train.csv", "test.csv"))
    return folder if found else None


def _mixed(seeds: Iterable[int], models: Iterable[dict[str, Any]], encoding: str = "mixed") -> list[Run]:
    return _runs(seeds, ({**BASE_MIXED, **model} for model in models), encoding=encoding)


def _runs(seeds: Iterable[int], models: Iterable[dict[str, Any]], **options: Any) -> list[Run]:
    seeds = list(seeds)
    return [Run({**BASE, **model}, seed, **options) for model in models for seed in seeds]
