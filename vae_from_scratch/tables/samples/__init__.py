"""隨套件而來的小表，名字可以當檔名用：``vae fit 實價登錄``。

``實價登錄`` 是虛構的：欄名與寫法照內政部的開放資料（兩行表頭、民國日期、中文樓層），內容由固定的種子抽出，
沒有任何真的房子、人與成交（怎麼抽的在 ``tests/tables/made_up.py``）。
"""

from pathlib import Path

#: 名字 → 檔案。
SAMPLES = {"實價登錄": "real_price.csv"}


#: 用這些小表時要先說的話。
NOTES = {
    "實價登錄": (
        "這份「實價登錄」是虛構的：欄名與寫法照內政部的開放資料，內容由程式抽出；裡面的價格與關聯都不能引用。"
    )
}


def sample_path(name: str) -> Path | None:
    """名字是隨套件而來的小表，就是它的路徑；不是就是 None。

    >>> sample_path("實價登錄").name, sample_path("別的")
    ('real_price.csv', None)
    """
    return Path(__file__).with_name(SAMPLES[name]) if name in SAMPLES else None


def resolve(name: str) -> str:
    """命令列給的檔名：隨套件而來的名字換成路徑，其餘照舊；要用同名的檔案，寫成 ./實價登錄。

    >>> resolve("資料.csv")
    '資料.csv'
    """
    return str(sample_path(name) or name)
