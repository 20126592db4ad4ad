"""把結果寫成讀者看的報告：先說錯在哪裡，再是分數表，最後一行是「總分 N/M」。"""

from collections.abc import Callable, Iterable, Sequence
from itertools import groupby

from .commands import Rerun
from .display import pad, paint, width
from .outcomes import PASSED, UNANSWERED, WRONG, Case, Outcome, plain

MARKS = {PASSED: ("✓", "green"), UNANSWERED: ("·", "dim"), WRONG: ("✗", "red")}
RULE = "─" * 72


def report(
    outcomes: Sequence[Outcome],
    rerun: Rerun,
    titles: dict[str, str] | None = None,
    *,
    where: Callable[[Case], str],
    onward: str = "",
    colour: bool = False,
) -> str:
    """完整的報告。``rerun`` 給出重跑的命令，``where`` 給出作答的檔案，``onward`` 是滿分以後做什麼。"""
    score, full = total(outcomes)
    step = onward and onward + "\n" if score == full else _next_step(outcomes, rerun, where)
    blocks = [*_failures(outcomes, rerun, colour), *_notes(outcomes), step]
    return "\n".join([block for block in blocks if block] + table(outcomes, titles or {}, colour))


def _failures(outcomes: Iterable[Outcome], rerun: Rerun, colour: bool) -> list[str]:
    """每個函式只說第一個不對的檢查，後面的往往是同一個錯；整個檔案的問題只說一次。"""
    blocks: dict[str, str] = {}
    for outcome in outcomes:
        if outcome.failure:
            case, whole = outcome.case, outcome.failure.whole_file
            command = rerun(case.set_name, "" if whole else case.function)
            block = failure_block(outcome, command, colour=colour)
            blocks.setdefault(case.set_name if whole else case.key, block)
    return list(blocks.values())


def failure_block(outcome: Outcome, command: str, *, hints: int = 1, colour: bool = False) -> str:
    """一個檢查的診斷：症狀、輸入／你的／正解、提示與章節、重跑的命令。整個檔案的問題不附某一題的提示。"""
    assert outcome.failure
    case, whole = outcome.case, outcome.failure.whole_file
    heading = f"✗ {case.set_name} 整個檔案" if whole else f"✗ {case.function}　{case.title}"
    rows = [*outcome.failure.details, *(("注意", note) for note in outcome.notes)]
    if outcome.printed.strip():
        rows.append(("印出", _shortened(outcome.printed.rstrip())))
    useful = (outcome.failure.hint or hints > 1) and not whole
    rows += [*(hint_rows(case, hints) if useful else []), *([("重跑", command)] if command else [])]
    symptom = paint(outcome.failure.symptom, "bold", colour)
    return "\n".join([paint(heading, "red", colour), f"  {symptom}", *(_row(*row) for row in rows), ""])


def hint_rows(case: Case, count: int = 1) -> list[tuple[str, str]]:
    """前 ``count`` 步提示；章節跟在最後一步後面。要的比有的多，就說沒有了。"""
    hints = list(case.points.hints[:count])
    if count > len(hints) > 0:
        hints.append("沒有更多提示了；解答與說明在章末")
    where = f"（見{case.points.chapter}）" if case.points.chapter else ""
    if not hints:
        return [("章節", case.points.chapter)] if where else []
    hints[-1] += where
    return [("提示", hint) for hint in hints]


def _row(label: str, text: str) -> str:
    first, *others = text.splitlines() or [""]
    return "\n".join([f"    {label}  {first}", *(f"{'':10}{line}" for line in others)])


def _shortened(text: str, lines: int = 8) -> str:
    kept = text.splitlines()
    return "\n".join(kept[:lines] + [f"……（還有 {len(kept) - lines} 行）"] * (len(kept) > lines))


def _notes(outcomes: Iterable[Outcome]) -> list[str]:
    """沒有診斷可以附著的注意事項（例如用了課程的版本），各說一次。"""
    notes = [note for outcome in outcomes if not outcome.failure for note in outcome.notes]
    return [f"注意：{note}" for note in dict.fromkeys(notes)]


def _next_step(outcomes: Sequence[Outcome], rerun: Rerun, where: Callable[[Case], str]) -> str:
    """沒有錯而還有沒寫的：說下一題是哪一題。只跑了一個函式而通過了：說怎麼看整組。"""
    if any(outcome.failure for outcome in outcomes):
        return ""
    todo = next((outcome.case for outcome in outcomes if outcome.status == UNANSWERED), None)
    if todo:
        again = rerun(todo.set_name, todo.function)
        return f"下一題：打開 {where(todo)}，寫 {todo.function}，再執行\n  {again}\n"
    done = [outcome.case for outcome in outcomes if outcome.status == PASSED]
    if not done:
        return ""
    return f"{done[-1].function} 通過了。看整組還有哪幾題：\n  {rerun(done[-1].set_name, '')}\n"


def table(outcomes: Sequence[Outcome], titles: dict[str, str], colour: bool = False) -> list[str]:
    """分數表，一個檢查一行；欄寬依全形字兩格計算，最後一行是總分。"""
    names = max((width(outcome.case.function) for outcome in outcomes), default=0)
    checks = max((width(outcome.case.title) for outcome in outcomes), default=0)
    lines = []
    for set_name, group in groupby(outcomes, key=lambda outcome: outcome.case.set_name):
        lines += ["", paint(titles.get(set_name, set_name), "bold", colour), RULE]
        lines += _rows(list(group), names, checks, colour)
    score, full = total(outcomes)
    return [*lines, RULE, paint(f"總分 {score}/{full}", "bold", colour)]


def _rows(outcomes: Sequence[Outcome], names: int, checks: int, colour: bool) -> list[str]:
    lines, previous = [], ""
    for outcome in outcomes:
        case = outcome.case
        mark, tone = MARKS.get(outcome.status, ("-", "dim"))
        name = "" if case.function == previous else case.function
        cells = f"{pad(name, names)}  {pad(case.title, checks)}  {outcome.score}/{case.points.value}"
        lines.append(f"{paint(mark, tone, colour)} {cells}  {paint(outcome.status, tone, colour)}")
        previous = case.function
    return lines


def summary(outcomes: Sequence[Outcome], titles: dict[str, str]) -> list[str]:
    """給維護者的短表：一組一行。"""
    lines = []
    for set_name, group in groupby(outcomes, key=lambda outcome: outcome.case.set_name):
        score, full = total(list(group))
        lines.append(f"{score:>3g}/{full:<3g} {titles.get(set_name, set_name)}")
    score, full = total(outcomes)
    return [*lines, f"總分 {score}/{full}"]


def total(outcomes: Iterable[Outcome]) -> tuple[float, float]:
    """得分與滿分。"""
    pairs = [(outcome.score, outcome.case.points.value) for outcome in outcomes]
    return plain(sum(score for score, _ in pairs)), plain(sum(full for _, full in pairs))
