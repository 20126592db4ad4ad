"""在目前的行程裡跑一組檢查，不經過 pytest；一組幾毫秒。

檢查檔是普通的 pytest 檔，但只用三個引數：``target``（被檢查的檔案）、``earlier``（前面幾組的函式）與
``draw``（抽題目）。讀者的作答由 ``worker`` 放到另一個行程裡跑，那個行程用的就是這裡；課程自己的程式（解答、
突變）與筆記本裡的函式，直接在這裡跑。
"""

import contextlib
import ctypes
import inspect
import io
import re
import signal
import threading
import warnings
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import replace
from functools import lru_cache
from importlib.util import decode_source
from pathlib import Path
from types import CodeType, FrameType, ModuleType
from typing import Any

from .draws import Draw
from .errors import Place, explain_exception, raised_in
from .outcomes import (
    PASSED,
    TIME_LIMIT,
    TOO_LONG,
    UNANSWERED,
    WRONG,
    Case,
    Failure,
    Outcome,
    Unloadable,
    Unreadable,
    WrongAnswer,
    make_case,
    not_again,
)
from .sets import ExerciseSet, find_set


class TimeLimit(BaseException):
    """算太久。不是 Exception 的子類別，讀者的 ``except Exception`` 攔不住。"""


class Stuck(BaseException):
    """呼叫了停不下來的函式：不再真的呼叫它，讀者不必再等一次。"""


def source_of(data: bytes) -> str:
    """檔案的文字：照 Python 的規定看 BOM 與編碼的宣告；讀不出來引發 ``Unreadable``。"""
    cure = "用編輯器另存成 UTF-8"
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise Unreadable(f"檔案存成了 UTF-16；{cure}")
    declared = re.match(rb"(?:\xef\xbb\xbf)?(?:[^\n]*\n)?[ \t]*#.*?coding[:=][ \t]*([-\w.]+)", data)
    name = declared[1].decode() if declared else ""
    try:
        text = decode_source(data)
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        said = f"宣告的編碼是 {name}" if name else f"編碼不是 UTF-8{_looks_like(data)}"
        raise Unreadable(f"{said}，第 {line} 行讀不出來；{cure}{'，刪掉宣告的那一行' * bool(name)}") from None
    except (SyntaxError, LookupError):  # tokenize 在頭兩行就看出來的
        if not name:
            line = next(i for i, part in enumerate(data.split(b"\n"), 1) if not _is_utf8(part))
            raise Unreadable(f"編碼不是 UTF-8{_looks_like(data)}，第 {line} 行讀不出來；{cure}") from None
        raise Unreadable(f"宣告的編碼「{name}」不能用；刪掉宣告的那一行，{cure}") from None
    if "\0" in text:
        line = text[: text.index("\0")].count("\n") + 1
        raise Unreadable(f"第 {line} 行有看不見的 NUL 字元，檔案存壞了；{cure}，或用 reset 拿回題目")
    return text.removeprefix("\ufeff")  # 加了兩次 BOM


def _looks_like(data: bytes) -> str:
    try:
        data.decode("cp950")
    except UnicodeDecodeError:
        return ""
    return "（看起來是 Big5）"


def _is_utf8(part: bytes) -> bool:
    try:
        part.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def load(path: Path, name: str | None = None) -> ModuleType:
    """每次都由原始碼重新載入，不留在 ``sys.modules``，也不用 .pyc（同一秒改兩次也不會拿到舊的）。"""
    module = ModuleType(name or path.stem)
    module.__file__ = str(path)
    exec(_compiled(source_of(path.read_bytes()), str(path)), vars(module))
    return module


@lru_cache(maxsize=32)
def _compiled(text: str, path: str) -> CodeType:
    """一組檢查要試上百個答案，文字沒有變就不必重新編譯。"""
    return compile(text, path, "exec")


Announce = Callable[..., None]


def _quiet(*what: str) -> None:
    pass


class Submission:
    """一個被檢查的檔案，當作模組用；第一次用到裡面的函式才載入。

    ``place`` 是讀者的程式在哪裡（筆記本的格子）；``stuck`` 是停不下來、不要再呼叫的函式；``announce`` 在載入
    以前與以後各說一聲。
    """

    def __init__(
        self, path: Path, module: ModuleType | None = None, *,
        place: Place | None = None, stuck: Iterable[str] = (), announce: Announce = _quiet,
    ):  # fmt: skip
        self._path, self._module, self._place = path, module, place or path
        self._stuck, self._announce = stuck, announce
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
                self._announce("loading")
                self._module = load(self._path)
                vars(self._module).update((name, _stub(name)) for name in self._stuck)
                return
            except FileNotFoundError:
                self._problem = WrongAnswer(_not_found(self._path))
            except (Exception, SystemExit) as error:
                self._problem = error
            finally:
                self._announce("loaded")
        raise Unloadable from self._problem


def _not_found(path: Path) -> str:
    """檔案不在；名字相近的（多了「 (1)」、存到外面一層）說出來。"""
    folders = (path.parent, path.parent.parent)
    near = [
        one
        for folder in folders
        if folder.is_dir()
        for one in sorted(folder.glob(f"{path.stem}*"))
        if one.is_file()
    ]
    found = f"，倒是有 {near[0]}：搬過去、改成原來的名字" if near else ""
    return f"找不到 {path}{found or '；用 exercises reset 可以拿回題目'}"


def _stub(name: str) -> Callable[..., Any]:
    def stuck(*arguments: Any, **named: Any) -> Any:
        raise Stuck(name)

    return stuck


class Earlier:
    """``earlier("ex02", "reparameterize")``：讀者自己在前一組寫的函式；還沒通過檢查就給課程的版本。

    一題沒寫完，不會擋住後面的題目。換成課程版本的事記在 ``notes``，報告會說出來。``stuck`` 是已知停不下來的
    （組, 函式）；``announce`` 在檢查一個函式以前與以後各說一聲。
    """

    def __init__(
        self, root: Path, target: str | Path, *,
        stuck: Collection[tuple[str, str]] = (), announce: Announce = _quiet,
        time_limit: float | None = TIME_LIMIT,
    ):  # fmt: skip
        self._root, self._target = root, target
        self._stuck, self._announce, self._time_limit = stuck, announce, time_limit
        self._found: dict[tuple[str, str], tuple[Callable[..., Any], str | None]] = {}
        self._course: dict[str, Submission] = {}
        self.notes: list[str] = []

    def __call__(self, set_name: str, function: str) -> Callable[..., Any]:
        if (set_name, function) not in self._found:
            self._found[set_name, function] = self._find(set_name, function)
        answer, note = self._found[set_name, function]
        if note and note not in self.notes:
            self.notes.append(note)
        return answer

    def course(self, set_name: str, function: str) -> Callable[..., Any]:
        """一律是課程的版本：只看組裝對不對的檢查用它，前一組的錯不會帶過來，也不必先檢查前一組。"""
        if set_name not in self._course:
            self._course[set_name] = Submission(find_set(set_name, self._root).solution)
        found: Callable[..., Any] = getattr(self._course[set_name], function)
        return found

    def _find(self, set_name: str, function: str) -> tuple[Callable[..., Any], str | None]:
        exercise_set = find_set(set_name, self._root)
        if self._passes(exercise_set, function):
            return getattr(Submission(exercise_set.file_in(self._target)), function), None
        note = f"你在 {set_name} 寫的 {function} 還沒有全部通過，這裡先用課程的版本"
        return getattr(Submission(exercise_set.solution), function), note

    def _passes(self, exercise_set: ExerciseSet, function: str) -> bool:
        if {(exercise_set.name, function), (exercise_set.name, "")} & set(self._stuck):
            return False
        self._announce("earlier", exercise_set.name, function)
        outcomes = run_set(exercise_set, self._target, only=function, time_limit=self._time_limit)
        self._announce("found")
        return {outcome.status for outcome in outcomes if outcome.case.function == function} == {PASSED}


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
    time_limit: float | None = TIME_LIMIT,
) -> list[Outcome]:
    """跑一組；有 ``only`` 時只跑那一個函式的檢查，其餘記為沒有跑。算太久的函式，其餘的檢查不再執行。"""
    if isinstance(target, Submission):
        submission, folder = target, "solutions"
    else:
        submission, folder = Submission(exercise_set.file_in(target)), str(target)
    earlier = Earlier(exercise_set.root, folder, time_limit=time_limit)
    outcomes: list[Outcome] = []
    for case, test in load_tests(exercise_set):
        if only not in (None, case.function):
            outcomes.append(Outcome(case))
        elif any(o.failure == TOO_LONG and o.case.function == case.function for o in outcomes):
            outcomes.append(not_again(case))
        else:
            outcomes.append(run_case(case, test, submission, earlier, time_limit))
    return outcomes


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
        except (Exception, SystemExit, TimeLimit, Stuck) as error:
            place = getattr(target, "_place", target._path)
            outcome = classify(case, error, place)
            called = raised_in(error, place)
            if outcome.status == UNANSWERED and called not in ("", case.function):
                notes.append(f"你的 {case.function} 呼叫了還沒寫的 {called}；先寫 {called}")
    return replace(outcome, printed=printed.getvalue(), notes=tuple(notes))


def classify(case: Case, error: BaseException, place: Place) -> Outcome:
    """例外 → 結果：沒寫、檔案載入不了、算太久、或不對。"""
    if isinstance(error, NotImplementedError):
        return Outcome(case, UNANSWERED)
    if isinstance(error, TimeLimit):
        return Outcome(case, WRONG, TOO_LONG)
    if isinstance(error, Stuck):
        words = f"它呼叫了 {error}，而 {error} 在前面停不下來；先修 {error}"
        return Outcome(case, WRONG, Failure(words, hint=False))
    return Outcome(case, WRONG, explain_exception(error, place))


@contextlib.contextmanager
def limited(seconds: float | None) -> Iterator[None]:
    """超過 ``seconds`` 秒就引發 ``TimeLimit``，被吞掉的話每秒再來一次；None 不設限。"""
    if seconds is None:
        yield
    elif hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread():
        with _alarm(seconds):
            yield
    else:
        with _thrown_in(seconds):
            yield


@contextlib.contextmanager
def _alarm(seconds: float) -> Iterator[None]:
    def stop(number: int, frame: FrameType | None) -> None:
        raise TimeLimit

    previous = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds, 1.0)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)


@contextlib.contextmanager
def _thrown_in(seconds: float) -> Iterator[None]:
    """沒有 SIGALRM 的地方（Windows、其他執行緒）：另一條執行緒到時候把例外丟進這一條。"""
    thread, done, lock = ctypes.c_ulong(threading.get_ident()), threading.Event(), threading.Lock()
    throw = ctypes.pythonapi.PyThreadState_SetAsyncExc

    def stop() -> None:
        wait = seconds
        while not done.wait(wait):
            with lock:
                if not done.is_set():
                    throw(thread, ctypes.py_object(TimeLimit))
            wait = 1.0

    threading.Thread(target=stop, daemon=True).start()
    try:
        yield
    finally:
        with lock:
            done.set()
            throw(thread, None)  # 來不及送到的那一個，收回來
