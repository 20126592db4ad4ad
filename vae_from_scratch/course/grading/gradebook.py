"""全班的成績：幾個行程一起改，一個人改完就寫一個檔案，中斷了從沒改完的人接著改。"""

import contextlib
import hashlib
import json
import multiprocessing
import os
import re
import signal
import sys
import time
import unicodedata
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ...files import write_text
from ..outcomes import NOT_RUN, PASSED, Case, Failure, Outcome, plain
from ..running import load_tests
from ..sets import CourseError, ExerciseSet
from .alike import prints
from .formats import whole_reason
from .remote import NotStarted
from .scoring import BROKEN, Settings, decode, score_set
from .submissions import Student, clean

GRADER_MEMORY = 3_000_000_000  # 評分的行程自己的上限：檢查拿學生傳回的陣列去乘，撐破了是 MemoryError
LOST = "評分的行程被終止了"
Report = dict[str, Any]


@dataclass(frozen=True)
class Check:
    """一項檢查的結果，要寫進成績單的部分。隱藏的檢查不說是什麼、錯在哪裡。"""

    function: str
    title: str
    full: float
    score: float
    status: str
    symptom: str = ""
    hidden: bool = False


@dataclass
class Job:
    """一個學生的一組。"""

    student: int
    chosen: ExerciseSet
    data: bytes


@dataclass
class Run:
    """一次評分：設定、哪幾組、同時幾個行程、結果寫到哪裡。"""

    sets: list[ExerciseSet]
    settings: Settings
    jobs: int = 1
    folder: Path | None = None
    resume: bool = False
    fingerprint: str = field(init=False)

    def __post_init__(self) -> None:
        self.fingerprint = _fingerprint(self.sets, self.settings)

    def grade(self, students: list[Student], progress: Callable[[int, int, int], None]) -> list[Report]:
        """每個學生的成績單，照原來的次序；每改完一個人呼叫 ``progress(改完, 全部, 這一次改的)``。"""
        reports: dict[int, Report] = {}
        if self.resume:
            reports = {i: old for i, one in enumerate(students) if (old := self._old_report(one)) is not None}
        kept = len(reports)
        progress(kept, len(students), 0)
        waiting = {i: len(self._jobs(i, one)) for i, one in enumerate(students) if i not in reports}
        checks: dict[int, dict[str, list[Check]]] = {i: {} for i in waiting}
        jobs = [job for i in waiting for job in self._jobs(i, students[i])]
        finished = [i for i, count in waiting.items() if count == 0]  # 一個檔案也沒交的

        def publish() -> None:
            while finished:
                done = finished.pop()
                report = self._report(students[done], checks.pop(done))
                self._write(students[done], report)
                reports[done] = _without_prints(report)
                progress(len(reports), len(students), len(reports) - kept)

        publish()
        for job, found in _in_parallel(jobs, self.settings, self.jobs):
            checks[job.student][job.chosen.name] = found
            waiting[job.student] -= 1
            if waiting[job.student] == 0:
                finished.append(job.student)
            publish()
        return [reports[i] for i in range(len(students))]

    def empty(self, student: Student) -> Report:
        """還沒改的成績單：每一項都是 0。"""
        return self._report(student, {})

    def _jobs(self, number: int, student: Student) -> list[Job]:
        return [
            Job(number, chosen, student.files[chosen.name])
            for chosen in self.sets
            if chosen.name in student.files
        ]

    def _report(self, student: Student, checks: dict[str, list[Check]]) -> Report:
        """成績單：沒交的組，每一項都是 0。"""
        parts: list[dict[str, Any]] = []
        for chosen in self.sets:
            found = checks.get(chosen.name) or missing(chosen, self.settings)
            parts.append(
                {
                    "name": chosen.name,
                    "title": chosen.title,
                    "submitted": chosen.name in student.files,
                    "score": plain(sum(check.score for check in found)),
                    "full": plain(sum(check.full for check in found)),
                    "checks": [vars(check) for check in found],
                }
            )
        return {
            "student": student.name,
            "score": plain(sum(part["score"] for part in parts)),
            "full": plain(sum(part["full"] for part in parts)),
            "level": {"number": int(self.settings.level), "title": self.settings.level.title},
            "sets": parts,
            "notes": [*student.notes, *_remarks(parts)],
            "files": {name: hashlib.sha256(data).hexdigest() for name, data in sorted(student.files.items())},
            "run": self.fingerprint,
            "prints": self._prints(student),
        }

    def _prints(self, student: Student) -> dict[str, list[int]]:
        """自己寫的部分的指紋，給 ``grade summary`` 比相像；讀不出來的檔案沒有。"""
        found = {}
        for chosen in self.sets:
            if chosen.name in student.files:
                with contextlib.suppress(ValueError):
                    found[chosen.name] = prints(decode(student.files[chosen.name]), chosen)
        return found

    # ---- 寫下與接著改 ----------------------------------------

    def others(self, students: list[Student]) -> list[Path]:
        """資料夾裡不是這一次這些人的成績單。"""
        if self.folder is None:
            return []
        own = {self._file(student) for student in students}
        return sorted(set((self.folder / "students").glob("*.json")) - own)

    def _file(self, student: Student) -> Path:
        assert self.folder is not None
        shown = re.sub(r"[^\w-]+", "_", student.name)[:40]  # 雜湊讓不同的人一定是不同的檔案
        return (
            self.folder
            / "students"
            / f"{shown}-{hashlib.sha256(student.name.encode()).hexdigest()[:16]}.json"
        )

    def _write(self, student: Student, report: Report) -> None:
        if self.folder is not None:
            text = json.dumps(report, ensure_ascii=False, indent=1) + "\n"
            write_text(self._file(student), text, make_folder=True)

    def _old_report(self, student: Student) -> Report | None:
        """上一次改好的：同樣的檔案、同樣的檢查、祕密與等級，才算數。"""
        if self.folder is None:
            return None
        try:
            report = json.loads(self._file(student).read_text("utf-8"))
        except (OSError, ValueError):
            return None
        files = {name: hashlib.sha256(data).hexdigest() for name, data in sorted(student.files.items())}
        expected = {"run": self.fingerprint, "files": files, "student": student.name}
        if not isinstance(report, dict) or any(report.get(key) != value for key, value in expected.items()):
            return None
        return _without_prints(report)


def _without_prints(report: Report) -> Report:
    """指紋只留在檔案裡，``summary`` 才讀：記憶體不隨人數長大。"""
    return {key: value for key, value in report.items() if key != "prints"}


def _fingerprint(sets: list[ExerciseSet], settings: Settings) -> str:
    """這一次評分是哪一次：檢查檔、隱藏的檢查、祕密（的雜湊）、等級與時限都一樣，結果才可以接著用。"""
    digest = hashlib.sha256()
    for chosen in sets:
        digest.update(chosen.stem.encode() + chosen.tests.read_bytes() + chosen.solution.read_bytes())
    for path in settings.hidden:
        digest.update(path.name.encode() + path.read_bytes())
    digest.update(hashlib.sha256(b"grade" + settings.secret).digest())
    digest.update(f"{settings.level}|{settings.seconds}".encode())
    return digest.hexdigest()[:32]


def missing(chosen: ExerciseSet, settings: Settings) -> list[Check]:
    """沒有交的一組：每一項都是 0。"""
    cases = [(case, False) for case, _ in load_tests(chosen)]
    cases += [(case, True) for path in settings.hidden_for(chosen) for case, _ in load_tests(chosen, path)]
    return [_check(Outcome(case, NOT_RUN), hidden) for case, hidden in cases]


def _remarks(parts: list[dict[str, Any]]) -> list[str]:
    """老師要知道的：哪一組的整份檔案為什麼 0 分，哪一項隱藏的檢查自己出了錯。"""
    reasons = [reason for part in parts if (reason := whole_reason(part))]
    broken = [
        f"{part['name']} 的隱藏的檢查{check['status']}；這一項算 0 分，請老師先看檢查，再看作答"
        for part in parts
        for check in part["checks"]
        if check["hidden"] and check["status"].startswith(BROKEN)
    ]
    return reasons + broken


def symptom_of(failure: Failure | None) -> str:
    """成績單上的症狀：整份檔案的毛病與缺的模組，連原來的訊息一起說；全形的標點說出是哪一個字。"""
    if failure is None:
        return ""
    message = clean(dict(failure.details).get("訊息", ""))
    if found := re.match(r"invalid (?:non-printable )?character '?(.)'? \(U\+", message):
        half = unicodedata.normalize("NFKC", found[1])
        cure = f"要改成半形的「{half}」" if half != found[1] and half.isascii() else "不可以用在這裡"
        return f"{failure.symptom}：「{found[1]}」{cure}"
    if "訊息" in dict(failure.details) and (
        failure.whole_file or message.startswith(("ModuleNotFoundError", "ImportError"))
    ):
        return f"{failure.symptom}（{message}）"
    return failure.symptom


def _check(outcome: Outcome, hidden: bool) -> Check:
    case: Case = outcome.case
    if hidden:
        status = PASSED if outcome.status == PASSED else next(iter(outcome.notes), "沒有通過")
        return Check("", "隱藏的檢查", case.points.value, outcome.score, status, hidden=True)
    symptom = symptom_of(outcome.failure)
    return Check(case.function, case.title, case.points.value, outcome.score, outcome.status, symptom[:500])


# ---- 幾個行程一起 ----------------------------------------


def _in_parallel(jobs: list[Job], settings: Settings, count: int) -> Iterator[tuple[Job, list[Check]]]:
    """每一件的結果，誰先做完誰先給。評分的行程死了，剩下的一件一件重做，找出是誰，那一件 0 分。"""
    left = dict(enumerate(jobs))
    try:
        for number, found in _pool(left, settings, count):
            yield left.pop(number), found
    except BrokenProcessPool:
        for number, job in sorted(left.items()):
            try:
                ((_, found),) = _pool({number: job}, settings, 1)
            except BrokenProcessPool:
                found = [_lost(check) for check in missing(job.chosen, settings)]
            yield job, found


def _lost(check: Check) -> Check:
    return Check(
        check.function, check.title, check.full, 0, check.status, "" if check.hidden else LOST, check.hidden
    )


def _pool(jobs: dict[int, Job], settings: Settings, count: int) -> Iterator[tuple[int, list[Check]]]:
    """同時最多 ``count`` 個行程；一次只排幾件，記憶體不隨人數長大。"""
    # spawn：評分的行程是主行程的孩子，主行程被殺掉，它們也跟著結束（forkserver 的不會）。
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(count, mp_context=context, initializer=_prepare, initargs=(os.getpid(),))
    try:
        pool.submit(_hello).result()
    except BrokenProcessPool:
        raise CourseError(
            "評分的行程起不來，一份也沒有改；看看記憶體夠不夠，再執行一次（--jobs 1 用得最少）。"
        ) from None
    queue, running = iter(list(jobs.items())), dict[Future[list[Check]], int]()
    try:
        while True:
            while len(running) < 2 * count and (one := next(queue, None)) is not None:
                running[pool.submit(_do, one[1], settings)] = one[0]
            if not running:
                return
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                yield running.pop(future), future.result()
    except (KeyboardInterrupt, GeneratorExit, CourseError):
        for process in list(pool._processes.values()):  # 不等改到一半的：它們的 worker 會跟著結束
            process.kill()
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _prepare(parent: int) -> None:
    """評分的行程：Ctrl-C 由主行程處理；主行程死了就跟著結束；自己的記憶體也有上限。"""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform == "linux":
        import ctypes
        import resource

        ctypes.CDLL(None).prctl(1, signal.SIGKILL, 0, 0, 0)  # PR_SET_PDEATHSIG
        if os.getppid() != parent:  # 設定以前就死了
            os._exit(1)
        resource.setrlimit(resource.RLIMIT_AS, (GRADER_MEMORY, GRADER_MEMORY))


def _hello() -> None:
    """試試看評分的行程起得來：起不來是這裡的問題，不可以算成學生的 0 分。"""


def _do(job: Job, settings: Settings) -> list[Check]:
    try:
        return [_check(outcome, hidden) for outcome, hidden in score_set(job.chosen, job.data, settings)]
    except NotStarted as error:
        raise CourseError(
            f"這台電腦的問題：關學生程式的行程起不來（等級 {int(settings.level)}，{error}），試了兩次。"
            "這不是學生的 0 分，正在改的這一份沒有寫下成績；"
            "請檢查記憶體與 bubblewrap，再加上 --resume 接著改。"
        ) from None


class Clock:
    """還要多久：照這一次改過的人平均。"""

    def __init__(self) -> None:
        self.started = time.monotonic()

    def remaining(self, done: int, total: int, this_time: int) -> float | None:
        """還要幾秒；一個也還沒改完是 None。"""
        if this_time == 0:
            return None
        return (time.monotonic() - self.started) / this_time * (total - done)
