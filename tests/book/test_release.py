"""發行的檔案與倉庫的檔案：一個版本、一份紀錄，打包的內容與雜湊都對。"""

import re
import zipfile
from pathlib import Path

import pytest
import yaml

import make
import vae_from_scratch
from book import release, study_archive

ROOT = make.ROOT


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def citation() -> dict:
    return yaml.safe_load(text("CITATION.cff"))


# ── 一個版本 ──────────────────────────────────────────────────────────


def test_the_version_is_the_same_everywhere():
    number = vae_from_scratch.__version__
    numbered = re.findall(r"^## \[(\d.*)\] - (\d{4}-\d\d-\d\d)$", text("CHANGELOG.md"), re.M)
    assert numbered[0] == (number, citation()["date-released"])
    assert citation()["version"] == release.version() == number
    assert f"版本 {number}}}" in text("README.md") and f"版本 {number}，" in text("book/index.md")


def test_changes_are_told_in_order():
    """最新的在最上面，最前面是還沒發行的；小標題只有那幾種。"""
    titles = re.findall(r"^## \[(.+?)\]", text("CHANGELOG.md"), re.M)
    assert titles[0] == "未發行" and titles[1:] == sorted(titles[1:], reverse=True)
    kinds = set(re.findall(r"^### (.+)$", text("CHANGELOG.md"), re.M))
    assert kinds <= {"新增", "變更", "棄用", "移除", "修正", "安全"}


def test_the_citation_has_what_the_format_asks():
    said = citation()
    assert {"cff-version", "message", "title", "authors", "version", "date-released"} <= set(said)
    assert said["cff-version"] == "1.2.0" and said["title"] in text("_config.yml")
    assert all(author.get("name") or author.get("family-names") for author in said["authors"])
    assert f"title  = {{{said['title']}}}" in text("README.md")


# ── 表單 ──────────────────────────────────────────────────────────────

FORMS = sorted(
    path for path in (ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml") if path.name != "config.yml"
)
PARTS = {"input", "textarea", "dropdown", "checkboxes", "markdown"}


@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.name)
def test_a_form_asks_clearly(path):
    form = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert {"name", "description", "title", "body"} == set(form)
    names = [part["id"] for part in form["body"]]
    assert len(set(names)) == len(names) and all(part["attributes"]["label"] for part in form["body"])
    assert {part["type"] for part in form["body"]} <= PARTS
    assert any(part.get("validations", {}).get("required") for part in form["body"])


def test_the_form_of_the_link_in_the_book_takes_the_page():
    form = yaml.safe_load(text(".github/ISSUE_TEMPLATE/text-error.yml"))
    assert form["body"][0]["id"] == "page" and form["title"] == "勘誤："
    assert '"template": "text-error.yml"' in text("book/_ext/page_head.py")


def test_the_form_lists_every_set_of_exercises():
    form = yaml.safe_load(text(".github/ISSUE_TEMPLATE/exercise.yml"))
    assert form["body"][0]["attributes"]["options"] == sorted(
        path.name[:4] for path in (ROOT / "exercises").glob("ex*.py")
    )


def test_hooks_download_nothing():
    hooks = yaml.safe_load(text(".pre-commit-config.yaml"))["repos"]
    assert [repo["repo"] for repo in hooks] == ["local"]
    for hook in hooks[0]["hooks"]:
        assert hook["language"] == "system" and hook["entry"].split()[:2] == ["python", "make.py"]
        assert hook["entry"].split()[2] in make.TASKS


def test_line_endings_never_change_the_bytes_of_a_table():
    """測試用的表有 Big5 與各種行尾；Windows 取出來要一模一樣，其餘的檔案一律 LF。"""
    rules = [
        line.split() for line in text(".gitattributes").splitlines() if line and not line.startswith("#")
    ]
    assert ["*", "text=auto", "eol=lf"] in rules and ["*.csv", "-text"] in rules


# ── 打包 ──────────────────────────────────────────────────────────────


@pytest.fixture
def repository(tmp_path):
    """版本 1.2.0 的倉庫。"""
    (tmp_path / "vae_from_scratch").mkdir()
    (tmp_path / "vae_from_scratch" / "__init__.py").write_text('__version__ = "1.2.0"\n')
    (tmp_path / "CHANGELOG.md").write_text(
        "# 紀錄\n\n## [未發行]\n\n## [1.2.0] - 2030-01-02\n\n- 甲\n\n## [1.1.0] - 2029-01-01\n\n- 乙\n"
    )
    return tmp_path


def test_a_tag_must_be_the_version_and_be_told(repository):
    release.check("v1.2.0", repository)
    assert release.changes("1.2.0", repository) == "- 甲"
    for tag in ("1.2.0", "v1.2.1"):
        with pytest.raises(release.Problem, match=re.escape(tag)):
            release.check(tag, repository)
    (repository / "CHANGELOG.md").write_text("# 紀錄\n\n## [未發行]\n\n- 甲\n")
    with pytest.raises(release.Problem, match="CHANGELOG"):
        release.check("v1.2.0", repository)


STUDY, KEY = "0123456789ab", "0123456789abcdef"


def build_of(folder: Path) -> Path:
    """建好的書、筆記本、一項訓練的結果與一份 PDF。"""
    for name in (
        "html/index.html",
        "html/_static/a.css",
        "notebooks/book/01.ipynb",
        f"study/{STUDY}/{KEY}.npz",
        f"vae-from-scratch-{vae_from_scratch.__version__}.pdf",
    ):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name, encoding="utf-8")
    return folder


def test_a_release_is_complete_and_the_same_every_time(monkeypatch, tmp_path):
    monkeypatch.setattr(release, "wheel", lambda target: (target / "course.whl").write_text("套件"))
    build = build_of(tmp_path / "build")
    for name in ("one", "two"):
        release.release(tmp_path / name, list((build / "study" / STUDY).iterdir()), build)
    name = f"vae-from-scratch-{vae_from_scratch.__version__}"
    packed = {file.name: file.read_bytes() for file in (tmp_path / "one").iterdir()}
    assert packed == {file.name: file.read_bytes() for file in (tmp_path / "two").iterdir()}
    assert set(packed) == {
        "SHA256SUMS", "notes.md", f"{name}.pdf", "course.whl",
        f"{name}-site.zip", f"{name}-notebooks.zip", f"{name}-study-{STUDY}.zip",
    }  # fmt: skip
    with zipfile.ZipFile(tmp_path / "one" / f"{name}-site.zip") as site:
        carried = [f"downloads/{file}" for file in ("course.whl", f"{name}-notebooks.zip", f"{name}.pdf")]
        assert site.namelist() == [f"{name}/{file}" for file in ("_static/a.css", *carried, "index.html")]
        assert site.testzip() is None
    contents = study_archive.check(tmp_path / "one" / f"{name}-study-{STUDY}.zip")
    assert (contents.study, list(contents.files)) == (STUDY, [f"{KEY}.npz"])
    assert f"{contents.digest}  {name}-study-{STUDY}.zip\n" in packed["SHA256SUMS"].decode(), "兩處同一個雜湊"
    assert "STUDY=" in packed["notes.md"].decode()
    assert packed["SHA256SUMS"].decode().count("\n") == len(packed) - 2
    assert f"{name}-site.zip" in packed["notes.md"].decode() and "新增" in packed["notes.md"].decode()


def test_a_release_without_all_the_results_is_refused(monkeypatch, tmp_path):
    monkeypatch.setattr(study_archive, "results_of_the_book", lambda: [tmp_path / f"{KEY}.npz"])
    with pytest.raises(release.Problem, match="還少 1 項結果。請先執行 make study"):
        release.study_results()
    (tmp_path / f"{KEY}.npz").touch()
    assert release.study_results() == [tmp_path / f"{KEY}.npz"]


@pytest.mark.slow
def test_the_package_is_built_from_a_copy(tmp_path):
    """真的建一次，不連線；原始檔的資料夾裡不留下東西，zip 裡不留下時間。"""
    before = set(ROOT.iterdir())
    release.wheel(tmp_path)
    (file,) = tmp_path.glob("*.whl")
    assert file.name == f"vae_from_scratch-{vae_from_scratch.__version__}-py3-none-any.whl"
    assert set(ROOT.iterdir()) <= before
    with zipfile.ZipFile(file) as package:
        assert {"vae_from_scratch/py.typed", "vae_from_scratch/model.py"} <= set(package.namelist())
        assert {entry.date_time[0] for entry in package.infolist()} == {1980}
