"""抽出隨套件而來的虛構小表「實價登錄」：``python -m tests.tables.made_up`` 重寫它。

欄名與寫法照內政部的開放資料，內容全是亂數：行政區是真的地名，門牌、價格、面積、日期都不是真的。
"""

import csv
import datetime
import io

import numpy as np

from vae_from_scratch.tables.samples import sample_path

N_ROWS, SEED = 500, 20241101
HEADER = (
    "鄉鎮市區", "交易標的", "土地位置建物門牌", "土地移轉總面積平方公尺", "都市土地使用分區", "交易年月日",
    "移轉層次", "總樓層數", "建物型態", "主要用途", "主要建材", "建築完成年月", "建物移轉總面積平方公尺",
    "建物現況格局-房", "建物現況格局-廳", "建物現況格局-衛", "有無管理組織", "總價元", "單價元平方公尺",
    "車位類別", "車位移轉總面積平方公尺", "車位總價元", "電梯", "備註",
)  # fmt: skip
ENGLISH = (
    "The villages and towns urban district", "transaction sign",
    "land sector position building sector house number plate", "land shifting total area square meter",
    "the use zoning or compiles and checks", "transaction year month and day", "shifting level",
    "total floor number", "building state", "main use", "main building materials",
    "construction to complete the years", "building shifting total area",
    "Building present situation pattern - room", "building present situation pattern - hall",
    "building present situation pattern - health", "Whether there is manages the organization",
    "total price NTD", "the unit price (NTD / square meter)", "the berth category",
    "berth shifting total area square meter", "the berth total price NTD", "elevator", "the note",
)  # fmt: skip
NOTE = "本檔為虛構資料"
#: 行政區：每平方公尺的價格（元）。
DISTRICTS = {
    "大安區": 290_000,
    "信義區": 270_000,
    "中山區": 230_000,
    "文山區": 180_000,
    "萬華區": 160_000,
    "北投區": 170_000,
}
DIGITS = "零一二三四五六七八九"


def chinese(number: int) -> str:
    """一到九十九的中文數字。"""
    tens, ones = divmod(number, 10)
    head = "" if tens == 0 else "十" if tens == 1 else DIGITS[tens] + "十"
    return head + (DIGITS[ones] if ones else "")


def roc(day: datetime.date) -> str:
    """民國的日期，年三位、月日各二位。"""
    return f"{day.year - 1911:03d}{day.month:02d}{day.day:02d}"


def house(rng: np.random.Generator) -> list[str]:
    """一列虛構的成交：樓高決定型態與電梯，型態決定面積與車位，區、屋齡、樓層與面積決定價格。"""
    district = list(DISTRICTS)[rng.integers(len(DISTRICTS))]
    floors = int(rng.choice([4, 5, 7, 10, 12, 14, 18, 24], p=[0.14, 0.2, 0.12, 0.1, 0.16, 0.14, 0.09, 0.05]))
    state = (
        "公寓(5樓含以下無電梯)"
        if floors <= 5
        else "華廈(10層含以下有電梯)"
        if floors <= 10
        else "住宅大樓(11層含以上有電梯)"
    )
    floor = int(rng.integers(1, floors + 1)) if rng.random() > 0.03 else -1
    rooms = int(rng.choice([1, 2, 3, 4], p=[0.15, 0.35, 0.4, 0.1]))
    area = 22 + 26 * rooms + rng.gamma(2, 6) + (8 if floors > 10 else 0)
    sold = datetime.date(2023, 11, 1) + datetime.timedelta(days=int(rng.integers(365)))
    age = rng.gamma(6, 6) if floors <= 5 else rng.gamma(3, 6)
    built = sold - datetime.timedelta(days=int(365 * min(age, 55)))
    berth = floors > 5 and rng.random() < 0.55
    berth_area, berth_price = (rng.normal(28, 6), rng.normal(2.2e6, 4e5)) if berth else (0.0, 0.0)
    unit = (
        DISTRICTS[district]
        * np.exp(-0.008 * age + 0.004 * max(floor, 0) + rng.normal(0, 0.12))
        * (floor > 0 or 0.7)
    )
    total = round(unit * area + berth_price, -4)
    return [
        district, "房地(土地+建物)+車位" if berth else "房地(土地+建物)",
        f"{district}虛構路{rng.integers(1, 300)}號",
        f"{area * rng.uniform(0.08, 0.35):.2f}", "住" if rng.random() < 0.8 else "商", roc(sold),
        "地下一層" if floor < 0 else f"{chinese(floor)}層", f"{chinese(floors)}層", state,
        "住家用" if rng.random() < 0.9 else "住商用", "鋼筋混凝土造" if floors < 18 else "鋼骨鋼筋混凝土造",
        roc(built) if rng.random() > 0.06 else "", f"{area + berth_area:.2f}", str(rooms), str(min(rooms, 2)),
        str(max(1, rooms - 1)), "有" if floors > 5 or rng.random() < 0.15 else "無", f"{total:.0f}",
        f"{total / (area + berth_area):.0f}" if rng.random() > 0.04 else "",
        ("坡道平面" if rng.random() < 0.6 else "坡道機械") if berth else "",
        f"{berth_area:.2f}" if berth else "0",
        f"{round(berth_price, -4):.0f}" if berth else "0", "有" if floors > 5 else "無",
        NOTE if rng.random() < 0.1 else "",
    ]  # fmt: skip


def text() -> str:
    """整個檔案；同一個種子永遠是同樣的字。"""
    rng, out = np.random.default_rng(SEED), io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerows([HEADER, ENGLISH, *(house(rng) for _ in range(N_ROWS))])
    return out.getvalue()


def main() -> None:
    """重寫套件裡的檔案。"""
    path = sample_path("實價登錄")
    assert path is not None
    path.write_bytes(text().encode("utf-8-sig"))


if __name__ == "__main__":
    main()
