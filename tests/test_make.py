"""make.py：做過的不重做，出錯時說得出原因，Makefile 與它列出同樣的工作。"""

import ast
import errno
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections import namedtuple
from pathlib import Path
from threading import Thread

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


@pytest.fixture(autouse=True)
def own_lock(monkeypatch, tmp_path):
    """別的 make 正在安裝時，測試不等它。"""
    monkeypatch.setattr(make, "LOCK", tmp_path / "lock")
    monkeypatch.setattr(make, "LOGS", tmp_path / "log")


@pytest.fixture
def environment(monkeypatch, tmp_path):
    """假的 .venv；傳回「做了哪幾件事」。"""
    done: list[str] = []
    python = tmp_path / ".venv" / "bin" / "python"

    def create() -> None:
        done.append("建立")
        python.parent.mkdir(parents=True, exist_ok=True)
        python.touch()

    monkeypatch.setattr(make, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(make, "PYTHON", python)
    monkeypatch.setattr(make, "create_venv", create)
    monkeypatch.setattr(make, "add_packages", lambda piece: done.append(piece.lock))
    monkeypatch.setattr(make, "check_imports", lambda piece: done.append("匯入"))
    return done


BASE = ["requirements-base.lock", "匯入"]
FULL = ["requirements.lock", "匯入"]


def test_a_ready_environment_starts_no_process(environment, monkeypatch):
    """檢查一組練習只要零點幾秒；每次都問一遍 pip 的版本，要多等一倍以上。"""
    make.install("base")
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: pytest.fail("備妥了還去執行別的程式"))
    make.install("base")
    assert environment == ["建立", *BASE]


def test_exercises_need_the_small_piece_and_the_whole_includes_it(environment):
    make.install("base")
    make.install()
    make.install("base")
    assert environment == ["建立", *BASE, *FULL], "補上其餘的，不從頭建"


def test_an_environment_without_its_python_is_built_again(environment):
    make.install()
    make.PYTHON.unlink()
    make.install()
    assert environment == ["建立", *FULL] * 2


def test_an_environment_of_the_previous_version_is_brought_up_to_date(environment):
    """舊版的記號只有雜湊。"""
    make.create_venv()
    (make.VENV / ".installed").write_text("0" * 64)
    make.install()
    assert environment == ["建立", *FULL]


def test_a_moved_environment_is_built_again(environment):
    """裡面的命令記著原來的位置。"""
    make.create_venv()
    (make.VENV / ".installed").write_text("0" * 64 + " /別的地方/.venv")
    make.install()
    assert environment == ["建立", "建立", *FULL]


def test_an_interrupted_installation_starts_afresh(environment, monkeypatch):
    make.install("base")

    def killed(piece) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(make, "add_packages", killed)
        make.install()
    make.install()
    assert environment == ["建立", *BASE, "建立", *FULL]


def test_a_damaged_environment_is_built_again_before_it_is_called_ready(environment, monkeypatch):
    """補裝之後仍匯入不了，就從頭建；從頭建也不行，說出來，不留記號。"""
    make.create_venv()
    (make.VENV / ".installed").write_text("舊版")

    def broken(piece) -> None:
        environment.append("匯入不了")
        raise make.Failure("缺檔案")

    monkeypatch.setattr(make, "check_imports", broken)
    with pytest.raises(make.Failure):
        make.install()
    assert environment == ["建立", "requirements.lock", "匯入不了", "建立", "requirements.lock", "匯入不了"]
    assert not list(make.VENV.glob(".installed*"))


def test_every_big_package_is_really_imported(monkeypatch, tmp_path):
    monkeypatch.setattr(make, "VENV", tmp_path)
    monkeypatch.setattr(make, "PYTHON", sys.executable)
    make.check_imports(make.PIECES["base"]._replace(modules=("json",)))
    with pytest.raises(make.Failure, match="No module named 'tensorflow_without_its_files'"):
        make.check_imports(make.PIECES["full"]._replace(modules=("tensorflow_without_its_files",)))
    modules = {module.partition(".")[0] for module in make.PIECES["full"].modules}
    assert {"numpy", "scipy", "pandas", "sklearn", "matplotlib", "tensorflow", "playwright"} <= modules


def test_imports_leave_their_bytecode_behind(monkeypatch, tmp_path):
    """環境變數說不要寫位元組碼也寫：少了它，每一個行程都重新編譯整個套件。"""
    monkeypatch.setattr(make, "VENV", tmp_path)
    monkeypatch.setattr(make, "PYTHON", sys.executable)
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    monkeypatch.delenv("PYTHONPYCACHEPREFIX", raising=False)
    (tmp_path / "big.py").touch()
    subprocess.run([sys.executable, "-c", "import big"], cwd=tmp_path, check=True)
    assert not (tmp_path / "__pycache__").exists(), "反例"
    make.check_imports(make.PIECES["base"]._replace(modules=("big",)))
    assert list((tmp_path / "__pycache__").glob("big.*.pyc"))


def test_the_second_of_two_installations_waits():
    """鎖是作業系統的：第一個被殺掉，檔案還在，鎖已經放開。"""
    hold = (
        "import make, sys, time\nmake.LOCK = make.Path(sys.argv[1])\n"
        "with make.locked(): print(1, flush=True); time.sleep(60)"
    )
    command = [sys.executable, "-X", "utf8", "-c", hold, str(make.LOCK)]
    first, second = (
        subprocess.Popen(command, cwd=make.ROOT, stdout=subprocess.PIPE, encoding="utf-8") for _ in range(2)
    )
    assert first.stdout and second.stdout
    said = [first.stdout.readline(), second.stdout.readline()]
    assert sorted("等它做完" in line for line in said) == [False, True]
    holder, waiting = (second, first) if "等它做完" in said[0] else (first, second)
    holder.kill()
    assert waiting.stdout and waiting.stdout.readline() == "1\n"
    waiting.kill()
    for process in (first, second):
        process.communicate()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows 的鎖不隨子行程")
def test_the_lock_outlives_a_killed_make_while_its_tool_still_writes():
    hold = (
        "import make, sys\nmake.LOCK, make.LOGS = map(make.Path, sys.argv[1:])\n"
        "with make.locked(): print(1, flush=True); make.tool('slow', '慢', 'sleep', '1')"
    )
    command = [sys.executable, "-c", hold, str(make.LOCK), str(make.LOGS)]
    first = subprocess.Popen(command, cwd=make.ROOT, stdout=subprocess.PIPE, text=True)
    assert first.stdout and first.stdout.readline() == "1\n"
    while not (make.LOGS / "slow.log").exists():
        time.sleep(0.01)
    time.sleep(0.2)
    os.kill(first.pid, signal.SIGKILL)
    first.communicate()
    with make.LOCK.open("ab") as file:
        assert not make.try_lock(file)
        time.sleep(1.2)
        assert make.try_lock(file)


@pytest.mark.parametrize(
    ("said", "cure"),
    [
        ("error: failed to write\n  Caused by: No space left on device (os error 28)", "清出空間"),
        ("npm error code ENOSPC", "清出空間"),
        ("Caused by: Permission denied (os error 13)", "可以寫入"),
        ("OSError: [Errno 30] Read-only file system: '/x'", "可以寫入"),
        ("Caused by: dns error: failed to lookup address information", "檢查網路"),
        ("npm error code ENOTFOUND", "檢查網路"),
        ("error: Failed to fetch: x\n  Caused by: Hash mismatch for numpy", "鏡像站"),
        ("npm error code EINTEGRITY", "鏡像站"),
    ],
)
def test_a_failing_tool_is_explained_in_one_message(said, cure, capsys):
    with pytest.raises(make.Failure) as caught:
        make.tool("fake", "安裝套件", sys.executable, "-c", f"print({said!r}); raise SystemExit(3)")
    assert cure in str(caught.value) and "fake.log" in str(caught.value)
    assert capsys.readouterr().out == ""


def test_an_unknown_failure_shows_the_last_lines():
    with pytest.raises(make.Failure, match="它最後說：\n奇怪的事"):
        make.tool(
            "fake", "安裝套件", sys.executable, "-X", "utf8", "-c", "print('奇怪的事'); raise SystemExit(3)"
        )


Usage = namedtuple("Usage", "total used free")


def test_too_little_space_is_said_before_anything_is_written(environment, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(2**40, 2**40, 100 * 2**20))
    for work in (make.install, lambda: make.install("base"), make.copy_vendor):
        with pytest.raises(make.Failure, match="只剩 100 MB"):
            work()
    assert environment == []


@pytest.mark.parametrize(
    ("code", "cure"), [(errno.EACCES, "可以寫入"), (errno.EROFS, "可以寫入"), (errno.ENOSPC, "清出空間")]
)
def test_a_folder_that_cannot_be_written_is_one_message(monkeypatch, capsys, code, cure):
    def refuse() -> None:
        raise OSError(code, os.strerror(code), "某個檔案")

    monkeypatch.setitem(make.TASKS, "lint", refuse)
    assert make.main(["lint"]) == 1
    said = capsys.readouterr().err
    assert "某個檔案" in said and cure in said and "Traceback" not in said


@pytest.fixture
def vendor_works(monkeypatch, tmp_path):
    """下載與編譯換成只碰一下檔案；傳回做過的事。"""
    works: list[str] = []

    def fetch() -> None:
        works.append("下載")
        shutil.rmtree(make.VENDOR, ignore_errors=True)
        touch(*map(make.VENDOR.joinpath, make.VENDORED.values()), make.AXE, make.ASC)

    def compile_engine() -> None:
        assert make.ASC.exists()
        works.append("編譯")
        touch(make.VENDOR / "lab" / "engine.wasm.js")

    monkeypatch.setattr(make, "install", lambda: None)
    monkeypatch.setattr(make, "VENDOR", tmp_path / "_vendor")
    monkeypatch.setattr(make, "AXE", tmp_path / "node_modules" / "axe.js")
    monkeypatch.setattr(make, "ASC", tmp_path / "node_modules" / "asc.js")
    monkeypatch.setattr(make, "copy_vendor", fetch)
    monkeypatch.setattr(make, "compile_engine", compile_engine)
    return works


def touch(*files: Path) -> None:
    for file in files:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()


def test_a_deleted_file_of_the_vendor_folder_is_fetched_again(vendor_works):
    make.vendor(make.AXE)
    make.vendor(make.AXE)
    shutil.rmtree(make.AXE.parent)
    make.vendor()
    assert vendor_works == ["下載", "編譯"], "讀書不需要 node_modules"
    make.vendor(make.AXE)
    assert vendor_works == ["下載", "編譯"] * 2
    (make.VENDOR / "d3" / "d3.min.js").unlink()
    make.vendor()
    assert vendor_works == ["下載", "編譯"] * 3


def test_the_engine_is_compiled_again_only_when_its_sources_change(vendor_works, monkeypatch):
    make.vendor()
    del vendor_works[:]
    (make.VENDOR / "lab" / "engine.wasm.js").unlink()
    make.vendor()
    assert vendor_works == ["編譯"]
    monkeypatch.setattr(make, "engine_key", lambda: "改過")
    make.vendor()
    make.vendor()
    assert vendor_works == ["編譯"] * 2
    shutil.rmtree(make.ASC.parent)
    monkeypatch.setattr(make, "engine_key", lambda: "又改了")
    make.vendor()
    assert vendor_works == ["編譯"] * 2 + ["下載", "編譯"], "沒有編譯器，先下載"


def test_the_estimate_follows_what_has_been_written(monkeypatch):
    """固定的速度，每秒寫 40 MB，匯入要 25 秒：說出來的剩餘時間在實際的兩倍以內。"""
    monkeypatch.setattr(make, "seconds_to_import", lambda piece: 25.0)
    progress, total, speed = make.Progress(make.PIECES["full"]), 2000.0, 40.0
    rest = make.PIECES["full"].disk / 300 + 25
    for second in range(1, 50):
        left = progress.seconds_left(speed * second, total, 100.0 + second)
        truth = (total - speed * second) / speed + rest
        assert (left is None) == (second < 6)
        assert left is None or truth / 2 < left < truth * 2, (second, left, truth)
    assert (
        make.megabytes_to_download("Downloading a (1.5MiB)\nDownloading b (2.0GiB)\n Downloaded a\n")
        == 2049.5
    )


def import_seconds(clock, monkeypatch, folder) -> float:
    """編譯一次 make.py 花 ``clock`` 秒的電腦，匯入全部的套件估計要幾秒。"""
    ticks = iter([0.0, 10 * clock])
    with monkeypatch.context() as patch:
        patch.setattr(time, "perf_counter", lambda: next(ticks))
        patch.setattr(make, "VENV", folder)
        return make.seconds_to_import(make.PIECES["full"])


def test_the_time_to_import_follows_the_computer_and_what_is_compiled(monkeypatch, tmp_path):
    """慢一倍的電腦要兩倍；編譯過一部分的少一些。估計與實際差不到兩倍，由真的安裝檢查。"""
    fast = import_seconds(0.01, monkeypatch, tmp_path)
    assert 15 < fast < 60
    assert import_seconds(0.02, monkeypatch, tmp_path) == pytest.approx(2 * fast)
    monkeypatch.setattr(make, "VENV", tmp_path)
    (make.site_packages() / "numpy" / "__pycache__").mkdir(parents=True)
    assert fast / 2 < import_seconds(0.01, monkeypatch, tmp_path) < fast


def test_another_index_of_pip_is_given_to_uv(monkeypatch):
    answer = "global.extra-index-url='file:///x'\nglobal.index-url='file:///a'\n:env:.index-url='file:///b'\n"
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: subprocess.CompletedProcess([], 0, stdout=answer))
    monkeypatch.delenv("UV_DEFAULT_INDEX", raising=False)
    assert make.index_of_pip() == {"UV_DEFAULT_INDEX": "file:///b"}
    monkeypatch.setenv("UV_DEFAULT_INDEX", "file:///c")
    assert make.index_of_pip() == {}


@pytest.mark.parametrize("version", [(3, 6, 15), (3, 10, 9), (3, 14, 0)])
def test_unsupported_python_is_named(version):
    """連匯入都還沒有開始，就說出要哪一版。"""
    code = f"import runpy, sys; sys.version_info = {version}; runpy.run_path('make.py', run_name='__main__')"
    answer = subprocess.run(
        [sys.executable, "-X", "utf8", "-c", code], cwd=make.ROOT, capture_output=True, encoding="utf-8"
    )
    assert answer.returncode == 1
    assert "3.11、3.12 或 3.13" in answer.stderr and "Traceback" not in answer.stderr


def test_old_pythons_can_parse_make_py():
    source = (make.ROOT / "make.py").read_text(encoding="utf-8")
    ast.parse(source, feature_version=(3, 6))
    guard = source.index("sys.exit(")
    assert re.findall(r"^(?:import|from) .*", source[:guard], re.M) == ["import sys"]
    with pytest.raises(SyntaxError):
        ast.parse("if (found := 1): pass", feature_version=(3, 6))


@pytest.mark.parametrize("encoding", ["cp950", "cp1252", "ascii"])
def test_a_narrow_output_does_not_stop_the_work(encoding):
    answer = subprocess.run(
        [sys.executable, "make.py", "help"],
        cwd=make.ROOT, env={**os.environ, "PYTHONIOENCODING": encoding}, capture_output=True,
    )  # fmt: skip
    assert answer.returncode == 0 and answer.stderr == b""
    assert encoding != "cp950" or "練習的作答" in answer.stdout.decode("cp950")
    say = "import make; make.tolerate_narrow_encodings(); make.say('σ² 好 ✗')"
    answer = subprocess.run(
        [sys.executable, "-c", say],
        cwd=make.ROOT, env={**os.environ, "PYTHONIOENCODING": encoding}, capture_output=True,
    )  # fmt: skip
    assert answer.returncode == 0 and answer.stdout.strip().endswith(b"?")


def test_every_message_can_be_written_in_cp950():
    """中文 Windows 的 make.py book > log.txt：自己的訊息一個字都不變成問號。"""
    source = (make.ROOT / "make.py").read_text(encoding="utf-8")
    messages = [node.value for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Constant)]
    for message in messages:
        if isinstance(message, str):
            message.encode("cp950")


@pytest.fixture
def small_site(tmp_path):
    """建好的書的樣子：路徑有空格與中文。"""
    folder = tmp_path / "書 一" / "html"
    folder.mkdir(parents=True)
    (folder / "index.html").write_text("<p>首頁</p>", encoding="utf-8")
    (folder / "a.js").write_text("1", encoding="utf-8")
    return folder


def test_the_book_is_shown_on_this_computer_only(small_site):
    """兩個同時：第二個另找一個空的埠。檔案的種類不看系統的設定，而且每次都重新問。"""
    with make.page_server(small_site) as first, make.page_server(small_site) as second:
        assert first.server_port != second.server_port
        assert {first.server_address[0], second.server_address[0]} == {"127.0.0.1"}
        Thread(target=second.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{second.server_port}/"
        with urllib.request.urlopen(address) as page:
            assert page.read().decode() == "<p>首頁</p>" and page.headers["Cache-Control"] == "no-cache"
        with urllib.request.urlopen(address + "a.js") as script:
            assert script.headers["Content-Type"] == "text/javascript"
        second.shutdown()


@pytest.mark.skipif(sys.platform == "win32", reason="由鍵盤以外的地方送不出 Ctrl-C")
def test_serving_stops_quietly(small_site):
    program = (
        "import pathlib, signal, sys, make; make.INDEX = pathlib.Path(sys.argv[1], 'index.html');"
        # 在背景執行的測試，Ctrl-C 的訊號一生下來就是不理的。
        "signal.signal(signal.SIGINT, signal.default_int_handler);"
        "sys.exit(make.main(['serve']))"
    )
    command = [sys.executable, "-c", program, str(small_site)]
    with subprocess.Popen(
        command, cwd=make.ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as process:
        assert process.stdout is not None
        said = process.stdout.readline().decode()
        process.send_signal(signal.SIGINT)
        rest = process.stdout.read().decode()
    assert re.search(r"http://127\.0\.0\.1:\d+/", said)
    assert rest == "→ 停止了。\n" and process.returncode == 0


@pytest.mark.parametrize("task", ["serve", "pdf", "epub"])
def test_without_a_book_it_says_what_to_do(monkeypatch, tmp_path, capsys, task):
    monkeypatch.setattr(make, "INDEX", tmp_path / "index.html")
    assert make.main([task]) == 1
    assert "先執行 make book" in capsys.readouterr().err


# ── 發行的結果 ────────────────────────────────────────────────────────


@pytest.fixture
def commands(monkeypatch, tmp_path):
    """不安裝、不訓練、不建書；傳回會執行的命令。"""
    done: list[list[str]] = []
    for name in ("install", "vendor"):
        monkeypatch.setattr(make, name, lambda *_, name=name: done.append([name]))
    monkeypatch.setattr(make, "run", lambda *command, **_: done.append([str(part) for part in command[1:]]))
    monkeypatch.setattr(make, "BUILT", tmp_path / "built")
    return done


ARCHIVE = ["book/study_archive.py"]


def test_given_results_are_checked_before_the_installation_and_used_before_training(commands, tmp_path):
    given = tmp_path / "下載 的.zip"
    assert make.main(["book", f"STUDY={given}"]) == 0
    assert commands == [
        [*ARCHIVE, "check", str(given)],
        ["vendor"],
        [*ARCHIVE, "unpack", str(given)],
        ["-m", "vae_from_scratch", "study"],
        ["book/build.py"],
    ]


def test_without_given_results_they_are_trained(commands):
    assert make.main(["book"]) == 0
    assert commands == [["vendor"], ["-m", "vae_from_scratch", "study"], ["book/build.py"]]


def test_the_path_is_counted_from_where_the_reader_is(commands, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert make.main(["study", "STUDY=a.zip"]) == 0
    assert commands[0] == [*ARCHIVE, "check", str(tmp_path / "a.zip")]


@pytest.mark.parametrize("arguments", [["clean", "STUDY=a.zip"], ["book", "STUDY=a.zip", "extra"]])
def test_only_some_tasks_take_results(commands, arguments):
    assert make.main(arguments) == 2 and commands == []


def test_a_wrong_file_is_one_message_before_anything_is_installed(tmp_path):
    command = [sys.executable, "make.py", "book", f"STUDY={tmp_path / 'none.zip'}"]
    answer = subprocess.run(command, cwd=make.ROOT, capture_output=True, encoding="utf-8")
    assert answer.returncode == 1 and answer.stdout == ""
    assert re.fullmatch(r"× STUDY 是 .*none\.zip，沒有這個檔案。.*\n", answer.stderr)


@pytest.mark.skipif(not shutil.which("make"), reason="沒有 make")
def test_make_hands_the_path_over_in_one_piece():
    def made(*variables: str) -> str:
        outer = dict.fromkeys(("MAKEFLAGS", "MAKEOVERRIDES", "ARGS", "N"), "")  # 這個測試可能由 make 執行
        command, env = ["make", "-n", "book", *variables, "PYTHON=python3"], os.environ | outer
        return subprocess.run(command, cwd=make.ROOT, env=env, capture_output=True, encoding="utf-8").stdout

    assert re.search(r'make\.py book +"STUDY=/a b/c\.zip"$', made("STUDY=/a b/c.zip"), re.M)
    assert "STUDY" not in made()


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


LOCKS = [piece.lock for piece in make.PIECES.values()]


def pins(lock: str) -> dict[str, str]:
    """``numpy==2.4.6`` → 整個條目：條件（``; …``）與每一個平台的雜湊。"""
    text = (make.ROOT / lock).read_text(encoding="utf-8")
    text = re.sub(r"^ *#.*\n", "", text, flags=re.M)
    return {pin.split()[0]: pin for pin in re.findall(r"^\S(?:.*\\\n)+.*$", text, re.M)}


@pytest.mark.parametrize("lock", LOCKS)
def test_lock_names_no_host_and_pins_everything(lock):
    """鎖定檔只有套件、版本與雜湊：沒有網址，沒有來源的設定。"""
    text = (make.ROOT / lock).read_text(encoding="utf-8")
    assert "://" not in text and "--index" not in text
    assert len(pins(lock)) == len(re.findall(r"^[^#\s]", text, re.M)) > 40
    for name, pin in pins(lock).items():
        assert re.match(r"^[a-z0-9.-]+==[^ ]+$", name)
        assert re.search(r"--hash=sha256:[0-9a-f]{64}$", pin)


def test_npm_lock_names_no_host():
    assert '"resolved"' not in (make.ROOT / "package-lock.json").read_text(encoding="utf-8")


def test_the_small_lock_is_a_part_of_the_whole():
    small, whole = map(pins, LOCKS)
    for name, pin in small.items():
        assert re.findall("sha256:.*", pin) == re.findall("sha256:.*", whole[name])
    assert not {"tensorflow", "tensorflow-cpu", "jupyter-book"} & {name.split("==")[0] for name in small}
    assert {"tensorflow", "tensorflow-cpu"} <= {name.split("==")[0] for name in whole}, "每個平台都鎖定"


def test_every_exact_pin_has_its_reason():
    files = [make.ROOT / lock.replace(".lock", ".in") for lock in LOCKS]
    lines = [line for file in files for line in file.read_text(encoding="utf-8").splitlines()]
    assert all("#" in line for line in lines if "==" in line.split(";")[0])


def skipped_when_missing(source: str) -> set[str]:
    """測試檔裡「沒有安裝就略過」的套件。"""
    return {name.partition(".")[0] for name in re.findall(r"importorskip\(\s*[\"']([\w.]+)", source)}


def test_a_missing_locked_package_fails_instead_of_skipping():
    """鎖定檔裡有的，環境裡就該有；略過會讓缺損的環境看起來是好的。"""
    locked = {pin.split("==")[0].replace("-", "_") for pin in pins("requirements.lock")} | {"sklearn"}
    files = (make.ROOT / "tests").rglob("*.py")
    skipped = {name for file in files for name in skipped_when_missing(file.read_text(encoding="utf-8"))}
    assert not skipped & locked
    assert skipped_when_missing("importorskip" + '("tensorflow.keras")') & locked, "反例"


@pytest.mark.parametrize(("code", "ends"), [(0, 0), (1, 0), (2, 2), (130, 130)])
def test_an_unfinished_exercise_does_not_end_in_make_error(monkeypatch, code, ends):
    """1 是還沒有滿分，該說的都說了；組別打錯之類的仍然是錯誤。"""
    seen = {}

    def fake(command, **settings):
        seen.update(settings["env"])
        return subprocess.CompletedProcess(command, code)

    monkeypatch.setattr(make, "install", lambda piece: None)
    monkeypatch.setattr(make.subprocess, "run", fake)
    monkeypatch.setenv("MAKELEVEL", "1")
    if ends:
        with pytest.raises(SystemExit) as end:
            make.main(["exercise", "2"])
        assert end.value.code == ends
    else:
        assert make.main(["exercise", "2"]) == 0
    assert seen["VAE_MAKE"] == "make"


@pytest.mark.parametrize(
    ("windows", "found", "shown"),
    [
        (True, None, "py -3.13 make.py"),
        (False, "/usr/bin/python3.13", "python3.13 make.py"),
        (False, None, "/usr/bin/python3.13 make.py"),
    ],
)
def test_the_reader_is_told_the_command_he_typed(monkeypatch, windows, found, shown):
    monkeypatch.delenv("MAKELEVEL", raising=False)
    monkeypatch.setattr(make, "WINDOWS", windows)
    monkeypatch.setattr(make.sys, "version_info", (3, 13, 1))
    monkeypatch.setattr(make.sys, "executable", "/usr/bin/python3.13")
    monkeypatch.setattr(make.sys, "argv", ["make.py", "exercise", "2"])
    monkeypatch.setattr(make.shutil, "which", lambda name: found)
    assert make.typed() == shown
