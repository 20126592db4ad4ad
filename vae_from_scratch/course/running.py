"""在目前的行程裡跑一組檢查，不經過 pytest；一組幾毫秒。

檢查檔是普通的 pytest 檔，但只用兩個引數：``target``（被檢查的檔案）與 ``earlier``（前面幾組的函式）。
pytest 外掛與這裡共用同一套分類，測試確認兩條路的分數相同。
"""

import contextlib
import inspect
import io
import signal
import threading
import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import lru_cache
from importlib.util import decode_source
from pathlib import Path
from types import CodeType, FrameType, ModuleType
from typing import Any

from .diagnosis import explain_exception
from .draws import Draw
from .outcomes import PASSED, UNANSWERED, WRONG, Case, Failure, Outcome, Unloadable, WrongAnswer, make_case
from .sets import ExerciseSet, find_set

TIME_LIMIT = 10.0  # 秒；一個檢查平常不到 0.01 秒，超過就是無窮迴圈


class TimeLimit(BaseException):
    """算太久。不是 Exception 的子類別，讀者的 ``except Exception`` 攔不住。"""


def load(path: Path, name: str | None = None) -> ModuleType:
    """每次都由原始碼重新載入，不留在 ``sys.modules``，也不用 .pyc（同一秒改兩次也不會拿到舊的）。"""
    module = ModuleType(name or path.stem)
    module.__file__ = str(path)
    exec(_compiled(decode_source(path.read_bytes()), str(path)), vars(module))
    return module


@lru_cache(maxsize=32)
def _compiled(text: str, path: str) -> CodeType:
    """一組檢查要試上百個答案，文字沒有變就不必重新編譯。"""
    return compile(text, path, "exec")


class Submission:
    """一個被檢查的檔案，當作模組用；第一次用到裡面的函式才載入。"""

    def __init__(self, path: Path, module: ModuleType | None = None):
        self._path, self._module = path, module
        self._problem: BaseException | None = None

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if self._module is None:
            self._load()
        try:
            return getattr(self._module, name)
        except AttributeError:
            raise WrongAnswer(
                f"{self._path.name} 裡沒有 {name} 這個函式；函式的名字不要改，刪掉了可以用 reset 拿回來"
            ) from None

    def _load(self) -> None:
        if self._problem is None:
            try:
                self._module = load(self._path)
                return
            except FileNotFoundError:
                self._problem = WrongAnswer(f"找不到 {self._path}；用 exercises reset 可以拿回題目")
            except (Exception, SystemExit) as error:
                self._problem = error
        raise Unloadable from self._problem


class Earlier:
    """``earlier("ex02", "reparameterize")``：讀者自己在前一組寫的函式；還沒通過檢查就給課程的版本。

    一題沒寫完，不會擋住後面的題目。換成課程版本的事記在 ``notes``，報告會說出來。
    """

    def __init__(self, root: Path, target: str | Path):
        self._root, self._target = root, target
        self._found: dict[tuple[str, str], tuple[Callable[..., Any], str | None]] = {}
        self.notes: list[str] = []

    def __call__(self, set_name: str, function: str) -> Callable[..., Any]:
        if (set_name, function) not in self._found:
            self._found[set_name, function] = self._find(set_name, function)
        answer, note = self._found[set_name, function]
        if note and note not in self.notes:
            self.notes.append(note)
        return answer

    def _find(self, set_name: str, function: str) -> tuple[Callable[..., Any], str | None]:
        exercise_set = find_set(set_name, self._root)
        outcomes = run_set(exercise_set, self._target, only=function)
        statuses = {outcome.status for outcome in outcomes if outcome.case.function == function}
        if statuses == {PASSED}:
            return getattr(Submission(exercise_set.file_in(self._target)), function), None
        note = f"你在 {set_name} 寫的 {function} 還沒有全部通過，這裡先用課程的版本"
        return getattr(Submission(exercise_set.solution), function), note


def load_tests(exercise_set: ExerciseSet, file: Path | None = None) -> list[tuple[Case, Callable[..., None]]]:
    """檢查檔裡有分數的檢查，照寫的順序；``file`` 是老師另加的檢查檔。"""
    module = load(file or exercise_set.tests)
    return [
        (make_case(exercise_set.name, name, test.__doc__, test.course_points), test)
        for name, test in vars(module).items()
        if name.startswith("test_") and hasattr(test, "course_points")
    ]


def run_set(
    exercise_set: ExerciseSet,
    target: str | Path | Submission = "exercises",
    *,
    only: str | None = None,
    time_limit: float = TIME_LIMIT,
) -> list[Outcome]:
    """跑一組；有 ``only`` 時只跑那一個函式的檢查，其餘記為沒有跑。"""
    if isinstance(target, Submission):
        submission, folder = target, "solutions"
    else:
        submission, folder = Submission(exercise_set.file_in(target)), str(target)
    earlier = Earlier(exercise_set.root, folder)
    return [
        Outcome(case)
        if only not in (None, case.function)
        else run_case(case, test, submission, earlier, time_limit)
        for case, test in load_tests(exercise_set)
    ]


def run_case(
    case: Case,
    test: Callable[..., None],
    target: Any,
    earlier: Callable[[str, str], Callable[..., Any]],
    time_limit: float | None = TIME_LIMIT,
    draw: Draw | None = None,
) -> Outcome:
    """跑一個檢查，把任何結局變成 ``Outcome``；讀者按 Ctrl-C 照常中斷。

    ``target`` 是同一個行程裡的檔案，或評分時在另一個行程裡的；``draw`` 抽題目，不給就是讀者的那一份。
    """
    given = {"target": target, "earlier": earlier, "draw": draw or Draw(case.set_name, case.test)}
    arguments = {name: given[name] for name in inspect.signature(test).parameters}
    notes: list[str] = []
    if isinstance(earlier, Earlier):
        earlier.notes = notes
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), warnings.catch_warnings(action="ignore"):
        try:
            with limited(time_limit):
                test(**arguments)
            outcome = Outcome(case, PASSED)
        except (Exception, SystemExit, TimeLimit) as error:
            outcome = classify(case, error, target._path)
    return replace(outcome, printed=printed.getvalue(), notes=tuple(notes))


def classify(case: Case, error: BaseException, path: Path) -> Outcome:
    """例外 → 結果：沒寫、檔案載入不了、算太久、或不對。"""
    if isinstance(error, NotImplementedError):
        return Outcome(case, UNANSWERED)
    if isinstance(error, TimeLimit):
        return Outcome(case, WRONG, Failure("算太久還沒有結果，已經停下來；看看有沒有停不了的迴圈"))
    return Outcome(case, WRONG, explain_exception(error, path))


@contextlib.contextmanager
def limited(seconds: float | None) -> Iterator[None]:
    """超過 ``seconds`` 秒就引發 ``TimeLimit``；None 不設限。

    沒有 SIGALRM 的地方（Windows、其他執行緒）也不設限。
    """
    if (
        seconds is None
        or not hasattr(signal, "setitimer")
        or threading.current_thread() is not threading.main_thread()
    ):
        yield
        return

    def stop(number: int, frame: FrameType | None) -> None:
        raise TimeLimit

    previous = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds, 1.0)  # 被吞掉的話，每秒再來一次
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)
