"""一次訓練的設定與量到的結果：設定決定一切，所以結果可以用設定的雜湊值存起來。"""

import hashlib
import json
from dataclasses import asdict, dataclass, field
from typing import Any

from numpy.typing import NDArray

#: 第 11 章的兩種 ``kind``：一次切分的全部對照，與 t-SNE 的平面。
RIVALS, TSNE = "rivals", "tsne"


@dataclass(frozen=True)
class Run:
    """``model`` 是 ``VAE`` 的引數；``seed`` 同時決定分割、初始值、批次與雜訊。

    ``rows``：``"split"`` 留 20% 的房子不訓練；``"all"`` 全部拿來訓練（原文的作法）。
    ``encoding``：``"zeros"`` 是原文的規則（缺失為整組 0），``"level"`` 把「無」當成一個水準。
    ``kind``："vae"、"autoencoder"（沒有雜訊也沒有 KL）、"penalty_only"（只有 KL），
    或 ``rivals`` 裡的對照，或直接用房價學的參考。
    """

    model: dict[str, Any]
    seed: int
    rows: str = "split"
    encoding: str = "zeros"
    source: str = "ames"
    folder: str = ""
    kind: str = "vae"

    @property
    def key(self) -> str:
        """設定的雜湊值，也是結果檔的名字。"""
        document = json.dumps(asdict(self), sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(document.encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Result:
    """一次訓練量到的：純量的 ``metrics``、每個訓練週期的 ``history``，以及畫圖要用的 ``arrays``。"""

    run: Run
    metrics: dict[str, Any]
    history: list[dict[str, Any]]
    arrays: dict[str, NDArray] = field(repr=False)
