"""讀檔時做的每一種修改，各有一個名字與一行話：改了什麼、由什麼變成什麼、幾格。"""

from dataclasses import dataclass

#: 名字 → 中文。名字不隨介面的語言改變，測試的案例表用它。
LABELS = {
    "container": "打開壓縮檔",
    "sheet": "活頁簿有好幾張工作表，只讀第一張",
    "encoding": "文字編碼",
    "separator": "欄的分隔",
    "title": "略過表頭以上的標題",
    "header": "欄名裡看不見的字元與空白",
    "second_header": "略過第二行表頭",
    "footer": "略過最後面的合計與註腳",
    "trailing": "去掉列尾多出的空欄",
    "blank_rows": "去掉空白列",
    "blank_columns": "去掉沒有名字的空白欄",
    "index": "去掉索引欄",
    "invisible": "去掉看不見的字元與前後的空白",
    "missing": "當作缺失",
    "fullwidth": "全形換半形",
    "thousands": "千分位",
    "currency": "幣別",
    "percent": "百分比，單位是 %",
    "unit": "整欄同一個單位",
    "brackets": "括號是負數",
    "decimal_comma": "逗號是小數點",
    "storey": "樓層換成數字",
    "date": "日期換成西元",
    "code": "代碼的小數點",
    "unreadable": "讀不成這一欄的種類，當作缺失",
}
#: 不是數格子的那幾種，數什麼。
UNITS = dict.fromkeys(("footer", "blank_rows", "trailing"), "列")
UNITS |= {"title": "行", "blank_columns": "欄", "header": "欄"}


@dataclass(frozen=True)
class Repair:
    """一項修改。``column`` 是空的表示整個檔案；``cells`` 是格數（整個檔案的，是列數或欄數；不適用是 0）。"""

    what: str
    column: str = ""
    before: str = ""
    after: str = ""
    cells: int = 0

    def __str__(self) -> str:
        """給人看的一行。

        >>> print(Repair("thousands", "價格", "456,300", "456300", 120))
        「價格」千分位：456,300 → 456300（120 格）
        """
        where = f"「{self.column}」" if self.column else ""
        change = f"：{self.before}" if self.before else ""
        if self.after:
            change += f" → {self.after}"
        count = f"（{self.cells:,} {UNITS.get(self.what, '格')}）" if self.cells else ""
        return f"{where}{LABELS[self.what]}{change}{count}"
