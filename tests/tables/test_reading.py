"""讀檔：案例表的每一個檔案都讀成該有的修改、種類與值；壞的檔案一句話；性質測試。"""

import csv
import gzip
import io
import json
import re
import sys
import tracemalloc
import zipfile

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tables import made_up
from tests.tables.reading_cases import CASES, TABLE, by_python, case_bytes, differences
from vae_from_scratch.files import write_csv
from vae_from_scratch.tables.missing import MISSING_WORDS, is_missing
from vae_from_scratch.tables.reading import (
    CHOOSABLE,
    KIND_NAMES,
    ReadOptions,
    Repair,
    check_enough_rows,
    clean_text,
    encoded,
    parse_kind,
    read_table,
    require_columns,
    size,
    sources,
    to_numbers,
)
from vae_from_scratch.tables.reading import table as table_module
from vae_from_scratch.tables.reading.cells import clean, number_text, read_chinese, read_number, read_storey
from vae_from_scratch.tables.reading.dates import STYLES, find_style, read_date, write_date
from vae_from_scratch.tables.reading.repairs import LABELS
from vae_from_scratch.tables.samples import resolve, sample_path


@pytest.fixture
def file(tmp_path):
    def write(content, encoding="utf-8", name="表.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        return path

    return write


def column(*cells, header="欄"):
    """只有一欄要看的檔案；另一欄讓空白的格子不會變成空白列。"""
    return f"號,{header}\n" + "".join(f'x{row % 2},"{cell}"\n' for row, cell in enumerate(cells))


def read(path, **options):
    return read_table(path, ReadOptions(**options))


# ---- 案例表 ----------------------------------------


@pytest.mark.parametrize("case", TABLE["cases"], ids=[case["name"] for case in TABLE["cases"]])
def test_a_case_is_read_as_the_table_of_cases_says(case, tmp_path):
    assert differences(case, by_python(case, tmp_path)) == []


def test_the_table_of_cases_can_fail(tmp_path):
    """反例：把案例的每一項改錯，都看得出來。"""
    case = next(case for case in TABLE["cases"] if case["name"] == "千分位")
    found = by_python(case, tmp_path)
    assert differences(case, found) == []
    wrong = {"rows": 119, "repairs": [], "kinds": {"價格": "text"}, "values": {"價格": [1.0]}, "error": "x"}
    wrong |= {"reasons": {"價格": "文字"}, "spiked": ["價格"]}
    for key, value in wrong.items():
        assert differences({**case, key: value}, found), key


def test_every_repair_and_every_kind_has_a_case():
    repairs = {repair["what"] for case in TABLE["cases"] for repair in case.get("repairs", [])}
    elsewhere = {"container", "sheet"}  # 壓縮檔與活頁簿在下面
    assert set(LABELS) - elsewhere - repairs == set()
    assert (
        set(KIND_NAMES) - {kind for case in TABLE["cases"] for kind in case.get("kinds", {}).values()}
        == set()
    )


def test_every_file_of_the_cases_is_used():
    named = {case["file"] for case in TABLE["cases"] if "file" in case}
    assert {path.name for path in CASES.iterdir()} - {"cases.json", "README.md"} == named


# ---- 每一種檔案 ----------------------------------------

PLAIN = "城市,價格\n" + "".join(f"{'台北' if n % 3 else '高雄'},{n}.5\n" for n in range(30))


def same(reading, other):
    pd.testing.assert_frame_equal(reading.table, other.table)


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "cp950", "big5hkscs", "utf-16", "utf-16-le", "utf-16-be"]
)
def test_encodings_read_the_same(file, encoding):
    text = "city,價格\n" + PLAIN.partition("\n")[2]
    found = read(file(text, encoding))
    same(found, read(file(text, name="別.csv")))
    said = [repair.what for repair in found.repairs]
    assert said == ([] if encoding.startswith("utf-8") else ["encoding"])


def test_bad_bytes_far_from_the_beginning_are_seen(file):
    """UTF-8 的檔案後面混進 Big5：開頭看不出來，整個檔案才知道。"""
    rows = b"a,b\n" + (b"x," + b"1" * 400 + b"\n") * 12_000  # 列長而少：讀得快，一樣看不完
    assert len(rows) > sources.HEAD_BYTES
    with pytest.raises(ValueError, match="不是 UTF-8"):
        read(file(rows + b"caf\xe9,2\n"))
    assert read(file(rows + "台北,2\n".encode("cp950"))).table["a"].cat.categories.tolist() == ["x", "台北"]


@pytest.mark.parametrize("separator", [",", "\t", ";", "|"])
def test_separators_are_found_even_with_commas_in_the_cells(file, separator):
    rows = [("名", "值"), *((f"甲{n % 3},乙", str(100 - n)) for n in range(20))]
    text = "\n".join(
        separator.join(f'"{cell}"' if separator == "," else cell for cell in row) for row in rows
    )
    found = read(file(text))
    assert found.table.columns.tolist() == ["名", "值"] and found.table["值"].tolist() == list(
        range(100, 80, -1)
    )
    assert [repair.what for repair in found.repairs] == ([] if separator == "," else ["separator"])


def zipped(members, **options):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content, **options)
    return out.getvalue()


def test_zip_and_gzip_are_opened_whatever_the_name_says(file):
    expected = read(file(PLAIN))
    members = {"資料/train.csv": PLAIN, "__MACOSX/._train.csv": b"\0", "資料/readme.md": "說明"}
    found = read(file(zipped(members), name="甲.csv"))
    same(found, expected)
    assert found.repairs == [Repair("container", before="zip", after="資料/train.csv")]
    found = read(file(gzip.compress(PLAIN.encode("cp950")), name="乙.csv"))
    same(found, expected)
    assert [repair.what for repair in found.repairs] == ["container", "encoding"]


def excel(path, *sheets):
    """一本活頁簿：每張工作表的名字與各列。"""
    from openpyxl import Workbook

    book = Workbook()
    book.remove(book.active)
    for title, rows in sheets:
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


def test_excel_reads_the_first_sheet_and_says_so(tmp_path):
    import datetime

    rows: list[list] = [["統計表"], ["城市", "價格", "日期", "件數"]]
    rows += [["台北" if n % 3 else "高雄", n + 0.5, datetime.date(2024, 5, 1 + n), n] for n in range(25)]
    path = excel(tmp_path / "表.xlsx", ("甲", [*rows, [None] * 4]), ("乙", [["x"]]))
    found = read(path)
    assert [repair.what for repair in found.repairs] == ["sheet", "title", "blank_rows"][: len(found.repairs)]
    assert found.table["價格"].tolist() == [n + 0.5 for n in range(25)]
    assert found.kinds["日期"].kind == "date" and found.as_text()["日期"][0] == "2024-05-01"
    assert found.as_text()["件數"].tolist()[:2] == ["0", "1"]


def test_parquet_reads_or_says_what_is_absent(tmp_path):
    """有 pyarrow 就讀得對；沒有就說要裝什麼。兩種環境都測得到東西。"""
    path = tmp_path / "表.csv"
    try:
        import pyarrow as pa
        from pyarrow import parquet
    except ModuleNotFoundError:
        path.write_bytes(b"PAR1" + bytes(20))
        with pytest.raises(ValueError, match="pip install pyarrow"):
            read(path)
        return
    parquet.write_table(pa.table({"城": ["台北", "台北", "高雄"] * 9, "價": [1.5, None, *range(25)]}), path)
    found = read(path)
    assert found.table["價"][:3].fillna(-1).tolist() == [1.5, -1, 0]
    assert found.table["城"].astype(object)[:3].tolist() == ["台北", "台北", "高雄"]


@pytest.mark.parametrize("module, start", [("openpyxl", None), ("pyarrow", b"PAR1" + bytes(20))])
def test_an_absent_library_is_named(file, monkeypatch, module, start):
    monkeypatch.setitem(sys.modules, module, None)
    content = start or zipped({"[Content_Types].xml": "", "xl/workbook.xml": ""})
    with pytest.raises(ValueError, match=f"pip install {module}"):
        read(file(content))


# ---- 壞的檔案 ----------------------------------------

BAD = [case for case in TABLE["cases"] if "error" in case and "options" not in case]


@pytest.mark.parametrize("case", BAD, ids=[case["name"] for case in BAD])
def test_a_bad_file_is_refused_with_its_name_the_reason_and_a_cure(file, case):
    with pytest.raises(ValueError) as caught:
        read(file(case_bytes(case)))
    assert case["error"] in str(caught.value)
    assert "表.csv" in str(caught.value) and "請" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_file_and_a_folder_are_refused(tmp_path):
    with pytest.raises(ValueError, match="是資料夾"):
        read(tmp_path)
    with pytest.raises(ValueError, match="找不到檔案"):
        read(tmp_path / "沒有.csv")


# ---- 種類 ----------------------------------------


@pytest.mark.parametrize(
    "kinds, message",
    [
        ({"价格": "數字"}, "--kind 的「价格」不在檔案裡；檔案裡的欄是 城市、價格"),
        ({"價格": "數"}, "種類「數」認不得；可用的是 類別"),
        ({"城市": "數字"}, "「城市」是數字，第 1 列資料卻是「高雄」"),
        ({"城市": "date"}, "「城市」是日期，第 1 列資料卻是「高雄」"),
    ],
)
def test_a_wrong_kind_is_explained(file, kinds, message):
    with pytest.raises(ValueError, match=message):
        read(file(PLAIN), kinds=kinds)


def test_told_kinds_are_obeyed(file):
    text = "碼,級,樓\n" + "".join(f"{n % 7},{n % 3},{n % 4}\n" for n in range(40))
    found = read(file(text), kinds={"碼": "代碼", "級": "category", "樓": "number"})
    assert {name: kind.kind for name, kind in found.kinds.items()} == {
        "碼": "code",
        "級": "category",
        "樓": "number",
    }
    assert found.table["碼"].cat.categories.tolist() == list("0123456") and found.table["樓"].dtype == float
    assert [parse_kind(KIND_NAMES[kind]) for kind in CHOOSABLE] == list(CHOOSABLE)


def test_the_cell_that_stops_a_number_is_named(file):
    cells = [str(n) for n in range(97)] + ["約30坪", "12", "13"]
    cells[4], cells[97] = cells[97], cells[4]
    found = read(file(column(*cells))).kinds["欄"]
    assert found.stopped_by == "約30坪" and "99%的格子是數字，可是第 5 列資料是「約30坪」" in found.reason
    with pytest.raises(ValueError, match=r"第 5 列資料卻是「約30坪」.*--na"):
        read(file(column(*cells)), kinds={"欄": "數字"})
    assert read(file(column(*cells)), na=("約30坪",)).kinds["欄"].kind == "number"


def test_another_file_is_read_as_the_first_one_was(file):
    """訓練時是數字、日期、類別的，下一個檔案也是；讀不成的格子當缺失，說一聲。"""
    first = "樓,日,級,量\n" + "".join(f"{n}樓,{n % 9 + 1}/13/2024,{n % 2},{n}\n" for n in range(1, 31))
    learnt = read(file(first))
    recipe = json.loads(json.dumps(learnt.recipe()))
    assert recipe["kinds"] == {"樓": "number", "日": "date:mdy", "級": "category", "量": "identifier"}
    second = "級,樓,日,量\n1.0,3樓,5/1/2024,8\n0.0,不知道哪一樓,1/2/2024,9\n"
    found = read_table(file(second, name="別.csv"), ReadOptions.from_recipe(recipe))
    assert found.table["樓"].fillna(-9).tolist() == [3, -9]
    assert found.table["日"].tolist() == [read_date("2024-05-01", "iso"), read_date("2024-01-02", "iso")]
    assert found.table["級"].tolist() == ["1", "0"]
    assert Repair("unreadable", "樓", "不知道哪一樓", "", 1) in found.repairs


def test_the_same_file_gives_the_same_bits_and_the_order_of_rows_does_not_matter(file):
    header, *rows = made_up.text().splitlines()
    one = read(sample_path("實價登錄"))
    same(one, read(sample_path("實價登錄")))
    assert one.repairs == read(sample_path("實價登錄")).repairs
    other = read(file("\r\n".join([header, rows[0], *reversed(rows[1:])])))
    pd.testing.assert_frame_equal(one.table[::-1].reset_index(drop=True), other.table)
    assert one.kinds == other.kinds


def test_the_sample_that_ships_is_what_the_script_draws():
    path = sample_path("實價登錄")
    assert path is not None and path.read_bytes().decode("utf-8-sig") == made_up.text()
    assert resolve("實價登錄") == str(path) and resolve("./實價登錄") == "./實價登錄"
    assert "虛構" in path.read_text("utf-8-sig")


# ---- 缺失的字 ----------------------------------------


def test_missing_words_can_be_added_and_kept(file):
    text = column("有", "無", "None", "NA", "N/A", "待查", "有", "無", "ｎ／ａ", "有")
    known = read(file(text)).table["欄"].dropna().tolist()
    assert known == ["有", "無", "None", "待查", "有", "無", "有"]
    assert "待查" not in read(file(text), na=("待查",)).table["欄"].tolist()
    assert read(file(text), keep_na=("na",)).table["欄"].tolist()[3] == "NA"


def test_none_among_numbers_is_missing(file):
    found = read(file(column(*map(str, range(20, 0, -1)), "None", "none")))
    assert found.kinds["欄"].kind == "number" and found.kinds["欄"].n_missing == 2


@pytest.mark.parametrize("word", MISSING_WORDS)
def test_every_missing_word_is_missing_in_a_file(file, word):
    found = read(file(column("有", "無", word, "有", "無", "有")))
    assert found.table["欄"].isna().tolist() == [False, False, True, False, False, False]


def test_as_is_repairs_nothing(file):
    text = column(" 有", "有", "1,000", "NA", "", "有\u200b", "1.0", "1", "1")
    found = read(file(text), as_is=True)
    assert found.repairs == [] and found.table["欄"].isna().sum() == 1
    assert set(found.table["欄"].dropna()) == {" 有", "有", "1,000", "NA", "有\u200b", "1.0", "1"}
    assert [repair.what for repair in read(file(text)).repairs] == ["invisible", "missing", "code"]


def test_the_original_text_is_kept_when_asked(file):
    found = read(file(column("1,000", "", "NA", "2.50", *map(str, range(9)))), keep_text=True)
    assert found.text["欄"][:4].fillna("缺").tolist() == ["1,000", "缺", "缺", "2.50"]
    assert found.as_text()["欄"][:4].fillna("缺").tolist() == ["1000", "缺", "缺", "2.5"]
    assert read(file(PLAIN)).text is None


# ---- 大的檔案 ----------------------------------------


def test_many_different_numbers_are_kept_as_floats_with_the_odd_cells(file, monkeypatch):
    """不同的值太多，欄改存浮點數：結果與不改存的一模一樣，擋路的格子仍說得出來。"""
    cells = [f"{n * 7919 % 1000}.{n % 9 + 1}" for n in range(400)]
    texts = {
        "數字": column(*cells, "", "NA"), "只有一種": column(*cells, "None"),
        "後來才壞": column(*cells, "約三"), "逗號": column(*cells, "1,234.5", *cells),
        "代碼": column(*[f"{n}" for n in range(200, 400)] * 2, "007"),
        "文字": column(*[f"w{n}" for n in range(300)]),
    }  # fmt: skip
    expected = {name: read(file(text)) for name, text in texts.items()}
    monkeypatch.setattr(encoded, "MOST_TEXTS", 50)
    monkeypatch.setattr(table_module, "CHUNK_CELLS", 120)
    for name, text in texts.items():
        found = read(file(text))
        assert found.kinds["欄"] == expected[name].kinds["欄"], name
        assert found.repairs == expected[name].repairs, name
        same(found, expected[name])


def traced_peak(read_it):
    """執行時配置的記憶體的最高點，位元組。"""
    tracemalloc.start()
    read_it()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def test_reading_takes_at_most_twice_the_memory_of_pandas_categories(tmp_path):
    rng, n = np.random.default_rng(0), 100_000
    levels = np.array(["名字很長的水準甲", "名字很長的水準乙", "丙"], dtype=object)
    columns = {f"類{place}": levels[rng.integers(3, size=n)] for place in range(8)}
    path = tmp_path / "表.csv"
    pd.DataFrame(columns | {"價": rng.gamma(2, 100, n).round(2)}).to_csv(path, index=False)
    limit = 2 * traced_peak(lambda: pd.read_csv(path, dtype="category"))
    assert traced_peak(lambda: read(path)) < limit
    lines = path.read_text("utf-8").splitlines()
    assert traced_peak(lambda: list(csv.reader(lines))) > limit, "反例：一格一個字串就超過"


def only_the_head(letters, limit):
    """看編碼時只准看開頭。"""

    def check(open_bytes, encoding):
        with open_bytes() as file:
            assert len(file.read()) <= limit, "放不進記憶體的檔案，已經看到開頭以外的地方"
        return letters(open_bytes, encoding)

    return check


def test_a_table_that_cannot_fit_is_refused_before_it_is_read(file, monkeypatch):
    path = file("a,b\n" + "".join(f"名字很長的文字{n},{n}\n" for n in range(3000)))
    monkeypatch.setattr(size, "SMALL", 1000)
    assert read(path).table.shape == (3000, 2)
    monkeypatch.setattr(sources, "HEAD_BYTES", 4000)
    assert read(path).table.shape == (3000, 2), "開頭認的編碼，看完整個檔案再確認"
    monkeypatch.setattr(sources, "_letters", only_the_head(sources._letters, 4000))
    with pytest.raises(
        ValueError, match=r"大約有 .*列、2 欄，讀進來約要 .*GB，超過上限 0\.0 GB.*抽樣"
    ) as caught:
        read(path, memory_limit=100_000)
    (rows,) = re.findall(r"大約有 ([\d,]+) 列", str(caught.value))
    assert 2800 < int(rows.replace(",", "")) < 3300, "估計的列數"


# ---- 性質 ----------------------------------------

TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0\r"), max_size=12)


@given(st.lists(st.tuples(TEXT, TEXT), min_size=1, max_size=30))
@settings(deadline=None, max_examples=60)
def test_no_row_is_lost_and_a_second_reading_repairs_nothing_more(tmp_path_factory, rows):
    """列數只因整列空白而少；把讀到的寫出去再讀，是同一張表，也不再有格子要改。"""
    folder = tmp_path_factory.mktemp("性質")
    table = pd.DataFrame(
        [("甲", "乙", "丙"), *(("x", a, b) for a, b in rows)][1:], columns=["甲欄", "乙欄", "丙欄"]
    )
    write_csv(folder / "一.csv", table)
    options = ReadOptions(as_is=True)
    assert len(read_table(folder / "一.csv", options).table) == len(rows)
    try:
        first = read_table(folder / "一.csv")
    except ValueError as error:
        assert re.search("表頭|一列資料", str(error)), error
        return
    assert len(first.table) >= len(rows) - 1, "最多把一行當成第二行表頭"
    again = first.as_text()
    write_csv(folder / "二.csv", again)
    second = read_table(folder / "二.csv", ReadOptions(learnt=first.recipe()["kinds"]))
    if len(second.table) == len(first.table):
        pd.testing.assert_frame_equal(second.as_text(), again)
        touched = {repair.what for repair in second.repairs} - {"date", "missing"}
        assert touched == set(), second.repairs


STARTS = st.sampled_from(
    [b"", b"PK\x03\x04", b"PAR1", b"\x1f\x8b\x08", b"\xff\xfe", b"\xef\xbb\xbf", b"a,b\n1,2\n", b'a;"']
)


@given(STARTS, st.binary(max_size=200))
@settings(deadline=None, max_examples=100)
def test_whatever_the_bytes_it_is_a_table_or_one_message(tmp_path_factory, start, rest):
    path = tmp_path_factory.mktemp("位元組") / "表.csv"
    path.write_bytes(start + rest)
    try:
        found = read_table(path)
    except ValueError as error:
        assert str(path) in str(error) and "請" in str(error)
        return
    assert len(found.table) > 0 and list(found.kinds) == list(found.table.columns)


CELLS = st.sampled_from(
    ["1", "1.0", "007", "1,234", "NT$5", "12%", "(3)", "", "NA", "None", "十二層", "地下一層", "1130501",
     "113/5/1", "2024-05-01", "台北", " 台北\u200b", "１２", "-", "約3", "1e400", "99999999999999999999",
     "5/1/2024", "1.234,5", "+5", "B1", "3F"]
)  # fmt: skip


@given(st.lists(CELLS, min_size=1, max_size=12), st.sampled_from(["欄", "日期", "代碼", "編號"]))
@settings(deadline=None, max_examples=60)
def test_every_mixture_of_cells_is_read_the_same_way_twice(tmp_path_factory, cells, header):
    """一欄什麼都混在一起：不會停下；缺失的格數對；照讀出的規矩再讀一次，值一樣；改存浮點數也一樣。"""
    path = tmp_path_factory.mktemp("混") / "表.csv"
    path.write_text(column(*cells, header=header), encoding="utf-8")
    try:
        found = read_table(path)
    except ValueError as error:
        assert "只有表頭" in str(error)  # 第一列被當成第二行表頭，而且沒有別的列
        return
    kind, values = found.kinds[header], found.table[header]
    assert kind.n_missing == values.isna().sum()
    assert kind.n_levels == values.nunique()
    if kind.kind not in ("constant", "missing"):
        assert (values.dtype == float) == (kind.kind in ("number", "ordered", "date"))
    again = read_table(path, ReadOptions.from_recipe(found.recipe()))
    pd.testing.assert_series_equal(again.table[header], values)
    for told in CHOOSABLE:
        try:
            forced = read_table(path, ReadOptions(kinds={header: told}))
        except ValueError as error:
            assert told in ("number", "ordered", "date") and "--kind" in str(error)
            continue
        assert forced.kinds[header].kind == told or kind.kind in ("missing", "constant")


@given(TEXT)
def test_cleaning_twice_is_cleaning_once(text):
    assert clean(clean(text)) == clean(text)


@given(st.floats(allow_nan=False, allow_infinity=False, width=64))
def test_a_number_is_read_back_exactly(value):
    found = read_number(number_text(value))
    assert found is not None and found.value == value and found.rules == ()


def value_of(text, **options):
    found = read_number(text, **options)
    return found and found.value


@given(st.integers(-(10**12), 10**12), st.sampled_from(["NT$", "$", "US$ ", "新台幣 ", "€"]))
def test_grouped_and_wide_and_priced_numbers_are_the_same_number(value, money):
    wide = str(value).translate({ord(digit): ord(digit) + 0xFEE0 for digit in "0123456789-"})
    assert value_of(f"{value:,}") == value_of(wide) == value
    if value >= 0:
        assert value_of(f"{money}{value:,}") == value_of(f"{value} 元") == value
        assert value_of(f"({value:,})", brackets=True) == -value
        assert value_of(f"({value:,})") is None


@pytest.mark.parametrize(
    "text",
    [
        "約30坪",
        "1,23",
        "12,34,567",
        "1.2.3",
        "1_000",
        "inf",
        "nan",
        "0x10",
        "5%元",
        "--5",
        "1e999",
        "一",
        "+",
        "3樓",
    ],
)
def test_what_is_not_a_number_is_not_guessed(text):
    assert read_number(text) is None


@given(st.integers(1, 99))
def test_chinese_numbers_are_read(number):
    assert read_chinese(made_up.chinese(number)) == number
    assert read_storey(made_up.chinese(number) + "層") == (number, True)
    assert read_storey(f"地下{made_up.chinese(number)}層") == (-number, True)


@pytest.mark.parametrize("text", ["十十", "百", "二百三百", "三，四層", "全", "夾層", "層", "12"])
def test_what_is_not_a_storey_is_not_guessed(text):
    assert read_storey(text) is None or text == "百"


@given(st.dates(), st.sampled_from([style for style in STYLES if "month" not in style]))
def test_a_date_is_written_and_read_back(day, style):
    if (style.startswith("roc") and not 1921 < day.year < 2100) or (
        style == "compact" and not 1800 <= day.year < 2100
    ):
        return
    days = day.toordinal() - read_epoch()
    assert read_date(write_date(days, style), style) == days


def read_epoch():
    import datetime

    return datetime.date(1970, 1, 1).toordinal()


def test_days_beyond_the_calendar_are_clipped():
    assert write_date(-1e9) == "0001-01-01" and write_date(1e9) == "9999-12-31"


@pytest.mark.parametrize(
    "texts, name, style",
    [
        (["2024-05-01", "2024-5-2 13:30:00"], "x", "iso"),
        (["113/5/1", "99/12/31"], "x", "roc"),
        (["113年5月1日", "民國99年12月31日"], "x", "roc_chinese"),
        (["2024年5月1日"], "x", "chinese"),
        (["1130501", "0991231", "990228"], "交易日期", "roc_compact"),
        (["1130501", "0991231"], "價格", None),
        (["1130532"], "交易日期", None),
        (["5/1/2024", "13/1/2024"], "x", "dmy"),
        (["5/1/2024", "5/13/2024"], "x", "mdy"),
        (["5/1/2024", "6/2/2024"], "x", None),
        (["12/5/24"], "x", None),
        (["2023-02-29"], "x", None),
        (["2024-05", "2024/06"], "x", "month"),
        (["113年5月"], "x", "roc_month"),
        (["Mar-2018", "December 1999"], "x", "english_month"),
        (["05-Mar-2018", "1 Sept 2019 08:30"], "x", "english_dmy"),
        (["Mar 5, 2018", "December 31 1999"], "x", "english_mdy"),
        (["31-Feb-2018"], "x", None),
        (["Marble 2018"], "x", None),
        ([], "日期", None),
    ],
)
def test_styles_of_dates(texts, name, style):
    assert find_style(texts, name) == style


@pytest.mark.parametrize("style", ["english_month", "english_dmy", "english_mdy"])
def test_english_dates_are_written_as_they_are_read(style):
    first_of_may = 19844.0
    assert read_date(write_date(first_of_may, style), style) == first_of_may


def test_one_named_column_among_unnamed_ones_is_the_header(tmp_path):
    """只有最後一欄有名字（R 的輸出常這樣）：那一行是表頭，不是標題。"""
    (tmp_path / "表.csv").write_text(",,乙\n1,2,3\n4,5,6\n", encoding="utf-8")
    with pytest.raises(ValueError, match="表頭第 1 欄沒有名字"):
        read(tmp_path / "表.csv")
    (tmp_path / "表.csv").write_text("民國一一三年,,\n甲,乙,丙\n4,5,6\n", encoding="utf-8")
    assert list(read(tmp_path / "表.csv").table.columns) == ["甲", "乙", "丙"], "標題照舊"


# ---- 讀進來以後 ----------------------------------------


def test_what_we_write_we_read(tmp_path):
    table = pd.DataFrame({"城": ["台北", "高雄"] * 5, "價": np.arange(10) + 0.25})
    write_csv(tmp_path / "表.csv", table)
    assert (tmp_path / "表.csv").read_bytes().startswith(b"\xef\xbb\xbf"), "Excel 靠 BOM 認 UTF-8"
    found = read(tmp_path / "表.csv")
    assert found.repairs == [] and found.table["價"].tolist() == table["價"].tolist()


def test_absent_columns_are_listed():
    frame = pd.DataFrame({"a": ["1"]})
    require_columns(frame, ["a"], "表.csv")
    with pytest.raises(ValueError, match="b、c"):
        require_columns(frame, ["a", "b", "c"], "表.csv")


def test_numbers_keep_gaps_and_refuse_words():
    cells = pd.Series(["1", np.nan, "2.5"], name="坪數", dtype=object)
    assert to_numbers(cells, "表.csv").fillna(-1).tolist() == [1, -1, 2.5]
    for bad in ("三", "inf", "1,000"):
        with pytest.raises(ValueError, match=f"坪數.*第 3 列.*{bad}"):
            to_numbers(pd.Series(["1", np.nan, bad], name="坪數", dtype=object), "表.csv")


def test_only_blanks_and_na_are_missing_in_the_houses():
    cleaned = clean_text(pd.Series(["None", " NA ", "", "WD ", "null"], dtype=object))
    assert cleaned.fillna("缺").tolist() == ["None", "缺", "缺", "WD", "null"]
    assert is_missing("null") and not is_missing("None")


def test_too_few_rows_are_refused(table):
    check_enough_rows(table.iloc[:20], "表.csv")
    with pytest.raises(ValueError, match="只有 19 列"):
        check_enough_rows(table.iloc[:19], "表.csv")
