"""``python -m vae_from_scratch bench``：試跑寫出全部的檔案；輸入有誤就一句話，什麼都不寫。"""

import subprocess
import sys

import pytest

from vae_from_scratch.bench import report
from vae_from_scratch.cli import main


def bench(*arguments):
    command = [sys.executable, "-m", "vae_from_scratch", "bench", *arguments]
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8")


def complaint(capfd, *arguments):
    """輸入有誤：就在這個行程裡，結束碼與它在 stderr 說的。"""
    code: str | int | None
    try:
        code = main(["bench", *arguments])
    except SystemExit as stopped:
        code = stopped.code
    return code, capfd.readouterr().err


@pytest.mark.slow
def test_quick_run_writes_table_and_figure(tmp_path):
    """試跑：表、CSV、圖都在，表裡有下限與引擎 numpy，並說明數字不能引用。"""
    out = tmp_path / "bench"
    done = bench("--quick", "--parts", "contestants", "--only", "numpy", "--out", str(out))
    assert done.returncode == 0, done.stderr
    assert {path.name for path in out.iterdir()} == {
        report.TABLE, report.MACHINE, report.CONTESTANTS_CSV, report.FIGURE,
    }  # fmt: skip
    text = (out / report.TABLE).read_text(encoding="utf-8")
    assert "下限" in text and "本書 numpy" in text and "不能引用" in text
    assert text.strip() in done.stdout
    assert [line.key for line in report.read_lines(out)] == ["bound", "numpy"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--only", "numpi"], "numpi"),
        (["--epochs", "5"], "--epochs"),
        (["--data", "kaggle"], "--folder"),
        (["--folder", "somewhere"], "--folder"),
        (["--parts", "all"], "--parts"),
    ],
)
def test_wrong_input_is_one_sentence(arguments, said, tmp_path, capfd):
    """結束碼 2、一句話、沒有追蹤訊息、沒有寫出任何東西。"""
    code, error = complaint(capfd, *arguments, "--out", str(tmp_path / "bench"))
    assert code == 2
    assert said in error and "Traceback" not in error
    assert not list(tmp_path.iterdir())


def test_existing_results_are_kept(tmp_path, capfd):
    """資料夾裡有東西：不覆寫，開始量測以前就說。"""
    (tmp_path / "mine.txt").write_text("留著")
    code, error = complaint(capfd, "--quick", "--out", str(tmp_path))
    assert code == 2 and "--force" in error
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
