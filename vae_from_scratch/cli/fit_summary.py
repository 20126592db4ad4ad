"""``fit`` 印在終端機的兩段：訓練以前的各欄報告，與結束時的結論。"""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..progress import duration
from . import reading_options
from .arguments import clip, display_width, pad
from .saved_model import listed

if TYPE_CHECKING:
    from ..tables.columns import Column
    from ..tables.gaps import Verdict
    from ..tables.prepare import Prepared
    from ..tables.result import Fit


#: 數字的欄裡，最常見的值占這麼多才印；連續的數每個都不同。別的欄占這麼多才印。
COMMON, RARE = 0.05, 0.01
#: 超過這麼多欄的表，用了的只列前面 ``MOST_KEPT`` 欄。
WIDE, MOST_KEPT = 40, 20
#: 印在終端機的段落；其餘的只在報告裡。
SHOWN = ("摘要", "讀的時候小心")


def before(prepared: "Prepared") -> str:
    """訓練以前：各欄的報告、讀檔時改了什麼、空白的判斷。"""
    parts = [column_report(prepared.columns)]
    if repairs := reading_options.describe(prepared.repairs):
        parts.append(repairs)
    if prepared.verdicts:
        parts.append(_gap_report(prepared.verdicts))
    parts += [f"注意：{clip(warning, 400)}" for warning in prepared.warnings]
    return "\n\n".join(parts)


def _gap_report(verdicts: Sequence["Verdict"]) -> str:
    """判成「沒有」的會改變資料，一欄一行連同理由；「不知道」的只列名字，理由在報告裡。"""
    lines = [f"  {clip(verdict.sentence(), 400)}" for verdict in verdicts if verdict.is_level]
    unknown = {clip(one.column, 24): one.n_gaps for one in verdicts if not one.is_level}
    if unknown:
        lines.append(f"  不知道，仍是缺失：{listed(unknown, '欄')}。")
    return "\n".join(["空白是「沒有」還是「不知道」（--missing zeros、level 由你說）：", *lines])


def column_report(columns: Sequence["Column"]) -> str:
    """每一欄一行：用不用、種類、水準、最常見、缺失、理由；很寬的表，用了的只列前面幾欄，其餘數一數。"""
    from ..tables.reading import KIND_NAMES

    lines = [f"{len(columns)} 欄，用其中 {sum(column.kept for column in columns)} 欄："]
    lines.append(_line("", "欄", "種類", "水準", "缺失", "最常見（占有值的）", "理由"))
    shown, rest = _shortened(columns)
    for column in shown:
        common = column.top and column.top_share >= (COMMON if column.is_number else RARE)
        top = f"{clip(column.top, 16)}（{_share(column.top_share)}）" if common else "—"
        mark, kind = "✓" if column.kept else "·", KIND_NAMES.get(column.kind, "")
        counts = f"{column.n_levels:,}", f"{column.n_missing:,}"
        lines.append(_line(mark, column.name, kind, *counts, top, column.reason))
    if rest:
        kinds = Counter(KIND_NAMES.get(column.kind, "") for column in rest)
        told = "、".join(f"{kind} {count}" for kind, count in kinds.items())
        lines.append(f"✓ 其餘 {len(rest)} 欄也用（{told}）；每一欄的理由在報告裡。")
    return "\n".join(lines)


def _share(share: float) -> str:
    """百分比；還有別的值的，不進位成 100%。

    >>> _share(0.4), _share(0.997), _share(1.0)
    ('40%', '99.7%', '100%')
    """
    return f"{min(share, 0.999):.1%}" if 0.995 <= share < 1 else f"{share:.0%}"


def _shortened(columns: Sequence["Column"]) -> tuple[list["Column"], list["Column"]]:
    """(要列的, 只數一數的)：不用的欄要知道為什麼，一欄也不省。"""
    kept = [column for column in columns if column.kept]
    rest = kept[MOST_KEPT:] if len(columns) > WIDE else []
    return [column for column in columns if column not in rest], rest


def _line(mark: str, name: str, kind: str, levels: str, missing: str, top: str, reason: str) -> str:
    numbers = "".join(" " * (8 - display_width(text)) + text for text in (levels, missing))
    return f"{pad(mark, 2)}{pad(clip(name, 24), 25)}{pad(kind, 5)}{numbers}  {pad(top, 24)}{reason}".rstrip()


def describe(fit: "Fit", seconds: float, file: str, out: str) -> str:
    """摘要與要小心的事，報告在哪裡，接下來可以做什麼；其餘的結論在報告裡，不在這裡再印一次。"""
    from ..tables.findings import findings
    from ..tables.result import REPORT

    epochs, n_seeds, found = fit.plane.vae_.epochs, len(fit.results), findings(fit)
    lines = [f"{len(fit.frame):,} 列，{n_seeds} 個種子，{epochs} 個訓練週期，用了{duration(seconds)}"]
    for title in SHOWN:
        lines += ["", f"【{title}】", *(f"- {clip(sentence, 2000)}" for sentence in found.pop(title, []))]
    lines += ["", f"{'、'.join(found)}：都在報告裡，附數字與圖。"]
    lines += [f"報告：{Path(out) / REPORT}（用瀏覽器打開；模型與各個 CSV 在同一個資料夾）"]
    where, source = f"--model {_quoted(out)}", _quoted(file)
    commands = [f"{name} {source} {where}" for name in ("encode", "score", "impute")] + [f"generate {where}"]
    lines += ["", "接著可以：", *(f"  python -m vae_from_scratch {command}" for command in commands)]
    return "\n".join(lines)


def _quoted(path: str) -> str:
    """貼回命令列也對的寫法：有空白才加引號，Windows 也認得雙引號。"""
    return f'"{path}"' if any(character.isspace() for character in path) else path
