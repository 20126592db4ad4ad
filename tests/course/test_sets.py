"""每一組練習都守規矩：題目由解答產生，沒寫 0 分，解答滿分，說明齊全，只用 NumPy。"""

import ast
import math
import os
import re
import shutil
import subprocess
import sys

import numpy as np
import pytest

from vae_from_scratch.course import capstone, generate
from vae_from_scratch.course.outcomes import PASSED, UNANSWERED
from vae_from_scratch.course.report import total
from vae_from_scratch.course.running import load, load_tests, run_set
from vae_from_scratch.course.sets import CourseError, all_sets, course_root, find_set

ROOT = course_root()
SETS = all_sets(ROOT)
each_set = pytest.mark.parametrize("chosen", SETS, ids=lambda chosen: chosen.name)


def git(*arguments):
    """git 的輸出；不是 git 的資料夾、或沒有那個檔案時是 ``None``。"""
    done = subprocess.run(
        ["git", "-C", str(ROOT), *arguments], capture_output=True, text=True, encoding="utf-8"
    )
    return done.stdout if done.returncode == 0 else None


@each_set
def test_the_exercise_is_what_the_solution_generates(chosen):
    """讀者正在作答時，看的是提交過的那一版：作答不算走樣，改了解答而沒有重新產生才算。"""
    differences = generate.drift(chosen)
    if differences and git("diff", "--quiet", "HEAD", "--", str(chosen.exercise)) is None:
        committed = [
            git("show", f"HEAD:{path.parent.name}/{path.name}") for path in (chosen.exercise, chosen.solution)
        ]
        if None not in committed:
            differences = "" if committed[0] == generate.to_exercise(committed[1]) else differences
    assert differences == "", "請執行 python -m vae_from_scratch exercises build"


@pytest.fixture
def untouched(tmp_path):
    """剛產生、還沒有人寫的題目。"""
    for name in ("solutions", "tests/exercises"):
        shutil.copytree(ROOT / name, tmp_path / name)
    for chosen in all_sets(tmp_path):
        generate.build(chosen)
    return tmp_path


@each_set
def test_untouched_exercises_score_exactly_zero(chosen, untouched):
    outcomes = run_set(find_set(chosen.name, untouched), "exercises")
    assert total(outcomes)[0] == 0
    assert {outcome.status for outcome in outcomes} == {UNANSWERED}


@each_set
def test_solutions_score_exactly_full_marks(chosen):
    outcomes = run_set(chosen, "solutions")
    assert {outcome.status for outcome in outcomes} == {PASSED}
    score, full = total(outcomes)
    assert score == full > 0


@each_set
def test_the_title_states_the_number_of_points(chosen):
    pattern = rf"練習 {chosen.name}：.+（第 \d+ 章，(\d+) 分）"
    stated = re.fullmatch(pattern, chosen.title)
    assert stated, f"{chosen.solution.name} 的第一行應該像「練習 ex02：題目（第 2 章，10 分）」"
    assert int(stated[1]) == total(run_set(chosen, "solutions"))[1]


def test_fourteen_sets_make_a_hundred_points():
    full = sum(total(run_set(chosen, "solutions"))[1] for chosen in SETS)
    assert len(SETS) == 14 and full == 100


@each_set
def test_every_function_is_tested_and_documented(chosen):
    functions = [
        node
        for node in ast.parse(chosen.solution.read_text("utf-8")).body
        if isinstance(node, ast.FunctionDef)
    ]
    public = {node.name: ast.get_docstring(node) or "" for node in functions if not node.name.startswith("_")}
    assert {case.function for case, _ in load_tests(chosen)} == set(public)
    for name, text in public.items():
        missing = [part for part in ("用在哪裡：", "公式：", "形狀：", "例子：", "讀：") if part not in text]
        assert not missing, f"{name} 的說明缺了 {missing}"


@each_set
def test_every_case_has_a_title_a_hint_and_a_chapter(chosen):
    for case, test in load_tests(chosen):
        assert test.__doc__ and case.points.hints and case.points.chapter, case.test


@each_set
def test_answers_need_only_numpy_and_the_standard_library(chosen):
    for path in (chosen.solution, chosen.exercise):
        tree = ast.parse(path.read_text("utf-8"))
        names = {
            alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names
        }
        names |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
        assert {name.split(".")[0] for name in names} <= {"numpy"} | sys.stdlib_module_names


def test_pytest_collects_the_cases_that_run_without_it():
    """pytest 收集到的檢查，就是不經過 pytest 時跑的那些。"""
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [*command, *(str(chosen.tests) for chosen in SETS)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        cwd=ROOT,
        env=os.environ | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
    )
    collected = re.findall(r"^.*/(test_ex.*)\.py::(test_\w+)$", done.stdout, re.MULTILINE)
    assert collected == [(chosen.tests.stem, case.test) for chosen in SETS for case, _ in load_tests(chosen)]


@pytest.mark.parametrize(
    "text", ["2", "02", "ex02", "ex02_reparameterization", "exercises/ex02_reparameterization.py"]
)
def test_a_set_is_found_by_number_name_or_file(text):
    assert find_set(text, ROOT).name == "ex02"


@pytest.mark.parametrize("text", ["99", "", "ex", "two", "-1"])
def test_an_unknown_set_is_answered_with_the_known_ones(text):
    with pytest.raises(CourseError, match=r"沒有「.*」這一組練習；現有的是 .*ex02"):
        find_set(text, ROOT)


PARTS = {name: group for group, name in capstone.PARTS if group != "ex14"}
ONE_ROW = ([np.array([[0.0, 0.0], [1.0, 0.0]])], [np.array([[2.0], [0.0]])])
ANYTHING = object()


def course(name):
    """解答裡的函式，當作 ex14 的 ``mine``。"""
    return getattr(load(find_set(PARTS[name], ROOT).solution), name)


# 說明裡的例子：那些數字由這裡證明。
EXAMPLES = [
    ("ex01", "variance", (np.array([0.0, math.log(4)]),), [1.0, 4.0]),
    ("ex01", "log_variance", (np.array([1.0, 2.0]),), [0.0, 1.3862944]),
    (
        "ex01",
        "reconstruction_error",
        (np.array([[1.0, 0.0], [0.0, 1.0]]), np.array([[0.5, 0.0], [0.0, 0.0]])),
        0.625,
    ),
    ("ex01", "interval_probability", (1.0, 2.0, -1.0, 3.0), 0.6826895),
    (
        "ex01",
        "normal_log_density",
        (np.array([3.0]), np.array([1.0]), np.array([math.log(4)])),
        [-2.112086],
    ),
    (
        "ex01",
        "noisy_reconstruction_error",
        (np.array([[1.0, 2.0]]), np.array([[1.0], [3.0]]), np.array([[0.5]]), np.log([[0.04]])),
        [0.9],
    ),
    ("ex02", "standard_deviation", (math.log(4),), 2.0),
    ("ex02", "reparameterize", (1.0, math.log(4), 0.7), 2.4),
    ("ex02", "dz_dvariance", (0.7, 4.0), 0.175),
    ("ex02", "gradient_wrt_mean_and_log_var", (3.0, math.log(4), 0.7), (3.0, 2.1)),
    ("ex02", "log_prob_by_change_of_variables", (np.log([[4.0]]), np.array([[0.7]])), [-1.857086]),
    (
        "ex02",
        "mean_gradient_estimates",
        (lambda z: z**2, lambda z: 2 * z, 1.0, math.log(4), np.array([0.7])),
        ([4.8], [2.016]),
    ),
    ("ex03", "log_ratio", (3.0, 1.0, math.log(4)), 3.306853),
    ("ex03", "kl_to_standard_normal", (np.array([[1.0, 0.0]]), np.log([[4.0, 1.0]])), [1.306853]),
    ("ex03", "kl_from_standard_normal", (np.array([[1.0, 0.0]]), np.log([[4.0, 1.0]])), [0.443147]),
    ("ex03", "kl_gradient", (np.array([[1.0]]), np.log([[9.0]])), ([[1.0]], [[4.0]])),
    ("ex03", "best_log_var", (4.0,), -2.197225),
    (
        "ex03",
        "kl_between",
        (np.array([[1.0]]), np.log([[4.0]]), np.array([[3.0]]), np.array([[0.0]])),
        [2.806853],
    ),
    ("ex04", "sum_of_marginal_kls", (np.array([[1, 0.5]]), np.array([[[4, 0.9], [0.9, 0.25]]])), [1.75]),
    ("ex04", "kl_full_covariance", (np.array([[1, 0.5]]), np.array([[[4, 0.9], [0.9, 0.25]]])), [2.580366]),
    ("ex04", "total_correlation", (np.array([[[4, 0.9], [0.9, 0.25]]]),), [0.8303656]),
    ("ex04", "factorized_fit", (np.array([[[4, 0.9], [0.9, 0.25]]]),), ([[0.76, 0.0475]], [[4, 0.25]])),
    (
        "ex04",
        "linear_posterior",
        (np.array([1.0, 1.0]), 1 / 9, np.array([1.0])),
        ([[0.4736842, 0.4736842]], [[0.5263158, -0.4736842], [-0.4736842, 0.5263158]]),
    ),
    ("ex04", "cost_of_diagonal", (np.array([[[4, 0.9], [0.9, 0.25]]]),), [0.8303656]),
    (
        "ex05",
        "gaussian_log_likelihood",
        (np.array([[1.0, 2.0]]), np.array([[0.5, 2.5]]), 0.5),
        [-1.644730],
    ),
    ("ex05", "implied_variance", (1.0, 1.0), 0.5),
    ("ex05", "bernoulli_log_likelihood", (np.array([[1.0, 0.0]]), np.array([[2.0, -1.0]])), [-0.4401897]),
    (
        "ex05",
        "categorical_log_likelihood",
        (np.array([[1.0, 0, 0, 0, 0]]), np.array([[2.0, 0.5, -1, 0.3, 0.3]]), (3, 2)),
        [-0.2413113],
    ),
    ("ex05", "elbo", (np.array([-1.293939]), np.array([[0.5]]), np.log([[0.5]])), [-1.515513]),
    (
        "ex05",
        "importance_weighted_bound",
        (np.log([[1.0], [3.0]]), np.array([[-2.0], [-1.0]]), np.array([[-2.0], [-1.0]])),
        [0.693147],
    ),
    ("ex06", "kl_single_sample", (np.array([[2.4]]), np.array([[1.0]]), np.log([[4.0]])), [1.941853]),
    ("ex06", "kl_single_sample_variance", (np.array([[1.0]]), np.log([[4.0]])), [8.5]),
    (
        "ex06",
        "single_sample_gradient",
        (np.array([[1.0]]), np.log([[4.0]]), np.array([[0.7]])),
        ([[2.4]], [[1.18]]),
    ),
    (
        "ex06",
        "path_gradient",
        (np.array([[1.0]]), np.log([[4.0]]), np.array([[0.7]])),
        ([[2.05]], [[1.435]]),
    ),
    ("ex06", "k3_estimate", (np.array([[2.4]]), np.array([[1.0]]), np.log([[4.0]])), [1.085291]),
    (
        "ex06",
        "paired_difference",
        (np.array([1.0, 2.0, 4.0]), np.array([1.5, 2.0, 5.0])),
        (0.5, 0.288675),
    ),
    ("ex10", "name_absence", (("TA", None, None), np.array([True, False, True])), ["TA", "無", None]),
    ("ex10", "learn_levels", (("RL", None, "FV", "RL"),), ["FV", "RL"]),
    ("ex10", "level_codes", (("RL", None, "A", "FV"), ("FV", "RL")), np.array([1, -1, -2, 0])),
    ("ex10", "one_hot", (np.array([1, -1, 0]), 2), np.array([[0, 1], [0, 0], [1, 0]])),
    (
        "ex10",
        "encode",
        (
            {"空調": ("Y", None), "屋頂": ("Hip", "Dome")},
            {"屋頂": ("Gable", "Hip"), "空調": ("N", "Y")},
        ),
        np.array([[0, 1, 0, 1], [0, 0, 0, 0]]),
    ),
    ("ex10", "marginal_nats", (np.array([[1, 0], [1, 0], [0, 1], [0, 0]]), (2,)), (1.255482, 0.4773856)),
    (
        "ex11",
        "vae_step",
        (
            np.array([0.5, 1.0, 0.0]),
            np.array([[2.0]]),
            np.array([[0.4]]),
            0.1,
            lambda mean, log_var, noise: mean + np.exp(log_var / 2) * noise,
            lambda d_z, log_var, noise: (d_z, d_z * np.exp(log_var / 2) * noise / 2),
            lambda mean, log_var: (mean, np.expm1(log_var) / 2),
        ),
        [0.42, 1.084, 0.012],
    ),
    (
        "ex11",
        "train_epoch",
        (lambda p, rows: (p, 6.0 if len(rows) == 1 else 3.0), 0.0, np.array([2, 0, 1]), 2),
        (0, 4),
    ),
    ("ex11", "wake_epochs", (np.array([[2.0], [0.1], [0.4], [0.5]]), 0.3), [3]),
    (
        "ex11",
        "knn_predict",
        (np.array([[0.0], [1.0], [5.0]]), np.array([10.0, 20.0, 60.0]), np.array([[0.4]]), 2),
        [15.0],
    ),
    ("ex11", "r_squared", (np.array([1.0, 2.0, 3.0]), np.array([1.0, 2.0, 2.0])), 0.5),
    ("ex07", "implied_beta", (0.005, 252, 1), 1.26),
    ("ex07", "warmup_weight", (5, 4.0, 20), 1.0),
    ("ex07", "warmup_weight", (30, 4.0, 20), 4.0),
    ("ex07", "count_active_units", (np.array([[2.0, 0.5], [2.0, -0.5], [2.0, 0.0]]), 0.01), 1),
    (
        "ex07",
        "free_bits_loss",
        (np.array([10.0, 12.0]), np.array([[0.0, 2.0], [0.4, 1.0]]), 2.0, 0.5),
        15.0,
    ),
    ("ex07", "collapse_thresholds", (np.array([[0.0, 0], [1, 1], [1, 1], [0, 0]]),), [2.0, 0.0]),
    (
        "ex07",
        "split_average_kl",
        (np.array([[1.0], [-1]]), np.array([[1.0], [-1]]), np.zeros((2, 1))),
        (0.5662192, -0.0662192),
    ),
    ("ex08", "relu_gradient", (np.array([3.0, 3.0]), np.array([-1.0, 2.0])), [0.0, 3.0]),
    ("ex08", "logit_gradient", (np.array([[1.0, 0.0]]), np.array([[0.0, math.log(3)]])), [[-0.5, 0.75]]),
    (
        "ex08",
        "dense_gradient",
        (np.array([[2.0], [-1.0]]), np.array([[1.0, 2.0], [3.0, -1.0]]), np.array([[0.5], [-1.0], [0.2]])),
        ([[1.0, -2.0], [-0.5, 1.0]], [[-1.0], [5.0], [1.0]]),
    ),
    (
        "ex08",
        "perceptron_gradient",
        (
            [np.array([[1.0], [0.0]]), np.array([[2.0], [0.0]])],
            np.array([[3.0], [-3.0]]),
            np.ones((2, 1)),
        ),
        ([[2.0], [0.0]], [[[6.0], [2.0]], [[3.0], [2.0]]]),
    ),
    (
        "ex08",
        "vae_gradient",
        (
            [np.array([[0.0, 0.0], [1.0, 0.0]])],
            [np.array([[2.0], [0.0]])],
            np.ones((1, 1)),
            np.zeros((1, 1)),
            0.5,
            lambda mean, log_var, noise: mean + np.exp(log_var / 2) * noise,
            lambda d_z, log_var, noise: (d_z, d_z * np.exp(log_var / 2) * noise / 2),
            lambda mean, log_var: (mean, np.expm1(log_var) / 2),
        ),
        ([[[0.26159416, 0.0], [0.26159416, 0.0]]], [[[-0.11920292], [-0.11920292]]]),
    ),
    (
        "ex08",
        "adam_step",
        (np.ones(1), np.array([4.0]), np.zeros(1), np.zeros(1), 1, 0.1),
        ([0.9], [0.4], [0.016]),
    ),
    (
        "ex14",
        "initial_layers",
        ([np.array([[0.5, 1.0], [0.0, 0.75]])],),
        [[[0.0, 1.2247449], [-1.2247449, 0.61237244], [0.0, 0.0]]],
    ),
    (
        "ex14",
        "network",
        ([np.array([[1.0], [0.0]]), np.array([[2.0], [-1.0]])], np.array([[3.0], [-3.0]])),
        [[5.0], [-1.0]],
    ),
    (
        "ex14",
        "encode",
        ([np.array([[1.0, 0, 2, 0], [0, 0, 0, 1]])], np.array([[3.0]])),
        ([[3.0, 0.0]], [[6.0, 1.0]]),
    ),
    (
        "ex14",
        "measure",
        (*ONE_ROW, np.ones((1, 1)), np.zeros((1, 1)), {name: course(name) for name in PARTS}),
        (0.126928011, [0.5]),
    ),
    (
        "ex14",
        "train_step",
        (
            (*ONE_ROW, *([np.zeros((2, 2)), np.zeros((2, 1))] for _ in range(2)), 0),
            np.ones((1, 1)),
            np.zeros((1, 1)),
            0.5,
            0.1,
            {name: course(name) for name in PARTS},
        ),
        ([[[-0.1, 0], [0.9, 0]]], [[[2.1], [0.09999992]]], ANYTHING, ANYTHING, 1),
    ),
    (
        "ex14",
        "mend_loss",
        (np.array([[1.0, 2, 3], [2, 2, 2]]), np.array([[0.5, 0.5], [1, 0]]), 1.0),
        ("a", 7.0, 3.0),
    ),
    (
        "ex09",
        "numerical_gradient",
        (lambda theta: float(np.sum(theta**3)), np.array([1.0, 2.0]), 0.1),
        [3.01, 12.01],
    ),
    ("ex09", "relative_difference", (np.array([1.0, -4.1]), np.array([1.0, -4.0])), 0.025),
    ("ex09", "adam_change", (np.array([1e-7]), np.array([1e-15]), 1, 1.0, 1e-7, "paper"), [0.9090909]),
    ("ex09", "adam_change", (np.array([1e-7]), np.array([1e-15]), 1, 1.0, 1e-7, "keras"), [0.2402531]),
    ("ex09", "odd_one_out", (np.array([[1.0, 2, 9], [1, 2.5, 9], [1, 2, 7]]), 0.01), (1, 1)),
    (
        "ex09",
        "mend_cross_entropy",
        (np.array([[1.0, 0.0]]), np.array([[-30.0, 0.0]])),
        ("b", 30.693147, [[-1.0, 0.5]]),
    ),
    ("ex12", "log_valid_probability", (np.log([[1.5, 3 / 7, 1 / 9]]), (3,)), [-0.665532]),
    ("ex12", "split_kl", (np.eye(2), np.array([0.75, 0.25])), (0.693147, 0.143841)),
    (
        "ex12",
        "importance_weights",
        (np.array([[0.0], [math.log(3)]]),),
        ([[0.25], [0.75]], [0.693147], [1.6]),
    ),
    (
        "ex12",
        "impute",
        (
            np.zeros((2, 1)),
            np.array([[[0.0, -9.0]], [[math.log(3), -1.0]]]),
            1,
            np.array([[[1.0, 0.0]], [[0.0, 1.0]]]),
        ),
        [[0.25, 0.75]],
    ),
    (
        "ex12",
        "mend_sample",
        (np.log([[0.2, 0.5, 0.3]]), np.array([[0.6, 0.1, 0.2]]), (3,)),
        ("c", [[0, 1, 0]]),
    ),
    (
        "ex13",
        "normal_log_density",
        (np.array([[1.0, np.nan]]), np.array([[0.0, 5.0]]), np.log([4.0, 1.0])),
        [-1.737086],
    ),
    (
        "ex13",
        "learned_log_var",
        (np.array([[1.0, 2.0], [3.0, np.nan]]), np.array([[0.0, 2.0], [0.0, 9.0]]), 0.01),
        np.log([5.0, 0.01]),
    ),
    (
        "ex13",
        "spike_log_density",
        (np.array([0.0, 2.0]), np.array([0.0, math.log(3)]), np.array([5.0, 1.0]), 0.0),
        [-0.693147, -1.706621],
    ),
    (
        "ex13",
        "unit_bill",
        (np.array([1 / 3.3058, 10.0]), np.array([[True, False], [True, True]])),
        [1.195679, -1.106907],
    ),
    (
        "ex13",
        "mend_column_loss",
        (np.array([[1.0, np.nan]]), np.array([[0.0, 5.0]]), np.log([4.0, 1.0])),
        ("c", 1.737086, [[-0.25, 0.0]]),
    ),
]


@pytest.mark.parametrize(
    ("name", "function", "inputs", "expected"), EXAMPLES, ids=[f"{row[0]}-{row[1]}" for row in EXAMPLES]
)
def test_the_worked_number_in_the_docstring_is_right(name, function, inputs, expected):
    answer = getattr(load(find_set(name, ROOT).solution), function)(*inputs)
    assert_close(answer, expected)


def assert_close(answer, expected):
    """好幾個傳回值（tuple 或 list）就一個一個比；例子沒有說的是 ``ANYTHING``。"""
    if expected is ANYTHING:
        return
    if isinstance(answer, tuple | list):
        for one, right in zip(answer, expected, strict=True):
            assert_close(one, right)
    elif expected is None or isinstance(expected, str):
        assert answer == expected
    else:
        np.testing.assert_allclose(answer, np.asarray(expected), rtol=5e-7)


def test_the_learners_commands_need_only_numpy():
    """不匯入 pytest、SciPy、pandas、matplotlib、TensorFlow，讀者才不必等。"""
    code = (
        "import sys; from vae_from_scratch.cli import main;"
        "main(['exercises', 'list', '--target', 'solutions']);"
        "heavy = {'pytest', 'scipy', 'pandas', 'matplotlib', 'tensorflow', 'sklearn'};"
        "print(heavy & sys.modules.keys())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, encoding="utf-8", cwd=ROOT
    )
    assert done.stdout.splitlines()[-1] == "set()", done.stderr
