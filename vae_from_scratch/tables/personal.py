"""欄名看起來與人有關時的提醒：怪不等於錯，更不等於這個人有問題。"""

import re
from collections.abc import Iterable

#: 欄名裡有這些字，就可能是個人的特徵。
CHINESE_HINTS = (
    "性別", "年齡", "歲數", "生日", "出生", "種族", "族群", "族別", "原住民", "國籍", "籍貫", "戶籍",
    "宗教", "信仰", "收入", "所得", "薪資", "薪水", "月薪", "年薪", "婚姻", "學歷", "教育程度", "職業",
    "身分證", "姓名", "電話", "身心障礙", "病史", "疾病", "診斷", "懷孕", "性傾向", "政黨", "犯罪",
    "前科",
)  # fmt: skip
#: 英文要整個詞相同：Garage 不是 age。
ENGLISH_HINTS = frozenset((
    "sex", "gender", "age", "birthday", "birthdate", "birth", "dob", "race", "racial", "ethnicity",
    "ethnic", "nationality", "citizenship", "religion", "religious", "income", "salary", "wage",
    "wages", "marital", "married", "education", "occupation", "disability", "disabled", "diagnosis",
    "disease", "pregnant", "pregnancy", "immigrant", "veteran", "criminal", "conviction", "ssn",
))  # fmt: skip


#: 動物與東西也有的：單獨一欄，看不出列是不是人。
SHARED_HINTS = (
    "性別",
    "sex",
    "gender",
    "age",
    "出生",
    "生日",
    "birth",
    "birthday",
    "birthdate",
    "disease",
    "疾病",
)


def about_people(names: Iterable[str]) -> bool:
    """列是人嗎？有一欄只有人才有的特徵，或有兩欄以上；企鵝也有性別，只有那一欄不算。

    >>> about_people(["sex", "body_mass"]), about_people(["sex", "age"]), about_people(["年薪", "樓層"])
    (False, True, True)
    """
    found = personal_columns(names)
    return len(found) > 1 or any(not _is_shared(name) for name in found)


def _is_shared(name: str) -> bool:
    return set(_hints(name)) <= set(SHARED_HINTS)


def personal_columns(names: Iterable[str]) -> list[str]:
    """欄名看起來是個人特徵的欄，照原來的順序；只看名字，所以會漏，也會誤認。

    >>> personal_columns(["GarageArea", "age", "HouseholdIncome", "申請人性別", "屋齡", "sex_code"])
    ['age', 'HouseholdIncome', '申請人性別', 'sex_code']
    """
    return [name for name in names if _is_personal(name)]


def _is_personal(name: str) -> bool:
    return bool(_hints(name))


def _hints(name: str) -> list[str]:
    """名字裡的提示；HouseholdIncome、marital_status、AGE2 都切成詞。"""
    words = [word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name)]
    return [hint for hint in CHINESE_HINTS if hint in name] + [
        word for word in words if word in ENGLISH_HINTS
    ]


def caution(names: Iterable[str]) -> str | None:
    """給報告的提醒；沒有這樣的欄是 None。"""
    found = personal_columns(names)
    if not found:
        return None
    shown = "、".join(f"「{name}」" for name in found[:5]) + ("等" if len(found) > 5 else "")
    return (
        f"欄名看起來與人有關：{shown}。怪只表示這份資料裡少見，少數的人本來就少見；不要拿它決定誰該被查、被拒或多付錢。"
        "生成與補的格子也照著資料裡的偏差，用之前先比各群的結果。"
    )
