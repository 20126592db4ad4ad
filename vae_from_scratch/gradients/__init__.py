"""三種梯度引擎，一個介面：``loss_and_gradient(parameters, x, noise, beta)``（第 8、9 章）。

- ``"numpy"``：手推的反向傳播，最快，也是預設。
- ``"autograd"``：只寫損失，導數全部交給自動微分；慢好幾倍，是第二個意見。
- ``"tensorflow"``：用 TensorFlow 的寫法獨立寫成的對照。

三者給出同樣的損失與梯度（float64 下相對誤差 1e-13 以內，見 tests/core/test_engines_agree.py）。
"""

from importlib import import_module
from typing import Protocol

from numpy.typing import NDArray

from ..likelihood import Likelihood, Mixed
from ..network import Network
from ..objective import Loss

ENGINES = {"numpy": "hand_derived", "autograd": "with_autograd", "tensorflow": "with_tensorflow"}
#: 混合的概似另有一個檔案的引擎：第 8 章整個引用的那一個才不會有第 13 章的東西。
FOR_MIXED = {"autograd": "mixed_with_autograd"}
KL_FORMS = ("closed_form", "single_sample", "path_derivative")


class Engine(Protocol):
    """算一批資料的損失，以及它對平坦參數向量的梯度（下一次呼叫前有效）。"""

    def loss_and_gradient(
        self, parameters: NDArray, x: NDArray, noise: NDArray, beta: float
    ) -> tuple[Loss, NDArray]: ...


def make_engine(
    name: str, network: Network, likelihood: Likelihood, kl: str = "closed_form", free_bits: float = 0.0
) -> Engine:
    """依名字建立引擎；``kl`` 是 KL 的形式：封閉形式、單點抽樣、單點抽樣只走路徑導數。

    引擎的 ``loss_and_gradient`` 收平坦的參數、x (N, D)、ε (N, d) 與 beta，傳回 ``Loss`` 與平坦的梯度。
    名字打錯引發 ``ValueError``。

    >>> network = Network(n_columns=3, latent_dim=1, hidden=(), n_outputs=3)
    >>> theta, x, noise = np.zeros(network.size), np.array([[1.0, 0.0, 1.0]]), np.array([[0.5]])
    >>> losses = [make_engine(name, network, Bernoulli()).loss_and_gradient(theta, x, noise, 1.0)[0].total
    ...           for name in ("numpy", "autograd")]
    >>> np.round(losses, 4)  # 參數全是 0：KL 是 0，每一欄的機率是 ½，3 log 2
    array([2.0794, 2.0794])
    """
    if name not in ENGINES:
        raise ValueError(f"引數 engine 是 {name!r}；可用的梯度引擎（engine）是 {'、'.join(ENGINES)}。")
    if kl not in KL_FORMS:
        raise ValueError(f"引數 kl 是 {kl!r}；可用的 KL 形式是 {'、'.join(KL_FORMS)}。")
    chosen = FOR_MIXED.get(name, ENGINES[name]) if isinstance(likelihood, Mixed) else ENGINES[name]
    module = import_module(f".{chosen}", __name__)
    return module.Engine(network, likelihood, kl, free_bits)
