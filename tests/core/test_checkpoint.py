"""檢查點：任何時候被殺掉再接續，位元與不中斷的訓練相同；設定或資料換了就拒絕。"""

import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from vae_from_scratch import VAE
from vae_from_scratch.autoencoder import Autoencoder
from vae_from_scratch.rows import CategoryCodes
from vae_from_scratch.storage import load_arrays
from vae_from_scratch.training import CHECKPOINT

RNG = np.random.default_rng(0)
X = RNG.integers(0, 2, (150, 8)).astype(float)
HELD_OUT = RNG.integers(0, 2, (30, 8)).astype(float)


def vae(**settings) -> VAE:
    return VAE(**{"hidden": (6,), "epochs": 4, "warmup_epochs": 3, **settings})


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"dtype": "float32", "kl": "single_sample"},
        {"engine": "autograd", "free_bits": 0.1},
        {"random_state": np.random.Generator(np.random.MT19937(4))},
    ],
)
@pytest.mark.parametrize("validation", [None, HELD_OUT])
def test_stop_and_resume_gives_the_same_bits(tmp_path: Path, settings, validation) -> None:
    from sklearn.base import clone

    whole, first, second = (clone(vae(**settings)) for _ in range(3))
    whole.fit(X, validation=validation)
    first.set_params(epochs=2).fit(X, validation=validation, checkpoint=tmp_path / "c.npz")
    second.fit(X, validation=validation, checkpoint=tmp_path / "c.npz")
    assert second.parameters_.tobytes() == whole.parameters_.tobytes()
    assert second.history_ == whole.history_
    assert first.parameters_.tobytes() != whole.parameters_.tobytes()  # 反例：不接續就不同


def test_validation_does_not_change_the_training() -> None:
    assert vae().fit(X).parameters_.tobytes() == vae().fit(X, validation=HELD_OUT).parameters_.tobytes()


def test_a_finished_checkpoint_trains_no_further(tmp_path: Path) -> None:
    done = vae().fit(X, checkpoint=tmp_path / "c.npz")
    before = (tmp_path / "c.npz").read_bytes()
    again = vae().fit(X, checkpoint=tmp_path / "c.npz")
    assert again.parameters_.tobytes() == done.parameters_.tobytes()
    assert (tmp_path / "c.npz").read_bytes() == before


@pytest.mark.parametrize(
    ("settings", "data", "validation", "named"),
    [
        ({"beta": 2.0}, X, None, "beta"),
        ({"random_state": 1}, X, None, "random_state"),
        ({"hidden": (7,)}, X, None, "hidden"),
        ({"likelihood": "gaussian"}, X, None, "likelihood"),
        ({"engine": "autograd"}, X, None, "engine"),
        ({}, 1 - X, None, "X"),
        ({}, X[:, ::-1], None, "X"),
        ({}, X.reshape(300, 4), None, "X"),
        ({}, X, HELD_OUT, "validation"),
    ],
)
def test_other_settings_or_data_are_refused(tmp_path: Path, settings, data, validation, named) -> None:
    path = tmp_path / "c.npz"
    vae().fit(X, checkpoint=path)
    before = path.read_bytes()
    with pytest.raises(ValueError, match=rf"不同的是 .*{named}.*請換一個 checkpoint 路徑"):
        vae(**settings).fit(data, validation=validation, checkpoint=path)
    assert path.read_bytes() == before


def test_the_same_settings_written_differently_are_accepted(tmp_path: Path) -> None:
    vae(epochs=2).fit(X, checkpoint=tmp_path / "c.npz")
    same = vae(hidden=[np.int64(6)], beta=1, latent_dim=np.int32(2), verbose=False)
    assert len(same.fit(X, checkpoint=tmp_path / "c.npz").history_) == 4


def test_groups_and_model_are_part_of_the_fingerprint(tmp_path: Path) -> None:
    codes = np.zeros((20, 2), int)
    vae(epochs=1).fit(CategoryCodes(codes, (2, 3)), checkpoint=tmp_path / "c.npz")
    with pytest.raises(ValueError, match="不同的是 X"):
        vae(epochs=1).fit(CategoryCodes(codes, (3, 2)), checkpoint=tmp_path / "c.npz")
    with pytest.raises(ValueError, match="不同的是 model"):
        Autoencoder(hidden=(6,), epochs=1, warmup_epochs=3).fit(
            CategoryCodes(codes, (2, 3)), checkpoint=tmp_path / "c.npz"
        )


def test_fewer_epochs_than_the_checkpoint_and_bad_paths(tmp_path: Path) -> None:
    vae().fit(X, checkpoint=tmp_path / "c.npz")
    with pytest.raises(ValueError, match=r"已經訓練了 4 個訓練週期，引數 epochs 卻是 2"):
        vae(epochs=2).fit(X, checkpoint=tmp_path / "c.npz")
    with pytest.raises(ValueError, match="引數 checkpoint 是資料夾"):
        vae().fit(X, checkpoint=tmp_path)
    with pytest.raises(ValueError, match=r"引數 checkpoint.*不存在"):
        vae().fit(X, checkpoint=tmp_path / "沒有" / "c.npz")
    (tmp_path / "broken.npz").write_bytes(b"PK")
    with pytest.raises(ValueError, match=r"broken\.npz 不是本套件寫的，或者已經截斷"):
        vae().fit(X, checkpoint=tmp_path / "broken.npz")


EPOCHS = 60
TRAIN = """
import sys, numpy as np
from vae_from_scratch import VAE
rng = np.random.default_rng(0)
x, held_out = rng.integers(0, 2, (2000, 30)).astype(float), rng.integers(0, 2, (50, 30)).astype(float)
vae = VAE(hidden=(16,), epochs=60, warmup_epochs=5).fit(x, validation=held_out, checkpoint=sys.argv[1])
vae.save(sys.argv[2])
"""


def start(checkpoint: Path, model: Path) -> subprocess.Popen:
    return subprocess.Popen([sys.executable, "-c", TRAIN, checkpoint, model])


def epochs_done(checkpoint: Path) -> int:
    return len(load_arrays(checkpoint, CHECKPOINT)[1]["history"]) if checkpoint.exists() else 0


@pytest.mark.skipif(sys.platform == "win32", reason="Windows 沒有 SIGKILL")
def test_killed_at_random_moments_and_resumed(tmp_path: Path) -> None:
    """另一個行程訓練，過了隨機的週期再等隨機的時間 SIGKILL，接著跑；和一次跑完的檔案逐位元組相同。"""
    checkpoint, model, rng = tmp_path / "c.npz", tmp_path / "vae.npz", np.random.default_rng(1)
    assert start(tmp_path / "whole-c.npz", tmp_path / "whole.npz").wait() == 0
    for epoch in sorted(rng.choice(np.arange(1, 30), 2, replace=False)):
        process = start(checkpoint, model)
        while epochs_done(checkpoint) < epoch and process.poll() is None:
            time.sleep(0.001)
        time.sleep(rng.uniform(0, 0.03))
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert epoch <= epochs_done(checkpoint) < EPOCHS and not model.exists()
    assert start(checkpoint, model).wait() == 0
    assert model.read_bytes() == (tmp_path / "whole.npz").read_bytes()
