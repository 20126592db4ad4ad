"""import-linter 的一種契約：核心的模組只匯入自己這一章與前面各章的模組。"""

from typing import Any

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output


class Chapters(Contract):
    """``modules`` 的每一項是「模組 章」；沒有列出的模組，核心不可以匯入。"""

    type_name = "chapters"
    package = fields.StringField()
    modules = fields.ListField(subfield=fields.StringField())

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        lines: Any = self.modules  # 在這裡已經是讀進來的串列
        chapters = chapters_of(lines)
        broken = []
        for module, chapter in chapters.items():
            for imported in sorted(imports_of(graph, f"{self.package}.{module}")):
                name = owner(imported.removeprefix(f"{self.package}."), chapters)
                if name is None or chapters[name] > chapter:
                    broken.append((module, chapter, imported, chapters.get(name or "")))
        return ContractCheck(kept=not broken, metadata={"broken": broken})

    def render_broken_contract(self, check: ContractCheck) -> None:
        for module, chapter, imported, later in check.metadata["broken"]:
            where = f"第 {later} 章的" if later else "不是核心的"
            output.print_error(f"{module}（第 {chapter} 章）匯入{where} {imported}")


def chapters_of(lines: list[str]) -> dict[str, int]:
    """「gaussian 2」→ {"gaussian": 2}。"""
    return {name: int(chapter) for name, chapter in (line.split() for line in lines)}


def imports_of(graph: ImportGraph, module: str) -> set[str]:
    """``module`` 與它裡面各模組匯入的、在它外面的模組。"""
    inside = {module} | graph.find_descendants(module)
    found: set[str] = set().union(*(graph.find_modules_directly_imported_by(one) for one in inside))
    return found - inside


def owner(name: str, chapters: dict[str, Any]) -> str | None:
    """``gradients.layers`` 沒有自己的一項時，算在 ``gradients``。"""
    while name not in chapters and "." in name:
        name = name.rpartition(".")[0]
    return name if name in chapters else None
