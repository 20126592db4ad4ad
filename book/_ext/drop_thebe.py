"""移除 sphinx-thebe 的腳本：本書離線閱讀，不連線執行；它的行內腳本會讓每一頁都出現主控台錯誤。"""

from sphinx.application import Sphinx


def without_thebe(app: Sphinx, page, template, context, doctree) -> None:
    scripts = context.get("script_files", [])
    context["script_files"] = [s for s in scripts if "thebe" not in f"{s.filename}{s.attributes.get('body')}"]


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("html-page-context", without_thebe, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
