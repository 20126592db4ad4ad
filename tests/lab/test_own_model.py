"""讀者自己的表訓練以後：基準、切分、週期與套件相同；怪的列找得到；生成的列照機率抽，不是只報最可能的。"""

import csv
import io
import json
import random
import subprocess
from math import ceil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from book.engine import ENGINE, ROOT
from tests.lab.own_tables import PAPA
from vae_from_scratch.bench.processes import node
from vae_from_scratch.tables.coded import CodedTable
from vae_from_scratch.tables.independent import Independent
from vae_from_scratch.tables.reading import LEAST_ROWS
from vae_from_scratch.tables.table_vae import default_epochs

FOLDER = ROOT / "book" / "_static" / "interactive"
MODEL = FOLDER / "own-table" / "model.js"
DRIVE = Path(__file__).with_name("own.cjs")
EPOCHS = 40
#: 這一列（由 0 起）把兩類的東西湊在一起。
ODD = 77


def run(text: str | None, model: Path = MODEL, heap: int = 1000, **given: Any) -> dict[str, Any]:
    """在 Node 裡讀、訓練、叫幾個方法；``found`` 的第一個是 ``configure`` 傳回的；堆積最多 ``heap`` MB。"""
    limit = f"--max-old-space-size={heap}"
    command = [str(node()), limit, str(DRIVE), str(FOLDER), str(model), str(PAPA), str(ENGINE)]
    done = subprocess.run(
        command, input=json.dumps({"text": text, **given}), capture_output=True, text=True, encoding="utf-8"
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def two_kinds(rows: int = 400) -> str:
    """公寓小、舊、沒有電梯，大樓大、新、有電梯；第 ``ODD`` 列是有電梯的大樓，卻又小又舊。空白是隨便缺的。"""
    rng, lines = random.Random(3), ["型,電梯,坪,屋齡,區,車位坪"]
    for row in range(rows):
        tall = rng.random() < 0.5
        size, age = (rng.gauss(45, 4), rng.gauss(8, 2)) if tall else (rng.gauss(22, 3), rng.gauss(35, 3))
        if row == ODD:
            tall, size, age = True, 21.0, 36.0
        parking = f"{rng.uniform(5, 12):.1f}" if tall and rng.random() < 0.6 else "0"
        shown = "" if rng.random() < 0.05 and row != ODD else f"{size:.1f}"
        kind, lift = ("大樓", "有") if tall else ("公寓", "無梯")
        lines.append(f"{kind},{lift},{shown},{age:.0f},{rng.choice('甲乙丙')},{parking}")
    return "\n".join(lines) + "\n"


@pytest.fixture(scope="module")
def trained() -> dict[str, Any]:
    calls = [
        ["data"],
        ["rank"],
        ["generate", 2000],
        ["codesCsv"],
        ["generatedCsv", 3],
        ["decode", [0, 0]],
        ["history"],
    ]
    return run(two_kinds(), epochs=EPOCHS, settings={"epochs": EPOCHS}, calls=calls)


def test_a_fifth_of_the_rows_is_held_out_and_the_seed_decides_which(trained) -> None:
    facts, data = trained["found"][:2]
    assert (facts["trained"], facts["held"], sum(data["heldOut"])) == (320, 80, 80)
    other = run(two_kinds(), settings={"seed": 1}, calls=[["data"]])["found"][1]
    assert other["heldOut"] != data["heldOut"] and sum(other["heldOut"]) == 80


@pytest.mark.parametrize("rows", [20, 300, 2930, 10_000, 50_000])
def test_the_epochs_are_those_of_fit(rows) -> None:
    """照列數決定的週期；與套件同一條規則。"""
    load = f"LabTable = {{}}; require({json.dumps(str(MODEL))});"
    code = f"{load} console.log(LabOwn.defaultEpochs(Math.ceil({rows} / 32)))"
    done = subprocess.run([str(node()), "-e", code], capture_output=True, text=True, encoding="utf-8")
    assert int(done.stdout) == default_epochs(ceil(rows / 32)), done.stderr


def test_the_fewest_rows_are_those_of_the_command() -> None:
    assert f"LEAST_ROWS = {LEAST_ROWS};" in MODEL.read_text(encoding="utf-8")


def baseline_gap(found: dict[str, Any]) -> float:
    """各欄獨立的 log p(x)，與套件差最多的。"""
    data = found["found"][1]
    settings, seen = data["schema"]["settings"], ~np.array(data["heldOut"], dtype=bool)
    codes = np.reshape(data["codes"], (len(seen), -1))
    numbers = np.reshape(np.array(data["numbers"], dtype=float), (len(seen), -1))
    groups = tuple(settings["groups"])
    independent = Independent.fit(CodedTable(codes[seen], groups, numbers[seen]))
    return float(np.abs(independent.log_prob(CodedTable(codes, groups, numbers)) - data["baseline"]).max())


def test_the_baseline_is_the_package_s(trained) -> None:
    assert baseline_gap(trained) < 1e-9


def test_the_line_without_a_code_is_its_average_over_the_held_out_rows(trained) -> None:
    facts, data = trained["found"][:2]
    held = np.array(data["baseline"])[np.array(data["heldOut"], dtype=bool)]
    assert facts["noCode"] == pytest.approx(-held.mean())


def test_it_learns_something(trained) -> None:
    facts, history = trained["found"][0], trained["found"][-1]
    elbo = -(history[-1]["valReconstruction"] + history[-1]["valKl"])
    assert elbo > -facts["noCode"] + 1, "留下的列，比不看編碼好"


def oddest(found: dict[str, Any]) -> dict[str, Any]:
    return found["found"][2]["rows"][0]


def test_the_row_that_mixes_two_kinds_comes_first_and_its_cells_are_named(trained) -> None:
    first = oddest(trained)
    assert first["row"] == ODD and first["oddness"] > 1
    assert {cell["name"] for cell in first["cells"]} & {"坪", "屋齡"}
    for cell in first["cells"]:
        assert cell["text"] != cell["expected"]


def spread_of(found: dict[str, Any]) -> tuple[float, float, float]:
    """生成的列：甲區的比例、大樓的坪數的標準差、說「有電梯的大樓」的比例。"""
    rows = found["found"][3]
    places = {name: k for k, name in enumerate(found["found"][0]["names"])}
    tall = [row for row in rows if row[places["型"]] == "大樓"]
    sizes = [float(row[places["坪"]]) for row in tall if row[places["坪"]]]
    first = sum(row[places["區"]] == "甲" for row in rows) / len(rows)
    lifted = sum(row[places["電梯"]] == "有" for row in tall) / max(1, len(tall))
    return first, float(np.std(sizes)) if sizes else 0.0, lifted


def test_generated_rows_are_drawn_not_the_likeliest(trained) -> None:
    """與型無關的區照比例出現，坪數散得像資料；型與電梯還是配得起來。"""
    first, spread, lifted = spread_of(trained)
    assert 0.2 < first < 0.5 and 2 < spread < 12 and lifted > 0.9
    low, high = 10.0, 60.0
    place = trained["found"][0]["names"].index("坪")
    assert all(low < float(row[place]) < high for row in trained["found"][3] if row[place])


def test_zeros_of_a_spiked_number_are_generated_too(trained) -> None:
    place = trained["found"][0]["names"].index("車位坪")
    parking = [float(row[place]) for row in trained["found"][3]]
    zero = sum(value == 0 for value in parking) / len(parking)
    assert trained["found"][1]["schema"]["settings"]["spiked"] and 0.5 < zero < 0.9
    assert all(value == 0 or 4 < value < 13 for value in parking)


def test_unknown_cells_are_left_as_often_as_in_the_file(trained) -> None:
    place = trained["found"][0]["names"].index("坪")
    blank = sum(row[place] == "" for row in trained["found"][3]) / len(trained["found"][3])
    assert 0.02 < blank < 0.09, "檔案裡是 5%"
    others = [name for name in trained["found"][0]["names"] if name != "坪"]
    assert all(
        row[trained["found"][0]["names"].index(name)] for row in trained["found"][3] for name in others
    )


def missing_together() -> str:
    """四成的公寓，坪數與車位坪一起不知道；大樓都知道，車位坪常是 0。"""
    rng, lines = random.Random(5), []
    for line in two_kinds().splitlines()[1:]:
        kind, lift, size, age, place, parking = line.split(",")
        hidden = kind == "公寓" and rng.random() < 0.4
        lines.append(
            ",".join([kind, lift, "" if hidden else size or "30", age, place, "" if hidden else parking])
        )
    return "\n".join(["型,電梯,坪,屋齡,區,車位坪", *lines]) + "\n"


def gaps_of(found: dict[str, Any]) -> tuple[float, float, float]:
    """生成的列：公寓裡坪數空著的比例、大樓裡的、只有一欄空著的列占多少。"""
    names, rows = found["found"][0]["names"], found["found"][3]
    kind, size, parking = (names.index(name) for name in ("型", "坪", "車位坪"))

    def share(wanted: str) -> float:
        blanks = [row[size] == "" for row in rows if row[kind] == wanted]
        return sum(blanks) / len(blanks)

    alone = sum((row[size] == "") != (row[parking] == "") for row in rows) / len(rows)
    return share("公寓"), share("大樓"), alone


def with_gaps(model: Path = MODEL) -> tuple[float, float, float]:
    calls = [["data"], ["decode", [0, 0]], ["generate", 1000]]
    return gaps_of(run(missing_together(), model, epochs=EPOCHS, settings={"epochs": EPOCHS}, calls=calls))


def test_what_is_missing_together_stays_missing_together_and_where() -> None:
    flat, tower, alone = with_gaps()
    assert 0.25 < flat < 0.55 and tower < 0.1 and alone == 0


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("if (codes.includes(1) || numbers.includes(1))", "if (false)"),
        ("away >= near.at(-1).away", "true"),
        ("value + Math.exp(0.5 * logVar[k]) * normal()", "value"),
        ("found.numbers[row * width + j] =", "found.numbers[0] ="),
    ],
    ids=["不留空", "不看編碼", "平均的編碼", "把 0 當成不知道"],
)
def test_gaps_in_the_wrong_place_would_be_seen(right, wrong, tmp_path) -> None:
    """反向對照。"""
    text = MODEL.read_text(encoding="utf-8")
    assert text.count(right) == 1
    (tmp_path / "model.js").write_text(text.replace(right, wrong), encoding="utf-8")
    flat, tower, alone = with_gaps(tmp_path / "model.js")
    assert not (0.25 < flat < 0.55 and tower < 0.1 and alone == 0)


def test_the_files_have_a_mark_for_excel_and_every_row(trained) -> None:
    codes, generated = trained["found"][4:6]
    assert codes.startswith("\ufeff") and generated.startswith("\ufeff")
    head, *lines = csv.reader(io.StringIO(codes[1:]))
    assert head == ["列", "held_out", "mu_1", "mu_2", "sigma_1", "sigma_2"] and len(lines) == 400
    assert [line[0] for line in lines[:2]] == ["1", "2"] and sum(int(line[1]) for line in lines) == 80
    assert all(float(line[4]) > 0 for line in lines)
    head, *lines = csv.reader(io.StringIO(generated[1:]))
    assert head == trained["found"][0]["names"] and len(lines) == 3


def test_a_cell_with_a_comma_is_quoted() -> None:
    text = "名,價\n" + "".join(f'"甲,{n % 3}",{n % 7}\n' for n in range(60))
    generated = run(text, calls=[["generatedCsv", 5]])["found"][1]
    assert all(len(line) == 2 for line in csv.reader(io.StringIO(generated[1:])))


def test_decoding_a_point_tells_every_column(trained) -> None:
    decoded = trained["found"][6]
    assert [one["name"] for one in decoded] == trained["found"][0]["names"]
    shares = {one["name"]: one["share"] for one in decoded}
    assert shares["坪"] is None and 0.3 < shares["區"] < 1


# ---- 大的表 ----------------------------------------


def large(path: Path) -> Path:
    """50,000 列，28 個十水準的類別與 20 個數字：展開 300 欄。"""
    rng = random.Random(0)
    with path.open("w", encoding="utf-8") as file:
        file.write(",".join([*(f"類{k}" for k in range(28)), *(f"數{k}" for k in range(20))]) + "\n")
        for _ in range(50_000):
            t = rng.random()
            levels = (f"水準{int(5 * (t + rng.random()))}" for _ in range(28))
            file.write(",".join([*levels, *(f"{rng.gauss(t, 0.5):.3f}" for _ in range(20))]) + "\n")
    return path


#: 一張最大的表可以用的記憶體（MB），與其中給堆積的；其餘是檔案的文字、代碼與引擎。
MOST_MEGABYTES, HEAP = 200, 100


def test_fifty_thousand_rows_and_three_hundred_columns_are_read_and_trained(tmp_path) -> None:
    """讀、訓練、生成一萬列，都不到 200 MB：堆積只給 100 MB 也跑得完，堆積以外的加起來不到另外的 100 MB。"""
    path = large(tmp_path / "大.csv")
    calls = [["history"], ["generatedCsv", 10_000], ["memory"]]
    found = run(None, heap=HEAP, file=str(path), epochs=1, settings={"epochs": 1}, calls=calls)
    facts, history, _, engine = found["found"]
    assert found["problem"] == "" and facts["trained"] == 40_000 and len(facts["drawn"]) == 3000
    assert -(history[0]["valReconstruction"] + history[0]["valKl"]) > -facts["noCode"]
    assert found["megabytes"] + engine / 1e6 < MOST_MEGABYTES - HEAP


@pytest.mark.parametrize(
    "kept", ["new Uint8Array(120e6).fill(1)", "Array.from({ length: 2e7 }, (_, k) => k + 0.5)"]
)
def test_a_table_kept_twice_would_be_seen(kept, tmp_path) -> None:
    """反向對照：多留一份，不論在堆積裡還是外面，都超過。"""
    text, here = MODEL.read_text(encoding="utf-8"), "return { OwnModel,"
    assert text.count(here) == 1
    path = tmp_path / "model.js"
    path.write_text(text.replace(here, f"globalThis.kept = {kept};\n  {here}"), encoding="utf-8")
    try:
        found = run(two_kinds(60), path, heap=HEAP, epochs=1)
    except AssertionError as error:
        assert "heap out of memory" in str(error)
    else:
        assert found["megabytes"] > MOST_MEGABYTES - HEAP


# ---- 反例 ----------------------------------------

PLANTED = {
    "基準的次數": ("fill(PSEUDO_COUNT)", "fill(5)", "baseline"),
    "基準的變異數": ("squares + PSEUDO_COUNT", "squares", "baseline"),
    "分數的正負": ("value - logLikelihood[k]", "logLikelihood[k] - value", "odd"),
    "只報最可能的": (
        "return T.decode(this.schema, drawn)",
        "return Array(n).fill(this.decode(new Float32Array(this.latent)).map(({ text }) => text))",
        "drawn",
    ),
}


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_error_is_noticed(name, tmp_path) -> None:
    right, wrong, what = PLANTED[name]
    text = MODEL.read_text(encoding="utf-8")
    assert text.count(right) == 1
    (tmp_path / "model.js").write_text(text.replace(right, wrong), encoding="utf-8")
    calls = [["data"], ["rank"], ["generate", 500]]
    found = run(two_kinds(), tmp_path / "model.js", epochs=EPOCHS, settings={"epochs": EPOCHS}, calls=calls)
    seen = {
        "baseline": lambda: baseline_gap(found) > 1e-4,
        "odd": lambda: oddest(found)["row"] != ODD,
        "drawn": lambda: spread_of(found)[0] in (0.0, 1.0),
    }
    assert seen[what]()
