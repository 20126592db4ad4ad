"""參考的算術：子行程真的換了指令集，而且不動使用者自己的設定。"""

import json
import os
import subprocess
import sys

import pytest

from vae_from_scratch import arithmetic

REPORT = """
import json
from numpy._core._multiarray_umath import __cpu_features__ as features
from threadpoolctl import threadpool_info
import numpy
blas = [library for library in threadpool_info() if library["internal_api"] == "openblas"]
kernels = [[library["architecture"], library["num_threads"]] for library in blas]
print(json.dumps([features["X86_V3"], features["X86_V4"], kernels]))
"""


@pytest.fixture
def clean(monkeypatch):
    for name in arithmetic.ONE_THREAD | arithmetic.AVX2_ONLY:
        monkeypatch.delenv(name, raising=False)


needs_avx2 = pytest.mark.skipif(not arithmetic.available(), reason="不是有 AVX2 的 x86-64")


@needs_avx2
def test_a_child_process_uses_avx2(clean) -> None:
    with arithmetic.reference():
        output = subprocess.run([sys.executable, "-c", REPORT], capture_output=True, text=True, check=True)
    assert json.loads(output.stdout) == [True, False, [["Haswell", 1]]]
    assert output.stderr == ""


@needs_avx2
def test_the_environment_is_restored_and_the_users_own_is_kept(clean, monkeypatch) -> None:
    monkeypatch.setenv("OPENBLAS_CORETYPE", "Zen")
    before = dict(os.environ)
    with arithmetic.reference():
        assert os.environ["OPENBLAS_CORETYPE"] == "Zen"
        assert "NPY_DISABLE_CPU_FEATURES" in os.environ
    assert dict(os.environ) == before


def test_another_machine_only_uses_one_thread(clean, monkeypatch) -> None:
    monkeypatch.setattr(arithmetic, "available", lambda: False)
    assert arithmetic.environment() == arithmetic.ONE_THREAD


@needs_avx2
def test_a_process_knows_which_arithmetic_it_uses(clean) -> None:
    """參考的算術裡是真的；另一種核心是假的。"""
    ask = "from vae_from_scratch import arithmetic; import numpy; print(arithmetic.in_use())"

    def answer(**settings: str) -> str:
        environment = os.environ | settings
        return subprocess.run(
            [sys.executable, "-c", ask], env=environment, capture_output=True, text=True, check=True
        ).stdout.strip()

    assert answer(**arithmetic.AVX2_ONLY) == "True"
    assert answer(**arithmetic.AVX2_ONLY | {"OPENBLAS_CORETYPE": "Sandybridge"}) == "False"


def where(number: int) -> tuple[int, int, str | None]:
    return number, os.getpid(), os.environ.get("OPENBLAS_NUM_THREADS")


def test_workers_answer_in_order_and_one_job_stays_here_when_it_may(clean, monkeypatch) -> None:
    here = os.getpid()
    together = list(arithmetic.run_in_workers(where, [(n,) for n in range(4)], jobs=2))
    assert [number for number, _, _ in together] == [0, 1, 2, 3]
    assert here not in {process for _, process, _ in together} and {one for *_, one in together} == {"1"}
    for in_use, same in ((True, True), (False, False)):
        monkeypatch.setattr(arithmetic, "in_use", lambda answer=in_use: answer)
        alone = list(arithmetic.run_in_workers(where, [(7,)], jobs=1))
        assert (alone[0][1] == here) is same
