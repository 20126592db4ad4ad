"""想一想的規則在 Node 裡跑：數字的寫法、常見的錯、順序、間隔（假的日曆）、存不了與壞掉的紀錄。"""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from vae_from_scratch.bench.processes import node

ROOT = Path(__file__).resolve().parents[2]
STATIC = ROOT / "book" / "_static"
RULES, MEMORY = STATIC / "questions" / "rules.js", STATIC / "memory.js"
DRIVER = Path(__file__).with_name("questions_driver.cjs")


def run(program: str, *files: Path, zone: str = "Asia/Taipei") -> list[Any]:
    command = [str(node()), str(DRIVER), *map(str, files or (RULES,))]
    done = subprocess.run(
        command, input=program, env={"TZ": zone}, capture_output=True, text=True, encoding="utf-8", check=True
    )
    return json.loads(done.stdout)


def numbers(*written: str, unit: str = "") -> list[float | None]:
    return run(f"for (const one of {json.dumps(written)}) out(BookRules.number(one, {json.dumps(unit)}));")


# ── 數字 ──────────────────────────────────────────────────────────────


def test_every_way_of_writing_a_half_is_a_half() -> None:
    ways = [
        "0.5",
        ".50",
        "1/2",
        "50%",
        "50 %",
        "０．５",
        "５０％",
        "½",
        "1／2",
        "5e-1",
        "5×10^-1",
        "≈ 0.5",
        "+0.5",
    ]
    assert numbers(*ways) == [0.5] * len(ways)


def test_signs_groups_and_units() -> None:
    assert numbers("−2.5", "－2.5", "-5/2") == [-2.5] * 3
    assert numbers("12,345.5", "1.2e4") == [12345.5, 12000]
    assert numbers("0.69 nats", "0.69ｎａｔｓ", "0.69NATS", unit="nats") == [0.69] * 3


def test_what_is_no_number_is_refused() -> None:
    """反例：猜不出意思的寫法，不當成數字。"""
    ways = ["", "abc", "1/0", "1/2/3", "1,5", "0.5.", "--1", "5 nats", "1e", "%", "/2"]
    assert numbers(*ways) == [None] * len(ways)


def judged(written: str, **question: Any) -> dict[str, Any]:
    question = {"key": 0.1003, "within": 0.002, "unit": "", "wrong": [0.0101, 0.2], **question}
    return run(f"out(BookRules.judged({json.dumps(written)}, {json.dumps(question)}));")[0]


@pytest.mark.parametrize("written", ["0.1", "0.1003", "10%", "1/10", "0.102"])
def test_what_is_equal_within_the_tolerance_is_right(written: str) -> None:
    assert judged(written)["right"]


@pytest.mark.parametrize("written", ["0.103", "0.0101", "0.2", "-0.1", "1"])
def test_what_is_outside_is_wrong(written: str) -> None:
    assert not judged(written)["right"]


def test_a_known_mistake_is_recognised() -> None:
    assert [judged(written)["like"] for written in ("0.0101", "1/5", "7")] == [0, 1, -1]
    nearest = judged("0.0101", key=3, within=0.01, wrong=[0.02, 0.0101])
    assert nearest["like"] == 1  # 兩個都在容許的範圍裡，說比較近的那一個


def test_without_a_tolerance_only_rounding_is_forgiven() -> None:
    assert judged("0.3", key=0.1 + 0.2, within=0)["right"]
    assert not judged("0.3001", key=0.3, within=0)["right"]


def test_the_first_step_put_too_early_is_named() -> None:
    found = run("for (const one of [[0,1,2],[0,2,1],[2,0,1]]) out(BookRules.misplaced(one));")
    assert found[0] is None
    assert [(one["place"], one["step"]) for one in found[1:]] == [(1, 2), (0, 2)]


# ── 間隔 ──────────────────────────────────────────────────────────────

#: 到期那天就答，一路答對；out(隔了幾天)。
ALL_RIGHT = """
let record, today = 20000;
for (let n = 0; n < 7; n++) {
  record = BookRules.after(record, true, today);
  out(record.due - today);
  today = record.due;
}
"""


def test_right_answers_come_back_at_growing_intervals() -> None:
    assert run(ALL_RIGHT) == [1, 3, 7, 16, 35, 35, 35]


def test_the_page_states_the_schedule_of_the_rules() -> None:
    (days,) = run("out(BookRules.DAYS);")
    page = (ROOT / "book" / "review.md").read_text(encoding="utf-8")
    assert f"第一次答對，{days[0]} 天後再問" in page and "、".join(map(str, days[1:])) in page


def test_a_wrong_answer_returns_to_the_first_step() -> None:
    program = """
    let record = { step: 3, due: 100, seen: 84 };
    record = BookRules.after(record, false, 100); out([record.step, record.due]);
    record = BookRules.after(record, true, 100); out([record.step, record.due]);
    record = BookRules.after(record, true, 101); out([record.step, record.due]);
    """
    assert run(program) == [[0, 101], [0, 101], [1, 104]]


def test_answering_early_changes_nothing() -> None:
    """反例：同一天答對十次，不會一路升到 35 天。"""
    program = """
    let record;
    for (let n = 0; n < 10; n++) record = BookRules.after(record, true, 100);
    out([record.step, record.due]);
    """
    assert run(program) == [[0, 101]]


def test_a_clock_that_was_wrong_does_not_hide_a_question() -> None:
    program = "for (const due of [100, 101, 135, 9999]) out(BookRules.due({ step: 0, due, seen: 0 }, 100));"
    assert run(program) == [True, False, False, True]


def test_a_day_begins_at_the_readers_midnight() -> None:
    program = """
    const day = (text) => BookRules.day(new Date(text));
    out(day("2026-03-01T16:30:00Z") - day("2026-03-01T15:30:00Z"));
    """
    assert [run(program, zone=zone)[0] for zone in ("Asia/Taipei", "UTC", "America/New_York")] == [1, 0, 0]


# ── 紀錄 ──────────────────────────────────────────────────────────────

#: 假的 localStorage：不准讀、不准寫，或照常。
STORAGE = """
const box = {};
globalThis.localStorage = {
  getItem: (key) => { if (globalThis.noRead) throw new Error("SecurityError"); return box[key] ?? null; },
  setItem: (key, value) => {
    if (globalThis.noWrite) throw new Error("QuotaExceededError");
    box[key] = value;
  },
  removeItem: (key) => { delete box[key]; },
};
const answer = { step: 1, due: 105, seen: 102 };
const put = (name, one = answer) => BookMemory.update((state) => { state.answers[name] = one; });
"""


#: 記了哪些題，出了什麼問題。
TOLD = "out(Object.keys(BookMemory.read().answers)); out(BookMemory.problem());"


def remembered(program: str) -> list[Any]:
    return run(STORAGE + program, MEMORY)


def test_what_is_written_is_read_back_under_one_key() -> None:
    found = remembered(
        'put("a"); out(BookMemory.read().answers.a.due); out(Object.keys(box)); out(BookMemory.problem());'
    )
    assert found == [105, ["reader"], None]


def test_a_full_storage_keeps_the_answers_until_the_page_is_left() -> None:
    program = f'globalThis.noWrite = true; put("a"); put("b"); {TOLD}'
    answers, problem = remembered(program)
    assert answers == ["a", "b"] and "存不下" in str(problem)


def test_a_forbidden_storage_still_works() -> None:
    answers, problem = remembered(f'globalThis.noRead = globalThis.noWrite = true; put("a"); {TOLD}')
    assert answers == ["a"] and problem


@pytest.mark.parametrize(
    "text", ["{", "null", "[]", '"x"', '{"version": 2, "answers": {}}', '{"version": 1, "answers": 3}']
)
def test_a_broken_record_is_reported_and_starts_afresh(text: str) -> None:
    program = f"box.reader = {json.dumps(text)}; out(BookMemory.read().answers); out(BookMemory.problem());"
    answers, problem = remembered(program)
    assert answers == {} and "讀不出來" in problem


def test_entries_that_make_no_sense_are_dropped() -> None:
    odd = {
        "good": {"step": 0, "due": 5, "seen": 4},
        "far": {"step": 9, "due": 5, "seen": 4},
        "text": "x",
        "day": {"step": 0, "due": -1, "seen": 4},
    }
    text = json.dumps(
        {
            "version": 1,
            "answers": odd,
            "pages": {"a": {"far": 0.5}, "b": {"far": 7}, "c": {"far": 0.5, "place": '"><b>'}},
        }
    )
    program = f"box.reader = {json.dumps(text)}; out(BookMemory.read());"
    assert remembered(program) == [
        {"version": 1, "answers": {"good": odd["good"]}, "pages": {"a": {"far": 0.5}}}
    ]


def test_export_and_import_keep_the_later_answer() -> None:
    program = """
    put("old", { step: 0, due: 11, seen: 10 }); put("both", { step: 2, due: 60, seen: 50 });
    const file = BookMemory.text();
    BookMemory.erase(); out(BookMemory.read().answers);
    put("both", { step: 0, due: 91, seen: 90 });
    BookMemory.merge(file); out(BookMemory.read().answers);
    try { BookMemory.merge("not json"); } catch (error) { out(error.message); }
    out(Object.keys(BookMemory.read().answers).length);
    """
    erased, merged, complaint, kept = remembered(program)
    assert erased == {}
    assert merged == {"old": {"step": 0, "due": 11, "seen": 10}, "both": {"step": 0, "due": 91, "seen": 90}}
    assert "JSON" in complaint and kept == 2  # 壞的檔案不會動到原來的
