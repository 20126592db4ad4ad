"""用字檢查：大陸用語與簡體字。

豁免只有一種，而且要明白標出來：
- 正文與術語表引用大陸用語，寫成 ``[变分自编码器]{.zh-cn}``（網頁上是 class="zh-cn" 的元素）；
- ``references.bib`` 裡 ``langid = {zh-CN}`` 的篇名與作者。
"""

import re
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

# 大陸用語的正體寫法 → 本書的用語。前後文能分辨的例外寫在樣式裡，例如「函數組成」不是「數組」。
MAINLAND = {
    r"協方差|(?<!平)方差": "變異數、共變異數",
    r"似然": "概似",
    r"採樣|采樣": "抽樣",
    r"正態": "常態",
    r"概率": "機率",
    r"數據": "資料",
    r"信息": "資訊",
    r"默認|缺省": "預設",
    r"(?<!最佳)優化": "最佳化",
    r"過擬合": "過度擬合",
    r"激活": "激勵、活躍",
    r"(?<!機率)質量": "品質",
    # 「通過測試」是及格，照寫；「通過抽樣得到」才是大陸的 via。
    r"(?<![部有都會能未已])通過(?!.{0,6}(?:測試|檢查|驗證|考試|門檻)|[的與或了率，。；、）」\"\s]|$)": "透過",
    r"隱變量|潛變量|(?<!共)變量": "變數",
    r"源代碼|偽代碼|代碼塊": "程式碼",
    r"文件夾": "資料夾",
    r"軟件|硬件": "軟體、硬體",
    r"網絡": "網路",
    r"(?<!函)數組": "陣列",
    r"字符": "字元、字串",
    r"屏幕": "螢幕",
    r"打印": "列印、印出",
    r"歸一化": "標準化、正規化",
    r"魯棒": "穩健",
    r"重構": "重建",
    r"插值": "內插",
    r"分佈": "分布",
    r"歐式": "歐氏",
    r"蒙特卡洛|蒙特卡羅": "蒙地卡羅",
    r"後驗坍塌|坍塌": "崩塌",
    r"人工智能|智能": "智慧",
}
HAN = re.compile("[\u4e00-\u9fff]")
QUOTED = re.compile(r"\[([^\]\[]*)\]\{\.zh-cn\}")


#: Big5 也收錄、但臺灣的文章不會用的簡體字形。
SIMPLIFIED_IN_BIG5 = set("与么优体儿凄吨听圣坏复宁岭并庄异忏怀怜惊扑扰机构气泞洁洼痒离篱网羡肮肴茧蚕触赶")


@cache  # 全部的檔案只用到幾千個字，問的卻有兩百萬次
def is_simplified(character: str) -> bool:
    """只有簡體才用的字：GB2312 有、Big5 沒有，加上少數 Big5 也收的。"""
    han = "\u4e00" <= character <= "\u9fff"
    only_gb = han and encodes(character, "gb2312") and not encodes(character, "big5")
    return only_gb or character in SIMPLIFIED_IN_BIG5


def encodes(character: str, codec: str) -> bool:
    try:
        character.encode(codec)
    except UnicodeEncodeError:
        return False
    return True


def quoted_sources(bibliography: str) -> list[str]:
    """書目裡標了 ``langid = {zh-CN}`` 的篇名與作者，原樣引用，不檢查。"""
    entries = [e for e in re.split(r"(?m)^@", bibliography) if re.search(r"langid\s*=\s*\{zh-CN\}", e)]
    fields = [re.findall(r"(?:author|title)\s*=\s*\{+(.*?)\}+,?\s*$", entry, re.M) for entry in entries]
    return [value for found in fields for value in found]


def problems(text: str, quoted: list[str] | None = None) -> list[str]:
    """每一處用字問題一行：「第幾行：用字 → 建議」。"""
    for source in sorted(quoted or [], key=len, reverse=True):
        text = text.replace(source, "")
    text = QUOTED.sub("", text)
    lines = enumerate(text.splitlines(), 1)
    return [f"第 {number} 行：{fault}" for number, line in lines for fault in _faults(line)]


@cache  # 每一頁都有同樣的目錄與按鈕，畫好以後又看一遍
def _faults(line: str) -> tuple[str, ...]:
    if not HAN.search(line):  # 大陸用語與簡體字都是漢字
        return ()
    found = [
        f"「{hit[0]}」→ {better}：{line.strip()[:60]}"
        for pattern, better in MAINLAND.items()
        for hit in re.finditer(pattern, line)
    ]
    if simplified := "".join(dict.fromkeys(filter(is_simplified, line))):
        found.append(f"簡體字「{simplified}」：{line.strip()[:60]}")
    return tuple(found)
