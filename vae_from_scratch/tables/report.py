"""一頁的 HTML 報告：圖放在檔案裡，不連線；來自檔案的文字一律跳脫。"""

import base64
import hashlib
import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from .. import plotting
from . import cells, contests, findings, quality_figures
from .baselines import LINEAR, NAMES
from .contests import decimal, spread
from .figures import is_crowded, reach, score_dots
from .finals import plain
from .intervals import same_side_by_luck
from .likeness import Kinds
from .reading import KIND_NAMES
from .result import Fit, curves_figure, plane_figure
from .tampering import Power

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TEMPLATE = "report.html.j2"
FONT = "Noto Sans TC"
MEASURES = {
    "marginal_nats": "各欄獨立",
    "unlinked_nats": "各欄獨立，數字分箱（密度的形狀）",
    "tree_nats": "Chow–Liu 樹",
    "nats": "VAE：−log p(x)，重要性加權",
    "elbo": "VAE：ELBO",
    "reconstruction": "VAE：重建",
    "kl": "VAE：KL",
    "gain": "VAE 的 ELBO 比各欄獨立省下",
}
CELL_MEASURES = {"accuracy": "類別：猜對的比例", "nats": "類別：對數損失", "rmse": "數字：誤差"}
#: 種子再多，表就只列最小與最大；各種子的值在 seeds.csv。
MOST_SEEDS_SHOWN = 6
N_EXAMPLES = 10
#: 列印以前把收起來的都打開，印完再收回去；這是頁裡唯一的程式，它的雜湊寫在內容安全政策裡。
SCRIPT = (
    "let folded = [];"
    'addEventListener("beforeprint", () => {'
    ' folded = [...document.querySelectorAll("details:not([open])")];'
    " folded.forEach((part) => { part.open = true; }); });"
    'addEventListener("afterprint", () => { folded.forEach((part) => { part.open = false; }); });'
)


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
    """百分比；小到印出 0.0% 的，說「不到 0.1%」，大到進位成 100.0% 的，說「99.9% 以上」。

    >>> percent(0.25), percent(0.0004), percent(0.9999), percent(1.0)
    ('25.0%', '不到 0.1%', '99.9% 以上', '100.0%')
    """
    if 0.9995 <= share < 1:
        return "99.9% 以上"
    return f"{share:.1%}" if share >= 0.001 or share == 0 else "不到 0.1%"


def security_policy() -> str:
    """內容安全政策（CSP）：什麼都不連，只有 ``SCRIPT`` 能執行；跳脫萬一漏了，檔案裡的程式也跑不起來。"""
    digest = base64.b64encode(hashlib.sha256(SCRIPT.encode()).digest()).decode()
    return (
        "default-src 'none'; img-src data:; font-src data:; style-src 'unsafe-inline'; "
        f"script-src 'sha256-{digest}'"
    )


def _context(fit: Fit) -> dict[str, Any]:
    said = findings.findings(fit)
    context: dict[str, Any] = {
        "fit": fit,
        "titles": findings,
        "by_luck": same_side_by_luck(len(fit.results)),
        "said": said,
        "script": SCRIPT,
        "policy": security_policy(),
        "tiles": tiles(fit),
        "contests": contests.contests(fit),
        "kind_names": KIND_NAMES,
        "kept": [column for column in fit.columns if column.kept],
        "many_seeds": len(fit.results) > MOST_SEEDS_SHOWN,
        "measures": _summary_rows(fit.seeds, MEASURES),
        "filling": _filling_rows(fit),
        "cell_measures": CELL_MEASURES,
        "unseen_cells": fit.seeds.unseen_cells.sum(),
        "kl_per_unit": "、".join(f"{kl:.2f}" for kl in fit.kl_per_unit),
        "plane": _drawn(plane_figure(fit), _plane_alt(fit)),
        "curves": _drawn(curves_figure(fit), _curves_alt(fit)),
        "crowded": fit.plane.latent_dim > 1 and is_crowded(fit.codes[0][fit.drawn]),
        "scores": [],
        "dims": [],
        "card": model_card(fit),
        "examples": example_rows(fit),
    }
    return context | _quality_pictures(fit) | (_target_context(fit) if fit.target is not None else {})


# ---- 開頭的幾個數字 ----------------------------------------


def tiles(fit: Fit) -> list[tuple[str, str, str]]:
    """一眼看的數字：是什麼、多少、與什麼比。"""
    seeds, quality = fit.seeds, fit.checked.quality
    found = [("每列省下的 nats", spread(seeds.gain), f"各欄獨立要 {spread(seeds.marginal_nats)}")]
    if fit.target is not None:
        what = f"{fit.plan.model['latent_dim']} 個數猜目標，{fit.target.measure}"
        found.append((what, spread(fit.scores["vae"]), f"打亂目標 {spread(fit.scores['shuffled'])}"))
    known = quality.columns.dropna(subset=["距離"])
    if len(known):
        found.append(
            (
                "生成的列，各欄的距離",
                decimal(known["距離"].mean()),
                f"兩半真的之間 {decimal(known['雜訊'].mean())}",
            )
        )
    return found if fit.checked.power is None else [*found, _power_tile(fit.checked.power)]


def _power_tile(power: Power) -> tuple[str, str, str]:
    n_cells = max(power.found)
    auc, best = decimal(power.auc(power.names[0], n_cells)), decimal(power.best_auc(n_cells))
    return f"認出換掉 {n_cells} 格的列，AUC", auc, f"瞎猜 0.5，最高可能 {best}"


# ---- 表 ----------------------------------------


def _target_context(fit: Fit) -> dict[str, Any]:
    assert fit.target is not None
    names = {name: label for name, label in NAMES.items() if name in fit.scores}
    scores = _summary_rows(fit.scores, names)
    text = f"點圖，{len(fit.results)} 個種子的 {fit.target.measure}："
    return {
        "score_title": f"{contests.short_name(fit.target.label)} 的{contests.gap(fit.target.measure)}",
        "scores": scores,
        "dots": _drawn(
            score_dots(fit.scores[list(names)], fit.target.measure),
            text + "；".join(f"{name} {value}" for name, value, _ in scores) + "。",
        ),
        "dims": _dim_rows(fit),
    }


def _filling_rows(fit: Fit) -> list[tuple[str, list[str], list[bool]]]:
    """一種猜法一列：三個分數在各欄、各種子的平均，與是不是最好的。"""
    means, winners = cells.summary(fit.cells), cells.winners(fit.cells)
    return [
        (
            cells.NAMES[name],
            ["—" if np.isnan(row[measure]) else decimal(row[measure]) for measure in CELL_MEASURES],
            [winners.get(measure) == name for measure in CELL_MEASURES],
        )
        for name, row in means.iterrows()
    ]


def _dim_rows(fit: Fit) -> list[tuple[str, list[str], list[bool]]]:
    """各種表示法在各個維數的分數（平均 ± 標準差），與是不是同一種讀法裡平均最高的；第一列是維數。"""
    dims = sorted(fit.dims["dim"].unique())
    if len(dims) < 2:
        return []
    rows = [("", [f"{dim} 維" for dim in dims], [False] * len(dims))]
    means = fit.dims.groupby("dim").mean(numeric_only=True)
    for suffix in ("", LINEAR):
        names = [f"{name}{suffix}" for name in ("vae", *contests.rivals(fit.dims))]
        best = means[names].max(axis=1)
        for name in names:
            values = [spread(fit.dims.loc[fit.dims["dim"] == dim, name]) for dim in dims]
            rows.append(
                (NAMES[name], values, [bool(np.isclose(means.loc[dim, name], best[dim])) for dim in dims])
            )
    return rows


def example_rows(fit: Fit, most: int = N_EXAMPLES) -> list[tuple[str, list[str]]]:
    """檢查用的模型生成的前幾列，轉成一欄一列：（欄, 各列的值）；照檔案的寫法，缺失的格子是空的。"""
    rows = fit.checked.generated.head(most)
    return [(str(name), [fit.written(str(name), value) for value in rows[name]]) for name in rows.columns]


def model_card(fit: Fit) -> list[tuple[str, str]]:
    """模型卡（model card）：用什麼訓練、能拿來做什麼、不能做什麼。出處：Mitchell et al. (2019)。"""
    plane, generator = fit.plane, fit.generator
    n_numbers, n_spiked = len(plane.schema_.scales_), len(plane.schema_.spiked_)
    spiked = f"，其中 {n_spiked} 個在 0 有尖峰，另加旗標" if n_spiked else ""
    columns = f"{len(plane.schema_.category_names)} 個類別、{n_numbers} 個數字{spiked}"
    layers = "、".join(map(str, plane.hidden))
    good, bad = findings.uses(fit)
    return [
        ("資料", f"「{fit.source}」，{len(fit.frame):,} 列；{columns}"),
        ("平面的模型", f"{plane.latent_dim} 維，隱藏層 {layers}，概似 {plane.likelihood}，數字標準化"),
        ("生成的模型", f"{generator.latent_dim} 維，其餘相同，數字照分位數變成常態；兩個數不夠說完一列"),
        ("訓練", f"全部的列，{plane.vae_.epochs} 個週期，批次 {plane.batch_size}，KL 的權重 {plane.beta:g}"),
        ("評估", f"{len(fit.results)} 個種子，每次留下兩成的列不訓練；生成與竄改的檢查用第一次分割"),
        ("適合", "；".join(good) or "沒有一種用途過得了自己的檢查"),
        ("不適合", "；".join(bad)),
        ("一律不要", "對個人下決定、當作匿名的資料公開、由關聯推論因果；換一份資料要重新訓練"),
    ]


def _summary_rows(table: pd.DataFrame, names: dict[str, str]) -> list[tuple[str, str, list[str]]]:
    """名字、平均 ± 標準差、各種子的值（種子太多就是最小與最大）。"""
    return [
        (label, spread(table[name]), [decimal(value) for value in _shown(table[name])])
        for name, label in names.items()
        if name in table
    ]


def _shown(values: pd.Series) -> list[float]:
    return [values.min(), values.max()] if len(values) > MOST_SEEDS_SHOWN else list(values)


# ---- 圖 ----------------------------------------


def _drawn(figure: "Figure", alt: str) -> tuple[str, str]:
    """圖的網址與替代文字。"""
    return _picture(figure), alt


def _plane_alt(fit: Fit) -> str:
    codes = fit.codes[0][fit.drawn]
    if fit.plane.latent_dim == 1:
        where = f"橫軸是 {len(fit.drawn):,} 列的平均編碼，到 ±{reach(codes):.1f}"
    else:
        units = "、".join(f"第 {unit} 個單元" for unit in fit.units)
        where = f"散布圖：{len(fit.drawn):,} 列的平均編碼，兩軸是{units}"
    text = f"{where}，顏色是「{fit.colouring.title}」；各單元的 KL 是 "
    text += "、".join(f"{kl:.2f}" for kl in fit.kl_per_unit) + " nats。"
    if fit.target is None:
        return text + "顏色是與其他欄關聯最強的一欄。"
    value, shuffled = fit.scores["vae"], fit.scores["shuffled"]
    return text + f"由位置猜顏色，{fit.target.measure} 平均 {spread(value)}，打亂後 {spread(shuffled)}。"


def _curves_alt(fit: Fit) -> str:
    first, last = fit.first.vae.history_[0], fit.first.vae.history_[-1]
    change = f"由 {first['val_reconstruction']:.2f} 到 {last['val_reconstruction']:.2f} nats"
    return (
        f"訓練曲線：驗證的重建誤差{change}，"
        f"各欄獨立的基準是 {fit.first.metrics['marginal_nats']:.2f}；KL 最後是 {last['val_kl']:.2f} nats。"
    )


def _quality_pictures(fit: Fit) -> dict[str, Any]:
    """生成的列與竄改的檢查的圖；沒有東西可畫的是 None。"""
    quality, power = fit.checked.quality, fit.checked.power
    gaps = quality.columns[quality.columns[["真的缺", "生成缺", "另一半缺"]].max(axis=1) > 0]
    return {
        "marginals": _marginals(fit) if quality_figures.worst_columns(quality) else None,
        "associations": _drawn(quality_figures.association_scatter(quality), _pairs_alt(quality.pairs))
        if len(quality.pairs)
        else None,
        "gaps": _drawn(quality_figures.missing_rates(quality), _gaps_alt(gaps)) if len(gaps) else None,
        "power": _drawn(quality_figures.power_curves(power), "；".join(power.sentences())) if power else None,
    }


def _marginals(fit: Fit) -> tuple[str, str]:
    quality = fit.checked.quality
    rows = quality.columns.set_index("欄")
    kinds = Kinds(*(list(rows.index[rows["種類"] == kind]) for kind in ("類別", "數字")))
    parts = [
        f"「{name}」{rows.loc[name, '量法']} {rows.loc[name, '距離']:.2f}，雜訊 {rows.loc[name, '雜訊']:.2f}"
        for name in quality_figures.worst_columns(quality)
    ]
    figure = quality_figures.marginals(
        plain(fit.frame), plain(fit.checked.generated), quality, kinds, dates=fit.plane.schema_.dates_
    )
    return _drawn(figure, f"真的與生成的分布並排，由差最多的排起：{'；'.join(parts)}。")


def _pairs_alt(pairs: pd.DataFrame) -> str:
    made, noise = ((pairs[name] - pairs["真的"]).abs() for name in ("生成", "另一半"))
    worst = pairs.loc[made.idxmax()]
    return (
        f"散布圖：{len(pairs):,} 對欄的關聯，橫軸是真的；縱軸左圖是生成的，平均差 {decimal(made.mean())}，"
        f"右圖是另一半真的，平均差 {decimal(noise.mean())}。差最多的一對是「{worst['欄']}」與"
        f"「{worst['另一欄']}」，真的 {decimal(worst['真的'])}，生成的 {decimal(worst['生成'])}。"
    )


def _gaps_alt(gaps: pd.DataFrame) -> str:
    apart = (gaps["生成缺"] - gaps["真的缺"]).abs()
    worst = gaps.loc[apart.idxmax()]
    return (
        f"點圖：{len(gaps)} 個有空白的欄的缺失率，生成的與真的平均差 {percent(apart.mean())}；"
        f"差最多的是「{worst['欄']}」，真的 {percent(worst['真的缺'])}，生成的 {percent(worst['生成缺'])}。"
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
