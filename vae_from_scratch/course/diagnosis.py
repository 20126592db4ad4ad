"""把「不對」說成人話：形狀差在哪裡、數值與正解有什麼關係。程式為什麼停下來，在 ``errors``。"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Pair = tuple[NDArray, NDArray, Callable[[NDArray, NDArray], bool]]  # 你的、正解、怎樣算夠近

# 正解 e 與常見的錯：乘錯常數、正負號、少了或多了一次函數。
RELATIONS: dict[str, Callable[[NDArray], NDArray]] = {
    "正負號相反": lambda e: -e,
    "每個值都是正解的兩倍": lambda e: 2 * e,
    "每個值都是正解的一半": lambda e: e / 2,
    "你的值是正解的平方": np.square,
    "你的值是正解的平方根": np.sqrt,
    "你的值是正解的倒數": lambda e: 1 / e,
    "你的值是 exp(正解)，少取了一次 log": np.exp,
    "你的值是 log(正解)，少取了一次 exp": np.log,
    "小數不見了：結果存進了整數的陣列，要用 float64": np.trunc,
    "差了 1：每個值都比正解多 1": lambda e: e + 1,
    "差了 1：每個值都比正解少 1": lambda e: e - 1,
}
EVIDENCE = 3  # 至少這麼多個不同的值都符合，才說得出關係；一兩個值可能是巧合


def explain_shape(
    yours: tuple[int, ...], expected: tuple[Any, ...], given: Iterable[tuple[int, ...]] = ()
) -> str:
    """形狀不對時的症狀。``given`` 是各輸入的形狀，用來看出沿錯了哪個軸。"""
    said = f"形狀不對：要 {_shape(expected)}，你的是 {_shape(yours)}"
    if yours == expected[::-1] and len(yours) > 1:
        return f"{said}，列與行對調了（轉置）"
    if yours == (*expected, 1):
        return f"{said}，最後多了一個長度 1 的軸：還沒有沿它加總，或用了 keepdims"
    if len(yours) == len(expected) + 1 and yours[:-1] == expected:
        return f"{said}，最後一個軸還沒有加總"
    if any(yours == shape[1:] and expected == shape[:-1] for shape in given if len(shape) > 1):
        return f"{said}，沿列（axis=0）加總了；要沿最後一個軸（axis=-1）"
    if yours == expected[1:] and len(expected) > 1:
        return f"{said}，列（axis=0）被加總或平均掉了"
    if yours == expected[:-1]:
        return f"{said}，最後一個軸被加總或平均掉了"
    if len(yours) > len(expected):
        return f"{said}，多了 {len(yours) - len(expected)} 個軸"
    return said


def _shape(shape: tuple[Any, ...]) -> str:
    return "純量 ()" if shape == () else f"({', '.join(map(str, shape))}{',' * (len(shape) == 1)})"


def explain_values(pairs: Sequence[Pair]) -> str:
    """形狀對而數值不對時的症狀；``pairs`` 是一項檢查的全部輸入，第一個是不對的那一個。

    倍數、平方之類的關係，要在每一個輸入上都成立，而且看得到三個以上不同的值。
    """
    yours, expected, accepts = pairs[0]
    if not np.isfinite(yours).all():
        return _explain_non_finite(yours)
    if yours.dtype in (np.float32, np.float16) and np.allclose(yours, expected, rtol=1e-5, atol=1e-6):
        return f"數值只準到 {yours.dtype}；請用 float64 計算"
    if np.any(expected) and all(not np.any(one) for one, *_ in pairs):
        return "你的值全是 0"
    same = [pair for pair in pairs if pair[0].shape == pair[1].shape]
    if len(same) == len(pairs):
        for text, relation in RELATIONS.items():
            if _holds(pairs, relation):
                return text
        if words := _constant_offset(pairs):
            return words
    return _nearly(pairs) or _how_many(yours, expected, accepts)


NEARLY = 1e-4


def distance(pair: Pair) -> float:
    """最大的相對誤差；形狀不同、有 nan 的是無限大，在容許之內的是 0。"""
    yours, expected, accepts = pair
    if accepts(yours, expected):
        return 0.0
    if yours.shape != expected.shape or not np.isfinite(yours).all():
        return np.inf
    with np.errstate(all="ignore"):
        relative = np.abs(yours - expected) / np.where(expected == 0, 1, np.abs(expected))
    return float(np.max(np.where(yours == expected, 0, relative), initial=0))


def _nearly(pairs: Sequence[Pair]) -> str | None:
    """不對的都只差一點點。"""
    largest = max(map(distance, pairs))
    if not 0 < largest < NEARLY:
        return None
    return f"只差一點點（相對誤差 {largest:.0e}）：加了小常數（例如 1e-8）、用了單精度，或是近似的公式"


def _holds(pairs: Sequence[Pair], relation: Callable[[NDArray], NDArray]) -> bool:
    """每一個輸入上，你的都是 ``relation(正解)``；與正解分不出來的值不算證據。"""
    evidence: set[float] = set()
    for yours, expected, accepts in pairs:
        with np.errstate(all="ignore"):
            related = relation(expected)
            if not accepts(yours, related):
                return False
        evidence.update(e for r, e in zip(related.flat, expected.flat, strict=True) if not accepts(r, e))
    return len(evidence) >= EVIDENCE


def _explain_non_finite(yours: NDArray) -> str:
    names = [name for name, found in (("nan", np.isnan(yours)), ("無限大", np.isinf(yours))) if found.any()]
    count = int((~np.isfinite(yours)).sum())
    return f"結果裡有 {' 與 '.join(names)}（{yours.size} 個值裡的 {count} 個）：中途溢位，或算了 0/0、log(0)"


def _constant_offset(pairs: Sequence[Pair]) -> str | None:
    """全部的值差同一個倍數，或差同一個數。"""
    yours = np.concatenate([np.ravel(one) for one, _, _ in pairs])
    expected = np.concatenate([np.ravel(one) for _, one, _ in pairs])
    with np.errstate(all="ignore"):
        ratio, offset = float(np.median(yours / expected)), float(np.median(yours - expected))
    if np.isfinite(ratio) and _holds(pairs, lambda e: ratio * e):
        if abs(ratio - 1) < 5e-4:
            return f"每個值都差正解的 {abs(ratio - 1):.1e} 倍：精度不夠，或多了一個很小的常數"
        return f"每個值都是正解的 {ratio:.4g} 倍"
    if _holds(pairs, lambda e: e + offset):
        return f"每個值都比正解{'多' if offset > 0 else '少'} {abs(offset):.4g}"
    return None


def _how_many(yours: NDArray, expected: NDArray, accepts: Callable[[NDArray, NDArray], bool]) -> str:
    if expected.size == 1:
        return "數值不對"
    right = sum(accepts(a, b) for a, b in zip(yours.ravel(), expected.ravel(), strict=True))
    return f"數值不對：{expected.size} 個值裡有 {expected.size - right} 個不對"
