"""``housing`` 結束時印的摘要。"""

from typing import TYPE_CHECKING

from .arguments import display_width, pad

if TYPE_CHECKING:
    from ..housing.experiment import Experiment, Measures


def describe(experiment: "Experiment", measures: "Measures", seconds: float) -> str:
    """資料、誤差、單元、房價，各一段。"""
    parts = (
        _data_lines(experiment, seconds),
        _error_lines(measures),
        _unit_lines(measures),
        _price_lines(measures),
    )
    return "\n\n".join("\n".join(lines) for lines in parts)


def _data_lines(experiment: "Experiment", seconds: float) -> list[str]:
    (n_houses, n_columns), n_held_out = experiment.x.shape, int(experiment.held_out.sum())
    variables = len(experiment.schema.variables_)
    lines = [
        f"資料  {experiment.houses.source}，{n_houses} 棟房子"
        f"（訓練 {n_houses - n_held_out}、驗證 {n_held_out}），{variables} 個類別變數編碼成 {n_columns} 欄",
        f"訓練  {len(experiment.vae.history_)} 個訓練週期，{seconds:.1f} 秒",
    ]
    if experiment.unseen:
        names = "、".join(f"{name}={level}" for name, levels in experiment.unseen.items() for level in levels)
        lines.append(f"注意  只在驗證的房子裡出現、編碼為整組 0 的水準：{names}")
    return lines


def _error_lines(measures: "Measures") -> list[str]:
    rows = {
        "重建誤差": measures.reconstruction,
        "  不看編碼的基準": measures.baseline,
        "KL": measures.kl,
        "ELBO（KL 的權重為 1）": measures.elbo,
    }
    table = [_row(name, f"{train:.2f}", f"{held_out:.2f}") for name, (train, held_out) in rows.items()]
    return [_row("每棟的 nats", "訓練", "驗證"), *table]


def _unit_lines(measures: "Measures") -> list[str]:
    units = zip(measures.kl_per_unit, measures.active, strict=True)
    return [
        _row(f"第 {unit} 個單元的 KL", "", f"{kl:.3f}") + ("  活躍" if active else "  沒有用到")
        for unit, (kl, active) in enumerate(units, 1)
    ]


def _price_lines(measures: "Measures") -> list[str]:
    price = measures.price
    lines = [
        _row("對數房價的 kNN R²", "", f"{price.mean:.3f}")
        + f" ± {price.spread:.3f}（驗證的房子，{len(price.values)} 次切分）",
        _row("  打亂房價的基準", "", f"{price.shuffled_mean:.3f}") + f" ± {price.shuffled_spread:.3f}",
    ]
    if not measures.active.any():
        lines.append("注意  沒有活躍的單元：編碼幾乎不隨房子改變，上面的 R² 不能當作證據。")
    return [*lines, "這是一個隨機種子的結果；要下結論，請用不同的 --seed 多跑幾次。"]


def _row(name: str, *values: str) -> str:
    return pad(name, 24) + "".join(" " * (10 - display_width(value)) + value for value in values)
