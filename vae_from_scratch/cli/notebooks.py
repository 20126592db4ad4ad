"""``notebooks``：把每一章與每一組練習匯出成 Jupyter 筆記本。"""

import argparse
from pathlib import Path

from ..course.sets import course_root

SUMMARY = "把每一章與每一組練習匯出成 .ipynb（JupyterLab、Colab）"
USAGE = "[--output 資料夾]"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """這個命令的引數。"""
    parser.add_argument(
        "--output", type=Path, metavar="資料夾", help="寫到哪裡（預設是課程的 _build/notebooks）"
    )


def run(args: argparse.Namespace) -> int:
    """匯出筆記本，說出備份與位置。"""

    from ..course.notebooks import export_all

    root = course_root()
    folder = args.output or root / "_build" / "notebooks"
    count = 0
    for path, saved in export_all(root, folder):
        count += 1
        if saved:
            print(f"{path.name}：原來的檔案與新的不同，備份在 {saved}")
    print(f"匯出 {count} 本筆記本：{folder}")
    print("打開：在課程的資料夾執行 jupyter lab，或把檔案上傳到 Colab；第一格說明怎麼安裝。")
    return 0
