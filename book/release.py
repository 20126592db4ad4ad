"""發行的檔案：建好的書、筆記本、套件與訓練的結果，各打成一包，附上雜湊。``make release`` 執行這裡。

    python book/release.py               打包到 _build/release
    python book/release.py check v1.0.0  標籤是不是現在的版本，CHANGELOG.md 寫了沒有

版本只寫在 ``vae_from_scratch/__init__.py``。同樣的內容打包成同樣的位元組：zip 裡不記時間。
"""

import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from book import downloads, study_archive  # noqa: E402

BUILD = ROOT / "_build"
NAME = "vae-from-scratch"
SUMS, NOTES = "SHA256SUMS", "notes.md"
LEFT = shutil.ignore_patterns("__pycache__", "*.egg-info")
READING = """\
**不必安裝就能讀**：下載 `{site}`，解壓縮，用瀏覽器打開裡面的 `index.html`；不連線也能讀。

其餘的檔案：

- `.pdf` 與 `.epub`：整本書，在紙上與閱讀器裡讀。
- `-notebooks.zip`：每一章與每一組練習的筆記本。
- `.whl`：課程的套件。
- `-study-….zip`：書裡長實驗的結果；自己建書時 `make book STUDY=這個檔案`，就不必再訓練。只給同一版的課程用。
- `SHA256SUMS`：各檔的雜湊，用 `sha256sum --check SHA256SUMS` 核對。
"""


class Problem(Exception):
    """不能發行的原因與怎麼辦。"""


def version(root: Path = ROOT) -> str:
    text = (root / "vae_from_scratch" / "__init__.py").read_text(encoding="utf-8")
    return re.findall(r'^__version__ = "(.+)"$', text, re.M)[0]


def changes(number: str, root: Path = ROOT) -> str:
    """CHANGELOG.md 裡這一版的那一段；沒有就是空的。"""
    text = (root / "CHANGELOG.md").read_text(encoding="utf-8")
    found = re.search(rf"^## \[{re.escape(number)}\][^\n]*\n(.*?)(?=^## |\Z)", text, re.M | re.S)
    return found[1].strip() if found else ""


def check(tag: str, root: Path = ROOT) -> None:
    """標籤、版本與 CHANGELOG.md 一致；不一致引發 ``Problem``。"""
    number = version(root)
    if tag != f"v{number}":
        raise Problem(
            f"標籤是 {tag}，版本卻是 {number}。請改 vae_from_scratch/__init__.py，或刪掉標籤重打 v{number}。"
        )
    if not changes(number, root):
        raise Problem(f"CHANGELOG.md 沒有「## [{number}] - 日期」這一段。請把「未發行」的內容移到那裡。")


def pack(files: Iterable[Path], top: Path, target: Path, folder: str) -> None:
    """``files`` 放進 ``target`` 的 ``folder`` 裡，路徑由 ``top`` 算起。"""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(file for file in files if file.is_file()):
            name = f"{folder}/{file.relative_to(top).as_posix()}"
            archive.writestr(study_archive.entry(name), file.read_bytes())


def sums(folder: Path) -> str:
    """``sha256sum`` 的格式：雜湊、兩個空格、檔名。"""
    files = sorted(file for file in folder.iterdir() if file.name not in (SUMS, NOTES))
    return "".join(f"{study_archive.sha256(file)}  {file.name}\n" for file in files)


def wheel(target: Path) -> None:
    """由原始檔的複本建：不在這裡留下 ``build/``，也不會收進上次留下、已經刪掉的模組。"""
    command = (sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation")
    with TemporaryDirectory() as folder:
        copy = Path(folder)
        shutil.copytree(ROOT / NAME.replace("-", "_"), copy / NAME.replace("-", "_"), ignore=LEFT)
        for name in ("pyproject.toml", "README.md", "LICENSE"):
            shutil.copy2(ROOT / name, copy)
        same_time = os.environ | {"SOURCE_DATE_EPOCH": "315532800"}  # 1980 年，zip 記得下的最早的時間
        subprocess.run([*command, "--wheel-dir", str(target), folder], check=True, env=same_time)


def study_results() -> list[Path]:
    """書要的每一項結果；缺了引發 ``Problem``。"""
    results = study_archive.results_of_the_book()
    if missing := [file for file in results if not file.exists()]:
        raise Problem(f"長實驗還少 {len(missing)} 項結果。請先執行 make study，再打包一次。")
    return results


def release(target: Path, results: Sequence[Path], build: Path = BUILD) -> None:
    """全部打包到 ``target``；PDF 與 EPUB 建好了才有。"""
    name, study, site = f"{NAME}-{version()}", results[0].parent.name, build / "html"
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    notebooks = build / "notebooks"
    pack(notebooks.rglob("*.ipynb"), notebooks, target / f"{name}-notebooks.zip", f"{name}-notebooks")
    study_archive.write(target / f"{name}-study-{study}.zip", study, results)
    for file in (*build.glob(f"{name}.pdf"), *build.glob(f"{name}.epub")):
        shutil.copy2(file, target)
    wheel(target)
    for file in sorted(target.iterdir()):  # 網站的首頁也下載得到，長實驗的結果除外
        if not file.name.startswith(f"{name}-study-"):
            downloads.add(file, site)
    pack(site.rglob("*"), site, target / f"{name}-site.zip", name)
    (target / SUMS).write_text(sums(target), encoding="utf-8", newline="\n")
    notes = f"{READING.format(site=f'{name}-site.zip')}\n{changes(version())}\n"
    (target / NOTES).write_text(notes, encoding="utf-8", newline="\n")


def main(arguments: list[str]) -> int:
    try:
        if arguments:
            check(arguments[1])
        else:
            target = BUILD / "release"
            release(target, study_results())
            print(f"→ 打包在 {target}")
            print((target / SUMS).read_text(encoding="utf-8"), end="")
    except Problem as problem:
        print(f"× {problem}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
