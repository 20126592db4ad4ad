"""換你的表在無頭 Chromium 裡：由 file:// 放進一個檔案，到報告、平面、編碼、生成的列。

沒有東西送出去，主執行緒不卡；壞的檔案說的話與命令的一樣；鍵盤、手機用得了。
"""

import csv
import random
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlparse

import pytest
from PIL import Image

from tests.browser.inspection import PHONE, inaccessible, opened, overflow
from tests.browser.test_lab_in_browser import BLOCKED, settle
from tests.figure_page import planted_in, tag, write_page
from tests.lab.own_tables import NAME
from tests.lab.test_own_model import two_kinds
from tests.tables.reading_cases import TABLE, by_python, case_bytes
from vae_from_scratch.housing import own_table

pytestmark = pytest.mark.browser
PATIENCE = 120_000  # 毫秒：忙的機器
#: 把檔案拖進框裡：位元組與名字。
DROP = """([bytes, name]) => {
  const transfer = new DataTransfer();
  transfer.items.add(new File([new Uint8Array(bytes)], name, { type: "text/csv" }));
  const box = document.querySelector(".own-drop");
  for (const kind of ["dragenter", "dragover", "drop"])
    box.dispatchEvent(new DragEvent(kind, { dataTransfer: transfer, bubbles: true, cancelable: true }));
}"""
#: 可以訓練了，或說了不能的原因。
READ = """() => /^可以訓練/.test(document.querySelector('.own-status').textContent)
  || [...document.querySelectorAll('.lab-problem')].some((e) => e.textContent !== '')"""
TRAINED = "() => document.querySelector('.own-status').textContent.startsWith('訓練完了')"
#: 畫布上的點：有幾種不透明的顏色，第一個看得見的在畫面上的位置。
DOTS = """() => {
  const canvas = document.querySelector('.lab-left canvas'), { width, height } = canvas;
  const { data } = canvas.getContext('2d').getImageData(0, 0, width, height);
  const inked = [...Array(width * height).keys()].filter((k) => data[4 * k + 3] === 255);
  const ratio = width / canvas.clientWidth, box = canvas.getBoundingClientRect(), [first] = inked;
  return {
    colours: new Set(inked.map((k) => data.slice(4 * k, 4 * k + 3).join())).size,
    first: [box.x + (first % width) / ratio, box.y + Math.floor(first / width) / ratio + 1],
  };
}"""
#: 有一欄的理由是、有一句壞消息是。
REASON = "(text) => [...document.querySelectorAll('.own-report .reason')].some((e) => e.textContent === text)"
TOLD = "(text) => [...document.querySelectorAll('.lab-problem')].some((e) => e.textContent.includes(text))"
#: 記下狀態列說過的每一句。
LISTEN = """() => {
  window.told = [];
  const status = document.querySelector('.own-status');
  new MutationObserver(() => window.told.push(status.textContent)).observe(status, { childList: true });
}"""


@pytest.fixture
def open_own(browser, tmp_path):
    """打開只有這張圖的網頁；離開時，主控台不能有錯誤，也不能有對外的連線。"""
    with ExitStack() as stack:
        complaints: list[list[str]] = []

        def go(
            width: int = 1000,
            theme: str = "light",
            before: str = "",
            planted: Sequence[tuple[str, str]] = (),
            **options: Any,
        ) -> Any:
            path = tmp_path / "own.html"
            write_page(path, own_table.own_table_figure())
            text = path.read_text(encoding="utf-8").replace("<title>", f"<script>{before}</script><title>")
            if planted:
                program = Path(__file__).parents[2] / "book/_static/interactive/own-table/session.js"
                copy = planted_in(program, tmp_path / "session.js", planted)
                text = text.replace(tag(program), tag(copy))
            path.write_text(text, encoding="utf-8")
            page, noise = stack.enter_context(opened(browser, path, (width, 900), theme, **options))
            complaints.append(noise)
            return page

        go.complaints = complaints  # type: ignore[attr-defined]
        yield go
        assert [noise for noise in complaints if noise] == []


def give(page: Any, content: bytes) -> None:
    """選一個檔案，等讀完。檔案放在磁碟上，位元組才不必經過網頁的主執行緒。"""
    path = Path(unquote(urlparse(page.url).path)).with_name(NAME)
    path.write_bytes(content)
    page.locator("input[type=file]").set_input_files(path)
    page.wait_for_function(READ, timeout=PATIENCE)
    settle(page)


def press(page: Any, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def train(page: Any, epochs: int) -> None:
    page.get_by_label("訓練週期", exact=True).fill(str(epochs))
    press(page, "訓練")
    page.wait_for_function(TRAINED, timeout=PATIENCE)
    settle(page)


def status(page: Any) -> str:
    return page.locator(".own-status").inner_text()


def problem(page: Any) -> str:
    return " ".join(text for text in page.locator(".lab-problem").all_inner_texts() if text)


def saved(page: Any, name: str) -> list[list[str]]:
    with page.expect_download() as download:
        press(page, name)
    text = Path(download.value.path()).read_bytes()
    assert text.startswith(b"\xef\xbb\xbf"), "有 BOM，中文的 Excel 才認得"
    return list(csv.reader(text.decode("utf-8-sig").splitlines()))


def row_of(page: Any, name: str) -> Any:
    return page.locator(".own-report tbody tr").filter(
        has=page.get_by_role("rowheader", name=name, exact=True)
    )


# ── 一個檔案走到底 ────────────────────────────────────────────────────


def test_from_a_dropped_file_to_the_plane_codes_and_generated_rows(open_own):
    page = open_own()
    assert "不送出去" in page.locator(".promise").inner_text()
    page.evaluate(DROP, [list(b"\xef\xbb\xbf" + two_kinds(120).encode()), "房子.csv"])
    page.wait_for_selector(".own-workshop:not([hidden])", timeout=PATIENCE)
    assert "120 列、6 欄；用 6 欄" in page.locator(".own-report").inner_text()
    assert row_of(page, "坪").locator(".missing").inner_text() != ""
    page.wait_for_function("() => document.querySelector('.own-status').textContent.startsWith('可以訓練')")
    assert "96 列訓練，24 列留下來打分數" in status(page)
    train(page, 3)
    assert "第 3 個週期" in page.locator(".interactive-text").inner_text()
    assert page.evaluate(DOTS)["colours"] >= 2, "平面照第一欄的兩種上色"
    codes = saved(page, "編碼（CSV）")
    assert codes[0][:2] == ["列", "held_out"] and len(codes) == 121
    assert sum(int(line[1]) for line in codes[1:]) == 24 and len({line[2] for line in codes}) > 60
    assert page.locator(".own-generated tbody tr").count() == 10
    page.get_by_label("存幾列").fill("25")
    generated = saved(page, "生成的列（CSV）")
    assert generated[0] == ["型", "電梯", "坪", "屋齡", "區", "車位坪"] and len(generated) == 26
    assert {line[0] for line in generated[1:]} <= {"公寓", "大樓"}
    press(page, "找出來")
    page.wait_for_selector(".own-unusual .scroll:not([hidden])", timeout=PATIENCE)
    page.locator(".own-unusual button").nth(1).click()
    page.wait_for_function("() => document.querySelectorAll('.own-card dd').length >= 6")
    assert (
        page.locator(".own-unusual tbody tr").first.locator("button").inner_text()
        in page.locator(".own-card h4").first.inner_text()
    )
    assert page.locator(".own-unusual tr.shown").count() == 1
    assert page.locator(".own-unusual tbody tr").first.locator("[aria-current=true]").count() == 1
    page.locator(".own-unusual button").nth(3).click()
    page.wait_for_selector(".own-unusual tbody tr:nth-child(3).shown")
    assert page.locator(".own-unusual [aria-current]").count() == 1


def test_any_column_colours_the_plane_and_a_dot_tells_its_row(open_own):
    page = open_own()
    give(page, two_kinds(60).encode())
    select = page.get_by_label("顏色", exact=True)
    assert select.locator("option").all_inner_texts() == ["型", "電梯", "坪", "屋齡", "區", "車位坪"]
    assert page.locator(".own-legend li").all_inner_texts()[0].split()[0] in ("公寓", "大樓")
    select.select_option("屋齡")
    page.wait_for_function("() => document.querySelectorAll('.shades rect').length > 10")
    assert page.locator(".own-legend li").count() == 0
    train(page, 2)
    page.locator(".lab-left").evaluate("e => e.scrollIntoView()")
    x, y = page.evaluate(DOTS)["first"]
    page.mouse.move(x, y)
    assert page.locator(".lab-tip").inner_text().startswith("第 ")
    page.mouse.click(x, y)
    page.wait_for_function("() => document.querySelector('.own-card h4').textContent.startsWith('第 ')")
    assert page.locator(".own-card").first.locator("dt").all_inner_texts() == [
        "型",
        "電梯",
        "坪",
        "屋齡",
        "區",
        "車位坪",
    ]


def test_the_sample_is_said_to_be_made_up(open_own):
    page = open_own()
    assert "虛構" in page.locator(".promise").inner_text()
    press(page, "試試看：虛構的實價登錄")
    page.wait_for_selector(".own-workshop:not([hidden])", timeout=PATIENCE)
    assert "300 列、24 欄" in page.locator(".own-report").inner_text()
    assert "略過第二行表頭" in page.locator(".own-report").inner_text()


def test_the_plane_can_be_saved(open_own):
    """存下來的圖比平面多了說明：平面的每一種顏色，下面都說是什麼。"""
    page = open_own()
    give(page, two_kinds(60).encode())
    train(page, 1)
    with page.expect_download() as download:
        press(page, "存圖（PNG）")
    assert download.value.suggested_filename == "latent-plane-epoch1.png"
    with Image.open(download.value.path()) as picture:
        width, height = page.locator(".lab-left canvas").evaluate("e => [e.clientWidth, e.clientHeight]")
        assert picture.width == 2 * width and picture.height > 2 * height
        below = picture.convert("RGB").crop((0, 2 * height, picture.width, picture.height))
        seen = {below.getpixel((x, y)) for x in range(below.width) for y in range(below.height)}
    legend = page.locator(".own-legend i").evaluate_all(
        "list => list.map((e) => getComputedStyle(e).backgroundColor.match(/\\d+/g).map(Number))"
    )
    assert len(legend) == 2 and {tuple(colour) for colour in legend} <= seen


# ── 讀者改報告 ────────────────────────────────────────────────────────


def test_a_kind_can_be_changed_and_a_column_left_out(open_own):
    page = open_own()
    give(page, two_kinds(60).encode())
    row_of(page, "屋齡").get_by_role("combobox").select_option("category")
    page.wait_for_function(REASON, arg="指定的種類")
    row_of(page, "區").get_by_role("checkbox").uncheck()
    page.wait_for_function(REASON, arg="你選擇不用")
    train(page, 1)
    assert "區" not in page.locator(".own-generated thead").inner_text()
    assert "區（沒有拿來訓練）" in page.get_by_label("顏色", exact=True).locator("option").all_inner_texts()


def test_an_impossible_kind_is_told_and_taken_back(open_own):
    page = open_own()
    give(page, two_kinds(60).encode())
    select = row_of(page, "區").get_by_role("combobox")
    select.select_option("number")
    page.wait_for_function(
        "() => document.querySelector('.lab-problem').textContent.includes('種類指定為數字')"
    )
    assert select.input_value() == "" and "請改正那一格" in problem(page)
    train(page, 1)


# ── 壞的檔案 ──────────────────────────────────────────────────────────


def broken_cases() -> list[dict[str, Any]]:
    """命令也讀不了的案例：不必另外指定選項的。"""
    return [
        case for case in TABLE["cases"] if "error" in case and "page" not in case and "options" not in case
    ]


def test_every_broken_file_is_told_in_the_words_of_the_command(open_own, tmp_path):
    page, seen = open_own(), 0
    for case in broken_cases():
        expected = by_python(case, tmp_path)["error"].replace(str(tmp_path / NAME), NAME)
        give(page, case_bytes(case))
        assert problem(page) == expected
        assert not page.locator(".own-workshop").is_visible()
        seen += 1
    assert seen >= 5
    give(page, two_kinds(60).encode())
    assert problem(page) == "" and page.locator(".own-workshop").is_visible(), "壞的檔案以後，好的照樣讀"


def test_too_few_rows_too_many_and_too_large_say_what_to_do(open_own):
    page = open_own()
    give(page, b"a,b\n" + b"1,2\n" * 10)
    assert "只有 10 列資料；至少要 20 列" in problem(page)
    give(page, b"a,b\n" + b"1,2\n3,4\n" * 25_001)
    assert "超過 50,000 列" in problem(page) and f'fit "{NAME}"' in problem(page)
    give(page, b"a,b\n" + b"1,22222222222\n" * 2_200_000)
    assert "有 31 MB，這一頁放不下" in problem(page) and f'fit "{NAME}"' in problem(page)


def test_big5_and_a_byte_order_mark_are_read(open_own):
    page = open_own()
    give(page, two_kinds(60).encode("cp950"))
    assert "Big5（cp950） → UTF-8" in page.locator(".own-report").inner_text()
    assert "型" in page.locator(".own-report tbody").inner_text()
    give(page, two_kinds(60).encode("utf-8-sig"))
    assert row_of(page, "型").count() == 1, "BOM 不是欄名的一部分"


def test_an_error_in_the_worker_reaches_the_reader(open_own):
    """背景的程式丟出例外、或根本開不起來，讀者看得到一句話。"""
    page = open_own(
        planted=[('this.say("正在編碼每一列");', 'throw new Error("記憶體放不下；請減少列數。");')]
    )
    give(page, two_kinds(60).encode())
    page.wait_for_function(TOLD, arg="請減少列數")
    page = open_own(before="globalThis.Worker = class { constructor() { throw new Error('不准'); } };")
    page.wait_for_function(
        "() => document.querySelector('.lab-problem').textContent.includes('不准網頁開背景的程式')"
    )


def test_without_simd_it_says_so_in_one_sentence(open_own):
    page = open_own(before="WebAssembly.validate = () => false;")
    assert "SIMD" in page.locator(".interactive-text").inner_text()
    assert page.locator(".own-drop").count() == 0


# ── 順不順 ────────────────────────────────────────────────────────────


#: 報告一次加了幾列。
ADDED = """() => {
  window.added = [];
  const body = document.querySelector('.own-report tbody');
  new MutationObserver((list) => window.added.push(list.filter((one) => one.addedNodes.length).length))
    .observe(body, { childList: true });
}"""


def test_the_report_of_a_wide_table_comes_piece_by_piece(open_own):
    """50 欄分幾格列，一格最多 12 欄，次序照檔案；每一欄都列了理由以外的東西。"""
    page = open_own()
    page.evaluate(ADDED)
    names = [f"欄{k}" for k in range(50)]
    lines = [",".join("甲乙丙"[(row * k + row) % 3] for k in range(50)) for row in range(60)]
    give(page, "\n".join([",".join(names), *lines]).encode())
    rows = page.locator(".own-report tbody tr")
    page.wait_for_function("() => document.querySelectorAll('.own-report tbody tr').length === 50")
    assert rows.locator("th").all_inner_texts() == names
    assert all(rows.locator(".example").all_inner_texts())
    added = page.evaluate("window.added")
    assert sum(added) >= 50 and max(added) <= 12


def many(rows: int) -> str:
    rng, lines = random.Random(1), ["區,型,坪,年,價,級"]
    for _ in range(rows):
        t = rng.random()
        levels = f"區{int(9 * t)},{rng.choice('甲乙丙丁')}"
        lines.append(f"{levels},{rng.gauss(30, 9 * t + 1):.1f},{int(60 * t)},{t:.3f},{int(5 * rng.random())}")
    return "\n".join(lines) + "\n"


def test_reading_and_training_a_large_file_never_blocks_the_page(open_own):
    """讀與訓練都在 worker 裡：主執行緒超過 50 毫秒的工作，合計不到十分之一；讀的時候說讀到哪裡。"""
    page = open_own()
    page.evaluate(BLOCKED)
    page.evaluate(LISTEN)
    started = time.monotonic()
    give(page, many(20_000).encode())
    train(page, 6)
    spent = 1000 * (time.monotonic() - started)
    blocked = page.evaluate("window.blocked")
    assert sum(blocked) < 0.1 * spent, (blocked, spent)
    assert any("讀了 15,000 列" in text for text in page.evaluate("window.told"))


def test_by_keyboard_alone(open_own):
    page = open_own()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "選檔案"
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector(".own-workshop:not([hidden])", timeout=PATIENCE)
    page.wait_for_function(
        "() => document.querySelector('.own-status').textContent.startsWith('可以訓練')", timeout=PATIENCE
    )
    page.get_by_label("訓練週期", exact=True).focus()
    page.keyboard.press("Control+A")
    page.keyboard.type("2")
    page.get_by_role("button", name="訓練", exact=True).focus()
    page.keyboard.press("Enter")
    page.wait_for_function(TRAINED, timeout=PATIENCE)
    handle = page.locator(".handle")
    before = page.locator(".own-card h4").nth(1).inner_text()
    handle.focus()
    page.keyboard.press("Shift+ArrowLeft")
    page.wait_for_function(
        "(text) => document.querySelectorAll('.own-card h4')[1].textContent !== text", arg=before
    )
    assert "z = (0.50" in page.locator(".own-card h4").nth(1).inner_text()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_is_accessible_and_fits_a_phone(open_own, theme):
    page = open_own(PHONE[0], theme)
    press(page, "試試看：虛構的實價登錄")
    page.wait_for_selector(".own-workshop:not([hidden])", timeout=PATIENCE)
    train(page, 1)
    press(page, "找出來")
    page.wait_for_selector(".own-unusual .scroll:not([hidden])", timeout=PATIENCE)
    assert open_own.complaints == [[]]
    assert overflow(page) == [] and inaccessible(page) == []
    open_own.complaints.clear()  # 檢查無障礙的程式自己會再讀一次樣式檔


# ── 反例 ──────────────────────────────────────────────────────────────


def test_a_request_would_be_noticed(browser, tmp_path):
    """反向對照：頁面真的送出東西，上面的檢查看得見。"""
    path = tmp_path / "own.html"
    write_page(path, own_table.own_table_figure())
    with opened(browser, path) as (page, noise):
        page.evaluate("() => fetch('http://127.0.0.1:9/表').catch(() => {})")
        page.wait_for_timeout(200)
        assert any("對外連線" in text for text in noise)


def test_a_planted_error_in_the_messages_is_noticed(open_own, tmp_path):
    """反向對照：讀檔的話改了一個字，與命令的就不同。"""
    page = open_own(
        planted=[
            (
                "const table = LabTable.readTable(bytes, file.name, { kinds });",
                "const table = LabTable.readTable(bytes, file.name + '?', { kinds });",
            )
        ]
    )
    case = broken_cases()[0]
    give(page, case_bytes(case))
    assert problem(page) != by_python(case, tmp_path)["error"].replace(
        str(tmp_path / NAME), NAME
    ) and problem(page)
