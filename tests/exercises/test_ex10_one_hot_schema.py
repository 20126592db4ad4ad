"""ex10 的檢查。"""

import math
from typing import Any

import numpy as np

from vae_from_scratch.course.checks import call_untouched, describe_inputs
from vae_from_scratch.course.testing import PRINTED, WrongAnswer, check, points

CHAPTER = "第 10 章"


def check_texts(function, problems, wrong):
    """傳回值是一串文字（或 None）：``problems`` 是（輸入, 正解）；錯法在每一個輸入上都成立才說。"""
    answers = [_texts(call_untouched(function, inputs), inputs) for inputs, _ in problems]
    bad = [i for i, (_, expected) in enumerate(problems) if answers[i] != expected]
    if not bad:
        return
    inputs, expected = problems[bad[0]]
    yours = answers[bad[0]]
    known = (text for text, formula in wrong.items() if _always(formula, problems, answers))
    raise WrongAnswer(
        next(known, None) or _difference(yours, expected),
        *describe_inputs(inputs),
        ("你的", repr(yours)),
        ("正解", repr(expected)),
    )


def _always(formula, problems, answers):
    return all(
        list(formula(*map(list, inputs.values()))) == yours
        for (inputs, _), yours in zip(problems, answers, strict=True)
    )


def _texts(returned, inputs):
    """串列、tuple、NumPy 陣列都收；裡面只能是文字或 None。"""
    if returned is None:
        raise WrongAnswer("傳回值是 None：函式沒有傳回東西，是不是忘了寫 return", *describe_inputs(inputs))
    if isinstance(returned, set | frozenset):
        raise WrongAnswer(
            "集合（set）沒有固定的次序，每次執行都可能不同；請排成串列",
            *describe_inputs(inputs),
            ("你的", repr(returned)),
        )
    if not isinstance(returned, list | tuple | np.ndarray):
        kind = type(returned).__name__
        raise WrongAnswer(
            f"要傳回一串文字（串列），你的是 {kind}", *describe_inputs(inputs), ("你的", repr(returned))
        )
    return [str(value) if isinstance(value, str) else value for value in returned]


def _difference(yours, expected):
    if len(yours) != len(expected):
        return f"個數不對：你的有 {len(yours)} 個，正解有 {len(expected)} 個"
    place = next(n for n, pair in enumerate(zip(yours, expected, strict=True)) if pair[0] != pair[1])
    return f"位置 {place} 不對：你的是 {yours[place]!r}，正解是 {expected[place]!r}"


NAMES = ("RL", "RM", "FV", "C (all)", "無", "Gd", "TA", "Ex", "Fa", "Po", "Wood", "Stone")


def drawn_levels(draw, count):
    """不重複的幾個水準，照字典順序。"""
    return sorted(draw.shuffled(NAMES)[:count])


# 五種情形都在：有值、沒有、真的缺失、有值而 present 是 False、再一個沒有。
COLUMN = ["TA", None, None, "Gd", None]
PRESENT = np.array([True, False, True, False, False])


@points(
    1,
    hint=(
        "把四種組合（缺失與否、present 與否）列出來，只有一種要改寫。",
        "缺失而且 present 是 False，才是「沒有」。",
        "逐格問兩件事：缺不缺、present 說它有沒有；兩個都合才改寫。",
    ),
    chapter=CHAPTER,
)
def test_name_absence(target, draw):
    """「沒有」寫成「無」，真的缺失留著"""
    wrong = {
        "你把缺失都寫成「無」了；present 是 True 的是真的缺失，要留著": lambda c, p: [v or "無" for v in c],
        "present 的意思反了：True 是「別的欄說它有」，那一格才是真的缺失": lambda c, p: [
            "無" if v is None and there else v for v, there in zip(c, p, strict=True)
        ],
        "有值的格子被蓋掉了：先看是不是缺失，再看 present": lambda c, p: [
            v if there else "無" for v, there in zip(c, p, strict=True)
        ],
        "真的缺失要留 None，不是空字串": lambda c, p: [
            v if v is not None else "" if there else "無" for v, there in zip(c, p, strict=True)
        ],
        "真的缺失要留 None，不是文字 'None'": lambda c, p: [
            str(v) if v is not None or there else "無" for v, there in zip(c, p, strict=True)
        ],
        "真的缺失被你拿掉了；傳回的個數要與輸入相同": lambda c, p: [
            v or "無" for v, there in zip(c, p, strict=True) if v or not there
        ],
        "什麼都沒有改：present 是 False 的缺失要寫成「無」": lambda c, p: c,
    }
    example = {"column": ["TA", None, None], "present": np.array([True, False, True])}
    problems = [
        (example, ["TA", "無", None]),
        ({"column": COLUMN, "present": PRESENT}, ["TA", "無", None, "Gd", "無"]),
        (
            {"column": ["None", None], "present": np.array([False, False])},
            ["None", "無"],
        ),  # 文字，不是缺失
    ]
    cells = draw.shuffled([(value, bool(there)) for value in ("Ex", None, None) for there in (0, 1)])
    cells += [draw.pick(cells) for _ in range(draw.whole(1, 4))]
    expected = []
    for value, there in cells:
        absent = value is None and not there
        expected.append("無" if absent else value)
    inputs = {"column": [v for v, _ in cells], "present": np.array([there for _, there in cells])}
    check_texts(target.name_absence, [*problems, (inputs, expected)], wrong)


@points(
    1,
    hint=(
        "同一個水準出現很多次，只算一個；缺失不算。",
        "集合（set）去掉重複，sorted 排序。",
        "先把 None 去掉再 sorted：None 與文字不能比大小。",
    ),
    chapter=CHAPTER,
)
def test_learn_levels(target, draw):
    """從訓練的房子學水準"""
    column = ["RL", "RM", None, "FV", "RL", "C (all)", "RM", "無", "RL", "FV"]

    def by_count(column):
        seen = [value for value in column if value is not None]
        return sorted(set(seen), key=lambda value: (-seen.count(value), value))

    wrong = {
        "這是出現的次序；房子換個順序讀，欄就換了位置，要排序": lambda c: dict.fromkeys(
            v for v in c if v is not None
        ),
        "缺失（None）不是水準，要去掉": lambda c: [*sorted(set(filter(None, c))), None],
        "缺失不是水準；你把它寫成文字 'None' 了": lambda c: sorted(set(map(str, c))),
        "文字 'None' 是水準，不是缺失；缺失是 Python 的 None": lambda c: sorted(set(map(str, c)) - {"None"}),
        "大寫與小寫照 sorted 的順序：大寫在前": lambda c: sorted(set(filter(None, c)), key=str.lower),
        "重複的沒有去掉；一個水準一個": lambda c: sorted(v for v in c if v is not None),
        "這是照次數排的；換一批資料次數就變，要照字典順序": by_count,
        "順序反了：要由小到大": lambda c: sorted(set(filter(None, c)), reverse=True),
        "「無」也是一個水準，不要去掉": lambda c: sorted(set(filter(None, c)) - {"無"}),
        "少了最少見的水準；只出現一次的也是水準": lambda c: sorted({v for v in c if v and c.count(v) > 1}),
    }
    problems = [
        ({"column": ["RL", None, "FV", "RL"]}, ["FV", "RL"]),  # 說明裡的例子
        ({"column": column}, ["C (all)", "FV", "RL", "RM", "無"]),
        ({"column": ["wd", "WD", "None", None, "Wood", "WD"]}, ["None", "WD", "Wood", "wd"]),
    ]
    levels = drawn_levels(draw, draw.whole(4, 7))
    column = draw.shuffled([*levels, *levels[1:], *levels[2:], None])
    check_texts(target.learn_levels, [*problems, ({"column": column}, levels)], wrong)


NEW = ["RL", None, "A (agr)", "FV", "RM", None, "I (all)", "FV"]
LEVELS = ["C (all)", "FV", "RL", "RM"]
UNSORTED = "水準照字典順序時都對，沒有照字典順序時不對：次序由給你的水準決定，不要再排序"


def codes_with(missing, unseen, first=0):
    """另一種記法的代碼，用來認出錯在哪裡。"""

    def codes(column, levels):
        position = {level: k + first for k, level in enumerate(levels)}
        return [missing if value is None else position.get(value, unseen) for value in column]

    return codes


def _codes_of_this_batch(column, levels):
    found = sorted({value for value in column if value is not None})
    return [-1 if value is None else found.index(value) for value in column]


def _new_levels_at_the_end(column, levels):
    grown = [*levels, *dict.fromkeys(v for v in column if v is not None and v not in levels)]
    return codes_with(-1, -2)(column, grown)


@points(
    1,
    hint=(
        "三種情形：None、在 levels 裡、不在 levels 裡。",
        "用字典 {水準: 位置}，位置由 levels 的次序決定。",
        "字典的 .get(value, −2) 處理沒見過的；None 先另外處理。",
    ),
    chapter=CHAPTER,
)
def test_level_codes(target, draw):
    """代碼：缺失 −1，沒見過 −2"""
    wrong = {
        "沒見過的也記成 −1 了，與缺失分不開；要記 −2": codes_with(-1, -1),
        "缺失也記成 −2 了，與沒見過分不開；要記 −1": codes_with(-2, -2),
        "缺失與沒見過的代碼對調了：缺失 −1，沒見過 −2": codes_with(-2, -1),
        "缺失變成第 0 個水準了；要記 −1": codes_with(0, -2),
        "沒見過的變成第 0 個水準了；要記 −2": codes_with(-1, 0),
        "從 0 數起，你從 1 數起": codes_with(-1, -2, first=1),
        "位置要看訓練時的 levels，你照這一批的水準重新編號": _codes_of_this_batch,
        "沒見過的水準不能接在後面：模型沒有那一欄": _new_levels_at_the_end,
        "缺失與沒見過的被拿掉了；傳回的個數要與輸入相同": lambda c, levels: [
            levels.index(v) for v in c if v in levels
        ],
    }
    example = {"column": ["RL", None, "A", "FV"], "levels": ["FV", "RL"]}
    check(target.level_codes, example, [1, -1, -2, 0], wrong=wrong)
    check(
        target.level_codes,
        {"column": NEW, "levels": LEVELS},
        [2, -1, -2, 1, 3, -1, -2, 1],
        wrong=wrong,
    )
    check(  # 整欄都沒有缺失、也都見過
        target.level_codes, {"column": ["RM", "C (all)"], "levels": LEVELS}, [3, 0], wrong=wrong
    )
    words = {"column": ["None", "R", None, "RL "], "levels": ["None", "RL"]}  # 文字要整個相同
    check(target.level_codes, words, [0, -2, -1, -2], wrong=wrong)
    levels = ["Typ", "Min1", "Maj1", "Sev", "Mod"][:: draw.pick([1, -1])]
    column = draw.shuffled([*levels, None, "Sal"])
    codes = [-1 if value is None else -2 if value == "Sal" else levels.index(value) for value in column]
    check(target.level_codes, {"column": column, "levels": levels}, codes, wrong=wrong, only=UNSORTED)
    levels = drawn_levels(draw, draw.whole(7, 9))
    cells = [*enumerate(levels), (-1, None), (-2, "A (agr)"), (-2, "I (all)")]
    cells = draw.shuffled([*cells, *(draw.pick(cells) for _ in range(4))])
    inputs = {"column": [value for _, value in cells], "levels": levels}
    check(target.level_codes, inputs, [code for code, _ in cells], wrong=wrong)


CODES = np.array([2, -1, 0, -2, 2, 1])


def _uniform_when_missing(codes, n_levels):
    x = np.eye(n_levels)[codes]
    x[codes < 0] = 1 / n_levels
    return x


@points(
    1,
    hint=(
        "第 n 列第 k 欄問的是：codes[n] 等於 k 嗎？",
        "codes[:, None] 是 (N, 1)，np.arange(n_levels) 是 (n_levels,)，兩者相比是 (N, n_levels)。",
        "每個代碼和 0 到 K − 1 各比一次，比出來的布林換成數字。",
    ),
    chapter=CHAPTER,
)
def test_one_hot(target, draw):
    """一個變數的獨熱編碼"""
    wrong = {
        "負的代碼被當成倒數的欄（Python 的負索引）；那一列要全是 0": lambda c, n: np.eye(n)[c],
        "負的代碼被當成第 0 個水準；那一列要全是 0": lambda c, n: np.eye(n)[np.maximum(c, 0)],
        "負的代碼那一列是 1/K；不知道不等於每個水準都有一點，要全是 0": _uniform_when_missing,
        "負的代碼那一列是 nan；要全是 0": lambda c, n: np.where(c[:, None] < 0, np.nan, np.eye(n)[c]),
        "負的代碼那一列全是 1 了；要全是 0": lambda c, n: np.where(c[:, None] < 0, 1, np.eye(n)[c]),
        "欄數要由 n_levels 決定，不是這一批最大的代碼": lambda c, n: (
            c[:, None] == np.arange(c.max() + 1)
        ).astype(float),
        "多了一欄；缺失在這裡不是水準": lambda c, n: (c[:, None] == np.arange(-1, n)).astype(float),
        "少了第 0 個水準那一欄；每個水準都要有": lambda c, n: (c[:, None] == np.arange(1, n)).astype(float),
        "負的代碼那幾列被拿掉了；列數要與輸入相同": lambda c, n: np.eye(n)[c[c >= 0]],
        "列與欄反了：一棟房子一列": lambda c, n: (np.arange(n)[:, None] == c).astype(float),
    }
    expected = np.zeros((6, 5))
    expected[[0, 2, 4, 5], [2, 0, 2, 1]] = 1  # 水準 3、4 這一批沒有出現，欄還在
    example = {"codes": np.array([1, -1, 0]), "n_levels": 2}
    check(target.one_hot, example, [[0, 1], [0, 0], [1, 0]], wrong=wrong)
    check(target.one_hot, {"codes": np.array([0, -1]), "n_levels": 1}, [[1], [0]])  # 只有一個水準
    check(target.one_hot, {"codes": CODES, "n_levels": 5}, expected, wrong=wrong)
    n_levels = draw.whole(4, 6)  # 最後一個水準這一批沒有出現
    codes = np.array(draw.shuffled([-1, -2, 0, 1, *(draw.whole(0, n_levels - 2) for _ in range(3))]))
    rows = [[float(code == level) for level in range(n_levels)] for code in codes]
    check(target.one_hot, {"codes": codes, "n_levels": n_levels}, rows, wrong=wrong)


SCHEMA = {"屋頂": ["Flat", "Gable", "Hip"], "空調": ["N", "Y"], "地基": ["BrkTil", "PConc"]}
TABLE = {  # 次序不同、多一個變數、有缺失、有沒見過的，「Flat」與「N」這一批沒有出現
    "空調": ["Y", None, "Y", "Y"],
    "街道": ["Pave", "Pave", "Grvl", "Pave"],
    "地基": ["PConc", "Wood", "BrkTil", None],
    "屋頂": ["Hip", "Dome", None, "Gable"],
}
ENCODED = [
    [0, 0, 1, 0, 1, 0, 1],
    [0, 0, 0, 0, 0, 0, 0],
    [0, 0, 0, 0, 1, 1, 0],
    [0, 1, 0, 0, 1, 0, 0],
]


def encoded_by(schema_of, unseen=None):
    """把規則換成 ``schema_of(table, schema)`` 再編碼；``unseen`` 是沒見過的水準放進哪一欄（None 是不放）。"""

    def encode(table, schema):
        parts = []
        for name, levels in schema_of(table, schema).items():
            part = [[float(value == level) for level in levels] for value in table[name]]
            for row, value in zip(part, table[name], strict=True):
                if unseen is not None and value is not None and value not in levels:
                    row[unseen] = 1.0
            parts.append(part)
        return np.concatenate(parts, axis=1)

    return encode


def _learnt_again(table, names):
    return {name: sorted({value for value in table[name] if value is not None}) for name in names}


@points(
    1,
    hint=(
        "迴圈要走訪 table，還是 schema？誰決定欄的次序？",
        "每個變數：level_codes 再 one_hot，一塊 (N, K)。",
        "每個變數得到一塊 (N, K)，照 schema 的次序左右接起來。",
    ),
    chapter=CHAPTER,
)
def test_encode(target, draw):
    """照規則編碼整張表"""
    wrong = {
        "水準是從這一批資料重新學的；要用 schema 裡的，新資料才對得齊": encoded_by(
            lambda table, schema: _learnt_again(table, schema)
        ),
        "你照 table 的變數與水準編碼，沒有用 schema": encoded_by(
            lambda table, schema: _learnt_again(table, table)
        ),
        "變數的次序要照 schema，你照的是 table": encoded_by(
            lambda table, schema: {name: schema[name] for name in table if name in schema}
        ),
        "變數的次序要照 schema，你把名字重新排序了": encoded_by(
            lambda table, schema: dict(sorted(schema.items()))
        ),
        "table 裡多的變數也編進來了；schema 沒有的不看": encoded_by(
            lambda table, schema: schema | _learnt_again(table, table.keys() - schema.keys())
        ),
        "沒見過的水準被歸到第 0 個水準；要整組是 0": encoded_by(lambda table, schema: schema, 0),
        "沒見過的水準被歸到最後一個水準（負索引？）；要整組是 0": encoded_by(
            lambda table, schema: schema, -1
        ),
        "各組上下疊起來了；要左右接：axis=1": lambda table, schema: np.concatenate(
            [
                [[float(value == level) for value in table[name]] for level in levels]
                for name, levels in schema.items()
            ]
        ),
    }
    schema: dict[str, Any] = {"屋頂": ["Gable", "Hip"], "空調": ["N", "Y"]}  # 說明裡的例子
    table: dict[str, Any] = {"空調": ["Y", None], "屋頂": ["Hip", "Dome"]}
    check(target.encode, {"table": table, "schema": schema}, [[0, 1, 0, 1], [0, 0, 0, 0]], wrong=wrong)
    schema = {"空調": ["Y", "N"], "品質": ["TA", "Gd", "Ex"]}
    table = {"品質": ["Ex", "TA", "Gd"], "空調": ["N", "Y", None]}
    rows = [[0, 1, 0, 0, 1], [1, 0, 1, 0, 0], [0, 0, 0, 1, 0]]
    check(target.encode, {"table": table, "schema": schema}, rows, wrong=wrong, only=UNSORTED)
    check(target.encode, {"table": TABLE, "schema": SCHEMA}, ENCODED, wrong=wrong)
    names, rows = draw.shuffled(["屋頂", "空調", "地基", "街道"]), draw.whole(4, 6)
    schema = {name: drawn_levels(draw, draw.whole(2, 4)) for name in names[:3]}
    cells = {name: [*levels, None, "Dome"] for name, levels in schema.items()} | {names[3]: ["Pave"]}
    table = {name: [draw.pick(cells[name]) for _ in range(rows)] for name in draw.shuffled(names)}
    expected = [
        [float(table[name][row] == level) for name, levels in schema.items() for level in levels]
        for row in range(rows)
    ]
    check(target.encode, {"table": table, "schema": schema}, expected, wrong=wrong)


# 6 棟房子，三個變數（2、3、2 個水準）：前兩個各有缺失；第 4 欄全是 0，第 5 欄全是 1。
X = np.array(
    [
        [1, 0, 1, 0, 0, 1, 0],
        [1, 0, 0, 1, 0, 1, 0],
        [0, 1, 0, 0, 0, 1, 0],
        [1, 0, 1, 0, 0, 1, 0],
        [0, 0, 0, 0, 0, 1, 0],
        [0, 1, 1, 0, 0, 1, 0],
    ],
    dtype=float,
)
GROUPS = (2, 3, 2)


def nats_house_by_house(x, groups):
    """一棟一棟、一格一格付，最後對房子平均。"""
    rows = [[int(value) for value in row] for row in x]
    share = [sum(column) / len(rows) for column in zip(*rows, strict=True)]
    bernoulli = categorical = 0.0
    for row in rows:
        bernoulli -= sum(math.log(p if value else 1 - p) for value, p in zip(row, share, strict=True))
        start = 0
        for size in groups:
            group, part = row[start : start + size], share[start : start + size]
            if 1 in group:
                categorical -= math.log(part[group.index(1)] / sum(part))
            start += size
    return {"伯努利": bernoulli / len(rows), "類別分布": categorical / len(rows)}


def _plogp(p):
    return np.where(p > 0, p * np.log(np.where(p > 0, p, 1)), 0)


def _entropies(x):
    p = x.mean(axis=0)
    return -_plogp(p), -_plogp(1 - p)


def _split(values, groups):
    return np.split(values, np.cumsum(groups)[:-1])


def _conditional(x, groups):
    """各變數：有值的房子裡的熵，與有值的比例。"""
    parts = _split(x.mean(axis=0), groups)
    return [(float(-_plogp(part / part.sum()).sum()), float(part.sum())) for part in parts]


def _right(x, groups):
    ones, zeros = _entropies(x)
    return float((ones + zeros).sum()), sum(h * seen for h, seen in _conditional(x, groups))


def _missing_as_a_level(x, groups):
    parts = _split(x.mean(axis=0), groups)
    return float(sum(-_plogp(np.append(part, 1 - part.sum())).sum() for part in parts))


def _with_a_constant(x, groups):
    p = x.mean(axis=0) + 1e-8
    bernoulli = -(p * np.log(p) + (1 - p) * np.log(np.abs(1 - p) + 1e-8)).sum()
    return bernoulli, None


WRONG_NATS = {
    "類別分布：比例除以全部的房子，要除以這個變數有值的房子": lambda x, g: (None, _entropies(x)[0].sum()),
    "類別分布：缺失被當成一個水準算進去了；整組是 0 的那一格不問": lambda x, g: (
        None,
        _missing_as_a_level(x, g),
    ),
    "類別分布：忘了整組是 0 的房子在這個變數付 0；各變數的熵要乘上有值的比例": lambda x, g: (
        None,
        sum(h for h, _ in _conditional(x, g)),
    ),
    "伯努利：只付了 1 的格子；是 0 的格子也要付 −log(1−p)": lambda x, g: (_entropies(x)[0].sum(), None),
    "伯努利：只付了 0 的格子；是 1 的格子也要付 −log p": lambda x, g: (_entropies(x)[1].sum(), None),
    "對欄取平均了；欄與變數要相加": lambda x, g: (_right(x, g)[0] / x.shape[1], None),
    "對變數取平均了；各變數要相加": lambda x, g: (None, _right(x, g)[1] / len(g)),
    "對房子加總了；要平均一棟": lambda x, g: tuple(len(x) * value for value in _right(x, g)),
    "正負號相反：你算的是對數概似，基準是要付的 nats，取負號": lambda x, g: tuple(
        -value for value in _right(x, g)
    ),
    "單位是位元（log2）；這裡用自然對數": lambda x, g: tuple(value / math.log(2) for value in _right(x, g)),
    "伯努利是 nan：0 log 0 要當成 0": lambda x, g: (np.nan, None),
    "類別分布是 nan：0 log 0 要當成 0": lambda x, g: (None, np.nan),
    "加了一個小常數；把 0 的那些項跳過就好，不需要 1e-8": _with_a_constant,
}


@points(
    1,
    hint=(
        "先算每一欄 1 的比例 x.mean(axis=0)。伯努利的每一欄付 −p log p − (1−p) log(1−p)。",
        "類別分布：組內的比例加起來是「有值的比例」s；水準在有值的房子裡占 p/s。",
        "把 s 提出來化簡，只剩 s 與 p 各自的 x log x；p = 0 的項跳過。",
    ),
    chapter=CHAPTER,
)
def test_marginal_nats(target, draw):
    """不看編碼的兩種基準"""
    example = {"x": np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0], [0.0, 0.0]]), "groups": [2]}
    shown = {"伯努利": 1.255482, "類別分布": 0.4773856}
    check(target.marginal_nats, example, shown, wrong=WRONG_NATS, tolerance=PRINTED)
    uneven = np.array([[1, 0, 0, 1, 0, 1], [0, 1, 1, 0, 0, 0], [1, 0, 0, 0, 1, 1], [0, 0, 0, 1, 0, 0.0]])
    for x, groups in ((X, GROUPS), (uneven, (2, 3, 1)), _drawn_houses(draw)):
        expected = nats_house_by_house(x, groups)
        check(target.marginal_nats, {"x": x, "groups": list(groups)}, expected, wrong=WRONG_NATS)


def _drawn_houses(draw):
    """幾棟房子：每個變數可能缺失；最後一欄全是 0。"""
    groups, parts = (*draw.pick([(3, 2), (2, 4), (4, 2, 3)]), 3, 4, 2, 5, 3, 6, 5), []
    for size in groups:
        levels = np.array([draw.whole(-1, size - 1 - (size == groups[-1])) for _ in range(8)])
        levels[:2] = 0, -1  # 每個變數都有人有值、有人缺
        parts.append((levels[:, None] == np.arange(size)).astype(float))
    return np.hstack(parts), groups
