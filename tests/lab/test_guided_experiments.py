"""實驗室的引導實驗：在 Node 裡用網頁的程式跑三個種子，書上說會發生的，三次都要發生。"""

import json
import os
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from book.engine import ENGINE, ROOT
from vae_from_scratch.bench.processes import node
from vae_from_scratch.housing import lab
from vae_from_scratch.housing.data import load_ames
from vae_from_scratch.tables.measures import ACTIVE_VARIANCE, active_units, kl_per_unit, read_out

PROGRAMS = ROOT / "book" / "_static" / "interactive"
DRIVE = Path(__file__).with_name("guided.cjs")
NAMES = (
    "collapse", "threshold", "lottery", "way-back", "one-sample", "free", "overfit", "softmax", "dimensions",
)  # fmt: skip


@pytest.fixture(scope="module")
def document(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("lab") / "lab.json"
    path.write_text(lab.lab_figure(load_ames()).data, encoding="utf-8")
    return path


def drive(document: Path, seed: int, *names: str, **environment: str) -> list[dict[str, Any]]:
    assert ENGINE.is_file(), f"沒有 {ENGINE}；make test 會編譯它，或執行 python book/engine.py"
    command = [str(node()), str(DRIVE), str(PROGRAMS), str(ENGINE), str(document), str(seed), *names]
    done = subprocess.run(
        command, capture_output=True, text=True, encoding="utf-8", env=os.environ | environment
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@cache
def reports(document: Path, seed: int) -> dict[str, dict[str, Any]]:
    return {report["id"]: report for report in drive(document, seed)}


def wrong(report: dict[str, Any]) -> list[str]:
    """這一次與書上說的不一樣的地方。"""
    said = (
        []
        if report["outcome"] == report["expected"]
        else [f"發生的是「{report['choices'][report['outcome']]}」"]
    )
    return said + [f"第 {k + 1} 條斷言不成立" for k, held in enumerate(report["claims"]) if not held]


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_what_the_book_says_will_happen_happens(document, seed):
    found = reports(document, seed)
    assert tuple(found) == NAMES
    assert {name: (wrong(report), report["told"]) for name, report in found.items() if wrong(report)} == {}


def test_the_check_notices_when_it_does_not_happen(document):
    """把每一次訓練的 β 都換成 1：該崩塌的不崩塌，門檻兩邊一樣，β＝0 的編碼不飛出去，都看得出來。"""
    for report in drive(document, 0, "collapse", "threshold", "free", LAB_BETA="1", LAB_EPOCHS="6"):
        assert wrong(report), report["id"]


def test_what_the_worker_measures_is_what_the_package_measures(document):
    """同一份編碼：每個單元的 KL、活不活躍和套件的函式相同；房價的 R² 由 NumPy 再算一次。

    套件的鄰居遇到一樣遠的可以各選一棟，所以與它只比到千分之二。
    """
    (measured,) = drive(document, 0, "measure")
    houses = load_ames()
    held_out, latent = houses.held_out(seed=0), measured["latent"]
    mean, log_var = (np.array(measured[name]).reshape(-1, latent) for name in ("mean", "logVar"))
    assert measured["klPerUnit"] == pytest.approx(kl_per_unit(mean[held_out], log_var[held_out]), rel=1e-4)
    assert measured["active"] == active_units(mean[held_out]).tolist()
    assert measured["activeVariance"] == ACTIVE_VARIANCE
    log_price = np.log(np.rint(houses.price))
    assert measured["r2"] == pytest.approx(neighbours_r2(mean, log_price, held_out), abs=1e-9)
    assert measured["r2"] == pytest.approx(read_out(mean, log_price, held_out)[0], abs=2e-3)
    assert measured["shuffled"] < 0.1 < measured["r2"]


def test_the_question_counts_the_columns(document):
    """「係數寫 1」說的欄數與格數，就是實驗室的資料的；β 也是那個格數。"""
    levels = [
        variable["levels"] for variable in json.loads(document.read_text(encoding="utf-8"))["variables"]
    ]
    text = (PROGRAMS / "lab" / "experiments.js").read_text(encoding="utf-8")
    assert f"{len(levels)} 欄攤成 {sum(levels)} 格 0 與 1，一格算一欄，換算成 β 就是 {sum(levels)}" in text


def neighbours_r2(codes: NDArray, values: NDArray, held_out: NDArray) -> float:
    """最近的 15 棟訓練過的房子；一樣遠的，編號小的在前。"""
    train, known = codes[~held_out], values[~held_out]
    distance = ((codes[held_out][:, None] - train) ** 2).sum(axis=2)
    guess = known[np.argsort(distance, axis=1, kind="stable")[:, :15]].mean(axis=1)
    truth = values[held_out]
    return float(1 - ((truth - guess) ** 2).sum() / ((truth - truth.mean()) ** 2).sum())
