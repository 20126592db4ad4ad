"""不尋常的分數：引擎每列的 log p(x)、每格的 log p(這一格|其餘)，與套件的 ``VAE.surprise`` 相同。"""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.lab.comparison import SAME
from tests.lab.engine import Call, call
from tests.lab.problems import Problem, make_problem
from tests.lab.test_engine import python_twin
from tests.lab.test_planted_errors import Planted, compiled

MANY = 4_000
CLOSE = 0.2  # 抽樣的誤差
NAMES = ("categorical", "mixed", "numbers_only")
PLANTED = {
    "z²": Planted("model.ts", "this.logVar(row, unit) - z * z", "this.logVar(row, unit) + z * z"),
    "log σ²": Planted("model.ts", "noise + this.logVar(row, unit) - z", "noise - this.logVar(row, unit) - z"),
    "softmax 的分母": Planted("likelihood.ts", "- known * Math.log(", "+ known * Math.log("),
    "旗標算在數字那一格": Planted(
        "score.ts", "load<i32>(this.cellOf + (k << 2)) << 3", "(k % this.nCells) << 3"
    ),
    "每格的權重": Planted("score.ts", "weight - load<f64>(this.merged", "weight + load<f64>(this.merged"),
}
#: 抽一個以上的 z 才看得出來的。
PLANTED_IN_MANY = {
    "ε²": Planted("model.ts", "0.5 * (noise * noise +", "0.5 * (-noise * noise +"),
    "樣本數": Planted("score.ts", "total - Math.log(samples)", "total"),
    "加起來": Planted("score.ts", "Math.log1p(Math.exp(", "Math.log1p(0.5 * Math.exp("),
}
RIGHT = Planted("score.ts", "total - Math.log(samples)", "total - Math.log(samples)")


class NoNoise(np.random.Generator):
    """ε 都是 0 的亂數。"""

    def standard_normal(self, size: Any = None, dtype: Any = float, out: Any = None) -> Any:
        return np.zeros(size, dtype)


def by_engine(
    problem: Problem, samples: int, noise: bool, wasm: Path | None = None
) -> tuple[NDArray, NDArray]:
    calls: list[Call] = [
        ["configure", problem.settings(noise=noise)],
        ["setParameters", problem.parameters],
        ["score", {"on": problem.data, "samples": samples}],
    ]
    found = call(*calls, wasm=wasm)[-1]
    return found["logLikelihood"], found["cells"].reshape(len(problem.x), -1)


def gap(problem: Problem, noise: bool, wasm: Path | None = None) -> float:
    """與套件差最多的一個數；不加雜訊（z = μ）差的是捨入，加了還有抽樣的誤差。"""
    samples, rng = (MANY, np.random.default_rng(0)) if noise else (1, NoNoise(np.random.PCG64()))
    expected, cells = python_twin(problem).surprise(problem.rows, samples, rng)
    found, found_cells = by_engine(problem, samples, noise, wasm)
    cells = np.nan_to_num(cells)
    assert cells.shape == found_cells.shape
    scale = 1 if noise else np.abs(expected).max()
    return float(max(np.abs(found - expected).max(), np.abs(found_cells - cells).max()) / scale)


def gentle(name: str) -> Problem:
    """解碼器平緩一點，四千個樣本就夠準。"""
    problem = make_problem(name)
    return problem._replace(parameters=(0.6 * problem.parameters).astype("float32"))


@pytest.mark.parametrize("name", NAMES)
def test_one_sample_at_the_mean_is_the_package_s_to_rounding(name) -> None:
    assert gap(make_problem(name), noise=False) <= SAME


@pytest.mark.parametrize("name", NAMES)
def test_many_samples_agree(name) -> None:
    assert gap(gentle(name), noise=True) < CLOSE


def test_more_rows_than_a_batch_are_all_scored_and_repeatably() -> None:
    problem = make_problem("mixed", n_rows=70)
    once, again = by_engine(problem, 3, noise=True), by_engine(problem, 3, noise=True)
    assert len(once[0]) == 70 and np.isfinite(once[0]).all() and np.array_equal(once[0], again[0])


def test_bernoulli_columns_have_no_cells() -> None:
    problem = make_problem("bernoulli")
    *_, found = call(["configure", problem.settings()], ["score", {"on": problem.data}])
    assert "likelihood" in found["error"] and "mixed" in found["error"]


@pytest.fixture(scope="module")
def mutants(tmp_path_factory) -> dict[str, Path]:
    return compiled({**PLANTED, **PLANTED_IN_MANY, "對的": RIGHT}, tmp_path_factory.mktemp("mutants"))


@pytest.mark.parametrize("name", [*PLANTED, "對的"])
def test_an_error_in_the_score_is_caught(mutants, name) -> None:
    found = gap(make_problem("mixed"), noise=False, wasm=mutants[name])
    assert found <= SAME if name == "對的" else found > 100 * SAME


@pytest.mark.parametrize("name", PLANTED_IN_MANY)
def test_an_error_in_the_average_is_caught(mutants, name) -> None:
    assert gap(gentle("mixed"), noise=True, wasm=mutants[name]) > CLOSE
