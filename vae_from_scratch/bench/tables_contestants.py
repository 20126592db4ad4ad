"""生成表的參賽者：``Contestant(training)`` 匯入要用的套件，``epoch()`` 訓練一次、生成一批列。

大家拿到同樣的訓練的列、同樣的種類，都用自己的預設值。不收缺失的對手照 SDV 的慣例：類別的空白自成一個水準，
數字的空白補平均、另加一欄「是不是空白」，生成以後再照那一欄留空；範圍與小數位數也照 SDV 的預設收回來。
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from ..tables.likeness import Kinds
from .processes import peak_megabytes

#: 空白自成的水準。
BLANK = "（空白）"
#: ``vae fit`` 的生成模型：八維、分位數的尺度，其餘都是 TableVAE 的預設值。
LATENT_DIM, SCALING = 8, "quantile"


@dataclass(frozen=True, eq=False)
class Training:
    """交給參賽者的：訓練的列 ``train``、各欄的種類、要生成幾列、種子。"""

    train: pd.DataFrame
    kinds: Kinds
    n: int
    seed: int


class Made(NamedTuple):
    """參賽者帶回來的：生成的列，與它的行程用過最多多少記憶體（MB）。"""

    frame: pd.DataFrame
    megabytes: float


class Contestant(ABC):
    """一位參賽者。匯入在 ``__init__``，不算進時間。"""

    def __init__(self, training: Training) -> None:
        self.training = training
        self.load()

    def load(self) -> None:  # noqa: B027  不必匯入什麼的，就不改寫
        """匯入要用的套件。"""

    @abstractmethod
    def generate(self, training: Training) -> pd.DataFrame:
        """訓練，再生成 ``training.n`` 列。"""

    def epoch(self) -> Made:
        """量的就是這一次。"""
        frame = self.generate(self.training)
        return Made(frame[self.training.kinds.names], peak_megabytes())


class Ours(Contestant):
    """本書的 ``TableVAE``，與 ``fit`` 留下的生成模型同樣的設定。"""

    def load(self) -> None:
        """匯入 ``TableVAE``。"""
        from ..tables.table_vae import TableVAE

        self.make = TableVAE

    def generate(self, training: Training) -> pd.DataFrame:
        """訓練一個，再由先驗抽樣。"""
        model = self.make(latent_dim=LATENT_DIM, scaling=SCALING, random_state=training.seed)
        return model.fit(training.train).sample(training.n, np.random.default_rng(training.seed))


class Shuffled(Contestant):
    """每一欄各自由訓練的列重抽：分布最像，關聯全無；不必訓練，所以是「什麼都不學」的下限。"""

    def generate(self, training: Training) -> pd.DataFrame:
        """每一欄各自重抽。"""
        rng, train = np.random.default_rng(training.seed), training.train
        return pd.DataFrame({name: values.to_numpy()[rng.integers(len(train), size=training.n)]
                             for name, values in train.items()})  # fmt: skip


class Tree(Contestant):
    """本書的 Chow–Liu 樹，數字分箱；空白另加一欄，與對手同樣的辦法。"""

    def load(self) -> None:
        """匯入樹與編碼的規則。"""
        from ..rows import MixedRows
        from ..tables.chow_liu import ChowLiu
        from ..tables.table_schema import TableSchema

        self.schema, self.tree, self.rows = TableSchema(), ChowLiu, MixedRows

    def generate(self, training: Training) -> pd.DataFrame:
        """分箱、長樹、沿樹抽樣，再換回原來的值。"""
        gaps = Gaps(training)
        rows = self.schema.fit_transform(gaps.marked(training.train))
        spiked = rows.spiked
        tree = self.tree.fit(rows, spiked)
        drawn = tree.sample(training.n, np.random.default_rng(training.seed))
        made = self.rows(drawn.codes, rows.groups, drawn.numbers, spiked)
        return gaps.unmarked(self.schema.inverse_transform(made))


class Gaps:
    """數字的空白另加一欄文字，類別的空白自成一個水準；``unmarked`` 讀回來。"""

    def __init__(self, training: Training) -> None:
        self.kinds = training.kinds
        self.flags = {name: f"{name}{BLANK}" for name in self.kinds.numbers
                      if training.train[name].isna().any()}  # fmt: skip

    def marked(self, frame: pd.DataFrame) -> pd.DataFrame:
        """加上各個「是不是空白」的欄；數字的空白原樣留著。"""
        flags = {flag: frame[name].isna().map({True: "空", False: "有"}).astype(object)
                 for name, flag in self.flags.items()}  # fmt: skip
        levels = {name: frame[name].fillna(BLANK) for name in self.kinds.categories}
        return frame.assign(**levels, **flags)

    def unmarked(self, made: pd.DataFrame) -> pd.DataFrame:
        """照那些欄留空，拿掉它們。"""
        numbers = {name: made[name].mask(made[flag] == "空") for name, flag in self.flags.items()}
        levels = {name: made[name].astype(object).mask(made[name] == BLANK)
                  for name in self.kinds.categories}  # fmt: skip
        return made.assign(**numbers, **levels)[self.kinds.names]


class Sdv(Contestant):
    """SDV 一家的對手共用的前後處理：``rdt`` 的 ``FloatFormatter``，設定照 SDV 的預設，另加空白的欄。"""

    def formatted(self, training: Training) -> tuple[pd.DataFrame, list[Any], Gaps]:
        """處理過的訓練的列、各欄的處理（還原要用），與空白的欄。"""
        from rdt.transformers import FloatFormatter

        gaps, formatters = Gaps(training), []
        frame = gaps.marked(training.train)
        for name in training.kinds.numbers:
            # 空白由另一欄決定，這裡只補平均。
            one = FloatFormatter(missing_value_replacement="mean", missing_value_generation=None,
                                 learn_rounding_scheme=True, enforce_min_max_values=True)  # fmt: skip
            frame = one.fit_transform(frame, name)
            formatters.append(one)
        return frame, formatters, gaps

    @staticmethod
    def restored(made: pd.DataFrame, formatters: list[Any], gaps: Gaps) -> pd.DataFrame:
        """還原成原來的樣子。"""
        for one in formatters:
            made = one.reverse_transform(made)
        return gaps.unmarked(made)


class Tvae(Sdv):
    """SDV 的 ctgan 套件的 TVAE，全部用它的預設值（128 維、300 個週期、批次 500）。"""

    def load(self) -> None:
        """匯入 torch 與 ctgan。"""
        import torch
        from ctgan import TVAE

        self.make, self.torch = TVAE, torch

    def generate(self, training: Training) -> pd.DataFrame:
        """照預設值訓練，再抽樣。"""
        frame, formatters, gaps = self.formatted(training)
        self.torch.manual_seed(training.seed)
        np.random.seed(training.seed)  # noqa: NPY002  ctgan 用全域的亂數
        model = self.make(enable_gpu=False)
        model.fit(frame, [*training.kinds.categories, *gaps.flags.values()])
        return self.restored(model.sample(training.n), formatters, gaps)


class Copula(Sdv):
    """SDV 的 copulas 套件的高斯 copula；各欄的分布是 Beta，SDV 的 ``GaussianCopulaSynthesizer`` 的預設。

    類別也照 SDV 的慣例換成 0 到 1 的數（``UniformEncoder``）。
    """

    def load(self) -> None:
        """匯入 copulas 與 rdt。"""
        from copulas.multivariate import GaussianMultivariate
        from copulas.univariate import BetaUnivariate
        from rdt.transformers import UniformEncoder

        self.make, self.univariate, self.encoder = GaussianMultivariate, BetaUnivariate, UniformEncoder

    def generate(self, training: Training) -> pd.DataFrame:
        """各欄配 Beta 分布、估相關，再抽樣。"""
        frame, formatters, gaps = self.formatted(training)
        np.random.seed(training.seed)  # noqa: NPY002  copulas 用全域的亂數
        for name in (*training.kinds.categories, *gaps.flags.values()):
            one = self.encoder()
            frame = one.fit_transform(frame, name)
            formatters.append(one)
        model = self.make(distribution=self.univariate, random_state=training.seed)
        model.fit(frame)
        return self.restored(model.sample(training.n), formatters, gaps)
