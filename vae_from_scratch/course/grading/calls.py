"""worker 不准用的系統呼叫（Linux x86-64 的 seccomp）：開行程、送訊號、網路、寫檔案、共享記憶體、掛載……

四個等級都裝；裝好以後拿不掉，子行程也逃不掉。算一組練習只需要讀檔案與配置記憶體。別的處理器不裝：
系統呼叫的號碼不同，裝錯了連誠實的檔案也跑不動。只用標準函式庫。
"""

import ctypes
import platform
import sys

ALLOW, KILL, DENIED, MISSING = 0x7FFF0000, 0x80000000, 0x00050001, 0x00050026  # 拒絕是 EPERM，不認得是 ENOSYS
LOAD, EQUAL, AT_LEAST, ANY_BIT, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
X86_64, X32 = 0xC000003E, 0x40000000
WRITES = 0o3 | 0o100 | 0o1000  # O_WRONLY、O_RDWR、O_CREAT、O_TRUNC

#: 一律拒絕的，依用途分組。
FORBIDDEN = {
    "開行程與執行緒": (56, 57, 58, 59, 322),
    "訊號與別的行程": (62, 129, 200, 234, 297, 424, 434, 101, 310, 311, 302, 160, 141, 203, 438),
    "網路": (41, 42, 43, 44, 46, 49, 50, 53, 288, 307),
    "共享記憶體與訊息": (29, 30, 31, 64, 66, 68, 71, 240, 241, 319, 447),
    "改檔案": (76, 77, 82, 83, 84, 85, 86, 87, 88, 90, 91, 92, 93, 94, 132, 133, 188, 189, 190, 235, 258, 259,
             260, 261, 263, 264, 265, 266, 268, 280, 285, 316, 452),
    "命名空間與掛載": (155, 161, 165, 166, 167, 272, 308, 428, 429, 430, 431, 432, 442),
    "核心": (164, 169, 170, 175, 248, 249, 250, 298, 313, 321, 323, 425, 426, 427),
}  # fmt: skip
#: 假裝核心沒有的：程式庫會退回舊的那一個，再被上面拒絕。
UNKNOWN = (435, 437)  # clone3、openat2
#: 打開檔案的：（號碼, 旗標是第幾個引數）；只准讀。
OPENS = ((2, 1), (257, 2))

Instruction = tuple[int, int, int, int]


class _Filter(ctypes.Structure):
    _fields_ = [
        ("code", ctypes.c_ushort),
        ("jt", ctypes.c_ubyte),
        ("jf", ctypes.c_ubyte),
        ("k", ctypes.c_uint),
    ]


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.POINTER(_Filter))]


def program() -> list[Instruction]:
    """過濾的程式：（指令, 成立時跳幾步, 不成立時跳幾步, 數字）。"""
    steps: list[Instruction] = [
        (LOAD, 0, 0, 4), (EQUAL, 1, 0, X86_64), (RETURN, 0, 0, KILL),  # 別的架構的入口繞不過去
        (LOAD, 0, 0, 0), (AT_LEAST, 0, 1, X32), (RETURN, 0, 0, KILL),
    ]  # fmt: skip
    for answer, numbers in ((DENIED, sum(FORBIDDEN.values(), ())), (MISSING, UNKNOWN)):
        for number in numbers:
            steps += [(EQUAL, 0, 1, number), (RETURN, 0, 0, answer)]
    for number, argument in OPENS:
        flags = 16 + 8 * argument
        steps += [
            (EQUAL, 0, 4, number), (LOAD, 0, 0, flags), (ANY_BIT, 0, 1, WRITES),
            (RETURN, 0, 0, DENIED), (RETURN, 0, 0, ALLOW),
        ]  # fmt: skip
    return [*steps, (RETURN, 0, 0, ALLOW)]


def forbid() -> bool:
    """裝上過濾；要先設好 ``PR_SET_NO_NEW_PRIVS``。裝得上傳回 True。"""
    if sys.platform != "linux" or platform.machine() != "x86_64" or sys.maxsize < 2**32:
        return False
    steps = program()
    filters = (_Filter * len(steps))(*(_Filter(*step) for step in steps))
    whole = _Program(len(steps), filters)
    libc = ctypes.CDLL(None, use_errno=True)
    return bool(libc.prctl(22, 2, ctypes.byref(whole), 0, 0) == 0)  # PR_SET_SECCOMP、SECCOMP_MODE_FILTER
