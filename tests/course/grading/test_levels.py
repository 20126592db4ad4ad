"""關在哪一級：真的試過才算數，做不到就退一級；關起來的地方看不到課程、家目錄與別的套件。"""

import os
import sys
from pathlib import Path

import pytest

from tests.course.grading.courses import each_level
from vae_from_scratch.course.grading import levels, sandbox
from vae_from_scratch.course.grading.remote import Elsewhere, RemoteSubmission
from vae_from_scratch.course.grading.sandbox import Level, Limits
from vae_from_scratch.course.sets import CourseError, course_root


@pytest.fixture
def fresh():
    """不用記住的結果。"""
    levels.works.cache_clear()
    yield
    levels.works.cache_clear()


def test_every_machine_can_at_least_limit():
    """最寬的一級不靠權限：做不到就是壞了，不是這台電腦的關係。"""
    assert levels.works(Level.LIMITS)


def test_a_broken_bubblewrap_falls_back(fresh, tmp_path, monkeypatch):
    broken = tmp_path / "bwrap"
    broken.write_text("#!/bin/sh\nexit 1\n", "utf-8")
    broken.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    assert not levels.works(Level.BUBBLEWRAP)
    assert levels.best() == max(level for level in Level if levels.works(level))


def test_without_namespaces_the_next_level_is_used(fresh, monkeypatch):
    """launch.py 起不來（核心不准命名空間）：退到等級 2 或 1。"""
    monkeypatch.setattr(sandbox, "_bubblewrap", lambda: ["false"])
    monkeypatch.setattr(sandbox, "_visible", lambda: [["/no/such/file", "/no/such/file"]])
    assert levels.best() < sandbox.UNTRUSTED


def test_no_level_at_all_is_explained(monkeypatch):
    monkeypatch.setattr(levels, "works", lambda level: False)
    with pytest.raises(CourseError, match="WSL"):
        levels.best()
    with pytest.raises(CourseError, match="bubblewrap"):
        levels.check(Level.BUBBLEWRAP)


def test_only_the_system_python_and_numpy_are_visible():
    outside = [Path(source) for source, _ in sandbox._visible() if source]
    inside = [Path(target) for _, target in sandbox._visible()]
    forbidden = [
        course_root() / "solutions",
        course_root() / "tests",
        Path.home() / ".ssh",
        Path("/etc/passwd"),
    ]
    assert not [(seen, path) for seen in outside for path in forbidden if path.is_relative_to(seen)]
    assert {Path("/grader/worker.py"), Path("/grader/frames.py"), Path("/grader/calls.py")} <= set(inside)
    assert not [path for path in outside if path.name in ("site-packages", "dist-packages")]


PROBE = """
import os
def uid(): return os.getuid()
def seen(): return sorted(os.listdir("/"))
def standard_library():
    import bisect, collections, dataclasses, decimal, fractions, functools, itertools, math
    import random, statistics, typing
    import numpy.linalg, numpy.random, numpy.polynomial
    return 1.0
def where(): return [os.getcwd(), *sorted(os.environ)]
"""


@pytest.fixture(params=each_level())
def probe(request):
    submission = RemoteSubmission(Path("a.py"), PROBE, request.param, limits=Limits(seconds=30))
    submission.begin()
    yield submission, request.param
    submission.close()


def test_every_level_can_do_honest_work_and_knows_nothing(probe):
    submission, level = probe
    assert submission.standard_library() == 1.0
    folder, *names = submission.where()
    assert folder in ("/", os.sep) or "vae-grade" in folder
    assert set(names) <= {
        "LANG",
        "OPENBLAS_NUM_THREADS",
        "OMP_NUM_THREADS",
        "MKL_NUM_THREADS",
        "PYTHONHASHSEED",
        "LC_CTYPE",
        "PWD",
    }
    if level >= Level.USER and os.geteuid() == 0:
        assert submission.uid() > 65_535
    if level >= sandbox.UNTRUSTED:
        assert set(submission.seen()) <= {
            "dev", "etc", "grader", "lib", "lib32", "lib64", "libx32", "packages", "usr",
            *(part for part in Path(sys.base_prefix).parts[1:2]),
        }  # fmt: skip


def test_every_level_keeps_its_limits(probe):
    submission, _ = probe
    submission._source += "\ndef big(): return bytearray(2 * 10**9)\n"
    submission.close()
    with pytest.raises(Elsewhere):
        submission.big()


@pytest.mark.parametrize("level", [one for one in each_level() if one.values[0] == Level.NAMESPACES])
def test_the_namespaces_leave_nothing_on_the_disk(level):
    """新的根目錄掛在本來就有的資料夾上，主機那一邊看不到，也沒有暫存的資料夾要刪。"""
    place = Path(sandbox._mount_point())
    before = sorted(place.iterdir())
    submission = RemoteSubmission(Path("a.py"), PROBE, level)
    submission.begin()
    assert submission.uid() > 0 and sorted(place.iterdir()) == before
    assert not any(Path(source).is_relative_to(place) for source, _ in sandbox._visible() if source)
    submission.close()
