"""重建：只有讀到改動的頁重新執行；改回去什麼也不必執行；讀了沒列出的檔案會被說出來。"""

import json
import os
import re
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.book.small_book import SmallBook

ROOT = Path(__file__).resolve().parents[2]
BOOK, PACKAGE = ROOT / "book", ROOT / "vae_from_scratch"
CHAPTERS = sorted(path.stem for path in BOOK.glob("[01]*.md"))


@pytest.fixture
def inputs(extension):
    return extension("page_inputs")


# ── 一頁依據什麼 ──────────────────────────────────────────────────────


@pytest.fixture
def project(tmp_path):
    (tmp_path / "vae_from_scratch" / "housing").mkdir(parents=True)
    (tmp_path / "vae_from_scratch" / "__init__.py").touch()
    (tmp_path / "vae_from_scratch" / "housing" / "__init__.py").touch()
    (tmp_path / "vae_from_scratch" / "housing" / "data.py").write_text("x = 1")
    (tmp_path / "requirements.lock").write_text("numpy==2.4.6")
    (tmp_path / "README.md").write_text("一")
    (tmp_path / "book").mkdir()
    return tmp_path


@pytest.fixture
def key(inputs, project):
    """用到 housing.data、讀 runs/bench 的一頁。"""
    page = inputs.Page("from vae_from_scratch.housing.data import x", ["../runs/bench/*"])
    return lambda: inputs.page_key(page, project / "book")


@pytest.mark.parametrize("name", ["vae_from_scratch/housing/data.py", "requirements.lock"])
def test_cache_key_follows_the_package_and_the_lock(key, project, name):
    before = key()
    (project / name).write_text("changed = 2")
    assert key() != before


@pytest.mark.parametrize("name", ["housing/table.csv", "housing/recorded/a.csv"])
def test_cache_key_follows_the_data_beside_the_code(key, project, name):
    before, name = key(), f"vae_from_scratch/{name}"
    (project / name).parent.mkdir(exist_ok=True)
    (project / name).write_text("1")
    assert key() != before


@pytest.mark.parametrize("name", ["README.md", "vae_from_scratch/other.py", "vae_from_scratch/cli/table.csv"])
def test_cache_key_ignores_other_files(key, project, name):
    before = key()
    (project / name).parent.mkdir(exist_ok=True)
    (project / name).with_name("command.py").touch()
    (project / name).write_text("2")
    assert key() == before


def test_cache_key_follows_the_readers_own_files(inputs, key, project, tmp_path_factory, monkeypatch):
    """第 9 章：make bench 以後再建書，換成自己的圖；第 11 章：給了 Kaggle 的檔案，換成原文的資料。"""
    kaggle = tmp_path_factory.mktemp("kaggle")
    (project / "vae_from_scratch" / "housing" / "data.py").write_text(f"x = {inputs.KAGGLE!r}")
    keys = [key()]
    (project / "runs" / "bench").mkdir(parents=True)
    (project / "runs" / "bench" / "contestants.csv").write_text("一")
    keys.append(key())
    (kaggle / "train.csv").write_text("二")
    monkeypatch.setenv("VAE_KAGGLE_DIR", str(kaggle))
    keys.append(key())
    (kaggle / "train.csv").write_text("三")
    keys.append(key())
    assert len(set(keys)) == 4
    monkeypatch.delenv("VAE_KAGGLE_DIR")
    assert key() == keys[1]


def test_a_page_depends_on_the_arithmetic_it_runs_with(key, monkeypatch):
    before = key()
    monkeypatch.setenv("OPENBLAS_CORETYPE", "Sandybridge")
    assert key() != before


def test_a_cell_with_a_mistake_does_not_stop_the_others(inputs):
    sources = ("%timeit x", "def (", "import a")
    cells = [SimpleNamespace(cell_type="code", source=source) for source in sources]
    page = inputs.page_of(SimpleNamespace(cells=cells, metadata={}))
    assert page.program == "pass\npass\nimport a"


# ── 真正的書 ──────────────────────────────────────────────────────────


@pytest.fixture
def code_of(inputs):
    from myst_nb.core.read import read_myst_markdown_notebook

    def code(name: str) -> set[str]:
        page = inputs.page_of(read_myst_markdown_notebook((BOOK / f"{name}.md").read_text(encoding="utf-8")))
        return {path.relative_to(PACKAGE).as_posix() for path in inputs.inputs_of(page, BOOK)[0]}

    return code


def test_the_readers_of_gaussian(code_of):
    """畫圖、練習與評分用不到它；直接匯入的、透過模型或研究用到的都算。"""
    everything = [
        *CHAPTERS,
        "index",
        "lab",
        "explorer",
        "digits",
        "where",
        "exercises-and-grading",
        "teachers-handbook",
    ]
    readers = {name for name in everything if "gaussian.py" in code_of(name)}
    assert set(everything) - readers == {"exercises-and-grading", "teachers-handbook"}


def test_an_engine_belongs_to_the_pages_that_name_it(code_of):
    readers = {name for name in CHAPTERS if "gradients/with_tensorflow.py" in code_of(name)}
    assert readers == {"09-tensorflow", "13-mixed-tables"}
    assert "gradients/hand_derived.py" in code_of("06-single-sample")
    assert "model.py" in code_of("06-single-sample")  # from vae_from_scratch import VAE：用到才載入


def test_commands_belong_to_no_page(code_of):
    assert not any(file.startswith("cli/") for name in CHAPTERS for file in code_of(name))


def test_what_is_loaded_by_name_is_found():
    """每一個 ``import_module(f".…")`` 都要找得到它可能載入誰；找不到，改了那個模組就會拿出舊的結果。"""
    from vae_from_scratch import sources

    by_name = re.compile(r'^[^#"]*import_module\(f"\.', re.M)
    files = [path for path in PACKAGE.rglob("*.py") if by_name.search(path.read_text(encoding="utf-8"))]
    assert files and all(sources.module(path).by_name for path in files)


def test_every_page_that_is_executed_has_its_weight():
    """進度照各頁的秒數估；少了一頁，預估就偏了。"""
    weights = json.loads((BOOK / "_ext" / "page_seconds.json").read_text(encoding="utf-8"))
    pages = {path.stem for path in BOOK.glob("*.md") if "{code-cell}" in path.read_text(encoding="utf-8")}
    assert set(weights) == pages


# ── 建一本三頁的書 ────────────────────────────────────────────────────


@pytest.mark.slow
def test_only_the_readers_of_a_change_are_executed(tmp_path):
    book = SmallBook(tmp_path / "專案 一")
    assert book.build() == {"one", "two", "three"}
    book.edit("vae_from_scratch/command.py", "1", "2  # 沒有一頁讀它")
    book.edit("vae_from_scratch/gaussian.py", "說明。", "改過的說明。")
    book.edit("vae_from_scratch/gaussian.py", "return x", "return x  # 註解")
    assert book.build() == set()
    before = book.styles()
    assert len(before[1]) == 2
    book.edit("book/_static/course.css", "red", "blue")
    assert book.build() == set(), "只有樣式改了：重新排版，不執行"
    assert book.styles() != before and "blue" in book.styles()[0]
    book.edit("vae_from_scratch/gaussian.py", "return x", "return 2 * x")
    assert book.build() == {"one", "two"}
    assert book.said == ""

    # gaussian 改回去：那兩頁的結果還在。第三頁讀了沒有列出的檔案：說出是哪一個。
    book.edit("vae_from_scratch/gaussian.py", "return 2 * x", "return x")
    read_table = "from vae_from_scratch import plotting\nopen('table.csv').read()"
    book.page("three", read_table)
    assert book.build() == {"three"}
    assert "book/table.csv" in book.said and "reads" in book.said
    book.page("three", read_table, reads="[table.csv]")
    book.write("book/table.csv", "2\n")
    assert book.build() == {"three"}
    assert book.said == ""


@pytest.mark.slow
def test_a_changed_extension_reaches_every_page_and_executes_none(tmp_path):
    """擴充把「one」印成大寫：改了它，讀過的頁也跟著變；沒有改，什麼也不重讀。"""
    book = SmallBook(tmp_path / "專案")
    book.write("ext/shout.py", "def setup(app):\n    app.connect('source-read', lambda a, d, s: None)\n")
    ext = str(book.folder / "ext")
    conf = f"sys.path.insert(0, {ext!r})\nimport static_files, pathlib\n"
    conf += f"static_files.EXTENSIONS = pathlib.Path({ext!r})\nextensions.append('shout')\nroot_doc"
    book.edit("book/conf.py", "root_doc", conf)
    assert book.build() == {"one", "two", "three"} and "<h1>one" in book.html()["one.html"]
    book.edit("ext/shout.py", "None", "s.__setitem__(0, s[0].replace('# one', '# ONE'))")
    assert book.build() == set() and "<h1>ONE" in book.html()["one.html"]
    read = (book.folder / "_build/html/.doctrees/one.doctree").stat().st_mtime_ns
    assert book.build() == set()
    assert (book.folder / "_build/html/.doctrees/one.doctree").stat().st_mtime_ns == read


def test_only_the_latest_states_are_kept(extension, tmp_path):
    cache = extension("execution_cache")
    app = SimpleNamespace(outdir=tmp_path / "html", env=SimpleNamespace(found_docs={"one"}))
    states = [tmp_path / ".jupyter_cache" / "one" / f"{n:02d}" for n in range(cache.KEPT + 3)]
    for age, folder in enumerate(states):
        folder.mkdir(parents=True)
        os.utime(folder, (age, age))
    gone = tmp_path / ".jupyter_cache" / "0123456789abcdef"  # 從前的版本：整個套件一個雜湊
    gone.mkdir()
    cache.drop_old_caches(app, None)
    assert not gone.exists()
    assert sorted((tmp_path / ".jupyter_cache" / "one").iterdir()) == states[3:]
