"""匯出的筆記本在執行時用的兩個函式：印出書裡引用的數字，檢查練習的作答。"""

import sys
from collections.abc import Mapping
from types import ModuleType
from typing import Any

from . import report
from .errors import Cells
from .running import Submission, load, run_set
from .sets import course_root, find_set


def glue(name: str, value: Any, display: bool = True) -> None:
    """書裡的數字 ``name``：印成「名字 = 值」，讓讀者對照內文。``display`` 只是為了與 myst_nb 的寫法相同。"""
    print(f"{name} = {value:.6g}" if isinstance(value, float) else f"{name} = {value}")


def check(name: str, answers: Mapping[str, Any]) -> None:
    """用筆記本裡定義的函式（``globals()``）檢查一組練習，印出診斷與分數。"""
    chosen = find_set(name, course_root())
    missing = [function for function in _functions(load(chosen.exercise)) if function not in answers]
    if missing:
        print(f"還沒有執行這幾格，或執行時出錯了：{'、'.join(missing)}。由上往下執行每一格，再回到這裡。")
        return
    module = ModuleType(chosen.stem)
    vars(module).update(answers)
    place = Cells(answers, _cell_number)
    outcomes = run_set(chosen, Submission(chosen.exercise, module, place=place))
    titles = {chosen.name: chosen.title}
    print(
        report.report(
            outcomes,
            lambda set_name, function: "改好那一格，執行它，再執行這一格",
            titles,
            where=lambda case: "上面的筆記本",
            onward="滿分。每一格都對了；再打開下一組的筆記本。",
        )
    )


def _cell_number(filename: str) -> str:
    """IPython 編譯一格用的檔名 →「In [5]」；查不到是空的。"""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    numbers = getattr(getattr(shell, "compile", None), "_filename_map", {})
    return f"In [{numbers[filename]}]" if filename in numbers else ""


def _functions(module: ModuleType) -> list[str]:
    return [
        name for name, value in vars(module).items() if getattr(value, "__module__", "") == module.__name__
    ]
