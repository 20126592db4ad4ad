"""第 11 章正文、圖說與替代文字裡直接寫出來的數字。"""

import csv
from pathlib import Path

import numpy as np
import pytest

from vae_from_scratch import VAE
from vae_from_scratch.housing import data
from vae_from_scratch.tables.schema import OneHotSchema

ROOT = Path(__file__).resolve().parents[2]
KAGGLE = ROOT.parent / "shared" / "data" / "kaggle"


@pytest.fixture(scope="module")
def log():
    """原文的紀錄：(data, kl_estimator) → {欄: 陣列}。"""
    with (ROOT / "book" / "data" / "original-training-log.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    groups = {(row["data"], row["kl_estimator"]) for row in rows}
    return {
        key: {
            name: np.array(
                [float(r[name]) for r in rows if (r["data"], r["kl_estimator"]) == key and r[name]]
            )
            for name in ("epoch", "reconstruct", "kl", "val_reconstruct", "val_kl")
        }
        for key in groups
    }


def r2(results):
    return np.array([result.metrics["r2"] for result in results])


def weaker(result):
    return np.array([row["kl_per_unit"] for row in result.history]).min(axis=1)


# ---- 不必訓練的數字 ----------------------------------------


def test_weights_convert_to_the_betas_of_the_table():
    """w = 0.003 與 0.005，乘 252 是 0.756 與 1.26，乘 267 是 0.801 與 1.335。"""
    houses = data.load_ames()
    n_columns = OneHotSchema().fit(houses.categories).n_columns
    assert (len(houses), n_columns) == (2930, 267)
    assert pytest.approx([0.756, 1.26]) == [0.003 * 252, 0.005 * 252]
    assert [0.003 * n_columns, 0.005 * n_columns] == pytest.approx([0.801, 1.335])


def test_the_logged_kl_is_large_while_the_code_is_unused(log):
    """原文實驗一第 2 個週期：KL 2.27（驗證 2.06），重建 0.1972（驗證 0.1964），不看編碼是 0.196。"""
    first = log["split", "closed_form"]
    assert round(first["kl"][1], 2) == 2.27 and round(first["val_kl"][1], 2) == 2.06
    assert (first["reconstruct"][1], first["val_reconstruct"][1]) == (0.1972, 0.1964)
    assert first["val_reconstruct"][1] * 252 == pytest.approx(49.4, abs=0.2)


def test_the_second_plateau_of_the_log_runs_from_0_160_to_0_155(log):
    """第 8 到 22 個週期在 0.160 與 0.155 之間，也就是 39 到 40.3 nats。"""
    for kl in ("closed_form", "single_sample"):
        part = log["merged", kl]["reconstruct"][7:22]
        assert part.min() >= 0.155 and part.max() <= 0.161


@pytest.mark.parametrize(("kl", "epoch"), [("closed_form", 23), ("single_sample", 40)])
def test_the_log_bends_where_the_text_says(log, kl, epoch):
    """下一階從那裡開始：之後八個週期降的，是之前八個週期的兩倍以上。"""
    values = log["merged", kl]["reconstruct"]
    before, after = values[epoch - 10] - values[epoch - 2], values[epoch - 2] - values[epoch + 6]
    assert after > 2 * before


def test_shuffled_neighbours_score_minus_one_fifteenth():
    """與目標無關的 15 個鄰居：R² 約 −1/15。"""
    rng = np.random.default_rng(0)
    target, guess = rng.standard_normal(4_000_000), rng.standard_normal(4_000_000) / np.sqrt(15)
    assert 1 - np.mean((target - guess) ** 2) / np.var(target) == pytest.approx(-1 / 15, abs=0.003)


def test_numbers_in_the_exercise_comments():
    """λ = 3.38 時 b = 1.5427；全部多猜 5 的 R² 約 −3.76；2344 棟、批次 32，最後一批 8 棟。"""
    variance = np.mean(np.array([2.4, 1.0]) ** 2)
    assert variance == pytest.approx(3.38) and np.sqrt(variance - 1) == pytest.approx(1.5427, abs=5e-5)
    actual = np.array([1.0, 2, 4, 7])
    assert 1 - 4 * 25 / np.sum((actual - actual.mean()) ** 2) == pytest.approx(-3.76, abs=0.005)
    assert 2930 - round(0.2 * 2930) == 2344 and 2344 % 32 == 8


# ---- 原文的資料 ----------------------------------------


@pytest.mark.slow
def test_our_program_on_the_original_data_agrees_with_the_original_log(log):
    """Kaggle 的資料、原文的權重、三個種子：停在同一個高度，第 10 個週期的重建把原文的夾在中間。"""
    if not (KAGGLE / "train.csv").is_file():
        pytest.skip("Kaggle 的檔案不能隨專案散布，只在有 ../shared/data/kaggle 的機器上測")
    houses = data.load_kaggle(KAGGLE)
    x = OneHotSchema().fit(houses.categories).encode(houses.categories)
    assert x.shape == (2919, 252)
    histories = []
    for seed in range(3):
        train = x[np.random.default_rng(seed).permutation(len(x))[: round(0.8 * len(x))]]
        vae = VAE(beta=0.003 * 252, epochs=10, warmup_epochs=0, dtype="float32", random_state=seed).fit(train)
        histories.append([row["reconstruction"] / 252 for row in vae.history_])
    curves = np.array(histories)
    original = log["split", "closed_form"]["reconstruct"]
    assert curves[:, 1] == pytest.approx(original[1], abs=0.006), "第一階：不看編碼"
    assert curves[:, -1].min() - 0.006 < original[-1] < curves[:, -1].max() + 0.006


# ---- 研究的數字（替代文字與圖說） ----------------------------------------


def test_alt_text_of_the_lottery(experiment):
    """沒暖身：第二個單元在第 6 到 36 個週期之間醒來，兩個種子始終是 0；暖身：全醒，KL 都在 1.4 以上。"""
    runs = experiment("warmup")
    cold = [r for r in runs if r.run.model["warmup_epochs"] == 0]
    warm = [r for r in runs if r.run.model["warmup_epochs"] == 20]
    wake = [int(np.flatnonzero(weaker(r) < 0.3)[-1]) + 2 for r in cold if weaker(r)[-1] >= 0.3]
    assert (min(wake), max(wake), len(cold) - len(wake)) == (6, 36, 2)
    assert min(weaker(r)[-1] for r in warm) > 1.39
    assert np.mean([r.history[-1]["reconstruction"] for r in warm]) == pytest.approx(33.2, abs=0.5)


def test_alt_text_of_the_comparison(experiment):
    """隨機投影 0.14、PCA 0.56、MCA 0.61、自編碼器 0.62、VAE 0.64、上限 0.83，加數字欄 0.90 與 0.92。"""
    others = experiment("baselines")

    def of(kind, d=2):
        return r2([r for r in others if r.run.kind == kind and r.run.model.get("latent_dim", d) == d]).mean()

    vae = r2([r for r in experiment("warmup") if r.run.model["warmup_epochs"] == 20]).mean()
    found = [
        of("random"),
        of("pca"),
        of("mca"),
        r2(experiment("autoencoder")).mean(),
        vae,
        of("ridge"),
        of("boosting"),
        of("ridge+numbers"),
        of("boosting+numbers"),
    ]
    assert found == pytest.approx([0.14, 0.56, 0.61, 0.62, 0.64, 0.83, 0.83, 0.90, 0.92], abs=0.006)


def test_alt_text_of_the_dimensions(experiment):
    """VAE 一維 0.56、三維 0.70、十維 0.72；PCA 與 MCA 十維是 0.73 與 0.74。"""
    sizes = experiment("dimensions")
    vae = [r2([r for r in sizes if r.run.model["latent_dim"] == d]).mean() for d in (1, 3, 10)]
    assert vae == pytest.approx([0.56, 0.70, 0.72], abs=0.006)
    linear = [
        r2(
            [r for r in experiment("baselines") if r.run.kind == kind and r.run.model.get("latent_dim") == 10]
        ).mean()
        for kind in ("pca", "mca")
    ]
    assert linear == pytest.approx([0.73, 0.74], abs=0.006)


def test_validation_turns_around_one_hundred_epochs(experiment):
    """圖說：驗證過了一百個週期左右就不再改善。"""
    loss = np.array(
        [[row["val_reconstruction"] + row["val_kl"] for row in r.history] for r in experiment("overfitting")]
    )
    best = 21 + loss[:, 20:].argmin(axis=1)
    assert 80 <= best.mean() <= 140 and (loss[:, -1] > loss.min(axis=1) + 0.5).all()


def test_original_claims_hold_and_fail_as_stated(experiment):
    """十次訓練（兩種損失、五個種子）訓練與驗證的重建都下降；w = 1 沒有活躍單元。"""
    runs = [r for r in experiment("original") if r.run.rows == "split"]
    assert len(runs) == 10
    for run in runs:
        for name in ("reconstruction", "val_reconstruction"):
            assert run.history[-1][name] < run.history[0][name] - 5
    assert all(r.metrics["active"] == 0 for r in experiment("full_weight"))
