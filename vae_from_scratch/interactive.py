"""互動圖的 Python 這一端：把算好的數字交給網頁。畫圖的程式在 book/_static/interactive/。"""

import json
from html import escape
from typing import Any

from . import plotting
from .stills import STILLS, Still, image


class InteractiveFigure:
    """一張互動圖；在 Jupyter 的格子裡當作最後一個運算式就會顯示。

    ``name`` 是 book/_static/interactive/ 裡那支程式的名字。``fallback`` 是沒有 JavaScript 時讀到的文字，
    要說出圖的結論；下面的靜止畫面 ``still`` 沒有給，就用 ``stills.STILLS`` 裡同名的那一張。
    ``data`` 是圖要用的數字（數、字串、串列、字典、NumPy 陣列），不能有 NaN 或無限大。
    """

    def __init__(self, name: str, fallback: str, *, still: Still | None = None, **data: Any) -> None:
        self.name, self.fallback, self.still = name, fallback, still or STILLS.get(name)
        try:
            payload = {"colours": plotting.COLOURS, **data}
            self.data = json.dumps(
                payload, ensure_ascii=False, allow_nan=False, default=_to_list, separators=(",", ":")
            )
        except ValueError as error:
            raise ValueError(
                f"互動圖 {name} 的資料（data）裡有 NaN 或無限大，網頁讀不懂；請先換成 None。"
            ) from error

    def __repr__(self) -> str:
        return self.fallback

    def _repr_html_(self) -> str:
        data = self.data.replace("</", "<\\/")  # 資料裡若有「</script>」，會提早結束標籤
        return (
            f'<div class="interactive" data-interactive="{escape(self.name)}">'
            f'<div class="interactive-fallback"><p>{escape(self.fallback)}</p>{self._picture()}</div>'
            f'<script type="application/json">{data}</script></div>'
        )

    def _picture(self) -> str:
        return image(self.still, self.data) if self.still else ""


def _to_list(value: Any) -> Any:
    if hasattr(value, "tolist"):
        return value.tolist()
    raise TypeError(
        f"互動圖的資料（data）不能有 {type(value).__name__}；可用數、字串、串列、字典、NumPy 陣列。"
    )
