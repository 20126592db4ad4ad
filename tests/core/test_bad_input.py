"""壞的輸入在訓練開始以前就擋下：訊息說出引數、收到的值與補救，物件維持原樣。"""

import warnings

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from vae_from_scratch import VAE, gaussian, inputs
from vae_from_scratch.gradients import ENGINES, make_engine
from vae_from_scratch.likelihood import Bernoulli, Categorical, Gaussian, Mixed
from vae_from_scratch.network import Network
from vae_from_scratch.rows import CategoryCodes, MixedRows

X = np.random.default_rng(0).integers(0, 2, (20, 4)).astype(float)
FRAME = pd.DataFrame(X, columns=["甲", "乙", "丙", "丁"])
CODES = CategoryCodes(np.zeros((5, 2), int), (2, 2))


def changed(row: int, column: int, value: float) -> np.ndarray:
    x = X.copy()
    x[row, column] = value
    return x


def vae(**settings) -> VAE:
    return VAE(**{"hidden": (3,), "epochs": 1, **settings})


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("likelihood", ["bernoulli", "gaussian", Categorical((2, 2))])
def test_nan_and_infinity(value, likelihood) -> None:
    message = r"引數 X 的第 3 列第 1 欄是 (nan|inf|-inf)；不接受 NaN 或 inf。請先補上"
    with pytest.raises(ValueError, match=message):
        vae(likelihood=likelihood).fit(changed(3, 1, value))


def test_a_value_too_large_for_float32_is_explained() -> None:
    """1e100 換成 float32 就是 inf：只說 inf 會讓人找不到，要說出是型別裝不下；NumPy 的警告不出現。"""
    message = r"第 3 列第 1 欄是 inf；.*float32 裝不下，請改用 dtype=.float64"
    with warnings.catch_warnings(), pytest.raises(ValueError, match=message):
        warnings.simplefilter("error")
        vae(likelihood="gaussian", dtype="float32").fit(changed(3, 1, 1e100))
    assert inputs.finite(changed(3, 1, 1e100), "X")[3, 1] == 1e100  # 反例：float64 裝得下


@pytest.mark.parametrize("value", [-0.01, 1.5])
def test_outside_the_unit_interval_for_bernoulli(value) -> None:
    with pytest.raises(ValueError, match=rf"資料 X 的第 3 列第 1 欄是 {value}；.*likelihood=.gaussian"):
        vae().fit(changed(3, 1, value))
    vae(likelihood="gaussian").fit(changed(3, 1, value))


@pytest.mark.parametrize("value", [1.0000000000000002, 1 + 5e-7, -1e-12])
def test_the_rounding_of_a_scaler_is_a_zero_or_a_one(value) -> None:
    rounded = changed(3, 1, value)
    clean = vae().fit(changed(3, 1, round(value)))
    assert vae().fit(rounded).parameters_.tobytes() == clean.parameters_.tobytes()
    assert rounded[3, 1] == value, "使用者的資料不改"
    with pytest.raises(ValueError, match="第 3 列第 1 欄"):  # 反例：差得多就不是捨入
        vae().fit(changed(3, 1, value + np.sign(value - 0.5) * 1e-5))


def test_a_real_scaler_after_which_one_is_not_one() -> None:
    from sklearn.preprocessing import MinMaxScaler

    x = np.random.default_rng(0).normal(50, 20, (30, 100))
    for dtype, error in (("float64", 1e-15), ("float32", 1e-7)):
        scaled = MinMaxScaler().fit_transform(x.astype(dtype))
        assert scaled.max() > 1 + error / 10, "捨入真的超過了 1，這個檢查才有意義"
        vae().fit(scaled)


@pytest.mark.parametrize("peak", [255, 16])
def test_pixels_are_told_to_divide(peak) -> None:
    pixels = np.random.default_rng(0).integers(0, peak, (30, 16), endpoint=True).astype(np.uint8)
    assert pixels.max() == peak
    with pytest.raises(ValueError, match=r"若這是像素，請除以可能的最大值（.*X / 255）"):
        vae().fit(pixels)
    vae().fit(pixels / peak)
    for other in (pixels * 100.5, pixels - 20.0, pixels % 3):  # 反例：不像像素，不亂猜
        with pytest.raises(ValueError, match=r"只接受 0 到 1 的值。請先做獨熱編碼"):
            vae().fit(other)


@pytest.mark.parametrize("kind", [sparse.csr_matrix, sparse.csr_array, sparse.coo_array, sparse.csc_matrix])
def test_sparse_rows_are_the_dense_ones(kind) -> None:
    dense = vae().fit(X, validation=X[:5])
    model = vae().fit(kind(X), validation=kind(X[:5]))
    assert model.parameters_.tobytes() == dense.parameters_.tobytes()
    assert model.score(kind(X)) == dense.score(X) != dense.score(1 - X)
    with pytest.raises(ValueError, match="第 3 列第 1 欄是 5"):
        vae().fit(kind(changed(3, 1, 5)))


@pytest.mark.parametrize("row", [[1, 1, 0, 1], [0.5, 0.5, 0, 1], [2, 0, 0, 1], [-1, 1, 0, 1], [1, 0, 1, 1]])
def test_a_group_that_is_not_one_hot(row) -> None:
    x = np.vstack([[1.0, 0, 0, 1], row])
    message = r"資料 X 的第 1 列、第 [01] 個變數是 .*恰有一個 1，或全是 0.*請檢查獨熱編碼"
    with pytest.raises(ValueError, match=message):
        vae(likelihood=Categorical((2, 2))).fit(x)
    missing = vae(likelihood=Categorical((2, 2))).fit(np.array([[1.0, 0, 0, 1], [0, 0, 0, 1]]))
    assert missing.n_features_in_ == 4


@pytest.mark.parametrize(
    ("data", "validation", "message"),
    [
        (X, X[:, :3], "引數 validation 不能用：X has 3 features, but VAE is expecting 4"),
        (X, changed(0, 0, np.nan), "引數 validation 的第 0 列第 0 欄是 nan"),
        (X, changed(0, 0, 2), "資料 validation 的第 0 列第 0 欄是 2"),
        (FRAME, FRAME[["乙", "甲", "丙", "丁"]], r"引數 validation 不能用：(.|\n)*in the same order"),
        (FRAME, FRAME.rename(columns={"丁": "戊"}), r"引數 validation 不能用：(.|\n)*戊"),
        (X, CategoryCodes(np.zeros((5, 2), int), (2, 3)), "引數 validation 展開後有 5 欄.*是 4 欄"),
        (CODES, CategoryCodes(CODES.codes, (3, 1)), r"引數 validation 各變數的水準個數是 \(3, 1\)"),
    ],
)
def test_validation_with_other_columns_or_values(data, validation, message) -> None:
    with pytest.raises(ValueError, match=message):
        vae().fit(data, validation=validation)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"latent_dim": 0}, "引數 latent_dim 是 0；請給 1 以上的整數"),
        ({"latent_dim": True}, "引數 latent_dim 是 True"),
        ({"epochs": 2.5}, "引數 epochs 是 2.5"),
        ({"batch_size": -1}, "引數 batch_size 是 -1"),
        ({"warmup_epochs": -1}, "引數 warmup_epochs 是 -1；請給 0 以上的整數"),
        ({"hidden": 100}, r"引數 hidden.*是 100；請給一串正整數，例如 \(200, 50\)"),
        ({"hidden": (10, 0)}, "引數 hidden"),
        ({"hidden": (10, 2.5)}, "引數 hidden"),
        ({"beta": -1}, "引數 beta 是 -1；請給 0 以上的有限實數"),
        ({"beta": np.nan}, "引數 beta 是 nan"),
        ({"beta": "1"}, "引數 beta 是 '1'"),
        ({"free_bits": np.inf}, "引數 free_bits 是 inf"),
        ({"learning_rate": 0}, "引數 learning_rate 是 0；請給大於 0 的有限實數"),
        ({"kl": "exact"}, "引數 kl 是 'exact'；可用的是 closed_form、single_sample、path_derivative"),
        ({"engine": "jax"}, "引數 engine 是 'jax'；可用的是 numpy、autograd、tensorflow"),
        ({"dtype": "float16"}, "引數 dtype 是 'float16'；可用的是 float64、float32"),
        ({"random_state": -1}, "引數 random_state 是 -1；請給 0 以上的整數"),
        ({"random_state": "甲"}, "引數 random_state 是 '甲'"),
        ({"likelihood": "poisson"}, "引數 likelihood 是 'poisson'；可用的.*bernoulli、gaussian、categorical"),
        ({"likelihood": Gaussian}, "引數 likelihood 是 <class"),
        ({"likelihood": "categorical"}, r"引數 likelihood 是 .categorical.*Categorical\(groups\).*Codes"),
        ({"likelihood": Categorical((2, 3))}, "資料 X 有 4 欄，引數 groups 的總和卻是 5"),
    ],
)
def test_settings(settings, message) -> None:
    with pytest.raises(ValueError, match=message):
        vae(**settings).fit(X)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda v: v.transform(X[:, :2]), "引數 X 不能用：X has 2 features"),
        (lambda v: v.elbo(changed(0, 0, 9)), "資料 X 的第 0 列第 0 欄是 9"),
        (lambda v: v.log_likelihood(X, rng=0), "引數 rng 是 0；請給隨機數產生器"),
        (lambda v: v.decode([1.0, 2.0]), r"引數 z 的形狀是 \(2,\)；應是 \(N, 2\)"),
        (lambda v: v.decode([[np.nan, 0]]), "引數 z 的第 0 列第 0 欄是 nan"),
        (lambda v: v.sample(0, np.random.default_rng(0)), "引數 n 是 0；請給 1 以上的整數"),
        (lambda v: v.sample(3, 0), "引數 rng 是 0"),
        (lambda v: v.sample_given([[0.0]], np.random.default_rng(0)), "引數 z 的形狀"),
        (lambda v: CategoryCodes(np.zeros((2, 2)), (2, 2)), "引數 codes 是 float64 .*應是整數陣列"),
        (lambda v: CategoryCodes(np.array([[0, 5]]), (2, 2)), "引數 codes 的第 0 列第 1 欄是 5；.*到 1 之間"),
        (lambda v: CategoryCodes(np.array([[0, -2]]), (2, 2)), "引數 codes 的第 0 列第 1 欄是 -2"),
        (lambda v: CategoryCodes(np.zeros((0, 2), int), (2, 2)), "引數 codes 沒有任何一列"),
        (lambda v: Categorical((0,)), r"引數 groups.*請給正整數，例如 \(5, 2, 7\)"),
        (lambda v: VAE(likelihood=Categorical(())).fit(X), "資料 X 有 4 欄，引數 groups 的總和卻是 0"),
        (lambda v: Mixed((), 0), "引數 groups 與 n_numbers 都是空的"),
        (lambda v: Mixed((3,), 2, spiked=(0,)), r"groups 的最後幾個卻是 \(3,\)；.*請補上 2"),
        (lambda v: Mixed((2,), 2, spiked=(5,)), r"引數 spiked 是 \(5,\)；請給 0 到 1 之間"),
        (lambda v: Mixed((), 2, floor=-1.0), "引數 floor（變異數的下限）是 -1.0"),
        (lambda v: VAE(likelihood="mixed").fit(X), "引數 likelihood 是 'mixed'.*把資料包成 MixedRows"),
        (lambda v: VAE(likelihood=Mixed((), 3)).fit(X), "資料 X 有 4 欄；0 個水準與 3 個數字要 6 欄"),
        (lambda v: MixedRows(np.zeros((2, 0), int), (), np.full((2, 1), np.inf)), "第 0 列第 0 欄是 inf"),
        (lambda v: MixedRows(np.zeros((2, 0), int), (), np.zeros((3, 1))), r"是 \(3, 1\)，codes 有 2 列"),
        (lambda v: VAE().fit(MixedRows(np.zeros((2, 0), int), (), np.ones((2, 1)))), "Mixed.*卻是 Bernou"),
        (lambda v: Categorical((2, 2.5)), "引數 groups"),  # type: ignore[arg-type]
        (lambda v: Gaussian(0.0), '引數 variance.*是 0.0；請給正數，或 "learned"'),
        (lambda v: Gaussian("fixed"), "引數 variance.*'fixed'"),
        (lambda v: make_engine("x", Network(1, 1, (), 1), Bernoulli()), "引數 engine 是 'x'"),
        (lambda v: make_engine("numpy", Network(1, 1, (), 1), Bernoulli(), kl="x"), "引數 kl 是 'x'"),
        (lambda v: gaussian.kl_full_covariance([0, 0], np.eye(3)), r"引數 cov.*\(3, 3\).*應是 \(2, 2\)"),
        (lambda v: gaussian.kl_full_covariance([0, 0], [[1, 2], [2, 1]]), "引數 cov.*不是正定的"),
        (lambda v: gaussian.kl_full_covariance([0, 0], [[1.0, 0.5], [0.0, 1.0]]), "引數 cov.*對稱"),
        (lambda v: gaussian.kl_full_covariance([0, 0], np.full((2, 2), np.nan)), "引數 cov.*有限"),
    ],
)
def test_every_public_function_names_the_argument_and_the_cure(call, message) -> None:
    with pytest.raises(ValueError, match=message):
        call(vae().fit(X))


@pytest.mark.parametrize("bad", [changed(0, 0, np.nan), X[:, :3] * 5])
def test_a_refused_fit_leaves_the_estimator_as_it_was(bad) -> None:
    model = vae().fit(FRAME)
    before, names = model.transform(FRAME).tobytes(), list(model.feature_names_in_)
    with pytest.raises(ValueError):
        model.fit(bad)
    assert model.transform(FRAME).tobytes() == before and list(model.feature_names_in_) == names


@pytest.mark.parametrize("engine", ENGINES)
def test_nothing_is_trained_before_the_checks(engine, monkeypatch) -> None:
    """檢查都在第一步以前：訓練迴圈一被呼叫就失敗。"""
    monkeypatch.setattr("vae_from_scratch.training.fit", lambda *_, **__: pytest.fail("已經開始訓練"))
    with pytest.raises(ValueError, match="validation"):
        vae(engine=engine).fit(X, validation=X[:, :3])
