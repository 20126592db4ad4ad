"""關起來的那一邊：載入學生的檔案，照吩咐呼叫裡面的函式，傳回數字。它不知道正解。

``python -I -S -B worker.py 設定`` 由 ``sandbox`` 啟動。要求由標準輸入來，回答由標準輸出去；載入學生的檔案
以前，這兩條都移到別的號碼，標準輸出入換成 /dev/null，學生印的東西就不會混進回答裡。
學生的程式在這個行程裡想做什麼都可以，包括改掉這裡的函式：它能改的只有自己的答案。
"""

import contextlib
import json
import os
import sys
from importlib import import_module, util
from types import ModuleType
from typing import Any

MISSING_MODULES = 20  # 最多換掉幾個這裡沒有的套件
HERE = os.path.dirname(os.path.abspath(__file__))


def main() -> None:
    """照設定關好門，報到，然後一個要求一個回答，直到評分的行程走了。"""
    settings = json.loads(sys.argv[1])
    requests, answers = take_channel(0, 1)
    sys.path.append(settings["packages"])
    frames, calls = _load("frames"), _load("calls")
    close_the_door(settings)
    import_module("colorsys")  # 換了使用者還讀得到標準函式庫嗎？讀不到就起不來，換別的等級
    calls.forbid()
    channel = Channel(frames, requests, answers)
    channel.send(bytes(16), {"kind": "ready", "uid": _uid()})
    Server(frames, channel).serve()


def take_channel(*numbers: int) -> list[int]:
    """把標準輸出入裡的這幾條移到別的號碼，原來的三條都換成 /dev/null。"""
    moved = [os.dup(number) for number in numbers]
    nothing = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(nothing, number)
    return moved


def close_the_door(settings: dict[str, Any]) -> None:
    """換成沒有權限的使用者，再設定用量的上限；設好之後，學生的程式放不寬。"""
    if settings.get("uid") is not None:
        os.setgroups([])
        os.setresgid(settings["uid"], settings["uid"], settings["uid"])
        os.setresuid(settings["uid"], settings["uid"], settings["uid"])
    if sys.platform == "linux":
        _die_with_parent()
    if os.name == "posix":
        _limit(settings)


def _die_with_parent() -> None:
    """評分的行程先死，這裡也結束；往後執行 setuid 的程式也拿不到權限。"""
    import ctypes

    libc = ctypes.CDLL(None)
    parent = os.getppid()
    libc.prctl(1, 9, 0, 0, 0)  # PR_SET_PDEATHSIG = 1，SIGKILL = 9
    libc.prctl(38, 1, 0, 0, 0)  # PR_SET_NO_NEW_PRIVS
    libc.prctl(4, 0, 0, 0, 0)  # PR_SET_DUMPABLE：同一個使用者的別的行程也不能看它的記憶體
    if os.getppid() != parent:
        os._exit(1)


def _limit(settings: dict[str, Any]) -> None:
    import resource

    limits = {
        "RLIMIT_AS": settings["memory"],
        "RLIMIT_CPU": settings["seconds"],
        "RLIMIT_FSIZE": settings["file"],
        "RLIMIT_NOFILE": 64,
        "RLIMIT_CORE": 0,
        "RLIMIT_NPROC": 1,  # 只有自己：開不了行程，也開不了執行緒
        "RLIMIT_MSGQUEUE": 0,
    }
    for name, value in limits.items():
        # 有的系統沒有其中幾項（例如 macOS 的 RLIMIT_AS）；牆上的時鐘由評分的行程管
        with contextlib.suppress(AttributeError, ValueError, OSError):
            resource.setrlimit(getattr(resource, name), (value, value))


def _uid() -> int:
    return os.getuid() if hasattr(os, "getuid") else -1


def _load(name: str) -> Any:
    """同一個資料夾的模組；不靠套件，關起來的地方只有這幾個檔案。"""
    spec = util.spec_from_file_location(name, os.path.join(HERE, f"{name}.py"))
    assert spec and spec.loader
    module = util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Channel:
    """收一則、送一則。"""

    def __init__(self, frames: Any, requests: int, answers: int):
        self.frames, self.requests, self.answers = frames, requests, answers

    def receive(self) -> tuple[bytes, dict[str, Any], bytes]:
        """下一則訊息：編號、內容、數字。"""
        text, numbers, number = self.frames.lengths(self._exactly(self.frames.HEADER.size))
        return number, self.frames.parse(self._exactly(text)), self._exactly(numbers)

    def send(self, number: bytes, content: dict[str, Any], numbers: bytes = b"") -> None:
        """送出一則；``number`` 是所回答的要求的編號。"""
        data = memoryview(self.frames.dump(number, content, numbers, self.frames.MAX_ANSWER))
        while data:
            data = data[os.write(self.answers, data) :]

    def _exactly(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            part = os.read(self.requests, size - len(data))
            if not part:
                os._exit(0)  # 評分的行程走了
            data += part
        return data


class Server:
    """回答要求：``load`` 載入檔案，``call`` 呼叫函式。"""

    def __init__(self, frames: Any, channel: Channel):
        self.frames, self.channel = frames, channel
        self.module: ModuleType | None = None
        self.course: dict[str, ModuleType] = {}
        self.name, self.lines = "", [""]

    def serve(self) -> None:
        """一個要求一個回答。"""
        while True:
            number, content, numbers = self.channel.receive()
            try:
                answer, data = self.answer(number, content, numbers)
                self.channel.send(number, answer, data)
            except BaseException as error:
                self.channel.send(number, self.problem(error))

    def answer(self, number: bytes, content: dict[str, Any], numbers: bytes) -> tuple[dict[str, Any], bytes]:
        """要求 → 回答的內容與數字。"""
        if content["kind"] == "load":
            return self.load(content["name"], content["source"]), b""
        if content["kind"] == "course":
            self.course[content["name"]] = _executed(content["name"], content["source"])
            return {"kind": "loaded", "names": []}, b""
        return self.call(number, content, numbers)

    def load(self, name: str, source: str) -> dict[str, Any]:
        """執行學生的檔案，傳回裡面有哪些名字。"""
        self.name, self.lines = name, source.splitlines()
        self.module = _executed_without(name, source)
        names = [key for key in vars(self.module) if isinstance(key, str) and not key.startswith("__")]
        return {"kind": "loaded", "names": names[:2000]}

    def call(self, number: bytes, content: dict[str, Any], numbers: bytes) -> tuple[dict[str, Any], bytes]:
        """呼叫一次；傳回值，與被改動了的引數。"""
        import numpy as np

        frames = self.frames
        functions = content["functions"]
        arguments = frames.unpack(
            content["arguments"], numbers, lambda index: self.given(functions[index], number, index)
        )
        before = [frames.pack(argument, _zero) for argument in arguments]
        with np.errstate(all="ignore"):
            value = getattr(self.module, content["function"])(*arguments)
        after = [frames.pack(argument, _zero) for argument in arguments]
        changed = {str(i): arguments[i] for i in range(len(arguments)) if before[i] != after[i]}
        packed, data = frames.pack([value, changed])
        return {"kind": "returned", "value": packed}, data

    def given(self, origin: list[str] | None, number: bytes, index: int) -> Any:
        """檢查傳進來的函式：課程自己的（ex02 的 reparameterize 等）就在這裡，其餘的問評分的行程。"""
        return getattr(self.course[origin[0]], origin[1]) if origin else self.callback(number, index)

    def callback(self, number: bytes, index: int) -> Any:
        """由評分的行程代算的函式：引數送過去，值送回來。"""

        def function(*arguments: Any, **named: Any) -> Any:
            packed, data = self.frames.pack([list(arguments), named])
            self.channel.send(number, {"kind": "ask", "function": index, "arguments": packed}, data)
            _, content, numbers = self.channel.receive()
            if content["kind"] == "refused":
                raise _exception(content["type"], content["message"])
            return self.frames.unpack(content["value"], numbers)

        return function

    def problem(self, error: BaseException) -> dict[str, Any]:
        """一個例外 → 型別、訊息、在學生檔案的第幾行。"""
        line = 0
        try:
            trace = error.__traceback__
            while trace is not None:
                line = trace.tb_lineno if trace.tb_frame.f_code.co_filename == self.name else line
                trace = trace.tb_next
            if isinstance(error, SyntaxError):
                line = error.lineno or 0
            kind = next(base.__name__ for base in type(error).__mro__ if base.__module__ == "builtins")
            own, message = type(error).__name__, error.msg if isinstance(error, SyntaxError) else str(error)
        except BaseException:
            kind, own, message = "Exception", "Exception", ""
        text = self.lines[line - 1].strip() if 0 < line <= len(self.lines) else ""
        cut = [str(part).encode("utf-8", "replace").decode()[:400] for part in (own, message, text)]
        return {
            "kind": "raised", "type": kind, "name": cut[0], "message": cut[1], "line": line, "text": cut[2],
            "loaded": self.module is not None,
        }  # fmt: skip


def _executed(name: str, source: str) -> ModuleType:
    module = ModuleType(name.removesuffix(".py"))
    module.__file__ = name
    exec(compile(source, name, "exec"), vars(module))
    return module


def _executed_without(name: str, source: str) -> ModuleType:
    """執行檔案；這裡沒有的模組換成空殼再執行一次：匯入了而沒有用到，不該讓整份檔案 0 分。

    先照常執行，檔案自己的 ``try: import …`` 才走得到它的 ``except``。
    """
    for _ in range(MISSING_MODULES):
        try:
            return _executed(name, source)
        except ModuleNotFoundError as error:
            top = (error.name or "").partition(".")[0]
            if not top or top in sys.modules:
                raise
            sys.meta_path.append(Absent(top))
            sys.modules.pop(top, None)
    return _executed(name, source)


class Absent:
    """一個這裡沒有的套件：匯入得了，用到裡面的東西才出錯。"""

    def __init__(self, top: str):
        self.top = top

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        """只管這一個套件與它底下的模組。"""
        inside = name == self.top or name.startswith(f"{self.top}.")
        return util.spec_from_loader(name, self, is_package=True) if inside else None  # type: ignore[arg-type]

    def create_module(self, spec: Any) -> ModuleType:
        """空殼；``from 它 import 名字`` 拿到的也是空殼。"""
        return Shell(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """空殼裡什麼也沒有。"""


class Shell(ModuleType):
    """用到就引發 ``ModuleNotFoundError``，說是哪一個模組。"""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return Shell(self.__name__)

    def _used(self, *arguments: Any, **named: Any) -> Any:
        raise ModuleNotFoundError(f"No module named {self.__name__.partition('.')[0]!r}")

    __call__ = __getitem__ = __setitem__ = __iter__ = __len__ = __bool__ = __float__ = __array__ = _used
    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = _used
    __pow__ = __rpow__ = __neg__ = __matmul__ = __rmatmul__ = __enter__ = __mro_entries__ = _used


def _zero(function: Any) -> int:
    return 0


def _exception(kind: str, message: str) -> BaseException:
    import builtins

    found = getattr(builtins, kind, None)
    if isinstance(found, type) and issubclass(found, Exception):
        return found(message)
    return RuntimeError(message)


if __name__ == "__main__":
    main()
