"""成績單寫成表、CSV、JSON，或 Gradescope 與 GitHub Classroom 的 JSON。"""

import base64
import csv
import io
import json
from collections.abc import Callable, Sequence
from typing import Any

from ..display import pad, width
from ..outcomes import PASSED
from .sandbox import UNTRUSTED, Level

Report = dict[str, Any]


def table(reports: Sequence[Report]) -> str:
    """一個學生一行：各組的分數與總分；最後說關在哪一級。"""
    names = [part["name"] for part in reports[0]["sets"]]
    head = ["", *names, "總分"]
    rows = [head, ["滿分", *(str(part["full"]) for part in reports[0]["sets"]), str(reports[0]["full"])]]
    for report in reports:
        scores = [str(part["score"]) if part["submitted"] else "—" for part in report["sets"]]
        rows.append([report["student"], *scores, str(report["score"])])
    columns = [max(width(row[i]) for row in rows) for i in range(len(head))]
    lines = ["  ".join(_cell(text, columns[i], i) for i, text in enumerate(row)).rstrip() for row in rows]
    lines.insert(2, "─" * (sum(columns) + 2 * (len(columns) - 1)))
    notes = [f"注意　{report['student']}：{note}" for report in reports for note in report["notes"]]
    return "\n".join([*lines, *notes, "", level_line(reports[0])])


def _cell(text: str, columns: int, number: int) -> str:
    return pad(text, columns) if number == 0 else " " * (columns - width(text)) + text


def level_line(report: Report) -> str:
    """報告裡一定有的一句：學生的程式關在哪一級。"""
    level = Level(report["level"]["number"])
    warning = "" if level >= UNTRUSTED else "；這一級擋不住存心作弊或破壞的程式，只改信得過的檔案"
    return f"隔離：等級 {int(level)}（{level.title}）{warning}。"


#: 整份檔案的毛病：每個檢查都有同一句，說一次就夠。
WHOLE = ("載入不了：", "後面的檢查不再執行", "評分的行程被終止了")


def whole_reason(part: dict[str, Any]) -> str:
    """這一組整份檔案 0 分的原因；不是整份檔案的毛病就是空的。"""
    if not part["submitted"] or part["score"] > 0:
        return ""
    symptoms = [check["symptom"] for check in part["checks"] if not check["hidden"]]
    return next((text for text in symptoms if any(words in text for words in WHOLE)), "")


def details(report: Report) -> str:
    """一個學生的每一項：只有一個人時接在表的後面；整份檔案的毛病已經寫在「注意」裡。"""
    lines = []
    for part in report["sets"]:
        wrong = [check for check in part["checks"] if check["status"] != PASSED]
        if part["submitted"] and wrong and not whole_reason(part):
            lines += ["", part["title"]]
            lines += [f"  ✗ {check['function']}　{check['title']}：{_why(check)}" for check in wrong]
    return "\n".join(lines)


def _why(check: dict[str, Any]) -> str:
    return check["symptom"] or check["status"]


def _output(check: dict[str, Any]) -> str:
    """平台上學生看得到的：沒有通過的說為什麼；隱藏的檢查什麼也不說。"""
    return "" if check["hidden"] or check["status"] == PASSED else _why(check)


def as_json(reports: Sequence[Report]) -> str:
    """全部的成績單。"""
    return json.dumps({"students": list(reports)}, ensure_ascii=False, indent=1) + "\n"


def as_csv(reports: Sequence[Report]) -> str:
    """一個學生一列，給試算表；以 ``=``、``+``、``-``、``@`` 開頭的名字前面加一撇，免得被當成公式。"""
    names = [part["name"] for part in reports[0]["sets"]]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["學生", *names, "總分", "滿分", "隔離", "注意"])
    for report in reports:
        scores = [part["score"] if part["submitted"] else "" for part in report["sets"]]
        level = f"等級 {report['level']['number']}（{report['level']['title']}）"
        cells = [
            report["student"],
            *scores,
            report["score"],
            report["full"],
            level,
            "；".join(report["notes"]),
        ]
        writer.writerow([safe(cell) for cell in cells])
    return text.getvalue()


def safe(cell: Any) -> Any:
    """試算表會當成公式的文字，前面加一撇；其餘照舊。"""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell


def gradescope(reports: Sequence[Report]) -> str:
    """Gradescope 的 results.json：一項檢查一個 test；隱藏的檢查學生看不到。"""
    (report,) = reports
    tests = [
        {
            "name": f"{part['name']} {check['function']}　{check['title']}".replace("  ", " "),
            "score": check["score"],
            "max_score": check["full"],
            "status": "passed" if check["status"] == PASSED else "failed",
            "output": _output(check),
            "visibility": "hidden" if check["hidden"] else "visible",
        }
        for part in report["sets"]
        for check in part["checks"]
    ]
    return _dump({"score": report["score"], "output": _remarks(report), "tests": tests})


def classroom(reports: Sequence[Report]) -> str:
    """GitHub Classroom 的結果：autograding-grading-reporter 收的格式，整份再用 base64 包起來。"""
    (report,) = reports
    tests = [
        {
            "name": f"{part['name']} {check['function'] or '隱藏'}：{check['title']}",
            "status": "pass" if check["status"] == PASSED else "fail",
            "score": check["score"],
            "max_score": check["full"],
            "message": _output(check),
            "test_code": "",
            "filename": "",
            "line_no": 0,
            "execution_time": 0,
        }
        for part in report["sets"]
        for check in part["checks"]
    ]
    status = "pass" if report["score"] == report["full"] else "fail"
    content = {"version": 1, "status": status, "max_score": report["full"], "tests": tests}
    content["isolation"] = level_line(report)  # 回報的程式不看它，下載結果的人看得到
    return base64.b64encode(json.dumps(content).encode()).decode() + "\n"


def _remarks(report: Report) -> str:
    return "\n".join([*report["notes"], level_line(report)])


def _dump(content: Any) -> str:
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


def nothing_yet(report: Report) -> Report:
    """開始改以前先寫下的成績單：每一項都是 0，評分中途停了也不會沒有結果。"""
    parts = [
        part | {"score": 0, "checks": [check | {"score": 0, "status": "沒有跑"} for check in part["checks"]]}
        for part in report["sets"]
    ]
    return report | {"score": 0, "sets": parts, "notes": [*report["notes"], "評分沒有做完"]}


FORMATS: dict[str, Callable[[Sequence[Report]], str]] = {
    "table": table,
    "json": as_json,
    "csv": as_csv,
    "gradescope": gradescope,
    "classroom": classroom,
}
