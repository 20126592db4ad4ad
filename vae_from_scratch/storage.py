"""模型與檢查點的檔案：.npz 裡放陣列，再加一段 JSON；不用 pickle，寫入是原子的（第 8 章）。

檔案的最後 32 個位元組是前面全部內容的 SHA-256：截斷或改動任何一個位元組，讀的時候都看得出來。
"""

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .files import write_atomically

METADATA = "metadata_json"
DIGEST_SIZE = hashlib.sha256().digest_size


def save_arrays(
    path: str | Path, kind: str, arrays: Mapping[str, NDArray], metadata: Mapping[str, Any]
) -> None:
    """把陣列與中繼資料寫成一個檔案；``kind`` 記下這是哪一種檔案。"""
    document = json.dumps({"kind": kind, **metadata}, ensure_ascii=False, default=_plain)
    buffer = io.BytesIO()
    np.savez(buffer, **arrays, **{METADATA: np.frombuffer(document.encode(), np.uint8)})  # type: ignore[arg-type]
    buffer.write(hashlib.sha256(buffer.getbuffer()).digest())
    write_atomically(path, lambda file: file.write(buffer.getbuffer()))


def load_arrays(path: str | Path, kind: str) -> tuple[dict[str, NDArray], dict[str, Any]]:
    """讀回 ``save_arrays`` 寫的檔案；截斷、改動過或別種檔案都引發 ``ValueError``。"""
    try:
        with np.load(io.BytesIO(_verified(path)), allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        metadata = json.loads(arrays.pop(METADATA).tobytes())
        found = metadata.pop("kind")
    except OSError as error:
        raise ValueError(f"讀不到檔案 {path}（{error.strerror}）；請檢查路徑。") from None
    except (KeyError, ValueError, TypeError, AttributeError, EOFError, zipfile.BadZipFile) as error:
        raise ValueError(
            f"檔案 {path} 不是本套件寫的，或者已經截斷、被改過（{error}）；請換一個檔案，或重新訓練。"
        ) from error
    if found != kind:
        raise ValueError(f"檔案 {path} 的種類是「{found}」，這裡需要的是「{kind}」；請換一個檔案。")
    return arrays, metadata


def _verified(path: str | Path) -> bytes:
    """檔案的內容，去掉結尾的檢查碼；檢查碼不符就引發 ``ValueError``。"""
    contents = Path(path).read_bytes()
    body, digest = contents[:-DIGEST_SIZE], contents[-DIGEST_SIZE:]
    if hashlib.sha256(body).digest() != digest:
        raise ValueError("檢查碼不符")
    return body


def _plain(value: Any) -> Any:
    """NumPy 的純量與陣列（JSON 不認得）換成 Python 的數與串列。"""
    if isinstance(value, np.generic | np.ndarray):
        return value.tolist()
    raise TypeError(f"不能寫成 JSON 的值：{value!r}")
