"""從零開始的變分自編碼器：每一章一個模組，後面的模組只用前面的模組。

匯入這個套件只會載入 NumPy；``VAE``（需要 scikit-learn 的慣例）用到時才載入。
"""

from importlib import import_module
from typing import Any

from . import gaussian

__version__ = "1.0.0"
__all__ = ["VAE", "gaussian"]


def __getattr__(name: str) -> Any:
    if name == "VAE":
        return import_module(".model", __name__).VAE
    raise AttributeError(f"套件 vae_from_scratch 沒有「{name}」；公開的名字是 {'、'.join(__all__)}。")
