"""條件機率與每格的意外程度：和對 z 積分的精確值相同；伯努利的模型讀成 softmax；由參數建立模型。"""

import tracemalloc

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from vae_from_scratch import VAE
from vae_from_scratch.autoencoder import Autoencoder
from vae_from_scratch.bounds import Bounds
from vae_from_scratch.groups import Groups
from vae_from_scratch.likelihood import Bernoulli, Categorical
from vae_from_scratch.rows import CategoryCodes

GROUPS = Groups((3, 2, 2))
EVERY = GROUPS.one_hot(np.array([[a, b, c] for a in range(3) for b in range(2) for c in range(2)]))
INCOMPLETE = GROUPS.one_hot(np.array([[2, -1, -1], [-1, 0, 1], [-1, -1, -1], [0, -1, 1]]))


def data() -> np.ndarray:
    """第二個變數多半由第一個決定，第三個多半由第二個決定。"""
    rng = np.random.default_rng(0)
    first = rng.integers(3, size=600)
    second = np.where(rng.random(600) < 0.8, first == 2, rng.integers(2, size=600)).astype(int)
    third = np.where(rng.random(600) < 0.8, second, rng.integers(2, size=600))
    return GROUPS.one_hot(np.stack([first, second, third], axis=1))


def trained(likelihood, model=VAE) -> VAE:
    settings = {"latent_dim": 1, "hidden": (8,), "epochs": 15, "warmup_epochs": 5, "learning_rate": 1e-2}
    return model(**settings, likelihood=likelihood).fit(data())


@pytest.fixture(scope="module")
def vae() -> VAE:
    return trained(Categorical(GROUPS.sizes))


@pytest.fixture(scope="module")
def bernoulli() -> VAE:
    return trained("bernoulli")


@pytest.fixture(params=["vae", "bernoulli"])
def reading(request) -> VAE:
    return request.getfixturevalue(request.param).as_categorical(GROUPS.sizes)


def exact_joint(vae: VAE) -> np.ndarray:
    """12 種可能的列的 p(x) = ∫ p(z) p(x|z) dz：在 z 的格點上積分，不經過概似與重要性權重的程式。"""
    z = np.linspace(-9, 9, 3001)
    prior = np.exp(-0.5 * z**2)
    output = vae.network_.decode(vae.network_.views(vae.parameters_), z[:, None])
    softmax = [
        np.exp(a) / np.exp(a).sum(axis=1, keepdims=True)
        for a in (output[:, :3], output[:, 3:5], output[:, 5:])
    ]
    rows = [softmax[0][:, a] * softmax[1][:, b] * softmax[2][:, c] for a, b, c in GROUPS.codes(EVERY)]
    return np.stack(rows) @ (prior / prior.sum())


def exact_conditional(vae: VAE, x: np.ndarray) -> np.ndarray:
    """列舉：和 x 已知的格子相符的列，照 p(x) 加權平均它們的獨熱編碼。"""
    joint = exact_joint(vae)
    agrees = np.stack([((EVERY @ row) == GROUPS.known(row).sum()) for row in x])
    weights = agrees * joint
    return weights @ EVERY / weights.sum(axis=1, keepdims=True)


def test_the_missing_cells_agree_with_enumeration(reading):
    exact = exact_conditional(reading, INCOMPLETE)
    found = reading.conditional(INCOMPLETE, 20_000, np.random.default_rng(0))
    unknown = GROUPS.spread(~GROUPS.known(INCOMPLETE))
    np.testing.assert_allclose(found[unknown], exact[unknown], atol=0.012)
    np.testing.assert_allclose(GROUPS.sum(found), 1, rtol=1e-12)
    assert np.ptp(exact[:, 3]) > 0.2, "已知的格子真的改變答案，這個檢查才有意義"


def test_without_the_weights_it_would_be_caught(reading):
    """反例：直接平均解碼的機率、不加權，離列舉的答案就遠了。"""
    exact = exact_conditional(reading, INCOMPLETE)
    mean, log_var = reading.encode(INCOMPLETE)
    z = mean + np.exp(log_var / 2) * np.random.default_rng(0).standard_normal((20_000, *mean.shape))
    plain = np.mean([reading.decode(one) for one in z[:2000]], axis=0)
    unknown = GROUPS.spread(~GROUPS.known(INCOMPLETE))
    assert np.abs(plain - exact)[unknown].max() > 0.03


def test_the_known_cells_are_averaged_the_same_way(vae):
    """對照：先記住每個樣本的權重與機率，最後才一起加權（第 12 章原來的算法）。"""
    rng = np.random.default_rng(3)
    bounds = Bounds(vae.network_, vae.likelihood_, vae.network_.views(vae.parameters_))
    drawn = list(bounds.samples(data()[:50], 40, rng))
    weights = np.exp([s.log_weight - np.max([t.log_weight for t in drawn], axis=0) for s in drawn])
    stacked = np.einsum("kn,knl->nl", weights / weights.sum(axis=0), [vae.decode(s.z) for s in drawn])
    found = vae.conditional(data()[:50], 40, np.random.default_rng(3))
    np.testing.assert_allclose(found, stacked, rtol=1e-12)


def test_the_surprise_agrees_with_enumeration(reading):
    joint = exact_joint(reading)
    codes = GROUPS.codes(EVERY)
    log_p, cells = reading.surprise(EVERY, 20_000, np.random.default_rng(0))
    np.testing.assert_allclose(log_p, np.log(joint), atol=0.04)
    assert np.logaddexp.reduce(log_p) == pytest.approx(0, abs=0.01), "全部可能的列，機率加成 1"
    for variable in range(3):
        rest = np.delete(codes, variable, axis=1)
        same_rest = (rest[:, None] == rest[None]).all(axis=2)
        error = np.abs(cells[:, variable] - np.log(joint / (same_rest @ joint)))
        assert error.max() < 0.25 and error.mean() < 0.03, "拿掉一格的權重，尾巴比較長"


def test_missing_cells_are_not_surprising_and_an_empty_row_costs_nothing(vae):
    log_p, cells = vae.surprise(INCOMPLETE, 500, np.random.default_rng(0))
    assert np.array_equal(np.isnan(cells), ~GROUPS.known(INCOMPLETE))
    assert log_p[2] == pytest.approx(0, abs=0.1)


def test_cells_add_up_to_the_likelihood():
    output, likelihood = np.random.default_rng(0).normal(size=(600, 7)), Categorical(GROUPS.sizes)
    cells = likelihood.cell_log_prob(data(), output)
    np.testing.assert_allclose(cells.sum(axis=1), likelihood.log_prob(data(), output), rtol=1e-13)
    assert not np.allclose(cells[:, :2].sum(axis=1), likelihood.log_prob(data(), output)), (
        "反例：少一格就不等"
    )


def test_codes_and_dense_rows_give_the_same(vae):
    rows = CategoryCodes(GROUPS.codes(INCOMPLETE), GROUPS.sizes)
    assert np.array_equal(vae.conditional(rows), vae.conditional(INCOMPLETE))
    assert vae.score(rows) == vae.score(INCOMPLETE)


def test_memory_does_not_grow_with_n_samples(vae):
    def peak(n_samples: int) -> int:
        tracemalloc.start()
        vae.conditional(data(), n_samples, np.random.default_rng(0))
        used = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return used

    assert peak(300) < 1.1 * peak(3) < 300 * 600 * 7 * 8 / 4, "反例：全部記住要的記憶體，檢查看得出來"


def test_many_columns_are_taken_in_smaller_blocks():
    from vae_from_scratch.model import CELLS_AT_ONCE, blocks

    rows = CategoryCodes(np.zeros((9, 1), np.int8), (CELLS_AT_ONCE // 4,), "bool")
    assert [len(x) for x in blocks(rows)] == [4, 4, 1]


# ---- 讀成 softmax、由參數建立 ----------------------------------------


def test_reading_as_softmax_leaves_the_model_alone(bernoulli):
    before = bernoulli.parameters_.tobytes()
    reading = bernoulli.as_categorical(GROUPS.sizes)
    reading.parameters_[:] = 0
    assert isinstance(reading.likelihood_, Categorical) and isinstance(bernoulli.likelihood_, Bernoulli)
    assert bernoulli.likelihood == "bernoulli" and bernoulli.parameters_.tobytes() == before
    assert clone(reading).likelihood == Categorical(GROUPS.sizes), "複本自己前後一致，可以再訓練、存檔"


@pytest.mark.parametrize("method", ["conditional", "surprise"])
def test_other_likelihoods_are_told_the_cure(bernoulli, method):
    with pytest.raises(ValueError, match=rf"方法 {method} .*Bernoulli.*as_categorical\(groups\)"):
        getattr(bernoulli, method)(data())
    gaussian = VAE(likelihood="gaussian", hidden=(3,), epochs=1).fit(data())
    with pytest.raises(ValueError, match=r"Gaussian.*likelihood=.categorical"):
        gaussian.as_categorical(GROUPS.sizes)
    with pytest.raises(ValueError, match="資料 X 有 7 欄，引數 groups 的總和卻是 5"):
        bernoulli.as_categorical((3, 2))
    with pytest.raises(NotFittedError):
        getattr(VAE(), method)(data())
    with pytest.raises(NotFittedError):
        VAE().as_categorical((3, 2))


@pytest.mark.parametrize("model", [VAE, Autoencoder])
def test_a_model_is_built_from_its_parameters(model):
    fitted = trained("bernoulli", model)
    same = model.from_parameters(fitted.parameters_, 7, fitted.history_, **fitted.get_params())
    assert type(same) is model and same.history_ == fitted.history_
    assert same.transform(data()).tobytes() == fitted.transform(data()).tobytes()
    same.parameters_[:] = 0
    assert fitted.parameters_.any(), "參數是複本"


def test_the_groups_come_with_the_columns():
    rows = CategoryCodes(GROUPS.codes(data()), GROUPS.sizes)
    fitted = VAE(likelihood="categorical", hidden=(4,), epochs=1).fit(rows)
    same = VAE.from_parameters(fitted.parameters_, GROUPS.sizes, likelihood="categorical", hidden=(4,))
    assert same.likelihood_ == Categorical(GROUPS.sizes)
    assert np.array_equal(same.conditional(rows), fitted.conditional(rows))


@pytest.mark.parametrize(
    ("columns", "arguments", "message"),
    [
        (6, {}, r"引數 parameters 的形狀是 \(\d+,\).*要 \(\d+,\)。請用訓練時的設定"),
        (7, {"hidden": (9,)}, "引數 parameters"),
        (0, {}, "引數 columns 是 0；請給 1 以上的整數"),
        ((3, 0), {}, "引數 groups"),
        (7, {"latent_dim": 0}, "引數 latent_dim 是 0"),
    ],
)
def test_parameters_that_do_not_fit_are_refused(bernoulli, columns, arguments, message):
    settings = {"latent_dim": 1, "hidden": (8,), **arguments}
    with pytest.raises(ValueError, match=message):
        VAE.from_parameters(bernoulli.parameters_, columns, **settings)


# ---- 分數與隨機數 ----------------------------------------


def test_the_score_is_the_mean_elbo_and_always_the_same():
    model = trained("bernoulli").set_params(random_state=np.random.default_rng(3))
    x, state = data(), model.random_state.bit_generator.state
    assert model.score(x) == model.score(x, y=None) == model.elbo(x, 10, np.random.default_rng(0)).mean()
    assert isinstance(model.score(x), float)
    assert model.score(x) > model.score(x[np.random.default_rng(0).permutation(600)][:, ::-1]), "越大越好"
    assert np.array_equal(model.elbo(x), model.elbo(x)) and np.array_equal(model.sample(5), model.sample(5))
    assert model.random_state.bit_generator.state == state, "外來的產生器沒有被用掉"


def test_the_score_of_an_autoencoder_is_its_reconstruction():
    model = trained("bernoulli", Autoencoder)
    p = model.decode(model.transform(data()))
    by_hand = np.where(data() == 1, np.log(p), np.log1p(-p)).sum(axis=1).mean()
    assert model.score(data()) == pytest.approx(by_hand, rel=1e-10)
    assert model.score(data()) != pytest.approx(VAE.score(model, data()), abs=0.01), "反例：不是 ELBO"


def test_samples_without_a_generator_follow_random_state(bernoulli):
    other = bernoulli.as_categorical(GROUPS.sizes).set_params(random_state=1)
    assert other.sample(20).tobytes() == other.sample(20, np.random.default_rng(1)).tobytes()
    assert other.sample(20).tobytes() != other.set_params(random_state=2).sample(20).tobytes()
    assert other.sample_given([[0.0]]).shape == (1, 7)
