"""實驗室的資料：代碼、切分與價格和套件的相同；訓練以前算得出來的數字就是書裡的；整頁不超過 1.3 MB。"""

import json
from pathlib import Path

import numpy as np
import pytest

from tests.built_book import require_book
from vae_from_scratch.housing import lab
from vae_from_scratch.housing.absence import categories
from vae_from_scratch.housing.chinese import LEVELS
from vae_from_scratch.housing.explorer import UNKNOWN, unpacked
from vae_from_scratch.tables.measures import marginal_nats
from vae_from_scratch.tables.seeds import split

ROOT = Path(__file__).resolve().parents[2]
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
    """引導實驗的字裡寫了 λ₁，以及 β＝10 與 2 時一圈放大幾倍。"""
    text = (ROOT / "book" / "_static" / "interactive" / "lab" / "experiments.js").read_text(encoding="utf-8")
    first = data["thresholds"][0]
    for words in (f"λ₁＝{first:.2f}", f"λ₁/β＝{first / 10:.2f} 倍", f"一圈是 {first / 2:.2f} 倍"):
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


def test_the_page_of_the_book_stays_small():
    """頁面、它自己的程式、樣式與編譯好的引擎合計。"""
    book = require_book()
    programs = book / "_static" / "interactive"
    files = [book / "lab.html", book / "lab" / "engine.wasm.js", programs / "engine.js", programs / "lab.js"]
    files += [programs / "lab.css", *(programs / "lab").glob("*.js")]
    assert sum(file.stat().st_size for file in files) < LARGEST


def test_the_fallback_says_the_conclusion(ames):
    figure = lab.lab_figure(ames)
    assert "全部縮成一點" in repr(figure) and "SIMD" in repr(figure)
    assert len(json.loads(figure.data)["variables"]) == 43
