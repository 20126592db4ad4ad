"""「練習與評分」裡的終端機紀錄：照著再做一次，今天印出來的與書上寫的一樣。"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from vae_from_scratch.cli import exercises as command
from vae_from_scratch.cli import main
from vae_from_scratch.course import generate
from vae_from_scratch.course.commands import BY_MAKE
from vae_from_scratch.course.sets import all_sets, course_root, find_set

PAGE = (course_root() / "book" / "exercises-and-grading.md").read_text("utf-8")
LEFT_OUT = "…"
STAMP = re.compile(r"\d{8}-\d{6}")  # 備份的檔名裡的時間

KL = "kl_to_standard_normal"
# 兩段畫面之間，讀者改了什麼：（組, 函式, 寫成什麼）；「解答」表示把還沒寫的都照解答寫完。
EDITS: list[list[tuple[str, str, str]]] = [
    [],
    [("ex02", "standard_deviation", "return np.exp（log_var）")],
    [("ex02", "standard_deviation", "return np.exp(log_var)")],
    [("ex02", "standard_deviation", "return np.sqrt(np.exp(log_var))")],
    [("ex02", "standard_deviation", "return np.exp(0.5 * log_var)")],
    [("ex02", "reparameterize", "return mean + np.exp(log_var) * noise")],
    [("ex02", "reparameterize", "return mean + standard_deviation(log_var) * noise"), ("ex02", "", "解答")],
    [],
    [
        ("ex03", "log_ratio", "解答"),
        ("ex03", KL, "return (mean**2 + np.exp(log_var) - 1 - log_var).sum(axis=-1)"),
    ],
    [("ex03", KL, "return 0.5 * (mean**2 + np.exp(log_var) - 1 - log_var).sum(axis=-1)")],
    [
        ("ex03", KL, "return 0.5 * (mean**2 + np.expm1(log_var) - log_var).sum(axis=-1)"),
        ("ex03", "", "解答"),
    ],
    [],
    [],
]
UNQUOTED = {EDITS[9][0][2], EDITS[10][0][2]}  # 內文只說「補上 0.5」「換成 np.expm1」
BODY = r'(^def {}\(.*?""".*?"""\n)(.*?)(?=\n\n\ndef |\n*\Z)'


def screens(page: str) -> list[list[tuple[str, list[str]]]]:
    """每一段畫面：（輸入的命令, 印出的每一列）。空行在書上刪掉了。"""
    blocks = re.findall(r"```text\n(.*?)```", page, re.DOTALL)
    split = [re.split(r"^\$ ", block, flags=re.MULTILINE)[1:] for block in blocks]
    return [[(part.split("\n")[0], lines(part.split("\n", 1)[1])) for part in parts] for parts in split]


def lines(text: str) -> list[str]:
    text = text.replace(sys.executable, ".venv/bin/python")
    return [STAMP.sub("時間", line) for line in text.splitlines() if line.strip()]


def same(shown: list[str], printed: list[str]) -> bool:
    """書上的列依序出現在印出的列裡；沒有「…」的地方，一列也不能少。"""
    if LEFT_OUT not in shown:
        return shown == printed
    start, gap = 0, False
    for line in shown:
        if line == LEFT_OUT:
            gap = True
            continue
        if line not in printed[start:]:
            return False
        found = printed.index(line, start)
        if found > start and not gap:
            return False
        start, gap = found + 1, False
    return gap or start == len(printed)


@pytest.fixture
def course(tmp_path, monkeypatch) -> Path:
    """剛複製好的課程：題目一個字都還沒寫。"""
    root = course_root()
    for name in ("solutions", "tests/exercises"):
        shutil.copytree(root / name, tmp_path / name)
    for name in ("conftest.py", "pyproject.toml", "tests/conftest.py", "tests/built_book.py"):
        shutil.copy(root / name, tmp_path / name)
    monkeypatch.setattr(command, "course_root", lambda: tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", "")  # 沒有啟用虛擬環境：印出來的是 Python 的路徑
    monkeypatch.setenv("PYTHONPATH", str(root))
    for chosen in all_sets(tmp_path):
        generate.build(chosen)
    return tmp_path


def write(course: Path, set_name: str, function: str, answer: str) -> None:
    chosen = find_set(set_name, course)
    text, solution = chosen.exercise.read_text("utf-8"), chosen.solution.read_text("utf-8")
    for name in [function] if function else re.findall(r"^def (\w+)\(", text, re.MULTILINE):
        pattern = re.compile(BODY.format(name), re.DOTALL | re.MULTILINE)
        body, solved = pattern.search(text), pattern.search(solution)
        assert body and solved
        if function or "NotImplementedError" in body[2]:
            new = solved[2] if answer == "解答" else "    " + answer
            text = text[: body.start(2)] + new + text[body.end(2) :]
    chosen.exercise.write_text(text, "utf-8")


def typed(
    course: Path, line: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """執行讀者輸入的命令，給出印在畫面上的每一列。"""
    words = line.split()
    if "pytest" in words:
        done = subprocess.run(
            [sys.executable, *words[1:]], cwd=course, capture_output=True, text=True, encoding="utf-8",
            env=os.environ | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        )  # fmt: skip
        yield from lines(done.stdout + done.stderr)
        return
    by_make = re.fullmatch(r'make exercise N=(\d+)(?: ARGS="(.*)")?', line)
    monkeypatch.setenv(BY_MAKE, "make" if by_make else "")
    code = main(["exercises", "test", by_make[1], *(by_make[2] or "").split()] if by_make else words[3:])
    captured = capsys.readouterr()
    yield from lines(captured.out + captured.err)
    if by_make and code > 1:  # 1 是還沒有滿分，make.py 不當作錯誤
        yield f"make: *** [Makefile:{recipe_line()}: exercise] Error {code}"


def recipe_line() -> int:
    """Makefile 裡執行 make.py 的那一列。"""
    text = (course_root() / "Makefile").read_text("utf-8").splitlines()
    return next(number for number, line in enumerate(text, 1) if "make.py $@" in line)


def test_the_screens_in_the_book_are_what_is_printed_today(course, capsys, monkeypatch) -> None:
    shown = screens(PAGE)
    assert len(shown) == len(EDITS)
    for edits, screen in zip(EDITS, shown, strict=True):
        for edit in edits:
            write(course, *edit)
        for line, expected in screen:
            assert same(expected, list(typed(course, line, capsys, monkeypatch))), f"$ {line}"


def test_every_answer_typed_is_quoted_in_the_page() -> None:
    answers = {answer for edits in EDITS for _, _, answer in edits} - UNQUOTED - {"解答"}
    assert all(f"`{answer}`" in PAGE for answer in answers)


@pytest.mark.parametrize(
    "change",
    [
        lambda printed: printed[:-1],
        lambda printed: [*printed, "多的一列"],
        lambda printed: ["別的話", *printed[1:]],
        lambda printed: [printed[1], printed[0], *printed[2:]],
    ],
)
def test_a_screen_that_changed_is_caught(change: Callable[[list[str]], list[str]]) -> None:
    printed = ["✗ 不對", "提示", "─", "甲 0/1", "乙 0/1", "總分 0/2"]
    whole, shortened = printed, ["✗ 不對", "提示", "─", LEFT_OUT, "乙 0/1", "總分 0/2"]
    assert same(whole, printed) and same(shortened, printed)
    assert not same(whole, change(printed)) and not same(shortened, change(printed))
