"""看著作答的檔案：存檔就重跑改過的那一組，畫面跟著剛存的檔案走，按鍵看提示、下一題與全部的分數。

用輪詢比對檔案的內容，網路磁碟上也行得通。跑檢查的是另一個一直開著的行程，停不了的迴圈只會賠上那一個。
做到哪一題、看過幾步提示，記在 ``.course/watch.json``。
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
from .sets import ExerciseSet
from .worker import Worker

POLL_SECONDS = 0.3
KEYS = "h 提示　n 下一題　l 全部　r 重跑　q 離開"
Run = Callable[[ExerciseSet, str], list[Outcome]]


class Watcher:
    """沒有畫面也沒有鍵盤的部分：哪些檔案變了、現在是哪一題、畫面上該有什麼字。"""

    def __init__(
        self, sets: list[ExerciseSet], target: str, run: Run, *,
        say: Callable[[str], None] = lambda text: None, colour: bool = False,
    ):  # fmt: skip
        self.sets, self.target, self.run, self.say, self.colour = sets, target, run, say, colour
        self.outcomes: dict[str, list[Outcome]] = {}
        self.finished = ""  # 剛剛全部通過的那一組
        self._contents: dict[Path, bytes] = {}
        self._state_file = sets[0].root / ".course" / "watch.json"
        self.current, self.hints = self._read_state()

    def poll(self) -> list[str]:
        """重跑內容變了的那幾組，傳回它們的名字；後面用到前面函式的組也跟著重跑。"""
        first = not self.outcomes
        changed = [chosen for chosen in self.sets if self._content_changed(chosen)]
        for chosen in self.sets:
            if chosen in changed or (
                _uses_earlier(chosen) and any(c.number < chosen.number for c in changed)
            ):
                self.say(f"正在檢查 {chosen.name} …")
                self.outcomes[chosen.name] = self.run(chosen, self.target)
        if changed:
            self.finished = ""
            self._focus("" if first else max(changed, key=self._saved_at).name)
        return [chosen.name for chosen in changed]

    def _saved_at(self, chosen: ExerciseSet) -> float:
        try:
            return chosen.file_in(self.target).stat().st_mtime
        except OSError:
            return 0.0

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
        done = int(20 * score // full) if full else 0
        bar = paint("█" * done, "green", self.colour) + paint("░" * (20 - done), "dim", self.colour)
        done_now = [paint(self.finished, "green", self.colour)] if self.finished and outcome else []
        return "\n".join([f"{bar} 總分 {score}/{full}", "", *done_now, self._about(outcome), KEYS])

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

    def _focus(self, saved: str) -> None:
        """跟著剛存的那一組走；目前的函式通過了（或還沒有選），就換到下一個沒通過的。"""
        if saved and self.current.partition(".")[0] != saved:
            broken = [o.case.key for o in self.outcomes[saved] if o.status != PASSED]
            wrong = [o.case.key for o in self.outcomes[saved] if o.failure]
            last = self.outcomes[saved][-1].case.key if self.outcomes[saved] else self.current
            self.current = (wrong or broken or [last])[0]
        if saved and all(outcome.status == PASSED for outcome in self.outcomes[saved]):
            self.finished = f"{saved} 全部通過。"
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
        lines = file.read_text("utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    found = (number for number, line in enumerate(lines, 1) if line.startswith(f"def {function}("))
    return f" 第 {number} 行" if (number := next(found, 0)) else ""


def watch(sets: list[ExerciseSet], target: str, *, colour: bool = False) -> int:
    """一直看著，直到按 q 或 Ctrl-C。"""
    with Worker(slow=_say) as worker, _keyboard() as read_key:
        watcher = Watcher(sets, target, worker.run, say=_say, colour=colour)
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


def _say(text: str) -> None:
    """檢查的時候說一聲；做完就換成結果。"""
    if sys.stdout.isatty():
        print(f"\r\033[K{text}", end="", flush=True)
    else:
        print(text, flush=True)


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
