"""同一個種子，同樣的位元：同一個行程、另一個行程、每一個引擎。"""

import hashlib
import os
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

from vae_from_scratch import VAE
from vae_from_scratch.gradients import ENGINES
from vae_from_scratch.rows import CategoryCodes

TRAIN = """
import hashlib, sys
import numpy as np
from vae_from_scratch import VAE
engine = sys.argv[1]
x = np.random.default_rng(0).integers(0, 2, (120, 40)).astype(float)
vae = VAE(hidden=(30, 10), epochs=4, warmup_epochs=2, engine=engine).fit(x, validation=x[:30])
results = [vae.parameters_, *vae.encode(x), vae.elbo(x), vae.log_likelihood(x, 5)]
results += [vae.sample(9, np.random.default_rng(1)), np.array([row["val_loss"] for row in vae.history_])]
print(hashlib.sha256(b"".join(result.tobytes() for result in results)).hexdigest())
"""


@pytest.mark.parametrize("engine", ENGINES)
def test_same_bits_in_two_processes(engine, monkeypatch, capsys) -> None:
    """同一段程式，在這個行程與一個新的行程各跑一次。"""
    monkeypatch.setattr(sys, "argv", ["", engine])
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "1")
    exec(TRAIN, {})
    here = capsys.readouterr().out
    command = [sys.executable, "-c", TRAIN, engine]
    as_a_reader = {name: value for name, value in os.environ.items() if name != "TF_CPP_MIN_LOG_LEVEL"}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=as_a_reader)
    assert here == done.stdout and len(here.strip()) == 64
    assert done.stderr == ""  # TensorFlow 載入時的紀錄也不印


def fit(seed: int | None = 0, **settings: Any) -> VAE:
    x = np.random.default_rng(0).integers(0, 2, (60, 12)).astype(float)
    return VAE(**{"hidden": (8,), "epochs": 3, "random_state": seed, **settings}).fit(x)


def digest(vae: VAE) -> str:
    return hashlib.sha256(vae.parameters_.tobytes()).hexdigest()


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_same_bits_twice_and_other_bits_with_another_seed(engine, dtype) -> None:
    settings = {"engine": engine, "dtype": dtype}
    assert digest(fit(**settings)) == digest(fit(**settings)) != digest(fit(1, **settings))


def test_engines_draw_the_same_batches_and_noise() -> None:
    """整個 fit 下來，三個引擎只差捨入。"""
    ours, *others = (fit(engine=engine).parameters_ for engine in ENGINES)
    for other in others:
        np.testing.assert_allclose(other, ours, rtol=0, atol=1e-13)


def test_none_is_a_new_draw_every_time() -> None:
    assert digest(fit(None)) != digest(fit(None))


def test_global_random_state_is_neither_read_nor_written() -> None:
    np.random.seed(0)  # noqa: NPY002 (測的正是舊的全域狀態)
    first = digest(fit())
    assert np.random.random() == np.random.RandomState(0).random()  # noqa: NPY002
    np.random.seed(1)  # noqa: NPY002
    assert digest(fit()) == first


def codes_and_dense() -> tuple[CategoryCodes, np.ndarray]:
    groups = (3, 2, 5)
    codes = np.stack([np.random.default_rng(7).integers(-1, size, 90) for size in groups], axis=1)
    dense = np.hstack([codes[:, [i]] == np.arange(size) for i, size in enumerate(groups)]).astype(float)
    return CategoryCodes(codes.astype(np.int8), groups), dense


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("engine", ENGINES)
def test_category_codes_train_bit_for_bit_like_the_dense_matrix(engine, dtype) -> None:
    codes, dense = codes_and_dense()
    settings = {"hidden": (8,), "epochs": 3, "engine": engine, "dtype": dtype}
    by_code = VAE(**settings).fit(codes, validation=codes)
    by_row = VAE(**settings).fit(dense, validation=dense)
    assert by_code.parameters_.tobytes() == by_row.parameters_.tobytes()
    assert by_code.history_ == by_row.history_
    assert by_code.elbo(codes).tobytes() == by_row.elbo(dense).tobytes()


def test_codes_expand_to_one_hot_with_missing_as_zeros() -> None:
    codes, dense = codes_and_dense()
    np.testing.assert_array_equal(codes.take(np.arange(90)), dense)
    assert (dense.sum(axis=1) < 3).any()
