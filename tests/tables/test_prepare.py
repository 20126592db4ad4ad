"""由檔案到訓練用的表：案例的每一個檔案、空白的三種規則、目標已經寫在資料裡的警告。"""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from vae_from_scratch.housing import preset
from vae_from_scratch.tables import leaks
from vae_from_scratch.tables.columns import Choices
from vae_from_scratch.tables.gaps import Rule, apply_rules
from vae_from_scratch.tables.prepare import TargetOptions, prepare, warnings
from vae_from_scratch.tables.reading import ReadOptions, read_table
from vae_from_scratch.tables.samples import resolve
from vae_from_scratch.tables.table_schema import TableSchema
from vae_from_scratch.tables.target import Target

CASES = Path(__file__).parent / "cases"
TABLE = json.loads((CASES / "cases.json").read_text(encoding="utf-8"))["cases"]
FILES = {case["file"]: case for case in TABLE if "file" in case}
#: 每個檔案的目標；沒有寫的檔案，沒有值得猜的數字。
TARGETS = dict.fromkeys(FILES, "價格") | {"real_price_2header.csv": "總價元", "mostly_missing.csv": None}


def prepared(path, target=None, missing="auto", *, log=False, numbers=True, kinds=None, **choices):
    reading = read_table(path, ReadOptions(kinds=kinds or {}))
    return prepare(reading, Choices(**choices), TargetOptions(target, log), missing, numbers)


@pytest.fixture
def file(tmp_path):
    def write(columns):
        path = tmp_path / "表.csv"
        pd.DataFrame(columns, dtype=object).to_csv(path, index=False)
        return path

    return write


# ---- 案例 ----------------------------------------


@pytest.mark.parametrize("name", sorted(FILES))
def test_every_case_becomes_a_table_to_train_on(name):
    case, target = FILES[name], TARGETS[name]
    found = prepared(CASES / name, target, log=target is not None)
    kinds = {column: kind for column, kind in case["kinds"].items() if column != target}
    wanted = {column for column, kind in kinds.items() if kind != "constant" or name == "mostly_missing.csv"}
    assert set(found.frame.columns) == wanted and len(found.frame) == case["rows"]
    for column in wanted:
        assert (found.frame[column].dtype.kind == "f") is (kinds[column] == "number"), column
    assert [repair.what for repair in found.repairs] == [repair["what"] for repair in case["repairs"]]
    if target is not None:
        values = case.get("values", {}).get(target, [])
        assert found.target.classes == () and found.target.known.all()
        np.testing.assert_allclose(np.exp(found.target.values[: len(values)]), values)


def test_the_same_houses_written_in_other_ways_give_the_same_table():
    """千分位、全形、幣別、標題、索引、zip、空白列：讀好以後都是同一張表。"""
    same = [
        "excel_blank_rows.csv",
        "fullwidth_num.csv",
        "kaggle_zip.csv",
        "pandas_index.csv",
        "title_row.csv",
    ]
    first, *others = (prepared(CASES / name, "價格") for name in same)
    for other in others:
        pd.testing.assert_frame_equal(other.frame, first.frame)
        assert np.array_equal(other.target.values, first.target.values)
    for name in ("thousands.csv", "currency.csv"):
        values = prepared(CASES / name, "價格").target.values  # 檔案裡是元，捨去了零頭
        np.testing.assert_allclose(values, 1000 * first.target.values, atol=1)


def test_the_second_header_leaves_the_numbers_numbers():
    found = prepared(CASES / "real_price_2header.csv", "總價元", log=True)
    assert found.frame["單價元平方公尺"].dtype == float and found.target.log
    assert not found.frame["鄉鎮市區"].astype(str).str.contains("villages").any()


def test_missing_words_are_never_a_level():
    found = prepared(CASES / "missing_tokens.csv", "價格")
    assert set(found.frame["電梯"].cat.categories) == {"有", "無"} and found.frame["電梯"].isna().sum() == 24


@pytest.mark.parametrize("missing, kept", [("auto", True), ("level", True), ("zeros", False)])
def test_a_column_that_is_almost_all_blank_is_kept_when_blank_means_none(missing, kept):
    found = prepared(CASES / "mostly_missing.csv", missing=missing)
    assert ("泳池" in found.frame) is kept and ("泳池" in found.absent) is kept
    if kept:
        schema = TableSchema(found.absent).fit(found.frame)
        assert set(schema.levels("泳池")) == {"有", "無"}


# ---- 空白是「沒有」，還是「不知道」 ----------------------------------------


def garages(n=60):
    """車庫面積是 0，車庫的型式就空白；有一格面積不是 0，型式也空白。"""
    areas = [0 if row % 3 == 0 else 20 + row for row in range(n)]
    types = ["" if area == 0 else ("獨立", "相連")[row % 2] for row, area in enumerate(areas)]
    ages = ["" if row % 7 == 0 else str(row) for row in range(n)]
    types[1] = ""
    colours = [("紅", "藍")[row // 2 % 2] if row % 5 else "" for row in range(n)]
    return {"面積": areas, "型式": types, "屋齡": ages, "色": colours}


def test_auto_writes_the_rule_of_the_column_that_decides(file):
    found = prepared(file(garages()), kinds={"屋齡": "數字"})
    assert found.absent == {"型式": Rule("面積", ("0",))}
    assert {verdict.column: verdict.is_level for verdict in found.verdicts} == {
        "型式": True,
        "屋齡": False,
        "色": False,
    }
    assert found.frame["型式"].isna().sum() == 21, "表不動，規則由編碼的人套用"
    assert apply_rules(found.frame, found.absent)["型式"].isna().sum() == 1, "面積不是 0 的那一格仍是缺失"


@pytest.mark.parametrize("choices", [{"drop": ["面積"]}, {"only": ["型式", "色"]}])
def test_a_column_that_is_not_used_does_not_decide(file, choices):
    """不用的欄不在新的檔案的編碼裡；由它寫成的規則會把每一格空白都當成「沒有」。"""
    found = prepared(file(garages()), **choices)
    assert found.absent == {}
    assert [verdict.is_level for verdict in found.verdicts if verdict.column == "型式"] == [False]


def test_the_target_does_not_decide(file):
    found = prepared(file(garages()), "面積")
    assert found.absent == {} and not any("面積" in verdict.sentence() for verdict in found.verdicts)


def test_a_column_that_cannot_be_kept_does_not_decide(file):
    """編號的欄裡有一個常見的字決定空白；那一欄留不下來，規則也不用它。"""
    columns = {"號": [f"n{row}" if row % 3 else "沒有" for row in range(60)], "型": garages()["型式"]}
    columns["型"][1] = "獨立"
    assert prepared(file(columns), also=["號"]).absent == {"型": Rule("號", ("沒有",))}
    found = prepared(file(columns))
    assert list(found.frame) == ["型"] and found.absent == {}


def test_level_is_only_for_categories_and_zeros_for_none(file):
    level = prepared(file(garages()), missing="level", kinds={"屋齡": "數字"})
    assert level.absent == {"型式": Rule(), "色": Rule()} and level.verdicts == []
    assert level.frame["屋齡"].dtype == float and level.frame["屋齡"].isna().any()
    zeros = prepared(file(garages()), missing="zeros")
    assert zeros.absent == {} and zeros.verdicts == []
    pd.testing.assert_frame_equal(zeros.frame[["型式", "色"]], level.frame[["型式", "色"]])


def test_a_number_used_as_a_code_has_the_level_of_a_category(file):
    columns = {"碼": ["", "1", "2", "3"] * 15, "色": ["紅", "藍", "白"] * 20}
    found = prepared(file(columns), missing="level", numbers=False, also=["碼"])
    assert found.absent == {"碼": Rule()} and found.frame["碼"].dtype == "category"


# ---- 種類 ----------------------------------------


def test_dates_are_dates_and_numbers_are_numbers():
    found = prepared(resolve("實價登錄"), "總價元", log=True)
    dates = [name for name in found.frame if found.frame[name].dtype.kind == "M"]
    assert dates == ["交易年月日", "建築完成年月"] and set(dates) < set(found.styles)
    assert found.styles["移轉層次"].startswith("storey")
    assert found.frame["交易年月日"].dt.year.isin([2023, 2024]).all()
    numbers = {"移轉層次", "總樓層數", "建物移轉總面積平方公尺", "單價元平方公尺", "車位總價元"}
    assert numbers <= {name for name in found.frame if found.frame[name].dtype.kind == "f"}


def test_a_likelihood_of_categories_leaves_numbers_and_dates_out():
    found = prepared(resolve("實價登錄"), "總價元", log=True, numbers=False)
    assert {column.dtype.kind for _, column in found.frame.items()} == {"O"}
    assert {"鄉鎮市區", "電梯"} <= set(found.frame) and "單價元平方公尺" not in found.frame
    assert found.warnings == [] and not any(name in found.absent for name in ("移轉層次", "總樓層數"))


def test_nothing_to_learn_and_a_wrong_name_are_explained(file):
    path = file(garages())
    with pytest.raises(ValueError, match="沒有一欄可以學"):
        prepared(path, drop=["面積", "型式", "屋齡", "色"])
    with pytest.raises(ValueError, match="--drop 的「面基」不在檔案裡"):
        prepared(path, drop=["面基"])
    assert list(prepared(path, only=["面積,色"]).frame) == ["面積", "色"]


# ---- 房價 ----------------------------------------


@pytest.fixture(scope="module")
def houses():
    wanted = TargetOptions("SalePrice", log=True, skip_gaps=True)
    return preset.prepared(Choices(), wanted, "level", numbers=True)[1]


def test_all_the_columns_of_the_houses_are_used(houses):
    assert houses.frame.shape == (2930, 79) and houses.target.known.all()
    assert houses.frame["MSSubClass"].dtype == "category"
    numbers = [name for name in houses.frame if houses.frame[name].dtype.kind == "f"]
    assert len(numbers) == 35 and houses.warnings == []
    assert "無" in houses.frame["GarageType"].cat.categories and "無" in houses.frame["PoolQC"].cat.categories
    assert houses.absent == {}, "「沒有」已經照資料說明寫成水準"


def test_the_evidence_in_the_houses_agrees_with_their_description():
    found = preset.prepared(Choices(), TargetOptions(), "auto", numbers=True)[1]
    assert {"BsmtQual", "GarageFinish", "FireplaceQu"} <= set(found.absent)
    assert "無" not in found.frame["GarageType"].cat.categories, "規則還沒有套用"


# ---- 目標已經寫在資料裡 ----------------------------------------


def test_unit_price_times_area_is_the_price():
    (warning,) = prepared(resolve("實價登錄"), "總價元", log=True).warnings
    assert warning.startswith("「建物移轉總面積平方公尺」×「單價元平方公尺」幾乎就是目標「總價元」")
    assert "--drop 建物移轉總面積平方公尺 或 --drop 單價元平方公尺" in warning and "\n" not in warning
    assert prepared(resolve("實價登錄"), "總價元", log=True, drop=["單價元平方公尺"]).warnings == []
    assert prepared(resolve("實價登錄"), "總價元").warnings == [warning], "取不取對數都一樣"
    assert prepared(resolve("實價登錄")).warnings == [], "沒有目標"
    assert prepared(resolve("實價登錄"), "鄉鎮市區").warnings == [], "目標是類別"


def numbers(n=400, seed=0):
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(rng.lognormal(size=(n, 6)), columns=list("甲乙丙丁戊己"))
    return frame.assign(色=pd.Categorical(["紅", "藍"] * (n // 2)))


@pytest.mark.parametrize(
    "make, formula",
    [
        (lambda f: 3 * f["甲"] + 1, "「甲」"),
        (lambda f: -np.sqrt(f["乙"]), "「乙」"),
        (lambda f: f["丙"] * f["戊"] / 3.3, "「丙」×「戊」"),
        (lambda f: f["戊"] / f["丙"], "「丙」÷「戊」"),
        (lambda f: f["己"] * f["丁"] * np.exp(0.05 * f["甲"].rank(pct=True)), "「丁」×「己」"),
    ],
)
def test_a_target_made_of_columns_is_found(make, formula):
    frame = numbers()
    found = leaks.find_leaks(frame, Target("目標", make(frame).to_numpy()))
    assert [leak.formula for leak in found] == [formula] and found[0].correlation > leaks.SAME


@pytest.mark.parametrize(
    "make",
    [
        lambda f, rng: f["甲"] * np.exp(rng.normal(0, 0.4, len(f))),
        lambda f, rng: f["甲"] + f["乙"] + f["丙"] + f["丁"],
        lambda f, rng: rng.normal(size=len(f)),
    ],
)
def test_an_ordinary_target_is_left_alone(make):
    for seed in range(3):
        frame = numbers(seed=seed)
        values = np.asarray(make(frame, np.random.default_rng(seed)), dtype=float)
        assert leaks.find_leaks(frame, Target("目標", values)) == []


def test_a_near_copy_is_not_reported_again_with_every_partner():
    """單獨就是的那一欄說一次；差一點的那一欄，配上誰都不算是一對。"""
    frame = numbers()
    rng = np.random.default_rng(0)
    frame["己"] = np.exp(0.001 * rng.normal(size=len(frame)))
    near = frame["甲"] * np.exp(0.19 * rng.normal(size=len(frame)))
    found = leaks.find_leaks(frame, Target("目標", near.to_numpy()))
    assert all(len(leak.columns) == 1 for leak in found)


def test_gaps_zeros_constants_and_few_rows_are_no_evidence():
    frame = numbers()
    target = Target("目標", (frame["甲"] * frame["乙"]).to_numpy())
    sparse = frame.assign(甲=frame["甲"].where(np.arange(len(frame)) % 3 > 0))
    assert leaks.find_leaks(sparse, target) == [], "三分之一空白，看不出來"
    assert leaks.find_leaks(frame.assign(甲=0.0, 乙=1.0), target) == []
    few = Target("目標", np.where(np.arange(len(frame)) < 15, target.values, np.nan))
    assert leaks.find_leaks(frame, few) == []
    holes = Target("目標", np.where(np.arange(len(frame)) < 100, target.values, np.nan))
    assert [leak.formula for leak in leaks.find_leaks(frame, holes)] == ["「甲」×「乙」"]


def test_a_table_of_counts_is_recognised_and_ordinary_tables_are_not():
    sexes = pd.Categorical(["男", "女"] * 8)
    eyes = pd.Categorical([f"眼{n // 2}" for n in range(16)])
    table = pd.DataFrame({"性": sexes, "眼": eyes, "Freq": np.arange(16.0)})
    (said,) = warnings(table, None)
    assert "看起來是次數表" in said and "「Freq」" in said
    assert warnings(table.rename(columns={"Freq": "面積"}), None) == [], "名字不像次數"
    assert warnings(table.assign(Freq=table["Freq"] + 0.5), None) == [], "不是整數"
    assert warnings(pd.concat([table, table]), None) == [], "同樣的組合有兩列，就是一個一列"
    assert warnings(table.assign(另=1.0), None) == [], "還有別的數字"


def test_a_level_that_decides_the_target_is_named():
    """等級分數決定利率、代碼決定縣市；雜訊、每列都不同的編號、只是有關的不算。"""
    rng = np.random.default_rng(0)
    grade = rng.integers(20, size=400)
    frame = pd.DataFrame(
        {
            "分級": pd.Categorical([f"級{g:02}" for g in grade]),
            "編號": pd.Categorical([f"n{n}" for n in range(400)]),
            "亂": pd.Categorical(rng.choice(["甲", "乙"], size=400)),
        }
    )
    rate = Target("利率", 5 + grade + rng.normal(0, 0.1, size=400))
    (leak,) = leaks.find_leaks(frame, rate)
    assert leak.columns == ("分級",) and "「分級」的水準幾乎就是目標「利率」" in leak.sentence("利率")
    assert leaks.find_leaks(frame, Target("利率", grade + rng.normal(0, 6, size=400))) == [], "只是有關"
    classes = Target("縣市", (grade % 3).astype(float), ("甲", "乙", "丙"))
    (leak,) = leaks.find_leaks(frame, classes)
    assert leak.columns == ("分級",) and leak.how == "少猜錯的比例"
    noisy = np.where(rng.random(400) < 0.1, rng.integers(3, size=400), grade % 3).astype(float)
    assert leaks.find_leaks(frame, Target("縣市", noisy, ("甲", "乙", "丙"))) == [], "一成不一樣"
    rare = Target("有無", (np.arange(400) == 0).astype(float), ("無", "有"))
    assert leaks.find_leaks(frame, rare) == [], "幾乎都同一類，猜得準不稀奇"
