"""損失不再有限：訓練停下，說出週期、步數與原因，留住最後一個好的檢查點。"""

import warnings
from pathlib import Path

import numpy as np
import pytest

from vae_from_scratch import VAE, training
from vae_from_scratch.gradients import ENGINES
from vae_from_scratch.storage import load_arrays

X = np.random.default_rng(0).normal(size=(64, 3))


def vae(**settings) -> VAE:
    return VAE(**{"likelihood": "gaussian", "hidden": (4,), "epochs": 6, "warmup_epochs": 0, **settings})


@pytest.mark.parametrize("engine", ENGINES)
def test_too_large_a_learning_rate_is_explained(engine) -> None:
    message = r"第 \d+ 個訓練週期（epoch）的第 \d+ 步.*learning_rate=1e\+06 太大"
    with warnings.catch_warnings(), pytest.raises(FloatingPointError, match=message):
        warnings.simplefilter("error")  # 只留下說得清楚的那一個錯誤，不另外噴 NumPy 的警告
        vae(learning_rate=1e6, engine=engine).fit(X)


def test_epoch_and_step_are_those_where_it_happened(monkeypatch) -> None:
    """第 3 個週期的第 2 步把損失換成 NaN（每個週期 64/16 = 4 步）。"""
    poison(monkeypatch, at_call=2 * 4 + 2)
    with pytest.raises(FloatingPointError, match=r"第 3 個訓練週期（epoch）的第 2 步"):
        vae(batch_size=16).fit(X)


def test_the_last_good_checkpoint_survives_and_can_be_continued(monkeypatch, tmp_path: Path) -> None:
    path, whole = tmp_path / "c.npz", vae(batch_size=16).fit(X)
    with monkeypatch.context() as context:
        poison(context, at_call=2 * 4 + 2)
        with pytest.raises(FloatingPointError, match="檔案裡仍是第 2 個訓練週期結束時的好狀態"):
            vae(batch_size=16).fit(X, checkpoint=path)
    arrays, metadata = load_arrays(path, training.CHECKPOINT)
    assert len(metadata["history"]) == 2 and np.isfinite(arrays["parameters"]).all()
    resumed = vae(batch_size=16).fit(X, checkpoint=path)
    assert resumed.parameters_.tobytes() == whole.parameters_.tobytes()


def test_parameters_broken_by_the_last_step_of_an_epoch_never_reach_the_checkpoint(
    monkeypatch, tmp_path: Path
) -> None:
    """損失在更新以前算：最後一步才壞掉的參數，要在存檔以前看出來。"""
    original = training.Adam.update

    def update(self, parameters, gradient) -> None:
        original(self, parameters, gradient)
        if self.step == 4:
            parameters[0] = np.inf

    monkeypatch.setattr(training.Adam, "update", update)
    with pytest.raises(FloatingPointError, match="第 1 個訓練週期（epoch）的第 4 步"):
        vae(batch_size=16).fit(X, checkpoint=tmp_path / "c.npz")
    assert not (tmp_path / "c.npz").exists()


def test_a_validation_loss_that_is_not_finite_stops_before_the_checkpoint(tmp_path: Path) -> None:
    """訓練的損失好好的，驗證資料卻沒有標準化：停下，說出是誰，不存壞掉的歷程，也不印 NumPy 的警告。"""
    message = r"第 1 個訓練週期（epoch）結束時停下：驗證資料 validation.*同一個標準化.*沒有新的檢查點"
    with warnings.catch_warnings(), pytest.raises(FloatingPointError, match=message):
        warnings.simplefilter("error")
        vae().fit(X, validation=1e200 * X, checkpoint=tmp_path / "c.npz")
    assert not (tmp_path / "c.npz").exists()
    assert len(vae().fit(X, validation=X).history_) == 6  # 反例：同樣尺度的驗證資料不會停


def test_a_failed_fit_is_not_fitted() -> None:
    model = vae(learning_rate=1e6)
    with pytest.raises(FloatingPointError):
        model.fit(X)
    with pytest.raises(ValueError, match="not fitted"):
        model.transform(X)


def poison(monkeypatch, at_call: int) -> None:
    """第 ``at_call`` 次算損失時傳回 NaN。"""
    from vae_from_scratch.gradients.hand_derived import Engine

    original, calls = Engine.loss_and_gradient, []

    def loss_and_gradient(self, *arguments):
        loss, gradient = original(self, *arguments)
        calls.append(1)
        return (loss._replace(total=np.nan) if len(calls) == at_call else loss), gradient

    monkeypatch.setattr(Engine, "loss_and_gradient", loss_and_gradient)
