"""自己的排行榜：一次開放實驗一行 JSON，只往後加（``.course/leaderboard.jsonl``）。

一行用一次 ``write`` 寫完再同步到磁碟；寫到一半斷電，壞的只有最後那一行，讀的時候跳過，並說有幾行。
"""

import json
import os
from pathlib import Path
from typing import Any

FILE = Path(".course") / "leaderboard.jsonl"


def add(path: Path, row: dict[str, Any]) -> None:
    """加一行；上一行若沒有寫完，先換行，兩行才不會黏在一起。"""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(row, ensure_ascii=False, allow_nan=False) + "\n"
    with open(path, "a+b", buffering=0) as file:
        if file.tell() and not _ends_a_line(path):
            text = "\n" + text
        file.write(text.encode())
        os.fsync(file.fileno())


def _ends_a_line(path: Path) -> bool:
    with open(path, "rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read() == b"\n"


def read(path: Path) -> tuple[list[dict[str, Any]], int]:
    """（每一行，照寫的順序；看不懂而跳過的行數）。沒有檔案就是空的。"""
    rows, broken = [], 0
    for line in path.read_bytes().splitlines() if path.exists() else ():
        if not line.strip():
            continue
        try:
            row = json.loads(line.decode("utf-8"))
        except ValueError:
            row = None
        if _is_row(row):
            rows.append(row)
        else:
            broken += 1
    return rows, broken


def _is_row(row: Any) -> bool:
    if not isinstance(row, dict) or not isinstance(row.get("experiment"), str):
        return False
    return all(type(row.get(name)) in (int, float) for name in ("score", "target", "seed"))


def ranked(rows: list[dict[str, Any]], experiment: str) -> list[dict[str, Any]]:
    """一個實驗的各次，照「比課程的高多少」由好到壞。"""
    chosen = [row for row in rows if row["experiment"] == experiment]
    return sorted(chosen, key=lambda row: row["target"] - row["score"])
