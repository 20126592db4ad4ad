"""規模：一百萬棟房子（整數代碼，逐批展開），以及時間怎麼隨寬度與批次大小變。

``python -m vae_from_scratch.bench.scale 列數 訓練週期`` 是被量的那個行程：記憶體的高峰要在獨立的行程裡量。
"""

import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from statistics import median

import numpy as np
from numpy.typing import NDArray

from . import problem
from .contestants.ours import NumPyEngine
from .problem import Problem
from .processes import peak_megabytes, run_python
from .worker import one_core

FEW, MANY = 3_000, 1_000_000
STEPS_OF_FEW = 60
#: ``mixed_steps`` 的表：各類別的水準個數、幾個數字、一批幾列。
MIXED_GROUPS, N_NUMBERS, MIXED_BATCH = (2, 3, 4, 5, 6, 7, 8) * 4 + (4, 5), 14, 32
WIDTHS = (0.25, 0.5, 1, 2, 4)
BATCH_SIZES = (8, 32, 128, 512)


@dataclass(frozen=True)
class Rows:
    """訓練 ``n_rows`` 列的一次量測。"""

    n_rows: int
    microseconds_per_row: float
    peak_megabytes: float
    loss: float


@dataclass(frozen=True)
class Cell:
    """一種寬度與批次大小：每列的微秒。"""

    hidden: tuple[int, ...]
    batch_size: int
    microseconds_per_row: float


def rows_table(
    many: int = MANY, repeats: int = 3, progress: Callable[[str], None] = lambda message: None
) -> list[Rows]:
    """三千列與 ``many`` 列交替各跑 ``repeats`` 次，取每列時間的中位數與記憶體的最大值。"""
    plans = {FEW: STEPS_OF_FEW, many: 1}
    found: dict[int, list[Rows]] = {n_rows: [] for n_rows in plans}
    for repeat in range(repeats):
        for n_rows, epochs in plans.items():
            progress(f"列數，第 {repeat + 1}/{repeats} 次：{n_rows:,} 列、{epochs} 個訓練週期")
            found[n_rows].append(_measure_rows(n_rows, epochs))
    return [_summary(runs) for runs in found.values()]


def _summary(runs: list[Rows]) -> Rows:
    return Rows(
        runs[0].n_rows,
        median(run.microseconds_per_row for run in runs),
        max(run.peak_megabytes for run in runs),
        runs[-1].loss,
    )


def _measure_rows(n_rows: int, epochs: int) -> Rows:
    return Rows(**json.loads(run_python("-m", __name__, str(n_rows), str(epochs))))


def train_on_codes(n_rows: int, epochs: int) -> Rows:
    """由 Ames 重抽 ``n_rows`` 棟房子的代碼，用 ``VAE.fit`` 訓練；時間含檢查資料。"""
    from ..housing.data import load_ames
    from ..model import VAE
    from ..rows import CategoryCodes
    from ..tables.schema import OneHotSchema

    houses = load_ames()
    schema = OneHotSchema().fit(houses.categories)
    chosen = np.random.default_rng(0).integers(len(houses), size=n_rows)
    codes = schema.codes(houses.categories).astype(np.int8)[chosen]
    vae = VAE(likelihood="bernoulli", warmup_epochs=0, epochs=epochs, dtype=problem.DTYPE)
    started = time.perf_counter()
    vae.fit(CategoryCodes(codes, schema.groups))
    seconds = time.perf_counter() - started
    return Rows(n_rows, seconds / (n_rows * epochs) * 1e6, peak_megabytes(), vae.history_[-1]["loss"])


def mixed_steps(many: int = MANY, rounds: int = 8, steps: int = 250) -> dict[int, float]:
    """類別與數字並存的列（30 + 14 欄，合成的）：三千列與 ``many`` 列輪流各走 ``steps`` 步，每列的 CPU 微秒。

    取各輪的中位數，暖機的一輪不計。列數只會讓取列時的記憶體變慢；每一步的算術相同，所以不必走完一個週期。
    """
    with one_core():
        walkers = {n_rows: _mixed_walker(n_rows) for n_rows in (FEW, many)}
        seconds: dict[int, list[float]] = {n_rows: [] for n_rows in walkers}
        for _ in range(rounds + 1):
            for n_rows, walk in walkers.items():
                started = time.process_time()
                walk(steps)
                seconds[n_rows].append(time.process_time() - started)
    return {n: median(record[1:]) / (steps * MIXED_BATCH) * 1e6 for n, record in seconds.items()}


def _mixed_walker(n_rows: int) -> Callable[[int], None]:
    """走幾步訓練的函式；資料是隨機的代碼與數字，時間與內容無關。"""
    from ..model import VAE
    from ..rows import MixedRows
    from ..training import minibatches

    rng = np.random.default_rng(0)
    codes = np.stack([rng.integers(0, size, n_rows, dtype=np.int16) for size in MIXED_GROUPS], axis=1)
    rows = MixedRows(codes, MIXED_GROUPS, rng.standard_normal((n_rows, N_NUMBERS)), dtype=problem.DTYPE)
    vae = VAE(likelihood="mixed", dtype=problem.DTYPE, batch_size=MIXED_BATCH)
    learnt = vae._learn_columns(rows)
    engine, state = vae._make_engine(), vae._initial_state()

    def batches() -> Iterator[tuple[NDArray, NDArray]]:
        while True:
            yield from minibatches(learnt, MIXED_BATCH, vae.latent_dim, state.rng, problem.DTYPE)

    endless = batches()

    def walk(steps: int) -> None:
        for x, noise in islice(endless, steps):
            _, gradient = engine.loss_and_gradient(state.parameters, x, noise, 1.0)
            state.optimizer.update(state.parameters, gradient)

    return walk


def shape_table(
    task: Problem,
    widths: Sequence[float] = WIDTHS,
    batch_sizes: Sequence[int] = BATCH_SIZES,
    repeats: int = 5,
    progress: Callable[[str], None] = lambda message: None,
) -> list[Cell]:
    """每一種寬度（原文的幾倍）與批次大小，各走幾個訓練週期，輪流計時；第一輪是暖機。"""
    tasks = [
        Problem(task.x, task.source, tuple(round(width * n) for n in problem.HIDDEN), batch_size)
        for width in widths
        for batch_size in batch_sizes
    ]
    seconds: list[list[float]] = [[] for _ in tasks]
    with one_core():
        engines = [NumPyEngine(variant) for variant in tasks]
        for repeat in range(repeats + 1):
            progress(f"寬度與批次大小，第 {repeat}/{repeats} 輪")
            for engine, record in zip(engines, seconds, strict=True):
                started = time.perf_counter()
                engine.epoch()
                record.append(time.perf_counter() - started)
    per_row = [median(record[1:]) / len(task.x) * 1e6 for record in seconds]
    return [Cell(t.hidden, t.batch_size, value) for t, value in zip(tasks, per_row, strict=True)]


if __name__ == "__main__":
    from dataclasses import asdict

    print(json.dumps(asdict(train_on_codes(int(sys.argv[1]), int(sys.argv[2])))))
