"""次數表（列聯表攤平以後的樣子）：類別的每一種組合一列，最後一欄是有幾個。

把它當成一般的表，一列就是一個樣本：次數一千的組合與次數一的份量相同，學到的不是原來的比例。
"""

import re

import pandas as pd

#: 欄名整個是這些字，才像次數。
_TALLY_NAME = re.compile(r"freq|frequency|counts?|n|次數|個數|人數|件數|戶數|頻次", re.IGNORECASE)


def tally_column(frame: pd.DataFrame) -> str | None:
    """次數的那一欄；不像次數表是 None。

    要恰有一個數字的欄，名字像次數，值是 0 以上的整數，其餘都是類別，而且沒有兩列的類別完全相同。

    >>> frame = pd.DataFrame({"髮": ["黑", "黑", "金"], "眼": ["棕", "藍", "藍"], "Freq": [68.0, 20.0, 94.0]})
    >>> tally_column(frame), tally_column(frame.rename(columns={"Freq": "分數"}))
    ('Freq', None)
    """
    numbers = [name for name in frame.columns if frame[name].dtype.kind in "fM"]
    others = [name for name in frame.columns if name not in numbers]
    if len(numbers) != 1 or not others or not _TALLY_NAME.fullmatch(str(numbers[0])):
        return None
    values = frame[numbers[0]]
    whole = bool(((values >= 0) & (values == values.round())).all())
    return str(numbers[0]) if whole and not frame[others].duplicated().any() else None


def caution(frame: pd.DataFrame) -> str | None:
    """給終端機與報告的一句；不像次數表是 None。"""
    name = tally_column(frame)
    if name is None:
        return None
    return (
        f"這看起來是次數表：類別的每一種組合一列，「{name}」是有幾個。這裡一列算一個樣本，學到的不是原來的比例；"
        f"請先展開成一個一列，例如 pandas 的 df.loc[df.index.repeat(df[{name!r}])].drop(columns={name!r})。"
    )
