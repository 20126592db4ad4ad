"""一張小表：三個類別欄由同一個看不見的群決定，一個數字的目標也是；另有編號、代碼、缺失。"""

import numpy as np
import pandas as pd
import pytest

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


@pytest.fixture(scope="session")
def table():
    return make_table()


@pytest.fixture(scope="session")
def plan():
    model = {"latent_dim": 2, "batch_size": 32, "hidden": (8,), "learning_rate": 1e-2}
    return Plan(n_seeds=2, epochs=15, model=model)
