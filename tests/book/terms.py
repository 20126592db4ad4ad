"""術語的連結：術語表裡的詞，在一章的內文裡第一次出現要連過去。

``python -m tests.book.terms book/08-*.md`` 列出漏掉的；加上 ``--fix`` 就把連結補上。
"""

import re
import sys
from pathlib import Path

from tests.book.asked import without_choices

ROOT = Path(__file__).resolve().parents[2]
GLOSSARY = re.compile(r"^```\{glossary\}\n(.*?)\n```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\{term\}`(?:[^`<]*<)?([^`<>]+)>?`")
#: 術語表也收日常用字，為的是說清楚臺灣寫哪一個；它們到處都是，連結反而吵，前後文也常是別的意思。
WORDS = (
    "列 行 欄 陣列 函數 函式 演算法 程式 程式碼 物件 類別 套件 模組 檔案 資料夾 預設 實作 資訊 品質 "
    "透過 經由 資料 資料集 證據 推論 特徵 獨立"
)
EVERYDAY = set(WORDS.split())
#: 較長的詞裡的一段不是那個術語。
COMPOUNDS = ("梯度提升樹", "特徵向量", "參數化", "機率論", "機率主成分分析", "機率密度", "來自編碼器")
#: 不是內文，或不能放連結的地方。
NOT_PROSE = re.compile(
    r"""
    \A---\n.*?\n---\n                  # 檔頭
    | ^(`{3,})\{[^}]*\}.*?^\1[ ]*$     # 程式格、公式、引用的程式
    | ^(`{3,})\w*\n.*?^\2[ ]*$
    | ^\#.*?$ | ^\([\w-]+\)=$          # 標題、標籤
    | ^:{3,}.*?$ | ^:[\w-]+:.*?$       # 提示框的標題與選項
    | \$\$.*?\$\$ | \$[^$\n]*\$        # 公式
    | \{[\w:-]+\}`[^`]*` | `[^`]*`     # 角色、程式
    | \[[^\]\n]*\]\([^)\n]*\)          # 連結
    """,
    re.DOTALL | re.MULTILINE | re.VERBOSE,
)


def terms(notation: str) -> list[str]:
    """術語表的詞，日常用字除外；長的在前，「重建誤差」才不會被當成「重建」。"""
    lines = "\n".join(GLOSSARY.findall(notation)).splitlines()
    found = {line.strip() for line in lines if line.strip() and not line.startswith(" ")}
    return sorted(found - EVERYDAY, key=lambda term: (-len(term), term))


def prose(page: str) -> str:
    """只留內文，其餘塗黑；位置不變。想一想的選擇在按鈕旁邊，不放連結。"""
    page = NOT_PROSE.sub(lambda match: re.sub(r"[^\n]", "\0", match[0]), without_choices(page, "\0"))
    for compound in COMPOUNDS:
        page = page.replace(compound, "\0" * len(compound))
    return page


def unlinked(page: str, wanted: list[str]) -> list[tuple[int, str]]:
    """第一次出現而沒有連結的術語：（位置, 術語），照位置排。"""
    linked: dict[str, int] = {}
    for match in LINK.finditer(page):
        linked.setdefault(match[1].strip(), match.start())
    text, missing = prose(page), []
    for term in wanted:
        place = text.find(term)
        if place >= 0 and place < linked.get(term, len(page)):
            missing.append((place, term))
        text = text.replace(term, "\0" * len(term))
    return sorted(missing)


def with_links(page: str, missing: list[tuple[int, str]]) -> str:
    for place, term in reversed(missing):
        page = page[:place] + f"{{term}}`{term}`" + page[place + len(term) :]
    return page


def main(arguments: list[str]) -> None:
    wanted = terms((ROOT / "book" / "notation.md").read_text(encoding="utf-8"))
    for path in (Path(name) for name in arguments if name != "--fix"):
        page = path.read_text(encoding="utf-8")
        missing = unlinked(page, wanted)
        print(f"{path}：{'、'.join(term for _, term in missing) or '都有連結'}")
        if "--fix" in arguments:
            path.write_text(with_links(page, missing), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
