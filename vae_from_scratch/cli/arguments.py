"""argparse 說中文：訊息的譯文、照顯示寬度換行的說明，以及常用的引數型別。"""

import argparse
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn
from unicodedata import east_asian_width

#: argparse 交給 gettext 的原文與譯文。tests/cli/test_arguments.py 檢查這個版本的 argparse 沒有漏掉的。
MESSAGES = {
    "usage: ": "用法：",
    "positional arguments": "參數",
    "options": "選項",
    "subcommands": "命令",
    "%(heading)s:": "%(heading)s:",
    "show this help message and exit": "顯示這份說明",
    "show program's version number and exit": "顯示版本",
    " (default: %(default)s)": "（預設 %(default)s）",
    "%(prog)s: error: %(message)s\n": "%(prog)s：錯誤：%(message)s\n",
    "%(prog)s: warning: %(message)s\n": "%(prog)s：注意：%(message)s\n",
    "argument %(argument_name)s: %(message)s": "引數 %(argument_name)s：%(message)s",
    "invalid %(type)s value: %(value)r": "收到 %(value)r，不是可以用的 %(type)s",
    "invalid choice: %(value)r (choose from %(choices)s)": "收到 %(value)r；可用的是 %(choices)s",
    "unknown parser %(parser_name)r (choices: %(choices)s)": "沒有命令 %(parser_name)r；可用 %(choices)s",
    "the following arguments are required: %s": "還缺少必要的引數：%s",
    "one of the arguments %s is required": "這些引數至少要給一個：%s",
    "not allowed with argument %s": "不能與 %s 一起用",
    "unrecognized arguments: %s": "不認得的引數：%s",
    "ambiguous option: %(option)s could match %(matches)s": "%(option)s 可能是 %(matches)s；請寫完整",
    "ignored explicit argument %r": "這個選項後面不接值，卻收到 %r",
    "unexpected option string: %s": "不認得的選項：%s",
    "expected one argument": "後面要接一個值",
    "expected at most one argument": "後面最多接一個值",
    "expected at least one argument": "後面至少要接一個值",
    "expected %s argument": "後面要接 %s 個值",
    "expected %s arguments": "後面要接 %s 個值",
    "can't open '%(filename)s': %(error)s": "打不開 '%(filename)s'：%(error)s",
    "option '%(option)s' is deprecated": "選項 '%(option)s' 即將移除",
    "argument '%(argument_name)s' is deprecated": "引數 '%(argument_name)s' 即將移除",
    "command '%(parser_name)s' is deprecated": "命令 '%(parser_name)s' 即將移除",
}


@contextmanager
def in_chinese() -> Iterator[None]:
    """在這個區塊裡，argparse 的訊息是中文；離開時恢復原狀。"""
    module: Any = argparse
    original = module._, module.ngettext
    module._ = lambda message: MESSAGES.get(message, message)
    module.ngettext = lambda one, many, count: MESSAGES.get(one if count == 1 else many, many)
    try:
        yield
    finally:
        module._, module.ngettext = original


@contextmanager
def named_as_options() -> Iterator[None]:
    """在這個區塊裡，設定的錯誤照命令列的寫法叫引數：``batch_size`` 是 ``--batch-size``。"""
    try:
        yield
    except ValueError as error:
        raise ValueError(re.sub(r"(?<=引數 )\w+", lambda found: _as_option(found[0]), str(error))) from None


def _as_option(name: str) -> str:
    return f"--{name.replace('_', '-')}"


class ChineseParser(argparse.ArgumentParser):
    """錯誤只說一句話與怎麼看說明，結束碼 2；選項要寫全名。"""

    def __init__(self, **settings: Any) -> None:
        settings.setdefault("allow_abbrev", False)
        settings.setdefault("formatter_class", WideFormatter)
        super().__init__(**settings)

    def error(self, message: str) -> NoReturn:
        """印一句錯誤與怎麼看說明，以結束碼 2 停下。"""
        print(f"錯誤：{message}。\n說明：{self.prog} --help", file=sys.stderr)
        sys.exit(2)


class WideFormatter(argparse.HelpFormatter):
    """說明文字照顯示寬度換行：一個中文字佔兩格，而且中文不靠空白分詞。"""

    def format_help(self) -> str:
        """各段的標題用全形冒號；Python 3.11 的冒號寫死在 argparse 裡，譯文管不到。"""
        return re.sub(r"^(\S+):$", r"\1：", super().format_help(), flags=re.MULTILINE)

    def _split_lines(self, text: str, width: int) -> list[str]:
        return wrap(text, width)

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        return "\n".join(indent + line for line in wrap(text, width - len(indent)))

    def _format_action(self, action: argparse.Action) -> str:
        """命令的清單只列命令，不先印一行佔位的名字。"""
        if isinstance(action, argparse._SubParsersAction):
            return "".join(self._format_action(command) for command in action._get_subactions())
        return super()._format_action(action)


def display_width(text: str) -> int:
    """在終端機佔幾格：全形與寬字兩格，其餘一格。"""
    return sum(1 + (east_asian_width(character) in "WF") for character in text)


def pad(text: str, width: int) -> str:
    """右邊補空白到 ``width`` 格。"""
    return text + " " * (width - display_width(text))


def clip(text: str, width: int) -> str:
    """別人檔案裡的文字印到終端機：控制字元換成「?」，超過 ``width`` 格就截短。"""
    clean = "".join(character if character.isprintable() else "?" for character in text)
    if display_width(clean) <= width:
        return clean
    while display_width(clean) > width - 1:
        clean = clean[:-1]
    return clean + "…"


def wrap(text: str, width: int) -> list[str]:
    """照顯示寬度換行；英文字不拆開，標點不放在行首。"""
    lines, line = [], ""
    for piece in _pieces(text):
        if line and display_width(line + piece.rstrip()) > width:
            lines.append(line.rstrip())
            line = ""
        line += piece if line else piece.lstrip()
    return [*lines, line.rstrip()]


def _pieces(text: str) -> Iterator[str]:
    """不可拆的小段：一個英文字（連同後面的空白），或一個中文字連同後面的標點。"""
    piece = ""
    for character in text:
        closing = character in "，。；：、）」！？ "
        joined = piece and piece[-1].isascii() and piece[-1] != " " and character.isascii()
        if piece and not closing and not joined and piece[-1] not in "（「":
            yield piece
            piece = ""
        piece += character
    yield piece


def number(text: str) -> float:
    """選項的值：一個數。"""
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"收到「{text}」，請給一個數，例如 0.5") from None


def integer(text: str) -> int:
    """選項的值：一個整數。"""
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"收到「{text}」，請給一個整數，例如 10") from None


def option(group: Any, name: str, default: Any, metavar: str | None, text: str, kind: Any = str) -> None:
    """加一個接一個值的選項 ``--name``。"""
    group.add_argument(f"--{name}", type=kind, default=default, metavar=metavar, help=text)


def one_of(name: str, value: str, accepted: tuple[str, ...]) -> None:
    """選項的值必須是 ``accepted`` 之一，否則引發 ``ValueError``。"""
    if value not in accepted:
        raise ValueError(f"引數 --{name} 是 {value!r}；可用的是 {'、'.join(accepted)}。")
