"""測試用的小課程：一組兩個函式，5 分；與這台電腦做得到什麼。"""

import contextlib
import errno
import platform
import subprocess
import sys
import time
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from vae_from_scratch.course.generate import to_exercise
from vae_from_scratch.course.grading import levels
from vae_from_scratch.course.grading.remote import Lost, RemoteSubmission
from vae_from_scratch.course.grading.sandbox import Level
from vae_from_scratch.course.sets import ExerciseSet

NAP = 618.03  # 秒；別的程式不會剛好睡這麼久，也比下面等的久
SOLUTION = '''"""練習 ex01：兩個函式（第 1 章，5 分）"""


def double(x):
    ### BEGIN SOLUTION
    return 2 * x
    ### END SOLUTION


def square(x):
    ### BEGIN SOLUTION
    return x * x
    ### END SOLUTION
'''

TESTS = '''
from vae_from_scratch.course.testing import check, points


@points(2)
def test_double(target, draw):
    """兩倍"""
    for x in (3.0, draw.normal(2, 3)):
        check(target.double, {"x": x}, x + x, wrong={"你加了 2，不是乘 2": lambda x: x + 2})


@points(3)
def test_square(target, draw):
    """平方"""
    for x in (3.0, draw.normal(4)):
        check(target.square, {"x": x}, x**2)
'''


def each_level(least: Level = Level.LIMITS) -> list[Any]:
    """每一級各一項；這台電腦做不到的略過，總結裡看得到是哪幾級。最寬的一級處處都要做得到。"""
    return [
        pytest.param(
            level,
            id=level.name.lower(),
            marks=pytest.mark.skipif(
                level > Level.LIMITS and not levels.works(level),
                reason=f"這台電腦做不到等級 {int(level)}（{level.title}）",
            ),
        )
        for level in Level
        if level >= least
    ]


CALL_SOCKET = """
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
def socket():
    return [libc.syscall(41, -1, -1, -1), ctypes.get_errno()]
"""


@cache
def filters() -> bool:
    """這台電腦裝得上系統呼叫的過濾嗎？叫一次 socket，看它是不是被拒絕。"""
    if sys.platform != "linux" or platform.machine() != "x86_64":
        return False
    submission = RemoteSubmission(Path("a.py"), CALL_SOCKET, Level.LIMITS)
    try:
        submission.begin()
        return bool(submission.socket() == [-1, errno.EPERM])
    except Lost:
        return False
    finally:
        submission.close()


def _command_lines() -> dict[str, str]:
    """現在的每一個行程：編號 → 命令列。"""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # 剛好結束
            found[folder.name] = (
                (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            )
    if found:
        return found
    done = subprocess.run(["ps", "-ww", "-eo", "pid,args"], capture_output=True, text=True, check=True)
    return dict(line.strip().split(maxsplit=1) for line in done.stdout.splitlines() if " " in line.strip())


def listed(*words: str) -> dict[str, str]:
    """命令列裡有其中一個字的行程：編號 → 那一行。"""
    return {pid: args for pid, args in _command_lines().items() if any(word in args for word in words)}


def leftovers(seconds: float = 240) -> dict[str, str]:
    """現在看得到的 worker 與學生另開的行程裡，過了 ``seconds`` 秒還活著的。

    同時在跑的別的測試也有 worker，不過它們早就結束了。
    """
    seen = listed("worker.py {", f"sleep {NAP}")
    deadline = time.monotonic() + seconds
    while seen and time.monotonic() < deadline:
        time.sleep(0.1)
        now = listed("worker.py {", f"sleep {NAP}")
        seen = {pid: args for pid, args in seen.items() if now.get(pid) == args}
    return seen


def small_course(root: Path, tests: str = TESTS) -> ExerciseSet:
    """在 ``root`` 寫下解答、題目與檢查。"""
    chosen = ExerciseSet(root, "ex01_two")
    files = ((chosen.solution, SOLUTION), (chosen.exercise, to_exercise(SOLUTION)), (chosen.tests, tests))
    for path, text in files:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return chosen
