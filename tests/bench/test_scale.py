"""規模：整數代碼逐批展開，記憶體不隨密集矩陣長大。"""

import json

import pytest

from tests.bench.problems import small_problem
from vae_from_scratch.bench import scale
from vae_from_scratch.bench.processes import peak_megabytes, run_python

LINUX_DENSE_MB = 150_000 * 267 * 4 / 1e6


@pytest.mark.slow
def test_codes_never_become_a_dense_matrix():
    """15 萬列比 3 千列多用的記憶體，不到密集 float32 矩陣（160 MB）的三分之一。"""
    few, many = (
        scale.Rows(**json.loads(run_python("-m", "vae_from_scratch.bench.scale", str(n_rows), "1")))
        for n_rows in (3_000, 150_000)
    )
    if few.peak_megabytes != few.peak_megabytes:
        pytest.skip("這個系統量不到記憶體的高峰")
    assert many.peak_megabytes - few.peak_megabytes < LINUX_DENSE_MB / 3


def test_peak_memory_sees_a_large_array():
    """負對照：真的配置 200 MB，量得出來。"""
    before = json.loads(run_python("-c", PEAK.format(size=0)))
    after = json.loads(run_python("-c", PEAK.format(size=200_000_000)))
    if before != before:
        pytest.skip("這個系統量不到記憶體的高峰")
    assert after - before > 150


PEAK = """
from vae_from_scratch.bench.processes import peak_megabytes
block = bytearray(b"1") * {size}
print(peak_megabytes())
"""


def test_peak_is_a_plausible_number():
    peak = peak_megabytes()
    assert peak != peak or 10 < peak < 50_000


def test_mixed_steps_walk_both_tables():
    found = scale.mixed_steps(many=4_000, rounds=1, steps=2)
    assert list(found) == [scale.FEW, 4_000] and all(value > 0 for value in found.values())


def test_shape_table_covers_every_combination():
    """每一種寬度與批次大小各一格，都是正的時間。"""
    cells = scale.shape_table(small_problem(), widths=(0.05, 0.1), batch_sizes=(16, 64), repeats=1)
    assert [(cell.hidden, cell.batch_size) for cell in cells] == [
        ((10, 5, 2, 1), 16), ((10, 5, 2, 1), 64), ((20, 10, 5, 2), 16), ((20, 10, 5, 2), 64),
    ]  # fmt: skip
    assert all(cell.microseconds_per_row > 0 for cell in cells)
