"""說明文字：公開的每個名字都在 API 頁，有式子或形狀，有執行得過的例子；套件裡沒有一個函式少了說明。"""

import ast
import doctest
import importlib
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import vae_from_scratch

PACKAGE = Path(vae_from_scratch.__file__).resolve().parent
API = (PACKAGE.parent / "book" / "api.md").read_text(encoding="utf-8")
MATHS = re.compile(r":math:|\.\. math::|形狀|\([NDVd]\b|\(size,\)")


def public() -> Iterator[tuple[str, Any]]:
    """公開的名字；模組算它裡面的函式。"""
    for name in vae_from_scratch.__all__:
        found = getattr(vae_from_scratch, name)
        if not inspect.ismodule(found):
            yield name, found
            continue
        for inner, value in vars(found).items():
            if inspect.isfunction(value) and value.__module__ == found.__name__ and inner[0] != "_":
                yield f"{name}.{inner}", value


def documented(name: str, thing: Any) -> list[str]:
    """這個公開的名字少了什麼。"""
    text = inspect.getdoc(thing) or ""
    wanted = {
        "API 頁上沒有": bool(re.search(rf"^\.\. auto\w+:: vae_from_scratch\.{re.escape(name)}$", API, re.M)),
        "沒有式子或形狀": bool(MATHS.search(text)),
        "沒有例子": ">>> " in text,
    }
    return [problem for problem, holds in wanted.items() if not holds]


def test_the_public_face_is_small() -> None:
    assert len(list(public())) <= 40


@pytest.mark.parametrize(("name", "thing"), list(public()), ids=[name for name, _ in public()])
def test_every_public_name_is_documented(name: str, thing: Any) -> None:
    assert documented(name, thing) == []


def test_the_check_sees_what_is_missing() -> None:
    """反例。"""
    assert documented("nothing", lambda: None) == ["API 頁上沒有", "沒有式子或形狀", "沒有例子"]


def test_names_are_where_the_type_checker_thinks() -> None:
    """``if TYPE_CHECKING:`` 裡的與 HOMES 是同一張表。"""
    text = (PACKAGE / "__init__.py").read_text(encoding="utf-8")
    typed = {
        alias.name: node.module
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.ImportFrom) and node.level
        for alias in node.names
    }
    assert typed == {name: home for name, home in vae_from_scratch.HOMES.items() if name != home}


# ── 例子 ──────────────────────────────────────────────────────────────

WITH_EXAMPLES = sorted(
    path.relative_to(PACKAGE).with_suffix("").as_posix().replace("/", ".").removesuffix(".__init__")
    for path in PACKAGE.rglob("*.py")
    if ">>> " in path.read_text(encoding="utf-8")
)


@pytest.mark.parametrize("module", WITH_EXAMPLES)
def test_examples_give_what_they_show(module: str) -> None:
    """例子裡可以用 np 與公開的名字，與 API 頁說的一樣。"""
    names = {name: getattr(vae_from_scratch, name) for name in vae_from_scratch.__all__}
    found = importlib.import_module(f"vae_from_scratch.{module}")
    outcome = doctest.testmod(found, extraglobs=names | {"np": np}, verbose=False)
    assert outcome.attempted and not outcome.failed


# ── 套件裡的每一個函式 ────────────────────────────────────────────────


def undocumented(tree: ast.Module) -> set[str]:
    """沒有說明文字的公開函式、類別與方法；名字有底線的、寫在函式裡的、Protocol 的樁、pytest 的掛鉤不算。"""
    return {name for name, node in _public_definitions(tree.body) if ast.get_docstring(node) is None}


def _public_definitions(body: list[ast.stmt], owner: str = "") -> Iterator[tuple[str, Any]]:
    for node in body:
        if not isinstance(node, ast.FunctionDef | ast.ClassDef) or node.name.startswith(("_", "pytest_")):
            continue
        name = f"{owner}{node.name}"
        if isinstance(node, ast.FunctionDef):
            if not _is_stub(node):
                yield name, node
        else:
            yield name, node
            if not any(ast.unparse(base) == "Protocol" for base in node.bases):
                yield from _public_definitions(node.body, f"{name}.")


def _is_stub(node: ast.FunctionDef) -> bool:
    return len(node.body) == 1 and ast.unparse(node.body[0]) == "..."


def test_every_public_function_says_what_it_does() -> None:
    found = {
        path.relative_to(PACKAGE).as_posix(): sorted(names)
        for path in sorted(PACKAGE.rglob("*.py"))
        if (names := undocumented(ast.parse(path.read_text(encoding="utf-8"))))
    }
    assert found == {}


def test_every_module_says_what_it_is() -> None:
    texts = {path: path.read_text(encoding="utf-8") for path in PACKAGE.rglob("*.py")}
    assert [path for path, text in texts.items() if not ast.get_docstring(ast.parse(text))] == []


def test_the_check_sees_an_undocumented_method() -> None:
    """反例。"""
    source = 'class A:\n    """有。"""\n    def b(self):\n        pass\n    def _c(self):\n        pass\n'
    assert undocumented(ast.parse(source)) == {"A.b"}


# ── 各章的連結 ────────────────────────────────────────────────────────

CHAPTERS = sorted((PACKAGE.parent / "book").glob("[01]*.md"))
LINK = re.compile(r"\{py:\w+\}`~?vae_from_scratch\.([\w.]+)`")


def test_every_chapter_says_how_to_use_what_it_introduces() -> None:
    linked = {path.stem: set(LINK.findall(path.read_text(encoding="utf-8"))) for path in CHAPTERS}
    assert [name for name, found in linked.items() if not found] == []
    assert {name for name, _ in public()} <= set().union(*linked.values())


def test_links_go_to_names_that_exist() -> None:
    """連到成員（VAE.fit）的也要真的有那個成員；建書時 Sphinx 會再檢查一次。"""
    for name in {name for path in CHAPTERS for name in LINK.findall(path.read_text(encoding="utf-8"))}:
        found = vae_from_scratch
        for part in name.split("."):
            found = getattr(found, part)
