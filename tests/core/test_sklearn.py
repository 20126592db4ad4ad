"""scikit-learn 的慣例：check_estimator、clone、get_params、Pipeline、pandas 輸出。"""

import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, KFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.utils.estimator_checks import check_estimator

from tests.core.ames import raw_table
from vae_from_scratch import VAE
from vae_from_scratch.likelihood import Categorical

HOUSES = pd.DataFrame({"屋況": list("良中差良中良"), "地段": list("東西東西東東")}, index=list("abcdef"))


@pytest.mark.slow
def test_check_estimator() -> None:
    """全部的檢查都通過；唯一略過的是要另外設環境變數的 array API。"""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        results = check_estimator(VAE(likelihood="gaussian", hidden=(8,), epochs=2), on_fail=None)
    not_passed = [result["check_name"] for result in results if result["status"] != "passed"]
    assert not_passed == ["check_array_api_input"]
    assert len(results) > 40


def test_clone_and_parameters() -> None:
    vae = VAE(latent_dim=3, likelihood=Categorical((3, 2)), random_state=5)
    copy = clone(vae)
    assert copy.get_params() == vae.get_params()
    assert copy.set_params(beta=2.5).beta == 2.5
    assert "beta=2.5" in repr(copy)


def test_pipeline_with_pandas_output() -> None:
    encoder = OneHotEncoder(sparse_output=False)
    pipeline = make_pipeline(encoder, VAE(likelihood=Categorical((3, 2)), hidden=(4,), epochs=2))
    codes = pipeline.set_output(transform="pandas").fit_transform(HOUSES)
    assert list(codes.columns) == ["vae0", "vae1"] and list(codes.index) == list("abcdef")
    assert list(pipeline[-1].feature_names_in_) == ["屋況_中", "屋況_差", "屋況_良", "地段_東", "地段_西"]
    np.testing.assert_array_equal(pipeline.transform(HOUSES), codes)


def test_pipeline_after_the_schema_on_real_houses() -> None:
    from vae_from_scratch.tables.schema import OneHotSchema

    houses = raw_table().head(200)
    schema = OneHotSchema().fit(houses)
    likelihood = Categorical(schema.groups)
    pipeline = make_pipeline(clone(schema), VAE(likelihood=likelihood, hidden=(8,), epochs=1))
    codes = pipeline.set_output(transform="pandas").fit_transform(houses)
    assert codes.shape == (200, 2) and codes.index.equals(houses.index)
    assert list(pipeline[-1].feature_names_in_) == schema.column_names
    np.testing.assert_array_equal(clone(pipeline).fit_transform(houses), codes)
    with pytest.raises(ValueError, match=r"資料 X 的第 0 列、第 0 個變數"):
        likelihood.check(np.minimum(schema.encode(houses) + np.eye(1, schema.n_columns), 1)[[5, 5]])


def rare_table() -> pd.DataFrame:
    """「地段」的「島」只有一列：不論怎麼分，總有一份的訓練資料沒有它。"""
    rng = np.random.default_rng(0)
    land = rng.choice(list("東西南"), 60)
    land[7] = "島"
    return pd.DataFrame(
        {"地段": land, "屋況": rng.choice(list("良中差"), 60), "樓層": rng.integers(1, 4, 60)}
    )


def pipeline(**settings):
    from vae_from_scratch.tables.schema import OneHotSchema

    return make_pipeline(OneHotSchema(), VAE(likelihood="categorical", hidden=(6,), epochs=2, **settings))


def test_cross_validation_learns_the_levels_of_each_fold() -> None:
    houses = rare_table()
    scores = cross_val_score(pipeline(), houses, cv=KFold(4))
    by_hand = []
    for train, test in KFold(4).split(houses):
        model = pipeline().fit(houses.iloc[train])
        by_hand.append(model.score(houses.iloc[test]))
        assert model[-1].likelihood_.groups == model[0].groups
    assert scores.tolist() == by_hand and np.isfinite(scores).all()
    widths = [pipeline().fit(houses.iloc[train])[0].n_columns for train, _ in KFold(4).split(houses)]
    assert sorted(widths) == [9, 10, 10, 10], "真的有一份缺了那個水準"


def test_grid_search_over_a_pipeline_on_a_frame() -> None:
    search = GridSearchCV(
        pipeline(), {"vae__latent_dim": [1, 2], "onehotschema__missing": ["zeros", "level"]}, cv=3
    )
    search.fit(rare_table())
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    assert search.best_score_ == search.cv_results_["mean_test_score"].max()
    assert search.transform(rare_table()).shape == (60, search.best_params_["vae__latent_dim"])


def test_the_model_alone_is_searched_on_every_kind_of_rows() -> None:
    from vae_from_scratch.tables.schema import OneHotSchema

    rows = OneHotSchema().fit_transform(rare_table())
    grid = {"beta": [1.0, 50.0]}
    coded = GridSearchCV(VAE(likelihood="categorical", hidden=(6,), epochs=2), grid, cv=3).fit(rows)
    dense = VAE(likelihood=Categorical(rows.groups), hidden=(6,), epochs=2)
    by_matrix = GridSearchCV(dense, grid, cv=3).fit(np.asarray(rows))
    assert coded.cv_results_["mean_test_score"].tolist() == by_matrix.cv_results_["mean_test_score"].tolist()
    bits = GridSearchCV(VAE(hidden=(6,), epochs=2), grid, cv=3).fit(np.asarray(rows))
    assert np.isfinite(bits.best_score_)


def test_a_dense_matrix_still_needs_the_groups() -> None:
    """反例：密集的矩陣看不出各變數有幾個水準，訊息說出補救。"""
    dense = pipeline().set_output(transform="pandas")
    with pytest.raises(ValueError, match=r"Categorical\(groups\).*OneHotSchema.*set_output"):
        dense.fit(rare_table())


def test_sparse_one_hot_encoding_is_accepted() -> None:
    def pipeline(encoder: OneHotEncoder):
        return make_pipeline(encoder, VAE(likelihood=Categorical((4, 3, 3)), hidden=(6,), epochs=2))

    model = pipeline(OneHotEncoder()).fit(rare_table())
    dense = pipeline(OneHotEncoder(sparse_output=False)).fit(rare_table())
    assert model.score(rare_table()) == dense.score(rare_table())


def test_pipeline_after_a_scaler_and_with_a_validation_set() -> None:
    x = np.random.default_rng(0).normal(size=(40, 3))
    pipeline = make_pipeline(StandardScaler(), VAE(likelihood="gaussian", hidden=(4,), epochs=2))
    pipeline.fit(x, vae__validation=x[:5])
    assert "val_loss" in pipeline[-1].history_[0]
    assert pipeline.transform(x).shape == (40, 2)


@pytest.mark.parametrize(
    "method", ["transform", "encode", "decode", "elbo", "log_likelihood", "score", "save"]
)
def test_using_it_before_fit_says_so(method, tmp_path) -> None:
    argument = tmp_path / "x.npz" if method == "save" else np.zeros((1, 2))
    with pytest.raises(NotFittedError):
        getattr(VAE(), method)(argument)
    with pytest.raises(NotFittedError):
        VAE().sample(1, np.random.default_rng(0))


def test_categorical_codes_forget_the_names_of_an_earlier_frame() -> None:
    from vae_from_scratch.rows import CategoryCodes

    vae = VAE(hidden=(3,), epochs=1).fit(pd.get_dummies(HOUSES, dtype=float))
    vae.fit(CategoryCodes(np.zeros((4, 2), int), (3, 2)))
    assert not hasattr(vae, "feature_names_in_")
