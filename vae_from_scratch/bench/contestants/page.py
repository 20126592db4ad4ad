"""網頁的實驗室的引擎（WebAssembly），在 Node 裡跑：與 NumPy 引擎同樣的初始值、次序與雜訊。"""

import base64
import json
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...groups import Groups
from ..problem import LATENT_DIM, LEARNING_RATE, Problem
from ..processes import node

COURSE = Path(__file__).resolve().parents[3]
WRAPPER = COURSE / "book" / "_static" / "interactive" / "engine.js"
ENGINE = COURSE / "_vendor" / "lab" / "engine.wasm.js"
SERVER = Path(__file__).with_suffix(".cjs")


class PageEngine:
    """一個 Node 的行程；``cpu_seconds`` 是它用掉的 CPU 時間，含編譯。"""

    def __init__(self, problem: Problem) -> None:
        self.problem, self.rng = problem, problem.rng()
        absent = [path for path in (WRAPPER, ENGINE) if not path.is_file()]
        if absent:
            raise FileNotFoundError(f"沒有 {absent[0]}；請在課程的資料夾裡先執行 make book")
        self.process = subprocess.Popen(
            [node(), SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
        )
        self.cpu = 0.0
        self._ask(self._start())

    def cpu_seconds(self) -> float:
        """Node 到現在為止的 CPU 時間。"""
        return self.cpu

    def epoch(self) -> float:
        """走一個訓練週期，傳回每列的平均損失。"""
        order, noise = self.problem.draw(self.rng)
        return float(self._ask({"order": packed(order, "int32"), "noise": packed(noise, "float32")}))

    def _start(self) -> dict[str, Any]:
        """獨熱的一欄一個變數（1 是 0、0 是缺失），展開以後正好是 x：伯努利不管哪幾欄屬於同一個變數。"""
        groups = Groups((1,) * self.problem.x.shape[1])
        return {
            "wrapper": str(WRAPPER),
            "wasm": str(ENGINE),
            "codes": packed(groups.codes(self.problem.x), "int16"),
            "parameters": packed(self.problem.initial_parameters(), "float32"),
            "settings": {
                "groups": list(groups),
                "hidden": list(self.problem.hidden),
                "latent": LATENT_DIM,
                "batch": self.problem.batch_size,
                "learningRate": LEARNING_RATE,
                "warmup": 0,
            },
        }

    def _ask(self, message: dict[str, Any]) -> Any:
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write(json.dumps(message) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            raise RuntimeError(f"Node 自己結束了（結束碼 {self.process.wait()}）")
        found = json.loads(answer)
        self.cpu = found["cpu"]
        return found["loss"]


def packed(values: NDArray, dtype: str) -> str:
    """陣列的位元組，base64。"""
    return base64.b64encode(np.ascontiguousarray(values, dtype=dtype).tobytes()).decode("ascii")
