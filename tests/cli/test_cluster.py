"""``--cluster``：真的排程器與兩個工作行程；位元與在這裡訓練的相同，每一種故障一句話。

工作行程故意用另一種算術（Sandybridge、兩條執行緒）啟動：訓練若在工作行程裡做，位元就不同。
"""

import os
import pickle
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest

from tests.cli.test_fit_command import content, csv_text, everything
from vae_from_scratch import announce, arithmetic, cluster, progress, remote
from vae_from_scratch.cli import main
from vae_from_scratch.housing.study import plan, store
from vae_from_scratch.housing.study.runs import Run

ROOT = Path(__file__).resolve().parents[2]
OTHER_ARITHMETIC = {"OPENBLAS_CORETYPE": "Sandybridge", "OPENBLAS_NUM_THREADS": "2"}
#: 排程器：同一件工作弄死兩個工作行程就放棄（預設四個，要等很久）。
IMPATIENT = {"DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "1"}
#: 測試自己被殺掉時，排程器與工作行程過一會兒也會結束。
LEFTOVER = (("--idle-timeout", "10 minutes"), ("--death-timeout", "60"))
WAIT = 120.0
TESTER = os.getpid()


@contextmanager
def process(log: Path, *arguments: str, **environment: str) -> Iterator[subprocess.Popen]:
    """``python -m distributed.cli.…``，離開時連同它的子行程一起結束。"""
    command = [sys.executable, "-m", *arguments, "--no-dashboard"]
    settings = os.environ | {"PYTHONPATH": str(ROOT)} | environment
    with open(log, "wb") as output:
        started = subprocess.Popen(
            command, env=settings, stdout=output, stderr=output, cwd=log.parent, start_new_session=True
        )
    try:
        yield started
    finally:
        with suppress(ProcessLookupError):
            os.killpg(started.pid, signal.SIGKILL)
        started.wait()


@contextmanager
def scheduler(folder: Path) -> Iterator[tuple[str, subprocess.Popen]]:
    """自己挑埠的排程器；給出位址。"""
    log = folder / "排程器.log"
    arguments = ("distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", "0", *LEFTOVER[0])
    with process(log, *arguments, **IMPATIENT) as started:
        until(lambda: "Scheduler at:" in log.read_text(encoding="utf-8"))
        line = next(line for line in log.read_text(encoding="utf-8").splitlines() if "Scheduler at:" in line)
        yield line.split()[-1], started


@contextmanager
def worker(folder: Path, address: str, name: str, **environment: str) -> Iterator[subprocess.Popen]:
    """一個做一件的工作行程；登記好了才給出。"""
    arguments = ("distributed.cli.dask_worker", address, "--nthreads", "1", "--name", name, *LEFTOVER[1])
    log = folder / f"{name}.log"
    with process(log, *arguments, **environment) as started:
        until(lambda: "Registered to" in log.read_text(encoding="utf-8"))
        yield started


def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WAIT
    while not true():
        assert time.monotonic() < deadline, "等太久"
        time.sleep(0.05)


@pytest.fixture(scope="module")
def address(tmp_path_factory) -> Iterator[str]:
    """有兩個工作行程的叢集。"""
    folder = tmp_path_factory.mktemp("叢集")
    with ExitStack() as stack:
        found, _ = stack.enter_context(scheduler(folder))
        for name in ("甲", "乙"):
            stack.enter_context(worker(folder, found, name, **OTHER_ARITHMETIC))
        yield found


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "表.csv"
    path.write_text(csv_text(content(120)), encoding="utf-8")
    return path


def fit(*arguments):
    return main(["fit", "--epochs", "3", "--seeds", "3", *map(str, arguments)])


def complaint(capsys) -> str:
    """唯一的一句錯誤。"""
    said = capsys.readouterr().err.strip()
    assert said.startswith("錯誤：") and len(said.splitlines()) == 1, said
    return said


# ---- 同樣的位元 ----------------------------------------


@pytest.mark.slow
def test_a_whole_fit_on_the_cluster_is_the_same_to_the_last_byte(address, table, tmp_path, capsys):
    assert fit(table, "--target", "價", "--jobs", "1", "--quiet", "--out", tmp_path / "這裡") == 0
    capsys.readouterr()
    assert fit(table, "--target", "價", "--cluster", address, "--out", tmp_path / "叢集") == 0
    assert everything(tmp_path / "叢集") == everything(tmp_path / "這裡")
    assert "6/6 件，36/36 個訓練週期" in capsys.readouterr().err


@pytest.mark.slow
def test_the_study_on_the_cluster_stores_the_same_bytes(address, tmp_path, monkeypatch):
    tiny = {**plan.BASE, "epochs": 1, "hidden": [6], "batch_size": 512}
    runs = [*(Run(tiny, seed) for seed in range(2)), Run({}, 0, kind="ridge")]
    monkeypatch.setitem(plan.EXPERIMENTS, "warmup", lambda: runs)
    stored = []
    for where in (("--jobs", "1"), ("--cluster", address)):
        monkeypatch.setenv("VAE_STUDY_DIR", str(tmp_path / where[0]))
        assert main(["study", "--only", "warmup", "--quiet", *where]) == 0
        stored.append({path.name: path.read_bytes() for path in store.folder().glob("*.npz")})
    assert len(stored[0]) == 3 and stored[0] == stored[1]


def kernel() -> tuple[str, int]:
    """這個行程的矩陣乘法用哪一種核心、幾條執行緒。"""
    import numpy as np
    from threadpoolctl import threadpool_info

    np.ones(2)
    return next((o["architecture"], o["num_threads"]) for o in threadpool_info() if o["user_api"] == "blas")


@pytest.mark.skipif(not arithmetic.available(), reason="不是有 AVX2 的 x86-64")
def test_the_work_is_not_done_with_the_workers_own_arithmetic(address, by_value):
    """反例在前：工作行程自己的算術不是參考的；交給它的工作卻是。"""
    with cluster.connected(address) as there:
        own = there.client.submit(kernel, pure=False).result()
        assert own[0] == "Sandybridge"
        assert set(there.run(kernel, [(), ()], in_order=True)) == {(arithmetic.AVX2_CORE, 1)}


@pytest.fixture
def by_value():
    """這個檔案的函式送內容過去，不送名字：工作行程沒有測試的程式。"""
    import cloudpickle

    cloudpickle.register_pickle_by_value(sys.modules[__name__])
    yield
    cloudpickle.unregister_pickle_by_value(sys.modules[__name__])


def test_one_place_in_the_cluster_is_still_the_cluster(by_value, tmp_path):
    """joblib 對一個位置不送出去；那樣就在這個行程裡做了。"""
    with ExitStack() as stack:
        found, _ = stack.enter_context(scheduler(tmp_path))
        started = stack.enter_context(worker(tmp_path, found, "戊"))
        there = stack.enter_context(cluster.connected(found))
        (group,) = there.run(os.getpgid, [(0,)], in_order=True)
    assert group == started.pid != os.getpgid(0)


def test_results_come_in_the_order_of_the_tasks_and_errors_as_they_are(address, by_value):
    def halve(table: list[int], number: int) -> float:
        print("工作印的字不會混進回答")
        return table[number] / number

    table = list(range(10))
    with cluster.connected(address) as there:
        tasks = [(table, number) for number in (3, 1, 2)]
        assert list(arithmetic.run_in_workers(halve, tasks, there)) == [1.0, 1.0, 1.0]
        with pytest.raises(ZeroDivisionError):
            list(arithmetic.run_in_workers(halve, [(table, 1), (table, 0)], there))


def three_epochs(rows: int) -> int:
    from vae_from_scratch import announce

    announce.training(0, 3, rows)
    for done in (1, 2, 3):
        announce.epoch(done, 3, rows)
    return rows


def test_epochs_on_the_cluster_are_heard_here(address, by_value, capsys, monkeypatch):
    heard: list[str] = []
    relay = announce.relay

    def overheard(said):
        heard.append(said)
        return relay(said)

    monkeypatch.setattr(announce, "relay", overheard)
    with cluster.connected(address) as there:
        tasks = [(10,), (20,)]
        works = [progress.Work(3, rows) for (rows,) in tasks]
        results = arithmetic.run_in_workers(three_epochs, tasks, there)
        assert list(progress.follow(results, works, workers=2, unit="件")) == [10, 20]
        until(lambda: {"begin 0", "begin 1", "end 0", "end 1"} <= set(heard))
    assert {"epoch 0 0 3 3 10", "epoch 1 0 3 3 20"} <= set(heard)
    assert "2/2 件，6/6 個訓練週期" in capsys.readouterr().err


def test_the_ear_is_selective(monkeypatch):
    """暗號不對的不理；週期太密的省下，開始、結束與最後一個週期一定說。"""
    said: list[str] = []
    ear = remote._Ear("暗號", said.append)
    monkeypatch.setattr(remote, "RELAY_SECONDS", WAIT)
    for text in ("begin 0", "epoch 0 0 0 3 10", "epoch 0 0 1 3 10", "epoch 0 0 3 3 10", "end 0"):
        assert ear._is_worth_telling(text.split()) == (text not in ("epoch 0 0 0 3 10", "epoch 0 0 1 3 10"))
    port = int(ear.address.partition(":")[0])
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.sendto(b"wrong end 1", ("127.0.0.1", port))
        sender.sendto(b"secret end 2", ("127.0.0.1", port))
    ear.close()
    assert said == []


# ---- 說得清楚的錯誤 ----------------------------------------


@pytest.mark.parametrize("wrong", ["tcp://127.0.0.1:1", "叢集", "http://127.0.0.1:1", "127.0.0.1:x"])
def test_a_wrong_address_is_one_sentence_within_seconds(wrong, table, tmp_path, capsys):
    started = time.monotonic()
    assert fit(table, "--cluster", wrong, "--out", tmp_path / "out") == 2
    assert time.monotonic() - started < 30
    said = complaint(capsys)
    assert "--cluster" in said and wrong in said and "dask scheduler" in said
    assert not list(tmp_path.glob("*out*"))


def test_jobs_and_cluster_exclude_each_other(table, tmp_path, capsys):
    assert fit(table, "--cluster", "tcp://127.0.0.1:1", "--jobs", "2", "--out", tmp_path / "out") == 2
    assert "--jobs" in complaint(capsys)


def test_without_the_extra_the_message_says_what_to_install(table, tmp_path, capsys, monkeypatch):
    for name in ("dask", "distributed"):
        monkeypatch.setitem(sys.modules, name, None)
    assert fit(table, "--cluster", "tcp://127.0.0.1:1", "--out", tmp_path / "out") == 2
    assert "vae-from-scratch[cluster]" in complaint(capsys)


@pytest.mark.slow
def test_no_worker_and_another_version_are_told_apart(table, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(cluster, "FIRST_WORKER_SECONDS", 1.0)
    old = tmp_path / "舊的課程"
    shutil.copytree(ROOT / "vae_from_scratch", old / "vae_from_scratch")
    with open(old / "vae_from_scratch" / "model.py", "a", encoding="utf-8") as file:
        file.write("EXTRA = 1\n")
    with scheduler(tmp_path) as (found, _):
        assert fit(table, "--cluster", found, "--out", tmp_path / "out") == 2
        assert "沒有任何工作行程" in complaint(capsys)
        monkeypatch.setattr(cluster, "FIRST_WORKER_SECONDS", WAIT)
        with worker(tmp_path, found, "丙", PYTHONPATH=str(old)):
            assert fit(table, "--cluster", found, "--out", tmp_path / "out") == 2
    said = complaint(capsys)
    assert "vae_from_scratch 的程式" in said and "tcp://" in said
    assert not list(tmp_path.glob("*out*"))


def test_each_difference_is_named_and_a_worker_without_the_package_can_still_answer(tmp_path):
    import cloudpickle

    here = cluster.make_describe(cluster.LIBRARIES)()
    assert cluster.difference(here, dict(here)) == ""
    for name in here:
        assert name in cluster.difference(here, here | {name: "別的"})
    assert "OSError" in cluster.difference(here, OSError("斷線"))
    sent = tmp_path / "函式"
    sent.write_bytes(cloudpickle.dumps(cluster.make_describe(())))
    bare = (
        "import sys, pickle; "
        "sys.meta_path = [f for f in sys.meta_path if 'editable' not in repr(f).lower()]; "
        f"print(pickle.load(open({str(sent)!r}, 'rb'))())"
    )
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [sys.executable, "-X", "utf8", "-c", bare],
        env=environment, cwd=tmp_path, capture_output=True, encoding="utf-8", check=True,
    )  # fmt: skip
    assert "沒有安裝" in done.stdout


# ---- 中途的故障 ----------------------------------------


def die(whom: str, marker: str, once: bool) -> str:
    """第一次（或每一次）殺掉自己（"child"）或工作行程（"worker"）。"""
    path = Path(marker)
    if path.exists() and once:
        return "做完了"
    with path.open("a") as file:
        file.write(f"{os.getpid()}\n")
    assert os.getppid() != TESTER, "在測試的行程裡做了"
    os.kill(os.getpid() if whom == "child" else os.getppid(), signal.SIGKILL)
    time.sleep(WAIT)
    return "不該到這裡"


def alive(pid: int) -> bool:
    import psutil

    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


@pytest.mark.slow
def test_a_worker_that_dies_is_replaced_and_leaves_no_orphan(address, by_value, tmp_path):
    marker = tmp_path / "死過"
    with cluster.connected(address) as there:
        tasks = [("worker", str(marker), True), ("worker", str(marker), True)]
        assert list(there.run(die, tasks, in_order=True)) == ["做完了"] * 2
    orphans = [int(pid) for pid in marker.read_text().split()]
    assert orphans
    until(lambda: not any(alive(pid) for pid in orphans))


@pytest.mark.slow
@pytest.mark.parametrize(("whom", "reason"), [("child", "子行程被結束了"), ("worker", "一再死掉")])
def test_work_that_always_kills_is_given_up_in_one_sentence(address, by_value, tmp_path, whom, reason):
    with cluster.connected(address) as there, pytest.raises(ValueError, match=reason):
        list(there.run(die, [(whom, str(tmp_path / "死過"), False)], in_order=False))


def forever(marker: str) -> None:
    Path(marker).write_text(str(os.getpid()))
    time.sleep(10 * WAIT)


@pytest.mark.slow
@pytest.mark.parametrize("lost", ["排程器", "工作行程"])
def test_a_cluster_that_disappears_is_noticed(by_value, tmp_path, monkeypatch, lost):
    monkeypatch.setattr(cluster, "LOST_SECONDS", 3.0)
    marker = tmp_path / "行程"
    with ExitStack() as stack:
        found, first = stack.enter_context(scheduler(tmp_path))
        second = stack.enter_context(worker(tmp_path, found, "丁"))
        there = stack.enter_context(cluster.connected(found))
        results = there.run(forever, [(str(marker),)], in_order=True)
        threading.Thread(target=_kill, args=(marker, first if lost == "排程器" else second)).start()
        with pytest.raises(ValueError, match=r"連線斷了|不見了"):
            list(results)
    until(lambda: not alive(int(marker.read_text())))


def _kill(marker: Path, victim: subprocess.Popen) -> None:
    until(lambda: marker.exists() and marker.read_text() != "")
    os.killpg(victim.pid, signal.SIGKILL)


def test_an_idle_child_retires_and_closing_stops_a_busy_one(monkeypatch):
    """沒有叢集也看得出來：子行程閒置太久就結束；``close`` 不等正在做的。"""
    import cloudpickle

    monkeypatch.setattr(remote, "IDLE_SECONDS", 0.2)
    task = cloudpickle.dumps((0, os.getpid, [], []))
    answer = remote.in_child("一", arithmetic.settings(), b"", task)
    child = pickle.loads(answer.content)
    assert child != os.getpid()
    until(lambda: not alive(child) and not remote._idle)
    sleeping = cloudpickle.dumps((0, time.sleep, [], [WAIT]))
    threading.Timer(2.0, remote.close, ("二",)).start()
    started = time.monotonic()
    assert remote.in_child("二", arithmetic.settings(), b"", sleeping).outcome == "died"
    assert time.monotonic() - started < WAIT / 2
