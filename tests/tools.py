"""測試用的別的工具：由 .ci/run 另外裝（.ci/tools.lock），讀者的環境沒有。"""

import os
import shutil

import pytest


def tool(name: str) -> str:
    """這個工具在哪裡；沒有就略過，``.ci/run`` 設了 ``REQUIRE_TOOLS``，少了就失敗。"""
    found = shutil.which(name)
    if found is None:
        assert not os.environ.get("REQUIRE_TOOLS"), f"REQUIRE_TOOLS=1，但是沒有 {name}"
        pytest.skip(f"沒有安裝 {name}；它由 .ci/run 裝（.ci/tools.lock）")
    return found
