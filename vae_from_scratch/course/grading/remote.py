"""評分的這一邊：把檢查裡的 ``target.函式(…)`` 變成送給 worker 的要求，收回來的只有值。

檢查檔不必知道這件事：``RemoteSubmission`` 與 ``running.Submission`` 用起來一樣。檢查傳進去的函式（``f``、
``step``……）留在這一邊，worker 要用的時候送引數過來，由這一邊算好送回去。
"""

import os
import secrets
import select
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from .. import given
from ..errors import Elsewhere
from ..outcomes import STOPPED, TOO_LONG, Unloadable, WrongAnswer
from . import frames, sandbox
from .frames import BadFrame
from .sandbox import Level, Limits

#: 秒。一次呼叫平常不到 0.01 秒；啟動一個 worker 平常 0.3 秒。
CALL_SECONDS, START_SECONDS = 10.0, 60.0
#: 一個檢查的總時間是一次呼叫的幾倍。有的檢查要呼叫一千次；電腦忙的時候，誠實的檔案也可能花上好幾秒在等。
CASE_TIMES = 6
MAX_LOADS = 2  # 載入就算太久或當掉，再試一次；還是一樣，後面的檢查不再執行
MAX_ASKS = 30_000  # 一個檢查裡，最多替它算幾次函式


class Lost(BaseException):
    """worker 沒有好好回答。不是 Exception：檢查裡的 ``except Exception`` 攔不住。"""


class TimedOut(Lost):
    """時間到了還沒有回答。"""


class Crashed(Lost):
    """worker 的行程結束了。"""


class Forged(Lost):
    """送來的訊息不合格式、編號不對，或多送了：這份檔案到此為止。"""


class NotStarted(BaseException):
    """worker 還沒有載入學生的檔案就起不來：這台電腦的問題，不可以算成學生的 0 分。"""


class Portable(NamedTuple):
    """課程自己的函式是從哪裡來的：模組的名字、原始碼、函式的名字。"""

    module: str
    source: str
    name: str


class Connection:
    """一個活著的 worker：送一個要求，收一個回答，時間由這一邊數。"""

    def __init__(self, level: Level, limits: Limits | None = None):
        try:
            self.process = sandbox.start(level, limits)
        except OSError as error:
            raise NotStarted(f"啟動不了：{error.strerror or error}") from None
        assert self.process.popen.stdin and self.process.popen.stdout
        self._requests = self.process.popen.stdin.fileno()
        self._answers = self.process.popen.stdout.fileno()
        os.set_blocking(self._requests, False)
        os.set_blocking(self._answers, False)
        try:
            number, hello, _ = self.receive(time.monotonic() + START_SECONDS)
            if number != bytes(16) or hello.get("kind") != "ready":
                raise Forged("報到的訊息不對")
        except Lost as error:  # 學生的程式還沒有執行
            self.close()
            raise NotStarted(f"沒有報到：{error}") from None
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """殺掉 worker，什麼也不留。"""
        self.process.kill()

    def send(self, number: bytes, content: dict[str, Any], numbers: bytes, deadline: float) -> None:
        """送出一則訊息；worker 不收，就等到 ``deadline``。"""
        data = memoryview(frames.dump(number, content, numbers))
        while data:
            self._wait(self._requests, select.POLLOUT, deadline)
            try:
                data = data[os.write(self._requests, data) :]
            except BlockingIOError:
                continue
            except OSError:
                raise Crashed("寫不進去") from None

    def receive(self, deadline: float) -> tuple[bytes, dict[str, Any], bytes]:
        """收一則訊息，檢查完才交出去。"""
        try:
            header = self._exactly(frames.HEADER.size, deadline)
            text, numbers, number = frames.lengths(header, frames.MAX_ANSWER)
            return number, frames.parse(self._exactly(text, deadline)), self._exactly(numbers, deadline)
        except BadFrame as error:
            raise Forged(str(error)) from None

    def nothing_more(self) -> None:
        """沒有人問的時候不該有回答；有就是偽造的。"""
        try:
            extra = os.read(self._answers, 1)
        except BlockingIOError:
            return
        except OSError:
            extra = b""
        raise Forged("多送了訊息") if extra else Crashed("行程結束了")

    def _exactly(self, size: int, deadline: float) -> bytes:
        parts, missing = [], size
        while missing:
            self._wait(self._answers, select.POLLIN, deadline)
            try:
                part = os.read(self._answers, min(missing, 1 << 16))
            except BlockingIOError:
                continue
            if not part:
                raise Crashed("行程結束了")
            parts.append(part)
            missing -= len(part)
        return b"".join(parts)

    def _wait(self, file: int, event: int, deadline: float) -> None:
        poll = select.poll()
        poll.register(file, event)
        left = deadline - time.monotonic()
        if left <= 0 or not poll.poll(left * 1000):
            raise TimedOut("時間到了")


class RemoteSubmission:
    """一個被評分的檔案，當作模組用；每個檢查以前呼叫 ``begin``。"""

    def __init__(
        self, path: Path, source: str, level: Level, *,
        seconds: float = CALL_SECONDS, limits: Limits | None = None,
    ):  # fmt: skip
        self._path, self._source, self._level = path, source, level
        self._seconds, self._limits = seconds, limits
        self._connection: Connection | None = None
        self._names: frozenset[str] = frozenset()
        self._course: set[str] = set()
        self._problem: Elsewhere | None = None
        self._case_deadline, self._deadline, self._asked = 0.0, 0.0, 0
        self._function, self._slow, self._failed_loads, self._loading = "", set[str](), 0, False
        self._ended = ""

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name.startswith("_"):
            raise AttributeError(name)
        self._ready()
        if name not in self._names:
            raise WrongAnswer(f"{self._path.name} 裡沒有 {name} 這個函式；函式的名字不要改")

        def function(*arguments: Any) -> Any:
            return self._call(name, list(arguments))

        return function

    def begin(self, function: str = "") -> str:
        """開始 ``function`` 的一個檢查，時鐘歸零；這份檔案或這個函式已經到此為止的話，傳回原因。"""
        self._case_deadline, self._asked = time.monotonic() + CASE_TIMES * self._seconds, 0
        self._function = function
        return self._ended or (STOPPED if function in self._slow else "")

    def end(self) -> None:
        """一個檢查做完了：多送的訊息是偽造；行程自己結束了就收掉，下一個檢查重新啟動。"""
        if self._connection is not None:
            try:
                self._connection.nothing_more()
            except Crashed:
                self.close()

    def lost(self, error: Lost) -> str:
        """收掉沒有好好回答的 worker，傳回原因。停不了的函式只停它自己的檢查；載入不了、偽造才是整份檔案。"""
        reason, loading = _said(error), self._loading
        self.close()
        if isinstance(error, Forged):
            self._ended = f"送來不合格式的訊息（{error}），後面的檢查不再執行"
        elif loading:
            reason = f"{self._path.name} 載入不了：{reason}"
            self._failed_loads += 1
            self._ended = reason if self._failed_loads >= MAX_LOADS else ""
        elif isinstance(error, TimedOut):
            self._slow.add(self._function)
        return reason

    def close(self) -> None:
        """收掉 worker。"""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        self._loading = False

    # ---- 一個要求 ----------------------------------------

    def _ready(self) -> None:
        """worker 在，而且檔案載入了；載入時出的錯，每個檢查都一樣。"""
        if self._problem is not None:
            raise Unloadable from self._problem
        if self._loading:  # 上一次載入到一半就停了，檢查又把那個例外吞掉
            raise Crashed("沒有載入完")
        if self._connection is None:
            self._connection, self._course = self._started(), set()
            self._case_deadline = time.monotonic() + CASE_TIMES * self._seconds  # 啟動的時間不算
            self._loading = True
            self._load()
            self._loading = False

    def _started(self) -> Connection:
        """新的 worker；起不來再試一次，還是起不來就是這台電腦的問題。"""
        try:
            return Connection(self._level, self._limits)
        except NotStarted:
            return Connection(self._level, self._limits)

    def _load(self) -> None:
        content, _ = self._request({"kind": "load", "name": self._path.name, "source": self._source}, b"", [])
        if content["kind"] == "raised":
            self._problem = _elsewhere(content)
            raise Unloadable from self._problem
        names = content.get("names")
        if content["kind"] != "loaded" or not isinstance(names, list):
            raise Forged("載入的回答不對")
        self._names = frozenset(name for name in names if isinstance(name, str))

    def _call(self, name: str, arguments: list[Any]) -> Any:
        functions: list[Callable[..., Any]] = []

        def register(function: Callable[..., Any]) -> int:
            functions.append(function)
            return len(functions) - 1

        self._ready()
        packed, numbers = frames.pack(arguments, register)
        origins = [self._sent(function) for function in functions]
        call = {"kind": "call", "function": name, "arguments": packed, "functions": origins}
        content, data = self._request(call, numbers, functions)
        if content["kind"] == "raised":
            raise _raised(content)
        if content["kind"] != "returned":
            raise Forged("不是這個要求的回答")
        value, changed = _pair(content.get("value"), data)
        if not isinstance(changed, Mapping):
            raise Forged("回答少了一段")
        for index, new in changed.items():
            if not (index.isascii() and index.isdecimal()) or int(index) >= len(arguments):
                raise Forged("改動了沒有的引數")
            _copy_into(arguments[int(index)], new)
        return value

    def _sent(self, function: Callable[..., Any]) -> list[str] | None:
        """課程自己的函式：原始碼先送過去一次，worker 自己算，不必每次來問。解答本來就是公開的。"""
        origin: Portable | None = getattr(function, "portable", None)
        if getattr(function, "__module__", "") == given.__name__:
            origin = Portable("given", Path(given.__file__).read_text("utf-8"), function.__name__)
        if origin is None:
            return None
        if origin.module not in self._course:
            self._request({"kind": "course", "name": origin.module, "source": origin.source}, b"", [])
            self._course.add(origin.module)
        return [origin.module, origin.name]

    def _request(
        self, content: dict[str, Any], numbers: bytes, functions: list[Callable[..., Any]]
    ) -> tuple[dict[str, Any], bytes]:
        """送一個要求，替它算它問的函式，收到回答為止。"""
        assert self._connection is not None
        connection, number = self._connection, secrets.token_bytes(16)
        self._deadline = min(self._case_deadline, time.monotonic() + self._seconds)
        connection.nothing_more()
        connection.send(number, content, numbers, self._deadline)
        while True:
            answered, answer, data = connection.receive(self._deadline)
            if not secrets.compare_digest(answered, number):
                raise Forged("編號不是這個要求的")
            if answer.get("kind") != "ask":
                _check_kind(answer)
                return answer, data
            self._asked += 1
            if self._asked > MAX_ASKS:
                raise TimedOut("問了太多次")
            connection.send(number, *self._compute(answer, data, functions), self._deadline)

    def _compute(
        self, asked: dict[str, Any], data: bytes, functions: list[Callable[..., Any]]
    ) -> tuple[dict[str, Any], bytes]:
        """在這一邊算檢查傳進去的函式；學生給錯引數，錯誤送回去讓他的程式自己遇到。"""
        index = asked.get("function")
        if type(index) is not int or not 0 <= index < len(functions):
            raise Forged("沒有這個函式")
        arguments, named = _pair(asked.get("arguments"), data)
        if not isinstance(arguments, list) or not isinstance(named, dict):
            raise Forged("引數的樣子不對")
        try:
            with np.errstate(all="ignore"):
                packed, numbers = frames.pack(functions[index](*arguments, **named))
            frames.dump(bytes(16), {"value": packed}, numbers)  # 太大的話在這裡就知道
        except Exception as error:
            return {"kind": "refused", "type": type(error).__name__, "message": str(error)[:400]}, b""
        return {"kind": "value", "value": packed}, numbers


def _said(error: Lost) -> str:
    if isinstance(error, TimedOut):
        return TOO_LONG.symptom
    if isinstance(error, Crashed):
        return "執行到一半，整個行程結束了（記憶體用完、呼叫 os._exit，或程式當掉）"
    assert isinstance(error, Forged)
    return f"送來不合格式的訊息（{error}）"


def _pair(packed: Any, data: bytes) -> tuple[Any, Any]:
    try:
        value = frames.unpack(packed, data)
    except BadFrame as error:
        raise Forged(str(error)) from None
    if not isinstance(value, list) or len(value) != 2:
        raise Forged("要有兩段")
    return value[0], value[1]


def _check_kind(answer: dict[str, Any]) -> None:
    kind = answer.get("kind")
    if not isinstance(kind, str) or kind not in ("raised", "returned", "loaded"):
        raise Forged("看不懂的回答")


def _elsewhere(content: dict[str, Any]) -> Elsewhere:
    """worker 說的例外；每一段都檢查過才用。"""
    texts = [content.get(key) for key in ("type", "name", "message", "text")]
    line = content.get("line")
    if not all(isinstance(text, str) and len(text) <= 500 for text in texts) or type(line) is not int:
        raise Forged("例外的樣子不對")
    try:
        "".join(map(str, texts)).encode("utf-8")
    except UnicodeEncodeError:
        raise Forged("例外的文字不對") from None
    kind, name, message, text = map(str, texts)
    return Elsewhere(kind, name, message, text, line)


def _raised(content: dict[str, Any]) -> BaseException:
    error = _elsewhere(content)
    return NotImplementedError() if error.kind == "NotImplementedError" else error


def _copy_into(given: Any, new: Any) -> None:
    """worker 改動了引數：照樣改這一邊的那一份，檢查才看得到。"""
    if isinstance(given, np.ndarray):
        same = isinstance(new, np.ndarray) and new.shape == given.shape and new.dtype == given.dtype
        given[...] = new if same else _another(given)
    elif isinstance(given, list):
        given[:] = list(new) if isinstance(new, list | tuple) else []
    elif isinstance(given, dict):
        given.clear()
        given.update(new if isinstance(new, dict) else {})
    elif isinstance(given, tuple) and isinstance(new, tuple):
        for one, other in zip(given, new, strict=False):
            _copy_into(one, other)


def _another(array: np.ndarray) -> np.ndarray:
    """與 ``array`` 不同的內容：只要看得出變了。"""
    return np.zeros_like(array) if np.any(array) else np.ones_like(array)
