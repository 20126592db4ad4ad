"""書頁的核心啟動時執行：記下打開了專案裡的哪些檔案（建書時核對頁面開頭的 ``reads``），輸出整格一起送。"""

import json
import os
import sys


def _watch(record: str, root: str) -> None:
    seen: set[str] = set()
    # _build 是研究的結果，由程式的版本決定；_vendor 與 .venv 由鎖定檔決定。
    outside = ("_build", "_vendor", "node_modules", ".venv", ".git")
    ignored = tuple(os.path.join(root, name) + os.sep for name in outside)

    def opened(event: str, arguments: tuple) -> None:
        if event != "open" or not isinstance(arguments[0], str | os.PathLike):
            return
        path = os.path.abspath(os.fspath(arguments[0]))
        if path.startswith(root + os.sep) and not path.startswith(ignored) and path not in seen:
            seen.add(path)
            with open(record, "a", encoding="utf-8") as file:
                file.write(json.dumps(path) + "\n")

    sys.addaudithook(opened)


if "VAE_PAGE_READS" in os.environ:
    _watch(os.environ["VAE_PAGE_READS"], os.environ["VAE_PROJECT"])

# 印出來的字每 0.2 秒送一次；慢的時候剛好切在空行，合併時那一行就不見了。整格一起送，每次建書才一樣。
for stream in (sys.stdout, sys.stderr):
    if hasattr(stream, "flush_interval"):
        stream.flush_interval = 600
