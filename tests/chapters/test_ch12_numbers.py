"""第 12 章正文、圖說與替代文字裡直接寫出來的數字。"""

import itertools

import numpy as np
import pytest

from vae_from_scratch.housing import study
from vae_from_scratch.tables import generation


def test_three_coins_are_one_house_with_probability_0_514():
    """0.6、0.3、0.1 三枚獨立的硬幣，列舉八種結果：恰好一個 1 的機率是 0.378 + 0.108 + 0.028 = 0.514。"""
    shares, found = np.array([0.6, 0.3, 0.1]), np.zeros(3)
    for coins in itertools.product((0, 1), repeat=3):
        if sum(coins) == 1:
            found[coins.index(1)] = np.prod(np.where(coins, shares, 1 - shares))
    assert found == pytest.approx([0.378, 0.108, 0.028])
    assert found.sum() == pytest.approx(0.514)


def test_two_coins_waste_log_2_when_unsure():
    """p = 0.5 浪費 log 2 = 0.69 nats；p → 1 不浪費。"""
    waste = [-np.log(p**2 + (1 - p) ** 2) for p in (0.5, 0.9, 0.999999)]
    assert waste[0] == pytest.approx(0.69, abs=0.005)
    assert waste[0] > waste[1] > waste[2] == pytest.approx(0, abs=1e-5)


def test_confidence_is_worth_0_87_nats():
    """猜對時給 0.95 與給 0.4，對數損失差 0.87。"""
    assert np.log(0.95 / 0.4) == pytest.approx(0.87, abs=0.006)


def of(results, likelihood, latent_dim, name="log_likelihood"):
    return np.array([
        r.metrics[name]
        for r in results
        if r.run.model["likelihood"] == likelihood and r.run.model["latent_dim"] == latent_dim
    ])  # fmt: skip


def test_alt_text_of_the_nats(experiment):
    """二維伯努利約 −39、八維 −37；不看編碼的 softmax −32；讀成 softmax −27；二維 softmax −24、八維 −23。"""
    results = experiment("likelihoods")
    found = [
        of(results, "bernoulli", 2).mean(),
        of(results, "bernoulli", 8).mean(),
        -of(results, "categorical", 2, "marginal_nats").mean(),
        of(results, "bernoulli", 2, "log_likelihood_as_softmax").mean(),
        of(results, "categorical", 2).mean(),
        of(results, "categorical", 8).mean(),
    ]
    assert np.round(found).tolist() == [-39, -37, -32, -27, -24, -23]


def test_the_waste_is_the_share_of_valid_houses(experiment):
    """二維伯努利浪費約 8.7 nats（種子 0）：真的抽三十萬棟，數合法的占多少，核對對先驗的積分。"""
    result = next(
        r
        for r in experiment("likelihoods")
        if (r.run.model["likelihood"], r.run.model["latent_dim"], r.run.seed) == ("bernoulli", 2, 0)
    )
    model, rng = study.trained(result), np.random.default_rng(0)
    valid = [
        generation.valid_groups(model.vae.sample(30_000, rng), model.groups).all(axis=1).sum()
        for _ in range(10)
    ]
    share = np.sum(valid) / 300_000
    assert -np.log(share) == pytest.approx(8.7, abs=5 / np.sqrt(np.sum(valid)))
    gain = result.metrics["log_likelihood_as_softmax"] - result.metrics["log_likelihood"]
    assert gain > 8.7 + 2, "讀成 softmax 多的不全是浪費：模型也換了"


def test_the_wrong_likelihood_costs_more_than_the_code_gains_for_every_seed(experiment):
    results = experiment("likelihoods")
    for size in (2, 8):
        assert (of(results, "bernoulli", size) < -of(results, "categorical", size, "marginal_nats")).all()
        assert (of(results, "categorical", size) > -of(results, "categorical", size, "marginal_nats")).all()


def test_imputation_stands_between_the_mode_and_the_regression(experiment):
    """每個種子都是：最常見的水準 < VAE < 邏輯斯迴歸；兩種外牆，邏輯斯迴歸約 90%，VAE 不到 75%。"""
    results, baselines = experiment("likelihoods"), experiment("imputation")
    vae = of(results, "categorical", 8, "imputation_accuracy")
    mode, logistic = (
        np.array([r.metrics["imputation_accuracy"] for r in baselines if r.run.kind == kind])
        for kind in ("mode", "logistic")
    )
    assert (mode.mean(axis=1) < vae.mean(axis=1)).all() and (vae.mean(axis=1) < logistic.mean(axis=1)).all()
    walls = [15, 16]  # Exterior1st、Exterior2nd 在 43 欄裡的位置
    assert logistic[:, walls].mean() == pytest.approx(0.9, abs=0.02) and vae[:, walls].mean() < 0.75
