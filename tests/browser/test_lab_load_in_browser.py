"""實驗室的主執行緒做多少事：一格最多重畫一次，沒有變的、看不見的不畫，一格的工作是對照頁的幾倍。

機器忙不忙，一秒畫幾格就差很多，所以不量格數、不量秒數。數的是次數：一格畫幾次、排幾次版、一張快照碰哪些東西；
量的是主執行緒自己用的處理器時間，與同一次裡、輪流量的一張只有一個把手的網頁相比。每一項都種一個錯，證明看得見。
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.browser.inspection import listening
from tests.figure_page import PROGRAMS, planted_in, tag, write_page
from tests.lab.finished import finished as finished_runs
from vae_from_scratch.housing import lab

pytestmark = pytest.mark.browser
PATIENCE = 60_000
SIZE = {"width": 1280, "height": 900}
#: 很小的網路，訓練到測完還在訓練。
ADDRESS = "#lab:hidden=20&epochs=400&warmup=0"
FRAMES, STEPS = 60, 20
ROUNDS = 4
#: 一格排幾次版：一次，加上快照偶爾多的。
MOST_LAYOUTS = 1.3

#: 第幾格；worker 的每一種訊息幾個；畫布每一格交幾次像素；把手每一格移幾次。
COUNTED = """{
  const seen = window.seen = { frame: 0, messages: {}, images: {}, moves: {} };
  const next = () => { seen.frame += 1; requestAnimationFrame(next); };
  requestAnimationFrame(next);
  const add = (counts, key) => { counts[key] = (counts[key] ?? 0) + 1; };
  window.Worker = class extends Worker {
    constructor(...given) {
      super(...given);
      this.addEventListener("message", ({ data }) => add(seen.messages, data.kind));
    }
  };
  const { putImageData } = CanvasRenderingContext2D.prototype;
  CanvasRenderingContext2D.prototype.putImageData = function (...given) {
    add(seen.images, seen.frame);
    return putImageData.apply(this, given);
  };
  const { setAttribute } = Element.prototype;
  Element.prototype.setAttribute = function (name, value) {
    if (name === "transform" && this.matches(".handle")) add(seen.moves, seen.frame);
    return setAttribute.call(this, name, value);
  };
}"""
#: 拖著把手繞圈，一格移一次（再多送兩次滑鼠的移動，像很快的滑鼠）；傳回畫了幾格。
DRAG = """(frames) => new Promise((done) => {
  const knob = document.querySelector(".handle .knob"), box = knob.getBoundingClientRect();
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  const send = (type, clientX, clientY, Kind = MouseEvent) => knob.dispatchEvent(new Kind(type, {
    view: window, bubbles: true, cancelable: true, clientX, clientY, pointerType: "mouse",
  }));
  let turn = 0;
  const move = () => {
    for (let k = 0; k < 3; k++) {
      turn += 1 / 24;
      const at = [x - 40 + 40 * Math.cos(turn), y + 60 * Math.sin(turn)];
      send("pointermove", ...at, PointerEvent);
      send("mousemove", ...at);
    }
  };
  const next = () => {
    if (frames === 0) { send("mouseup", x, y); return done(); }
    frames -= 1;
    setTimeout(move); // 像真的滑鼠：在兩格之間
    requestAnimationFrame(next);
  };
  send("mousedown", x, y);
  next();
})"""
#: 按 n 次「走一步」，每一次等到快照回來、畫好。
STEP = """async (n) => {
  const button = [...document.querySelectorAll("button")].find((e) => e.textContent === "走一步");
  const settled = () => new Promise((go) => requestAnimationFrame(() => requestAnimationFrame(go)));
  for (let k = 1; k <= n; k++) {
    const before = seen.messages.snapshot;
    button.click();
    while (seen.messages.snapshot === before) await settled();
    await settled();
  }
}"""
#: 對照頁：一個把手，跟著滑鼠走。
PLAIN = """<!doctype html><meta charset="utf-8"><title>對照</title>
<svg width="500" height="500">
  <g class="handle" transform="translate(250,250)"><circle class="knob" r="10"/></g>
</svg>
<script>
  const handle = document.querySelector(".handle");
  let at = null;
  const paint = () => { handle.setAttribute("transform", `translate(${at})`); at = null; };
  addEventListener("mousemove", ({ clientX, clientY }) => {
    if (at === null) requestAnimationFrame(paint);
    at = [clientX, clientY];
  });
</script>"""


class Work(NamedTuple):
    """主執行緒用了幾毫秒的處理器、排了幾次版。"""

    spent: float
    layouts: float


@pytest.fixture(scope="module")
def figure(ames):
    return lab.lab_figure(ames, finished_runs(ames.held_out(seed=lab.SPLIT_SEED)))


@pytest.fixture
def open_page(browser, tmp_path) -> Iterator[Callable[..., Any]]:
    """自己的分頁：別的測試的分頁換成了假的時鐘，畫面的一格也是假的。離開時不能有錯誤。"""
    noise: list[str] = []
    with ExitStack() as stack:
        context = stack.enter_context(browser.new_context(viewport=SIZE))

        def go(path: Path, query: str = "") -> Any:
            page = context.new_page()
            stack.enter_context(listening(page, noise))
            page.goto(path.as_uri() + query)
            return page

        yield go
    assert noise == []


@pytest.fixture
def open_lab(open_page, tmp_path, figure) -> Callable[..., Any]:
    """``planted``：程式的檔名與種進去的錯（原來的, 改成的）。"""

    def go(planted: Sequence[tuple[str, str, str]] = ()) -> Any:
        path = tmp_path / "lab.html"
        write_page(path, figure)
        text = path.read_text(encoding="utf-8").replace("<title>", f"<script>{COUNTED}</script><title>")
        for name, before, after in planted:
            program = PROGRAMS / name
            copy = planted_in(program, tmp_path / f"planted-{program.name}", [(before, after)])
            assert text.count(tag(program)) == 1
            text = text.replace(tag(program), tag(copy))
        path.write_text(text, encoding="utf-8")
        page = open_page(path, ADDRESS)
        page.wait_for_selector(".interactive-text:not(:empty)", timeout=PATIENCE)
        page.locator(".lab-left .handle").scroll_into_view_if_needed()
        return page

    return go


@pytest.fixture
def open_plain(open_page, tmp_path) -> Callable[[], Any]:
    def go() -> Any:
        path = tmp_path / "plain.html"
        path.write_text(PLAIN, encoding="utf-8")
        return open_page(path)

    return go


def train(page: Any) -> None:
    page.locator(".play").evaluate("e => e.click()")  # 不捲動
    page.wait_for_function("() => document.querySelector('.lab-clock').textContent.includes('／400')")


def seen(page: Any) -> dict[str, dict[str, int]]:
    return page.evaluate("window.seen")


def work(page: Any, program: str, argument: int) -> Work:
    """跑一段，主執行緒做了多少事；這一頁要在前面，畫面才一格一格地走。"""
    page.bring_to_front()
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})
    before = metrics(session)
    page.evaluate(program, argument)
    after = metrics(session)
    session.detach()
    return Work(
        *(
            1000 * (after["TaskDuration"] - before["TaskDuration"]),
            after["LayoutCount"] - before["LayoutCount"],
        )
    )


def metrics(session: Any) -> dict[str, float]:
    return {one["name"]: one["value"] for one in session.send("Performance.getMetrics")["metrics"]}


# ── 次數 ──────────────────────────────────────────────────────────────


def dragged(page: Any) -> tuple[dict[str, dict[str, int]], Work]:
    """一邊訓練一邊拖：數到的次數（訊息只算這一段的）。"""
    train(page)
    page.evaluate("() => Object.assign(window.seen, { messages: {}, images: {}, moves: {} })")
    spent = work(page, DRAG, FRAMES)
    return seen(page), spent


def wasteful(page: Any) -> set[str]:
    """一邊訓練一邊拖，多做了哪幾種事。"""
    counts, spent = dragged(page)
    snapshots = counts["messages"].get("snapshot", 0)
    assert len(counts["moves"]) >= FRAMES / 4, counts  # 真的在拖
    found = {
        "一格移了把手兩次": max(counts["moves"].values()) > 1,
        "一格重畫平面兩次": max(counts["images"].values(), default=0) > 1,
        "沒有新的快照也重畫平面": sum(counts["images"].values()) > snapshots + 2,
        "畫的時候逼瀏覽器先排版": spent.layouts > MOST_LAYOUTS * FRAMES,
    }
    return {name for name, wrong in found.items() if wrong}


def test_a_frame_is_drawn_once_and_only_what_changed(open_lab):
    """一邊訓練一邊拖：一格最多移一次把手、畫一次平面、排一次版；平面只在有新的快照時重畫。"""
    assert wasteful(open_lab()) == set()


PLANTED = {
    "一格移了把手兩次": (
        "stage.js",
        "this.frame ??= requestAnimationFrame(() => {",
        "this.frame = requestAnimationFrame(() => {",
    ),
    "沒有新的快照也重畫平面": ("lab/plane.js", "if (this.stale || this.theme !== this.stage.theme)", ""),
    "畫的時候逼瀏覽器先排版": (
        "lab.js",
        "    plane.draw(probe);\n",
        "    plane.draw(probe);\n    document.body.getBoundingClientRect();\n"
        "    clock.style('padding', `${performance.now() % 7}px`);\n",
    ),
}


@pytest.mark.parametrize("what", PLANTED)
def test_a_wasteful_frame_is_noticed(open_lab, what):
    """反向對照：種一個錯，上一個測試說得出是哪一種。"""
    assert what in wasteful(open_lab([PLANTED[what]]))


#: 捲到最上面，等瀏覽器看過什麼看得見。
LOOKED = """() => new Promise((go) => {
  scrollTo(0, 0);
  new IntersectionObserver(go).observe(document.querySelector(".lab-meters"));
})"""
#: 數這一塊的字與橫條變了幾次。
CHANGES = """() => {
  window.changes = 0;
  const watch = new MutationObserver((list) => { window.changes += list.length; });
  const box = document.querySelector(".lab-meters");
  watch.observe(box, { subtree: true, childList: true, attributes: true, characterData: true });
}"""


def changes_out_of_sight(page: Any) -> int:
    """一邊訓練，看不見的數字在三張快照裡變了幾次。"""
    page.set_viewport_size({"width": SIZE["width"], "height": 300})
    page.evaluate(LOOKED)
    train(page)
    page.evaluate(CHANGES)
    page.evaluate("() => { seen.messages.snapshot = 0; }")
    page.wait_for_function("() => seen.messages.snapshot >= 3", timeout=PATIENCE)
    return page.evaluate("window.changes")


def test_what_is_out_of_sight_waits_until_it_is_seen(open_lab):
    """捲到了就畫到最新；停下來的時候，看不見的也是最新的。"""
    page = open_lab()
    assert changes_out_of_sight(page) == 0
    page.locator(".play").evaluate("e => e.click()")
    page.wait_for_function("() => window.changes > 0", timeout=PATIENCE)
    train(page)
    page.evaluate("() => { window.changes = 0; }")
    page.locator(".lab-meters").evaluate("e => e.scrollIntoView()")
    page.wait_for_function("() => window.changes > 0", timeout=PATIENCE)


def test_drawing_what_is_out_of_sight_is_noticed(open_lab):
    assert changes_out_of_sight(open_lab([("shared.js", "return () => seen;", "return () => true;")])) > 0


# ── 工作量 ────────────────────────────────────────────────────────────


class Times(NamedTuple):
    """拖一格、一張快照，主執行緒的工作是對照頁一格的幾倍。"""

    dragged: float
    stepped: float


#: 量到的是 2.8 與 11；一格重畫幾千個 drawImage、看不見的也畫、解碼一來就排版的時候是 4.9 與 27。
MOST = Times(4.5, 20)


def compared(page: Any, plain: Any) -> Iterator[Times]:
    """輪流量，每量一次給一次到現在的最少：別的程式搶快取，處理器時間也會多一點。"""
    frames, drags, steps = [], [], []
    for _ in range(ROUNDS):
        frames.append(work(plain, DRAG, FRAMES).spent / FRAMES)
        drags.append(work(page, DRAG, FRAMES).spent / FRAMES)
        steps.append(work(page, STEP, STEPS).spent / STEPS)
        yield Times(min(drags) / min(frames), min(steps) / min(frames))


def test_the_work_of_a_frame_beside_a_bare_page(open_lab, open_plain):
    """拖一格與畫一張快照，主執行緒的處理器時間不超過對照頁一格的 ``MOST`` 倍。"""
    found = []
    for times in compared(open_lab(), open_plain()):
        found.append(times)
        if times.dragged < MOST.dragged and times.stepped < MOST.stepped:
            return
    pytest.fail(f"每一次都超過：{found}")


#: 收到一個訊息就空轉一陣；拖一格就空轉一陣。
SPIN = "for (let k = 0; k < 4e6; k++) window.spun = k % 3;"
HEAVY = {
    "stepped": ("lab.js", "function hear(message) {", f"function hear(message) {{ {SPIN}"),
    "dragged": ("lab.js", "    plane.draw(probe);", f"    plane.draw(probe); {SPIN}"),
}


@pytest.mark.parametrize("part", HEAVY)
def test_heavier_work_is_noticed(open_lab, open_plain, part):
    """反向對照：每一個訊息、每一格多算一點，就超過。"""
    times = list(compared(open_lab([HEAVY[part]]), open_plain()))[-1]
    assert getattr(times, part) > getattr(MOST, part)
