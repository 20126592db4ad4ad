"""真的安裝：各份的大小、隨時被殺掉、兩個同時安裝、單獨的 wheel。要連線，幾分鐘；由 .ci/run 執行。"""

import base64
import hashlib
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from csv import reader
from pathlib import Path

import pytest

import make

SITE = f"lib/python{sys.version_info[0]}.{sys.version_info[1]}/site-packages"
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="用 SIGKILL 殺掉整組行程")


@pytest.fixture(scope="module")
def course(tmp_path_factory) -> Path:
    """課程的一份複本，路徑有空格與中文；下載的快取與本來的共用，不必重新下載。"""
    folder = tmp_path_factory.mktemp("課程") / "從零 開始"
    left_out = shutil.ignore_patterns(".git", ".venv*", "_build", "_vendor", "node_modules", "__pycache__")
    shutil.copytree(make.ROOT, folder, ignore=left_out)
    return folder


@pytest.fixture(scope="module")
def settings() -> dict[str, str]:
    """讀者的環境：LANG=C，PATH 上沒有 npm。"""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "LC_"))}
    return {"UV_CACHE_DIR": str(make.CACHE), **kept, "LANG": "C", "PATH": "/usr/bin:/bin"}


def start(course: Path, settings: dict[str, str], *arguments: str) -> subprocess.Popen[bytes]:
    python = sys._base_executable  # type: ignore[attr-defined]
    return subprocess.Popen(
        [python, "make.py", *arguments],
        cwd=course, env=settings, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
    )  # fmt: skip


def finish(process: subprocess.Popen[bytes]) -> tuple[int, str]:
    output = process.communicate()[0].decode()
    return process.returncode, output


def damaged(site: Path) -> list[str]:
    """RECORD 記著的檔案，不在或內容不同的。"""
    found = []
    for record in site.glob("*.dist-info/RECORD"):
        for name, wanted, _ in reader(record.read_text(encoding="utf-8").splitlines()):
            kind, _, value = wanted.partition("=")
            if kind != "sha256":
                continue
            content = (site / name).read_bytes() if (site / name).is_file() else b""
            if base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode() != value:
                found.append(name)
    return found


def import_seconds(output: str) -> tuple[int, int]:
    """先說要幾秒，後來說用了幾秒。"""
    (found,) = re.findall(r"確認完整（約 (\d+) 秒）\n.*匯入用了 (\d+) 秒", output)
    return int(found[0]), int(found[1])


def about(estimated: int, taken: int) -> bool:
    """估計要在兩倍以內；兩邊都捨入到秒，別的工作也占著電腦，所以這裡容許三倍與五秒。"""
    return estimated / 3 - 5 < taken < 3 * estimated + 5


def test_exercises_install_little_and_two_at_once_end_well(course, settings):
    """作答只裝一份：不到 600 MB，沒有 TensorFlow。兩個同時開始，一個等另一個。"""
    both = [start(course, settings, "exercise", "1") for _ in range(2)]
    answers = [finish(process) for process in both]
    assert [code for code, _ in answers] == [0, 0], "還沒作答不是 make 的錯誤"
    assert all("總分 0/8" in output for _, output in answers), answers
    assert sum("等它做完" in output for _, output in answers) == 1
    estimated, taken = import_seconds("".join(output for _, output in answers))
    assert about(estimated, taken), (estimated, taken)
    assert "\x1b" not in answers[0][1] and "\r" not in answers[0][1], "紀錄裡沒有顏色與歸位"
    site = course / ".venv" / SITE
    assert not (site / "tensorflow").exists() and not (site / "jupyter_book").exists()
    assert make.size_of(course / ".venv") < 600
    assert damaged(site) == []


def unfinished(site: Path, package: str) -> bool:
    """還沒有 RECORD，或它記著的檔案還沒有寫完。"""
    records = list(site.glob(f"{package}*.dist-info/RECORD"))
    return not records or any(name.startswith(f"{package}/") for name in damaged(site))


MOMENTS: dict[str, Callable[[Path], bool]] = {
    "正在建立 .venv": lambda site: (site / "pip").exists() and not (site / "uv").exists(),
    "正在安裝 uv": lambda site: (site / "uv").exists(),
    "開始寫入套件": lambda site: (site / "numpy").exists(),
    "正在寫入 TensorFlow": lambda site: (site / "tensorflow").exists(),
    "正在裝課程": lambda site: any(site.glob("tensorflow*.dist-info/RECORD")),
    "正在匯入、還沒寫記號": lambda site: any((site / "tensorflow").glob("__pycache__/*.pyc")),
}


def made_after(started: float, file: Path) -> bool:
    return file.exists() and file.stat().st_mtime >= started


def kill_at(course: Path, settings: dict[str, str], moment: Callable[[Path], bool]) -> None:
    """``venv --clear`` 清掉上一次的之後，到了 ``moment`` 就殺掉整組行程。"""
    started, venv = time.time(), course / ".venv"
    process = start(course, settings, "install")
    while not (made_after(started, venv / "pyvenv.cfg") and moment(venv / SITE)):
        assert process.poll() is None, finish(process)
        time.sleep(0.0005)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


def test_killed_at_any_moment_the_next_run_ends_whole(course, settings):
    """每次從上一次被殺掉的樣子接著做；最後一次做完，每一個檔案都與它的雜湊相同。"""
    shutil.rmtree(course / ".venv", ignore_errors=True)
    site = course / ".venv" / SITE
    for name, moment in MOMENTS.items():
        kill_at(course, settings | {"UV_LINK_MODE": "copy"}, moment)  # 逐位元組寫，才來得及在半途殺掉
        assert not (course / ".venv" / ".installed").exists(), name
        if name == "正在寫入 TensorFlow":
            assert unfinished(site, "tensorflow")
    code, output = finish(start(course, settings, "install"))
    assert code == 0, output
    estimated, taken = import_seconds(output)
    assert about(estimated, taken), (estimated, taken)
    assert (course / ".venv" / ".installed").exists() and damaged(site) == []
    assert not unfinished(site, "tensorflow")
    (site / "tensorflow" / "__init__.py").unlink()
    assert damaged(site) == ["tensorflow/__init__.py"], "反例：少了一個檔案看得出來"


@pytest.fixture(scope="module")
def outside(course, settings, tmp_path_factory) -> Callable[..., subprocess.CompletedProcess[str]]:
    """只裝了 wheel，在別的資料夾執行 Python。"""
    folder, installed = tmp_path_factory.mktemp("別處"), tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "-q"]
    subprocess.run([*pip, "wheel", "--no-deps", "--no-build-isolation", "-w", folder, course], check=True)
    subprocess.run([*pip, "install", "--no-deps", "--target", installed, *folder.glob("*.whl")], check=True)
    environment = settings | {"PYTHONPATH": str(installed)}

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-X", "utf8", *arguments]
        return subprocess.run(command, cwd=folder, env=environment, capture_output=True, encoding="utf-8")

    assert run("-c", "import vae_from_scratch as v; print(v.__file__)").stdout.startswith(str(installed))
    assert (installed / "vae_from_scratch" / "py.typed").is_file()
    return run


def test_a_wheel_alone_draws_chinese(outside):
    answer = outside(
        "-c",
        "import warnings; warnings.simplefilter('error')\n"
        "from vae_from_scratch import plotting\n"
        "plotting._SYSTEM_FONTS = ()\n"
        "plotting.use_course_style()\n"
        "from matplotlib.figure import Figure\n"
        "figure = Figure(); figure.subplots().set_title('變分自編碼器：房價（萬美元，對數色階）')\n"
        "plotting.save_figure(figure, 'a.png')",
    )
    assert answer.returncode == 0, answer.stderr


@pytest.mark.parametrize("command", ["study", "exercises test", "watch", "notebooks"])
def test_a_wheel_alone_says_which_commands_need_the_course(outside, command):
    answer = outside("-m", "vae_from_scratch", *command.split())
    assert answer.returncode == 2 and "課程的資料夾" in answer.stderr and "Traceback" not in answer.stderr
