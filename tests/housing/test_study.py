"""研究的快取：中斷後只補沒算的、同樣的位元、程式改了就換資料夾、壞檔案不算數、進度看得見。"""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from joblib import Parallel, delayed

from vae_from_scratch import arithmetic, sources
from vae_from_scratch.cli import main
from vae_from_scratch.housing import study
from vae_from_scratch.housing.study import measure, plan, store
from vae_from_scratch.housing.study.runs import Run
from vae_from_scratch.tables.representations import represent

TINY = {**plan.BASE, "epochs": 1, "hidden": [6], "batch_size": 512}


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("VAE_STUDY_DIR", str(tmp_path))
    return tmp_path


@pytest.fixture
def here(monkeypatch):
    """jobs=1 就在這個行程裡訓練：另開兩個行程要幾秒，看檔案的測試用不到；行程與算術另有測試。"""
    monkeypatch.setattr(arithmetic, "in_use", lambda: True)


def tiny_runs(n=3, **options):
    return [Run(TINY, seed, **options) for seed in range(n)]


def files_in(folder):
    return sorted(folder.rglob("*.npz"))


# ---- 快取 ----------------------------------------


def test_a_result_is_stored_once_and_read_back_with_the_same_bits(cache, here):
    runs = tiny_runs(2)
    first = store.results(runs, jobs=1)
    stamps = [path.stat().st_mtime_ns for path in files_in(cache)]
    second = store.results(runs, jobs=1)
    assert [path.stat().st_mtime_ns for path in files_in(cache)] == stamps
    for one, other in zip(first, second, strict=True):
        assert one.metrics == other.metrics and one.history == other.history
        assert all(np.array_equal(one.arrays[name], other.arrays[name]) for name in one.arrays)
    assert not np.array_equal(first[0].arrays["mean"], first[1].arrays["mean"])


def test_the_number_of_workers_does_not_change_a_bit(cache, tmp_path, monkeypatch):
    alone = store.results(tiny_runs(2), jobs=1)
    monkeypatch.setenv("VAE_STUDY_DIR", str(tmp_path / "again"))
    together = store.results(tiny_runs(2), jobs=2)
    for one, other in zip(alone, together, strict=True):
        assert one.arrays["parameters"].tobytes() == other.arrays["parameters"].tobytes()
        assert one.metrics == other.metrics


def test_a_repeated_setting_is_trained_once(cache, here):
    run = tiny_runs(1)[0]
    results = store.results([run, run], jobs=1)
    assert len(results) == 2 and len(files_in(cache)) == 1
    assert store.missing_runs([run, run, *tiny_runs(2)]) == 1


@pytest.mark.parametrize("damage", ["truncated", "edited", "empty"])
def test_a_damaged_file_is_trained_again(cache, here, damage):
    run = tiny_runs(1)[0]
    expected = store.results([run], jobs=1)[0]
    path = store.path_of(run)
    contents = path.read_bytes()
    damaged = {"truncated": contents[:-100], "edited": b"x" + contents[1:], "empty": b""}[damage]
    path.write_bytes(damaged)
    assert store.cached(run) is None
    assert np.array_equal(store.results([run], jobs=1)[0].arrays["mean"], expected.arrays["mean"])
    assert path.read_bytes() == contents


KILLED = """
import sys
from vae_from_scratch.housing.study import plan, store
from vae_from_scratch.housing.study.runs import Run
settings = {**plan.BASE, "epochs": 3, "hidden": [6], "batch_size": 64}
store.results([Run(settings, seed) for seed in range(40)], jobs=1)
"""


def test_a_killed_study_keeps_what_was_done_and_only_computes_the_rest(cache, tmp_path, monkeypatch):
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED], env=os.environ | {"VAE_STUDY_DIR": str(cache)}, start_new_session=True
    )
    deadline = time.monotonic() + 120
    while len(files_in(cache)) < 2 and time.monotonic() < deadline:
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    done = {path: path.stat().st_mtime_ns for path in files_in(cache)}
    assert 2 <= len(done) < 40
    runs = [Run({**TINY, "epochs": 3, "batch_size": 64}, seed) for seed in range(len(done) + 1)]
    results = store.results(runs, jobs=1)
    assert {path: path.stat().st_mtime_ns for path in done} == done, "算好的沒有重算"
    monkeypatch.setenv("VAE_STUDY_DIR", str(tmp_path / "again"))
    fresh = store.results(runs[:1], jobs=1)[0]
    assert np.array_equal(results[0].arrays["mean"], fresh.arrays["mean"]), "與不中斷的一樣"


@pytest.mark.skipif(not arithmetic.available(), reason="不是有 AVX2 的 x86-64")
def test_workers_left_by_others_do_not_choose_the_arithmetic(cache, tmp_path, monkeypatch):
    """先有別的行程用這台電腦自己的核心；研究仍得到參考的位元，而且不把行程留給別人。"""

    def kernel() -> str:
        from threadpoolctl import threadpool_info

        return next(one["architecture"] for one in threadpool_info() if one["internal_api"] == "openblas")

    expected = store.results(tiny_runs(2), jobs=2)[0]
    monkeypatch.setenv("VAE_STUDY_DIR", str(tmp_path / "again"))
    with monkeypatch.context() as patch:
        patch.setenv("OPENBLAS_CORETYPE", "Sandybridge")
        assert set(Parallel(n_jobs=2)(delayed(kernel)() for _ in range(2))) == {"Sandybridge"}
    monkeypatch.delenv("OPENBLAS_CORETYPE", raising=False)
    again = store.results(tiny_runs(2), jobs=2)[0]
    assert np.array_equal(again.arrays["parameters"], expected.arrays["parameters"])
    assert "Sandybridge" not in Parallel(n_jobs=2)(delayed(kernel)() for _ in range(2))


# ---- 版本 ----------------------------------------


@pytest.fixture
def copy_of_the_package(tmp_path):
    folder = tmp_path / "package"
    shutil.copytree(store.PACKAGE, folder, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def fingerprint_of(package):
    entries = [package / entry.relative_to(store.PACKAGE) for entry in store.ENTRIES]
    return sources.fingerprint(entries, package)


@pytest.mark.parametrize("name", ["gradients/hand_derived.py", "gradients/layers.py", "housing/data.py"])
def test_a_change_in_what_the_training_uses_changes_the_version(copy_of_the_package, name):
    before = fingerprint_of(copy_of_the_package)
    assert before == store.folder().name
    path = copy_of_the_package / name
    path.write_text(path.read_text(encoding="utf-8") + "\nEXTRA = 1\n", encoding="utf-8")
    assert fingerprint_of(copy_of_the_package) != before


@pytest.mark.parametrize("name", ["plotting.py", "cli/study.py", "housing/study/plan.py", "course/report.py"])
def test_a_change_elsewhere_does_not(copy_of_the_package, name):
    before = fingerprint_of(copy_of_the_package)
    path = copy_of_the_package / name
    path.write_text(path.read_text(encoding="utf-8") + "\nEXTRA = 1\n", encoding="utf-8")
    assert fingerprint_of(copy_of_the_package) == before


def test_comments_and_docstrings_do_not_count(copy_of_the_package):
    before = fingerprint_of(copy_of_the_package)
    path = copy_of_the_package / "model.py"
    text = path.read_text(encoding="utf-8").replace('"""變分自編碼器 ``VAE``', '"""改過的說明 ``VAE``', 1)
    path.write_text("# 註解\n" + text, encoding="utf-8")
    assert fingerprint_of(copy_of_the_package) == before


def test_every_module_the_training_really_loads_is_counted():
    """訓練一次之後載入的套件模組，都要在雜湊的清單裡；漏掉一個，改了它就會讀到舊的結果。"""
    script = (
        "import sys\n"
        "from vae_from_scratch.housing.study.measure import train\n"
        "from vae_from_scratch.housing.study.runs import Run\n"
        f"train(Run({TINY!r}, 0, encoding='level'))\n"
        "print('\\n'.join(m.__file__ for n, m in sys.modules.items() if n.startswith('vae_from_scratch')))\n"
    )
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    counted = sources.imported_files(store.ENTRIES, store.PACKAGE)
    keeps_the_results = {f"housing/study/{name}.py" for name in ("__init__", "plan", "store", "trained")}
    names = {Path(path).relative_to(store.PACKAGE).as_posix() for path in loaded.splitlines()}
    assert "gradients/hand_derived.py" in names
    assert names - {path.relative_to(store.PACKAGE).as_posix() for path in counted} <= (
        keeps_the_results | {"housing/__init__.py", "sources.py"}
    )


# ---- 實驗的清單與命令 ----------------------------------------


def test_every_setting_is_written_out_so_tables_have_no_gaps():
    for name in study.EXPERIMENTS:
        for run in study.runs_of(name):
            if run.kind in measure.MODELS:
                assert set(plan.BASE) <= set(run.model)


def test_an_unknown_experiment_is_named_with_what_exists():
    with pytest.raises(ValueError, match=r"betas.*beta_sweep"):
        study.runs_of("betas")


def test_an_experiment_has_the_settings_it_promises():
    betas = {run.model["beta"] for run in study.runs_of("beta_sweep")}
    assert betas == set(plan.BETAS)
    assert sorted({run.model["beta"] for run in study.runs_of("original")}) == pytest.approx([0.801, 1.335])
    assert {run.model["beta"] for run in study.runs_of("full_weight")} == {267.0}
    assert len(study.runs_of("warmup")) == 20


def test_kaggle_is_used_only_when_both_files_are_there(tmp_path, monkeypatch):
    monkeypatch.setenv("VAE_KAGGLE_DIR", str(tmp_path))
    assert study.kaggle_folder() is None
    for name in ("train.csv", "test.csv"):
        (tmp_path / name).touch()
    assert study.kaggle_folder() == str(tmp_path)
    monkeypatch.delenv("VAE_KAGGLE_DIR")
    assert study.kaggle_folder() is None


def test_the_command_shows_progress_and_says_where_the_results_are(cache, here, monkeypatch, capsys):
    monkeypatch.setitem(plan.EXPERIMENTS, "warmup", lambda: tiny_runs(2))
    assert main(["study", "--only", "warmup", "--jobs", "1"]) == 0
    out, err = capsys.readouterr()
    assert "2/2" in err and "補算 2 項" in out and str(cache) in out
    assert main(["study", "--only", "warmup", "--list"]) == 0
    assert "2/2" in capsys.readouterr().out


def test_the_command_refuses_an_unknown_name(capsys):
    with pytest.raises(SystemExit) as stop:
        main(["study", "--only", "betas"])
    assert stop.value.code == 2
    assert "beta_sweep" in capsys.readouterr().err


def test_an_interrupt_says_what_was_kept(cache, monkeypatch, capsys):
    def interrupted(runs, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr(study, "results", interrupted)
    assert main(["study", "--only", "full_weight"]) == 130
    assert "接著算" in capsys.readouterr().err


# ---- 量到的數字 ----------------------------------------


def test_rows_all_trains_on_every_house_but_scores_the_same_ones(cache):
    split, everything = (measure.train(Run(TINY, 0, rows=rows)) for rows in ("split", "all"))
    assert np.array_equal(split.arrays["held_out"], everything.arrays["held_out"])
    assert "val_reconstruction" in split.history[0] and "val_reconstruction" not in everything.history[0]


def test_a_bernoulli_decoder_read_as_a_softmax_only_gains(cache):
    """只看合法的房子，機率不會再分給不合法的，所以對數概似不會變小。"""
    result = measure.train(Run({**TINY, "epochs": 8, "batch_size": 64}, 0, encoding="level"))
    assert result.metrics["log_likelihood_as_softmax"] > result.metrics["log_likelihood"]
    assert result.metrics["log_likelihood"] >= result.metrics["elbo"]


@pytest.mark.parametrize(
    ("kind", "low", "high"),
    [
        ("ridge", 0.75, 0.88),
        ("boosting", 0.75, 0.88),
        ("ridge+numbers", 0.88, 0.96),
        ("boosting+numbers", 0.88, 0.96),
    ],
)
def test_baselines_need_no_training(kind, low, high):
    assert low < measure.train(Run({}, 0, kind=kind)).metrics["r2"] < high


def test_the_rivals_get_the_same_rows_and_both_readings():
    """一次算完的對照：與逐一算的相同；線性的讀法由最小平方法核對，不用套件的。"""
    run = Run({}, 4, kind="rivals", encoding="level")
    found, data = measure.train(run).metrics, measure.split_of(run)
    price, held_out = measure.houses_of("ames", "").log_price, data.held_out
    assert np.array_equal(held_out, measure.split_of(Run({}, 4)).held_out), "兩種編碼同樣的切分"
    codes = represent("mca", data.coded, held_out, 2, 4)
    design = np.column_stack([np.ones(len(codes)), codes])
    weights = np.linalg.lstsq(design[~held_out], price[~held_out], rcond=None)[0]
    residual = price[held_out] - design[held_out] @ weights
    assert found["mca_2_linear"] == pytest.approx(1 - residual.var() / price[held_out].var(), abs=0.003)
    distance = np.linalg.norm(codes[held_out][:, None] - codes[~held_out][None], axis=2)
    guess = price[~held_out][np.argsort(distance, axis=1, kind="stable")[:, :15]].mean(axis=1)
    squares = ((price[held_out] - guess) ** 2).sum() / ((price[held_out] - price[held_out].mean()) ** 2).sum()
    assert found["mca_2"] == pytest.approx(1 - squares, abs=0.003)
    assert found["column"] == "Neighborhood" and found["random_2"] < 0.4 < found["year"] < found["neighbours"]


def test_what_a_known_column_adds_is_measured_where_the_book_asks():
    """第 11 章只在「無」當水準時問「已有年份或面積，還添多少」；填 0 的不必再訓練七棵提升樹。"""
    level, zeros = (
        measure.train(Run({}, 1, kind="rivals", encoding=name)).metrics for name in plan.ENCODINGS[::-1]
    )
    asked = {f"{given}+{name}" for given in ("year", "area", "year&area") for name in ("", "mca")} | {"+mca"}
    assert set(level) - set(zeros) == asked
    assert level["area+mca"] > level["area+"] + 0.05


def test_the_curves_the_book_draws_are_validated():
    """第 7、11 章畫驗證的曲線；別的訓練不在每個週期量，省下的時間不少。"""
    drawn = study.runs_of("warmup") + study.runs_of("overfitting")
    drawn += [run for run in study.runs_of("original") if run.rows == "split"]
    assert all(measure.validated(run) for run in drawn)
    others = [
        study.runs_of(name)[-1]
        for name in ("full_weight", "one_unit", "autoencoder", "likelihoods", "mixed_coding")
    ]
    assert not any(measure.validated(run) for run in others)


@pytest.mark.parametrize("found", [None, "numba 的位置"])
def test_numba_is_used_when_it_is_there_and_never_asked_for_when_it_is_not(monkeypatch, found):
    given = {}

    def train(data, settings, *rest):
        given.update(settings)
        raise InterruptedError

    monkeypatch.setattr(measure, "find_spec", lambda name: found)
    monkeypatch.setattr(measure.seeds, "train", train)
    with pytest.raises(InterruptedError):
        measure.train(Run(TINY, 0))
    assert given.get("fused_adam", False) is (found is not None)
    kept = measure.settings(Run(TINY, 0), measure.split_of(Run(TINY, 0)))
    assert "fused_adam" not in kept, "存下的設定不變"


def test_every_method_has_both_codings_three_sizes_and_ten_seeds():
    runs = study.runs_of("comparison")
    assert len(runs) == len({run.key for run in runs}) == 2 * 2 * 3 * 10 + 2 * 10
    assert {run.encoding for run in runs} == {"zeros", "level"}
