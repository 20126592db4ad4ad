"""長實驗的結果打成一包，以及拿回來用：``make release`` 寫，``make book STUDY=檔案`` 讀。

    python book/study_archive.py check 檔案   是不是完整的一包；只用標準函式庫，還沒有安裝就能看
    python book/study_archive.py unpack 檔案  核對版本，放進研究的資料夾

一包是 zip：第一個是清單（研究的版本、每個檔案的 SHA-256），其餘一次訓練一個 .npz，都不含 pickle。
zip 的註解是前面全部位元組的 SHA-256：截斷或改動任何一處都看得出來。同樣的結果打包成同樣的位元組。
"""

import hashlib
import json
import os
import re
import shutil
import sys
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, NamedTuple

MANIFEST, RECORD = "manifest.json", "archive.json"
KIND, FORMAT = "vae-from-scratch study", 1
RESULT = re.compile(r"[0-9a-f]{16}\.npz")
STUDY = re.compile(r"[0-9a-f]{12}")
DIGITS = 64  # SHA-256 寫成十六進位
LARGEST, MOST = 64 * 2**20, 10_000  # 一個結果、一包最多多大：再大的不是我們寫的
WANTED = "要的是 Releases 裡與這份課程同一版的 vae-from-scratch-…-study-….zip"
WITHOUT = "或不給 STUDY，在這台電腦訓練"


class Problem(Exception):
    """這一包不能用的原因與怎麼辦。"""


class Contents(NamedTuple):
    """核對過的一包：檔案自己的 SHA-256、研究的版本，與每個結果的 SHA-256。"""

    digest: str
    study: str
    files: dict[str, str]


class Origin(NamedTuple):
    """結果哪裡來的：``total`` 項裡，``archived`` 項來自 SHA-256 是 ``digest`` 的檔案；沒有用過檔案是空的。"""

    digest: str
    archived: int
    total: int


# ── 寫 ────────────────────────────────────────────────────────────────


def write(target: Path, study: str, results: Iterable[Path]) -> None:
    """把 ``results``（都是 .npz）打成一包；``study`` 是研究的版本，解壓縮後的資料夾也叫這個名字。"""
    files = sorted(results)
    manifest = {"kind": KIND, "format": FORMAT, "study": study, "files": {f.name: sha256(f) for f in files}}
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(entry(f"{study}/{MANIFEST}"), json.dumps(manifest, indent=1, sort_keys=True))
        for file in files:
            archive.writestr(entry(f"{study}/{file.name}"), file.read_bytes())
        archive.comment = b"0" * DIGITS
    digest = _digest_before_comment(target)
    with target.open("rb+") as written:
        written.seek(-DIGITS, os.SEEK_END)
        written.write(digest.encode())


def entry(name: str) -> zipfile.ZipInfo:
    """zip 裡的一個檔案；不記什麼時候、在哪一種系統上打包，同樣的內容才是同樣的位元組。"""
    found = zipfile.ZipInfo(name)  # 1980 年 1 月 1 日
    found.compress_type, found.external_attr, found.create_system = zipfile.ZIP_DEFLATED, 0o644 << 16, 3
    return found


def sha256(path: Path) -> str:
    """檔案的 SHA-256（十六進位）。"""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _digest_before_comment(path: Path) -> str:
    digest, left = hashlib.sha256(), path.stat().st_size - DIGITS
    with path.open("rb") as file:
        while left > 0 and (piece := file.read(min(left, 2**20))):
            digest.update(piece)
            left -= len(piece)
    return digest.hexdigest()


# ── 核對 ──────────────────────────────────────────────────────────────


def check(path: Path) -> Contents:
    """是我們寫的、完整的一包；不是的話引發 ``Problem``，什麼也不寫。"""
    try:
        _check_bytes(path)
        with zipfile.ZipFile(path) as archive:
            return Contents(sha256(path), *_checked(archive, path))
    except OSError as error:
        raise Problem(f"STUDY 是 {path}，讀不到它（{error.strerror}）。請檢查權限；{WANTED}。") from None
    except zipfile.BadZipFile as error:
        raise Problem(f"STUDY 是 {path}，裡面壞了（{error}）。請重新下載；{WANTED}。") from None


def _check_bytes(path: Path) -> None:
    if not path.is_file():
        what = "這是資料夾" if path.is_dir() else "沒有這個檔案"
        raise Problem(f"STUDY 是 {path}，{what}。請檢查路徑；{WANTED}。")
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(128)
        file.seek(max(size - DIGITS, 0))
        said = file.read()
    if not head.startswith(b"PK\3\4") or f"/{MANIFEST}".encode() not in head:
        raise Problem(f"STUDY 是 {path}（{size:,} 位元組），不是研究的結果。{WANTED}；{WITHOUT}。")
    if said != _digest_before_comment(path).encode():
        raise Problem(
            f"STUDY 是 {path}，只下載了一部分，或被改過（{size:,} 位元組，SHA-256 不符）。"
            f"請重新下載，用 Releases 的 SHA256SUMS 核對；{WITHOUT}。"
        )


def _checked(archive: zipfile.ZipFile, path: Path) -> tuple[str, dict[str, str]]:
    """研究的版本與各檔的雜湊。檢查碼誰都會算，所以檔名、大小與內容仍然一個一個看。"""
    manifest = _manifest(archive)
    study, files = manifest.get("study", ""), manifest.get("files", {})
    expected = [f"{study}/{name}" for name in (MANIFEST, *sorted(files))]
    right = manifest.get("kind") == KIND and manifest.get("format") == FORMAT and STUDY.fullmatch(study)
    if not right or not all(map(RESULT.fullmatch, files)) or archive.namelist() != expected:
        raise Problem(f"STUDY 是 {path}，清單與內容不符，不是這一版課程寫的。{WANTED}；{WITHOUT}。")
    for name, data in _results(archive, study, files):
        if hashlib.sha256(data).hexdigest() != files[name]:
            raise Problem(f"STUDY 是 {path}，裡面的 {name} 與清單的 SHA-256 不符。請重新下載；{WITHOUT}。")
    return study, files


def _manifest(archive: zipfile.ZipFile) -> dict[str, Any]:
    """第一個檔案；讀不出來就當成空的。"""
    try:
        found = json.loads(_data(archive, archive.namelist()[0]))
    except ValueError:
        return {}
    whole = isinstance(found, dict) and isinstance(found.get("files"), dict)
    return found if whole and len(found["files"]) <= MOST and isinstance(found.get("study"), str) else {}


def _results(archive: zipfile.ZipFile, study: str, names: Iterable[str]) -> Iterator[tuple[str, bytes]]:
    yield from ((name, _data(archive, f"{study}/{name}")) for name in names)


def _data(archive: zipfile.ZipFile, name: str) -> bytes:
    found = archive.getinfo(name)
    if found.file_size > LARGEST or found.flag_bits & 1:
        raise zipfile.BadZipFile(f"{name} 太大，或加了密")
    return archive.read(found)


# ── 拿回來用 ──────────────────────────────────────────────────────────


def unpack(path: Path, folder: Path) -> Contents:
    """放進 ``folder``（它的名字是這裡的程式要的版本）；已經有的結果換成這一包的，這一包沒有的留著。

    全部核對、寫在旁邊之後，才一個一個改名放進去：中途停下來，``folder`` 裡也只有完整的檔案。
    """
    contents = check(path)
    if contents.study != folder.name:
        raise Problem(
            f"STUDY 是 {path}，裡面是第 {contents.study} 版的結果，"
            f"這裡的程式與套件要的是第 {folder.name} 版。{WANTED}；{WITHOUT}。"
        )
    folder.parent.mkdir(parents=True, exist_ok=True)
    beside = Path(mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        with zipfile.ZipFile(path) as archive:
            for name, data in _results(archive, contents.study, contents.files):
                (beside / name).write_bytes(data)
        record = {"sha256": contents.digest, "files": contents.files}
        (beside / RECORD).write_text(json.dumps(record, indent=1), encoding="utf-8", newline="\n")
        folder.mkdir(exist_ok=True)
        for name in (*contents.files, RECORD):
            os.replace(beside / name, folder / name)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return contents


def origin(results: Iterable[Path]) -> Origin:
    """這些結果哪裡來的：檔案放進來的紀錄在旁邊，內容還與它相同的才算。"""
    files = list(results)
    folders = {file.parent for file in files}
    records = {folder: _record(folder / RECORD) for folder in folders}
    archived = sum(
        file.exists() and sha256(file) == records[file.parent]["files"].get(file.name)
        for file in files
        if records[file.parent]["files"]
    )
    digest = next((record["sha256"] for record in records.values() if record["sha256"]), "")
    return Origin(digest if archived else "", archived, len(files))


def _record(path: Path) -> dict[str, Any]:
    nothing: dict[str, Any] = {"sha256": "", "files": {}}
    try:
        return nothing | json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return nothing


def results_of_the_book() -> list[Path]:
    """書要的每一次訓練的結果檔，照現在的程式；還沒有訓練的也在裡面。"""
    from vae_from_scratch.housing import study
    from vae_from_scratch.housing.study import store

    runs = [run for name in study.EXPERIMENTS for run in study.runs_of(name)]
    return sorted({store.path_of(run) for run in runs})


def main(arguments: list[str]) -> int:
    """``check 檔案`` 或 ``unpack 檔案``。"""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    command, path = arguments[0], Path(arguments[1])
    try:
        if command == "check":
            check(path)
        else:
            contents = unpack(path, results_of_the_book()[0].parent)
            said = f"SHA-256 開頭是 {contents.digest[:12]}"
            print(f"→ 長實驗的結果 {len(contents.files)} 項取自 {path.name}（{said}）")
    except Problem as problem:
        print(f"× {problem}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    sys.exit(main(sys.argv[1:]))
