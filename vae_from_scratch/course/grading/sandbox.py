"""學生的行程關在哪裡：四個等級，由嚴到寬，用得到的最嚴的那一個。

每一個等級都限制記憶體、CPU 時間、行程數、檔案大小；差別在看得到什麼、碰得到誰：

- 等級 4 bubblewrap、等級 3 命名空間：看不到解答、檔案、網路與別的行程，沒有可以寫的地方；
- 等級 2 另一個使用者：碰不到評分的行程，看得到每個人都能讀的檔案，連得到網路；
- 等級 1 只有上限：與評分的行程是同一個使用者，信得過的檔案才用。
"""

import json
import os
import secrets
import shutil
import subprocess
import sys
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
MEMORY = 1_000_000_000
DEVICES = [path for path in ("/dev/null", "/dev/zero", "/dev/urandom", "/dev/random") if os.path.exists(path)]
ENVIRONMENT = {
    "LANG": "C.UTF-8", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1",
    "PYTHONHASHSEED": "0",
}  # fmt: skip


class Level(IntEnum):
    """關得多緊；數字越大越緊。"""

    LIMITS = 1
    USER = 2
    NAMESPACES = 3
    BUBBLEWRAP = 4

    @property
    def title(self) -> str:
        """報告裡的名字。"""
        return {1: "只有用量上限", 2: "另一個使用者", 3: "命名空間", 4: "bubblewrap"}[self]


UNTRUSTED = Level.NAMESPACES  # --untrusted 至少要這一級


@dataclass(frozen=True)
class Limits:
    """一個 worker 的用量上限：位元組與 CPU 秒。"""

    memory: int = MEMORY
    seconds: int = 60


@dataclass
class Process:
    """啟動了的 worker。"""

    popen: subprocess.Popen[bytes]

    def kill(self) -> None:
        """殺掉整個行程群組，收屍。"""
        try:
            if hasattr(os, "killpg"):
                os.killpg(self.popen.pid, 9)
            else:
                self.popen.kill()
        except (ProcessLookupError, PermissionError):
            self.popen.kill()
        self.popen.wait()
        for stream in (self.popen.stdin, self.popen.stdout, self.popen.stderr):
            if stream:
                stream.close()


def start(level: Level, limits: Limits | None = None) -> Process:
    """在這個等級啟動一個 worker；起不來由第一則訊息看得出來（讀到檔尾）。"""
    popen = subprocess.Popen(
        _command(level, limits or Limits()), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL, bufsize=0, env=_environment(), cwd="/" if os.name == "posix" else None,
        start_new_session=True,
    )  # fmt: skip
    return Process(popen)


def _environment() -> dict[str, str]:
    """worker 的環境變數：不給它 HOME、憑證與別的東西。"""
    needed = {
        name: os.environ[name] for name in ("SYSTEMROOT",) if name in os.environ
    }  # Windows 少了它起不來
    return ENVIRONMENT | needed


def _command(level: Level, limits: Limits) -> list[str]:
    inside = level >= Level.NAMESPACES
    settings: dict[str, Any] = {
        "memory": limits.memory,
        "seconds": limits.seconds,
        "file": 0,
        "packages": "/packages" if inside else str(_packages()),
        "uid": _nobody() if level >= Level.USER else None,
    }
    worker = "/grader/worker.py" if inside else str(HERE / "worker.py")
    command = [*python(), worker, json.dumps(settings)]
    if level == Level.BUBBLEWRAP:
        return [*_bubblewrap(), *command]
    if level == Level.NAMESPACES:
        plan = {"root": _mount_point(), "files": _visible(), "devices": DEVICES, "command": command}
        return [*python(), str(HERE / "launch.py"), json.dumps(plan)]
    return command


def _mount_point() -> str:
    """新的根目錄暫時掛在哪裡：一個本來就有、裡面沒有要用的東西的資料夾，什麼也不必在磁碟上建。"""
    used = [Path(source) for source, _ in _visible() if source]
    places = [Path(name) for name in ("/mnt", "/srv", "/media", "/opt", "/home", "/var", "/tmp")]
    free = (
        place for place in places if place.is_dir() and not any(one.is_relative_to(place) for one in used)
    )
    return str(next(free, Path("/mnt")))


def python() -> list[str]:
    """不看環境變數、不看 site-packages 與 .pth、不寫 .pyc 的 Python。"""
    return [os.path.realpath(sys.executable), "-I", "-S", "-B", "-X", "utf8"]


def _nobody() -> int | None:
    """一個沒有人用的使用者號碼，一個 worker 一個；不是 root 就換不了。"""
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    return 1_000_000_000 + secrets.randbelow(1_000_000_000) if root else None


def _packages() -> Path:
    import numpy as np  # 殺行程的人用不到

    return Path(np.__file__).resolve().parents[1]


def _visible() -> list[list[str]]:
    """關起來的地方看得到什麼：（外面的路徑, 裡面的路徑）；外面是空的表示一個空的資料夾。"""
    system = ["/usr", "/lib", "/lib64", "/lib32", "/libx32", "/etc/ld.so.cache"]
    shown = [[path, path] for path in system if os.path.lexists(path)]
    base = Path(sys.base_prefix).resolve()
    if not base.is_relative_to("/usr"):
        shown += [[str(path), str(path)] for path in _python_files(base)]
    site = _packages()
    shown += [
        [str(site / name), f"/packages/{name}"] for name in ("numpy", "numpy.libs") if (site / name).is_dir()
    ]
    shown += [[str(HERE / name), f"/grader/{name}"] for name in ("worker.py", "frames.py", "calls.py")]
    library = Path(os.__file__).resolve().parent
    return shown + [
        ["", str(library / name)] for name in ("site-packages", "dist-packages") if (library / name).is_dir()
    ]


def _python_files(base: Path) -> list[Path]:
    """不在 /usr 的 Python：執行檔，與整個 lib（conda 的 NumPy 用到那裡的程式庫）；site-packages 另外蓋掉。"""
    library = Path(os.__file__).resolve().parent
    found = [Path(os.path.realpath(sys.executable)), base / "lib"]
    return found if library.is_relative_to(base / "lib") else [*found, library]


def _bubblewrap() -> list[str]:
    """bwrap 的引數：什麼都不共用，只看得到 ``_visible`` 的東西，沒有可以寫的地方。"""
    arguments = ["--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try"]
    if _nobody() is None:
        arguments += ["--unshare-user", "--uid", "65534", "--gid", "65534"]
    else:  # root：不另開使用者命名空間，worker 才能真的換成另一個使用者，行程數的上限才算數
        arguments += ["--cap-drop", "ALL", "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
    arguments += ["--die-with-parent", "--new-session"]
    parents = {str(parent) for _, target in _visible() for parent in Path(target).parents} - {"/"}
    for parent in sorted(parents - {target for _, target in _visible()}):
        arguments += ["--dir", parent]  # 自己建，別人才進得去；bwrap 順手建的是 0700
    for source, target in _visible():
        if not source:
            arguments += ["--tmpfs", target, "--remount-ro", target]
        elif os.path.islink(source):
            arguments += ["--symlink", os.readlink(source), target]
        else:
            arguments += ["--ro-bind", source, target]
    for device in DEVICES:
        arguments += ["--dev-bind", device, device]
    return [shutil.which("bwrap") or "bwrap", *arguments, "--remount-ro", "/", "--chdir", "/", "--"]
