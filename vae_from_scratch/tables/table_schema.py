"""整張表的編碼規則：類別照 ``OneHotSchema``，數字標準化，在 0 有尖峰的數字多一個旗標（第 13 章）。"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from ..files import write_text
from ..groups import Groups
from ..likelihood import Mixed
from ..rows import MixedRows
from .gaps import Rule, apply_rules
from .missing import NONE
from .scaling import SCALINGS, Scale
from .schema import OneHotSchema

FILE_KIND = "table schema"
#: 數字的欄裡 0 占有值的格子這麼多、別的值又有這麼多種，才當作在 0 有尖峰。
SPIKE_SHARE, SPIKE_VALUES = 0.2, 10
ZERO, NOT_ZERO = "0", "≠0"


class TableSchema(TransformerMixin, BaseEstimator):
    """類別與數字並存的表 (N, V + M) ⇄ ``MixedRows``；只從訓練資料學，存成 JSON。

    參數
        absent：這些欄的空白表示「沒有」；其餘的空白是「不知道」，不進概似。可以是 {欄: ``gaps.Rule``}，
            規則再分哪些空白才是。類別的「沒有」編成水準「無」；數字的「沒有」不進概似，只是不必補。
        scaling：數字的尺度，``"standard"``（畫平面）或 ``"quantile"``（生成）。
        spike：0 占有值的格子這麼多就加旗標；1 以上是一律不加。

    pandas 的數字欄（布林除外）與日期欄（由 1970-01-01 算起的天數）是數字，其餘是類別。訓練時整欄缺失的不編
    碼，列在 ``dropped_``。訓練後的屬性：``columns_``（用到的欄，依原來的順序）、``categories_``（類別與旗標的
    ``OneHotSchema``，沒有就是 None）、``scales_``（數字的名字 → ``Scale``）、``spiked_``（有旗標的數字）、
    ``dates_``（其中的日期）、``absent_``（空白是「沒有」的欄 → 規則）。

    >>> table = pd.DataFrame({"色": list("紅藍紅藍"), "坪數": [10.0, 20.0, 30.0, None]})
    >>> schema = TableSchema().fit(table)
    >>> np.asarray(schema.transform(table)).round(2)  # 紅、藍 | 坪數 | 有沒有觀察到
    array([[ 1.  ,  0.  , -1.22,  1.  ],
           [ 0.  ,  1.  ,  0.  ,  1.  ],
           [ 1.  ,  0.  ,  1.22,  1.  ],
           [ 0.  ,  1.  ,  0.  ,  0.  ]])
    >>> schema.inverse_transform(schema.transform(table)).equals(table.astype({"色": object}))
    True
    """

    def __init__(
        self,
        absent: Sequence[str] | Mapping[str, Rule] = (),
        scaling: str = "standard",
        spike: float = SPIKE_SHARE,
    ) -> None:
        self.absent = absent
        self.scaling = scaling
        self.spike = spike

    def fit(self, X: pd.DataFrame, y: Any = None) -> Self:
        """從訓練資料學；y 不使用。不是 DataFrame、每一欄都缺失、有 inf，引發 ``ValueError``。"""
        if self.scaling not in SCALINGS:
            raise ValueError(f"引數 scaling 是 {self.scaling!r}；可用的是 {'、'.join(SCALINGS)}。")
        frame = _checked(X)
        known = [name for name in frame.columns if frame[name].notna().any()]
        if not known:
            raise ValueError("資料 X 的每一欄都是空的（全部缺失），沒有東西可學；請檢查資料是否讀對。")
        numbers = {name: _numbers(frame[name]) for name in known if is_number(frame[name])}
        self.spiked_ = tuple(name for name, values in numbers.items() if _has_spike(values, self.spike))
        self.scales_ = {
            name: Scale.fit(_without_zeros(values) if name in self.spiked_ else values, self.scaling)
            for name, values in numbers.items()
        }
        self.dates_ = tuple(name for name in numbers if _is_date(frame[name]))
        self.columns_ = tuple(known)
        self.dropped_ = tuple(name for name in frame.columns if name not in known)
        rules = self.absent if isinstance(self.absent, Mapping) else dict.fromkeys(self.absent, Rule())
        self.absent_ = {name: rules[name] for name in known if name in rules}
        # 空白寫成「無」以後，只有原來就寫著「無」的欄，讀回來才要留著這個字。
        self.written_ = tuple(name for name in self.absent_ if (frame[name] == NONE).any())
        levels = self._levels(frame)
        self.categories_ = OneHotSchema().fit(levels) if levels.shape[1] else None
        self.feature_names_in_ = np.array(frame.columns, dtype=object)
        self.n_features_in_ = frame.shape[1]
        return self

    def transform(self, X: pd.DataFrame) -> MixedRows:
        """編碼成 ``MixedRows``，形狀 (N, K + 2M)；沒見過的水準與缺失一樣是整組 0。

        缺欄、數字的欄裡有文字，引發 ``ValueError``。
        """
        check_is_fitted(self)
        frame = _checked(X)
        absent = [name for name in self.columns_ if name not in frame.columns]
        if absent:
            raise ValueError(
                f"資料 X 缺少編碼規則要的欄：{'、'.join(absent[:5])}（共缺 {len(absent)} 欄）；"
                "請用與訓練時相同的欄名。"
            )
        numbers = np.empty((len(frame), len(self.scales_)))
        for place, (name, scale) in enumerate(self.scales_.items()):
            values = _numbers(frame[name])
            numbers[:, place] = scale.forward(_without_zeros(values) if name in self.spiked_ else values)
        return MixedRows(self._codes(frame), self.groups, numbers, self._spiked_places())

    def inverse_transform(self, X: MixedRows | ArrayLike) -> pd.DataFrame:
        """讀回表：``MixedRows`` 或矩陣 (N, K + 2M)；缺失的格子是 NaN，旗標是零的數字是 0。"""
        check_is_fitted(self)
        x = np.asarray(X, dtype=float)
        n_levels, n_numbers = self.blocks.total, len(self.scales_)
        if x.ndim != 2 or x.shape[1] != n_levels + 2 * n_numbers:
            raise ValueError(
                f"引數 X 的形狀是 {x.shape}；這份編碼規則的矩陣是 (N, {n_levels + 2 * n_numbers})。"
            )
        numbers, observed = x[:, n_levels : n_levels + n_numbers], x[:, n_levels + n_numbers :]
        decoded = (
            pd.DataFrame(index=range(len(x)))
            if self.categories_ is None
            else (self.categories_.decode(x[:, :n_levels]))
        )
        columns: dict[str, Any] = {}
        for name in self.columns_:
            if name not in self.scales_:
                is_blank = name in self.absent_ and name not in self.written_
                columns[name] = decoded[name].replace(NONE, np.nan) if is_blank else decoded[name]
                continue
            place = list(self.scales_).index(name)
            values = np.where(observed[:, place] != 0, self.scales_[name].backward(numbers[:, place]), np.nan)
            if name in self.spiked_:
                values = np.where(decoded[name + ZERO_FLAG] == ZERO, 0.0, values)
            columns[name] = values if name not in self.dates_ else _EPOCH + pd.to_timedelta(values, unit="D")
        return pd.DataFrame(columns)

    def unseen(self, X: pd.DataFrame) -> dict[str, dict[str, int]]:
        """訓練時沒見過的水準：``{變數: {水準: 次數}}``。"""
        check_is_fitted(self)
        return {} if self.categories_ is None else self.categories_.unseen(self._levels(_checked(X)))

    def unknown(self, X: pd.DataFrame) -> NDArray:
        """哪些格子是「不知道」（空白，而且不是「沒有」）：布林 (N, V + M)，照 ``columns_``。"""
        check_is_fitted(self)
        gaps = X[list(self.columns_)].isna()
        for name, rule in self.absent_.items():
            gaps[name] &= ~rule.means_none(X, name)
        return gaps.to_numpy()

    # ---- 形狀與名字 ----------------------------------------

    @property
    def groups(self) -> tuple[int, ...]:
        """各類別變數的水準個數，旗標在最後。"""
        check_is_fitted(self)
        return () if self.categories_ is None else self.categories_.groups

    @property
    def blocks(self) -> Groups:
        """類別變數的各塊。"""
        return Groups(self.groups)

    @property
    def layout(self) -> Mixed:
        """照這份規則排好的概似。"""
        return Mixed(self.groups, len(self.scales_), self._spiked_places())

    @property
    def category_names(self) -> tuple[str, ...]:
        """類別的欄，不含旗標；``groups`` 的前面幾個。"""
        return tuple(name for name in self.columns_ if name not in self.scales_)

    def levels(self, name: str) -> tuple[str, ...]:
        """類別欄的水準。"""
        assert self.categories_ is not None
        return self.categories_.levels_[self.categories_.variables_.index(name)]

    def write(self, name: str, value: Any) -> str:
        """數字欄的一個值寫成文字：日期是 YYYY-MM-DD，整數不帶小數點，其餘照訓練資料的小數位數。"""
        if name in self.dates_:
            return str(pd.Timestamp(value).date())
        decimals = self.scales_[name].decimals
        return f"{value:.6g}" if decimals is None else f"{value:.{decimals}f}"

    def slot_name(self, kind: str, index: int) -> str:
        """編碼的第 ``index`` 個類別（"category"）或數字（"number"）是哪一欄；旗標算是它的數字那一欄。"""
        if kind == "number":
            return tuple(self.scales_)[index]
        return (*self.category_names, *self.spiked_)[index]

    @property
    def cell_names(self) -> tuple[str, ...]:
        """一格一格的順序：類別在前，數字在後（``likelihood.Mixed.cell_log_prob`` 的欄）。"""
        return (*self.category_names, *self.scales_)

    def get_feature_names_out(self, input_features: Any = None) -> NDArray:
        """展開以後每一欄的名字：水準、數字、有沒有觀察到。"""
        levels = [] if self.categories_ is None else self.categories_.column_names
        names = [*levels, *self.scales_, *(f"{name}（有值）" for name in self.scales_)]
        return np.array(names, dtype=object)

    # ---- 存與讀 ----------------------------------------

    def to_json(self) -> str:
        """規則的 JSON 文字。"""
        check_is_fitted(self)
        document = {
            "kind": FILE_KIND,
            "scaling": self.scaling,
            "spike": self.spike,
            "absent": {name: rule.to_dict() for name, rule in self.absent_.items()},
            "written": list(self.written_),
            "columns": list(self.columns_),
            "dropped": list(self.dropped_),
            "spiked": list(self.spiked_),
            "dates": list(self.dates_),
            "numbers": {name: scale.to_dict() for name, scale in self.scales_.items()},
            "categories": None if self.categories_ is None else json.loads(self.categories_.to_json()),
        }
        return json.dumps(document, ensure_ascii=False, indent=1)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """由 ``to_json`` 的文字讀回；不完整、不是這裡寫的，引發 ``ValueError``。"""
        try:
            document = json.loads(text)
            if document["kind"] != FILE_KIND:
                raise ValueError(f"kind 是 {document['kind']!r}，應是 {FILE_KIND!r}")
            rules = {name: Rule.from_dict(rule) for name, rule in document["absent"].items()}
            schema = cls(rules, document["scaling"], document["spike"])
            schema.absent_, schema.written_ = rules, tuple(document["written"])
            schema.columns_ = tuple(document["columns"])
            schema.dropped_, schema.spiked_ = tuple(document["dropped"]), tuple(document["spiked"])
            schema.dates_ = tuple(document["dates"])
            schema.scales_ = {name: Scale.from_dict(scale) for name, scale in document["numbers"].items()}
            found = document["categories"]
            schema.categories_ = None if found is None else OneHotSchema.from_json(json.dumps(found))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise ValueError(
                f"編碼規則的內容不對（{error}）；檔案可能截斷了，請重新訓練，或換一個檔案。"
            ) from None
        schema.feature_names_in_ = np.array([*schema.columns_, *schema.dropped_], dtype=object)
        schema.n_features_in_ = len(schema.feature_names_in_)
        return schema

    def save(self, path: str | Path) -> None:
        """把規則寫成 JSON 檔；寫入是原子的。"""
        write_text(path, self.to_json())

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """讀回 ``save`` 寫的檔案；找不到或內容不對，引發 ``ValueError``。"""
        try:
            text = Path(path).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            raise ValueError(f"讀不到編碼規則的檔案 {path}；請檢查路徑，或重新訓練。") from None
        return cls.from_json(text)

    # ---- 內部 ----------------------------------------

    def _levels(self, frame: pd.DataFrame) -> pd.DataFrame:
        """類別的欄，最後接上各旗標。"""
        flags = {name + ZERO_FLAG: _flag(_numbers(frame[name])) for name in self.spiked_}
        rules = {name: rule for name, rule in self.absent_.items() if name not in self.scales_}
        return apply_rules(frame, rules)[list(self.category_names)].assign(**flags)

    def _codes(self, frame: pd.DataFrame) -> NDArray:
        if self.categories_ is None:
            return np.empty((len(frame), 0), dtype=np.int64)
        small = np.int16 if max(self.groups) <= np.iinfo(np.int16).max else np.int32  # 一百萬列只占四分之一
        return self.categories_.codes(self._levels(frame), small)

    def _spiked_places(self) -> tuple[int, ...]:
        return tuple(place for place, name in enumerate(self.scales_) if name in self.spiked_)


_EPOCH = pd.Timestamp("1970-01-01")
#: 旗標在類別規則裡的名字：欄名加上這個字尾。
ZERO_FLAG = "（是不是 0）"


def is_number(column: pd.Series) -> bool:
    """這一欄是數字嗎？日期也是（天數），布林是類別。"""
    numeric = pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)
    return numeric or _is_date(column)


def _is_date(column: pd.Series) -> bool:
    return pd.api.types.is_datetime64_any_dtype(column)


def _checked(X: pd.DataFrame) -> pd.DataFrame:
    if not isinstance(X, pd.DataFrame):
        raise ValueError(
            f"資料 X 是 {type(X).__name__}；TableSchema 要有欄名的 pandas.DataFrame，請先 pd.DataFrame(X)。"
        )
    repeated = X.columns[X.columns.duplicated()]
    if len(repeated):
        raise ValueError(f"資料 X 有重複的欄名「{repeated[0]}」；請改成不同的名字。")
    return X


def _numbers(column: pd.Series) -> NDArray:
    if _is_date(column):
        return ((column - _EPOCH) / pd.Timedelta(days=1)).to_numpy(dtype=float)
    try:
        values = column.to_numpy(dtype=float, na_value=np.nan)
    except (TypeError, ValueError):
        raise ValueError(
            f"資料 X 的「{column.name}」欄訓練時是數字，這裡卻有不是數字的值；請檢查是不是拿錯了檔案。"
        ) from None
    if np.isinf(values).any():
        row = int(np.argmax(np.isinf(values)))
        raise ValueError(f"資料 X 的「{column.name}」欄第 {row} 列是 inf；請改成有限的數，缺失寫 NaN。")
    return values


def _has_spike(values: NDArray, share: float) -> bool:
    known = values[np.isfinite(values)]
    return bool((known == 0).mean() >= share and len(np.unique(known)) > SPIKE_VALUES)


def _without_zeros(values: NDArray) -> NDArray:
    return np.where(values == 0, np.nan, values)


def _flag(values: NDArray) -> NDArray:
    flags = np.where(values == 0, ZERO, NOT_ZERO).astype(object)
    flags[np.isnan(values)] = np.nan
    return flags
