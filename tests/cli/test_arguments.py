"""argparse 的每一句話都有中文；說明照顯示寬度換行。"""

import argparse
import ast
import inspect
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vae_from_scratch.cli.arguments import (
    MESSAGES,
    ChineseParser,
    _pieces,
    display_width,
    in_chinese,
    integer,
    number,
    pad,
    wrap,
)

#: 只有寫程式的人寫錯才會看到的訊息，不翻譯。
FOR_PROGRAMMERS = (
    "is not callable", ".__call__() not defined", 'argument "-" with mode', "cannot merge actions",
    "cannot have multiple subparser", "conflicting", "dest= is required", "invalid conflict_resolution",
    "invalid option string", "mutually exclusive arguments must be", "'required' is an invalid argument",
)  # fmt: skip


def messages_of(source):
    """原始碼裡交給 ``_`` 與 ``ngettext`` 的字串。"""
    for node in ast.walk(ast.parse(source)):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id in ("_", "ngettext")
        ):
            count = 2 if node.func.id == "ngettext" else 1
            yield from (part.value for part in node.args[:count] if isinstance(part, ast.Constant))


def untranslated(source):
    return {
        message
        for message in messages_of(source)
        if message not in MESSAGES and not any(part in message for part in FOR_PROGRAMMERS)
    }


def test_no_message_of_this_argparse_is_left_in_english():
    found = set(messages_of(inspect.getsource(argparse)))
    assert "expected one argument" in found and len(found) > 25
    assert untranslated(inspect.getsource(argparse)) == set()


def test_the_check_notices_a_new_message():
    assert untranslated("_('a brand new message')") == {"a brand new message"}


@pytest.mark.parametrize("message, chinese", MESSAGES.items())
def test_translations_keep_their_placeholders(message, chinese):
    def placeholders(text):
        return sorted(part.split(")")[0] for part in text.split("%(")[1:]), text.count("%s"), text.count("%r")

    assert placeholders(message) == placeholders(chinese)


@pytest.fixture
def parser():
    with in_chinese():
        parser = ChineseParser(prog="程式")
        parser.add_argument("--beta", type=number)
        parser.add_argument("--epochs", type=integer)
        parser.add_argument("--force", action="store_true")
        parser.add_argument("file")
    return parser


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["x", "--beta", "很大"], "引數 --beta：收到「很大」，請給一個數"),
        (["x", "--epochs", "1.5"], "引數 --epochs：收到「1.5」，請給一個整數"),
        (["x", "--beta"], "引數 --beta：後面要接一個值"),
        (["x", "--force=1"], "引數 --force：這個選項後面不接值"),
        (["x", "--bet", "1"], "不認得的引數：--bet"),
        ([], "還缺少必要的引數：file"),
    ],
)
def test_mistakes_are_explained_in_chinese(parser, capsys, arguments, message):
    with in_chinese(), pytest.raises(SystemExit) as stopped:
        parser.parse_args(arguments)
    assert stopped.value.code == 2
    error = capsys.readouterr().err
    assert message in error and "程式 --help" in error


def test_help_is_in_chinese_and_argparse_is_left_as_it_was(parser):
    module: Any = argparse
    before = module._, module.ngettext
    with in_chinese():
        text = parser.format_help()
    assert "用法：" in text and "顯示這份說明" in text and "show this help" not in text
    assert (module._, module.ngettext) == before


def test_width_counts_chinese_twice():
    assert display_width("KL 散度") == 7
    assert pad("散度", 6) == "散度  "


@given(st.text("中文，。（）「」 abc-XY", max_size=80), st.integers(12, 40))
def test_wrapping_fits_and_loses_nothing(text, width):
    lines = wrap(text, width)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    # 只有一整段不可拆（一個長的英文字，或一個字連著許多標點）時，才容許超過。
    assert all(display_width(line) <= width or len(list(_pieces(line))) == 1 for line in lines)


def test_punctuation_does_not_begin_a_line():
    lines = wrap("重建誤差，重建誤差，重建誤差，重建誤差。", 10)
    assert lines == ["重建誤差，", "重建誤差，", "重建誤差，", "重建誤差。"]
    assert wrap("一二三四五。", 10) == ["一二三四", "五。"]
