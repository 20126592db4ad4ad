"""引擎的其他部分：同樣的位元、亂數、訓練的安排、量與編碼、壞的輸入說得清楚。"""

import shutil
from typing import Any

import numpy as np
import pytest

from book.engine import SOURCES, compile_engine
from tests.lab.engine import Call, call, shipped
from tests.lab.problems import Problem, data_of, make_problem
from vae_from_scratch import gaussian, objective
from vae_from_scratch.model import VAE

TWO_UNITS = {"groups": [3, 2], "hidden": [4], "latent": 2}


# ---- 編譯 ----


@pytest.fixture(scope="module")
def compiled_elsewhere(tmp_path_factory) -> bytes:
    copy = tmp_path_factory.mktemp("別的 資料夾") / "原始檔"
    shutil.copytree(SOURCES, copy)
    return compile_engine(copy)


def test_the_same_sources_compile_to_the_same_bytes(compiled_elsewhere) -> None:
    """網頁載入的就是現在的原始檔編譯出來的；放在哪裡都一樣。"""
    assert compiled_elsewhere == shipped()


def test_a_broken_source_is_explained(tmp_path) -> None:
    (tmp_path / "engine.ts").write_text("export function f(): i32 { return 沒有; }", encoding="utf-8")
    with pytest.raises(RuntimeError, match=r"編譯不了[\s\S]*engine\.ts"):
        compile_engine(tmp_path)


# ---- 同一個種子，同樣的位元 ----


def trained(*, epochs: int = 2, validation: bool = False, **settings) -> list[Call]:
    problem = make_problem("mixed", n_rows=70)
    held_out = data_of(problem.rows[:20]) if validation else None
    calls: list[Call] = [["configure", problem.settings(**settings)], ["setData", problem.data, held_out]]
    return [*calls, *([["epoch"]] * epochs), ["getParameters"]]


def test_the_same_seed_gives_the_same_bytes_and_another_does_not() -> None:
    first, again, other = (call(*trained(seed=seed))[-1] for seed in (3, 3, 4))
    assert first.tobytes() == again.tobytes()
    assert first.tobytes() != other.tobytes()


def test_restart_repeats_the_run_and_validation_does_not_change_it() -> None:
    *_, first, _, _, _, again = call(*trained(), ["restart"], ["epoch"], ["epoch"], ["getParameters"])
    assert first.tobytes() == again.tobytes() == call(*trained(validation=True))[-1].tobytes()


def test_measuring_and_sampling_do_not_change_the_run() -> None:
    *start, last = trained()
    measured = call(*start[:3], ["evaluate", {"on": "training"}], ["encode"], ["sample", 5], *start[3:], last)
    assert measured[-1].tobytes() == call(*start, last)[-1].tobytes()


# ---- 亂數 ----


def pcg32(seed: int, stream: int, count: int) -> list[int]:
    """O'Neill (2014) 的 PCG32（XSH RR 64/32），照論文的式子另寫一次。"""
    increment, found = stream << 1 | 1, []
    state = _pcg_step(increment + seed, increment)
    for _ in range(count):
        mixed, turn = ((state >> 18) ^ state) >> 27 & 0xFFFFFFFF, state >> 59
        found.append((mixed >> turn | mixed << (-turn & 31)) & 0xFFFFFFFF)
        state = _pcg_step(state, increment)
    return found


def _pcg_step(state: int, increment: int) -> int:
    return (state * 6364136223846793005 + increment) % 2**64


def test_the_reference_generator_gives_the_published_numbers() -> None:
    """pcg32_srandom(42, 54)，作者的示範程式印出來的前六個數。"""
    published = [0xA15C02B7, 0x7B47F409, 0xBA1D3330, 0x83D2F293, 0xBFA4784B, 0xCBED606E]
    assert pcg32(42, 54, 6) == published


def test_initial_weights_are_glorot_uniform_from_pcg32() -> None:
    seed, shapes = 7, [(5, 4), (4, 4), (2, 4), (4, 5)]
    flat = call(["configure", {**TWO_UNITS, "seed": seed}], ["getParameters"])[-1]
    drawn = np.array(pcg32(seed, 1, sum(rows * columns for rows, columns in shapes))) / 2**32
    for n_in, n_out in shapes:
        layer, flat = flat[: (n_in + 1) * n_out].reshape(-1, n_out), flat[(n_in + 1) * n_out :]
        uniform, drawn = drawn[: n_in * n_out], drawn[n_in * n_out :]
        expected = np.sqrt(6 / (n_in + n_out)) * (2 * uniform - 1)
        np.testing.assert_array_equal(layer[:-1].ravel(), expected.astype("float32"))
        assert not layer[-1].any()


def test_normal_draws_are_standard_normal() -> None:
    """五個標準誤：平均、變異數、四階動差，以及相鄰兩個不相關。"""
    z = call(["configure", TWO_UNITS], ["sample", 50_000])[-1]["z"].astype(float)
    for values, mean, variance in ((z, 0, 1), (z**2, 1, 2), (z**4, 3, 96), (z[::2] * z[1::2], 0, 1)):
        assert abs(values.mean() - mean) < 5 * np.sqrt(variance / len(values))


def test_every_row_is_used_once_an_epoch_in_a_new_order() -> None:
    """批次 1、不加雜訊、不學：每一步的損失就是那一列的；兩個週期是同一組數，次序不同。"""
    problem = make_problem("mixed", n_rows=40)
    settings = problem.settings(batch=1, noise=False, learningRate=1e-30, warmup=0)
    answers = call(["configure", settings], ["setData", problem.data], *[["step"]] * 80)[2:]
    first, second = (
        np.array([one["loss"]["total"] for one in part]) for part in (answers[:40], answers[40:])
    )
    np.testing.assert_allclose(np.sort(first), np.sort(second), rtol=1e-6)
    assert (first != second).mean() > 0.8
    assert [one["epochEnded"] for one in answers].count(True) == 2 and answers[39]["epochEnded"]


# ---- 訓練的安排 ----


def test_warmup_and_changes_take_effect_as_in_the_package() -> None:
    problem = make_problem("mixed", n_rows=70)
    answers = call(
        ["configure", problem.settings(beta=2.0, warmup=4)], ["setData", problem.data],
        ["epoch"], ["epoch"], ["change", {"beta": 8.0}], ["epoch"], ["change", {"warmup": 0}], ["epoch"],
        ["get", "history"],
    )  # fmt: skip
    betas = [row["beta"] for row in answers[-1]]
    assert betas == [
        objective.warmup(1, 2.0, 4),
        objective.warmup(2, 2.0, 4),
        objective.warmup(3, 8.0, 4),
        8.0,
    ]


def test_history_is_the_average_over_rows() -> None:
    """70 列、批次 32：最後一批只有 6 列，照列數加權。"""
    problem = make_problem("mixed", n_rows=70)
    *steps, history = call(*trained()[:2], *[["step"]] * 3, ["get", "history"])[2:]
    weights = np.array([32, 32, 6]) / 70
    row = history[0]
    for name, got in (("total", row["loss"]), ("reconstruction", row["reconstruction"]), ("kl", row["kl"])):
        assert got == pytest.approx(weights @ [one["loss"][name] for one in steps])
    assert (
        row["kl"] == pytest.approx(sum(row["klPerUnit"])) and len(row["klPerUnit"]) == problem.noise.shape[1]
    )


def test_without_noise_and_beta_it_is_an_autoencoder() -> None:
    """z = μ：log σ² 的那一半沒有梯度。"""
    problem = make_problem("categorical", n_rows=70)
    settings = problem.settings(noise=False, beta=0, warmup=0)
    gradient = call(["configure", settings], ["setData", problem.data], ["step"], ["getGradient"])[-1]
    last = problem.network.views(gradient).encoder[-1]
    assert not last[:, 3:].any() and last[:, :3].any()


# ---- 量、編碼、解碼 ----


@pytest.mark.parametrize("name", ["bernoulli", "categorical", "mixed"])
def test_encoding_decoding_and_elbo_are_those_of_the_package(name) -> None:
    problem = make_problem(name, n_rows=70)
    vae = python_twin(problem)
    z = np.random.default_rng(3).standard_normal((50, 3)).astype("float32")
    *_, code, decoded, found = call(
        ["configure", problem.settings()], ["setParameters", problem.parameters],
        ["encode", problem.data], ["decode", z.ravel()],
        ["evaluate", {"on": problem.data, "samples": 400}],
    )  # fmt: skip
    mean, log_var = vae.encode(problem.rows if name != "bernoulli" else problem.x)
    np.testing.assert_allclose(code["mean"].reshape(-1, 3), mean, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(code["logVar"].reshape(-1, 3), log_var, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(decoded.reshape(50, -1), vae.decode(z), rtol=1e-4, atol=1e-5)
    kl = gaussian.kl_per_unit(mean, log_var).mean(axis=0)
    np.testing.assert_allclose(found["klPerUnit"], kl, rtol=1e-4)
    assert found["elbo"] == pytest.approx(-found["reconstruction"] - found["kl"])
    elbo = np.array([vae.elbo(problem.x, rng=np.random.default_rng(k)).mean() for k in range(400)])
    assert abs(found["elbo"] - elbo.mean()) < 5 * np.sqrt(2) * elbo.std() / np.sqrt(400)


def python_twin(problem: Problem) -> VAE:
    """同樣參數的 ``VAE``。"""
    columns = problem.x.shape[1] if problem.settings()["likelihood"] == "bernoulli" else problem.rows.layout
    settings: dict[str, Any] = {
        "latent_dim": 3,
        "hidden": problem.network.hidden,
        "likelihood": problem.likelihood,
    }
    return VAE.from_parameters(problem.parameters, _groups(columns), dtype="float32", **settings)


def _groups(columns):
    return columns if isinstance(columns, int) or hasattr(columns, "n_numbers") else columns.groups


def test_bernoulli_logits_read_as_softmax() -> None:
    problem = make_problem("bernoulli", n_rows=70)
    z = np.random.default_rng(3).standard_normal((8, 3)).astype("float32")
    start: list[Call] = [["configure", problem.settings()], ["setParameters", problem.parameters]]
    found = call(*start, ["decode", z.ravel(), {"as": "softmax"}])[-1]
    expected = python_twin(problem).as_categorical(problem.rows.groups).decode(z)
    np.testing.assert_allclose(found.reshape(8, -1), expected, rtol=1e-4, atol=1e-6)


def test_samples_follow_the_decoded_probabilities() -> None:
    """參數全是 0（解碼都一樣）：水準各占一樣多，數字是 N(0, s²)；旗標是零的沒有值。"""
    problem = make_problem("mixed")
    flat = np.zeros_like(problem.parameters)
    found = call(["configure", problem.settings()], ["setParameters", flat], ["sample", 20_000])[-1]
    codes, numbers = found["codes"].reshape(20_000, -1), found["numbers"].reshape(20_000, -1)
    for column, size in zip(codes.T, problem.settings()["groups"], strict=True):
        share = np.bincount(column, minlength=size) / len(column)
        assert np.abs(share - 1 / size).max() < 5 * np.sqrt(0.25 / len(column))
    variance = 1 + problem.settings()["floor"]
    assert abs(numbers[:, 0].var() / variance - 1) < 5 * np.sqrt(2 / len(numbers))
    np.testing.assert_array_equal(np.isnan(numbers[:, 1]), codes[:, -1] == 0)
    assert not np.isnan(numbers[:, [0, 2, 3]]).any()


def test_validation_row_is_a_loss_of_the_held_out_rows() -> None:
    """驗證的損失用固定的雜訊：同樣的參數算兩次是同一個數，也就是 evaluate 的（封閉形式、beta = 1）。"""
    answers = call(*trained(epochs=1, validation=True, warmup=0)[:3], ["evaluate"], ["evaluate"])
    row, first, again = answers[-3:]
    assert first == again
    assert row["valReconstruction"] == pytest.approx(first["reconstruction"])
    assert row["valLoss"] == pytest.approx(-first["elbo"])
    assert first["rows"] == 20


def test_learned_spread() -> None:
    problem = make_problem("mixed")
    found = call(["configure", problem.settings()], ["setParameters", problem.parameters], ["spread"])[-1]
    log_var = problem.network.views(problem.parameters).noise_log_var.astype(float)
    np.testing.assert_allclose(found, np.sqrt(problem.settings()["floor"] + np.exp(log_var)), rtol=1e-6)


# ---- 大的表、壞的輸入 ----


def test_a_large_table_fits_in_the_memory_limit() -> None:
    """50,000 列 × 300 欄（100 個三水準的變數）放得下；再大就說怎麼辦。"""
    settings = {"groups": [3] * 100, "hidden": [200, 100, 50, 20]}
    codes = np.zeros((50_000, 100), "int16").ravel()
    _, data, memory, step = call(
        ["configure", settings], ["setData", {"codes": codes}], ["get", "memory"], ["step"]
    )
    assert data is None and memory <= 200 * 2**20 and np.isfinite(step["loss"]["total"])
    huge = call(["configure", {"groups": [2], "hidden": [4096, 4096]}])[-1]
    assert "200 MB" in huge["error"] and "fit" in huge["error"]


DATA = {"codes": np.zeros(20, "int16")}
BAD: list[tuple[list[Call], str]] = [
    ([["configure", {**TWO_UNITS, "lambda": 1}]], "沒有 lambda 這個設定"),
    ([["configure", {"hidden": [4]}]], "至少要有一個變數"),
    (
        [["configure", {**TWO_UNITS, "likelihood": "gaussian"}]],
        '設定 likelihood 是 "gaussian"；可用的是 bernoulli',
    ),
    ([["configure", {**TWO_UNITS, "numbers": 2}]], '有 2 個數字，請用 "mixed"'),
    ([["configure", {**TWO_UNITS, "latent": 0}]], "設定 latent 是 0"),
    ([["configure", {**TWO_UNITS, "hidden": [0]}]], "設定 hidden 是 0"),
    ([["configure", {**TWO_UNITS, "kl": "closed"}]], "可用的是 closed_form、single_sample、path_derivative"),
    ([["configure", {**TWO_UNITS, "beta": -1}]], "設定 beta 是 -1；請給 0 以上"),
    ([["configure", {**TWO_UNITS, "learningRate": 0}]], "設定 learningRate 是 0；請給正的"),
    ([["configure", {**TWO_UNITS, "seed": 1.5}]], "設定 seed 是 1.5"),
    ([["configure", TWO_UNITS], ["step"]], "還沒有訓練的資料；請先呼叫 setData"),
    ([["configure", TWO_UNITS], ["setData", DATA], ["evaluate"]], "還沒有驗證的資料"),
    ([["configure", TWO_UNITS], ["setData", {"codes": np.zeros(3, "int16")}]], "設定 rows 是 1.5"),
    (
        [["configure", TWO_UNITS], ["setData", {"codes": np.array([0, 0, 1, 2], "int16")}]],
        "第 1 列第 1 欄是 2；代碼應在 −1（缺失）到 1",
    ),
    ([["configure", TWO_UNITS], ["setParameters", np.zeros(3, "float32")]], "參數有 3 個；這個網路要"),
    (
        [["configure", TWO_UNITS], ["setData", DATA], ["inject", {"order": [0], "noise": [0]}]],
        "次序有 1 個、雜訊有 1 個；應是 10 個與 20 個",
    ),
    ([["configure", TWO_UNITS], ["change", {"latent": 3}]], "沒有 latent 這個設定；可用的是 beta"),
]


@pytest.mark.parametrize(("calls", "said"), BAD, ids=[said for _, said in BAD])
def test_bad_input_is_told(calls, said) -> None:
    assert said in call(*calls)[-1]["error"]


def test_infinite_numbers_are_refused() -> None:
    data = {"numbers": np.array([0.0, np.inf], "float32")}
    found = call(["configure", {"numbers": 1, "likelihood": "mixed", "hidden": [4]}], ["setData", data])[-1]
    assert "第 1 列第 0 欄是 Infinity；請改成有限的數，缺失寫 NaN" in found["error"]


def test_divergence_is_told_at_the_step_where_it_happens() -> None:
    problem = make_problem("mixed", n_rows=70)
    settings = problem.settings(learningRate=1e20)
    found: list = call(["configure", settings], ["setData", problem.data], *[["step"]] * 4)[2:]
    message = next(answer["error"] for answer in found if "error" in answer)
    assert "第 1 個訓練週期（epoch）的第" in message and "學習率 100000000000000000000 太大" in message


def test_parameters_that_break_in_the_last_step_are_told_at_the_end_of_the_epoch() -> None:
    """一個週期只有一步：損失在更新以前還是有限的。"""
    problem = make_problem("mixed", n_rows=20)
    settings = problem.settings(learningRate=1e300)
    _, _, step, history = call(
        ["configure", settings], ["setData", problem.data], ["step"], ["get", "history"]
    )
    assert "的第 1 步停下：損失或參數不是有限的數" in step["error"] and history == []
