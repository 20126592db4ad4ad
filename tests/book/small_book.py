"""一本三頁的小書，真的用 Sphinx 建：哪幾頁執行了，結果放在哪裡。"""

import json
import os
import re
from pathlib import Path

from tests.book import forked_sphinx

ROOT = Path(__file__).resolve().parents[2]
BOOK = ROOT / "book"
PAGE = """---
file_format: mystnb
orphan: true
reads: {reads}
kernelspec: {{name: python3}}
---

# {name}

```{{code-cell}} ipython3
import sys

sys.path.insert(0, {root!r})
{body}
open({log!r}, "a").write("{name} ")
```
"""


class SmallBook:
    """一個套件三個模組，三頁：兩頁讀 gaussian（一頁透過 model），一頁只讀 plotting。

    ``parallel``：同時執行幾頁；None 就是 myst-nb 自己讀到哪一頁執行哪一頁。
    """

    def __init__(self, folder: Path, parallel: int | None = None) -> None:
        self.folder, self.log = folder, folder.parent / f"{folder.name}.log"
        self.caches = folder / "_build" / ".jupyter_cache"
        self.settings = {"PYTHONPATH": str(ROOT)} | ({"VAE_BOOK_JOBS": str(parallel)} if parallel else {})
        extensions = ["myst_nb", "execution_cache", "static_files", *["parallel_execution"] * bool(parallel)]
        self.log.touch()
        for name, text in {
            "vae_from_scratch/__init__.py": "",
            "vae_from_scratch/gaussian.py": 'def kl(x):\n    """說明。"""\n    return x\n',
            "vae_from_scratch/model.py": "from .gaussian import kl\n",
            "vae_from_scratch/plotting.py": "COLOUR = 1\n",
            "vae_from_scratch/command.py": "RUN = 1\n",
            "book/table.csv": "1\n",
            "book/_static/course.css": "p { color: red; }\n",
            "book/conf.py": f"import sys\nsys.path.insert(0, {str(BOOK / '_ext')!r})\n"
            f"extensions = {extensions}\nroot_doc = 'one'\n"
            "html_static_path = ['_static']\nhtml_css_files = ['course.css']\n"
            "nb_execution_mode = 'cache'\nnb_execution_raise_on_error = True\n"
            "nb_execution_show_tb = True\nnb_execution_timeout = 300\n",
        }.items():
            self.write(name, text)
        self.page("one", "from vae_from_scratch.gaussian import kl")
        self.page("two", "from vae_from_scratch import model")
        self.page("three", "from vae_from_scratch import plotting")

    def write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def page(self, name: str, body: str, reads: str = "[]") -> None:
        root, log = str(self.folder), str(self.log)
        self.write(f"book/{name}.md", PAGE.format(name=name, body=body, reads=reads, root=root, log=log))

    def edit(self, name: str, before: str, after: str) -> None:
        text = (self.folder / name).read_text(encoding="utf-8")
        assert before in text
        self.write(name, text.replace(before, after))

    def build(self, fails: bool = False) -> set[str]:
        """建一次；傳回執行完了哪幾頁。``said`` 是印在 stderr 的一切。"""
        self.log.write_text("")
        from book import build

        kernel = build.kernel_settings(self.folder)
        code, self.said = forked_sphinx.build(self.folder, os.environ | kernel | self.settings)
        assert (code != 0) == fails, self.said
        return set(self.log.read_text().split())

    def cached(self) -> dict[str, str]:
        """快取裡每一頁的結果；路徑裡這本書的位置換成同一個字，格的編號（讀的時候隨機取的）拿掉。"""
        files = {path.relative_to(self.caches).parts[0]: path for path in self.caches.rglob("base.ipynb")}
        return {name: re.sub(r'"id": "\w+"', '"id": ""', self._text(path)) for name, path in files.items()}

    def html(self) -> dict[str, str]:
        """建好的每一頁。"""
        folder = next(self.folder.rglob("one.html")).parent
        return {path.name: self._text(path) for path in folder.glob("*.html")}

    def _text(self, path: Path) -> str:
        text = path.read_text(encoding="utf-8")
        for place in (self.folder, self.log):
            text = text.replace(json.dumps(str(place))[1:-1], "書").replace(str(place), "書")
        return text

    def styles(self) -> tuple[str, list[str]]:
        """建好的樣式，以及每一頁連到它時帶的檢查碼。"""
        html = next(self.folder.rglob("one.html")).parent
        texts = [(html / f"{name}.html").read_text("utf-8") for name in ("one", "three")]
        linked = [found for text in texts for found in re.findall(r"course\.css\?v=\w+", text)]
        return (html / "_static" / "course.css").read_text(), linked
