"""「找錯」的題目：先說病因，再寫出對的程式。病因選錯，訊息說那個病會有什麼別的症狀。"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .outcomes import WrongAnswer


def named_cause(
    function: Callable[..., Any], cause: str, reasons: Mapping[str, str], names: Sequence[str]
) -> Callable[..., Any]:
    """``function`` 傳回（病因的字母, 其餘的值…）：病因不對就引發 ``WrongAnswer``，對了只留其餘的值給檢查比。

    ``reasons`` 是「選錯的字母 → 為什麼不是它」，``names`` 是其餘的值各叫什麼。
    """

    def call(*given: Any) -> Any:
        answer = function(*given)
        if answer is None:
            return None
        if not isinstance(answer, tuple | list) or len(answer) != 1 + len(names):
            raise WrongAnswer(f"這個函式要傳回 {1 + len(names)} 個值（病因的字母、{'、'.join(names)}）")
        if not isinstance(answer[0], str):
            raise WrongAnswer(f'第一個值是病因的字母，例如 "a"；你的是 {answer[0]!r}')
        if answer[0] != cause:
            why = reasons.get(answer[0], "請從說明裡的字母選一個")
            raise WrongAnswer(f"病因不是「{answer[0][:8]}」：{why}")
        return tuple(answer[1:]) if len(names) > 1 else answer[1]

    return call
