"""PyTorch：逐步執行（eager），融合的 Adam，非正規數當成 0。"""

from collections.abc import Sequence
from typing import Any

import torch
from numpy.typing import NDArray
from torch import nn

from ..problem import LEARNING_RATE, Problem


class Eager:
    """``nn.Sequential`` 的編碼器與解碼器，``torch.optim.Adam(fused=True)``。"""

    def __init__(self, problem: Problem) -> None:
        torch.set_num_threads(1)
        encoder, decoder = problem.initial_layers()
        self.problem, self.rng, self.x = problem, problem.rng(), torch.from_numpy(problem.x)
        self.encoder, self.decoder = _perceptron(encoder), _perceptron(decoder)
        parameters = [*self.encoder.parameters(), *self.decoder.parameters()]
        self.optimizer = torch.optim.Adam(parameters, lr=LEARNING_RATE, eps=1e-7, fused=True)

    def epoch(self) -> float:
        """走一個訓練週期，傳回每列的平均損失。"""
        # 這個開關管的是整條執行緒；走完就關掉，才不會連別的參賽者一起加速。
        torch.set_flush_denormal(True)
        try:
            return self._epoch()
        finally:
            torch.set_flush_denormal(False)

    def _epoch(self) -> float:
        order, noise = map(torch.from_numpy, self.problem.draw(self.rng))
        total = 0.0
        for index, epsilon in zip(
            order.split(self.problem.batch_size), noise.split(self.problem.batch_size), strict=True
        ):
            self.optimizer.zero_grad()
            loss = self._negative_elbo(self.x[index], epsilon)
            loss.backward()
            self.optimizer.step()
            total += loss.item() * len(index)
        return total / len(order)

    def _negative_elbo(self, x: Any, noise: Any) -> Any:
        mean, log_var = self.encoder(x).chunk(2, dim=1)
        output = self.decoder(mean + torch.exp(0.5 * log_var) * noise)
        reconstruction = nn.functional.binary_cross_entropy_with_logits(output, x, reduction="sum")
        kl = 0.5 * torch.sum(mean**2 + torch.expm1(log_var) - log_var)
        return (reconstruction + kl) / len(x)


def _perceptron(layers: Sequence[tuple[NDArray, NDArray]]) -> nn.Sequential:
    modules: list[nn.Module] = []
    for weight, bias in layers:
        linear = nn.Linear(*weight.shape)
        linear.weight.data, linear.bias.data = torch.from_numpy(weight.T.copy()), torch.from_numpy(bias)
        modules += [linear, nn.ReLU()]
    return nn.Sequential(*modules[:-1])
