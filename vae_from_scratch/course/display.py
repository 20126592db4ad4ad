"""把數字與表格寫成終端機上對得齊的文字。"""

import unicodedata
from collections.abc import Callable
from typing import Any

ONE_LINE = 64  # 這麼多格以內的陣列寫成一行

COLOURS = {"red": 31, "green": 32, "yellow": 33, "bold": 1, "dim": 2}


def width(text: str) -> int:
    """文字佔幾格：全形字兩格，附加符號零格。（標準函式庫就夠了；匯入 wcwidth 要多 40 毫秒。）"""
    return sum(_columns(character) for character in text)


def _columns(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def pad(text: str, columns: int) -> str:
    """在右邊補空格，補到 ``columns`` 格。"""
    return text + " " * (columns - width(text))


def paint(text: str, colour: str, enabled: bool) -> str:
    """加上終端機的顏色；``enabled`` 為假時原樣傳回。"""
    return f"\033[{COLOURS[colour]}m{text}\033[0m" if enabled else text


def named(name: str, value: Any, digits: int = 4) -> str:
    """``name = 值``；陣列佔好幾行時，後面的行與第一行的值對齊。"""
    start = f"{name} = " if name else ""
    return start + show(value, digits).replace("\n", "\n" + " " * width(start))


def show(value: Any, digits: int = 4) -> str:
    """一個值的簡短寫法：純量、陣列（排得下就一行，太大時省略中間）、好幾個陣列、函式（它的說明）。"""
    import numpy as np  # 只印報告的行程用不到，少等 0.1 秒

    if isinstance(value, Callable):  # type: ignore[arg-type]
        return (value.__doc__ or value.__name__).strip().splitlines()[0]
    if isinstance(value, list | tuple) and any(map(_holds_arrays, value)):
        return "\n".join(
            f"[{i}] " + show(item, digits).replace("\n", "\n    ") for i, item in enumerate(value)
        )
    array = np.asarray(value)
    if array.dtype.kind not in "fiub":
        return repr(value)
    if array.ndim == 0:
        return f"{array.item():.{digits}g}"
    with np.printoptions(threshold=24, edgeitems=3, formatter={"float_kind": lambda x: f"{x:.{digits}g}"}):
        text = np.array2string(array, separator=", ")
    in_one_line = " ".join(line.strip() for line in text.splitlines())
    text = in_one_line if len(in_one_line) <= ONE_LINE else text
    return f"{text}　形狀 {array.shape}"


def _holds_arrays(value: Any) -> bool:
    """陣列，或裝著陣列的串列（一個網路的各層）。"""
    import numpy as np

    return isinstance(value, np.ndarray) or (
        isinstance(value, list | tuple) and any(map(_holds_arrays, value))
    )


def digits_that_differ(yours: Any, expected: Any) -> int:
    """要印幾位，兩個值的不同才看得見。"""
    import numpy as np

    try:
        difference = np.abs(np.asarray(yours, float) - np.asarray(expected, float))
        relative = np.max(difference / np.maximum(np.abs(expected), 1e-300))
    except (TypeError, ValueError):
        return 4
    if not 0 < relative <= 1e-3:
        return 4
    return int(min(17, 3 - np.floor(np.log10(relative))))
