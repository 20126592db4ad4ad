"""讀 CSV：只有空白與 NA 算缺失；讀不了的檔案，訊息說出檔案、原因與怎麼辦。"""

import numpy as np
import pandas as pd
import pytest

from vae_from_scratch.tables.reading import check_enough_rows, read_table, require_columns, to_numbers


@pytest.fixture
def file(tmp_path):
    def write(content, encoding="utf-8"):
        path = tmp_path / "表.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        return path

    return write


def test_the_word_none_is_a_level_and_na_is_missing(file):
    table = read_table(file("a,b\nNone,NA\nnull,\n nan , x \n"))
    assert table["a"].tolist() == ["None", "null", "nan"]
    assert table["b"].isna().tolist() == [True, True, False]
    assert table["b"].iloc[2] == "x"


def test_quotes_commas_blank_lines_bom_and_windows_line_ends(file):
    table = read_table(file('\ufeff甲, 乙\r\n"一,二",3\r\n\r\n"多\n行",4\r\n'))
    assert table.columns.tolist() == ["甲", "乙"]
    assert table.to_numpy().tolist() == [["一,二", "3"], ["多\n行", "4"]]


@pytest.mark.parametrize(
    "content, reason",
    [
        (b"", "是空的"),
        (b" \n\n", "是空的"),
        (b"a,b\n", "沒有任何一列資料"),
        (b"a,b\n\n\n", "沒有任何一列資料"),
        ("甲,乙\n一,二\n".encode("big5"), "UTF-8"),
        ("a,b\n1,2\n".encode("utf-16"), "UTF-16"),
        (b"PK\x03\x04\x14\x00\xff\xfe", "Excel"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "Excel"),
        (b"a,b\n1,\x002\n", "不是文字檔"),
        (b"a;b\n1;2\n", "逗號"),
        (b"a,a\n1,2\n", "重複的欄名：a"),
        (b"a,\n1,2\n", "第 2 欄沒有名字"),
        (b"a,b\n1,2\n3\n", "第 3 行有 1 欄，表頭卻有 2 欄"),
        (b"a,b\n1,2,3\n", "第 2 行有 3 欄"),
        (b'a,b\n1,"2\n', "引號"),
    ],
)
def test_a_bad_file_is_refused_with_its_name_and_the_reason(file, content, reason):
    with pytest.raises(ValueError, match=reason) as caught:
        read_table(file(content))
    assert "表.csv" in str(caught.value)
    assert "請" in str(caught.value), "訊息要說怎麼辦"


def test_a_missing_file_and_a_folder_are_refused(tmp_path):
    with pytest.raises(ValueError, match="是資料夾"):
        read_table(tmp_path)
    with pytest.raises(ValueError, match="找不到檔案"):
        read_table(tmp_path / "沒有.csv")


def test_absent_columns_are_listed():
    table = pd.DataFrame({"a": ["1"]})
    require_columns(table, ["a"], "表.csv")
    with pytest.raises(ValueError, match="b、c"):
        require_columns(table, ["a", "b", "c"], "表.csv")


def test_numbers_keep_gaps_and_refuse_words():
    column = pd.Series(["1", np.nan, "2.5"], name="坪數", dtype=object)
    assert to_numbers(column, "表.csv").fillna(-1).tolist() == [1, -1, 2.5]
    for bad in ("三", "inf", "1,000"):
        with pytest.raises(ValueError, match=f"坪數.*第 3 列.*{bad}"):
            to_numbers(pd.Series(["1", np.nan, bad], name="坪數", dtype=object), "表.csv")


def test_newlines_in_quotes_are_kept(file):
    table = read_table(file('\ufeff甲,乙\r\n"一\r\n行",NA\r\n二,三\r\n'))
    assert table["甲"].str.split().tolist() == [["一", "行"], ["二"]]
    assert table["乙"].isna().tolist() == [True, False]


def test_too_few_rows_are_refused(table):
    check_enough_rows(table.iloc[:20], "表.csv")
    with pytest.raises(ValueError, match="只有 19 列"):
        check_enough_rows(table.iloc[:19], "表.csv")
