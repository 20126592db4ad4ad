"""兩層的內文：主線打開就讀得完；深入、程式、習題與書目摺著，頁面上方的開關一次決定打開哪些。

作者寫 ``::::{deeper} 標題`` 把一段放進深入；裡面有程式格的（程式格只能在最外層），用沒有內容的
``{deeper} 標題`` 與 ``{deeper-end}`` 前後夾住。其餘的由這裡摺：程式格的程式、每一題習題（連同解答）、
參考文獻。程式格標上 ``main-line``，印的字就留在主線；標上 ``main-line-code``，程式也留著。摺起來的都是
``<details>``，沒有腳本也打得開；開關本身由 _static 裡的 layers.js 啟用（_static 的程式每一頁都會載入）。
"""

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective
from sphinx_exercise.nodes import exercise_enumerable_node, exercise_node, solution_node

logger = logging.getLogger(__name__)
SWITCH = """<fieldset class="layer-switch" hidden>
<legend>這一頁顯示</legend>
<label><input type="radio" name="layer" value="main" checked>主線</label>
<label><input type="radio" name="layer" value="all">全部</label>
<label><input type="radio" name="layer" value="code">全部加程式</label>
</fieldset>"""
REFERENCES = "參考文獻"
PRINTS_STAY, CODE_STAYS = "main-line", "main-line-code"


class fold(nodes.General, nodes.Element):
    """摺起來的一段：``layer`` 是 deeper 或 exercise，第一個子節點是 ``fold_title``。"""


class fold_title(nodes.TextElement):
    """摺起來時看得到的那一行。"""


class fold_end(nodes.Element):
    """摺到這裡為止。"""


class Deeper(SphinxDirective):
    """``{deeper} 標題``：主線用不到的證明、旁支與檢查；沒有內容的，摺到 ``{deeper-end}``。"""

    required_arguments = 1
    final_argument_whitespace = True
    has_content = True

    def run(self) -> list[nodes.Node]:
        words, messages = self.state.inline_text(self.arguments[0], self.lineno)
        title = fold_title(self.arguments[0], "", nodes.inline("", "深入"), nodes.Text("　"), *words)
        folded = fold("", title, layer="deeper", unfinished=not self.content)
        self.set_source_info(folded)
        self.state.nested_parse(self.content, self.content_offset, folded)
        return [folded, *messages]


class DeeperEnd(SphinxDirective):
    """``{deeper-end}``：前一個 ``{deeper}`` 到這裡為止，要在同一節裡。"""

    def run(self) -> list[nodes.Node]:
        end = fold_end("")
        self.set_source_info(end)
        return [end]


def fold_page(app: Sphinx, doctree: nodes.document) -> None:
    fold_marked(doctree)
    fold_code(doctree, app.config.nb_code_prompt_show, app.config.nb_code_prompt_hide)
    fold_exercises(doctree)
    fold_references(doctree)
    title = next(doctree.findall(nodes.title), None)
    if title is not None and any(doctree.findall(fold)):
        section = title.parent
        section.insert(section.index(title) + 1, nodes.raw("", SWITCH, format="html"))


def fold_marked(doctree: nodes.document) -> None:
    """兩個記號之間的同層節點，移進前一個摺頁；不成對的警告，建書就停。"""
    for end in list(doctree.findall(fold_end)):
        section, last = end.parent, end.parent.index(end)
        starts = [at for at in range(last) if _is_unfinished(section[at])]
        if starts:
            start = section[starts[-1]]
            start += section[starts[-1] + 1 : last]
            start["unfinished"] = False
            del section[starts[-1] + 1 : last]
        else:
            logger.warning("這一節的 {deeper-end} 前面沒有 {deeper}", location=end, type="layers")
        section.remove(end)
    for start in doctree.findall(_is_unfinished):
        logger.warning("沒有內容的 {deeper}，同一節裡要有 {deeper-end}", location=start, type="layers")


def fold_code(doctree: nodes.document, show: str, hide: str) -> None:
    """沒有自己說怎麼摺的程式格，摺起程式、留下圖與表；只印了字的，內文會說，整格一起摺。"""
    for cell in doctree.findall(nodes.container):
        tags = cell.get("cell_metadata", {}).get("tags", [])
        if cell.get("nb_element") == "cell_code" and not cell.get("hide_mode") and CODE_STAYS not in tags:
            mode = "all" if _only_prints(cell) and PRINTS_STAY not in tags else "input"
            cell.update_all_atts({"hide_mode": mode, "prompt_show": show, "prompt_hide": hide})


def fold_exercises(doctree: nodes.document) -> None:
    """一題一摺：題目、提示與緊接著的解答；摺起來時看得到題名與分數。"""
    for exercise in list(doctree.findall(_is_exercise)):
        parent, at = exercise.parent, exercise.parent.index(exercise)
        together = [exercise, *(node for node in parent.children[at + 1 : at + 2] if _is_solution(node))]
        name = next((title.astext() for title in exercise.findall(nodes.subtitle)), exercise[0].astext())
        folded = fold("", fold_title("", "", nodes.Text(name.strip(" ()"))), *together, layer="exercise")
        parent[at : at + len(together)] = [folded]


def fold_references(doctree: nodes.document) -> None:
    for section in doctree.findall(nodes.section):
        if section[0].astext() == REFERENCES:
            title = fold_title("", "", nodes.Text("每一篇與這一章的關係，以及書目"))
            section[1:] = [fold("", title, *section[1:], layer="deeper")]


def _is_unfinished(node: nodes.Node) -> bool:
    return isinstance(node, fold) and bool(node.get("unfinished"))


def _only_prints(cell: nodes.container) -> bool:
    parts = [part for part in cell.children if part.get("nb_element") != "cell_code_source"]
    return all("stream" in node.get("classes", []) for part in parts for node in part.children)


def _is_exercise(node: nodes.Node) -> bool:
    return isinstance(node, exercise_node | exercise_enumerable_node)


def _is_solution(node: nodes.Node) -> bool:
    return isinstance(node, solution_node)


def visit_fold(self: nodes.NodeVisitor, node: fold) -> None:
    self.body.append(f'<details class="layer" data-layer="{node["layer"]}">\n')


def depart_fold(self: nodes.NodeVisitor, node: fold) -> None:
    self.body.append("</div>\n</details>\n")


def visit_title(self: nodes.NodeVisitor, node: fold_title) -> None:
    self.body.append("<summary>")


def depart_title(self: nodes.NodeVisitor, node: fold_title) -> None:
    self.body.append('</summary>\n<div class="layer-body">\n')


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_node(fold, html=(visit_fold, depart_fold))
    app.add_node(fold_title, html=(visit_title, depart_title))
    app.add_directive("deeper", Deeper)
    app.add_directive("deeper-end", DeeperEnd)
    app.connect("doctree-read", fold_page)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
