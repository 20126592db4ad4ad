"""讀者再打一次的命令：照他這次執行的方式寫（make、make.py、python -m），複製貼上就能用。"""

import os
import shlex
import shutil
import sys
from collections.abc import Callable
from pathlib import Path, PurePath, PurePosixPath, PureWindowsPath

from .generate import unfinished
from .sets import ExerciseSet, all_sets

#: make.py 說自己是怎麼被執行的：``make`` 或 ``py -3.13 make.py``。
BY_MAKE = "VAE_MAKE"
Rerun = Callable[[str, str], str]  # （組, 函式；空的是整組）→ 命令


def rerun_command(target: str) -> Rerun:
    """重跑一個檢查要打的命令。"""

    def command(set_name: str, function: str = "") -> str:
        options = ["-k", function] if function else []
        options += [] if target == "exercises" else ["--target", quoted(target)]
        number = str(int(set_name.removeprefix("ex")))
        make = os.environ.get(BY_MAKE, "")
        if make == "make":
            return f"make exercise N={number}" + (f' ARGS="{" ".join(options)}"' if options else "")
        start = f"{make} exercise" if make else f"{python()} -m vae_from_scratch exercises test"
        return " ".join([start, number, *options])

    return command


def command_of_pytest(tests: Path, here: Path, target: str) -> Rerun:
    """用 pytest 檢查的人，重跑也用 pytest；``here`` 是他所在的資料夾。"""
    file = quoted(os.path.relpath(tests, here))

    def command(set_name: str, function: str = "") -> str:
        only = f" -k {function}" if function else ""
        return f"{python()} -m pytest {file} --target {quoted(target)}{only}"

    return command


def onward(sets: list[ExerciseSet], target: str, rerun: Rerun) -> str:
    """滿分以後做什麼：往後找，繞一圈，還有題目沒寫的下一組。"""
    every = all_sets(sets[0].root)
    if len(sets) == len(every):
        return "每一組都滿分，全部做完了。"
    last = every.index(sets[-1]) + 1
    following = [one for one in every[last:] + every[:last] if one not in sets]
    todo = next((one for one in following if unfinished(one.file_in(target))), None)
    if todo is None:
        return f"滿分。其餘各組也都寫了；每一組的分數：\n  {python()} -m vae_from_scratch exercises list"
    file = f"{Path(target).as_posix()}/{todo.stem}.py"
    return f"滿分。下一組是{todo.title}：打開 {file}，再執行\n  {rerun(todo.name, '')}"


def python() -> str:
    """這次執行的 Python，在讀者的命令列上怎麼寫。"""
    pure = PureWindowsPath if os.name == "nt" else PurePosixPath
    return typed(pure(sys.executable), pure(os.getcwd()), shutil.which("python"))


def typed(executable: PurePath, here: PurePath, on_path: str | None) -> str:
    """啟用了虛擬環境就是 ``python``；在課程的資料夾就是相對的路徑；否則是完整的路徑。

    >>> here = PureWindowsPath(r"C:\\\\課程")
    >>> typed(here / ".venv" / "Scripts" / "python.exe", here, None)
    '.venv\\\\Scripts\\\\python.exe'
    >>> typed(PurePosixPath("/opt/bin/python"), PurePosixPath("/課程"), "/opt/bin/python")
    'python'
    """
    if on_path and type(executable)(on_path) == executable:
        return "python"
    inside = executable.is_relative_to(here)
    return quoted(str(executable.relative_to(here) if inside else executable), type(executable))


def quoted(text: str, kind: type[PurePath] | None = None) -> str:
    """有空白的路徑加上引號；PowerShell 要在前面加 ``&`` 才會執行引號裡的程式，但 cmd 不行，所以不加。"""
    windows = kind is PureWindowsPath if kind else os.name == "nt"
    if windows:
        return f'"{text}"' if " " in text else text
    return shlex.quote(text) if " " in text else text
