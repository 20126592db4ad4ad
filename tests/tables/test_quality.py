"""生成的品質：真的列與雜訊分不開，各欄獨立的、常數的、沒有空白的都看得出來；句子照著數字說。"""

import numpy as np
import pandas as pd
import pytest

from vae_from_scratch.tables import quality, quality_words, usefulness
from vae_from_scratch.tables.likeness import Kinds

KINDS = Kinds(["群", "形", "常"], ["長", "寬", "缺"])


def rows(n, seed):
    rng = np.random.default_rng(seed)
    group = rng.integers(3, size=n)
    made = pd.DataFrame(
        {
            "群": np.array(["甲", "乙", "丙"], dtype=object)[group],
            "形": np.where(rng.random(n) < 0.8, group == 0, rng.random(n) < 0.5).astype(str).astype(object),
            "常": "同",
            "長": group + 0.5 * rng.normal(size=n),
            "寬": rng.normal(size=n),
            "缺": np.nan,
        }
    )
    made["寬"] += made["長"]
    lost = rng.random(n) < 0.2
    made.loc[lost, ["形", "寬"]] = None, np.nan
    return made.astype({"常": object})


def shuffled(frame, seed=0):
    """各欄分開打亂：分布一樣，關聯沒了。"""
    rng = np.random.default_rng(seed)
    return pd.DataFrame({name: frame[name].to_numpy()[rng.permutation(len(frame))] for name in frame})


@pytest.fixture(scope="module")
def train():
    return rows(1000, 0)


@pytest.fixture(scope="module")
def held_out():
    return rows(300, 1)


@pytest.fixture(scope="module")
def good(train, held_out):
    return quality.check(train, held_out, rows(1000, 2), KINDS)


@pytest.fixture(scope="module")
def independent(train, held_out):
    return quality.check(train, held_out, shuffled(train), KINDS)


def text(found):
    return "\n".join(found.sentences())


def test_real_rows_cannot_be_told_from_the_noise(good):
    assert text(good).count("與雜訊差不多") >= 3 and "明顯" not in text(good)
    assert "分不出高下" in text(good) and "看不出背誦" in text(good)


def test_independent_columns_keep_the_shares_and_lose_the_rest(independent):
    said = independent.sentences()
    assert "與雜訊差不多" in said[0] and "與雜訊差不多" in said[1]
    assert "明顯比雜訊大" in said[2] and "沖淡" in said[2]
    gaps = independent.gaps.set_index(["欄", "另一欄"]).loc[("形", "寬")]
    assert gaps["真的"] == pytest.approx(1) and abs(gaps["生成"]) < 0.2
    assert (independent.uses["生成"] < independent.uses["真的"] - 0.2).all()


def test_the_training_rows_themselves_are_named_as_memorised(train, held_out):
    found = quality.check(train, held_out, train, KINDS)
    assert found.memory.copies == 1 and "背下了" in text(found)


def test_a_collapsed_column_and_gaps_that_are_gone_show(train, held_out):
    made = rows(1000, 3).assign(長=0.5, 形="True").fillna({"寬": 0.0, "缺": 0.0})
    found = quality.check(train, held_out, made, KINDS)
    pairs = found.pairs.set_index(["欄", "另一欄"])
    assert pairs.loc[("群", "長"), "真的"] > 0.7 and pairs.loc[("群", "長"), "生成"] == 0
    assert "一格也沒有" in text(found) and "看不出背誦" in text(found)
    assert found.columns.set_index("欄").loc["長", "距離"] > 0.4


def test_constants_and_empty_columns_have_their_row_and_no_pair(good):
    columns = good.columns.set_index("欄")
    assert columns.loc["常", "距離"] == 0 and np.isnan(columns.loc["缺", "距離"])
    assert columns.loc["缺", ["真的缺", "生成缺"]].tolist() == [1, 1]
    assert not set(good.pairs["欄"]) & {"常", "缺"} and not set(good.pairs["另一欄"]) & {"常", "缺"}


def test_the_table_has_every_part_and_only_text(good):
    table = good.table()
    assert list(table.columns) == list(quality_words.HEADINGS)
    assert table.map(lambda cell: isinstance(cell, str)).all(axis=None)
    asked = "\n".join(table["量什麼"])
    for part in ("總變異", "KS", "Cramér", "相關比", "Spearman", "缺失率", "φ", "猜「", "一模一樣", "最近的"):
        assert part in asked, part


def test_the_same_seed_gives_the_same_numbers(train, held_out, good):
    again = quality.check(train, held_out, rows(1000, 2), KINDS)
    for name in ("columns", "pairs", "gaps", "uses"):
        pd.testing.assert_frame_equal(getattr(good, name), getattr(again, name), check_exact=True)
    assert good.memory == again.memory and good.sentences() == again.sentences()


@pytest.mark.parametrize("kinds", [Kinds(["群", "形"]), Kinds([], ["長", "寬"]), Kinds(["常"], ["缺"])])
def test_every_mix_of_kinds_works(train, held_out, kinds):
    found = quality.check(train, held_out, rows(300, 4), kinds)
    assert len(found.columns) == len(kinds.names) and found.sentences() and len(found.table())


def test_the_caps_are_kept_and_said(train, held_out, monkeypatch):
    monkeypatch.setattr(quality, "MOST_ROWS", 100)
    monkeypatch.setattr(quality, "MOST_COMPARED", 3)
    monkeypatch.setattr("vae_from_scratch.tables.memorised.MOST_ASKED", 50)
    monkeypatch.setattr("vae_from_scratch.tables.memorised.MOST_NEIGHBOURS", 150)
    found = quality.check(train, held_out, rows(1000, 2), KINDS)
    assert found.n_rows == 100 and found.memory.n_asked == 50 and found.memory.n_neighbours == 150
    assert len(found.pairs) <= 3
    for said in ("各 100 列", "共有 1,300 列", "挑 3 個", "50 個生成的列", "150 個訓練的列"):
        assert said in text(found)


@pytest.mark.parametrize(
    ("sizes", "targets", "message"),
    [
        ((10, 5, 100), None, "至少要 20 列"),
        ((100, 20, 5), None, "至少 10 列"),
        ((100, 20, 20), ["價"], "「價」不在欄裡"),
    ],
)
def test_what_cannot_be_checked_is_refused(sizes, targets, message):
    real, unseen, made = (rows(size, seed) for seed, size in enumerate(sizes))
    with pytest.raises(ValueError, match=message):
        quality.check(real, unseen, made, KINDS, targets)


# ---- 拿來訓練 ----------------------------------------


def test_the_chosen_targets_are_the_most_associated_ones(good):
    assert set(good.uses["目標"]) == {"群", "長"}, "常數、全缺的欄不是目標"
    assert (good.uses["真的"] > good.uses["基準"] + 0.2).all()


def test_a_target_nobody_can_guess_says_nothing(train, held_out):
    noise = np.random.default_rng(5)
    real, unseen, made = (
        frame.assign(寬=noise.normal(size=len(frame))) for frame in (train, held_out, rows(500, 6))
    )
    found = quality.check(real, unseen, made, KINDS, targets=["寬"])
    assert "說不了什麼" in text(found)


def test_generated_rows_with_one_class_only_score_like_guessing_it(train, held_out):
    found = quality.check(train, held_out, rows(500, 7).assign(群="甲"), KINDS, targets=["群"])
    assert found.uses.loc[0, "生成"] == pytest.approx((held_out["群"] == "甲").mean())


def test_a_column_of_very_many_levels_can_be_a_feature():
    def many(n, seed):
        rng = np.random.default_rng(seed)
        number = rng.integers(300, size=n)
        return pd.DataFrame({"號": number.astype(str).astype(object), "值": number + rng.normal(size=n)})

    found = quality.check(many(8000, 0), many(300, 1), many(1000, 2), Kinds(["號"], ["值"]), targets=["值"])
    assert found.uses.loc[0, "真的"] > found.uses.loc[0, "基準"]
    assert usefulness.MOST_TREE_LEVELS < 255


def test_two_real_batches_that_disagree_say_nothing_about_the_generated_rows():
    """真的列猜得出來，只是兩批差太多：不能說「真的列自己也猜不太出」。"""
    use = pd.Series(
        {"目標": "溫", "量法": "R²", "列數": 61, "生成": 0.4, "真的": 0.1, "另一批": 0.36, "基準": 0.0}
    )
    said = quality_words._use_sentence(use)
    assert "兩批真的列自己就差這麼多" in said and "猜不太出" not in said
    hopeless = quality_words._use_sentence(use.replace({0.1: -0.2, 0.36: -0.1}))
    assert "猜不太出" in hopeless and "就差這麼多" not in hopeless
