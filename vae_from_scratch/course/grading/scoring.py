"""一份檔案的分數：同一份檢查，``target`` 換成關在另一個行程裡的檔案。"""

import functools
import re
import traceback
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..draws import Draw
from ..errors import Elsewhere
from ..outcomes import WRONG, Case, Failure, Outcome, Unloadable
from ..running import Submission, load_tests, run_case, source_of
from ..sets import ExerciseSet, find_set
from .remote import CALL_SECONDS, Lost, Portable, RemoteSubmission
from .sandbox import Level

BROKEN = "執行到一半自己出錯"
MAX_SOURCE = 300_000  # 位元組；解答最長的不到一萬


@dataclass(frozen=True)
class Settings:
    """一次評分的設定：關在哪一級、抽題的祕密、一次呼叫最多幾秒、老師另加的檢查檔。"""

    level: Level
    secret: bytes
    seconds: float = CALL_SECONDS
    hidden: tuple[Path, ...] = ()

    def hidden_for(self, chosen: ExerciseSet) -> list[Path]:
        """這一組的隱藏的檢查檔：檔名裡有 ``ex03`` 就是第 3 組的。"""
        return [path for path in self.hidden if re.search(rf"{chosen.name}(?!\d)", path.name)]


class Course:
    """``earlier("ex02", "reparameterize")``：評分時一律用課程的版本，前一組的錯不會帶到後一組。"""

    def __init__(self, root: Path):
        self._root = root
        self._loaded: dict[str, tuple[str, Submission]] = {}

    def __call__(self, set_name: str, function: str) -> Callable[..., Any]:
        if set_name not in self._loaded:
            solution = find_set(set_name, self._root).solution
            self._loaded[set_name] = (solution.read_text("utf-8"), Submission(solution))
        source, module = self._loaded[set_name]
        found: Callable[..., Any] = getattr(module, function)
        found.portable = Portable(set_name, source, function)  # type: ignore[attr-defined]
        return found

    course = __call__


def score_set(chosen: ExerciseSet, data: bytes, settings: Settings) -> list[tuple[Outcome, bool]]:
    """一組的每一個檢查的結果，與它是不是隱藏的；``data`` 是學生的檔案的內容。"""
    tests = [(case, test, False) for case, test in load_tests(chosen)]
    broken: list[str] = []
    for path in settings.hidden_for(chosen):
        tests += [(case, watched(test, path, broken), True) for case, test in load_tests(chosen, path)]
    try:
        source = decode(data)
    except ValueError as error:
        failure = Failure(f"{chosen.stem}.py 載入不了：{error}", whole_file=True)
        return [(Outcome(case, WRONG, failure), hidden) for case, _, hidden in tests]
    submission = RemoteSubmission(Path(f"{chosen.stem}.py"), source, settings.level, seconds=settings.seconds)
    earlier = Course(chosen.root)
    try:
        found = []
        for case, test, hidden in tests:
            broken.clear()
            outcome = _score(case, test, submission, earlier, draw_for(settings, data, case))
            found.append((replace(outcome, notes=tuple(broken)) if hidden else outcome, hidden))
        return found
    finally:
        submission.close()


def watched(test: Callable[..., None], path: Path, broken: list[str]) -> Callable[..., None]:
    """隱藏的檢查；例外不是學生的程式、也不是比對引發的，就是檢查自己出了錯，記在 ``broken``。"""

    @functools.wraps(test)
    def run(**arguments: Any) -> None:
        try:
            test(**arguments)
        except (AssertionError, Elsewhere, Unloadable, NotImplementedError):
            raise
        except Exception as error:
            lines = [f.lineno for f in traceback.extract_tb(error.__traceback__) if f.filename == str(path)]
            place = f"{path.name} 第 {lines[-1]} 行" if lines else path.name
            broken.append(f"{BROKEN}（{place}，{type(error).__name__}）")
            raise

    return run


def draw_for(settings: Settings, data: bytes, case: Case) -> Draw:
    """這個檔案、這個檢查的題目：由祕密與檔案的內容決定，同樣的檔案再改一次，題目一樣。"""
    return Draw(settings.secret, data, case.set_name, case.test)


def decode(data: bytes) -> str:
    """檔案的文字；太大或讀不出來引發 ``ValueError``，說怎麼辦。"""
    if len(data) > MAX_SOURCE:
        raise ValueError(f"檔案有 {len(data):,} 個位元組，太大了；一組的作答不到 {MAX_SOURCE:,}")
    return source_of(data)


def _score(case: Case, test: Any, submission: RemoteSubmission, earlier: Course, draw: Draw) -> Outcome:
    if ended := submission.begin(case.function):
        return Outcome(case, WRONG, Failure(ended))
    try:
        outcome = run_case(case, test, submission, earlier, time_limit=None, draw=draw)
        submission.end()
        return outcome
    except Lost as error:
        return Outcome(case, WRONG, Failure(submission.lost(error)))
