"""模型資料夾：存讀相同；缺檔、截斷、改過、別種資料夾、混了別次的檔案，都說得出來。"""

import json
import shutil

import numpy as np
import pytest

from vae_from_scratch.tables import seeds
from vae_from_scratch.tables.saved import SavedModel


@pytest.fixture(scope="module")
def frame(table):
    return table[["形", "色", "料"]]


@pytest.fixture(scope="module")
def models(frame, plan):
    results = seeds.run_all(frame, None, plan, jobs=1)
    info = {"source": "表.csv", "plan": {"missing": "zeros"}}
    return [
        SavedModel(r.vae, r.schema, r.schema.encode(frame[~r.held_out]).sum(axis=0), info) for r in results
    ]


@pytest.fixture
def folder(models, tmp_path):
    models[0].save(tmp_path)
    return tmp_path


def test_a_loaded_model_gives_the_same_bits(models, folder, frame):
    loaded, rng = SavedModel.load(folder), np.random.default_rng
    x = loaded.schema.encode(frame, dtype="float32")
    assert all(
        np.array_equal(a, b) for a, b in zip(loaded.encode(frame), models[0].encode(frame), strict=True)
    )
    assert np.array_equal(loaded.score(x, 5, rng(0)).oddness, models[0].score(x, 5, rng(0)).oddness)
    assert loaded.generate(5, rng(0)).equals(models[0].generate(5, rng(0)))
    assert loaded.info["source"] == "表.csv" and loaded.is_categorical


def test_generated_rows_have_known_levels_and_follow_the_point(models):
    rng, (model, _) = np.random.default_rng(0), models
    made = model.generate(300, rng)
    assert list(made.columns) == ["形", "色", "料"] and set(made["形"]) == {"圓", "方"}
    means = model.encode(made)[0]
    far = means[np.argmax(np.abs(means).sum(axis=1))]
    here, there = (
        model.generate(300, rng, at=at)["形"].value_counts(normalize=True)["圓"] for at in (far, -far)
    )
    assert abs(here - there) > 0.3, "換一點，比例就不同"


@pytest.mark.parametrize("name", ["model.npz", "schema.json", "fit.json"])
def test_a_missing_or_damaged_file_is_named(folder, name):
    contents = (folder / name).read_bytes()
    (folder / name).write_bytes(contents[: len(contents) // 2])
    with pytest.raises(ValueError, match=name):
        SavedModel.load(folder)
    (folder / name).unlink()
    with pytest.raises(ValueError, match=f"缺少 {name}"):
        SavedModel.load(folder)


def test_files_of_two_fits_do_not_mix(models, folder, tmp_path_factory):
    other = tmp_path_factory.mktemp("別次")
    models[1].save(other)
    shutil.copy(other / "model.npz", folder / "model.npz")
    with pytest.raises(ValueError, match=r"model.npz 與 fit.json 的紀錄不符"):
        SavedModel.load(folder)


@pytest.mark.parametrize("change", [{"kind": "別的"}, {"counts": "三"}, {"digests": {}}, {"counts": [1]}])
def test_a_changed_fit_json_is_refused(folder, change):
    document = json.loads((folder / "fit.json").read_text(encoding="utf-8"))
    (folder / "fit.json").write_text(json.dumps(document | change), encoding="utf-8")
    with pytest.raises(ValueError, match="重新執行 fit"):
        SavedModel.load(folder)


def test_other_paths_are_refused(tmp_path):
    with pytest.raises(ValueError, match="不存在"):
        SavedModel.load(tmp_path / "沒有")
    (tmp_path / "檔案").write_text("x")
    with pytest.raises(ValueError, match="是一個檔案"):
        SavedModel.load(tmp_path / "檔案")
    with pytest.raises(ValueError, match="不是 fit 寫出的資料夾"):
        SavedModel.load(tmp_path)


def test_columns_are_selected_by_name_and_missing_ones_are_listed(models, table, frame):
    shuffled = table[["價", "料", "形", "色"]]
    assert models[0].select(shuffled, "表.csv").equals(frame)
    with pytest.raises(ValueError, match=r"表\.csv 與這個模型對不上，缺少模型要的 2 欄：形、料"):
        models[0].select(table[["色", "價"]], "表.csv")
