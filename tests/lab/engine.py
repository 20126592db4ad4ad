"""在 Node 裡叫實驗室的引擎：一串呼叫送過去，一串結果送回來。"""

import base64
import json
import subprocess
from pathlib import Path
from typing import Any

import numpy as np

from book.engine import ENGINE, ROOT
from vae_from_scratch.bench.processes import node

WRAPPER = ROOT / "book" / "_static" / "interactive" / "engine.js"
DRIVE = Path(__file__).with_name("drive.cjs")
TYPES = {"float32": "Float32Array", "float64": "Float64Array", "int16": "Int16Array", "int32": "Int32Array"}
DTYPES = {name: dtype for dtype, name in TYPES.items()}

Call = list[Any]


def call(*calls: Call, wasm: Path | None = None) -> list[Any]:
    """照順序叫引擎：每個呼叫是 ``[名字, 引數…]``，``["get", 名字]`` 讀屬性；錯誤是 ``{"error": 訊息}``。

    ``wasm`` 不給，就是網頁載入的那一個。
    """
    command = [str(node()), str(DRIVE), str(WRAPPER), str(wasm or ENGINE)]
    text = json.dumps(calls, default=_encoded)
    done = subprocess.run(command, input=text, capture_output=True, text=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout, object_hook=_decoded)


def shipped() -> bytes:
    """網頁載入的檔案裡的模組。"""
    assert ENGINE.is_file(), f"沒有 {ENGINE}；make test 會編譯它，或執行 python book/engine.py"
    return base64.b64decode(ENGINE.read_text(encoding="ascii").split('"')[1])


def _encoded(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return {"type": TYPES[value.dtype.name], "base64": base64.b64encode(value.tobytes()).decode("ascii")}
    return value.item()


def _decoded(value: dict[str, Any]) -> Any:
    if "base64" not in value:
        return value
    return np.frombuffer(base64.b64decode(value["base64"]), DTYPES[value["type"]])
