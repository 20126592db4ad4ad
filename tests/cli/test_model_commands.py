"""``encode``、``score``、``impute``、``generate``：寫出的 CSV 是對的；模型或檔案不對，一句中文、結束碼 2。"""

import re
import shutil

import numpy as np
import pandas as pd
import pytest

from vae_from_scratch.cli import main
from vae_from_scratch.tables.saved import SavedModel

from .conftest import without_drawing
from .test_fit_command import content, csv_text, everything, fit


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("模型")
    (folder / "表.csv").write_text(csv_text(content(200)), encoding="utf-8")
    options = (
        "--seeds",
        "1",
        "--epochs",
        "40",
        "--batch-size",
        "8",
        "--also",
        "碼",
        "--out",
        folder / "model",
    )
    with without_drawing():
        assert fit(folder / "表.csv", *options) == 0
    return folder / "model"


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "表.csv"
    path.write_text(csv_text(content(30)), encoding="utf-8")
    return path


def run(command, *arguments):
    return main([command, *map(str, arguments)])


def read(path):
    return pd.read_csv(path, dtype={"碼": str}, keep_default_na=False, na_values=[""])


def test_encode_adds_the_codes_after_the_columns(trained, file, tmp_path):
    assert run("encode", file, "--model", trained) == 0
    made, model = read(tmp_path / "表.codes.csv"), SavedModel.load(trained)
    assert list(made.columns) == [*content(), "mean_1", "log_var_1", "mean_2", "log_var_2"]
    mean, log_var = model.encode(made[["形", "色", "碼"]].astype(object))
    np.testing.assert_allclose(made[["mean_1", "mean_2"]], mean, rtol=1e-6)
    np.testing.assert_allclose(made[["log_var_1", "log_var_2"]], log_var, rtol=1e-6)


def test_the_order_of_columns_does_not_matter_and_more_are_welcome(trained, file, tmp_path):
    other = content(30)
    other = {"多的": other["價"], **dict(reversed(other.items()))}
    (tmp_path / "倒.csv").write_text(csv_text(other), encoding="utf-8")
    assert (
        run("encode", file, "--model", trained) == run("encode", tmp_path / "倒.csv", "--model", trained) == 0
    )
    assert read(tmp_path / "表.codes.csv").mean_1.equals(read(tmp_path / "倒.codes.csv").mean_1)


def test_score_finds_the_spoilt_row_and_its_cell(trained, tmp_path):
    columns = content(40)
    columns["色"] = [("紅" if shape == "圓" else "藍") for shape in columns["形"]]
    columns["色"][7] = "藍" if columns["形"][7] == "圓" else "紅"
    columns["碼"][7] = "0" if columns["形"][7] == "圓" else "2"
    (tmp_path / "表.csv").write_text(csv_text(columns), encoding="utf-8")
    assert run("score", tmp_path / "表.csv", "--model", trained) == 0
    made = read(tmp_path / "表.scores.csv")
    assert (
        made.oddness.idxmax() == 7
        and made.oddest_column[7] == "色"
        and made.oddest_value[7] == columns["色"][7]
    )
    assert made.oddest_probability[7] < made.expected_probability[7]
    np.testing.assert_allclose(made.oddness, made.marginal_log_likelihood - made.log_likelihood)


def test_impute_fills_gaps_only_and_gives_every_probability(trained, file, tmp_path):
    assert run("impute", file, "--model", trained) == 0
    before, after = read(file), read(tmp_path / "表.imputed.csv")
    gaps = before["色"].isna()
    assert gaps.any() and after["色"].notna().all()
    assert before.drop(columns="色").equals(after.drop(columns="色"))
    assert before["色"][~gaps].equals(after["色"][~gaps])
    right = after["色"][gaps] == np.where(after["形"][gaps] == "圓", "紅", "藍")
    assert right.all(), "形說得出色"
    cells = read(tmp_path / "表.imputed.probabilities.csv")
    assert cells.groupby(["row", "column"]).probability.sum().to_numpy() == pytest.approx(1, abs=1e-5)
    assert set(cells.row) == set(np.flatnonzero(gaps) + 1)
    chosen = cells[cells.chosen == 1]
    assert chosen.level.tolist() == after["色"][gaps].tolist()
    assert (chosen.probability.to_numpy() == cells.groupby("row").probability.max().to_numpy()).all()


def test_nothing_to_impute_is_not_an_error(trained, tmp_path, capsys):
    columns = content(30) | {"色": ["紅"] * 30}
    (tmp_path / "表.csv").write_text(csv_text(columns), encoding="utf-8")
    assert run("impute", tmp_path / "表.csv", "--model", trained) == 0
    assert "補了 0 格" in capsys.readouterr().out
    assert (tmp_path / "表.imputed.csv").read_text("utf-8") == csv_text(columns)
    assert (tmp_path / "表.imputed.probabilities.csv").read_text() == "row,column,level,probability,chosen\n"


def test_unseen_levels_are_counted_treated_as_gaps_and_left_alone(trained, tmp_path, capsys):
    columns = content(30)
    columns["色"] = ["紫", "紫", *columns["色"][2:]]
    (tmp_path / "表.csv").write_text(csv_text(columns), encoding="utf-8")
    for command in ("encode", "score", "impute"):
        assert run(command, tmp_path / "表.csv", "--model", trained) == 0
        assert "2 格是訓練時沒見過的水準，當作缺失：色=紫（2 格）" in capsys.readouterr().err
    assert read(tmp_path / "表.imputed.csv")["色"][:2].tolist() == ["紫", "紫"], "使用者寫的字不改"
    codes = read(tmp_path / "表.codes.csv")
    columns["色"][:2] = ["", ""]
    (tmp_path / "缺.csv").write_text(csv_text(columns), encoding="utf-8")
    assert run("encode", tmp_path / "缺.csv", "--model", trained) == 0
    assert read(tmp_path / "缺.codes.csv").mean_1.equals(codes.mean_1)


def test_a_row_of_gaps_has_no_oddest_cell(trained, tmp_path):
    columns = {name: ["", *values[1:]] for name, values in content(30).items()}
    (tmp_path / "表.csv").write_text(csv_text(columns), encoding="utf-8")
    assert run("score", tmp_path / "表.csv", "--model", trained) == 0
    made = read(tmp_path / "表.scores.csv")
    assert made.oddest_column.isna().tolist() == [True] + [False] * 29
    assert abs(made.log_likelihood[0]) < 0.2 and made.marginal_log_likelihood[0] == 0


def test_generated_rows_are_drawn_from_the_model(trained, tmp_path, capsys):
    out = tmp_path / "新.csv"
    assert run("generate", "--model", trained, "--rows", "200", "--out", out) == 0
    made = pd.read_csv(out, dtype=str)
    assert list(made.columns) == ["形", "色", "碼"] and len(made) == 200
    assert (made["色"] == np.where(made["形"] == "圓", "紅", "藍")).mean() > 0.8, "欄與欄的關聯學到了"
    assert (
        run("generate", "--model", trained, "--rows", "50", "--at", "-1.5,0.5", "--out", tmp_path / "點.csv")
        == 0
    )
    assert "(-1.5, 0.5)" in capsys.readouterr().out


@pytest.mark.parametrize("command", ["encode", "score", "impute", "generate"])
def test_the_same_seed_writes_the_same_bytes_and_nothing_is_overwritten(trained, file, tmp_path, command):
    arguments = [] if command == "generate" else [file]
    one, other = tmp_path / "一.csv", tmp_path / "二.csv"
    for out in (one, other):
        assert run(command, *arguments, "--model", trained, "--out", out) == 0
    assert one.read_bytes() == other.read_bytes()
    before = everything(tmp_path)
    assert run(command, *arguments, "--model", trained, "--out", one) == 2
    assert everything(tmp_path) == before
    seed = [] if command == "encode" else ["--seed", "1"]  # 編碼不抽樣
    assert run(command, *arguments, "--model", trained, "--out", one, "--force", *seed) == 0
    assert (everything(tmp_path) == before) is (command == "encode"), "種子真的有用"


def test_the_companion_is_not_overwritten_either(trained, file, tmp_path):
    (tmp_path / "表.imputed.probabilities.csv").write_text("我的")
    assert run("impute", file, "--model", trained) == 2
    assert not (tmp_path / "表.imputed.csv").exists()


@pytest.fixture(scope="module")
def others(tmp_path_factory):
    """伯努利的模型，與把缺失當水準的模型。"""
    folder = tmp_path_factory.mktemp("別的")
    (folder / "表.csv").write_text(csv_text(content(100)), encoding="utf-8")
    options = {"bernoulli": ("--likelihood", "bernoulli"), "level": ("--missing", "level")}
    for name, chosen in options.items():
        with without_drawing():
            assert fit(folder / "表.csv", "--seeds", "1", "--out", folder / name, *chosen) == 0
    return folder


@pytest.mark.parametrize("command", ["score", "impute", "generate"])
def test_the_reading_of_a_bernoulli_model_is_mentioned(others, trained, file, tmp_path, capsys, command):
    arguments = [] if command == "generate" else [file]
    assert run(command, *arguments, "--model", others / "bernoulli", "--out", tmp_path / "一.csv") == 0
    assert "softmax" in capsys.readouterr().err
    assert run(command, *arguments, "--model", trained, "--out", tmp_path / "二.csv") == 0
    assert "softmax" not in capsys.readouterr().err


def test_a_bernoulli_model_imputes_one_level_a_variable(others, file, tmp_path):
    assert run("impute", file, "--model", others / "bernoulli") == 0
    cells = read(tmp_path / "表.imputed.probabilities.csv")
    assert cells.groupby(["row", "column"]).probability.sum().to_numpy() == pytest.approx(1, abs=1e-5)
    assert run("generate", "--model", others / "bernoulli", "--out", tmp_path / "新.csv") == 0
    assert pd.read_csv(tmp_path / "新.csv").notna().all(axis=None), "每個變數恰有一個水準"


def test_a_gap_that_is_a_level_is_not_imputed(others, file, tmp_path, capsys):
    assert run("impute", file, "--model", others / "level") == 0
    assert "--missing level" in capsys.readouterr().err
    assert (tmp_path / "表.imputed.csv").read_text("utf-8") == file.read_text("utf-8")


# ---- 錯誤 ----------------------------------------


def spoil_absent(folder):
    shutil.rmtree(folder)


def spoil_kind(folder):
    (folder / "fit.json").unlink()


def spoil_truncated(folder):
    (folder / "model.npz").write_bytes((folder / "model.npz").read_bytes()[:-100])


def spoil_changed(folder):
    text = (folder / "schema.json").read_text(encoding="utf-8")
    (folder / "schema.json").write_text(text.replace("圓", "扁"), encoding="utf-8")


@pytest.mark.parametrize("command", ["encode", "score", "impute", "generate"])
@pytest.mark.parametrize(
    "spoil, message",
    [
        (spoil_absent, "不存在"),
        (spoil_kind, "缺少 fit.json"),
        (spoil_truncated, "model.npz.*不符"),
        (spoil_changed, "schema.json.*不符"),
    ],
)
def test_a_bad_model_is_one_message_and_code_2(trained, file, tmp_path, capsys, command, spoil, message):
    model = shutil.copytree(trained, tmp_path / "model")
    spoil(model)
    before = everything(tmp_path)
    assert (
        run(
            command, *([] if command == "generate" else [file]), "--model", model, "--out", tmp_path / "o.csv"
        )
        == 2
    )
    output = capsys.readouterr()
    assert re.search(message, output.err) and output.err.startswith("錯誤：") and output.out == ""
    assert everything(tmp_path) == before


@pytest.mark.parametrize("command", ["encode", "score", "impute"])
def test_a_file_of_other_columns_is_refused(trained, tmp_path, capsys, command):
    (tmp_path / "別.csv").write_text("形狀,色\n圓,紅\n", encoding="utf-8")
    assert run(command, tmp_path / "別.csv", "--model", trained) == 2
    assert "缺少模型要的 2 欄：形、碼" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["別.csv"]


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["encode", "表.csv"], "還缺少必要的引數：--model"),
        (["encode", "沒有.csv", "--model", "MODEL"], "找不到檔案"),
        (["encode", "表.csv", "--model", "表.csv"], "是一個檔案"),
        (["encode", "表.csv", "--model", "MODEL", "--out", "表.csv", "--force"], "就是輸入的檔案"),
        (["encode", "表.csv", "--model", "MODEL", "--out", "沒有/o.csv"], "--out.*不存在"),
        (["encode", "表.csv", "--model", "MODEL", "--out", "."], "--out 是資料夾"),
        (["score", "表.csv", "--model", "MODEL", "--samples", "0"], "--samples 是 0"),
        (["impute", "表.csv", "--model", "MODEL", "--seed", "-1"], "--seed 是 -1"),
        (["generate", "--model", "MODEL", "--rows", "0"], "--rows 是 0"),
        (["generate", "--model", "MODEL", "--at", "1"], "--at 有 1 個數，模型的潛在空間卻是 2 維"),
        (["generate", "--model", "MODEL", "--at", "甲,乙"], "--at：收到「甲,乙」"),
        (["generate", "--model", "MODEL", "--at", "nan,0"], "--at：收到「nan,0」"),
    ],
)
def test_wrong_arguments_are_one_message_and_code_2(
    trained, file, tmp_path, monkeypatch, capsys, arguments, message
):
    monkeypatch.chdir(tmp_path)
    try:
        code = run(*(trained if part == "MODEL" else part for part in arguments))
    except SystemExit as stopped:
        code = stopped.code
    output = capsys.readouterr()
    assert code == 2 and output.out == ""
    assert re.search(message, output.err) and output.err.startswith("錯誤：")
    assert [path.name for path in tmp_path.iterdir()] == ["表.csv"]


def test_a_column_in_the_way_is_not_replaced(trained, file, tmp_path, capsys):
    assert run("encode", file, "--model", trained) == 0
    assert run("encode", tmp_path / "表.codes.csv", "--model", trained) == 2
    assert "已經有叫做「mean_1」的欄" in capsys.readouterr().err
