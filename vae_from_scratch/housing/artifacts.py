"""把一次實驗寫進資料夾：模型、編碼規則、訓練紀錄、每棟房子的編碼、摘要與兩張圖（第 11 章）。"""

import csv
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from .experiment import Experiment, Measures

FILES = {
    "model.npz": "模型",
    "schema.json": "編碼規則",
    "history.csv": "訓練紀錄",
    "codes.csv": "每棟房子的編碼",
    "summary.json": "設定與量到的結果",
    "latent_plane.png": "潛在平面",
    "curves.png": "訓練曲線",
}


def write(folder: Path, experiment: Experiment, measures: Measures, options: Mapping[str, Any]) -> None:
    """寫出 ``FILES`` 的每一個檔案；``folder`` 必須已經存在。"""
    experiment.vae.save(folder / "model.npz")
    experiment.schema.save(folder / "schema.json")
    write_history(folder / "history.csv", experiment.vae.history_)
    _codes(experiment).to_csv(folder / "codes.csv", encoding="utf-8", lineterminator="\n")
    summary = {"options": dict(options), "measures": measures.as_dict()}
    text = json.dumps(summary, ensure_ascii=False, indent=1)
    (folder / "summary.json").write_text(text + "\n", encoding="utf-8")
    _draw(folder, experiment, measures)


def write_history(path: Path, history: Sequence[Mapping[str, Any]]) -> None:
    rows = [_flat(row) for row in history]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def _flat(row: Mapping[str, Any]) -> dict[str, Any]:
    """每個單元的 KL 攤開：kl_per_unit → kl_unit_1、kl_unit_2……。"""
    flat: dict[str, Any] = {}
    for name, value in row.items():
        if isinstance(value, list):
            stem = name.removesuffix("_per_unit")
            flat |= {f"{stem}_unit_{unit}": item for unit, item in enumerate(value, 1)}
        else:
            flat[name] = value
    return flat


def _codes(experiment: Experiment) -> pd.DataFrame:
    mean, log_var = experiment.vae.encode(experiment.x)
    columns: dict[str, Any] = {
        "held_out": experiment.held_out.astype(int),
        "log_price": experiment.houses.log_price,
    }
    for unit in range(mean.shape[1]):
        columns |= {f"mean_{unit + 1}": mean[:, unit], f"log_var_{unit + 1}": log_var[:, unit]}
    return pd.DataFrame(columns, index=experiment.houses.categories.index)


def _draw(folder: Path, experiment: Experiment, measures: Measures) -> None:
    # 不經 pyplot：不動使用者的後端，也不必記得關圖。
    from matplotlib.figure import Figure

    from .. import plotting

    plotting.use_course_style()
    figure = Figure(figsize=(7, 5.8))
    _draw_codes(figure.subplots(), experiment, measures)
    plotting.save_figure(figure, folder / "latent_plane.png")
    figure = Figure(figsize=(8.4, 3.6))
    plotting.history_curves(experiment.vae.history_, figure.subplots(1, 2), baseline=measures.baseline[1])
    plotting.save_figure(figure, folder / "curves.png")


def _draw_codes(ax: Any, experiment: Experiment, measures: Measures) -> None:
    """兩個單元以上，畫 KL 最大的兩個；只有一個單元，橫軸是編碼、縱軸是房價。"""
    from .. import plotting

    mean, log_price = experiment.vae.transform(experiment.x), experiment.houses.log_price
    if mean.shape[1] == 1:
        plotting.latent_line(ax, mean[:, 0], log_price)
    else:
        first, second = sorted(measures.kl_per_unit.argsort()[::-1][:2].tolist())
        plotting.latent_plane(ax, mean[:, [first, second]], log_price, units=(first + 1, second + 1))
    kl = "、".join(f"{value:.2f}" for value in measures.kl_per_unit[:6])
    more = "……" if len(measures.kl_per_unit) > 6 else ""
    ax.set_title(f"每棟房子的平均編碼（各單元的 KL：{kl}{more} nats）")
