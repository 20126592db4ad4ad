"""核心測試共用的東西：hypothesis 的設定、單執行緒的 BLAS、真實的 Ames 資料。"""

import os
from collections.abc import Iterator

os.environ |= {"TF_CPP_MIN_LOG_LEVEL": "3", "TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1"}

import pytest
from hypothesis import settings
from threadpoolctl import threadpool_limits

from tests.core.ames import Ames, load

settings.register_profile("dev", max_examples=50, deadline=None)
settings.register_profile("ci", max_examples=200, deadline=None, derandomize=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci" if os.environ.get("CI") else "dev"))


@pytest.fixture(autouse=True, scope="session")
def one_blas_thread() -> Iterator[None]:
    """矩陣都很小，多執行緒只會互搶；固定成一條，時間與位元都不隨機器的核心數改變。"""
    with threadpool_limits(1):
        yield


@pytest.fixture(scope="session")
def ames() -> Ames:
    return load()
