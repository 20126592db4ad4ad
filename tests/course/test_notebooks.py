"""匯出的筆記本：每一本都有效、沒有漏翻的語法、每次匯出相同；ex02 在真的核心裡執行並給分。"""

import importlib.util
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

import make
from vae_from_scratch.cli import main
from vae_from_scratch.course import myst, notebooks
from vae_from_scratch.course.generate import to_exercise
from vae_from_scratch.course.in_notebook import check, glue
from vae_from_scratch.course.running import load
from vae_from_scratch.course.sets import CourseError, all_sets, course_root, find_set

ROOT = course_root()
LEFTOVER = re.compile(
    r"^(?:`{3,}|:{3,})\{.*|^:{3,}.*|\{[a-z]+(?::[a-z]+)?\}`|^:[\w-]+:.*|^\([\w-]+\)=", re.MULTILINE
)
LABEL = re.compile(r"\b(?:eq|fig|code|thm)-\d\d-[\w-]+")


BOOK_LABELS = myst.labels(page.read_text("utf-8") for page in notebooks.chapters(ROOT))


@pytest.fixture(scope="module")
def exported():
    return dict(notebooks.all_notebooks(ROOT))


def markdown(notebook):
    return "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")


def code(notebook):
    return [cell.source for cell in notebook.cells if cell.cell_type == "code"]


def test_every_chapter_and_every_set_is_exported(exported):
    pages = {page.stem for page in notebooks.chapters(ROOT)}
    assert len(pages) == 14
    assert set(exported) == pages | {chosen.stem for chosen in all_sets(ROOT)}


def test_every_notebook_is_valid_and_its_first_cell_says_how_to_install(exported):
    for notebook in exported.values():
        nbformat.validate(notebook)
        first = notebook.cells[0]
        assert (
            first.cell_type == "code"
            and "pip install" in first.source
            and "use_course_style()" in first.source
        )


def test_a_chapter_runs_in_the_folder_of_the_pages(exported, monkeypatch):
    """書頁讀的檔案（例如 data/…）在筆記本裡也找得到。"""
    monkeypatch.chdir(ROOT)
    exec(exported["09-tensorflow"].cells[0].source, {})
    assert Path.cwd() == ROOT / "book"


def first_cell(monkeypatch, folder: Path, repository: str = "", chapter: str = "") -> list[list[str]]:
    """在還沒有課程的電腦上執行第一格；傳回它執行的命令（不真的執行）。"""
    ran: list[list[str]] = []
    monkeypatch.chdir(folder)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr(subprocess, "run", lambda command, check: ran.append(command))
    monkeypatch.setattr(sys, "path", [*sys.path])
    source = notebooks.SETUP.format(extra=notebooks._EXTRA.get(chapter, ""), repository=repository)
    exec(source.partition("from vae_from_scratch import plotting")[0], {})
    return [command[command.index("install") + 2 :] if "install" in command else command for command in ran]


def test_the_first_cell_installs_the_package_beside_it(monkeypatch, tmp_path):
    (tmp_path / "vae_from_scratch-1.0.0-py3-none-any.whl").touch()
    (tmp_path / "notebooks").mkdir()
    wheel = "../vae_from_scratch-1.0.0-py3-none-any.whl"
    assert first_cell(monkeypatch, tmp_path / "notebooks") == [[wheel]]
    assert first_cell(monkeypatch, tmp_path / "notebooks", chapter="09") == [[wheel, "tensorflow"]]


def test_the_first_cell_fetches_the_course_from_its_repository(monkeypatch, tmp_path):
    address = "https://git.example/someone/course"
    clone, install = first_cell(monkeypatch, tmp_path, address)
    assert clone[:2] == ["git", "clone"] and clone[-2:] == [address, "course"]
    assert install == ["-e", "course"]
    (tmp_path / "course").mkdir()
    assert first_cell(monkeypatch, tmp_path, address) == [install], "取過了就不再取"


def test_the_first_cell_says_what_to_do_when_there_is_nothing_to_install(monkeypatch, tmp_path):
    with pytest.raises(SystemExit, match=r"pip install -e .*\.whl"):
        first_cell(monkeypatch, tmp_path)


def test_a_computer_with_the_course_installs_nothing(exported, monkeypatch):
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(subprocess, "run", lambda *words, **settings: pytest.fail("不必安裝"))
    exec(exported["ex02_reparameterization"].cells[0].source, {})


def test_the_address_of_the_repository_reaches_every_kind_of_notebook():
    page, chosen = notebooks.chapters(ROOT)[0], all_sets(ROOT)[0]
    made = [
        notebooks.chapter_notebook(page, myst.Translator(page.parent, BOOK_LABELS), "https://git.example/a"),
        notebooks.exercise_notebook(chosen, repository="https://git.example/a"),
    ]
    assert all('REPOSITORY = "https://git.example/a"' in one.cells[0].source for one in made)


def test_nothing_that_only_sphinx_understands_is_left(exported):
    for name, notebook in exported.items():
        text = markdown(notebook)
        assert not LEFTOVER.findall(text), name
        assert not LABEL.findall(text), name


@pytest.mark.parametrize(
    "text", [":::{note}", "```{math}", "{eq}`eq-02-map`", ":label: eq-02-map", "(ch-02)=", ":::"]
)
def test_the_check_for_leftovers_can_fail(text):
    assert LEFTOVER.search(f"前面\n{text}\n")


def test_every_code_cell_of_a_page_is_in_its_notebook_and_compiles(exported):
    for page in notebooks.chapters(ROOT):
        cells = code(exported[page.stem])
        assert len(cells) == 1 + len(re.findall(r"^```\{code-cell\}", page.read_text("utf-8"), re.MULTILINE))
        for source in cells:
            assert "myst_nb" not in source
            compile(re.sub(r"^[%!].*$", "", source, flags=re.MULTILINE), page.stem, "exec")


def test_exporting_twice_gives_the_same_bytes(exported):
    again = dict(notebooks.all_notebooks(ROOT))
    assert {name: nbformat.writes(book) for name, book in again.items()} == {
        name: nbformat.writes(book) for name, book in exported.items()
    }


# ── 翻譯 ──────────────────────────────────────────────────────────────

PAGE = """\
(ch-09)=
# 標題

見 {eq}`eq-09-b`、{numref}`fig-09-x`、{ref}`那一章 <ch-09>`、{term}`先驗` 與 {term}`後驗 <後驗分布>`。
值是 {glue:text}`c09_z:.2f`，用法是 {py:func}`~vae_from_scratch.gaussian.log_prob`。

```{math}
:label: eq-09-a
a=1
```
```{math}
:label: eq-09-b
b=2
```

::::{solution} ex-09
:class: dropdown

:::{literalinclude} code.py
:pyobject: double
:start-after: BEGIN SOLUTION
:dedent: 4
:::
::::
"""
CODE = "def double(x):\n    '''兩倍。'''\n    ### BEGIN SOLUTION\n    return 2 * x\n    ### END SOLUTION\n"


def translate(tmp_path, page):
    (tmp_path / "code.py").write_text(CODE, "utf-8")
    names = myst.labels([page, "figure: {name: fig-09-x, caption: 圖說}"])
    return myst.Translator(tmp_path, names).page(page)


def test_a_page_becomes_plain_markdown(tmp_path):
    text = translate(tmp_path, PAGE)
    assert "見公式 (2)、圖 1、那一章、先驗與後驗。" in text
    assert "值是 `c09_z`，用法是 `log_prob`。" in text
    assert "$$\nb=2\n\\tag{2}\n$$" in text
    assert "<details><summary>解答</summary>" in text and "```python\nreturn 2 * x\n```" in text
    assert not LEFTOVER.search(text)


@pytest.mark.parametrize(
    ("page", "message"),
    [
        (":::{tabbed} x\n:::", "tabbed"),
        ("```{math}\nx", "沒有結束"),
        (":::{literalinclude} code.py\n:pyobject: triple\n:::", "triple"),
        (":::{literalinclude} code.py\n:lines: 1\n:::", "lines"),
        (":::{literalinclude} code.py\n:start-after: 不存在\n:::", "不存在"),
    ],
)
def test_what_cannot_be_translated_is_named(tmp_path, page, message):
    with pytest.raises(CourseError, match=message):
        translate(tmp_path, page)


def test_labels_of_the_pages_are_numbered_as_in_the_book():
    """全書連續，各種標籤各自數。"""
    names = myst.labels([":label: eq-02-a\n:label: eq-02-b\n:label: thm-02-x\n", ":label: eq-03-a\n"])
    assert names == {
        "eq-02-a": "公式 (1)",
        "eq-02-b": "公式 (2)",
        "thm-02-x": "定理 1",
        "eq-03-a": "公式 (3)",
    }


# ── 練習 ──────────────────────────────────────────────────────────────


def test_each_function_has_its_own_cell_and_nothing_is_lost():
    for chosen in all_sets(ROOT):
        source = to_exercise(chosen.solution.read_text("utf-8"))
        introduction, *parts = notebooks.split(source)
        assert introduction.splitlines()[0] == chosen.title
        assert all(part.count("\ndef ") + part.startswith("def ") <= 1 for part in parts)
        _, body = source.split('"""', 2)[1:]
        assert "".join("\n".join(parts).split()) == "".join(body.split())


def score(cell):
    """檢查格印出的最後一行。"""
    return "".join(output.text for output in cell.outputs).strip().splitlines()[-1]


def test_exported_ex02_gives_nothing_untouched_and_full_marks_with_the_solutions():
    """沒作答的一本，後面接著填入解答的一本，在同一個新的核心裡執行（只啟動一次）。"""
    chosen = find_set("ex02", ROOT)
    both = notebooks.exercise_notebook(chosen)
    answered = notebooks.exercise_notebook(chosen, chosen.solution.read_text("utf-8"))
    untouched_check = both.cells[-1]
    both.cells += answered.cells
    for number, cell in enumerate(both.cells):
        cell.id = f"both-{number}"
    NotebookClient(both, timeout=120, kernel_name="python3").execute(cwd=str(ROOT))
    assert score(untouched_check) == "總分 0/10"
    assert score(both.cells[-1]) == "總分 10/10"


def in_cells(*cells):
    """像在筆記本裡一樣定義：一格一個檔名。"""
    names = {"__name__": "__main__"}
    for number, text in enumerate(cells):
        exec(compile(text, f"/tmp/ipykernel_1/{number}.py", "exec"), names)
    return names


def test_an_error_in_a_notebook_names_the_cell(capsys, monkeypatch):
    """例外在哪一格的第幾行，不是檔案的路徑，也不是「引數的個數不同」。"""
    wrong = "def standard_deviation(log_var):\n    y = 1\n    return np.expp(log_var)\n"
    given = answers(find_set("ex02", ROOT)) | in_cells("import numpy as np", wrong)
    check("ex02", given)
    out = capsys.readouterr().out
    assert "出錯  定義 standard_deviation 的那一格第 3 行" in out and "是不是 exp？" in out
    assert "ipykernel" not in out and "引數的個數" not in out
    monkeypatch.setattr("vae_from_scratch.course.in_notebook._cell_number", lambda name: f"In [{name[-4]}]")
    check("ex02", given)
    assert "那一格（In [1]）第 3 行" in capsys.readouterr().out


def test_the_number_of_a_cell_is_that_of_ipython():
    """真的 IPython：第幾格由它自己記的檔名查出來。"""
    from IPython.core.interactiveshell import InteractiveShell

    from vae_from_scratch.course.in_notebook import _cell_number

    shell = InteractiveShell.instance()
    try:
        shell.run_cell("1 + 1", store_history=True)
        shell.run_cell("def cell_function(): pass", store_history=True)
        filename = shell.user_ns["cell_function"].__code__.co_filename
        assert _cell_number(filename) == "In [2]" and _cell_number("別的.py") == ""
    finally:
        InteractiveShell.clear_instance()


def test_a_changed_signature_in_a_notebook_is_still_said(capsys):
    given = answers(find_set("ex02", ROOT))
    check("ex02", given | in_cells("def standard_deviation():\n    return 1\n"))
    assert "引數的個數或名字與題目不同" in capsys.readouterr().out


def answers(chosen):
    return dict(vars(load(chosen.solution)))


def test_a_wrong_answer_in_the_notebook_is_caught(capsys):
    """反例：把一個函式改錯，分數就不滿，而且說得出是哪一個。"""
    given = answers(find_set("ex02", ROOT))
    right = given["reparameterize"]
    check("ex02", given | {"reparameterize": lambda mean, log_var, noise: -right(mean, log_var, noise)})
    out = capsys.readouterr().out
    assert "✗ reparameterize" in out and out.splitlines()[-1] != "總分 10/10"


def test_a_cell_not_yet_run_is_named(capsys):
    given = answers(find_set("ex02", ROOT))
    del given["dz_dvariance"]
    check("ex02", given)
    out = capsys.readouterr().out
    assert "還沒有執行這幾格，或執行時出錯了：dz_dvariance。" in out and "總分" not in out


def test_every_set_gets_full_marks_with_its_solutions(capsys):
    for chosen in all_sets(ROOT):
        check(chosen.name, answers(chosen))
        score, full = capsys.readouterr().out.split()[-1].split("/")
        assert score == full, chosen.name


def test_glue_prints_the_name_and_the_value(capsys):
    glue("c02_z", 1.18905, display=False)
    glue("c02_n", 3)
    assert capsys.readouterr().out == "c02_z = 1.18905\nc02_n = 3\n"


# ── 命令 ──────────────────────────────────────────────────────────────


@pytest.fixture
def course(tmp_path):
    """只有一章一組的小課程。"""
    for name in ("exercises", "solutions"):
        (tmp_path / name).mkdir()
        shutil.copy(ROOT / name / "ex02_reparameterization.py", tmp_path / name)
    (tmp_path / "book").mkdir()
    (tmp_path / "book" / "02-x.md").write_text("# 一章\n\n```{code-cell} ipython3\n1 + 1\n```\n", "utf-8")
    return tmp_path


def test_a_notebook_the_reader_changed_is_backed_up(course):
    folder = course / "out"
    assert [saved for _, saved in notebooks.export_all(course, folder)] == [None, None]
    path = folder / "ex02_reparameterization.ipynb"
    path.write_text(path.read_text("utf-8").replace("raise NotImplementedError", "return 1"), "utf-8")
    mine = path.read_text("utf-8")
    saved = dict(notebooks.export_all(course, folder))
    backup = saved[path]
    assert backup and backup.read_text("utf-8") == mine and saved[folder / "02-x.ipynb"] is None
    assert "return 1" not in path.read_text("utf-8")


def test_a_folder_without_pages_is_an_error(tmp_path):
    with pytest.raises(CourseError, match="找不到書頁"):
        list(notebooks.export_all(tmp_path, tmp_path / "out"))


def test_the_command_writes_every_notebook_and_says_where(tmp_path, capsys):
    assert main(["notebooks", "--output", str(tmp_path / "筆記本")]) == 0
    assert "匯出 28 本筆記本" in capsys.readouterr().out
    assert len(list((tmp_path / "筆記本").glob("*.ipynb"))) == 28


def test_make_clean_keeps_the_notebooks(tmp_path, monkeypatch, capsys):
    """讀者可能在裡面作答。"""
    for name in ("notebooks", "html", "study"):
        (tmp_path / "_build" / name).mkdir(parents=True)
    monkeypatch.setattr(make, "ROOT", tmp_path)
    make.clean()
    assert sorted(path.name for path in (tmp_path / "_build").iterdir()) == ["notebooks", "study"]


CHOICE = """:::{question} 03-which
:kind: choose

哪一個大？

- [ ] 甲
  甲小，因為比較近。
- [x] 乙

```{dropdown} 答案
乙遠。
```
:::
"""
NUMBER = """:::{question} 03-much
:kind: number
:key: 0.5
:unit: nats

多少？

- 1
  忘了乘一半。

```{dropdown} 答案
一半。
```
:::
"""
STEPS = """:::{question} 03-steps
:kind: order

依序做什麼？

- 甲
- 丙
  先甲。
- 乙
  先丙。

```{dropdown} 答案
甲丙乙。
```
:::
"""


@pytest.mark.parametrize(
    ("text", "asked", "told", "silent"),
    [
        (CHOICE, "- 甲\n- 乙", "**乙**", ("[x]", "比較近")),
        (NUMBER, "多少？", "**0.5 nats**", ("- 1", "忘了")),
        (STEPS, "- 丙\n- 乙\n- 甲", "**甲　→　丙　→　乙**", ("先甲", "先丙")),
    ],
)
def test_a_question_is_asked_before_it_is_answered(text, asked, told, silent):
    """題目與選項在前，對的是哪一個摺在答案裡；理由與常見的錯只在網頁裡。"""
    page = myst.Translator(Path("."), {}).page(text)
    before, answer = page.split("<details>")
    assert asked in before and told in answer and told not in before
    assert [word for word in silent if word in page] == []
