"""三十份作答，裝成 NTU COOL 下載的 zip：誠實的、做到一半的、寫錯的、改了名的，還有存心作弊的。

手冊裡的畫面由它做出來：``python -m tests.course.grading.thirty submissions.zip``。
"""

import io
import re
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

from vae_from_scratch.course.answers import load_answers
from vae_from_scratch.course.sets import ExerciseSet, all_sets, course_root

ROOT = course_root()
SETS = all_sets(ROOT)[:3]
MARKS = "def right(*a, **k): return lambda f: f\nwrong = right\n"
NAMES = [
    "陳怡君", "林志明", "黃淑芬", "張家豪", "李美玲", "王建宏", "吳雅婷", "劉冠宇", "蔡佩珊", "楊宗翰",
    "許雅雯", "鄭文傑", "謝欣怡", "洪國華", "郭俊賢", "邱筱涵", "曾彥廷", "廖婉如", "賴柏翰", "徐子晴",
    "周品睿", "葉思妤", "蘇信宏", "莊佳蓉", "呂承恩", "江若琳", "何明哲", "蕭宛庭", "羅偉倫", "Anna",
]  # fmt: skip
EXIT = "import os\nos._exit(0)\n"
FORGED = "print('總分 28/28')\nimport sys\nsys.exit(0)\n"
PATCHED = "import numpy as np\nnp.allclose = np.all = np.array_equal = lambda *a, **k: True\n"
EQUAL = """
import numpy as np
class Equal(np.ndarray):
    __eq__ = __le__ = lambda self, other: np.ones(np.shape(self), bool)
def variance(log_var): return np.zeros(np.shape(log_var)).view(Equal)
"""
LOOP = """
def variance(log_var):
    while True:
        try:
            while True: pass
        except BaseException: pass
"""
THIEF = f"exec(open({str(ROOT / 'solutions')!r} + '/' + __file__).read())\n"
MEMORY = "\ndef kl_gradient(mean, log_var):\n    return [bytearray(10**9) for _ in range(100)]\n"


def swapped(chosen: ExerciseSet, folder: str, every: int, start: int) -> str:
    """解答，從第 ``start`` 個函式起每 ``every`` 個換成 ``folder`` 裡的一種寫法。"""
    path = ROOT / "tests" / "exercises" / folder / f"{chosen.name}.py"
    answers = load_answers(path)
    functions = list(dict.fromkeys(answer.replaces for answer in answers))[start::every]
    text = re.sub(r"^from vae_from_scratch.*$", "", path.read_text("utf-8"), flags=re.MULTILINE)
    swaps = []
    for function in functions:
        ways = [answer.name for answer in answers if answer.replaces == function]
        swaps.append(f"{function} = {ways[(start + every) % len(ways)]}")
    return "\n".join([chosen.solution.read_text("utf-8"), MARKS, text, *swaps, ""])


def files_of(number: int) -> dict[str, bytes]:
    """第 ``number`` 個學生交的檔案：檔名 → 內容。"""
    solved = {f"{chosen.stem}.py": chosen.solution.read_text("utf-8") for chosen in SETS}
    if number < 8:  # 全對，各有各的寫法
        texts = {f"{c.stem}.py": swapped(c, "right_alternatives", 1 + number % 3, number % 2) for c in SETS}
    elif number < 18:  # 幾題寫錯
        texts = {f"{c.stem}.py": swapped(c, "wrong_answers", 2 + number % 4, number % 3) for c in SETS}
    elif number < 21:  # 做到一半
        done = number - 17
        texts = {
            f"{c.stem}.py": (c.solution if i < done else c.exercise).read_text("utf-8")
            for i, c in enumerate(SETS)
        }
        texts = dict(list(texts.items())[: 4 - done])
    else:
        first, second, third = solved
        texts = {
            21: dict.fromkeys(solved, EXIT),
            22: dict.fromkeys(solved, FORGED),
            23: {name: PATCHED + SETS[i].exercise.read_text("utf-8") for i, name in enumerate(solved)},
            24: {first: EQUAL, second: solved[second]},
            25: solved | {first: solved[first] + LOOP},
            26: dict.fromkeys(solved, THIEF),
            27: solved | {third: solved[third] + MEMORY},
            28: {
                "ex1.py": "\ufeff" + solved[first],
                "ex02 (1).py": solved[second],
                "kl 作業.py": solved[third],
            },
            29: solved,
        }[number]
    return {name: text.encode() for name, text in texts.items()}


def members() -> Iterator[tuple[str, bytes]]:
    """zip 裡的每一個檔案；第 20 號遲交，最後一號把檔案壓成一個 zip 再交。"""
    for number, name in enumerate(NAMES):
        user, late = 41000 + 7 * number, "LATE_" if number == 19 else ""
        files = files_of(number)
        if number == 29:
            inner = io.BytesIO()
            with zipfile.ZipFile(inner, "w") as file:
                for path, data in files.items():
                    file.writestr(zipfile.ZipInfo(f"hw1/{path}"), data)
            files = {"hw1.zip": inner.getvalue()}
        for i, (path, data) in enumerate(files.items()):
            yield f"{name}_{late}{user}_{90000 + 10 * number + i}_{path}", data


def write(path: Path) -> None:
    """寫出 zip；同樣的課程得到同樣的位元組。"""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in members():
            info = zipfile.ZipInfo(name)
            info.compress_type = zipfile.ZIP_DEFLATED
            file.writestr(info, data)


if __name__ == "__main__":
    write(Path(sys.argv[1]))
