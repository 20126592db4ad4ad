r"""公式在建書時就排好：網頁裡是排好的 CHTML 與給報讀軟體的 MathML，讀者的瀏覽器不必載入 MathJax。

別的擴充（搜尋、預覽、題目）讀的是 TeX，所以最後才排：先把上一次排好的換回 TeX（``restore``），等它們都做完，
再把每一頁、預覽與題目裡的 ``\(…\)``、``\[…\]`` 換成排好的。排的是 ``book/formulas/typeset.cjs``，
一個 Node 的行程；排過的依 TeX 存著，第二次只排新的。樣式只留用到的，字型只取用到的字，各寫一次。
"""

import hashlib
import json
import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from html import escape, unescape
from pathlib import Path
from typing import Any

import fontTools
from fontTools.ttLib import TTFont
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from web_fonts import subset, use_node_brotli

from vae_from_scratch.bench.processes import node

HERE = Path(__file__).resolve().parents[1] / "formulas"
MATHJAX = HERE.parents[1] / "node_modules" / "mathjax" / "es5"
#: 排在 ``.math`` 裡的 TeX；前面可以有公式的號碼。
TEX = re.compile(
    r'(<(?P<tag>span|div) class="math\b[^>]*>(?:\s*<span class="eqno">.*?</span>)?)\s*'
    r"(?:\\\((?P<inline>[^<]*?)\\\)|\\\[(?P<block>[^<]*?)\\\])\s*(?=</(?P=tag)>)",
    re.S,
)
DONE = re.compile(r'<mjx-container data-tex="([^"]*)"([^>]*)>.*?</mjx-container>', re.S)
STYLE = "_static/formulas.css"
FONTS = "_static/formulas"
#: 樣式檔放在這本書自己的樣式之前，``course.css`` 才改得動它。
BEFORE = re.compile(r'[ \t]*<link rel="stylesheet" type="text/css" href="([^"]*)_static/course\.css')
LINK = re.compile(r'[ \t]*<link rel="stylesheet" type="text/css" href="[^"]*_static/formulas\.css[^>]*>\n')
RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
FACE = re.compile(r'font-family: (\S+);\s*src: url\("\./([\w-]+)\.woff"\)')
NAMES = re.compile(r"mjx-[A-Za-z-]+|(?<=\.)[A-Za-z][\w-]*|\[[^\]]*\]")
#: 自己沒有類別的元素的 ``style``。
STYLED = re.compile(r'(<mjx-(?![^>]*\bclass=)[^>]*?)style="([^"]*)"')
#: 整個檔案是一行 ``window.名字=…;`` 的，裡面的 HTML 也有公式。
LISTS = ("link-previews.js", "question-list.js")
Formula = tuple[str, bool]  # TeX，是不是單獨一行
Made = dict[Formula, str]


# ── 找出來、換掉 ──────────────────────────────────────────────────────


def formulas_in(html: str) -> list[Formula]:
    return [formula_of(found) for found in TEX.finditer(html)]


def formula_of(found: re.Match[str]) -> Formula:
    inline = found["inline"]
    return unescape(found["block"] if inline is None else inline).strip(), inline is None


def typeset(html: str, made: Made) -> str:
    """TeX 換成排好的，TeX 留在 ``data-tex``，下一次才換得回來。"""

    def drawn(found: re.Match[str]) -> str:
        formula = formula_of(found)
        told = f'<mjx-container data-tex="{escape(formula[0])}"'
        return found[1] + made[formula].replace("<mjx-container", told, 1)

    return TEX.sub(drawn, html)


def plain(html: str) -> str:
    """預覽與題目裡的：沒有窄的排法；每一次都由網頁重新收集，不必換回 TeX。"""
    html = re.sub(r"<mjx-math[^>]* class=narrow>.*?</mjx-math>", "", html)
    return re.sub(r'<mjx-container data-tex="[^"]*"( display=true)?[^>]*>', r"<mjx-container\1>", html)


def restored(html: str) -> str:
    r"""排好的換回 TeX；沒有排過的原樣傳回。"""

    def tex(found: re.Match[str]) -> str:
        return rf"\[{found[1]}\]" if "display=" in found[2] else rf"\({found[1]}\)"

    return LINK.sub("", DONE.sub(tex, html))


# ── 排 ────────────────────────────────────────────────────────────────


def run_mathjax(formulas: list[Formula]) -> dict[str, Any]:
    """``{"css", "made"}``；MathJax 沒有裝、排不出來的，說明是哪一個。"""
    if not MATHJAX.exists():
        raise ExtensionError(f"沒有 {MATHJAX}：公式排不出來。執行 make book 會下載它。")
    given = json.dumps({"formulas": formulas})
    command = [str(node()), str(HERE / "typeset.cjs"), str(MATHJAX)]
    answer = subprocess.run(command, input=given.encode(), capture_output=True)
    if answer.returncode:
        raise ExtensionError(f"排公式的行程失敗：\n{answer.stderr.decode(errors='replace')}")
    return json.loads(answer.stdout)


def key() -> str:
    """排出來的樣子由這些決定。"""
    parts = [path.read_bytes() for path in sorted(HERE.glob("*.cjs"))]
    return hashlib.sha256(b"".join([*parts, (MATHJAX.parent / "package.json").read_bytes()])).hexdigest()


def make(wanted: Iterable[Formula], cache: Path, run: Callable = run_mathjax) -> tuple[str, Made]:
    """（整份樣式，每一個公式排好的）；排過的在 ``cache``，只留這一次用到的。"""
    kept = json.loads(cache.read_text(encoding="utf-8")) if cache.exists() else {}
    if kept.get("key") != key():
        kept = {"key": key(), "css": "", "made": []}
    known: Made = {(tex, display): html for tex, display, html in kept["made"]}
    wanted = sorted(set(wanted))
    if missing := [one for one in wanted if one not in known]:
        answer = run(missing)
        pairs = list(zip(missing, answer["made"], strict=True))
        problems = [f"{tex}\n    {got['error']}" for (tex, _), got in pairs if "error" in got]
        if problems:
            raise ExtensionError("這些公式排不出來：\n  " + "\n  ".join(problems))
        known |= {one: got["html"] for one, got in pairs}
        kept["css"] = answer["css"]
    made = {one: known[one] for one in wanted}
    kept["made"] = [[tex, display, html] for (tex, display), html in made.items()]
    cache.parent.mkdir(parents=True, exist_ok=True)
    cache.write_text(json.dumps(kept, ensure_ascii=False), encoding="utf-8")
    return kept["css"], made


def with_classes(made: Made, times: Counter[Formula]) -> tuple[Made, str]:
    """標記裡重複的 ``style`` 換成類別；傳回換過的，與這些類別的樣式。"""
    counts = Counter[str]()
    for one, html in made.items():
        for _, style in STYLED.findall(html):
            counts[style] += times[one]
    names = {style: f"s{at}" for at, style in enumerate(sorted(counts, key=lambda one: (-counts[one], one)))}

    def named(found: re.Match[str]) -> str:
        return f"{found[1]}class={names[found[2]]}"

    shorter = {one: STYLED.sub(named, html) for one, html in made.items()}
    important = {name: style.replace(";", "!important;") + "!important" for style, name in names.items()}
    return shorter, "".join(f"mjx-container .{name}{{{style}}}\n" for name, style in important.items())


# ── 樣式與字型 ────────────────────────────────────────────────────────


def used_names(htmls: Iterable[str]) -> set[str]:
    """排好的公式裡有的元素、類別與屬性。"""
    names = set[str]()
    for tag in {tag for html in htmls for tag in re.findall(r"<(mjx-[^>]+)>", html)}:
        names.add(tag.split(" ")[0].split(">")[0])
        for name, quoted, bare in re.findall(r' ([a-z-]+)=(?:"([^"]*)"|([^\s>]*))', tag):
            value = quoted or bare
            names |= {f"[{name}]", f'[{name}="{value}"]', *(value.split() if name == "class" else ())}
    return names


def only_used(css: str, used: set[str]) -> str:
    """樣式裡，每一個選擇器要的元素、類別與屬性都有的規則；字型另外選。"""
    rules = []
    for selectors, body in RULE.findall(css):
        if "@font-face" in selectors:
            continue
        kept = [one.strip() for one in selectors.split(",") if wanted(one, used)]
        if kept:
            rules.append(f"{','.join(kept)}{{{tight(body)}}}")
    text = "\n".join(rules)
    return "\n".join([*faces(css, text), text])


def wanted(selector: str, used: set[str]) -> bool:
    selector = re.sub(r":not\([^)]*\)", "", selector)
    return all(name in used for name in NAMES.findall(selector)) and ":future" not in selector


def tight(body: str) -> str:
    return re.sub(r"\s*([:;,])\s*", r"\1", re.sub(r"/\*.*?\*/", "", body, flags=re.S)).strip().rstrip(";")


def faces(css: str, rules: str) -> list[str]:
    """用到的字型：``MJXZERO`` 一個字也沒有，只讓行的高度不受字型影響。"""
    named = set(re.findall(r"MJX[\w-]+", rules))
    return [
        f'@font-face{{font-family:{family};src:url("formulas/{file}.woff2") format("woff2")}}'
        for family, file in FACE.findall(css) if family in named
    ]  # fmt: skip


def letters(css: str) -> dict[str, set[str]]:
    """每一個字型（檔名）要的字。沒有說用哪一個的字，幾個基本的字型都可能用到。"""
    files = dict(re.findall(r'font-family:(MJX[\w-]+);src:url\("formulas/([\w-]+)\.woff2"\)', css))
    needed: dict[str, set[str]] = {file: set() for file in files.values()}
    for _, body in RULE.findall(css):
        text = re.search(r'content:"([^"]*)"', body)
        if text is None:
            continue
        own = [files[name] for name in re.findall(r"MJX[\w-]+", body) if name in files and name != "MJXZERO"]
        for file in own or [name for name in needed if name != files["MJXZERO"]]:
            needed[file] |= set(re.sub(r"\\([0-9A-F]+) ?", lambda code: chr(int(code[1], 16)), text[1]))
    return needed


def whole(source: Path, target: Path) -> None:
    """一個字也不取的（MJXZERO）：取了就沒有字表，瀏覽器不收，所以整個存成 woff2。"""
    use_node_brotli()
    target.parent.mkdir(parents=True, exist_ok=True)
    with TTFont(source, recalcTimestamp=False) as font:
        font.flavor = "woff2"
        font.save(target)


def write_style(css: str, htmls: Iterable[str], more: str, site: Path, cache: Path) -> str:
    """寫出樣式與字型；傳回樣式的版本，放在網址裡。"""
    text = only_used(css, used_names(htmls)) + "\n" + more + (HERE / "base.css").read_text(encoding="utf-8")
    (site / STYLE).write_text(text, encoding="utf-8", newline="\n")
    (site / FONTS).mkdir(parents=True, exist_ok=True)
    for file, needed in letters(text).items():
        source = MATHJAX / "output/chtml/fonts/woff-v2" / f"{file}.woff"
        told = f"{fontTools.version} {file} {''.join(sorted(needed))}"
        kept = cache / f"{file}-{hashlib.sha256(told.encode()).hexdigest()[:16]}.woff2"
        if not kept.exists():
            subset(source, kept, needed) if needed else whole(source, kept)
        (site / FONTS / f"{file}.woff2").write_bytes(kept.read_bytes())
    return hashlib.sha256(text.encode()).hexdigest()[:8]


# ── 接到 Sphinx ───────────────────────────────────────────────────────


def without_mathjax(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    def mathjax(script: Any) -> bool:
        return "mathjax" in f"{script.filename}{script.attributes.get('body')}".lower()

    context["script_files"] = [script for script in context.get("script_files", []) if not mathjax(script)]


def pages(site: Path) -> list[Path]:
    return sorted(site.glob("*.html"))


def restore(app: Sphinx, error: Exception | None) -> None:
    """這一次沒有重寫的頁，公式還是上一次排好的：換回 TeX，別的擴充才讀得懂。"""
    if error is None and app.builder.format == "html":
        for page in pages(Path(app.outdir)):
            html = page.read_text(encoding="utf-8")
            if (tex := restored(html)) != html:
                page.write_text(tex, encoding="utf-8", newline="\n")


def listed(script: str) -> tuple[str, Any]:
    """``window.名字=…;`` 的名字與內容。"""
    name, _, content = script.partition("=")
    return name, json.loads(content.rstrip().rstrip(";"))


def strings(value: Any) -> Iterator[str]:
    """JSON 裡的每一個字串。"""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | dict):
        for one in value.values() if isinstance(value, dict) else value:
            yield from strings(one)


def changed(value: Any, change: Callable[[str], str]) -> Any:
    """每一個字串都改過的 JSON。"""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, list):
        return [changed(one, change) for one in value]
    return {name: changed(one, change) for name, one in value.items()} if isinstance(value, dict) else value


def finish(app: Sphinx, error: Exception | None) -> None:
    if error is None and app.builder.format == "html":
        site = Path(app.outdir)
        shutil.rmtree(site / "mathjax", ignore_errors=True)  # 早先的版本建的書，在網頁裡排公式
        typeset_site(site, site.parent / ".formulas")


def typeset_site(site: Path, cache: Path) -> None:
    htmls = {page: page.read_text(encoding="utf-8") for page in pages(site)}
    files = [site / name for name in LISTS if (site / name).exists()]
    lists = {path: listed(path.read_text(encoding="utf-8")) for path in files}
    written = [*htmls.values(), *(text for _, content in lists.values() for text in strings(content))]
    wanted = [one for text in written for one in formulas_in(text)]
    if not wanted:
        return
    css, made = make(wanted, cache / "made.json")
    made, styles = with_classes(made, Counter(wanted))
    version = write_style(css, made.values(), styles, site, cache)
    for page, html in htmls.items():
        after = typeset(html, made)
        if after != html:
            link = rf'    <link rel="stylesheet" type="text/css" href="\1{STYLE}?v={version}" />\n\g<0>'
            page.write_text(BEFORE.sub(link, after, count=1), encoding="utf-8", newline="\n")
    for path, (name, content) in lists.items():
        told = changed(content, lambda text: plain(typeset(text, made)))
        text = f"{name}={json.dumps(told, ensure_ascii=False, separators=(',', ':'))};\n"
        path.write_text(text, encoding="utf-8", newline="\n")


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("html-page-context", without_mathjax, priority=900)
    app.connect("build-finished", restore, priority=50)  # 別的擴充讀網頁以前
    app.connect("build-finished", finish, priority=970)  # 搜尋、預覽、題目與字型都做完以後
    return {"parallel_read_safe": True, "parallel_write_safe": True}
