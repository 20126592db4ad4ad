"""``python -m vae_from_scratch housing``：訓練、摘要、檔案；每一種錯誤一句中文、結束碼 2、什麼都不動。"""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from vae_from_scratch import cli
from vae_from_scratch.cli import main
from vae_from_scratch.housing import artifacts

ROOT = Path(__file__).resolve().parents[2]
KAGGLE = ROOT.parent / "shared" / "data" / "kaggle"


def housing(*arguments):
    return main(["housing", "--epochs", "2", "--quiet", *map(str, arguments)])


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    out = tmp_path_factory.mktemp("housing") / "out"
    assert housing("--out", out) == 0
    return out


def test_every_promised_file_is_there(results):
    assert sorted(path.name for path in results.iterdir()) == sorted(artifacts.FILES)


def test_the_same_seed_writes_the_same_bytes(results, tmp_path):
    assert housing("--out", tmp_path / "又一次") == 0
    for name in artifacts.FILES:
        assert (tmp_path / "又一次" / name).read_bytes() == (results / name).read_bytes(), name


def test_another_seed_gives_another_result(results, tmp_path):
    housing("--out", tmp_path / "out", "--seed", "1")
    assert (tmp_path / "out" / "history.csv").read_bytes() != (results / "history.csv").read_bytes()


def test_the_summary_prints_what_was_measured(tmp_path, capsys):
    housing("--out", tmp_path / "out", "--latent-dim", "3")
    printed = capsys.readouterr().out
    measures = json.loads((tmp_path / "out" / "summary.json").read_text(encoding="utf-8"))["measures"]
    for value in (measures["reconstruction"]["held_out"], measures["elbo"]["train"]):
        assert f"{value:.2f}" in printed
    for unit, kl in enumerate(measures["kl_per_unit"], 1):
        assert re.search(rf"第 {unit} 個單元的 KL +{kl:.3f}", printed)
    for key in ("price_r2", "price_r2_shuffled"):
        assert f"{measures[key]['mean']:.3f} ± {measures[key]['spread']:.3f}" in printed


@pytest.mark.parametrize("engine", ["autograd", "numpy"])
@pytest.mark.parametrize("kl", ["single_sample", "path_derivative"])
def test_engines_and_estimators_can_be_chosen(tmp_path, engine, kl):
    assert housing("--out", tmp_path / "out", "--engine", engine, "--kl", kl) == 0
    options = json.loads((tmp_path / "out" / "summary.json").read_text(encoding="utf-8"))["options"]
    assert (options["engine"], options["kl"]) == (engine, kl)


def test_a_collapsed_code_is_pointed_out(tmp_path, capsys):
    housing("--out", tmp_path / "out", "--beta", "252", "--warmup-epochs", "0")
    assert "沒有活躍的單元" in capsys.readouterr().out


def test_progress_is_shown_on_stderr(tmp_path, capsys):
    main(["housing", "--epochs", "1", "--out", str(tmp_path / "out")])
    assert "訓練" in capsys.readouterr().err


@pytest.mark.skipif(not KAGGLE.is_dir(), reason="Kaggle 的檔案不能隨專案散布")
def test_the_kaggle_files_are_accepted(tmp_path, capsys):
    assert housing("--out", tmp_path / "out", "--data", "kaggle", "--folder", KAGGLE) == 0
    assert "2919 棟房子（訓練 2627、驗證 292）" in capsys.readouterr().out


# ---- 錯誤 ----------------------------------------


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["--beta", "-1"], "beta"),
        (["--beta", "nan"], "beta"),
        (["--beta", "inf"], "beta"),
        (["--beta", "很大"], "--beta：收到「很大」"),
        (["--engine", "torch"], "engine.*numpy、autograd、tensorflow"),
        (["--kl", "exact"], "kl.*closed_form"),
        (["--epochs", "0"], "epochs"),
        (["--epochs", "兩次"], "--epochs：收到「兩次」"),
        (["--latent-dim", "0"], "latent_dim"),
        (["--batch-size", "-3"], "batch_size"),
        (["--learning-rate", "0"], "learning_rate"),
        (["--seed", "-1"], "引數 --seed 是 -1；請給 0 以上的整數"),
        (["--data", "boston"], "--data.*ames、kaggle"),
        (["--likelihood", "poisson"], "--likelihood.*bernoulli、categorical"),
        (["--missing", "mode"], "--missing.*zeros、level"),
        (["--folder", "某處"], "--data kaggle"),
        (["--data", "kaggle"], "--folder"),
        (["--data", "kaggle", "--folder", "沒有這裡"], "找不到資料夾"),
        (["--colour", "紅"], "不認得的引數：--colour"),
        (["--learning-rate", "1e9"], "learning_rate"),
    ],
)
def test_a_wrong_option_is_one_message_and_code_2(tmp_path, monkeypatch, capsys, arguments, message):
    monkeypatch.chdir(tmp_path)
    try:
        code = housing(*arguments)
    except SystemExit as stopped:
        code = stopped.code
    assert code == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert re.search(message, output.err) and output.err.startswith("錯誤：")
    assert "Traceback" not in output.err
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def spoil_missing(folder):
    (folder / "test.csv").unlink()


def spoil_column(folder):
    (folder / "train.csv").write_text("Id,Alley\n1,NA\n", encoding="utf-8")


def spoil_empty(folder):
    (folder / "train.csv").write_text("", encoding="utf-8")


def spoil_binary(folder):
    (folder / "train.csv").write_bytes(b"PK\x03\x04\xff\xfe\x00")


@pytest.mark.parametrize(
    "spoil, message",
    [
        (spoil_missing, "缺少 test.csv"),
        (spoil_column, "缺少必要的欄"),
        (spoil_empty, "是空的"),
        (spoil_binary, "UTF-8"),
    ],
)
def test_a_bad_kaggle_folder_is_one_message_and_code_2(tmp_path, capsys, spoil, message):
    folder = tmp_path / "kaggle"
    folder.mkdir()
    for name in ("train.csv", "test.csv"):
        (folder / name).write_text("Id\n1\n", encoding="utf-8")
    spoil(folder)
    assert housing("--data", "kaggle", "--folder", folder, "--out", tmp_path / "out") == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_an_earlier_result_is_not_overwritten_without_force(results, tmp_path, capsys):
    out = shutil.copytree(results, tmp_path / "out")
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    assert housing("--out", out, "--seed", "1") == 2
    assert "--force" in capsys.readouterr().err
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before
    assert housing("--out", out, "--seed", "1", "--force") == 0
    assert (out / "history.csv").read_bytes() != before["history.csv"]


def test_an_interrupted_run_leaves_nothing(tmp_path, monkeypatch, capsys):
    def interrupted(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(artifacts, "write", interrupted)
    assert housing("--out", tmp_path / "out") == 130
    assert "已中斷" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_explained(tmp_path, capsys):
    (tmp_path / "檔案").write_text("x")
    assert housing("--out", tmp_path / "檔案" / "out") == 2
    assert "檔案讀寫失敗" in capsys.readouterr().err


# ---- 命令列本身 ----------------------------------------


def command(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "vae_from_scratch", *arguments],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )


def test_without_a_command_the_help_is_shown():
    done = command()
    assert done.returncode == 2
    assert "用法：" in done.stderr and "housing" in done.stderr


def test_a_misspelt_command_gets_a_suggestion():
    done = command("housng")
    assert done.returncode == 2
    assert "是不是 housing" in done.stderr and "Traceback" not in done.stderr


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_every_help_is_in_chinese(name):
    done = command(name, "--help")
    assert done.returncode == 0
    for english in ("usage", "options", "positional", "show this help"):
        assert english not in done.stdout
    assert "顯示這份說明" in done.stdout


def test_help_does_not_load_the_heavy_libraries():
    heavy = ("tensorflow", "pandas", "matplotlib", "sklearn", "autograd")
    code = (
        "import sys; from vae_from_scratch.cli import main\n"
        "try: main(['housing', '--help'])\n"
        f"except SystemExit: print('載入了', [name for name in {heavy} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.rstrip().endswith("載入了 []")
