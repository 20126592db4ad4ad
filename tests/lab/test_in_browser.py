"""真的瀏覽器裡：file:// 的網頁，Blob 的 worker，訓練出來的位元與 Node 的相同；壞的輸入說同樣的話。"""

import json
from typing import Any

import numpy as np
import pytest

from book.engine import ENGINE
from tests.browser.inspection import DESKTOP, opened
from tests.lab.engine import WRAPPER, Call, call
from tests.lab.problems import make_problem

#: 在 worker 裡照順序叫引擎，把結果傳回來；陣列轉成串列。
RUN = """([calls, wasm]) => new Promise((resolve, reject) => {
  const work = `onmessage = async ({ data: [calls, wasm] }) => {
    const engine = await LabEngine.create(wasm);
    const answer = ([name, ...values]) => {
      try { return engine[name](...values) ?? null; } catch (error) { return { error: error.message }; }
    };
    const found = calls.map(answer);
    postMessage(JSON.stringify(found, (_, value) => (ArrayBuffer.isView(value) ? Array.from(value) : value)));
  };`;
  const blob = new Blob([LabEngine.source, work], { type: "text/javascript" });
  const worker = new Worker(URL.createObjectURL(blob));
  worker.onmessage = ({ data }) => resolve(data);
  worker.onerror = (event) => reject(new Error(event.message));
  worker.postMessage([calls, wasm]);
})"""


@pytest.fixture
def in_worker(browser, tmp_path):
    """``in_worker(呼叫…)``：在瀏覽器的 worker 裡叫引擎。"""
    scripts = "".join(f'<script src="{file.as_uri()}"></script>' for file in (ENGINE, WRAPPER))
    page = tmp_path / "lab.html"
    page.write_text(f'<!doctype html><meta charset="utf-8"><title>實驗室</title>{scripts}', encoding="utf-8")

    def run(*calls: list[Any]) -> list[Any]:
        with opened(browser, page, DESKTOP) as (tab, noise):
            wasm = tab.evaluate("LAB_ENGINE_WASM")
            found = json.loads(tab.evaluate(RUN, [as_lists(calls), wasm]))
            assert noise == []
            return found

    return run


def as_lists(value: Any) -> Any:
    """陣列換成串列：送進瀏覽器的是 JSON。"""
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, dict):
        return {name: as_lists(one) for name, one in value.items()}
    return [as_lists(one) for one in value] if isinstance(value, list | tuple) else value


@pytest.mark.browser
@pytest.mark.parametrize("name", ["bernoulli", "categorical", "mixed"])
def test_the_browser_trains_to_the_same_bytes_as_node(in_worker, name) -> None:
    problem = make_problem(name, n_rows=70)
    data = (
        {**problem.data, "numbers": problem.data["numbers"][:0]} if name != "mixed" else without_gaps(problem)
    )
    calls: list[Call] = [
        ["configure", problem.settings(seed=5)],
        ["setData", data],
        *[["epoch"]] * 3,
        ["getParameters"],
    ]
    *_, row, parameters = in_worker(*calls)
    *_, expected, flat = call(*calls)
    assert np.array(parameters, "float32").tobytes() == flat.tobytes()
    assert row == expected


def without_gaps(problem) -> dict[str, Any]:
    """JSON 寫不出 NaN：缺失的數字在這裡填 0。"""
    return {**problem.data, "numbers": np.nan_to_num(problem.data["numbers"])}


@pytest.mark.browser
def test_errors_in_the_worker_reach_the_page_in_words(in_worker) -> None:
    bad: list[Call] = [["configure", {"groups": [2], "latent": 0}]]
    assert in_worker(*bad) == call(*bad)
