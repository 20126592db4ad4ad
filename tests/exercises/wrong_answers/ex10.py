"""ex10 的錯答案：每一個都是似是而非的想法，檢查要抓得到，認得出來的要說得出錯在哪裡。"""

from collections import Counter

import numpy as np

from vae_from_scratch.course.answers import wrong


@wrong("name_absence", says="都寫成「無」")
def every_gap_is_an_absence(column, present):
    return ["無" if value is None else value for value in column]


@wrong("name_absence", says="present 的意思反了")
def present_the_other_way_round(column, present):
    return ["無" if value is None and there else value for value, there in zip(column, present, strict=True)]


@wrong("name_absence", says="被蓋掉了")
def looks_at_present_only(column, present):
    return [value if there else "無" for value, there in zip(column, present, strict=True)]


@wrong("name_absence", says="不是空字串")
def gaps_become_empty_text(column, present):
    return [(value or "") if there or value else "無" for value, there in zip(column, present, strict=True)]


@wrong("name_absence", says="被你拿掉了")
def drops_the_gaps(column, present):
    named = [
        "無" if value is None and not there else value for value, there in zip(column, present, strict=True)
    ]
    return [value for value in named if value is not None]


@wrong("name_absence", says=None)
def goes_through_a_text_array(column, present):
    text = np.array([str(value) for value in column], dtype=object)
    text[(text == "None") & ~present] = "無"
    return list(text)


@wrong("name_absence", says="什麼都沒有改")
def compares_with_an_empty_text(column, present):
    return [
        "無" if value == "" and not there else value for value, there in zip(column, present, strict=True)
    ]


@wrong("name_absence", says="忘了寫 return")
def changes_a_copy_and_returns_nothing(column, present):
    named = list(column)
    for n, value in enumerate(named):
        if value is None and not present[n]:
            named[n] = "無"


@wrong("learn_levels", says="出現的次序")
def order_of_appearance(column):
    levels = []
    for value in column:
        if value is not None and value not in levels:
            levels.append(value)
    return levels


@wrong("learn_levels", says="缺失（None）不是水準")
def missing_is_a_level(column):
    return sorted(set(column), key=lambda value: (value is None, value or ""))


@wrong("learn_levels", says="文字 'None'")
def missing_becomes_the_word(column):
    return list(np.unique(np.array(column, dtype=str)))


@wrong("learn_levels", says="重複的沒有去掉")
def keeps_duplicates(column):
    return sorted(value for value in column if value is not None)


@wrong("learn_levels", says="照次數排")
def most_frequent_first(column):
    counts = Counter(value for value in column if value is not None)
    return sorted(counts, key=lambda level: (-counts[level], level))


@wrong("learn_levels", says="最少見的水準")
def drops_rare_levels(column):
    return sorted({value for value in column if value is not None and list(column).count(value) >= 2})


@wrong("learn_levels", says="「無」也是一個水準")
def removes_the_absence_level(column):
    return sorted({value for value in column if value not in (None, "無")})


@wrong("learn_levels", says="沒有固定的次序")
def leaves_a_set(column):
    return {value for value in column if value is not None}


@wrong("learn_levels", says="順序反了")
def from_the_end(column):
    return sorted({value for value in column if value is not None}, reverse=True)


@wrong("level_codes", says="沒見過的也記成 −1")
def unseen_like_missing(column, levels):
    return np.array([list(levels).index(value) if value in levels else -1 for value in column])


@wrong("level_codes", says="缺失也記成 −2")
def missing_like_unseen(column, levels):
    return np.array([list(levels).index(value) if value in levels else -2 for value in column])


@wrong("level_codes", says="對調")
def the_two_marks_exchanged(column, levels):
    position = {level: k for k, level in enumerate(levels)} | {None: -2}
    return np.array([position.get(value, -1) for value in column])


@wrong("level_codes", says="從 1 數起")
def counts_from_one(column, levels):
    position = {level: k + 1 for k, level in enumerate(levels)} | {None: -1}
    return np.array([position.get(value, -2) for value in column])


@wrong("level_codes", says="這一批的水準重新編號")
def numbers_the_levels_of_this_batch(column, levels):
    found = sorted({value for value in column if value is not None})
    return np.array([-1 if value is None else found.index(value) for value in column])


@wrong("level_codes", says="不能接在後面")
def appends_new_levels(column, levels):
    known = list(levels)
    for value in column:
        if value is not None and value not in known:
            known.append(value)
    return np.array([-1 if value is None else known.index(value) for value in column])


@wrong("level_codes", says="被拿掉了")
def leaves_out_what_it_does_not_know(column, levels):
    return np.array([list(levels).index(value) for value in column if value in levels])


@wrong("level_codes", says=None)
def takes_the_insertion_point(column, levels):
    return np.array([-1 if value is None else np.searchsorted(levels, value) for value in column])


@wrong("one_hot", says="負索引")
def rows_of_the_identity(codes, n_levels):
    return np.eye(n_levels)[codes]


@wrong("one_hot", says="第 0 個水準")
def clips_the_codes(codes, n_levels):
    return np.eye(n_levels)[np.clip(codes, 0, None)]


@wrong("one_hot", says="不知道不等於")
def spreads_the_unknown(codes, n_levels):
    known = (codes[:, None] == np.arange(n_levels)).astype(float)
    return np.where(codes[:, None] < 0, 1 / n_levels, known)


@wrong("one_hot", says="最大的代碼")
def as_wide_as_this_batch(codes, n_levels):
    x = np.zeros((len(codes), codes.max() + 1))
    rows = np.flatnonzero(codes >= 0)
    x[rows, codes[rows]] = 1
    return x


@wrong("one_hot", says="多了一欄")
def a_column_for_the_missing(codes, n_levels):
    return np.stack([codes == k for k in range(-1, n_levels)], axis=1).astype(float)


@wrong("one_hot", says="列與欄反了")
def transposed(codes, n_levels):
    return np.stack([codes == k for k in range(n_levels)]).astype(float)


@wrong("one_hot", says="布林值")
def leaves_booleans(codes, n_levels):
    return codes[:, None] == np.arange(n_levels)


@wrong("one_hot", says="改動了輸入")
def writes_over_the_codes(codes, n_levels):
    codes[codes < 0] = n_levels
    return np.eye(n_levels + 1)[codes][:, :n_levels]


def blocks(table, schema):
    return {
        name: np.array([[float(value == level) for level in levels] for value in table[name]])
        for name, levels in schema.items()
    }


@wrong("encode", says="從這一批資料重新學的")
def learns_the_levels_again(table, schema):
    again = {name: sorted({value for value in table[name] if value is not None}) for name in schema}
    return np.concatenate(list(blocks(table, again).values()), axis=1)


@wrong("encode", says="沒有用 schema")
def one_hot_of_whatever_is_in_the_table(table, schema):
    again = {name: sorted({value for value in column if value is not None}) for name, column in table.items()}
    return np.concatenate(list(blocks(table, again).values()), axis=1)


@wrong("encode", says="你照的是 table")
def in_the_order_of_the_table(table, schema):
    parts = blocks(table, schema)
    return np.concatenate([parts[name] for name in table if name in parts], axis=1)


@wrong("encode", says="名字重新排序")
def in_alphabetical_order(table, schema):
    parts = blocks(table, schema)
    return np.concatenate([parts[name] for name in sorted(parts)], axis=1)


@wrong("encode", says="最後一個水準")
def minus_two_as_an_index(table, schema):
    parts = []
    for name, part in blocks(table, schema).items():
        unknown = [value is not None and value not in schema[name] for value in table[name]]
        part[unknown, -1] = 1
        parts.append(part)
    return np.concatenate(parts, axis=1)


@wrong("encode", says="上下疊起來")
def stacks_the_groups(table, schema):
    return np.concatenate([part.T for part in blocks(table, schema).values()])


@wrong("encode", says=None)
def fills_unseen_with_the_missing_rows_neighbour(table, schema):
    parts = []
    for part in blocks(table, schema).values():
        for n in range(1, len(part)):
            part[n] = part[n] if part[n].any() else part[n - 1]
        parts.append(part)
    return np.concatenate(parts, axis=1)


def x_log_x(p):
    return np.where(p > 0, p * np.log(np.where(p > 0, p, 1)), 0)


def both(x, groups):
    p = x.mean(axis=0)
    parts = np.split(p, np.cumsum(groups)[:-1])
    categorical = sum(x_log_x(part.sum()) - x_log_x(part).sum() for part in parts)
    return -(x_log_x(p) + x_log_x(1 - p)).sum(), categorical


@wrong("marginal_nats", says="要除以這個變數有值的房子")
def shares_of_all_houses(x, groups):
    return both(x, groups)[0], -x_log_x(x.mean(axis=0)).sum()


@wrong("marginal_nats", says="當成一個水準")
def the_gap_is_a_level(x, groups):
    parts = np.split(x.mean(axis=0), np.cumsum(groups)[:-1])
    missing = np.array([1 - part.sum() for part in parts])
    return both(x, groups)[0], -x_log_x(x.mean(axis=0)).sum() - x_log_x(missing).sum()


@wrong("marginal_nats", says="乘上有值的比例")
def entropy_of_those_who_answered(x, groups):
    parts = np.split(x.mean(axis=0), np.cumsum(groups)[:-1])
    return both(x, groups)[0], sum(-x_log_x(part / part.sum()).sum() for part in parts)


@wrong("marginal_nats", says="只付了 1 的格子")
def only_the_ones(x, groups):
    return -x_log_x(x.mean(axis=0)).sum(), both(x, groups)[1]


@wrong("marginal_nats", says="對欄取平均")
def mean_over_columns(x, groups):
    bernoulli, categorical = both(x, groups)
    return bernoulli / x.shape[1], categorical


@wrong("marginal_nats", says="要平均一棟")
def sum_over_houses(x, groups):
    return tuple(len(x) * value for value in both(x, groups))


@wrong("marginal_nats", says="取負號")
def log_likelihood(x, groups):
    return tuple(-value for value in both(x, groups))


@wrong("marginal_nats", says="單位是位元")
def in_bits(x, groups):
    return tuple(value / np.log(2) for value in both(x, groups))


@wrong("marginal_nats", says="nan")
def zero_times_minus_infinity(x, groups):
    p = x.mean(axis=0)
    return -np.sum(p * np.log(p) + (1 - p) * np.log(1 - p)), both(x, groups)[1]


@wrong("marginal_nats", says="小常數")
def adds_a_small_constant(x, groups):
    p = x.mean(axis=0) + 1e-8
    return -np.sum(p * np.log(p) + (1 - p) * np.log(np.abs(1 - p) + 1e-8)), both(x, groups)[1]


@wrong("marginal_nats", says="順序反了")
def the_two_exchanged(x, groups):
    return both(x, groups)[::-1]


@wrong("marginal_nats", says="一個")
def only_the_categorical(x, groups):
    return both(x, groups)[1]


# ---- 範圍、型別與巧合：平常的表格看不出來 ----------------------------------------


@wrong("name_absence", says="改動了輸入 column")
def writes_into_the_list(column, present):
    for n, value in enumerate(column):
        if value is None and not present[n]:
            column[n] = "無"
    return column


@wrong("name_absence", says=None)
def the_word_none_is_a_gap(column, present):
    return [
        "無" if v in (None, "None") and not there else v for v, there in zip(column, present, strict=True)
    ]


@wrong("name_absence", says=None)
def one_present_for_the_column(column, present):
    return ["無" if value is None and not np.all(present) else value for value in column]


@wrong("learn_levels", says=None)
def ignores_capitals(column):
    return sorted({value for value in column if value is not None}, key=str.lower)


@wrong("learn_levels", says=None)
def the_word_none_is_missing(column):
    return sorted({str(value) for value in column} - {"None"})


@wrong("learn_levels", says=None)
def shortest_first(column):
    return sorted({value for value in column if value is not None}, key=lambda value: (len(value), value))


@wrong("learn_levels", says="改動了輸入 column")
def sorts_the_column_in_place(column):
    while None in column:
        column.remove(None)
    column.sort()
    return list(dict.fromkeys(column))


@wrong("level_codes", says="沒有照字典順序")
def position_in_the_sorted_levels(column, levels):
    ordered = sorted(levels)
    return np.array([-1 if v is None else ordered.index(v) if v in ordered else -2 for v in column])


@wrong("level_codes", says="沒有照字典順序")
def searches_sorted_levels(column, levels):
    ordered = np.sort(list(levels))
    codes = []
    for value in column:
        k = -1 if value is None else int(np.searchsorted(ordered, value))
        codes.append(k if value is None or (k < len(ordered) and ordered[k] == value) else -2)
    return np.array(codes)


@wrong("level_codes", says=None)
def finds_a_part_of_the_word(column, levels):
    codes = []
    for value in column:
        near = [k for k, level in enumerate(levels) if value is not None and level.startswith(value)]
        codes.append(-1 if value is None else near[0] if near else -2)
    return np.array(codes)


@wrong("level_codes", says="改動了輸入 levels")
def adds_the_new_levels(column, levels):
    known = len(levels)
    for value in column:
        if value is not None and value not in levels:
            levels.append(value)
    return np.array([-1 if v is None else levels.index(v) if levels.index(v) < known else -2 for v in column])


@wrong("level_codes", says=None)
def the_word_none_is_missing_too(column, levels):
    position = {level: k for k, level in enumerate(levels)}
    return np.array([-1 if v in (None, "None") else position.get(v, -2) for v in column])


@wrong("one_hot", says=None)
def only_minus_one_is_missing(codes, n_levels):
    x = np.zeros((len(codes), n_levels))
    for n, code in enumerate(codes):
        if code != -1:
            x[n, code] = 1
    return x


@wrong("one_hot", says=None)
def at_least_two_columns(codes, n_levels):
    return (codes[:, None] == np.arange(max(n_levels, 2))).astype(float)


@wrong("one_hot", says=None)
def smoothed_a_little(codes, n_levels):
    return np.clip((codes[:, None] == np.arange(n_levels)).astype(float), 1e-8, 1 - 1e-8)


def joined(table, schema):
    return np.concatenate(list(blocks(table, schema).values()), axis=1)


@wrong("encode", says="沒有照字典順序")
def levels_sorted_again(table, schema):
    return joined(table, {name: sorted(levels) for name, levels in schema.items()})


@wrong("encode", says="改動了輸入 table")
def throws_the_others_away(table, schema):
    for name in list(table):
        if name not in schema:
            table.pop(name)
    return joined(table, schema)


@wrong("encode", says="改動了輸入 schema")
def adds_what_is_new_to_the_schema(table, schema):
    answer = joined(table, schema)
    for name, levels in schema.items():
        levels.extend(v for v in table[name] if v is not None and v not in levels)
    return answer


@wrong("encode", says="改動了輸入 table")
def fills_the_gaps_in_the_table(table, schema):
    answer = joined(table, schema)
    for column in table.values():
        column[:] = ["無" if value is None else value for value in column]
    return answer


@wrong("marginal_nats", says=None)
def shares_clipped(x, groups):
    p = np.clip(x.mean(axis=0), 1e-7, 1 - 1e-7)
    bernoulli = -np.sum(p * np.log(p) + (1 - p) * np.log(1 - p))
    return bernoulli, both(x, groups)[1]


@wrong("marginal_nats", says=None)
def laplace_smoothing(x, groups):
    p = (x.sum(axis=0) + 1) / (len(x) + 2)
    share = x.mean(axis=0)
    return -np.sum(share * np.log(p) + (1 - share) * np.log(1 - p)), both(x, groups)[1]


@wrong("marginal_nats", says="改動了輸入 groups")
def uses_the_groups_up(x, groups):
    answer = both(x, list(groups))
    while groups:
        groups.pop()
    return answer


@wrong("marginal_nats", says=None)
def all_groups_of_the_first_size(x, groups):
    size = groups[0]
    equal = [size] * (x.shape[1] // size)
    return both(x, equal if sum(equal) == x.shape[1] else groups)


@wrong("marginal_nats", says=None)
def complete_houses_only(x, groups):
    edges = np.cumsum((0, *groups[:-1]))
    complete = x[(np.add.reduceat(x, edges, axis=1) > 0).all(axis=1)]
    return both(x, groups)[0], both(complete if len(complete) else x, groups)[1]
