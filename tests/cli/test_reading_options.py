"""讀檔的選項：寫得不對就說；修改一項一行；訓練時的規矩在別的命令照用。"""

import argparse

import pytest

from vae_from_scratch.cli import reading_options
from vae_from_scratch.tables.reading import ReadOptions, read_table


def parsed(*words, **options):
    parser = argparse.ArgumentParser()
    reading_options.add_arguments(parser, **options)
    return parser.parse_args(list(words))


def test_the_options_become_the_rules():
    args = parsed("--na", "待查", "-9", "--keep-na", "NA", "--kind", "樓=數字", "a=b=代碼")
    found = reading_options.given(args)
    assert found == ReadOptions(na=("待查", "-9"), keep_na=("NA",), kinds={"樓": "數字", "a=b": "代碼"})
    assert reading_options.given(parsed()) == ReadOptions()
    assert reading_options.given(parsed("--as-is"), keep_text=True) == ReadOptions(as_is=True, keep_text=True)


def test_the_recipe_of_the_training_is_kept_and_added_to():
    recipe = {"na": ["待查"], "keep_na": [], "as_is": False, "kinds": {"樓": "number"}}
    found = reading_options.given(parsed("--na", "?!", kinds=False), recipe)
    assert found.na == ("待查", "?!") and found.learnt == {"樓": "number"} and found.kinds == {}


@pytest.mark.parametrize("word", ["樓", "=數字", "樓="])
def test_a_kind_written_wrongly_is_explained(word):
    with pytest.raises(ValueError, match="欄=種類"):
        reading_options.parse_kinds([word])


def test_two_kinds_for_a_column_are_refused():
    assert reading_options.parse_kinds(["樓=數字", "樓=數字"]) == {"樓": "數字"}
    with pytest.raises(ValueError, match="既是數字又是代碼"):
        reading_options.parse_kinds(["樓=數字", "樓=代碼"])


def test_repairs_are_one_line_each_without_control_characters(tmp_path):
    columns = [f"欄{n}" for n in range(reading_options.SHOWN + 5)]
    rows = [["\x1b[31m1,000" if n == 0 else f"{n},{row}00" for n in range(len(columns))] for row in range(4)]
    text = "\n".join("\t".join(row) for row in [columns, *rows])
    (tmp_path / "表.csv").write_text(text, encoding="utf-8")
    reading = read_table(tmp_path / "表.csv")
    lines = reading_options.describe(reading.repairs).splitlines()
    assert lines[0] == f"讀檔時改了 {len(reading.repairs)} 項（--as-is 一項都不改）："
    assert len(lines) == reading_options.SHOWN + 2 and lines[-1].endswith(f"等 {len(reading.repairs)} 項")
    assert "\x1b" not in "".join(lines)
    as_is = reading_options.describe(read_table(tmp_path / "表.csv", ReadOptions(as_is=True)).repairs)
    assert as_is.splitlines()[1:] == ["  欄的分隔：Tab"], "怎麼打開檔案還是要認；格子一格也不改"
    (tmp_path / "逗號.csv").write_text("a,b\n甲,1\n", encoding="utf-8")
    assert reading_options.describe(read_table(tmp_path / "逗號.csv").repairs) == ""
