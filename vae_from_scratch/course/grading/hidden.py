"""老師另加的檢查檔（``--hidden``）：改學生以前先用解答試一次，壞的說是哪一個檔案、哪一行、怎麼改。"""

import inspect
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path

from ..draws import Draw
from ..outcomes import PASSED, Case
from ..running import Submission, load_tests, run_case
from ..sets import CourseError, ExerciseSet, all_sets
from .sandbox import Level
from .scoring import Course, Settings, decode, watched

TRIES = 3  # 抽幾次題目給解答試
ARGUMENTS = ("target", "earlier", "draw")


def checked(paths: Sequence[str], sets: list[ExerciseSet], root: Path) -> tuple[Path, ...]:
    """``--hidden`` 的每一個檔案；找不到、看不出是哪一組、載入不了、解答不是滿分，引發 ``CourseError``。"""
    files = tuple(map(Path, paths))
    for file in files:
        _check(file, sets, root)
    return files


def _check(file: Path, sets: list[ExerciseSet], root: Path) -> None:
    if not file.is_file():
        raise CourseError(f"--hidden 的檔案 {file} 不存在；請檢查路徑。")
    settings = Settings(Level.LIMITS, b"", hidden=(file,))
    owner = next((chosen for chosen in all_sets(root) if settings.hidden_for(chosen)), None)
    if owner is None:
        raise CourseError(f"--hidden 的檔名 {file.name} 裡要有 exNN，才知道是哪一組的。")
    if owner not in sets:
        names = "、".join(chosen.name for chosen in sets)
        raise CourseError(
            f"--hidden 的 {file} 是 {owner.name} 的，這一次只改 {names}；"
            f"把 {owner.name} 加進 --sets，或拿掉這個檔案。"
        )
    tests = _loaded(file, owner)
    if not tests:
        raise CourseError(f"--hidden 的 {file} 裡沒有用 @points 計分的 test_ 函式。")
    for case, test in tests:
        _try(file, owner, case, test)


def _loaded(file: Path, owner: ExerciseSet) -> list[tuple[Case, Callable[..., None]]]:
    try:
        decode(file.read_bytes())
    except ValueError as error:
        raise CourseError(f"--hidden 的 {file}：{error}。") from None
    try:
        return load_tests(owner, file)
    except SyntaxError as error:
        place = f" 第 {error.lineno} 行" if error.lineno else ""
        raise CourseError(f"--hidden 的 {file}{place}有語法錯誤（{error.msg}）；改好再執行。") from None
    except (Exception, SystemExit) as error:
        lines = [f.lineno for f in traceback.extract_tb(error.__traceback__) if f.filename == str(file)]
        place = f" 第 {lines[-1]} 行" if lines else ""
        why = f"{type(error).__name__}: {error}".strip(": ")
        raise CourseError(
            f"--hidden 的 {file}{place}載入不了（{why}）；"
            "檢查要用的名字從 vae_from_scratch.course.testing 匯入，改好再執行。"
        ) from None


def _try(file: Path, owner: ExerciseSet, case: Case, test: Callable[..., None]) -> None:
    """配分與引數的名字對不對、解答在這一項是不是滿分。"""
    code = getattr(inspect.unwrap(test), "__code__", None)
    place = f"--hidden 的 {file}" + (f" 第 {code.co_firstlineno} 行" if code else "") + f"的 {case.test}"
    if type(case.points.value) is not int or case.points.value < 1:
        raise CourseError(f"{place}：@points 的第一個引數是 {case.points.value!r}；請給正整數，例如 2。")
    if unknown := [name for name in inspect.signature(test).parameters if name not in ARGUMENTS]:
        raise CourseError(
            f"{place}：不認得引數 {'、'.join(unknown)}；檢查的引數只有 {'、'.join(ARGUMENTS)}。"
        )
    submission, earlier, broken = Submission(owner.solution), Course(owner.root), list[str]()
    for number in range(TRIES):
        draw = Draw(str(number), case.set_name, case.test)
        outcome = run_case(case, watched(test, file, broken), submission, earlier, draw=draw)
        if outcome.status != PASSED:
            why = next(iter(broken), outcome.failure.symptom if outcome.failure else outcome.status)
            raise CourseError(f"{place}：解答在這一項拿不到分（{why}）；檢查要讓解答滿分，改好再執行。")
