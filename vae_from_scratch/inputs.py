"""``VAE`` 的方法收到的資料合用嗎？不合用就引發 ``ValueError``，說出引數的名字、收到的值與補救（第 8 章）。"""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator
from sklearn.utils.validation import validate_data

from .likelihood import Categorical, Likelihood, Mixed


def validated(estimator: BaseEstimator, X: ArrayLike, name: str, reset: bool) -> NDArray:
    """scikit-learn 的檢查（形狀、欄名、數值），錯誤訊息加上引數的名字與補救；稀疏矩陣展開成密集的。"""
    checks = {"dtype": estimator.dtype, "accept_sparse": True, "ensure_all_finite": False}
    try:
        with np.errstate(over="ignore"):  # 換成 float32 時溢位的值，下一步的 finite 會說清楚
            values = validate_data(estimator, X, reset=reset, **checks)
    except ValueError as error:
        raise ValueError(
            f"引數 {name} 不能用：{error}。請給數值的 (N, D) 矩陣；欄的個數、名字與順序要和訓練時相同。"
        ) from error
    return values if isinstance(values, np.ndarray) else values.toarray()


def finite(values: NDArray, name: str) -> NDArray:
    """原樣傳回；有 NaN 或 inf 就引發 ``ValueError``，說出在哪一格。"""
    if not np.isfinite(values).all():
        row, column = np.argwhere(~np.isfinite(values))[0]
        overflow = '原來的值若超過 3.4e38，float32 裝不下，請改用 dtype="float64"。'
        cure = "請先補上缺失值，或用獨熱編碼把缺失寫成整組 0。" + (
            overflow if values.dtype == np.float32 else ""
        )
        raise ValueError(
            f"引數 {name} 的第 {row} 列第 {column} 欄是 {values[row, column]}；不接受 NaN 或 inf。{cure}"
        )
    return values


def check_same_layout(name: str, got: Categorical | Mixed, wanted: Likelihood) -> None:
    """變數的排法與訓練時相同嗎？種類、水準個數、數字的個數有不同，引發 ``ValueError``。"""
    if type(got) is not type(wanted):
        raise ValueError(
            f"引數 {name} 是照 {got!r} 排的，模型的概似（likelihood）卻是 {wanted!r}；"
            '只有類別的列用 likelihood="categorical"，有數字的用 "mixed"。'
        )
    if got.groups != wanted.groups:
        raise ValueError(
            f"引數 {name} 各變數的水準個數是 {got.groups}，訓練時是 {wanted.groups}；請用同一個編碼規則。"
        )
    if (layout := getattr(got, "spiked", None)) != getattr(wanted, "spiked", None):
        raise ValueError(f"引數 {name} 在 0 有尖峰的數字是 {layout}，與訓練時不同；請用同一個編碼規則。")


def random_generator(rng: np.random.Generator) -> np.random.Generator:
    """原樣傳回；不是 ``numpy.random.Generator`` 就引發 ``ValueError``。"""
    if not isinstance(rng, np.random.Generator):
        raise ValueError(f"引數 rng 是 {rng!r}；請給隨機數產生器，例如 numpy.random.default_rng(0)。")
    return rng
