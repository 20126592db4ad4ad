"""``fit`` 印在終端機的兩段：訓練以前的各欄報告，與結束時的結論。"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from . import reading_options
from .arguments import clip, display_width, pad

if TYPE_CHECKING:
    from ..tables.columns import Column
    from ..tables.prepare import Prepared
    from ..tables.result import Fit


#: 數字的欄裡，最常見的值占這麼多才印；連續的數每個都不同。
COMMON = 0.05


def before(prepared: "Prepared") -> str:
    """訓練以前：各欄的報告、讀檔時改了什麼、空白的判斷。"""
    parts = [column_report(prepared.columns)]
    if repairs := reading_options.describe(prepared.repairs):
        parts.append(repairs)
    if prepared.verdicts:
        lines = [f"  {clip(verdict.sentence(), 400)}" for verdict in prepared.verdicts]
        parts.append("\n".join(["空白是「沒有」還是「不知道」（--missing zeros、level 由你說）：", *lines]))
    parts += [f"注意：{clip(warning, 400)}" for warning in prepared.warnings]
    return "\n\n".join(parts)


def column_report(columns: Sequence["Column"]) -> str:
    """每一欄一行：用不用、種類、水準、最常見、缺失、理由。"""
    from ..tables.reading import KIND_NAMES

    lines = [f"{len(columns)} 欄，用其中 {sum(column.kept for column in columns)} 欄："]
    lines.append(_line("", "欄", "種類", "水準", "缺失", "最常見（占有值的）", "理由"))
    for column in columns:
        common = column.top and not (column.is_number and column.top_share < COMMON)
        top = f"{clip(column.top, 16)}（{column.top_share:.0%}）" if common else "—"
        mark, kind = "✓" if column.kept else "·", KIND_NAMES.get(column.kind, "")
        counts = f"{column.n_levels:,}", f"{column.n_missing:,}"
        lines.append(_line(mark, column.name, kind, *counts, top, column.reason))
    return "\n".join(lines)


def _line(mark: str, name: str, kind: str, levels: str, missing: str, top: str, reason: str) -> str:
    numbers = "".join(" " * (8 - display_width(text)) + text for text in (levels, missing))
    return f"{pad(mark, 2)}{pad(clip(name, 24), 25)}{pad(kind, 5)}{numbers}  {pad(top, 24)}{reason}".rstrip()


def describe(fit: "Fit", seconds: float, file: str, out: str) -> str:
    """結論、檔案，與接下來可以做的事。"""
    from ..tables.findings import findings
    from ..tables.result import FILES

    epochs = fit.plane.vae_.epochs
    lines = [f"{len(fit.frame)} 列，{len(fit.results)} 個種子，{epochs} 個訓練週期，{seconds:.1f} 秒"]
    for title, sentences in findings(fit).items():
        lines += ["", f"【{title}】", *(f"- {clip(sentence, 2000)}" for sentence in sentences)]
    lines += ["", f"結果寫在 {out}：", *(f"  {pad(name, 18)}{what}" for name, what in FILES.items())]
    where, source = f"--model {_quoted(out)}", _quoted(file)
    commands = [f"{name} {source} {where}" for name in ("encode", "score", "impute")] + [f"generate {where}"]
    lines += ["", "接著可以：", *(f"  python -m vae_from_scratch {command}" for command in commands)]
    return "\n".join(lines)


def _quoted(path: str) -> str:
    """貼回命令列也對的寫法：有空白才加引號，Windows 也認得雙引號。"""
    return f'"{path}"' if any(character.isspace() for character in path) else path
