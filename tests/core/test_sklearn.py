"""scikit-learn 的慣例：check_estimator、clone、get_params、Pipeline、pandas 輸出。"""

import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
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
    from vae_from_scratch.housing.schema import OneHotSchema

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


def test_pipeline_after_a_scaler_and_with_a_validation_set() -> None:
    x = np.random.default_rng(0).normal(size=(40, 3))
    pipeline = make_pipeline(StandardScaler(), VAE(likelihood="gaussian", hidden=(4,), epochs=2))
    pipeline.fit(x, vae__validation=x[:5])
    assert "val_loss" in pipeline[-1].history_[0]
    assert pipeline.transform(x).shape == (40, 2)


@pytest.mark.parametrize("method", ["transform", "encode", "decode", "elbo", "log_likelihood", "save"])
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
