"""``fit`` 寫出的模型資料夾：讀回來、確認完整，然後編碼、生成、補缺失、打分數。

三個檔案合成一個模型：``model.npz``（平面的 ``TableVAE``）、``generator.npz``（生成的）、``fit.json``
（其餘的，包括前兩個檔案的檢查碼，所以混進別次訓練的檔案看得出來）。
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..files import write_text
from .missing import MISSING_AMONG_NUMBERS, NONE, folded, is_missing
from .reading import CHOOSABLE, Reading, suggestion
from .reading.cells import clean, number_text
from .reading.kinds import CATEGORY, DATE, NUMBER
from .table_vae import TableVAE
from .written import write_days, write_number

KIND = "vae_from_scratch fit"
PARTS = ("model.npz", "generator.npz")
INFO = "fit.json"
#: 資料夾的格式；欄位的意思改了就加一，舊的程式才說得出是檔案比較新。
FORMAT = 1
#: 舊版的 fit 寫的，現在沒有的檔案。
OLD_PART = "schema.json"


@dataclass(frozen=True, eq=False)
class SavedModel:
    """``plane`` 畫平面與編碼；``generator`` 生成、補缺失、打分數；``info`` 是設定與結果，可以寫成 JSON。"""

    plane: TableVAE
    generator: TableVAE
    info: Mapping[str, Any]

    # ---- 存與讀 ----------------------------------------

    def save(self, folder: Path) -> None:
        """寫進已經存在的資料夾。"""
        self.plane.save(folder / PARTS[0])
        self.generator.save(folder / PARTS[1])
        digests = {name: _digest(folder / name) for name in PARTS}
        document = {"kind": KIND, "format": FORMAT, "digests": digests, **self.info}
        write_text(folder / INFO, json.dumps(document, ensure_ascii=False, indent=1) + "\n")

    @classmethod
    def load(cls, folder: str | Path) -> Self:
        """讀回 ``save`` 寫的資料夾；缺檔案、壞了、不是這裡寫的，引發 ``ValueError``。"""
        folder = Path(folder)
        document = _read_info(folder)
        for name in PARTS:
            if _digest(folder / name) != document["digests"][name]:
                raise ValueError(
                    f"{folder / name} 與 {INFO} 的紀錄不符：檔案截斷了、被改過，或是別次訓練的；"
                    "請重新執行 fit，或換回原來的檔案。"
                )
        plane, generator = (TableVAE.load(folder / name) for name in PARTS)
        if plane.schema_.columns_ != generator.schema_.columns_:
            raise ValueError(f"{folder} 的兩個模型欄不同；請重新執行 fit。")
        return cls(plane, generator, document)

    # ---- 使用 ----------------------------------------

    @property
    def columns(self) -> tuple[str, ...]:
        """模型要的欄，依順序。"""
        return self.plane.schema_.columns_

    @property
    def is_bernoulli(self) -> bool:
        """用伯努利概似訓練的嗎？條件機率與生成讀成 softmax。"""
        return self.plane.likelihood == "bernoulli"

    def kinds(self, recipe: Mapping[str, str]) -> dict[str, str]:
        """讀檔時各欄的種類：訓練時的（``Reading.recipe`` 的 kinds）；那時由資料決定的，照模型看到的。"""
        schema = self.plane.schema_
        found = dict(recipe)
        for name in self.columns:
            told = found.get(name, "")
            if told.partition(":")[0] in CHOOSABLE:
                continue
            number = DATE if name in schema.dates_ else NUMBER
            found[name] = number if name in schema.scales_ else CATEGORY
        return found

    def select(self, reading: Reading, path: str | Path) -> pd.DataFrame:
        """模型要的欄，照模型的順序與種類（數字、日期、類別）；缺欄、數字讀不成數字，引發 ``ValueError``。"""
        absent = [name for name in self.columns if name not in reading.table.columns]
        if absent:
            hint = suggestion(absent[0], list(reading.table.columns))
            raise ValueError(
                f"{path} 與這個模型對不上，缺少模型要的 {len(absent)} 欄：{'、'.join(absent[:5])}"
                f"{'……' if len(absent) > 5 else ''}。{hint}請給欄名與訓練時相同的檔案，或用這個檔案重新 fit。"
            )
        schema = self.plane.schema_
        if reading.raw is not None:
            numbers = {name: "日期" if name in schema.dates_ else "數字" for name in schema.scales_}
            _check_readable(reading, numbers, path)
        return self._named(reading.frame(self.columns, schema.scales_, schema.dates_))

    def _named(self, frame: pd.DataFrame) -> pd.DataFrame:
        """--missing level 的模型，訓練以前就寫成「無」的欄（房價照資料說明）空白也寫成「無」。

        規則記得的欄（``absent_``），編碼時自己會寫；各種概似都一樣。
        """
        schema = self.plane.schema_
        if self.info["plan"]["missing"] != "level":
            return frame
        named = [
            name
            for name in schema.category_names
            if name not in schema.absent_ and NONE in schema.levels(name)
        ]
        return frame.assign(**{name: frame[name].astype(object).fillna(NONE) for name in named})

    # ---- 寫回檔案的樣子 ----------------------------------------

    @property
    def styles(self) -> Mapping[str, str]:
        """數字與日期在原來的檔案裡的樣子（``written.styles``）；沒有寫的是普通的寫法。"""
        return self.info.get("styles", {})

    def write(self, name: str, value: Any, styles: Mapping[str, str], exact: bool = False) -> str:
        """一格寫成文字；缺失是空的。``exact``：小數位數比訓練資料多的也照寫，不捨入。"""
        schema = self.plane.schema_
        if pd.isna(value):
            return ""
        if name not in schema.scales_:
            return str(value)
        style = styles.get(name, "")
        if name in schema.dates_:
            return write_days((pd.Timestamp(value) - pd.Timestamp(0)) / pd.Timedelta(days=1), style)
        text = schema.write(name, value)
        if exact and float(text) != value:
            text = number_text(float(value))
        return write_number(text, style)

    def as_written(self, frame: pd.DataFrame, exact: frozenset[str] = frozenset()) -> pd.DataFrame:
        """生成的表，每一格照原來的檔案的樣子寫成文字；``exact`` 是不捨入的欄。"""
        columns = {name: self._written(frame[name], name in exact) for name in frame.columns}
        return pd.DataFrame(columns, index=frame.index, dtype=object)

    def _written(self, column: pd.Series, exact: bool) -> pd.Series:
        codes, values = pd.factorize(column)
        texts = [self.write(str(column.name), value, self.styles, exact) for value in values]
        return pd.Series(np.array([*texts, ""], dtype=object)[codes], index=column.index, dtype=object)


def code_columns(mean: NDArray, log_var: NDArray) -> dict[str, NDArray]:
    """編碼的欄：mean_1、log_var_1、mean_2……。"""
    columns: dict[str, NDArray] = {}
    for unit in range(mean.shape[1]):
        columns |= {f"mean_{unit + 1}": mean[:, unit], f"log_var_{unit + 1}": log_var[:, unit]}
    return columns


def unreadable(reading: Reading, name: str) -> NDArray:
    """數字的欄裡，寫了字卻讀不成數字、當作缺失的格子，布林 (N,)；要 ``keep_text`` 的讀法。"""
    assert reading.raw is not None  # keep_text
    gone, raw = reading.table[name].isna().to_numpy(), reading.raw[name]
    among = {folded(word) for word in MISSING_AMONG_NUMBERS}
    blank = {
        text for text in raw[gone].unique()
        if is_missing(clean(text), reading.options.words) or folded(text) in among
    }  # fmt: skip
    return gone & ~raw.isin(blank).to_numpy()


def _check_readable(reading: Reading, numbers: Mapping[str, str], path: str | Path) -> None:
    """訓練時是數字的欄，至少要有一格讀得成數字；沒有一格有值的不管。"""
    assert reading.raw is not None  # keep_text
    for name, kind in numbers.items():
        bad = unreadable(reading, name)
        if bad.any() and reading.table[name].isna().all():
            raise ValueError(
                f"{path} 的「{name}」欄訓練時是{kind}，這裡的 {bad.sum()} 格"
                f"沒有一格讀得成（例如「{reading.raw[name][bad].iloc[0]}」）；"
                "請檢查是不是拿錯了檔案，或用 --na 把那些字當缺失。"
            )


def _read_info(folder: Path) -> dict[str, Any]:
    if not folder.is_dir():
        found = "是一個檔案" if folder.exists() else "不存在"
        raise ValueError(f"引數 --model 的 {folder} {found}；請給 fit 寫出的資料夾，例如 runs/資料。")
    if (folder / OLD_PART).is_file() and not (folder / PARTS[1]).is_file():
        raise ValueError(
            f"引數 --model 的 {folder} 是舊版的 fit 寫的（{OLD_PART} 與 model.npz）；"
            "模型的格式換過了，請用原來的資料重新執行 fit。"
        )
    absent = [name for name in (INFO, *PARTS) if not (folder / name).is_file()]
    if absent:
        raise ValueError(
            f"引數 --model 的 {folder} 不是 fit 寫出的資料夾，缺少 {'、'.join(absent)}；請給 fit 的 --out。"
        )
    try:
        document = json.loads((folder / INFO).read_text(encoding="utf-8"))
    except ValueError:
        document = None
    if not _is_complete(document):
        raise ValueError(f"{folder / INFO} 壞了或不是 fit 寫的；請重新執行 fit。")
    if document.get("format") != FORMAT:
        raise ValueError(
            f"{folder / INFO} 的格式是 {document.get('format')}，這個版本讀的是 {FORMAT}；"
            "請換成寫它的版本，或用原來的資料重新執行 fit。"
        )
    return document


def _is_complete(document: Any) -> bool:
    if not isinstance(document, dict) or document.get("kind") != KIND:
        return False
    digests = document.get("digests")
    return isinstance(digests, dict) and set(digests) == set(PARTS) and isinstance(document.get("plan"), dict)


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
