"""手寫數字那一頁的說法：跑一次頁上自己的程式格，每一句比較在三個種子上都成立。"""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.book.numbers import CELL, HEADER
from vae_from_scratch.likelihood import Bernoulli

PAGE = Path(__file__).resolve().parents[2] / "book" / "digits.md"
FENCE = re.compile(r"^(?:```.*|:tags:.*)$", re.MULTILINE)


@pytest.fixture(scope="module")
def page() -> dict[str, Any]:
    """頁上算數字的格子（畫圖的不跑）留下來的名字。"""
    names: dict[str, Any] = {}
    for cell in CELL.findall(PAGE.read_text(encoding="utf-8")):
        if not HEADER.search(cell):
            exec(FENCE.sub("", cell), names)
    return names


def test_sixteen_bernoullis_are_a_binomial(page: dict[str, Any]) -> None:
    """二項的對數概似減去 16 倍的伯努利，與機率 p 無關；少了 16 就不成立。"""
    counts, x = page["counts"][:20], page["x"][:20]
    rng = np.random.default_rng(0)
    logits = rng.standard_normal((2, *x.shape))
    binomial = [page["binomial_log_prob"](counts, Bernoulli().mean(a)) for a in logits]
    bernoulli = [Bernoulli().log_prob(x, a) for a in logits]
    assert np.allclose(binomial[0] - 16 * bernoulli[0], binomial[1] - 16 * bernoulli[1])
    assert not np.allclose(binomial[0] - bernoulli[0], binomial[1] - bernoulli[1])


def test_the_binomial_is_too_sure(page: dict[str, Any]) -> None:
    assert min(map(page["excess"], page["swept"][1])) > 2


def test_the_samples_of_the_vae_are_more_varied(page: dict[str, Any]) -> None:
    """最常見的數字所占的比例：三個種子裡，VAE 最大的也小於自編碼器最小的。"""
    assert max(page["top"]["二維 VAE"]) < min(page["top"]["自編碼器"])


def test_the_blur_grows_from_the_data_to_the_average_to_the_decoder(page: dict[str, Any]) -> None:
    """灰格：真影像 < 加權平均 < 二維的解碼器，八維的比二維少。"""
    two, eight = (list(map(page["grey"], page["samples"][name])) for name in ("二維 VAE", "八維 VAE"))
    average = [page["grey"](best) for best, _ in page["found"]]
    assert page["grey"](page["x"][page["held"]]) < min(average) < max(average) < min(two)
    assert max(eight) < min(two)


def test_codes_fitted_afterwards_make_the_autoencoder_as_varied(page: dict[str, Any]) -> None:
    fitted, vae = page["top"]["自編碼器，照它的編碼"], page["top"]["二維 VAE"]
    assert abs(np.mean(fitted) - np.mean(vae)) < 5


def test_the_decoder_is_nearer_to_the_weighted_average_than_to_the_mean_image(page: dict[str, Any]) -> None:
    """反例：配上別的 z 的加權平均，就比平均影像還遠。"""
    assert max(page["gap"]) < min(page["spread"])
    other = page["weighted"](page["plane"][0], page["z"][::-1])[0]
    assert page["root_mean_square"](page["plane"][0].decode(page["z"]) - other) > max(page["spread"])


def test_the_middle_of_the_codes_is_nearer_to_real_digits(page: dict[str, Any]) -> None:
    assert (page["between"][:, 1] < page["between"][:, 0]).all()


def test_the_elbo_is_best_at_beta_one_and_the_last_beta_collapses(page: dict[str, Any]) -> None:
    total, points = page["total"], page["points"]
    for seed in page["SEEDS"]:
        assert min(total, key=lambda beta: total[beta][seed]) == 1
    assert points[64][:, 0].max() < 0.01 < 1 < points[16][:, 0].min()


def test_the_exchange_rate_lies_between_the_betas(page: dict[str, Any]) -> None:
    assert all(low <= slope <= high for low, high, slope in page["slopes"])
