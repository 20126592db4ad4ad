"""由解答產生題目：``### BEGIN SOLUTION`` 到 ``### END SOLUTION`` 換成 ``raise NotImplementedError``。"""

import difflib
import re
import time
from pathlib import Path

from ..files import write_atomically, write_text
from .sets import CourseError, ExerciseSet

PLACEHOLDER = "raise NotImplementedError  # 把這一行換成你的程式"
_TODO = re.compile(rb"^[ \t]+raise NotImplementedError\b", re.MULTILINE)
_REGION = re.compile(r"^([ \t]*)### BEGIN SOLUTION\n(.*?)^[ \t]*### END SOLUTION\n", re.DOTALL | re.MULTILINE)


def to_exercise(solution: str) -> str:
    """解答的原始碼 → 題目的原始碼。區域沒有成對就引發 ``CourseError``。"""
    exercise, regions = _REGION.subn(rf"\1{PLACEHOLDER}\n", solution)
    if regions == 0 or "### BEGIN SOLUTION" in exercise or "### END SOLUTION" in exercise:
        raise CourseError(
            "解答裡的 ### BEGIN SOLUTION 與 ### END SOLUTION 要成對出現，各自佔一行，而且至少有一對。"
        )
    return exercise


def expected_exercise(exercise_set: ExerciseSet) -> str:
    """由這一組的解答產生的題目；解答寫錯引發 ``CourseError``，說出是哪個檔案。"""
    try:
        return to_exercise(exercise_set.solution.read_text("utf-8"))
    except CourseError as error:
        raise CourseError(f"{exercise_set.solution.name}：{error}") from None


def unfinished(path: Path) -> bool:
    """這個檔案還有沒寫的題目嗎？檔案不在也算。"""
    return not path.exists() or bool(_TODO.search(path.read_bytes()))


def drift(exercise_set: ExerciseSet, text: str | None = None) -> str:
    """題目檔（或 ``text``）與解答產生的有什麼不同，統一差異格式；相同時是空字串。"""
    if text is None:
        text = _text(exercise_set.exercise)
    wanted = expected_exercise(exercise_set)
    lines = difflib.unified_diff(
        text.splitlines(True), wanted.splitlines(True), "現有的題目", "由解答產生的題目", n=1
    )
    return "".join(lines)


def build(exercise_set: ExerciseSet) -> tuple[bool, Path | None]:
    """寫出題目檔；傳回（有沒有改變，原檔的備份）。內容相同就不動。"""
    wanted, path = expected_exercise(exercise_set), exercise_set.exercise
    if path.exists() and _text(path) == wanted:
        return False, None
    saved = back_up(exercise_set) if path.exists() else None
    write_text(path, wanted, make_folder=True)
    return True, saved


def back_up(exercise_set: ExerciseSet) -> Path:
    """把讀者的檔案複製到 ``.course/backup/``，檔名加上時間；同一秒再做一次也不會蓋掉前一份。"""
    stamp = time.strftime("%Y%m%d-%H%M%S")
    number, folder = 0, exercise_set.root / ".course" / "backup"
    while (saved := folder / f"{exercise_set.stem}-{stamp}{f'-{number}' if number else ''}.py").exists():
        number += 1
    saved.parent.mkdir(parents=True, exist_ok=True)
    content = exercise_set.exercise.read_bytes()  # 不管是什麼編碼，一個位元組也不改
    write_atomically(saved, lambda file: file.write(content))
    return saved


def _text(path: Path) -> str:
    """檔案的文字；不在、讀不出來（Big5、UTF-16……）都是空的，也就是與題目不同。"""
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return ""
