"""對照抓得到錯：在引擎的每一項各埋一個錯的正負號或係數，重新編譯，與 NumPy 的比較都要不相同。"""

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from book.engine import ASC, SOURCES
from tests.core.ames import load
from tests.core.gradient_check import errors, relative_error
from tests.lab import comparison
from tests.lab.engine import call
from tests.lab.problems import Problem, make_problem, on_ames
from vae_from_scratch.bench.processes import node

COMPILER = ASC.parents[1] / "dist" / "asc.js"


class Planted(NamedTuple):
    """``file`` 裡的 ``right`` 改成 ``wrong``；用哪一種資料、哪一種 KL 看得出來。"""

    file: str
    right: str
    wrong: str
    data: str = "mixed"
    kl: str = "closed_form"


PLANTED = {
    "z = μ + σ ε": Planted("gaussian.ts", "return mean + scaled;", "return mean - scaled;"),
    "σ 是 σ²": Planted("gaussian.ts", "Math.exp(0.5 * logVar)", "Math.exp(logVar)"),
    "∂z/∂μ": Planted("gaussian.ts", "return dZ;", "return -dZ;"),
    "∂z/∂log σ²": Planted("gaussian.ts", "return 0.5 * dZ * scaled;", "return -0.5 * dZ * scaled;"),
    "KL 的 μ²": Planted("gaussian.ts", "(mean * mean +", "(-mean * mean +"),
    "KL 的 log σ²": Planted("gaussian.ts", "Math.expm1(logVar) - logVar", "Math.expm1(logVar) + logVar"),
    "封閉形式 ∂/∂μ": Planted("gaussian.ts", "return mean;", "return -mean;"),
    "封閉形式 ∂/∂log σ²": Planted("gaussian.ts", "0.5 * Math.expm1", "-0.5 * Math.expm1"),
    "單點抽樣的 ε²": Planted(
        "gaussian.ts", "- noise * noise -", "+ noise * noise -", "mixed", "single_sample"
    ),
    "單點抽樣 ∂/∂μ": Planted("gaussian.ts", "return z;", "return -z;", "mixed", "single_sample"),
    "單點抽樣 ∂/∂log σ²": Planted(
        "gaussian.ts", "0.5 * (z * scaled - 1)", "0.5 * (z * scaled + 1)", "mixed", "single_sample"
    ),
    "路徑導數": Planted(
        "gaussian.ts", "return z - noise *", "return z + noise *", "mixed", "path_derivative"
    ),
    "伯努利": Planted(
        "likelihood.ts",
        "f32x4.mul(v128.load(x + column), logit), rest",
        "rest, f32x4.mul(v128.load(x + column), logit)",
        "bernoulli",
    ),
    "伯努利的梯度": Planted(
        "likelihood.ts",
        "f32x4.sub(v128.load(x + column), sigmoid4(v128.load(a + column)))",
        "f32x4.sub(sigmoid4(v128.load(a + column)), v128.load(x + column))",
        "bernoulli",
    ),
    "softmax 的分母": Planted(
        "likelihood.ts",
        "sum4(chosen) - this.logPartition(x)",
        "sum4(chosen) + this.logPartition(x)",
        "categorical",
    ),
    "softmax 的缺失": Planted(
        "likelihood.ts", "const scale = this.sum(x, start, end) /", "const scale: f32 = 1 /", "categorical"
    ),
    "softmax 的梯度": Planted(
        "likelihood.ts", "load<f32>(x + k) - scale *", "load<f32>(x + k) + scale *", "categorical"
    ),
    "常態": Planted("likelihood.ts", "return -0.5 * observed", "return 0.5 * observed"),
    "常態的梯度": Planted(
        "likelihood.ts", "slope = difference / variance;", "slope = -difference / variance;"
    ),
    "變異數的梯度": Planted(
        "likelihood.ts", "slope * difference - observed", "slope * difference + observed"
    ),
    "變異數的下限": Planted("likelihood.ts", "0.5 * (variance - this.floor) / variance", "0.5"),
    "對列平均": Planted(
        "model.ts", "this.dOutput.scale(n, -1.0 / <f32>n);", "this.dOutput.scale(n, 1.0 / <f32>n);"
    ),
    "KL 的權重": Planted("model.ts", "counted ? beta / n : 0", "counted ? -beta / n : 0"),
    "free bits": Planted(
        "model.ts", "this.klPerUnit[unit] / n > this.freeBits", "this.klPerUnit[unit] / n < this.freeBits"
    ),
    "ReLU": Planted("layers.ts", "f32x4.max(v128.load(here)", "f32x4.min(v128.load(here)"),
    "ReLU 的導數": Planted(
        "layers.ts", "dense.backwardInput(n, dY, true);", "dense.backwardInput(n, dY, false);"
    ),
    "偏置的梯度": Planted(
        "layers.ts", "this.nIn * this.stride, blank, dY.data", "this.nIn * this.stride, dY.data, dY.data"
    ),
}
#: 只有走幾步才看得出來的：Adam。
PLANTED_IN_ADAM = {
    "步伐的方向": Planted(
        "adam.ts", "f32x4.sub(v128.load(parameters + k)", "f32x4.add(v128.load(parameters + k)"
    ),
    "一階動差": Planted("adam.ts", "v128.load(first + k), beta1), g)", "v128.load(first + k), beta2), g)"),
    "二階動差": Planted("adam.ts", "v128.load(second + k), beta2)", "v128.load(second + k), beta1)"),
    "偏誤修正": Planted("adam.ts", "Math.sqrt(1 - this.power2)", "Math.sqrt(1 + this.power2)"),
    "ε 加在修正之前": Planted("adam.ts", "(EPSILON * root)", "EPSILON"),
}
RIGHT = "BETA1: f64 = 0.9;"
ALL = PLANTED | PLANTED_IN_ADAM | {"對的": Planted("adam.ts", RIGHT, RIGHT)}


def mutated(planted: Planted) -> dict[str, str]:
    """整套原始檔，只有一處改錯。"""
    sources = {path.name: path.read_text(encoding="utf-8") for path in SOURCES.glob("*.ts")}
    file, right, wrong = planted[:3]
    assert sources[file].count(right) == 1, f"{file} 裡「{right}」出現 {sources[file].count(right)} 次"
    return sources | {file: sources[file].replace(right, wrong)}


@pytest.fixture(scope="module")
def mutants(tmp_path_factory) -> dict[str, Path]:
    """編譯好的每一個錯；「對的」也用同樣的方法編譯，證明不相同不是因為沒有最佳化。"""
    return compiled(ALL, tmp_path_factory.mktemp("mutants"))


def compiled(planted: Mapping[str, Planted], folder: Path) -> dict[str, Path]:
    """每一個錯各編譯一份。"""
    sources = json.dumps([mutated(one) for one in planted.values()])
    command = [str(node()), str(Path(__file__).with_name("mutants.mjs")), str(COMPILER), str(folder)]
    done = subprocess.run(command, input=sources, capture_output=True, text=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    return {name: folder / f"{k}.wasm" for k, name in enumerate(planted)}


def worst(problem: Problem, kl: str, wasm: Path) -> float:
    """損失、各單元的 KL 與每一塊梯度裡，最大的相對誤差。"""
    want, expected = problem.by_numpy(kl, comparison.FREE_BITS, comparison.BETA)
    *_, loss, gradient = call(*comparison.one_batch(problem, kl, comparison.FREE_BITS), wasm=wasm)
    pairs = [(loss["total"], want.total), *zip(loss["klPerUnit"], want.kl_per_unit, strict=True)]
    found = [relative_error(got, right) for got, right in pairs]
    return max(*found, *errors(problem.network, gradient, expected).values())


@pytest.mark.parametrize("name", PLANTED)
def test_an_error_in_one_term_is_caught(mutants, name) -> None:
    planted = PLANTED[name]
    assert worst(make_problem(planted.data), planted.kl, mutants[name]) > 100 * comparison.SAME


@pytest.mark.parametrize("data", ["bernoulli", "categorical", "mixed"])
def test_the_right_engine_compiled_the_same_way_is_not(mutants, data) -> None:
    assert worst(make_problem(data), "closed_form", mutants["對的"]) <= comparison.SAME


@pytest.fixture(scope="module")
def short_walk() -> tuple[Problem, np.ndarray]:
    problem = on_ames(load(), "bernoulli", n_rows=64, hidden=(20,))
    return problem, comparison.walk_by_numpy(problem, "closed_form", epochs=8)[0]


@pytest.mark.parametrize("name", [*PLANTED_IN_ADAM, "對的"])
def test_an_error_in_adam_is_caught(mutants, short_walk, name) -> None:
    problem, expected = short_walk
    parameters = call(*comparison.walk_by_engine(problem, "closed_form", epochs=8), wasm=mutants[name])[-1]
    error = relative_error(parameters, expected)
    assert error <= comparison.AFTER_STEPS if name == "對的" else error > comparison.AFTER_STEPS
