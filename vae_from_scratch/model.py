"""變分自編碼器 ``VAE``：把前面各章的模組接起來，照 scikit-learn 的慣例使用（第 8 章）。"""

import hashlib
from collections.abc import Callable, Iterator
from numbers import Integral, Real
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from . import gaussian, objective, training
from .gradients import ENGINES, KL_FORMS, make_engine
from .likelihood import Bernoulli, Categorical, Gaussian, Likelihood
from .network import Network, Parameters
from .optimizer import Adam
from .rows import CategoryCodes, DenseRows, Rows
from .storage import load_arrays, save_arrays

MODEL = "VAE 模型"
DTYPES = ("float64", "float32")
LIKELIHOODS: dict[str, Callable[[], Likelihood]] = {"bernoulli": Bernoulli, "gaussian": Gaussian}
ROWS_AT_ONCE = 8192


class VAE(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):
    r"""變分自編碼器：最小化 :math:`-\mathbb E_q\log p(x|z) + \beta\,D_{\mathrm{KL}}(q(z|x)\,\|\,p(z))`。

    參數
        latent_dim：潛在空間的維度 d。
        hidden：編碼器隱藏層的寬度；解碼器反過來用。``()`` 是線性的 VAE。
        likelihood：``"bernoulli"``、``"gaussian"``、``"categorical"``（只在 X 是 ``CategoryCodes`` 時），
            或 ``likelihood`` 模組裡的物件，例如 ``Categorical((5, 2, 7))``、``Gaussian("learned")``。
        beta：KL 的權重；重建與 KL 都是每列對欄、對維度求和的 nats。1 就是 ELBO。
        kl：``"closed_form"``、``"single_sample"`` 或 ``"path_derivative"``。
        warmup_epochs：beta 由 0 線性升到定值的訓練週期數；0 表示不暖身。
        free_bits：每個維度不受罰的 nats；0 表示不用。
        engine：``"numpy"``、``"autograd"`` 或 ``"tensorflow"``，三者結果相同。
        random_state：整數、``None`` 或 ``numpy.random.Generator``；同一個整數給同樣的位元。

    訓練後的屬性
        history_：每個訓練週期一列的字典：epoch、beta、reconstruction、kl、kl_per_unit、loss，
            有驗證集時另有 val_ 開頭的四項。單位都是每列的 nats。
        network_、parameters_、likelihood_、n_features_in_。
    """

    def __init__(
        self,
        latent_dim: int = 2,
        hidden: tuple[int, ...] = (200, 100, 50, 20),
        likelihood: str | Likelihood = "bernoulli",
        beta: float = 1.0,
        kl: str = "closed_form",
        warmup_epochs: int = 20,
        free_bits: float = 0.0,
        epochs: int = 60,
        batch_size: int = 32,
        learning_rate: float = 1e-3,
        engine: str = "numpy",
        dtype: str = "float64",
        random_state: int | np.random.Generator | None = 0,
        verbose: bool = False,
    ) -> None:
        self.latent_dim = latent_dim
        self.hidden = hidden
        self.likelihood = likelihood
        self.beta = beta
        self.kl = kl
        self.warmup_epochs = warmup_epochs
        self.free_bits = free_bits
        self.epochs = epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.engine = engine
        self.dtype = dtype
        self.random_state = random_state
        self.verbose = verbose

    # ---- 訓練 -------------------------------------------------------------------------------------------

    def fit(
        self,
        X: ArrayLike | CategoryCodes,
        y: None = None,
        *,
        validation: ArrayLike | CategoryCodes | None = None,
        checkpoint: str | Path | None = None,
    ) -> Self:
        """訓練；X 是 (N, D) 的矩陣或 ``CategoryCodes``，y 不使用。

        ``validation``：驗證資料，每個訓練週期算一次損失（不影響訓練的隨機數）。
        ``checkpoint``：檢查點的路徑；檔案已在，就從那裡接著訓練，結果與不中斷的訓練逐位元相同。
        """
        self._check_parameters()
        rows = self._rows(X, reset=True)
        held_out = None if validation is None else self._rows(validation, reset=False)
        self.likelihood_ = self._make_likelihood(X)
        self.network_ = self._make_network(rows.n_columns)
        for source in (rows, held_out):
            if isinstance(source, DenseRows):
                self.likelihood_.check(source.values)
        state, validation_rng = self._initial_state()
        fingerprint = self._fingerprint(rows) if checkpoint else {}
        if checkpoint and Path(checkpoint).exists():
            state.restore(checkpoint, fingerprint)

        def after_epoch(state: training.State, row: dict[str, Any]) -> None:
            if held_out is not None:
                row.update(self._validation_row(held_out, state, row["beta"], validation_rng))
            if checkpoint:
                state.save(checkpoint, fingerprint)

        engine = make_engine(self.engine, self.network_, self.likelihood_, self.kl, self.free_bits)
        schedule = training.Schedule(self.epochs, self.batch_size, self.beta, self.warmup_epochs)
        training.fit(engine, state, rows, schedule, self.latent_dim, after_epoch, self.verbose)
        self.parameters_, self.history_ = state.parameters, state.history
        return self

    def _initial_state(self) -> tuple[training.State, int]:
        """訓練用一個隨機數產生器，驗證用另一個：加不加驗證集，訓練的位元都一樣。"""
        rng = np.random.default_rng(self.random_state)
        validation_seed = int(rng.integers(2**63))
        parameters = self.network_.initialize(rng, self.dtype)
        optimizer = Adam(len(parameters), self.learning_rate, dtype=self.dtype)
        return training.State(parameters, optimizer, rng), validation_seed

    def _validation_row(self, rows: Rows, state: training.State, beta: float, seed: int) -> dict[str, Any]:
        """驗證的損失；每個訓練週期用同一份雜訊，曲線的起伏才只來自參數。"""
        rng, losses, sizes = np.random.default_rng(seed), [], []
        theta = self.network_.views(state.parameters)
        for x in _blocks(rows):
            mean, log_var, z = self._sample_code(theta, x, rng)
            if self.kl == "closed_form":
                kl = gaussian.kl_per_unit(mean, log_var)
            else:
                columns = _columns(z, mean, log_var)
                kl = np.stack([gaussian.kl_single_sample(*column) for column in columns], axis=1)
            output = self.network_.decode(theta, z)
            log_likelihood = self.likelihood_.log_prob(x, output, theta.noise_log_var)
            losses.append(objective.loss(log_likelihood, kl, beta, self.free_bits))
            sizes.append(len(x))
        return training.history_row(losses, sizes, "val_")

    def _sample_code(
        self, theta: Parameters, x: NDArray, rng: np.random.Generator
    ) -> tuple[NDArray, NDArray, NDArray]:
        mean, log_var = self.network_.encode(theta, x)
        noise = rng.standard_normal(mean.shape).astype(self.dtype)
        return mean, log_var, gaussian.reparameterize(mean, log_var, noise)

    # ---- 使用 -------------------------------------------------------------------------------------------

    def encode(self, X: ArrayLike | CategoryCodes) -> tuple[NDArray, NDArray]:
        """每列的 q(z|x)：平均值與對數變異數，各 (N, d)。"""
        check_is_fitted(self)
        rows, theta = self._rows(X, reset=False), self.network_.views(self.parameters_)
        codes = [self.network_.encode(theta, x) for x in _blocks(rows)]
        return np.concatenate([mean for mean, _ in codes]), np.concatenate([log_var for _, log_var in codes])

    def transform(self, X: ArrayLike | CategoryCodes) -> NDArray:
        """每列編碼的平均值 (N, d)。"""
        return self.encode(X)[0]

    def decode(self, z: ArrayLike) -> NDArray:
        """E[x|z]：z (N, d) → (N, D)。伯努利與類別概似給的是機率。"""
        return self.likelihood_.mean(self._output(z))

    def sample(self, n: int, rng: np.random.Generator) -> NDArray:
        """從先驗抽 z，再從 p(x|z) 抽 x；傳回 (n, D)。"""
        check_is_fitted(self)
        return self.sample_given(rng.standard_normal((n, self.latent_dim)), rng)

    def sample_given(self, z: ArrayLike, rng: np.random.Generator) -> NDArray:
        """在指定的 z 抽 x：(N, d) → (N, D)。"""
        noise_log_var = self.network_.views(self.parameters_).noise_log_var
        return self.likelihood_.sample(self._output(z), rng, noise_log_var)

    def elbo(
        self, X: ArrayLike | CategoryCodes, n_samples: int = 1, rng: np.random.Generator | None = None
    ) -> NDArray:
        """每列的 ELBO（beta = 1）：(N,)，單位 nats；重建項用 ``n_samples`` 個樣本平均，KL 用封閉形式。"""
        check_is_fitted(self)
        rng = self._rng(rng)
        rows, theta = self._rows(X, reset=False), self.network_.views(self.parameters_)
        values = []
        for x in _blocks(rows):
            total = np.zeros(len(x))
            for _ in range(n_samples):
                mean, log_var, z = self._sample_code(theta, x, rng)
                total += self.likelihood_.log_prob(x, self.network_.decode(theta, z), theta.noise_log_var)
            values.append(total / n_samples - gaussian.kl_to_standard_normal(mean, log_var))
        return np.concatenate(values)

    def log_likelihood(
        self, X: ArrayLike | CategoryCodes, n_samples: int = 1000, rng: np.random.Generator | None = None
    ) -> NDArray:
        r"""重要性加權估計 :math:`\log\tfrac1K\sum_k p(x|z_k)p(z_k)/q(z_k|x)`，每列一個值 (N,)，單位 nats。

        全程在對數空間累加，一次只放一個樣本的批次，所以記憶體與 ``n_samples`` 無關。
        期望值隨 K 不減，趨近 log p(x)。出處：Burda et al. (2016)。
        """
        check_is_fitted(self)
        if not isinstance(n_samples, Integral) or n_samples < 1:
            raise ValueError(f"引數 n_samples 是 {n_samples!r}；請給正整數。")
        rng = self._rng(rng)
        rows, theta = self._rows(X, reset=False), self.network_.views(self.parameters_)
        return np.concatenate([self._importance_weighted(theta, x, n_samples, rng) for x in _blocks(rows)])

    def _importance_weighted(
        self, theta: Parameters, x: NDArray, n_samples: int, rng: np.random.Generator
    ) -> NDArray:
        mean, log_var = self.network_.encode(theta, x)
        total = np.full(len(x), -np.inf)
        for _ in range(n_samples):
            z = gaussian.reparameterize(mean, log_var, rng.standard_normal(mean.shape).astype(self.dtype))
            log_joint = self.likelihood_.log_prob(x, self.network_.decode(theta, z), theta.noise_log_var)
            log_weight = log_joint - gaussian.kl_single_sample(z, mean, log_var)
            total = np.logaddexp(total, log_weight)
        return total - np.log(n_samples)

    # ---- 存與讀 -----------------------------------------------------------------------------------------

    def save(self, path: str | Path) -> None:
        """把模型寫成一個 .npz（陣列加 JSON，沒有 pickle）；寫入是原子的，中斷不會弄壞舊檔。"""
        check_is_fitted(self)
        settings = {**self.get_params(deep=False), "likelihood": _describe(self.likelihood_)}
        settings["hidden"] = list(self.hidden)
        if not isinstance(self.random_state, Integral | None):
            settings["random_state"] = None
        arrays = {"parameters": self.parameters_}
        if hasattr(self, "feature_names_in_"):
            arrays["feature_names"] = np.array(self.feature_names_in_, dtype=str)
        metadata = {"settings": settings, "n_columns": self.n_features_in_, "history": self.history_}
        save_arrays(path, MODEL, arrays, metadata)

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """讀回 ``save`` 寫的模型，逐位元相同；檔案截斷、被改過或不是模型，引發 ``ValueError``。"""
        arrays, metadata = load_arrays(path, MODEL)
        settings = metadata["settings"]
        likelihood = _rebuild(settings["likelihood"])
        vae = cls(**{**settings, "hidden": tuple(settings["hidden"]), "likelihood": likelihood})
        vae.n_features_in_, vae.likelihood_ = metadata["n_columns"], likelihood
        vae.network_ = vae._make_network(vae.n_features_in_)
        vae.parameters_, vae.history_ = arrays["parameters"], metadata["history"]
        if "feature_names" in arrays:
            vae.feature_names_in_ = arrays["feature_names"].astype(object)
        return vae

    # ---- 檢查 -------------------------------------------------------------------------------------------

    @property
    def _n_features_out(self) -> int:
        return self.latent_dim

    def _check_parameters(self) -> None:
        for name, least in {"latent_dim": 1, "epochs": 1, "batch_size": 1, "warmup_epochs": 0}.items():
            value = getattr(self, name)
            if not isinstance(value, Integral) or isinstance(value, bool) or value < least:
                raise ValueError(f"引數 {name} 是 {value!r}；請給 {least} 以上的整數。")
        for name in ("beta", "free_bits"):
            _check_real(name, getattr(self, name), allow_zero=True)
        _check_real("learning_rate", self.learning_rate, allow_zero=False)
        if not all(isinstance(width, Integral) and width > 0 for width in self.hidden):
            raise ValueError(f"引數 hidden（各隱藏層的寬度）是 {self.hidden!r}；請給正整數，例如 (200, 50)。")
        choices = {"kl": KL_FORMS, "engine": tuple(ENGINES), "dtype": DTYPES}
        for name, accepted in choices.items():
            if getattr(self, name) not in accepted:
                raise ValueError(f"引數 {name} 是 {getattr(self, name)!r}；可用的是 {'、'.join(accepted)}。")

    def _make_likelihood(self, X: ArrayLike | CategoryCodes) -> Likelihood:
        if not isinstance(self.likelihood, str):
            return self.likelihood
        if self.likelihood == "categorical" and isinstance(X, CategoryCodes):
            return Categorical(X.groups)
        if self.likelihood == "categorical":
            raise ValueError(
                "likelihood=\"categorical\" 需要知道各變數有幾個水準：請改給 Categorical(groups)"
                "（groups 由獨熱編碼的規則而來），或把資料包成 CategoryCodes。"
            )
        if self.likelihood not in LIKELIHOODS:
            raise ValueError(
                f"引數 likelihood 是 {self.likelihood!r}；可用的概似（likelihood）是 "
                f"{'、'.join(LIKELIHOODS)}、categorical，或 likelihood 模組裡的物件。"
            )
        return LIKELIHOODS[self.likelihood]()

    def _make_network(self, n_columns: int) -> Network:
        likelihood, hidden = self.likelihood_, tuple(self.hidden)
        n_outputs = likelihood.n_outputs(n_columns)
        return Network(n_columns, self.latent_dim, hidden, n_outputs, likelihood.n_parameters)

    def _rows(self, X: ArrayLike | CategoryCodes, reset: bool) -> Rows:
        if isinstance(X, CategoryCodes):
            if reset:
                self.n_features_in_ = X.n_columns
            elif X.n_columns != self.n_features_in_:
                raise ValueError(
                    f"資料有 {X.n_columns} 欄，模型訓練時是 {self.n_features_in_} 欄；請用同一個編碼規則。"
                )
            return CategoryCodes(X.codes, X.groups, self.dtype)
        values = validate_data(self, X, reset=reset, dtype=self.dtype, ensure_all_finite=False)
        if not np.isfinite(values).all():
            row, column = np.argwhere(~np.isfinite(values))[0]
            raise ValueError(
                f"資料 X 的第 {row} 列第 {column} 欄是 {values[row, column]}；不接受 NaN 或 inf。"
                "請先補上缺失值，或用獨熱編碼把缺失寫成整組 0。"
            )
        return DenseRows(values)

    def _output(self, z: ArrayLike) -> NDArray:
        check_is_fitted(self)
        z = np.asarray(z, dtype=self.dtype)
        if z.ndim != 2 or z.shape[1] != self.latent_dim:
            raise ValueError(f"引數 z 的形狀是 {z.shape}；應是 (N, {self.latent_dim})。")
        return self.network_.decode(self.network_.views(self.parameters_), z)

    def _rng(self, rng: np.random.Generator | None) -> np.random.Generator:
        return np.random.default_rng(self.random_state) if rng is None else rng

    def _fingerprint(self, rows: Rows) -> dict[str, Any]:
        """決定訓練結果的一切；``epochs`` 除外，因為接著多訓練幾個週期是允許的。"""
        settings = {name: str(value) for name, value in self.get_params(deep=False).items()}
        data = rows.values if isinstance(rows, DenseRows) else rows.codes  # type: ignore[attr-defined]
        digest = hashlib.sha256(np.ascontiguousarray(data).tobytes()).hexdigest()
        ignored = ("epochs", "verbose")
        return {"X": digest} | {name: value for name, value in settings.items() if name not in ignored}


def _check_real(name: str, value: Any, allow_zero: bool) -> None:
    if not isinstance(value, Real) or not np.isfinite(float(value)) or value < 0 or (value == 0 and not allow_zero):
        accepted = "0 以上的有限實數" if allow_zero else "大於 0 的有限實數"
        raise ValueError(f"引數 {name} 是 {value!r}；請給{accepted}。")


def _blocks(rows: Rows) -> Iterator[NDArray]:
    """一段一段取出，記憶體不隨列數增加。"""
    for start in range(0, len(rows), ROWS_AT_ONCE):
        yield rows.take(np.arange(start, min(start + ROWS_AT_ONCE, len(rows))))


def _columns(*arrays: NDArray) -> list[tuple[NDArray, ...]]:
    """把 (N, d) 的陣列拆成 d 組 (N, 1)，逐維計算時用。"""
    return [tuple(array[:, [i]] for array in arrays) for i in range(arrays[0].shape[1])]


def _describe(likelihood: Likelihood) -> dict[str, Any]:
    if isinstance(likelihood, Categorical):
        return {"name": "categorical", "groups": list(likelihood.groups)}
    if isinstance(likelihood, Gaussian):
        return {"name": "gaussian", "variance": likelihood.variance}
    return {"name": "bernoulli"}


def _rebuild(description: dict[str, Any]) -> Likelihood:
    if description["name"] == "categorical":
        return Categorical(description["groups"])
    return Gaussian(description["variance"]) if description["name"] == "gaussian" else Bernoulli()
