"""各章隨手算的小數字：每一個都由定義重算一次。"""

import csv
import math
from itertools import pairwise
from pathlib import Path

from scipy import stats

ROOT = Path(__file__).resolve().parents[2]


def test_chapter_1_log_variance_of_four_and_variance_of_a_hundredth():
    assert round(math.log(4), 4) == 1.3863
    assert math.isclose(0.01**2, 0.0001)


def test_chapter_2_one_reparameterized_point_and_one_loss():
    mean, std, noise = 1, 0.5, 0.7
    assert math.isclose(mean + std * noise, 1.35)
    assert math.isclose(1.7**2, 2.89)


def test_chapter_3_log_ratio_at_three_and_the_base_of_natural_logarithms():
    ratio = stats.norm(1, 2).logpdf(3) - stats.norm(0, 1).logpdf(3)
    assert round(ratio, 4) == 3.3069
    assert round(math.e, 3) == 2.718


def test_chapter_6_kl_to_three_decimals():
    z = stats.norm(1, 2)
    assert round(z.expect(lambda x: z.logpdf(x) - stats.norm.logpdf(x)), 3) == 1.307


def test_chapter_10_entropy_of_a_common_level_and_its_rest():
    assert math.isclose(1 - 0.933, 0.067)
    assert round(stats.entropy([0.933, 0.067]), 3) == 0.246


def test_chapter_11_shuffled_baseline_of_fifteen_neighbours():
    assert round(1 / 15, 3) == 0.067


def original_log(data, estimator):
    with (ROOT / "book" / "data" / "original-training-log.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(line for line in file if not line.startswith("#")))
    return [row for row in rows if (row["data"], row["kl_estimator"]) == (data, estimator)]


def test_chapter_7_second_plateau_of_the_original_log_slopes():
    reconstruction = [float(row["reconstruct"]) for row in original_log("merged", "closed_form")]
    assert 0.159 <= reconstruction[9 - 1] <= 0.160 and max(reconstruction[8:]) <= 0.160
    assert round(reconstruction[22 - 1], 3) == 0.155
    assert max(before - after for before, after in pairwise(reconstruction[8:22])) < 0.001


def test_chapter_13_second_epoch_of_the_original_log():
    second = original_log("split", "closed_form")[1]
    assert float(second["reconstruct"]) == 0.1972
    assert round(252 * float(second["reconstruct"]), 1) == 49.7  # 第 14 章：一棟的總和
    assert round(float(second["kl"]), 2) == 2.27
