"""報告裡的圖：潛在平面、訓練曲線、各種表示法的分數。顏色與字型都由 plotting 來。"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from .. import plotting
from .baselines import CEILINGS, CLASSIFIERS, LINEAR, NAMES
from .likeness import Kinds, associations, coded
from .target import Target

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from .table_vae import TableVAE

#: 類別多於這個數目，其餘的併成「其他」：再多的顏色就分不清了。
MOST_COLOURS = 6
#: 找關聯最強的欄時，最多比較前面這麼多個變數：兩兩比較，時間是個數的平方。
MOST_COMPARED, MOST_ROWS = 60, 10_000
#: 著色的欄至少這麼多列有值；都沒有才退而求其次。
MOSTLY_KNOWN = 0.5
#: 座標軸至少到這裡：崩塌到 10⁻³ 的編碼不該放大成看得見的形狀。
SMALLEST_LIMIT = 3.0
#: 標準常態中間的 50% 與 95% 到這裡。
PRIOR_EDGES = (0.6745, 1.96)
ROLES = ("q", "p", "good", "noise", "data", "bad")
MARKERS = "osD^vP"
#: 看過目標的模型。
SUPERVISED = tuple(dict.fromkeys(("neighbours", *CEILINGS, *CLASSIFIERS)))
LONGEST_NAME = 18
JITTER = 0.07
N_LAYERS = 12


@dataclass(frozen=True, eq=False)
class Colouring:
    """點的顏色：``numbers`` 是數字（漸層），``names`` 是類別；恰有一個不是 None。

    ``log``：數字已經取了對數，刻度要寫回原來的值。``dates``：數字是 1970-01-01 起的天數，刻度寫成日期。
    """

    title: str
    numbers: NDArray | None = None
    names: NDArray | None = None
    log: bool = False
    dates: bool = False

    def take(self, rows: NDArray) -> "Colouring":
        """只留這幾列。"""
        numbers, names = (None if part is None else part[rows] for part in (self.numbers, self.names))
        return Colouring(self.title, numbers, names, self.log)


def by_target(target: Target) -> Colouring:
    """依目標著色；不知道目標的列是灰色。"""
    if not target.classes:
        return Colouring(target.name, numbers=target.values, log=target.log)
    classes = np.array(target.classes, dtype=object)
    names = classes[np.nan_to_num(target.values).astype(int)]
    names[~target.known] = None
    return Colouring(target.name, names=names)


def by_most_associated(frame: pd.DataFrame, model: "TableVAE") -> Colouring:
    """沒有目標時，依與其他欄關聯最強（平均的關聯最大）的那一欄著色；先選顏色夠用的欄。

    不挑「平面上分得最開」的欄：編碼可以把一個單元全用來背一個與誰都無關的欄。
    """
    schema = model.schema_
    kinds = Kinds(schema.category_names[:MOST_COMPARED], tuple(schema.scales_)[:MOST_COMPARED])
    (table,) = coded([frame.head(MOST_ROWS)], kinds)
    association = np.abs(associations(table))
    known = ~np.isnan(association)
    means = np.where(known, association, 0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    # 幾乎都缺的欄，平面上多半是灰點；有一半以上有值的先選。
    shown = frame.head(MOST_ROWS)[kinds.names].notna().mean().to_numpy() >= MOSTLY_KNOWN
    few = np.array(
        [name in schema.scales_ or len(schema.levels(name)) <= MOST_COLOURS for name in kinds.names]
    )
    name = kinds.names[int((2 * shown + few + means).argmax())]
    if name in schema.scales_:
        return Colouring(name, numbers=as_numbers(frame[name]), dates=name in schema.dates_)
    return Colouring(name, names=frame[name].astype(object).to_numpy())


def as_numbers(column: pd.Series) -> NDArray:
    """一欄數字 (N,)，缺失是 NaN；日期是 1970-01-01 起的天數。

    >>> as_numbers(pd.Series(pd.to_datetime(["1970-01-03", None]))).tolist()
    [2.0, nan]
    """
    if column.dtype.kind == "M":
        column = (column - pd.Timestamp(0)) / pd.Timedelta(days=1)
    return column.to_numpy(dtype=float)


def is_whole(values: NDArray) -> bool:
    """有值，而且都是整數。"""
    return len(values) > 0 and bool((values == np.round(values)).all())


def merged(names: NDArray, most: int = MOST_COLOURS) -> NDArray:
    """最常見的幾類保留，其餘併成「其他」；不是文字的（缺失）成為 None。"""
    known = pd.Series([name if isinstance(name, str) else None for name in names], dtype=object)
    counts = known.value_counts().sort_index().sort_values(ascending=False, kind="stable")
    if len(counts) <= most:
        return known.to_numpy()
    kept = set(counts.index[: most - 1])
    return np.array([name if name in kept or name is None else "其他" for name in known], dtype=object)


def latent_plane(codes: NDArray, units: tuple[int, int], colouring: Colouring) -> "Figure":
    """每列畫在它的平均編碼 μ(x)；座標軸裝得下 99.5% 的列，虛線圓是先驗。``units`` 由 1 起。"""
    figure = _figure(_plane_width(colouring), 5.8)
    ax = figure.subplots()
    plane = uncrowded(codes[:, [unit - 1 for unit in units]])
    # 只借座標軸、先驗的圓與「圖外幾點」。
    plotting.latent_plane(ax, plane, units=units, limit=reach(plane), size=0)
    if colouring.numbers is not None:
        _draw_numbers(ax, plane, colouring.numbers, colouring)
    elif colouring.names is not None:
        _draw_names(ax, plane, merged(colouring.names), colouring.title)
    return figure


def _plane_width(colouring: Colouring) -> float:
    """方形的平面加上色條，或放得下名字的圖例。"""
    if colouring.names is None:
        return 7.2
    names = [plain(name) for name in (colouring.title, *_order(merged(colouring.names)))]
    return 6.3 + 0.15 * max(map(len, names))


def reach(codes: NDArray) -> float:
    """座標軸到哪裡：裝得下 99.5% 的列，至少 ``SMALLEST_LIMIT``。

    >>> reach(np.zeros((10, 2))), reach(np.full((10, 2), 5.0))
    (3.0, 5.5)
    """
    return max(SMALLEST_LIMIT, 1.1 * float(np.quantile(np.abs(codes).max(axis=1), 0.995)))


def is_crowded(codes: NDArray) -> bool:
    """許多列的類別完全相同，編碼也就相同：不同的點不到列數的五分之一。"""
    return len(np.unique(codes, axis=0)) * 5 < len(codes)


def uncrowded(plane: NDArray) -> NDArray:
    """太擠時每一點加一點抖動，疊在一起的列才看得出有多少、是哪幾類。"""
    if not is_crowded(plane):
        return plane
    return plane + np.random.default_rng(0).normal(0, JITTER, plane.shape)


def latent_line(codes: NDArray, colouring: Colouring) -> "Figure":
    """只有一個單元：橫軸是平均編碼，縱軸是目標；類別就一類一條，上下錯開。虛線之間是先驗的 50% 與 95%。"""
    figure = _figure(7.2, 4.2)
    ax = figure.subplots()
    if colouring.numbers is not None:
        ax.scatter(codes[:, 0], colouring.numbers, s=9, linewidths=0, alpha=0.5, rasterized=len(codes) > 1000)
        ax.set_ylabel(_number_label(colouring))
        _ticks(ax.yaxis, colouring)
    elif colouring.names is not None:
        _draw_strips(ax, codes[:, 0], merged(colouring.names))
    limit = reach(codes[:, :1])
    ax.set(xlim=(-limit, limit), xlabel="$z_1$")
    for edge in PRIOR_EDGES:
        for side in (-edge, edge):
            ax.axvline(side, color=plotting.COLOURS["p"], linestyle="--", linewidth=1, zorder=1)
    return figure


def say_sampled(figure: "Figure", n_drawn: int, n_rows: int) -> None:
    """寫在圖上：只畫了其中幾列。"""
    text = f"隨機抽 {n_drawn:,} 列（共 {n_rows:,} 列）"
    figure.axes[0].set_title(text, loc="left", fontsize="small", color=plotting.COLOURS["muted"])


def curves(history: Sequence[Mapping[str, Any]], baseline: float) -> "Figure":
    """訓練曲線；單位是每列的 nats。"""
    figure = _figure(8.4, 3.6)
    axes = figure.subplots(1, 2)
    plotting.history_curves(history, axes, baseline=baseline)
    for ax in axes:
        ax.set_ylabel("nats／列")
    return figure


def score_dots(scores: pd.DataFrame, measure: str) -> "Figure":
    """各種表示法的分數：一個種子一點，短線是平均。``scores`` 一欄一種、一列一個種子。

    實心圓是 VAE，空心圓是同樣維數的對照，叉是底線，三角形是單獨一欄，方塊看過目標。
    """
    figure = _figure(6.4, 0.9 + 0.34 * scores.shape[1])
    ax = figure.subplots()
    for place, name in enumerate(scores.columns):
        heights = np.full(len(scores), place)
        ax.plot(scores[name], heights, linestyle="", markersize=6, alpha=0.75, **_score_look(name))
        ax.plot(scores[name].mean(), place, "|", color=plotting.COLOURS["p"], markersize=16, mew=2.2)
    ax.set_yticks(range(scores.shape[1]), labels=[NAMES[name] for name in scores.columns])
    ax.invert_yaxis()
    ax.set_xlabel(f"{measure}（沒有訓練過的列）")
    return figure


def _score_look(name: str) -> dict[str, Any]:
    muted = plotting.COLOURS["muted"]
    if name.partition(LINEAR)[0] == "vae":
        return {"marker": "o", "color": plotting.COLOURS["q"]}
    if name in ("shuffled", "majority"):
        return {"marker": "x", "color": muted}
    if name.startswith("column"):
        return {"marker": "^", "color": plotting.COLOURS["good"]}
    if name in SUPERVISED:
        return {"marker": "s", "color": muted, "mfc": "white"}
    return {"marker": "o", "color": muted, "mfc": "white"}


def plain(text: str, longest: int = LONGEST_NAME) -> str:
    """檔案裡的文字放進圖：控制字元換掉、太長截短，「$」不當作數學。"""
    clean = "".join(character if character.isprintable() else " " for character in text)
    short = clean if len(clean) <= longest else clean[: longest - 1] + "…"
    return short.replace("$", r"\$")


def _figure(width: float, height: float) -> "Figure":
    # 不經 pyplot：不動使用者的後端，也不必記得關圖。
    from matplotlib.figure import Figure

    plotting.use_course_style()
    return Figure(figsize=(width, height))


def _draw_numbers(ax: "Axes", plane: NDArray, numbers: NDArray, colouring: Colouring) -> None:
    known = np.isfinite(numbers)
    _dots(ax, plane[~known], color=plotting.COLOURS["muted"])
    # 色階取中間的 96%：一兩個極端的值，不該讓其餘的點都是同一個顏色。
    low, high = np.percentile(numbers[known], [2, 98])
    dots = _dots(ax, plane[known], c=numbers[known], cmap="viridis", vmin=low, vmax=high)
    bar = ax.figure.colorbar(dots, ax=ax, label=_number_label(colouring), extend="both", pad=0.02)
    _ticks(bar.ax.yaxis, colouring)


def _number_label(colouring: Colouring) -> str:
    return plain(colouring.title) + ("（對數刻度）" if colouring.log else "")


def _ticks(axis: Any, colouring: Colouring) -> None:
    if colouring.log:
        _original_ticks(axis)
    elif colouring.numbers is not None:
        number_ticks(axis, colouring.numbers[np.isfinite(colouring.numbers)], colouring.dates)


def number_ticks(axis: Any, values: Any, dates: bool = False) -> None:
    """刻度照 ``values`` 是什麼寫：天數寫成日期，整數不寫小數，上萬的寫成萬、億；最多六個，才不會疊在一起。"""
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
    from matplotlib.ticker import MaxNLocator

    if dates:
        locator = AutoDateLocator(minticks=3, maxticks=5)
        days = ["%Y", "%Y-%m", "%m-%d", "%H:%M", "%H:%M", "%S"]
        axis.set_major_locator(locator)
        axis.set_major_formatter(
            ConciseDateFormatter(locator, formats=days, zero_formats=days, show_offset=False)
        )
        return
    axis.set_major_locator(MaxNLocator(5, integer=is_whole(np.asarray(values, dtype=float))))
    axis.set_major_formatter(lambda value, place: short_number(value))


def short_number(value: float) -> str:
    """刻度上的數：上萬的用萬、億做單位。

    >>> [short_number(value) for value in (0.25, 2.0, -1500, 12_000, 30_000_000, 250_000_000)]
    ['0.25', '2', '−1,500', '1.2萬', '3,000萬', '2.5億']
    """
    units = ((1e8, "億"), (1e4, "萬"), (1.0, ""))
    size, unit = next((one for one in units if abs(value) >= one[0]), units[-1])
    return f"{round(value / size, 10):,.10g}{unit}".replace("-", "−")


def _original_ticks(axis: Any) -> None:
    """取過對數的刻度寫回原來的值，選 1、2、3、5 這種整齊的數。"""
    low, high = np.exp(axis.get_view_interval())
    ticks = [
        leading * 10.0**power
        for power in range(int(np.floor(np.log10(low))), int(np.log10(high)) + 2)
        for leading in (1, 1.5, 2, 3, 5, 7)
        if low <= leading * 10.0**power <= high
    ]
    axis.set_ticks(np.log(ticks), labels=[f"{tick:,.10g}" for tick in ticks])


def _draw_names(ax: "Axes", plane: NDArray, names: NDArray, title: str) -> None:
    unknown = np.array([name is None for name in names])
    _dots(ax, plane[unknown], color=plotting.COLOURS["muted"], label="（缺失）" if unknown.any() else None)
    # 一類畫完才畫下一類，後畫的會整片蓋住先畫的；隨機分成幾批輪流畫，各類才有同樣的機會露出來。
    layers = np.array_split(np.random.default_rng(0).permutation(len(plane)), N_LAYERS)
    for place, name in enumerate(_order(names)):
        how = {"color": _colour(name, place), "marker": _marker(name, place), "rasterized": len(plane) > 1000}
        _dots(ax, plane[:0], label=plain(name), **how)  # 只為了圖例
        for depth, layer in enumerate(layers):
            _dots(ax, plane[layer][names[layer] == name], zorder=2 + depth / N_LAYERS, **how)
    ax.figure.legend(title=plain(title), fontsize="small", loc="outside right upper", markerscale=1.8)


def _draw_strips(ax: "Axes", codes: NDArray, names: NDArray) -> None:
    order, rng = _order(names), np.random.default_rng(0)
    for place, name in enumerate(order):
        chosen = codes[names == name]
        height = place + rng.uniform(-0.3, 0.3, len(chosen))
        ax.scatter(chosen, height, s=7, linewidths=0, alpha=0.5, color=_colour(name, place))
    ax.set_yticks(range(len(order)), labels=[plain(name) for name in order])


def _order(names: NDArray) -> list[str]:
    counts = pd.Series(names, dtype=object).value_counts().sort_index()
    return list(counts.sort_values(ascending=False, kind="stable").index)


def _colour(name: str, place: int) -> str:
    return plotting.COLOURS["muted" if name == "其他" else ROLES[place % len(ROLES)]]


def _marker(name: str, place: int) -> str:
    return "." if name == "其他" else MARKERS[place % len(MARKERS)]


def _dots(ax: "Axes", points: NDArray, **how: Any) -> Any:
    # 超過一千點改存點陣，檔案才不會太大（與 plotting 的潛在平面相同）。
    x, y = points.T
    look = {"s": 11, "linewidths": 0, "alpha": 0.8, "rasterized": len(points) > 1000, "zorder": 2}
    return ax.scatter(x, y, **(look | how))
