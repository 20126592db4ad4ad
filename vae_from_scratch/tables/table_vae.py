"""``TableVAE``：DataFrame 進、DataFrame 出的 VAE，照 scikit-learn 的慣例使用（第 13 章）。"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from math import ceil
from pathlib import Path
from typing import Any, NamedTuple, Self, cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from .. import gaussian, settings
from ..likelihood import Mixed
from ..model import VAE
from ..rows import CategoryCodes, CodedRows
from ..storage import load_arrays, save_arrays
from .coded import from_rows
from .gaps import Rule
from .independent import Independent
from .missing import NONE
from .oddity import Scores
from .reading import suggestion
from .table_schema import TableSchema

KIND = "TableVAE 模型"
#: 不指定訓練週期就是 60 個；小的表一個週期沒有幾步，加到 200 為止，大的表減到 20 為止。
EPOCHS, FEWEST_EPOCHS, MOST_EPOCHS = 60, 20, 200
LEAST_STEPS, MOST_STEPS = 2_000, 30_000
#: 記住哪些格子一起缺失時，最多記幾列；生成的一列由編碼最近的幾列裡挑一列，照它的樣子留空。
MOST_PATTERNS, DONORS = 20_000, 20
#: 指定一部分的格子再生成：由先驗抽這麼多個 z 來加權；有效樣本數低於下限就不生成。
GIVEN_SAMPLES, LEAST_EFFECTIVE = 50_000, 10
AT_ONCE = 5_000
#: 補缺失：每格抽幾次，區間留住中間的多少。
DRAWS, INTERVAL = 200, 0.9
#: 補缺失時一次算幾列；每一列要展開 ``n_samples`` 次。
ROWS_AT_ONCE = 250
#: 生成時一次抽幾列；看著它們經過的函式。
DRAWN_AT_ONCE = 10_000
Watch = Callable[[Iterator[pd.DataFrame]], Iterable[pd.DataFrame]]


class Conditioned(NamedTuple):
    """指定一部分的格子生成的列，與有效樣本數：五萬個 z 裡，真正派上用場的相當於幾個。"""

    rows: pd.DataFrame
    effective: float


class TableVAE(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):
    r"""一張表的 VAE：欄的種類、尺度、缺失與尖峰都由資料學，:math:`p(x|z)` 是 ``likelihood.Mixed``。

    參數
        latent_dim：潛在空間的維度 d；畫平面用 2，生成用 8（兩個數不夠說完一列）。
        likelihood：``"mixed"``；只有類別的表也可以是 ``"categorical"`` 或 ``"bernoulli"``。
        absent、scaling：``TableSchema`` 的引數。
        hidden、beta、kl、batch_size、learning_rate、engine、dtype、random_state、verbose：``VAE`` 的引數。
        epochs、warmup_epochs：None 就由列數決定；暖身是訓練週期的三分之一。

    訓練後的屬性：``schema_``（``TableSchema``）、``vae_``（``VAE``）、``history_``。
    X 是 DataFrame (N, V)：數字與日期的欄是數字，其餘是類別；NaN 是缺失。不合用的資料引發 ``ValueError``。

    >>> rng = np.random.default_rng(0)
    >>> age = rng.uniform(0, 40, 200).round()
    >>> table = pd.DataFrame({"屋齡": age, "電梯": np.where(age < 20, "有", "無")})
    >>> model = TableVAE(latent_dim=1, hidden=(8,), epochs=20, learning_rate=0.01).fit(table)
    >>> model.transform(table).shape, list(model.sample(3).columns)
    ((200, 1), ['屋齡', '電梯'])
    >>> model.impute(pd.DataFrame({"屋齡": [5.0, 38.0], "電梯": [None, None]}))["電梯"].tolist()
    ['有', '無']
    """

    def __init__(
        self,
        latent_dim: int = 2,
        likelihood: str = "mixed",
        absent: Sequence[str] | Mapping[str, Rule] = (),
        scaling: str = "standard",
        hidden: tuple[int, ...] = (200, 100, 50, 20),
        beta: float = 1.0,
        kl: str = "closed_form",
        epochs: int | None = None,
        warmup_epochs: int | None = None,
        batch_size: int = 32,
        learning_rate: float = 1e-3,
        engine: str = "numpy",
        dtype: str = "float32",
        random_state: int | np.random.Generator | None = 0,
        verbose: bool = False,
    ) -> None:
        self.latent_dim = latent_dim
        self.likelihood = likelihood
        self.absent = absent
        self.scaling = scaling
        self.hidden = hidden
        self.beta = beta
        self.kl = kl
        self.epochs = epochs
        self.warmup_epochs = warmup_epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.engine = engine
        self.dtype = dtype
        self.random_state = random_state
        self.verbose = verbose

    # ---- 訓練 ----------------------------------------

    def fit(self, X: pd.DataFrame, y: Any = None, *, validation: pd.DataFrame | None = None) -> Self:
        """由表學編碼規則，再訓練；y 不使用。``validation`` 是驗證的列，每個訓練週期算一次損失。"""
        schema = TableSchema(self.absent, self.scaling).fit(X)
        if schema.scales_ and self.likelihood != "mixed":
            raise ValueError(
                f"引數 likelihood 是 {self.likelihood!r}，表裡的「{next(iter(schema.scales_))}」卻是數字；"
                '請改用 "mixed"，或先拿掉數字的欄。'
            )
        rows = self._coded(schema, X)
        held_out = None if validation is None else self._coded(schema, validation)
        self.vae_ = VAE(**self._vae_arguments(len(X))).fit(rows, validation=held_out)
        self.schema_, self.history_ = schema, self.vae_.history_
        self.n_features_in_, self.feature_names_in_ = schema.n_features_in_, schema.feature_names_in_
        self.independent_ = Independent.fit(from_rows(rows))
        self._remember_gaps(X)
        return self

    def _vae_arguments(self, n_rows: int) -> dict[str, Any]:
        params = self.get_params(deep=False)
        for name in ("absent", "scaling"):
            del params[name]
        settings.check_integer("batch_size", self.batch_size, 1)
        epochs = default_epochs(ceil(n_rows / self.batch_size)) if self.epochs is None else self.epochs
        warmup = epochs // 3 if self.warmup_epochs is None else self.warmup_epochs
        return {**params, "epochs": epochs, "warmup_epochs": warmup}

    def _remember_gaps(self, X: pd.DataFrame) -> None:
        """哪些格子一起缺失：抽一些訓練的列，記住它們的編碼與缺失的樣子。

        編碼由 :math:`q(z|x)` 抽，不取平均：抽出來的合起來像先驗，一個 z 附近各種樣子的比例才是 p(樣子|z)，
        留下的空白才照資料的比例（測試兩種都試：取平均的，比例可以差一倍）。
        """
        rng = np.random.default_rng(0)
        kept = np.sort(rng.permutation(len(X))[:MOST_PATTERNS])
        sample = X.iloc[kept]
        self.gaps_ = self.schema_.unknown(sample)
        mean, log_var = self.vae_.encode(self._coded(self.schema_, sample))
        noise = rng.standard_normal(mean.shape)
        self.gap_codes_ = gaussian.reparameterize(mean, log_var, noise).astype(np.float32)

    # ---- 使用 ----------------------------------------

    def encode(self, X: pd.DataFrame) -> tuple[NDArray, NDArray]:
        """每列的平均編碼與對數變異數，各 (N, d)。"""
        return self.vae_.encode(self.coded_rows(X))

    def transform(self, X: pd.DataFrame) -> NDArray:
        """每列的平均編碼 (N, d)。"""
        return self.encode(X)[0]

    def score_samples(self, X: pd.DataFrame, n_samples: int = 200) -> NDArray:
        """每列的 log p(x) (N,)，單位 nats（數字照標準化的尺度）；重要性加權，固定的種子。"""
        return self.vae_.log_likelihood(self.coded_rows(X), n_samples, np.random.default_rng(0))

    def score(self, X: pd.DataFrame, y: Any = None) -> float:
        """ELBO 對列平均，單位 nats，越大越好；y 不使用。"""
        return self.vae_.score(self.coded_rows(X))

    def at_floor(self) -> list[str]:
        """變異數碰到下限的數字（見 ``likelihood.Mixed``）。"""
        if not isinstance(self.vae_.likelihood_, Mixed):
            return []
        log_var = self.vae_.network_.views(self.vae_.parameters_).noise_log_var
        at_floor = self.vae_.likelihood_.at_floor(log_var)
        return [name for name, floored in zip(self.schema_.scales_, at_floor, strict=True) if floored]

    def scores(self, X: pd.DataFrame, n_samples: int = 200, seed: int = 0) -> Scores:
        """每列的 log p(x)、各欄獨立的 log p(x)，與每格的 log p(這一格|其餘)；格子的順序是 ``cell_names``。"""
        rows, rng = self.coded_rows(X), np.random.default_rng(seed)
        log_likelihood, cells = self.vae_reading.surprise(rows, n_samples, rng)
        return Scores(log_likelihood, self.independent_.log_prob(from_rows(rows)), cells)

    @property
    def cell_names(self) -> tuple[str, ...]:
        """``scores`` 的格子是哪幾欄：類別在前，數字在後。"""
        check_is_fitted(self)
        return self.schema_.cell_names

    def sample(
        self, n: int, rng: np.random.Generator | None = None, gaps: bool = True, watch: Watch = iter
    ) -> pd.DataFrame:
        """由先驗抽 z，再抽 n 列；``gaps`` 為真時，照資料的比例留下缺失的格子，一起缺的一起缺。"""
        check_is_fitted(self)
        settings.check_integer("n", n, 1)
        rng = self.vae_._generator(rng)
        return self.sample_at(rng.standard_normal((n, self.latent_dim)), rng, gaps, watch)

    def sample_at(
        self, z: NDArray, rng: np.random.Generator, gaps: bool = True, watch: Watch = iter
    ) -> pd.DataFrame:
        """在指定的 z (n, d) 抽 n 列；一段一段抽，記憶體與 n 的關係只有結果那張表。

        ``watch`` 看著一段一段抽好的列經過，原樣交回來；顯示進度用。
        """
        cuts = range(DRAWN_AT_ONCE, len(z), DRAWN_AT_ONCE)
        parts = list(watch(self._sample_at(part, rng, gaps) for part in np.split(z, cuts)))
        return parts[0] if len(parts) == 1 else pd.concat(parts, ignore_index=True)

    def _sample_at(self, z: NDArray, rng: np.random.Generator, gaps: bool) -> pd.DataFrame:
        rows = self.schema_.inverse_transform(self.vae_reading.sample_given(z, rng))
        return rows.mask(self._gaps_near(z, rng)) if gaps else rows

    def sample_with(
        self,
        n: int,
        given: Mapping[str, Any],
        rng: np.random.Generator | None = None,
        gaps: bool = True,
        watch: Watch = iter,
    ) -> Conditioned:
        r"""指定一部分的格子再生成 n 列：由先驗抽 z，照 :math:`p(x_{\text{指定}}|z)` 加權重抽。

        不靠一直重抽到合用為止，所以再少見的條件也一樣快；有效樣本數小於 10 就引發 ``ValueError``，
        因為那時生成的列只是同幾個 z 的重複。欄或水準不在模型裡、數字超出訓練資料的範圍，引發 ``ValueError``。
        """
        check_is_fitted(self)
        settings.check_integer("n", n, 1)
        rng, wanted = self.vae_._generator(rng), self._given_row(given)
        z, effective = self._weighted_prior(self._only_given(wanted, given), n, rng)
        rows = self.sample_at(z, rng, gaps, watch)
        for name in given:
            rows[name] = np.nan if self._is_blank(name, given[name]) else wanted[name].iloc[0]
        return Conditioned(rows, effective)

    def _is_blank(self, name: str, value: Any) -> bool:
        """指定的是「無」，而資料裡的「無」都寫成空白。"""
        schema = self.schema_
        return value == NONE and name in schema.absent_ and name not in schema.written_

    def impute(self, X: pd.DataFrame, n_samples: int = DRAWS, seed: int = 0) -> pd.DataFrame:
        """補上缺失的格子：類別補最可能的水準，數字補平均；其餘一個字也不動。"""
        filled = X.copy()
        for name, cells in self.impute_cells(X, n_samples, seed).groupby("column", sort=False):
            chosen = cells[cells["chosen"] == 1]
            values = chosen["value"].tolist()
            place = filled.columns.get_loc(name)
            if isinstance(filled[name].dtype, pd.CategoricalDtype):
                filled[name] = filled[name].astype(object)
            filled.iloc[chosen["row"].to_numpy() - 1, place] = values
        return filled

    def impute_cells(self, X: pd.DataFrame, n_samples: int = DRAWS, seed: int = 0) -> pd.DataFrame:
        """缺失的格子可能是什麼，一格一列或多列：``row``（由 1 起）、``column``、``value``、``chosen``。

        類別一個水準一列，``probability`` 是它的條件機率；數字一列，``value`` 是平均，``low``、``high`` 是
        九成的區間。由 :math:`p(z|x_{\\text{已知}})` 抽 ``n_samples`` 個 z（重要性重抽）。
        """
        parts = list(self.impute_parts(X, self._checked_gaps(X), n_samples, seed))
        return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(CELL_COLUMNS))

    def _checked_gaps(self, X: pd.DataFrame) -> NDArray:
        self.coded_rows(X.head(1))  # 缺欄在這裡就說清楚
        return self.schema_.unknown(X)

    def impute_parts(
        self, X: pd.DataFrame, gaps: NDArray, n_samples: int = DRAWS, seed: int = 0
    ) -> Iterator[pd.DataFrame]:
        """``impute_cells`` 一段一段給，每段 250 個要補的列，由上到下；``gaps`` (N, V) 是要補哪些格子。"""
        rng = np.random.default_rng(seed)
        rows = np.flatnonzero(gaps.any(axis=1))
        if not len(rows):
            return
        coded = self.coded_rows(X.iloc[rows])
        for start in range(0, len(rows), ROWS_AT_ONCE):
            kept = slice(start, start + ROWS_AT_ONCE)
            yield self._imputed(cast(CodedRows, coded[kept]), rows[kept], gaps[rows[kept]], n_samples, rng)

    def _imputed(
        self, coded: CodedRows, rows: NDArray, gaps: NDArray, n_samples: int, rng: np.random.Generator
    ) -> pd.DataFrame:
        """這幾列（位置 ``rows``）要補的格子。"""
        wanted = {
            name: empty for name, empty in zip(self.schema_.columns_, gaps.T, strict=True) if empty.any()
        }
        answers = self._guess(coded, n_samples, rng, dict.fromkeys(wanted, slice(None)))
        parts = [self._cells(name, rows[empty] + 1, answers[name][empty]) for name, empty in wanted.items()]
        return pd.concat(parts, ignore_index=True).sort_values("row", kind="stable", ignore_index=True)

    # ---- 存與讀 ----------------------------------------

    def save(self, path: str | Path) -> None:
        """寫成一個檔案（陣列加 JSON，沒有 pickle）；寫入是原子的。"""
        check_is_fitted(self)
        arrays = {"parameters": self.vae_.parameters_, "gaps": self.gaps_, "gap_codes": self.gap_codes_}
        arrays |= self.independent_.arrays()
        metadata = {
            "settings": settings.describe(self.get_params(deep=False) | {"absent": ()}),
            "trained": settings.describe(self.vae_.get_params(deep=False)),
            "schema": self.schema_.to_json(),
            "history": self.history_,
        }
        save_arrays(path, KIND, arrays, metadata)

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """讀回 ``save`` 寫的模型，逐位元相同；截斷、改過或別種檔案，引發 ``ValueError``。"""
        arrays, metadata = load_arrays(path, KIND)
        arguments = settings.rebuild(metadata["settings"])
        model = cls(**arguments)
        model.schema_ = TableSchema.from_json(metadata["schema"])
        model.absent = model.schema_.absent_ or ()
        layout = model.schema_.layout if model.likelihood == "mixed" else model.schema_.groups
        model.vae_ = VAE.from_parameters(
            arrays["parameters"], layout, metadata["history"], **settings.rebuild(metadata["trained"])
        )
        model.history_, model.gaps_, model.gap_codes_ = (
            model.vae_.history_,
            arrays["gaps"],
            arrays["gap_codes"],
        )
        model.independent_ = Independent.from_arrays(arrays, model.schema_.groups)
        model.n_features_in_ = model.schema_.n_features_in_
        model.feature_names_in_ = model.schema_.feature_names_in_
        return model

    # ---- 內部 ----------------------------------------

    @property
    def _n_features_out(self) -> int:
        return self.latent_dim

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "gap_codes_")

    def coded_rows(self, X: pd.DataFrame) -> CodedRows:
        """編好碼的列：``MixedRows``，或（類別與伯努利的概似）``CategoryCodes``。"""
        check_is_fitted(self)
        return self._coded(self.schema_, X)

    def _coded(self, schema: TableSchema, X: pd.DataFrame) -> CodedRows:
        rows = schema.transform(X)
        return rows if self.likelihood == "mixed" else CategoryCodes(rows.codes, rows.groups)

    @property
    def vae_reading(self) -> VAE:
        """生成與條件機率用的讀法：伯努利的模型讀成每個變數一個 softmax。"""
        return self.vae_ if self.likelihood == "mixed" else self.vae_.as_categorical(self.schema_.groups)

    def _gaps_near(self, z: NDArray, rng: np.random.Generator) -> NDArray:
        """每個 z 挑一列編碼相近的訓練資料，照它的樣子缺失；布林 (n, V)。"""
        from sklearn.neighbors import NearestNeighbors

        n_donors = min(DONORS, len(self.gap_codes_))
        nearest = NearestNeighbors(n_neighbors=n_donors).fit(self.gap_codes_)
        donors = nearest.kneighbors(z, return_distance=False)
        chosen = donors[np.arange(len(z)), rng.integers(0, n_donors, len(z))]
        return self.gaps_[chosen]

    def _given_row(self, given: Mapping[str, Any]) -> pd.DataFrame:
        """只有指定的格子有值的一列；欄、水準不認得就引發 ``ValueError``。"""
        schema = self.schema_
        row: dict[str, Any] = {}
        for name in schema.columns_:
            row[name] = np.nan if name in schema.scales_ else None
        for name, value in given.items():
            if name not in row:
                raise ValueError(f"引數 given 的「{name}」不是模型的欄；{suggestion(name, list(row))}")
            row[name] = self._given_value(name, value)
        frame = pd.DataFrame([row])
        for name in schema.scales_:
            dtype = "datetime64[ns]" if name in schema.dates_ else float
            frame[name] = frame[name].astype(dtype)
        return frame

    def _only_given(self, wanted: pd.DataFrame, given: Mapping[str, Any]) -> CodedRows:
        """沒有指定的類別都是缺失，也不是「沒有」。"""
        rows = self.coded_rows(wanted)
        codes = rows.codes.copy()
        for variable in range(codes.shape[1]):
            if self.schema_.slot_name("category", variable) not in given:
                codes[:, variable] = -1
        return replace(rows, codes=codes)

    def _given_value(self, name: str, value: Any) -> Any:
        schema = self.schema_
        if name in schema.scales_:
            return self._given_number(name, value)
        levels = schema.levels(name)
        if str(value) not in levels:
            raise ValueError(
                f"引數 given 的「{name}」沒有「{value}」這個水準；"
                f"{suggestion(str(value), list(levels), '水準')}"
            )
        return str(value)

    def _given_number(self, name: str, value: Any) -> Any:
        """指定的數字或日期；讀不成、不是有限的數、超出訓練資料的範圍，引發 ``ValueError``。"""
        schema, is_date = self.schema_, name in self.schema_.dates_
        what = "日期" if is_date else "數字"
        try:
            given = pd.Timestamp(value) if is_date else float(value)
            number = (given - pd.Timestamp(0)) / pd.Timedelta(days=1) if is_date else given
        except (TypeError, ValueError):
            number = np.nan
        if not np.isfinite(number):
            raise ValueError(f"引數 given 的「{name}」是{what}，收到「{value}」；請給一個{what}。") from None
        scale = schema.scales_[name]
        if not scale.low <= number <= scale.high and not (number == 0 and name in schema.spiked_):
            edges = (scale.low, scale.high)
            low, high = pd.to_datetime(edges, unit="D") if is_date else edges
            low, high = schema.write(name, low), schema.write(name, high)
            raise ValueError(
                f"引數 given 的「{name}」是 {value}，訓練資料只有 {low} 到 {high}；"
                "範圍以外的，模型沒有學過，請換一個值。"
            )
        return given

    def _weighted_prior(self, rows: CodedRows, n: int, rng: np.random.Generator) -> tuple[NDArray, float]:
        """先驗的 z 照指定的格子加權，重抽 n 個；第二個值是有效樣本數。"""
        reading = self.vae_reading
        bounds, x = reading._bounds(), np.asarray(rows).astype(self.dtype)
        z = rng.standard_normal((GIVEN_SAMPLES, self.latent_dim)).astype(self.dtype)
        parts = [bounds.log_prob(x, part) for part in np.array_split(z, GIVEN_SAMPLES // AT_ONCE)]
        log_weight = np.concatenate(parts).astype(float)
        weight = np.exp(log_weight - log_weight.max())
        effective = float(weight.sum() ** 2 / (weight**2).sum())
        if effective < LEAST_EFFECTIVE:
            raise ValueError(
                f"引數 given 指定的格子湊在一起太少見：{GIVEN_SAMPLES:,} 個 z 的有效樣本數只有 "
                f"{effective:.1f}，至少要 {LEAST_EFFECTIVE}；請少指定幾格。"
            )
        return z[rng.choice(len(z), n, p=weight / weight.sum())], effective

    def guess_each(
        self, rows: CodedRows, names: Sequence[str | None], n_samples: int = DRAWS, seed: int = 0
    ) -> list[NDArray | None]:
        r"""每一列猜一欄：由 :math:`p(z|x_{\text{已知}})` 抽 z，那一欄可能是什麼。

        類別是各水準的條件機率 (K,)，數字是抽出來的原值 (n_samples,)；``names`` 一列一個，None 的不猜。
        """
        rng, found = np.random.default_rng(seed), list[NDArray | None]([None] * len(rows))
        for start in range(0, len(rows), ROWS_AT_ONCE):
            part = names[start : start + ROWS_AT_ONCE]
            wanted = {
                name: np.flatnonzero([one == name for one in part])
                for name in self.schema_.columns_
                if name in part
            }
            if not wanted:
                continue
            block = cast(CodedRows, rows[start : start + ROWS_AT_ONCE])
            for name, answers in self._guess(block, n_samples, rng, wanted).items():
                for row, answer in zip(wanted[name], answers, strict=True):
                    found[start + row] = answer
        return found

    def _guess(
        self,
        rows: CodedRows,
        n_samples: int,
        rng: np.random.Generator,
        wanted: Mapping[str, NDArray | slice],
    ) -> dict[str, NDArray]:
        """只解碼一次：類別是各樣本的機率照權重平均，數字由照權重重抽的樣本各抽一個。

        ``wanted`` 是要猜的欄，與那一欄要猜哪幾列。
        """
        schema, bounds = self.schema_, self.vae_reading._bounds()
        x = np.asarray(replace(rows, dtype=np.dtype(self.dtype)))
        samples = list(bounds.defensive_samples(x, n_samples, rng))
        outputs = np.stack([sample.output for sample in samples], axis=1)  # (N, S, K + M)
        log_weight = np.stack([sample.log_weight for sample in samples], axis=1).astype(float)
        weight = np.exp(log_weight - log_weight.max(axis=1, keepdims=True))
        weight /= weight.sum(axis=1, keepdims=True)
        found: dict[str, NDArray] = {}
        for variable, name in enumerate(schema.category_names):
            if name in wanted:
                logits = outputs[wanted[name], :, schema.blocks.span(variable)]
                found[name] = np.einsum("ns,nsk->nk", weight[wanted[name]], _softmax(logits))
        if len(found) < len(wanted):
            place = _resampled(weight, rng)[:, :, np.newaxis]
            for name in schema.scales_:
                if name in wanted:
                    chosen = np.take_along_axis(outputs[wanted[name]], place[wanted[name]], axis=1)
                    found[name] = self._drawn_numbers(name, chosen, rng)
        return {name: found[name] for name in wanted}

    def _drawn_numbers(self, name: str, outputs: NDArray, rng: np.random.Generator) -> NDArray:
        """一個數字欄，由每個解碼的輸出 (N, S, K + M) 抽一個原值 (N, S)；旗標抽到零的是 0。"""
        schema, likelihood = self.schema_, cast(Mixed, self.vae_.likelihood_)
        place = list(schema.scales_).index(name)
        variance = likelihood.variance(self.vae_._bounds().theta.noise_log_var)[place]
        mean = outputs[:, :, schema.blocks.total + place].astype(float)
        values = schema.scales_[name].backward(mean + np.sqrt(variance) * rng.standard_normal(mean.shape))
        if name in schema.spiked_:
            flag = schema.blocks.span(len(schema.category_names) + schema.spiked_.index(name))
            is_zero = rng.random(mean.shape) < _softmax(outputs[:, :, flag])[:, :, 0]
            values = np.where(is_zero, 0.0, values)
        if name not in schema.dates_:
            return values
        days = pd.to_timedelta(values.ravel(), unit="D")
        return (pd.Timestamp(0) + days).to_numpy().reshape(values.shape)

    def _cells(self, name: str, rows: NDArray, answer: NDArray) -> pd.DataFrame:
        """一欄缺失的格子；``answer`` 是機率 (n, K)，或抽出來的數 (n, S)。"""
        if name in self.schema_.scales_:
            return self._number_cells(name, rows, answer)
        levels = self.schema_.levels(name)
        chosen = np.arange(len(levels)) == answer.argmax(axis=1)[:, None]
        return pd.DataFrame(
            {
                "row": np.repeat(rows, len(levels)),
                "column": name,
                "value": list(levels) * len(rows),
                "chosen": chosen.ravel().astype(int),
                "probability": answer.ravel(),
                "low": np.nan,
                "high": np.nan,
            }
        )

    def _number_cells(self, name: str, rows: NDArray, drawn: NDArray) -> pd.DataFrame:
        edges = (1 - INTERVAL) / 2, (1 + INTERVAL) / 2
        dates = name in self.schema_.dates_
        numbers = drawn.astype("datetime64[ns]").astype(np.int64).astype(float) if dates else drawn
        values = [numbers.mean(axis=1), *np.quantile(numbers, edges, axis=1)]
        if dates:
            values = [pd.to_datetime(value) for value in values]
        else:
            decimals = self.schema_.scales_[name].decimals
            values = values if decimals is None else [np.round(value, decimals) for value in values]
        value, low, high = values
        return pd.DataFrame(
            {
                "row": rows,
                "column": name,
                "value": value,
                "chosen": 1,
                "probability": np.nan,
                "low": low,
                "high": high,
            }
        ).astype({"value": object})


#: ``impute_cells`` 的欄。
CELL_COLUMNS = ("row", "column", "value", "chosen", "probability", "low", "high")


def _softmax(logits: NDArray) -> NDArray:
    """最後一軸的 softmax。"""
    weights = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return weights / weights.sum(axis=-1, keepdims=True)


def _resampled(weight: NDArray, rng: np.random.Generator) -> NDArray:
    """每列照權重 (N, S) 重抽 S 個樣本的位置 (N, S)；等間隔的重抽，比一個一個抽穩。

    出處：Kitagawa (1996) 的系統重抽（systematic resampling）。
    """
    n_rows, n_samples = weight.shape
    marks = (np.arange(n_samples) + rng.random((n_rows, 1))) / n_samples
    edges = np.cumsum(weight, axis=1)
    places = [np.searchsorted(edge, mark) for edge, mark in zip(edges, marks, strict=True)]
    return np.minimum(np.stack(places), n_samples - 1)


def default_epochs(steps: int) -> int:
    """一個週期有 ``steps`` 步的表，訓練幾個週期。"""
    affordable = max(FEWEST_EPOCHS, MOST_STEPS // steps)
    needed = min(MOST_EPOCHS, ceil(LEAST_STEPS / steps))
    return max(min(EPOCHS, affordable), needed)
