"""畢業作的一頁：自己的潛在平面、訓練曲線、量到的數字與排行榜。

一個 HTML 檔案，不連任何網址，可以直接寄給別人看。
"""

from collections.abc import Sequence
from html import escape
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .capstone import Recipe, Work
from .capstone_facts import COURSE, EXPERIMENTS
from .leaderboard import ranked

#: viridis 的十二段；房價的範圍與書裡的圖相同（6 萬到 45 萬美元，對數）。
RAMP = (
    "#440154", "#482173", "#433e85", "#38598c", "#2d708e", "#25858e",
    "#1e9b8a", "#2ab07f", "#52c569", "#86d549", "#c2df23", "#fde725",
)  # fmt: skip
LOW, HIGH = np.log(60_000), np.log(450_000)
PRICES = (60_000, 100_000, 150_000, 200_000, 300_000, 450_000)
SIDE, REACH = 560, 4.0  # 平面的邊長（像素），座標軸固定在 ±4
WIDE, TALL, LEFT, BOTTOM = 560, 260, 46, 34

STYLE = """
:root { --ink: #1b1f24; --soft: #5a626b; --line: #d5dae0; --back: #fff; --card: #f5f7f9;
  --one: #0072b2; --two: #b84a00; --good: #0e6b3c; --bad: #9b0a26; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e8eaed; --soft: #aab2bb; --line: #3c444d; --back: #14181c; --card: #1d2329;
    --one: #5ab4ee; --two: #f29a5b; --good: #63c68f; --bad: #ff8a9c; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--back); color: var(--ink);
  font: 16px/1.7 system-ui, "PingFang TC", "Microsoft JhengHei", "Noto Sans TC", sans-serif; }
main { max-width: 1180px; margin: 0 auto; padding: 24px 16px 48px; }
h1 { font-size: 1.7rem; margin: .2em 0; }
h2 { font-size: 1.15rem; margin: 1.6em 0 .5em; }
p { margin: .4em 0; }
.soft, figcaption { color: var(--soft); font-size: .92rem; }
.two { display: grid; gap: 20px 28px; align-items: start;
  grid-template-columns: repeat(auto-fit, minmax(min(100%, 420px), 1fr)); }
figure { margin: 0; }
svg { width: 100%; height: auto; display: block; }
.plane { background: #eef1f4; border-radius: 8px; }
.verdicts { list-style: none; padding: 0; margin: 12px 0; display: grid; gap: 8px;
  grid-template-columns: repeat(auto-fit, minmax(min(100%, 260px), 1fr)); }
.verdicts li { background: var(--card); border-left: 5px solid var(--good); padding: 10px 12px;
  border-radius: 4px; }
.verdicts li.no { border-color: var(--bad); }
.verdicts b { display: block; }
.mark { color: var(--good); font-weight: 700; }
.no .mark { color: var(--bad); }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: 5px 10px 5px 0; border-bottom: 1px solid var(--line); }
.scroll { overflow-x: auto; }
.scroll table { white-space: nowrap; }
code { font: .92em ui-monospace, Consolas, monospace; overflow-wrap: anywhere; }
.key { display: flex; flex-wrap: wrap; gap: 4px 16px; font-size: .9rem; margin: .3em 0; }
.key i { display: inline-block; width: 22px; height: 0; border-top: 3px solid; vertical-align: middle;
  margin-right: 6px; }
.ramp { display: flex; margin: 8px 0 0; }
.ramp i { flex: 1; height: 12px; }
.ticks { position: relative; height: 1.5em; font-size: .85rem; }
.ticks span { position: absolute; transform: translateX(-50%); white-space: nowrap; }
.ticks span:first-child { transform: none; }
.ticks span:last-child { transform: translateX(-100%); }
@media (max-width: 600px) { svg text { font-size: 19px; } th, td { padding-right: 6px; } }
"""


def page(work: Work) -> str:
    """整頁的 HTML。"""
    title = f"我的 VAE：{EXPERIMENTS[work.experiment]}" if work.experiment else "我的 VAE"
    parts = [
        f"<h1>{escape(title)}</h1>", _lead(work), _verdicts(work), '<div class="two">', _plane(work),
        f"<div>{_losses(work)}{_units(work)}</div>", "</div>", _numbers(work), _own(work), _board(work),
    ]  # fmt: skip
    return (
        '<!doctype html>\n<html lang="zh-Hant-TW"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head>\n"
        f"<body><main>{''.join(parts)}</main></body></html>\n"
    )


def _lead(work: Work) -> str:
    passed = sum(verdict.passed for verdict in work.verdicts)
    own, every = len(work.own), len(work.own) + len(work.borrowed)
    return (
        f"<p>{len(work.codes):,} 棟房子，每棟壓成 {work.recipe.latent_dim} 個數，沒有看過房價。"
        f"{every} 個函式裡 {own} 個是自己寫的；{len(work.verdicts)} 個條件過了 {passed} 個。</p>"
    )


def _verdicts(work: Work) -> str:
    items = [
        f'<li class="{"yes" if one.passed else "no"}">'
        f'<span class="mark">{"✓ 過" if one.passed else "✗ 沒過"}</span> <b>{escape(one.name)}</b>'
        f"{escape(one.measured)}<span class='soft'>　要{escape(one.line)}</span></li>"
        for one in work.verdicts
    ]
    return f'<ul class="verdicts">{"".join(items)}</ul>'


# ---- 圖 ----------------------------------------


def _plane(work: Work) -> str:
    """潛在平面：座標軸固定在 ±4，顏色是房價；超出範圍的點畫在邊上。兩維以上畫最散的兩維。"""
    spread = np.argsort(-work.codes.var(axis=0), kind="stable")
    axes = np.sort(spread[:2]) if work.codes.shape[1] > 1 else np.array([0, 0])
    points = np.clip(work.codes[:, axes], -REACH, REACH)
    if work.codes.shape[1] == 1:
        points[:, 1] = 0.0
    at = (points * [1, -1] + REACH) * (SIDE / (2 * REACH))
    level = np.clip((work.log_price - LOW) / (HIGH - LOW) * len(RAMP), 0, len(RAMP) - 1).astype(int)
    dots = "".join(
        f'<path stroke="{colour}" d="{"".join(f"M{x:.1f} {y:.1f}h0" for x, y in at[level == k])}"/>'
        for k, colour in enumerate(RAMP)
        if np.any(level == k)
    )
    middle, unit = SIDE / 2, SIDE / (2 * REACH)
    rings = "".join(
        f'<circle cx="{middle}" cy="{middle}" r="{r * unit:.1f}" fill="none" stroke="#7b8794" '
        'stroke-dasharray="4 4"/>'
        for r in (1.177, 2.448)  # 先驗的機率 50% 與 95%
    )
    ticks = "".join(
        f'<text x="{middle + k * unit:.0f}" y="{SIDE - 8}" text-anchor="middle">{_signed(k, 0)}</text>'
        f'<text x="8" y="{middle - k * unit + 4:.0f}">{_signed(k, 0)}</text>'
        for k in (-3, -2, -1, 1, 2, 3)
    )
    ramp = "".join(f'<i style="background:{colour}"></i>' for colour in RAMP)
    marks = "".join(
        f'<span style="left:{100 * (np.log(price) - LOW) / (HIGH - LOW):.0f}%">{price / 1e4:g}</span>'
        for price in PRICES
    )
    label = f"潛在平面，{len(points):,} 棟房子的點，顏色是房價；R² 是 {work.numbers['r2']:.2f}。"
    return (
        f'<figure><h2>潛在平面</h2><svg class="plane" viewBox="0 0 {SIDE} {SIDE}" role="img" '
        f'aria-label="{label}">'
        f'{rings}<g fill="none" stroke-width="4.4" stroke-linecap="round" stroke-opacity=".8">{dots}</g>'
        f'<g font-size="13" fill="#3d4650">{ticks}</g></svg>'
        f'<div class="ramp">{ramp}</div><div class="ticks">{marks}</div>'
        "<figcaption>顏色是房價（萬美元，對數色階）；訓練時沒有看過它。座標軸固定在 ±4，"
        "虛線的圓各包住先驗 50% 與 95% 的機率。</figcaption></figure>"
    )


def _losses(work: Work) -> str:
    val = [row["reconstruction"] + sum(row["kl"]) for row in work.history]
    lines = [
        ("訓練的損失", "var(--two)", [row["loss"] for row in work.history], ""),
        ("留下的房子：重建 + KL", "var(--one)", val, ""),
        ("不看編碼的基準", "var(--soft)", [work.numbers["no_code"]] * len(val), "6 5"),
    ]
    return _chart("訓練曲線（nats／棟）", lines, "暖身時訓練的損失只算一部分的 KL，所以比較低。")


def _units(work: Work) -> str:
    kl = np.array([row["kl"] for row in work.history])
    order = np.sort(np.argsort(-kl[-1], kind="stable")[:4])
    looks = [("var(--one)", ""), ("var(--two)", ""), ("var(--good)", "6 5"), ("var(--soft)", "6 5")]
    lines = [
        (f"單元 {unit + 1}", colour, kl[:, unit], dash)
        for unit, (colour, dash) in zip(order, looks, strict=False)
    ]
    note = "" if kl.shape[1] <= 4 else f"一共 {kl.shape[1]} 個單元，只畫最後 KL 最大的四個。"
    return _chart("每個單元的 KL（nats）", lines, "掉到 0 的單元睡著了。" + note, floor=0.0)


Line = tuple[str, str, Sequence[float] | NDArray, str]


def _chart(title: str, lines: Sequence[Line], note: str, floor: float | None = None) -> str:
    values = np.concatenate([np.asarray(line[2], float) for line in lines])
    low = float(values.min()) if floor is None else floor
    high = float(max(np.quantile(values, 0.96), low + 1e-6))
    low, high, step = _nice(low, high)
    count = max(len(lines[0][2]) - 1, 1)

    def x_of(index: float) -> float:
        return LEFT + (WIDE - LEFT - 12) * index / count

    def y_of(value: float) -> float:
        inside = min(max((value - low) / (high - low), 0.0), 1.0)
        return TALL - BOTTOM - (TALL - BOTTOM - 10) * inside

    grid = "".join(
        f'<path d="M{LEFT} {y_of(v):.1f}H{WIDE - 12}" stroke="var(--line)"/>'
        f'<text x="{LEFT - 6}" y="{y_of(v) + 5:.1f}" text-anchor="end">{v:g}</text>'
        for v in np.arange(low, high + step / 2, step).round(6)
    )
    epochs = sorted({1, *(round(1 + count * k / 4) for k in range(1, 5))})
    grid += "".join(
        f'<text x="{x_of(epoch - 1):.1f}" y="{TALL - 12}" text-anchor="middle">{epoch}</text>'
        for epoch in epochs
    )
    drawn = "".join(
        f'<path fill="none" stroke="{colour}" stroke-width="2.2" stroke-dasharray="{dash}" '
        f'd="M{" ".join(f"{x_of(i):.1f},{y_of(v):.1f}" for i, v in enumerate(series))}"/>'
        for _, colour, series, dash in lines
    )
    key = "".join(
        f'<span><i style="border-color:{colour};border-style:{"dashed" if dash else "solid"}"></i>'
        f"{escape(name)}</span>"
        for name, colour, _, dash in lines
    )
    ends = "、".join(f"{name} {series[-1]:.2f}" for name, _, series, _ in lines)
    return (
        f'<figure><h2>{escape(title)}</h2><svg viewBox="0 0 {WIDE} {TALL}" role="img" '
        f'aria-label="{escape(title)}，橫軸是訓練週期；最後：{escape(ends)}">'
        f'<g font-size="13" fill="var(--soft)">{grid}</g>{drawn}</svg><div class="key">{key}</div>'
        f"<figcaption>橫軸是訓練週期；開頭太高的畫在上緣。{escape(note)}</figcaption></figure>"
    )


def _nice(low: float, high: float) -> tuple[float, float, float]:
    """刻度的起點、終點與間隔：1、2、5 乘 10 的次方，大約五格。"""
    rough = (high - low) / 5
    power = 10.0 ** np.floor(np.log10(rough))
    step = float(next(k for k in (1, 2, 5, 10) if k * power >= rough) * power)
    return float(np.floor(low / step) * step), float(np.ceil(high / step) * step), step


# ---- 表 ----------------------------------------


def _numbers(work: Work) -> str:
    n, elbo_r2 = work.numbers, COURSE[work.seed]
    rows = [
        ("ELBO（留下的房子）", _signed(n["elbo"], 2) + " nats", _signed(elbo_r2[0], 2)),
        ("重建誤差", f"{n['reconstruction']:.2f} nats", ""),
        ("KL", f"{n['kl']:.2f} nats", ""),
        ("不看編碼的基準", f"{n['no_code']:.2f} nats", ""),
        ("R²（15 個鄰居）", f"{n['r2']:.3f}", f"{elbo_r2[1]:.3f}"),
        ("R²，房價打亂", _signed(n["r2_shuffled"], 3), ""),
        ("活躍單元", f"{n['active']:.0f}", ""),
        ("參數", f"{n['parameters']:,.0f} 個", ""),
        ("訓練與量", f"{work.seconds:.0f} 秒，種子 {work.seed}", ""),
    ]
    cells = "".join(
        f"<tr><th>{escape(name)}</th><td>{escape(value)}</td><td>{escape(other)}</td></tr>"
        for name, value, other in rows
    )
    return (
        "<h2>量到的數字</h2><table><tr><th></th><th>我的</th><th>課程的，同一個種子</th></tr>"
        f"{cells}</table><p>設定：{escape(in_words(work.recipe))}。</p>"
        "<p class='soft'>一個種子不下結論：初始值、批次與雜訊都會讓 ELBO 差幾分之一 nat，R² 差百分之幾。</p>"
    )


def _signed(value: float, digits: int, sign: str = "-") -> str:
    return f"{value:{sign}.{digits}f}".replace("-", "−")


def in_words(recipe: Recipe) -> str:
    """設定寫成一行；頁面與排行榜都用它。"""
    hidden = "-".join(map(str, recipe.hidden)) or "沒有隱藏層"
    return (
        f"{hidden}，d = {recipe.latent_dim}，β = {recipe.beta:g}，暖身 {recipe.warmup_epochs}，"
        f"{recipe.epochs} 個週期，批次 {recipe.batch_size}，學習率 {recipe.learning_rate:g}"
    )


def _own(work: Work) -> str:
    def names(found: list[str]) -> str:
        return "、".join(f"<code>{escape(name)}</code>" for name in found) or "沒有"

    return (
        f"<h2>哪些是自己寫的？</h2><p>自己寫、通過檢查的 {len(work.own)} 個：{names(work.own)}。</p>"
        f"<p>借課程的 {len(work.borrowed)} 個：{names(work.borrowed)}。</p>"
    )


def _board(work: Work) -> str:
    tables = [_experiment(name, ranked(work.board, name)) for name in EXPERIMENTS]
    if not any(tables):
        return (
            "<h2>開放實驗</h2><p>還沒有成績。改 ex14 檔案裡的 <code>EXPERIMENTS</code>，再執行 "
            "<code>python -m vae_from_scratch exercises capstone --experiment elbo</code>"
            "（或 <code>r2</code>）。</p>"
        )
    return "<h2>開放實驗：自己的排行榜</h2>" + "".join(tables)


def _experiment(name: str, rows: list[dict[str, Any]]) -> str:
    if not rows:
        return ""
    wins = {row["seed"] for row in rows if row["score"] > row["target"]}
    tried = {row["seed"] for row in rows}
    cells = "".join(
        f"<tr><td>{place}</td><td>{_signed(row['score'] - row['target'], 3, '+')}</td>"
        f"<td>{_signed(row['score'], 3)}</td>"
        f"<td>{_signed(row['target'], 3)}</td><td>{row['seed']:.0f}</td>"
        f"<td>{escape(str(row.get('settings', '')))}</td>"
        f"<td>{escape(str(row.get('when', '')))}</td></tr>"
        for place, row in enumerate(rows[:10], 1)
    )
    return (
        f"<h3>{escape(EXPERIMENTS[name])}</h3>"
        f"<p>試過 {len(tried)} 個種子，在 {len(wins)} 個種子上贏過課程的。</p>"
        "<div class='scroll'><table><tr><th></th><th>比課程的高</th><th>我的</th><th>課程的</th><th>種子</th>"
        f"<th>設定</th><th>時間</th></tr>{cells}</table></div>"
    )
