"""探索器的測試用的模型：真的資料與網路的大小，只訓練幾個週期；不必等研究的快取。"""

from functools import cache

from vae_from_scratch import VAE
from vae_from_scratch.housing.absence import name_absence
from vae_from_scratch.housing.data import load_ames
from vae_from_scratch.housing.study import Trained
from vae_from_scratch.likelihood import Categorical
from vae_from_scratch.tables.schema import OneHotSchema


@cache
def quick_model(latent_dim: int = 2, epochs: int = 3) -> Trained:
    houses = load_ames()
    held_out = houses.held_out(0.2, 0)
    table = name_absence(houses)
    schema = OneHotSchema().fit(table[~held_out])
    x = schema.encode(table)
    vae = VAE(
        latent_dim=latent_dim,
        likelihood=Categorical(schema.groups),
        epochs=epochs,
        warmup_epochs=20,
        dtype="float32",
        random_state=0,
    )
    return Trained(vae.fit(x[~held_out]), schema, houses, x, held_out)
