"""一個檢查、它的結果，以及說明錯在哪裡的例外。"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, TypeVar

PASSED, UNANSWERED, WRONG, NOT_RUN = "通過", "尚未作答", "不對", "沒有跑"
TIME_LIMIT = 10.0  # 秒；一個檢查平常不到 0.01 秒，超過就是無窮迴圈
STOPPED = "這個函式在前面的檢查算太久，這一項不再執行"

Function = TypeVar("Function", bound=Callable[..., Any])


def plain(points: float) -> float:
    """分數的樣子：整數就是整數，印出來才不是「10.0」；半分照樣是 0.5。"""
    return int(points) if points == int(points) else points


@dataclass(frozen=True)
class Points:
    """一個檢查值幾分（可以是半分）、提示（一步一步，先給的在前）與該讀的章節。"""

    value: float
    hints: tuple[str, ...] = ()
    chapter: str = ""


def points(value: float, hint: str | Sequence[str] = (), chapter: str = "") -> Callable[[Function], Function]:
    """``@points(2, hint="…", chapter="第 2 章")``：這個檢查值 2 分。

    與 ``@pytest.mark.points`` 同義；寫成這樣，檢查檔不必匯入 pytest（省下 0.25 秒）。
    """
    hints = (hint,) if isinstance(hint, str) else tuple(hint)

    def decorate(function: Function) -> Function:
        function.course_points = Points(value, hints, chapter)  # type: ignore[attr-defined]
        return function

    return decorate


@dataclass(frozen=True)
class Case:
    """一個計分的檢查。``function`` 是被檢查的函式，由檢查的名字 ``test_函式__面向`` 得知。"""

    set_name: str
    test: str
    title: str
    points: Points

    @property
    def function(self) -> str:
        """檢查的是哪一個函式。"""
        return self.test.removeprefix("test_").partition("__")[0]

    @property
    def key(self) -> str:
        """組別與函式，例如 ``ex02.reparameterize``。"""
        return f"{self.set_name}.{self.function}"


def make_case(set_name: str, test: str, docstring: str | None, points: Points) -> Case:
    """由測試的名字、說明與配分建立一項檢查。"""
    return Case(set_name, test, (docstring or test).strip().splitlines()[0].rstrip("。"), points)


@dataclass(frozen=True)
class Failure:
    """錯在哪裡：先說症狀，再列出輸入、你的、正解等細節。"""

    symptom: str
    details: tuple[tuple[str, str], ...] = ()
    whole_file: bool = False  # 整個檔案的問題，每個檢查都一樣
    hint: bool = True  # 附上這一題的提示；打錯字、input() 之類的，提示幫不上忙


TOO_LONG = Failure("算太久還沒有結果，已經停下來；看看有沒有停不了的迴圈", hint=False)


class WrongAnswer(AssertionError):
    """答案不對；``failure`` 說明怎麼不對。"""

    def __init__(self, symptom: str, *details: tuple[str, str]):
        super().__init__(symptom)
        self.failure = Failure(symptom, details)


class Unloadable(Exception):
    """被檢查的檔案不存在或載入不了；原因在 ``__cause__``。"""


class Unreadable(ValueError):
    """檔案讀不出文字；訊息說為什麼、怎麼辦。"""


@dataclass(frozen=True)
class Outcome:
    """一個檢查跑完的結果。沒有通過就是 0 分。"""

    case: Case
    status: str = NOT_RUN
    failure: Failure | None = None
    printed: str = ""
    notes: tuple[str, ...] = field(default=())

    @property
    def score(self) -> float:
        """得到的分數：對了就是配分，否則 0。"""
        return self.case.points.value if self.status == PASSED else 0


def not_again(case: Case) -> Outcome:
    """同一個函式已經停不下來過，這一項不再執行。"""
    return Outcome(case, WRONG, Failure(STOPPED))


def to_json(outcome: Outcome) -> dict[str, Any]:
    """結果 → 能寫成 JSON 的字典，由一個行程送到另一個。"""
    return asdict(outcome)


def from_json(content: dict[str, Any]) -> Outcome:
    """``to_json`` 的反方向。"""
    case, failure = case_from_json(content["case"]), content["failure"]
    if failure:
        details = tuple((label, text) for label, text in failure["details"])
        failure = Failure(**failure | {"details": details})
    return Outcome(case, content["status"], failure, content["printed"], tuple(content["notes"]))


def case_from_json(content: dict[str, Any]) -> Case:
    """``asdict`` 寫出來的檢查，讀回來。"""
    points = content["points"] | {"hints": tuple(content["points"]["hints"])}
    return Case(**content | {"points": Points(**points)})
