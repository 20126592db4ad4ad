"""畢業作：收集讀者自己的函式、四個條件看得出好壞、排行榜只往後加、頁面自己就完整。"""

import re
import shutil
from html.parser import HTMLParser

import numpy as np
import pytest

from vae_from_scratch.cli import capstone as command
from vae_from_scratch.cli import exercises, main
from vae_from_scratch.course import capstone, generate, leaderboard
from vae_from_scratch.course.capstone import Houses, Kit, Recipe
from vae_from_scratch.course.capstone_facts import COURSE, EXPERIMENTS
from vae_from_scratch.course.capstone_page import RAMP, page
from vae_from_scratch.course.running import Submission
from vae_from_scratch.course.sets import CourseError, all_sets, course_root, find_set

ROOT = course_root()
SMALL = Recipe(hidden=(6,), epochs=3, warmup_epochs=1, batch_size=8, learning_rate=0.01)


@pytest.fixture(scope="module")
def kit():
    """解答的每一個函式，不先檢查。"""
    functions = {
        (group, name): getattr(Submission(find_set(group, ROOT).solution), name)
        for group, name in capstone.PARTS
    }
    return Kit(functions, [f"{group}.{name}" for group, name in capstone.PARTS], [])


def little_houses(rows=60, seed=0):
    """三個有關聯的變數；房價跟著第一個走，有的格子缺失。"""
    rng = np.random.default_rng(seed)
    kind = rng.integers(3, size=rows)
    columns: dict[str, list[str | None]] = {
        "屋頂": ["平", "斜", None],
        "外牆": ["磚", "木", "石"],
        "<b>車庫</b>": ["有", "沒有", "有"],
    }
    table = {name: [levels[k] for k in kind] for name, levels in columns.items()}
    return Houses(table, 11.5 + 0.3 * kind + 0.05 * rng.standard_normal(rows), np.arange(rows) % 5 == 0)


@pytest.fixture(scope="module")
def work(kit):
    return capstone.run(kit, little_houses(), SMALL, 3, lambda *told: None)


# ---- 收集 ----------------------------------------


@pytest.fixture
def root(tmp_path, monkeypatch):
    """課程的複本：題目剛產生。"""
    for name in ("solutions", "tests/exercises"):
        shutil.copytree(ROOT / name, tmp_path / name)
    monkeypatch.setattr(exercises, "course_root", lambda: tmp_path)
    for chosen in all_sets(tmp_path):
        generate.build(chosen)
    return tmp_path


def test_with_nothing_written_it_says_where_to_start(root):
    with pytest.raises(CourseError, match="一個也還沒有通過檢查；先做 ex02"):
        capstone.gather(root, "exercises")


def test_the_learners_own_are_used_and_the_wrong_ones_are_named(root):
    """寫好的用讀者自己的；寫錯的、沒寫的才借課程的，而且說得出是哪一個。"""
    own = find_set("ex02", root)
    own.exercise.write_text(own.solution.read_text("utf-8"), "utf-8")
    chosen = find_set("ex03", root)
    text = chosen.solution.read_text("utf-8").replace("return mean, 0.5 * np.expm1", "return mean, np.expm1")
    chosen.exercise.write_text(text, "utf-8")
    kit = capstone.gather(root, "exercises")
    assert set(kit.own) == {
        "ex02.reparameterize", "ex02.gradient_wrt_mean_and_log_var", "ex03.kl_to_standard_normal"
    }  # fmt: skip
    assert "ex03.kl_gradient" in kit.borrowed and len(kit.own) + len(kit.borrowed) == len(capstone.PARTS)
    used = kit["ex02", "reparameterize"].__code__.co_filename
    assert used == str(own.exercise)
    assert kit["ex03", "kl_gradient"].__code__.co_filename == str(chosen.solution)


def test_every_part_the_exercise_promises_is_there():
    """ex14 的說明列出的 ``mine["…"]``，畢業作都給得出來。"""
    text = find_set("ex14", ROOT).solution.read_text("utf-8")
    promised = set(re.findall(r'mine\["(\w+)"\]', text))
    assert promised and promised <= {name for group, name in capstone.PARTS if group != "ex14"}


# ---- 訓練與評斷 ----------------------------------------


def test_a_small_run_measures_what_it_says(kit, work):
    told = []
    again = capstone.run(kit, little_houses(), SMALL, 3, lambda *one: told.append(one))
    assert [epoch for epoch, _ in told] == [1, 2, 3] and again.numbers == work.numbers
    assert len(work.history) == 3 and work.codes.shape == (60, 2)
    assert work.numbers["elbo"] == -(work.numbers["reconstruction"] + work.numbers["kl"])
    x, groups = capstone.encoded(kit, little_houses())
    held = x[little_houses().held_out].astype(float)
    assert work.numbers["no_code"] == kit["ex10", "marginal_nats"](held, groups)[0]
    assert work.numbers["parameters"] == (8 * 6 + 7 * 4) + (3 * 6 + 7 * 7)
    names = {verdict.name: verdict.passed for verdict in work.verdicts}
    assert len(names) == 4 and names["你的梯度等於差分"]


def without_kl(function):
    def gradient(encoder, decoder, x, noise, beta, *functions):
        return function(encoder, decoder, x, noise, 0.0, *functions)

    return gradient


def changed(kit, key, function):
    return Kit({**kit.functions, key: function}, kit.own, kit.borrowed)


@pytest.mark.parametrize("wrong", ["no kl", "one layer", "sign"])
def test_a_wrong_gradient_is_seen(kit, wrong):
    right = kit["ex08", "vae_gradient"]

    def broken(*given):
        if wrong == "no kl":
            return without_kl(right)(*given)
        encoder, decoder = right(*given)
        if wrong == "sign":
            return [-g for g in encoder], [-g for g in decoder]
        return encoder, [decoder[0] * 0.99, *decoder[1:]]

    bad = capstone.run(
        changed(kit, ("ex08", "vae_gradient"), broken), little_houses(), SMALL, 0, lambda *t: None
    )
    assert not next(verdict for verdict in bad.verdicts if "梯度" in verdict.name).passed


def test_a_sleeping_model_does_not_pass(kit):
    """β 很大：單元睡著，也說得出來。"""
    heavy = Recipe(hidden=(), epochs=40, warmup_epochs=0, batch_size=8, learning_rate=0.05, beta=50.0)
    bad = capstone.run(kit, little_houses(), heavy, 0, lambda *told: None)
    found = {verdict.name: verdict for verdict in bad.verdicts}
    assert not found["每個單元都醒著"].passed and found["每個單元都醒著"].measured != "醒著 2 個"


def test_a_loss_that_is_not_finite_stops_with_the_cure(kit):
    broken = changed(kit, ("ex05", "bernoulli_log_likelihood"), lambda x, logits: np.full(len(x), np.nan))
    with pytest.raises(CourseError, match="第 1 個週期的損失是 nan；把 learning_rate 除以 10"):
        capstone.run(broken, little_houses(), SMALL, 0, lambda *told: None)


def test_an_exception_of_the_learner_is_named(kit):
    def broken(mean, log_var, noise):
        raise ValueError("operands could not be broadcast together")

    with pytest.raises(CourseError, match="訓練到一半，你的函式出錯了："):
        capstone.run(
            changed(kit, ("ex02", "reparameterize"), broken), little_houses(), SMALL, 0, lambda *t: None
        )


def test_the_band_is_three_deviations_around_the_mean_of_the_course():
    r2 = [r2 for _, r2 in COURSE]
    mean = sum(r2) / 10
    spread = (sum((one - mean) ** 2 for one in r2) / 9) ** 0.5
    low, high = capstone.BAND
    assert (low, high) == pytest.approx((mean - 3 * spread, mean + 3 * spread))


@pytest.mark.slow
def test_the_real_houses_pass_after_a_short_training(kit):
    """真的房子，四分之一的週期：損失、單元與梯度已經過；R² 也遠離打亂的基準。"""
    short = Recipe(epochs=15, warmup_epochs=5)
    found = capstone.run(kit, command.houses(0), short, 0, lambda *told: None)
    passed = {verdict.name: verdict.passed for verdict in found.verdicts}
    assert [name for name, fine in passed.items() if not fine and "R²" not in name] == []
    assert found.numbers["r2"] > 0.4 > found.numbers["r2_shuffled"] + 0.3
    assert found.codes.shape == (2930, 2) and found.numbers["parameters"] == 158_728


# ---- 開放實驗 ----------------------------------------


def settings(root, text):
    path = find_set("ex14", root).exercise
    code = re.sub(
        r"EXPERIMENTS = \{.*?\n\}.*?\n", f"EXPERIMENTS = {text}\n", path.read_text("utf-8"), flags=re.DOTALL
    )
    path.write_text(code, "utf-8")
    return root


def test_the_settings_as_handed_out_are_the_course(root):
    for name in EXPERIMENTS:
        assert capstone.settings_of(root, "exercises", name) == Recipe()
        capstone.check_rules(name, Recipe(), 264)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{}", "EXPERIMENTS 裡沒有「elbo」"),
        ('{"elbo": {"layers": 3}}', "不認得的「layers」；可以寫的是 hidden"),
        ('{"elbo": {"hidden": 50}}', "hidden 是 50；請給不超過八個"),
        ('{"elbo": {"epochs": 2.5}}', "epochs 是 2.5；請給1 到 1000 的整數"),
        ('{"elbo": {"learning_rate": -1}}', "learning_rate 是 -1；請給大於 0 的數"),
        ('{"elbo": {"beta": True}}', "beta 是 True"),
    ],
)
def test_wrong_settings_are_named_with_the_cure(root, text, words):
    with pytest.raises(CourseError) as error:
        capstone.settings_of(settings(root, text), "exercises", "elbo")
    assert words in str(error.value)


def test_the_rules_are_checked_before_the_training():
    capstone.check_rules("elbo", Recipe(hidden=(150,), latent_dim=8), 264)
    with pytest.raises(CourseError, match="不可以比課程的 158,728 個多"):
        capstone.check_rules("elbo", Recipe(hidden=(400,)), 264)
    for recipe in (Recipe(epochs=61), Recipe(latent_dim=3)):
        with pytest.raises(CourseError, match="r2 實驗最多 60 個週期"):
            capstone.check_rules("r2", recipe, 264)


def row(score, target=-38.0, **more):
    return {"experiment": "elbo", "seed": 0, "score": score, "target": target, **more}


def test_the_board_only_grows_and_the_best_comes_first(tmp_path):
    path = tmp_path / ".course" / "leaderboard.jsonl"
    assert leaderboard.read(path) == ([], 0)
    for score in (-38.5, -37.2, -37.9):
        before = path.read_bytes() if path.exists() else b""
        leaderboard.add(path, row(score))
        assert path.read_bytes().startswith(before)
    rows, broken = leaderboard.read(path)
    assert broken == 0 and [one["score"] for one in leaderboard.ranked(rows, "elbo")] == [-37.2, -37.9, -38.5]
    assert leaderboard.ranked(rows, "r2") == []


def test_a_line_cut_off_in_the_middle_costs_only_itself(tmp_path):
    path = tmp_path / "board.jsonl"
    leaderboard.add(path, row(-37.0))
    path.write_bytes(path.read_bytes() + b'{"experiment": "elbo", "sc')
    leaderboard.add(path, row(-36.0))
    path.write_bytes(path.read_bytes() + '{"experiment": "elbo"}\n[1]\n\n\xff'.encode("latin-1"))
    rows, broken = leaderboard.read(path)
    assert [one["score"] for one in rows] == [-37.0, -36.0] and broken == 4


# ---- 頁面與命令 ----------------------------------------


class Outline(HTMLParser):
    """開著的標籤與用到的網址。"""

    def __init__(self):
        super().__init__()
        self.open, self.links, self.labels = [], [], []

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        self.links += [value for name, value in attrs if name in ("src", "href", "xlink:href")]
        self.labels += [found.get("aria-label")] if tag == "svg" else []
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        pass

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_the_page_is_complete_in_itself(work):
    work.board = [row(-37.5, settings="<i>50</i>", when="2026-11-27 10:00"), row(-38.9, seed=1)]
    text = page(work)
    outline = Outline()
    outline.feed(text)
    assert outline.open == [] and outline.links == [] and "http" not in text and "url(" not in text
    assert len(outline.labels) == 3 and all(outline.labels)
    assert text.count("M") - text.count("MI") >= 60 and all(
        text.count(f'stroke="{colour}"') <= 1 for colour in RAMP
    )
    assert "<i>50</i>" not in text and "&lt;i&gt;50" in text
    assert "+0.500" in text and "在 1 個種子上贏過課程的" in text
    assert "prefers-color-scheme: dark" in text and "ex14.train" in text


def test_more_units_than_two_are_drawn_too(kit):
    for size in (1, 6):
        wide = capstone.run(
            kit, little_houses(), Recipe((), size, epochs=2, batch_size=16), 0, lambda *t: None
        )
        text = page(wide)
        assert ("只畫最後 KL 最大的四個" in text) == (size == 6)


@pytest.fixture
def quick(root, monkeypatch):
    """命令用小的資料與短的訓練。"""
    monkeypatch.setattr(command, "houses", lambda seed: little_houses(seed=seed))
    monkeypatch.setattr(command, "_recipe", lambda args, root: SMALL)
    return root


def run(capsys, *arguments):
    code = main(["exercises", "capstone", "--target", "solutions", *arguments])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_the_command_trains_judges_and_writes_the_page(quick, capsys, tmp_path):
    code, out, err = run(capsys, "--experiment", "elbo", "--out", str(tmp_path / "mine"))
    assert code in (0, 1) and "用你自己寫的 18 個函式，借課程的 0 個。" in out
    assert "訓練 3/3 個週期，損失" in err and "還要不到 1 秒" in err
    assert out.count("✓") + out.count("✗") == 4 and "同一個種子）-38.358" in out
    assert "我的 VAE" in (tmp_path / "mine" / "elbo.html").read_text("utf-8")
    run(capsys, "--experiment", "elbo", "--seed", "1", "--out", str(tmp_path / "mine"))
    rows, broken = leaderboard.read(quick / leaderboard.FILE)
    assert [one["seed"] for one in rows] == [0, 1] and broken == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--seed", "10"], "--seed 是 10；請給 0 到 9"),
        (["--seed", "-1"], "--seed 是 -1"),
        (["--out", "file.txt"], "--out 是檔案"),
    ],
)
def test_bad_input_of_the_command_is_named(quick, capsys, tmp_path, monkeypatch, arguments, words):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file.txt").write_text("", "utf-8")
    code, _, err = run(capsys, *arguments)
    assert code == 2 and words in err
