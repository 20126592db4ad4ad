"""長實驗的結果打成一包：來回一趟位元組相同；不對的檔案說出是什麼、怎麼辦，而且什麼也不寫。"""

import hashlib
import io
import json
import subprocess
import sys
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import make
from book import study_archive
from vae_from_scratch.storage import load_arrays, save_arrays

STUDY = "0123456789ab"
NAMES = [f"{number:016x}.npz" for number in range(3)]


@pytest.fixture
def results(tmp_path) -> list[Path]:
    """三項結果，用研究的格式寫。"""
    folder = tmp_path / "trained" / STUDY
    folder.mkdir(parents=True)
    for number, name in enumerate(NAMES):
        save_arrays(folder / name, "研究結果", {"mean": np.full(4, number)}, {"metrics": {"r2": number}})
    return [folder / name for name in NAMES]


@pytest.fixture
def archive(results, tmp_path) -> Path:
    target = tmp_path / "study.zip"
    study_archive.write(target, STUDY, results)
    return target


@pytest.fixture
def folder(tmp_path) -> Path:
    """結果該放的地方；還沒有建立。"""
    return tmp_path / "build" / "study" / STUDY


# ── 來回一趟 ──────────────────────────────────────────────────────────


def test_what_is_unpacked_is_what_was_packed(archive, results, folder):
    contents = study_archive.unpack(archive, folder)
    assert contents.digest == hashlib.sha256(archive.read_bytes()).hexdigest()
    for result in results:
        assert (folder / result.name).read_bytes() == result.read_bytes()
    assert load_arrays(folder / NAMES[2], "研究結果")[1] == {"metrics": {"r2": 2}}
    assert {path.name for path in folder.iterdir()} == {*NAMES, study_archive.RECORD}
    assert list(folder.parent.iterdir()) == [folder], "旁邊沒有留下東西"


def test_the_same_results_give_the_same_bytes(archive, results, tmp_path):
    study_archive.write(tmp_path / "again.zip", STUDY, reversed(results))
    assert (tmp_path / "again.zip").read_bytes() == archive.read_bytes()


def test_other_tools_can_read_it(archive):
    """檢查碼放在 zip 的註解裡，不是接在後面：別的程式解壓縮沒有警告。"""
    with zipfile.ZipFile(archive) as file:
        assert file.testzip() is None
        assert file.namelist() == [f"{STUDY}/manifest.json", *(f"{STUDY}/{name}" for name in NAMES)]
        assert {entry.date_time[0] for entry in file.infolist()} == {1980}


def test_what_was_trained_here_and_is_not_in_the_archive_stays(archive, folder):
    folder.mkdir(parents=True)
    (folder / "ffffffffffffffff.npz").write_text("只有這裡有")
    (folder / NAMES[0]).write_text("寫壞的")
    study_archive.unpack(archive, folder)
    assert (folder / "ffffffffffffffff.npz").read_text() == "只有這裡有"
    assert load_arrays(folder / NAMES[0], "研究結果")[1] == {"metrics": {"r2": 0}}


def test_an_interrupted_unpacking_writes_nothing(archive, folder, monkeypatch):
    def full(path: Path, data: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match="No space"):
        study_archive.unpack(archive, folder)
    assert list(folder.parent.iterdir()) == []


# ── 不對的檔案 ────────────────────────────────────────────────────────


def rewritten(archive: Path, change: Callable[[dict, dict[str, bytes]], None]) -> Path:
    """改過內容、檢查碼卻是對的一包：檢查碼誰都會算。"""
    with zipfile.ZipFile(archive) as old:
        parts = {entry.filename: old.read(entry) for entry in old.infolist()}
    manifest = json.loads(parts.pop(f"{STUDY}/manifest.json"))
    change(manifest, parts)
    buffer = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(buffer, "w") as new:
        warnings.simplefilter("ignore")  # 同名的兩個檔案
        new.writestr(f"{STUDY}/manifest.json", json.dumps(manifest))
        for name, data in parts.items():
            new.writestr(name.rstrip("+"), data)
        new.comment = b"0" * study_archive.DIGITS
    whole = buffer.getvalue()[: -study_archive.DIGITS]
    archive.write_bytes(whole + hashlib.sha256(whole).hexdigest().encode())
    return archive


def outside(manifest: dict, parts: dict[str, bytes]) -> None:
    manifest["files"]["../../evil.npz"] = hashlib.sha256(b"x").hexdigest()
    parts[f"{STUDY}/../../evil.npz"] = b"x"


def program(manifest: dict, parts: dict[str, bytes]) -> None:
    manifest["files"]["sitecustomize.py"] = hashlib.sha256(b"x").hexdigest()
    parts[f"{STUDY}/sitecustomize.py"] = b"x"


def not_listed(manifest: dict, parts: dict[str, bytes]) -> None:
    parts[f"{STUDY}/{'f' * 16}.npz"] = b"x"


def twice(manifest: dict, parts: dict[str, bytes]) -> None:
    parts[f"{STUDY}/{NAMES[0]}+"] = b"x"


def missing(manifest: dict, parts: dict[str, bytes]) -> None:
    del parts[f"{STUDY}/{NAMES[0]}"]


def other_kind(manifest: dict, parts: dict[str, bytes]) -> None:
    manifest["kind"] = "別的"


def not_a_list(manifest: dict, parts: dict[str, bytes]) -> None:
    manifest["files"] = NAMES


def other_folder(manifest: dict, parts: dict[str, bytes]) -> None:
    manifest["study"] = "../../../etc"


@pytest.mark.parametrize(
    "change", [outside, program, not_listed, twice, missing, other_kind, not_a_list, other_folder]
)
def test_what_we_did_not_write_is_refused(archive, folder, change):
    with pytest.raises(study_archive.Problem, match=r"STUDY 是 .*清單與內容不符.*Releases"):
        study_archive.unpack(rewritten(archive, change), folder)
    assert not folder.parent.exists()


def test_a_result_that_differs_from_the_list_is_refused(archive, folder):
    def change(manifest: dict, parts: dict[str, bytes]) -> None:
        parts[f"{STUDY}/{NAMES[1]}"] = b"x"

    with pytest.raises(study_archive.Problem, match=f"{NAMES[1]} 與清單的 SHA-256 不符"):
        study_archive.unpack(rewritten(archive, change), folder)
    assert not folder.parent.exists()


def test_a_bomb_is_not_unfolded(archive, folder, monkeypatch):
    monkeypatch.setattr(study_archive, "LARGEST", 100)
    with pytest.raises(study_archive.Problem, match="太大"):
        study_archive.unpack(archive, folder)
    assert not folder.parent.exists()


def test_another_version_is_refused(archive, folder):
    other = folder.with_name("ba9876543210")
    with pytest.raises(study_archive.Problem) as problem:
        study_archive.unpack(archive, other)
    said = str(problem.value)
    assert str(archive) in said and STUDY in said and other.name in said and "同一版" in said
    assert not folder.parent.exists()


@pytest.mark.parametrize("kept", [0.2, 0.5, 0.999])
def test_a_part_of_a_download_is_refused(archive, kept):
    whole = archive.read_bytes()
    archive.write_bytes(whole[: int(kept * len(whole))])
    with pytest.raises(study_archive.Problem, match=r"只下載了一部分.*位元組.*SHA256SUMS"):
        study_archive.check(archive)


def test_any_changed_byte_is_noticed(archive):
    whole = archive.read_bytes()
    for place in range(200, len(whole), 97):
        archive.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        with pytest.raises(study_archive.Problem, match="SHA-256 不符"):
            study_archive.check(archive)
    archive.write_bytes(whole)
    study_archive.check(archive)


@pytest.mark.parametrize("contents", [b"", b"hello", b"PK\3\4" + b"x" * 500])
def test_another_file_is_refused(tmp_path, contents):
    """別的檔案，包括發行的另一個 zip。"""
    path = tmp_path / "site.zip"
    path.write_bytes(contents)
    with pytest.raises(study_archive.Problem, match=rf"STUDY 是 .*site\.zip（{len(contents)} 位元組），不是"):
        study_archive.check(path)


def test_nothing_and_a_folder_are_refused(tmp_path):
    with pytest.raises(study_archive.Problem, match="沒有這個檔案"):
        study_archive.check(tmp_path / "none.zip")
    with pytest.raises(study_archive.Problem, match="這是資料夾"):
        study_archive.check(tmp_path)


def test_the_command_says_one_thing_and_needs_no_package(archive, tmp_path):
    """安裝以前就能看：-S -I 的 Python 找不到任何裝上去的套件。"""
    command = [sys.executable, "-S", "-I", "book/study_archive.py", "check"]
    for path, code in ((archive, 0), (tmp_path / "none.zip", 1)):
        answer = subprocess.run([*command, str(path)], cwd=make.ROOT, capture_output=True, encoding="utf-8")
        assert (answer.returncode, answer.stderr.count("\n")) == (code, code), answer.stderr


def test_the_readme_counts_what_the_study_trains():
    """README 說的次數，就是實驗的清單裡的。"""
    from vae_from_scratch.housing import study
    from vae_from_scratch.housing.study.measure import MODELS

    runs = {run.key: run for name in study.EXPERIMENTS for run in study.runs_of(name)}
    trained = sum(run.kind in MODELS for run in runs.values())
    said = (make.ROOT / "README.md").read_text(encoding="utf-8")
    assert f"訓練 {trained} 次模型（連同對照共 {len(runs)} 項）" in said
    assert [path.stem for path in study_archive.results_of_the_book()] == sorted(runs)


# ── 首頁的那一句 ──────────────────────────────────────────────────────


def test_the_origin_is_counted_by_contents(archive, results, folder):
    assert study_archive.origin(results) == ("", 0, 3)
    digest = study_archive.unpack(archive, folder).digest
    ours = [folder / name for name in NAMES]
    assert study_archive.origin(ours) == (digest, 3, 3)
    assert study_archive.origin([*ours, folder / f"{'f' * 16}.npz"]) == (digest, 3, 4)
    ours[0].write_bytes(b"trained again")
    assert study_archive.origin(ours) == (digest, 2, 3)
    (folder / study_archive.RECORD).write_text("{")
    assert study_archive.origin(ours) == ("", 0, 3)


def test_the_home_page_says_where_the_results_came_from(extension):
    sentence = extension("study_origin").sentence
    digest = "abcdef012345" + "9" * 52
    assert sentence(study_archive.Origin("", 0, 428)) == "共 428 項，都由建這一份書的電腦訓練。"
    whole = sentence(study_archive.Origin(digest, 428, 428))
    assert whole == "428 項取自發行的檔案（SHA-256 開頭是 abcdef012345），沒有重新訓練。"
    part = sentence(study_archive.Origin(digest, 400, 428))
    assert "400 項取自" in part and "其餘 28 項由建這一份書的電腦訓練" in part
