"""一張小表：三個類別欄由同一個看不見的群決定，一個數字的目標也是；另有編號、代碼、缺失。"""

from contextlib import contextmanager

import numpy as np
import pandas as pd
import pytest

from vae_from_scratch.tables import finals, report, result
from vae_from_scratch.tables.columns import Choices
from vae_from_scratch.tables.prepare import TargetOptions, prepare
from vae_from_scratch.tables.reading import read_table
from vae_from_scratch.tables.seeds import Plan


def make_table(n_rows=120, seed=0, noise=0.1):
    rng = np.random.default_rng(seed)
    group = rng.integers(2, size=n_rows)

    def levels(names):
        other = rng.random(n_rows) < noise
        return np.array(names, dtype=object)[np.where(other, 1 - group, group)]

    table = pd.DataFrame(
        {
            "編號": [f"n{row}" for row in range(n_rows)],
            "形": levels(["圓", "方"]),
            "色": levels(["紅", "藍"]),
            "料": levels(["木", "鐵"]),
            "碼": (group + rng.integers(2, size=n_rows)).astype(str),
            "價": [
                f"{10 + 5 * g + error:.2f}" for g, error in zip(group, rng.normal(size=n_rows), strict=True)
            ],
        },
        dtype=object,
    )
    table.loc[[3, 7], "色"] = np.nan
    return table


def make_fit(table, plan, folder, target=None, source="表.csv", **choices):
    """寫成 CSV、照檔案讀進來、訓練：與 ``fit`` 同一條路，只是全在這個行程裡。"""
    path = folder / "table.csv"
    table.to_csv(path, index=False)
    numbers = plan.likelihood == "mixed"
    prepared = prepare(read_table(str(path)), Choices(**choices), TargetOptions(target), "auto", numbers)
    parts = list(finals.run_all(prepared.frame, prepared.target, plan, 1))
    results, (plane, generator, checked) = parts[: plan.n_seeds], parts[plan.n_seeds :]
    notes = result.Notes(prepared.repairs, prepared.verdicts, prepared.recipe, prepared.styles)
    data = (source, prepared.columns, prepared.frame, prepared.target)
    return result.Fit(*data, plan, results, plane, generator, checked, notes)


@contextmanager
def without_pictures():
    """圖照樣排好，只是不畫成位元組、不從字型裡挑字：一頁因此快十倍。"""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(report, "_picture", lambda figure: "data:,")
        patch.setattr(report, "embedded_font", lambda text: "")
        yield


@pytest.fixture(scope="session")
def table():
    return make_table()


@pytest.fixture(scope="session")
def plan():
    model = {"latent_dim": 2, "beta": 1.0, "batch_size": 32, "hidden": (8,), "learning_rate": 1e-2}
    return Plan(n_seeds=2, epochs=15, model=model)


@pytest.fixture(scope="session")
def mixed_plan(plan):
    """類別與數字並存，也比別的維數。"""
    return Plan("mixed", "auto", 2, epochs=15, model=plan.model, dims=(1, 2), generator_dim=3)


@pytest.fixture(scope="session")
def ordinary_fit(mixed_plan, tmp_path_factory):
    return make_fit(make_table(), mixed_plan, tmp_path_factory.mktemp("表"), "價")
