"""一組練習的時間：檢查一次、存檔後重跑一次，與同一台電腦匯入 NumPy 的時間相比。

時間要在沒有別的測試同時跑的時候量，所以不在 ``make test`` 裡；由 .ci/run 一個行程依序執行。
"""

import shutil
import time
from itertools import count

import pytest

from tests.cpu import children, seconds, times_numpy
from vae_from_scratch.course.generate import build
from vae_from_scratch.course.grading.gradebook import Run
from vae_from_scratch.course.grading.sandbox import Level
from vae_from_scratch.course.grading.scoring import Settings
from vae_from_scratch.course.grading.submissions import Student
from vae_from_scratch.course.sets import ExerciseSet, all_sets, course_root, find_set
from vae_from_scratch.course.watch import Watcher
from vae_from_scratch.course.worker import Worker

ROOT = course_root()
each_set = pytest.mark.parametrize("chosen", all_sets(ROOT), ids=lambda chosen: chosen.name)


@each_set
def test_one_set_takes_little_more_than_numpy_itself(chosen):
    """安靜的電腦上大約是 0.45 CPU 秒以內。"""
    command = ("-m", "vae_from_scratch", "exercises", "test", chosen.name, "--target", "solutions")
    assert times_numpy(lambda: seconds(*command), limit=4) < 4


def test_pytest_is_quick_enough_too():
    """多載入一個外掛就超過：hypothesis 的在 pyproject.toml 裡關掉了。"""
    set_3 = find_set("3", ROOT).tests.relative_to(ROOT).as_posix()
    command = ("-m", "pytest", set_3, "--target", "solutions")
    assert times_numpy(lambda: seconds(*command), limit=4.5) < 4.5


def test_the_budget_sees_a_heavy_import():
    """反例：載入 pandas 就超過。差了好幾倍，不必試到第八次才肯定。"""
    assert times_numpy(lambda: seconds("-c", "import pandas, sklearn.linear_model"), limit=4, tries=3) > 4


@each_set
def test_a_rerun_takes_about_as_long_as_importing_numpy(chosen, tmp_path):
    """整組寫完的時候重跑一次；安靜的電腦上大約是 0.15 CPU 秒以內。"""
    shutil.copytree(chosen.root / "solutions", tmp_path / "solutions")
    shutil.copytree(chosen.root / "tests" / "exercises", tmp_path / "tests" / "exercises")
    shutil.copytree(tmp_path / "solutions", tmp_path / "exercises")
    copy = ExerciseSet(tmp_path, chosen.stem)
    worker = Worker()
    watcher = Watcher([copy], "exercises", worker.run)
    watcher.poll()
    saves = count()

    def rerun() -> float:
        saved = chosen.solution.read_text("utf-8") + f"\n# 第 {next(saves)} 次存檔\n"
        copy.exercise.write_text(saved, "utf-8")
        start = time.process_time() + worker.cpu  # 這一邊的，加上跑檢查的那一個行程的
        assert watcher.poll() == [chosen.name]
        watcher.screen()
        return time.process_time() + worker.cpu - start

    with worker:
        assert times_numpy(rerun, limit=1.4) < 1.4
    assert build(copy)[0]


def test_a_class_of_three_hundred_takes_minutes_not_hours():
    """一個人、每一組都交：安靜的電腦上大約是 5 CPU 秒；三百人、兩個處理器在二十五分鐘以內。

    用最寬的等級量：更嚴的等級多開一層行程，那一層被核心收走，CPU 秒就不在帳上。
    """
    student = Student("一個人", {chosen.name: chosen.solution.read_bytes() for chosen in all_sets(ROOT)})
    run = Run(all_sets(ROOT), Settings(Level.LIMITS, b"a secret of the budget"))

    def one() -> float:
        before = children()
        (report,) = run.grade([student], lambda *step: None)
        assert report["score"] == report["full"]
        return children() - before

    assert times_numpy(one, limit=50, tries=3) < 50
