"""同樣的原始檔再建一次，每一個檔案的位元組都要相同；不同就列出來。要先建好書（``make book``）。

在另一個資料夾建（路徑也不該留在結果裡）。大部分的頁用上一次的執行結果，只有 ``EXECUTED`` 重新執行：
有表格樣式的、有圖的、讀練習的各一。兩核心的電腦約兩分鐘。
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parents[1]
EXECUTED = {"03-kl-closed-form", "05-elbo", "exercises-and-grading"}
LEFT = shutil.ignore_patterns("_build", "_vendor", "node_modules", ".*", "__pycache__", "runs")


def differences(first: Path, second: Path) -> Iterator[str]:
    """只有一邊有的檔案，與位元組不同的檔案（附上第一個不同的地方）。"""
    ours, theirs = files(first), files(second)
    yield from (f"{name}：只有一次建出來" for name in sorted(ours ^ theirs))
    for name in sorted(ours & theirs):
        one, two = (first / name).read_bytes(), (second / name).read_bytes()
        if one != two:
            at = next((i for i, pair in enumerate(zip(one, two, strict=False)) if pair[0] != pair[1]), 0)
            around = slice(max(at - 40, 0), at + 40)
            yield f"{name}：第 {at} 個位元組起\n    {one[around]!r}\n    {two[around]!r}"


def files(folder: Path) -> set[Path]:
    return {path.relative_to(folder) for path in folder.rglob("*") if path.is_file()}


def prepare(copy: Path) -> None:
    """原始檔的複本；執行結果帶過去，除了要重新執行的頁。"""
    shutil.copytree(ROOT, copy, ignore=LEFT)
    for name in ("_vendor", "node_modules"):
        (copy / name).symlink_to(ROOT / name)
    if (ROOT / "runs").is_dir():
        (copy / "runs").symlink_to(ROOT / "runs")
    cache = ROOT / "_build" / ".jupyter_cache"
    for folder in (folder for folder in cache.glob("*") if folder.name not in EXECUTED):
        shutil.copytree(folder, copy / "_build" / ".jupyter_cache" / folder.name)


def main() -> int:
    with TemporaryDirectory() as folder:
        copy = Path(folder).resolve() / "另一個 資料夾"
        prepare(copy)
        study = os.environ.get("VAE_STUDY_DIR") or str(ROOT / "_build" / "study")
        environment = os.environ | {"PYTHONPATH": str(copy), "VAE_STUDY_DIR": study}
        code = subprocess.run([sys.executable, "book/build.py"], cwd=copy, env=environment).returncode
        if code:
            return code
        found = list(differences(ROOT / "_build" / "html", copy / "_build" / "html"))
    if found:
        print("✗ 再建一次，這些檔案不一樣：", *found, sep="\n  ", file=sys.stderr)
    else:
        print("再建一次，每一個檔案的位元組都相同。")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
