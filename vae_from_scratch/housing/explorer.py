"""探索器：把訓練好的模型與全部的房子裝進一頁網頁，讀者拖著點走，解碼在瀏覽器裡算。

大的陣列存成 base64（小端序），與 JSON 裡一個一個寫出來的數字相比，只要三分之一的大小，而且逐位元相同。
"""

import base64
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import plotting
from ..groups import Groups
from ..interactive import InteractiveFigure
from .absence import name_absence
from .chinese import LEVELS, THEMES, VARIABLES
from .study import Trained

#: 網頁讀得懂的型別；一律小端序，與讀者的電腦無關。
DTYPES = {"float32": "<f4", "uint8": "<u1", "uint16": "<u2"}
#: 房子的代碼裡，這個數表示「缺失，或訓練時沒見過的水準」。
UNKNOWN = 255
#: 平面畫到 ±這麼遠，與第 11 章相同；編碼都在裡面，外面留一圈給外推。
LIMIT = 4.0
#: 最遠的鄰居超過這個距離，就是附近沒有房子（與第 12 章的價格地圖相同）。
FAR = 0.5
FALLBACK = (
    "這裡是探索器，要在書的網頁裡開啟 JavaScript 才能操作。它的結論在下一張圖與表：往昂貴的一側走，"
    "解碼出來的廚房、外牆與地下室越來越好，附近真房子的價格越來越高；走出資料以外，解碼器卻更有把握，"
    "那是外推，不是知識。"
)


def packed(values: ArrayLike, dtype: str) -> dict[str, Any]:
    """陣列 → ``{dtype, shape, base64}``；``dtype`` 是 "float32"、"uint8" 或 "uint16"。

    放不進那個型別的數（超出範圍、不是有限的數、整數型別卻有小數）引發 ``ValueError``。
    """
    if dtype not in DTYPES:
        raise ValueError(f"引數 dtype（型別）是 {dtype!r}；可用的是 {'、'.join(DTYPES)}。")
    values = np.asarray(values)
    with np.errstate(over="ignore", invalid="ignore"):
        stored = values.astype(DTYPES[dtype])
    kept = np.isfinite(stored) if dtype == "float32" else stored == values
    if not kept.all():
        raise ValueError(f"引數 values 裡的 {values[~kept][0]} 存不進 {dtype}；請換一個型別，或先處理它。")
    text = base64.b64encode(np.ascontiguousarray(stored).tobytes()).decode("ascii")
    return {"dtype": dtype, "shape": list(values.shape), "base64": text}


def unpacked(document: dict[str, Any]) -> NDArray:
    """``packed`` 的反函數。"""
    stored = np.frombuffer(base64.b64decode(document["base64"]), DTYPES[document["dtype"]])
    return stored.reshape(document["shape"])


def explorer_data(trained: Trained) -> dict[str, Any]:
    """探索器的全部資料：解碼器的權重、變數與水準的名字、每棟房子的代碼、編碼與價格。

    ``layers`` 是解碼器各層的矩陣 (n_in + 1, n_out)，最後一列是偏置，隱藏層用 ReLU，輸出分組做 softmax。
    只接受二維的類別概似。
    """
    vae = trained.vae
    if vae.latent_dim != 2 or sum(trained.groups) != vae.network_.n_outputs:
        raise ValueError(
            f"引數 trained 的模型是 {vae.latent_dim} 維、likelihood={vae.likelihood!r}；"
            "探索器要二維（latent_dim=2）的類別概似（categorical）。"
        )
    decoder = vae.network_.views(vae.parameters_).decoder
    return {
        "layers": [packed(layer, "float32") for layer in decoder],
        "variables": _variables(trained),
        "themes": THEMES,
        "houses": _houses(trained),
        "limit": LIMIT,
        "far": FAR,
        "price_range": plotting.LOG_PRICE_RANGE,
        "price_ticks": plotting.PRICE_TICKS,
        "prior_radii": [[share, plotting.prior_radius(share)] for share in plotting.PRIOR_SHARES],
    }


def explorer_figure(
    trained: Trained, stops: Mapping[str, tuple[float, float]] | None = None
) -> InteractiveFigure:
    """探索器；在 Jupyter 的格子裡當作最後一個運算式就會顯示。

    ``stops`` 是內文要讀者去的幾站（名字 → z），各有一個按鈕；超出平面（±4）引發 ``ValueError``。
    """
    for name, z in (stops or {}).items():
        if len(z) != 2 or not np.all(np.abs(z) <= LIMIT):
            raise ValueError(f"引數 stops 的「{name}」是 {z}；請給平面上的一點，兩個數都在 ±{LIMIT} 之內。")
    places = [{"name": name, "z": list(z)} for name, z in (stops or {}).items()]
    return InteractiveFigure("explorer", FALLBACK, stops=places, **explorer_data(trained))


def _variables(trained: Trained) -> list[dict[str, Any]]:
    """每個變數的代碼與中文、各水準的代碼與中文，以及訓練的房子裡各占多少（不看編碼的機率）。"""
    shares = trained.x[~trained.held_out].mean(axis=0)
    parts = Groups(trained.groups).split(shares)
    return [
        {
            "code": name,
            "name": VARIABLES[name],
            "levels": list(levels),
            "labels": [LEVELS[name][level] for level in levels],
            "shares": [round(float(share), 6) for share in part / part.sum()],
        }
        for name, levels, part in zip(trained.schema.variables_, trained.schema.levels_, parts, strict=True)
    ]


def _houses(trained: Trained) -> dict[str, Any]:
    """``numbers`` 是模型沒看過的欄，只給讀者看；``held_out`` 是沒有訓練過的房子。"""
    houses = trained.houses
    mean, log_var = trained.vae.encode(trained.x)
    codes = trained.schema.codes(name_absence(houses))
    return {
        "id": houses.categories.index.tolist(),
        "price": np.rint(houses.price).astype(int).tolist(),
        "held_out": packed(trained.held_out, "uint8"),
        "codes": packed(np.where(codes < 0, UNKNOWN, codes), "uint8"),
        "mean": packed(mean, "float32"),
        "log_var": packed(log_var, "float32"),
        "numbers": {
            name: packed(houses.details[name], "uint16") for name in ("YearBuilt", "GrLivArea", "OverallQual")
        },
    }
