"""本書的三個引擎，走的是 ``VAE.fit`` 同一個訓練迴圈。"""

from typing import ClassVar

from ... import training
from ...gradients import Engine, make_engine
from ...likelihood import Bernoulli
from ...optimizer import Adam
from ...rows import DenseRows
from ..problem import DTYPE, LATENT_DIM, LEARNING_RATE, Problem


class Trained:
    """一個引擎，加上本書的訓練迴圈與 Adam。"""

    name: ClassVar[str]

    def __init__(self, problem: Problem) -> None:
        parameters = problem.initial_parameters()
        optimizer = self._adam()(len(parameters), LEARNING_RATE, dtype=DTYPE)
        self.state = training.State(parameters, optimizer, problem.rng())
        self.engine = self._engine(problem)
        self.rows = DenseRows(problem.x)
        self.schedule = training.Schedule(epochs=1, batch_size=problem.batch_size, beta=1.0, warmup_epochs=0)

    def _adam(self) -> type[Adam]:
        return Adam

    def _engine(self, problem: Problem) -> Engine:
        return make_engine(self.name, problem.network, Bernoulli())

    def epoch(self) -> float:
        """走一個訓練週期，傳回每列的平均損失。"""
        row = training.train_epoch(self.engine, self.state, self.rows, self.schedule, LATENT_DIM)
        return float(row["loss"])


class NumPyEngine(Trained):
    """手推的反向傳播。"""

    name = "numpy"


class FusedNumPyEngine(NumPyEngine):
    """手推的反向傳播，加上 numba 編譯的 Adam。"""

    def _adam(self) -> type[Adam]:
        from ...fused_adam import FusedAdam

        return FusedAdam


class AutogradEngine(Trained):
    """只寫損失，導數全部交給自動微分。"""

    name = "autograd"


class TensorFlowEngine(Trained):
    """對照用：參數每一步都在平坦向量與 TensorFlow 之間來回，求的是可以核對，不是快。"""

    name = "tensorflow"
