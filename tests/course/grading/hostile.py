"""存心作弊、弄壞、拖住評分的檔案，與各自該得的分數。

小課程只有兩個函式：``double``（2 分）與 ``square``（3 分）。除了另外寫明的，``double`` 在作弊、``square`` 沒寫，
所以該得 0 分。``least`` 是擋得住它的最寬的等級：更寬的等級（見手冊的威脅模型）不試。
``{root}`` 換成課程的資料夾、``{port}`` 換成有人在聽的埠、``{mark}`` 換成不該被寫的檔案、
``{nap}`` 換成背景的行程要睡的秒數：攻擊的人什麼路徑都知道。
"""

from typing import NamedTuple

from vae_from_scratch.course.grading.sandbox import Level

ANY, USER, SPACES = Level.LIMITS, Level.USER, Level.NAMESPACES


class Hostile(NamedTuple):
    """一個檔案的內容、該得幾分、擋得住它的最寬的等級。"""

    source: str | bytes
    score: int = 0
    least: Level = ANY


SOLUTION = "def double(x):\n    return 2 * x\n\n\ndef square(x):\n    return x * x\n"
FIND_THE_CHANNEL = """
import os, struct
def channel():
    import __main__
    import gc
    return next(o for o in gc.get_objects() if type(o).__name__ == "Channel")
"""

#: 靠系統呼叫的過濾就擋得住的：有過濾的電腦上，每一級都試。
FILTERED = {
    "行程炸彈",
    "留下背景的行程",
    "另開行程",
    "執行緒炸彈",
    "放寬上限",
    "網路",
    "殺掉評分的行程",
    "殺掉所有的行程",
    "附身評分的行程",
    "寫檔案",
    "寫滿磁碟",
    "做連結與管線",
    "另開使用者命名空間再掛載",
    "佔滿共享記憶體",
    "藏在匿名的檔案裡",
}

HOSTILE: dict[str, Hostile] = {
    # ---- 結束
    "載入時結束，結束碼 0": Hostile("import os; os._exit(0)"),
    "載入時 exit": Hostile("import sys; sys.exit(0)"),
    "載入時印滿分再結束": Hostile("import os; print('總分 5/5', flush=True); os._exit(0)"),
    "函式裡結束": Hostile("import os\ndef double(x): os._exit(0)\ndef square(x): return x * x", 3),
    "函式裡 exit": Hostile("def double(x): raise SystemExit(0)\ndef square(x): return x * x", 3),
    "函式裡 KeyboardInterrupt": Hostile("def double(x): raise KeyboardInterrupt\ndef square(x): return x * x", 3),
    "函式裡 GeneratorExit": Hostile("def double(x): raise GeneratorExit"),
    "離開時改結束碼": Hostile("import atexit, os\natexit.register(os._exit, 0)\ndef double(x): return 0 * x"),
    "物件消失時結束": Hostile("import os\nclass D:\n    def __del__(self): os._exit(0)\ndef double(x):\n    D(); return 2 * x"),
    "每次都當掉": Hostile("import os\ndef double(x): os.abort()\ndef square(x): os.abort()"),
    # ---- 停不下來
    "載入時無窮迴圈": Hostile("while True: pass"),
    "函式裡無窮迴圈": Hostile("def double(x):\n    while True: pass\ndef square(x): return x * x", 3),
    "吞掉例外的迴圈": Hostile(
        "def double(x):\n    while True:\n        try:\n            while True: pass\n        except BaseException: pass"
    ),
    "關掉鬧鐘": Hostile(
        "import signal\nfor s in range(1, 64):\n    try: signal.signal(s, signal.SIG_IGN)\n    except (OSError, ValueError): pass\n"
        "def double(x):\n    while True: pass",
    ),
    "睡著": Hostile("import time\ndef double(x): time.sleep(1e9)"),
    "把自己停住": Hostile("import os, signal\ndef double(x): os.kill(os.getpid(), signal.SIGSTOP)"),
    "走訪沒有盡頭的串列": Hostile("class L(list):\n    def __iter__(self):\n        while True: yield 0\ndef double(x): return L([1])"),
    "訊息寫不完的例外": Hostile("class E(Exception):\n    def __str__(self):\n        while True: pass\ndef double(x): raise E"),
    # ---- 用量
    "一大塊記憶體": Hostile("def double(x): return bytearray(10**11)"),
    "慢慢吃光記憶體": Hostile("def double(x):\n    a = []\n    while True: a.append(bytearray(10**7))\ndef square(x): return x * x", 3),
    "載入時吃光記憶體": Hostile("a = []\nwhile True: a.append(bytearray(10**7))"),
    "看似很大的陣列": Hostile("import numpy as np\ndef double(x): return np.broadcast_to(1.0, (10**9,))"),
    "裝不下的陣列": Hostile("import numpy as np\ndef double(x): return np.zeros(10**6)"),
    "一千萬個數的串列": Hostile("def double(x): return [0.5] * 10**7"),
    "一億個字": Hostile("def double(x): return 'x' * 10**8"),
    "一億個字的例外": Hostile("def double(x): raise ValueError('x' * 10**8)"),
    "遞迴到底": Hostile("import sys\nsys.setrecursionlimit(10**9)\ndef double(x): return double(x)\ndef square(x): return x * x", 3),
    "行程炸彈": Hostile("import os\ndef double(x):\n    while True: os.fork()", least=USER),
    "留下背景的行程": Hostile("import os, time\nif os.fork() == 0:\n    os.setsid()\n    time.sleep(600)\n    os._exit(0)\ndef double(x): return 2 * x", least=USER),
    "另開行程": Hostile("import subprocess\nsubprocess.Popen(['sleep', '{nap}'])\ndef double(x): return 2 * x", least=USER),
    "執行緒炸彈": Hostile("import threading, time\ndef double(x):\n    while True: threading.Thread(target=time.sleep, args=(60,)).start()", least=USER),
    "放寬上限": Hostile("import resource\nresource.setrlimit(resource.RLIMIT_AS, (-1, -1))\ndef double(x): return 2 * x", least=USER),
    # ---- 當掉
    "讀位址 0": Hostile("import ctypes\ndef double(x): return ctypes.string_at(0)\ndef square(x): return x * x", 3),
    "改掉 numpy 的記憶體": Hostile("import ctypes, numpy as np\ndef double(x):\n    ctypes.memset(id(np.ndarray), 0, 200); return x"),
    # ---- 假裝相等
    "np.allclose 永遠是真": Hostile("import numpy as np\nnp.allclose = np.array_equal = np.all = lambda *a, **k: True\ndef double(x): return 0 * x"),
    "內建的函式換掉": Hostile("import builtins\nbuiltins.all = builtins.any = lambda *a: True\nbuiltins.abs = lambda x: 0\ndef double(x): return 0 * x"),
    "等於一切的陣列": Hostile(
        "import numpy as np\nclass A(np.ndarray):\n    def __eq__(self, o): return np.ones(self.shape, bool)\n"
        "    def __array_ufunc__(self, *a, **k): return np.zeros(self.shape)\n"
        "    shape = property(lambda self: (2, 3))\ndef double(x): return np.zeros(np.shape(x)).view(A)"
    ),
    "等於一切的數": Hostile("class F(float):\n    __eq__ = __le__ = __lt__ = lambda s, o: True\n    __sub__ = __rsub__ = lambda s, o: 0.0\ndef double(x): return F(0)"),
    "用到才算的物件": Hostile("class Lazy:\n    def __array__(self, *a, **k): raise SystemExit(0)\n    __class__ = float\ndef double(x): return Lazy()"),
    "型別說謊": Hostile("import numpy as np\nclass T:\n    __class__ = np.ndarray\n    dtype = np.dtype(float); shape = (2, 3)\ndef double(x): return T()"),
    "什麼都有的物件": Hostile("class All:\n    def __getattr__(self, n): return self\n    def __call__(self, *a, **k): return self\n    def __len__(self): return 3\ndouble = square = All()"),
    "包含自己的串列": Hostile("def double(x):\n    a = []\n    a.append(a)\n    return a"),
    "產生器": Hostile("def double(x): yield 2 * x"),
    "協程": Hostile("async def double(x): return 2 * x"),
    "不是函式": Hostile("double = 6.0\nsquare = [1, 2]"),
    # ---- 值
    "nan": Hostile("def double(x): return x * float('nan')"),
    "無限大": Hostile("def double(x): return x * float('inf')"),
    "複數": Hostile("def double(x): return 2 * x + 0j"),
    "物件陣列": Hostile("import numpy as np\ndef double(x): return (2 * np.asarray(x)).astype(object)"),
    "廣播得起來的形狀": Hostile("import numpy as np\ndef double(x): return np.array([[2.0]])"),
    "一個空陣列": Hostile("import numpy as np\ndef double(x): return np.zeros((0,))"),
    "多一軸的正解": Hostile("import numpy as np\ndef double(x): return np.asarray(2 * x)[None]"),
    "布林": Hostile("def double(x): return x > -100"),
    "文字": Hostile("def double(x): return str(2 * x)"),
    "記錄陣列": Hostile("import numpy as np\ndef double(x): return np.zeros(np.shape(x), [('a', float)])"),
    "日期": Hostile("import numpy as np\ndef double(x): return np.zeros(np.shape(x), 'M8[s]')"),
    # ---- 偽造訊息
    "載入時先送回答": Hostile(FIND_THE_CHANNEL + "c = channel()\nos.write(c.answers, c.frames.dump(bytes(16), {'kind': 'returned', 'value': [6.0, {'d': []}]}))\ndef double(x): return 0 * x"),
    "往每個檔案描述元寫亂碼": Hostile("import os\ndef double(x):\n    for fd in range(64):\n        try: os.write(fd, b'\\0' * 1000)\n        except OSError: pass\n    return 2 * x"),
    "宣稱很長的訊息": Hostile(FIND_THE_CHANNEL + "def double(x):\n    c = channel(); os.write(c.answers, c.frames.HEADER.pack(b'VAE1', 2**32 - 1, 2**32 - 1, bytes(16))); return 2 * x"),
    "每個回答送兩次": Hostile(FIND_THE_CHANNEL + "C = type(channel()); send = C.send\ndef twice(self, *a):\n    send(self, *a); send(self, *a)\nC.send = twice\ndef double(x): return 2 * x\ndef square(x): return x * x"),
    "回答以後再送一段": Hostile(FIND_THE_CHANNEL + "C = type(channel()); send = C.send\ndef more(self, *a):\n    send(self, *a); os.write(self.answers, b'x' * 10)\nC.send = more\ndef double(x): return 2 * x\ndef square(x): return x * x"),
    "自稱通過": Hostile(FIND_THE_CHANNEL + "C = type(channel()); send = C.send\nC.send = lambda self, n, c, d=b'': send(self, n, {'kind': 'passed', 'score': 5, 'full': 5})\ndef double(x): return 0 * x"),
    "改掉 worker 的函式": Hostile("import __main__\n__main__.Server.call = lambda *a: ({'kind': 'returned', 'value': [None, {'d': []}]}, b'')\ndef double(x): return 0 * x"),
    "偷讀下一個要求": Hostile(FIND_THE_CHANNEL + "def double(x): return os.read(channel().requests, 10)"),
    "關掉通道": Hostile("import os\ndef double(x): os.closerange(0, 64)\ndef square(x): return x * x", 3),
    "一直問": Hostile(FIND_THE_CHANNEL + "def double(x):\n    c = channel()\n    while True: c.send(bytes(16), {'kind': 'ask', 'function': 0, 'arguments': [[], {'d': []}]})"),
    "例外的行號很大": Hostile("def double(x): raise SyntaxError('x', ('f', 10**40, 1, 'x'))"),
    "例外有落單的代理字元": Hostile("def double(x): raise ValueError('\\ud800' * 10)"),
    "例外的名字很怪": Hostile("E = type('\\ud800' * 200, (Exception,), {'__str__': lambda s: 1})\ndef double(x): raise E"),
    # ---- 偷看
    "讀解答": Hostile("try:\n    exec(open('{root}/solutions/ex01_two.py').read())\nexcept OSError:\n    def double(x): return 0 * x", least=SPACES),
    "讀檢查檔": Hostile("def double(x):\n    return float(open('{root}/tests/exercises/test_ex01_two.py').read()[:1])", least=SPACES),
    "匯入課程的套件": Hostile("import sys\nsys.path += ['{root}', '/work', '/root', '.']\nfrom vae_from_scratch.course.running import load\nfrom pathlib import Path\ndef double(x): return load(Path('{root}/solutions/ex01_two.py')).double(x)", least=SPACES),
    "找遍磁碟": Hostile("import os\nfound = [os.path.join(d, f) for d, _, fs in os.walk('/') for f in fs if f.startswith(('ex01_two', 'test_ex'))]\nif found:\n    exec(open(found[0]).read())\ndef square(x): return x * 0", least=SPACES),
    "看呼叫者的變數": Hostile("import sys\ndef double(x):\n    f = sys._getframe()\n    while f:\n        if 'expected' in f.f_locals: return f.f_locals['expected']\n        f = f.f_back\n    return 0 * x"),
    "翻遍記憶體": Hostile("import gc\ndef double(x):\n    for o in gc.get_objects():\n        if isinstance(o, dict) and 'expected' in o: return o['expected']\n    return 0 * x"),
    "讀 /proc": Hostile("import glob\nfound = glob.glob('/proc/[0-9]*/environ') + glob.glob('/proc/[0-9]*/cmdline')\ndef double(x): return 2 * x if found else 0 * x", least=SPACES),
    "讀環境變數裡的祕密": Hostile("import os\ndef double(x): return 2 * x if any(k.startswith(('HOME', 'PATH', 'VAE', 'GITHUB')) for k in os.environ) else 0 * x"),
    "網路": Hostile("import socket\ndef double(x):\n    socket.create_connection(('127.0.0.1', {port}), 2).sendall(b'leak')\n    return 2 * x", least=SPACES),
    "殺掉評分的行程": Hostile("import os\ndef double(x):\n    os.kill(os.getppid(), 9)\n    return 0 * x", least=USER),
    "殺掉所有的行程": Hostile("import os\ndef double(x): os.kill(-1, 9)\ndef square(x): return 0 * x", least=USER),
    "附身評分的行程": Hostile("import ctypes, os\ndef double(x): return 0 * x + (2 * x if ctypes.CDLL(None).ptrace(16, os.getppid(), 0, 0) == 0 else 0)", least=USER),
    # ---- 留下東西
    "佔滿共享記憶體": Hostile("import ctypes\nlibc = ctypes.CDLL(None)\ndef double(x):\n    for i in range(100):\n        n = libc.shmget(0, 5 * 10**8, 0o1600)\n        if n < 0: raise OSError\n        ctypes.memset(libc.shmat(n, 0, 0), 1, 5 * 10**8)\n    return 2 * x", least=Level.BUBBLEWRAP),
    "藏在匿名的檔案裡": Hostile("import os\ndef double(x):\n    n = os.memfd_create('x')\n    while True: os.write(n, bytes(10**7))", least=USER),
    "寫檔案": Hostile("import os\nfor p in ('{mark}', '/tmp/{name}', '/var/tmp/{name}', '/dev/shm/{name}', '{name}'):\n    try: open(p, 'w').write('x')\n    except OSError: pass\ndef double(x): return 0 * x", least=SPACES),
    "寫滿磁碟": Hostile("import os, tempfile\ndef double(x):\n    for d in ('/tmp', '/dev/shm', '/', '.'):\n        with open(os.path.join(d, '{name}'), 'wb') as f:\n            while True: f.write(bytes(10**7))", least=SPACES),
    "做連結與管線": Hostile("import os\nfor d in ('/tmp', '/', '.', '/packages', '/grader'):\n    for make in (lambda p: os.symlink('/etc/passwd', p), os.mkfifo, os.mkdir):\n        try: make(os.path.join(d, '{name}'))\n        except OSError: pass\ndef double(x): return 0 * x", least=SPACES),
    "改掉評分的程式": Hostile("import os\nfor d in ('/grader', '{root}/solutions', '/packages/numpy'):\n    try:\n        for f in os.listdir(d): open(os.path.join(d, f), 'w').write('')\n    except OSError: pass\ndef double(x): return 0 * x", least=SPACES),
    "另開使用者命名空間再掛載": Hostile("import ctypes\nlibc = ctypes.CDLL(None)\ndef double(x):\n    libc.unshare(0x10000000 | 0x20000); libc.mount(b'tmpfs', b'/usr', b'tmpfs', 0, None)\n    open('/usr/big', 'wb').write(bytes(10**6)); return 2 * x", least=SPACES),
    # ---- 抄題目
    "背下固定的題目": Hostile("def double(x): return 6.0\ndef square(x): return 9.0"),
    "先誠實再作弊": Hostile("n = [0]\ndef double(x):\n    n[0] += 1\n    return 2 * x if n[0] == 1 else 0 * x"),
    "換掉 numpy 的模組": Hostile("import sys, types\nsys.modules['numpy'] = types.ModuleType('numpy')\ndef double(x): return 0 * x"),
    "換掉匯入": Hostile("import builtins, importlib\nbuiltins.__import__ = importlib.import_module = lambda *a, **k: 1 / 0\ndef double(x): return 0 * x"),
    # ---- 檔案本身
    "有 BOM 的誠實檔案": Hostile(b"\xef\xbb\xbf" + SOLUTION.encode(), 5),
    "標明 Big5 的誠實檔案": Hostile("# -*- coding: big5 -*-\n# 中文\n".encode("big5") + SOLUTION.encode(), 5),
    "沒有標明的 Big5": Hostile("# 中文\n".encode("big5") + SOLUTION.encode()),
    "NUL": Hostile(b"x = 1\x00\n" + SOLUTION.encode()),
    "五十 MB": Hostile(b"#" * 50_000_000 + b"\n" + SOLUTION.encode()),
    "空的": Hostile(""),
    "說謊的編碼": Hostile(b"# -*- coding: no-such-codec -*-\n" + SOLUTION.encode()),
    "utf-16": Hostile(SOLUTION.encode("utf-16")),
    "太深的括號": Hostile("x = " + "(" * 5000 + ")" * 5000 + "\n" + SOLUTION),
    "一萬層的運算": Hostile("x = " + "-" * 100_000 + "1\n" + SOLUTION),
    "印個不停的誠實檔案": Hostile("import sys\nfor _ in range(300):\n    print('x' * 10**5)\n    sys.stderr.write('y' * 10**5)\n" + SOLUTION, 5),
    "誠實的檔案": Hostile(SOLUTION, 5),
}  # fmt: skip
