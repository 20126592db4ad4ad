"""同一張表，幾個種子：各自分割、訓練、在沒看過的列上量；最後留下一個模型（第 11 章）。"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from math import ceil
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..housing.evaluation import active_units, kl_per_unit, marginal_nats
from ..housing.schema import OneHotSchema
from ..likelihood import Categorical
from ..model import VAE
from .conditional import filling_accuracy
from .scores import representations, target_scores
from .target import Target

HELD_OUT = 0.2
ELBO_SAMPLES = 20
#: 不指定 --epochs 就是 60 個週期；小的表一個週期沒有幾步，加到 200 為止，大的表減到 20 為止。
EPOCHS, FEWEST_EPOCHS, MOST_EPOCHS = 60, 20, 200
LEAST_STEPS, MOST_STEPS = 2_000, 30_000
MOST_CELLS = 200_000_000


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
        return range(self.seed, self.seed + self.n_seeds)

    def for_rows(self, n_rows: int) -> dict[str, Any]:
        """``VAE`` 的引數；暖身預設是訓練週期的三分之一。"""
        steps = ceil(n_rows * (1 - HELD_OUT) / self.model["batch_size"])
        epochs = self.epochs or default_epochs(steps)
        warmup = epochs // 3 if self.warmup_epochs is None else self.warmup_epochs
        return {**self.model, "epochs": epochs, "warmup_epochs": warmup, "dtype": "float32"}


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


def held_out_rows(known: NDArray, seed: int) -> NDArray:
    """留下兩成，布林 (N,)；知道目標的列與不知道的列各留兩成，打分數的列才不會太少。"""
    rng, mask = np.random.default_rng(seed), np.zeros(len(known), dtype=bool)
    for rows in (np.flatnonzero(known), np.flatnonzero(~known)):
        mask[rng.permutation(rows)[: round(HELD_OUT * len(rows))]] = True
    return mask


def run_seed(frame: pd.DataFrame, target: Target | None, plan: Plan, seed: int) -> SeedResult:
    """編碼規則與模型都只看訓練的列；``seed`` 決定分割、初始值、批次與雜訊。"""
    from ..training import one_thread

    held_out = held_out_rows(np.ones(len(frame), bool) if target is None else target.known, seed)
    schema = OneHotSchema(plan.missing).fit(frame[~held_out])
    x = schema.encode(frame, dtype="float32")
    likelihood = Categorical(schema.groups) if plan.likelihood == "categorical" else plan.likelihood
    vae = VAE(**plan.for_rows(len(frame)), likelihood=likelihood, random_state=seed)
    with one_thread(), np.errstate(all="ignore"):  # 發散時訓練迴圈會說清楚，NumPy 的英文警告不必先出現
        vae.fit(x[~held_out], validation=x[held_out])
        codes, log_var = vae.encode(x)
        metrics = _metrics(vae, x, schema, held_out, codes, log_var)
        metrics["unseen_cells"] = _count(schema.unseen(frame[held_out]))
        scores = {}
        if target is not None:
            every = {"vae": codes, **representations(x.astype(float), held_out, vae.latent_dim, seed)}
            scores = target_scores(target, every, x, schema.groups, held_out, seed)
    return SeedResult(seed, vae, schema, held_out, metrics, scores)


def run_all(frame: pd.DataFrame, target: Target | None, plan: Plan, jobs: int) -> Iterator[SeedResult]:
    """依序給出每個種子的結果；``jobs`` 個行程平行，一個行程一條執行緒，結果與 ``jobs`` 無關。"""
    from joblib import Parallel, delayed

    workers = min(jobs, plan.n_seeds)
    parallel = Parallel(n_jobs=workers, return_as="generator")
    yield from parallel(delayed(run_seed)(frame, target, plan, seed) for seed in plan.seeds)


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


def best(results: Sequence[SeedResult]) -> SeedResult:
    """留下來的模型：驗證的 ELBO 比基準（不看編碼）高最多的那個種子。

    各種子驗證的列不同，有的本來就比較難猜；減去同一批列的基準再比，才公平。
    """
    return max(results, key=lambda result: result.gain)


def results_table(results: Sequence[SeedResult]) -> pd.DataFrame:
    """一列一個種子：量到的數字，與目標的分數（score_ 開頭）。"""
    chosen = best(results)
    return pd.DataFrame(
        [
            {"seed": result.seed, "chosen": int(result is chosen)}
            | {name: value for name, value in result.metrics.items() if name != "kl_per_unit"}
            | {f"kl_unit_{unit}": value for unit, value in enumerate(result.metrics["kl_per_unit"], 1)}
            | {f"score_{name}": value for name, value in result.scores.items()}
            for result in results
        ]
    )


def _metrics(
    vae: VAE, x: NDArray, schema: OneHotSchema, held_out: NDArray, codes: NDArray, log_var: NDArray
) -> dict[str, Any]:
    groups = schema.groups if isinstance(vae.likelihood_, Categorical) else None
    kl = kl_per_unit(codes[held_out], log_var[held_out])
    elbo = float(vae.elbo(x[held_out], ELBO_SAMPLES, np.random.default_rng(0)).mean())
    marginal = marginal_nats(x[~held_out], x[held_out], groups)
    filled, mode = filling_accuracy(vae, x[~held_out], x[held_out], schema.groups, np.random.default_rng(0))
    return {
        "reconstruction": -elbo - float(kl.sum()),
        "kl": float(kl.sum()),
        "elbo": elbo,
        "marginal": marginal,
        "gain": elbo + marginal,
        "filled": filled,
        "filled_by_mode": mode,
        "active": int(active_units(codes[held_out]).sum()),
        "kl_per_unit": kl.tolist(),
    }


def _count(unseen: dict[str, dict[str, int]]) -> int:
    return sum(count for levels in unseen.values() for count in levels.values())
