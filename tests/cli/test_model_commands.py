"""``encode``、``score``、``impute``、``generate``：寫出的 CSV 是對的；模型或檔案不對，一句中文、結束碼 2。"""

import csv
import json
import re
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tables.model_folders import CATEGORIES, COLUMNS, cells, columns, make_folder, write
from vae_from_scratch.cli import main, saved_model
from vae_from_scratch.tables.reading import ReadOptions, read_date, read_table
from vae_from_scratch.tables.saved import SavedModel

COMMANDS = ("encode", "score", "impute", "generate")


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    return make_folder(tmp_path_factory.mktemp("模型") / "mixed")


@pytest.fixture(scope="module")
def others(tmp_path_factory):
    """只有類別的模型：書裡的兩種概似。"""
    folder = tmp_path_factory.mktemp("別的")
    for likelihood in ("bernoulli", "categorical"):
        make_folder(folder / likelihood, likelihood)
    return folder


@pytest.fixture
def file(tmp_path):
    return write(tmp_path / "表.csv", columns(40, seed=1))


def run(command, *arguments):
    return main([command, *map(str, arguments)])


def everything(folder):
    return {path.name: path.read_bytes() for path in Path(folder).iterdir() if path.is_file()}


def changed(before, after):
    """哪些格子的字不一樣：(欄, 第幾列)。"""
    return {
        (name, row)
        for name in before
        for row, (old, new) in enumerate(zip(before[name], after[name], strict=True))
        if old != new
    }


def floor(text):
    from vae_from_scratch.tables.reading.cells import read_storey

    found = read_storey(text)
    assert found is not None
    return found[0]


# ---- encode ----------------------------------------


def test_encode_adds_the_codes_of_the_plane_after_the_columns(trained, file, tmp_path):
    assert run("encode", file, "--model", trained) == 0
    made, model = cells(tmp_path / "表.codes.csv"), SavedModel.load(trained)
    assert list(made) == [*columns(1), "mean_1", "log_var_1", "mean_2", "log_var_2"]
    assert not changed(columns(40, seed=1), {name: made[name] for name in columns(1)}), "原來的字照樣"
    reading = read_table(file, ReadOptions(keep_text=True))
    mean, log_var = model.plane.encode(model.select(reading, file))
    np.testing.assert_allclose(np.array(made["mean_2"], float), mean[:, 1], rtol=1e-5)
    np.testing.assert_allclose(np.array(made["log_var_1"], float), log_var[:, 0], rtol=1e-5)


def test_the_order_of_columns_does_not_matter_and_more_are_welcome(trained, file, tmp_path):
    content = columns(40, seed=1)
    write(tmp_path / "倒.csv", {"多的": content["色"], **dict(reversed(content.items()))})
    for path in (file, tmp_path / "倒.csv"):
        assert run("encode", path, "--model", trained) == 0
    assert cells(tmp_path / "表.codes.csv")["mean_1"] == cells(tmp_path / "倒.codes.csv")["mean_1"]


# ---- score ----------------------------------------


def test_score_finds_the_spoilt_rows_and_their_cells(trained, tmp_path, capsys):
    content = columns(40, seed=1, gaps=False)
    content["色"][7] = "藍" if content["色"][7] == "紅" else "紅"
    content["樓層"][9] = "十四層" if floor(content["樓層"][9]) < 9 else "三層"
    write(tmp_path / "表.csv", content)
    assert run("score", tmp_path / "表.csv", "--model", trained) == 0
    output, made = capsys.readouterr(), pd.read_csv(tmp_path / "表.scores.csv")
    assert set(made.oddness.nlargest(2).index) == {7, 9}
    assert made.oddest_column[[7, 9]].tolist() == ["色", "樓層"]
    assert made.oddest_value[[7, 9]].tolist() == [content["色"][7], content["樓層"][9]], "照檔案裡寫的"
    assert (
        made.oddest_probability[7] < 0.5 < made.expected_probability[7] and made.oddest_probability[9] < 0.1
    )
    low, high = map(floor, made.expected_value[9].split(" 到 "))
    assert (
        low <= high and not low <= floor(content["樓層"][9]) <= high and made.expected_probability[9] == 0.9
    )
    np.testing.assert_allclose(made.oddness, made.marginal_log_likelihood - made.log_likelihood)
    assert "「性別」" in output.err and "不要拿它決定誰該被查" in output.err


def test_scores_do_not_depend_on_how_many_rows_are_taken_at_once(trained, file, tmp_path, monkeypatch):
    from vae_from_scratch.cli import score

    found = []
    for size in (40, 23):
        monkeypatch.setattr(score, "ROWS_AT_ONCE", size)
        out = tmp_path / f"{size}.csv"
        assert run("score", file, "--model", trained, "--out", out, "--samples", "100") == 0
        found.append(pd.read_csv(out))
    one, other = found
    assert len(other) == 40 and other["編號"].tolist() == one["編號"].tolist()
    np.testing.assert_allclose(one.marginal_log_likelihood, other.marginal_log_likelihood)
    difference = (one.log_likelihood - other.log_likelihood).abs()
    assert difference.median() < 1 < one.log_likelihood.std(), "只差抽樣的雜訊，列沒有錯位"


def test_a_row_of_gaps_has_no_oddest_cell(others, tmp_path):
    content = {name: ["", *values[1:]] for name, values in columns(30).items() if name != "車位"}
    content["編號"][0] = "n0"  # 整列空白會被當成空白列
    write(tmp_path / "表.csv", content | {"車位": ["平面"] * 30})
    model = make_folder(tmp_path / "四欄", "categorical", names=("性別", "甲=乙", "色"))
    assert run("score", tmp_path / "表.csv", "--model", model) == 0
    made = pd.read_csv(tmp_path / "表.scores.csv")
    assert made.oddest_column.isna()[0] and made.marginal_log_likelihood[0] == 0
    assert abs(made.log_likelihood[0]) < 0.2


# ---- impute ----------------------------------------


def test_impute_fills_the_gaps_says_how_many_and_touches_nothing_else(trained, file, tmp_path, capsys):
    assert run("impute", file, "--model", trained) == 0
    output, before, after = capsys.readouterr(), columns(40, seed=1), cells(tmp_path / "表.imputed.csv")
    filled = changed(before, after)
    empty = {
        (name, row)
        for name in ("色", "坪數", "屋齡", "交易日")
        for row, text in enumerate(before[name])
        if text in ("", "NA", "不詳", " ")
    }
    assert filled == empty and f"補了 {len(empty)} 格" in output.out
    assert all(
        after["色"][row] == ("紅" if before["性別"][row] == "男" else "藍") for n, row in filled if n == "色"
    )
    companion = cells(tmp_path / "表.imputed.probabilities.csv")
    assert list(companion) == ["row", "column", "value", "chosen", "probability", "low", "high"]
    table = pd.read_csv(tmp_path / "表.imputed.probabilities.csv", dtype=str)
    chosen = table[table.chosen == "1"]
    assert {(c, int(r) - 1) for c, r in zip(chosen.column, chosen.row, strict=True)} == filled
    assert all(
        after[c][int(r) - 1] == v for c, r, v in zip(chosen.column, chosen.row, chosen.value, strict=True)
    )
    levels = table[table.column == "色"].astype({"probability": float})
    assert levels.groupby("row").probability.sum().to_numpy() == pytest.approx(1, abs=1e-5)
    best = levels.loc[levels.groupby("row").probability.idxmax()]
    assert (best.chosen == "1").all() and levels[["low", "high"]].isna().all(axis=None)


def test_numbers_and_dates_are_filled_in_the_style_of_the_file_with_an_interval(trained, file, tmp_path):
    assert run("impute", file, "--model", trained) == 0
    table = pd.read_csv(tmp_path / "表.imputed.probabilities.csv", dtype=str)
    style = {"坪數": r"(\d,)?\d{3}\.\d", "屋齡": r"\d+", "交易日": r"\d{7}"}
    for name, pattern in style.items():
        found = table[table.column == name]
        assert len(found) and found.probability.isna().all()
        assert found[["value", "low", "high"]].stack().str.fullmatch(pattern).all()
        read = (
            (lambda t: read_date(t, "roc_compact"))
            if name == "交易日"
            else lambda t: float(t.replace(",", ""))
        )
        low, value, high = (found[edge].map(read) for edge in ("low", "value", "high"))
        assert (low <= value).all() and (value <= high).all() and (low < high).any()
    again = read_table(tmp_path / "表.imputed.csv")
    kinds = [again.kinds[name].kind for name in ("坪數", "屋齡", "樓層", "交易日")]
    assert kinds[0] == "number" and kinds[3] == "date" and "category" not in kinds, "補完還讀得成數字"


def test_filled_floors_are_written_as_floors(trained, tmp_path):
    content = columns(40, seed=1, gaps=False)
    content["樓層"][4] = ""
    write(tmp_path / "表.csv", content)
    assert run("impute", tmp_path / "表.csv", "--model", trained) == 0
    assert re.fullmatch("[一二三四五六七八九十]+層", cells(tmp_path / "表.imputed.csv")["樓層"][4])


def test_nothing_to_impute_is_not_an_error(trained, tmp_path, capsys):
    content = columns(30, gaps=False)
    write(tmp_path / "表.csv", content)
    assert run("impute", tmp_path / "表.csv", "--model", trained) == 0
    assert "補了 0 格，" in capsys.readouterr().out
    assert cells(tmp_path / "表.imputed.csv") == content
    assert set(map(len, cells(tmp_path / "表.imputed.probabilities.csv").values())) == {0}


def test_what_is_not_filled_is_counted_and_named(trained, file, tmp_path, capsys):
    content = columns(40, seed=1)
    n_none, n_notes = content["車位"].count(""), content["備註"].count("")
    assert run("impute", file, "--model", trained) == 0
    err = capsys.readouterr().err
    assert f"{n_none} 格空白的意思是「沒有」，不必補：車位（{n_none} 格）" in err
    assert f"模型沒有的欄有 {n_notes} 格缺失，沒有補：備註（{n_notes} 格）" in err
    assert cells(tmp_path / "表.imputed.csv")["車位"] == content["車位"]


def test_words_that_cannot_be_read_are_treated_as_gaps_and_left_alone(trained, tmp_path, capsys):
    content = columns(40, gaps=False)
    content["色"][:2] = ["紫", "紫"]
    content["屋齡"][5] = "約三十"
    write(tmp_path / "表.csv", content)
    for command in ("encode", "score", "impute"):
        assert run(command, tmp_path / "表.csv", "--model", trained) == 0
        err = capsys.readouterr().err
        assert "2 格是訓練時沒見過的水準，當作缺失" in err and "色=紫（2 格）" in err
        assert "1 格讀不成數字，當作缺失" in err and "屋齡=約三十（1 格）" in err
        assert ("原來的字留著，沒有補" in err) is (command == "impute")
    assert cells(tmp_path / "表.imputed.csv") == content, "使用者寫的字不改"
    codes = cells(tmp_path / "表.codes.csv")["mean_1"]
    content["色"][:2], content["屋齡"][5] = ["", ""], ""
    write(tmp_path / "缺.csv", content)
    assert run("encode", tmp_path / "缺.csv", "--model", trained) == 0
    assert cells(tmp_path / "缺.codes.csv")["mean_1"] == codes


def test_the_companion_is_not_overwritten_either(trained, file, tmp_path):
    (tmp_path / "表.imputed.probabilities.csv").write_text("我的")
    assert run("impute", file, "--model", trained) == 2
    assert not (tmp_path / "表.imputed.csv").exists()


@settings(max_examples=8, deadline=None, derandomize=True)
@given(st.sets(st.tuples(st.integers(0, 11), st.sampled_from(COLUMNS)), max_size=30))
def test_any_pattern_of_gaps_is_filled_and_nothing_else_changes(trained, tmp_path_factory, gaps):
    folder, content = tmp_path_factory.mktemp("缺"), columns(12, seed=2, gaps=False)
    for row, name in gaps:
        content[name][row] = ""
    expected = {(name, row) for row, name in gaps if name != "車位"}
    write(folder / "表.csv", content)
    assert run("impute", folder / "表.csv", "--model", trained, "--samples", "20") == 0
    after = cells(folder / "表.imputed.csv")
    assert changed(content, after) == expected and all(after[name][row] for name, row in expected)


# ---- generate ----------------------------------------


def test_generated_rows_look_like_the_file_they_were_learnt_from(trained, tmp_path, capsys):
    assert run("generate", "--model", trained, "--rows", "400", "--out", tmp_path / "新.csv") == 0
    assert "400 列寫在" in capsys.readouterr().out
    made, real = cells(tmp_path / "新.csv"), columns()
    assert list(made) == list(COLUMNS)
    same = np.array(made["色"]) == np.where(np.array(made["性別"]) == "男", "紅", "藍")
    known = np.array(made["色"]) != ""
    assert same[known].mean() > 0.8, "欄與欄的關聯學到了"
    for name, pattern in {
        "坪數": r"[\d,]+\.\d",
        "屋齡": r"\d+",
        "樓層": r"[一二三四五六七八九十]+層",
        "交易日": r"\d{7}",
    }.items():
        assert all(re.fullmatch(pattern, text) for text in made[name] if text), name
    for name in ("色", "屋齡", "車位", "樓層"):
        missing = sum(text in ("", "不詳") for text in real[name]) / len(real[name])
        assert made[name].count("") / 400 == pytest.approx(missing, abs=0.08), "缺得一樣多"


def test_no_gaps_fills_every_cell_but_blanks_that_mean_none(trained, tmp_path):
    assert run("generate", "--model", trained, "--no-gaps", "--out", tmp_path / "新.csv") == 0
    made = cells(tmp_path / "新.csv")
    assert {name for name in made if "" in made[name]} == {"車位"}


def test_generated_files_are_read_back_without_a_word(trained, tmp_path, capsys):
    assert (
        run("generate", "--model", trained, "--rows", "60", "--seed", "5", "--out", tmp_path / "新.csv") == 0
    )
    capsys.readouterr()
    assert run("encode", tmp_path / "新.csv", "--model", trained) == 0
    assert "注意" not in capsys.readouterr().err, "每一格都讀得回來"
    model = SavedModel.load(trained)
    options = ReadOptions.from_recipe(model.info["reading"])
    frame = model.select(read_table(tmp_path / "新.csv", options), "新.csv")
    assert [
        name for name in frame if model.as_written(frame)[name].tolist() != cells(tmp_path / "新.csv")[name]
    ] == []


def test_given_cells_are_kept_and_the_rest_follows(trained, tmp_path, capsys):
    words = ["--given", "樓層=十二層", "甲=乙=1", "--given", "交易日=1130610"]
    assert run("generate", "--model", trained, "--rows", "200", *words, "--out", tmp_path / "新.csv") == 0
    output, made = capsys.readouterr(), cells(tmp_path / "新.csv")
    assert (
        set(made["樓層"]) == {"十二層"} and set(made["甲=乙"]) == {"1"} and set(made["交易日"]) == {"1130610"}
    )
    assert made["性別"].count("男") > 150, "別的欄照指定的走"
    found = re.search(r"指定了 樓層、甲=乙、交易日，有效樣本數 ([\d,]+)（共 50,000 個 z）", output.out)
    assert found and 10 <= int(found[1].replace(",", "")) <= 50_000


def test_a_few_effective_samples_are_a_warning(trained, tmp_path, capsys, monkeypatch):
    from vae_from_scratch.cli import generate

    arguments = [
        "generate",
        "--model",
        trained,
        "--given",
        "性別=男",
        "--out",
        tmp_path / "新.csv",
        "--force",
    ]
    assert run(*arguments) == 0 and "彼此會很像" not in capsys.readouterr().err
    monkeypatch.setattr(generate, "FEW_EFFECTIVE", 60_000)
    assert run(*arguments) == 0 and "彼此會很像" in capsys.readouterr().err


def test_a_condition_too_rare_writes_nothing(trained, tmp_path, capsys, monkeypatch):
    from vae_from_scratch.tables import table_vae

    monkeypatch.setattr(table_vae, "LEAST_EFFECTIVE", 60_000)
    assert run("generate", "--model", trained, "--given", "性別=男", "--out", tmp_path / "新.csv") == 2
    assert re.search(r"引數 --given 指定的格子湊在一起太少見：.*請少指定幾格", capsys.readouterr().err)
    assert list(tmp_path.iterdir()) == []


def test_none_can_be_given_and_is_written_as_the_file_writes_it(trained, tmp_path):
    assert run("generate", "--model", trained, "--given", "車位=無", "--out", tmp_path / "新.csv") == 0
    assert set(cells(tmp_path / "新.csv")["車位"]) == {""}


def test_a_point_of_the_plane_uses_the_plane(trained, tmp_path, capsys):
    ends = []
    for at in ("-1.5,-1.5", "1.5,1.5", "-1.5,1.5", "1.5,-1.5"):
        out = tmp_path / f"{at}.csv"
        assert run("generate", "--model", trained, "--rows", "100", "--at", at, "--out", out) == 0
        assert f"({at.replace(',', ', ')})" in capsys.readouterr().out
        ends.append(cells(out)["性別"].count("男"))
    assert max(ends) - min(ends) > 50, "換一點，比例就不同"


# ---- 每個命令 ----------------------------------------


@pytest.mark.parametrize("command", COMMANDS)
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


@pytest.mark.parametrize("command", ["score", "impute", "generate"])
def test_models_of_categories_only_work_and_bernoulli_is_mentioned(others, file, tmp_path, capsys, command):
    arguments = [] if command == "generate" else [file]
    for likelihood in ("bernoulli", "categorical"):
        out = tmp_path / f"{likelihood}.csv"
        assert run(command, *arguments, "--model", others / likelihood, "--out", out) == 0
        assert ("softmax" in capsys.readouterr().err) is (likelihood == "bernoulli")
        made = cells(out)
        assert [name for name in made if name in CATEGORIES] == list(CATEGORIES)
        if command == "impute":
            assert {name for name, _ in changed(columns(40, seed=1), made)} == {"色"}


def test_a_level_of_none_is_not_imputed_in_models_of_categories(others, file, tmp_path, capsys):
    assert run("impute", file, "--model", others / "categorical") == 0
    assert "空白的意思是「沒有」，不必補：車位" in capsys.readouterr().err
    assert cells(tmp_path / "表.imputed.csv")["車位"] == columns(40, seed=1)["車位"]


def test_progress_shows_only_when_it_takes_long_and_never_when_quiet(
    trained, file, tmp_path, capsys, monkeypatch
):
    arguments = ["impute", file, "--model", trained, "--force"]
    monkeypatch.setattr(saved_model, "PATIENCE", 60)
    assert run(*arguments) == 0 and "補缺失" not in capsys.readouterr().err
    monkeypatch.setattr(saved_model, "PATIENCE", 0)
    assert run(*arguments) == 0 and "補缺失" in capsys.readouterr().err
    assert run(*arguments, "--quiet") == 0 and "補缺失" not in capsys.readouterr().err


@pytest.mark.parametrize("how", [(), ("--given", "色=紅"), ("--at", "0.5,0.5")])
def test_generating_shows_progress_and_the_same_rows(trained, tmp_path, capsys, monkeypatch, how):
    monkeypatch.setattr(saved_model, "PATIENCE", 0)
    monkeypatch.setattr("vae_from_scratch.tables.table_vae.DRAWN_AT_ONCE", 20)
    out, said = tmp_path / "新.csv", []
    for quiet in ((), ("--quiet",)):
        assert run("generate", "--model", trained, "--rows", "50", "--out", out, "--force", *how, *quiet) == 0
        said.append(capsys.readouterr().err)
    assert "生成" in said[0] and "50/50" in said[0] and "生成：" not in said[1] and "50/50" not in said[1]


def test_the_sample_of_the_package_is_a_file_name(trained, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert run("encode", "實價登錄", "--model", trained) == 2
    assert "實價登錄 與這個模型對不上" in capsys.readouterr().err


# ---- 錯誤 ----------------------------------------


def spoil_absent(folder):
    shutil.rmtree(folder)


def spoil_kind(folder):
    (folder / "fit.json").unlink()


def spoil_truncated(folder):
    (folder / "model.npz").write_bytes((folder / "model.npz").read_bytes()[:-100])


def spoil_changed(folder):
    data = bytearray((folder / "generator.npz").read_bytes())
    data[len(data) // 2] ^= 1
    (folder / "generator.npz").write_bytes(data)


def spoil_old(folder):
    """上一版的 fit 寫的三個檔案。"""
    (folder / "generator.npz").unlink()
    (folder / "schema.json").write_text(json.dumps({"kind": "one-hot schema"}), encoding="utf-8")
    document = json.loads((folder / "fit.json").read_text(encoding="utf-8"))
    document["digests"] = {"model.npz": "0", "schema.json": "1"}
    (folder / "fit.json").write_text(json.dumps(document), encoding="utf-8")


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    "spoil, message",
    [
        (spoil_absent, "不存在"),
        (spoil_kind, "缺少 fit.json"),
        (spoil_truncated, "model.npz.*不符"),
        (spoil_changed, "generator.npz.*不符"),
        (spoil_old, "舊版的 fit 寫的.*重新執行 fit"),
    ],
)
def test_a_bad_model_is_one_message_and_code_2(trained, file, tmp_path, capsys, command, spoil, message):
    model = shutil.copytree(trained, tmp_path / "model")
    spoil(model)
    before = everything(tmp_path)
    arguments = [] if command == "generate" else [file]
    assert run(command, *arguments, "--model", model, "--out", tmp_path / "o.csv") == 2
    output = capsys.readouterr()
    assert re.search(message, output.err) and output.err.startswith("錯誤：") and output.out == ""
    assert output.err.count("\n") == 1 and everything(tmp_path) == before


@pytest.mark.parametrize("command", ["encode", "score", "impute"])
@pytest.mark.parametrize(
    "change, message",
    [
        ({"屋齡": None}, "缺少模型要的 1 欄：屋齡"),
        ({"坪數": "很大"}, "「坪數」欄訓練時是數字，這裡的 30 格沒有一格讀得成（例如「很大」）"),
        ({"交易日": "昨天"}, "「交易日」欄訓練時是日期"),
        ({"色": "紫"}, "「色」欄有 30 格有值，沒有一格的水準是訓練時見過的"),
    ],
)
def test_a_file_that_does_not_fit_the_model_is_refused(trained, tmp_path, capsys, command, change, message):
    content = columns(30, gaps=False)
    for name, text in change.items():
        content[name] = [text or ""] * 30
        if text is None:
            del content[name]
    write(tmp_path / "別.csv", content)
    assert run(command, tmp_path / "別.csv", "--model", trained) == 2
    output = capsys.readouterr()
    assert message in output.err and output.out == ""
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
        (["generate", "--model", "MODEL", "--at", "1"], "--at 有 1 個數，模型的潛在平面卻是 2 維"),
        (["generate", "--model", "MODEL", "--at", "甲,乙"], "--at：收到「甲,乙」"),
        (["generate", "--model", "MODEL", "--at", "nan,0"], "--at：收到「nan,0」"),
        (["generate", "--model", "MODEL", "--at", "1,1", "--given", "色=紅"], "--given 與 --at 不能一起用"),
        (
            ["generate", "--model", "MODEL", "--given", "色彩=紅"],
            "--given 的「色彩」不是模型的欄；是不是「色」",
        ),
        (["generate", "--model", "MODEL", "--given", "甲=丙=1"], "--given 的「甲」不是模型的欄"),
        (["generate", "--model", "MODEL", "--given", "色"], "--given 收到「色」；請寫成 欄=值"),
        (["generate", "--model", "MODEL", "--given", "色="], "等號後面沒有值"),
        (["generate", "--model", "MODEL", "--given", "色=紫"], "--given 的「色」沒有「紫」這個水準；水準是 "),
        (["generate", "--model", "MODEL", "--given", "色=紅", "色=藍"], "--given 給了「色」兩個值"),
        (["generate", "--model", "MODEL", "--given", "屋齡=很老"], "--given 的「屋齡」是數字，收到「很老」"),
        (["generate", "--model", "MODEL", "--given", "屋齡=nan"], "--given 的「屋齡」是數字，收到「nan」"),
        (
            ["generate", "--model", "MODEL", "--given", "屋齡=900"],
            "--given 的「屋齡」是 900.*訓練資料只有 10 到 44",
        ),
        (
            ["generate", "--model", "MODEL", "--given", "交易日=昨天"],
            "--given 的「交易日」是日期，收到「昨天」",
        ),
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


@pytest.mark.parametrize("command, name", [("encode", "mean_1"), ("score", "oddness")])
def test_a_column_in_the_way_is_not_replaced(trained, tmp_path, capsys, command, name):
    content = columns(30)
    write(tmp_path / "表.csv", content | {name: ["1"] * 30})
    assert run(command, tmp_path / "表.csv", "--model", trained) == 2
    assert f"已經有叫做「{name}」的欄" in capsys.readouterr().err


@pytest.mark.parametrize("command", COMMANDS)
def test_help_is_in_chinese_and_names_every_option(capsys, command):
    with pytest.raises(SystemExit):
        run(command, "--help")
    said = capsys.readouterr().out
    wanted = {"generate": ("--given", "--at", "--no-gaps", "--rows"), "encode": ("--out",)}
    assert all(option in said for option in wanted.get(command, ("--samples", "--quiet", "--na")))
    assert not re.search(r"\b(usage|options|show this)\b", said)


def test_cells_with_commas_quotes_and_line_breaks_come_back_as_they_were(trained, tmp_path):
    content = columns(12, gaps=False)
    content["備註"] = ['甲,"乙"', "兩\n行", " 前後 ", "=1+1", "NA", "", "０", *["x"] * 5]
    write(tmp_path / "表.csv", content)
    assert run("impute", tmp_path / "表.csv", "--model", trained) == 0
    assert cells(tmp_path / "表.imputed.csv") == content
    rows = list(csv.reader((tmp_path / "表.imputed.csv").open(encoding="utf-8-sig", newline="")))
    assert len(rows) == 13
