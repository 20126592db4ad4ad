"""實驗室：全部的房子裝進一頁網頁，讀者在瀏覽器裡訓練一個真的 VAE。

這裡只交資料：代碼、價格、年份、切分、各水準的中文，訓練以前就算得出來的數字，與書裡做完的訓練。
訓練、量與畫在 book/_static/interactive/（engine.js、lab.js 與 lab/）。
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .. import plotting
from ..interactive import InteractiveFigure
from ..model import VAE
from ..tables.measures import marginal_nats
from ..tables.schema import OneHotSchema
from ..tables.seeds import Split, split
from .absence import categories
from .chinese import LEVELS, VARIABLES
from .data import Houses
from .explorer import LIMIT, UNKNOWN, packed

if TYPE_CHECKING:
    from .study import Result

#: 指標下的房子說這幾欄：幾乎每一棟都知道，而且一聽就懂。
SPOKEN = (
    "Neighborhood", "HouseStyle", "KitchenQual", "Foundation", "BldgType", "Exterior1st", "ExterQual",
    "HeatingQC", "CentralAir",
)  # fmt: skip
#: 留下的房子由這個種子抽，與書裡的研究相同；打亂房價也用它。
SPLIT_SEED = 0
#: 訓練的設定：``VAE`` 的引數在網頁裡的名字；beta 每一次不同，另外寫。
SETTINGS = {
    "likelihood": "likelihood", "kl": "kl", "warmup_epochs": "warmup", "free_bits": "freeBits",
    "latent_dim": "latent", "hidden": "hidden", "learning_rate": "learningRate", "batch_size": "batch",
    "epochs": "epochs",
}  # fmt: skip
FALLBACK = (
    "這裡是實驗室，要在書的網頁裡開啟 JavaScript，瀏覽器也要有 WebAssembly 的 SIMD 指令，才能在頁面裡訓練。"
    "它的結論在後面的圖：β 是 1，房子攤成一個平面，價錢相近的住得近；β 是 20，全部縮成一點。"
)


def lab_data(houses: Houses, finished: "Sequence[Result]" = ()) -> dict[str, Any]:
    """實驗室的全部資料。

    ``codes`` 是 43 個類別變數的代碼 (N, 43)，缺失是 255；水準只看訓練的房子，與書裡的研究相同。
    ``no_code`` 是兩種概似「不看編碼」各要幾個 nats；``thresholds`` 是第 7 章在訓練以前算出來的兩個數。
    ``shuffled`` 是一個固定的次序，打亂房價用。``finished`` 是書裡做完的訓練（見 ``finished_runs``）。
    不知道房價的房子不收，引發 ``ValueError``。
    """
    if not houses.priced.all():
        raise ValueError(
            f"引數 houses 有 {int((~houses.priced).sum())} 棟不知道房價；"
            "實驗室要知道每一棟的，請用 load_ames()。"
        )
    data = split(categories(houses, "zeros"), houses.priced, SPLIT_SEED)
    codes = data.coded.codes
    return {
        "variables": [
            _variable(*one) for one in zip(data.schema.variables_, data.schema.levels_, strict=True)
        ],
        "spoken": list(SPOKEN),
        "codes": packed(np.where(codes < 0, UNKNOWN, codes), "uint8"),
        "held_out": packed(data.held_out, "uint8"),
        "id": packed(houses.categories.index.to_numpy(), "uint16"),
        "price": packed(np.rint(houses.price), "uint32"),
        "year": packed(houses.details["YearBuilt"].to_numpy(), "uint16"),
        "shuffled": packed(np.random.default_rng(SPLIT_SEED).permutation(len(houses)), "uint16"),
        "no_code": no_code_nats(data),
        "thresholds": thresholds(houses),
        "finished": finished_runs(finished, data.held_out),
        "limit": LIMIT,
        "price_range": plotting.LOG_PRICE_RANGE,
        "price_ticks": plotting.PRICE_TICKS,
        "prior_radii": [[share, plotting.prior_radius(share)] for share in plotting.PRIOR_SHARES],
    }


def no_code_nats(data: Split) -> dict[str, float]:
    """不看編碼、只報訓練的房子各欄的比例，留下的房子平均一棟要幾個 nats；兩種概似各一個。"""
    train, held_out = data.x[data.seen], data.x[~data.seen]
    return {
        "bernoulli": marginal_nats(train, held_out),
        "categorical": marginal_nats(train, held_out, data.schema.groups),
    }


def thresholds(houses: Houses) -> list[float]:
    """第 7 章的兩個數：全部的房子 0/1 欄位的相關矩陣，最大的兩個特徵值，由大到小。"""
    x = OneHotSchema().fit(houses.categories).encode(houses.categories)
    values = np.linalg.eigvalsh(np.corrcoef(x.T))
    return values[::-1][:2].tolist()


def finished_runs(results: "Sequence[Result]", held_out: NDArray) -> dict[str, Any]:
    """率失真平面上做完的訓練：各自的 beta、率（KL 合計）與失真（重建），單位是每棟的 nats。

    只取留下的房子與實驗室相同的（``held_out`` 逐棟相同），數字才能直接比。``settings`` 是它們共同的設定，
    用網頁裡的名字；除了 beta 還有別的不同，引發 ``ValueError``。
    """
    same = [result for result in results if np.array_equal(result.arrays["held_out"].astype(bool), held_out)]
    settings = [_settings(result.run.model) for result in same]
    if any(one != settings[0] for one in settings):
        raise ValueError("引數 results 的設定不只 beta 不同，不能放在同一條線上；請用 beta_sweep 的結果。")
    return {
        "settings": settings[0] if settings else _settings({}),
        "held": int(held_out.sum()),
        "points": [
            {
                "beta": result.run.model["beta"],
                "rate": round(sum(result.metrics["kl_per_unit"]), 4),
                "distortion": round(result.metrics["reconstruction"], 4),
            }
            for result in same
        ],
    }


def _settings(model: Mapping[str, Any]) -> dict[str, Any]:
    """``VAE`` 的引數 → 網頁的設定；沒有寫的是預設。"""
    usual = vars(VAE())
    return {ours: _plain(model.get(theirs, usual[theirs])) for theirs, ours in SETTINGS.items()}


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def lab_figure(houses: Houses, finished: "Sequence[Result]" = ()) -> InteractiveFigure:
    """實驗室；在 Jupyter 的格子裡當作最後一個運算式就會顯示。"""
    return InteractiveFigure("lab", FALLBACK, **lab_data(houses, finished))


def _variable(name: str, levels: Sequence[str]) -> dict[str, Any]:
    """一個變數的代碼、中文與水準；要說給人聽的才附上水準的中文。"""
    found: dict[str, Any] = {"code": name, "name": VARIABLES[name], "levels": len(levels)}
    if name in SPOKEN:
        found["labels"] = [LEVELS[name][level] for level in levels]
    return found
