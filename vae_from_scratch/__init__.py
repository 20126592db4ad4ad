"""從零開始的變分自編碼器：每個核心模組標明自己是哪一章的，寫明的匯入只往同一章或前面各章。

例外只有 ``gradients``：引擎依名字才載入，其中有第 9 章與第 13 章的。

匯入這個套件什麼也不載入；公開的名字用到時才載入它的模組（有的需要 scikit-learn 或 pandas）。
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # 給編輯器與型別檢查看；執行時由 HOMES 決定
    from .autoencoder import Autoencoder as Autoencoder
    from .bounds import Bounds as Bounds
    from .gradients import make_engine as make_engine
    from .housing.data import load_ames as load_ames
    from .housing.data import load_kaggle as load_kaggle
    from .likelihood import Bernoulli as Bernoulli
    from .likelihood import Categorical as Categorical
    from .likelihood import Gaussian as Gaussian
    from .likelihood import Mixed as Mixed
    from .model import VAE as VAE
    from .network import Network as Network
    from .objective import Loss as Loss
    from .optimizer import Adam as Adam
    from .rows import CategoryCodes as CategoryCodes
    from .rows import MixedRows as MixedRows
    from .tables.schema import OneHotSchema as OneHotSchema
    from .tables.table_schema import TableSchema as TableSchema
    from .tables.table_vae import TableVAE as TableVAE

__version__ = "1.0.0"

#: 公開的名字 → 所在的模組；名字就是模組的，給的是整個模組。
HOMES = {
    "VAE": "model",
    "Autoencoder": "autoencoder",
    "gaussian": "gaussian",
    "objective": "objective",
    "Bernoulli": "likelihood",
    "Categorical": "likelihood",
    "Gaussian": "likelihood",
    "Mixed": "likelihood",
    "OneHotSchema": "tables.schema",
    "CategoryCodes": "rows",
    "TableVAE": "tables.table_vae",
    "TableSchema": "tables.table_schema",
    "MixedRows": "rows",
    "load_ames": "housing.data",
    "load_kaggle": "housing.data",
    "Network": "network",
    "Adam": "optimizer",
    "Bounds": "bounds",
    "Loss": "objective",
    "make_engine": "gradients",
}
__all__ = [*HOMES]


def __getattr__(name: str) -> Any:
    if name not in HOMES:
        raise AttributeError(f"套件 vae_from_scratch 沒有「{name}」；公開的名字是 {'、'.join(__all__)}。")
    module = import_module(f".{HOMES[name]}", __name__)
    return module if HOMES[name] == name else getattr(module, name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
