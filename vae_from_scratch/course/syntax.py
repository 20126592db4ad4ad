"""把語法錯誤說成人話：第幾行、少了或多了什麼、全形的符號叫什麼名字。"""

import re
import unicodedata
from collections.abc import Callable

from .display import width
from .outcomes import Failure

#: 中文輸入法打得出來的符號 → （名字, 要改成的半形）。
MARKS = {
    "，": ("全形的逗號", ","), "、": ("頓號", ","), "。": ("句號", "."), "．": ("全形的點", "."),
    "：": ("全形的冒號", ":"), "；": ("全形的分號", ";"), "（": ("全形的左括號", "("),
    "）": ("全形的右括號", ")"), "［": ("全形的左方括號", "["), "］": ("全形的右方括號", "]"),
    "【": ("全形的左方括號", "["), "】": ("全形的右方括號", "]"), "｛": ("全形的左大括號", "{"),
    "｝": ("全形的右大括號", "}"), "＝": ("全形的等號", "="), "＋": ("全形的加號", "+"),
    "－": ("全形的減號", "-"), "＊": ("全形的星號", "*"), "／": ("全形的斜線", "/"),
    "＜": ("全形的小於", "<"), "＞": ("全形的大於", ">"), "！": ("全形的驚嘆號", "!"),
    "％": ("全形的百分號", "%"), "＃": ("全形的井號", "#"), "＠": ("全形的 @", "@"),
    "＆": ("全形的 &", "&"), "｜": ("全形的直線", "|"), "＿": ("全形的底線", "_"),
    "＂": ("全形的引號", '"'), "＇": ("全形的引號", "'"), "「": ("中文的引號", '"'),
    "」": ("中文的引號", '"'), "『": ("中文的引號", '"'), "』": ("中文的引號", '"'), "“": ("彎引號", '"'),
    "”": ("彎引號", '"'), "‘": ("彎引號", "'"), "’": ("彎引號", "'"), "−": ("數學的減號", "-"),
    "–": ("長的橫線", "-"), "—": ("長的橫線", "-"), "×": ("乘號", "*"), "÷": ("除號", "/"),
    "·": ("間隔號", "*"), "⋅": ("乘點", "*"), "≤": ("≤", "<="), "≥": ("≥", ">="), "≠": ("≠", "!="),
    "²": ("上標 ²", "**2"), "³": ("上標 ³", "**3"), "√": ("根號", "np.sqrt(…)"),
    "…": ("刪節號", "…… 那一段真正的程式"), "\u3000": ("全形的空白", "空白"),
    "\u00a0": ("不換行的空白", "空白"), "\u200b": ("看不見的零寬字元", ""),
    "\ufeff": ("看不見的 BOM 字元", ""),
}  # fmt: skip
INVISIBLE = "\u3000\xa0\u200b\ufeff"

Words = str | Callable[..., str]


def _character(character: str) -> str:
    """``invalid character`` 的那一個字叫什麼，改成什麼。"""
    if character in MARKS:
        name, cure = MARKS[character]
        shown = "" if character in INVISIBLE else f"「{character}」"
        quoted = cure if character in INVISIBLE or "…" in cure else f"半形的「{cure}」"
        return f"有{name}{shown}，請{f'改成{quoted}' if cure else '刪掉它'}"
    plain = unicodedata.normalize("NFKC", character)
    if len(plain) == 1 and plain.isascii():
        return f"有全形的「{character}」，請改成半形的「{plain}」"
    return f"有 Python 不認得的字「{character}」；它是不是該放在註解或字串裡？"


def _hidden(code: str) -> str:
    return _character(chr(int(code, 16)))


TABS = "的縮排混用了 Tab 與空白；全部改成空白，一層四格"
# 訊息裡的文字 → 怎麼說；放在「第 N 行」後面。
RULES: tuple[tuple[str, Words], ...] = (
    (r"invalid character '(.)'", _character),
    (r"invalid non-printable character U\+([0-9A-F]+)", _hidden),
    (r"'(.)' was never closed", "的「{0}」沒有關起來，少了配對的括號"),
    (
        r"closing parenthesis '(.)' does not match opening parenthesis '(.)'",
        "的括號不配對：用「{1}」開始，卻用「{0}」結束",
    ),
    (r"unmatched '(.)'", "多了一個「{0}」，前面沒有和它配對的括號"),
    (r"Maybe you meant '=='", "把 = 當成比較用了；相等是 ==，放進變數才是 ="),
    (r"cannot assign to", "等號左邊不是變數；相等是 ==，放進變數的寫法是「名字 = 值」"),
    (r"expected ':'", "少了冒號 :，def、if、for、while、else 那一行的最後要有它"),
    (r"inconsistent use of tabs", TABS),
    (r"expected an indented block after (.+) on line (\d+)", "要縮排：它屬於第 {1} 行，往右四格"),
    (r"expected an indented block", "要縮排，往右四格"),
    (r"unexpected indent", "縮排不對：比上一行多，前面卻沒有冒號"),
    (r"unindent does not match", "縮排不對：與前面任何一層都沒有對齊"),
    (r"unterminated triple-quoted", "開始的三引號沒有結束；少了另外三個引號"),
    (r"unterminated .*string|EOL while scanning", "的字串沒有結束；少了另一個引號"),
    (r"'return' outside function", "的 return 不在函式裡；往右縮排，放進 def 下面"),
    (r"'(break|continue)'.* loop", "的 {0} 不在迴圈裡"),
    (r"Perhaps you forgot a comma", "的括號裡少了逗號或運算符號，例如 2x 要寫 2*x"),
    (r"invalid decimal literal|invalid imaginary", "的數字後面直接接了名字；相乘要寫 *，例如 2*x"),
    (r"leading zeros", "的整數用 0 開頭；把 0 去掉"),
    (r"Missing parentheses in call to '(\w+)'", "的 {0} 少了括號：寫成 {0}(…)"),
    (r"positional argument follows keyword", "有名字的引數（例如 axis=0）要放在沒有名字的後面"),
    (r"null bytes", "有看不見的 NUL 字元，檔案存壞了；用編輯器另存成 UTF-8，或用 exercises reset 拿回題目"),
    (r"unexpected EOF|was never closed", "還沒有寫完，檔案就結束了；看看括號與引號"),
    (r"too many .*nested", "的括號或縮排層數太多"),
)
#: Python 只說 invalid syntax 的時候，看那一行像哪一種。
LINES: tuple[tuple[str, str], ...] = (
    (r"&&|\|\|", "用了 && 或 ||；Python 寫 and、or，逐元素的是 &、|"),
    (r"\+\+|--\s*$", "用了 ++ 或 --；Python 寫 x += 1"),
    (r"(?<![\w.])lambda\s*[=*/+\-),]", "的 lambda 是 Python 的保留字，不能當變數的名字；換一個"),
    (r"=>|=<", "的比較要寫 >= 或 <="),
    (r"^\s*(def|if|for|while|else|elif)\b[^#]*[^:#\s]\s*$", "可能少了最後的冒號 :"),
    (r"->|\?", "有 Python 沒有的寫法"),
)


def explain_syntax(
    kind: type[BaseException], message: str, line: int, text: str, offset: int | None = None
) -> Failure:
    """語法錯誤 → 症狀與那一行；``offset`` 是第幾個字，知道就在下面指出來。"""
    words = _in_words(message, text)
    indent = text[: len(text) - len(text.lstrip())]
    if issubclass(kind, IndentationError) and "\t" in indent:
        words = TABS
    elif not words and issubclass(kind, IndentationError):
        words = "縮排不對"
    elif not words:
        words = "有語法錯誤" + "，看 ^ 的前後：常見的是少了乘號 *、逗號或括號" * (offset is not None)
    symptom = f"第 {line} 行{words}" if line else f"檔案{words}"
    shown = text.rstrip()
    place = f"第 {line} 行　{shown.strip()}"
    if offset and 0 < offset <= len(shown) + 1:
        before = f"第 {line} 行　" + shown[: offset - 1].lstrip()
        place += "\n" + " " * width(before) + "^"
    details = (("出錯", place),) if shown.strip() else ()
    return Failure(symptom, (*details, ("訊息", message)))


def _in_words(message: str, text: str) -> str:
    if re.match(r"\s*else\s+if\b", text):
        return "的 else if 要寫成 elif"
    for pattern, words in RULES:
        if found := re.search(pattern, message):
            return words.format(*found.groups()) if isinstance(words, str) else words(*found.groups())
    if "invalid syntax" not in message:
        return ""
    return next((words for pattern, words in LINES if re.search(pattern, text)), "")
