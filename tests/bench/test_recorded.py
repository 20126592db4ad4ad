"""隨書附上的量測（``bench/recorded``）：人到齊、走得夠久，而且達到課程宣稱的效能。

這些數字由 ``python -m vae_from_scratch bench`` 寫出；重新量測、換掉檔案之後，這裡再檢查一次。
"""

import csv
from statistics import median

import pytest

from vae_from_scratch.bench import measure, report
from vae_from_scratch.bench.contestants import CATEGORICAL, ENTRIES, MIXED, NUMPY, PAGE
from vae_from_scratch.bench.scale import BATCH_SIZES, MANY, WIDTHS
from vae_from_scratch.bench.whole_study import EPOCHS


@pytest.fixture(scope="module")
def lines():
    return {line.key: line for line in report.read_lines()}


def records(name):
    with open(report.RECORDED / name, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_everyone_took_part(lines):
    """名單上的每一位都在，都走了 16 個訓練週期（第 9 章這樣寫）；機器與版本有記下。"""
    assert set(lines) == {entry.key for entry in ENTRIES}
    assert {line.epochs for line in lines.values()} == {measure.EPOCHS} == {16}
    assert "OpenBLAS 的核心" in (report.RECORDED / report.MACHINE).read_text(encoding="utf-8")


def test_numpy_engine(lines):
    """引擎 numpy：不超過下限的 1.65 倍，只輸給整個週期編譯成一個程式的；融合的 Adam 不超過 1.3 倍。

    兩者只差 Adam：NumPy 要掃過參數十趟（開根號那一趟由計算決定，分塊也快不了），下限只算七趟加法。
    """
    assert lines["numpy"].to_bound <= 1.65 and lines["numpy_fused"].to_bound <= 1.3
    slower = ("tf_step", "torch_eager", "keras_fit", "tensorflow", "autograd", "autograd_primitives")
    assert all(lines["numpy"].median < lines[key].median for key in slower)


def test_against_jax(lines):
    """有 AVX-512 時不超過 JAX 的 1.25 倍，加上融合的 Adam 就比它快。

    只有 AVX2 時，融合的 Adam 不超過 JAX 的 1.1 倍；沒有 numba 的不超過 1.3 倍：兩者只差 Adam，
    NumPy 要掃過參數十趟，JAX 與 numba 一趟。
    """
    if "SkylakeX" in (report.RECORDED / report.MACHINE).read_text(encoding="utf-8"):
        assert lines["numpy"].to_jax <= 1.25 and lines["numpy_fused"].to_jax < 1
    else:
        assert lines["numpy_fused"].to_jax <= 1.1 and lines["numpy"].to_jax <= 1.3


def test_what_an_honest_second_opinion_costs(lines):
    """引擎 autograd 不借用手推的導數，所以比手寫的基本運算慢；手寫的只比手推的 numpy 慢不到一倍。"""
    primitives = lines["autograd_primitives"].median / lines["numpy"].median
    honest = lines["autograd"].median / lines["numpy"].median
    assert 1 < primitives < 2 < honest < 10


def test_whole_study():
    """整個研究當成一個行程：比 Keras fit 快五倍以上，驗證的損失差不到一成。"""
    runs = records(report.STUDY_CSV)
    seconds = {key: [float(r["seconds"]) for r in runs if r["key"] == key] for key in ("ours", "keras")}
    losses = {r["key"]: float(r["loss"]) for r in runs}
    assert median(seconds["keras"]) / median(seconds["ours"]) >= 5
    assert losses["ours"] == pytest.approx(losses["keras"], rel=0.1)


def test_a_million_rows():
    """一百萬列：每列的時間與三千列相差不到 15%，記憶體的高峰不到 600 MB。"""
    few, many = records(report.ROWS_CSV)
    assert int(many["n_rows"]) == MANY
    assert float(many["microseconds_per_row"]) / float(few["microseconds_per_row"]) == pytest.approx(
        1, abs=0.15
    )
    assert float(many["peak_megabytes"]) < 600


def test_shapes_are_complete():
    assert len(records(report.SHAPES_CSV)) == len(WIDTHS) * len(BATCH_SIZES)


def test_the_engine_of_the_page():
    """網頁的引擎走 60 個訓練週期，不超過 NumPy 引擎的 2.5 倍 CPU 時間，同一次量測；最後的損失相同。"""
    numpy, lab = records(report.PAGE_CSV)
    assert (numpy["key"], lab["key"]) == (NUMPY, PAGE)
    assert numpy["epochs"] == lab["epochs"] == str(EPOCHS)
    assert float(lab["to_numpy"]) <= 2.5
    assert float(lab["loss"]) == pytest.approx(float(numpy["loss"]), rel=0.01)
    assert "Node：" in (report.RECORDED / report.PAGE_MACHINE).read_text(encoding="utf-8")


def test_mixed_table():
    """類別與數字並存的 79 欄，走一列不超過只有 43 個類別欄的 1.3 倍，同一次量測。"""
    categorical, mixed = report.read_tables()
    assert (categorical.key, mixed.key) == (CATEGORICAL, MIXED)
    assert categorical.epochs == mixed.epochs == measure.EPOCHS
    assert categorical.to_categorical == 1 < mixed.to_categorical <= 1.3
