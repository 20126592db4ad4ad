"""這台電腦做得到哪幾級：真的啟動一個 worker 試試看，不猜。"""

import os
from functools import cache

from ..sets import CourseError
from .remote import Connection, NotStarted
from .sandbox import Level

HOW = {
    Level.BUBBLEWRAP: "安裝 bubblewrap（例如 apt install bubblewrap）",
    Level.NAMESPACES: "用允許命名空間的 Linux",
    Level.USER: "用 root 執行，而且 Python 要裝在每個人都讀得到的地方",
    Level.LIMITS: "用 Linux 或 macOS（Windows 請用 WSL）",
}


@cache
def works(level: Level) -> bool:
    """這一級的 worker 起得來、報得了到嗎？"""
    if level == Level.USER and not (hasattr(os, "geteuid") and os.geteuid() == 0):
        return False  # 不是 root 就換不了使用者
    try:
        Connection(level).close()
    except (NotStarted, AttributeError):  # 沒有 bwrap；Windows 沒有 select.poll
        return False
    return True


def best() -> Level:
    """做得到的最嚴的一級；一級也做不到引發 ``CourseError``。"""
    for level in sorted(Level, reverse=True):
        if works(level):
            return level
    raise CourseError(f"這台電腦啟動不了評分用的行程；請{HOW[Level.LIMITS]}。")


def check(level: Level) -> Level:
    """指定的那一級做得到就傳回它，否則引發 ``CourseError``，說怎麼辦。"""
    if not works(level):
        raise CourseError(
            f"等級 {int(level)}（{level.title}）在這台電腦做不到；請{HOW[level]}，或不要指定 --level。"
        )
    return level
