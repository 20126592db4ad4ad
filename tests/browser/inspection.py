"""用無頭 Chromium 打開一頁，回報讀者會遇到的毛病；每一種毛病一個函式。"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import ConsoleMessage, Error, Page, Request, sync_playwright

from tests.built_book import require_chromium

ROOT = Path(__file__).resolve().parents[2]
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
DESKTOP, PHONE = (1280, 900), (390, 844)
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

# 畫面上還看得到 TeX 原始碼，或排不出來的公式。
UNRENDERED = r"""() => {
  const raw = [...document.querySelectorAll(".math")].filter((e) => !e.querySelector("mjx-container"));
  const errors = [...document.querySelectorAll("mjx-merror, merror")];
  const prose = [...document.querySelectorAll("article p, article li, article td")]
    .filter((e) => !e.querySelector("code, pre") && /\\\(|\\\[|\$\$/.test(e.innerText));
  return [...raw, ...errors, ...prose].map((e) => e.textContent.trim().slice(0, 80));
}"""

# 只要元素的 HTML，不要選擇器：整頁的元素都算一個選擇器，占了檢查時間的五分之一。
AXE_RUN = """async () => (await axe.run(document, {resultTypes: ["violations"], selectors: false})).violations
  .filter((v) => ["critical", "serious"].includes(v.impact))
  .map((v) => `${v.impact} ${v.id}: ${v.nodes.slice(0, 3).map((n) => n.html.slice(0, 160)).join(" | ")}`)"""

# 超出畫面、又不在自己的捲動框裡的元素。
OVERFLOW = """() => document.documentElement.scrollWidth <= innerWidth ? [] :
  [...document.querySelectorAll("body *")]
    .filter((e) => e.getBoundingClientRect().right > innerWidth + 1)
    .map((e) => `${e.tagName}.${e.className} ${Math.round(e.getBoundingClientRect().right)}px`).slice(0, 5)"""


# 字型載好、一進頁面就開始的轉場也走完：轉場到一半的顏色，讀者停不下來看，量了也不算數。
# 換了主題，網頁的腳本要到下一次重畫才知道，轉場那時才開始，所以先等兩次重畫。
SETTLED = """async () => {
  await document.fonts.ready;
  await new Promise((go) => requestAnimationFrame(() => requestAnimationFrame(go)));
  // 收合的 <details> 裡，時間不往前走，轉場也就不會結束；看不見的不等。
  const transitions = document.getAnimations().filter(
    (a) => a instanceof CSSTransition && a.effect?.target?.checkVisibility());
  await Promise.allSettled(transitions.map((a) => a.finished));
}"""


@contextmanager
def chromium() -> Iterator[Any]:
    executable = require_chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=FLAGS)
        yield browser
        _kept.clear()
        browser.close()


#: 沒有在用的分頁，一種設定（觸控、減少動態……）一個；見 ``opened``。
_kept: dict[tuple[Any, ...], Page] = {}


@contextmanager
def opened(
    browser: Any,
    path: Path,
    size: tuple[int, int] = DESKTOP,
    theme: str = "light",
    query: str = "",
    **options: Any,
) -> Iterator[tuple[Page, list[str]]]:
    """從 file:// 打開一頁，等公式與圖畫完；同時給出主控台的錯誤與對外的連線。

    每次都照這個大小重新載入，但用同一個分頁：另開分頁就是另一個行程，幾 MB 的中文字型要再解一次，
    比這一頁本身還久。離開時把儲存的主題、滑鼠的位置清掉，下一頁看到的與新的分頁一樣。
    """
    kind, noise = (browser, *sorted(options.items())), list[str]()
    page = _kept.pop(kind, None) or _new_page(browser, options)  # 用著的時候不在裡面，別人拿不到
    page.set_viewport_size({"width": size[0], "height": size[1]})
    # 用同一個分頁：前一位若改看列印的樣子，這裡要改回螢幕。
    page.emulate_media(media="screen", color_scheme="dark" if theme == "dark" else "light")
    try:
        with listening(page, noise):
            page.goto(path.resolve().as_uri() + query)
            page.wait_for_load_state("load")
            _insist_on_theme(page, theme)
            page.evaluate(SETTLED)
            yield page, noise
        _leave(page)
    except BaseException:  # 停在哪裡不知道：這個分頁不再用
        page.context.close()
        raise
    _kept[kind] = page


@contextmanager
def without_javascript(browser: Any, path: Path, width: int) -> Iterator[Page]:
    """關掉 JavaScript 打開一頁，深色的電腦；頁面自己的動作都沒有，不等它排好。"""
    context = browser.new_context(
        viewport={"width": width, "height": 900}, java_script_enabled=False, color_scheme="dark"
    )
    page = context.new_page()
    page.goto(path.resolve().as_uri())
    yield page
    context.close()


def _insist_on_theme(page: Page, theme: str) -> None:
    """電腦很忙的時候，換了行程的分頁偶爾忘記要模擬暗的：再說一次，重新載入。"""
    if page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches") != (theme == "dark"):
        page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
        page.reload()


def resize(page: Page, size: tuple[int, int]) -> None:
    """換一個大小，等重新排好。"""
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.evaluate(SETTLED)


def _new_page(browser: Any, options: dict[str, Any]) -> Page:
    page = browser.new_context(**options).new_page()
    page.clock.install()
    return page


def _leave(page: Page) -> None:
    page.evaluate("localStorage.clear(); sessionStorage.clear()")
    page.mouse.move(-1, -1)
    page.goto("about:blank")


@contextmanager
def listening(page: Page, noise: list[str]) -> Iterator[None]:
    """在這個區塊裡，錯誤訊息與對外的連線都記進 ``noise``。"""

    def heard(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            noise.append(message.text)

    def failed(error: Error) -> None:
        noise.append(str(error))

    def requested(request: Request) -> None:
        if not local(request.url):
            noise.append(f"對外連線 {request.url}")

    listeners: dict[Any, Any] = {"console": heard, "pageerror": failed, "request": requested}
    for event, listener in listeners.items():
        page.on(event, listener)
    try:
        yield
    finally:
        for event, listener in listeners.items():
            page.remove_listener(event, listener)


def local(url: str) -> bool:
    return url.startswith(("file:", "data:", "blob:", "about:"))


def unrendered_formulas(page: Page) -> list[str]:
    return page.evaluate(UNRENDERED)


def overflow(page: Page) -> list[str]:
    return page.evaluate(OVERFLOW)


def inaccessible(page: Page) -> list[str]:
    """axe 判為嚴重 (critical) 或重大 (serious) 的無障礙問題。"""
    if not page.evaluate("'axe' in window"):
        page.add_script_tag(path=str(AXE))
    return page.evaluate(AXE_RUN)
