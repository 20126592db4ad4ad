"""探索器：把訓練好的模型與全部的房子裝進一頁網頁，讀者拖著點走，解碼在瀏覽器裡算。

大的陣列存成 base64（小端序），與 JSON 裡一個一個寫出來的數字相比，只要三分之一的大小，而且逐位元相同。
"""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from .. import plotting
from ..interactive import InteractiveFigure
from ..likelihood import Mixed
from ..stills import Still
from ..tables.coded import CodedTable
from ..tables.representations import represent
from .absence import all_columns
from .chinese import HOUSE_TYPE, HOUSE_TYPES, LEVELS, NUMBERS, THEMES, VARIABLES
from .study import Trained
from .study.mixed import mixed_split

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ..tables.table_schema import TableSchema

#: 網頁讀得懂的型別；一律小端序，與讀者的電腦無關。
DTYPES = {"float16": "<f2", "float32": "<f4", "uint8": "<u1", "uint16": "<u2", "uint32": "<u4"}
#: 房子的代碼裡，這個數表示「缺失，或訓練時沒見過的水準」。
UNKNOWN = 255
#: 平面畫到 ±這麼遠，與第 11 章相同；編碼幾乎都在裡面，外面留一圈給外推。
LIMIT = 4.0
#: 最遠的鄰居超過這個距離，就是附近沒有房子（與第 12 章的價格地圖相同）。
FAR = 0.5
FALLBACK = (
    "這裡是探索器，要在書的網頁裡開啟 JavaScript 才能操作。它的結論在下一張圖與表：最貴的一角，"
    "解碼出來的是又新又大、廚房極好的房子；同樣的房價，有大而舊的，也有小而新的；走出資料以外，"
    "解碼器對類別更有把握，年份也說到資料以後，那是外推，不是知識。"
)
ALT = "潛在平面，每點是一棟房子，顏色是房價；同色的點聚在一起，最貴的集中在一角。"
#: 讀者描述一棟房子，問這幾欄；其餘的當作不知道。
ASKED = (
    "YearBuilt", "GrLivArea", "OverallQual", "GarageCars", "Neighborhood", "BldgType", "HouseStyle",
    "KitchenQual",
)  # fmt: skip
#: 可以換過去看的對照。FAMD 是 MCA 加上數字：全是類別時就是 MCA。
RIVALS = {"famd": "FAMD（MCA 加上數字）", "pca": "PCA"}
RIVAL_NOTE = (
    "這是線性的方法，各軸除以自己的標準差。由平面還原一棟房子，它只能一條直線加減，類別會還原出負的「機率」；"
    "所以沒有解碼的房子、把握與描述，比得的是誰和誰住得近、附近的房價。"
)
#: 數字的「中間九成」。
MIDDLE = (0.05, 0.95)


def packed(values: ArrayLike, dtype: str) -> dict[str, Any]:
    """陣列 → ``{dtype, shape, base64}``；``dtype`` 是 "float16"、"float32"、"uint8"、"uint16" 或 "uint32"。

    放不進那個型別的數（超出範圍、不是有限的數、整數型別卻有小數）引發 ``ValueError``。
    """
    if dtype not in DTYPES:
        raise ValueError(f"引數 dtype（型別）是 {dtype!r}；可用的是 {'、'.join(DTYPES)}。")
    values = np.asarray(values)
    with np.errstate(over="ignore", invalid="ignore"):
        stored = values.astype(DTYPES[dtype])
    kept = np.isfinite(stored) if dtype.startswith("float") else stored == values
    if not kept.all():
        raise ValueError(f"引數 values 裡的 {values[~kept][0]} 存不進 {dtype}；請換一個型別，或先處理它。")
    text = base64.b64encode(np.ascontiguousarray(stored).tobytes()).decode("ascii")
    return {"dtype": dtype, "shape": list(values.shape), "base64": text}


def unpacked(document: dict[str, Any]) -> NDArray:
    """``packed`` 的反函數。"""
    stored = np.frombuffer(base64.b64decode(document["base64"]), DTYPES[document["dtype"]])
    return stored.reshape(document["shape"])


@dataclass(frozen=True, eq=False)
class Plane:
    """另一張平面，網頁裡沒有它的解碼器。

    ``key`` 寫在網址裡，``name`` 給人看，``note`` 說它是什麼、不能做什麼；``codes`` (N, 2) 是每棟房子的位置，
    ``held_out`` (N,) 是沒有訓練過的。``gaussian`` 是不是以標準常態為先驗（VAE）。
    """

    key: str
    name: str
    note: str
    codes: NDArray
    held_out: NDArray
    gaussian: bool = False


def other_seed(trained: Trained, seed: int) -> Plane:
    """另一個種子訓練的 VAE：每棟房子的平均編碼，與它自己的切分。"""
    note = "同樣的設定換一個種子，切分也換了。它的解碼器沒有裝進這一頁，只看房子放在哪裡。"
    return Plane(
        f"seed{seed}", f"VAE，種子 {seed}", note, trained.vae.transform(trained.x), trained.held_out, True
    )


def rival_planes(trained: Trained, seed: int = 0) -> list[Plane]:
    """FAMD 與 PCA 的前兩軸，由同樣編好碼的訓練列學；各軸除以訓練列的標準差，才與 VAE 的平面一樣大。

    ``trained`` 的切分要是種子 ``seed`` 的，否則引發 ``ValueError``。
    """
    data = mixed_split(trained.houses, "mixed", seed)
    if not np.array_equal(data.held_out, trained.held_out):
        raise ValueError(f"引數 seed 是 {seed}，切分與 trained 的不同；請給訓練它的種子。")
    return [
        Plane(name, RIVALS[name], RIVAL_NOTE, _unit_scale(trained, data.coded, name, seed), data.held_out)
        for name in RIVALS
    ]


def _unit_scale(trained: Trained, coded: CodedTable, name: str, seed: int) -> NDArray:
    codes = represent(name, coded, trained.held_out, 2, seed)
    seen = codes[~trained.held_out]
    return (codes - seen.mean(axis=0)) / seen.std(axis=0)


def explorer_data(trained: Trained, others: Sequence[Plane] = ()) -> dict[str, Any]:
    """探索器的全部資料：兩個網路的權重、各欄的名字與單位、每棟房子的每一欄、編碼與價格。

    ``layers`` 是解碼器各層的矩陣 (n_in + 1, n_out)，最後一列是偏置，隱藏層用 ReLU；``encoder`` 是編碼器的，
    第一層只有 ``asked`` 那幾欄的輸入。``planes`` 是 ``others``：位置捨入成半精度，切分一棟一個位元。
    輸出照 ``likelihood.Mixed``：各類別、各旗標的 logit，再來是各數字（標準化）的平均值。
    只接受二維、類別與數字並存的模型。
    """
    vae = trained.vae
    if vae.latent_dim != 2 or not isinstance(vae.likelihood_, Mixed):
        raise ValueError(
            f"引數 trained 的模型是 {vae.latent_dim} 維、likelihood={vae.likelihood!r}；"
            "探索器要二維（latent_dim=2）、類別與數字並存的概似（Mixed）。"
        )
    decoder = vae.network_.views(vae.parameters_).decoder
    return {
        "layers": [packed(layer, "float32") for layer in decoder],
        "encoder": [packed(layer, "float32") for layer in _encoder(trained)],
        "variables": _categories(trained) + _numbers(trained),
        "themes": THEMES,
        "asked": list(ASKED),
        "planes": [_packed_plane(plane) for plane in others],
        "houses": _houses(trained),
        "limit": LIMIT,
        "far": FAR,
        "price_range": plotting.LOG_PRICE_RANGE,
        "price_ticks": plotting.PRICE_TICKS,
        "prior_radii": [[share, plotting.prior_radius(share)] for share in plotting.PRIOR_SHARES],
    }


def _packed_plane(plane: Plane) -> dict[str, Any]:
    return {
        "key": plane.key, "name": plane.name, "note": plane.note, "gaussian": plane.gaussian,
        "mean": packed(plane.codes, "float16"), "held_out": packed(np.packbits(plane.held_out), "uint8"),
    }  # fmt: skip


def explorer_figure(
    trained: Trained,
    stops: Mapping[str, tuple[float, float]] | None = None,
    others: Sequence[Plane] = (),
) -> InteractiveFigure:
    """探索器；在 Jupyter 的格子裡當作最後一個運算式就會顯示。

    ``stops`` 是內文要讀者去的幾站（名字 → z），各有一個按鈕；超出平面（±4）引發 ``ValueError``。
    ``others`` 是可以換過去看的平面。
    """
    for name, z in (stops or {}).items():
        if len(z) != 2 or not np.all(np.abs(z) <= LIMIT):
            raise ValueError(f"引數 stops 的「{name}」是 {z}；請給平面上的一點，兩個數都在 ±{LIMIT} 之內。")
    places = [{"name": name, "z": list(z)} for name, z in (stops or {}).items()]
    return InteractiveFigure(
        "explorer", FALLBACK, still=Still(_draw_plane, ALT), stops=places, **explorer_data(trained, others)
    )


def _draw_plane(ax: "Axes", data: dict[str, Any]) -> None:
    houses = data["houses"]
    plotting.latent_plane(ax, unpacked(houses["mean"]), np.log(houses["price"]))


def level_name(variable: str, level: str) -> str:
    """水準的中文；``MSSubClass`` 的也在這裡。"""
    return (HOUSE_TYPES if variable == "MSSubClass" else LEVELS[variable])[level]


def learned_spread(trained: Trained) -> dict[str, float]:
    """每個數字學到的標準差 s，用資料的單位；整個平面都是同一個。"""
    vae: Any = trained.vae
    variance = vae.likelihood_.variance(vae.network_.views(vae.parameters_).noise_log_var)
    scales = _schema(trained).scales_
    return {
        name: float(np.sqrt(s2)) * scale.spread
        for (name, scale), s2 in zip(scales.items(), variance, strict=True)
    }


def only_known(trained: Trained, columns: Sequence[str] = ASKED) -> NDArray:
    """每棟房子只留 ``columns`` 這幾欄，其餘寫成不知道：編好碼的列 (N, K + 2M)。

    沒有的欄名引發 ``ValueError``。
    """
    return trained.x * inputs_of(trained, columns)


def inputs_of(trained: Trained, columns: Sequence[str] = ASKED) -> NDArray:
    """編好碼的一列裡，哪些格子屬於 ``columns``：水準、旗標、數字與「有沒有觀察到」；布林 (K + 2M,)。

    沒有的欄名引發 ``ValueError``。
    """
    schema = _schema(trained)
    unknown = [name for name in columns if name not in schema.cell_names]
    if unknown:
        names = "、".join(schema.cell_names)
        raise ValueError(f"引數 columns 的「{unknown[0]}」不是房子的欄；可用的是 {names}。")
    levels = np.repeat((*schema.category_names, *schema.spiked_), schema.groups)
    return np.isin([*levels, *schema.scales_, *schema.scales_], columns)


def _encoder(trained: Trained) -> list[NDArray]:
    """編碼器各層的矩陣；第一層只留 ``ASKED`` 的輸入與偏置，別的欄在網頁裡永遠不知道（是 0）。"""
    vae: Any = trained.vae
    first, *rest = vae.network_.views(vae.parameters_).encoder
    return [first[np.append(inputs_of(trained), True)], *rest]


def _schema(trained: Trained) -> "TableSchema":
    schema: Any = trained.schema
    return schema


def _shares(trained: Trained) -> list[list[float]]:
    """各類別、各旗標的水準在訓練的房子裡各占多少（不看編碼的機率）。"""
    blocks = _schema(trained).blocks
    parts = blocks.split(trained.x[~trained.held_out][:, : blocks.total].mean(axis=0))
    return [[round(float(share), 6) for share in part / part.sum()] for part in parts]


def _categories(trained: Trained) -> list[dict[str, Any]]:
    """每個類別變數的代碼與中文、各水準的代碼與中文，以及各占多少。"""
    schema = _schema(trained)
    names = VARIABLES | {"MSSubClass": HOUSE_TYPE}
    return [
        {
            "code": name,
            "name": names[name],
            "levels": list(schema.levels(name)),
            "labels": [level_name(name, level) for level in schema.levels(name)],
            "shares": shares,
        }
        for name, shares in zip(schema.category_names, _shares(trained), strict=False)  # 後面還有旗標的
    ]


def _numbers(trained: Trained) -> list[dict[str, Any]]:
    """每個數字的中文、單位、尺度與學到的標準差，以及訓練的房子裡的平均、範圍、中間九成。

    有旗標的數字另有 ``shares``：是 0 與不是 0 各占多少；它的平均與範圍只算不是 0 的，與模型一樣。
    """
    schema, spread = _schema(trained), learned_spread(trained)
    flags = dict(zip(schema.spiked_, _shares(trained)[len(schema.category_names) :], strict=True))
    table = all_columns(trained.houses)[~trained.held_out]
    found = []
    for name, scale in schema.scales_.items():
        known = table[name].dropna()
        middle = (known[known != 0] if name in flags else known).quantile(list(MIDDLE))
        found.append(
            {
                "code": name, "name": NUMBERS[name][0], "unit": NUMBERS[name][1],
                "centre": scale.centre, "spread": scale.spread, "s": spread[name],
                "low": scale.low, "high": scale.high, "middle": middle.tolist(), "shares": flags.get(name),
            }
        )  # fmt: skip
    return found


def _houses(trained: Trained) -> dict[str, Any]:
    """``codes`` 是類別的代碼，``numbers`` 是數字（缺失的寫成那個型別最大的數）；``held_out`` 沒有訓練過。"""
    houses, schema = trained.houses, _schema(trained)
    mean, log_var = trained.vae.encode(trained.x)
    table = all_columns(houses)
    codes = np.asarray(schema.transform(table).codes)[:, : len(schema.category_names)]
    return {
        "id": houses.categories.index.tolist(),
        "price": np.rint(houses.price).astype(int).tolist(),
        "held_out": packed(trained.held_out, "uint8"),
        "codes": packed(np.where(codes < 0, UNKNOWN, codes), "uint8"),
        "mean": packed(mean, "float32"),
        "log_var": packed(log_var, "float32"),
        "numbers": {name: _packed_column(table[name]) for name in schema.scales_},
    }


def _packed_column(column: pd.Series) -> dict[str, Any]:
    """放得下的最小的整數型別；最大的那個數留給缺失。"""
    dtype = next(name for name in ("uint8", "uint16", "uint32") if column.max() < np.iinfo(name).max)
    return packed(column.fillna(np.iinfo(dtype).max), dtype)
