"""讀者自己的表：網頁的讀檔與套件的一模一樣——種類、理由、修改、值、訊息。"""

import dataclasses
import random
import shutil
from typing import Any

import pytest

from tests.lab import own_tables
from tests.lab.own_tables import NAME, as_case, call, reading
from tests.tables import made_up
from tests.tables.reading_cases import TABLE, by_python, case_bytes, differences
from vae_from_scratch.tables import missing
from vae_from_scratch.tables.reading import CHOOSABLE, KIND_NAMES, Repair, read_table
from vae_from_scratch.tables.reading.cells import clean, number_text, read_number, read_storey
from vae_from_scratch.tables.reading.dates import STYLES, read_date, write_date
from vae_from_scratch.tables.reading.repairs import LABELS, UNITS

CASES = TABLE["cases"]
NAMES = [case["name"] for case in CASES]


@pytest.fixture(scope="module")
def found() -> dict[str, Any]:
    """每一個案例，網頁讀出來的樣子。"""
    calls = [reading(case_bytes(case), case.get("options")) for case in CASES]
    return dict(zip(NAMES, map(as_case, call(*calls)), strict=True))


def expected_of(case: dict[str, Any]) -> dict[str, Any]:
    return {"error": case["page"]} if "page" in case else case


# ---- 同一張案例表 ----------------------------------------


@pytest.mark.parametrize("case", CASES, ids=NAMES)
def test_a_case_is_read_as_the_table_of_cases_says(case, found) -> None:
    assert differences(expected_of(case), found[case["name"]]) == []


@pytest.mark.parametrize("case", CASES, ids=NAMES)
def test_the_page_and_the_package_say_exactly_the_same(case, found, tmp_path) -> None:
    """案例沒有寫明的也一樣：每一格、每一欄的理由、整句訊息。"""
    python, page = by_python(case, tmp_path), found[case["name"]]
    if "page" in case:
        assert case["page"] in page["error"] and NAME in page["error"] and "請" in page["error"]
    elif "kinds" in case.get("options", {}):
        told = {**python, "reasons": {**python["reasons"], "欄": "指定的種類"}}  # 網頁沒有 --kind
        assert page == told
    elif "error" in python:
        assert page["error"] == python["error"].replace(str(tmp_path / NAME), NAME)
    else:
        assert page == python


def test_a_file_the_page_does_not_read_comes_with_the_command_that_does(found) -> None:
    refused = [found[case["name"]]["error"] for case in CASES if "page" in case]
    assert refused and all("python -m vae_from_scratch fit" in text for text in refused)


PLANTED = {
    "cells.js": [(r"\u200b", ""), ("MINUS, \"-\"", 'MINUS, ""'), ("brackets = false", "brackets = true")],
    "dates.js": [("ROC = 1911", "ROC = 1912"), ("% 12", "% 13"), ("LEAST_VALID = 0.9", "LEAST_VALID = 0.99")],
    "layout.js": [("rest.length < 3", "rest.length < 300"), ("MOST_TITLES = 10", "MOST_TITLES = 0")],
    "footer.js": [('"合計", ', ""), (">= encoders", "> 2 * encoders"), ("ABOVE = 3", "ABOVE = 9")],
    "column.js": [("this.rules.decimalComma &&", ""), ("[usual, partner]", "units")],
    "judge.js": [("LEAST_REPEATS = 2", "LEAST_REPEATS = 1"), ("SPIKE_TIMES = 2", "SPIKE_TIMES = 9")],
    "missing.js": [('"不詳", ', ""), (".toLowerCase()", "")],
    "read.js": [('["", "Unnamed: 0"]', "[]"), ("this.nTrailing += 1", "")],
    "source.js": [("next !== separator &&", "false &&"), ("LEAST_COMMON = 0.8", "LEAST_COMMON = 0")],
}  # fmt: skip


@pytest.mark.parametrize("file, change", [(file, change) for file in PLANTED for change in PLANTED[file]])
def test_a_planted_error_is_seen(file, change, tmp_path) -> None:
    """反例：改壞一條規則，案例表就看得出來。"""
    programs = shutil.copytree(own_tables.PROGRAMS, tmp_path / "程式")
    text = (programs / file).read_text(encoding="utf-8")
    assert change[0] in text
    (programs / file).write_text(text.replace(*change), encoding="utf-8")
    calls = [reading(case_bytes(case), case.get("options")) for case in CASES]
    pages = map(as_case, call(*calls, programs=programs))
    assert any(differences(expected_of(case), page) for case, page in zip(CASES, pages, strict=True))


# ---- 隨便混在一起 ----------------------------------------

CELLS = (
    "1", "1.0", "2.5", "007", "1,234", "NT$5", "30元", "12%", "40％", "(3)", "", "NA", "None", "無",
    "十二層", "地下一層", "廿三樓", "1130501", "113/5/1", "民國99年12月31日", "2024-05-01",
    "2024/5/1 下午 6:00", "5 May 2024", "台北", " 台北\u200b", "１２", "−5.5", "-", "約3", "1e400", "1e22",
    "1e-7", "99999999999999999999", "5/1/2024", "13/1/2024", "1.234,5", "0,5", "+5", "B1", "3F", "30坪",
    "45.5 坪", "0.0", "𠮷", "ﬁ", "Ⅻ", "a\nb", '說"好"', "x;y", "sep=",
)  # fmt: skip
HEADERS = ("欄", "日期", "代碼", "編號", "年月", "id", "No.", "價格\u200b", "Unnamed: 0", "")


#: 整欄同一類的格子，才看得到各種讀法。
FAMILIES = (
    CELLS,
    ("1", "2.5", "１２", "1,234", "−5.5", "0", "0", "None", "NA"),
    ("NT$5", "30元", "1,200", "NT$ 40.5"), ("12%", "40％", "3.5%"), ("30坪", "45.5 坪"),
    ("十二層", "地下一層", "3F", "廿三樓", "B1"), ("1130501", "0991231", "1090229", "1130532"),
    ("113/5/1", "99/12/31"), ("2024-05-01", "2024/5/1 下午 6:00", "2010.1.2"), ("5 May 2024", "12-Jan-2023"),
    ("11305", "11306", "09912"), ("202405", "202312"), ("13/1/2024", "2/1/2024"), ("1.234,5", "0,5", "12"),
    ("100", "(350)", "1,000", "2.5"), ("1", "1.0", "A", "2.0"), ("007", "012", "100"), (" 有", "有", "無"),
)  # fmt: skip


def mixture(rng: random.Random) -> str:
    """一張亂數的表：每一欄由一類裡的幾種格子抽。"""
    width, height = rng.randint(1, 4), rng.choice([1, 3, 6, 25])
    families = [rng.choice(FAMILIES) for _ in range(width)]
    pools = [rng.sample(family, rng.randint(1, min(8, len(family)))) for family in families]
    names = [rng.choice(HEADERS) + (str(k) if rng.random() < 0.9 else "") for k in range(width)]
    rows = [names, *([rng.choice(pool) for pool in pools] for _ in range(height))]
    if rng.random() < 0.2:
        rows.append(["合計", *(str(rng.randint(0, 10**6)) for _ in range(width - 1))])
    separator, newline = rng.choice([",", ",", "\t", ";", "|"]), rng.choice(["\n", "\r\n", "\r"])
    lines = (separator.join(_quoted(cell, rng) for cell in row) for row in rows)
    return newline.join(lines) + rng.choice(["", newline, newline * 3])


def _quoted(cell: str, rng: random.Random) -> str:
    must = any(mark in cell for mark in '\n",;|\t')
    return '"' + cell.replace('"', '""') + '"' if must or rng.random() < 0.2 else cell


def mixtures(n: int) -> list[bytes]:
    """十分之一的引號寫壞：多一個引號，或收尾以後還有字。"""
    rng, files = random.Random(20), []
    for number in range(n):
        text = mixture(rng)
        if number % 10 == 0:
            place = rng.randint(0, len(text))
            text = text[:place] + rng.choice(['"', '" ', '"a"b', ',"a" ,']) + text[place:]
        files.append(text.encode())
    return files


def test_any_mixture_of_cells_is_read_alike(tmp_path) -> None:
    files = mixtures(300)
    n_errors = 0
    for content, page in zip(files, call(*map(reading, files)), strict=True):
        python = by_python({"base64": own_tables.base64_of(content)}, tmp_path)
        if "error" in python:
            n_errors += 1
            python["error"] = python["error"].replace(str(tmp_path / NAME), NAME)
        assert as_case(page) == python, content.decode()
    assert 15 < n_errors < 80, "大半的表要讀得成，壞的也要有"


def test_every_fact_of_a_column_is_the_same(tmp_path) -> None:
    """畫面上的每一項：水準數、最常見的值與比例、缺失、零的比例、日期的寫法。"""
    content = made_up.text().encode()
    (tmp_path / NAME).write_bytes(content)
    (page,) = call(reading(content))
    python = read_table(tmp_path / NAME)
    for column in page["columns"]:
        expected = dataclasses.asdict(python.kinds[column["name"]])
        same = {
            "nLevels": "n_levels", "topShare": "top_share", "nMissing": "n_missing",
            "zeroShare": "zero_share", "stoppedBy": "stopped_by",
        }  # fmt: skip
        assert {same.get(name, name): value for name, value in column["kind"].items()} == expected


# ---- 字與數 ----------------------------------------


def test_the_words_are_the_package_s() -> None:
    names = ("MISSING_WORDS", "MISSING_AMONG_NUMBERS", "KIND_NAMES", "CHOOSABLE", "REPAIRS", "REPAIR_UNITS")
    words, among, kinds, choosable, labels, units = call(*([name] for name in names))
    assert tuple(words) == missing.MISSING_WORDS and tuple(among) == missing.MISSING_AMONG_NUMBERS
    assert kinds == KIND_NAMES and tuple(choosable) == CHOOSABLE
    assert labels == LABELS and units == UNITS


def test_a_repair_is_told_in_the_same_words() -> None:
    repairs = [repair for case in CASES for repair in case.get("repairs", [])]
    assert call(*(["repairText", repair] for repair in repairs)) == [str(Repair(**one)) for one in repairs]


def test_cells_are_read_alike() -> None:
    texts = [
        *CELLS,
        "US$ 5",
        "5 美元",
        "NT$ 5%",
        "新台幣1,000元整",
        "12,34",
        "1.2.3",
        "一〇一層",
        "一百零一F",
        "十十樓",
        "Ｂ２",
        "5%元",
    ]
    numbers = call(*(["readNumber", text, {"brackets": True}] for text in texts))
    assert numbers == [_as_dict(read_number(text, brackets=True)) for text in texts]
    assert call(*(["readNumber", text, {"decimalComma": True}] for text in texts)) == [
        _as_dict(read_number(text, decimal_comma=True)) for text in texts
    ]
    storeys = [read_storey(text) for text in texts]
    assert call(*(["readStorey", text] for text in texts)) == [one and list(one) for one in storeys]
    assert call(*(["clean", text] for text in texts)) == [clean(text) for text in texts]


def _as_dict(number: Any) -> dict[str, Any] | None:
    return number and {"value": number.value, "rules": list(number.rules), "unit": number.unit}


def test_numbers_are_written_alike() -> None:
    rng = random.Random(1)
    values = [rng.uniform(-1, 1) * 10.0 ** rng.randint(-12, 22) for _ in range(300)]
    values += [0.0, -0.0, 1e15, 1e16, 123456789012345.0, 1e-4, 1e-5, 0.1, 1 / 3, 2.5, 1e21, 1e22]
    assert call(*(["numberText", value] for value in values)) == list(map(number_text, values))
    general = [value + 0.0 for value in values]
    assert call(*(["general", value, 12] for value in general)) == [f"{value:.12g}" for value in general]
    shares = [k / 800 for k in range(801)]
    assert call(*(["percent", share] for share in shares)) == [f"{share:.0%}" for share in shares]
    assert call(*(["percent", share, 1] for share in shares)) == [f"{share:.1%}" for share in shares]


def test_dates_are_read_and_written_alike() -> None:
    texts = [text for text in CELLS if any(c.isdigit() for c in text)] + [
        "2024-02-30",
        "1130532",
        "Sept. 5, 2024",
        "24:00",
    ]
    pairs = [(text, style) for text in texts for style in STYLES]
    assert call(*(["readDate", *pair] for pair in pairs)) == [read_date(*pair) for pair in pairs]
    days = [(day, style) for day in (19844.0, 19844.5, -719162.0, 0.0, 1e9, -25567.5) for style in STYLES]
    assert call(*(["writeDate", *pair] for pair in days)) == [write_date(*pair) for pair in days]


def every_big5_letter() -> tuple[bytes, list[str]]:
    """cp950 認得的每一個字，一列一個；第一列是常用的字，才認得出編碼。"""
    rows, letters = [], []
    for lead in range(0xA1, 0xFA):
        for trail in (*range(0x40, 0x7F), *range(0xA1, 0xFF)):
            try:
                letters.append(bytes([lead, trail]).decode("cp950"))
            except UnicodeDecodeError:
                continue
            rows.append(b'"' + bytes([lead, trail]) + b'",1\n')
    common = (
        "的一是不了在人有我他這個們中來上大為和國地到以說時要就出會可也你對生能而子那得于著下自之年" * 2000
    )
    return b"a,b\n" + common.encode("cp950") + b",1\n" + b"".join(rows), letters


def check_big5(page: dict[str, Any], letters: list[str]) -> None:
    assert page["repairs"][0]["before"] == "Big5（cp950）"
    cells = as_case(page)["values"]["a"][1:]
    assert [pair for pair in zip(cells, letters, strict=True) if pair[0] != pair[1]] == []


def test_big5_is_decoded_as_python_decodes_it() -> None:
    content, letters = every_big5_letter()
    check_big5(call(reading(content, {"as_is": True}))[0], letters)


@pytest.mark.browser
def test_a_browser_decodes_big5_and_reads_in_a_worker(browser) -> None:
    """瀏覽器的 Big5 與 Node 的不同；LabTable.sources 拼成的 worker 讀得了一格。"""
    content, letters = every_big5_letter()
    page = browser.new_page()
    for file in (own_tables.PAPA, *sorted(own_tables.PROGRAMS.glob("*.js"))):
        page.add_script_tag(path=file)
    found = page.evaluate(READ_IN_BROWSER, own_tables.base64_of(content))
    assert page.evaluate(READ_IN_WORKER) == 5
    page.close()
    check_big5(found, letters)


READ_IN_BROWSER = """(text) => JSON.parse(JSON.stringify(
    LabTable.readTable(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)), "表.csv", { asIs: true }),
    (key, value) => (ArrayBuffer.isView(value) ? Array.from(value) : value)))"""
READ_IN_WORKER = """() => new Promise((done, failed) => {
    const program = [...LabTable.sources, "postMessage(LabTable.readNumber('NT$ 5').value)"].join(";\\n");
    const worker = new Worker(URL.createObjectURL(new Blob([program])));
    Object.assign(worker, { onmessage: ({ data }) => done(data), onerror: ({ message }) => failed(message) });
})"""


@pytest.mark.parametrize("length", [12_000, 15_000])
def test_a_large_file_is_judged_by_its_beginning_or_by_the_whole(length, tmp_path) -> None:
    """先只看開頭四百萬個字；列太長、切在引號中間，就看整個檔案。"""
    rows = "".join(f'"{"長" * length}\n{n % 3}";{n}\n' for n in range(420))
    content = ("說明;數\n" + rows).encode()
    (page,) = call(reading(content))
    assert as_case(page) == by_python({"base64": own_tables.base64_of(content)}, tmp_path)


# ---- 這一頁的上限 ----------------------------------------


def test_a_table_too_long_for_the_page_is_sent_to_the_command() -> None:
    (rows,) = call(["MOST_ROWS"])
    assert rows == 50_000
    lines = [f"{'甲乙丙'[n % 3]},{n % 97}" for n in range(rows + 1)]
    whole, longer = call(
        *(reading(("城,價\n" + "\n".join(part) + "\n").encode()) for part in (lines[:-1], lines))
    )
    assert whole["rows"] == rows
    assert "超過 50,000 列" in longer["error"] and f'fit "{NAME}"' in longer["error"]
