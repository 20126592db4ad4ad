"""突變測試：把解答改錯一個小地方，檢查要抓得到。

兩個家族分開算：``operators`` 換運算、數字、名字與函式；``numerical`` 是數值上的壞習慣與巧合：
exp 與 log 裡截斷、加 1e-8、單精度、沿錯了軸、把水準或次序排序過。

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

import numpy as np

from .outcomes import PASSED
from .running import Submission, run_set
from .sets import CourseError, ExerciseSet, all_sets, course_root, find_set

#: 家族 → 至少要抓到多少。
REQUIRED = {"operators": 0.99, "numerical": 0.95}
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


Change = Callable[[], Callable[[], None]]
Changes = Callable[[ast.AST, list[str]], Iterator[Change]]


@dataclass(frozen=True)
class Mutant:
    """改錯了一處的解答。``label`` 是「函式：原本 → 改成」，也是說明檔裡的名字。"""

    exercise_set: ExerciseSet
    label: str
    tree: ast.Module


def mutants_of(exercise_set: ExerciseSet, family: str = "operators") -> Iterator[Mutant]:
    """一份解答在一個家族裡的每一種單點突變；只改函式的內容，不改說明與型別。

    ``_broken`` 開頭的是「找錯」的題目裡故意寫壞的程式，不是解答。
    """
    changes = FAMILIES[family]
    tree = ast.parse(exercise_set.solution.read_text("utf-8"))
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    for function in [node for node in functions if not node.name.startswith("_broken")]:
        seen: dict[str, int] = {}
        for before, after, mutated in _mutations(tree, function, changes):
            label = f"{function.name}：{before} → {after}"
            seen[label] = seen.get(label, 0) + 1
            label += f"（第 {seen[label]} 處）" if seen[label] > 1 else ""
            yield Mutant(exercise_set, label, mutated)


def _mutations(
    tree: ast.Module, function: ast.FunctionDef, changes: Changes
) -> Iterator[tuple[str, str, ast.Module]]:
    """逐一改動每個節點：改好、複製這個函式、改回來；其餘的函式與原來的樹共用。"""
    statements = function.body[1:] if ast.get_docstring(function) else function.body
    names = [argument.arg for argument in function.args.args]
    for statement in statements:
        # axis=-1 改成 axis=+1 在二維陣列上是同一件事；它的數字 1 改成 2 就夠了。
        axes = {id(k.value) for k in ast.walk(statement) if isinstance(k, ast.keyword) and k.arg == "axis"}
        for node in [node for node in ast.walk(statement) if id(node) not in axes]:
            for change in changes(node, names):
                before = ast.unparse(statement)
                undo = change()
                after = ast.unparse(statement)
                changed = copy.deepcopy(function) if after != before else None
                undo()
                if changed is not None:
                    yield before, after, _with(tree, function, changed)


def _with(tree: ast.Module, function: ast.FunctionDef, changed: ast.FunctionDef) -> ast.Module:
    return ast.Module([changed if node is function else node for node in tree.body], tree.type_ignores)


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


#: NumPy 的函式 → 它（``_``）換成什麼；``_argument`` 是它的最後一個引數。
_HABITS = {
    "exp": ("np.exp(np.clip(_argument, -20, 20))", "_ + 1e-8"),
    "expm1": ("np.expm1(np.clip(_argument, -20, 20))", "_ + 1e-8"),
    "log": ("np.log(np.maximum(_argument, 1e-6))", "np.log(_argument + 1e-8)"),
    "log1p": ("np.log1p(np.minimum(_argument, 10000.0))", "_ + 1e-8"),
    "sqrt": ("np.sqrt(np.maximum(_argument, 1e-6))", "np.sqrt(_argument + 1e-8)"),
    "logaddexp": ("np.logaddexp(0, np.clip(_argument, -20, 20))",),
    "tanh": ("np.tanh(np.clip(_argument, -10, 10))",),
}
_SINGLE = {*_HABITS, "square", "sum", "mean"}
_ORDERED = {"levels", "groups", "order", "column"}
_OTHER_AXIS = {"-1": "0", "-2": "0", "0": "-1", "1": "0"}


def _numerical_changes(node: ast.AST, names: list[str]) -> Iterator[Change]:
    """``node`` 底下的每一個式子，換成數值上的壞習慣或巧合。"""
    for field, value in ast.iter_fields(node):
        for i, child in enumerate(value if isinstance(value, list) else [value]):
            if isinstance(child, ast.expr):
                for other in _habits(node, child, names):
                    yield _set(
                        node,
                        field,
                        [*value[:i], other, *value[i + 1 :]] if isinstance(value, list) else other,
                    )


def _habits(parent: ast.AST, node: ast.expr, names: list[str]) -> Iterator[ast.expr]:
    if any(isinstance(one, ast.Call) and ast.unparse(one.func) in ("int", "bool") for one in (parent, node)):
        return  # 個數、是或不是：截斷與單精度都改不了它
    if isinstance(parent, ast.keyword) and parent.arg == "axis":
        if (axis := _OTHER_AXIS.get(ast.unparse(node))) is not None:
            yield ast.parse(axis, mode="eval").body
    elif isinstance(parent, ast.Return) and not isinstance(node, ast.Tuple):
        yield from (_wrapped(template, node) for template in ("np.clip(_, -5, 5)", "_single(_)"))
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
        small = ast.BinOp(node.right, ast.Add(), ast.Constant(1e-8))
        yield ast.BinOp(node.left, ast.Div(), small)
    elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
        counted = isinstance(parent, ast.Call) and ast.unparse(parent.func) == "len"  # 個數與次序無關
        if node.id in _ORDERED and node.id in [*names, "levels"] and not counted:
            yield _wrapped("sorted(_)", node)
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and not _constant(node):
        templates = _HABITS.get(node.func.attr, ()) + ("_single(_)",) * (node.func.attr in _SINGLE)
        yield from (_wrapped(template, node, node.args[-1]) for template in templates)


def _constant(node: ast.Call) -> bool:
    """沒有引數，或只由數字與 ``len(…)`` 組成：log 2π、√N，截斷不截斷都一樣。"""
    argument = node.args[-1] if node.args else ast.Constant(0)
    if isinstance(argument, ast.Call) and ast.unparse(argument.func) == "len":
        return True
    return {inner.id for inner in ast.walk(argument) if isinstance(inner, ast.Name)} <= {"np", "math"}


def _wrapped(template: str, node: ast.expr, argument: ast.expr | None = None) -> ast.expr:
    """把 ``template`` 裡的 ``_`` 換成 ``node``，``_argument`` 換成它的引數。"""

    class Fill(ast.NodeTransformer):
        def visit_Name(self, name: ast.Name) -> ast.expr:
            filled = {"_": node, "_argument": argument}.get(name.id)
            return filled if filled is not None else name

    return Fill().visit(ast.parse(template, mode="eval").body)


FAMILIES: dict[str, Changes] = {"operators": _changes, "numerical": _numerical_changes}


def _single(value: object) -> object:
    """單精度走一遭，再回到 float64。"""
    return np.asarray(np.asarray(value, np.float32), float)


def survives(mutant: Mutant, time_limit: float = 2.0) -> bool:
    """這個突變沒有被檢查抓到嗎？載入失敗、出錯、算太久都算抓到。"""
    module = ModuleType(mutant.exercise_set.stem)
    path = mutant.exercise_set.solution
    module.__file__ = str(path)
    vars(module)["_identity"] = lambda value, **options: value
    vars(module)["_single"] = _single
    exec(compile(ast.fix_missing_locations(mutant.tree), str(path), "exec"), vars(module))
    outcomes = run_set(mutant.exercise_set, Submission(path, module), time_limit=time_limit)
    return all(outcome.status == PASSED for outcome in outcomes)


def explanations(root: Path, family: str = "operators") -> dict[str, dict[str, str]]:
    """``survivors.toml``：一個家族裡，每一組的「突變 → 為什麼不必抓」；``[numerical.ex01]`` 是第二個的。"""
    path = root / SURVIVORS
    everything = tomllib.loads(path.read_text("utf-8")) if path.exists() else {}
    numerical = everything.pop("numerical", {})
    return numerical if family == "numerical" else everything


def main(arguments: list[str] | None = None) -> int:
    """命令列的入口；傳回結束碼，有沒登記的存活突變就是 1。"""
    parser = argparse.ArgumentParser(prog="python -m vae_from_scratch.course.mutation", description=__doc__)
    parser.add_argument("sets", nargs="*", metavar="組", help="例如 2 或 ex02；不寫就是全部")
    parser.add_argument("--family", choices=FAMILIES, help="只試一個家族；不寫就是兩個")
    parser.add_argument("--sample", type=int, metavar="個數", help="只試隨機的幾個（種子固定）")
    args = parser.parse_args(arguments)
    root = course_root()
    try:
        sets = [find_set(text, root) for text in args.sets] or all_sets(root)
    except CourseError as error:
        print(error, file=sys.stderr)
        return 2
    codes = []
    for family in [args.family] if args.family else FAMILIES:
        mutants = [mutant for chosen in sets for mutant in mutants_of(chosen, family)]
        if args.sample is not None and args.sample < len(mutants):
            mutants = random.Random(0).sample(mutants, args.sample)
        known = explanations(root, family)
        codes.append(judge(mutants, known, whole=args.sample is None, required=REQUIRED[family]))
    return max(codes)


def judge(
    mutants: list[Mutant], explained: dict[str, dict[str, str]], *, whole: bool, required: float = 0.97
) -> int:
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
    print(f"突變 {len(mutants)} 個，抓到 {caught} 個（{rate:.1%}，至少要 {required:.0%}）")
    return int(rate < required or unexplained > 0 or bool(stale) or not mutants)


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
