"""互動圖的靜止畫面：沒有 JavaScript（列印的筆記本、擋掉程式的瀏覽器）時看到的那一張，畫出圖的結論。

每一張由互動圖自己的資料畫，存成 PNG 放在頁面裡；寬 4 英吋，手機上不必縮小，字照樣看得清。
"""

import base64
import io
import json
from collections.abc import Callable
from functools import cache
from html import escape
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from . import plotting

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

C = plotting.COLOURS
#: 寬、高，英吋。
SIZE = (4.0, 2.7)
#: 一吋幾點：螢幕的兩倍，高解析度的螢幕也清楚。
DPI = 192


class Still(NamedTuple):
    """一張靜止畫面：``draw(ax, data)`` 把它畫在座標軸上，``alt`` 是看不見圖的人讀的。"""

    draw: "Callable[[Axes, dict[str, Any]], object]"
    alt: str


@cache
def image(still: Still, data: str) -> str:
    """``<img>``，圖就在裡面；``data`` 是互動圖的資料（JSON）。同樣的資料，同樣的位元組。"""
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context():
        plotting.use_course_style()
        figure = Figure(figsize=SIZE, dpi=DPI)
        still.draw(figure.subplots(), json.loads(data))
        width, text = _png(figure)
    return f'<img alt="{escape(still.alt)}" width="{width}" src="data:image/png;base64,{text}">'


def _png(figure: "Figure") -> tuple[int, str]:
    """（顯示的寬度，base64 的 PNG）；三十二種顏色就夠，檔案只剩三分之一，比存成向量的中文字更小。"""
    from PIL import Image

    drawn, file = io.BytesIO(), io.BytesIO()
    figure.savefig(drawn, format="png", dpi=DPI)
    picture = Image.open(drawn).convert("RGB").quantize(32, dither=Image.Dither.NONE)
    picture.save(file, "png", optimize=True)
    return round(picture.width * 96 / DPI), base64.b64encode(file.getvalue()).decode("ascii")


def _reparameterization(ax: "Axes", data: dict[str, Any]) -> None:
    noise, std, rng = np.array(data["noise"]), data["std"], np.random.default_rng(0)
    means = np.linspace(-2, 3, 51)
    fresh = rng.standard_normal((len(means), len(noise)))
    ax.plot(means, means**2 + std**2, "--", color=C["ink"], lw=1.2)
    ax.text(-1.9, 9, "期望值 μ² ＋ σ²", fontsize=10)
    for draws, colour, name, y in [(fresh, C["p"], "每次重抽", 18), (noise[None], C["q"], "雜訊固定", 16)]:
        ax.plot(means, ((means[:, None] + std * draws) ** 2).mean(axis=1), ".-", color=colour, lw=0.8, ms=4)
        ax.text(0.5, y, name, color=colour, ha="center", fontsize=10)
    ax.set(xlabel="μ", ylabel="z² 的平均", ylim=(0, 20))


def _kl(ax: "Axes", data: dict[str, Any]) -> None:
    mean, std = data["mean"], np.linspace(0.5, 2.5, 201)
    forward = 0.5 * (mean**2 + std**2 - 1) - np.log(std)
    backward = 0.5 * ((1 + mean**2) / std**2 - 1) + np.log(std)
    for values, colour, name, at, side in [
        (forward, C["q"], "照 q 平均", 160, "right"),
        (backward, C["p"], "照 p 平均", 20, "left"),
    ]:
        ax.plot(std, values, color=colour)
        ax.text(std[at], values[at] + 0.12, name, color=colour, ha=side, fontsize=10)
    ax.plot(1, mean**2 / 2, "o", color=C["ink"])
    ax.set(xlabel=f"q 的標準差 σ（μ ＝ {mean:g}，p 是 N(0, 1)）", ylabel="KL（nats）")


def _covariance(ax: "Axes", data: dict[str, Any]) -> None:
    choice, rho = data["choices"][0], np.linspace(-0.98, 0.98, 197)
    mean, variance = np.array(choice["mean"]), np.array(choice["variance"])
    summed = 0.5 * float(np.sum(mean**2 + variance - 1 - np.log(variance)))
    ax.plot(rho, summed - 0.5 * np.log(1 - rho**2), color=C["q"])
    ax.axhline(summed, ls="--", color=C["bad"])
    ax.text(0, summed + 0.35, "真正的 KL", color=C["q"], ha="center", fontsize=10)
    ax.text(0, summed - 0.09, "各維相加", color=C["bad"], ha="center", va="top", fontsize=10)
    ax.set(xlabel="ρ", ylabel="nats", ylim=(summed - 0.35, summed + 1.7))


def _elbo(ax: "Axes", data: dict[str, Any]) -> None:
    x, start, theta = data["x"], -0.5, np.linspace(-2, 4, 241)
    mean, variance = (x - start) / 2, 0.5  # start 的後驗
    evidence = -0.5 * np.log(4 * np.pi) - (x - theta) ** 2 / 4
    kl = 0.5 * (mean**2 + variance - 1 - np.log(variance))
    bound = -0.5 * np.log(2 * np.pi) - 0.5 * ((x - mean - theta) ** 2 + variance) - kl
    ax.plot(theta, evidence, color=C["good"])
    ax.plot(theta, bound, color=C["q"])
    top = x - mean
    for place in (start, top):
        ax.axvline(place, ls=":", color=C["muted"], lw=1)
    ax.plot(start, np.interp(start, theta, evidence), "o", color=C["ink"])
    ax.annotate(
        "", (top, -3.15), (start, -3.15), arrowprops={"arrowstyle": "-|>", "color": C["ink"], "lw": 1.2}
    )
    ax.text(start - 0.08, -3.2, "碰到", ha="right", fontsize=10)
    ax.text(top + 0.08, -3.2, "下界的最高點", fontsize=10)
    ax.text(3.0, -2.2, "log p(x)", color=C["good"], fontsize=10)
    ax.text(1.5, -2.2, "下界", color=C["q"], fontsize=10)
    ax.set(xlabel="θ", ylabel="nats", ylim=(-3.5, -1.1))


def _single_sample(ax: "Axes", data: dict[str, Any]) -> None:
    noise, mean, std = np.array(data["noise"]), data["mean"], data["std"]
    ratio = 0.5 * ((mean + std * noise) ** 2 - noise**2) - np.log(std)
    n = np.arange(1, len(noise) + 1)
    kl = 0.5 * (mean**2 + std**2 - 1) - np.log(std)
    band = 2 * np.sqrt((0.5 * (std**2 - 1) ** 2 + mean**2 * std**2) / n)
    ax.fill_between(n, kl - band, kl + band, color=C["good"], alpha=0.18, lw=0)
    ax.axhline(kl, color=C["good"], lw=1.2)
    ax.plot(n, ratio, ".", color=C["muted"], ms=3, alpha=0.6)
    ax.plot(n, np.cumsum(ratio) / n, color=C["q"])
    ax.text(1.1, kl - 0.9, f"KL {kl:.2f}", color=C["good"], fontsize=10)
    ax.text(3, 7.4, "點是單一個，線是平均", fontsize=10, color=C["q"])
    ax.set(xscale="log", xlabel="抽了幾個 n", ylabel="對數比（nats）", ylim=(-3, 9))


def _beta(ax: "Axes", data: dict[str, Any]) -> None:
    runs = data["runs"]
    places = np.arange(len(runs))
    lines = [
        ("單元一的 KL", [run["kl"][0] for run in runs], C["q"], 0.45, 0.12, "left"),
        ("單元二的 KL", [run["kl"][1] for run in runs], C["good"], 0.2, -0.25, "right"),
        ("房價的 R²", [run["r2"] for run in runs], C["p"], 0.75, 0.12, "left"),
    ]
    for name, values, colour, share, lift, side in lines:
        ax.plot(places, values, ".-", color=colour)
        at = round(share * (len(runs) - 1))
        ax.text(places[at], values[at] + lift, name, color=colour, fontsize=10, ha=side)
    ax.set(xlabel="β", ylabel="nats；R² 沒有單位", ylim=(-0.5, None), xticks=places[::2])
    ax.set_xticklabels([f"{run['beta']:g}" for run in runs[::2]])


def _basins(ax: "Axes", data: dict[str, Any], beta: float = 1.5) -> None:
    rows, pulls, widths = np.array(data["rows"]), np.linspace(0, 2, 41), np.geomspace(0.06, 1, 30)
    codes = np.linspace(-1, 1, len(rows)) * np.sqrt(3 * (len(rows) - 1) / (len(rows) + 1))
    loss = np.array([min(_parity_loss(rows, codes, t, s, beta) for s in widths) for t in pulls])
    excess = loss - loss[0]
    valley = 5 + int(excess[5:].argmin())
    ax.axhline(0, ls=":", color=C["muted"], lw=1)
    ax.plot(pulls, excess, color=C["ink"])
    for at, colour, name in [(0, C["bad"], "崩塌"), (valley, C["q"], "帶資訊")]:
        ax.plot(pulls[at], excess[at] + 0.12, "o", color=colour, ms=9)
        ax.text(pulls[at] + 0.07, excess[at] + 0.22, name, color=colour, fontsize=10)
    ax.set(xlabel=f"編碼拉開多遠 t（β ＝ {beta:g}）", ylabel="損失 − 崩塌（nats）", ylim=(None, 0.5))


def _parity_loss(rows: Any, codes: Any, t: float, s: float, beta: float) -> float:
    """重建加 β 倍的 KL：解碼器是照 q 加權的平均，重建對 z 積分每一欄的熵。"""
    z = np.arange(-t * codes[-1] - 6 * s, t * codes[-1] + 6 * s, s / 4)
    density = np.exp(-0.5 * ((z[:, None] - t * codes) / s) ** 2)
    total = density.sum(axis=1)
    chance = np.clip(density @ rows / total[:, None], 1e-12, 1 - 1e-12)
    entropy = -(chance * np.log(chance) + (1 - chance) * np.log1p(-chance)).sum(axis=1)
    rebuilt = float((total * entropy).sum() / 4 / np.sqrt(2 * np.pi) / len(rows))
    return rebuilt + beta * (0.5 * (t * t + s * s - 1) - np.log(s))


def _bill(ax: "Axes", data: dict[str, Any]) -> None:
    size = 10 ** np.linspace(-4, 0.5, 181)  # 1 平方公尺合幾個單位
    first, second = data["models"]
    for spread, colour, name, at in [
        (data["spread"] * size, C["good"], "變異數跟著單位走", 40),
        (1.0, C["bad"], "變異數固定為 1", 1),
    ]:
        paid = [
            0.5 * (size * (data["area"] - model["mean"]) / spread) ** 2 - np.log(model["roof"])
            for model in (first, second)
        ]
        gap = np.broadcast_to(paid[0] - paid[1], size.shape)
        ax.plot(np.log10(size), gap, color=colour)
        ax.text(np.log10(size[at]), gap[at] + 0.15, name, color=colour, fontsize=10)
    ax.axhline(0, color=C["muted"], lw=0.8)
    for unit in data["units"]:
        at = -np.log10(unit["size"])
        ax.axvline(at, ls=":", color=C["muted"], lw=1)
        ax.text(at, -1.9, unit["name"], rotation=90, fontsize=9, ha="right", va="bottom")
    ax.set(
        xlabel="單位大　　　單位小",
        ylabel=f"{first['name']}減{second['name']}（nats）",
        xticks=[],
        ylim=(-2, 2),
    )


#: 各章的互動圖；資料要另外解開的（探索器、第 1 章），由做那張圖的模組自己帶來。
STILLS = {
    "reparameterization": Still(
        _reparameterization,
        "橫軸 μ，縱軸 z² 的平均。雜訊固定的點排成平滑的曲線，每次重抽的上下亂跳，都圍著期望值的虛線。",
    ),
    "kl": Still(
        _kl, "橫軸 σ。照 q 平均與照 p 平均的兩條曲線在 σ＝1 相交，右邊照 q 的高，左邊照 p 的高。"
    ),
    "covariance": Still(
        _covariance, "橫軸 ρ。各維相加是一條水平線；真正的 KL 在 ρ＝0 與它相碰，往兩邊愈來愈高。"
    ),
    "elbo": Still(
        _elbo,
        "橫軸 θ。log p(x) 的曲線與一條下界在一點碰到，其餘都在上面；走到下界的最高點，log p(x) 也升了。",
    ),
    "single-sample": Still(
        _single_sample, "橫軸是樣本數。單一個對數比散得很開，平均的線收進愈來愈窄的帶子，靠近 KL。"
    ),
    "beta": Still(_beta, "橫軸 β。單元二的 KL 先落到 0，再來是單元一；房價的 R² 到崩塌前都沒有大變。"),
    "basins": Still(
        _basins, "橫軸是編碼拉開多遠。損失有兩個谷，崩塌在左端，帶資訊的在右邊、比較低，中間隔著一道坡。"
    ),
    "bill": Still(
        _bill,
        "橫軸是單位的大小。變異數跟著單位走，兩張帳單的差是水平線；"
        "固定為 1，平方公尺時差是負的，公畝時是正的。",
    ),
}  # fmt: skip
