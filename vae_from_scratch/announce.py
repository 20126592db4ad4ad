"""訓練的行程說自己走到哪裡：一個訓練週期（至多）一個 UDP 封包，送給本機正在顯示進度的行程（第 8 章）。

封包送出去就不管了：沒有人聽、佇列滿了、顯示的行程被殺掉，訓練都不等也不停，磁碟與系統裡也沒有東西要收拾。
聽的地方寫在環境變數 ``VAE_PROGRESS``（「埠:暗號」），子行程由環境得知；沒有設定就什麼也不送。
"""

import os
import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cache

VARIABLE = "VAE_PROGRESS"
#: 這個行程正在做第幾件工作、這件工作的第幾次訓練；不在 ``item`` 裡面就是 −1，什麼也不送。
_now = {"item": -1, "training": -1}
_sent = {"at": 0.0}
LEAST_SECONDS = 0.05


@contextmanager
def item(number: int) -> Iterator[None]:
    """這個區塊在做第 ``number`` 件工作；開始與結束各說一聲。"""
    before = dict(_now)
    _now.update(item=number, training=-1)
    _say("begin")
    try:
        yield
    finally:
        _say("end")
        _now.update(before)


def training(done: int, epochs: int, rows: int) -> None:
    """一次新的訓練：要走 ``epochs`` 個訓練週期，每個週期 ``rows`` 列；由檢查點接續的，``done`` 個走完了。"""
    _now["training"] += 1
    _sent.update(at=time.monotonic())
    _say("epoch", _now["training"], done, epochs, rows)


def epoch(done: int, epochs: int, rows: int) -> None:
    """走完第 ``done`` 個訓練週期。說的是累計的數，掉了一個封包，下一個就補回來。

    很小的表一個週期不到一毫秒，不必每次都說：離上一次不到 ``LEAST_SECONDS`` 秒就省下，最後一個週期一定說。
    """
    if done < epochs and time.monotonic() - _sent["at"] < LEAST_SECONDS:
        return
    _sent.update(at=time.monotonic())
    _say("epoch", _now["training"], done, epochs, rows)


def relay(said: str) -> None:
    """別的電腦上的行程說的一句（去掉暗號的封包），替它說給這台電腦上正在聽的。"""
    _send(said.split())


def _say(kind: str, *numbers: int) -> None:
    if _now["item"] >= 0:
        _send([kind, _now["item"], *numbers])


def _send(words: Sequence[object]) -> None:
    where = os.environ.get(VARIABLE)
    if not where:
        return
    port, _, secret = where.partition(":")
    with suppress(OSError, ValueError, OverflowError):  # 進度送不到，訓練照樣走
        _socket().sendto(" ".join(map(str, (secret, *words))).encode(), ("127.0.0.1", int(port)))


@cache
def _socket() -> socket.socket:
    sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sender.setblocking(False)
    return sender
