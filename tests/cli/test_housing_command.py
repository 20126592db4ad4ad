"""``python -m vae_from_scratch housing``：訓練、摘要、檔案；每一種錯誤一句中文、結束碼 2、什麼都不動。"""

import re
import subprocess
import sys
from pathlib import Path

import joblib
import pandas as pd
import pytest

from tests.built_book import REMEDY, unavailable
from vae_from_scratch import arithmetic, cli
from vae_from_scratch.cli import main
from vae_from_scratch.files import write_csv
from vae_from_scratch.housing import study
from vae_from_scratch.housing.absence import MEANS_NONE
from vae_from_scratch.housing.data import load_ames
from vae_from_scratch.housing.study import measure
from vae_from_scratch.housing.study.plan import BASE
from vae_from_scratch.housing.study.runs import Run
from vae_from_scratch.tables import finals, result, seeds
from vae_from_scratch.tables.baselines import CEILINGS
from vae_from_scratch.tables.findings import findings, spread
from vae_from_scratch.tables.reading import read_table

ROOT = Path(__file__).resolve().parents[2]
KAGGLE = ROOT.parent / "shared" / "data" / "kaggle"


def said(fit, capsys):
    """終端機的摘要，與報告的每一句。"""
    sections = findings(fit).values()
    return "\n".join([capsys.readouterr().out, *(line for lines in sections for line in lines)])


def housing(*arguments):
    return main(["housing", "--epochs", "2", "--seeds", "1", "--jobs", "1", "--quiet", *map(str, arguments)])


def inputs(frame, target, plan, jobs):
    """訓練看得到的一切；行程的數目不影響結果。"""
    return joblib.hash((frame, target, plan))


@pytest.fixture(scope="module")
def trained():
    """``finals.run_all`` 拿到什麼（雜湊）→ 訓練與量到的一切。"""
    return {}


@pytest.fixture(scope="module")
def fitted(tmp_path_factory, trained):
    """一次從頭做到尾：寫出的資料夾，與還沒寫成檔案的 ``Fit``。"""
    out, kept = tmp_path_factory.mktemp("housing") / "out", []
    write, run_all = result.write, finals.run_all

    def keep(folder, fit):
        kept.append(fit)
        write(folder, fit)

    def remember(*given):
        trained[inputs(*given)] = list(run_all(*given))
        yield from trained[inputs(*given)]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(result, "write", keep)
        patch.setattr(finals, "run_all", remember)
        assert housing("--out", out) == 0
    return out, kept[0]


@pytest.fixture(scope="module")
def results(fitted):
    return fitted[0]


@pytest.fixture
def fits(monkeypatch, fitted):
    """``fit`` 的結果依序收在這裡，不寫成檔案。生成的檢查與補一格占六成的時間：沿用 ``fitted`` 量到的。"""
    kept, whole = [], fitted[1]
    monkeypatch.setattr(result, "write", lambda folder, fit: kept.append(fit))
    monkeypatch.setattr(finals, "check", lambda *_: whole.checked)
    monkeypatch.setattr(seeds, "score_cells", lambda *_: whole.first.cells)
    return kept


@pytest.fixture
def measured(monkeypatch, fits, fitted):
    """只看各個種子量到的：留下的模型也沿用 ``fitted`` 的。"""
    whole = fitted[1]
    parts = dict(zip(finals.PARTS, (whole.plane, whole.generator, whole.checked), strict=True))
    monkeypatch.setattr(finals, "run_part", lambda frame, target, plan, part: parts[part])
    return fits


@pytest.fixture
def models(monkeypatch, fits, fitted):
    """只看留下的模型：各個種子量到的，也沿用 ``fitted`` 的。"""
    monkeypatch.setattr(finals, "run_seed", lambda *_: fitted[1].first)
    return fits


@pytest.mark.slow
def test_every_promised_file_is_there(results):
    assert sorted(path.name for path in results.iterdir()) == sorted(result.FILES)


@pytest.fixture
def known_inputs(monkeypatch, trained, fitted):
    """同樣的表、目標與設定，``fitted`` 訓練過了就不再訓練；差一點就重新訓練。傳回每一次是不是訓練過的。"""
    known, run_all = [], finals.run_all

    def recall(*given):
        known.append(inputs(*given) in trained)
        yield from trained[inputs(*given)] if known[-1] else run_all(*given)

    monkeypatch.setattr(finals, "run_all", recall)
    return known


@pytest.mark.slow
def test_it_is_fit_ames_byte_for_byte(results, tmp_path, known_inputs):
    """兩個命令交給訓練的一模一樣（同樣的輸入得到同樣的位元，另有測試），寫出的檔案也是。"""
    quick = ("--epochs", "2", "--seeds", "1", "--jobs", "1", "--quiet", "--out", str(tmp_path / "又一次"))
    assert main(["fit", "ames", *quick]) == 0
    assert known_inputs == [True]
    for name in result.FILES:
        assert (tmp_path / "又一次" / name).read_bytes() == (results / name).read_bytes(), name


def test_the_inputs_of_the_training_tell_every_setting(monkeypatch):
    """反例：種子、概似、目標或一格資料不同，就不是同樣的輸入。"""
    given = []

    def stop(*arguments):
        given.append(inputs(*arguments))
        raise ValueError("到這裡就好")

    monkeypatch.setattr(finals, "run_all", stop)
    everything = [(), ("--seed", "1"), ("--likelihood", "categorical"), ("--target", "GrLivArea")]
    assert [housing(*options) for options in [*everything, ()]] == [2] * 5
    assert given[0] == given[-1] and len(set(given)) == 4
    frame = pd.DataFrame({"甲": ["一", "二"]})
    assert inputs(frame, None, None, 1) != inputs(frame.replace("二", "一"), None, None, 1)
    assert inputs(frame, None, None, 1) == inputs(frame.copy(), None, None, 2)


QUICK = {**BASE, "epochs": 2, "warmup_epochs": 0}
SOFTMAX = {"likelihood": "categorical", "latent_dim": 3, "beta": 2.0}


@pytest.mark.slow
@pytest.mark.parametrize(
    "options, run",
    [
        ((), Run(QUICK, 3)),
        (
            ("--likelihood", "categorical", "--missing", "level", "--latent-dim", "3", "--beta", "2"),
            Run({**QUICK, **SOFTMAX}, 3, encoding="level"),
        ),
    ],
    ids=["bernoulli", "categorical"],
)
def test_the_numbers_are_those_of_the_study(tmp_path, measured, options, run):
    """同樣的設定與種子：``fit ames`` 的每一個數字，就是書裡的研究算的，一位也不差。"""
    assert housing("--out", tmp_path / "out", "--seed", "3", "--warmup-epochs", "0", *options) == 0
    (row,) = measured[0].seeds.to_dict("records")
    found = measure.train(run)
    units = {f"kl_unit_{n}": value for n, value in enumerate(found.metrics["kl_per_unit"], 1)}
    shared = {name: value for name, value in found.metrics.items() if name in row} | units
    assert len(shared) == 6 + run.model["latent_dim"]
    assert {name: row[name] for name in shared} == shared
    scores = {"vae": found.metrics["r2"], "shuffled": found.metrics["r2_shuffled"]}
    for kind in CEILINGS:
        scores[kind] = measure.train(Run({}, 3, kind=kind, encoding=run.encoding)).metrics["r2"]
    rivals = measure.train(Run({}, 3, kind="rivals", encoding=run.encoding)).metrics
    scores |= {kind: rivals[f"{kind}_{run.model['latent_dim']}"] for kind in ("pca", "mca", "random")}
    assert {name: row[f"score_{name}"] for name in scores} == scores


@pytest.mark.slow
@pytest.mark.skipif(not arithmetic.available(), reason="書裡的數字是 x86-64（AVX2）的結果")
def test_the_numbers_are_those_the_book_shows(tmp_path, capsys, measured):
    """完整的設定：摘要與報告寫的平均 ± 標準差，與書裡用的研究結果到最後一位都相同。"""
    seeds = range(2)
    warm = [run for run in study.runs_of("warmup") if run.model["warmup_epochs"] == 20][: len(seeds)]
    rivals = [Run({}, seed, kind="rivals") for seed in seeds]
    if study.missing_runs([*warm, *rivals]):
        unavailable(f"研究還沒有算完；{REMEDY}")
    options = ("--seeds", "2", "--dims", "none", "--jobs", "1", "--quiet")  # 別的維數另外訓練，這裡不看
    assert main(["fit", "ames", *options, "--out", str(tmp_path / "out")]) == 0
    printed = said(measured[0], capsys)
    metrics = pd.DataFrame([found.metrics for found in study.results(warm)])
    for name in ("marginal_nats", "reconstruction", "kl", "r2", "r2_shuffled"):
        assert spread(metrics[name]) in printed, name
    assert spread(-metrics["elbo"]) in printed
    for kind in ("pca", "mca", "random"):
        found = pd.Series([result.metrics[f"{kind}_2"] for result in study.results(rivals)])
        assert spread(found) in printed, kind


@pytest.mark.parametrize("engine", ["autograd", "numpy"])
@pytest.mark.parametrize("kl", ["single_sample", "path_derivative"])
def test_engines_and_estimators_can_be_chosen(tmp_path, models, engine, kl):
    assert housing("--epochs", "1", "--out", tmp_path / "out", "--engine", engine, "--kl", kl) == 0
    assert (models[0].plane.engine, models[0].plane.kl) == (engine, kl)


@pytest.mark.slow
def test_a_collapsed_code_is_pointed_out(tmp_path, capsys, measured):
    quick = ("--warmup-epochs", "0", "--epochs", "20", "--dims", "none")
    housing("--out", tmp_path / "out", "--beta", "252", *quick)
    assert "沒有活躍的單元" in said(measured[0], capsys)


def test_absence_is_a_level_and_true_gaps_are_not(tmp_path, models):
    """--missing level 的意思處處相同：表示「沒有」的空白是水準「無」，真的缺失整組為 0。"""
    housing("--out", tmp_path / "out", "--missing", "level")
    model, houses = models[0].model, load_ames()
    schema = model.plane.schema_
    assert {name for name in schema.columns_ if "無" in schema.levels(name)} == set(MEANS_NONE)
    write_csv(tmp_path / "ames.csv", houses.categories)
    frame = model.select(read_table(tmp_path / "ames.csv"), "ames.csv")
    assert (frame["PoolQC"] == "無").sum() > 2900 and frame["Electrical"].isna().sum() == 1


@pytest.mark.slow
@pytest.mark.skipif(not KAGGLE.is_dir(), reason="Kaggle 的檔案不能隨專案散布")
def test_the_kaggle_files_are_accepted(tmp_path, capsys, fits):
    assert housing("--out", tmp_path / "out", "--kaggle", KAGGLE) == 0
    assert "2,919 列，1 個種子" in capsys.readouterr().out


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
        (["--latent-dim", "0"], "--latent-dim"),
        (["--batch-size", "-3"], "--batch-size"),
        (["--learning-rate", "0"], "--learning-rate"),
        (["--seed", "-1"], "引數 --seed 是 -1；請給 0 以上的整數"),
        (["--likelihood", "poisson"], "--likelihood.*mixed、categorical、bernoulli"),
        (["--missing", "mode"], "--missing.*auto、zeros、level"),
        (["--kaggle"], "--kaggle.*後面要接一個值"),
        (["--kaggle", "沒有這裡"], "找不到資料夾"),
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
    assert output.out == "" or arguments == ["--learning-rate", "1e9"], "發散要訓練了才知道，各欄報告已經印出"
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
        (spoil_binary, "Excel"),
    ],
)
def test_a_bad_kaggle_folder_is_one_message_and_code_2(tmp_path, capsys, spoil, message):
    folder = tmp_path / "kaggle"
    folder.mkdir()
    for name in ("train.csv", "test.csv"):
        (folder / name).write_text("Id\n1\n", encoding="utf-8")
    spoil(folder)
    assert housing("--kaggle", folder, "--out", tmp_path / "out") == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_an_interrupted_run_leaves_nothing(tmp_path, models, monkeypatch, capsys):
    def interrupted(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(result, "write", interrupted)
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
def test_every_help_is_in_chinese(name, capsys):
    with pytest.raises(SystemExit) as ended:
        main([name, "--help"])
    assert not ended.value.code
    printed = capsys.readouterr().out
    for english in ("usage", "options", "positional", "show this help"):
        assert english not in printed
    assert "顯示這份說明" in printed


def test_help_does_not_load_the_heavy_libraries():
    heavy = ("tensorflow", "pandas", "matplotlib", "sklearn", "autograd")
    code = (
        "import sys; from vae_from_scratch.cli import main\n"
        "try: main(['housing', '--help'])\n"
        f"except SystemExit: print('載入了', [name for name in {heavy} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.rstrip().endswith("載入了 []")
