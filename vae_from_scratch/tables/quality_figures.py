"""報告的圖：生成的列與真的列並排，竄改認得出多少。顏色與字型都由 plotting 來。

真的列一律是墨色的實線與實心，生成的是橙色的虛線與斜線；黑白列印、色盲都分得出來。
"""

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from .. import plotting
from . import likeness
from .figures import is_whole, number_ticks, plain
from .likeness import Kinds
from .quality import Quality
from .tampering import Power

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: 畫幾欄；類別最多畫幾個水準，其餘併成「其他」；數字分幾格。
MOST_COLUMNS, MOST_LEVELS, N_BINS = 6, 7, 30
#: 缺失率最多畫幾欄。
MOST_GAPS = 16
COLUMNS_PER_ROW = 3
REAL, MADE = "真的", "生成的"
_REAL, _MADE, _NOISE = plotting.COLOURS["ink"], plotting.COLOURS["p"], plotting.COLOURS["muted"]
_PAIR_LOOKS = {
    likeness.CRAMER: ("類別與類別：Cramér's V", "o", "q"),
    likeness.RATIO: ("類別與數字：相關比", "^", "good"),
    likeness.SPEARMAN: ("數字與數字：Spearman", "s", "noise"),
}
_LINES = ("-", "--", ":", "-.")


def marginals(
    real: pd.DataFrame,
    generated: pd.DataFrame,
    quality: Quality,
    kinds: Kinds,
    most: int = MOST_COLUMNS,
    dates: Collection[str] = (),
) -> "Figure":
    """分布差最多的幾欄（由最差的排起）：數字是疊在一起的階梯，類別是並排的長條；縱軸都是占有值的格子多少。

    ``dates`` 是日期的欄，值是 1970-01-01 起的天數，橫軸寫成日期。
    """
    names = worst_columns(quality, most)
    n_rows = -(-len(names) // COLUMNS_PER_ROW) or 1
    figure = _figure(9.0, 0.5 + 2.5 * n_rows)
    axes = figure.subplots(n_rows, COLUMNS_PER_ROW, squeeze=False).ravel()
    for ax, name in zip(axes, names, strict=False):
        draw = _draw_levels if name in kinds.categories else _draw_numbers
        draw(ax, real[name].dropna(), generated[name].dropna())
        if name not in kinds.categories:
            number_ticks(ax.xaxis, real[name].dropna(), name in dates)
        ax.set_title(_distance_title(quality, name), fontsize="small")
        ax.tick_params(labelsize="x-small")
    for ax in axes[len(names) :]:
        ax.set_axis_off()
    _two_names(figure)
    return figure


def worst_columns(quality: Quality, most: int = MOST_COLUMNS) -> list[str]:
    """比雜訊多最多的幾欄；距離算不出來的不算。"""
    known = quality.columns.dropna(subset=["距離", "雜訊"])
    order = (known["距離"] - known["雜訊"]).sort_values(ascending=False, kind="stable").index
    return list(known.loc[order[:most], "欄"])


def association_scatter(quality: Quality) -> "Figure":
    """每一對欄的關聯：橫軸是真的，縱軸是生成的（左），或另一半真的（右，只有雜訊）；都在對角線上就一樣。"""
    figure = _figure(8.6, 5.0)
    figure.set_layout_engine("compressed")  # 方的圖框：照平常的排法，軸的名字會被切掉
    axes = figure.subplots(1, 2, sharex=True, sharey=True)
    values = quality.pairs[["真的", "生成", "另一半"]].to_numpy()
    low = np.floor(4 * values.min()) / 4 if len(values) and values.min() < 0 else 0.0
    for ax, which, title in zip(axes, ("生成", "另一半"), (MADE, "另一半真的：只有雜訊"), strict=True):
        ax.plot([low, 1], [low, 1], color=_NOISE, linewidth=1, zorder=1)
        for how, (_, marker, role) in _PAIR_LOOKS.items():
            part = quality.pairs[quality.pairs["量法"] == how]
            colour = plotting.COLOURS[role]
            _dots(ax, part["真的"], part[which], marker=marker, color=colour)
        ax.set(title=title, xlabel="真的一半裡的關聯", aspect="equal", xlim=(low, 1.03), ylim=(low, 1.03))
    axes[0].set_ylabel("同一對欄的關聯")
    _pair_legend(figure, quality.pairs)
    return figure


def missing_rates(quality: Quality, most: int = MOST_GAPS) -> "Figure":
    """有空白的欄的缺失率：實心圓是真的，空心方塊是生成的，短線是另一半真的；差最多的幾欄。"""
    some = quality.columns[quality.columns[["真的缺", "生成缺", "另一半缺"]].max(axis=1) > 0]
    apart = (some["生成缺"] - some["真的缺"]).abs().sort_values(ascending=False, kind="stable")
    shown = some.loc[apart.index[:most]].sort_values("真的缺", ascending=False, kind="stable")
    figure = _figure(6.8, 1.1 + 0.3 * max(len(shown), 1))
    ax, places = figure.subplots(), np.arange(len(shown))
    ax.hlines(places, shown["真的缺"], shown["生成缺"], color=_NOISE, linewidth=1)
    ax.plot(shown["另一半缺"], places, "|", color=_NOISE, markersize=13, mew=1.6, label="另一半真的")
    ax.plot(shown["真的缺"], places, "o", color=_REAL, markersize=6, label=REAL)
    ax.plot(shown["生成缺"], places, "s", color=_MADE, mfc="white", markersize=7, mew=1.8, label=MADE)
    ax.set_yticks(places, labels=[plain(name) for name in shown["欄"]])
    ax.set(xlabel="缺失的格子占多少", xlim=(-0.03, 1.03), ylim=(max(len(shown), 1) - 0.4, -0.6))
    ax.xaxis.set_major_formatter("{x:.0%}")
    figure.legend(loc="outside upper center", ncols=3, fontsize="small")
    return figure


def power_curves(power: Power) -> "Figure":
    """竄改的檢查：橫軸是查看多少原來的列（由最怪的看起，對數刻度），縱軸是找到多少竄改的；灰線是瞎猜。"""
    figure = _figure(4.4 * len(power.found) + 0.4, 4.4)
    axes = figure.subplots(1, len(power.found), sharey=True, squeeze=False)[0]
    start = max(1 / power.n_rows, 1e-3)
    for ax, n_cells in zip(axes, power.found, strict=True):
        share = np.geomspace(start, 1, 100)
        ax.plot(share, share, color=_NOISE, linewidth=1, label="瞎猜")
        for place, name in enumerate(power.names):
            looked, hit = power.curve(name, n_cells)
            ax.plot(
                share, np.interp(share, looked, hit), _LINES[place % len(_LINES)], **_scorer_look(place, name)
            )
        ax.axhline(power.really[n_cells], color=_NOISE, linewidth=0.8, linestyle=(0, (1, 3)))
        ax.annotate(
            "真的變了的占這麼多", (start, power.really[n_cells]), (2, 2), textcoords="offset points",
            fontsize="x-small", color=_NOISE,
        )  # fmt: skip
        ax.set(
            xscale="log", xlim=(start, 1), ylim=(0, 1.04), title=f"換掉 {n_cells} 格", xlabel="查看的列占多少"
        )
        ax.xaxis.set_major_formatter(_percent)
        ax.yaxis.set_major_formatter("{x:.0%}")
    axes[0].set_ylabel("找到的竄改占多少")
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=2, fontsize="small")
    return figure


# ---- 內部 ----------------------------------------


def _figure(width: float, height: float) -> "Figure":
    # 不經 pyplot：不動使用者的後端，也不必記得關圖。
    from matplotlib.figure import Figure

    plotting.use_course_style()
    return Figure(figsize=(width, height))


def _scorer_look(place: int, name: str) -> dict[str, Any]:
    role = ("q", "p", "good", "noise")[place % 4]
    return {
        "color": plotting.COLOURS[role],
        "label": plain(name, 30),
        "linewidth": 2.4 if place == 0 else 1.6,
    }


def _distance_title(quality: Quality, name: str) -> str:
    row = quality.columns.set_index("欄").loc[name]
    return f"{plain(name)}\n{row['量法']} {row['距離']:.2f}（雜訊 {row['雜訊']:.2f}）"


def _draw_numbers(ax: "Axes", real: pd.Series, made: pd.Series) -> None:
    """同樣的格子疊在一起；格子蓋住真的列中間的 98%，其餘收進兩端，一兩個極端值才不會壓扁全部。"""
    values = [column.to_numpy(dtype=float) for column in (real, made)]
    edges = bin_edges(values[0])
    looks: list[dict[str, Any]] = [
        {"color": _REAL, "linewidth": 1.6},
        {"color": _MADE, "linewidth": 1.8, "linestyle": "--"},
    ]
    for cells, look in zip(values, looks, strict=True):
        counts = np.histogram(np.clip(cells, edges[0], edges[-1]), edges)[0]
        ax.stairs(counts / max(len(cells), 1), edges, **look)
    ax.set_ylim(bottom=0)
    _share_ticks(ax)


def bin_edges(values: NDArray) -> NDArray:
    """中間的 98% 分成幾格的邊界；沒有值就是一格，0 到 1。

    整數的欄，格子的寬是整數、邊界在兩個整數中間：格子比值密，會一格有、一格沒有，好像真的有縫。

    >>> bin_edges(np.array([1.0, 2, 2, 3])).tolist()
    [0.5, 1.5, 2.5, 3.5]
    """
    low, high = np.quantile(values, [0.01, 0.99]) if len(values) else (0.0, 1.0)
    if is_whole(values) and high > low:
        low, high = np.floor(low), np.ceil(high)
        width = -(-(high - low + 1) // N_BINS)
        return np.arange(low - 0.5, high + width, width)
    n_bins = int(np.clip(len(np.unique(values)), 5, N_BINS)) if len(values) < 400 else N_BINS
    return np.linspace(low, high if high > low else low + 1, n_bins + 1)


def _draw_levels(ax: "Axes", real: pd.Series, made: pd.Series) -> None:
    counts = real.astype(str).value_counts().sort_index().sort_values(ascending=False, kind="stable")
    kept = list(counts.index[: MOST_LEVELS if len(counts) <= MOST_LEVELS else MOST_LEVELS - 1])
    shares = [_level_shares(column.astype(str), kept) for column in (real, made)]
    names = [*kept, "其他"] if max(part[-1] for part in shares) > 1e-9 else kept
    places = np.arange(len(names))
    ax.bar(places - 0.2, shares[0][: len(names)], 0.4, color=_REAL)
    ax.bar(places + 0.2, shares[1][: len(names)], 0.4, color="white", edgecolor=_MADE, hatch="////")
    ax.set_xticks(
        places, labels=[plain(name, 9) for name in names], rotation=40, ha="right", rotation_mode="anchor"
    )
    ax.grid(False, axis="x")
    _share_ticks(ax)


def _share_ticks(ax: "Axes") -> None:
    """整齊的百分比：2.5% 寫成 2%、7.5% 寫成 8%，刻度就不等距了。"""
    from matplotlib.ticker import MaxNLocator

    ax.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
    ax.yaxis.set_major_formatter(_percent)


def _percent(share: float, place: float) -> str:
    return f"{round(100 * share, 6):g}%"


def _level_shares(column: pd.Series, kept: Sequence[str]) -> NDArray:
    """留下的水準各占多少，最後一個是其餘的。"""
    found = column.value_counts(normalize=True).reindex(kept, fill_value=0).to_numpy(dtype=float)
    return np.append(found, max(1 - found.sum(), 0) if len(column) else 0)


def _two_names(figure: "Figure") -> None:
    from matplotlib.patches import Patch

    handles = [
        Patch(facecolor=_REAL, edgecolor=_REAL, label=f"{REAL}（實線、實心）"),
        Patch(facecolor="white", edgecolor=_MADE, hatch="////", label=f"{MADE}（虛線、斜線）"),
    ]
    figure.legend(handles=handles, loc="outside upper center", ncols=2, fontsize="small")


def _dots(ax: "Axes", x: pd.Series, y: pd.Series, **how: Any) -> None:
    ax.scatter(x, y, s=14, alpha=0.55, linewidths=0, rasterized=len(x) > 1000, zorder=2, **how)


def _pair_legend(figure: "Figure", pairs: pd.DataFrame) -> None:
    from matplotlib.lines import Line2D

    handles = [
        Line2D([], [], linestyle="", marker=marker, color=plotting.COLOURS[role], label=label)
        for how, (label, marker, role) in _PAIR_LOOKS.items()
        if (pairs["量法"] == how).any()
    ]
    if handles:
        figure.legend(handles=handles, loc="outside upper center", ncols=3, fontsize="small")
