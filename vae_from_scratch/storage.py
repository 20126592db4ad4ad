"""模型與檢查點的檔案：.npz 裡放陣列，再加一段 JSON；不用 pickle，寫入是原子的（第 8 章）。"""

import hashlib
import json
import os
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

METADATA = "metadata_json"
UNREADABLE = (OSError, KeyError, ValueError, EOFError, AttributeError, TypeError, zipfile.BadZipFile)


def write_atomically(path: str | Path, write: Callable[[IO[bytes]], Any]) -> None:
    """先寫到同一個資料夾的暫存檔，寫完、同步到磁碟，才改名；中途被中斷，舊檔原封不動。"""
    path = Path(path)
    handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".tmp", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def save_arrays(
    path: str | Path, kind: str, arrays: Mapping[str, NDArray], metadata: Mapping[str, Any]
) -> None:
    """把陣列與中繼資料寫成一個檔案；``kind`` 記下這是哪一種檔案，``digest`` 供讀回時核對。"""
    document = json.dumps({"kind": kind, "digest": _digest(arrays, metadata), **metadata}, ensure_ascii=False)
    contents = {**arrays, METADATA: np.frombuffer(document.encode(), np.uint8)}
    write_atomically(path, lambda file: np.savez(file, **contents))  # type: ignore[arg-type]


def load_arrays(path: str | Path, kind: str) -> tuple[dict[str, NDArray], dict[str, Any]]:
    """讀回 ``save_arrays`` 寫的檔案；截斷、改動過或別種檔案都引發 ``ValueError``。"""
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        metadata = json.loads(arrays.pop(METADATA).tobytes())
        found, digest = metadata.pop("kind"), metadata.pop("digest")
    except (FileNotFoundError, IsADirectoryError):
        raise ValueError(f"找不到檔案 {path}；請檢查路徑。") from None
    except UNREADABLE as error:
        message = f"{path} 不是本套件寫的檔案，或者已經截斷、損壞；請重新訓練或換一個檔案。"
        raise ValueError(message) from error
    if found != kind:
        raise ValueError(f"{path} 的種類是「{found}」，這裡需要的是「{kind}」；請換一個檔案。")
    if digest != _digest(arrays, metadata):
        raise ValueError(f"{path} 的內容與當初寫入時不同（檢查碼不符）；請重新訓練或換一個檔案。")
    return arrays, metadata


def _digest(arrays: Mapping[str, NDArray], metadata: Mapping[str, Any]) -> str:
    digest = hashlib.sha256(json.dumps(metadata, sort_keys=True, ensure_ascii=False).encode())
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        digest.update(f"{name} {array.dtype.str} {array.shape}".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()
