"""第 11 到 14 章的數字來自研究的快取；沒有算過就略過，不在測試裡花幾分鐘訓練。"""

import pytest

from tests.built_book import REMEDY, unavailable


@pytest.fixture(scope="session")
def experiment():
    """``experiment("warmup")`` → 那個實驗的全部結果。"""
    from vae_from_scratch import arithmetic
    from vae_from_scratch.housing import study

    if not arithmetic.available():
        pytest.skip("書裡的數字是 x86-64（AVX2）的結果；這台電腦的捨入不同，個別的種子會不一樣")

    def read(name):
        missing = study.missing_runs(study.runs_of(name))
        if missing:
            unavailable(f"研究的 {name} 還有 {missing} 次沒有算；{REMEDY}")
        return study.experiment(name)

    return read
