"""唯一的梯度檢查器：一塊參數一個相對誤差，容差有名字，失敗時說出是哪一塊。"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from vae_from_scratch.network import Network

ENGINES_AGREE = 1e-13  # 同一個式子、不同的寫法，float64
FINITE_DIFFERENCE = 1e-8  # 四階中央差商：截斷誤差 h⁴ 與捨入誤差 ε/h 的平衡


def blocks(network: Network, flat: NDArray) -> dict[str, NDArray]:
    """平坦向量 → 有名字的一塊一塊：每層的權重、偏置，以及概似自己的參數。"""
    views = network.views(flat)
    named: dict[str, NDArray] = {}
    for part, layers in (("encoder", views.encoder), ("decoder", views.decoder)):
        for number, layer in enumerate(layers):
            named |= {f"{part}{number}.weight": layer[:-1], f"{part}{number}.bias": layer[-1]}
    return named | ({"noise_log_var": views.noise_log_var} if network.n_noise else {})


def relative_error(got: NDArray | float, want: NDArray | float) -> float:
    """最大的差 ÷ 最大的絕對值；應該全是 0 的，就必須全是 0。"""
    scale, difference = np.max(np.abs(want)), np.max(np.abs(np.subtract(got, want)))
    return float(difference / scale) if scale else float(difference > 0)


def errors(network: Network, got: NDArray, want: NDArray) -> dict[str, float]:
    pairs = zip(blocks(network, got).items(), blocks(network, want).values(), strict=True)
    return {name: relative_error(block, expected) for (name, block), expected in pairs}


def assert_same_gradient(network: Network, got: NDArray, want: NDArray, tolerance: float) -> None:
    assert got.shape == want.shape == (network.size,)
    found = errors(network, got, want)
    wrong = {name: f"{error:.1e}" for name, error in found.items() if not error <= tolerance}
    assert not wrong, f"相對誤差超過 {tolerance:g} 的參數：{wrong}"


def finite_difference(function: Callable[[NDArray], float], point: NDArray, step: float = 1e-3) -> NDArray:
    """每個方向的四階中央差商 [8(f₊₁ − f₋₁) − (f₊₂ − f₋₂)] / 12h。"""
    gradient = np.empty_like(point)
    for i in range(point.size):
        f = [function(point + step * k * (np.arange(point.size) == i)) for k in (-2, -1, 1, 2)]
        gradient[i] = (8 * (f[2] - f[1]) - (f[3] - f[0])) / (12 * step)
    return gradient
