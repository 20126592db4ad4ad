"""一欄可以是什麼：類別、數字、等級、日期、代碼、文字……的名字，與判斷的結果。"""

from dataclasses import dataclass

CATEGORY, NUMBER, ORDERED, DATE, CODE, TEXT = "category", "number", "ordered", "date", "code", "text"
CONSTANT, MISSING, IDENTIFIER = "constant", "missing", "identifier"
#: ``--kind`` 可以指定的種類與它們的中文；後三種只由資料決定。
KIND_NAMES = {
    CATEGORY: "類別", NUMBER: "數字", ORDERED: "等級", DATE: "日期", CODE: "代碼", TEXT: "文字",
    CONSTANT: "常數", MISSING: "全缺", IDENTIFIER: "編號",
}  # fmt: skip
CHOOSABLE = (CATEGORY, NUMBER, ORDERED, DATE, CODE, TEXT)
#: 表裡存成浮點數的種類。
NUMERIC = (NUMBER, ORDERED, DATE)
#: 一個類別變數的水準上限；HistGradientBoosting 的類別欄也只到 255。
MOST_LEVELS = 255
#: 自動挑選時，一個水準平均至少要出現這麼多次；姓名、編號就這樣被排除。
LEAST_REPEATS = 2
#: 不同的值占有值的格子這麼多，才說「幾乎每一格都不同」、才像編號。
ALMOST_ALL = 0.8


@dataclass(frozen=True)
class ColumnKind:
    """一欄的種類與理由。

    ``numeric``：有值的格子都讀得成數字（不論種類）。``top`` 是最常見的值，``top_share`` 是它占有值的比例。
    ``zero_share``：恰好是 0 的格子占有值的比例；``spiked``：那是一座值得另外處理的高峰。``style``：日期的寫法
    （``dates.write_date`` 用）。``stopped_by``：差一點就是數字時，第一個讀不成數字的格子。
    """

    name: str
    kind: str
    reason: str
    n_levels: int = 0
    top: str = ""
    top_share: float = 0.0
    n_missing: int = 0
    numeric: bool = False
    zero_share: float = 0.0
    spiked: bool = False
    style: str = ""
    stopped_by: str = ""


def parse_kind(word: str) -> str:
    """種類的中文或英文名字 → 英文名字；不是其中之一引發 ``ValueError``。

    >>> parse_kind("數字"), parse_kind("Code")
    ('number', 'code')
    """
    names = {KIND_NAMES[kind]: kind for kind in CHOOSABLE} | {kind: kind for kind in CHOOSABLE}
    found = names.get(word.strip().lower())
    if found is None:
        accepted = "、".join(f"{KIND_NAMES[kind]}（{kind}）" for kind in CHOOSABLE)
        raise ValueError(f"引數 --kind 的種類「{word}」認不得；可用的是 {accepted}。")
    return found


def seldom_repeats(n_levels: int, n_known: int, like: str = "像是編號或文字") -> str:
    """幾乎不重複的文字欄的理由：真的差不多每一格都不同才這麼說，不然說平均一種幾格。

    >>> seldom_repeats(95, 100), seldom_repeats(60, 100)
    ('幾乎每一格都不同，像是編號或文字', '100 格有 60 種，平均一種不到 2 格')
    """
    if n_levels >= ALMOST_ALL * n_known:
        return f"幾乎每一格都不同，{like}"
    return f"{n_known:,} 格有 {n_levels:,} 種，平均一種不到 {LEAST_REPEATS} 格"
