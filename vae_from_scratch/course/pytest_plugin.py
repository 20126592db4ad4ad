"""pytest 外掛：分數、「尚未作答」、先說症狀的診斷、總分。

``--target solutions``（預設）檢查解答，輸出照 pytest 的樣子；``--target exercises`` 檢查讀者的作答，
只跑有分數的檢查，輸出換成讀者看的報告。分數在收集時就記下，沒有跑到的檢查是 0 分。
"""

from collections.abc import Generator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from . import report as reports
from .draws import Draw
from .outcomes import NOT_RUN, PASSED, Case, Outcome, Points, make_case
from .running import TIME_LIMIT, Earlier, Submission, TimeLimit, classify, limited
from .sets import ExerciseSet, set_of_test_file

_OUTCOMES = pytest.StashKey[dict[str, Outcome]]()
_SETS = pytest.StashKey[dict[str, ExerciseSet]]()
_SUBMISSIONS = pytest.StashKey[dict[Path, Submission]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.getgroup("course", "練習").addoption(
        "--target",
        default="solutions",
        metavar="資料夾",
        help="檢查哪裡的檔案：solutions（預設）、exercises，或任何資料夾",
    )


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "points(value, hint, chapter): 這個檢查值幾分、提示與章節")
    config.stash[_OUTCOMES], config.stash[_SETS], config.stash[_SUBMISSIONS] = {}, {}, {}
    if _for_learner(config):
        config.option.verbose = min(config.option.verbose, 0) - 2  # 不要 pytest 的英文標頭與統計
        config.option.reportchars = ""
        if config.option.tbstyle == "auto":
            config.option.tbstyle = "no"


def _for_learner(config: pytest.Config) -> bool:
    return config.getoption("--target") != "solutions"


@pytest.fixture
def target(request: pytest.FixtureRequest) -> Submission:
    """被檢查的檔案，當作模組用。"""
    path = set_of_test_file(request.path).file_in(request.config.getoption("--target"))
    return request.config.stash[_SUBMISSIONS].setdefault(path, Submission(path))


@pytest.fixture
def earlier(request: pytest.FixtureRequest) -> Earlier:
    """``earlier("ex02", "reparameterize")``：前一組的函式。"""
    return Earlier(set_of_test_file(request.path).root, request.config.getoption("--target"))


@pytest.fixture
def draw(request: pytest.FixtureRequest) -> Draw:
    """抽題目的輸入；每次都一樣，與 ``exercises test`` 也一樣。"""
    return Draw(set_of_test_file(request.path).name, request.node.name)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """在任何人用 ``-k`` 之類的條件挑選之前，把每個檢查的分數記下來。"""
    for item in items:
        if case := _case_of(item):
            config.stash[_OUTCOMES][item.nodeid] = Outcome(case)
            config.stash[_SETS][case.set_name] = set_of_test_file(item.path)
    if _for_learner(config):
        others = [item for item in items if item.nodeid not in config.stash[_OUTCOMES]]
        items[:] = [item for item in items if item.nodeid in config.stash[_OUTCOMES]]
        config.hook.pytest_deselected(items=others)


def _case_of(item: pytest.Item) -> Case | None:
    if (mark := item.get_closest_marker("points")) is None:
        value = getattr(getattr(item, "function", None), "course_points", None)
    else:
        value = _points_of(*mark.args, **mark.kwargs)
    if value is None:
        return None
    set_name = set_of_test_file(item.path).name
    return make_case(set_name, item.name, getattr(item, "function").__doc__, value)  # noqa: B009


def _points_of(value: int, hint: Any = (), chapter: str = "") -> Points:
    return Points(value, (hint,) if isinstance(hint, str) else tuple(hint), chapter)


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, object, object]:
    """讀者的無窮迴圈不會讓整個檢查卡住。"""
    if pyfuncitem.nodeid not in pyfuncitem.config.stash[_OUTCOMES]:
        return (yield)
    try:
        with limited(TIME_LIMIT):
            return (yield)
    except TimeLimit as stopped:
        raise RuntimeError("time limit") from stopped


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    result = yield
    outcomes = item.config.stash[_OUTCOMES]
    if item.nodeid not in outcomes:
        return result
    outcome = outcomes[item.nodeid]
    if result.failed and call.excinfo is not None:
        error = call.excinfo.value
        error = error.__cause__ if isinstance(error.__cause__, TimeLimit) else error
        path = set_of_test_file(item.path).file_in(item.config.getoption("--target"))
        outcome = classify(outcome.case, error, path)
        result.longrepr = _long_text(outcome, item.config)
    elif result.when == "call" and result.passed and not hasattr(result, "wasxfail"):
        outcome = replace(outcome, status=PASSED)
    elif result.skipped or hasattr(result, "wasxfail"):
        outcome = replace(outcome, status=NOT_RUN)
    notes = getattr(getattr(item, "funcargs", {}).get("earlier"), "notes", ())
    outcomes[item.nodeid] = replace(outcome, printed=result.capstdout, notes=tuple(notes))
    return result


def _long_text(outcome: Outcome, config: pytest.Config) -> str:
    if outcome.failure is None:
        return outcome.status
    return reports.failure_block(outcome, _rerun(config)(outcome.case))


def _rerun(config: pytest.Config) -> reports.Rerun:
    def command(case: Case) -> str:
        tests = config.stash[_SETS][case.set_name].tests.name
        folder = config.getoption("--target")
        return f"pytest tests/exercises/{tests} --target {folder} -k {case.function}"

    return command


def pytest_report_teststatus(report: pytest.TestReport, config: pytest.Config) -> tuple[str, str, str] | None:
    """讀者的報告自己說結果，不印點與 F。"""
    if _for_learner(config) and report.nodeid in config.stash[_OUTCOMES]:
        return (report.outcome if report.when == "call" or report.failed else "", "", "")
    return None


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    outcomes, sets = list(config.stash[_OUTCOMES].values()), config.stash[_SETS]
    if not outcomes:
        return
    titles = {name: exercise_set.title for name, exercise_set in sets.items()}
    if not _for_learner(config):
        terminalreporter.section("練習的解答")
        terminalreporter.write("\n".join(reports.summary(outcomes, titles)) + "\n")
        return
    folder = Path(config.getoption("--target")).as_posix()
    text = reports.report(
        outcomes,
        _rerun(config),
        titles,
        where=lambda case: f"{folder}/{sets[case.set_name].stem}.py",
        colour=terminalreporter.hasmarkup,
    )
    terminalreporter.write(text + "\n")
