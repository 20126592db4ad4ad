"""手機上的圖：用窄的一份，字看得清，小圖不並排；深色時底是透明的。寬螢幕與紙上用寬的一份。"""

import io
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlparse

import matplotlib
import pytest
from matplotlib.figure import Figure
from PIL import Image

from tests.browser.drawings import problems, read
from tests.browser.inspection import DESKTOP, PHONE, SETTLED, opened, resize, without_javascript
from tests.built_book import pages, require_book
from vae_from_scratch import narrow_figures, plotting

pytestmark = pytest.mark.browser
#: 看的是整體，一格一格放大反而看不出來的，仍然並排（見 narrow_figures.MOST_STACKED）。
SMALL_MULTIPLES = {"fig-11-plane"}
#: 頁面上 matplotlib 畫的每一張圖：所在的名字、瀏覽器選的檔案、顯示的寬度；摺起來的先打開。
SHOWN = """async () => {
  for (const fold of document.querySelectorAll("details")) fold.open = true;
  const images = [...document.querySelectorAll('article img[src*="_images/"][src$=".svg"]')];
  for (const image of images) image.loading = "eager";  // 捲到才載入的，現在就載入
  await Promise.all(images.map((image) => image.decode()));
  return images.map((image) => [
    image.closest("figure")?.id ?? "", image.currentSrc, image.getBoundingClientRect().width]);
}"""
PAGE = """<!doctype html><html lang="zh-TW"><head><meta charset="utf-8"><title>頁</title>
<meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark">
<style>body { margin: 24px } img { max-width: 100% }</style></head>
<body><article>BODY</article></body></html>"""


def shown(page: Any) -> list[tuple[str, Path, float]]:
    return [(name, Path(unquote(urlparse(url).path)), width) for name, url, width in page.evaluate(SHOWN)]


def complaints(figures: list[tuple[str, Path, float]]) -> list[str]:
    found = []
    for name, path, width in figures:
        said = problems(read(path), width)
        if name in SMALL_MULTIPLES:
            said = [words for words in said if "並排" not in words]
        found += [f"{name} {path.name}：{words}" for words in said]
    return found


def test_every_figure_of_the_book_is_readable_on_a_phone_and_wide_on_a_screen(browser: Any) -> None:
    book, found, seen = require_book(), [], 0
    for name in pages():
        # 手機的捲軸浮在頁面上，不占寬度。
        with opened(browser, book / name, PHONE, has_touch=True, is_mobile=True) as (page, _):
            figures = shown(page)
            seen += len(figures)
            found += complaints(figures)
            resize(page, DESKTOP)
            assert not any("-narrow" in path.name for _, path, _ in shown(page)), name
    assert found == []
    assert seen > 80


#: 互動圖沒有 JavaScript 時：圖的名字、那句話的高、靜止畫面的寬與高；摺起來的先打開。
STILLS = """() => {
  for (const fold of document.querySelectorAll("details")) fold.open = true;
  return [...document.querySelectorAll("[data-interactive]")].map((figure) => {
    const size = (name) => figure.querySelector(`.interactive-fallback ${name}`)?.getBoundingClientRect();
    const [sentence, picture] = [size("p"), size("img")];
    return [figure.dataset.interactive, sentence?.height ?? 0, picture?.width ?? 0, picture?.height ?? 0];
  });
}"""
#: 實驗室的靜止畫面是那一頁自己的圖；讀者的表沒有檔案就沒有圖。
NO_STILL = {"lab", "own-table"}


def test_every_interactive_figure_of_the_book_has_a_sentence_and_a_picture_without_javascript(
    browser: Any,
) -> None:
    book, seen, missing = require_book(), set(), []
    for name in pages():
        if "data-interactive" not in (book / name).read_text(encoding="utf-8"):
            continue
        with without_javascript(browser, book / name, 390) as page:
            for figure, sentence, width, height in page.evaluate(STILLS):
                seen.add(figure)
                if sentence < 20 or (figure not in NO_STILL and (not 250 < width <= 390 or height < 150)):
                    missing.append((name, figure, sentence, width, height))
    assert missing == []
    assert len(seen) >= 11


def drawing() -> str:
    """並排的兩格，書的核心畫的樣子：寬、窄都在裡面。"""
    from IPython.core.pylabtools import print_figure

    with matplotlib.rc_context():
        plotting.use_course_style()
        figure = Figure(figsize=(6.4, 3))
        for ax in figure.subplots(1, 2, sharey=True):
            ax.plot([0, 1], [0, 1], label="一條線")
            ax.set(title="每次重抽", xlabel="$\\mu_1$")
            ax.legend(fontsize="small")
        return (
            narrow_figures.drawn_both(lambda each, **how: print_figure(each, fmt="svg", **how))(figure) or ""
        )


@pytest.fixture
def small_page(extension: Any, tmp_path: Path) -> Path:
    """照建書的做法，由核心送來的那一張圖寫成一頁。"""
    narrow, dark = extension("narrow_figures"), extension("dark_figures")
    (tmp_path / "_images").mkdir()
    for name, svg in zip(("a1.svg", "a1-narrow.svg"), narrow_figures.separated(drawing()), strict=True):
        (tmp_path / "_images" / name).write_text(dark.with_dark(svg or ""), encoding="utf-8")
    body = narrow.with_narrow('<img alt="結論" src="_images/a1.svg">', {"a1"})
    (tmp_path / "page.html").write_text(PAGE.replace("BODY", body), encoding="utf-8")
    return tmp_path / "page.html"


def test_a_phone_gets_the_narrow_drawing(browser: Any, small_page: Path) -> None:
    with opened(browser, small_page, PHONE) as (page, noise):
        figures = shown(page)
        assert [path.name for _, path, _ in figures] == ["a1-narrow.svg"] and noise == []
        assert complaints(figures) == []
        resize(page, DESKTOP)
        assert [path.name for _, path, _ in shown(page)] == ["a1.svg"]


def test_a_figure_without_a_narrow_drawing_is_caught(browser: Any, small_page: Path) -> None:
    text = small_page.read_text(encoding="utf-8")
    small_page.write_text(text.replace("max-width: 600px", "max-width: 1px"), encoding="utf-8")
    with opened(browser, small_page, PHONE) as (page, _):
        said = " ".join(complaints(shown(page)))
    assert "最小的字只有" in said and "並排的小圖只有" in said


def corner(page: Any) -> tuple[int, ...]:
    """圖的左上角在畫面上是什麼顏色；圖的後面先塗上一個圖裡沒有的顏色。"""
    page.evaluate("document.querySelector('img').style.backgroundColor = 'rgb(1, 200, 3)'")
    page.evaluate(SETTLED)
    picture = Image.open(io.BytesIO(page.locator("img").first.screenshot())).convert("RGB")
    return tuple(picture.getpixel((3, 3)))  # type: ignore[arg-type]


def test_the_ground_is_clear_only_in_the_dark(browser: Any, small_page: Path) -> None:
    for size in (PHONE, DESKTOP):
        with opened(browser, small_page, size, theme="dark") as (page, _):
            assert corner(page) == (1, 200, 3)
        with opened(browser, small_page, size) as (page, _):
            assert corner(page) == (255, 255, 255)
