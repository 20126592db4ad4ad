"""報告與怪列：檔案裡的文字一律跳脫、不連線、圖有替代文字；每一句結論都跟著數字變。"""

import base64
import dataclasses
import hashlib
import re
from html.parser import HTMLParser
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from vae_from_scratch.tables import contests, figures, findings, report, result
from vae_from_scratch.tables.baselines import LINEAR, NAMES
from vae_from_scratch.tables.contests import spread
from vae_from_scratch.tables.tampering import Power

from .conftest import make_fit, make_table, without_pictures

ATTACK = "<script>alert(1)</script>"


class Page(HTMLParser):
    """數標籤，記下屬性與文字（不含程式與樣式）。"""

    def __init__(self, html):
        super().__init__()
        self.tags, self.attributes, self.text, self.scripts, self.inside = [], [], "", [], ""
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, *pair) for pair in attrs]
        self.inside = tag if tag in ("script", "style") else self.inside

    def handle_endtag(self, tag):
        self.inside = "" if tag == self.inside else self.inside

    def handle_data(self, data):
        if self.inside == "script":
            self.scripts.append(data)
        elif not self.inside:
            self.text += data

    def values(self, tag, name):
        return [value for one, attribute, value in self.attributes if (one, attribute) == (tag, name)]


def all_text(fit):
    return "".join(sentence for sentences in findings.findings(fit).values() for sentence in sentences)


def section(fit, title):
    return "".join(findings.findings(fit)[title])


# ---- 換掉數字的結果 ----------------------------------------


def with_metrics(fit, **metrics):
    """每個種子的 ``metrics`` 換成這些值；一個值給全部，一串就一個種子一個。"""
    results = [
        dataclasses.replace(one, metrics={**one.metrics, **{k: _at(v, place) for k, v in metrics.items()}})
        for place, one in enumerate(fit.results)
    ]
    return dataclasses.replace(fit, results=results)


def with_scores(fit, **scores):
    """同 ``with_metrics``，換的是目標的分數。"""
    results = [
        dataclasses.replace(one, scores={**one.scores, **{k: _at(v, place) for k, v in scores.items()}})
        for place, one in enumerate(fit.results)
    ]
    return dataclasses.replace(fit, results=results)


def with_cells(fit, filler, **scores):
    """補一格：這一種猜法在每一欄、每個種子都是這個分數。"""

    def changed(table):
        rows = table["filler"] == filler
        known = {name: table[name].notna() & rows for name in scores}
        return table.assign(**{name: table[name].mask(known[name], value) for name, value in scores.items()})

    results = [dataclasses.replace(one, cells=changed(one.cells)) for one in fit.results]
    return dataclasses.replace(fit, results=results)


def with_power(fit, mine, rival):
    """竄改的檢查：怪的分數與對手各把竄改的列推高多少。"""
    rng = np.random.default_rng(0)
    untouched = {name: rng.normal(size=200) for name in ("怪的分數", "對手")}
    moved = {name: untouched[name] + shift for name, shift in (("怪的分數", mine), ("對手", rival))}
    power = Power(untouched, {1: moved}, {1: 1.0})
    return dataclasses.replace(fit, checked=dataclasses.replace(fit.checked, power=power))


def with_quality(fit, **parts):
    quality = dataclasses.replace(fit.checked.quality, **parts)
    return dataclasses.replace(fit, checked=dataclasses.replace(fit.checked, quality=quality))


def _at(value, place):
    return value[place] if isinstance(value, list) else value


def named(fit, start):
    """標題這樣開頭的比較。"""
    return next(contest for contest in contests.contests(fit) if contest.title.startswith(start))


# ---- 一頁 ----------------------------------------


@pytest.fixture(scope="module")
def fit(mixed_plan, tmp_path_factory):
    """第 100 列的「料」改壞；有一個欄名與一個水準是 HTML。"""
    table = make_table(300, noise=0).rename(columns={"色": f"色{ATTACK}"})
    table.loc[table["形"] == "圓", "形"] = '圓"><img src=x onerror=alert(2)>'
    round_, iron = table["形"].iloc[99].startswith("圓"), table["料"].value_counts().index.sort_values()
    table.loc[99, f"色{ATTACK}"] = "紅" if round_ else "藍"
    table.loc[99, "料"] = next(name for name in iron if (name == "鐵") is round_)
    folder = tmp_path_factory.mktemp("表")
    return make_fit(table, mixed_plan, folder, "價", source=f"{ATTACK}.csv", drop=["碼"])


@pytest.fixture(scope="module")
def page(fit):
    return report.render(fit)


def test_names_from_the_file_are_text_not_html(page):
    parsed = Page(page)
    assert parsed.scripts == [report.SCRIPT], "頁裡只有自己的那一段程式"
    assert parsed.tags.count("script") == 1 and parsed.tags.count("img") == 7
    assert ATTACK in parsed.text and "onerror=alert(2)" in parsed.text, "名字看得到，只是不會執行"
    assert not any(name.startswith("on") for _, name, _ in parsed.attributes)


def test_the_check_of_escaping_can_fail():
    parsed = Page(f"<p>{ATTACK}</p>")
    assert "script" in parsed.tags and parsed.scripts == ["alert(1)"]


def test_the_page_needs_nothing_from_outside(page):
    links = [value for _, name, value in Page(page).attributes if name in ("src", "href", "srcset")]
    assert links and all(value.startswith(("data:", "#")) for value in links)
    assert re.findall(r'url\((?!"data:)', page) == [] and "@import" not in page


def test_only_our_own_script_may_run_and_nothing_may_be_fetched(page):
    (policy,) = [value for value in Page(page).values("meta", "content") if "script-src" in value]
    digest = base64.b64encode(hashlib.sha256(report.SCRIPT.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in policy and "default-src 'none'" in policy
    assert "http" not in policy and "unsafe-eval" not in policy


def test_every_picture_says_what_it_shows(page, fit):
    alts = Page(page).values("img", "alt")
    assert len(alts) == 7 and spread(fit.scores["vae"]) in alts[0]
    assert all(NAMES[name] in alts[2] for name in fit.scores)
    assert all(re.search(r"\d", alt) and len(alt) > 30 for alt in alts), "替代文字說出數字"


def test_the_headings_and_the_contents_are_in_order(page):
    parsed = Page(page)
    levels = [int(tag[1]) for tag in parsed.tags if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    anchors = [value[1:] for value in parsed.values("a", "href")]
    assert anchors == parsed.values("h2", "id") and len(set(anchors)) == 11


def test_the_page_is_chinese_for_phones_and_in_two_colour_schemes(page):
    assert '<html lang="zh-Hant-TW">' in page and "width=device-width" in page
    assert "prefers-color-scheme: dark" in page and "@media print" in page


def test_the_numbers_on_the_page_are_the_measured_ones(page, fit):
    text = Page(page).text
    for name in ("marginal_nats", "tree_nats", "nats", "reconstruction", "elbo", "gain"):
        assert spread(fit.seeds[name]) in text
    for score in fit.scores:
        assert spread(fit.scores[score]) in text
    for _, row in fit.dims.groupby("dim").mean(numeric_only=True).iterrows():
        assert contests.decimal(row["vae"]) in text
    assert all(column.name in text for column in fit.columns)


def test_the_report_says_everything_and_the_terminal_the_summary(page, fit):
    from vae_from_scratch.cli import fit_summary

    text, printed = Page(page).text, fit_summary.describe(fit, 1.0, "表.csv", "out")
    for title, sentences in findings.findings(fit).items():
        shown = title in (findings.SUMMARY, findings.CAUTIONS)
        assert (f"【{title}】" in printed) == shown and title in printed and title in text
        assert all(sentence in text for sentence in sentences)
        assert all((sentence in printed) == shown for sentence in sentences if ATTACK not in sentence)
    assert "out/report.html" in printed.replace("\\", "/") and len(printed.splitlines()) <= 30


def test_the_generated_rows_are_shown_and_written_as_in_the_file(page, fit):
    made, text = fit.checked.generated, Page(page).text
    examples = dict(report.example_rows(fit))
    assert list(examples) == list(made.columns) and all(len(values) == 10 for values in examples.values())
    assert examples["料"][:3] == ["" if pd.isna(value) else value for value in made["料"][:3]]
    assert "生成的列長什麼樣子" in text and "nan" not in text.lower().replace("nano", "")


def test_the_same_fit_gives_the_same_page(page, fit):
    assert report.render(dataclasses.replace(fit)) == page
    with without_pictures():
        assert report.render(dataclasses.replace(fit, source="別的.csv")) != report.render(fit)


def test_many_seeds_are_folded_into_a_range(fit):
    many = dataclasses.replace(
        fit,
        results=[dataclasses.replace(fit.first, seed=seed) for seed in range(report.MOST_SEEDS_SHOWN + 1)],
    )
    with without_pictures():
        text = Page(report.render(many)).text
    assert "種子 3" not in text and "最小" in text and "最大" in text


# ---- 怪列 ----------------------------------------


def test_the_spoilt_row_is_the_oddest_and_the_spoilt_cell_is_named(fit):
    top = fit.unusual[0]
    assert top.row == 100 and top.oddness > fit.unusual[1].oddness + 1
    cell = top.cells[0]
    assert cell.variable == "料" and cell.probability < 0.3 < cell.expected_probability
    assert cell.level != cell.expected and cell.level == fit.frame["料"].iloc[99]
    assert [row.oddness for row in fit.unusual] == sorted((row.oddness for row in fit.unusual), reverse=True)


# ---- 誰贏 ----------------------------------------


@pytest.mark.parametrize(
    ("nats", "independent", "tree", "winner"),
    [
        (1.0, 3.0, 2.0, "VAE"),
        (3.0, 2.0, 1.0, "Chow–Liu 樹"),
        (3.0, 1.0, 2.0, "各欄獨立"),
        ([1.0, 3.0], 4.0, 2.0, ""),
    ],
)
def test_the_winner_in_nats_is_named(ordinary_fit, nats, independent, tree, winner):
    planted = with_metrics(ordinary_fit, nats=nats, marginal_nats=independent, tree_nats=tree)
    contest = contests.density(planted.seeds)
    assert contest.winner == winner and (contest.won, contest.lost) == (
        winner == "VAE",
        winner not in ("VAE", ""),
    )
    assert contest.outcome in section(planted, findings.CODE)


@pytest.mark.parametrize("suffix", ["", LINEAR])
def test_the_winner_among_codes_of_the_same_size_is_named(ordinary_fit, suffix):
    start = f"由 2 個數猜「價」的 R²（越高越好），{'線性' if suffix else '最近的鄰居'}"
    lost = {
        f"{name}{suffix}": score
        for name, score in (("vae", 0.5), ("pca", 0.1), ("famd", 0.7), ("random", 0.0))
    }
    assert named(with_scores(ordinary_fit, **lost), start).outcome == "FAMD 贏（2 次分割都贏）"
    won = {**lost, f"vae{suffix}": 0.9}
    assert named(with_scores(ordinary_fit, **won), start).outcome == "VAE 贏（2 次分割都贏）"
    tied = {**lost, f"vae{suffix}": [0.6, 0.8]}
    assert (
        named(with_scores(ordinary_fit, **tied), start).outcome
        == "分不出高下（2 次分割，VAE 勝 1 次、負 1 次）"
    )
    for planted, word in ((lost, "FAMD 贏"), (won, "VAE 贏"), (tied, "分不出高下")):
        assert word in section(with_scores(ordinary_fit, **planted), findings.TARGET)


def test_every_dimension_has_its_own_winner(ordinary_fit):
    results = [
        dataclasses.replace(one, dims=[{**row, "vae": 9.0} for row in one.dims])
        for one in ordinary_fit.results
    ]
    planted = dataclasses.replace(with_scores(ordinary_fit, vae=-9.0), results=[])
    planted = with_scores(dataclasses.replace(planted, results=results), vae=-9.0)
    assert named(planted, "由 1 個數").won and named(planted, "由 2 個數").lost
    assert "1 維 9.000 ± 0.000" in section(planted, findings.TARGET)


def test_whether_the_code_adds_to_a_column_follows_the_scores(ordinary_fit):
    said = [
        section(with_scores(ordinary_fit, column=0.5, **{"column+z": both}), findings.TARGET)
        for both in (0.8, 0.3, [0.4, 0.6])
    ]
    for text, verdict in zip(said, ("值得加", "加了反而差", "看不出加了有用"), strict=True):
        assert verdict in text
    assert "單獨一欄最好的是「" in said[0]


def test_equal_scores_are_all_called_the_best(ordinary_fit):
    tied = with_scores(ordinary_fit, vae=0.5, pca=0.5, famd=0.4, random=0.1)
    rows = {name: best[-1] for name, _, best in report._dim_rows(tied)[1:]}
    assert [rows[NAMES[name]] for name in ("vae", "pca", "famd", "random")] == [True, True, False, False]


def test_models_that_saw_the_target_are_not_a_contest(ordinary_fit):
    titles = [contest.rival for contest in contests.contests(with_scores(ordinary_fit, boosting=1.0))]
    assert "梯度提升樹" not in titles
    assert "它們不是同一場比賽，也不是天花板" in section(ordinary_fit, findings.TARGET)


@pytest.mark.parametrize(("measure", "best"), [("accuracy", 2.0), ("nats", -1.0), ("rmse", -1.0)])
def test_the_winner_of_each_kind_of_cell_is_named(ordinary_fit, measure, best):
    start = contests.CELL_MEASURES[measure][0]
    for filler, winner in (("vae", "VAE"), ("neighbours", "「最近的 15 列」"), ("tree", "Chow–Liu 樹")):
        planted = with_cells(ordinary_fit, filler, **{measure: best})
        contest = named(planted, start)
        assert contest.winner == winner and contest.outcome in section(planted, findings.FILLING)


def test_the_best_score_for_tampering_is_named(ordinary_fit):
    mine, theirs = with_power(ordinary_fit, 3, 1), with_power(ordinary_fit, 1, 3)
    assert named(mine, "認出換掉").won and named(theirs, "認出換掉").winner == "「對手」"
    assert named(with_power(ordinary_fit, 1, 1.01), "認出換掉").winner == ""


def test_the_summary_counts_the_wins_and_names_who_beat_it(ordinary_fit):
    won = with_metrics(ordinary_fit, nats=-9.0)
    lost = with_metrics(ordinary_fit, nats=9.0, tree_nats=1.0)
    before, after = (section(one, findings.SUMMARY) for one in (won, lost))
    assert re.search(r"VAE 贏 \d+ 種（每列的 nats", before)
    assert "輸給 Chow–Liu 樹：每列的 nats" in after and "算一列的機率（Chow–Liu 樹比較準）" in after
    assert "算一列的機率" not in before


def test_one_split_is_not_called_a_steady_win(ordinary_fit):
    alone = dataclasses.replace(ordinary_fit, results=ordinary_fit.results[:1])
    by_splits = [c for c in contests.contests(alone) if not c.title.startswith("認出")]
    assert by_splits and all(contest.how.startswith("只有一次分割") for contest in by_splits)


# ---- 句子跟著數字變 ----------------------------------------


def test_a_useless_code_is_called_useless(ordinary_fit):
    worse = with_metrics(ordinary_fit, gain=-1.0, active=0)
    text = all_text(worse)
    assert "沒有比基準好" in text and "沒有活躍的單元" in text and "沒有在用（後驗崩塌）" in text
    assert "由平面的遠近下結論" in section(worse, findings.SUMMARY)
    idle = with_metrics(ordinary_fit, gain=1.0, active=[0, 2], nats=1.0, unlinked_nats=9.0)
    assert "不是每個種子都用了編碼" in section(idle, findings.SUMMARY)
    useless = section(with_metrics(ordinary_fit, gain=-1.0), findings.SUMMARY)
    assert "沒有用處" in useless and "還多要 1.000" in useless and "省下 −" not in useless
    some = with_metrics(ordinary_fit, gain=[1.0, -1.0])
    assert "只有 1 個比基準好" in all_text(some) and "沒有明顯的用處" in section(some, findings.SUMMARY)


def test_a_useful_code_is_called_useful(ordinary_fit):
    good = with_scores(with_metrics(ordinary_fit, gain=2.0, active=2), vae=0.9, shuffled=-0.1)
    text = section(good, findings.SUMMARY)
    assert "有東西可學" in text and "看列與列的遠近" in text and "沒有比基準好" not in all_text(good)
    blind = with_scores(good, vae=-0.2)
    assert "看列與列的遠近" not in section(blind, findings.SUMMARY), "看不出目標的平面不算"


def test_the_summary_is_short(ordinary_fit):
    assert 3 <= len(findings.summary(ordinary_fit)) <= 5


def test_the_uses_follow_the_checks(ordinary_fit):
    def said(fit):
        return section(fit, findings.SUMMARY)

    assert "找不尋常的列" in said(with_power(ordinary_fit, 3, 1))
    assert "找怪的列（「對手」認得比較準，先用它）" in said(with_power(ordinary_fit, 1, 3))
    assert "找怪的列（認不太出竄改）" in said(with_power(ordinary_fit, 0, 0))
    assert "補類別的空格（" not in said(with_cells(ordinary_fit, "vae", accuracy=2.0, nats=-1.0))
    assert "補類別的空格（用「最近的 15 列」）" in said(with_cells(ordinary_fit, "neighbours", accuracy=2.0))
    assert "猜「價」（直接用目標訓練比較準）" in said(with_scores(ordinary_fit, boosting=2.0))
    low = dict.fromkeys(("neighbours", "ridge", "boosting"), -2.0)
    assert "直接用目標訓練比較準" not in said(with_scores(ordinary_fit, **low))


def test_generated_rows_are_recommended_only_when_they_are_like_the_real_ones(ordinary_fit):
    columns, pairs = ordinary_fit.checked.quality.columns, ordinary_fit.checked.quality.pairs
    like = with_quality(
        ordinary_fit, columns=columns.assign(距離=0.01, 雜訊=0.01), pairs=pairs.assign(生成=pairs["真的"])
    )
    unlike = with_quality(like, columns=columns.assign(距離=0.5, 雜訊=0.01))
    diluted = with_quality(like, pairs=pairs.assign(真的=0.5, 生成=0.4, 另一半=0.55))
    assert "生成練習或測試用的列" in section(like, findings.SUMMARY) and findings.faithful(
        like.checked.quality
    )
    assert "用生成的列代替真的" in section(unlike, findings.SUMMARY)
    assert "欄與欄的關聯比真的弱" in section(diluted, findings.SUMMARY)
    assert "欄與欄的關聯比真的弱" not in section(like, findings.SUMMARY)


def test_generated_rows_without_the_strong_associations_are_not_recommended(ordinary_fit):
    """多數的對本來就沒有關聯：少數強的全部消失，平均的差看不出來。"""
    rng = np.random.default_rng(0)
    real = np.r_[rng.normal(0, 0.03, 95), np.full(5, 0.6)]
    noise = [real + rng.normal(0, 0.05, 100) for _ in range(2)]
    for made, good in ((noise[1], True), (np.where(real > 0.5, 0.05, real), False)):
        pairs = pd.DataFrame({"欄": "甲", "另一欄": "乙", "量法": "Spearman", "真的": real})
        columns = ordinary_fit.checked.quality.columns.assign(距離=0.01, 雜訊=0.01)
        fit = with_quality(ordinary_fit, columns=columns, pairs=pairs.assign(生成=made, 另一半=noise[0]))
        assert findings.faithful(fit.checked.quality) == good
        assert np.abs(made - real).mean() < 3 * np.abs(noise[0] - real).mean(), "平均看不出來"
        assert ("生成練習或測試用的列" in section(fit, findings.SUMMARY)) == good


def test_rows_that_may_be_memorised_are_pointed_out(ordinary_fit):
    memory = ordinary_fit.checked.quality.memory
    copied = with_quality(ordinary_fit, memory=dataclasses.replace(memory, copies=0.9, natural_copies=0.0))
    fresh = dataclasses.replace(memory, copies=0.0, preference=0.5, preference_error=0.1)
    assert "可能背下了一部分" in section(copied, findings.SUMMARY)
    assert "可能背下了一部分" not in section(with_quality(ordinary_fit, memory=fresh), findings.SUMMARY)


def test_gains_that_are_not_associations_are_explained(ordinary_fit):
    ordinary = all_text(ordinary_fit)
    assert "只有一欄" not in ordinary and "伯努利" not in ordinary
    alone = dataclasses.replace(ordinary_fit, frame=ordinary_fit.frame[["料"]])
    assert "只有一欄" in all_text(alone)
    bernoulli = dataclasses.replace(
        ordinary_fit, plan=dataclasses.replace(ordinary_fit.plan, likelihood="bernoulli")
    )
    assert "伯努利的基準不知道" in all_text(bernoulli)


def test_columns_whose_variance_is_at_the_floor_are_named(ordinary_fit, monkeypatch):
    assert "碰到下限" not in all_text(ordinary_fit)
    monkeypatch.setattr(type(ordinary_fit.plane), "at_floor", lambda self: ["碼"])
    assert "「碼」的變異數碰到下限" in all_text(ordinary_fit)


def test_one_seed_is_not_a_conclusion(ordinary_fit):
    alone = dataclasses.replace(ordinary_fit, results=ordinary_fit.results[:1])
    text = all_text(alone)
    assert "一個種子不能下結論" in text and "±" not in text and "每個種子都比基準好" not in text
    assert "（只有一個種子，還不能下結論）" in section(alone, findings.SUMMARY)
    assert "只有一個種子" not in all_text(ordinary_fit)
    assert "一個種子不能下結論" not in all_text(ordinary_fit)


def test_a_few_seeds_may_win_by_luck(ordinary_fit):
    assert "只有 2 個種子：兩邊一樣好，也有 56% 的機率" in section(ordinary_fit, findings.SUMMARY)
    enough = dataclasses.replace(ordinary_fit, results=list(ordinary_fit.results) * 3)
    assert "的機率每次都同一邊贏" not in section(enough, findings.SUMMARY)


def test_the_shape_of_a_number_is_not_an_association(ordinary_fit):
    """偏斜的數字用常態描述得差；只把它分箱就一樣省，不能說編碼學到欄與欄的關聯。"""
    fit = with_metrics(ordinary_fit, gain=1.0, active=2, nats=3.0, unlinked_nats=4.0)
    assert findings.useful(fit) and "有東西可學" in section(fit, findings.SUMMARY)
    shapes = with_metrics(ordinary_fit, gain=1.0, active=2, nats=3.0, unlinked_nats=2.5)
    text = section(shapes, findings.SUMMARY)
    assert not findings.useful(shapes) and "看不出欄與欄的關聯幫上忙" in text and "2.500" in text
    assert "看列與列的遠近" not in text and "由平面的遠近下結論" in text


def test_the_units_are_counted_without_repeating(ordinary_fit):
    assert "每個種子都有 2 個。" in section(with_metrics(ordinary_fit, active=2), findings.CODE)
    some = section(with_metrics(ordinary_fit, active=[1, 2]), findings.CODE)
    assert "各種子有 1、2 個；不活躍的單元" in some


def test_filling_is_recommended_only_when_every_score_says_so(ordinary_fit):
    def said(**scores):
        return section(with_cells(ordinary_fit, "vae", **scores), findings.SUMMARY)

    best, worst = {"accuracy": 2.0, "nats": -1.0}, {"accuracy": 2.0, "nats": 9.0}
    assert "補類別的空格" in said(**best) and "補類別的空格（" not in said(**best)
    assert "補類別的空格（用" in said(**worst), "猜得對，機率卻給得差"
    level = with_cells(
        with_cells(ordinary_fit, "vae", accuracy=0.5, nats=0.7), "mode", accuracy=0.5, nats=0.7
    )
    for name in ("neighbours", "linear", "tree"):
        level = with_cells(level, name, accuracy=0.5, nats=0.7)
    assert "補類別的空格（不看其餘的欄，猜得差不多）" in section(level, findings.SUMMARY)


def test_losing_any_check_of_oddness_is_enough(ordinary_fit):
    won, lost = (with_power(ordinary_fit, *shifts).checked.power for shifts in ((3, 1), (1, 3)))
    power = dataclasses.replace(won, found={1: won.found[1], 3: lost.found[1]}, really={1: 1.0, 3: 1.0})
    both = dataclasses.replace(ordinary_fit, checked=dataclasses.replace(ordinary_fit.checked, power=power))
    assert "找怪的列（「對手」認得比較準，先用它）" in section(both, findings.SUMMARY)


def test_few_rows_copies_and_time_order_are_pointed_out(ordinary_fit, fit):
    assert "資料只有 120 列，每次只在 24 列上打分數" in section(ordinary_fit, findings.CAUTIONS)
    assert "資料只有" not in section(fit, findings.CAUTIONS), "留下 60 列"
    memory = dataclasses.replace(ordinary_fit.checked.quality.memory, natural_copies=0.9)
    copied = with_quality(ordinary_fit, memory=memory)
    assert "留下的列有 90% 與某個訓練的列一模一樣" in section(copied, findings.CAUTIONS)
    days = pd.Series(pd.date_range("2024-01-01", periods=120))
    for dates, told in ((days, True), (days.sample(frac=1, random_state=0, ignore_index=True), False)):
        timed = dataclasses.replace(ordinary_fit, frame=ordinary_fit.frame.assign(日=dates))
        assert ("檔案照「日」的先後排" in section(timed, findings.CAUTIONS)) == told


def test_penguins_are_not_people(ordinary_fit):
    for names, people in ((["sex"], False), (["sex", "age"], True), (["年薪"], True)):
        frame = pd.DataFrame(dict.fromkeys(names, ordinary_fit.frame["料"]))
        named = dataclasses.replace(ordinary_fit, frame=frame)
        assert ("決定誰該被查" in section(named, findings.SUMMARY)) == people
        assert "欄名看起來與人有關" in section(named, findings.ODD), "提醒照樣有"


def test_cells_are_written_as_in_the_file(ordinary_fit):
    notes = dataclasses.replace(ordinary_fit.notes, styles={"碼": "percent"})
    fit = dataclasses.replace(ordinary_fit, notes=notes)
    assert (ordinary_fit.written("碼", 2.0), fit.written("碼", 2.0), fit.written("碼", None)) == (
        "2",
        "2%",
        "",
    )
    shown = dict(report.example_rows(fit))["碼"]
    assert shown and all(text.endswith("%") for text in shown if text)
    numbers = [cell for row in fit.unusual for cell in row.cells if cell.variable == "碼"]
    assert all(cell.level.endswith("%") and "% 到 " in cell.expected for cell in numbers)


def test_the_page_says_how_many_rows_are_really_odd(ordinary_fit):
    def page(*scores):
        rows = [dataclasses.replace(ordinary_fit.unusual[0], oddness=score) for score in scores]
        fit = dataclasses.replace(ordinary_fit)
        fit.__dict__["unusual"] = rows
        with without_pictures():
            return Page(report.render(fit)).text

    assert "分數大於 0 的只有前 1 列" in page(2.0, -1.0)
    assert "沒有一列的分數大於 0" in page(-1.0, -2.0)
    assert "分數大於 0" not in page(2.0, 1.0)


# ---- 各種表 ----------------------------------------


def variant(name):
    """一種表：（表, 目標, 換掉的設定）。"""
    table, rng = make_table(), np.random.default_rng(3)
    numbers = pd.DataFrame(rng.normal(size=(120, 3)).round(2) + 10, columns=["甲", "乙", "丙"])
    numbers["乙"] += 2 * numbers["甲"]
    people = table.assign(性別=np.where(table["形"] == "圓", "男", "女"))
    huge = table.rename(columns={"形": "很長的欄名" * 40, "料": "A" * 300})
    huge.loc[huge["色"] == "紅", "色"] = "水準" * 60
    return {
        "沒有目標": (table, None, {}),
        "只有類別": (table[["形", "色", "料"]], None, {}),
        "只有數字": (numbers.astype(str), "丙", {}),
        "只有一欄": (table[["形"]], None, {"generator_dim": 1, "latent": 1}),
        "伯努利": (table[["形", "色", "料"]], None, {"likelihood": "bernoulli", "dims": ()}),
        "類別的目標": (table, "形", {}),
        "與人有關": (people, "價", {}),
        "很長的名字": (huge, "價", {}),
        "一個種子": (table, "價", {"n_seeds": 1}),
        "列很少": (table.head(60), "價", {}),
        "一維": (table, "價", {"latent": 1, "n_seeds": 1, "dims": ()}),
    }[name]


@pytest.fixture(
    scope="module",
    params=[
        "沒有目標", "只有類別", "只有數字", "只有一欄", "伯努利", "類別的目標", "與人有關", "很長的名字",
        "一個種子", "列很少", "一維",
    ],
)  # fmt: skip
def other(request, mixed_plan, tmp_path_factory):
    """（表的名字, 結果, 報告）。"""
    table, target, changes = variant(request.param)
    changes = dict(changes)
    model = {**mixed_plan.model, "latent_dim": changes.pop("latent", 2)}
    dims = mixed_plan.dims if target else ()
    plan = dataclasses.replace(mixed_plan, **({"model": model, "epochs": 5, "dims": dims} | changes))
    fit = make_fit(table, plan, tmp_path_factory.mktemp("表"), target)
    with without_pictures():
        return request.param, fit, report.render(fit)


def test_every_kind_of_table_has_a_complete_page(other):
    name, fit, html = other
    parsed = Page(html)
    assert not re.search(r"\bnan\b|\bNone\b|\{\{|Undefined", parsed.text), name
    assert all(alt and "nan" not in alt for alt in parsed.values("img", "alt"))
    anchors = [value[1:] for value in parsed.values("a", "href")]
    assert anchors == parsed.values("h2", "id") and ("target" in anchors) == (fit.target is not None)
    assert 3 <= len(findings.summary(fit)) <= 5
    assert all(sentence in parsed.text for part in findings.findings(fit).values() for sentence in part)


def test_what_each_kind_of_table_has_to_say(other):
    name, fit, html = other
    text, titles = Page(html).text, [contest.title for contest in contests.contests(fit)]
    personal = "欄名看起來與人有關" in text and "決定誰該被查、被拒或多付錢" in text
    assert personal == (name == "與人有關")
    assert ("標準化以後的密度" in text) == (len(fit.plane.schema_.scales_) > 0)
    assert ("補一格數字" in "".join(titles)) == (len(fit.plane.schema_.scales_) > 0)
    assert ("補一格類別" in "".join(titles)) == (name != "只有數字")
    assert ("伯努利的基準" in text) == (name == "伯努利")
    assert ("Chow–Liu 樹要" in text or "一棵 Chow–Liu 樹" in text) == (name != "伯努利")
    assert ("潛在的一條線" in text) == (fit.plane.latent_dim == 1)
    assert ("猜「" in "".join(titles)) == (fit.target is not None)
    few = "列太少，沒有檢查過" in text and "驗證的列太少" in text
    assert few == (name == "列很少") == (fit.checked.power is None)
    assert ("與其他欄關聯最強" in text) == (fit.target is None)
    if name == "類別的目標":
        assert "只猜最常見的類別" in text and "準確率" in text


def test_names_that_are_too_long_are_cut_in_the_sentences_only(ordinary_fit):
    name = "很長的欄名" * 40
    columns = [dataclasses.replace(ordinary_fit.columns[1], name=name), *ordinary_fit.columns[2:]]
    results = [dataclasses.replace(one, column=name) for one in ordinary_fit.results]
    long = dataclasses.replace(ordinary_fit, columns=columns, results=results)
    assert name not in all_text(long) and contests.short_name(name) in section(long, findings.TARGET)
    with without_pictures():
        assert name in Page(report.render(long)).text


def test_without_a_target_the_plane_is_coloured_by_the_most_associated_column(mixed_plan, tmp_path):
    rng = np.random.default_rng(99)  # 與造表的種子不同，否則抽出來的就是那個群
    table = make_table(200).assign(亂=rng.choice(["甲", "乙"], size=200)).drop(columns="價")
    fit = make_fit(table, dataclasses.replace(mixed_plan, dims=()), tmp_path)
    assert fit.colouring.title in ("形", "色", "料"), "與誰都無關的那一欄不該被選上"


# ---- 圖 ----------------------------------------


def test_a_column_that_is_mostly_missing_does_not_colour_the_plane(ordinary_fit):
    chosen = ordinary_fit.frame.copy()
    name = figures.by_most_associated(chosen, ordinary_fit.plane).title
    chosen.loc[chosen.index[10:], name] = None
    assert figures.by_most_associated(chosen, ordinary_fit.plane).title != name


@pytest.mark.parametrize(
    ("values", "dates", "shown"),
    [
        (np.arange(10957.0, 20000), True, "2010"),
        (np.arange(1.0, 5), False, "3"),
        (np.linspace(0, 5e7, 50), False, "2,000萬"),
    ],
)
def test_ticks_are_written_for_people(values, dates, shown):
    colouring = figures.Colouring("欄", numbers=values, dates=dates)
    figure = figures.latent_plane(np.zeros((len(values), 2)), (1, 2), colouring)
    figure.canvas.draw()
    texts = [label.get_text() for label in figure.axes[-1].get_yticklabels()]
    assert shown in texts and not any("." in text or "e" in text for text in texts)


def test_rare_levels_share_a_colour():
    names = np.array(
        [name for name, count in zip("abcdefgh", range(8, 0, -1), strict=True) for _ in range(count)]
    )
    merged = figures.merged(names.astype(object))
    assert set(merged) == set("abcde") | {"其他"} and (merged == "其他").sum() == 3 + 2 + 1
    assert figures.merged(np.array(["a", np.nan], dtype=object)).tolist() == ["a", None]


def test_only_a_crowded_plane_is_jittered():
    crowded, sparse = np.zeros((50, 2)), np.random.default_rng(0).normal(size=(50, 2))
    assert figures.is_crowded(crowded) and not figures.is_crowded(sparse)
    assert len(np.unique(figures.uncrowded(crowded), axis=0)) == 50
    assert figures.uncrowded(sparse) is sparse


def test_names_in_figures_are_harmless():
    assert figures.plain("$x^2$\n行") == r"\$x^2\$ 行"
    assert len(figures.plain("長" * 100)) == figures.LONGEST_NAME


@pytest.mark.parametrize("colouring", [
    figures.Colouring("價", numbers=np.arange(50.0)),
    figures.Colouring("形", names=np.array(["圓", "方"] * 25, dtype=object)),
])  # fmt: skip
def test_the_line_and_the_plane_are_scaled_to_their_data(colouring):
    wide, tiny = np.linspace(-5, 5, 50)[:, None], np.full((50, 1), 1e-3)
    assert figures.latent_line(wide, colouring).axes[0].get_xlim() == pytest.approx((-5.5, 5.5), rel=1e-6)
    assert figures.latent_line(tiny, colouring).axes[0].get_xlim() == (-3, 3), "崩塌的編碼不放大"
    plane = figures.latent_plane(np.hstack([wide, wide]), (1, 2), colouring).axes[0]
    assert plane.get_xlim() == plane.get_ylim() == pytest.approx((-5.5, 5.5), rel=1e-6)


def test_the_scores_are_told_apart_without_colour():
    names = ["vae", "pca", "shuffled", "column", "boosting"]
    figure = figures.score_dots(pd.DataFrame([dict.fromkeys(names, 0.5)] * 2), "R²")
    looks = [
        (line.get_marker(), line.get_markerfacecolor() == "white")
        for line in figure.axes[0].lines
        if line.get_marker() != "|"
    ]
    assert len(set(looks)) == len(names)


def test_logarithmic_ticks_are_round_numbers():
    colouring = figures.Colouring("價", numbers=np.log(np.geomspace(900, 5200, 50)), log=True)
    figure = figures.latent_plane(np.zeros((50, 2)), (1, 2), colouring)
    figure.canvas.draw()
    labels = [label.get_text() for label in figure.axes[1].get_yticklabels()]
    assert labels == ["1,000", "1,500", "2,000", "3,000", "5,000"]


def test_small_probabilities_are_not_printed_as_zero():
    assert [report.percent(p) for p in (0.5, 0.0012, 0.0004, 0)] == ["50.0%", "0.1%", "不到 0.1%", "0.0%"]


def test_the_font_holds_only_what_the_page_needs():
    short, long = report.embedded_font("零一"), report.embedded_font("零一二三四五六七八九十")
    assert short.startswith("data:font/woff;base64,") and len(short) < len(long) < 100_000


def test_outputs_are_complete(ordinary_fit, tmp_path):
    with without_pictures():
        result.write(tmp_path, ordinary_fit)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(result.FILES)
    codes = pd.read_csv(tmp_path / "codes.csv")
    assert len(codes) == len(ordinary_fit.frame)
    np.testing.assert_allclose(codes.mean_1, ordinary_fit.codes[0][:, 0], rtol=1e-5)
