"""讀檔的案例表：套件的讀檔與實驗室的網頁，由同一張表檢查（``cases/cases.json``）。"""

import base64
import json
from pathlib import Path
from typing import Any

from vae_from_scratch.tables.reading import Reading, ReadOptions, read_table

CASES = Path(__file__).parent / "cases"
TABLE = json.loads((CASES / "cases.json").read_text(encoding="utf-8"))
COMPARED = ("rows", "repairs", "kinds", "reasons", "values", "spiked", "stopped_by")

Case = dict[str, Any]


def case_bytes(case: Case) -> bytes:
    """案例的檔案：``file`` 是這個資料夾裡的，``text`` 是內容（照 ``encoding`` 寫），``base64`` 是位元組。"""
    if "file" in case:
        return (CASES / case["file"]).read_bytes()
    if "base64" in case:
        return base64.b64decode(case["base64"])
    return case["text"].encode(case.get("encoding", "utf-8"))


def by_python(case: Case, folder: Path) -> Case:
    """套件讀出來的樣子；讀不了的是 ``{"error": 訊息}``。"""
    path = folder / "案例.csv"
    path.write_bytes(case_bytes(case))
    given = case.get("options", {}).items()
    options: Any = {name: tuple(value) if isinstance(value, list) else value for name, value in given}
    try:
        return as_case(read_table(path, ReadOptions(**options)))
    except ValueError as error:
        return {"error": str(error)}


def as_case(found: Reading) -> Case:
    """讀好的檔案，寫成案例表的樣子；``values`` 是整欄。"""
    repairs = [
        {"what": r.what, "column": r.column, "before": r.before, "after": r.after, "cells": r.cells}
        for r in found.repairs
    ]
    values = found.table.astype(object)
    return {
        "rows": len(found.table),
        "repairs": repairs,
        "kinds": {name: kind.kind for name, kind in found.kinds.items()},
        "reasons": {name: kind.reason for name, kind in found.kinds.items()},
        "values": {
            name: [None if value != value else value for value in values[name]] for name in values.columns
        },
        "spiked": [name for name, kind in found.kinds.items() if kind.spiked],
        "stopped_by": {name: kind.stopped_by for name, kind in found.kinds.items() if kind.stopped_by},
    }


def differences(case: Case, found: Case) -> list[Any]:
    """案例寫明的每一項，與實際不同的。"""
    if "error" in case:
        return [] if case["error"] in found.get("error", "") else [found]
    pairs = {key: (case[key], _same_part(case[key], found.get(key), key)) for key in COMPARED if key in case}
    return [(key, expected, actual) for key, (expected, actual) in pairs.items() if expected != actual]


def _same_part(expected: Any, actual: Any, key: str) -> Any:
    """案例只寫了開頭的值、幾欄的理由：只拿那幾個來比。"""
    if actual is None or key not in ("values", "reasons"):
        return actual
    part = {name: actual.get(name) for name in expected}
    return part if key == "reasons" else {n: (v or [])[: len(expected[n])] for n, v in part.items()}
