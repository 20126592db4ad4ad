"""探索器的測試用的模型：真的資料與網路的大小，只訓練幾個週期；不必等研究的快取。"""

from functools import cache
from typing import Any

from vae_from_scratch import VAE
from vae_from_scratch.housing.data import load_ames
from vae_from_scratch.housing.study import Trained
from vae_from_scratch.housing.study.mixed import mixed_split
from vae_from_scratch.housing.study.plan import BASE_MIXED


@cache
def quick_model(latent_dim: int = 2, epochs: int = 3) -> Trained:
    houses = load_ames()
    data = mixed_split(houses, "mixed", 0)
    settings: dict[str, Any] = BASE_MIXED | {
        "hidden": (100, 50),
        "likelihood": data.rows.layout,
        "epochs": epochs,
    }
    vae = VAE(latent_dim=latent_dim, dtype="float32", random_state=0, **settings)
    return Trained(vae.fit(data.x[data.seen]), data.schema, houses, data.x.astype(float), data.held_out)
