"""命令的測試用的小表與模型資料夾：不經過 ``fit``，直接由 ``TableVAE`` 存成 ``SavedModel``。"""

import csv
import io
from pathlib import Path
from typing import Any

import numpy as np

from vae_from_scratch.tables.reading import ReadOptions, read_table
from vae_from_scratch.tables.saved import SavedModel
from vae_from_scratch.tables.table_vae import TableVAE
from vae_from_scratch.tables.written import chinese_number, styles

SETTINGS: dict[str, Any] = {"hidden": (16,), "epochs": 60, "batch_size": 16, "learning_rate": 1e-2}
#: 模型看的欄；「編號」與「備註」不在裡面。欄名有等號，有看起來與人有關的。
COLUMNS = ("性別", "甲=乙", "色", "坪數", "屋齡", "樓層", "交易日", "車位")
CATEGORIES = ("性別", "甲=乙", "色", "車位")


def columns(n: int = 200, seed: int = 0, gaps: bool = True) -> dict[str, list[str]]:
    """每一格的文字：性別決定其餘各欄；色、坪數、屋齡、交易日有幾格不知道，車位的空白是沒有。"""
    rng = np.random.default_rng(seed)
    group = rng.integers(2, size=n)
    day = 19_700 + 200 * group + rng.integers(0, 28, n)
    found = {
        "編號": [f"n{row}" for row in range(n)],
        "性別": np.where(group, "男", "女").tolist(),
        "甲=乙": np.where(rng.random(n) < 0.1, 1 - group, group).astype(str).tolist(),
        "色": np.where(group, "紅", "藍").tolist(),
        "坪數": [f"{value:,.1f}" for value in 1000 + 500 * group + rng.normal(0, 20, n)],
        "屋齡": [str(value) for value in (10 + 20 * group + rng.integers(0, 15, n))],
        "樓層": [f"{chinese_number(value)}層" for value in (3 + 9 * group + rng.integers(0, 3, n)).tolist()],
        "交易日": [_roc(value) for value in day.tolist()],
        "車位": np.where(group, rng.choice(["平面", "機械"], n), "").tolist(),
        "備註": np.where(rng.random(n) < 0.5, "虛構", "").tolist(),
    }
    for place, name in enumerate(("色", "坪數", "屋齡", "交易日") if gaps else ()):
        for row in range(3 + place, n, 11):
            found[name][row] = ("", "NA", "不詳", " ")[place]
    return found


def _roc(days: int) -> str:
    from vae_from_scratch.tables.reading import write_date

    return write_date(days, "roc_compact")


def text(content: dict[str, list[str]]) -> str:
    """CSV 的文字。"""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(content)
    writer.writerows(zip(*content.values(), strict=True))
    return out.getvalue()


def write(path: Path, content: dict[str, list[str]]) -> Path:
    """寫成 CSV 檔。"""
    path.write_text(text(content), encoding="utf-8")
    return path


def cells(path: Path) -> dict[str, list[str]]:
    """命令寫出的 CSV：每一格的文字；開頭一定有 BOM。"""
    raw = path.read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf"), "Excel 要 BOM"
    header, *rows = csv.reader(io.StringIO(raw.decode("utf-8-sig"), newline=""))
    return {name: [row[place] for row in rows] for place, name in enumerate(header)}


def make_folder(
    folder: Path,
    likelihood: str = "mixed",
    missing: str = "level",
    content: dict[str, list[str]] | None = None,
    names: tuple[str, ...] | None = None,
) -> Path:
    """訓練兩個小模型，存進新的資料夾；類別與伯努利的概似只用類別的欄。"""
    folder.mkdir(parents=True)
    path = write(folder / "訓練.csv", columns() if content is None else content)
    reading = read_table(path, ReadOptions(keep_text=True))
    names = names or (COLUMNS if likelihood == "mixed" else CATEGORIES)
    numbers = [name for name in names if reading.kinds[name].kind in ("number", "ordered", "date")]
    dates = [name for name in numbers if reading.kinds[name].kind == "date"]
    frame = reading.frame(names, numbers, dates)
    absent = [name for name in ("車位",) if name in names and missing == "level"]
    if likelihood != "mixed" and absent:
        frame = frame.assign(車位=frame["車位"].astype(object).fillna("無"))
        absent = []
    chosen = SETTINGS | {"likelihood": likelihood, "absent": absent}
    plane = TableVAE(**chosen).fit(frame)
    scaling = "quantile" if likelihood == "mixed" else "standard"
    generator = TableVAE(latent_dim=4, scaling=scaling, **chosen).fit(frame)
    info = {
        "source": path.name,
        "plan": {"likelihood": likelihood, "missing": missing},
        "reading": reading.recipe(),
        "styles": styles(reading, names),
    }
    SavedModel(plane, generator, info).save(folder)
    path.unlink()
    return folder
