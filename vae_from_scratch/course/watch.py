"""看著作答的檔案：存檔就在同一個行程裡重跑改過的那一組，按鍵看提示、下一題與全部的分數。

用輪詢比對檔案的內容，網路磁碟上也行得通。做到哪一題、看過幾步提示，記在 ``.course/watch.json``。
"""

import json
import os
import select
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..files import write_text
from . import report
from .display import paint
from .outcomes import PASSED, Outcome
from .running import run_set
from .sets import ExerciseSet

POLL_SECONDS = 0.3
KEYS = "h 提示　n 下一題　l 全部　r 重跑　q 離開"


class Watcher:
    """沒有畫面也沒有鍵盤的部分：哪些檔案變了、現在是哪一題、畫面上該有什麼字。"""

    def __init__(self, sets: list[ExerciseSet], target: str, *, colour: bool = False):
        self.sets, self.target, self.colour = sets, target, colour
        self.outcomes: dict[str, list[Outcome]] = {}
        self._contents: dict[Path, bytes] = {}
        self._state_file = sets[0].root / ".course" / "watch.json"
        self.current, self.hints = self._read_state()

    def poll(self) -> list[str]:
        """重跑內容變了的那幾組，傳回它們的名字；後面用到前面函式的組也跟著重跑。"""
        changed = [chosen for chosen in self.sets if self._content_changed(chosen)]
        for chosen in self.sets:
            if chosen in changed or (
                _uses_earlier(chosen) and any(c.number < chosen.number for c in changed)
            ):
                self.outcomes[chosen.name] = run_set(chosen, self.target)
        if changed:
            self._focus()
        return [chosen.name for chosen in changed]

    def press(self, key: str) -> str | None:
        """處理一個按鍵，傳回新的畫面；``None`` 是離開。不認得的鍵畫面不變。"""
        if key == "q":
            return None
        if key == "l":
            titles = {chosen.name: chosen.title for chosen in self.sets}
            return "\n".join([*report.table(self._all(), titles, self.colour), "", KEYS])
        if key == "r":
            self._contents.clear()
            self.poll()
        if key == "n":
            self._move_on()
        if key == "h":
            outcome = self._outcome()
            shown = 1 if outcome and outcome.failure else 0  # 有診斷時，第一步已經在畫面上
            self.hints[self.current] = max(self.hints.get(self.current, 0), shown) + 1
        self._write_state()
        return self.screen()

    def screen(self) -> str:
        """目前這一題的診斷，與這一組的進度。"""
        outcome = self._outcome()
        score, full = report.total(self._all())
        done = 20 * score // full if full else 0
        bar = paint("█" * done, "green", self.colour) + paint("░" * (20 - done), "dim", self.colour)
        return "\n".join([f"{bar} 總分 {score}/{full}", "", self._about(outcome), KEYS])

    def _about(self, outcome: Outcome | None) -> str:
        if outcome is None:
            return paint("全部通過。", "green", self.colour) + "\n"
        case = outcome.case
        shown = self.hints.get(case.key, 0)
        if outcome.failure:
            return report.failure_block(outcome, "", hints=max(shown, 1), colour=self.colour)
        file = next(chosen for chosen in self.sets if chosen.name == case.set_name).file_in(self.target)
        line = _line_of(file, case.function)
        lines = [
            f"{outcome.status}：{paint(case.function, 'bold', self.colour)}　{case.title}",
            f"    {file.name}{line}",
        ]
        if shown:
            lines += [f"    {label}  {text}" for label, text in report.hint_rows(case, shown)]
        return "\n".join([*lines, ""])

    def _all(self) -> list[Outcome]:
        return [outcome for chosen in self.sets for outcome in self.outcomes.get(chosen.name, [])]

    def _outcome(self) -> Outcome | None:
        """目前這個函式第一個沒有通過的檢查。"""
        mine = [outcome for outcome in self._all() if outcome.case.key == self.current]
        return next((outcome for outcome in mine if outcome.status != PASSED), None)

    def _focus(self) -> None:
        """目前的函式通過了（或還沒有選），就換到下一個沒通過的。"""
        if self._outcome() is None:
            self._move_on()
            self._write_state()

    def _move_on(self) -> None:
        """從目前的函式往後找，繞一圈，停在下一個沒通過的。"""
        outcomes = self._all()
        names = list(dict.fromkeys(outcome.case.key for outcome in outcomes))
        unfinished = {outcome.case.key for outcome in outcomes if outcome.status != PASSED}
        start = names.index(self.current) + 1 if self.current in names else 0
        self.current = next((name for name in names[start:] + names[:start] if name in unfinished), "")

    def _content_changed(self, chosen: ExerciseSet) -> bool:
        """作答或檢查的檔案變了嗎？編輯器存檔的瞬間檔案可能不在，那就等下一次。"""
        changed = chosen.name not in self.outcomes
        for file in (chosen.file_in(self.target), chosen.tests):
            try:
                content = file.read_bytes()
            except OSError:
                continue
            changed |= self._contents.get(file) != content
            self._contents[file] = content
        return changed

    def _read_state(self) -> tuple[str, dict[str, int]]:
        try:
            state = json.loads(self._state_file.read_text("utf-8"))
            return str(state["current"]), {str(name): int(count) for name, count in state["hints"].items()}
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return "", {}

    def _write_state(self) -> None:
        state: dict[str, Any] = {"current": self.current, "hints": self.hints}
        write_text(self._state_file, json.dumps(state, ensure_ascii=False, indent=1) + "\n", make_folder=True)


def _uses_earlier(chosen: ExerciseSet) -> bool:
    return "earlier(" in chosen.tests.read_text("utf-8")


def _line_of(file: Path, function: str) -> str:
    try:
        lines = file.read_text("utf-8").splitlines()
    except OSError:
        return ""
    found = (number for number, line in enumerate(lines, 1) if line.startswith(f"def {function}("))
    return f" 第 {number} 行" if (number := next(found, 0)) else ""


def watch(sets: list[ExerciseSet], target: str, *, colour: bool = False) -> int:
    """一直看著，直到按 q 或 Ctrl-C。"""
    watcher = Watcher(sets, target, colour=colour)
    with _keyboard() as read_key:
        try:
            while True:
                if watcher.poll():
                    _draw(watcher.screen())
                if key := read_key(POLL_SECONDS):
                    if (text := watcher.press(key)) is None:
                        break
                    _draw(text)
        except KeyboardInterrupt:
            pass
    print("離開。進度記在 .course/watch.json，下次會從同一題開始。")
    return 0


def _draw(text: str) -> None:
    clear = "\033[2J\033[H" if sys.stdout.isatty() else ""
    print(f"{clear}{text}", flush=True)


@contextmanager
def _keyboard() -> Iterator[Callable[[float], str]]:
    """讀一個鍵，最多等幾秒；沒有鍵盤（例如輸出接到檔案）時只是等。"""
    if not sys.stdin.isatty():
        yield _wait
    elif sys.platform == "win32":
        yield _windows_key
    else:
        import termios
        import tty

        before = termios.tcgetattr(sys.stdin)
        tty.setcbreak(sys.stdin)
        try:
            yield _posix_key
        finally:
            termios.tcsetattr(sys.stdin, termios.TCSADRAIN, before)


def _wait(seconds: float) -> str:
    time.sleep(seconds)
    return ""


def _posix_key(seconds: float) -> str:
    ready, _, _ = select.select([sys.stdin], [], [], seconds)
    return os.read(sys.stdin.fileno(), 1).decode(errors="ignore") if ready else ""


def _windows_key(seconds: float) -> str:
    import msvcrt

    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if msvcrt.kbhit():  # type: ignore[attr-defined]
            return str(msvcrt.getwch())  # type: ignore[attr-defined]
        time.sleep(0.03)
    return ""
