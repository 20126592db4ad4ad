"""變分自編碼器 ``VAE``：把前面各章的模組接起來，照 scikit-learn 的慣例使用（第 8 章）。"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any, Self, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from . import inputs, settings, training
from .bounds import Bounds
from .files import check_destination
from .gradients import Engine, make_engine
from .likelihood import Bernoulli, Categorical, Likelihood, Mixed
from .network import Network
from .optimizer import Adam
from .rows import CodedRows, DenseRows, Rows
from .storage import load_arrays, save_arrays

KIND = "{} 模型"
#: 一次算幾列；欄很多時再少一些，一塊最多這麼多格。
ROWS_AT_ONCE, CELLS_AT_ONCE = 8192, 2**24
#: ``score`` 每列抽幾個 z。
SCORE_SAMPLES = 10

Estimate = TypeVar("Estimate")


class VAE(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):
    r"""變分自編碼器：最小化 :math:`-\mathbb E_q\log p(x|z) + \beta\,D_{\mathrm{KL}}(q(z|x)\,\|\,p(z))`。

    參數
        latent_dim：潛在空間的維度 d。
        hidden：編碼器隱藏層的寬度；解碼器反過來用。``()`` 是線性的 VAE。
        likelihood：``"bernoulli"``、``"gaussian"``、``"categorical"``（只在 X 是 ``CategoryCodes`` 時）、
            ``"mixed"``（只在 X 是 ``MixedRows`` 時），或 ``likelihood`` 模組裡的物件，例如
            ``Categorical((5, 2, 7))``、``Gaussian("learned")``。
        beta：KL 的權重；重建與 KL 都是每列對欄、對維度求和的 nats。1 就是 ELBO。
        kl：``"closed_form"``、``"single_sample"`` 或 ``"path_derivative"``。
        warmup_epochs：beta 線性升到定值用幾個訓練週期（第一個是 beta 除以它）；0 表示不暖身。
        free_bits：每個維度不受罰的 nats；0 表示不用。
        engine：``"numpy"``、``"autograd"`` 或 ``"tensorflow"``，三者結果相同。
        random_state：整數、``None`` 或 ``numpy.random.Generator``；同一個整數給同樣的位元。
        fused_adam：改用 numba 編譯的 Adam（需要選用的 ``fast``）；結果逐位元相同，快一成到兩成。

    訓練後的屬性
        history_：每個訓練週期一列的字典：epoch、beta、reconstruction、kl、kl_per_unit、loss，
            有驗證集時另有 val_ 開頭的四項。單位都是每列的 nats。
        network_、parameters_、likelihood_、n_features_in_。

    X 是 (N, D) 的矩陣、DataFrame、稀疏矩陣（會展開成密集的），或逐批才展開的 ``CategoryCodes``、
    ``MixedRows``。
    不合用的資料或設定引發 ``ValueError``，還沒訓練就使用引發 ``NotFittedError``。
    出處：Kingma & Welling (2014)。

    >>> x = np.random.default_rng(0).integers(0, 2, (200, 6)).astype(float)
    >>> vae = VAE(hidden=(16,), epochs=5).fit(x)
    >>> vae.transform(x).shape, vae.sample(3).shape, vae.elbo(x).shape
    ((200, 2), (3, 6), (200,))
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
        fused_adam: bool = False,
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
        self.fused_adam = fused_adam
        self.verbose = verbose

    # ---- 訓練 -------------------------------------------------------------------------------------------

    def fit(
        self,
        X: ArrayLike | CodedRows,
        y: None = None,
        *,
        validation: ArrayLike | CodedRows | None = None,
        checkpoint: str | Path | None = None,
    ) -> Self:
        """訓練；X 是 (N, D) 的矩陣或 ``CategoryCodes``，y 不使用。

        ``validation``：驗證資料，每個訓練週期算一次損失（不影響訓練的隨機數）。
        ``checkpoint``：檢查點的路徑；檔案已在，就從那裡接著訓練，結果與不中斷的訓練逐位元相同。

        資料或設定不合用，訓練開始以前就引發 ``ValueError``；損失不再是有限的數，引發 ``FloatingPointError``。
        不論哪一種，這個物件都維持呼叫以前的樣子。
        """
        before = self.__dict__.copy()
        try:
            return self._fit(X, validation, checkpoint)
        except BaseException:
            self.__dict__ = before
            raise

    def _fit(
        self,
        X: ArrayLike | CodedRows,
        validation: ArrayLike | CodedRows | None,
        checkpoint: str | Path | None,
    ) -> Self:
        settings.check(self.get_params(deep=False))
        if checkpoint is not None:
            check_destination(checkpoint, "checkpoint")
        rows = self._learn_columns(X)
        held_out = None if validation is None else self._rows(validation, "validation")
        if isinstance(rows, CodedRows) and isinstance(held_out, CodedRows):
            inputs.check_same_layout("validation", held_out.layout, rows.layout)
        # 外來的產生器在下一行就會被用掉，所以指紋要先算。
        fingerprint = self._fingerprint(rows, held_out) if checkpoint is not None else {}
        state = self._initial_state()
        if checkpoint is not None and Path(checkpoint).exists():
            self._resume(state, checkpoint, fingerprint)

        def after_epoch(state: training.State, row: dict[str, Any]) -> None:
            if held_out is not None:
                row.update(self._validation_row(held_out, state, row["beta"]))
            if checkpoint is not None:
                state.save(checkpoint, fingerprint)

        engine = self._make_engine()
        schedule = training.Schedule(self.epochs, self.batch_size, self.beta, self.warmup_epochs)
        training.fit(engine, state, rows, schedule, self.latent_dim, after_epoch, self.verbose)
        self.parameters_, self.history_ = state.parameters, state.history
        return self

    def _make_engine(self) -> Engine:
        return make_engine(self.engine, self.network_, self.likelihood_, self.kl, self.free_bits)

    def _fingerprint(self, rows: Rows, held_out: Rows | None) -> dict[str, Any]:
        described = settings.fingerprint(self.get_params(deep=False), X=rows, validation=held_out)
        return {"model": type(self).__name__} | described

    def _adam(self) -> type[Adam]:
        """``fused_adam`` 用 numba 編譯的那一個：逐位元相同，只是快一些。"""
        if not self.fused_adam:
            return Adam
        from .fused_adam import FusedAdam

        return FusedAdam

    def _initial_state(self) -> training.State:
        """訓練用一個隨機數產生器，驗證用另一個：加不加驗證集，訓練的位元都一樣。"""
        rng = settings.generator(self.random_state)
        validation_seed = int(rng.integers(2**63))
        parameters = self.network_.initialize(rng, self.dtype)
        optimizer = self._adam()(len(parameters), self.learning_rate, dtype=self.dtype)
        return training.State(parameters, optimizer, rng, validation_seed)

    def _resume(self, state: training.State, checkpoint: str | Path, fingerprint: dict[str, Any]) -> None:
        state.restore(checkpoint, fingerprint)
        if state.epoch > self.epochs:
            raise ValueError(
                f"檢查點 {checkpoint} 已經訓練了 {state.epoch} 個訓練週期，引數 epochs 卻是 {self.epochs}；"
                f"請把 epochs 設成 {state.epoch} 以上，或換一個 checkpoint 路徑。"
            )

    def _validation_row(self, rows: Rows, state: training.State, beta: float) -> dict[str, Any]:
        """驗證的損失；每個訓練週期用同一份雜訊，曲線的起伏才只來自參數。"""
        rng, bounds = np.random.default_rng(state.validation_seed), self._bounds(state.parameters)
        losses, sizes = [], []
        with np.errstate(over="ignore", invalid="ignore"):  # 溢位由下面的錯誤說清楚，不另外印警告
            for x in blocks(rows):
                losses.append(bounds.loss(x, self._draw_noise(len(x), rng), self.kl, beta, self.free_bits))
                sizes.append(len(x))
            row = training.history_row(losses, sizes, "val_")
        training.check_validation(state.epoch, row)
        return row

    def _draw_noise(self, n_rows: int, rng: np.random.Generator) -> NDArray:
        return rng.standard_normal((n_rows, self.latent_dim)).astype(self.dtype)

    # ---- 使用 -------------------------------------------------------------------------------------------

    def encode(self, X: ArrayLike | CodedRows) -> tuple[NDArray, NDArray]:
        """每列的 q(z|x) = N(μ, diag σ²)：平均值 μ 與對數變異數 log σ²，各 (N, d)。"""
        bounds = self._bounds()
        codes = [bounds.network.encode(bounds.theta, x) for x in blocks(self._rows(X))]
        return np.concatenate([mean for mean, _ in codes]), np.concatenate([log_var for _, log_var in codes])

    def transform(self, X: ArrayLike | CodedRows) -> NDArray:
        """每列編碼的平均值 (N, d)。"""
        return self.encode(X)[0]

    def decode(self, z: ArrayLike) -> NDArray:
        """E[x|z]：z (N, d) → (N, D)。伯努利與類別概似給的是機率。"""
        output = self._output(z)
        return self.likelihood_.mean(output)

    def sample(self, n: int, rng: np.random.Generator | None = None) -> NDArray:
        """從先驗 N(0, I) 抽 z，再從 p(x|z) 抽 x：(n, D)。``rng`` 不給，就由 ``random_state`` 起一個新的。"""
        check_is_fitted(self)
        settings.check_integer("n", n, 1)
        rng = self._generator(rng)
        return self.sample_given(rng.standard_normal((n, self.latent_dim)), rng)

    def sample_given(self, z: ArrayLike, rng: np.random.Generator | None = None) -> NDArray:
        """在指定的 z 抽 x：(N, d) → (N, D)。"""
        output, noise_log_var = self._output(z), self._bounds().theta.noise_log_var
        return self.likelihood_.sample(output, self._generator(rng), noise_log_var)

    # ---- 打分數與條件機率 -------------------------------------------------------------------------------

    def score(self, X: ArrayLike | CodedRows, y: Any = None) -> float:
        """ELBO 對列平均，單位 nats，越大越好（scikit-learn 的慣例）；y 不使用。

        每列用固定的 10 個樣本，所以同一個模型、同一份資料，永遠是同一個數。

        >>> x = np.eye(4)[np.arange(40) % 4]
        >>> from sklearn.model_selection import GridSearchCV
        >>> search = GridSearchCV(VAE(hidden=(4,), epochs=2), {"latent_dim": [1, 2]}, cv=2).fit(x)
        >>> bool(search.best_score_ < 0)
        True
        """
        return float(self.elbo(X, SCORE_SAMPLES, np.random.default_rng(0)).mean())

    def elbo(
        self, X: ArrayLike | CodedRows, n_samples: int = 1, rng: np.random.Generator | None = None
    ) -> NDArray:
        """每列的 ELBO（beta = 1）：(N,)，單位 nats；重建項用 ``n_samples`` 個樣本平均，KL 用封閉形式。

        ``rng`` 不給，就由 ``random_state`` 起一個新的（不是 None 的話）：同樣的呼叫得到同樣的數。
        """
        return np.concatenate(self._estimate(Bounds.elbo, X, n_samples, rng))

    def log_likelihood(
        self, X: ArrayLike | CodedRows, n_samples: int = 1000, rng: np.random.Generator | None = None
    ) -> NDArray:
        r"""重要性加權估計 :math:`\log\tfrac1K\sum_k p(x|z_k)p(z_k)/q(z_k|x)`，每列一個值 (N,)，單位 nats。

        期望值隨 K 不減，趨近 log p(x)；記憶體與 ``n_samples`` 無關。出處：Burda et al. (2016)。
        """
        return np.concatenate(self._estimate(Bounds.log_likelihood, X, n_samples, rng))

    def conditional(
        self, X: ArrayLike | CodedRows, n_samples: int = 100, rng: np.random.Generator | None = None
    ) -> NDArray:
        r"""每個變數各水準的 :math:`p(x_v\mid x_{\text{已知}})`：(N, D)，每一組加成 1；整組為 0 的是未知。

        .. math:: \sum_k w_k\,p(x_v\mid z_k)\Big/\sum_k w_k,\qquad
           w_k = p(x_{\text{已知}}\mid z_k)\,p(z_k)/q(z_k\mid x_{\text{已知}})

        已知的變數也給（看過它自己之後的機率）；要「其餘的格子怎麼猜它」，先用 ``Groups.without`` 蓋住它。
        記憶體與 ``n_samples`` 無關。不是類別概似就引發 ``ValueError``；伯努利的模型先 ``as_categorical``。
        出處：Mattei & Frellsen (2019)。

        >>> x = np.eye(4)[np.arange(40) % 2] + np.eye(4)[2 + np.arange(40) % 2]
        >>> vae = VAE(hidden=(4,), epochs=2, likelihood=Categorical((2, 2))).fit(x)
        >>> from vae_from_scratch.groups import Groups
        >>> p = vae.conditional(Groups((2, 2)).without(x, 1))  # 由第 0 個變數猜第 1 個
        >>> Groups((2, 2)).sum(p).round(12)[0]
        array([1., 1.])
        """
        return np.concatenate(self._estimate(Bounds.conditional, X, n_samples, rng))

    def surprise(
        self, X: ArrayLike | CodedRows, n_samples: int = 1000, rng: np.random.Generator | None = None
    ) -> tuple[NDArray, NDArray]:
        r"""每列的 log p(x) (N,)，與每格的 :math:`\log p(x_v\mid x_{\text{其餘}})` (N, V)，單位 nats。

        把一格拿掉，樣本的權重就除以 :math:`p(x_v|z_k)`，所以一次抽樣夠全部的格子用：

        .. math:: p(x_v\mid x_{\text{其餘}}) \approx \frac{\sum_k w_k}{\sum_k w_k / p(x_v|z_k)}

        缺失的格子是 NaN。錯誤同 ``conditional``。
        出處：Gelfand, Dey & Chang (1992) 的條件預測座標（conditional predictive ordinate）。
        """
        totals, cells = zip(*self._estimate(Bounds.surprise, X, n_samples, rng), strict=True)
        return np.concatenate(totals), np.concatenate(cells)

    def resample(
        self,
        X: ArrayLike | CodedRows,
        n: int,
        n_samples: int = 1000,
        rng: np.random.Generator | None = None,
    ) -> tuple[NDArray, NDArray]:
        r"""由 :math:`p(z\mid x_{\text{已知}})` 抽 z：(N, n, d)，與每列的有效樣本數 (N,)。

        由 q 抽 ``n_samples`` 個，照重要性權重留下 ``n`` 個；交給 ``sample_given``，就是缺失的格子可能的值。
        有效樣本數小於 10，就不該相信那一列。出處：Rubin (1987) 的抽樣重要性重抽。

        >>> x = np.eye(4)[np.arange(40) % 4]
        >>> z, effective = VAE(hidden=(4,), epochs=2).fit(x).resample(x[:3], 5, n_samples=20)
        >>> z.shape, bool((effective > 1).all())
        ((3, 5, 2), True)
        """
        settings.check_integer("n", n, 1)

        def estimate(bounds: Bounds, x: NDArray, n_samples: int, rng: np.random.Generator) -> Any:
            return bounds.resample(x, n, n_samples, rng)

        codes, effective = zip(*self._estimate(estimate, X, n_samples, rng), strict=True)
        return np.concatenate(codes), np.concatenate(effective)

    def as_categorical(self, groups: Sequence[int]) -> Self:
        """同一組輸出讀成每個變數一個 softmax 的模型；傳回複本，原來的不動。

        伯努利的 logit 在「每個變數恰有一個水準」之下，條件機率正好是 softmax。``groups`` 是各變數的水準個數，
        總和不是 D，或模型是別種概似，引發 ``ValueError``。
        """
        check_is_fitted(self)
        if not isinstance(self.likelihood_, Bernoulli | Categorical):
            raise ValueError(
                f"這個模型的概似（likelihood）是 {self.likelihood_!r}，輸出不是 logit，不能讀成 softmax；"
                '請改用 likelihood="categorical" 訓練。'
            )
        reading = deepcopy(self)
        reading.likelihood = reading.likelihood_ = Categorical(groups)
        reading.likelihood_.n_outputs(self.n_features_in_)
        return reading

    def _estimate(
        self,
        estimate: Callable[[Bounds, NDArray, int, np.random.Generator], Estimate],
        X: ArrayLike | CodedRows,
        n_samples: int,
        rng: np.random.Generator | None,
    ) -> list[Estimate]:
        """一段一段的列，各算一次。"""
        bounds = self._bounds()
        settings.check_integer("n_samples", n_samples, 1)
        rng = self._generator(rng)
        return [estimate(bounds, x, n_samples, rng) for x in blocks(self._rows(X))]

    def _generator(self, rng: np.random.Generator | None) -> np.random.Generator:
        """給的產生器；沒有給，就照 ``random_state`` 起一個新的，不動用它自己。"""
        if rng is None:
            return settings.generator(deepcopy(self.random_state))
        return inputs.random_generator(rng)

    def _bounds(self, parameters: NDArray | None = None) -> Bounds:
        if parameters is None:
            check_is_fitted(self)
            parameters = self.parameters_
        return Bounds(self.network_, self.likelihood_, self.network_.views(parameters))

    def _output(self, z: ArrayLike) -> NDArray:
        bounds, z = self._bounds(), np.asarray(z, dtype=self.dtype)
        if z.ndim != 2 or z.shape[1] != self.latent_dim:
            raise ValueError(f"引數 z 的形狀是 {z.shape}；應是 (N, {self.latent_dim})，一列一個點。")
        return self.network_.decode(bounds.theta, inputs.finite(z, "z"))

    # ---- 存與讀 -----------------------------------------------------------------------------------------

    def save(self, path: str | Path) -> None:
        """把模型寫成一個 .npz（陣列加 JSON，沒有 pickle）；寫入是原子的，中斷不會弄壞舊檔。"""
        check_is_fitted(self)
        arrays = {"parameters": self.parameters_}
        if hasattr(self, "feature_names_in_"):
            arrays["feature_names"] = np.array(self.feature_names_in_, dtype=str)
        metadata = {
            "settings": settings.describe(self.get_params(deep=False)),
            "groups": self.likelihood_.groups if isinstance(self.likelihood_, Categorical) else None,
            "mixed": settings.arguments(self.likelihood_) if isinstance(self.likelihood_, Mixed) else None,
            "n_columns": self.n_features_in_,
            "history": self.history_,
        }
        save_arrays(path, KIND.format(type(self).__name__), arrays, metadata)

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """讀回 ``save`` 寫的模型，逐位元相同；檔案截斷、被改過或不是模型，引發 ``ValueError``。"""
        arrays, metadata = load_arrays(path, KIND.format(cls.__name__))
        mixed = metadata.get("mixed")  # 更早的檔案沒有這一項
        columns = Mixed(**mixed) if mixed else metadata["groups"] or metadata["n_columns"]
        arguments = settings.rebuild(metadata["settings"])
        vae = cls.from_parameters(arrays["parameters"], columns, metadata["history"], **arguments)
        if "feature_names" in arrays:
            vae.feature_names_in_ = arrays["feature_names"].astype(object)
        return vae

    @classmethod
    def from_parameters(
        cls,
        parameters: ArrayLike,
        columns: int | Sequence[int] | Mixed,
        history: Iterable[Mapping[str, Any]] = (),
        **arguments: Any,
    ) -> Self:
        """由訓練好的參數建立模型，不訓練；``arguments`` 是 ``VAE`` 的引數。

        ``parameters`` 是平坦的向量（``parameters_``）；``columns`` 是欄數 D、各變數的水準個數
        （``likelihood="categorical"`` 時要它），或排法（``"mixed"`` 時要 ``likelihood.Mixed``）。
        引數不合用、向量的長度與網路不合，引發 ``ValueError``。

        >>> vae = VAE(hidden=(4,), epochs=2).fit(np.eye(4))
        >>> same = VAE.from_parameters(vae.parameters_, 4, hidden=(4,))
        >>> np.array_equal(same.transform(np.eye(4)), vae.transform(np.eye(4)))
        True
        """
        vae = cls(**arguments)
        settings.check(vae.get_params(deep=False))
        if isinstance(columns, int | np.integer):
            settings.check_integer("columns", columns, 1)
            vae.n_features_in_, layout = int(columns), None
        else:
            layout = columns if isinstance(columns, Mixed) else Categorical(columns)
            vae.n_features_in_ = layout.n_columns
        vae._make_network(layout)
        vae.parameters_, vae.history_ = np.array(parameters, dtype=vae.dtype), [dict(row) for row in history]
        if vae.parameters_.shape != (vae.network_.size,):
            raise ValueError(
                f"引數 parameters 的形狀是 {vae.parameters_.shape}；這些設定與 {vae.n_features_in_} 欄的網路"
                f"要 ({vae.network_.size},)。請用訓練時的設定與 columns。"
            )
        return vae

    # ---- 檢查輸入 ---------------------------------------------------------------------------------------

    @property
    def _n_features_out(self) -> int:
        return self.latent_dim

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "parameters_")

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags

    def _learn_columns(self, X: ArrayLike | CodedRows) -> Rows:
        """記下訓練資料的欄，並照它建立概似與網路。"""
        if isinstance(X, CodedRows):
            self.n_features_in_ = X.n_columns
            if hasattr(self, "feature_names_in_"):
                del self.feature_names_in_
        else:
            inputs.validated(self, X, "X", reset=True)
        self._make_network(X.layout if isinstance(X, CodedRows) else None)
        return self._rows(X)

    def _make_network(self, layout: Categorical | Mixed | None) -> None:
        self.likelihood_ = settings.make_likelihood(self.likelihood, layout)
        n_outputs, n_noise = self.likelihood_.n_outputs(self.n_features_in_), self.likelihood_.n_parameters
        self.network_ = Network(self.n_features_in_, self.latent_dim, tuple(self.hidden), n_outputs, n_noise)

    def _rows(self, X: ArrayLike | CodedRows, name: str = "X") -> Rows:
        """資料換成 ``Rows``；欄要與訓練時相同，值要在概似的範圍裡。"""
        if not isinstance(X, CodedRows):
            values = inputs.finite(inputs.validated(self, X, name, reset=False), name)
            return DenseRows(self.likelihood_.check(values, name))
        if X.n_columns != self.n_features_in_:
            raise ValueError(
                f"引數 {name} 展開後有 {X.n_columns} 欄，模型訓練時是 {self.n_features_in_} 欄；"
                "請用同一個編碼規則。"
            )
        if isinstance(self.likelihood_, Categorical | Mixed) or isinstance(X.layout, Mixed):
            inputs.check_same_layout(name, X.layout, self.likelihood_)
        return replace(X, dtype=np.dtype(self.dtype))


def blocks(rows: Rows) -> Iterator[NDArray]:
    """一段一段取出，記憶體不隨列數增加。"""
    step = max(1, min(ROWS_AT_ONCE, CELLS_AT_ONCE // rows.n_columns))
    for start in range(0, len(rows), step):
        yield rows.take(np.arange(start, min(start + step, len(rows))))
