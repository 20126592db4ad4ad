"""誰贏：``fit`` 的每一種比較，VAE 與最好的對手各多少，贏不贏得穩（第 11、12、13 章）。

每個種子重新分割一次，VAE 與對手用同樣的列，所以逐次相比：每一次都領先才叫贏，每一次都落後才叫輸，其餘分不出
高下。「最好的對手」是事後照平均挑的，這對 VAE 比較嚴。
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from . import cells
from .baselines import LINEAR, NAMES
from .tampering import Power

if TYPE_CHECKING:
    from .result import Fit

VAE = "VAE"
INDEPENDENT, TREE = "各欄獨立", "Chow–Liu 樹"
#: 同樣維數的對照：與 VAE 的平均編碼是同一場比賽。
RIVALS = ("pca", "mca", "famd", "random")
#: 句子裡的欄名最多這麼長。
LONGEST_NAME = 30
#: 補一格的三種分數：什麼、短的說法、越高越好嗎。
CELL_MEASURES = {
    "accuracy": ("補一格類別，猜對的比例（越高越好）", "補類別猜對的比例", True),
    "nats": ("補一格類別，對數損失（越少越好）", "補類別的對數損失", False),
    "rmse": ("補一格數字，誤差（標準差的倍數，越少越好）", "補數字的誤差", False),
}


@dataclass(frozen=True)
class Contest:
    """一場比較：``mine`` 與 ``theirs`` 是分數的文字，``rival`` 是最好的對手，``winner`` 空的是分不出高下。

    ``how`` 是贏得多穩；``me`` 是 VAE 這一邊的名字；``short`` 是放進摘要的短說法。
    """

    title: str
    short: str
    mine: str
    rival: str
    theirs: str
    winner: str
    how: str
    me: str = VAE

    @property
    def outcome(self) -> str:
        """給句子用的結果。

        >>> Contest("猜房價的 R²", "猜房價", "0.4", "PCA", "0.5", "PCA", "2 次分割都贏").outcome
        'PCA 贏（2 次分割都贏）'
        """
        return f"{spaced(self.winner)}贏（{self.how}）" if self.winner else f"分不出高下（{self.how}）"

    @property
    def won(self) -> bool:
        """VAE 這一邊贏了嗎？"""
        return self.winner == self.me

    @property
    def lost(self) -> bool:
        """對手贏了嗎？"""
        return bool(self.winner) and not self.won


def spaced(name: str) -> str:
    """後面接中文時，英文與數字結尾的名字空一格。

    >>> spaced("PCA"), spaced("R²"), spaced("Chow–Liu 樹")
    ('PCA ', 'R² ', 'Chow–Liu 樹')
    """
    return f"{name} " if _western(name[-1:]) else name


def short_name(name: str, longest: int = LONGEST_NAME) -> str:
    """句子裡的欄名：太長就截短，全名在各欄的表裡。

    >>> short_name("屋齡"), short_name("長" * 40, 5)
    ('屋齡', '長長長長…')
    """
    return name if len(name) <= longest else f"{name[: longest - 1]}…"


def gap(text: str) -> str:
    """前面接中文時，英文開頭的名字先空一格。

    >>> gap("R²"), gap("準確率")
    (' R²', '準確率')
    """
    return f" {text}" if _western(text[:1]) else text


def _western(character: str) -> bool:
    return character.isalnum() and character < "\u2e80"


def spread(values: pd.Series) -> str:
    """平均 ± 標準差；只有一個種子時沒有散布。"""
    mean = decimal(values.mean())
    return mean if len(values) < 2 else f"{mean} ± {values.std(ddof=1):.3f}"


def decimal(value: float) -> str:
    """三位小數，負號用「−」；四捨五入成 0 的沒有正負。

    >>> decimal(-0.25), decimal(-0.0001)
    ('−0.250', '0.000')
    """
    return f"{value:z.3f}".replace("-", "−")


def by_splits(title: str, short: str, scores: Mapping[str, pd.Series], higher: bool = True) -> Contest:
    """``scores`` 的第一個是 VAE 這一邊，其餘是對手；一個名字一串，一次分割一個數。

    >>> scores = {"VAE": pd.Series([3.0, 4.0]), "PCA": pd.Series([2.0, 5.0]), "MCA": pd.Series([1.0, 1.0])}
    >>> by_splits("分數", "分數", scores).outcome
    '分不出高下（2 次分割，VAE 勝 1 次、負 1 次）'
    """
    sign = 1 if higher else -1
    (me, mine), *others = scores.items()
    rival, theirs = max(others, key=lambda pair: sign * pair[1].mean())
    ahead = sign * (mine.to_numpy() - theirs.to_numpy())
    won, lost, n = int((ahead > 0).sum()), int((ahead < 0).sum()), len(ahead)
    winner = me if won == n else rival if lost == n else ""
    how = f"{n} 次分割都贏" if winner else f"{n} 次分割，{spaced(me)}勝 {won} 次、負 {lost} 次"
    if n == 1:
        how = "只有一次分割" if winner else "只有一次分割，分數相同"
    return Contest(title, short, spread(mine), rival, spread(theirs), winner, how, me)


# ---- 每一種比較 ----------------------------------------


def contests(fit: "Fit") -> list[Contest]:
    """報告的「誰贏」：每列的 nats、目標、單獨一欄、補一格、竄改。"""
    found = [density(fit.seeds)]
    if len(fit.scores.columns):
        found += [target(fit), target(fit, LINEAR)]
        found += [*(target(fit, dim=dim) for dim in other_dims(fit)), column(fit)]
    found += [filling(fit, measure) for measure in CELL_MEASURES if measure in filled(fit)]
    power = fit.checked.power
    return found if power is None else [*found, *(tampering(power, n_cells) for n_cells in power.found)]


def density(seeds: pd.DataFrame) -> Contest:
    """沒有訓練過的列，每列要幾個 nats：VAE、各欄獨立、Chow–Liu 樹。沒有樹（伯努利）就用 −ELBO 比。"""
    title, short = "沒有訓練過的列，每列的 nats（越少越好）", "每列的 nats"
    if "tree_nats" not in seeds:
        return by_splits(title, short, {VAE: -seeds.elbo, INDEPENDENT: seeds.marginal_nats}, higher=False)
    scores = {VAE: seeds.nats, INDEPENDENT: seeds.marginal_nats, TREE: seeds.tree_nats}
    return by_splits(title, short, scores, higher=False)


def target(fit: "Fit", suffix: str = "", dim: int | None = None) -> Contest:
    """由 d 個數猜目標，VAE 與同樣維數的對照；``suffix`` 是 ``LINEAR`` 就用線性的讀法。"""
    assert fit.target is not None
    scores = fit.scores if dim is None else fit.dims[fit.dims["dim"] == dim].reset_index(drop=True)
    dim, reader = dim or fit.plan.model["latent_dim"], "線性" if suffix else "最近的鄰居"
    others = {NAMES[name]: scores[name + suffix] for name in rivals(scores)}
    return by_splits(
        f"由 {dim} 個數猜「{short_name(fit.target.label)}」的{gap(fit.target.measure)}（越高越好），{reader}",
        f"用 {dim} 個數猜目標" + ("（線性）" if suffix else ""),
        {VAE: scores["vae" + suffix]} | others,
    )


def rivals(scores: pd.DataFrame) -> list[str]:
    """這張表比了哪些對照。"""
    return [name for name in RIVALS if name in scores]


def other_dims(fit: "Fit") -> list[int]:
    """主要的維數以外，還比了哪些維數。"""
    return [dim for dim in sorted(fit.dims["dim"].unique()) if dim != fit.plan.model["latent_dim"]]


def column(fit: "Fit") -> Contest:
    """已經有最好的單獨一欄，再加上編碼，好不好。"""
    assert fit.target is not None
    title = f"猜「{short_name(fit.target.label)}」的{gap(fit.target.measure)}，最好的一欄要不要加編碼"
    both = {"加上編碼": fit.scores["column+z"], "單獨一欄": fit.scores["column"]}
    return by_splits(title, "一欄之外加上編碼", both)


def filled(fit: "Fit") -> pd.DataFrame:
    """補一格：一列一個種子、一種猜法，各欄平均；整張表沒有的種類不列。"""
    table = fit.cells.groupby(["seed", "filler"], sort=False)[list(CELL_MEASURES)].mean()
    return table.dropna(axis=1, how="all")


def filling(fit: "Fit", measure: str) -> Contest:
    """補一格，一種分數。"""
    title, short, higher = CELL_MEASURES[measure]
    table = filled(fit)[measure].unstack("filler")
    names = ["vae", *(name for name in cells.NAMES if name in table and name != "vae")]
    return by_splits(title, short, {_filler(name): table[name] for name in names}, higher)


def blind_filling(fit: "Fit", measures: Iterable[str]) -> Contest | None:
    """補一格，只與不看其餘的欄的比：第一個沒有每個種子都贏的比較；每一種都贏是 None。"""
    for measure in measures:
        if measure in filled(fit):
            title, short, higher = CELL_MEASURES[measure]
            table = filled(fit)[measure].unstack("filler")
            contest = by_splits(title, short, {VAE: table["vae"], _filler("mode"): table["mode"]}, higher)
            if not contest.won:
                return contest
    return None


def _filler(name: str) -> str:
    """補法的短名字；樹與別處同名。"""
    known = {"vae": VAE, "tree": TREE}
    return known.get(name) or f"「{cells.NAMES[name].partition('（')[0]}」"


def tampering(power: Power, n_cells: int) -> Contest:
    """怪的分數與對手：同一批列成對相比，差到兩個標準誤才分高下。"""
    mine, *others = power.names
    scores = {name: power.auc(name, n_cells) for name in power.names}
    best = max(others, key=lambda name: scores[name])
    ahead, error = scores[mine] - scores[best], power.difference_error(mine, best, n_cells)
    decided = abs(ahead) > 2 * error
    return Contest(
        f"認出換掉 {n_cells} 格的列，AUC（越高越好）",
        f"認出換掉 {n_cells} 格的列",
        decimal(scores[mine]),
        f"「{best}」",
        decimal(scores[best]),
        (VAE if ahead > 0 else f"「{best}」") if decided else "",
        f"差 {decimal(abs(ahead))}，標準誤 {decimal(error)}",
    )


def recognised(power: Power, n_cells: int) -> bool:
    """怪的分數比瞎猜好嗎？AUC 的標準誤不超過 0.5 / √N，要高出兩個。"""
    return power.auc(power.names[0], n_cells) >= 0.5 + 1 / np.sqrt(power.n_rows)
