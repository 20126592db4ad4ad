"""``fit`` 印在終端機的兩段：訓練以前的各欄報告，與結束時的結論。"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from .arguments import clip, display_width, pad

if TYPE_CHECKING:
    from ..tables.columns import Column
    from ..tables.result import Fit

#: 缺失超過這個比例的欄，提醒一聲：空白也許是「沒有」。
MANY_GAPS = 0.2


def column_report(columns: Sequence["Column"], n_rows: int, missing: str) -> str:
    """每一欄一行：用不用、水準、最常見、缺失、理由。"""
    lines = [f"{len(columns)} 欄，用其中 {sum(column.kept for column in columns)} 欄："]
    lines.append(_line("", "欄", "水準", "缺失", "最常見（占有值的）", "理由"))
    for column in columns:
        top = f"{clip(column.top, 16)}（{column.top_share:.0%}）" if column.top else "—"
        mark = "✓" if column.kept else "·"
        lines.append(
            _line(mark, column.name, f"{column.n_levels:,}", f"{column.n_missing:,}", top, column.reason)
        )
    gaps = [column.name for column in columns if column.kept and column.n_missing > MANY_GAPS * n_rows]
    if gaps and missing == "zeros":
        shown = "、".join(clip(name, 24) for name in gaps[:3]) + ("……" if len(gaps) > 3 else "")
        lines.append(
            f"注意：{shown}（共 {len(gaps)} 欄）缺失超過 {MANY_GAPS:.0%}。"
            "空白若表示「沒有」，而不是「不知道」，請加上 --missing level。"
        )
    return "\n".join(lines)


def _line(mark: str, name: str, levels: str, missing: str, top: str, reason: str) -> str:
    numbers = "".join(" " * (8 - display_width(text)) + text for text in (levels, missing))
    return f"{pad(mark, 2)}{pad(clip(name, 24), 25)}{numbers}  {pad(top, 24)}{reason}".rstrip()


def describe(fit: "Fit", seconds: float, file: str, out: str) -> str:
    """結論、檔案，與接下來可以做的事。"""
    from ..tables.findings import findings
    from ..tables.result import FILES

    epochs = fit.best.vae.epochs
    lines = [f"{len(fit.frame)} 列，{len(fit.results)} 個種子，{epochs} 個訓練週期，{seconds:.1f} 秒"]
    lines += [f"- {clip(sentence, 2000)}" for sentence in findings(fit)]
    lines += ["", f"結果寫在 {out}：", *(f"  {pad(name, 18)}{what}" for name, what in FILES.items())]
    where, source = f"--model {_quoted(out)}", _quoted(file)
    commands = [f"{name} {source} {where}" for name in ("encode", "score", "impute")] + [f"generate {where}"]
    lines += ["", "接著可以：", *(f"  python -m vae_from_scratch {command}" for command in commands)]
    return "\n".join(lines)


def _quoted(path: str) -> str:
    """貼回命令列也對的寫法：有空白才加引號，Windows 也認得雙引號。"""
    return f'"{path}"' if any(character.isspace() for character in path) else path
