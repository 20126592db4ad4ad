"""生成的列好不好：像不像真的、拿來訓練有沒有用、是不是背下來的；每個數字都附上雜訊的基準（第 13 章）。

雜訊的基準：把真的列隨機分成兩半，同樣的數字在兩半之間也不會是 0。與基準差不多，就分不出真假。
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from . import likeness, quality_words
from .coded import CodedTable
from .generation import random_halves
from .likeness import Kinds, coded
from .memorised import Memory, check_memory
from .usefulness import good_targets, trained_on_each, use_table

#: 大表的上限：比分布與關聯的列（每一份）、兩兩比較的欄。
MOST_ROWS, MOST_COMPARED = 10_000, 60


@dataclass(frozen=True, eq=False)
class Quality:
    """一批生成的列的檢查。

    ``columns`` 一列一欄：欄、種類、量法、距離、雜訊（一半真的不到 10 格有值，兩者是 NaN），與缺失率（真的、
    生成的、另一半真的）。
    ``pairs`` 一列一對欄：欄、另一欄、量法，與關聯（真的、生成的、另一半真的）。
    ``gaps`` 一列一對有空白的欄：空白在不在一起的 φ（同上三種）。
    ``uses`` 一列一個目標：目標、量法，與三種訓練的分數（真的、生成的、另一批真的）、基準、列數。
    ``n_rows`` 是比分布時每一份的列數；``notes`` 是抽了多少、略過什麼。
    """

    columns: pd.DataFrame
    pairs: pd.DataFrame
    gaps: pd.DataFrame
    uses: pd.DataFrame
    memory: Memory
    n_rows: int
    notes: tuple[str, ...] = ()

    def table(self) -> pd.DataFrame:
        """報告的表：量什麼、生成的列、雜訊的基準、怎麼讀。"""
        return quality_words.table(self)

    def sentences(self) -> list[str]:
        """結論，一句一件事。"""
        return quality_words.sentences(self)


def check(
    train: pd.DataFrame,
    held_out: pd.DataFrame,
    generated: pd.DataFrame,
    kinds: Kinds,
    targets: Sequence[str] | None = None,
    seed: int = 0,
) -> Quality:
    """檢查 ``generated``；產生它的模型只能看過 ``train``，沒有看過 ``held_out``，背誦的檢查才算數。

    三張表有同樣的欄：類別是文字（缺失是 NaN），數字是浮點數，照原來的單位。``targets`` 是輪流當目標的欄；不給
    就挑與別的欄關聯最強的一個類別、一個數字。同一個 ``seed`` 同樣的結果。列太少（真的不到 20 列、生成的不到
    10 列）、``targets`` 不在欄裡，引發 ``ValueError``。
    """
    _check_sizes(train, held_out, generated)
    _check_targets(targets, kinds)
    rng = np.random.default_rng(seed)
    frames = [_sampled(frame, rng, 2 * MOST_ROWS) for frame in (train, held_out, generated)]
    known, unseen, made = coded(frames, kinds)
    one, made_part, other = _equal_parts(frames, kinds, (len(train), len(held_out)), rng)
    columns = _columns(one, made_part, other, kinds)
    pairs = _pairs(one, made_part, other, kinds)
    targets = good_targets(pairs, one, kinds) if targets is None else list(targets)
    uses = [
        trained_on_each(known, made, unseen, kinds, kinds.names.index(name), rng, seed) for name in targets
    ]
    memory = check_memory(train, (held_out, generated), (known, unseen, made), kinds, rng)
    notes = _notes(len(train) + len(held_out), len(one), kinds, memory)
    gaps = _gaps(one, made_part, other, kinds)
    return Quality(columns, pairs, gaps, use_table(uses), memory, len(one), notes)


def _check_sizes(train: pd.DataFrame, held_out: pd.DataFrame, generated: pd.DataFrame) -> None:
    n_real = len(train) + len(held_out)
    if n_real < 20 or not len(train) or not len(held_out) or len(generated) < 10:
        raise ValueError(
            f"訓練的 {len(train)} 列、沒有訓練過的 {len(held_out)} 列、生成的 {len(generated)} 列；"
            "真的至少要 20 列（兩種都要有）、生成的至少 10 列，才比得出來。"
        )


def _check_targets(targets: Sequence[str] | None, kinds: Kinds) -> None:
    absent = [name for name in targets or () if name not in kinds.names]
    if absent:
        raise ValueError(f"引數 targets 的「{absent[0]}」不在欄裡；可用的是 {'、'.join(kinds.names[:8])}。")


def _sampled(frame: pd.DataFrame, rng: np.random.Generator, most: int) -> pd.DataFrame:
    """最多 ``most`` 列，次序不變。"""
    if len(frame) <= most:
        return frame
    return frame.iloc[np.sort(rng.permutation(len(frame))[:most])]


def _equal_parts(
    frames: Sequence[pd.DataFrame], kinds: Kinds, sizes: tuple[int, int], rng: np.random.Generator
) -> tuple[CodedTable, CodedTable, CodedTable]:
    """一半真的、生成的、另一半真的，列數相同：距離的雜訊隨列數而變，列數不同不能比。"""
    train, held_out, generated = frames
    # 大表抽過以後，訓練與驗證的比例要照原來的。
    n_train = min(len(train), round(len(held_out) * sizes[0] / sizes[1]))
    n_held = min(len(held_out), round(len(train) * sizes[1] / sizes[0]))
    real = pd.concat([train.iloc[: max(n_train, 1)], held_out.iloc[: max(n_held, 1)]])
    size = min(len(real) // 2, len(generated), MOST_ROWS)
    one, other = random_halves(len(real), rng)
    made = rng.permutation(len(generated))[:size]
    parts = [real.iloc[one[:size]], generated.iloc[made], real.iloc[other[:size]]]
    first, second, third = coded(parts, kinds)
    return first, second, third


# ---- 量 ----------------------------------------


def _columns(one: CodedTable, made: CodedTable, other: CodedTable, kinds: Kinds) -> pd.DataFrame:
    n_categories, noise = len(kinds.categories), likeness.column_distances(one, other)
    known = np.minimum((~one.missing).sum(axis=0), (~other.missing).sum(axis=0))
    noise[known < likeness.FEWEST_ROWS] = np.nan  # 真的值太少，距離全是雜訊
    return pd.DataFrame(
        {
            "欄": kinds.names,
            "種類": ["類別"] * n_categories + ["數字"] * len(kinds.numbers),
            "量法": ["總變異"] * n_categories + ["KS"] * len(kinds.numbers),
            "距離": np.where(np.isnan(noise), np.nan, likeness.column_distances(one, made)),
            "雜訊": noise,
            "真的缺": one.missing.mean(axis=0),
            "生成缺": made.missing.mean(axis=0),
            "另一半缺": other.missing.mean(axis=0),
        }
    )


def _compared(n_columns: int) -> NDArray:
    """兩兩比較的欄；太多時平均地挑。"""
    return np.unique(np.linspace(0, n_columns - 1, min(n_columns, MOST_COMPARED)).astype(int))


def _pairs(one: CodedTable, made: CodedTable, other: CodedTable, kinds: Kinds) -> pd.DataFrame:
    """真的兩半都算得出關聯的每一對；生成的算不出來（欄成了常數），當作沒有關聯。"""
    chosen, n_categories = _compared(len(kinds.names)), len(kinds.categories)
    real, fake, again = (
        likeness.associations(_select(table, chosen, n_categories)) for table in (one, made, other)
    )
    a, b = np.triu_indices(len(chosen), 1)
    kept = np.isfinite(real[a, b]) & np.isfinite(again[a, b])
    a, b = a[kept], b[kept]
    names = np.array(kinds.names, dtype=object)[chosen]
    measures = [
        likeness.measure_of(int(chosen[i]), int(chosen[j]), n_categories) for i, j in zip(a, b, strict=True)
    ]
    return pd.DataFrame(
        {
            "欄": names[a],
            "另一欄": names[b],
            "量法": measures,
            "真的": real[a, b],
            "生成": np.nan_to_num(fake[a, b]),
            "另一半": again[a, b],
        }
    )


def _select(table: CodedTable, chosen: NDArray, n_categories: int) -> CodedTable:
    categories = chosen[chosen < n_categories]
    numbers = table.numbers[:, chosen[chosen >= n_categories] - n_categories]
    return CodedTable(table.codes[:, categories], tuple(table.groups[c] for c in categories), numbers)


def _gaps(one: CodedTable, made: CodedTable, other: CodedTable, kinds: Kinds) -> pd.DataFrame:
    """真的兩半都有空白（又不是全空）的欄，兩兩一列。"""
    some = (one.missing.any(axis=0) & ~one.missing.all(axis=0)) & other.missing.any(axis=0)
    chosen = np.flatnonzero(some)
    chosen = chosen[_compared(len(chosen))] if len(chosen) else chosen
    a, b = np.triu_indices(len(chosen), 1)
    names = np.array(kinds.names, dtype=object)[chosen]
    phi = [likeness.gaps_together(table.missing[:, chosen])[a, b] for table in (one, made, other)]
    return pd.DataFrame(
        {"欄": names[a], "另一欄": names[b]} | dict(zip(("真的", "生成", "另一半"), phi, strict=True))
    )


def _notes(n_real: int, n_rows: int, kinds: Kinds, memory: Memory) -> tuple[str, ...]:
    notes = [
        f"比分布與關聯時，三份（一半真的、生成的、另一半真的）各 {n_rows:,} 列，共有 {n_real:,} 列真的。"
    ]
    if len(kinds.names) > MOST_COMPARED:
        notes.append(f"欄有 {len(kinds.names)} 個，兩兩比較只平均地挑 {MOST_COMPARED} 個。")
    notes.append(f"最近的鄰居由 {memory.n_asked:,} 個生成的列，在 {memory.n_neighbours:,} 個訓練的列裡找。")
    return tuple(notes)
