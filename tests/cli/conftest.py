"""命令的測試共用的：圖照樣排好，只是不畫成檔案。"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from vae_from_scratch import plotting
from vae_from_scratch.tables import report


@contextmanager
def without_drawing() -> Iterator[None]:
    """不把圖畫成位元組、不從字型裡挑字：這兩件事占 ``fit`` 九成的時間，只看別的檔案與訊息的測試用不到。"""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plotting, "save_figure", lambda figure, path: Path(path).touch())
        patch.setattr(report, "_picture", lambda figure: "data:,")
        patch.setattr(report, "embedded_font", lambda text: "")
        yield


@pytest.fixture
def no_drawing() -> Iterator[None]:
    with without_drawing():
        yield
