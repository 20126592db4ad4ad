"""第 1 章的互動圖：兩個訓練好的模型，在編碼平面的每一格解碼出什麼房子、挪一點變多少。

解碼器有將近八萬個權重，放不進一章的頁面；這裡把平面切成 51 × 51 格，事先解碼，一格一個字元。格子之間不內插：
讀者的點停在格點上，念的數就是那一點的。
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from .. import plotting
from ..interactive import InteractiveFigure
from ..stills import Still
from .chinese import LEVELS, VARIABLES

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ..tables.schema import OneHotSchema

#: 平面畫到 ±這麼遠，每隔 ``STEP`` 一格；單位是標準化的編碼。
LIMIT, STEP = 2.5, 0.1
#: 隨機移動的標準差，與第 1 章的「抖動」相同。
SHAKE = 0.1
#: 念出來的幾欄，第一欄也決定平面的顏色；都沒有缺失。
COLUMNS = ("HouseStyle", "Neighborhood", "Exterior1st", "KitchenQual")
#: 平面上有顏色的水準；其餘的一律深色，不到一半的灰色。
COLOURED = {"1Story": "q", "2Story": "p", "1.5Fin": "good"}
#: 抖動多付的 nats 存成等比的刻度：最小、最大、分成幾格。
FINEST, COARSEST, MARKS = 0.01, 40.0, 90
FALLBACK = (
    "這裡是一張互動圖，要在書的網頁裡開啟 JavaScript 才看得到。它的結論是：房子之間的空地，"
    "兩個模型解碼出來的多半都說得通；差別在陡，"
    "自編碼器的色塊由一處往外放射、邊界長，編碼隨機移動 0.1，它多付的是 VAE 的好幾倍。"
)
ALT = (
    "兩張編碼平面，顏色是解碼出來的樓層形式，黑點是房子。左邊的自編碼器，色塊是往外放射的楔形；"
    "右邊的 VAE 沒有放射狀，點散得比較開。"
)
#: 一個整數一個字元：``LETTERS`` 個以內是 ASCII，超過的用帶符號的拉丁字母。
LETTERS = 92


class Decoded(Protocol):
    """一個訓練好的模型：``code`` (N, 2) 是標準化的編碼，``logits`` 把這樣的座標變成各欄的 logit。"""

    schema: "OneHotSchema"
    x: NDArray
    held_out: NDArray
    code: NDArray

    def logits(self, u: NDArray, /) -> NDArray:
        """(M, 2) → (M, D)。"""


def holes_figure(models: Mapping[str, Decoded]) -> InteractiveFigure:
    """第 1 章的互動圖；``models`` 是名字 → 模型，先放的先看。"""
    first = next(iter(models.values()))
    still = Still(_draw_planes, ALT)
    return InteractiveFigure("holes", FALLBACK, still=still, **holes_data(models, first))


def holes_data(models: Mapping[str, Decoded], first: Decoded) -> dict[str, Any]:
    """網頁要的全部資料。``real`` 是沒訓練過的真房子裡，百分之幾含有訓練時從未一起出現的兩個值。"""
    return {
        "limit": LIMIT,
        "step": STEP,
        "finest": FINEST,
        "ratio": (COARSEST / FINEST) ** (1 / MARKS),
        "columns": [
            {"name": VARIABLES[name], "labels": [LEVELS[name][level] for level in _levels(first, name)]}
            for name in COLUMNS
        ],
        "coloured": {LEVELS[COLUMNS[0]][level]: plotting.COLOURS[role] for level, role in COLOURED.items()},
        "models": [{"name": name, **_plane(model)} for name, model in models.items()],
    }


def grid() -> NDArray:
    """每一格的座標 (51², 2)，橫的走得快。"""
    axis = np.linspace(-LIMIT, LIMIT, round(2 * LIMIT / STEP) + 1)
    return np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)


def _plane(model: Decoded) -> dict[str, Any]:
    logits = model.logits(grid())
    reach = float(np.ceil(np.abs(model.code).max() * 100) / 100)
    found, pairs = _contradictions(model, logits)
    real = model.x[model.held_out]
    chances = [1 / (1 + np.exp(-_part(model, logits, name))) for name in COLUMNS]
    marks = np.rint(np.log(shaken(model) / FINEST) / np.log(COARSEST / FINEST) * MARKS)
    return {
        "reach": reach,
        "codes": _in_letters(model.code, reach),
        "levels": [runs(chance.argmax(axis=1)) for chance in chances],
        "chances": [letters(np.rint(100 * (1 - chance.max(axis=1)))) for chance in chances],
        "shaken": letters(np.clip(marks, 0, MARKS)),
        "odd": runs(found),
        "pairs": pairs,
        "real": round(100 * float((np.einsum("nd,nd->n", real @ _never(model), real) > 0).mean()), 1),
    }


def _levels(model: Decoded, name: str) -> Sequence[str]:
    return model.schema.levels_[model.schema.variables_.index(name)]


def _part(model: Decoded, logits: NDArray, name: str) -> NDArray:
    """``logits`` 裡屬於變數 ``name`` 的那幾欄。"""
    place = model.schema.variables_.index(name)
    start = sum(model.schema.groups[:place])
    return logits[:, start : start + model.schema.groups[place]]


def shaken(model: Decoded) -> NDArray:
    """照解碼的機率抽一棟房子，編碼隨機移動 ``SHAKE``，重建誤差平均多幾 nats；一格一個數。

    多付的期望值是兩個伯努利的 KL，對移動用高斯求積平均。
    """
    points, weights = np.polynomial.hermite_e.hermegauss(5)
    here, total = model.logits(grid()), np.zeros(len(grid()))
    chance = 1 / (1 + np.exp(-here))
    for a, u in zip(points, weights / weights.sum(), strict=True):
        for b, v in zip(points, weights / weights.sum(), strict=True):
            moved = model.logits(grid() + SHAKE * np.array([a, b]))
            kl = chance * (here - moved) + np.logaddexp(0, moved) - np.logaddexp(0, here)
            total += u * v * kl.sum(axis=1)
    return total


def _never(model: Decoded) -> NDArray:
    """哪兩欄在訓練的房子裡從未同時是 1。"""
    seen = model.x[~model.held_out]
    together: NDArray = seen.T @ seen == 0
    return together


def _contradictions(model: Decoded, logits: NDArray) -> tuple[NDArray, list[list[str]]]:
    """每一格解碼出來過半的值裡，從未一起出現的、最有把握的一對是第幾對（0 是沒有），與各對的名字。"""
    names = [
        f"{VARIABLES[variable]}：{LEVELS[variable][level]}"
        for variable, levels in zip(model.schema.variables_, model.schema.levels_, strict=True)
        for level in levels
    ]
    never, chance = np.triu(_never(model)), 1 / (1 + np.exp(-logits))
    pairs: dict[tuple[int, int], int] = {}
    found = np.zeros(len(logits), dtype=int)
    for cell, row in enumerate(chance):
        on = np.flatnonzero(row > 0.5)
        odd = on[np.argwhere(never[np.ix_(on, on)])]
        if len(odd):
            one, other = odd[np.argmax(row[odd].prod(axis=1))]
            found[cell] = pairs.setdefault((int(one), int(other)), len(pairs) + 1)
    return found, [[names[one], names[other]] for one, other in pairs]


# ── 一個整數一個字元 ──────────────────────────────────────────────────


def letters(numbers: NDArray) -> str:
    """0 到 155 的整數，一個一個字元。"""
    return "".join(chr(35 + k) if k < LETTERS else chr(0xC0 + k - LETTERS) for k in map(int, numbers))


def runs(numbers: NDArray) -> str:
    """連續相同的數合成一段：值、長度減一，各一個字元；一段最長 ``LETTERS``。"""
    parts: list[int] = []
    for number in map(int, numbers):
        if parts and parts[-2] == number and parts[-1] < LETTERS - 1:
            parts[-1] += 1
        else:
            parts += [number, 0]
    return letters(np.array(parts))


def _in_letters(code: NDArray, reach: float) -> str:
    """每棟房子三個字元：兩個座標各分成 882 格，合成一個三位的 ``LETTERS`` 進位數（882² < 92³）。"""
    across, up = np.rint((code.T + reach) / (2 * reach) * 881).astype(int)
    together = 882 * up + across
    digits = np.stack([together // LETTERS**2, together // LETTERS % LETTERS, together % LETTERS], axis=1)
    return letters(digits.ravel())


# ── 靜止畫面 ──────────────────────────────────────────────────────────


def _numbers(text: str) -> NDArray:
    """``letters`` 的反函數。"""
    codes = np.array([ord(letter) for letter in text])
    return np.where(codes < 0xC0, codes - 35, codes - 0xC0 + LETTERS)


def _unrun(text: str) -> NDArray:
    """``runs`` 的反函數。"""
    parts = _numbers(text)
    return np.repeat(parts[::2], parts[1::2] + 1)


def codes_of(plane: dict[str, Any]) -> NDArray:
    """``_in_letters`` 的反函數：(N, 2)。"""
    digits = _numbers(plane["codes"]).reshape(-1, 3)
    together = digits @ np.array([LETTERS**2, LETTERS, 1])
    return np.stack([together % 882, together // 882], axis=1) / 881 * 2 * plane["reach"] - plane["reach"]


def _draw_planes(ax: "Axes", data: dict[str, Any]) -> None:
    """兩個模型並排，同樣的顏色。"""
    from matplotlib.colors import ListedColormap

    figure, colours = ax.figure, ["#D9D9D9", *data["coloured"].values(), plotting.COLOURS["ink"]]
    labels = data["columns"][0]["labels"]
    shown = np.array(
        [[*data["coloured"]].index(name) + 1 if name in data["coloured"] else 4 for name in labels]
    )
    axes = [ax, figure.add_subplot(1, 2, 2)]
    ax.set_subplotspec(axes[1].get_subplotspec().get_gridspec()[0, 0])  # type: ignore[union-attr]
    for each, plane in zip(axes, data["models"], strict=True):
        sure = 100 - _numbers(plane["chances"][0]) > 50
        style = np.where(sure, shown[_unrun(plane["levels"][0])], 0).reshape(51, 51)
        each.imshow(
            style, origin="lower", extent=(-LIMIT, LIMIT) * 2, cmap=ListedColormap(colours), vmin=0, vmax=4,
            alpha=0.45, interpolation="nearest",
        )  # fmt: skip
        each.plot(*codes_of(plane)[::5].T, ".", color=plotting.COLOURS["ink"], ms=1.5)
        each.set(
            xlim=(-LIMIT, LIMIT),
            ylim=(-LIMIT, LIMIT),
            title=plane["name"],
            xticks=[-2, 0, 2],
            yticks=[-2, 0, 2],
        )
        each.grid(False)
