"""``fit`` 寫出的模型資料夾：讀回來、確認完整，然後編碼、生成、補缺失、打分數。

三個檔案合成一個模型：``model.npz``（參數）、``schema.json``（編碼規則）、``fit.json``（其餘的一切，
包括前兩個檔案的檢查碼，所以混進別次訓練的檔案看得出來）。
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..files import write_text
from ..groups import Groups
from ..likelihood import Categorical
from ..model import VAE
from . import oddity
from .missing import NONE
from .reading import suggestion
from .schema import OneHotSchema

KIND = "vae_from_scratch fit"
PARTS = ("model.npz", "schema.json")
INFO = "fit.json"


@dataclass(frozen=True, eq=False)
class SavedModel:
    """``counts`` (D,) 是訓練的列裡各水準的次數；``info`` 是其餘的設定與結果，可以寫成 JSON。"""

    vae: VAE
    schema: OneHotSchema
    counts: NDArray
    info: Mapping[str, Any]

    # ---- 存與讀 ----------------------------------------

    def save(self, folder: Path) -> None:
        """寫進已經存在的資料夾。"""
        self.vae.save(folder / "model.npz")
        self.schema.save(folder / "schema.json")
        document = {
            "kind": KIND,
            "digests": {name: _digest(folder / name) for name in PARTS},
            "counts": self.counts.astype(int).tolist(),
            **self.info,
        }
        text = json.dumps(document, ensure_ascii=False, indent=1) + "\n"
        write_text(folder / INFO, text)

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
        vae, schema = VAE.load(folder / "model.npz"), OneHotSchema.load(folder / "schema.json")
        counts = np.array(document.pop("counts"), dtype=float)
        if not len(counts) == schema.n_columns == vae.n_features_in_:
            raise ValueError(f"{folder} 的模型、編碼規則與邊際分布欄數不同；請重新執行 fit。")
        return cls(vae, schema, counts, document)

    # ---- 使用 ----------------------------------------

    @property
    def variables(self) -> tuple[str, ...]:
        """模型要的欄，依順序。"""
        return self.schema.variables_

    @property
    def is_categorical(self) -> bool:
        """用類別概似訓練的嗎？伯努利的模型在條件機率與生成裡讀成 softmax。"""
        return isinstance(self.vae.likelihood_, Categorical)

    def select(self, table: pd.DataFrame, path: str | Path) -> pd.DataFrame:
        """模型要的欄，依模型的順序；訓練時把「沒有」編成水準的，空白寫成「無」。缺欄引發 ``ValueError``。"""
        absent = [name for name in self.variables if name not in table.columns]
        if absent:
            hint = suggestion(absent[0], list(table.columns))
            raise ValueError(
                f"{path} 與這個模型對不上，缺少模型要的 {len(absent)} 欄：{'、'.join(absent[:5])}"
                f"{'……' if len(absent) > 5 else ''}。{hint}請給欄名與訓練時相同的檔案，或用這個檔案重新 fit。"
            )
        return self._named(table[list(self.variables)])

    def _named(self, frame: pd.DataFrame) -> pd.DataFrame:
        """訓練時空白有「沒有」的意思的欄，空白寫成水準「無」。"""
        if self.info["plan"]["missing"] == "zeros":
            return frame
        levels = zip(self.variables, self.schema.levels_, strict=True)
        return frame.fillna({name: NONE for name, found in levels if NONE in found})

    def encode(self, frame: pd.DataFrame) -> tuple[NDArray, NDArray]:
        """每列的平均編碼與對數變異數，各 (N, d)。"""
        return self.vae.encode(self._one_hot(frame))

    def generate(self, n: int, rng: np.random.Generator, at: Sequence[float] | None = None) -> pd.DataFrame:
        """由先驗抽 z（或固定在 ``at``），再抽 n 列；每個變數恰有一個水準。"""
        z = rng.standard_normal((n, self.vae.latent_dim)) if at is None else np.tile(at, (n, 1))
        return self.schema.decode(self.vae.as_categorical(self.schema.groups).sample_given(z, rng))

    def fill(self, frame: pd.DataFrame, n_samples: int, rng: np.random.Generator) -> list[NDArray]:
        """每個變數各水準的條件機率 (N, K)，一個變數一個陣列；已知的格子也給，用不到而已。"""
        reading = self.vae.as_categorical(self.schema.groups)
        return Groups(self.schema.groups).split(reading.conditional(self._one_hot(frame), n_samples, rng))

    def score(self, x: NDArray, n_samples: int, rng: np.random.Generator) -> "oddity.Scores":
        """獨熱矩陣每列的概似、邊際與每格的意外程度。"""
        return oddity.score(self.vae, self.counts, x, self.schema.groups, n_samples, rng)

    def _one_hot(self, frame: pd.DataFrame) -> NDArray:
        return self.schema.encode(frame, dtype=self.vae.dtype)


def _read_info(folder: Path) -> dict[str, Any]:
    if not folder.is_dir():
        found = "是一個檔案" if folder.exists() else "不存在"
        raise ValueError(f"引數 --model 的 {folder} {found}；請給 fit 寫出的資料夾，例如 runs/資料。")
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
    return document


def _is_complete(document: Any) -> bool:
    if not isinstance(document, dict) or document.get("kind") != KIND:
        return False
    digests, counts = document.get("digests"), document.get("counts")
    right_digests = isinstance(digests, dict) and set(digests) == set(PARTS)
    return right_digests and isinstance(counts, list) and all(isinstance(n, int) for n in counts)


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
