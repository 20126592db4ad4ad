"""檢查檔要用的名字，都從這裡匯入。"""

import functools
from collections.abc import Callable, Sequence
from typing import Any

from . import outcomes
from .checks import (
    DIFFERENCES,
    EXACT,
    PRINTED,
    QUADRATURE,
    RELATIVE,
    Tolerance,
    check,
    check_draws,
    together,
)
from .finding import named_cause
from .oracles import expectation, normal_nodes, numerical_gradient
from .outcomes import Function, WrongAnswer

#: ``check(…, only=…)``：別的輸入都對，只有這一種不對時的症狀。
FAR = "平常的數字都對，很大或很小的 log σ²（41 以上、−41 以下）不對：不要截斷（clip）、加小常數或用單精度"
LARGE = "平常的數字都對，很大的數不對：不要截斷（clip）、加小常數或用單精度"
SMALL = "平常的數字都對，很小的數不對：不要加小常數（例如 1e-8），也不要設下限"
WHOLE = "輸入是整數的陣列時不對：答案要放進新的浮點數陣列（float64），不要放進與輸入同型別的陣列"
ALONE = "輸入是一個數（不是陣列）時不對"

__all__ = [
    "ALONE",
    "DIFFERENCES",
    "EXACT",
    "FAR",
    "LARGE",
    "PRINTED",
    "QUADRATURE",
    "RELATIVE",
    "SMALL",
    "WHOLE",
    "Tolerance",
    "WrongAnswer",
    "check",
    "check_draws",
    "expectation",
    "named_cause",
    "normal_nodes",
    "numerical_gradient",
    "points",
    "together",
]


def points(value: float, hint: str | Sequence[str] = (), chapter: str = "") -> Callable[[Function], Function]:
    """``@points(2, hint="…", chapter="第 2 章")``：這個檢查值 2 分；``check`` 全部比完才說錯在哪裡。"""

    def decorate(test: Function) -> Function:
        @functools.wraps(test)
        def run(*arguments: Any, **named: Any) -> None:
            with together():
                test(*arguments, **named)

        return outcomes.points(value, hint, chapter)(run)  # type: ignore[return-value]

    return decorate
