"""一組練習由哪些檔案組成，以及怎麼從「3」「ex03」找到它。"""

import ast
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

_STEM = re.compile(r"ex(\d\d)_\w+")


class CourseError(ValueError):
    """讀者給的東西不對；訊息說明是什麼、可以給什麼、怎麼修。"""


@dataclass(frozen=True)
class ExerciseSet:
    """一組練習：解答、題目與檢查三個檔案同名，例如 ``ex02_reparameterization``。"""

    root: Path
    stem: str

    @property
    def name(self) -> str:
        """短的名字，例如 ``ex02``。"""
        return self.stem[:4]

    @property
    def number(self) -> int:
        """組別的數字。"""
        return int(self.stem[2:4])

    @property
    def solution(self) -> Path:
        """解答檔。"""
        return self.file_in("solutions")

    @property
    def exercise(self) -> Path:
        """題目檔，也是作答的地方。"""
        return self.file_in("exercises")

    @property
    def tests(self) -> Path:
        """檢查檔。"""
        return self.root / "tests" / "exercises" / f"test_{self.stem}.py"

    def file_in(self, target: str | Path) -> Path:
        """這一組在 ``target`` 資料夾（``solutions``、``exercises`` 或任何路徑）裡的檔案。"""
        return self.root / target / f"{self.stem}.py"

    @cached_property
    def title(self) -> str:
        """解答檔說明的第一行，例如「練習 ex02：重參數化與它的梯度（第 2 章，10 分）」。"""
        text = ast.get_docstring(ast.parse(self.solution.read_text("utf-8"))) or self.name
        return text.splitlines()[0]


def course_root() -> Path:
    """課程的資料夾：套件所在的地方，否則是目前的資料夾。"""
    for root in (Path(__file__).resolve().parents[2], Path.cwd()):
        if (root / "solutions").is_dir() and (root / "tests" / "exercises").is_dir():
            return root
    raise CourseError("找不到練習（solutions/ 與 tests/exercises/）；請先 cd 到課程的資料夾，再執行一次。")


def other_course(root: Path) -> Path | None:
    """目前的資料夾屬於另一份課程（複製了兩份、改了名字）：傳回那一份，否則 None。"""
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / "solutions").is_dir() and (folder / "tests" / "exercises").is_dir():
            return None if folder.resolve() == root.resolve() else folder
    return None


def all_sets(root: Path) -> list[ExerciseSet]:
    """``solutions/`` 裡的每一組，照號碼排。"""
    stems = sorted(path.stem for path in (root / "solutions").glob("ex*.py"))
    return [ExerciseSet(root, stem) for stem in stems if _STEM.fullmatch(stem)]


def find_set(text: str, root: Path) -> ExerciseSet:
    """由 ``3``、``03``、``ex03`` 或檔案的路徑找到那一組。"""
    sets = all_sets(root)
    wanted = re.fullmatch(r"(?:ex)?0*(\d+)", re.sub(r"_.*", "", Path(text).stem.removeprefix("test_")))
    for exercise_set in sets:
        if wanted and exercise_set.number == int(wanted[1]):
            return exercise_set
    names = "、".join(exercise_set.name for exercise_set in sets) or "（一組也沒有）"
    raise CourseError(f"沒有「{text}」這一組練習；現有的是 {names}。寫 3 或 ex03 都可以。")


def set_of_test_file(path: Path) -> ExerciseSet:
    """檢查檔 ``…/tests/exercises/test_ex02_….py`` 屬於哪一組。"""
    return ExerciseSet(path.parents[2], path.stem.removeprefix("test_"))
