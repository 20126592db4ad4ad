"""本書的三個引擎，走的是 ``VAE.fit`` 同一個訓練迴圈。"""

from typing import ClassVar

from ... import training
from ...gradients import make_engine
from ...likelihood import Bernoulli
from ...optimizer import Adam
from ...rows import DenseRows
from ..problem import DTYPE, LATENT_DIM, LEARNING_RATE, Problem


class _Engine:
    engine: ClassVar[str]

    def __init__(self, problem: Problem) -> None:
        parameters = problem.initial_parameters()
        optimizer = self._adam()(len(parameters), LEARNING_RATE, dtype=DTYPE)
        self.state = training.State(parameters, optimizer, problem.rng())
        self.gradients = make_engine(self.engine, problem.network, Bernoulli())
        self.rows = DenseRows(problem.x)
        self.schedule = training.Schedule(epochs=1, batch_size=problem.batch_size, beta=1.0, warmup_epochs=0)

    def _adam(self) -> type[Adam]:
        return Adam

    def epoch(self) -> float:
        row = training.train_epoch(self.gradients, self.state, self.rows, self.schedule, LATENT_DIM)
        return float(row["loss"])


class NumPyEngine(_Engine):
    """手推的反向傳播。"""

    engine = "numpy"


class FusedNumPyEngine(NumPyEngine):
    """手推的反向傳播，加上 numba 編譯的 Adam。"""

    def _adam(self) -> type[Adam]:
        from ...fused_adam import FusedAdam

        return FusedAdam


class AutogradEngine(_Engine):
    """自動微分，每一種層一個基本運算。"""

    engine = "autograd"


class TensorFlowEngine(_Engine):
    """對照用：參數每一步都在平坦向量與 TensorFlow 之間來回，求的是可以核對，不是快。"""

    engine = "tensorflow"
