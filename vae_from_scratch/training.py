"""訓練：小批次、訓練迴圈、歷程、進度與檢查點（第 8 章）。"""

import math
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import announce, objective
from .gradients import Engine
from .objective import Loss
from .optimizer import Adam
from .rows import Rows
from .storage import load_arrays, save_arrays

CHECKPOINT = "檢查點"


@dataclass
class Schedule:
    """一次訓練的安排：多少個訓練週期、批次大小、KL 的權重與暖身。"""

    epochs: int
    batch_size: int
    beta: float
    warmup_epochs: int

    def beta_at(self, epoch: int) -> float:
        """第 ``epoch`` 個訓練週期的 KL 權重。"""
        return objective.warmup(epoch, self.beta, self.warmup_epochs)


@dataclass
class State:
    """訓練到某個訓練週期為止的全部狀態；存下它，接著訓練就會得到同樣的位元。"""

    parameters: NDArray
    optimizer: Adam
    rng: np.random.Generator
    validation_seed: int = 0
    history: list[dict[str, Any]] = field(default_factory=list)

    @property
    def epoch(self) -> int:
        """已經走完幾個訓練週期。"""
        return len(self.history)

    def is_finite(self) -> bool:
        """參數與動差都還是有限的數嗎？"""
        arrays = (self.parameters, self.optimizer.first_moment, self.optimizer.second_moment)
        return all(np.isfinite(array).all() for array in arrays)

    def save(self, path: str | Path, fingerprint: dict[str, Any]) -> None:
        """寫成檢查點；``fingerprint`` 記下是用什麼設定與資料訓練的。"""
        arrays = {
            "parameters": self.parameters,
            "first_moment": self.optimizer.first_moment,
            "second_moment": self.optimizer.second_moment,
        }
        metadata = {
            "fingerprint": fingerprint,
            "step": self.optimizer.step,
            "rng": self.rng.bit_generator.state,
            "validation_seed": self.validation_seed,
            "history": self.history,
        }
        save_arrays(path, CHECKPOINT, arrays, metadata)

    def restore(self, path: str | Path, fingerprint: dict[str, Any]) -> None:
        """從檢查點接續；設定或資料與當時不同就拒絕。"""
        arrays, metadata = load_arrays(path, CHECKPOINT)
        different = [key for key in fingerprint if metadata["fingerprint"].get(key) != fingerprint[key]]
        if different:
            raise ValueError(
                f"檢查點 {path} 是用別的設定或資料訓練的（不同的是 {'、'.join(different)}）；"
                "請換一個 checkpoint 路徑，或改回原來的設定。"
            )
        self.parameters[:] = arrays["parameters"]
        self.optimizer.first_moment[:] = arrays["first_moment"]
        self.optimizer.second_moment[:] = arrays["second_moment"]
        self.optimizer.step = metadata["step"]
        self.rng.bit_generator.state = metadata["rng"]
        self.validation_seed = metadata["validation_seed"]
        self.history[:] = metadata["history"]


def minibatches(
    rows: Rows, batch_size: int, latent_dim: int, rng: np.random.Generator, dtype: str
) -> Iterator[tuple[NDArray, NDArray]]:
    """打亂一次，依序給出 (x, ε)；整個訓練週期的雜訊一次抽好。"""
    order = rng.permutation(len(rows))
    noise = rng.standard_normal((len(rows), latent_dim), dtype=np.dtype(dtype).type)
    for start in range(0, len(rows), batch_size):
        batch = slice(start, start + batch_size)
        yield rows.take(order[batch]), noise[batch]


def train_epoch(
    engine: Engine, state: State, rows: Rows, schedule: Schedule, latent_dim: int
) -> dict[str, Any]:
    """走完一個訓練週期，傳回歷程的一列：各項損失依列數加權平均。"""
    epoch, dtype = state.epoch + 1, state.parameters.dtype.name
    beta = schedule.beta_at(epoch)
    losses, sizes = [], []
    batches = minibatches(rows, schedule.batch_size, latent_dim, state.rng, dtype)
    with np.errstate(over="ignore", invalid="ignore"):  # 溢位由下面的錯誤說清楚，不另外印警告
        for step, (x, noise) in enumerate(batches, 1):
            loss, gradient = engine.loss_and_gradient(state.parameters, x, noise, beta)
            if not math.isfinite(loss.total):
                raise FloatingPointError(_diverged(epoch, step, loss, state.optimizer.learning_rate))
            state.optimizer.update(state.parameters, gradient)
            losses.append(loss)
            sizes.append(len(x))
    if not state.is_finite():  # 損失在更新以前算；最後一步才壞掉的參數不可以進檢查點
        raise FloatingPointError(_diverged(epoch, step, loss, state.optimizer.learning_rate))
    return {"epoch": epoch, "beta": beta, **history_row(losses, sizes)}


def history_row(losses: list[Loss], sizes: list[int], prefix: str = "") -> dict[str, Any]:
    """各批損失依列數加權平均，成為歷程的一列。"""
    weights = np.array(sizes) / sum(sizes)
    kl_per_unit = weights @ np.array([loss.kl_per_unit for loss in losses])
    return {
        f"{prefix}reconstruction": float(weights @ [loss.reconstruction for loss in losses]),
        f"{prefix}kl": float(kl_per_unit.sum()),
        f"{prefix}kl_per_unit": kl_per_unit.tolist(),
        f"{prefix}loss": float(weights @ [loss.total for loss in losses]),
    }


def fit(
    engine: Engine,
    state: State,
    rows: Rows,
    schedule: Schedule,
    latent_dim: int,
    after_epoch: Callable[[State, dict[str, Any]], None] = lambda state, row: None,
    verbose: bool = False,
) -> None:
    """從 ``state`` 目前的訓練週期訓練到最後一個；``after_epoch`` 可以往歷程的列補上驗證的值、存檢查點。"""
    announce.training(state.epoch, schedule.epochs, len(rows))
    with one_thread(), _progress(state.epoch, schedule.epochs, verbose) as advance:
        while state.epoch < schedule.epochs:
            row = train_epoch(engine, state, rows, schedule, latent_dim)
            state.history.append(row)
            after_epoch(state, row)
            advance(row)
            announce.epoch(state.epoch, schedule.epochs, len(rows))


def one_thread() -> AbstractContextManager[Any]:
    """矩陣乘法只用一條執行緒。

    這些矩陣很小，分給幾條執行緒，等待比計算還久：機器忙的時候慢上二十倍。而且執行緒的數目會改變加總的順序，
    固定成一條，同一個種子在核心數不同的機器上才給同樣的位元。
    """
    from threadpoolctl import threadpool_limits

    return threadpool_limits(1, user_api="blas")


class _progress:
    """tqdm 的進度列；``verbose`` 為假時什麼也不做。"""

    def __init__(self, done: int, total: int, verbose: bool) -> None:
        self.bar: Any = None
        if verbose:
            from tqdm import tqdm

            self.bar = tqdm(initial=done, total=total, desc="訓練", unit="週期", leave=True)

    def __enter__(self) -> Callable[[dict[str, Any]], None]:
        return self._advance

    def __exit__(self, *exception: object) -> None:
        if self.bar is not None:
            self.bar.close()

    def _advance(self, row: dict[str, Any]) -> None:
        if self.bar is None:
            return
        shown = {"重建": f"{row['reconstruction']:.2f}", "KL": f"{row['kl']:.2f}"}
        if "val_loss" in row:
            shown["驗證"] = f"{row['val_reconstruction']:.2f}"
        self.bar.set_postfix(shown, refresh=False)
        self.bar.update()


def check_validation(epoch: int, row: dict[str, Any]) -> None:
    """驗證的損失也要是有限的數；不是就停在存檢查點以前。"""
    if not math.isfinite(row["val_loss"]):
        raise FloatingPointError(
            f"訓練在第 {epoch} 個訓練週期（epoch）結束時停下：驗證資料 validation 的損失不是有限的數"
            f"（重建 {row['val_reconstruction']:g}，KL {row['val_kl']:g}）。常見的原因："
            "validation 的尺度和訓練資料差太多（請用同一個標準化）、"
            f'或 float32 溢位（請用 dtype="float64"）。{_kept(epoch)}'
        )


def _diverged(epoch: int, step: int, loss: Loss, learning_rate: float) -> str:
    return (
        f"訓練在第 {epoch} 個訓練週期（epoch）的第 {step} 步停下：損失或參數不是有限的數"
        f"（重建 {loss.reconstruction:g}，KL {loss.kl:g}）。常見的原因："
        f"學習率 learning_rate={learning_rate:g} 太大、資料的尺度太大（請先標準化）、"
        f'或 float32 溢位（請用 dtype="float64"）。{_kept(epoch)}'
    )


def _kept(epoch: int) -> str:
    if epoch == 1:
        return "還沒有走完任何一個訓練週期，所以沒有新的檢查點（checkpoint）。"
    return f"若設了 checkpoint，檔案裡仍是第 {epoch - 1} 個訓練週期結束時的好狀態。"
