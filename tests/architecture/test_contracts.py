"""匯入的方向：三份契約都守住；每一種違反都抓得到。"""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.architecture.chapters import chapters_of

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "vae_from_scratch"
LINT = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True))"
#: 契約不管的：給核心以外的人用的工具，與套件的入口。
TOOLS = {"__init__", "__main__", "arithmetic", "plotting", "fonts", "interactive", "sources", "course"}
TOOLS |= {"stills", "progress", "cluster", "remote", "narrow_figures"}


def contracts():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return settings["tool"]["importlinter"]["contracts"]


def lint(folder):
    """在 ``folder`` 裡檢查；那裡要有套件、tests/architecture 與 pyproject.toml。"""
    return subprocess.run(
        [sys.executable, "-c", LINT], cwd=folder, capture_output=True, text=True, check=False,
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(folder), os.environ.get("PYTHONPATH", "")])},
    )  # fmt: skip


@pytest.fixture
def copy(tmp_path):
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(PACKAGE, tmp_path / "vae_from_scratch", ignore=ignored)
    shutil.copytree(ROOT / "tests" / "architecture", tmp_path / "tests" / "architecture", ignore=ignored)
    (tmp_path / "tests" / "__init__.py").touch()
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_the_contracts_are_kept():
    done = lint(ROOT)
    assert done.returncode == 0 and f"{len(contracts())} kept, 0 broken" in done.stdout, done.stdout


#: 違反的匯入（寫在函式裡也算）→ 報告裡要有的字。
VIOLATIONS = {
    "tables/schema.py": ("from ..housing.data import Houses", "tables.schema -> vae_from_scratch.housing"),
    "housing/data.py": ("from ..cli.fit import run", "housing.data -> vae_from_scratch.cli.fit"),
    "tables/seeds.py": ("from ..bench.problem import load", "tables.seeds -> vae_from_scratch.bench.problem"),
    "gaussian.py": ("from .likelihood import Bernoulli", "gaussian（第 2 章）匯入第 5 章的"),
    "likelihood.py": ("from .model import VAE", "likelihood（第 5 章）匯入第 8 章的"),
    "gradients/layers.py": ("from ..tables.measures import read_out", "匯入不是核心的"),
    "course/sets.py": ("from ..gaussian import log_prob", "course.sets -> vae_from_scratch.gaussian"),
}


def test_every_violation_is_found(copy):
    for module, (line, _) in VIOLATIONS.items():
        with (copy / "vae_from_scratch" / module).open("a", encoding="utf-8") as file:
            file.write(f"\n\ndef _lazy():\n    {line}\n")
    done = lint(copy)
    assert done.returncode == 1 and "0 kept, 3 broken" in done.stdout, done.stdout
    assert [words for _, words in VIOLATIONS.values() if words not in " ".join(done.stdout.split())] == []


def test_every_module_has_its_place():
    """新的模組要寫進契約：核心的要有章，其餘的要在方向的那一份裡。"""
    layers, chapters, course = contracts()
    placed = {name.rpartition(".")[2] for name in layers["layers"]}
    placed |= {name.split(".")[0] for name in chapters_of(chapters["modules"])}
    folders = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    modules = folders | {path.stem for path in PACKAGE.glob("*.py")}
    assert modules - TOOLS <= placed
    forbidden = {name.rpartition(".")[2] for name in course["forbidden_modules"]}
    assert modules - forbidden <= {"__init__", "__main__", "course", "files", "sources"}


def test_the_first_line_of_a_module_names_its_chapter():
    """給人看的（說明的第一段）與給機器看的（契約）是同一個章。"""
    for name, chapter in chapters_of(contracts()[1]["modules"]).items():
        path = PACKAGE.joinpath(*name.split("."))
        path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
        heading = path.read_text(encoding="utf-8").split("\n\n")[0].split('"""')[1]
        mentioned = " ".join(re.findall(r"第 ([\d、]+) 章", heading))
        wrong = f"{name} 的說明是「{heading}」，契約是第 {chapter} 章"
        assert str(chapter) in re.findall(r"\d+", mentioned), wrong
