"""建書的命令：進度的預估對得上、不是終端機時安靜、警告全部列出並說怎麼辦。"""

import io
import random

import pytest

from book import build


class Clock:
    """自己會走的時鐘：測試說過了幾秒就是幾秒。"""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("slower", [0.4, 1.0, 3.0])
def test_the_estimate_is_right_within_a_factor_of_two(slower):
    """這台電腦快一倍多或慢三倍，各頁又有三成的出入：做了四分之一以後，預估與實際差不到一倍。"""
    rng, clock = random.Random(0), Clock()
    pages = {f"page{n}": seconds for n, seconds in enumerate([2, 30, 5, 12, 25, 8, 40, 3, 18, 9] * 2)}
    actual = {name: slower * seconds * rng.uniform(0.7, 1.3) for name, seconds in pages.items()}
    progress, left = build.Progress(clock), sum(actual.values())
    progress.hear({"reading": pages, "writing": {}})
    for name, seconds in actual.items():
        progress.hear({"read": name})
        if clock.now > 0.25 * sum(actual.values()) and left > 10:
            assert left / 2 < (progress.remaining() or 0) < 2 * left
        clock.now += seconds
        left -= seconds
    progress.hear({"read": None})
    assert progress.share() == 1


def simulated(
    progress: build.Progress, clock: Clock, actual: dict[str, float], workers: int
) -> list[tuple[float, float | None]]:
    """``workers`` 個行程照順序拿頁來執行；傳回每次有人做完時的（時刻, 預估還要幾秒）。"""
    waiting, running, said = list(actual), dict[str, float](), list[tuple[float, float | None]]()
    while waiting or running:
        while waiting and len(running) < workers:
            name = waiting.pop(0)
            running[name] = clock.now + actual[name]
            progress.hear({"begin": name})
        first = min(running, key=running.__getitem__)
        clock.now = running.pop(first)
        progress.hear({"end": first})
        said.append((clock.now, progress.remaining()))
    return said


@pytest.mark.parametrize("workers", [1, 2, 4])
@pytest.mark.parametrize("slower", [0.4, 1.0, 3.0])
def test_pages_at_the_same_time_are_not_added_up(slower, workers):
    """重的先做，同時幾頁：做了四分之一以後，預估與實際也差不到一倍。"""
    rng, clock = random.Random(1), Clock()
    pages = {
        f"page{n}": seconds for n, seconds in enumerate(sorted([2, 30, 5, 12, 25, 8, 40, 3, 18, 9] * 2)[::-1])
    }
    actual = {name: slower * seconds * rng.uniform(0.7, 1.3) for name, seconds in pages.items()}
    progress = build.Progress(clock)
    progress.hear({"reading": dict.fromkeys(pages, 0.0), "writing": {}})
    progress.hear({"executing": pages, "workers": workers})
    said = simulated(progress, clock, actual, workers)
    end, checked = clock.now, 0
    for now, left in said:
        if now > 0.25 * end and end - now > 10:
            checked += 1
            assert (end - now) / 2 < (left or 0) < 2 * (end - now)
    assert checked
    progress.hear({"executed": True})
    progress.hear({"read": "page0"})
    progress.hear({"read": None})
    assert progress.share() == 1


def test_the_line_names_the_pages_that_are_running():
    clock = Clock()
    progress = build.Progress(clock)
    progress.hear({"executing": {"one": 60.0, "two": 30.0, "three": 90.0}, "workers": 2})
    for name in ("three", "one"):
        progress.hear({"begin": name})
    assert progress.line() == "  0%  執行 three、one，約還要 2 分鐘"
    clock.now = 60
    progress.hear({"end": "one"})
    progress.hear({"begin": "two"})
    assert progress.line() == " 33%  執行 three、two，約還要 30 秒"


def test_a_page_that_takes_longer_than_expected_moves_the_estimate():
    """第一頁還沒有做完，就看得出這台電腦慢：不是一直說「快好了」。"""
    clock = Clock()
    progress = build.Progress(clock)
    progress.hear({"executing": {"one": 10.0, "two": 10.0}, "workers": 1})
    progress.hear({"begin": "one"})
    clock.now = 100
    assert (progress.remaining() or 0) > 50


def test_the_estimate_counts_work_not_pages():
    """一頁要一百秒、九頁各一秒：先做完那九頁，時間還剩九成多。"""
    clock = Clock()
    progress = build.Progress(clock)
    progress.hear({"reading": {**{f"short{n}": 1.0 for n in range(9)}, "long": 100.0}})
    for n in range(9):
        progress.hear({"read": f"short{n}"})
        clock.now += 1
    progress.hear({"read": "long"})
    assert 90 < (progress.remaining() or 0) < 110


def lines(progress: str = '@@ {"reading": {"one": 60}}\n') -> list[str]:
    return ["\x1b[91mRunning Sphinx\x1b[39;49;00m\n", progress, '@@ {"read": "one"}\n']


def test_without_a_terminal_there_is_a_line_now_and_then():
    clock, stream, log = Clock(), io.StringIO(), io.StringIO()
    screen = build.Screen(stream, every=30, clock=clock)
    build.follow(lines(), log, build.Progress(clock), screen)
    assert stream.getvalue() == ""
    clock.now = 31
    screen.show("執行 one")
    screen.show("執行 two")
    screen.clear()
    assert stream.getvalue() == "  執行 one\n"


def test_on_a_terminal_it_is_one_line_that_changes():
    stream = Terminal()
    build.follow(lines(), io.StringIO(), build.Progress(), build.Screen(stream))
    assert "\n" not in stream.getvalue() and "one" in stream.getvalue()


def test_the_log_has_no_colours_and_no_progress():
    log = io.StringIO()
    build.follow(lines(), log, build.Progress(), build.Screen(io.StringIO()))
    assert log.getvalue() == "Running Sphinx\n"


def test_a_failure_shows_everything_and_the_cure(capsys):
    build.complain("book/05.md:12: WARNING: undefined label: 'eq-x' [ref.ref]\n別的訊息\n")
    said = capsys.readouterr().err
    assert "book/05.md:12" in said and "別的訊息" in said and "標籤打錯了" in said and str(build.LOG) in said


def test_an_unknown_failure_still_says_what_to_do(capsys):
    build.complain("沒有見過的錯誤")
    assert "怎麼辦" in capsys.readouterr().err


@pytest.mark.parametrize(("available", "said"), [(False, "AVX2"), (True, "")])
def test_pages_run_with_the_reference_arithmetic_where_there_is_one(monkeypatch, capsys, available, said):
    """做不到的電腦，頁面裡的核對不擋建置，而且說一聲。"""
    from vae_from_scratch import arithmetic

    monkeypatch.setattr(arithmetic, "available", lambda: available)
    monkeypatch.setattr(arithmetic, "environment", lambda: {"A": "1"})
    expected = {"A": "1"} if available else {"A": "1", "PYTHONOPTIMIZE": "1"}
    assert build.arithmetic_settings() == expected
    printed = capsys.readouterr().out
    assert (said in printed) if said else printed == ""


# ── 再建一次 ──────────────────────────────────────────────────────────


def test_two_builds_are_compared_byte_by_byte(tmp_path):
    from book.same_bytes import differences

    one, two = tmp_path / "一", tmp_path / "二"
    for folder in (one, two):
        (folder / "sub").mkdir(parents=True)
        (folder / "sub" / "page.html").write_text('<table id="T_1">', encoding="utf-8")
    assert list(differences(one, two)) == []
    (two / "sub" / "page.html").write_text('<table id="T_2">', encoding="utf-8")
    (one / "extra.js").touch()
    assert [found.split("：")[0] for found in differences(one, two)] == ["extra.js", "sub/page.html"]
