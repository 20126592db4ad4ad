"""模型資料夾：存讀相同；缺檔、截斷、改過、舊版、混了別次的檔案，都說得出來；寫回檔案的樣子。"""

import json
import shutil
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from tests.tables.model_folders import COLUMNS, columns, make_folder, write
from vae_from_scratch.tables.reading import ReadOptions, read_table
from vae_from_scratch.tables.reading.cells import read_chinese
from vae_from_scratch.tables.saved import SavedModel, unreadable
from vae_from_scratch.tables.written import chinese_number, read_days, styles, write_days, write_number

PARTS = ("model.npz", "generator.npz", "fit.json")


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    return make_folder(tmp_path_factory.mktemp("模型") / "mixed")


@pytest.fixture
def folder(original, tmp_path):
    return shutil.copytree(original, tmp_path / "複本")


@pytest.fixture(scope="module")
def reading(tmp_path_factory):
    path = write(tmp_path_factory.mktemp("表") / "表.csv", columns(40, seed=1))
    return read_table(path, ReadOptions(keep_text=True))


def test_a_loaded_model_gives_the_same_bits_after_another_save(original, reading, tmp_path):
    first = SavedModel.load(original)
    first.save(tmp_path)
    again, frame = SavedModel.load(tmp_path), first.select(reading, "表.csv")
    for one, other in zip(first.plane.encode(frame), again.plane.encode(frame), strict=True):
        assert np.array_equal(one, other)
    one, other = (model.generator.scores(frame, 5).oddness for model in (first, again))
    assert np.array_equal(one, other)
    rows, same = (model.generator.sample(5, np.random.default_rng(0)) for model in (first, again))
    pd.testing.assert_frame_equal(rows, same)
    assert again.info["source"] == "訓練.csv" and not again.is_bernoulli and again.columns == COLUMNS


def test_selected_columns_have_the_kinds_of_the_model(original, reading):
    model = SavedModel.load(original)
    frame = model.select(reading, "表.csv")
    assert tuple(frame.columns) == COLUMNS
    assert [frame[name].dtype.kind for name in ("坪數", "屋齡", "樓層", "交易日")] == ["f", "f", "f", "M"]
    assert frame["坪數"].dropna().between(900, 1700).all() and frame["樓層"].between(1, 20).all()


def test_missing_columns_are_listed(original, reading):
    short = replace(reading, table=reading.table.drop(columns=["色", "屋齡"]))
    with pytest.raises(ValueError, match=r"表\.csv 與這個模型對不上，缺少模型要的 2 欄：色、屋齡"):
        SavedModel.load(original).select(short, "表.csv")


@pytest.mark.parametrize("name", PARTS)
def test_a_missing_or_damaged_file_is_named(folder, name):
    contents = (folder / name).read_bytes()
    (folder / name).write_bytes(contents[: len(contents) // 2])
    with pytest.raises(ValueError, match=name):
        SavedModel.load(folder)
    (folder / name).unlink()
    with pytest.raises(ValueError, match=f"缺少 {name}"):
        SavedModel.load(folder)


def test_files_of_two_models_do_not_mix(folder):
    shutil.copy(folder / "model.npz", folder / "generator.npz")
    with pytest.raises(ValueError, match=r"generator.npz 與 fit.json 的紀錄不符"):
        SavedModel.load(folder)


@pytest.mark.parametrize("change", [{"kind": "別的"}, {"plan": "三"}, {"digests": {}}, {"digests": [1]}])
def test_a_changed_fit_json_is_refused(folder, change):
    document = json.loads((folder / "fit.json").read_text(encoding="utf-8"))
    (folder / "fit.json").write_text(json.dumps(document | change), encoding="utf-8")
    with pytest.raises(ValueError, match="重新執行 fit"):
        SavedModel.load(folder)


def test_a_newer_format_says_so(folder):
    document = json.loads((folder / "fit.json").read_text(encoding="utf-8"))
    (folder / "fit.json").write_text(json.dumps(document | {"format": 2}), encoding="utf-8")
    with pytest.raises(ValueError, match="格式是 2，這個版本讀的是 1；請換成寫它的版本"):
        SavedModel.load(folder)


def test_other_paths_and_old_folders_are_refused(folder, tmp_path):
    with pytest.raises(ValueError, match="不存在"):
        SavedModel.load(tmp_path / "沒有")
    (tmp_path / "檔案").write_text("x")
    with pytest.raises(ValueError, match="是一個檔案"):
        SavedModel.load(tmp_path / "檔案")
    with pytest.raises(ValueError, match="不是 fit 寫出的資料夾"):
        SavedModel.load(tmp_path)
    (folder / "generator.npz").rename(folder / "schema.json")
    with pytest.raises(ValueError, match=r"舊版的 fit 寫的.*重新執行 fit"):
        SavedModel.load(folder)


@pytest.mark.parametrize("likelihood", ["mixed", "categorical"])
def test_blanks_named_before_training_are_named_again_only_under_level(tmp_path, likelihood):
    """表裡已經寫著「無」、規則不記得的欄（房價）；``auto`` 的空白由規則決定，不可以一律寫成「無」。"""
    content = columns() | {"車位": [word or "無" for word in columns()["車位"]]}
    folder = make_folder(tmp_path / "模型", likelihood, content=content, names=("性別", "色", "車位"))
    model = SavedModel.load(folder)
    model.plane.schema_.absent_ = {}
    reading = read_table(write(tmp_path / "表.csv", columns(40, seed=1)), ReadOptions(keep_text=True))
    for missing, named in (("level", True), ("auto", False), ("zeros", False)):
        told = replace(model, info={**model.info, "plan": {"missing": missing}})
        chosen = told.select(reading, "表.csv")
        assert (chosen["車位"] == "無").any() == named and chosen["色"].isna().any()


# ---- 寫回檔案的樣子 ----------------------------------------


def test_each_column_knows_how_its_file_writes_it(reading):
    found = styles(reading, COLUMNS)
    assert found == {"坪數": "thousands", "樓層": "storey|層|中", "交易日": "roc_compact"}


@pytest.mark.parametrize(
    "texts, style",
    [
        (["2024/5/1", "2024/12/15"], "iso|/|1"),
        (["2024/05/01", "2024/12/15"], "iso|/"),
        (["2024-05-01", "2024-12-15"], "iso|-"),
        (["113/05/01", "112/12/31"], "roc|/"),
        (["113年5月1日", "112年12月31日"], "roc_chinese"),
        (["3F", "12F", "B1"], "storey|F|數"),
        (["12.5%", "8%", "9%"], "percent"),
    ],
)
def test_what_was_read_is_written_back_the_same(tmp_path, texts, style):
    many = [*texts, *texts]
    write(tmp_path / "表.csv", {"交易日期": many, "別的": list("甲乙" * len(texts))})
    reading = read_table(tmp_path / "表.csv", ReadOptions(keep_text=True))
    assert styles(reading, ["交易日期"]) == {"交易日期": style}
    values = reading.table["交易日期"]
    if reading.kinds["交易日期"].style:
        written = [write_days(value, style) for value in values]
    else:
        written = [write_number(f"{value:g}", style) for value in values]
    assert written == many


def test_chinese_numbers_are_read_back():
    assert [read_chinese(chinese_number(number)) for number in range(1, 1000)] == list(range(1, 1000))


def test_a_given_date_may_be_written_in_any_style():
    assert {read_days(text, "roc_compact") for text in ("1130501", "2024-05-01", "113年5月1日")} == {19844.0}
    assert read_days("昨天", "iso") is None


def test_only_words_that_are_not_missing_are_unreadable(tmp_path):
    texts = ["1", "2", "", "NA", "不詳", "約三", "None", " "]
    write(tmp_path / "表.csv", {"數": texts, "別的": list("甲乙甲乙甲乙甲乙")})
    reading = read_table(tmp_path / "表.csv", ReadOptions(keep_text=True, learnt={"數": "number"}))
    assert unreadable(reading, "數").tolist() == [text == "約三" for text in texts]
