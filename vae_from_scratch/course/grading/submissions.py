"""交上來的東西 → 一個學生一份：一個檔案、一個人的資料夾、全班的資料夾，或平台下載的 zip。

只讀，不解壓縮到磁碟，不跟著連結走；認得 Gradescope、NTU COOL（Canvas）與 Moodle 的命名。讀進來的只有
``exNN_….py`` 的內容；沒有收的，說為什麼。交了東西的人，不論收不收得了，都有一份；什麼也沒交的人也有。
"""

import io
import os
import re
import stat
import unicodedata
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path, PurePosixPath

from ..sets import CourseError, ExerciseSet, all_sets
from .owners import GRADESCOPE, MOODLE, SET, a_document, is_answer, like_answer, owner_of, part_of, people
from .scoring import MAX_SOURCE

MAX_ENTRIES, MAX_DEPTH = 50_000, 6
MAX_INNER_ZIP = 20_000_000  # 學生把作答壓成一個 zip 再交：最多讀這麼多個位元組
IGNORED = {"__MACOSX", "__pycache__", "solutions", "tests", "node_modules", "site-packages"}
#: 壞掉的檔案與 zip 讀到一半會引發的。
UNREADABLE = (
    OSError, zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError, EOFError, ValueError
)  # fmt: skip
SHOWN = 5  # 一句話裡最多列幾個檔名
NOTHING = "沒有交任何作答"


@dataclass
class Student:
    """一個學生交的東西：組別 → 檔案的內容；``notes`` 是沒有收的檔案與原因。

    ``ranks``、``taken`` 與 ``spare`` 是同一組交了好幾個檔案時，用的是哪一個、沒有用哪些；``refused`` 不是
    ``.py``；``tried`` 是交了 ``.py`` 或 zip。
    """

    name: str
    files: dict[str, bytes] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    ranks: dict[str, tuple[float, ...]] = field(default_factory=dict, repr=False)
    taken: dict[str, str] = field(default_factory=dict, repr=False)
    spare: dict[str, list[str]] = field(default_factory=dict, repr=False)
    refused: list[str] = field(default_factory=list, repr=False)
    tried: bool = field(default=False, repr=False)


@dataclass(frozen=True)
class Entry:
    """一個檔案：相對的路徑，與怎麼讀；不能收的，``reason`` 說為什麼。資料夾的路徑以 / 結尾。"""

    path: str
    read: Callable[[int], bytes] | None
    reason: str = ""


def collect(paths: Sequence[Path], sets: list[ExerciseSet], *, one: bool = False) -> list[Student]:
    """每個 ``PATH`` 裡的學生；一個也沒有引發 ``CourseError``。名字相同的加上編號。

    ``one``：平台交來的一份，裡面有幾個資料夾都是同一個人；沒有作答是他的 0 分，不是老師打錯了路徑。
    """
    students = [student for path in paths for student in _students_in(path, sets, one)]
    if not one and not any(student.tried for student in students):
        there = [f"{student.name}/{name}" for student in students for name in student.refused]
        raise CourseError(
            f"沒有找到作答{f'；裡面是 {_listed(there)}，只收 .py' if there else ''}。"
            "請給 exNN_….py、一個人的資料夾、全班的資料夾（一人一個子資料夾）或平台下載的 zip。"
        )
    seen: dict[str, int] = {}
    for student in students:
        seen[student.name] = seen.get(student.name, 0) + 1
        if seen[student.name] > 1:
            student.name = f"{student.name}（{seen[student.name]}）"
    return students


def _listed(names: Sequence[str]) -> str:
    more = f" 等 {len(names)} 個檔案" if len(names) > SHOWN else ""
    return "、".join(map(clean, names[:SHOWN])) + more


def _students_in(path: Path, sets: list[ExerciseSet], one: bool) -> list[Student]:
    if not path.exists():
        raise CourseError(f"找不到 {path}；請檢查路徑。")
    if path.is_dir():
        return grouped(list(_walk(path)), clean(path.resolve().name), sets, one)
    if path.suffix.lower() == ".py":
        return grouped([_regular(path, path.name)], clean(path.stem), sets, one)
    try:
        with zipfile.ZipFile(path) as file:
            return grouped(list(_unzipped(file)), clean(path.stem), sets, one)
    except zipfile.BadZipFile:
        if path.suffix.lower() == ".zip" or path.open("rb").read(2) == b"PK":
            raise CourseError(f"{path} 不是完整的 zip，多半是下載到一半；請重新下載。") from None
    raise CourseError(f"{path} 不是 .py，也不是 zip；請給作答的檔案、資料夾或平台下載的 zip。")


# ---- 讀 ----------------------------------------


def _walk(folder: Path, prefix: str = "", depth: int = 0) -> Iterator[Entry]:
    """資料夾裡的檔案與資料夾，依名字排；連結、裝置、FIFO 不讀。"""
    if depth > MAX_DEPTH:
        return
    with os.scandir(folder) as found:
        entries = sorted(found, key=lambda entry: entry.name)
    for entry in entries[:MAX_ENTRIES]:
        path = f"{prefix}{entry.name}"
        if entry.is_dir(follow_symlinks=False):
            if not _ignored(entry.name):
                yield Entry(f"{path}/", None)  # 空的資料夾也是一個人
                yield from _walk(Path(entry.path), f"{path}/", depth + 1)
        elif _opened(path):
            yield _regular(Path(entry.path), path)
        elif not entry.name.startswith("."):
            yield Entry(path, None)


def _regular(file: Path, path: str) -> Entry:
    try:
        status = os.lstat(file)
    except OSError as error:
        return Entry(path, None, f"讀不到（{error.strerror}）")
    if not stat.S_ISREG(status.st_mode):
        return Entry(path, None, "不是一般的檔案（連結、裝置或管線），沒有收")
    if status.st_nlink > 1:
        return Entry(path, None, "是硬連結，沒有收；請複製成一般的檔案")
    return Entry(path, lambda most: _bytes_of(file, most))


def _bytes_of(file: Path, most: int) -> bytes:
    """最多讀 ``most`` 個位元組；檢查與打開之間被換成連結或管線，也不會跟著走或卡住。"""
    flags = (
        os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    )
    with open(os.open(file, flags), "rb") as opened:
        if not stat.S_ISREG(os.fstat(opened.fileno()).st_mode):
            raise OSError("不是一般的檔案")
        return opened.read(most)


def _unzipped(file: zipfile.ZipFile) -> Iterator[Entry]:
    """zip 裡的檔案；不解壓縮到磁碟，所以路徑裡有 .. 或開頭是 / 的也寫不到別處，一樣不收。"""
    for info in file.infolist()[:MAX_ENTRIES]:
        path = zip_name(info)
        parts = PurePosixPath(path).parts
        if not parts or any(map(_ignored, parts if info.is_dir() else parts[:-1])):
            continue
        if parts[-1].startswith("."):
            continue
        if path.startswith("/") or ".." in parts or "\\" in path or re.match(r"[A-Za-z]:", path):
            if _opened(path):
                yield Entry(parts[-1], None, "zip 裡的路徑不對，沒有收")
        elif info.is_dir() or not _opened(path):
            yield Entry(path, None)
        elif stat.S_ISLNK(info.external_attr >> 16):
            yield Entry(path, None, "是連結，沒有收")
        elif info.flag_bits & 1:
            yield Entry(path, None, "加了密碼，讀不到")
        elif info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            yield Entry(path, None, "壓縮的方式不是 zip 常用的，沒有收")
        else:
            yield Entry(path, lambda most, info=info: _member(file, info, most))  # type: ignore[misc]


def _member(file: zipfile.ZipFile, info: zipfile.ZipInfo, most: int) -> bytes:
    with file.open(info) as opened:
        return opened.read(most)


def zip_name(info: zipfile.ZipInfo) -> str:
    """zip 裡的檔名：沒有標明 UTF-8 的，Python 當成 cp437；中文 Windows 壓的其實是 cp950。"""
    if info.flag_bits & 0x800:
        return info.filename
    for encoding in ("utf-8", "cp950"):
        try:
            return info.filename.encode("cp437").decode(encoding)
        except UnicodeError:
            continue
    return info.filename


def _ignored(folder: str) -> bool:
    return folder in IGNORED or folder.startswith(".")


def _opened(path: str) -> bool:
    """要打開來讀的；其餘的檔案只記得有這個名字。"""
    name = PurePosixPath(path).name
    return not name.startswith(".") and name.lower().endswith((".py", ".zip", "submission_metadata.yml"))


# ---- 分給每個學生 ----------------------------------------


def grouped(entries: list[Entry], whole: str, sets: list[ExerciseSet], one: bool = False) -> list[Student]:
    """依路徑分給每個學生，讀進每一組的檔案；``whole`` 是只有一個人（``one``）時的名字。"""
    names = _names(entries)
    entries = [entry for entry in entries if not entry.path.endswith("submission_metadata.yml")]
    entries, whole = _without_common_folder(entries, whole)
    one = one or any(entry.path.startswith("exercises/") for entry in entries)
    belongings: dict[str, list[Entry]] = {"": entries} if one else {owner: [] for owner in names}
    certain = set(names)
    for entry in [] if one else entries:
        owner, rest, said = owner_of(entry.path)
        belongings.setdefault(owner, []).append(replace(entry, path=rest))
        certain |= {owner} if said else set()
    if not one:
        belongings = _apart(belongings, certain)
    students = {
        owner: _student(clean(names.get(owner, owner) or whole), files, sets)
        for owner, files in belongings.items()
    }
    rows = [student for owner, student in students.items() if _has_row(owner, students, certain)]
    rows = rows or list(students.values()) or [Student(whole)]
    for student in rows:
        if not (student.files or student.notes or student.tried):
            student.notes.append("沒有找到作答（exNN_….py）" if one else NOTHING)
    return rows


def _apart(belongings: dict[str, list[Entry]], certain: set[str]) -> dict[str, list[Entry]]:
    """平台沒有說是誰的，一個名字底下有好幾個人就分開（見 ``people``），分到不必再分。"""
    guessed = {
        owner: [one.path for one in files] for owner, files in belongings.items() if owner not in certain
    }
    if not (crowded := people(guessed)):
        return belongings
    found: dict[str, list[Entry]] = {}
    for owner, files in belongings.items():
        for entry in files if owner in crowded else []:
            if part := part_of(entry.path):
                folder, _, rest = entry.path.partition("/")
                name = f"{owner}/{part}" if owner else part
                found.setdefault(name, []).append(replace(entry, path=rest if part == folder else entry.path))
        if owner not in crowded:
            found[owner] = files
    return _apart(found, certain)


def _has_row(owner: str, students: dict[str, Student], certain: set[str]) -> bool:
    """平台說的人、交了作答的人一定有；全班的資料夾裡，每個子資料夾都是一個人，不論交了什麼。

    作答就放在外面、沒有別人交的，是一個人的資料夾：裡面的子資料夾不是人。
    """
    student, others = students[owner], [other for name, other in students.items() if name]
    if owner in certain or student.files or (owner == "" and student.tried):
        return True
    tried = sum(other.tried for other in others)
    if owner == "":
        return tried == 0 and any(map(like_answer, student.refused))
    if tried > 1:
        return True
    outside = "" in students and (students[""].tried or _has_row("", students, certain))
    return not outside and (student.tried or any(map(a_document, student.refused)))


def _without_common_folder(entries: list[Entry], whole: str) -> tuple[list[Entry], str]:
    """作答全部都在同一個資料夾裡，就拿掉它；那個名字通常就是這個學生，或這次作業。"""
    while any(is_answer(entry.path) for entry in entries):
        handed_in = [entry.path for entry in entries if a_document(entry.path)]
        first = {path.partition("/")[0] for path in handed_in}
        if len(first) > 1 or not all("/" in path for path in handed_in):
            break
        (folder,) = first
        if MOODLE.fullmatch(folder) or GRADESCOPE.fullmatch(folder) or folder == "exercises":
            break
        inside = [entry for entry in entries if entry.path.startswith(f"{folder}/")]
        entries = [replace(one, path=one.path.partition("/")[2]) for one in inside]
        entries, whole = [entry for entry in entries if entry.path], clean(folder)
    return entries, whole


def _names(entries: list[Entry]) -> dict[str, str]:
    """Gradescope 的 ``submission_metadata.yml``：資料夾 → 姓名與學號。只認這兩行，不需要 YAML 的套件。

    學生交的檔案也可以叫這個名字：只認最外面、旁邊就是 submission_… 的那一個。
    """
    named = [entry for entry in entries if PurePosixPath(entry.path).name == "submission_metadata.yml"]
    entry = min(named, key=lambda one: one.path.count("/"), default=None)
    beside = "" if entry is None else entry.path.removesuffix("submission_metadata.yml")
    if entry is None or entry.read is None:
        return {}
    if not any(re.match(rf"{re.escape(beside)}submission_\d+/", one.path) for one in entries):
        return {}
    names: dict[str, str] = {}
    try:
        folder, text = "", entry.read(20_000_000).decode("utf-8", "replace")
    except UNREADABLE:
        return {}
    for line in text.splitlines():
        if found := re.match(r"(submission_\d+):", line):
            folder = found[1]
        elif folder and (found := re.match(r"\s*-?\s*:(name|sid):\s*(.+)", line)):
            value = found[2].strip().strip("'\"")
            names[folder] = f"{names[folder]} {value}" if folder in names else value
    return names


def clean(name: str) -> str:
    """可以印在表上的名字：控制字元與落單的代理字元換掉，太長的截短。"""
    text = name.encode("utf-8", "replace").decode("utf-8")
    shown = "".join(
        "?" if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp") else c for c in text
    )
    return shown.strip()[:80] or "（沒有名字）"


def _student(name: str, entries: list[Entry], sets: list[ExerciseSet]) -> Student:
    student, known = Student(name), all_sets(sets[0].root)
    for entry in _of_the_course([*entries, *_inside_zips(student, entries)]):
        if entry.path.lower().endswith(".py"):
            student.tried |= is_answer(entry.path)
            if (data := _read(student, entry)) is not None:
                _take(student, entry.path, data, known, sets)
        elif entry.path and not entry.path.endswith("/") and not (entry.read and is_answer(entry.path)):
            _refuse(student, entry)
    _explain(student, sets)
    return student


def _of_the_course(entries: list[Entry]) -> list[Entry]:
    """整個課程的資料夾都交來的，只看 ``exercises/``，與別處寫明是哪一組的檔案。"""
    paths = [PurePosixPath(entry.path) for entry in entries]
    inside = ["exercises" in path.parts[:-1] for path in paths]
    if not any(inside):
        return entries
    return [
        entry
        for entry, path, kept in zip(entries, paths, inside, strict=True)
        if kept or SET.search(path.name)
    ]


def _read(student: Student, entry: Entry) -> bytes | None:
    """檔案的內容，最多讀到看得出太大；讀不到的記下原因。"""
    reason = entry.reason
    try:
        if entry.read is not None:
            return entry.read(MAX_SOURCE + 1)
    except UNREADABLE as error:
        reason = f"讀不到（{type(error).__name__}）"
    student.notes.append(f"{clean(entry.path)}：{reason}")
    return None


def _refuse(student: Student, entry: Entry) -> None:
    """不是 ``.py`` 的：連結、加密的 zip 說原因，其餘一起說（見 ``_explain``）。"""
    if entry.reason:
        student.tried = True
        student.notes.append(f"{clean(entry.path)}：{entry.reason}")
    else:
        student.refused.append(entry.path)


def _inside_zips(student: Student, entries: list[Entry]) -> Iterator[Entry]:
    """學生把作答壓成 zip 再交：裡面的檔案，只看一層。"""
    for entry in entries:
        if entry.path.lower().endswith(".zip") and entry.read is not None:
            try:
                data = entry.read(MAX_INNER_ZIP + 1)
                if len(data) > MAX_INNER_ZIP:
                    raise ValueError("太大")
                inner = list(_unzipped(zipfile.ZipFile(io.BytesIO(data))))
            except UNREADABLE:
                student.tried = True
                student.notes.append(f"{clean(entry.path)}：不是讀得到的 zip（壞了，或沒有傳完）")
                continue
            yield from (one for one in inner if not one.path.lower().endswith(".zip"))


def _take(
    student: Student, path: str, data: bytes, known: list[ExerciseSet], sets: list[ExerciseSet]
) -> None:
    """收下一組的檔案；同一組有好幾個，留下 ``_rank`` 最大的。沒有要改的組，不收也不說。"""
    name = PurePosixPath(path).name
    chosen = set_of(name, data, known)
    if chosen is None and is_answer(name):
        student.notes.append(f"{clean(name)}：{'看不出是哪一組' if data.strip() else '是空的'}，沒有收")
    if chosen is None or chosen not in sets:
        return
    if (found := SET.search(name)) and int(found[1]) != chosen.number:
        student.notes.append(f"{clean(name)}：裡面是 {chosen.name} 的函式，當成 {chosen.name} 收")
    rank, spare = _rank(path, data, chosen), student.spare.setdefault(chosen.name, [])
    if chosen.name in student.files and rank < student.ranks[chosen.name]:
        spare.append(path)
        return
    if chosen.name in student.files:
        spare.append(student.taken[chosen.name])
    student.files[chosen.name], student.ranks[chosen.name] = data, rank
    student.taken[chosen.name] = path


def _rank(path: str, data: bytes, chosen: ExerciseSet) -> tuple[float, ...]:
    """同一組的好幾個檔案：寫了的比沒動過的題目先，再看編號大的（後來交的）、名字與題目相同的、放在外面的。"""
    name = PurePosixPath(path).name.lower()
    left = len(re.findall(rb"^\s+raise NotImplementedError", data, re.MULTILINE))
    written = left < len(_defined(data) & _functions(chosen))
    return written, _copy_number(name), name == f"{chosen.stem}.py", -path.count("/")


def _copy_number(name: str) -> int:
    """「ex03_x-2.py」「ex03_x (2).py」「ex03_v2.py」的 2。"""
    found = re.search(r"(?:-|[(（]|_v)(\d{1,4})[)）]?\.py$", name)
    return int(found[1]) if found else 0


def _explain(student: Student, sets: list[ExerciseSet]) -> None:
    """同一組的好幾個檔案用了哪一個；不是 ``.py`` 的，要改而沒有檔案的組（或什麼作答都沒有）才說。"""
    for name, spare in student.spare.items():
        if spare:
            taken = clean(student.taken[name])
            student.notes.append(f"{name} 交了好幾個檔案，用的是 {taken}，沒有用 {_listed(spare)}")
    missing = {chosen.number for chosen in sets if chosen.name not in student.files}

    def lacking(path: str) -> bool:
        found = SET.search(PurePosixPath(path).name)
        return like_answer(path) and (found is None or int(found[1]) in missing)

    refused = [path for path in student.refused if not student.tried or lacking(path)]
    if refused:
        student.notes.append(f"交了 {_listed(refused)}，只收 .py")


def set_of(name: str, data: bytes, sets: list[ExerciseSet]) -> ExerciseSet | None:
    """這個檔案是哪一組：先看檔名，再看裡面定義了哪一組的函式；差得很多時以函式為準。只看文字，不執行也不剖析。"""
    found = SET.search(name)
    named = next((chosen for chosen in sets if found and chosen.number == int(found[1])), None)
    defined = _defined(data)
    counts = {chosen: len(defined & _functions(chosen)) for chosen in sets}
    best = max(sets, key=lambda chosen: counts[chosen], default=None)
    if best is None or counts[best] < 2 or (named is not None and counts[best] <= 2 * counts[named]):
        return named
    return best


def _defined(data: bytes) -> frozenset[bytes]:
    return frozenset(re.findall(rb"^def ([a-z]\w+)\(", data, re.MULTILINE))


@cache
def _functions(chosen: ExerciseSet) -> frozenset[bytes]:
    return _defined(chosen.solution.read_bytes())
