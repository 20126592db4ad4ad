"""怪的格子，類別與數字並存的表：種下去的怪找得到，預期說得出來，蓋住的一格看不見它自己。"""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from vae_from_scratch.tables import oddity
from vae_from_scratch.tables.oddity import OddCell, OddNumber, unusual_rows
from vae_from_scratch.tables.table_vae import TableVAE

SETTINGS: dict[str, Any] = {
    "latent_dim": 2,
    "hidden": (16,),
    "epochs": 60,
    "batch_size": 16,
    "learning_rate": 1e-2,
}
PLANTED = {5: "色", 9: "坪數", 17: "交易日", 23: "車位坪數"}


def odd_cells(*arguments: Any, **options: Any) -> list[Any]:
    """型別是 Any：這裡的每一格都有。"""
    return oddity.odd_cells(*arguments, **options)


def homes(n: int = 240) -> pd.DataFrame:
    """群決定每一欄；車位坪數在一群是 0。"""
    rng = np.random.default_rng(0)
    group = rng.integers(2, size=n)
    days = 19_000 + 1_000 * group + rng.integers(0, 50, n)
    return pd.DataFrame(
        {
            "形": np.where(group, "圓", "方"),
            "色": np.where(group, "紅", "藍"),
            "料": np.where(group, "木", "鐵"),
            "坪數": (20 + 30 * group + rng.normal(0, 1, n)).round(1),
            "屋齡": 5.0 + 20 * group + rng.integers(0, 3, n),
            "交易日": pd.Timestamp(0) + pd.to_timedelta(days, unit="D"),
            "車位坪數": np.where(group, (9 + rng.normal(0, 1, n)).round(1), 0.0),
        }
    ).astype({"形": object, "色": object, "料": object})


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return homes()


@pytest.fixture(scope="module")
def model(table: pd.DataFrame) -> TableVAE:
    return TableVAE(**SETTINGS).fit(table)


@pytest.fixture(scope="module")
def planted(table: pd.DataFrame) -> pd.DataFrame:
    """四列各有一格換成另一群的值。"""
    spoilt = table.head(60).copy()
    for row, name in PLANTED.items():
        other = table.index[table["形"] != table["形"][row]][0]
        spoilt.loc[row, name] = table.loc[other, name]
    return spoilt


def test_planted_cells_are_the_oddest_of_their_rows(model, planted) -> None:
    scores = model.scores(planted)
    oddest = [model.cell_names[place] for place in scores.oddest()]
    assert {row: oddest[row] for row in PLANTED} == PLANTED
    assert set(np.argsort(-scores.oddness)[:4]) == set(PLANTED)
    rows = unusual_rows(model, planted, n_rows=6)
    named = {row.row - 1: row.cells[0] for row in rows}
    assert {row: named[row].variable for row in PLANTED} == PLANTED
    assert not any(named[row].is_expected for row in PLANTED)


def test_a_cell_says_what_was_written_and_what_was_expected(model, planted, table) -> None:
    cells = odd_cells(model, planted, model.scores(planted).oddest(), 200)
    level, number, date, spike = (cells[row] for row in PLANTED)
    assert type(level) is OddCell and (level.level, level.expected) == (planted["色"][5], table["色"][5])
    assert level.probability < 0.3 < 0.7 < level.expected_probability
    assert isinstance(number, OddNumber) and number.level == f"{planted['坪數'][9]:.1f}"
    low, high = map(float, number.expected.split(" 到 "))
    assert low <= table["坪數"][9] <= high and number.expected_probability == 0.9
    assert number.probability < 0.1 and not low <= planted["坪數"][9] <= high
    first, last = map(pd.Timestamp, date.expected.split(" 到 "))
    assert first <= last and not first <= planted["交易日"][17] <= last
    assert spike.variable == "車位坪數" and float(spike.level) == planted["車位坪數"][23]


@pytest.mark.parametrize(
    "name, values", [("色", ("紅", "藍")), ("坪數", (20.0, 50.0)), ("車位坪數", (0.0, 9.0))]
)
def test_a_hidden_cell_does_not_see_itself(model, table, name, values) -> None:
    """同一列，那一格寫什麼都不影響預期；連同它的旗標也蓋住。"""
    place, row = np.array([model.cell_names.index(name)]), table.head(1)
    written = [row.assign(**{name: [value]}).astype({name: row[name].dtype}) for value in values]
    expected = [odd_cells(model, one, place, 200)[0].expected for one in written]
    assert expected[0] == expected[1]
    other = table[table["形"] != table["形"][0]].head(1)
    assert odd_cells(model, other, place, 200)[0].expected != expected[0], "別的格子才影響"


def test_ordinary_numbers_are_inside_their_interval(model, table) -> None:
    place = np.full(60, model.cell_names.index("屋齡"))
    cells = odd_cells(model, table.head(60), place, 200)
    inside = np.mean([cell.is_expected for cell in cells])
    assert 0.75 < inside <= 1
    assert all(" 到 " in cell.expected for cell in cells)


def test_the_writer_of_numbers_can_be_replaced(model, table) -> None:
    place = np.array([model.cell_names.index("坪數")])
    cell = odd_cells(model, table.head(1), place, 50, write=lambda name, value: f"{name}{value:.0f}坪")[0]
    assert cell.level.startswith("坪數") and cell.expected.count("坪數") == 2


def test_rows_without_a_cell_are_none(model, table) -> None:
    assert odd_cells(model, table.head(2), np.array([-1, -1]), 10) == [None, None]
