"""整個研究當成一個行程來比：啟動、讀資料、編碼、訓練 60 個訓練週期、算出每棟房子的編碼。

``python -m vae_from_scratch.bench.whole_study ours|keras`` 是被量的那個行程；``compare`` 從外面計時。
"""

import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

from . import problem
from .processes import run_python

EPOCHS = 60
NAMES = {"ours": "本書 numpy", "keras": "Keras fit（原文的寫法）"}


@dataclass(frozen=True)
class Study:
    """一種寫法的整個研究：各次的秒數與最後的損失（nats／棟）。"""

    key: str
    seconds: list[float]
    loss: float

    @property
    def name(self) -> str:
        return NAMES[self.key]

    @property
    def median(self) -> float:
        return median(self.seconds)


def compare(
    repeats: int = 3, epochs: int = EPOCHS, progress: Callable[[str], None] = lambda message: None
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

    x = problem.load().x
    vae = VAE(epochs=epochs, warmup_epochs=0, dtype=problem.DTYPE).fit(x)
    vae.transform(x)
    return float(vae.history_[-1]["loss"])


def _keras(epochs: int) -> float:
    from .contestants import keras_fit

    task = problem.load()
    model = keras_fit.compiled(task)
    history = model.fit(task.x, batch_size=task.batch_size, epochs=epochs, verbose=0).history
    model.encoder.predict(task.x, batch_size=1024, verbose=0)
    return float(history["total"][-1]) * task.x.shape[1]


if __name__ == "__main__":
    work = {"ours": _ours, "keras": _keras}[sys.argv[1]]
    print(json.dumps({"loss": work(int(sys.argv[2]))}))
