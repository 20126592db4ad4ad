"""叢集的工作行程這一頭：每件工作在另開的行程裡做，用參考的算術，不受工作行程自己的算術與執行緒影響。

工作行程早就載入了 NumPy，指令集換不掉；它的幾條執行緒還可能同時各做一件。所以一件工作交給一個子行程，
由標準輸入收、由標準輸出答。工作行程死了，子行程的標準輸入就斷了，它立刻結束：不會留下沒有主人的訓練。
"""

import os
import pickle
import queue
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, NamedTuple

from . import announce, arithmetic

SERVE = "from vae_from_scratch import remote; remote.serve()"
LENGTH = struct.Struct(">Q")
#: 進度經過排程器，一個子行程隔這麼多秒才送一次；最後一個週期一定送。
RELAY_SECONDS = 0.5
#: 閒置這麼多秒的子行程就結束，免得使用者被殺掉以後，還占著別人的記憶體。
IDLE_SECONDS = 60.0


class Answer(NamedTuple):
    """子行程的回答：``outcome`` 是 "done"、"error" 或 "died"，``content`` 是 pickle（或結束碼）。"""

    outcome: str
    content: bytes


# ---- 工作行程 ----------------------------------------


class Child:
    """一個用參考算術的子行程，一次做一件。"""

    def __init__(self, run: str, settings: dict[str, str], tell: Callable[[str], Any]) -> None:
        self.run = run
        self.timer: threading.Timer | None = None
        self.ear = _Ear(run, tell)
        command, told = [sys.executable, "-c", SERVE], {announce.VARIABLE: self.ear.address}
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=_environment(settings) | told
        )

    def ask(self, *parts: bytes) -> Answer:
        """送出一件，等它的回答；子行程中途死了，回答是 "died" 與結束碼。"""
        assert self.process.stdin is not None and self.process.stdout is not None
        try:
            _write(self.process.stdin, *parts)
            outcome, content = _read(self.process.stdout, 2)
        except (OSError, EOFError, ValueError):
            return Answer("died", str(self.process.wait()).encode())
        return Answer(outcome.decode(), content)

    def close(self) -> None:
        """立刻結束，不等它做完。"""
        self.process.kill()
        self.process.wait()
        self.ear.close()


class _Ear:
    """在工作行程裡聽一個子行程的進度（``announce`` 的封包），一句一句交給 ``tell``。"""

    def __init__(self, secret: str, tell: Callable[[str], Any]) -> None:
        self.secret, self.tell, self.last = secret, tell, 0.0
        self.receiver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.receiver.bind(("127.0.0.1", 0))
        self.address = f"{self.receiver.getsockname()[1]}:{secret}"
        threading.Thread(target=self._listen, daemon=True).start()

    def close(self) -> None:
        """不再聽；空的封包叫醒等在那裡的執行緒。"""
        with suppress(OSError):
            self.receiver.sendto(b"", self.receiver.getsockname())

    def _listen(self) -> None:
        with self.receiver:
            while message := self.receiver.recv(256):
                secret, _, said = message.decode("ascii", "replace").partition(" ")
                if secret == self.secret and self._is_worth_telling(said.split()):
                    with suppress(Exception):  # 進度送不到，訓練照樣走
                        self.tell(said)

    def _is_worth_telling(self, words: list[str]) -> bool:
        """開始、結束與最後一個週期一定說；其餘的隔一陣子說一次，說的是累計的數，不會少算。"""
        may_wait = words[:1] == ["epoch"] and words[3:4] != words[4:5]
        if may_wait and time.monotonic() - self.last < RELAY_SECONDS:
            return False
        self.last = time.monotonic()
        return True


def _environment(settings: dict[str, str]) -> dict[str, str]:
    """算術照交工作的那台電腦（``settings``），不照工作行程自己的；套件就是工作行程用的那一份。"""
    paths = [str(Path(__file__).resolve().parents[1]), os.environ.get("PYTHONPATH", "")]
    kept = {name: value for name, value in os.environ.items() if name not in arithmetic.AVX2_ONLY}
    return kept | settings | {"PYTHONPATH": os.pathsep.join(path for path in paths if path)}


_idle: list[Child] = []
_busy: list[Child] = []
_lock = threading.Lock()


def in_child(run: str, settings: dict[str, str], shared: bytes, task: bytes) -> Answer:
    """在子行程做一件工作；同一次執行（``run``）的子行程做完會再用，載入套件的時間只花一次。"""
    child = _borrow(run, settings, _teller(run))
    answer = child.ask(shared, task)
    with _lock:
        _busy.remove(child)
        if answer.outcome == "died":
            return answer
        child.timer = threading.Timer(IDLE_SECONDS, _retire, (child,))
        child.timer.daemon = True
        child.timer.start()
        _idle.append(child)
    return answer


def close(run: str) -> None:
    """一次執行結束（或中斷）：它的子行程全部結束，包括正在做的。"""
    with _lock:
        mine = [child for child in (*_idle, *_busy) if child.run == run]
        _idle[:] = [child for child in _idle if child.run != run]
    for child in mine:
        child.close()


def topic(run: str) -> str:
    """一次執行的進度，在 Dask 的事件裡叫什麼。"""
    return f"vae-progress-{run}"


def _teller(run: str) -> Callable[[str], Any]:
    """把一句話經過排程器交給正在看進度的電腦；不是在 Dask 的工作行程裡，就不說。"""
    try:
        from distributed import get_worker

        worker = get_worker()
    except (ImportError, ValueError):
        return lambda said: None
    return lambda said: worker.log_event(topic(run), said)


def _borrow(run: str, settings: dict[str, str], tell: Callable[[str], Any]) -> Child:
    with _lock:
        child = next((child for child in _idle if child.run == run), None)
        if child is None:
            child = Child(run, settings, tell)
        else:
            _idle.remove(child)
            if child.timer is not None:
                child.timer.cancel()
        _busy.append(child)
    return child


def _retire(child: Child) -> None:
    with _lock:
        if child not in _idle:
            return
        _idle.remove(child)
    child.close()


# ---- 子行程 ----------------------------------------


def serve() -> None:
    """子行程的主迴圈：收一件、做一件、答一件，直到標準輸入斷掉。"""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # 訓練時印的字不可以混進回答
    waiting: queue.Queue[list[bytes]] = queue.Queue()
    threading.Thread(target=_receive, args=(waiting,), daemon=True).start()
    while True:
        _write(answers, *_do(*waiting.get()))


def _receive(waiting: "queue.Queue[list[bytes]]") -> None:
    """標準輸入斷了，就是工作行程死了：正在訓練也立刻停。"""
    try:
        while True:
            waiting.put(_read(sys.stdin.buffer, 2))
    except (OSError, EOFError):
        os._exit(0)


def _do(shared: bytes, task: bytes) -> tuple[bytes, bytes]:
    try:
        number, function, places, own = pickle.loads(task)
        arguments = joined(pickle.loads(shared) if shared else [], places, own)
        return b"done", _pickled(arithmetic.with_one_thread(number, function, *arguments))
    except Exception as error:
        return b"error", _pickled(error)


def joined(common: Sequence[Any], places: Sequence[int], rest: Sequence[Any]) -> list[Any]:
    """每一組都有的引數放回它們的位置，與其餘的合成原來的一組。"""
    arguments = list(rest)
    for place, value in zip(places, common, strict=True):
        arguments.insert(place, value)
    return arguments


def _pickled(value: Any) -> bytes:
    return pickle.dumps(value, protocol=5)


# ---- 一段一段的位元組 ----------------------------------------


def _write(stream: IO[bytes], *parts: bytes) -> None:
    for part in parts:
        stream.write(LENGTH.pack(len(part)))
        stream.write(part)
    stream.flush()


def _read(stream: IO[bytes], count: int) -> list[bytes]:
    """讀 ``count`` 段；中途斷了引發 ``EOFError``。"""
    return [_exactly(stream, LENGTH.unpack(_exactly(stream, LENGTH.size))[0]) for _ in range(count)]


def _exactly(stream: IO[bytes], size: int) -> bytes:
    content = stream.read(size)
    if len(content) < size:
        raise EOFError
    return content
