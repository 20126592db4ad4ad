"""探索器的資料：裝進去與拿出來逐位元相同，權重、編碼、名字都來自那個模型，整頁不超過 1.6 MB。"""

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from tests.built_book import require_book
from tests.quick_explorer import quick_model
from vae_from_scratch import VAE
from vae_from_scratch.housing import explorer
from vae_from_scratch.housing.absence import all_columns
from vae_from_scratch.housing.explorer import packed, unpacked
from vae_from_scratch.housing.study.mixed import mixed_split
from vae_from_scratch.network import multilayer_perceptron
from vae_from_scratch.tables.representations import represent

LARGEST = 1_600_000  # 位元組


@pytest.fixture(scope="module")
def model():
    return quick_model()


@pytest.fixture(scope="module")
def data(model):
    return explorer.explorer_data(model)


# ── 裝起來，打開 ──────────────────────────────────────────────────────

SHAPES = arrays.array_shapes(min_dims=1, max_dims=3, max_side=5)


@given(arrays.arrays(np.float32, SHAPES, elements=st.floats(width=32, allow_nan=False, allow_infinity=False)))
def test_floats_come_back_bit_by_bit(values):
    document = json.loads(json.dumps(packed(values, "float32")))
    assert np.array_equal(unpacked(document).view(np.uint32), values.view(np.uint32))


HALVES = st.floats(width=16, allow_nan=False, allow_infinity=False)


@given(arrays.arrays(np.float16, SHAPES, elements=HALVES))
def test_halves_come_back_bit_by_bit(values):
    document = json.loads(json.dumps(packed(values, "float16")))
    assert np.array_equal(unpacked(document).view(np.uint16), values.view(np.uint16))


@given(arrays.arrays(np.uint16, SHAPES))
def test_integers_come_back(values):
    assert np.array_equal(unpacked(packed(values, "uint16")), values)
    large = values.astype(np.int64) * 65537
    assert np.array_equal(unpacked(packed(large, "uint32")), large)


@pytest.mark.parametrize("values", [np.arange(12).reshape(3, 4).T, np.arange(12).reshape(3, 4)[:, ::2]])
def test_the_order_in_memory_does_not_matter(values):
    assert np.array_equal(unpacked(packed(values, "uint8")), values)


def test_bytes_are_little_endian_on_every_machine():
    big = np.array([1, 258], dtype=">u2")
    assert packed(big, "uint16") == packed(big.astype("<u2"), "uint16")
    assert unpacked(packed(big, "uint16")).tolist() == [1, 258]


@pytest.mark.parametrize(
    ("values", "dtype", "shown"),
    [
        ([256], "uint8", "256"),
        ([-1], "uint8", "-1"),
        ([1.5], "uint16", "1.5"),
        ([1e40], "float32", "1e+40"),
        ([7e4], "float16", "7"),
    ],
)
def test_numbers_that_do_not_fit_are_refused(values, dtype, shown):
    with pytest.raises(ValueError, match="存不進") as refused:
        packed(values, dtype)
    assert shown in str(refused.value)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
@pytest.mark.parametrize("dtype", ["float32", "uint16"])
def test_missing_and_infinite_numbers_are_refused(bad, dtype):
    with pytest.raises(ValueError, match="存不進"):
        packed([1, bad], dtype)


def test_an_unknown_type_is_refused():
    with pytest.raises(ValueError, match="float32、uint8、uint16、uint32"):
        packed([1], "float64")


# ── 資料就是那個模型的 ────────────────────────────────────────────────


def test_the_layers_are_the_decoder(data, model):
    """照打開的權重算一次，與模型自己的解碼相同（到 float32 的精度）。"""
    z = np.random.default_rng(0).uniform(-10, 10, (50, 2))
    layers = [unpacked(layer).astype(float) for layer in data["layers"]]
    output = multilayer_perceptron(layers, z)
    assert model.vae.likelihood_.mean(output) == pytest.approx(model.vae.decode(z), abs=1e-4)


def test_the_encoder_needs_no_more_than_what_is_asked(data, model):
    """只知道問的幾欄時，裝進網頁的第一層與整個編碼器算的相同；換一欄就不同（反向對照）。"""
    layers = [unpacked(layer).astype(float) for layer in data["encoder"]]
    truth = np.hstack(model.vae.encode(explorer.only_known(model)))
    inputs = explorer.inputs_of(model)
    assert inputs.sum() < 60 < len(inputs)
    assert multilayer_perceptron(layers, model.x[:, inputs]) == pytest.approx(truth, abs=1e-5)
    shifted = np.roll(inputs, 1)
    assert np.abs(multilayer_perceptron(layers, model.x[:, shifted]) - truth).max() > 0.1


def test_only_known_columns_are_left(model):
    """留下的欄與原來相同，其餘整組是 0；旗標跟著它的數字；全部留下就是原來的列。"""
    x, schema = explorer.only_known(model, ["Neighborhood", "2ndFlrSF"]), model.schema
    levels, numbers, observed = schema.layout.split(x)
    parts = dict(zip((*schema.category_names, *schema.spiked_), schema.blocks.split(levels), strict=True))
    whole = schema.layout.split(model.x)
    truth = dict(zip(parts, schema.blocks.split(whole[0]), strict=True))
    for name, part in parts.items():
        assert np.array_equal(part, truth[name] if name in ("Neighborhood", "2ndFlrSF") else 0 * part)
    j = list(schema.scales_).index("2ndFlrSF")
    for found, original in ((numbers, whole[1]), (observed, whole[2])):
        assert np.array_equal(found[:, j], original[:, j]) and original[:, j].any()
        assert not np.delete(found, j, axis=1).any()
    assert np.array_equal(explorer.only_known(model, schema.cell_names), model.x)
    model.vae.likelihood_.check(x)


def test_an_unknown_column_is_refused(model):
    with pytest.raises(ValueError, match="Neighbourhood"):
        explorer.only_known(model, ["Neighbourhood"])


def categories(data):
    return [variable for variable in data["variables"] if "levels" in variable]


def numbers(data):
    return [variable for variable in data["variables"] if "levels" not in variable]


def test_every_column_is_there_once(data, model):
    """79 欄：44 個類別照代碼的順序在前，35 個數字在後；畫面的主題也正好是這些。"""
    codes = [variable["code"] for variable in data["variables"]]
    assert codes == list(model.schema.cell_names)
    assert len(categories(data)) == 44 and len(numbers(data)) == 35
    assert sorted(codes) == sorted(code for theme in data["themes"].values() for code in theme)
    assert sorted(codes) == sorted(all_columns(model.houses).columns)


def test_codes_are_the_levels_of_every_house(data, model):
    """代碼照水準讀回去，就是資料裡的文字；缺失與沒見過的是 UNKNOWN。"""
    codes = unpacked(data["houses"]["codes"]).astype(int)
    table = all_columns(model.houses)
    for v, variable in enumerate(categories(data)):
        levels = np.array([*variable["levels"], None], dtype=object)
        read = levels[np.where(codes[:, v] == explorer.UNKNOWN, -1, codes[:, v])]
        truth = [value if value in variable["levels"] else None for value in table[variable["code"]]]
        assert read.tolist() == truth


def test_numbers_are_the_values_of_every_house(data, model):
    """數字原樣讀回去；缺失的是那個型別最大的數，沒有一個真的值碰到它。"""
    for variable in numbers(data):
        values = unpacked(data["houses"]["numbers"][variable["code"]])
        truth = model.houses.details[variable["code"]]
        missing = values == np.iinfo(values.dtype).max
        assert missing.tolist() == truth.isna().tolist()
        assert values[~missing].tolist() == truth[~missing].tolist()


def test_every_level_is_named_and_the_shares_add_up(data):
    for variable in categories(data):
        assert len(variable["levels"]) == len(variable["labels"]) == len(variable["shares"])
    for variable in data["variables"]:
        assert variable["shares"] is None or sum(variable["shares"]) == pytest.approx(1, abs=1e-4)


def test_numbers_keep_their_scale_and_what_training_houses_have(data, model):
    """尺度與旗標就是編碼規則的；平均、範圍與比例由訓練的房子另外算一次。"""
    table = model.houses.details[~model.held_out]
    for variable in numbers(data):
        name, values = variable["code"], table[variable["code"]].dropna()
        assert (variable["shares"] is not None) == (name in model.schema.spiked_)
        if variable["shares"] is not None:
            assert variable["shares"] == pytest.approx([(values == 0).mean(), (values != 0).mean()], abs=1e-6)
            values = values[values != 0]
        assert (variable["centre"], variable["spread"]) == pytest.approx((values.mean(), values.std(ddof=0)))
        assert (variable["low"], variable["high"]) == (values.min(), values.max())
        assert variable["middle"] == pytest.approx(np.quantile(values, explorer.MIDDLE))


def test_the_spread_is_the_learned_one_in_the_unit_of_the_column(data, model):
    """s 就是概似用的：拿它算一個數字的對數密度，與模型自己算的相同；換一個 s 就不同（反向對照）。"""
    layout, noise = model.vae.likelihood_, model.vae.network_.views(model.vae.parameters_).noise_log_var
    x = model.x[:50]
    output = np.zeros((50, layout.n_levels + layout.n_numbers))
    cells = layout.cell_log_prob(x, output, noise.astype(float))
    j = list(model.schema.scales_).index("GrLivArea")
    variable = next(v for v in numbers(data) if v["code"] == "GrLivArea")
    area, s = model.houses.details["GrLivArea"].to_numpy()[:50], variable["s"]

    def density(s):
        squares = ((area - variable["centre"]) / s) ** 2
        return -0.5 * (np.log(2 * np.pi * (s / variable["spread"]) ** 2) + squares)

    assert density(s) == pytest.approx(cells[:, len(categories(data)) + j], abs=1e-5)
    assert not np.allclose(density(1.01 * s), cells[:, len(categories(data)) + j], atol=1e-3)


def test_houses_keep_their_numbers_prices_and_codes(data, model):
    houses = data["houses"]
    assert houses["id"] == model.houses.categories.index.tolist()
    assert houses["price"] == pytest.approx(model.houses.price, abs=1e-6)
    assert unpacked(houses["held_out"]).astype(bool).tolist() == model.held_out.tolist()
    mean, log_var = model.vae.encode(model.x)
    assert unpacked(houses["mean"]) == pytest.approx(mean, abs=1e-6)
    assert unpacked(houses["log_var"]) == pytest.approx(log_var, abs=1e-5)


@pytest.fixture(scope="module")
def rivals(model):
    return explorer.rival_planes(model)


def test_the_rivals_are_the_studys_on_a_unit_scale(rivals, model):
    """FAMD 與 PCA：與研究用的同一個函式，只差平移與每軸的尺度；訓練的房子平均 0、標準差 1。"""
    data = mixed_split(model.houses, "mixed", 0)
    assert [plane.key for plane in rivals] == ["famd", "pca"]
    for plane in rivals:
        seen = plane.codes[~model.held_out]
        assert seen.mean(axis=0) == pytest.approx([0, 0], abs=1e-9)
        assert seen.std(axis=0) == pytest.approx([1, 1])
        codes = represent(plane.key, data.coded, model.held_out, 2, 0)
        for k in range(2):
            assert np.corrcoef(codes[:, k], plane.codes[:, k])[0, 1] == pytest.approx(1)
    assert np.abs(rivals[0].codes - rivals[1].codes).max() > 0.5


def test_the_rivals_need_the_split_of_the_model(model):
    with pytest.raises(ValueError, match="seed 是 3"):
        explorer.rival_planes(model, seed=3)


def test_other_planes_come_back(rivals, model):
    """位置差不到 0.002（平面寬 8），切分一棟不差。"""
    seed = explorer.other_seed(replace(model, held_out=~model.held_out), 7)
    assert (seed.key, seed.gaussian) == ("seed7", True)
    packed_planes = explorer.explorer_data(model, [*rivals, seed])["planes"]
    for plane, document in zip([*rivals, seed], packed_planes, strict=True):
        inside = np.abs(plane.codes).max(axis=1) < explorer.LIMIT
        assert np.abs(unpacked(document["mean"]).astype(float) - plane.codes)[inside].max() < 0.002
        held_out = np.unpackbits(unpacked(document["held_out"]), count=len(plane.codes))
        assert np.array_equal(held_out.astype(bool), plane.held_out)


def test_a_model_that_is_not_two_dimensional_is_refused():
    with pytest.raises(ValueError, match="二維") as refused:
        explorer.explorer_data(quick_model(latent_dim=3, epochs=1))
    assert "3 維" in str(refused.value)


def test_a_model_of_categories_alone_is_refused(model):
    only = replace(model, vae=VAE(latent_dim=2).fit(model.x[:40, :4] != 0))
    with pytest.raises(ValueError, match="bernoulli"):
        explorer.explorer_data(only)


@pytest.mark.parametrize("z", [(4.5, 0.0), (0.0, float("nan")), (1.0,)])
def test_a_stop_outside_the_plane_is_refused(model, z):
    with pytest.raises(ValueError, match="stops 的「甲」"):
        explorer.explorer_figure(model, {"甲": z})


def test_the_figure_is_under_the_limit(model):
    assert len(explorer.explorer_figure(model)._repr_html_().encode()) < LARGEST


def test_the_page_with_its_programs_and_pictures_is_under_the_limit():
    """網頁、只有它用的程式，以及它的圖，合起來也不超過。"""
    from bs4 import BeautifulSoup

    page = require_book() / "explorer.html"
    soup = BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser")
    addresses = [
        str(tag["src"]) for tag in soup.select("script[src*=interactive], script[src*=d3], article img")
    ]
    outside = [address for address in addresses if not address.startswith("data:")]  # 網頁裡的算過了
    files = {(page.parent / address.split("?")[0]).resolve() for address in outside}
    assert len(files) >= 8
    assert sum(file.stat().st_size for file in [page, *files]) < LARGEST
