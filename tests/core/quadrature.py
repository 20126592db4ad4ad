"""獨立的積分：常態分布下的期望值與 KL，都由 scipy 的密度與數值積分算。"""

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import integrate, stats

Density = Callable[[Any], Any]


def normal(mean: float = 0.0, std: float = 1.0) -> Density:
    """常態的對數密度。"""
    return stats.norm(mean, std).logpdf


def expectation(f: Density, mean: float = 0.0, std: float = 1.0) -> float:
    """E[f(z)]，z ~ N(mean, std²)：對 ε 在 ±12 個標準差上積分，在 0 切開。"""

    def integrand(noise: float) -> float:
        return f(mean + std * noise) * np.exp(-(noise**2) / 2) / np.sqrt(2 * np.pi)

    options = {"epsabs": 1e-13, "epsrel": 1e-13, "limit": 400}
    return sum(integrate.quad(integrand, *ends, **options)[0] for ends in ((-12, 0), (0, 12)))


def variance(f: Density, mean: float = 0.0, std: float = 1.0) -> float:
    center = expectation(f, mean, std)
    return expectation(lambda z: (f(z) - center) ** 2, mean, std)


def kl(q: tuple[float, float], p: tuple[float, float]) -> float:
    """D_KL(N(q) ‖ N(p))，兩邊都寫成 (平均值, 標準差)。"""
    log_q, log_p = normal(*q), normal(*p)
    return expectation(lambda z: log_q(z) - log_p(z), *q)


def derivative(f: Callable[[float], float], at: float, step: float = 1e-3) -> float:
    """四階中央差商。"""
    f1, f2, f3, f4 = (f(at + k * step) for k in (-2, -1, 1, 2))
    return (8 * (f3 - f2) - (f4 - f1)) / (12 * step)
