"""首頁的圖的資料：整數寫進去、讀回來；形狀不合、不知道房價就說清楚。"""

import dataclasses
import json

import numpy as np
import pytest

from vae_from_scratch.housing.cover import cover_figure
from vae_from_scratch.housing.data import load_ames

LARGEST = 130_000  # 位元組：首頁要馬上打開


@pytest.fixture(scope="module")
def codes() -> np.ndarray:
    return np.random.default_rng(0).standard_normal((len(load_ames()), 2))


def test_the_houses_come_back(codes):
    houses, figure = load_ames(), cover_figure(codes, load_ames())
    data = json.loads(figure.data)
    assert np.abs(np.column_stack([data["x"], data["y"]]) / data["scale"] - codes).max() <= 0.0051
    assert np.abs(np.array(data["log_price"]) / data["price_scale"] - houses.log_price).max() <= 0.00051
    assert data["year"] == houses.details["YearBuilt"].tolist()
    assert data["area"] == houses.details["GrLivArea"].tolist()
    assert len(data["places"]) == houses.categories["Neighborhood"].nunique()
    assert len(figure._repr_html_()) < LARGEST


def test_other_shapes_and_unknown_prices_are_refused(codes):
    houses = load_ames()
    unknown = np.where(np.arange(len(houses)) == 3, np.nan, houses.log_price)
    with pytest.raises(ValueError, match=r"引數 mean 的形狀是 \(10, 2\)"):
        cover_figure(codes[:10], houses)
    with pytest.raises(ValueError, match="引數 houses 有 1 棟不知道房價"):
        cover_figure(codes, dataclasses.replace(houses, log_price=unknown))
