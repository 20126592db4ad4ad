"""評分的這一邊：對方送來什麼都不會被騙、不會卡住，也不會留下行程。"""

import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest

from vae_from_scratch.course.errors import Elsewhere, explain_exception
from vae_from_scratch.course.grading import frames, remote, sandbox
from vae_from_scratch.course.grading.remote import Crashed, Forged, NotStarted, RemoteSubmission, TimedOut
from vae_from_scratch.course.grading.sandbox import Level, Process
from vae_from_scratch.course.outcomes import Unloadable, WrongAnswer

PRELUDE = f"""
import json, os, struct, sys, time
sys.path.insert(0, {str(Path(frames.__file__).parent)!r})
import frames
def send(content, numbers=b"", number=bytes(16)):
    os.write(1, frames.dump(number, content, numbers))
def receive():
    text, numbers, number = frames.lengths(os.read(0, frames.HEADER.size))
    content = json.loads(os.read(0, text)); os.read(0, numbers)
    return number, content
def hello():
    send({{"kind": "ready", "uid": 1}})
    number, content = receive()
    send({{"kind": "loaded", "names": ["f"]}}, number=number)
    return receive()[0]
def reply(content):
    send(content, number=hello()); time.sleep(9)
def raised(**changed):
    reply({{"kind": "raised", "type": "E", "name": "E", "message": "", "text": "", "line": 1}} | changed)
def ask(index):
    reply({{"kind": "ask", "function": index, "arguments": [[], {{"d": []}}]}})
def changed(index):
    reply({{"kind": "returned", "value": [1.0, {{"d": [[index, 1]]}}]}})
RIGHT = {{"kind": "returned", "value": [1.0, {{"d": []}}]}}
"""


@pytest.fixture
def pretender(monkeypatch):
    """``pretender(程式)``：冒充 worker 的行程；用完確認它已經死了。"""
    started = []

    def become(code):
        def start(level, limits=None):
            command = [sys.executable, "-c", PRELUDE + textwrap.dedent(code)]
            popen = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0, start_new_session=True
            )
            started.append(popen)
            return Process(popen)

        monkeypatch.setattr(sandbox, "start", start)
        submission = RemoteSubmission(Path("ex01.py"), "", Level.LIMITS, seconds=5.0)
        submission.begin()
        return submission

    yield become
    for popen in started:
        assert popen.poll() is not None, "留下了行程"


def lost(submission, error):
    """呼叫 ``f``，要以 ``error`` 收場；收掉 worker。"""
    with pytest.raises(error) as caught:
        submission.f(1.0)
        submission.end()
    submission.lost(caught.value)
    return caught.value


def test_an_honest_answer_arrives(pretender):
    submission = pretender("number = hello(); send(RIGHT, number=number); receive()")
    assert submission.f(1.0) == 1.0
    submission.end()
    submission.close()


#: 冒充的行程做什麼 → 這一邊怎麼看它。
PRETENDERS = {
    "宣稱四十億個位元組": (
        'hello(); os.write(1, frames.HEADER.pack(b"VAE1", 2**32 - 1, 0, bytes(16)))', Forged,
    ),
    "宣稱的數字太多": ('hello(); os.write(1, frames.HEADER.pack(b"VAE1", 2, 700_001, bytes(16)))', Forged),
    "載入以後就結束": ("hello()", Crashed),
    "編號是零": ("hello(); send(RIGHT); time.sleep(9)", Forged),
    "編號是猜的": ('hello(); send(RIGHT, number=b"7" * 16); time.sleep(9)', Forged),
    "同一個回答送兩次": (
        "data = frames.dump(hello(), RIGHT); os.write(1, data + data); time.sleep(9)", Forged,
    ),
    "還沒問就先回答": (
        """
        send({"kind": "ready"})
        send(RIGHT)
        number, _ = receive()
        send({"kind": "loaded", "names": ["f"]}, number=number)
        time.sleep(9)
        """,
        Forged,
    ),
    "回答後面接一個位元組": (
        'number = hello(); os.write(1, frames.dump(number, RIGHT) + b"x"); time.sleep(9)', Forged,
    ),
    "沒有 kind": ("reply({})", Forged),
    "kind 是別的": ('reply({"kind": "passed", "score": 100})', Forged),
    "kind 是串列": ('reply({"kind": ["returned"]})', Forged),
    "用載入的回答來答": ('reply({"kind": "loaded", "names": []})', Forged),
    "沒有值": ('reply({"kind": "returned"})', Forged),
    "只有值沒有第二段": ('reply({"kind": "returned", "value": [1.0]})', Forged),
    "第二段不是字典": ('reply({"kind": "returned", "value": [1.0, 2]})', Forged),
    "改動了第 99 個引數": ('changed("99")', Forged),
    "改動了第 -1 個引數": ('changed("-1")', Forged),
    "改動了第 ² 個引數": ('changed("²")', Forged),
    "例外少了一段": ('reply({"kind": "raised", "type": "ValueError"})', Forged),
    "例外的行號是文字": ('raised(line="1")', Forged),
    "例外的訊息太長": ('raised(message="x" * 501)', Forged),
    "例外的訊息有代理字元": (
        """
        said = {"type": "E", "name": "E", "message": "\\ud800", "text": "", "line": 1}
        text = json.dumps({"kind": "raised"} | said)
        os.write(1, frames.HEADER.pack(b"VAE1", len(text), 0, hello()) + text.encode())
        time.sleep(9)
        """,
        Forged,
    ),
    "問不存在的函式": ("ask(0)", Forged),
    "問的號碼是布林": ("ask(True)", Forged),
    "問的號碼是負的": ("ask(-1)", Forged),
    "送到一半停住": ("os.write(1, frames.dump(hello(), RIGHT)[:30]); time.sleep(60)", TimedOut),
    "送到一半結束": ("os.write(1, frames.dump(hello(), RIGHT)[:30])", Crashed),
    "不回答": ("hello(); time.sleep(60)", TimedOut),
    "一個位元組一個位元組慢慢送": (
        """
        for byte in frames.dump(hello(), RIGHT):
            os.write(1, bytes([byte]))
            time.sleep(1)
        """,
        TimedOut,
    ),
    "一直送": ("number = hello()\nwhile True: os.write(1, b'x' * 65536)", Forged),
}  # fmt: skip


@pytest.mark.parametrize("name", PRETENDERS)
def test_a_pretender_gets_nothing(pretender, name, monkeypatch):
    code, error = PRETENDERS[name]
    submission = pretender(code)
    submission._seconds = 1.5 if error is TimedOut else 5.0
    submission.begin()
    lost(submission, error)  # 等到它睡醒的話，收場的會是另一種
    if error is Forged:
        assert "不合格式" in submission.begin()  # 到此為止


@pytest.mark.parametrize(
    "code",
    [
        "pass",
        'send({"kind": "ready"}, number=b"1" * 16); time.sleep(9)',
        'os.write(1, b"x" * 100); time.sleep(9)',
        'os.write(1, frames.HEADER.pack(b"VAE1", 2**32 - 1, 0, bytes(16)))',
    ],
)
def test_a_worker_that_does_not_report_is_this_machines_problem(pretender, code):
    """還沒有載入學生的檔案就不對：不算學生的錯。"""
    submission = pretender(code)
    with pytest.raises(NotStarted):
        submission.f(1.0)
    assert submission.begin() == ""


def test_a_worker_that_starts_at_the_second_try_is_used(submitted, monkeypatch):
    start, failures = sandbox.start, ["第一次起不來"]

    def once(*arguments):
        if failures:
            raise OSError(failures.pop())
        return start(*arguments)

    monkeypatch.setattr(sandbox, "start", once)
    assert submitted("def f(x): return x").f(1.0) == 1.0 and failures == []


def test_asking_without_end_is_stopped(pretender, monkeypatch):
    monkeypatch.setattr(remote, "MAX_ASKS", 50)
    ask = '{"kind": "ask", "function": 0, "arguments": [[], {"d": []}]}'
    submission = pretender(f"number = hello()\nwhile True:\n    send({ask}, number=number); receive()")
    with pytest.raises(TimedOut) as caught:
        submission.f(lambda: 1.0)
    submission.lost(caught.value)


def test_a_worker_that_does_not_read_cannot_block_the_sender(pretender):
    submission = pretender("hello(); time.sleep(60)")
    submission._seconds = 1.0
    submission.begin()
    with pytest.raises(TimedOut) as caught:
        submission.f(np.zeros(200_000))  # 1.6 MB，管子裝不下
    submission.lost(caught.value)


def test_a_timeout_stops_only_its_own_function():
    submission = RemoteSubmission(Path("ex01.py"), "", Level.LIMITS)
    for function in ("double", "square"):
        assert submission.begin(function) == ""
        assert "算太久" in submission.lost(TimedOut())
        assert submission.begin(function) == remote.STOPPED
    for _ in range(20):
        assert submission.begin("cube") == ""
        submission.lost(Crashed())


@pytest.mark.parametrize(
    ("source", "words"), [("while True: pass", "算太久"), ("import os; os._exit(0)", "結束了")]
)
def test_a_file_that_stops_while_loading_is_tried_twice(source, words):
    submission = RemoteSubmission(Path("ex01.py"), source, Level.LIMITS, seconds=1.0)
    for _ in range(2):
        assert submission.begin("double") == ""
        with pytest.raises((TimedOut, Crashed)) as caught:
            submission.double(1.0)
        said = submission.lost(caught.value)
        assert said.startswith("ex01.py 載入不了：") and words in said
    assert submission.begin("square") == said


def test_a_load_that_was_interrupted_never_says_there_is_no_function():
    """檢查把沒有好好載入的例外吞掉了，也不可以說沒有這個函式。"""
    submission = RemoteSubmission(Path("ex01.py"), "def f(): return 1.0", Level.LIMITS)
    submission.begin("f")
    submission._seconds = float("nan")  # 時限不是數字：送要求的時候就停了
    with pytest.raises(ValueError):
        submission.f()
    with pytest.raises(Crashed) as caught:
        submission.f()
    assert "載入不了" in submission.lost(caught.value)


# ---- 真的 worker ----------------------------------------

UNUSED = """
import matplotlib_like.pyplot as plt, scipy_like.stats
from torch_like.nn import Module, functional as F
try:
    import fast_like
except ImportError:
    fast_like = None
def honest(x):
    return 2 * x if fast_like is None else 0
def plots(x):
    plt.plot(x)
    return x
def adds(x):
    return x + F
"""


def test_an_unused_import_costs_nothing_and_a_used_one_is_named(submitted):
    submission = submitted(UNUSED)
    assert submission.honest(3.0) == 6.0
    for function, module in (("plots", "matplotlib_like"), ("adds", "torch_like")):
        with pytest.raises(Elsewhere) as caught:
            getattr(submission, function)(1.0)
        assert caught.value.kind == "ModuleNotFoundError" and f"'{module}'" in str(caught.value)


@pytest.fixture
def submitted():
    """``submitted(原始碼)``：由真的 worker 載入的檔案（只有上限的等級，處處都有）。"""
    made = []

    def make(source):
        submission = RemoteSubmission(Path("ex01_two.py"), textwrap.dedent(source), Level.LIMITS)
        submission.begin()
        made.append(submission)
        return submission

    yield make
    for submission in made:
        submission.close()


def test_values_cross_and_functions_stay_here(submitted):
    submission = submitted(
        """
        def apply(f, x, *, by=2):
            return [f(x), f(x=by)], x.sum(), None
        """
    )
    x = np.arange(3.0)
    values = submission.apply(lambda x: 10 * x, x)
    assert np.array_equal(values[0][0], 10 * x) and values[0][1] == 20 and values[1:] == (3.0, None)


def test_an_error_in_a_function_given_is_the_students_to_see(submitted):
    submission = submitted(
        """
        def careful(f):
            try:
                f(1, 2, 3)
            except TypeError as error:
                return "引數" if "argument" in str(error) else "別的"
        """
    )
    assert submission.careful(lambda x: x) == "引數"


def test_a_changed_argument_is_seen_here(submitted):
    submission = submitted(
        """
        def double(x):
            x *= 2
            return x
        def layers(all):
            all[0] += 1
            return 0.0
        def leave(x):
            return x + 1
        """
    )
    x, layers = np.ones(2), [np.zeros(2), np.ones(1)]
    submission.double(x)
    submission.layers(layers)
    assert x.tolist() == [2, 2] and layers[0].tolist() == [1, 1]
    submission.leave(x)
    assert x.tolist() == [2, 2]


def test_errors_say_the_line_of_the_student(submitted):
    submission = submitted(
        """
        import numpy as np
        def wrong(x):
            return np.zeros(3) + np.zeros(4)
        def todo(x):
            raise NotImplementedError
        def leaves(x):
            raise SystemExit
        def two(x, y):
            return x
        """
    )
    with pytest.raises(Exception) as caught:
        submission.wrong(1.0)
    failure = explain_exception(caught.value, Path("ex01_two.py"))
    assert "形狀對不起來" in failure.symptom and "第 4 行" in dict(failure.details)["出錯"]
    with pytest.raises(NotImplementedError):
        submission.todo(1.0)
    with pytest.raises(Exception) as caught:
        submission.leaves(1.0)
    assert "exit()" in explain_exception(caught.value, Path()).symptom
    with pytest.raises(Exception) as caught:
        submission.two(1.0)
    assert "引數的個數" in explain_exception(caught.value, Path()).symptom
    with pytest.raises(WrongAnswer, match="沒有 missing"):
        submission.missing(1.0)


@pytest.mark.parametrize(
    ("source", "symptom"),
    [
        ("def f(x)\n", "第 1 行少了冒號"),
        ("import nothing_like_this\nnothing_like_this.go()", "模組不存在"),
        ("from nothing_like_this.deep import go\nvalue = go(1)", "模組不存在"),
        ("raise SystemExit", "exit()"),
        ("x = 1\x00", "NUL"),
    ],
)
def test_a_file_that_does_not_load_says_why(submitted, source, symptom):
    submission = submitted(source)
    for _ in range(2):
        with pytest.raises(Unloadable) as caught:
            submission.f(1.0)
        failure = explain_exception(caught.value, Path("ex01_two.py"))
        assert symptom in failure.symptom and failure.whole_file
