"""全班的摘要：一頁 HTML 與幾個 CSV。各題的得分、分布、常見的錯、鑑別得出程度的題、相像的作答。"""

import csv
import html
import io
import json
import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from ...files import write_atomically, write_text
from ..outcomes import PASSED
from ..sets import CourseError
from .alike import Pair, pairs
from .formats import WHOLE, level_line, safe

Report = dict[str, Any]
PAGE = "summary.html"
#: 沒有說出是什麼錯的症狀：不算進最常見的錯。
VAGUE = (
    "數值不對",
    "形狀不對",
    "每個值都",
    "結果裡有",
    "數值只準到",
    "個標準誤",
    ".py 沒有 ",
    "這一項不再執行",
)
WHOLE_FILE = "（整份檔案）"
STYLE = """
body{font:16px/1.7 "Noto Sans TC","PingFang TC","Microsoft JhengHei",sans-serif;max-width:60rem;
margin:2rem auto;padding:0 1rem;color:#1d2733;background:#fff}
table{border-collapse:collapse;width:100%;margin:.6rem 0 1.6rem}
th,td{padding:.25rem .6rem;border-bottom:1px solid #d5dbe1;text-align:left;vertical-align:top}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}
svg{max-width:34rem}td.n,th.n{white-space:nowrap}.bar{fill:#2f6f9f}.axis{font-size:12px;fill:currentColor}.wide{overflow-x:auto}
@media(max-width:30rem){th,td{padding:.25rem .25rem}}
@media(prefers-color-scheme:dark){body{color:#dfe6ec;background:#14191f}th,td{border-color:#39434d}.bar{fill:#6fb1e0}}
"""


class Question(NamedTuple):
    """一項檢查：幾人交了這一組、幾人通過、與其餘分數的相關（鑑別度，算不出來是 None）。"""

    set_name: str
    name: str
    full: float
    submitted: int
    passed: int
    discrimination: float | None


def read(folder: Path) -> tuple[list[Report], list[str]]:
    """``grade`` 寫下的成績單，每個人最新的一份，與要告訴老師的話；沒有或讀不出來引發 ``CourseError``。

    各題的統計要同樣的組別與檢查：與多數人不同的不算進來，說是哪幾個人。
    """
    files = sorted((folder / "students").glob("*.json"), key=lambda path: (path.stat().st_mtime_ns, path))
    if not files:
        raise CourseError(f"{folder} 裡沒有成績單（students/*.json）；請先執行 grade PATH --out {folder}。")
    newest: dict[str, tuple[str, Report]] = {}
    for path in files:
        kind, report = _read_one(path)
        newest[report["student"]] = kind, report
    usual = Counter(kind for kind, _ in newest.values()).most_common(1)[0][0]
    reports = [newest[name][1] for name in sorted(newest) if newest[name][0] == usual]
    return reports, _notices(reports, [name for name in sorted(newest) if newest[name][0] != usual])


def _read_one(path: Path) -> tuple[str, Report]:
    """一份成績單，與它考了什麼：組別、各項檢查與配分。"""
    try:
        report = json.loads(path.read_text("utf-8"))
        _ = report["score"] + report["full"] + len(report["student"] + report["run"]), level_line(report)
        kind = [
            (part["name"], part["title"], part["full"], _checks(part["checks"]))
            for part in report["sets"]
            if part["score"] >= 0 and part["submitted"] in (True, False)
        ]
        return json.dumps(kind), report
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise CourseError(
            f"{path} 不是完整的成績單；刪掉它，再用 grade PATH … --resume 改那一個人。"
        ) from None


def _checks(checks: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    """各項檢查；缺了後面要用的一格就引發 ``KeyError``。"""
    _ = [(check["status"] + check["symptom"], check["score"] + 0) for check in checks]
    return [(check["function"], check["title"], check["full"], check["hidden"]) for check in checks]


def _notices(reports: list[Report], left_out: list[str]) -> list[str]:
    said = []
    if left_out:
        said.append(
            f"有 {len(left_out)} 人考的組別或檢查與其他人不同，沒有算進來：{'、'.join(left_out)}；"
            "用同樣的 --sets 與 --hidden，加上 --resume 再改他們一次。"
        )
    if (runs := len({report["run"] for report in reports})) > 1:
        said.append(
            f"這些成績來自 {runs} 次設定不同的評分（檢查、祕密、等級或時限），每個人用最新的一份；"
            "要一致，就用 --force 全部重改。"
        )
    return said


def write(folder: Path, say: Callable[[str], None] | None = None) -> list[Path]:
    """讀 ``folder`` 的成績單，把摘要寫在同一個資料夾，傳回寫下的檔案；``say`` 收要告訴老師的話。"""
    reports, notices = read(folder)
    for text in notices:
        if say is not None:
            say(text)
    found = questions(reports)
    wrong = misconceptions(reports)
    similar = pairs({report["student"]: report.get("prints", {}) for report in reports})
    write_text(folder / PAGE, page(reports, found, wrong, similar, notices))
    tables: dict[str, list[Sequence[Any]]] = {
        "questions.csv": [("組", "檢查", "分數", "交了的人", "通過的人", "鑑別度"), *found],
        "misconceptions.csv": [("組", "函式", "症狀", "人數"), *wrong],
        "alike.csv": [("一份", "另一份", "組", "相像", "共有的段"), *similar],
    }
    for name, rows in tables.items():
        data = _csv(rows).encode("utf-8-sig")
        write_atomically(folder / name, lambda file, data=data: file.write(data))  # type: ignore[misc]
    return [folder / PAGE, *(folder / name for name in tables)]


def _csv(rows: Iterable[Sequence[Any]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(
        [safe(round(cell, 4) if isinstance(cell, float) else cell) for cell in row] for row in rows
    )
    return text.getvalue()


# ---- 算 ----------------------------------------


def questions(reports: Sequence[Report]) -> list[Question]:
    """每一項檢查的通過率與鑑別度；只看交了那一組的人。"""
    found = []
    for s, part in enumerate(reports[0]["sets"]):
        handed_in = [report for report in reports if report["sets"][s]["submitted"]]
        for c, check in enumerate(part["checks"]):
            passed = [r["sets"][s]["checks"][c]["status"] == PASSED for r in handed_in]
            rest = [r["score"] - r["sets"][s]["checks"][c]["score"] for r in handed_in]
            name = f"{check['function']}　{check['title']}".strip("　")
            counts = (len(passed), sum(passed))
            found.append(Question(part["name"], name, check["full"], *counts, correlation(passed, rest)))
    return found


def correlation(passed: Sequence[bool], rest: Sequence[float]) -> float | None:
    """通過與否和其餘分數的相關係數；人太少、全部一樣時算不出來。

    >>> correlation([True, True, False, False], [9, 8, 2, 1])
    0.9899494936611665
    >>> correlation([True, True], [9, 8]) is None
    True
    """
    n = len(passed)
    if n < 4:
        return None
    mean_x, mean_y = sum(passed) / n, sum(rest) / n
    xx = sum((x - mean_x) ** 2 for x in passed)
    yy = sum((y - mean_y) ** 2 for y in rest)
    xy = sum((x - mean_x) * (y - mean_y) for x, y in zip(passed, rest, strict=True))
    return xy / math.sqrt(xx * yy) if xx > 0 and yy > 0 else None


def misconceptions(reports: Sequence[Report]) -> list[tuple[str, str, str, int]]:
    """說得出名字的錯，多的在前：（組, 函式, 症狀, 幾人）。同一個人同一個函式的同一句只算一次。"""
    counts: Counter[tuple[str, str, str]] = Counter()
    for report in reports:
        seen = set()
        for part in report["sets"]:
            for check in part["checks"]:
                symptom = check["symptom"]
                if symptom and not check["hidden"] and not any(words in symptom for words in VAGUE):
                    whole = any(words in symptom for words in WHOLE)
                    seen.add((part["name"], WHOLE_FILE if whole else check["function"], symptom))
        counts.update(seen)
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return [(*key, count) for key, count in ordered]


# ---- 寫成一頁 ----------------------------------------


def page(
    reports: Sequence[Report], found: Sequence[Question],
    wrong: Sequence[tuple[str, str, str, int]], similar: Sequence[Pair], notices: Sequence[str] = (),
) -> str:  # fmt: skip
    """一頁 HTML；學生的名字與訊息都跳脫，不含程式，也不連到別處。"""
    scores = [report["score"] for report in reports]
    parts = [
        f"<h1>{len(reports)} 人的成績</h1><p>{html.escape(level_line(reports[0]))}</p>",
        *(f"<p>注意：{html.escape(text)}</p>" for text in notices),
        f"<h2>總分的分布</h2>{histogram(scores, reports[0]['full'])}",
        f"<h2>各組</h2>{_sets(reports)}",
        "<h2>各題</h2><p>通過率只算交了那一組的人。鑑別度是通過與否和其餘分數的相關：高的題分得出程度，"
        "接近 0 或負的題可能太難、太容易，或題目有問題。</p>" + _questions(found),
        "<h2>最常見的錯</h2>" + _misconceptions(wrong),
        "<h2>相像的作答</h2><p>題目與公開的解答裡沒有、只有這兩份檔案共有的字句的比例。"
        "這是相像的程度，不是誰抄誰的證據：一起討論、抄同一個來源，也會相像。先問，再決定。</p>"
        + _alike(similar),
    ]
    body = "\n".join(parts)
    return (
        '<!doctype html>\n<html lang="zh-Hant"><meta charset="utf-8"><meta name="viewport" '
        f'content="width=device-width"><title>全班的摘要</title><style>{STYLE}</style>\n'
        f"<body>\n{body}\n</body></html>\n"
    )


def _table(head: Sequence[str], rows: Iterable[Sequence[Any]], numbers: int) -> str:
    """``head`` 的最後 ``numbers`` 欄是數字，靠右；函式的名字可以在底線後面換行，窄的螢幕才放得下。"""
    first = len(head) - numbers

    def shown(cell: Any) -> str:
        return html.escape(str(cell)).replace("_", "_<wbr>")

    def row(cells: Sequence[Any], tag: str) -> str:
        written = (
            f"<{tag}{' class=n' if i >= first else ''}>{shown(cell)}</{tag}>" for i, cell in enumerate(cells)
        )
        return f"<tr>{''.join(written)}</tr>"

    body = [row(cells, "td") for cells in rows]
    if not body:
        return "<p>沒有。</p>"
    # 窄的螢幕左右捲；tabindex 讓鍵盤也捲得動
    return f"<div class=wide tabindex=0><table>{row(head, 'th')}{''.join(body)}</table></div>"


def _sets(reports: Sequence[Report]) -> str:
    rows = []
    for s, part in enumerate(reports[0]["sets"]):
        scores = [report["sets"][s]["score"] for report in reports if report["sets"][s]["submitted"]]
        mean = f"{sum(scores) / len(scores):.1f}" if scores else "—"
        rows.append((part["title"], len(scores), mean, part["full"]))
    return _table(("組", "交了的人", "平均", "滿分"), rows, 3)


def _questions(found: Sequence[Question]) -> str:
    rows = [
        (
            one.set_name, one.name, one.full,
            f"{one.passed / one.submitted:.0%}" if one.submitted else "—",
            "—" if one.discrimination is None else f"{one.discrimination:.2f}".replace("-", "−"),
        )
        for one in found
    ]  # fmt: skip
    return _table(("組", "檢查", "分數", "通過率", "鑑別度"), rows, 3)


def _misconceptions(wrong: Sequence[tuple[str, str, str, int]]) -> str:
    return _table(("組", "函式", "症狀", "人數"), wrong[:40], 1)


def _alike(similar: Sequence[Pair]) -> str:
    rows = [(p.first, p.second, p.set_name, f"{p.alike:.0%}", p.shared) for p in similar[:60]]
    return _table(("一份", "另一份", "組", "相像", "共有的段"), rows, 2)


def histogram(scores: Sequence[float], full: float, bins: int = 10) -> str:
    """總分的直方圖，最多 ``bins`` 格，一格是整數分，滿分算在最後一格；內嵌的 SVG，滑鼠停在上面說人數。"""
    width = math.ceil(full / bins)
    bins = math.ceil(full / width)
    counts = [0] * bins
    for score in scores:
        counts[min(bins - 1, int(score // width))] += 1
    top, bars = max(counts), []
    for i, count in enumerate(counts):
        height = 120 * count / top
        low, high = width * i, min(full, width * (i + 1))
        bars.append(
            f'<rect class=bar x="{40 * i + 4}" y="{140 - height:.1f}" width="34" height="{height:.1f}">'
            f"<title>{low:g}–{high:g} 分：{count} 人</title></rect>"
            f'<text class=axis x="{40 * i + 21}" y="{134 - height:.1f}" text-anchor="middle">'
            f"{count or ''}</text>"
            f'<text class=axis x="{40 * i + 4}" y="156">{low:g}</text>'
        )
    label, size = f"{len(scores)} 人的總分，滿分 {full}", f"0 0 {40 * bins + 8} 164"
    return f'<svg viewBox="{size}" width="100%" role="img" aria-label="{label}">{"".join(bars)}</svg>'
