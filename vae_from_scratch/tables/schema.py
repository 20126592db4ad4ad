"""獨熱編碼的規則：每個類別變數有哪些水準、排在哪一欄；只從訓練資料學，存成 JSON（第 10 章）。

``pandas.get_dummies`` 每次都照眼前的資料決定欄，新資料多一個或少一個水準，欄就對不齊；規則學一次、存下來，
編碼才會永遠是同一個形狀。
"""

import json
from collections.abc import Mapping, Sequence
from numbers import Real
from pathlib import Path
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, DTypeLike, NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from ..files import write_text
from ..groups import Groups
from ..rows import CategoryCodes
from .missing import MISSING_RULES, NONE, check_rule

FILE_KIND = "one-hot schema"
#: 一欄至少這麼多格有值、卻沒有一格見過，才當成拿錯了檔案；更少的列碰巧全是新水準，不奇怪。
FEWEST_CELLS = 10


class OneHotSchema(TransformerMixin, BaseEstimator):
    """把類別變數的表編碼成 0 與 1 的矩陣 (N, D)，欄的順序固定。

    參數 ``missing``：缺失的格子怎麼編碼。
        ``"zeros"``：那個變數的各欄全是 0（原文的做法；``Categorical`` 概似會跳過全 0 的一組）。
        ``"level"``：訓練時有缺失的變數多一個水準「無」。

    訓練時沒見過的水準不會多出欄，那一組全是 0；``unseen`` 數出有哪些、各幾次。可是一欄有 10 格以上有值、
    沒有一格的水準見過，就是拿錯了檔案（或那一欄是編號），編碼時引發 ``ValueError``。
    訓練時整欄都是缺失的變數沒有水準可學，列在 ``dropped_``，不編碼。
    格子裡是數字的，照數值認水準：20 與 20.0 是同一個水準 ``"20"``；是文字的，照文字認（``"20.0"`` 另算）。

    訓練後的屬性：``variables_``（變數名）、``levels_``（各變數的水準，依欄的順序）、``dropped_``。

    >>> table = pd.DataFrame({"色": ["紅", "藍", None], "樓層": [1, 2, 2]})
    >>> schema = OneHotSchema().fit(table)
    >>> schema.column_names
    ['色=紅', '色=藍', '樓層=1', '樓層=2']
    >>> schema.encode(table)
    array([[1., 0., 1., 0.],
           [0., 1., 0., 1.],
           [0., 0., 0., 1.]])
    >>> schema.unseen(pd.DataFrame({"色": ["綠"], "樓層": [2.0]}))
    {'色': {'綠': 1}}
    """

    def __init__(self, missing: str = "zeros") -> None:
        self.missing = missing

    def fit(self, X: ArrayLike | pd.DataFrame, y: Any = None) -> Self:
        """從訓練資料學水準：依字典順序排列，「無」排最後。y 不使用。"""
        check_rule(self.missing)
        frame = _as_frame(X)
        levels = {name: _levels(frame[name], self.missing) for name in frame.columns}
        self._set_levels(levels)
        self.feature_names_in_ = np.array(frame.columns, dtype=object)
        self.n_features_in_ = frame.shape[1]
        return self

    # ---- 編碼與解碼 ----------------------------------------

    def transform(self, X: ArrayLike | pd.DataFrame) -> CategoryCodes:
        """放進 scikit-learn 的 Pipeline 時用：``encode`` 的矩陣 (N, D)，記成知道自己各變數有幾個水準的代碼。

        所以下一步的 ``VAE(likelihood="categorical")`` 不必另外給 ``groups``；別的估計器拿到的就是那個矩陣。

        >>> from sklearn.pipeline import make_pipeline
        >>> from vae_from_scratch import VAE
        >>> table = pd.DataFrame({"色": list("紅藍紅藍"), "形": list("圓方圓圓")})
        >>> make_pipeline(OneHotSchema(), VAE(likelihood="categorical", epochs=1)).fit_transform(table).shape
        (4, 2)
        """
        return CategoryCodes(self.codes(X), self.groups)

    def encode(self, X: ArrayLike | pd.DataFrame, dtype: str = "float64") -> NDArray:
        """0 與 1 的矩陣 (N, D)。"""
        return Groups(self.groups).one_hot(self.codes(X), dtype)

    def codes(self, X: ArrayLike | pd.DataFrame, dtype: DTypeLike = "int64") -> NDArray:
        """整數代碼 (N, V)：第 v 個變數的第幾個水準；缺失與沒見過的是 −1。"""
        frame = self._select(X)
        codes = self._codes(frame, dtype)
        self._check_any_seen(frame, codes)
        return codes

    def unseen(self, X: ArrayLike | pd.DataFrame) -> dict[str, dict[str, int]]:
        """訓練時沒見過的水準：``{變數: {水準: 次數}}``；都見過就是空的。"""
        frame = self._select(X)
        codes, found = self._codes(frame), {}
        for position, name in enumerate(self.variables_):
            strange = frame[name][(codes[:, position] < 0) & frame[name].notna().to_numpy()]
            if len(strange):
                counts = strange.value_counts()
                found[name] = {str(level): int(count) for level, count in counts.items() if count}
        return found

    def decode(self, x: ArrayLike) -> pd.DataFrame:
        """由 0/1 或機率 (N, D) 讀回文字：每個變數取最大的水準，整組都是 0 的是 NaN。"""
        check_is_fitted(self)
        x = np.asarray(x)
        if x.ndim != 2 or x.shape[1] != self.n_columns:
            raise ValueError(f"引數 x 的形狀是 {x.shape}；這份編碼規則的矩陣是 (N, {self.n_columns})。")
        codes = Groups(self.groups).codes(x)
        columns = {  # 代碼 −1（整組為 0）指到最後接上的 NaN
            name: np.array([*levels, np.nan], dtype=object)[column]
            for name, levels, column in zip(self.variables_, self.levels_, codes.T, strict=True)
        }
        return pd.DataFrame(columns, dtype=object)

    def inverse_transform(self, X: ArrayLike) -> pd.DataFrame:
        """``decode`` 的別名（scikit-learn 的名字）。"""
        return self.decode(X)

    # ---- 形狀與名字 ----------------------------------------

    @property
    def groups(self) -> tuple[int, ...]:
        """各變數的水準個數，給 ``Categorical`` 概似用。"""
        check_is_fitted(self)
        return tuple(len(levels) for levels in self.levels_)

    @property
    def n_columns(self) -> int:
        """獨熱編碼的欄數 D。"""
        return sum(self.groups)

    @property
    def column_names(self) -> list[str]:
        """每一欄的名字，例如 ``MSZoning=RL``。"""
        check_is_fitted(self)
        return [
            f"{name}={level}"
            for name, levels in zip(self.variables_, self.levels_, strict=True)
            for level in levels
        ]

    def get_feature_names_out(self, input_features: Any = None) -> NDArray:
        """``column_names``，scikit-learn 的名字。"""
        return np.array(self.column_names, dtype=object)

    # ---- 存與讀 ----------------------------------------

    def to_json(self) -> str:
        """規則的 JSON 文字；人也看得懂。"""
        check_is_fitted(self)
        variables = [
            {"name": name, "levels": list(levels)}
            for name, levels in zip(self.variables_, self.levels_, strict=True)
        ]
        document = {
            "kind": FILE_KIND,
            "missing": self.missing,
            "variables": variables,
            "dropped": list(self.dropped_),
        }
        return json.dumps(document, ensure_ascii=False, indent=1)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """由 ``to_json`` 的文字讀回；內容不對引發 ``ValueError``，說出哪裡不對。"""
        document = _parse_document(text)
        schema = cls(missing=document["missing"])
        levels = {variable["name"]: tuple(variable["levels"]) for variable in document["variables"]}
        schema._set_levels(levels | dict.fromkeys(document["dropped"], ()))
        schema.feature_names_in_ = np.array([*schema.variables_, *schema.dropped_], dtype=object)
        schema.n_features_in_ = len(schema.feature_names_in_)
        return schema

    def save(self, path: str | Path) -> None:
        """把規則寫成 JSON 檔；寫入是原子的，中斷不會弄壞舊檔。"""
        write_text(path, self.to_json())

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """讀回 ``save`` 寫的檔案；找不到或內容不對，引發 ``ValueError``。"""
        try:
            text = Path(path).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            raise ValueError(f"讀不到編碼規則的檔案 {path}；請檢查路徑，或重新訓練。") from None
        try:
            return cls.from_json(text)
        except ValueError as error:
            raise ValueError(f"{path}：{error}") from None

    # ---- 內部 ----------------------------------------

    def _set_levels(self, levels: Mapping[str, Sequence[str]]) -> None:
        kept = {name: tuple(found) for name, found in levels.items() if found}
        if not kept:
            raise ValueError("資料 X 的每一欄都是空的（全部缺失），沒有水準可學；請檢查資料是否讀對。")
        self.variables_ = tuple(kept)
        self.levels_ = tuple(kept.values())
        self.dropped_ = tuple(name for name in levels if name not in kept)

    def _codes(self, frame: pd.DataFrame, dtype: DTypeLike = "int64") -> NDArray:
        codes = np.empty((len(frame), len(self.variables_)), dtype)
        for position, (name, levels) in enumerate(zip(self.variables_, self.levels_, strict=True)):
            codes[:, position] = _places(frame[name], levels)
        return codes

    def _check_any_seen(self, frame: pd.DataFrame, codes: NDArray) -> None:
        """每一欄都有見過的水準嗎？值太少的欄看不出來，不管。"""
        for name, levels, column in zip(self.variables_, self.levels_, codes.T, strict=True):
            known = (frame[name].notna() & (frame[name] != NONE)).to_numpy()
            if known.sum() >= FEWEST_CELLS and (column[known] < 0).all():
                raise ValueError(
                    f"資料 X 的「{name}」欄有 {known.sum()} 格有值，沒有一格的水準是訓練時見過的："
                    f"這裡是{_examples(frame[name][known].unique())}，訓練時是{_examples(levels)}。"
                    "請檢查是不是拿錯了檔案；若這一欄是編號（每列都不同），請先拿掉它再訓練。"
                )

    def _select(self, X: ArrayLike | pd.DataFrame) -> pd.DataFrame:
        """照規則的順序取出需要的欄，多的不看，缺的報錯。"""
        check_is_fitted(self)
        frame = _as_frame(X)
        absent = [name for name in self.variables_ if name not in frame.columns]
        if absent:
            raise ValueError(
                f"資料 X 缺少編碼規則要的欄：{'、'.join(absent[:5])}（共缺 {len(absent)} 欄）；"
                "請用與訓練時相同的欄名。"
            )
        frame = frame[list(self.variables_)]
        if self.missing == "zeros":
            return frame
        with_none = [name for name, found in zip(self.variables_, self.levels_, strict=True) if NONE in found]
        return frame.assign(**{name: frame[name].astype(object).fillna(NONE) for name in with_none})


def _as_frame(X: ArrayLike | pd.DataFrame) -> pd.DataFrame:
    """文字的表；不是字串的值（例如整數代碼）換成文字，欄名也是。"""
    if not isinstance(X, pd.DataFrame):
        values = np.asarray(X, dtype=object)
        if values.ndim != 2:
            raise ValueError(f"資料 X 的形狀是 {values.shape}；請給 (N, V) 的表，一欄一個變數。")
        X = pd.DataFrame(values, columns=[f"x{position}" for position in range(values.shape[1])])
    names = [str(name) for name in X.columns]
    if len(set(names)) < len(names):
        repeated = sorted({name for name in names if names.count(name) > 1})
        raise ValueError(f"資料 X 有重複的欄名：{'、'.join(repeated)}；請改成不同的名字。")
    columns = [_text_column(X.iloc[:, place]) for place in range(X.shape[1])]
    return pd.DataFrame(
        dict(zip(names, columns, strict=True)), columns=pd.Index(names, dtype=object), index=X.index
    )


def _text_column(column: pd.Series) -> pd.Series:
    """每一格換成文字。Categorical 只換水準，不展開成一格一個字串：一百萬列也只是整數。"""
    if isinstance(column.dtype, pd.CategoricalDtype):
        texts = [_text(level) for level in column.cat.categories]
        if len(set(texts)) == len(texts):
            return column.cat.rename_categories(pd.Index(texts, dtype=object))
        column = column.astype(object)
    if pd.api.types.infer_dtype(column, skipna=True) == "string":  # 都已經是文字，不必一格一格換
        return column.astype(object).where(column.notna(), np.nan)
    return column.map(_text, na_action="ignore").astype(object)


def _places(column: pd.Series, levels: Sequence[str]) -> NDArray:
    """每一格是第幾個水準；沒有的與缺失的是 −1。"""
    index = pd.Index(levels, dtype=object)
    if isinstance(column.dtype, pd.CategoricalDtype):
        return np.append(index.get_indexer(column.cat.categories), -1)[column.cat.codes]
    return index.get_indexer(column)


def _text(value: Any) -> str:
    """水準的名字。整數的欄有了缺失，pandas 會換成浮點數：20.0 與 20 要是同一個名字。"""
    if isinstance(value, str):
        return value
    is_number = isinstance(value, Real) and not isinstance(value, bool)
    return str(int(value)) if is_number and float(value).is_integer() else str(value)


def _examples(levels: Sequence[str]) -> str:
    return "、".join(f"「{level}」" for level in levels[:3]) + ("……" if len(levels) > 3 else "")


def _levels(column: pd.Series, missing: str) -> tuple[str, ...]:
    observed = set(column.dropna().unique())
    if missing == "level" and column.isna().any():
        observed.add(NONE)
    return (*sorted(observed - {NONE}), *(observed & {NONE}))


def _parse_document(text: str) -> dict[str, Any]:
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        raise ValueError(
            f"編碼規則不是完整的 JSON（第 {error.lineno} 行）；檔案可能截斷了，請重新訓練。"
        ) from None
    problem = _problem(document)
    if problem:
        raise ValueError(f"編碼規則的內容不對：{problem}；請重新訓練，或換一個檔案。")
    return document


def _problem(document: Any) -> str | None:
    """檢查讀進來的規則，傳回第一個問題；沒有問題傳回 None。"""
    if not isinstance(document, dict) or document.get("kind") != FILE_KIND:
        return f"kind 應是 {FILE_KIND!r}"
    if document.get("missing") not in MISSING_RULES:
        return f"missing 是 {document.get('missing')!r}，應是 {'、'.join(MISSING_RULES)} 之一"
    variables, dropped = document.get("variables"), document.get("dropped")
    if not isinstance(variables, list) or not variables or not isinstance(dropped, list):
        return "variables 與 dropped 應是清單"
    for variable in variables:
        if not isinstance(variable, dict) or not isinstance(variable.get("name"), str):
            return "每個變數都要有名字（name）"
        if not _is_level_list(variable.get("levels")):
            return f"變數 {variable['name']} 的水準（levels）應是不重複的文字，至少一個"
    names = [variable["name"] for variable in variables] + [str(name) for name in dropped]
    return "變數的名字重複" if len(set(names)) < len(names) else None


def _is_level_list(value: Any) -> bool:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        return False
    return 0 < len(value) == len(set(value))
