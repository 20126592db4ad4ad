"""實驗室的資料：代碼、切分與價格和套件的相同；訓練以前算得出來的數字就是書裡的；整頁不超過 1.3 MB。"""

import json
from pathlib import Path

import numpy as np
import pytest

from tests.built_book import require_book
from tests.chapters.conftest import experiment
from tests.lab.finished import POINTS, finished
from vae_from_scratch.housing import lab, own_table
from vae_from_scratch.housing.absence import categories
from vae_from_scratch.housing.chinese import LEVELS
from vae_from_scratch.housing.explorer import UNKNOWN, unpacked
from vae_from_scratch.tables.measures import marginal_nats
from vae_from_scratch.tables.reading import read_table
from vae_from_scratch.tables.samples import resolve
from vae_from_scratch.tables.seeds import split

__all__ = ["experiment"]
ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = ROOT / "book" / "_static" / "interactive" / "lab"
LARGEST = 1_300_000  # 位元組：這一頁與它自己的程式、引擎


@pytest.fixture(scope="module")
def data(ames):
    return lab.lab_data(ames)


@pytest.fixture(scope="module")
def cut(ames):
    return split(categories(ames, "zeros"), ames.priced, lab.SPLIT_SEED)


def test_codes_come_back_as_the_package_has_them(data, cut):
    """2930 × 43，缺失是 255；與研究用的代碼逐格相同。"""
    codes = unpacked(data["codes"]).astype(int)
    assert codes.shape == (2930, 43)
    assert np.array_equal(np.where(codes == UNKNOWN, -1, codes), cut.coded.codes)
    assert (codes == UNKNOWN).any()
    assert [variable["levels"] for variable in data["variables"]] == list(cut.schema.groups)


def test_houses_prices_and_the_split_are_the_same(data, ames):
    assert unpacked(data["price"]).tolist() == np.rint(ames.price).tolist()
    assert unpacked(data["year"]).tolist() == ames.details["YearBuilt"].tolist()
    assert unpacked(data["id"]).tolist() == ames.categories.index.tolist()
    assert unpacked(data["held_out"]).tolist() == ames.held_out(seed=0).tolist()
    assert sorted(unpacked(data["shuffled"]).tolist()) == list(range(2930))


def test_spoken_levels_are_named_in_the_order_of_their_codes(data, cut):
    named = {variable["code"]: variable["labels"] for variable in data["variables"] if "labels" in variable}
    assert list(data["spoken"]) == list(lab.SPOKEN) and set(named) == set(lab.SPOKEN)
    levels = dict(zip(cut.schema.variables_, cut.schema.levels_, strict=True))
    for name, labels in named.items():
        assert labels == [LEVELS[name][level] for level in levels[name]]


def test_the_numbers_known_before_training_are_the_books(data, cut):
    """不看編碼的兩個基準由套件再算一次；門檻就是第 7 章印出來的 12.90 與 7.20。"""
    train, held_out = cut.x[cut.seen], cut.x[~cut.seen]
    assert data["no_code"]["bernoulli"] == pytest.approx(marginal_nats(train, held_out))
    assert data["no_code"]["categorical"] == pytest.approx(marginal_nats(train, held_out, cut.schema.groups))
    assert data["no_code"]["bernoulli"] > 1.5 * data["no_code"]["categorical"]
    assert np.round(data["thresholds"], 2).tolist() == [12.9, 7.2]


def test_the_experiments_quote_the_same_threshold(data):
    """引導實驗的字裡寫了 λ₁，以及 β＝10 與 2 時來回一次放大幾倍。"""
    text = (ROOT / "book" / "_static" / "interactive" / "lab" / "experiments.js").read_text(encoding="utf-8")
    first = data["thresholds"][0]
    for words in (f"λ₁＝{first:.2f}", f"λ₁/β＝{first / 10:.2f} 倍", f"來回一次是 {first / 2:.2f} 倍"):
        assert words in text


def test_houses_without_a_price_are_refused(ames):
    unknown = type(ames)(
        ames.categories,
        ames.details,
        np.where(ames.details["YearBuilt"] > 2008, np.nan, ames.log_price),
        "ames",
    )
    with pytest.raises(ValueError, match=r"棟不知道房價.*load_ames"):
        lab.lab_data(unknown)


def test_the_finished_runs_have_the_same_houses_held_out(ames):
    """留下別的房子的那幾次，重建量的是別的房子，不放上去；共同的設定就是網頁的預設。"""
    held_out = ames.held_out(seed=0)
    results = finished(held_out) + finished(ames.held_out(seed=1), [(9.0, (1.0, 1.0), 30.0)])
    found = lab.finished_runs(results, held_out)
    assert [one["beta"] for one in found["points"]] == [beta for beta, *_ in POINTS]
    assert found["points"][1] == {"beta": 1.0, "rate": pytest.approx(3.56), "distortion": 34.8}
    assert found["held"] == held_out.sum()
    text = (PROGRAMS / "choices.js").read_text(encoding="utf-8")
    for words in (
        'likelihood: "bernoulli", kl: "closed_form"', "warmup: 20", "freeBits: 0", "latent: 2",
        "hidden: [200, 100, 50, 20]", "learningRate: 1e-3", "batch: 32", "epochs: 60",
    ):  # fmt: skip
        assert words in text
        name, value = words.split(", kl")[0].split(": ", 1)
        assert found["settings"][name] == json.loads(value)


def test_runs_of_different_networks_do_not_share_a_line(ames):
    held_out = ames.held_out(seed=0)
    with pytest.raises(ValueError, match=r"results.*beta_sweep"):
        lab.finished_runs(finished(held_out) + finished(held_out, hidden=[50]), held_out)
    assert lab.lab_data(ames)["finished"]["points"] == []


def test_the_line_is_the_sweep_of_the_book(ames, experiment):
    """頁面上的點就是第 7 章的掃描裡種子 0 的：KL 合計與重建；率隨 β 下降，失真上升到不看編碼。"""
    sweep = experiment("beta_sweep")
    data = lab.lab_data(ames, sweep)
    points = sorted(data["finished"]["points"], key=lambda one: one["beta"])
    kept = sorted((run for run in sweep if run.run.seed == 0), key=lambda run: run.run.model["beta"])
    assert [one["beta"] for one in points] == [run.run.model["beta"] for run in kept]
    assert [one["rate"] for one in points] == pytest.approx(
        [np.sum(run.metrics["kl_per_unit"]) for run in kept], abs=1e-3
    )
    assert [one["distortion"] for one in points] == pytest.approx(
        [run.metrics["reconstruction"] for run in kept], abs=1e-3
    )
    assert (np.diff([one["rate"] for one in points]) < 0).all()
    assert points[-1]["distortion"] == pytest.approx(data["no_code"]["bernoulli"], abs=0.5)


def test_the_ellipses_grow_with_beta(experiment):
    """頁面說 β 加大，橢圓變大：掃描的每一次，標準差的平均隨 β 由小到大。"""
    kept = [run for run in experiment("beta_sweep") if run.run.seed == 0]
    runs = sorted(kept, key=lambda run: run.run.model["beta"])
    widths = [float(np.exp(0.5 * run.arrays["log_var"]).mean()) for run in runs]
    assert min(np.diff(widths)) > -1e-3 and widths[-1] > 2 * widths[0]  # 崩塌以後都是 1，差在捨入


def test_the_page_of_the_book_stays_small():
    """頁面、它自己的程式、樣式與編譯好的引擎合計。"""
    book = require_book()
    programs = book / "_static" / "interactive"
    files = [book / "lab.html", book / "lab" / "engine.wasm.js", programs / "engine.js", programs / "lab.js"]
    files += [programs / "lab.css", *(programs / "lab").rglob("*.js")]
    files += [*programs.glob("own-table.*"), *(programs / "own-table").glob("*.js")]
    files += [*(programs / "reader").glob("*.js"), *(book / "lab").glob("papaparse.min.js")]
    assert sum(file.stat().st_size for file in files) < LARGEST


def test_the_sample_is_the_start_of_the_made_up_table_and_says_so():
    data = own_table.own_table_data()
    table = read_table(resolve(own_table.SAMPLE)).table
    lines = data["sample"]["text"].splitlines()
    assert len(lines) == own_table.SAMPLE_LINES and lines[0].split(",") == list(table.columns)
    assert "虛構" in data["sample"]["name"] and "虛構" in data["sample"]["note"]
    assert "fit" in repr(own_table.own_table_figure())


def test_the_fallback_says_the_conclusion(ames):
    figure = lab.lab_figure(ames)
    assert "全部縮成一點" in repr(figure) and "SIMD" in repr(figure)
    assert len(json.loads(figure.data)["variables"]) == 43
