"""一頁的 HTML 報告：圖放在檔案裡，不連線；來自檔案的文字一律跳脫。"""

import base64
import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from .. import plotting
from .baselines import NAMES
from .figures import is_crowded, score_dots
from .findings import decimal, findings, spread
from .result import Fit, curves_figure, plane_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TEMPLATE = "report.html.j2"
FONT = "Noto Sans TC"
MEASURES = {
    "marginal_nats": "不看編碼的基準",
    "reconstruction": "重建",
    "kl": "KL",
    "elbo": "ELBO",
    "gain": "比基準省下",
}
FILLING = {"filled": "VAE", "filled_by_mode": "只猜最常見的水準"}


def render(fit: Fit) -> str:
    """整頁 HTML。同樣的結果給同樣的位元組：不寫日期、路徑與花掉的時間。"""
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent, encoding="utf-8"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"percent": percent, "decimal": decimal}
    template, context = environment.get_template(TEMPLATE), _context(fit)
    return template.render(context, font=embedded_font(template.render(context, font="")))


def percent(share: float) -> str:
    """百分比；小到印出 0.0% 的，說「不到 0.1%」。"""
    return f"{share:.1%}" if share >= 0.001 or share == 0 else "不到 0.1%"


def _context(fit: Fit) -> dict[str, Any]:
    context: dict[str, Any] = {
        "fit": fit,
        "findings": findings(fit),
        "kept": [column for column in fit.columns if column.kept],
        "measures": _summary_rows(fit.seeds, MEASURES),
        "filling": _summary_rows(fit.seeds, FILLING),
        "unseen_cells": fit.seeds.unseen_cells.sum(),
        "kl_per_unit": "、".join(f"{kl:.2f}" for kl in fit.best.metrics["kl_per_unit"]),
        "plane": _picture(plane_figure(fit)),
        "curves": _picture(curves_figure(fit)),
        "plane_alt": _plane_alt(fit),
        "curves_alt": _curves_alt(fit),
        "crowded": fit.best.vae.latent_dim > 1 and is_crowded(fit.codes[0]),
        "scores": [],
    }
    if fit.target is not None:
        gap = "" if fit.target.classes else " "  # 中文與英文之間空一格
        context["score_title"] = f"{fit.target.label} 的{gap}{fit.target.measure}"
        names = {name: label for name, label in NAMES.items() if name in fit.scores}
        context["scores"] = _summary_rows(fit.scores, names)
        context["dots"] = _picture(score_dots(fit.scores[list(names)], fit.target.measure))
        context["dots_alt"] = "；".join(f"{name} {value}" for name, value, _ in context["scores"])
    return context


def _summary_rows(table: pd.DataFrame, names: dict[str, str]) -> list[tuple[str, str, list[str]]]:
    """名字、平均 ± 標準差、各種子的值。"""
    return [
        (label, spread(table[name]), [decimal(value) for value in table[name]])
        for name, label in names.items()
    ]


def _plane_alt(fit: Fit) -> str:
    text = f"散布圖：{len(fit.frame)} 列的平均編碼，顏色是「{fit.colouring.title}」。"
    if fit.target is None:
        return text + "它是與其他欄關聯最強的一欄。"
    value, shuffled = fit.scores["vae"], fit.scores["shuffled"]
    return text + f"由位置猜顏色，{fit.target.measure} 平均 {spread(value)}，打亂後 {spread(shuffled)}。"


def _curves_alt(fit: Fit) -> str:
    first, last = fit.best.vae.history_[0], fit.best.vae.history_[-1]
    change = f"由 {first['val_reconstruction']:.2f} 到 {last['val_reconstruction']:.2f} nats"
    return (
        f"訓練曲線：驗證的重建誤差{change}，"
        f"不看編碼的基準是 {fit.best.metrics['marginal_nats']:.2f}；KL 最後是 {last['val_kl']:.2f} nats。"
    )


def embedded_font(text: str) -> str:
    """只含 ``text`` 用到的字的課程字型，寫成 data: 網址。"""
    from fontTools import subset, ttLib
    from matplotlib import font_manager

    plotting.use_course_style()
    path = font_manager.findfont(FONT, fallback_to_default=False)
    font = ttLib.TTFont(path, recalcTimestamp=False)
    subsetter = subset.Subsetter(subset.Options(notdef_outline=True))
    subsetter.populate(text=text)
    subsetter.subset(font)
    font.flavor = "woff"
    contents = io.BytesIO()
    font.save(contents)
    return _data_url("font/woff", contents)


def _picture(figure: "Figure") -> str:
    """圖的 data: 網址；SVG 的文字是路徑，讀者不必有字型。"""
    contents = io.BytesIO()
    figure.savefig(contents, format="svg", metadata={"Date": None})
    return _data_url("image/svg+xml", contents)


def _data_url(kind: str, contents: io.BytesIO) -> str:
    return f"data:{kind};base64,{base64.b64encode(contents.getvalue()).decode()}"
