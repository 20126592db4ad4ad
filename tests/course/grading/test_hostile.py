"""存心作弊的檔案一分也多拿不到，停不住評分，不留下行程與檔案，也不影響旁邊誠實的人。"""

import errno
import os
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.course.grading.courses import NAP, each_level, filters, leftovers, listed, small_course
from tests.course.grading.hostile import FILTERED, HOSTILE, SOLUTION
from vae_from_scratch.course.errors import Elsewhere
from vae_from_scratch.course.grading import calls
from vae_from_scratch.course.grading.gradebook import Run
from vae_from_scratch.course.grading.remote import RemoteSubmission
from vae_from_scratch.course.grading.sandbox import Level
from vae_from_scratch.course.grading.scoring import Settings, score_set
from vae_from_scratch.course.grading.submissions import Student
from vae_from_scratch.course.sets import ExerciseSet

NAME = "vae_hostile_mark"
needs_filter = pytest.mark.skipif(not filters(), reason="這台電腦裝不上系統呼叫的過濾")


@pytest.fixture(scope="module")
def course(tmp_path_factory) -> ExerciseSet:
    return small_course(tmp_path_factory.mktemp("course"))


@pytest.fixture(scope="module")
def listener():
    """有人在聽的埠；連得進來就記下。"""
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def listen():
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                heard.append(connection.recv(10))

        threading.Thread(target=listen, daemon=True).start()
        yield server.getsockname()[1], heard


def source_of(name, course, port) -> bytes:
    source = HOSTILE[name].source
    if isinstance(source, bytes):
        return source
    for word, value in (
        ("root", course.root),
        ("port", port),
        ("mark", course.root / "mark"),
        ("name", NAME),
        ("nap", NAP),
    ):
        source = source.replace("{" + word + "}", str(value))
    return source.encode("utf-8", "surrogatepass")


def traces(course) -> list[Path]:
    """不該出現的檔案。"""
    places = [course.root / "mark", *(Path(d) / NAME for d in ("/tmp", "/var/tmp", "/dev/shm", "/", "."))]
    return [path for path in places if path.exists() or path.is_symlink()]


def test_there_are_at_least_sixty():
    assert len(HOSTILE) >= 60


@pytest.mark.parametrize("level", each_level())
def test_a_hostile_class_gains_nothing(level, course, listener, tmp_path):
    """全班一起改，誠實的人夾在中間：每個人都有成績單，分數不多也不少，什麼也沒留下。"""
    # 更寬的等級擋不住的不試，見手冊的威脅模型；系統呼叫的過濾擋得住的，有過濾就每一級都試。
    names = [name for name in HOSTILE if level >= HOSTILE[name].least or (filters() and name in FILTERED)]
    names = [name for name in names if filters() or name != "佔滿共享記憶體"]
    students = [Student(name, {"ex01": source_of(name, course, listener[0])}) for name in names]
    neighbours = [Student(f"誠實的 {i}", {"ex01": SOLUTION.encode()}) for i in range(len(students) // 8)]
    for i, neighbour in enumerate(neighbours):
        students.insert(9 * i, neighbour)
    before, steps = (course.solution.read_bytes(), course.tests.read_bytes()), []
    run = Run([course], Settings(level, b"secret of the test", seconds=1.5), jobs=2, folder=tmp_path)
    reports = run.grade(students, lambda *step: steps.append(step))
    scores = {report["student"]: report["score"] for report in reports}
    assert scores == {name: HOSTILE[name].score for name in names} | {n.name: 5 for n in neighbours}
    assert steps[-1] == (len(students), len(students), len(students))
    assert leftovers() == {} and traces(course) == [] and listener[1] == []
    assert before == (course.solution.read_bytes(), course.tests.read_bytes())


def test_the_attacks_are_real(course, listener):
    """沒有關緊的時候它們會得逞：上面的測試不是因為攻擊寫壞了才通過。"""
    settings = Settings(Level.LIMITS, b"secret of the test")

    def score(name):
        outcomes = score_set(course, source_of(name, course, listener[0]), settings)
        return sum(outcome.score for outcome, _ in outcomes)

    assert score("讀解答") == 5 and score("讀 /proc") == 2
    source = source_of("網路", course, listener[0]).decode() + "\ndouble(1.0)\n"
    subprocess.run([sys.executable, "-c", source], check=True)
    assert listener[1].pop() == b"leak"


CALLS = """
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
def errors(numbers):
    found = []
    for number in numbers:
        ctypes.set_errno(0)
        found.append([libc.syscall(int(number), -1, -1, -1, -1, -1, -1), ctypes.get_errno()])
        if found[-1] != [-1, 1]:
            break
    return found
def reads():
    return len(open(__import__("os").__file__).read())
def writes():
    return open("/dev/null", "w").write("x")
"""


@needs_filter
def test_the_forbidden_calls_are_refused_one_by_one():
    """每一個號碼真的叫一次；第一個沒被拒絕的就停下來。"""
    submission = RemoteSubmission(Path("a.py"), CALLS, Level.LIMITS)
    submission.begin()
    numbers = [41, *(number for group in calls.FORBIDDEN.values() for number in group)]
    assert len(set(numbers)) > 90
    assert submission.errors(numbers) == [[-1, errno.EPERM]] * len(numbers)
    assert submission.errors([39])[0][0] > 0  # getpid 照常
    assert submission.reads() > 1000
    with pytest.raises(Elsewhere, match="not permitted"):
        submission.writes()
    submission.close()


@pytest.mark.parametrize("level", each_level(Level.USER))
def test_the_killed_grader_leaves_no_process(level):
    """評分的主行程被殺掉：關著的行程跟著結束。"""
    code = (
        "from pathlib import Path\n"
        "from vae_from_scratch.course.grading.remote import RemoteSubmission\n"
        f"from vae_from_scratch.course.grading.sandbox import Level\nlevel = Level({int(level)})\n"
        "one = RemoteSubmission(Path('a.py'), 'def f():\\n    while True: pass', level)\n"
        "one.begin(); one._ready(); print('ready', flush=True); one.f()\n"
    )
    root = Path(__file__).resolve().parents[3]
    with subprocess.Popen(
        [sys.executable, "-c", code],
        stdout=subprocess.PIPE,
        cwd=root,
        env=os.environ | {"PYTHONPATH": str(root)},
    ) as grader:
        assert grader.stdout is not None and grader.stdout.readline() == b"ready\n"
        assert listed("worker.py {")
        grader.kill()
    assert leftovers() == {}
