"""交上來的每一個檔案是誰的：由平台的命名、資料夾或檔名裡的學號看。

平台的命名（NTU COOL、Moodle、Gradescope）一定是一個人。自己收的檔案只能用看的：同一組有好幾份，放在不同的
資料夾，或檔名前後寫了不同的名字，處處都這樣就是好幾個人；只有幾處這樣，分不出是好幾個人還是好幾版，就不改。
"""

import re
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath

from ..sets import CourseError

#: NTU COOL（Canvas）：姓名_[LATE_]使用者_檔案_原來的檔名；直接打字交的是 姓名_使用者_text.html。
CANVAS = re.compile(
    r"(?P<name>[^/]+?)_(?:LATE_)?(?P<user>\d+)_(?:\d+_(?P<file>[^/]+)|(?P<typed>(?:text|link)\.html))"
)
#: Moodle：姓名_編號_assignsubmission_file[_原來的檔名]；直接打字交的是 onlinetext。
MOODLE = re.compile(r"(?P<name>.+?_\d+)_assignsubmission_(?:file|onlinetext)_?(?P<file>.*)")
GRADESCOPE = re.compile(r"submission_\d+")
SET = re.compile(r"(?<![a-z0-9])ex[ _-]?0*(\d{1,2})(?!\d)", re.IGNORECASE)
#: 說的是第幾版、哪一次作業，不是誰。
VERSION = re.compile(
    r"(?:v|ver|version|hw|homework|assignment|lab|ch|week|part|try)\d{0,3}|20\d{6}|第.{1,2}[版次週章組題]"
    r"|my|old|new|final|last|end|copy|of|backup|bak|draft|fixed|answers?|exercises?|src|code|work|submit|vae"
    r"|作業|習題|練習|作答|答案|複製|複本|副本|最後|最終|最新|新版?|舊版?|備份|修正|修改|完成|更新|補交|重交|遲交|我的",
    re.IGNORECASE,
)
NOT_ANSWERS = {"conftest.py", "__init__.py", "setup.py"}
DOCUMENTS = (".docx", ".doc", ".odt", ".pages", ".pdf", ".rtf", ".rar", ".7z", ".tar", ".gz", ".tgz")
ID = re.compile(r"\d{4,}|[\u4e00-\u9fff]")  # 寫在 exNN 後面的，像學號或中文才當成名字：其餘是題目的名字


def owner_of(path: str) -> tuple[str, str, bool]:
    """一個檔案是誰的、去掉那一段之後的路徑、是不是平台說的；看不出來就是空的名字。"""
    folder, slash, rest = path.partition("/")
    if slash:
        found = MOODLE.fullmatch(folder)
        return (found["name"] if found else folder), rest, bool(found or GRADESCOPE.fullmatch(folder))
    if found := MOODLE.fullmatch(path):
        return found["name"], found["file"], True
    if found := CANVAS.fullmatch(path):
        return f"{found['name']}_{found['user']}", found["file"] or found["typed"], True
    return "", path, False


def people(guessed: Mapping[str, Sequence[str]]) -> set[str]:
    """看資料夾猜的每個人名下的路徑 → 哪些名字底下其實有好幾個人，要照 ``part_of`` 再分。

    分不出來引發 ``CourseError``，說是哪幾個檔案、怎麼放才分得出來。
    """
    answers = {owner: [path for path in paths if is_answer(path)] for owner, paths in guessed.items()}
    answers = {owner: paths for owner, paths in answers.items() if paths}
    crowded = {owner: several for owner, paths in answers.items() if (several := _several(paths))}
    if not crowded:
        return set()
    names = [part for paths in answers.values() for part in {part_of(path) for path in paths}]
    nobody = {
        owner: [path for path in guessed[owner] if like_answer(path) and not part_of(path)]
        for owner in crowded
    }
    if len(crowded) < len(answers) or any(nobody.values()) or len(set(names)) < len(names):
        owner = next((owner for owner in crowded if nobody[owner]), next(iter(crowded)))
        shown = [f"{owner}/{path}" if owner else path for path in [*nobody[owner], *crowded[owner]]]
        shown = list(dict.fromkeys(shown))
        raise CourseError(
            f"分不出是幾個人：{'、'.join(shown[:4])}{' 等檔案' if len(shown) > 4 else ''}。不同的人交的，"
            "就一人放一個資料夾，好幾班一班一班給；同一個人交的，只留要改的那一個檔案。"
        )
    return set(answers)


def _several(paths: Sequence[str]) -> list[str]:
    """同一組有好幾個人的檔案：那一組的每一個；沒有這樣的組是空的。"""
    groups: dict[str, list[str]] = {}
    for path in paths:
        found = SET.search(PurePosixPath(path).name)
        if found or path.lower().endswith(".zip"):
            groups.setdefault(found[1] if found else ".zip", []).append(path)
    return next((group for group in groups.values() if len({part_of(path) for path in group} - {""}) > 1), [])


def part_of(path: str) -> str:
    """路徑裡像是名字的一段：最外面的資料夾，或檔名裡 exNN 前後的學號、姓名；看不出來是空的。"""
    folder, slash, _ = path.partition("/")
    if slash:
        return "" if all(map(VERSION.fullmatch, _words(folder))) else folder
    stem, found = re.sub(r"(?:\.[a-z]+)+$", "", path, flags=re.IGNORECASE), SET.search(path)
    if found is None:
        before, after = (stem if path.lower().endswith(".zip") else ""), ""
    else:
        before, after = stem[: found.start()], stem[found.end() :]
    words = _words(before) + [word for word in _words(after) if ID.search(word)]
    return "_".join(word for word in words if not VERSION.fullmatch(word))


def _words(text: str) -> list[str]:
    return [word for word in re.split(r"[\s_.()（）-]+", text) if word]


def is_answer(path: str) -> bool:
    """可能是作答的：``.py`` 或裝著它們的 ``.zip``；``conftest.py`` 之類的不是。"""
    return path.lower().endswith((".py", ".zip")) and PurePosixPath(path).name not in NOT_ANSWERS


def a_document(path: str) -> bool:
    """可能是一個人交的全部：像作答的，或一份文件、別種壓縮檔；圖與資料不算。"""
    return like_answer(path) or path.lower().endswith(DOCUMENTS)


def like_answer(path: str) -> bool:
    """看起來是要交的，能不能收是另一回事：筆記本、``ex01….py.txt``、``ex01….docx``。"""
    name = PurePosixPath(path).name
    return is_answer(path) or name.lower().endswith((".ipynb", ".py.txt")) or bool(SET.search(name))
