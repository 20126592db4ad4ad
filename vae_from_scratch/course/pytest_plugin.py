"""pytest 外掛：分數、「尚未作答」、先說症狀的診斷、總分。

``--target solutions``（預設）檢查解答，輸出照 pytest 的樣子；``--target exercises`` 檢查讀者的作答，
只跑有分數的檢查，輸出換成讀者看的報告。分數在收集時就記下，沒有跑到的檢查是 0 分。

讀者的作答在 ``worker`` 的行程裡跑，與 ``exercises test`` 相同；檢查用到別的 fixture 時才在這個行程裡跑。
分著跑（pytest-xdist）的時候，各個行程把結果交給印報告的那一個。
"""

from collections.abc import Generator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from . import report as reports
from .commands import Rerun, command_of_pytest, onward
from .draws import Draw
from .outcomes import NOT_RUN, PASSED, Case, Outcome, Points, from_json, make_case, to_json
from .running import TIME_LIMIT, Earlier, Submission, TimeLimit, classify, limited
from .sets import ExerciseSet, find_set, set_of_test_file
from .worker import Worker

_OUTCOMES = pytest.StashKey[dict[str, Outcome]]()
_SETS = pytest.StashKey[dict[str, ExerciseSet]]()
_SUBMISSIONS = pytest.StashKey[dict[Path, Submission]]()
_WORKER = pytest.StashKey[Worker]()
_TOLD = pytest.StashKey[dict[str, Outcome]]()  # worker 跑過的
PLAIN = {"target", "earlier", "draw"}  # worker 給得出來的引數


class Told(Exception):
    """worker 說這一項沒有通過；結果已經在 ``_TOLD`` 裡。"""


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
    config.stash[_WORKER], config.stash[_TOLD] = Worker(TIME_LIMIT), {}
    if _for_learner(config):
        config.option.verbose = min(config.option.verbose, 0) - 2  # 不要 pytest 的英文標頭與統計
        config.option.reportchars = ""
        if config.option.tbstyle == "auto":
            config.option.tbstyle = "no"


def pytest_unconfigure(config: pytest.Config) -> None:
    config.stash[_WORKER].close()


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
        if others:
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
    """讀者的作答交給 worker；在這個行程裡跑的，無窮迴圈也不會讓整個檢查卡住。"""
    if pyfuncitem.nodeid not in pyfuncitem.config.stash[_OUTCOMES]:
        return (yield)
    if _for_learner(pyfuncitem.config) and _plain(pyfuncitem):
        pyfuncitem.obj = lambda **arguments: _ask_worker(pyfuncitem)
        return (yield)
    try:
        with limited(TIME_LIMIT):
            return (yield)
    except TimeLimit as stopped:
        raise RuntimeError("time limit") from stopped


def _plain(item: pytest.Item) -> bool:
    """檢查檔最外層的函式，只用 worker 給得出來的引數。"""
    if not isinstance(item, pytest.Function) or not isinstance(item.parent, pytest.Module):
        return False
    return set(item._fixtureinfo.argnames) <= PLAIN and item.name == item.originalname


def _ask_worker(item: pytest.Function) -> None:
    """第一次問到一組，就把這次選到的都跑完。"""
    told, config = item.config.stash[_TOLD], item.config
    if item.nodeid not in told:
        same = [one for one in item.session.items if one.path == item.path and _plain(one)]
        chosen, names = set_of_test_file(item.path), [one.name for one in same]
        outcomes = config.stash[_WORKER].run(chosen, config.getoption("--target"), tests=names)
        told.update((one.nodeid, outcome) for one, outcome in zip(same, outcomes, strict=True))
    if told[item.nodeid].status != PASSED:
        raise Told


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    result = yield
    outcomes = item.config.stash[_OUTCOMES]
    if item.nodeid in outcomes:
        outcome = outcomes[item.nodeid] = _judged(item, call, result, outcomes[item.nodeid])
        if result.failed and call.excinfo is not None:
            result.longrepr = _long_text(outcome, item.config)
    return result


def _judged(
    item: pytest.Item, call: pytest.CallInfo[None], result: pytest.TestReport, outcome: Outcome
) -> Outcome:
    """一個檢查到這個階段為止的結果，連同它印的字與注意事項。"""
    told = item.config.stash[_TOLD].get(item.nodeid)
    if told:
        printed, notes = told.printed, told.notes
    else:
        notes = tuple(getattr(getattr(item, "funcargs", {}).get("earlier"), "notes", ()))
        printed = result.capstdout
    if result.failed and call.excinfo is not None:
        error = call.excinfo.value
        error = error.__cause__ if isinstance(error.__cause__, TimeLimit) else error
        path = set_of_test_file(item.path).file_in(item.config.getoption("--target"))
        by_worker = told if isinstance(error, Told) else None
        outcome = replace(by_worker or classify(outcome.case, error, path), case=outcome.case)
    elif result.when == "call" and result.passed and not hasattr(result, "wasxfail"):
        outcome = replace(outcome, status=PASSED)
    elif result.skipped or hasattr(result, "wasxfail"):
        outcome = replace(outcome, status=NOT_RUN)
    return replace(outcome, printed=printed, notes=notes)


def _long_text(outcome: Outcome, config: pytest.Config) -> str:
    if outcome.failure is None:
        return outcome.status
    return reports.failure_block(outcome, _rerun(config)(outcome.case.set_name, outcome.case.function))


def _rerun(config: pytest.Config) -> Rerun:
    def command(set_name: str, function: str = "") -> str:
        root = next(iter(config.stash[_SETS].values())).root
        tests = find_set(set_name, root).tests
        again = command_of_pytest(tests, config.invocation_params.dir, config.getoption("--target"))
        return again(set_name, function)

    return command


def pytest_sessionfinish(session: pytest.Session) -> None:
    """分著跑的行程：把結果交給印報告的那一個。"""
    config = session.config
    getattr(config, "workeroutput", {})["course"] = {
        "outcomes": {name: to_json(outcome) for name, outcome in config.stash[_OUTCOMES].items()},
        "sets": {name: [str(one.root), one.stem] for name, one in config.stash[_SETS].items()},
    }


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """收下一個行程的結果；每個行程都收集了每一項，真的跑了的才算。"""
    content = getattr(node, "workeroutput", {}).get("course", {"outcomes": {}, "sets": {}})
    stash = node.config.stash
    for name, one in content["outcomes"].items():
        outcome = from_json(one)
        if outcome.status != NOT_RUN or name not in stash[_OUTCOMES]:
            stash[_OUTCOMES][name] = outcome
    stash[_SETS].update(
        {name: ExerciseSet(Path(root), stem) for name, (root, stem) in content["sets"].items()}
    )


def pytest_report_teststatus(report: pytest.TestReport, config: pytest.Config) -> tuple[str, str, str] | None:
    """讀者的報告自己說結果，不印點與 F。"""
    if _for_learner(config):
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
        onward=onward(list(sets.values()), folder, _rerun(config)),
        colour=terminalreporter.hasmarkup,
    )
    terminalreporter.write(text + "\n")
