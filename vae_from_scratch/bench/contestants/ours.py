"""本書的三個引擎，走的是 ``VAE.fit`` 同一個訓練迴圈。"""

from typing import ClassVar

from ... import training
from ...gradients import Engine, make_engine
from ...likelihood import Bernoulli, Likelihood
from ...network import Network
from ...optimizer import Adam
from ...rows import DenseRows, Rows
from ..problem import DTYPE, LATENT_DIM, LEARNING_RATE, Problem


class Trained:
    """一個引擎，加上本書的訓練迴圈與 Adam。"""

    name: ClassVar[str]

    def __init__(self, problem: Problem) -> None:
        self.rows, likelihood = self._data(problem)
        network = problem.network_for(self.rows.n_columns, likelihood)
        parameters = problem.initial_parameters(network)
        optimizer = self._adam()(len(parameters), LEARNING_RATE, dtype=DTYPE)
        self.state = training.State(parameters, optimizer, problem.rng())
        self.engine = self._engine(network, likelihood)
        self.schedule = training.Schedule(epochs=1, batch_size=problem.batch_size, beta=1.0, warmup_epochs=0)

    def _data(self, problem: Problem) -> tuple[Rows, Likelihood]:
        return DenseRows(problem.x), Bernoulli()

    def _adam(self) -> type[Adam]:
        return Adam

    def _engine(self, network: Network, likelihood: Likelihood) -> Engine:
        return make_engine(self.name, network, likelihood)

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
