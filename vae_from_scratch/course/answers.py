"""檢查的品質：每個似是而非的錯答案都要被抓到，每個合法的另一種寫法都要放行。

``tests/exercises/wrong_answers/exNN.py`` 與 ``right_alternatives/exNN.py`` 裡，每個函式前面寫
``@wrong("被取代的函式", says="診斷裡的文字")`` 或 ``@right("被取代的函式")``。
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .outcomes import PASSED, Function, Outcome
from .running import Submission, load, run_set
from .sets import ExerciseSet


@dataclass(frozen=True)
class Answer:
    """用來取代解答裡 ``replaces`` 的另一個函式。"""

    replaces: str
    says: str | None
    function: Callable[..., Any]

    @property
    def name(self) -> str:
        """函式的名字。"""
        return self.function.__name__


def wrong(replaces: str, *, says: str | None) -> Callable[[Function], Function]:
    """錯的答案；``says`` 是讀者該看到的症狀裡的一段，認不出來的錯寫 ``None``。"""
    return _mark(replaces, says)


def right(replaces: str) -> Callable[[Function], Function]:
    """對的答案，只是寫法與解答不同。"""
    return _mark(replaces, None)


PATIENCE = 120.0  # 秒；這裡看的是對不對，不是快慢：忙的電腦上，十秒可能不夠


def _mark(replaces: str, says: str | None) -> Callable[[Function], Function]:
    def decorate(function: Function) -> Function:
        function.course_answer = Answer(replaces, says, function)  # type: ignore[attr-defined]
        return function

    return decorate


def load_answers(path: Path) -> list[Answer]:
    """一個檔案裡標記過的答案，照寫的順序。"""
    return [value.course_answer for value in vars(load(path)).values() if hasattr(value, "course_answer")]


def outcomes_with(exercise_set: ExerciseSet, answer: Answer) -> list[Outcome]:
    """解答裡換上這個函式之後，檢查這個函式的結果。"""
    module = load(exercise_set.solution)
    if not hasattr(module, answer.replaces):
        raise LookupError(f"{exercise_set.solution.name} 裡沒有 {answer.replaces}（{answer.name} 要取代它）")
    setattr(module, answer.replaces, answer.function)
    own_file = Path(answer.function.__code__.co_filename)
    submission = Submission(own_file, module)
    outcomes = run_set(exercise_set, submission, only=answer.replaces, time_limit=PATIENCE)
    return [outcome for outcome in outcomes if outcome.case.function == answer.replaces]


def complaint(exercise_set: ExerciseSet, answer: Answer, *, accepted: bool) -> str:
    """這個答案的遭遇哪裡不合預期；一切如預期就是空字串。"""
    return complaint_about(outcomes_with(exercise_set, answer), answer, accepted=accepted)


def complaint_about(outcomes: list[Outcome], answer: Answer, *, accepted: bool) -> str:
    """檢查的結果 ``outcomes`` 已經有了，哪裡不合預期。"""
    if not outcomes:
        return f"沒有任何檢查針對 {answer.replaces}"
    symptoms = [o.failure.symptom for o in outcomes if o.failure] or [
        o.status for o in outcomes if o.status != PASSED
    ]
    if accepted:
        return f"合法的寫法被說成：{symptoms[0]}" if symptoms else ""
    if not symptoms:
        return "錯的答案全部通過了"
    if answer.says is not None and not any(answer.says in symptom for symptom in symptoms):
        return f"抓到了，但診斷說的是「{symptoms[0]}」，不是「{answer.says}」"
    return ""
