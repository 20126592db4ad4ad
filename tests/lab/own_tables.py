"""在 Node 裡叫網頁的讀檔（lab/table/*.js）：一串呼叫送過去，一串結果送回來；結果寫成案例表的樣子。"""

import base64
import json
import subprocess
from pathlib import Path
from typing import Any

from book.engine import ROOT
from tests.tables.reading_cases import Case
from vae_from_scratch.bench.processes import node

PROGRAMS = ROOT / "book" / "_static" / "interactive" / "lab" / "table"
PAPA = ROOT / "_vendor" / "lab" / "papaparse.min.js"
DRIVE = Path(__file__).with_name("tables.cjs")
NAME = "案例.csv"
#: 案例表的引數在網頁裡的名字。
OPTIONS = {"na": "na", "keep_na": "keepNa", "as_is": "asIs", "kinds": "kinds"}


def call(*calls: list[Any], programs: Path = PROGRAMS) -> list[Any]:
    """照順序叫：每個呼叫是 ``[名字, 引數…]``；錯誤是 ``{"error": 訊息}``。"""
    assert PAPA.is_file(), f"沒有 {PAPA}；make test 會備妥它"
    command = [str(node()), str(DRIVE), str(programs), str(PAPA)]
    text = json.dumps(calls, default=lambda content: {"base64": base64_of(content)})
    done = subprocess.run(command, input=text, capture_output=True, text=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def base64_of(content: bytes) -> str:
    """案例表與 ``call`` 的位元組。"""
    return base64.b64encode(content).decode("ascii")


def reading(content: bytes, options: Case | None = None) -> list[Any]:
    """讀一個檔案的呼叫。"""
    return ["readTable", content, NAME, {OPTIONS[name]: value for name, value in (options or {}).items()}]


def as_case(found: Case) -> Case:
    """``readTable`` 的結果寫成案例表的樣子。"""
    if "error" in found:
        return found
    kinds = {column["name"]: column["kind"] for column in found["columns"]}
    return {
        "rows": found["rows"],
        "repairs": found["repairs"],
        "kinds": {name: kind["kind"] for name, kind in kinds.items()},
        "reasons": {name: kind["reason"] for name, kind in kinds.items()},
        "values": {column["name"]: _values(column) for column in found["columns"]},
        "spiked": [name for name, kind in kinds.items() if kind["spiked"]],
        "stopped_by": {name: kind["stoppedBy"] for name, kind in kinds.items() if kind["stoppedBy"]},
    }


def _values(column: Case) -> list[Any]:
    if "values" in column:
        return column["values"]
    return [column["levels"][code] if code >= 0 else None for code in column["codes"]]
