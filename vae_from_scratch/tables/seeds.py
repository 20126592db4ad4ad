"""一張表、一個種子：切分 → 編碼 → 訓練 → 量。書裡的研究、``fit`` 與房價都是這裡的設定（第 11 章）。"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from math import ceil
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from .. import arithmetic
from ..autoencoder import Autoencoder
from ..likelihood import Categorical
from ..model import VAE
from .baselines import CEILINGS, CLASSIFIERS, REPRESENTATIONS, ceiling, majority, represent
from .conditional import filling_accuracy
from .held_out import HELD_OUT, held_out_rows
from .measures import active_units, kl_per_unit, marginal_nats, read_out
from .schema import OneHotSchema

if TYPE_CHECKING:
    from .target import Target

ELBO_SAMPLES = 20
#: 不指定 --epochs 就是 60 個週期；小的表一個週期沒有幾步，加到 200 為止，大的表減到 20 為止。
EPOCHS, FEWEST_EPOCHS, MOST_EPOCHS = 60, 20, 200
LEAST_STEPS, MOST_STEPS = 2_000, 30_000
MOST_CELLS = 200_000_000


# ---- 切分、編碼、訓練、量 ----------------------------------------


@dataclass(frozen=True, eq=False)
class Split:
    """切好、編好碼的表。

    ``held_out`` (N,) 是打分數的列，``seen`` 是訓練看得到的列；``x`` (N, D) 是全部的列的獨熱編碼，規則
    ``schema`` 只從 ``seen`` 學。
    """

    held_out: NDArray
    seen: NDArray
    schema: OneHotSchema
    x: NDArray

    @property
    def measured(self) -> NDArray:
        """量誤差與 KL 的列：沒有訓練過的；全部都訓練過，就是全部。"""
        return ~self.seen if not self.seen.all() else self.seen


def split(frame: pd.DataFrame, known: NDArray, seed: int, all_rows: bool = False) -> Split:
    """切分與編碼。``frame`` 的空白是「不知道」；``known`` (N,) 是知道目標的列；``all_rows`` 全部拿來訓練。"""
    held_out = held_out_rows(known, seed)
    seen = np.ones(len(frame), dtype=bool) if all_rows else ~held_out
    schema = OneHotSchema().fit(frame[seen])
    x = schema.encode(frame, dtype="float32")
    x.setflags(write=False)
    return Split(held_out, seen, schema, x)


def train(data: Split, settings: Mapping[str, Any], seed: int, model: type[VAE] = VAE) -> VAE:
    """照設定建立一個模型，用 ``data.seen`` 的列訓練；``seed`` 決定初始值、批次與雜訊。"""
    vae = model(**with_groups(settings, data.schema.groups), random_state=seed)
    return vae.fit(data.x[data.seen], validation=None if data.seen.all() else data.x[~data.seen])


def with_groups(settings: Mapping[str, Any], groups: tuple[int, ...]) -> dict[str, Any]:
    """類別概似要知道各變數有幾個水準。"""
    if settings["likelihood"] != "categorical":
        return dict(settings)
    return {**settings, "likelihood": Categorical(groups)}


def measure(vae: VAE, data: Split, mean: NDArray, log_var: NDArray) -> dict[str, Any]:
    """重建、KL、ELBO、不看編碼的基準與活躍單元；單位是每列的 nats，在 ``data.measured`` 的列上量。"""
    rows, groups = data.measured, data.schema.groups
    kl = kl_per_unit(mean[rows], log_var[rows])
    grouped = groups if isinstance(vae.likelihood_, Categorical) else None
    marginal = marginal_nats(data.x[data.seen], data.x[rows], grouped)
    reconstruction, elbo = _reconstruction_and_elbo(vae, data.x[rows], float(kl.sum()))
    return {
        "reconstruction": reconstruction,
        "kl": float(kl.sum()),
        "elbo": elbo,
        "marginal_nats": marginal,
        "gain": None if elbo is None else elbo + marginal,
        "active": int(active_units(mean[rows]).sum()),
        "kl_per_unit": kl.tolist(),
    }


def _reconstruction_and_elbo(vae: VAE, x: NDArray, kl: float) -> tuple[float, float | None]:
    """普通的自編碼器不是機率模型，沒有 ELBO，重建誤差取自驗證的歷程。"""
    if isinstance(vae, Autoencoder):
        return vae.history_[-1]["val_reconstruction"], None
    elbo = float(vae.elbo(x, ELBO_SAMPLES, np.random.default_rng(0)).mean())
    return -elbo - kl, elbo


def target_scores(target: "Target", mean: NDArray, data: Split, seed: int) -> dict[str, float]:
    """在沒有訓練過的列上猜目標：VAE、打亂目標、每一種對照的表示法，以及直接預測的上限。"""
    held_out, classes, x = data.held_out, bool(target.classes), data.x
    vae, shuffled = read_out(mean, target.values, held_out, seed, classes)
    scores = {"vae": vae}
    for name in REPRESENTATIONS:
        codes = represent(name, x, held_out, mean.shape[1], seed)
        scores[name] = read_out(codes, target.values, held_out, seed, classes)[0]
    scores["shuffled"] = shuffled
    if classes:
        scores["majority"] = majority(target.values, held_out)
    for name in CLASSIFIERS if classes else CEILINGS:
        scores[name] = ceiling(name, x, data.schema.groups, target.values, held_out, seed, classes)
    return scores


# ---- 幾個種子 ----------------------------------------


@dataclass(frozen=True)
class Plan:
    """怎麼訓練。``epochs``、``warmup_epochs`` 是 None 就由列數決定；``model`` 是 ``VAE`` 其餘的引數。"""

    likelihood: str = "categorical"
    missing: str = "zeros"
    n_seeds: int = 5
    seed: int = 0
    epochs: int | None = None
    warmup_epochs: int | None = None
    model: dict[str, Any] = field(default_factory=dict)

    @property
    def seeds(self) -> range:
        """要訓練的種子。"""
        return range(self.seed, self.seed + self.n_seeds)

    def for_rows(self, n_rows: int) -> dict[str, Any]:
        """``VAE`` 的引數；暖身預設是訓練週期的三分之一。"""
        steps = ceil(n_rows * (1 - HELD_OUT) / self.model["batch_size"])
        epochs = self.epochs or default_epochs(steps)
        warmup = epochs // 3 if self.warmup_epochs is None else self.warmup_epochs
        chosen = {"likelihood": self.likelihood, "epochs": epochs, "warmup_epochs": warmup}
        return {**self.model, **chosen, "dtype": "float32"}


def default_epochs(steps: int) -> int:
    """一個週期有 ``steps`` 步的表，訓練幾個週期。"""
    affordable = max(FEWEST_EPOCHS, MOST_STEPS // steps)
    needed = min(MOST_EPOCHS, ceil(LEAST_STEPS / steps))
    return max(min(EPOCHS, affordable), needed)


@dataclass(frozen=True, eq=False)
class SeedResult:
    """一個種子的模型與量到的數字；``metrics`` 的單位是驗證的列、每列的 nats。"""

    seed: int
    vae: VAE
    schema: OneHotSchema
    held_out: NDArray
    metrics: dict[str, Any]
    scores: dict[str, float]

    @property
    def gain(self) -> float:
        """ELBO 比不看編碼的基準多幾個 nats。"""
        return float(self.metrics["gain"])


def run_seed(frame: pd.DataFrame, target: "Target | None", plan: Plan, seed: int) -> SeedResult:
    """編碼規則與模型都只看訓練的列；``seed`` 決定分割、初始值、批次與雜訊。"""
    known = np.ones(len(frame), dtype=bool) if target is None else target.known
    data = split(frame, known, seed)
    with np.errstate(all="ignore"):  # 發散時訓練迴圈會說清楚，NumPy 的英文警告不必先出現
        vae = train(data, plan.for_rows(len(frame)), seed)
        mean, log_var = vae.encode(data.x)
        metrics = measure(vae, data, mean, log_var) | _table_metrics(vae, data, frame)
        scores = {} if target is None else target_scores(target, mean, data, seed)
    return SeedResult(seed, vae, data.schema, data.held_out, metrics, scores)


def _table_metrics(vae: VAE, data: Split, frame: pd.DataFrame) -> dict[str, Any]:
    """只在 ``fit`` 的報告裡出現的：補一格準不準、驗證的列有幾格是沒見過的水準。"""
    held_out, groups = data.held_out, data.schema.groups
    rng = np.random.default_rng(0)
    filled, by_mode = filling_accuracy(vae, data.x[~held_out], data.x[held_out], groups, rng)
    unseen = data.schema.unseen(frame[held_out])
    count = sum(sum(levels.values()) for levels in unseen.values())
    return {"filled": filled, "filled_by_mode": by_mode, "unseen_cells": count}


def run_all(frame: pd.DataFrame, target: "Target | None", plan: Plan, jobs: int) -> Iterator[SeedResult]:
    """依序給出每個種子的結果；``jobs`` 個行程平行，一律用參考的算術，結果與 ``jobs``、與電腦無關。"""
    tasks = [(frame, target, plan, seed) for seed in plan.seeds]
    yield from arithmetic.run_in_workers(run_seed, tasks, jobs)


def check_size(table: pd.DataFrame, plan: Plan, n_one_hot: int) -> None:
    """獨熱矩陣放得進記憶體嗎（PCA 與 MCA 要整個矩陣）？維度有沒有比資料的欄還多？"""
    n_cells, latent_dim = len(table) * n_one_hot, plan.model["latent_dim"]
    if n_cells > MOST_CELLS:
        raise ValueError(
            f"這張表有 {len(table):,} 列，展開後 {n_one_hot} 欄，一共 {n_cells:,} 格，超過 {MOST_CELLS:,}；"
            "請先抽樣一部分的列，或用 --columns 少選幾欄。"
        )
    if latent_dim > n_one_hot:
        raise ValueError(
            f"引數 --latent-dim 是 {latent_dim}，資料展開後卻只有 {n_one_hot} 欄；"
            f"請給 {n_one_hot} 以下的整數，例如 2。"
        )
