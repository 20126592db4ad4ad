"""make.py：做過的不重做，出錯時說得出原因，Makefile 與它列出同樣的工作。"""

import re
import subprocess
import sys

import pytest

import make


def test_work_is_done_once_for_the_same_key(tmp_path):
    done: list[int] = []
    for key in ["a", "a", "b"]:
        make.once(tmp_path / "stamp", key, lambda: done.append(1))
    assert len(done) == 2


def test_interrupted_work_is_done_again(tmp_path):
    """半途失敗不留記號。"""

    def fail() -> None:
        raise make.Failure("斷線")

    with pytest.raises(make.Failure):
        make.once(tmp_path / "stamp", "a", fail)
    assert not (tmp_path / "stamp").exists()


@pytest.fixture
def environment(monkeypatch, tmp_path):
    """假的 .venv；傳回「做了哪幾件事」。"""
    done: list[str] = []
    python = tmp_path / "bin" / "python"
    python.parent.mkdir()
    python.touch()
    monkeypatch.setattr(make, "VENV", tmp_path)
    monkeypatch.setattr(make, "PYTHON", python)
    monkeypatch.setattr(make, "create_venv", lambda: done.append("建立"))
    monkeypatch.setattr(make, "pip_install", lambda: done.append("安裝"))
    return done


def test_a_ready_environment_starts_no_process(environment, monkeypatch):
    """檢查一組練習只要零點幾秒；每次都問一遍 pip 的版本，要多等一倍以上。"""
    make.install()
    assert environment == ["建立", "安裝"]
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: pytest.fail("備妥了還去執行別的程式"))
    make.install()
    assert environment == ["建立", "安裝"]


def test_an_environment_without_its_python_is_built_again(environment):
    make.install()
    make.PYTHON.unlink()
    make.install()
    assert environment == ["建立", "安裝"] * 2


@pytest.mark.parametrize(
    ("answer", "settings", "said"),
    [
        ('[false, {"A": "1"}]', {"A": "1", "PYTHONOPTIMIZE": "1"}, "AVX2"),
        ('[true, {"A": "1"}]', {"A": "1"}, ""),
    ],
)
def test_pages_run_with_the_reference_arithmetic_where_there_is_one(
    monkeypatch, capsys, answer, settings, said
):
    """做不到的電腦，頁面裡的核對不擋建置，而且說一聲。"""
    process = subprocess.CompletedProcess([], 0, stdout=answer)
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: process)
    assert make.arithmetic_settings() == settings
    printed = capsys.readouterr().out
    assert (said in printed) if said else printed == ""


@pytest.mark.parametrize("version", [(3, 10, 9), (3, 14, 0)])
def test_unsupported_python_is_named(monkeypatch, version):
    monkeypatch.setattr(sys, "version_info", version)
    with pytest.raises(make.Failure, match=r"3\.11、3\.12 或 3\.13"):
        make.check_python()


def test_makefile_offers_the_same_tasks():
    tasks = re.search(r"^TASKS := (.*)$", (make.ROOT / "Makefile").read_text(encoding="utf-8"), re.M)
    assert tasks and set(tasks[1].split()) == {*make.TASKS, "help"}


def test_every_task_is_explained():
    assert all(task.__doc__ for task in make.TASKS.values())


@pytest.mark.parametrize("arguments", [["frob"], ["book", "extra"]])
def test_unknown_task_lists_the_known_ones(arguments):
    answer = subprocess.run(
        [sys.executable, "make.py", *arguments], cwd=make.ROOT, capture_output=True, text=True
    )
    assert answer.returncode == 2
    assert "沒有「" + " ".join(arguments) in answer.stderr and "book" in answer.stdout


def test_lock_names_no_host_and_pins_everything():
    """鎖定檔只有套件與版本：沒有網址，沒有來源的設定。"""
    lines = (make.ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines()
    pins = [line for line in lines if line and not line.lstrip().startswith("#")]
    assert pins and all(re.match(r"^[a-z0-9.-]+==[^ ]+( ; .*)?$", line) for line in pins)
    assert '"resolved"' not in (make.ROOT / "package-lock.json").read_text(encoding="utf-8")


def test_every_exact_pin_has_its_reason():
    lines = (make.ROOT / "requirements.in").read_text(encoding="utf-8").splitlines()
    assert all("#" in line for line in lines if "==" in line.split(";")[0])
