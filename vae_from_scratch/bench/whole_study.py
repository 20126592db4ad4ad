"""整個研究當成一個行程來比：啟動、讀資料、訓練 60 個訓練週期、每個週期驗證一次、算出每棟房子的編碼。

和原文一樣，一部分的房子（兩成）不參加訓練，每個訓練週期在它們身上算一次損失。

``python -m vae_from_scratch.bench.whole_study ours|keras`` 是被量的那個行程；``compare`` 從外面計時。
"""

import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

import numpy as np
from numpy.typing import NDArray

from . import problem
from .processes import run_python

EPOCHS = 60
NAMES = {"ours": "本書 numpy", "keras": "Keras fit（原文的寫法）"}


@dataclass(frozen=True)
class Study:
    """一種寫法的整個研究：各次的秒數與最後的驗證損失（nats／棟）。"""

    key: str
    seconds: list[float]
    loss: float

    @property
    def name(self) -> str:
        """表上的名字。"""
        return NAMES[self.key]

    @property
    def median(self) -> float:
        """秒數的中位數。"""
        return median(self.seconds)


def compare(
    repeats: int = 5, epochs: int = EPOCHS, progress: Callable[[str], None] = lambda message: None
) -> dict[str, Study]:
    """輪流各跑 ``repeats`` 次。"""
    seconds: dict[str, list[float]] = {key: [] for key in NAMES}
    losses = dict.fromkeys(NAMES, float("nan"))
    for repeat in range(repeats):
        for key, name in NAMES.items():
            progress(f"整個研究，第 {repeat + 1}/{repeats} 次：{name}")
            elapsed, losses[key] = _run(key, epochs)
            seconds[key].append(elapsed)
    return {key: Study(key, seconds[key], losses[key]) for key in NAMES}


def _run(key: str, epochs: int) -> tuple[float, float]:
    started = time.perf_counter()
    answer = run_python("-m", __name__, key, str(epochs))
    return time.perf_counter() - started, float(json.loads(answer)["loss"])


def _ours(epochs: int) -> float:
    from ..model import VAE

    x, held_out = _split()
    vae = VAE(epochs=epochs, warmup_epochs=0, dtype=problem.DTYPE).fit(x, validation=held_out)
    vae.transform(np.vstack([x, held_out]))
    return float(vae.history_[-1]["val_loss"])


def _keras(epochs: int) -> float:
    from .contestants import keras_fit

    x, held_out = _split()
    task = problem.Problem(x)
    model = keras_fit.compiled(task)
    validation = (held_out, held_out)
    history = model.fit(
        x, x, batch_size=task.batch_size, epochs=epochs, validation_data=validation, verbose=0
    ).history
    model.encoder.predict(np.vstack([x, held_out]), batch_size=1024, verbose=0)
    return float(history["val_total"][-1]) * x.shape[1]


def _split() -> tuple[NDArray, NDArray]:
    """八成訓練，兩成驗證。"""
    x = problem.load().x
    x = x[np.random.default_rng(0).permutation(len(x))]
    n_train = round(0.8 * len(x))
    return x[:n_train], x[n_train:]


if __name__ == "__main__":
    work = {"ours": _ours, "keras": _keras}[sys.argv[1]]
    print(json.dumps({"loss": work(int(sys.argv[2]))}))
