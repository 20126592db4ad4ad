"""突變測試：把解答改錯一個小地方，檢查要抓得到。

``python -m vae_from_scratch.course.mutation``（``make mutation``）改遍每一份解答；``--sample 40`` 抽幾個。
存活的突變（改了也沒被抓到）每一個都要在 ``tests/exercises/survivors.toml`` 裡說明為什麼不必抓。
"""

import argparse
import ast
import copy
import random
import sys
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from .outcomes import PASSED
from .running import Submission, run_set
from .sets import CourseError, ExerciseSet, all_sets, course_root, find_set

REQUIRED = 0.97
SURVIVORS = Path("tests") / "exercises" / "survivors.toml"

_BINARY: dict[type[ast.operator], tuple[type[ast.operator], ...]] = {
    ast.Add: (ast.Sub,),
    ast.Sub: (ast.Add,),
    ast.Mult: (ast.Div, ast.Add),
    ast.Div: (ast.Mult,),
    ast.FloorDiv: (ast.Mult,),
    ast.Pow: (ast.Mult,),
}
_COMPARE: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
_CALLS = {
    "sum": "mean",
    "mean": "sum",
    "exp": "expm1",
    "expm1": "exp",
    "log": "log1p",
    "log1p": "log",
    "sqrt": "square",
    "square": "sqrt",
    "maximum": "minimum",
    "minimum": "maximum",
    "max": "min",
    "min": "max",
    "zeros": "ones",
    "ones": "zeros",
    "zeros_like": "ones_like",
    "ones_like": "zeros_like",
    "var": "std",
    "std": "var",
    "argmax": "argmin",
    "argsort": "sort",
}


@dataclass(frozen=True)
class Mutant:
    """改錯了一處的解答。``label`` 是「函式：原本 → 改成」，也是說明檔裡的名字。"""

    exercise_set: ExerciseSet
    label: str
    tree: ast.Module


def mutants_of(exercise_set: ExerciseSet) -> Iterator[Mutant]:
    """一份解答的每一種單點突變；只改函式的內容，不改說明與型別。"""
    tree = ast.parse(exercise_set.solution.read_text("utf-8"))
    for function in [node for node in tree.body if isinstance(node, ast.FunctionDef)]:
        seen: dict[str, int] = {}
        for before, after, mutated in _mutations(tree, function):
            label = f"{function.name}：{before} → {after}"
            seen[label] = seen.get(label, 0) + 1
            label += f"（第 {seen[label]} 處）" if seen[label] > 1 else ""
            yield Mutant(exercise_set, label, mutated)


def _mutations(tree: ast.Module, function: ast.FunctionDef) -> Iterator[tuple[str, str, ast.Module]]:
    """逐一改動每個節點：改好、複製這個函式、改回來；其餘的函式與原來的樹共用。"""
    statements = function.body[1:] if ast.get_docstring(function) else function.body
    names = [argument.arg for argument in function.args.args]
    for statement in statements:
        # axis=-1 改成 axis=+1 在二維陣列上是同一件事；它的數字 1 改成 2 就夠了。
        axes = {id(k.value) for k in ast.walk(statement) if isinstance(k, ast.keyword) and k.arg == "axis"}
        for node in [node for node in ast.walk(statement) if id(node) not in axes]:
            for change in _changes(node, names):
                before = ast.unparse(statement)
                undo = change()
                after = ast.unparse(statement)
                changed = copy.deepcopy(function) if after != before else None
                undo()
                if changed is not None:
                    yield before, after, _with(tree, function, changed)


def _with(tree: ast.Module, function: ast.FunctionDef, changed: ast.FunctionDef) -> ast.Module:
    return ast.Module([changed if node is function else node for node in tree.body], tree.type_ignores)


Change = Callable[[], Callable[[], None]]


def _set(node: ast.AST, field: str, value: object) -> Change:
    """把 ``node.field`` 換成 ``value``；傳回的函式會還原。"""

    def change() -> Callable[[], None]:
        original = getattr(node, field)
        setattr(node, field, value)
        return lambda: setattr(node, field, original)

    return change


def _changes(node: ast.AST, names: list[str]) -> Iterator[Change]:
    """一個節點可以怎麼改。"""
    if isinstance(node, ast.BinOp | ast.AugAssign):
        yield from (_set(node, "op", other()) for other in _BINARY.get(type(node.op), ()))
    elif isinstance(node, ast.Compare) and type(node.ops[0]) in _COMPARE:
        yield _set(node, "ops", [_COMPARE[type(node.ops[0])](), *node.ops[1:]])
    elif isinstance(node, ast.BoolOp):
        yield _set(node, "op", ast.Or() if isinstance(node.op, ast.And) else ast.And())
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        yield _set(node, "op", ast.UAdd())
    elif isinstance(node, ast.Constant):
        yield from _constant_changes(node)
    elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in names:
        yield from (_set(node, "id", other) for other in names if other != node.id)
    elif isinstance(node, ast.Call):
        yield from _call_changes(node)
    elif isinstance(node, ast.Tuple) and isinstance(node.ctx, ast.Load) and len(node.elts) == 2:
        yield _set(node, "elts", node.elts[::-1])


def _constant_changes(node: ast.Constant) -> Iterator[Change]:
    if isinstance(node.value, bool):
        yield _set(node, "value", not node.value)
    elif isinstance(node.value, int | float):
        yield _set(node, "value", node.value + 1)
        if node.value not in (0, 1):
            yield _set(node, "value", node.value * 2)


def _call_changes(node: ast.Call) -> Iterator[Change]:
    """換成相近的函式、拿掉外層的函式、拿掉一個具名引數。"""
    if isinstance(node.func, ast.Attribute):
        if node.func.attr in _CALLS:
            yield _set(node.func, "attr", _CALLS[node.func.attr])
        if isinstance(node.func.value, ast.Name) and node.func.value.id == "np" and len(node.args) == 1:
            yield _set(node, "func", ast.Name("_identity", ast.Load()))
    for keyword in node.keywords:
        yield _set(node, "keywords", [other for other in node.keywords if other is not keyword])


def survives(mutant: Mutant, time_limit: float = 2.0) -> bool:
    """這個突變沒有被檢查抓到嗎？載入失敗、出錯、算太久都算抓到。"""
    module = ModuleType(mutant.exercise_set.stem)
    path = mutant.exercise_set.solution
    module.__file__ = str(path)
    vars(module)["_identity"] = lambda value, **options: value
    exec(compile(ast.fix_missing_locations(mutant.tree), str(path), "exec"), vars(module))
    outcomes = run_set(mutant.exercise_set, Submission(path, module), time_limit=time_limit)
    return all(outcome.status == PASSED for outcome in outcomes)


def explanations(root: Path) -> dict[str, dict[str, str]]:
    """``survivors.toml``：每一組裡「突變 → 為什麼不必抓」。"""
    path = root / SURVIVORS
    return tomllib.loads(path.read_text("utf-8")) if path.exists() else {}


def main(arguments: list[str] | None = None) -> int:
    """命令列的入口；傳回結束碼，有沒登記的存活突變就是 1。"""
    parser = argparse.ArgumentParser(prog="python -m vae_from_scratch.course.mutation", description=__doc__)
    parser.add_argument("sets", nargs="*", metavar="組", help="例如 2 或 ex02；不寫就是全部")
    parser.add_argument("--sample", type=int, metavar="個數", help="只試隨機的幾個（種子固定）")
    args = parser.parse_args(arguments)
    root = course_root()
    try:
        sets = [find_set(text, root) for text in args.sets] or all_sets(root)
    except CourseError as error:
        print(error, file=sys.stderr)
        return 2
    mutants = [mutant for chosen in sets for mutant in mutants_of(chosen)]
    if args.sample is not None and args.sample < len(mutants):
        mutants = random.Random(0).sample(mutants, args.sample)
    return judge(mutants, explanations(root), whole=args.sample is None)


def judge(mutants: list[Mutant], explained: dict[str, dict[str, str]], *, whole: bool) -> int:
    """逐一試，印出存活的；比例不足、有沒說明的存活者、或說明了卻已經抓得到，都算失敗。"""
    survivors = []
    for number, mutant in enumerate(mutants, 1):
        if survives(mutant):
            survivors.append(mutant)
        if sys.stderr.isatty():
            print(f"\r{number}/{len(mutants)}　存活 {len(survivors)}", end="", file=sys.stderr, flush=True)
    if sys.stderr.isatty():
        print(file=sys.stderr)
    unexplained = 0
    for mutant in survivors:
        why = explained.get(mutant.exercise_set.name, {}).get(mutant.label)
        unexplained += why is None
        print(f"存活　{mutant.exercise_set.name}　{mutant.label}\n　　　{why or '（還沒有說明）'}")
    stale = _stale(mutants, survivors, explained) if whole else []
    for label in stale:
        print(f"說明檔裡的「{label}」已經不存在或抓得到了，請刪掉。")
    rate = 1 - len(survivors) / max(len(mutants), 1)
    caught = len(mutants) - len(survivors)
    print(f"突變 {len(mutants)} 個，抓到 {caught} 個（{rate:.1%}，至少要 {REQUIRED:.0%}）")
    return int(rate < REQUIRED or unexplained > 0 or bool(stale) or not mutants)


def _stale(mutants: list[Mutant], survivors: list[Mutant], explained: dict[str, dict[str, str]]) -> list[str]:
    alive = {(mutant.exercise_set.name, mutant.label) for mutant in survivors}
    tried = {mutant.exercise_set.name for mutant in mutants}
    return [
        f"{name}　{label}"
        for name in tried & explained.keys()
        for label in explained[name]
        if (name, label) not in alive
    ]


if __name__ == "__main__":
    sys.exit(main())
