"""實驗室的「換你的表」：讀者自己的 CSV 在網頁裡讀、訓練、看。

這裡只交畫平面要的數與一份虛構的小表；讀檔、訓練與畫在 book/_static/interactive/（own-table.js、own-table/、
lab/table/）。
"""

from typing import Any

from .. import plotting
from ..interactive import InteractiveFigure
from ..tables.samples import NOTES, sample_path
from .explorer import LIMIT

SAMPLE = "實價登錄"
#: 小表的開頭幾行：兩行表頭與 300 列。
SAMPLE_LINES = 302
FALLBACK = (
    "這裡可以放你自己的 CSV，要在書的網頁裡開啟 JavaScript，瀏覽器也要有 WebAssembly 的 SIMD 指令。"
    "不用網頁，命令 python -m vae_from_scratch fit 檔案.csv 讀同樣的檔案，做得更完整。"
)


def own_table_data() -> dict[str, Any]:
    """畫平面的範圍與先驗的圓；``sample`` 是小表的名字、文字與使用前要先說的話。"""
    path = sample_path(SAMPLE)
    assert path is not None
    lines = path.read_text(encoding="utf-8-sig").splitlines(keepends=True)
    return {
        "limit": LIMIT,
        "prior_radii": [[share, plotting.prior_radius(share)] for share in plotting.PRIOR_SHARES],
        "sample": {"name": f"虛構的{SAMPLE}", "text": "".join(lines[:SAMPLE_LINES]), "note": NOTES[SAMPLE]},
    }


def own_table_figure() -> InteractiveFigure:
    """換你的表；在 Jupyter 的格子裡當作最後一個運算式就會顯示。"""
    return InteractiveFigure("own-table", FALLBACK, **own_table_data())
