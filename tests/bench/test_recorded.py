"""隨書附上的量測（``bench/recorded``）：人到齊、走得夠久，而且達到課程宣稱的效能。

這些數字由 ``python -m vae_from_scratch bench`` 寫出；重新量測、換掉檔案之後，這裡再檢查一次。
"""

import csv
from statistics import median

import pytest

from vae_from_scratch.bench import measure, report
from vae_from_scratch.bench.contestants import ENTRIES
from vae_from_scratch.bench.scale import BATCH_SIZES, MANY, WIDTHS


@pytest.fixture(scope="module")
def lines():
    return {line.key: line for line in report.read_lines()}


def records(name):
    with open(report.RECORDED / name, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_everyone_took_part(lines):
    """名單上的每一位都在，都走了至少 12 個訓練週期；機器與版本有記下。"""
    assert set(lines) == {entry.key for entry in ENTRIES}
    assert min(line.epochs for line in lines.values()) >= measure.LEAST_EPOCHS
    assert "OpenBLAS 的核心" in (report.RECORDED / report.MACHINE).read_text(encoding="utf-8")


def test_numpy_engine(lines):
    """引擎 numpy：不超過下限的 1.75 倍、JAX 的 1.25 倍，只輸給整個週期編譯成一個程式的。"""
    assert lines["numpy"].to_bound <= 1.75
    assert lines["numpy"].to_jax <= 1.25
    slower = ("tf_step", "torch_eager", "keras_fit", "tensorflow", "autograd_natural")
    assert all(lines["numpy"].median < lines[key].median for key in slower)


def test_fused_adam_is_ahead_of_jax(lines):
    """加上 numba 的 Adam：比 JAX 的 scan 快。"""
    assert lines["numpy_fused"].to_jax < 1


def test_autograd_engine(lines):
    """引擎 autograd：不超過下限的 2.5 倍，比逐步執行的 PyTorch 與 TensorFlow 快。"""
    assert lines["autograd"].to_bound <= 2.5
    assert lines["autograd"].median < min(lines["torch_eager"].median, lines["tf_step"].median)


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
