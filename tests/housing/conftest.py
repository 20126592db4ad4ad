"""房價的測試共用的資料。"""

from pathlib import Path

import pytest

from vae_from_scratch.housing import data

KAGGLE = Path(__file__).resolve().parents[3] / "shared" / "data" / "kaggle"


@pytest.fixture(scope="session")
def ames():
    return data.load_ames()


@pytest.fixture(scope="session")
def kaggle_folder():
    if not (KAGGLE / "train.csv").is_file():
        pytest.skip("Kaggle 的檔案不能隨專案散布，只在有 ../shared/data/kaggle 的機器上測")
    return KAGGLE


@pytest.fixture(scope="session")
def kaggle(kaggle_folder):
    return data.load_kaggle(kaggle_folder)
