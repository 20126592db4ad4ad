"""用 Linux 的命名空間把一個命令關起來；沒有 bubblewrap 的時候用。

``python -I -S launch.py 設定``：新的掛載、行程、網路、IPC 與主機名稱；根目錄是空的唯讀 tmpfs，只看得到
設定裡列的檔案，也都唯讀，沒有 /proc。不是 root 就再加一個使用者命名空間；是 root 就由 worker 自己換成沒有
權限的使用者。只用標準函式庫：它在關門以前執行。
"""

import ctypes
import json
import os
import sys
from typing import Any

NEWNS, NEWCGROUP, NEWUTS, NEWIPC = 0x20000, 0x2000000, 0x4000000, 0x8000000
NEWUSER, NEWPID, NEWNET = 0x10000000, 0x20000000, 0x40000000
RDONLY, NOSUID, NODEV, NOEXEC, REMOUNT, BIND, REC, PRIVATE = 1, 2, 4, 8, 32, 4096, 16384, 1 << 18
KEPT = {2: NOSUID, 4: NODEV, 8: NOEXEC, 1024: 1024, 2048: 2048, 4096: 1 << 21}  # statvfs 的旗標 → mount 的
DETACH = 2
libc = ctypes.CDLL(None, use_errno=True)


def main() -> None:
    """關好門，執行命令，等它結束。"""
    settings = json.loads(sys.argv[1])
    _die_with_parent()
    _unshare()
    child = os.fork()
    if child:
        _wait_and_exit(child)
    _die_with_parent()  # 這裡是新命名空間的 1 號：它一死，裡面的行程全部由核心收掉
    _build_root(settings["root"], settings["files"], settings["devices"])
    worker = os.fork()
    if worker:
        os.closerange(0, 3)  # 通道只留給 worker：它一死，評分的行程馬上知道
        _wait_and_exit(worker)
    os.execve(settings["command"][0], settings["command"], dict(os.environ))


def _check(result: int, what: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def _die_with_parent() -> None:
    libc.prctl(1, 9, 0, 0, 0)  # PR_SET_PDEATHSIG，SIGKILL


def _unshare() -> None:
    flags = NEWNS | NEWPID | NEWNET | NEWIPC | NEWUTS
    user, group = os.geteuid(), os.getegid()
    if user == 0:
        _check(libc.unshare(flags), "unshare")
        return
    _check(libc.unshare(flags | NEWUSER), "unshare")
    for name, text in (
        ("setgroups", "deny"),
        ("uid_map", f"65534 {user} 1"),
        ("gid_map", f"65534 {group} 1"),
    ):
        with open(f"/proc/self/{name}", "w") as file:
            file.write(text)
    _die_with_parent()  # 換了身分，上一次的設定會被清掉


def _mount(source: str, target: str, kind: str, flags: int, data: str = "") -> None:
    encoded = [text.encode() for text in (source, target, kind, data)]
    _check(
        libc.mount(encoded[0], encoded[1], encoded[2], ctypes.c_ulong(flags), encoded[3]), f"mount {target}"
    )


def _build_root(root: str, files: list[list[str]], devices: list[str]) -> None:
    """空的根目錄，掛上要看得到的東西，全部唯讀，再把原來的根目錄拿掉。"""
    _mount("none", "/", "", REC | PRIVATE)
    _mount("tmpfs", root, "tmpfs", NOSUID | NODEV, "size=256k,nr_inodes=2k,mode=755")
    for source, target in files:
        _bind(source, root + target, RDONLY | NOSUID | NODEV)
    for device in devices:
        _bind(device, root + device, NOSUID | NOEXEC)
    os.chdir(root)
    _check(libc.pivot_root(b".", b"."), "pivot_root")
    _check(libc.umount2(b".", DETACH), "umount")
    os.chdir("/")
    _mount("none", "/", "", REMOUNT | BIND | RDONLY | NOSUID | NODEV)


def _bind(source: str, target: str, flags: int) -> None:
    """掛上一個檔案或資料夾；``source`` 是空的表示一個空的資料夾，是連結就照樣做一個連結。"""
    os.makedirs(os.path.dirname(target), exist_ok=True)
    if not source:
        _mount("tmpfs", target, "tmpfs", RDONLY | NOSUID | NODEV, "size=4k,mode=755")
        return
    if os.path.islink(source):
        os.symlink(os.readlink(source), target)
        return
    if os.path.isdir(source):
        os.makedirs(target, exist_ok=True)
    else:
        open(target, "a").close()
    _mount(source, target, "", BIND | REC)
    old = os.statvfs(target).f_flag
    kept = sum(mount for stat, mount in KEPT.items() if old & stat)
    _mount("none", target, "", REMOUNT | BIND | flags | kept)


def _wait_and_exit(child: int) -> Any:
    """等一個子行程結束，照它的樣子結束；途中順便收走孤兒。"""
    while True:
        pid, status = os.wait()
        if pid == child:
            code = os.waitstatus_to_exitcode(status)
            os._exit(code if code >= 0 else 128 - code)


if __name__ == "__main__":
    main()
