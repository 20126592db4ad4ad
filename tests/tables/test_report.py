"""報告與怪列：檔案裡的文字一律跳脫、不連線、圖有替代文字；改壞的那一格認得出來。"""

import dataclasses
import re
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest

from vae_from_scratch.tables import figures, findings, report, result, seeds
from vae_from_scratch.tables.baselines import NAMES
from vae_from_scratch.tables.columns import Choices, inspect
from vae_from_scratch.tables.target import read_target

from .conftest import make_table

ATTACK = "<script>alert(1)</script>"


class Page(HTMLParser):
    """數標籤，記下屬性與文字。"""

    def __init__(self, html):
        super().__init__()
        self.tags, self.attributes, self.text = [], [], ""
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, *pair) for pair in attrs]

    def handle_data(self, data):
        self.text += data


def make_fit(table, plan, target=None, source="表.csv", **choices):
    columns = inspect(table, Choices(**choices), target)
    frame = table[[column.name for column in columns if column.kept]]
    read = None if target is None else read_target(table, target)
    results = list(seeds.run_all(frame, read, plan, jobs=1))
    return result.Fit(source, columns, frame, read, plan, results)


@pytest.fixture(scope="module")
def fit(plan):
    """第 100 列的「料」改壞；有一個欄名與一個水準是 HTML。"""
    table = make_table(300, noise=0).rename(columns={"色": f"色{ATTACK}"})
    table.loc[table["形"] == "圓", "形"] = '圓"><img src=x onerror=alert(2)>'
    round_, iron = table["形"].iloc[99].startswith("圓"), table["料"].value_counts().index.sort_values()
    table.loc[99, f"色{ATTACK}"] = "紅" if round_ else "藍"
    table.loc[99, "料"] = next(name for name in iron if (name == "鐵") is round_)
    return make_fit(table, plan, "價", source=f"{ATTACK}.csv")


@pytest.fixture(scope="module")
def page(fit):
    return report.render(fit)


def test_names_from_the_file_are_text_not_html(page):
    parsed = Page(page)
    assert "script" not in parsed.tags and parsed.tags.count("img") == 3
    assert ATTACK in parsed.text and "onerror=alert(2)" in parsed.text, "名字看得到，只是不會執行"
    assert not any(name.startswith("on") for _, name, _ in parsed.attributes)


def test_the_check_of_escaping_can_fail():
    assert "script" in Page(f"<p>{ATTACK}</p>").tags


def test_the_page_needs_nothing_from_outside(page):
    links = [value for _, name, value in Page(page).attributes if name in ("src", "href", "srcset")]
    assert links and all(value.startswith("data:") for value in links)
    assert re.findall(r'url\((?!"data:)', page) == [] and "@import" not in page


def test_every_picture_says_what_it_shows(page, fit):
    alts = [value for tag, name, value in Page(page).attributes if (tag, name) == ("img", "alt")]
    assert len(alts) == 3 and findings.spread(fit.scores["vae"]) in alts[0]
    assert all(NAMES[name] in alts[2] for name in fit.scores)


def test_the_page_is_chinese_for_phones_and_in_two_colour_schemes(page):
    assert '<html lang="zh-Hant-TW">' in page and "width=device-width" in page
    assert "prefers-color-scheme: dark" in page


def test_the_numbers_on_the_page_are_the_measured_ones(page, fit):
    text = Page(page).text
    for name in ("marginal_nats", "reconstruction", "elbo", "gain"):
        assert findings.spread(fit.seeds[name]) in text
    for score in fit.scores:
        assert findings.spread(fit.scores[score]) in text
    assert all(column.name in text for column in fit.columns)


def test_the_same_fit_gives_the_same_page(page, fit):
    assert report.render(fit) == page
    other = dataclasses.replace(fit, source="別的.csv")
    assert report.render(other) != page


def test_the_spoilt_row_is_the_oddest_and_the_spoilt_cell_is_named(fit):
    top = fit.unusual[0]
    assert top.row == 100 and top.oddness > fit.unusual[1].oddness + 1
    cell = top.cells[0]
    assert cell.variable == "料" and cell.probability < 0.3 < cell.expected_probability
    assert cell.level != cell.expected and cell.level == fit.frame["料"].iloc[99]
    assert [row.oddness for row in fit.unusual] == sorted((row.oddness for row in fit.unusual), reverse=True)
    assert top.held_out == bool(fit.best.held_out[top.row - 1])


def test_a_useless_code_is_called_useless(fit):
    worse = [dataclasses.replace(r, metrics={**r.metrics, "gain": -1.0, "active": 0}) for r in fit.results]
    text = "".join(findings.findings(dataclasses.replace(fit, results=worse)))
    assert "沒有比基準好" in text and "沒有活躍的單元" in text
    assert "沒有比基準好" not in "".join(findings.findings(fit))


def test_gains_that_are_not_associations_are_explained(fit):
    ordinary = "".join(findings.findings(fit))
    assert "只有一個類別變數" not in ordinary and "伯努利" not in ordinary
    alone = dataclasses.replace(fit, frame=fit.frame[["料"]])
    assert "只有一個類別變數" in "".join(findings.findings(alone))
    bernoulli = dataclasses.replace(fit, plan=dataclasses.replace(fit.plan, likelihood="bernoulli"))
    assert "伯努利的基準不知道" in "".join(findings.findings(bernoulli))


def test_one_seed_is_not_a_conclusion(fit):
    alone = dataclasses.replace(fit, results=fit.results[:1])
    text = "".join(findings.findings(alone))
    assert "一個隨機種子的結果" in text and "±" not in text


def test_without_a_target_the_plane_is_coloured_by_the_most_associated_column(plan):
    rng = np.random.default_rng(99)  # 與造表的種子不同，否則抽出來的就是那個群
    table = make_table(200).assign(亂=rng.choice(["甲", "乙"], size=200))
    fit = make_fit(table, plan)
    assert fit.colouring.title in ("形", "色", "料"), "與誰都無關的那一欄不該被選上"
    html = report.render(fit)
    assert "與其他欄關聯最強" in html and Page(html).tags.count("img") == 2


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


@pytest.mark.parametrize("target", [None, "價", "形"])
def test_a_single_unit_is_drawn_on_a_line(plan, target):
    one = dataclasses.replace(plan, n_seeds=1, epochs=2, model={**plan.model, "latent_dim": 1})
    figure = result.plane_figure(make_fit(make_table(60), one, target))
    assert figure.axes[0].get_xlim() == (-4, 4)


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


def test_outputs_are_complete(fit, tmp_path):
    result.write(tmp_path, fit)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(result.FILES)
    codes = pd.read_csv(tmp_path / "codes.csv")
    assert codes.held_out.sum() == fit.best.held_out.sum() and len(codes) == len(fit.frame)
    np.testing.assert_allclose(codes.mean_1, fit.codes[0][:, 0], rtol=1e-5)
