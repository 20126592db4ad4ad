"""每張圖都要有替代文字，而且不能與圖說相同：少了就發出警告，而警告會讓建置失敗。"""

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging

logger = logging.getLogger(__name__)


def caption_of(image: nodes.image) -> str:
    figure = image.parent
    while figure is not None and not isinstance(figure, nodes.figure):
        figure = figure.parent
    captions = list(figure.findall(nodes.caption)) if figure is not None else []
    return captions[0].astext().strip() if captions else ""


def check_alt(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    for image in doctree.findall(nodes.image):
        alt = (image.get("alt") or "").strip()
        if not alt or alt == image["uri"]:
            logger.warning("圖 %s 沒有替代文字 (alt)", image["uri"], location=image, type="figure_alt")
        elif alt == caption_of(image):
            logger.warning("圖 %s 的替代文字只是重複圖說", image["uri"], location=image, type="figure_alt")


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("doctree-resolved", check_alt)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
