"""留下來的兩個模型與檢查：同樣的位元、檢查的模型沒看過驗證的列、各種小表都做得完。"""

import dataclasses
import warnings
from typing import Any

import numpy as np
import pandas as pd
import pytest

from vae_from_scratch.tables import finals
from vae_from_scratch.tables.held_out import held_out_rows
from vae_from_scratch.tables.seeds import Plan

MODEL: dict[str, Any] = {"latent_dim": 1, "batch_size": 16, "hidden": (4,)}
PLAN = Plan("mixed", n_seeds=1, epochs=2, model=MODEL, generator_dim=1)


def everything(n=40, seed=0):
    """類別、數字、日期、常數、在 0 有尖峰的數字、有空白的欄。"""
    rng = np.random.default_rng(seed)
    group = rng.integers(2, size=n)
    return pd.DataFrame(
        {
            "色": pd.Categorical(np.array(["紅", "藍"])[group]),
            "坪": 20 + 10 * group + rng.normal(size=n),
            "日": pd.Timestamp("2024-05-01") + pd.to_timedelta(rng.integers(300, size=n), unit="D"),
            "不變": np.full(n, 3.0),
            "車位": np.where(group == 0, 0.0, rng.uniform(1, 9, size=n)),
            "缺": np.where(rng.random(n) < 0.3, np.nan, rng.normal(size=n)),
        }
    )


def written(part):
    """一件工作的結果，變成比得出位元的東西。"""
    if isinstance(part, finals.Checked):
        return part.quality.columns.to_csv(), repr(part.power)
    return part.vae_.parameters_.tobytes(), part.schema_.to_json()


def test_two_processes_give_the_same_bits_as_one():
    one, two, again = (list(finals.run_all(everything(), None, PLAN, jobs)) for jobs in (1, 2, 1))
    assert len(one) == PLAN.n_seeds + len(finals.PARTS)
    assert one[0].vae.parameters_.tobytes() == two[0].vae.parameters_.tobytes()
    for first, second, third in zip(one[1:], two[1:], again[1:], strict=True):
        assert written(first) == written(second) == written(third)
    other = finals.run_one(everything(), None, dataclasses.replace(PLAN, seed=1), finals.PLANE)
    assert written(other) != written(one[1]), "種子不同，模型不同"


def checked_model(frame, seed=0):
    model = finals.table_vae(PLAN, len(frame), PLAN.generator_dim, "quantile")
    finals.check(model, frame, None, seed)
    return model


def test_the_model_of_the_check_has_not_seen_the_held_out_rows():
    frame = everything()
    held_out = held_out_rows(np.ones(len(frame), dtype=bool), 0)
    generated = checked_model(frame).sample(30, np.random.default_rng(0))
    changed = frame.copy()
    changed.loc[held_out, "坪"] *= 100
    changed.loc[held_out, "色"] = "紅"
    same = checked_model(changed).sample(30, np.random.default_rng(0))
    pd.testing.assert_frame_equal(same, generated)
    seen = frame.copy()
    seen.loc[~held_out, "坪"] *= 100
    assert not checked_model(seen).sample(30, np.random.default_rng(0)).equals(generated), "對照組"


@pytest.mark.parametrize(
    "frame",
    [
        everything(20),
        everything()[["色"]],
        everything()[["坪"]],
        everything()[["坪", "車位", "缺"]],
        everything()[["坪", "不變"]],
    ],
    ids=["二十列", "一欄類別", "一欄數字", "只有數字", "有常數"],
)
def test_any_small_table_is_finished(frame):
    for part in (finals.PLANE, finals.GENERATOR):
        model: Any = finals.run_one(frame, None, PLAN, part)
        assert np.isfinite(model.vae_.parameters_).all()
        rows = model.sample(5, np.random.default_rng(0))
        assert list(rows) == list(frame) and len(rows) == 5
    checked: Any = finals.run_one(frame, None, PLAN, finals.CHECK)
    assert checked.power is None, "驗證的列太少，不檢查竄改"
    assert len(checked.quality.columns) >= 1


def test_the_power_of_the_check_is_measured_when_there_are_rows_enough():
    checked: Any = finals.run_one(everything(120), None, PLAN, finals.CHECK)
    assert checked.power is not None and finals.ODDNESS in repr(checked.power)


def test_dates_become_days_when_distributions_are_compared():
    days = finals.plain(everything())["日"]
    assert days.dtype == float and days.between(19_844, 20_144).all()


def test_questions_scikit_learn_asks_in_english_are_not_passed_on(monkeypatch):
    """別的警告照樣看得到。"""
    question = "The number of unique classes is greater than 50% of the number of samples."

    def noisy(*arguments):
        for message in (question, "別的警告"):
            warnings.warn(message, UserWarning, stacklevel=2)

    monkeypatch.setattr(finals, "run_seed", noisy)
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        finals.run_one(everything(), None, PLAN, 0)
    assert [str(one.message) for one in seen] == ["別的警告"]
