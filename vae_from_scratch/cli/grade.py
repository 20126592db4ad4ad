"""``grade``：批改作答。學生的程式關在另一個行程裡，只傳回數字。"""

import argparse
import contextlib
import math
import os
import secrets
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from ..course.grading import formats
from ..course.grading.formats import FORMATS
from ..course.grading.sandbox import UNTRUSTED, Level
from ..course.grading.scoring import CALL_SECONDS, Settings
from ..course.sets import CourseError, ExerciseSet, all_sets, course_root, find_set
from ..files import write_atomically, write_text
from ..progress import duration
from .arguments import integer, number

if TYPE_CHECKING:
    from ..course.grading.gradebook import Run
    from ..course.grading.submissions import Student

SUMMARY = "批改：一個檔案、一個人、全班的資料夾或 zip；學生的程式關起來執行"
USAGE = "PATH … [選項 …]，或 grade summary [DIR]，或 grade pack gradescope|classroom"
SINGLE = ("gradescope", "classroom")
OUT = "runs/grade"
SECRET = Path(".course") / "grade-secret"
LONGEST = 86_400.0  # 秒；--seconds 最多一天
EXAMPLES = (
    "例子：grade class.zip --sets 1 2 --untrusted 改全班；grade summary runs/grade 把那個資料夾的成績單寫成"
    " summary.html 與幾個 CSV；grade pack gradescope --sets 1 2 --untrusted --out hw1.zip 包成給平台的 zip"
    "（pack 收 --sets、--hidden、--secret、--seconds、--untrusted、--out）。"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """這個命令的引數。"""
    parser.epilog = EXAMPLES
    parser.add_argument(
        "paths", nargs="+", metavar="PATH",
        help="作答的檔案、資料夾或平台下載的 zip，可以好幾個；summary 把成績寫成一頁，pack 包給平台",
    )  # fmt: skip
    parser.add_argument("--sets", nargs="+", metavar="組", help="只改這幾組，例如 2 ex03；不寫就是全部")
    parser.add_argument(
        "--format", choices=tuple(FORMATS), default="table", metavar="格式",
        help="印出什麼：table（預設）、json、csv；gradescope 與 classroom 只改一個人",
    )  # fmt: skip
    parser.add_argument(
        "--out", metavar="路徑",
        help=f"每個人的成績單寫到哪個資料夾（預設 {OUT}）；gradescope 與 classroom 是一個檔案",
    )  # fmt: skip
    parser.add_argument(
        "--jobs", type=_jobs, default=None, metavar="N", help="同時幾個行程（預設：處理器的個數）"
    )
    parser.add_argument(
        "--hidden", nargs="+", default=[], metavar="FILE", help="另外的檢查檔，檔名裡要有 exNN"
    )
    parser.add_argument("--secret", metavar="FILE", help=f"抽題目的祕密所在的檔案（預設 {SECRET}）")
    parser.add_argument("--resume", action="store_true", help="接著上一次沒改完的改；改過而沒有變的不重改")
    parser.add_argument("--untrusted", action="store_true", help="至少要關在命名空間裡（等級 3），否則不改")
    parser.add_argument(
        "--level", type=integer, choices=[int(level) for level in Level], metavar="1–4",
        help="指定隔離的等級；不寫就用這台電腦最嚴的",
    )  # fmt: skip
    parser.add_argument(
        "--seconds", type=_seconds, default=CALL_SECONDS, metavar="秒",
        help=f"一次呼叫最多幾秒（預設 {CALL_SECONDS:g}）",
    )  # fmt: skip
    parser.add_argument("--force", action="store_true", help="--out 裡有上一次的成績時，全部重新改")
    parser.add_argument(
        "--one", action="store_true",
        help="gradescope 與 classroom：PATH 裡的檔案不論在幾個資料夾，都是同一個人的",
    )  # fmt: skip


def _seconds(text: str) -> float:
    seconds = number(text)
    if not (math.isfinite(seconds) and 0 < seconds <= LONGEST):
        raise argparse.ArgumentTypeError(f"收到「{text}」，請給大於 0、不超過 {LONGEST:g} 的秒數，例如 10")
    return seconds


def _jobs(text: str) -> int:
    jobs = integer(text)
    if jobs < 1:
        raise argparse.ArgumentTypeError(f"收到「{text}」，至少要 1 個行程；不寫就是處理器的個數")
    return jobs


def run(args: argparse.Namespace) -> int:
    """批改，印出成績，寫下每個人的成績單；第一個字是 summary 或 pack 時做那一件事。"""
    action = {"summary": _summary, "pack": _pack}.get(args.paths[0], _grade)
    return action(args)


def _summary(args: argparse.Namespace) -> int:
    """``grade summary [DIR]``：把那個資料夾的成績單寫成一頁 HTML 與幾個 CSV。"""
    from ..course.grading import summary

    if len(args.paths) > 2:
        raise CourseError("grade summary 只要一個資料夾：grade 寫成績單的地方（--out）。")
    folder = Path(args.paths[1] if len(args.paths) == 2 else args.out or OUT)
    written = summary.write(folder, lambda text: print(f"注意：{text}", file=sys.stderr))
    print("寫了 " + "、".join(map(str, written)) + "。")
    return 0


def _pack(args: argparse.Namespace) -> int:
    """``grade pack gradescope|classroom``：把這個命令與課程包成一個 zip。"""
    from ..course.grading.hidden import checked
    from ..course.grading.pack import KINDS, pack

    if len(args.paths) != 2:
        raise CourseError(f"grade pack 後面要寫平台：{' 或 '.join(KINDS)}。")
    root, kind = course_root(), args.paths[1]
    sets = [find_set(text, root) for text in args.sets or []]
    hidden = checked(args.hidden, sets or all_sets(root), root)
    out = _file(args.out or f"runs/grade-{kind}.zip")
    pack(
        kind, out, root, _secret(args.secret, root), hidden, untrusted=args.untrusted,
        sets=[chosen.name for chosen in sets],
        seconds=None if args.seconds == CALL_SECONDS else args.seconds,
    )  # fmt: skip
    print(f"寫了 {out}。裡面有抽題目的祕密，不要給學生。")
    return 0


def _grade(args: argparse.Namespace) -> int:
    from ..course.grading.gradebook import Run
    from ..course.grading.hidden import checked

    root = course_root()
    sets = [find_set(text, root) for text in args.sets or []] or all_sets(root)
    single = args.format in SINGLE
    students = _students(args, sets, single)
    if single and args.out:
        _file(args.out)
    hidden = checked(args.hidden, sets, root)
    settings = Settings(_level(args), _secret(args.secret, root), args.seconds, hidden)
    folder = None if single else _folder(args)
    grading = Run(sets, settings, jobs=args.jobs or os.cpu_count() or 1, folder=folder, resume=args.resume)
    _others(grading, students, force=args.force)
    if single and args.out:
        nothing = [formats.nothing_yet(grading.empty(student)) for student in students]
        write_text(args.out, FORMATS[args.format](nothing), make_folder=True)
    try:
        reports = grading.grade(students, _progress())
    except KeyboardInterrupt:
        if folder is None:
            raise
        print(f"\n已中斷。改完的人的成績單留在 {folder}；加上 --resume 接著改。", file=sys.stderr)
        return 130
    except CourseError:
        if single and args.out:  # 沒有改成：平台看到沒有結果，不可以看到 0 分
            Path(args.out).unlink(missing_ok=True)
        raise
    text = FORMATS[args.format](reports)
    if single and args.out:
        write_text(args.out, text, make_folder=True)
        return 0
    if folder is not None:
        write_text(folder / "grades.json", formats.as_json(reports), make_folder=True)
        csv = formats.as_csv(reports)  # 開頭有 BOM，中文 Windows 的 Excel 才不會當成 Big5
        write_atomically(folder / "grades.csv", lambda file: file.write(csv.encode("utf-8-sig")))
    print(text.rstrip("\n"))
    if args.format == "table":
        print(formats.details(reports[0]) if len(reports) == 1 else "", end="")
        print(f"\n每個人的成績單在 {folder}，總表是 {folder}/grades.csv。")
    return 0


def _students(args: argparse.Namespace, sets: list[ExerciseSet], single: bool) -> "list[Student]":
    """要改的人；只改一個人的格式先數有幾個人，免得把全班併成一個。"""
    from ..course.grading.submissions import collect

    paths, count = [Path(path) for path in args.paths], 0
    if single and not args.one:
        with contextlib.suppress(CourseError):  # 一份也沒有：平台交來的就是 0 分
            count = len(collect(paths, sets))
    students = collect(paths, sets, one=single) if count < 2 else []
    if single and len(students) != 1:
        raise CourseError(
            f"--format {args.format} 只改一個人，這裡看來有 {count or len(students)} 個；請給一個人的資料夾，"
            "真的是一個人的好幾個資料夾就加上 --one。"
        )
    return students


def _others(grading: "Run", students: "list[Student]", *, force: bool) -> None:
    """``--out`` 裡不是這一次的人的成績單：說有幾份；重新改的話移到旁邊，摘要才不會多出人來。"""
    others = grading.others(students)
    if not others or grading.folder is None:
        return
    said = f"注意：{grading.folder} 裡有 {len(others)} 份成績單不是這一次的 {len(students)} 個人的"
    aside = grading.folder / "previous"
    if force:
        aside.mkdir(exist_ok=True)
        for path in others:
            path.replace(aside / path.name)
        print(f"{said}，移到 {aside}；只補改幾個人，請用 --resume。", file=sys.stderr)
    else:
        print(f"{said}，留著，summary 也算；grades.csv 只有這一次的人。", file=sys.stderr)


def _file(path: str) -> Path:
    """``--out`` 是一個檔案的時候：不可以是資料夾。"""
    if Path(path).is_dir():
        raise CourseError(f"--out 的 {path} 是一個資料夾；這裡要一個檔案的名字，例如 {path}/results。")
    return Path(path)


def _level(args: argparse.Namespace) -> Level:
    """用得到的最嚴的一級；``--untrusted`` 要的做不到就不改。"""
    from ..course.grading.levels import best, check

    if args.untrusted and args.level and args.level < UNTRUSTED:
        raise CourseError(
            f"--untrusted 至少要等級 {int(UNTRUSTED)}，--level 卻指定了 {args.level}；兩個拿掉一個。"
        )
    level = check(Level(args.level)) if args.level else best()
    if args.untrusted and level < UNTRUSTED:
        raise CourseError(
            f"--untrusted 至少要等級 {int(UNTRUSTED)}（{UNTRUSTED.title}），這裡只做得到等級 {int(level)}"
            f"（{level.title}）；請安裝 bubblewrap，或在允許使用者命名空間的 Linux 上執行。"
        )
    return level


def _secret(path: str | None, root: Path) -> bytes:
    """抽題目的祕密；沒有給就用課程資料夾裡的那一個，第一次用時產生，只有自己讀得到。"""
    if path is not None:
        try:
            secret = Path(path).read_bytes().strip()
        except OSError as error:
            raise CourseError(f"--secret 的檔案 {path} 讀不到（{error.strerror}）；請檢查路徑。") from None
        if len(secret) < 8:
            raise CourseError(f"--secret 的檔案 {path} 太短；至少要 8 個位元組，學生猜不到才行。")
        return secret
    file = root / SECRET
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        with open(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as new:
            new.write(secrets.token_hex(32) + "\n")
    return file.read_bytes().strip()


def _folder(args: argparse.Namespace) -> Path:
    folder = Path(args.out or OUT)
    if folder.exists() and not folder.is_dir():
        raise CourseError(f"--out 的 {folder} 是一個檔案；請給一個資料夾。")
    if (folder / "students").is_dir() and not (args.resume or args.force):
        raise CourseError(
            f"{folder} 裡有上一次的成績；加上 --resume 接著改，加上 --force 重新改，或用 --out 換一個資料夾。"
        )
    return folder


def _progress() -> Callable[[int, int, int], None]:
    """終端機上一行會動的進度；寫進紀錄時，每前進一成印一行。"""
    from ..course.grading.gradebook import Clock

    clock, said = Clock(), [0]

    def show(done: int, total: int, this_time: int) -> None:
        left = clock.remaining(done, total, this_time)
        text = f"批改：{done}/{total} 人" + (
            "" if left is None or done == total else f"，還要約{duration(left)}"
        )
        if sys.stderr.isatty():
            print(f"\r{text}\033[K", end="\n" if done == total else "", file=sys.stderr, flush=True)
        elif total > 1 and 10 * done // total > said[0]:
            said[0] = 10 * done // total
            print(text, file=sys.stderr, flush=True)

    return show
