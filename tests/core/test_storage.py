"""存與讀：逐位元相同；截斷、改動、別種檔案都拒絕；存到一半被殺，舊檔完好。"""

import hashlib
import io
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from vae_from_scratch import VAE
from vae_from_scratch.autoencoder import Autoencoder
from vae_from_scratch.likelihood import Bernoulli, Categorical, Gaussian
from vae_from_scratch.rows import CategoryCodes
from vae_from_scratch.storage import load_arrays, save_arrays, write_atomically

RNG = np.random.default_rng(0)
HOUSES = np.eye(5)[RNG.integers(0, 2, 40)] + np.eye(5)[RNG.integers(2, 5, 40)]
CODES = CategoryCodes(RNG.integers(-1, 2, (40, 3)), (2, 3, 2))
BLOB = {"a": np.arange(12.0).reshape(3, 4), "b": np.array(["浴", "室"])}


def small_vae(**settings) -> VAE:
    return VAE(**{"hidden": (4,), "epochs": 2, "warmup_epochs": 0, **settings})


@pytest.mark.parametrize(
    ("settings", "data"),
    [
        ({}, HOUSES),
        ({"likelihood": "gaussian", "dtype": "float32"}, HOUSES),
        ({"likelihood": Gaussian("learned"), "hidden": (), "latent_dim": np.int64(3)}, HOUSES),
        ({"likelihood": Gaussian(float(np.float32(0.3))), "beta": np.float32(0.5)}, HOUSES),
        ({"likelihood": Categorical((2, 3)), "hidden": [3, 4]}, HOUSES),
        ({"likelihood": "categorical"}, CODES),
        ({"likelihood": Bernoulli(), "random_state": np.random.default_rng(3)}, CODES),
        ({}, pd.DataFrame(HOUSES, columns=list("甲乙丙丁戊"))),
    ],
)
def test_round_trip_bit_for_bit(tmp_path: Path, settings, data) -> None:
    vae = small_vae(**settings).fit(data, validation=data)
    vae.save(tmp_path / "vae.npz")
    loaded = VAE.load(tmp_path / "vae.npz")
    assert loaded.parameters_.tobytes() == vae.parameters_.tobytes()
    assert loaded.parameters_.dtype == vae.parameters_.dtype
    assert loaded.history_ == vae.history_
    assert loaded.transform(data).tobytes() == vae.transform(data).tobytes()
    rngs = np.random.default_rng(1), np.random.default_rng(1)
    assert vae.sample(9, rngs[0]).tobytes() == loaded.sample(9, rngs[1]).tobytes()
    for name in set(vae.get_params()) - {"random_state", "hidden"}:
        assert loaded.get_params()[name] == vae.get_params()[name]
    assert tuple(loaded.hidden) == tuple(vae.hidden)
    assert list(getattr(loaded, "feature_names_in_", [])) == list(getattr(vae, "feature_names_in_", []))


def test_saving_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    vae = small_vae().fit(HOUSES)
    vae.save(tmp_path / "a.npz")
    vae.save(tmp_path / "b.npz")
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()


@pytest.fixture
def blob(tmp_path: Path) -> Path:
    path = tmp_path / "blob.npz"
    save_arrays(path, "測試", BLOB, {"n": 1})
    return path


def test_any_flipped_byte_is_refused(blob: Path) -> None:
    """每一個位元組都翻一次，包括 zip 自己不檢查的檔頭。"""
    original = blob.read_bytes()
    for position in range(len(original)):
        damaged = bytearray(original)
        damaged[position] ^= 0x10
        blob.write_bytes(damaged)
        with pytest.raises(ValueError, match="截斷、被改過"):
            load_arrays(blob, "測試")
    blob.write_bytes(original)
    assert load_arrays(blob, "測試")[1] == {"n": 1}  # 反例：沒有改動就讀得回來


def test_any_truncation_is_refused(blob: Path) -> None:
    original = blob.read_bytes()
    for length in [0, 1, 31, 32, 33, *range(40, len(original), 97), len(original) - 1]:
        blob.write_bytes(original[:length])
        with pytest.raises(ValueError, match="截斷、被改過"):
            load_arrays(blob, "測試")


def npz(**arrays) -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    return buffer.getvalue()


class Bomb:
    """解開 pickle 就會執行的東西。"""

    def __reduce__(self):
        return os.mkdir, ("pickle-was-executed",)


@pytest.mark.parametrize(
    "contents",
    [npz(x=np.ones(3)), "我是文字檔".encode(), npz(x=np.array([Bomb()], dtype=object)), b"PK\x03\x04"],
    ids=["別人的 npz", "文字", "pickle", "zip 的開頭"],
)
@pytest.mark.parametrize("with_digest", [False, True], ids=["", "檢查碼是對的"])
def test_foreign_files_are_refused(tmp_path: Path, monkeypatch, contents, with_digest) -> None:
    monkeypatch.chdir(tmp_path)
    digest = hashlib.sha256(contents).digest() if with_digest else b""
    Path("foreign.npz").write_bytes(contents + digest)
    with pytest.raises(ValueError, match=r"foreign\.npz 不是本套件寫的"):
        VAE.load("foreign.npz")
    assert not Path("pickle-was-executed").exists()


def test_another_kind_of_file_is_named(blob: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"種類是「測試」，這裡需要的是「VAE 模型」"):
        VAE.load(blob)
    Autoencoder(hidden=(4,), epochs=1).fit(HOUSES).save(tmp_path / "ae.npz")
    with pytest.raises(ValueError, match=r"「Autoencoder 模型」.*「VAE 模型」"):
        VAE.load(tmp_path / "ae.npz")


def test_missing_file_and_bad_destinations(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"讀不到檔案 .*nowhere\.npz.*請檢查路徑"):
        VAE.load(tmp_path / "nowhere.npz")
    vae = small_vae().fit(HOUSES)
    with pytest.raises(ValueError, match="引數 path 是資料夾"):
        vae.save(tmp_path)
    with pytest.raises(ValueError, match=r"引數 path.*不存在；請先建立"):
        vae.save(tmp_path / "沒有" / "vae.npz")


def test_a_failed_write_keeps_the_old_file_and_leaves_no_litter(tmp_path: Path) -> None:
    path = tmp_path / "vae.npz"
    path.write_bytes(b"old")

    def half_then_fail(file) -> None:
        file.write(b"ne")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_atomically(path, half_then_fail)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_permissions_are_those_of_any_new_file(tmp_path: Path) -> None:
    (tmp_path / "plain").write_bytes(b"")
    write_atomically(tmp_path / "ours", lambda file: file.write(b""))
    assert (tmp_path / "ours").stat().st_mode == (tmp_path / "plain").stat().st_mode


SAVE_FOREVER = """
import sys, numpy as np
from vae_from_scratch.storage import save_arrays
for number in range(10**9):
    save_arrays(sys.argv[1], "測試", {"x": np.full(500_000, float(number))}, {"number": number})
    print(number, flush=True)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows 沒有 SIGKILL")
def test_killed_while_saving_leaves_a_whole_file(tmp_path: Path) -> None:
    """一直存、隨機的時候 SIGKILL：每次留下的都是完整的一版，至少是最後一次說存好的那一版。"""
    path, delays = tmp_path / "x.npz", np.random.default_rng(0).uniform(0, 0.05, 6)
    for delay in delays:
        process = subprocess.Popen([sys.executable, "-c", SAVE_FOREVER, path], stdout=subprocess.PIPE)
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(delay)
        process.send_signal(signal.SIGKILL)
        printed = process.communicate()[0].split()
        arrays, metadata = load_arrays(path, "測試")
        assert (arrays["x"] == metadata["number"]).all()
        assert metadata["number"] >= int(printed[-1] if printed else 0)
