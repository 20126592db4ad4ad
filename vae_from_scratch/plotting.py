"""整本書的圖只有這一個樣子：中文字型、色盲也分得清的顏色、SVG，以及兩種一再出現的圖。

每一頁的第一格寫 ``from vae_from_scratch import plotting; plotting.use_course_style()``。
"""

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .files import write_atomically

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colorbar import Colorbar
    from matplotlib.figure import Figure

#: 各種角色的顏色：編碼器 q、先驗 p、資料、雜訊、對、錯、主要線條、次要線條。
#: 兩兩在三種色盲模擬下的色差都大於 14，對白底的對比都大於 3（tests/test_plotting.py 驗證）。
COLOURS: dict[str, str] = {
    "q": "#0072B2",
    "p": "#D55E00",
    "data": "#1594F0",
    "noise": "#B478A8",
    "good": "#0E6B3C",
    "bad": "#9B0A26",
    "ink": "#1B1F24",
    "muted": "#696969",
}

#: 房價（對數）的色階範圍固定，不同的圖才能互相比較：6 萬到 45 萬美元約是資料的中間 98%。
LOG_PRICE_RANGE = (float(np.log(60_000)), float(np.log(450_000)))
PRICE_TICKS = (60_000, 100_000, 150_000, 200_000, 300_000, 450_000)
#: 先驗的圓各包住多少機率。
PRIOR_SHARES = (0.50, 0.95)

_PACKAGE = Path(__file__).resolve().parent
#: 課程資料夾裡的整套字型；沒有就用隨套件而來的常用字。
_FONT_FOLDERS = (_PACKAGE.parent / "_vendor" / "fonts", _PACKAGE / "fonts")
_COURSE_FONT = "Noto Sans TC"
_SYSTEM_FONTS = (
    "Noto Sans CJK TC",
    "Source Han Sans TC",
    "Microsoft JhengHei",
    "PingFang TC",
    "Heiti TC",
    "LiHei Pro",
    "Noto Sans CJK JP",  # 有些 Linux 只登記整個字集的第一個名字；繁體字都在裡面
    "AR PL UMing TW",
)
_LABEL_BOX = {"boxstyle": "square,pad=0.1", "facecolor": "white", "edgecolor": "none", "alpha": 0.85}
_STYLE: dict[str, Any] = {
    "axes.axisbelow": True,
    "axes.edgecolor": COLOURS["muted"],
    "axes.grid": True,
    "axes.labelcolor": COLOURS["ink"],
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlesize": "medium",
    "figure.constrained_layout.use": True,
    "figure.dpi": 144,  # SVG 的大小不受影響，只決定圖裡點陣部分的細緻程度
    "figure.facecolor": "white",
    "figure.figsize": (6.4, 3.8),
    "font.size": 11,
    "grid.color": "#E3E5E8",
    "grid.linewidth": 0.8,
    "image.cmap": "viridis",
    "legend.frameon": False,
    "lines.linewidth": 1.8,
    "mathtext.fontset": "cm",
    "savefig.dpi": 144,
    "savefig.facecolor": "white",
    "svg.fonttype": "path",  # 文字存成路徑，讀者的電腦沒有這個字型也看得到
    "svg.hashsalt": "vae-from-scratch",  # 同一張圖，每次存出來的位元組都一樣
    "text.color": COLOURS["ink"],
    "xtick.color": COLOURS["muted"],
    "ytick.color": COLOURS["muted"],
}


def use_course_style() -> None:
    """設定全書的圖樣：中文字型、顏色、SVG；在 Jupyter 裡也讓格子輸出 SVG。"""
    import matplotlib
    from cycler import cycler

    cycle = cycler(color=[COLOURS[role] for role in ("q", "p", "good", "noise", "ink", "data", "bad")])
    fonts = {"font.family": "sans-serif", "font.sans-serif": [*_font_names(), "DejaVu Sans"]}
    settings: Any = _STYLE | fonts | {"axes.prop_cycle": cycle}
    matplotlib.rcParams.update(settings)
    if "IPython" in sys.modules:
        _use_svg_in_jupyter()


def _font_names() -> list[str]:
    """Noto Sans TC；它沒有的字，用系統的繁體中文字型補。"""
    from matplotlib import font_manager

    known = {font.name for font in font_manager.fontManager.ttflist}
    if _COURSE_FONT not in known:
        fonts = (sorted(folder.glob("*.ttf")) for folder in _FONT_FOLDERS)
        for path in next(filter(None, fonts)):
            font_manager.fontManager.addfont(path)
    return [_COURSE_FONT, *[name for name in _SYSTEM_FONTS if name in known][:1]]


def _use_svg_in_jupyter() -> None:
    from IPython import get_ipython
    from matplotlib_inline.backend_inline import set_matplotlib_formats

    shell = get_ipython()
    if shell is not None:
        set_matplotlib_formats("svg", metadata={"Date": None})
        if os.environ.get("VAE_NARROW_FIGURES"):  # 建書的核心才設（book/build.py）
            _draw_both_in(shell)


def _draw_both_in(shell: Any) -> None:
    from matplotlib.figure import Figure

    from .narrow_figures import drawn_both

    formatter = shell.display_formatter.formatters["image/svg+xml"]
    formatter.for_type(Figure, drawn_both(formatter.lookup_by_type(Figure)))


def save_figure(figure: "Figure", path: str | Path) -> None:
    """把圖存成檔案（副檔名決定格式）；寫到一半中斷不會留下半個檔案，不含日期，所以同一張圖同樣的位元組。"""
    kind = Path(path).suffix.lstrip(".").lower()
    metadata = {"Date": None} if kind == "svg" else None
    write_atomically(path, lambda file: figure.savefig(file, format=kind, metadata=metadata))


def prior_radius(share: float) -> float:
    """二維標準常態有 ``share`` 的機率落在這個半徑之內：r = √(−2 log(1 − share))。"""
    return float(np.sqrt(-2 * np.log1p(-share)))


def latent_plane(
    ax: "Axes",
    mean: ArrayLike,
    log_price: ArrayLike | None = None,
    *,
    units: tuple[int, int] = (1, 2),
    limit: float = 4.0,
    colour_bar: bool = True,
    size: float = 7.0,
) -> "Colorbar | None":
    """潛在平面：每棟房子畫在它的平均編碼 μ(x)，顏色是房價（對數色階）。

    座標軸固定在 ±limit、兩軸等長：自動縮放會讓崩塌到 10⁻³ 的編碼看起來也有意義。虛線圓是先驗的 50% 與 95%。
    ``mean`` 是 (N, 2)，``log_price`` 是 (N,)，不知道的價格（NaN）畫成灰色。``units`` 是兩軸各為第幾個單元，
    只影響軸的名字。傳回色條（沒有就是 None）。
    """
    mean = _plane_points(mean)
    prior_circles(ax)
    price = np.full(len(mean), np.nan) if log_price is None else np.asarray(log_price, dtype=float)
    if price.shape != (len(mean),):
        raise ValueError(
            f"引數 log_price（對數房價）的形狀是 {price.shape}，mean 卻有 {len(mean)} 列；請給一列一個價格。"
        )
    known = np.isfinite(price)
    _dots(ax, mean[~known], size=size, color=COLOURS["muted"], alpha=0.5)
    low, high = LOG_PRICE_RANGE
    dots = _dots(ax, mean[known], size=size, c=price[known], cmap="viridis", vmin=low, vmax=high)
    _fix_plane(ax, mean, limit)
    ax.set(xlabel=f"$z_{{{units[0]}}}$", ylabel=f"$z_{{{units[1]}}}$")
    return _price_bar(ax, dots) if colour_bar and known.any() else None


def latent_line(ax: "Axes", mean: ArrayLike, log_price: ArrayLike, *, limit: float = 4.0) -> None:
    """只有一個單元時：橫軸是平均編碼 μ(x)（固定在 ±limit），縱軸是房價（對數）。形狀都是 (N,)。"""
    x, y = np.asarray(mean, dtype=float), np.asarray(log_price, dtype=float)
    _dots(ax, np.stack([x, y], axis=1), size=7.0, color=COLOURS["q"], alpha=0.4)
    ticks = np.array(PRICE_TICKS)
    ax.set_yticks(np.log(ticks), labels=[f"{tick / 10_000:g}" for tick in ticks])
    ax.set(xlim=(-limit, limit), xlabel="$z_1$", ylabel="房價（萬美元，對數刻度）")


def prior_circles(ax: "Axes", shares: Sequence[float] = PRIOR_SHARES) -> None:
    """在潛在平面上畫先驗 N(0, I) 的機率圓，並標出圓內的機率。"""
    angle = np.linspace(0, 2 * np.pi, 181)
    for share in shares:
        radius = prior_radius(share)
        x, y = radius * np.cos(angle), radius * np.sin(angle)
        ax.plot(x, y, "--", color=COLOURS["p"], linewidth=1, zorder=3)
        ax.annotate(
            f"先驗 {share:.0%}", (0, -radius), (0, -1), textcoords="offset points",
            ha="center", va="top", fontsize="x-small", color=COLOURS["p"], zorder=4,
            bbox=_LABEL_BOX,
        )  # fmt: skip


def _plane_points(mean: ArrayLike) -> NDArray:
    points = np.asarray(mean, dtype=float)
    if points.ndim != 2 or points.shape[1] != 2:
        raise ValueError(
            f"引數 mean（平均編碼）的形狀是 {points.shape}；潛在平面要 (N, 2)。"
            "超過兩維時請選兩欄，例如 mean[:, :2]。"
        )
    return points


def _dots(ax: "Axes", points: NDArray, size: float, **how: Any) -> Any:
    # 幾千個點存成向量，一張圖就要 1 MB；超過一千點改存點陣。
    x, y = points.T
    return ax.scatter(x, y, s=size, linewidths=0, rasterized=len(points) > 1000, zorder=2, **how)


def _fix_plane(ax: "Axes", points: NDArray, limit: float) -> None:
    ax.set(xlim=(-limit, limit), ylim=(-limit, limit), aspect="equal")
    outside = int((np.abs(points) > limit).any(axis=1).sum())
    if outside:
        ax.text(
            0.01, 0.99, f"另有 {outside} 點在圖外", transform=ax.transAxes,
            va="top", fontsize="x-small", color=COLOURS["muted"], zorder=4, bbox=_LABEL_BOX,
        )  # fmt: skip


def _price_bar(ax: "Axes", dots: Any) -> "Colorbar":
    ticks = np.array(PRICE_TICKS)
    bar = ax.figure.colorbar(dots, ax=ax, label="房價（萬美元，對數色階）", extend="both", pad=0.02)
    bar.set_ticks(np.log(ticks).tolist(), labels=[f"{tick / 10_000:g}" for tick in ticks])
    return bar


def history_curves(
    history: Sequence[Mapping[str, Any]],
    axes: "Sequence[Axes] | None" = None,
    *,
    baseline: float | None = None,
) -> Any:
    """訓練曲線：左邊是重建誤差，右邊是每個單元的 KL；實線是訓練集，虛線是驗證集。

    ``history`` 是 ``VAE.history_``（每個訓練週期一列）。``baseline`` 是不看編碼的重建誤差（nats），
    畫成水平線：高於或貼著它，表示解碼器還沒用到編碼。傳回整張圖。
    """
    if not history:
        raise ValueError("引數 history（訓練紀錄）是空的；請先呼叫 fit，再傳入 vae.history_。")
    left, right = _two_axes() if axes is None else axes
    _reconstruction_curves(left, history, baseline)
    _kl_curves(right, history)
    for ax in (left, right):
        ax.set_xlabel("訓練週期（epoch）")
        if ax.get_legend_handles_labels()[0]:
            ax.legend(fontsize="small")
    return left.figure


def _two_axes() -> Any:
    from matplotlib import pyplot as plt

    return plt.subplots(1, 2, figsize=(8.4, 3.6))[1]


def _reconstruction_curves(ax: "Axes", history: Sequence[Mapping[str, Any]], baseline: float | None) -> None:
    for prefix, name, line in (("", "訓練集", "-"), ("val_", "驗證集", "--")):
        if f"{prefix}reconstruction" in history[0]:
            epochs, values = _column(history, f"{prefix}reconstruction")
            ax.plot(epochs, values, line, color=COLOURS["q"], label=name)
    if baseline is not None:
        ax.axhline(baseline, color=COLOURS["muted"], linewidth=1, linestyle=":", label="不看編碼")
    ax.set(title="重建誤差", ylabel="nats／棟")
    _skip_the_first_epochs(ax)


def _kl_curves(ax: "Axes", history: Sequence[Mapping[str, Any]]) -> None:
    n_units = len(history[0]["kl_per_unit"])
    cycle = [COLOURS[role] for role in ("q", "good", "noise", "ink", "data", "bad", "muted")]
    for prefix, line in (("", "-"), ("val_", "--")):
        if f"{prefix}kl_per_unit" not in history[0]:
            continue
        epochs, values = _column(history, f"{prefix}kl_per_unit")
        for unit in range(n_units):
            # 虛線的意思左圖已經說了；圖例只放一次單元的名字。
            label = f"第 {unit + 1} 個單元" if not prefix and n_units <= len(cycle) else None
            ax.plot(epochs, values[:, unit], line, color=cycle[unit % len(cycle)], label=label)
    ax.set(title="每個單元的 KL", ylabel="nats／棟")
    _skip_the_first_epochs(ax)
    ax.set_ylim(bottom=0)


def _skip_the_first_epochs(ax: "Axes", skip: int = 2) -> None:
    """縱軸不遷就最初兩個訓練週期：那裡的值大很多，會把之後的變化壓扁；曲線從圖框的上緣進來。"""
    drawn = [np.asarray(line.get_ydata(), dtype=float) for line in ax.lines]
    values = np.concatenate([y[skip:] if len(y) > skip else y for y in drawn])  # 水平線只有兩點，整條都算
    if np.ptp(values) > 0:
        margin = 0.05 * np.ptp(values)
        ax.set_ylim(values.min() - margin, values.max() + margin)


def _column(history: Sequence[Mapping[str, Any]], key: str) -> tuple[NDArray, NDArray]:
    return np.array([row["epoch"] for row in history]), np.array([row[key] for row in history], dtype=float)
