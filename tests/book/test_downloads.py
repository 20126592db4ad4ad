"""可以帶走的檔案：首頁只列真的有的，每一章有自己的筆記本，Colab 只在知道倉庫的時候出現。"""

import json

import pytest

import make
from book import downloads
from tests.book.test_pages import parse
from tests.built_book import require_book

ROOT = make.ROOT


@pytest.fixture
def page_files(extension):
    return extension("page_files")


@pytest.fixture
def site(tmp_path):
    (tmp_path / "index.html").write_text(
        "<p>前</p><!--downloads--><!--/downloads--><p>後</p>", encoding="utf-8"
    )
    return tmp_path


def home(site) -> str:
    return (site / "index.html").read_text(encoding="utf-8")


def test_home_lists_only_what_is_there(site, tmp_path):
    downloads.refresh(site)
    assert home(site) == "<p>前</p><!--downloads--><!--/downloads--><p>後</p>"
    made = tmp_path / "made"
    made.mkdir()
    for name, content in (("a-1.0.pdf", b"1" * 2_500_000), ("a-1.1.pdf", b"2" * 1_200_000), ("b.epub", b"3")):
        (made / name).write_bytes(content)
        downloads.add(made / name, site)
    assert sorted(file.name for file in (site / "downloads").iterdir()) == ["a-1.1.pdf", "b.epub"], "舊版拿掉"
    assert '<a href="downloads/a-1.1.pdf" download>PDF</a>（1.2 MB）、' in home(site)
    assert home(site).count("帶著走") == 1 and "筆記本" not in home(site)
    (site / "downloads" / "b.epub").unlink()
    downloads.refresh(site)
    assert "EPUB" not in home(site) and "PDF" in home(site)


def test_the_home_page_has_a_place_for_them():
    assert downloads.PLACE.search((ROOT / "book" / "index.md").read_text(encoding="utf-8"))


def test_colab_needs_a_repository_it_can_open(page_files):
    opened = page_files.colab("https://github.com/someone/course", "03-kl")
    assert opened.endswith("/github/someone/course/blob/notebooks/03-kl.ipynb")
    assert page_files.colab("", "03-kl") == page_files.colab("https://git.example/a/b", "03-kl") == ""
    assert "Colab" not in page_files.links("03-kl", "ex03_kl", "")
    assert "Colab" in page_files.links("03-kl", "", "https://github.com/someone/course")


def test_the_workflow_puts_the_notebooks_where_colab_looks(page_files):
    publish = (ROOT / ".github" / "workflows" / "publish.yml").read_text(encoding="utf-8")
    assert f"HEAD:refs/heads/{page_files.BRANCH}" in publish


def test_every_chapter_of_the_book_offers_its_notebook(page_files):
    book = require_book()
    for page in sorted(book.glob("[01][0-9]-*.html")):
        offered = [str(tag["href"]) for tag in parse(page).select(".page-files a[download]")]
        assert offered[0] == f"downloads/notebooks/{page.stem}.ipynb"
        for href in offered:
            assert json.loads((book / href).read_text(encoding="utf-8"))["nbformat"] == 4
