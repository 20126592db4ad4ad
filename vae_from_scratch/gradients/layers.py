"""每一種層的前向與手推的梯度，兩兩並排（第 8 章推導）。

前向寫在上、反向寫在下；``d_y`` 一律表示 ∂L/∂y，形狀與 y 相同。有矩陣的層自己帶著緩衝區：訓練要走幾千步，
每一步都寫進同一塊記憶體。
"""

import numpy as np
from numpy.typing import NDArray


class Dense:
    """全連接層 y = a W + b。``layer`` 是 [W; b]：上面幾列是 W，最後一列是 b。

    輸入存成 [a 1]，多出來的那一欄永遠是 1，所以 y = [a 1][W; b]：偏置跟著矩陣乘法一起算、一起求導。
    緩衝區照欄排在記憶體裡（一個特徵連續存放），也就是它的轉置照列排：BLAS 的三個乘法都不必走慢的那一種轉置，
    去掉那一欄 1 之後仍然是連續的一塊。乘法也兩邊一起轉置，(A B)ᵀ = Bᵀ Aᵀ，就能用 ``np.dot``：
    它進出一次比 ``np.matmul`` 少一兩微秒，但只肯寫進照列排的陣列。
    """

    def __init__(self, layer: NDArray, d_layer: NDArray, n_rows: int, y: NDArray | None = None) -> None:
        n_in, n_out = len(layer) - 1, layer.shape[1]
        self.layer_t, self.weight, self.d_layer = layer.T, layer[:-1], d_layer
        self.a_and_one_t = np.ones((n_in + 1, n_rows), layer.dtype)
        self.a = self.a_and_one_t[:-1].T
        self.y_t = np.empty((n_out, n_rows), layer.dtype) if y is None else y.T
        self.d_a_t = np.empty((n_in, n_rows), layer.dtype)
        self.y, self.d_a = self.y_t.T, self.d_a_t.T

    def forward(self) -> NDArray:
        """y = a W + b；呼叫以前，輸入已經寫在 ``self.a``。"""
        np.dot(self.layer_t, self.a_and_one_t, out=self.y_t)
        return self.y

    def backward_layer(self, d_y: NDArray) -> None:
        """∂L/∂[W; b] = [a 1]ᵀ d_y，寫進 ``self.d_layer``。"""
        np.dot(self.a_and_one_t, d_y, out=self.d_layer)

    def backward_input(self, d_y: NDArray) -> NDArray:
        """∂L/∂a = d_y Wᵀ。"""
        np.dot(self.weight, d_y.T, out=self.d_a_t)
        return self.d_a


class ReLU:
    """a = max(y, 0)，就地；在 0 的導數取 0。"""

    def __init__(self, a: NDArray) -> None:
        self.a = a
        # 與同形狀的 0 比，NumPy 用得上 SIMD 指令；與一個純量比，慢三倍。
        self.zero, self.active = np.zeros_like(a), np.empty_like(a)

    def forward(self) -> None:
        """a = max(y, 0)；y 已經寫在 ``self.a``。"""
        np.maximum(self.a, self.zero, out=self.a)

    def backward(self, d_a: NDArray) -> NDArray:
        """∂L/∂y = d_a · 1[a > 0]，就地。a 不會是負的，所以 1[a > 0] = sign(a)，型別始終相同。"""
        np.sign(self.a, out=self.active)
        return np.multiply(d_a, self.active, out=d_a)


class Perceptron:
    """多層感知器：每一層 a ← relu(a W + b)，最後一層不套 ReLU。

    隱藏層的 y 直接寫在下一層的輸入裡，所以由後往前建立。
    """

    def __init__(self, layers: list[NDArray], d_layers: list[NDArray], n_rows: int) -> None:
        self.dense: list[Dense] = []
        for pair in zip(reversed(layers), reversed(d_layers), strict=True):
            following = self.dense[0].a if self.dense else None
            self.dense.insert(0, Dense(*pair, n_rows, y=following))
        self.relu = [ReLU(following.a) for following in self.dense[1:]]

    @property
    def input(self) -> NDArray:
        """第一層的輸入；前向以前寫在這裡。"""
        return self.dense[0].a

    def forward(self) -> NDArray:
        """從第一層走到最後一層，傳回輸出。"""
        for dense, relu in zip(self.dense, self.relu, strict=False):
            dense.forward()
            relu.forward()
        return self.dense[-1].forward()

    def backward(self, d_y: NDArray) -> NDArray:
        """從最後一層走回第一層，寫好每一層的梯度；傳回損失對第一層的 y 的梯度。"""
        for dense, relu in zip(reversed(self.dense), reversed(self.relu), strict=False):
            dense.backward_layer(d_y)
            d_y = relu.backward(dense.backward_input(d_y))
        self.dense[0].backward_layer(d_y)
        return d_y

    def backward_input(self, d_y: NDArray) -> NDArray:
        """``backward`` 之後再走一步：損失對輸入的梯度。"""
        return self.dense[0].backward_input(d_y)


def sample_forward(mean: NDArray, log_var: NDArray, noise: NDArray) -> tuple[NDArray, NDArray]:
    """σ = e^(log σ²/2)，z = μ + σ ε；把 σ ε 一併傳回，反向時要用。"""
    scaled_noise = np.exp(0.5 * log_var) * noise
    return mean + scaled_noise, scaled_noise


def sample_backward(d_z: NDArray, scaled_noise: NDArray) -> tuple[NDArray, NDArray]:
    """∂z/∂μ = 1，∂z/∂log σ² = σ ε / 2。"""
    return d_z, 0.5 * d_z * scaled_noise


def kl_per_unit_backward(mean: NDArray, log_var: NDArray) -> tuple[NDArray, NDArray]:
    """封閉形式 ½(μ² + σ² − 1 − log σ²)（``gaussian.kl_per_unit``）：∂/∂μ = μ，∂/∂log σ² = (σ² − 1)/2。"""
    return mean, 0.5 * np.expm1(log_var)


def kl_from_noise_backward(z: NDArray, scaled_noise: NDArray) -> tuple[NDArray, NDArray]:
    """單點抽樣 ½(z² − ε² − log σ²)（``gaussian.kl_from_noise``）：∂/∂μ = z，∂/∂log σ² = (z σ ε − 1)/2。"""
    return z, 0.5 * (z * scaled_noise - 1)


def path_derivative(z: NDArray, log_var: NDArray, noise: NDArray) -> NDArray:
    """單點抽樣只留經過 z 的路徑：∂/∂z [log q(z) − log p(z)] = z − ε/σ。出處：Roeder et al. (2017)。"""
    return z - noise * np.exp(-0.5 * log_var)
