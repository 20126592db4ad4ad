"""第 1 章的互動圖的資料：一格一個字元寫進去、讀回來，解碼、矛盾與抖動都由別的辦法再算一次。"""

import json
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from scipy import special

from vae_from_scratch.housing import holes
from vae_from_scratch.housing.data import load_ames
from vae_from_scratch.tables.schema import OneHotSchema

LARGEST = 60_000  # 位元組


def random_model(seed: int, sharpness: float, slope: float) -> Any:
    """不訓練，權重隨機：一層正弦。``slope`` 大的解碼器陡。"""
    rng, table = np.random.default_rng(seed), load_ames().categories
    held_out = rng.random(len(table)) < 0.2
    schema = OneHotSchema().fit(table[~held_out])
    x = schema.encode(table)
    inner, phase = slope * rng.standard_normal((2, 30)), rng.uniform(0, 6, 30)
    outer = sharpness * rng.standard_normal((30, x.shape[1]))
    offset = special.logit(np.clip(x[~held_out].mean(axis=0), 0.01, 0.99))
    return SimpleNamespace(
        schema=schema,
        x=x,
        held_out=held_out,
        code=rng.standard_normal((len(table), 2)).round(3),
        logits=lambda u: np.sin(np.asarray(u) @ inner + phase) @ outer + offset,
    )


def two_models() -> dict[str, Any]:
    return {"自編碼器": random_model(0, 0.3, 1.1), "VAE": random_model(1, 0.25, 0.5)}


@pytest.fixture(scope="module")
def models() -> dict[str, Any]:
    return two_models()


@pytest.fixture(scope="module")
def data(models) -> dict[str, Any]:
    return json.loads(holes.holes_figure(models).data)


def test_numbers_come_back():
    """一個數一個字元；連續的合成一段，超過一段的長度就分開。"""
    numbers = np.random.default_rng(0).permutation(156).tolist()
    assert holes._numbers(holes.letters(np.array(numbers))).tolist() == numbers
    repeated = np.repeat(numbers, 100).astype(int)
    assert holes._unrun(holes.runs(repeated)).tolist() == repeated.tolist()


def test_the_codes_come_back_to_the_second_decimal(models, data):
    for plane, model in zip(data["models"], models.values(), strict=True):
        assert np.abs(holes.codes_of(plane) - model.code).max() < 0.01


def test_the_levels_and_their_chances_are_the_decoders(models, data):
    """每一格最可能的水準與機率：照欄的名字找，不照位置。"""
    for plane, model in zip(data["models"], models.values(), strict=True):
        chance = special.expit(model.logits(holes.grid()))
        names = np.array(model.schema.column_names)
        for column, name in enumerate(holes.COLUMNS):
            own = np.char.startswith(names, f"{name}=")
            best = chance[:, own].argmax(axis=1)
            assert np.array_equal(holes._unrun(plane["levels"][column]), best)
            told = 100 - holes._numbers(plane["chances"][column])
            assert np.abs(told - 100 * chance[:, own].max(axis=1)).max() < 0.51
            labels = data["columns"][column]["labels"]
            assert [f"{name}={level}" for level in holes.LEVELS[name] if holes.LEVELS[name][level] in labels]
            assert len(labels) == own.sum()


def test_a_contradiction_is_a_pair_no_training_house_has(models, data):
    """有沒有矛盾與章裡的量法（``on @ never``）相同；念的一對都過半，訓練的房子沒有一棟同時有。"""
    for plane, model in zip(data["models"], models.values(), strict=True):
        seen = model.x[~model.held_out]
        never = seen.T @ seen == 0
        on = (model.logits(holes.grid()) > 0).astype(float)
        expected = np.einsum("nd,nd->n", on @ never, on) > 0
        found = holes._unrun(plane["odd"])
        assert np.array_equal(found > 0, expected) and expected.any() and not expected.all()
        real = model.x[model.held_out]
        share = 100 * (np.einsum("nd,nd->n", real @ never, real) > 0).mean()
        assert abs(plane["real"] - share) < 0.051
        cell = int(np.flatnonzero(found)[0])
        names = [named(name) for name in model.schema.column_names]
        one, other = (names.index(name) for name in plane["pairs"][found[cell] - 1])
        assert on[cell, one] == on[cell, other] == 1 and not (seen[:, one] * seen[:, other]).any()


def named(column: str) -> str:
    variable, _, level = column.partition("=")
    return f"{holes.VARIABLES[variable]}：{holes.LEVELS[variable][level]}"


def test_shaking_costs_what_sampled_houses_pay(models):
    """抽房子、抽移動，量重建誤差真的多了多少；差在五個標準誤以內。"""
    model, rng = models["自編碼器"], np.random.default_rng(3)
    cell = 1234
    here = model.logits(holes.grid()[cell])
    houses = rng.random((4000, len(here))) < special.expit(here)
    moved = model.logits(holes.grid()[cell] + holes.SHAKE * rng.standard_normal((4000, 2)))

    def paid(logits: Any) -> Any:
        return np.logaddexp(0, np.where(houses, -logits, logits)).sum(axis=1)

    extra = paid(moved) - paid(here)
    error = extra.std() / np.sqrt(len(extra))
    assert abs(holes.shaken(model)[cell] - extra.mean()) < 5 * error < 0.5 * extra.mean()


def test_the_marks_are_within_five_percent(models, data):
    for plane, model in zip(data["models"], models.values(), strict=True):
        told = data["finest"] * data["ratio"] ** holes._numbers(plane["shaken"])
        inside = np.clip(holes.shaken(model), holes.FINEST, holes.COARSEST)
        assert np.abs(np.log(told / inside)).max() < 0.05


def test_the_figure_is_small(models):
    assert len(holes.holes_figure(models).data.encode()) < LARGEST
