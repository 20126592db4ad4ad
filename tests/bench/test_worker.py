"""一位參賽者一個行程：當掉、退出、出錯、不回應的說出原因，別人照樣量完。"""

import os

import numpy as np
import pytest

from tests.bench.misbehaving import entry
from tests.bench.problems import small_problem
from vae_from_scratch.bench import measure, report
from vae_from_scratch.bench.worker import Failed, Worker

REASONS = {
    "Raises": "ValueError：權重的形狀不對",
    "Exits": "行程自己結束了（結束碼 3）",
    "Segfaults": "行程被訊號 11（SIGSEGV）終止",
    "RaisesLater": "MemoryError：沒有訊息",
    "Missing": "ModuleNotFoundError：No module named 'tests.bench.nowhere'",
    "Uninstalled": "沒有安裝 no_such_package（make install）",
}


@pytest.fixture(scope="module")
def timings():
    entries = [entry("Steady"), *(entry(name) for name in REASONS if name != "Uninstalled")]
    return measure.race(small_problem(), [*entries, entry("Uninstalled", "no_such_package")], epochs=4)


@pytest.mark.skipif(os.name != "posix", reason="訊號是 POSIX 的")
def test_each_failure_is_named_and_the_rest_are_measured(timings):
    steady, *failed = timings
    assert {timing.entry.name: timing.failure for timing in failed} == REASONS
    assert not steady.failure and len(steady.wall) == len(steady.cpu) == 4


def test_the_steady_one_lives_in_one_process_of_its_own(timings):
    (process,) = set(timings[0].losses)
    assert process != os.getpid()


def test_the_table_names_the_failures(timings):
    """沒有量成的在表裡各占一列；表的欄數不變；CSV 與圖只有量成的。"""
    lines = report.lines(timings)
    assert [line.name for line in lines] == ["Steady"]
    table = report.contestants_table(lines, timings).splitlines()
    assert {row.count("|") for row in table} == {9}
    for name, reason in REASONS.items():
        assert any(name in row and reason in row for row in table)


def test_one_that_hangs_is_not_waited_for():
    worker = Worker(entry("Hangs"), small_problem(), patience=0.5)
    try:
        with pytest.raises(Failed, match=r"等了 0\.5 秒沒有回應"):
            worker.ready()
    finally:
        worker.stop()
    assert worker.process.exitcode is not None  # 不留下沒有人管的行程


def test_a_hanging_one_does_not_stop_the_race(monkeypatch):
    """耐心交到每一位手上；確定不會回應的那一位，測試只等半秒。"""
    given: list[float] = []

    def worker(entry, problem, patience):
        given.append(patience)
        return Worker(entry, problem, 0.5 if entry.name == "Hangs" else patience)

    monkeypatch.setattr(measure, "Worker", worker)
    timings = measure.race(small_problem(), [entry("Steady"), entry("Hangs")], epochs=2, patience=60)
    assert given == [60, 60]
    assert [bool(timing.failure) for timing in timings] == [False, True]
    assert len(timings[0].wall) == 2


def test_without_the_bound_there_is_no_ratio():
    timings = [measure.Timing(entry("Steady"), 1, failure="當掉了")]
    with pytest.raises(RuntimeError, match="當掉了"):
        report.lines(timings)


def test_time_left_is_told():
    """第二個訓練週期起，說出大約還要多久。"""
    said: list[str] = []
    measure.race(small_problem(), [entry("Steady")], epochs=3, progress=said.append)
    assert said[0] == "準備：Steady" and "約剩" not in said[1]
    assert all("約剩" in message for message in said[2:]) and len(said) == 4
    assert np.all([message.endswith("Steady") for message in said])
