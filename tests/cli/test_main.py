"""命令列的外層：版本，以及缺少套件、不在課程的資料夾時怎麼說。"""

import subprocess
import sys

import pytest

from vae_from_scratch import __version__
from vae_from_scratch.cli import main
from vae_from_scratch.course import sets


def test_version(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert ended.value.code == 0 and capsys.readouterr().out == f"vae-from-scratch {__version__}\n"


def test_without_tensorflow_the_engine_says_how_to_install_it(capsys, monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    monkeypatch.delitem(sys.modules, "vae_from_scratch.gradients.with_tensorflow", raising=False)
    assert main(["housing", "--engine", "tensorflow", "--epochs", "1", "--out", str(tmp_path / "out")]) == 2
    error = capsys.readouterr().err
    assert "需要 tensorflow" in error and 'pip install "vae-from-scratch[tensorflow]"' in error
    assert "make install" in error and error.count("\n") == 1


def test_a_missing_package_without_an_extra_is_named(capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "jupytext", None)
    monkeypatch.delitem(sys.modules, "vae_from_scratch.course.notebooks", raising=False)
    assert main(["notebooks"]) == 2
    assert "pip install jupytext" in capsys.readouterr().err


def test_a_missing_module_of_our_own_is_not_blamed_on_the_reader(monkeypatch):
    monkeypatch.setitem(sys.modules, "vae_from_scratch.course.notebooks", None)
    with pytest.raises(ModuleNotFoundError):
        main(["notebooks"])


@pytest.mark.parametrize(
    "arguments", [["study"], ["study", "--list"], ["exercises", "test"], ["watch"], ["notebooks"]]
)
def test_outside_the_course_folder_a_command_says_where_to_go(capsys, monkeypatch, tmp_path, arguments):
    monkeypatch.setattr(
        sets, "__file__", str(tmp_path / "site-packages" / "vae_from_scratch" / "course" / "x")
    )
    monkeypatch.delenv("VAE_STUDY_DIR", raising=False)
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 2
    error = capsys.readouterr().err
    assert "cd 到課程的資料夾" in error and error.count("\n") == 1


def test_study_goes_where_the_environment_says(capsys, monkeypatch, tmp_path):
    monkeypatch.setattr(
        sets, "__file__", str(tmp_path / "site-packages" / "vae_from_scratch" / "course" / "x")
    )
    monkeypatch.setenv("VAE_STUDY_DIR", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    assert main(["study", "--list"]) == 0
    assert "0/" in capsys.readouterr().out


@pytest.mark.parametrize("encoding", ["cp950", "cp1252"])
def test_narrow_outputs_do_not_stop_a_command(encoding):
    code = "import sys; from vae_from_scratch.cli import main; sys.exit(main(['--help']))"
    command = [sys.executable, "-c", code]
    answer = subprocess.run(command, env={"PYTHONIOENCODING": encoding}, capture_output=True)
    assert answer.returncode == 0 and b"Traceback" not in answer.stderr


@pytest.mark.parametrize(
    ("wrong", "guess"), [("--epoch", "（是不是 --epochs？）"), ("--row=3", ""), ("--nonsense", "")]
)
def test_an_unknown_option_is_answered_by_its_own_command(capsys, wrong, guess):
    with pytest.raises(SystemExit) as ended:
        main(["fit", "表.csv", wrong])
    assert ended.value.code == 2
    assert capsys.readouterr().err == (
        f"錯誤：不認得的引數：{wrong}{guess}。\n說明：python -m vae_from_scratch fit --help\n"
    )


def test_the_folder_is_named_not_the_file_half_written(capsys, monkeypatch, tmp_path):
    def full(*arguments, **options):
        raise OSError(28, "No space left on device", str(tmp_path / ".表.csv.0a1b.tmp"))

    monkeypatch.setattr("vae_from_scratch.course.notebooks.export", full, raising=False)
    monkeypatch.setattr("vae_from_scratch.cli.notebooks.run", full)
    assert main(["notebooks"]) == 2
    error = capsys.readouterr().err
    assert f"{tmp_path}：磁碟空間不足" in error and ".tmp" not in error
