"""書的測試共用的。"""

import importlib
import sys
from pathlib import Path

import pytest

EXTENSIONS = Path(__file__).resolve().parents[2] / "book" / "_ext"


@pytest.fixture
def extension(monkeypatch):
    """依名字匯入 book/_ext 裡的擴充。"""
    monkeypatch.syspath_prepend(str(EXTENSIONS))
    yield importlib.import_module
    for path in EXTENSIONS.glob("*.py"):
        sys.modules.pop(path.stem, None)
