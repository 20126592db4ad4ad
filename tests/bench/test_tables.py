"""生成表的比較：量得出好壞，出事的說出原因，對手拿到的東西是對的，寫出去讀得回來。"""

import sys
from types import ModuleType

import numpy as np
import pandas as pd
import pytest

from tests.bench.misbehaving import entry
from vae_from_scratch.bench import tables, tables_contestants, tables_report
from vae_from_scratch.bench.contestants import Entry
from vae_from_scratch.bench.report import write_csv
from vae_from_scratch.bench.tables import FLOOR, Score, Task, measures
from vae_from_scratch.bench.tables_contestants import Training
from vae_from_scratch.tables import quality


def related(n: int, seed: int) -> pd.DataFrame:
    """四欄都跟著同一個數走：兩個類別、兩個數字；一個數字有兩成空白，偏在同一個水準。"""
    rng = np.random.default_rng(seed)
    z = rng.normal(size=n)
    size = np.where(z > 0, "大", "小").astype(object)
    colour = np.where(z > 0.5, "紅", "藍").astype(object)
    price = (10 * z + rng.normal(size=n)).round(1)
    area = np.where(rng.random(n) < np.where(z > 0, 0.4, 0.0), np.nan, (5 * z + rng.normal(size=n)).round(1))
    frame = pd.DataFrame({"大小": size, "顏色": colour, "價格": price, "面積": area})
    return frame.astype(
        {"大小": object, "顏色": object}
    )  # 與 Task 說的一樣：類別是文字，不是 pandas 的字串型別


@pytest.fixture(scope="module")
def task():
    return Task("small", "小表", related(600, 0), ("大小", "價格"))


@pytest.fixture(scope="module")
def training(task):
    return Training(task.split(0)[0], task.kinds, 400, 0)


def score(task, made, targets=()):
    """檢查一批生成的列；樹訓練得慢，不問 TSTR 的就不給目標。"""
    train, held_out = task.split(0)
    return quality.check(train, held_out, made, task.kinds, targets, 0)


# ---- 量得出好壞 ----------------------------------------


def test_shuffled_columns_rank_below_the_real_thing(task, training):
    """各欄打亂：分布與另一半真的差不多，每一種關聯與 TSTR 都差得多；真的另抽一批就都好。"""
    bad = measures(score(task, tables_contestants.Shuffled(training).epoch().frame, task.targets))
    real = score(task, related(400, 9), task.targets)
    good, floor = measures(real), measures(real, floor=True)
    assert max(bad["total_variation"], bad["ks"]) < 0.1
    for name in ("cramers_v", "ratio", "spearman"):
        assert bad[name] > 3 * max(good[name], floor[name])
    assert good["accuracy"] > 0.9 > 0.7 > bad["accuracy"] and good["r2"] > 0.8 > 0.3 > bad["r2"]
    assert floor["accuracy"] > 0.9 and floor["r2"] > 0.8


def test_wrong_shapes_missing_cells_and_copies_are_each_seen(task):
    """只弄壞一件事，只有那一項看得出來：數字平移、水準都一樣、空白補滿、照抄。"""
    train, good = task.split(0)[0], related(400, 9)
    clean = measures(score(task, good))
    broken = {
        "ks": good.assign(價格=good["價格"] + 20),
        "total_variation": good.assign(顏色="紅"),
        "missing": good.fillna({"面積": 0.0}),
        "copies": train.iloc[:400].reset_index(drop=True),
    }
    for name, made in broken.items():
        assert measures(score(task, made))[name] > clean[name] + 0.03, name
    assert measures(score(task, broken["copies"]))["copies"] == 1


def test_the_floor_is_a_second_real_sample(task):
    """基準只看真的列：生成的列換成垃圾，它一個數也不變。"""
    found = [score(task, made) for made in (related(400, 9), related(400, 9).assign(價格=1e6))]
    first, second = (measures(one, floor=True) for one in found)
    assert first == pytest.approx(second, nan_ok=True)
    assert measures(found[0]) != pytest.approx(measures(found[1]), nan_ok=True)


@pytest.mark.parametrize("name", ["Ours", "Tree"])
def test_our_contestants_learn_the_relations(task, training, name):
    """欄、列數、空白都對；關聯比打亂的近得多，空白不比真的多太多。"""
    made = getattr(tables_contestants, name)(training).epoch()
    assert list(made.frame.columns) == task.kinds.names and len(made.frame) == 400
    assert made.frame["面積"].isna().any() and not made.frame[["大小", "顏色", "價格"]].isna().any(axis=None)
    assert set(made.frame["大小"]) == {"大", "小"}
    got = measures(score(task, made.frame))
    bad = measures(score(task, tables_contestants.Shuffled(training).epoch().frame))
    assert got["spearman"] < bad["spearman"] / 2 and got["missing"] < 0.05


def test_the_same_seed_gives_the_same_rows(training):
    first, second = (tables_contestants.Tree(training).epoch().frame for _ in range(2))
    pd.testing.assert_frame_equal(first, second)


# ---- 賽程 ----------------------------------------


def test_a_crash_is_named_and_the_rest_are_measured(task):
    """一家當掉、一家沒有安裝：各說各的原因，別人照樣量完；進度有幾件、約剩多久。"""
    said: list[str] = []
    rival = Entry("tvae", "對手", ".nowhere:Nobody", "no_such_package")
    entries = [entry("Raises"), rival, tables.ENTRIES[-1]]
    found = {s.key: s for s in tables.compete([task], entries, (0,), said.append)}
    assert list(found) == [FLOOR, "Raises", "tvae", "shuffled"]
    assert found["Raises"].failure == "ValueError：權重的形狀不對"
    assert found["tvae"].failure.startswith("未安裝 no_such_package")
    assert not found["shuffled"].failure and found["shuffled"].cpu >= 0
    assert len(said) == 3 and "第 2/3 件，約剩 " in said[1]


def test_a_missing_rival_says_which_extra(monkeypatch, task):
    """沒有裝 ctgan：成績寫「未安裝」，並說怎麼補。"""
    monkeypatch.setattr("vae_from_scratch.bench.contestants.find_spec", lambda name: None)
    rivals = [one for one in tables.ENTRIES if one.key in ("tvae", "copula")]
    for one in rivals:
        (found,) = tables.run_one(task, one, 0)
        assert found.failure.startswith(f"未安裝 {one.package}") and '".[peers]"' in found.failure
        assert found.failure in tables_report.markdown([found], "small")


def test_tables_are_what_they_say():
    """Ames：79 欄加房價；diamonds：兩萬五千列，三個類別、七個數字，沒有缺失；目標都在欄裡。"""
    ames, diamonds = tables.load()
    assert ames.frame.shape == (2930, 80) and ames.frame["SalePrice"].notna().all()
    assert diamonds.frame.shape == (25_000, 10) and not diamonds.frame.isna().any(axis=None)
    assert (len(diamonds.kinds.categories), len(diamonds.kinds.numbers)) == (3, 7)
    assert all(set(one.targets) <= set(one.kinds.names) for one in (ames, diamonds))
    train, held_out = diamonds.split(1)
    assert (len(train), len(held_out)) == (20_000, 5_000)


# ---- 對手拿到的東西 ----------------------------------------


def test_blanks_become_a_level_or_a_column_and_come_back(task, training):
    """空白：類別自成一個水準，數字另加一欄；讀回來一格也不差。"""
    frame = training.train.assign(顏色=training.train["顏色"].where(training.train.index % 7 > 0))
    holed = Training(frame, task.kinds, 10, 0)
    gaps = tables_contestants.Gaps(holed)
    marked = gaps.marked(frame)
    assert not marked[["大小", "顏色", *gaps.flags.values()]].isna().any(axis=None)
    assert list(gaps.flags) == ["面積"]
    pd.testing.assert_frame_equal(gaps.unmarked(marked.fillna({"面積": 0.0})), frame)


class FillsTheMean:
    """``rdt`` 的 ``FloatFormatter`` 的替身：補平均。"""

    def __init__(self, **options):
        assert options["enforce_min_max_values"] and options["learn_rounding_scheme"]

    def fit_transform(self, frame, name):
        return frame.fillna({name: frame[name].mean()})

    def reverse_transform(self, frame):
        return frame


class Recorder:
    """``ctgan.TVAE`` 的替身：記下拿到什麼，把訓練的列交回去。"""

    seen: dict = {}  # noqa: RUF012

    def __init__(self, **options):
        Recorder.seen = {"options": options}

    def fit(self, frame, discrete):
        Recorder.seen |= {"frame": frame, "discrete": discrete}

    def sample(self, n):
        return Recorder.seen["frame"].iloc[:n].reset_index(drop=True)


def test_tvae_gets_its_defaults_and_the_right_columns(monkeypatch, training):
    """TVAE：設定全是它的預設（只是不用 GPU），沒有一格空白，類別與空白的欄都列在離散的欄裡。"""
    modules = {name: ModuleType(name) for name in ("torch", "ctgan", "rdt", "rdt.transformers")}
    modules["torch"].manual_seed = lambda seed: None  # type: ignore[attr-defined]
    modules["ctgan"].TVAE = Recorder  # type: ignore[attr-defined]
    modules["rdt.transformers"].FloatFormatter = FillsTheMean  # type: ignore[attr-defined]
    for name, module in modules.items():
        monkeypatch.setitem(sys.modules, name, module)
    made = tables_contestants.Tvae(training).epoch().frame
    assert Recorder.seen["options"] == {"enable_gpu": False}
    assert Recorder.seen["discrete"] == ["大小", "顏色", f"面積{tables_contestants.BLANK}"]
    assert not Recorder.seen["frame"].isna().any(axis=None)
    pd.testing.assert_frame_equal(made, training.train.iloc[:400][training.kinds.names])


# ---- 表 ----------------------------------------


@pytest.fixture
def scores():
    made = [Score("t", key, name, seed, ks=ks + seed / 100, r2=r2, cpu=cpu, copies=0.0)
            for key, name, ks, r2, cpu in (("ours", "本書", 0.1, 0.8, 9.0), ("tvae", "對手", 0.2, 0.9, 30.0))
            for seed in (0, 1)]  # fmt: skip
    return [*made, Score("t", "copula", "壞的", 0, failure="行程被訊號 9|終止")]


def test_scores_round_trip(scores, tmp_path):
    write_csv(tmp_path / tables_report.SCORES_CSV, scores)
    again = tables_report.read(tmp_path)
    assert [(s.key, s.seed, s.failure) for s in again] == [(s.key, s.seed, s.failure) for s in scores]
    assert [s.ks for s in again] == pytest.approx([s.ks for s in scores], nan_ok=True)


def test_better_knows_which_way_is_up(scores):
    """距離、時間越小越好，TSTR 越大越好；照抄的比例只供參考，沒有的項目不算。"""
    assert tables_report.better(scores, "t", "ours", "tvae") == {"ks": True, "r2": False, "cpu": True}


def test_markdown_has_means_spreads_and_failures(scores):
    text = tables_report.markdown(scores, "t")
    assert "0.105 ± 0.007" in text and "Spearman" not in text
    assert "行程被訊號 9／終止" in text and "| **本書** |" in text


def test_help_names_the_part_and_its_extra(capsys):
    """``bench --help`` 說有 tables、多久、對手在哪一組；不寫 --parts 時不會跑它。"""
    import argparse

    from vae_from_scratch.cli import bench

    parser = argparse.ArgumentParser()
    bench.add_arguments(parser)
    assert "tables" in parser.format_help() and "peers" in parser.format_help()
    assert bench.TABLES not in parser.parse_args([]).parts
    assert parser.parse_args(["--parts", "tables"]).parts == [bench.TABLES]
