"""第 13 章正文、圖說與替代文字裡直接寫出來的數字，與「誰比較好」的說法。"""

import numpy as np
import pytest
from scipy import stats

from vae_from_scratch.housing.absence import all_columns
from vae_from_scratch.housing.data import load_ames


def of(results, latent_dim, name="r2", encoding="mixed"):
    """某一種編碼、某個維數的模型，種子由小到大。"""
    return np.array([
        r.metrics[name]
        for r in results
        if r.run.kind == "vae" and r.run.model["latent_dim"] == latent_dim and r.run.encoding == encoding
    ])  # fmt: skip


def rivals(results, name):
    return np.array([r.metrics[name] for r in results if r.run.kind == "mixed_baselines"])


# ---- 小數字 ----------------------------------------


def test_the_same_house_in_three_units():
    """100 平方公尺、N(120, 40²)：每平方公尺 0.0088、每坪 0.0291；差 log 3.3058 = 1.196。"""
    metres, ping = stats.norm(120, 40), stats.norm(120 / 3.3058, 40 / 3.3058)
    assert metres.pdf(100) == pytest.approx(0.0088, abs=5e-5)
    assert ping.pdf(100 / 3.3058) == pytest.approx(0.0291, abs=5e-5)
    assert ping.logpdf(100 / 3.3058) - metres.logpdf(100) == pytest.approx(1.196, abs=5e-4)
    assert [metres.pdf(120), ping.pdf(120 / 3.3058)] == pytest.approx([0.01, 0.033], abs=5e-4)


def test_centimetres_cost_4_61_nats_a_cell_and_4_14_a_row():
    assert np.log(100) == pytest.approx(4.61, abs=0.006)
    assert 0.9 * np.log(100) == pytest.approx(4.14, abs=0.006)


def test_without_a_floor_a_hit_earns_as_much_as_you_like():
    """命中的格子：s = 1 是 −0.919，s = 0.01（下限）是 3.686，s = 10⁻⁴ 是 8.291。"""
    hits = [stats.norm(0, s).logpdf(0) for s in (1, 0.01, 1e-4)]
    assert hits == pytest.approx([-0.919, 3.686, 8.291], abs=5e-4)


def test_two_houses_that_look_the_same_without_the_mask():
    """甲的後驗 N(0.533, 1/9)，乙的 N(0.96, 1/5)：由聯合常態的條件分布算，不用精度的公式。"""
    cov = np.array([[1, 1, 1], [1, 1.25, 1], [1, 1, 1.25]])  # z、兩欄
    for seen, values, mean, variance in (([1, 2], [1.2, 0.0], 0.533, 1 / 9), ([1], [1.2], 0.96, 1 / 5)):
        gain = np.linalg.solve(cov[np.ix_(seen, seen)], cov[seen, 0])
        assert gain @ values == pytest.approx(mean, abs=5e-4)
        assert cov[0, 0] - gain @ cov[seen, 0] == pytest.approx(variance)


def test_thirteen_pools_and_the_largest_plot():
    table = all_columns(load_ames())
    assert (table["PoolArea"] > 0).sum() == 13
    assert 210_000 < table["LotArea"].max() < 220_000 and 9_000 < table["LotArea"].median() < 10_000


# ---- 訓練的結果 ----------------------------------------


def test_two_numbers_beat_pca_and_one_number_does_not(experiment):
    """二維、三維每一個種子的平均都勝過 PCA 與 FAMD；一維大輸，線性的讀法也輸。"""
    results = experiment("mixed")
    for d in (2, 3):
        assert (of(results, d) - rivals(results, f"pca_{d}")).mean() > 0
        assert (of(results, d) > rivals(results, f"famd_{d}")).all()
    assert (of(results, 1) < rivals(results, "pca_1") - 0.05).all()
    assert (of(results, 2, "r2_linear") - rivals(results, "pca_2_linear")).mean() < 0


def test_alt_text_of_the_price(experiment):
    """一維 VAE 約 0.66，PCA 約 0.81；二維 VAE 約 0.84，PCA 約 0.82，FAMD 最低。"""
    results = experiment("mixed")
    found = [
        of(results, 1).mean(),
        rivals(results, "pca_1").mean(),
        of(results, 2).mean(),
        rivals(results, "pca_2").mean(),
    ]
    assert found == pytest.approx([0.66, 0.81, 0.84, 0.82], abs=0.007)
    assert rivals(results, "famd_2").mean() < min(found[2:])


def test_a_variance_that_is_not_learned_costs(experiment):
    """固定在 1：KL 較小、R² 較低；固定在 0.01：KL 大、類別較差、ELBO 差得多；每個種子都是。"""
    learned, fixed = experiment("mixed"), experiment("mixed_variance")

    def at(value, name):
        return np.array([r.metrics[name] for r in fixed if r.run.model["likelihood"][1] == value])

    def first(name):
        return of(learned, 2, name)[:3]

    assert (at(1.0, "kl") < first("kl")).all() and (at(1.0, "r2") < first("r2")).all()
    assert (at(0.01, "kl") > first("kl") + 3).all()
    assert (at(0.01, "category_nats") > first("category_nats") + 1).all()
    assert (at(0.01, "elbo") < at(1.0, "elbo")).all() and (at(1.0, "elbo") < first("elbo")).all()


def test_flags_and_quantiles_generate_better(experiment):
    """八維：用旗標、用分位數，數字的欄都比較接近真的；每個種子都是。"""
    results = experiment("mixed_generators")

    def ks(encoding):
        distances, columns = of(results, 8, "distance", encoding), of(results, 8, "columns", encoding)
        return distances[:, -35:].mean(axis=1), columns[0, -35]

    plain, quantile, no_flags = (ks(name) for name in ("mixed", "mixed_quantile", "mixed_no_flags"))
    assert plain[1] == quantile[1] == no_flags[1] == "LotFrontage"  # 數字的欄由這裡開始
    assert (quantile[0] < plain[0]).all() and (plain[0] < no_flags[0] - 0.05).all()


def test_a_linear_model_a_column_fills_best(experiment):
    """數字與類別，一欄一個線性模型都最好；VAE 勝過只猜平均與最常見的。"""
    for r in experiment("mixed_generators"):
        if r.run.encoding != "mixed":
            continue
        cells = r.metrics["cells"]
        mean = {
            (name, key): np.mean(
                [v for f, v in zip(cells["filler"], cells[key], strict=True) if f == name and v is not None]
            )
            for name in ("vae", "linear", "mode", "neighbours")
            for key in ("rmse", "accuracy")
        }
        assert mean["linear", "rmse"] == min(v for (_, key), v in mean.items() if key == "rmse")
        assert mean["linear", "accuracy"] == max(v for (_, key), v in mean.items() if key == "accuracy")
        assert (
            mean["vae", "rmse"] < mean["mode", "rmse"] and mean["vae", "accuracy"] > mean["mode", "accuracy"]
        )
