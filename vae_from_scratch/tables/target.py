"""目標欄：模型看不到它，只用來打分數。數字就問 R²，類別就問準確率。"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from .columns import looks_numeric
from .reading import LEAST_ROWS, suggestion

#: 數字的目標只有這麼少種值時，多半是代碼（例如 0 與 1），當類別看。
FEW_VALUES = 10
MOST_CLASSES = 50


@dataclass(frozen=True, eq=False)
class Target:
    """``values`` (N,)：數字，或類別在 ``classes`` 裡的位置；不知道的是 NaN。``classes`` 是空的就是數字。"""

    name: str
    values: NDArray
    classes: tuple[str, ...] = ()
    log: bool = False

    @property
    def known(self) -> NDArray:
        """知道目標的列，布林 (N,)。"""
        return np.isfinite(self.values)

    @property
    def measure(self) -> str:
        """分數的名字。"""
        return "準確率" if self.classes else "R²"

    @property
    def label(self) -> str:
        """軸與表上的名字。"""
        return f"log {self.name}" if self.log else self.name


def read_target(table: pd.DataFrame, name: str, *, log: bool = False, skip_gaps: bool = False) -> Target:
    """取出目標欄；不在檔案裡、有空格、只有一個值、類別太多，都引發 ``ValueError``。

    ``skip_gaps``：沒有目標的列照樣訓練，只是不打分數。``log``：取對數（每個值都要大於 0）。
    """
    if name not in table.columns:
        raise ValueError(f"引數 --target 的「{name}」不在檔案裡；{suggestion(name, list(table.columns))}")
    column = table[name]
    _check_gaps(column, skip_gaps)
    if column.nunique() < 2:
        raise ValueError(
            f"目標「{name}」只有一個值「{column.dropna().iloc[0]}」，沒有東西可以預測；"
            "請換一欄，或拿掉 --target。"
        )
    if looks_numeric(column) and (log or column.nunique() > FEW_VALUES):
        return Target(name, _numbers(column, log), log=log)
    if log:
        raise ValueError(f"--log-target 只用在數字的目標，「{name}」不是數字；請拿掉 --log-target。")
    return _classes(column)


def _check_gaps(column: pd.Series, skip_gaps: bool) -> None:
    gaps = column.isna().to_numpy()
    n_known = int((~gaps).sum())
    if n_known < LEAST_ROWS:
        raise ValueError(
            f"目標「{column.name}」只有 {n_known} 列有值；至少要 {LEAST_ROWS} 列才能打分數，請換一欄。"
        )
    if gaps.any() and not skip_gaps:
        raise ValueError(
            f"目標「{column.name}」有 {gaps.sum()} 列是空的（第一個在第 {int(np.argmax(gaps)) + 1} 列資料）；"
            "請補上或刪掉那些列，或加上 --skip-target-gaps：那些列照樣訓練，只是不打分數。"
        )


def _numbers(column: pd.Series, log: bool) -> NDArray:
    values = pd.to_numeric(column).to_numpy(dtype=float, na_value=np.nan)
    bad = np.isinf(values) | ((values <= 0) if log else False)
    if bad.any():
        row = int(np.argmax(bad))
        cure = "取對數的目標必須是正數，請改正或拿掉 --log-target" if log else "請改成有限的數"
        raise ValueError(f"目標「{column.name}」的第 {row + 1} 列資料是「{column.iloc[row]}」；{cure}。")
    return np.log(values) if log else values


def _classes(column: pd.Series) -> Target:
    classes = tuple(sorted(column.dropna().unique()))
    if len(classes) > MOST_CLASSES or len(classes) * 2 > column.notna().sum():
        raise ValueError(
            f"目標「{column.name}」是文字，有 {len(classes)} 種不同的值，像是編號或姓名；"
            f"類別的目標最多 {MOST_CLASSES} 種，請換一欄。"
        )
    codes = pd.Index(classes, dtype=object).get_indexer(column).astype(float)
    return Target(str(column.name), np.where(codes < 0, np.nan, codes), classes)
