"""引擎自己抽亂數、自己訓練，結果與書裡的研究是同一回事：留下的房子的 ELBO、各單元的 KL、猜房價的 R²。"""

from typing import NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.lab.engine import call
from tests.lab.problems import data_of
from vae_from_scratch.housing.study import measure
from vae_from_scratch.tables.measures import read_out
from vae_from_scratch.tables.seeds import ELBO_SAMPLES

SEEDS = range(5)
#: 一個種子：研究的平均 ± 4 個標準差；五個種子的平均：4 個標準誤。
SPREAD = 4


class Outcome(NamedTuple):
    """一次訓練的結果；單元沒有固定的次序，所以 KL 分大的與小的。"""

    elbo: float
    kl_large: float
    kl_small: float
    r2: float


def of_study(result) -> Outcome:
    metrics = result.metrics
    small, large = sorted(metrics["kl_per_unit"])
    return Outcome(metrics["elbo"], large, small, metrics["r2"])


def by_engine(run) -> Outcome:
    """同樣的切分與設定；初始值、次序與雜訊是引擎自己的。"""
    data, houses = measure.split_of(run), measure.houses_of(run.source, run.folder)
    settings = {"groups": list(data.rows.groups), "warmup": run.model["warmup_epochs"], "seed": run.seed}
    *_, found, code = call(
        ["configure", settings],
        ["setData", data_of(data.rows[data.seen]), data_of(data.rows[data.held_out])],
        *[["epoch"]] * run.model["epochs"],
        ["evaluate", {"samples": ELBO_SAMPLES}],
        ["encode", data_of(data.rows)],
    )
    mean = code["mean"].reshape(-1, 2)
    r2 = read_out(mean, houses.log_price, data.held_out, run.seed)[0]
    small, large = sorted(found["klPerUnit"])
    return Outcome(found["elbo"], large, small, r2)


def outside(found: list[Outcome], study: list[Outcome]) -> list[str]:
    """哪些量不在研究的散布裡。"""
    got, known = np.array(found), np.array(study)
    mean, spread = known.mean(axis=0), known.std(axis=0, ddof=1)
    error = spread * np.sqrt(1 / len(got) + 1 / len(known))
    return _names("一個種子", np.abs(got - mean).max(axis=0) > SPREAD * spread) + _names(
        "平均", np.abs(got.mean(axis=0) - mean) > SPREAD * error
    )


def _names(what: str, wrong: NDArray) -> list[str]:
    return [f"{what}的 {name}" for name, bad in zip(Outcome._fields, wrong, strict=True) if bad]


@pytest.fixture(scope="module")
def with_warmup(experiment) -> list:
    return [result for result in experiment("warmup") if result.run.model["warmup_epochs"] == 20]


@pytest.mark.slow
def test_five_seeds_lie_inside_the_spread_of_the_study(with_warmup) -> None:
    found = [by_engine(result.run) for result in with_warmup[: len(SEEDS)]]
    assert outside(found, [of_study(result) for result in with_warmup]) == []


@pytest.mark.parametrize(("beta", "seen"), [(2.0, {"kl_large", "kl_small"}), (6.0, set(Outcome._fields))])
def test_another_beta_lies_outside(with_warmup, experiment, beta, seen) -> None:
    """反例：研究裡別的 beta，五個種子的平均就不在裡面；beta = 6 崩塌了一個單元，ELBO 與 R² 也看得出來。"""
    others = [of_study(result) for result in experiment("beta_sweep") if result.run.model["beta"] == beta]
    found = outside(others, [of_study(result) for result in with_warmup])
    assert {f"平均的 {name}" for name in seen} <= set(found)
