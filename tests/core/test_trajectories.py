"""同樣的起點、批次、雜訊：不同的引擎訓練同樣多步，真實資料上得到同樣的參數。"""

import numpy as np
import pytest

from tests.core.ames import Ames
from tests.core.gradient_check import relative_error
from tests.core.problems import LIKELIHOODS, Problem, on_ames
from tests.core.trajectories import BATCH, BETA, stretches, train
from vae_from_scratch.bounds import Bounds
from vae_from_scratch.gradients import KL_FORMS

AFTER = {200: 1e-10, 1000: 1e-11}
STUDY = 5520  # 60 個訓練週期 × 92 步，整個案例研究的長度
FINAL_LOSS = 1e-6


@pytest.mark.slow
@pytest.mark.parametrize("kl", KL_FORMS)
@pytest.mark.parametrize("likelihood", LIKELIHOODS)
def test_parameters_agree_after_a_thousand_steps_of_adam(ames: Ames, likelihood, kl) -> None:
    problem = on_ames(ames, likelihood, n_rows=2930, hidden=(50, 20))
    ours = train(problem, "numpy", (1000,), kl)[1000]
    assert relative_error(ours, problem.parameters) > 0.1  # 真的走了很遠
    for engine in ("autograd", "tensorflow"):
        assert relative_error(train(problem, engine, (1000,), kl)[1000], ours) <= AFTER[1000], engine


def test_a_whole_stretch_in_one_graph_is_the_same_as_step_by_step(ames: Ames) -> None:
    """對照的對照：TensorFlow 一段路走完（最後一批比較小），與一步一步呼叫 ``Trainer.step``，位元相同。"""
    from vae_from_scratch.gradients.tensorflow_adam import Trainer
    from vae_from_scratch.gradients.with_tensorflow import Engine

    problem = on_ames(ames, "bernoulli", n_rows=2 * BATCH + 7, hidden=(20,))
    trainer = Trainer(Engine(problem.network, problem.likelihood, KL_FORMS[0]), problem.parameters, BETA)
    snapshots = train(problem, "tensorflow", (2, 3, 5))
    assert list(snapshots) == [2, 3, 5], "3 步是一個訓練週期"
    for order, noise, number in stretches(len(problem.x), 2, (2, 3, 5)):
        for start in range(0, len(order), BATCH):
            rows = slice(start, start + BATCH)
            trainer.step(problem.x[order[rows]], noise[rows])
        np.testing.assert_array_equal(snapshots[number], trainer.parameters())


def test_other_epsilon_convention_is_not_the_same_trajectory(ames: Ames) -> None:
    """反例：ε 加的地方不同，200 步以後就差出容差的一百萬倍以上。"""
    problem = on_ames(ames, "bernoulli", n_rows=320, hidden=(20,))
    paper, keras = (
        train(problem, "numpy", (200,), epsilon_convention=convention)[200]
        for convention in ("paper", "keras")
    )
    assert relative_error(keras, paper) > 1e6 * AFTER[200]


@pytest.fixture(scope="module")
def study(ames: Ames) -> tuple[Problem, dict[str, dict[int, np.ndarray]]]:
    """原來的網路、整個研究的長度：三個引擎，加上起點的每個權重差 1e-15 的 NumPy。"""
    problem = on_ames(ames, "bernoulli", n_rows=2930)
    nudged = problem.parameters * (1 + 1e-15)
    stops = (*AFTER, STUDY)
    paths = {engine: train(problem, engine, stops) for engine in ("numpy", "autograd", "tensorflow")}
    paths["nudged"] = train(problem._replace(parameters=nudged), "numpy", stops)
    return problem, paths


@pytest.mark.slow
class TestTheWholeStudy:
    """自成一組，可以與上面的同時在另一個行程裡跑。"""

    @pytest.mark.parametrize("engine", ["autograd", "tensorflow"])
    @pytest.mark.parametrize("steps", AFTER)
    def test_original_network_keeps_the_same_parameters(self, study, engine, steps) -> None:
        paths = study[1]
        assert relative_error(paths[engine][steps], paths["numpy"][steps]) <= AFTER[steps]

    @pytest.mark.parametrize("engine", ["nudged", "autograd", "tensorflow"])
    def test_final_loss_of_the_whole_study_is_the_same(self, study, ames: Ames, engine) -> None:
        """捨入誤差會指數放大，所以 5520 步以後比的是全部資料的損失；"nudged" 是自己跟自己比的尺。"""
        problem, paths = study
        ours, theirs = (full_data_loss(problem, paths[name][STUDY], ames) for name in ("numpy", engine))
        assert relative_error(theirs, ours) <= FINAL_LOSS
        assert ours < full_data_loss(problem, problem.parameters, ames) / 4

    def test_the_nudge_is_real_and_grows(self, study) -> None:
        """反例：起點真的不同，而且差距隨步數放大；比較 5520 步的參數本身沒有意義。"""
        paths = study[1]
        drift = [relative_error(paths["nudged"][steps], paths["numpy"][steps]) for steps in (200, STUDY)]
        assert 0 < drift[0] < drift[1]


def full_data_loss(problem: Problem, parameters: np.ndarray, ames: Ames) -> float:
    noise = np.random.default_rng(9).standard_normal((len(ames.x), 2))
    bounds = Bounds(problem.network, problem.likelihood, problem.network.views(parameters))
    return bounds.loss(ames.x, noise, "closed_form", beta=1.0, free_bits=0.0).total
