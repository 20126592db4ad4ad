"""例外說成人話：真的出一次錯，看讀者讀到的那一句；每一種另有一個不該被說成它的。"""

import builtins
import textwrap
from pathlib import Path

import numpy as np
import pytest

from vae_from_scratch.course.errors import Elsewhere, explain_exception
from vae_from_scratch.course.outcomes import UNANSWERED, Case, Points, Unreadable
from vae_from_scratch.course.running import Submission, run_case, source_of
from vae_from_scratch.course.syntax import MARKS
from vae_from_scratch.course.testing import check

X, W = np.arange(6.0).reshape(3, 2), np.ones((4, 3))
CASE = Case("ex01", "test_f", "試試看", Points(1, ("題目的提示",), "第 1 章"))


@pytest.fixture
def told(tmp_path):
    """``told(原始碼)``：讀者把它存檔之後，檢查 ``f(x, w)`` 時看到的。"""

    def tell(source, **inputs):
        path = tmp_path / "ex01_two.py"
        text = source if isinstance(source, bytes) else textwrap.dedent(source).encode()
        path.write_bytes(text)
        test = lambda target: check(target.f, inputs or {"x": X, "w": W}, X)  # noqa: E731
        outcome = run_case(CASE, test, Submission(path), lambda *name: np.sqrt)
        return outcome.failure or outcome

    return tell


HEAD = "import math\nimport numpy as np\n\ndef g(x):\n    y = 2 * x\n\ndef f(x, w):\n"
BODIES = [
    ("return exp(x)", "要寫成 np.exp", "是不是"),
    ("return np.expp(x)", "numpy 裡沒有「expp」；是不是 exp？", ""),
    ("return x / std", "看看是不是打錯字，或忘了先算它", "np.std"),
    ("return x * pi", "要寫成 np.pi", ""),
    ("return erf(x)", "要寫成 math.erf", ""),
    ("return np.ln(x)", "自然對數是 np.log", "是不是"),
    ("return npp.exp(x)", "用到沒有定義的名稱「npp」；是不是 np？", ""),
    ("total = x\n    return totla", "用到沒有定義的名稱「totla」；是不是 total？", ""),
    ("return qqqqq", "看看是不是打錯字，或忘了先算它", "是不是 "),
    ("if w.sum() < 0:\n        s = 1\n    return s * x", "「s」還沒有值就拿來用", ""),
    ("return x + w", "形狀對不起來：(3, 2) 與 (4, 3)", ""),
    ("return x @ w", "左邊最後一軸是 2，右邊倒數第二軸是 4", ""),
    ("return x.dot(w)", "(3, 2) 與 (4, 3)", ""),
    ("return x.reshape(4, 2)", "陣列有 6 個值，放不成 (4, 2)", ""),
    ("z = np.zeros(2)\n    z += x\n    return z", "原來是 (2,)，算出來是 (3, 2)", ""),
    ("z = np.zeros(2)\n    z[:] = w[:, 0]\n    return z", "要放的形狀是 (4,)，位子的形狀是 (2,)", ""),
    ("return np.concatenate([x, w])", "接起來的陣列", ""),
    ("return np.stack([x, w])", "形狀要相同", ""),
    ("return x.sum(axis=2)", "沒有第 2 軸：這個陣列只有 2 個軸", ""),
    ("return np.sum(x, axes=1)", "沒有叫「axes」的引數；是不是 axis？", ""),
    ("return x[0, 1, 2]", "只有 2 個軸，你給了 3 個索引", ""),
    ("return x[5]", "索引 5 超出範圍：第 0 軸的長度是 3，索引由 0 到 2", ""),
    ("return [1, 2][5]", "索引超出範圍", ""),
    ("z = np.arange(3)\n    z *= 0.5\n    return z", "int64 的陣列放不下 float64", ""),
    ("return np.arange(3) ** -1", "整數的陣列不能取負的次方", ""),
    ("return math.exp(x)", "math 的函式、float()、int() 只收一個數", ""),
    ("return math.log(0)", "math 的函式收到不能算的值", ""),
    ("return math.exp(1e9)", "math 的函式算出的數太大", ""),
    ("return np.exp([None])", "np.exp 收到的不是數字", ""),
    ("return (x - 1)^2", "次方要寫 **", ""),
    ("return g(x) + 1", "拿 None 來算：前面呼叫的函式是不是忘了 return", ""),
    ("return g(x).sum()", "對 None 取 .sum：前面呼叫的函式是不是忘了 return", ""),
    ("return g(x)[0]", "對 None 取 [ ]", ""),
    ("a, b = g(x)\n    return a", "拆不開 None", ""),
    ("a, b = 1.0\n    return a", "不能拆成好幾個名字", ""),
    ("a, b = x\n    return a", "等號左邊有 2 個名字，右邊的值更多", ""),
    ("a, b, c, d = x\n    return a", "左邊有 4 個名字，右邊只有 3 個值", ""),
    ("return [1, 2] - 1", "串列不能這樣算；先用 np.asarray", ""),
    ("return [1, 2].sum()", "list 沒有「sum」這個屬性或函式；先用 np.asarray", ""),
    ("return 2(x)", "後面接了括號 ( )，被當成函式呼叫；相乘要寫 *", ""),
    ("return x(0)", "陣列後面接了括號", ""),
    ("return np.exp[x]", "函式後面要用圓括號", ""),
    ("return g[x]", "函式後面要用圓括號", ""),
    ("return g - 1", "把函式本身當成數字用了", ""),
    ("return g()", "呼叫 g 時少給了引數 x", ""),
    ("return g(1, 2)", "g 收 1 個引數，你給了 2 個", ""),
    ("if x > 0:\n        return x", "把整個陣列當成真假用了", ""),
    ("return np.array([[1], [1, 2]])", "長短不一樣", ""),
    ("return range(x.sum())", "這裡要整數", ""),
    ("return 1 / 0", "除以 0", ""),
    ("return {}['mean']", "字典裡沒有這個鍵：'mean'", ""),
    ("return np.linalg.inv(np.zeros((2, 2)))", "矩陣是奇異的", ""),
    ("return np.linalg.inv(x)", "只收方陣", ""),
    ("return np.linalg.cholesky(-np.eye(2))", "不是正定的", ""),
    ("return np.linalg.inv(x[0])", "至少兩個軸", ""),
    ("return np.zeros((10**7, 10**7))", "形狀 (10000000, 10000000) 的陣列要 728. TiB", ""),
    ("raise MemoryError", "記憶體用完了", ""),
    ("return f(x, w)", "函式一直呼叫自己", ""),
    ("raise EOFError", "input()", ""),
    ("exit()", "exit()", ""),
    ("import nump", "匯入的模組不存在：nump；這一組只需要 numpy；是不是 numpy？", ""),
    ("from numpy import expp", "numpy 裡沒有「expp」", ""),
    ("open('nothing.csv')", "讀寫了檔案", ""),
    ("assert x.sum() < 0", "你寫的 assert 不成立", ""),
]


@pytest.mark.parametrize(("body", "words", "not_said"), BODIES, ids=lambda text: text[:30])
def test_an_error_is_told_with_the_learners_line(told, body, words, not_said):
    failure = told(f"{HEAD}    {body}\n")
    assert words in failure.symptom and "程式執行到一半出錯：" in failure.symptom
    assert not not_said or not_said not in failure.symptom
    place = dict(failure.details)["出錯"]
    line = place.split("　", 1)[1]
    assert place.startswith("第 ") and line in f"{HEAD}    {body}" and line
    english = dict(failure.details)["訊息"]
    assert failure.symptom.removeprefix("程式執行到一半出錯：") not in english


def test_both_shapes_and_the_kinds_are_listed(told):
    details = dict(told(f"{HEAD}    return x + w * 2\n").details)
    assert details["變數"] == "x  形狀 (3, 2)，float64\nw  形狀 (4, 3)，float64"
    assert "變數" not in dict(told(f"{HEAD}    return nothing(x)\n").details)


def test_a_name_misspelt_comes_without_the_hint_of_the_exercise(told):
    assert not told(f"{HEAD}    return exp(x)\n").hint
    assert told(f"{HEAD}    return x + w\n").hint


SYNTAX = [
    ("def f(x, w):\n    return np.exp（x）\n", "第 2 行有全形的左括號「（」，請改成半形的「(」"),
    ("def f(x，w):\n    return x\n", "第 1 行有全形的逗號「，」，請改成半形的「,」"),
    ("def f(x, w)：\n    return x\n", "第 1 行有全形的冒號「：」，請改成半形的「:」"),
    ("def f(x, w):\n    return x＋w\n", "第 2 行有全形的加號「＋」"),
    ("def f(x, w):\n    return １\n", "第 2 行有全形的「１」，請改成半形的「1」"),
    ("def f(x, w):\n    return “x”\n", "第 2 行有彎引號"),
    ("def f(x, w):\n    return x × w\n", "第 2 行有乘號「×」，請改成半形的「*」"),
    ("def f(x, w):\n\u3000\u3000return x\n", "第 2 行有全形的空白，請改成空白"),
    ("def f(x, w):\n    return x\u200b\n", "第 2 行有看不見的零寬字元，請刪掉它"),
    ("def f(x, w):\n    return x ☺ w\n", "第 2 行有 Python 不認得的字「☺」"),
    ("def f(x, w):\n    return np.exp(x\n", "第 2 行的「(」沒有關起來"),
    ("def f(x, w):\n    return x[0)\n", "用「[」開始，卻用「)」結束"),
    ("def f(x, w):\n    return x)\n", "多了一個「)」"),
    ("def f(x, w):\n    if x = 1:\n        return x\n", "第 2 行把 = 當成比較用了；相等是 =="),
    ("def f(x, w):\n    x + 1 = w\n", "等號左邊不是變數|把 = 當成比較用了"),
    ("def f(x, w)\n    return x\n", "第 1 行少了冒號"),
    ("def f(x, w):\nreturn x\n", "第 2 行要縮排：它屬於第 1 行"),
    ("def f(x, w):\n    y = x\n      return y\n", "第 3 行縮排不對：比上一行多"),
    ("def f(x, w):\n        y = x\n    return y\n", "第 3 行縮排不對：與前面任何一層都沒有對齊"),
    ("def f(x, w):\n    if x:\n        y = 1\n\treturn y\n", "第 4 行的縮排混用了 Tab 與空白"),
    ("def f(x, w):\n    return 'x\n", "第 2 行的字串沒有結束"),
    ('def f(x, w):\n    """x\n    return x\n', "開始的三引號沒有結束"),
    ("return 1\n", "第 1 行的 return 不在函式裡"),
    ("def f(x, w):\n    return 2x\n", "相乘要寫 *"),
    ("def f(x, w):\n    return (x w)\n", "少了逗號或運算符號"),
    ("def f(x, w):\n    return x w\n", "有語法錯誤，看 ^ 的前後：常見的是少了乘號"),
    ("def f(x, w):\n    return x && w\n", "Python 寫 and、or"),
    ("def f(x, w):\n    x++\n", "Python 寫 x += 1"),
    ("def f(x, w):\n    if x: pass\n    else if w: pass\n", "else if 要寫成 elif"),
    ("def f(x, w):\n    lambda = 1\n", "lambda 是 Python 的保留字|等號左邊不是變數|把 = 當成比較"),
    ("def f(x, w):\n    print x\n", "的 print 少了括號"),
    ("def f(x, w):\n    return np.sum(axis=0, x)\n", "有名字的引數"),
]


@pytest.mark.parametrize(("source", "words"), SYNTAX, ids=lambda text: text[-30:])
def test_a_syntax_error_is_told_in_words(told, source, words):
    failure = told(source)
    assert any(one in failure.symptom for one in words.split("|")), failure.symptom
    assert failure.symptom.startswith("ex01_two.py 載入不了：第 ") and failure.whole_file


def test_the_caret_stands_under_the_character(told):
    """前面有全形字也對得齊：一個全形字兩格。"""
    place = dict(told('def f(x, w):\n    return "甲" + x）\n').details)["出錯"].splitlines()
    assert place == ['第 2 行　return "甲" + x）', " " * 24 + "^"]


def test_every_mark_in_the_table_is_refused_by_python():
    """表裡的字真的會讓 Python 停下來，否則說了也沒有用。"""
    for mark in MARKS:
        with pytest.raises(SyntaxError):
            compile(f"x {mark} y", "x", "exec")


SOURCE = "# 中文\ndef f(x, w):\n    return x  # 答案\n"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (SOURCE.encode("cp950"), "編碼不是 UTF-8（看起來是 Big5），第 1 行讀不出來；用編輯器另存成 UTF-8"),
        (b"x = 1\n" + SOURCE.encode("cp950"), "第 2 行讀不出來"),
        (SOURCE.encode("utf-16"), "存成了 UTF-16"),
        (b"# coding: big5\n" + SOURCE.encode(), "宣告的編碼是 big5，第 2 行讀不出來"),
        (b"# -*- coding: nonsense -*-\n" + SOURCE.encode(), "宣告的編碼「nonsense」不能用"),
        (b"\xef\xbb\xbf# coding: big5\n" + SOURCE.encode(), "宣告的編碼「big5」不能用"),
        (SOURCE.encode().replace(b"return", b"ret\0urn"), "第 3 行有看不見的 NUL 字元"),
        (b"\xff\xfe\xfa", "UTF-16"),
        (b"x = '\xff'\n", "編碼不是 UTF-8，第 1 行"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(told, data, words):
    with pytest.raises(Unreadable, match=words.replace("（", ".").replace("）", ".")[:12]):
        source_of(data)
    failure = told(data)
    assert words in failure.symptom and failure.whole_file and "載入不了" in failure.symptom


@pytest.mark.parametrize(
    "data",
    [
        b"\xef\xbb\xbf" + SOURCE.encode(),
        b"\xef\xbb\xbf\xef\xbb\xbf" + SOURCE.encode(),
        SOURCE.replace("\n", "\r\n").encode(),
        b"# coding: utf-8\n" + SOURCE.encode(),
        b"# coding: big5\n" + SOURCE.encode("big5"),
    ],
)
def test_other_ways_to_save_a_good_file_are_read(told, data):
    assert "def f" in source_of(data)
    assert told(data, x=X, w=X).status == "通過"


def test_a_call_of_an_unwritten_function_is_said(told):
    outcome = told("def g(x):\n    raise NotImplementedError\n\ndef f(x, w):\n    return g(x)\n")
    assert outcome.status == UNANSWERED and outcome.notes == ("你的 f 呼叫了還沒寫的 g；先寫 g",)
    assert told("def f(x, w):\n    raise NotImplementedError\n").notes == ()


def test_a_call_outside_every_function_is_told_with_its_line(told):
    failure = told("def f(x, w):\n    raise NotImplementedError\n\nprint(f(1, 2))\n")
    assert "最外層（函式外面）呼叫了還沒寫的函式" in failure.symptom and failure.whole_file
    assert dict(failure.details)["出錯"] == "第 4 行　print(f(1, 2))"


def test_a_strange_return_value_is_not_called_a_changed_signature(told):
    def use(target):
        return target.f(1, 2).sum() + 1

    path = Path("ex01_two.py")
    for error, words in ((TypeError("f() takes 1 positional argument but 2 were given"), "def 那一行不要改"),
                         (TypeError("unsupported operand"), "不是題目說的樣子")):  # fmt: skip
        assert words in explain_exception(error, path).symptom


def test_another_process_tells_the_same_words(told):
    """評分時只剩文字：規則相同，只少了變數與猜的名字。"""
    here = told(f"{HEAD}    return x + w\n")
    message = dict(here.details)["訊息"].removeprefix("ValueError: ")
    there = explain_exception(
        Elsewhere("ValueError", "ValueError", message, "return x + w", 8), Path("ex01_two.py")
    )
    assert there.symptom == here.symptom and there.details[0] == here.details[0]
    broken = Elsewhere("SyntaxError", "SyntaxError", "invalid character '，' (U+FF0C)", "f(x，w)", 3)
    assert "第 3 行有全形的逗號「，」" in explain_exception(broken, Path("ex01_two.py")).symptom


def test_no_rule_is_hidden_by_an_earlier_one():
    """每一條規則都有例外的名字可以對上，沒有打錯。"""
    from vae_from_scratch.course.errors import RULES

    assert all(hasattr(builtins, kind) for kind, _, _ in RULES)
