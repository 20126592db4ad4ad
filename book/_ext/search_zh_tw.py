"""中文全文搜尋：把漢字切成單字與相鄰的兩字，索引與查詢用同一種切法。

內建的中文斷詞找不到「後驗崩塌」這類術語。改切單字與雙字之後，任何兩個字以上的詞都找得到：
「潛在空間」切成 潛、在、空、間、潛在、在空、空間，查詢也這樣切，每一段都要在同一頁出現。
"""

import pickle
import re
from pathlib import Path

from sphinx.application import ENV_PICKLE_FILENAME, Sphinx
from sphinx.search import SearchLanguage

RUN = re.compile(r"[\u3400-\u9fff]+|[A-Za-z0-9_]+")


def pieces(text: str) -> list[str]:
    """漢字的單字與雙字，以及整個的英數字詞。"""
    found: list[str] = []
    for run in RUN.findall(text):
        if run.isascii():
            found.append(run.lower())
        else:
            found += list(run)
            found += [run[i : i + 2] for i in range(len(run) - 1)]
    return found


class TraditionalChinese(SearchLanguage):
    lang = "zh_TW"
    language_name = "Traditional Chinese"
    js_splitter_code = r"""
var splitQuery = (query) =>
  (query.match(/[\u3400-\u9fff]+|[A-Za-z0-9_]+/g) || []).flatMap((run) =>
    /^[\x00-\x7f]+$/.test(run)
      ? [run.toLowerCase()]
      : run.length === 1 ? [run] : [...run].slice(1).map((c, i) => run[i] + c));
"""

    def split(self, input: str) -> list[str]:
        return pieces(input)


def forget_gone_words(app: Sphinx) -> list:
    """只重建幾頁時，舊的索引裡會留下已經沒有一頁有的字；拿掉，才與從頭建的一樣。"""
    indexer = getattr(app.builder, "indexer", None)
    if indexer is not None:
        indexer.prune(app.env.all_docs)
        for words in (indexer._mapping, indexer._title_mapping):
            for word in [word for word, pages in words.items() if not pages]:
                del words[word]
    return []


def keep_index(app: Sphinx, error: Exception | None) -> None:
    """索引頁的詞在寫頁面時才收集，Sphinx 卻在那以前就存檔；再存一次，下回只重建幾頁時才不會漏掉其餘的。"""
    if error is None and app.builder.format == "html":
        with Path(app.doctreedir, ENV_PICKLE_FILENAME).open("wb") as file:
            pickle.dump(app.env, file, pickle.HIGHEST_PROTOCOL)


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_search_language(TraditionalChinese)
    app.connect("html-collect-pages", forget_gone_words)
    app.connect("build-finished", keep_index)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
