"""慢的手機也讀得快：每一頁要下載多少、要算多久。

慢速 4G（一趟來回 150 毫秒，每秒約 180 kB）與慢四倍的處理器上，第一次畫面與靜止的時間就由這兩樣決定。下載的
位元組每次都一樣；處理器的時間與一個空白的網頁輪流量，比的是倍數，快的、慢的、忙的電腦用同一個界線。
"""

import gzip
import random
import statistics
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.browser.inspection import PHONE
from tests.browser.local_site import Quiet, served
from tests.built_book import pages, require_book

pytestmark = pytest.mark.browser
#: 壓縮過的位元組：第一次畫面以前要的（1.3 秒），與全部（多了字型與圖；另有資料的頁放寬）。
FIRST_BYTES, ALL_BYTES = 185_000, 1_050_000
WITH_DATA = {"explorer.html": 1_500_000, "lab.html": 1_250_000}
#: 空白網頁的幾倍：到第一次畫面的時間，與全部用掉的處理器時間。
FIRST_WORK, ALL_WORK = 12, 10
PACKED = {".html", ".css", ".js", ".svg"}
BARE = (
    "<!doctype html><html lang='zh-TW'><head><meta charset='utf-8'><title>空白</title></head><body>"
    + "".join(f"<p>第 {line} 行：<b>空白</b>的網頁，<i>只有</i>字。</p>" for line in range(1500))
)


class Seen(NamedTuple):
    """一頁：第一次畫面以前要的、全部的位元組，與處理器到第一次畫面、全部用的秒數。"""

    first_bytes: int
    all_bytes: int
    first_work: float
    all_work: float


class Packed(Quiet):
    """像放上網的時候：壓縮過。"""

    def do_GET(self) -> None:
        path = Path(self.translate_path(self.path))
        found = path.is_file()
        data = path.read_bytes() if found else b""
        self.send_response(200 if found else 404)
        self.send_header("Content-Type", self.guess_type(str(path)))
        if path.suffix in PACKED:
            data = gzip.compress(data, 6, mtime=0)
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


#: 網頁的這麼多位元組到了，畫得出第一個畫面；後面的邊讀邊畫。
START = 65_536
MEASURE = """(START) => {
  const [page] = performance.getEntriesByType("navigation"), files = performance.getEntriesByType("resource");
  const size = (all) => all.reduce((sum, one) => sum + one.encodedBodySize + 300, 0);
  const stops = files.filter((one) => one.renderBlockingStatus !== "non-blocking");
  const first = performance.getEntriesByName("first-contentful-paint")[0];
  return {
    first: Math.min(size([page]), START) + size(stops),
    all: size([page, ...files]),
    painted: Math.max(0, (first ? first.startTime : performance.now()) - page.responseStart),
  };
}"""


def look(browser: Any, url: str) -> Seen:
    """第一次來的讀者：沒有快取。"""
    context = browser.new_context(viewport={"width": PHONE[0], "height": PHONE[1]})
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})  # 別的行程用掉的不算
    page.goto(url)
    page.evaluate("document.fonts.ready")
    page.wait_for_load_state("networkidle")
    told = page.evaluate(MEASURE, START)
    metrics = {one["name"]: one["value"] for one in session.send("Performance.getMetrics")["metrics"]}
    context.close()
    return Seen(told["first"], told["all"], told["painted"] / 1000, metrics["TaskDuration"])


def problems(name: str, rounds: list[tuple[Seen, Seen]]) -> list[str]:
    """一頁超過的界線；``rounds`` 是幾輪的（這一頁，空白的網頁），取中位數。"""

    def times(what: str) -> float:
        return statistics.median(getattr(seen, what) / getattr(bare, what) for seen, bare in rounds)

    seen, most = rounds[0][0], WITH_DATA.get(name, ALL_BYTES)
    told = {
        f"第一次畫面以前要 {seen.first_bytes} 位元組": seen.first_bytes > FIRST_BYTES,
        f"全部 {seen.all_bytes} 位元組": seen.all_bytes > most,
        f"到第一次畫面，是空白網頁的 {times('first_work'):.1f} 倍": times("first_work") > FIRST_WORK,
        f"處理器的時間，是空白網頁的 {times('all_work'):.1f} 倍": times("all_work") > ALL_WORK,
    }
    return [what for what, over in told.items() if over]


def slow_pages(browser: Any, site: str, bare: str, names: list[str]) -> dict[str, list[str]]:
    """每一頁與空白的網頁輪流看；超過界線的再看兩輪，還超過就再兩輪，取中位數。"""
    look(browser, bare)  # 瀏覽器剛開
    rounds: dict[str, list[tuple[Seen, Seen]]] = {name: [] for name in names}
    for turns in (1, 2, 2):
        for name, told in rounds.items():
            told += [(look(browser, site + name), look(browser, bare)) for _ in range(turns)]
        rounds = {name: told for name, told in rounds.items() if problems(name, told)}
    return {name: problems(name, told) for name, told in rounds.items()}


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    folder = tmp_path_factory.mktemp("bare")
    (folder / "bare.html").write_text(BARE, encoding="utf-8")
    with served(folder, Packed) as address:
        yield folder, address


def test_every_page_is_quick_on_a_slow_phone(browser: Any, bare: tuple[Path, str]) -> None:
    with served(require_book(), Packed) as site:
        assert slow_pages(browser, site, f"{bare[1]}bare.html", pages()) == {}


HEAVY = {
    "第一次畫面以前要": '<link rel="stylesheet" href="heavy.css">',
    "全部": '<script>fetch("heavy.bin").then((answer) => answer.arrayBuffer())</script>',
    "處理器的時間": """<script>addEventListener("load", () => {
      const { innerHTML } = document.body;
      for (let turn = 0; turn < 25; turn += 1) {
        document.body.innerHTML = innerHTML;
        document.body.offsetHeight;
      }
    })</script>""",
}


@pytest.mark.parametrize("said", HEAVY)
def test_a_heavy_page_is_caught(browser: Any, bare: tuple[Path, str], said: str) -> None:
    """空白的網頁很輕；多一樣，就太重，也說得出是哪一樣。"""
    folder, address = bare
    noise = random.Random(0).randbytes(1_200_000)
    (folder / "heavy.css").write_text(f"/*{noise[:200_000].hex()}*/", encoding="utf-8")
    (folder / "heavy.bin").write_bytes(noise)
    (folder / "heavy.html").write_text(BARE.replace("<body>", f"{HEAVY[said]}<body>"), encoding="utf-8")
    found = slow_pages(browser, address, f"{address}bare.html", ["bare.html", "heavy.html"])
    assert list(found) == ["heavy.html"] and any(told.startswith(said) for told in found["heavy.html"])
