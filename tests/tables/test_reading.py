"""別人的檔案：不是 CSV 的說出是什麼，是 CSV 的不論 BOM、換行、引號都讀得對。"""

import pytest

from vae_from_scratch.tables.reading import check_enough_rows, read_table


@pytest.mark.parametrize(
    "contents, message",
    [
        (b"PK\x03\x04\x14\x00", "Excel"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "Excel"),
        ("甲,乙\n一,二\n".encode("utf-16"), "UTF-16"),
    ],
)
def test_other_kinds_of_files_are_named(tmp_path, contents, message):
    (tmp_path / "表.csv").write_bytes(contents)
    with pytest.raises(ValueError, match=message) as caught:
        read_table(tmp_path / "表.csv")
    assert "表.csv" in str(caught.value) and "請" in str(caught.value)


def test_a_folder_and_a_missing_file_are_refused(tmp_path):
    with pytest.raises(ValueError, match="是資料夾"):
        read_table(tmp_path)
    with pytest.raises(ValueError, match="找不到檔案"):
        read_table(tmp_path / "沒有.csv")


def test_bom_windows_line_ends_and_newlines_in_quotes(tmp_path):
    (tmp_path / "表.csv").write_bytes('\ufeff甲,乙\r\n"一\r\n行",NA\r\n二,三\r\n'.encode())
    table = read_table(tmp_path / "表.csv")
    assert list(table.columns) == ["甲", "乙"] and table["甲"].tolist() == ["一\n行", "二"]
    assert table["乙"].isna().tolist() == [True, False]


def test_too_few_rows_are_refused(table):
    check_enough_rows(table.iloc[:20], "表.csv")
    with pytest.raises(ValueError, match="只有 19 列"):
        check_enough_rows(table.iloc[:19], "表.csv")
