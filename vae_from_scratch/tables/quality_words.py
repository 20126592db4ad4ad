"""把生成的品質說成一張表與幾句話；數字都跟著雜訊的基準，結論只說數字撐得住的（第 13 章）。"""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from . import likeness
from .contests import decimal, gap, spaced
from .memorised import NEAR, Memory

if TYPE_CHECKING:
    from .quality import Quality

#: 與雜訊的比值到多少，說「差不多」「大一些」；再上去是「明顯比較大」。
ABOUT_THE_SAME, SOMEWHAT_LARGER = 1.5, 3.0
#: 兩半真的列之間的斜率不到這麼多，就沒有穩定的關聯可以留住。
LEAST_SLOPE = 0.3
HEADINGS = ("量什麼", "生成的列", "雜訊的基準", "怎麼讀")


def table(quality: "Quality") -> pd.DataFrame:
    """報告的表，四欄 ``HEADINGS``，都是文字。"""
    rows = [*_column_rows(quality.columns), *_pair_rows(quality.pairs)]
    rows += [
        *_gap_rows(quality.columns, quality.gaps),
        *_use_rows(quality.uses),
        *_memory_rows(quality.memory),
    ]
    return pd.DataFrame(rows, columns=list(HEADINGS))


def sentences(quality: "Quality") -> list[str]:
    """結論，依序：各欄、關聯、缺失、拿來訓練、背誦、抽樣的說明。"""
    found = [*_column_sentences(quality.columns), *_pair_sentences(quality.pairs)]
    found += [*_gap_sentences(quality.columns, quality.gaps), *_use_sentences(quality.uses)]
    return [*found, *_memory_sentences(quality.memory), *quality.notes]


def _worst(columns: pd.DataFrame) -> pd.Series:
    """比雜訊多最多的一欄。"""
    return columns.loc[(columns["距離"] - columns["雜訊"]).idxmax()]


def _three(value: float) -> str:
    return "—" if np.isnan(value) else decimal(value)


def _share(value: float) -> str:
    return "—" if np.isnan(value) else f"{value:.1%}"


def _differences(table: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """生成的與真的差多少、另一半真的差多少。"""
    return (table["生成"] - table["真的"]).abs(), (table["另一半"] - table["真的"]).abs()


def _column_rows(columns: pd.DataFrame) -> list[list[str]]:
    rows = []
    for kind, how in (("類別", "總變異距離"), ("數字", "KS 距離")):
        part = columns[columns["種類"] == kind].dropna(subset="距離")
        if len(part):
            worst = _worst(part)
            rows.append(
                [
                    f"{how}，{len(part)} 欄的平均",
                    _three(part["距離"].mean()),
                    _three(part["雜訊"].mean()),
                    "0 是一樣，1 是完全不同",
                ]
            )
            rows.append([f"　最差的一欄：{worst['欄']}", _three(worst["距離"]), _three(worst["雜訊"]), ""])
    return rows


def _pair_rows(pairs: pd.DataFrame) -> list[list[str]]:
    rows = []
    for how in (likeness.CRAMER, likeness.SPEARMAN, likeness.RATIO):
        part = pairs[pairs["量法"] == how]
        if len(part):
            made, noise = _differences(part)
            rows.append(
                [
                    f"{spaced(how)}的差，{len(part):,} 對的平均",
                    _three(made.mean()),
                    _three(noise.mean()),
                    "0 是關聯一樣強",
                ]
            )
    return rows


def _gap_rows(columns: pd.DataFrame, gaps: pd.DataFrame) -> list[list[str]]:
    rows, some = [], _with_gaps(columns)
    if len(some):
        made, noise = (some["生成缺"] - some["真的缺"]).abs(), (some["另一半缺"] - some["真的缺"]).abs()
        rows.append(
            [f"缺失率的差，{len(some)} 欄的平均", _share(made.mean()), _share(noise.mean()), "0 是缺得一樣多"]
        )
    if len(gaps):
        made, noise = _differences(gaps)
        rows.append(
            [
                f"空白在一起（φ）的差，{len(gaps):,} 對的平均",
                _three(made.mean()),
                _three(noise.mean()),
                "0 是同樣一起缺",
            ]
        )
    return rows


def _with_gaps(columns: pd.DataFrame) -> pd.DataFrame:
    return columns[columns[["真的缺", "生成缺", "另一半缺"]].max(axis=1) > 0]


def _use_rows(uses: pd.DataFrame) -> list[list[str]]:
    return [
        [
            f"訓練後猜「{use['目標']}」，真的列上的{gap(use['量法'])}",
            _three(use["生成"]),
            f"{_three(use['真的'])}、{_three(use['另一批'])}",
            f"基準是兩批真的列各自訓練；什麼都不看是 {_three(use['基準'])}",
        ]
        for _, use in uses.iterrows()
    ]


def _memory_rows(memory: Memory) -> list[list[str]]:
    return [
        [
            "與某個訓練的列一模一樣",
            _share(memory.copies),
            _share(memory.natural_copies),
            "基準是沒有訓練過的真的列",
        ],
        [
            f"離訓練的列比真的最近的 {NEAR:.0%} 還近",
            _share(memory.nearer),
            _share(memory.nearer_floor),
            f"沒有背誦時約 {NEAR:.0%}",
        ],
        [
            "最近的一成，離訓練的列比離沒有訓練過的近",
            _share(memory.preference),
            "50.0%",
            f"標準誤 {_share(memory.preference_error)}",
        ],
        [
            "到最近的訓練的列的中位距離",
            _three(memory.distance),
            _three(memory.distance_floor),
            "0 到 1；明顯較小就太近了",
        ],
    ]


# ---- 句子 ----------------------------------------


def _verdict(value: float, noise: float) -> str:
    """與雜訊相比的說法。"""
    if value <= ABOUT_THE_SAME * noise:
        return "與雜訊差不多"
    if value <= SOMEWHAT_LARGER * noise:
        return "比雜訊大一些"
    return "明顯比雜訊大"


def _column_sentences(columns: pd.DataFrame) -> list[str]:
    found = []
    for kind, how in (("類別", "總變異距離"), ("數字", "Kolmogorov–Smirnov 距離")):
        part = columns[columns["種類"] == kind].dropna(subset="距離")
        if not len(part):
            continue
        mean, noise, worst = part["距離"].mean(), part["雜訊"].mean(), _worst(part)
        tail = (
            f"；比雜訊多最多的是「{worst['欄']}」，{_three(worst['距離'])}（雜訊 {_three(worst['雜訊'])}）"
            if len(part) > 1
            else ""
        )
        found.append(
            f"{kind}的 {len(part)} 欄，{how}平均 {_three(mean)}，兩半真的列之間是 {_three(noise)}："
            f"{_verdict(mean, noise)}{tail}。"
        )
    return found


def retained(pairs: pd.DataFrame) -> float:
    """關聯的強度留住幾成：生成的對真的的斜率（過原點），除以另一半真的對真的的斜率，0 到 1。

    各對平均差多少，看不出這件事：多數的對本來就沒有關聯，少數強的全部消失，平均也差不多。真的兩半自己都對
    不上（沒有關聯可留）就是 1。

    >>> retained(pd.DataFrame({"真的": [0.8, 0.0], "另一半": [0.8, 0.1], "生成": [0.2, 0.0]}))
    0.25
    """
    real = pairs["真的"]
    made, noise = (float((pairs[name] * real).sum()) for name in ("生成", "另一半"))
    if not len(pairs) or noise <= LEAST_SLOPE * float((real**2).sum()):
        return 1.0
    return min(max(made / noise, 0.0), 1.0)


def _pair_sentences(pairs: pd.DataFrame) -> list[str]:
    if not len(pairs):
        return ["沒有一對欄算得出關聯，所以看不出欄與欄湊得對不對。"]
    made, noise = _differences(pairs)
    weaker = float((pairs["生成"].abs() < pairs["真的"].abs()).mean())
    lean = ""
    if weaker > 2 / 3 and made.mean() > ABOUT_THE_SAME * noise.mean():
        lean = (
            f"；{weaker:.0%} 的對比真的弱，關聯的強度大約留住 {retained(pairs):.0%}，"
            "生成的列把欄與欄的關係沖淡了"
        )
    return [
        f"欄與欄的關聯，{len(pairs):,} 對平均差 {_three(made.mean())}，兩半真的列之間是 "
        f"{_three(noise.mean())}：{_verdict(made.mean(), noise.mean())}{lean}。"
    ]


def _gap_sentences(columns: pd.DataFrame, gaps: pd.DataFrame) -> list[str]:
    some = _with_gaps(columns)
    if not len(some):
        return ["真的列與生成的列都沒有空白。"]
    if not some["生成缺"].any():
        return [
            f"真的列有 {int((some['真的缺'] > 0).sum())} 欄有空白，生成的列一格也沒有："
            "缺失沒有照資料的樣子留下。"
        ]
    made, noise = (some["生成缺"] - some["真的缺"]).abs(), (some["另一半缺"] - some["真的缺"]).abs()
    text = f"有空白的 {len(some)} 欄，缺失率平均差 {_share(made.mean())}（雜訊 {_share(noise.mean())}）"
    if len(gaps):
        together, by_chance = (values.mean() for values in _differences(gaps))
        text += (
            f"；哪些欄一起缺，φ 平均差 {_three(together)}（雜訊 {_three(by_chance)}），"
            f"{_verdict(together, by_chance)}"
        )
    return [text + "。"]


def _use_sentences(uses: pd.DataFrame) -> list[str]:
    return [_use_sentence(use) for _, use in uses.iterrows() if np.isfinite([use["真的"], use["生成"]]).all()]


def _use_sentence(use: pd.Series) -> str:
    noise, lost = abs(use["真的"] - use["另一批"]), min(use["真的"], use["另一批"]) - use["生成"]
    gain = max(use["真的"], use["另一批"]) - use["基準"]
    lead = (
        f"用 {use['列數']:,} 個生成的列訓練，在沒有訓練過的真的列上猜「{use['目標']}」，{use['量法']} "
        f"{_three(use['生成'])}；同樣多的真的列訓練是 {_three(use['真的'])} 與 {_three(use['另一批'])}，"
        f"什麼都不看是 {_three(use['基準'])}"
    )
    if 0 < gain <= 2 * noise:
        return f"{lead}。兩批真的列自己就差這麼多，這個檢查說不了什麼。"
    if gain <= 0:
        return f"{lead}。真的列自己也猜不太出這一欄，這個檢查說不了什麼。"
    if lost <= noise:
        return f"{lead}：與真的列分不出高下。"
    kept = (use["生成"] - use["基準"]) / (max(use["真的"], use["另一批"]) - use["基準"])
    return f"{lead}：比基準多出來的，生成的列留住 {max(kept, 0):.0%}。"


def _memory_sentences(memory: Memory) -> list[str]:
    numbers = (
        f"生成的列有 {_share(memory.copies)} 與某個訓練的列一模一樣（沒有訓練過的真的列是 "
        f"{_share(memory.natural_copies)}）；最靠近真的列的那一成，{_share(memory.preference)} "
        f"離訓練的列比離沒有訓練過的列近"
        f"（沒有背誦是 50%，標準誤 {_share(memory.preference_error)}）"
    )
    if memory.suspicious:
        lead = (
            f"{numbers}：比沒有背誦時會有的多，模型可能背下了一部分訓練的列，不要把生成的列當成匿名的資料。"
        )
    else:
        lead = f"{numbers}：看不出背誦。這只說明沒有大量照抄，不保證哪一列都不會洩漏。"
    if memory.close and not memory.suspicious:
        lead += (
            f"另外有 {_share(memory.nearer)} 離訓練的列特別近（沒有背誦約 {NEAR:.0%}），"
            "多半是生成的列太集中在常見的樣子。"
        )
    return [lead]
