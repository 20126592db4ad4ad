"""房子每一欄的中文名字：43 個類別變數與它們的水準（第 10 章），以及 36 個數字欄（探索器）。

意思照資料附的說明（data_description，De Cock 2011）。社區是地名，能翻的翻，不能翻的音譯；
說明裡沒有的三個社區（Greens、GrnHill、Landmrk）照代碼的字面翻。
"""

from .absence import NONE

VARIABLES: dict[str, str] = {
    "MSZoning": "使用分區", "Street": "道路鋪面", "Alley": "後巷鋪面", "LotShape": "地塊形狀",
    "LandContour": "地勢", "Utilities": "水電瓦斯", "LotConfig": "地塊位置", "LandSlope": "坡度",
    "Neighborhood": "社區", "Condition1": "鄰近設施", "Condition2": "鄰近設施（二）",
    "BldgType": "建物類型", "HouseStyle": "樓層形式", "RoofStyle": "屋頂形式",
    "RoofMatl": "屋頂材料", "Exterior1st": "外牆", "Exterior2nd": "外牆（二）",
    "MasVnrType": "石磚貼面", "ExterQual": "外牆品質", "ExterCond": "外牆現況",
    "Foundation": "地基", "BsmtQual": "地下室高度", "BsmtCond": "地下室現況",
    "BsmtExposure": "地下室開口", "BsmtFinType1": "地下室裝修", "BsmtFinType2": "地下室裝修（二）",
    "Heating": "暖氣", "HeatingQC": "暖氣品質", "CentralAir": "中央空調", "Electrical": "電力系統",
    "KitchenQual": "廚房品質", "Functional": "機能缺損", "FireplaceQu": "壁爐品質",
    "GarageType": "車庫位置", "GarageFinish": "車庫內裝", "GarageQual": "車庫品質",
    "GarageCond": "車庫現況", "PavedDrive": "車道鋪面", "PoolQC": "泳池品質", "Fence": "圍籬",
    "MiscFeature": "其他設施", "SaleType": "成交方式", "SaleCondition": "成交情形",
}  # fmt: skip

_GRADES = {"Ex": "極好", "Gd": "好", "TA": "一般", "Fa": "差", "Po": "很差"}
_PAVING = {"Grvl": "碎石", "Pave": "鋪設路面"}
_NEARBY = {
    "Norm": "一般", "Artery": "緊鄰主要幹道", "Feedr": "緊鄰支線道路",
    "PosN": "靠近公園或綠帶", "PosA": "緊鄰公園或綠帶",
    "RRNn": "離南北向鐵路 60 公尺內", "RRAn": "緊鄰南北向鐵路", "RRAe": "緊鄰東西向鐵路",
}  # fmt: skip
_WALLS = {
    "AsbShng": "石棉瓦", "AsphShn": "瀝青瓦", "BrkFace": "面磚", "CBlock": "空心磚",
    "HdBoard": "硬質纖維板", "ImStucc": "仿灰泥", "MetalSd": "金屬壁板", "Plywood": "合板",
    "PreCast": "預鑄混凝土", "Stone": "石材", "Stucco": "灰泥", "VinylSd": "乙烯基壁板", "Wd Sdng": "木壁板",
}  # fmt: skip
_BASEMENT_FINISH = {
    "GLQ": "好的居住空間", "ALQ": "一般的居住空間", "BLQ": "較差的居住空間", "Rec": "一般的娛樂室",
    "LwQ": "低品質", "Unf": "沒有裝修", NONE: "沒有地下室",
}  # fmt: skip


def _grades(codes: str) -> dict[str, str]:
    return {code: _GRADES[code] for code in codes.split()}


LEVELS: dict[str, dict[str, str]] = {
    "MSZoning": {
        "RL": "低密度住宅區", "RM": "中密度住宅區", "RH": "高密度住宅區", "FV": "規劃式住宅村",
        "C (all)": "商業區", "I (all)": "工業區", "A (agr)": "農業區",
    },
    "Street": _PAVING,
    "Alley": _PAVING | {NONE: "沒有後巷"},
    "LotShape": {"Reg": "方正", "IR1": "略不規則", "IR2": "頗不規則", "IR3": "很不規則"},
    "LandContour": {"Lvl": "平坦", "Bnk": "高出路面", "HLS": "山坡，兩側有落差", "Low": "低窪"},
    "Utilities": {
        "AllPub": "水、電、瓦斯、下水道都有", "NoSewr": "沒有下水道（化糞池）", "NoSeWa": "只有電與瓦斯",
    },
    "LotConfig": {
        "Inside": "街廓中間", "Corner": "街角", "CulDSac": "囊底路底", "FR2": "兩面臨路", "FR3": "三面臨路",
    },
    "LandSlope": {"Gtl": "平緩", "Mod": "中等", "Sev": "陡"},
    "Neighborhood": {
        "Blmngtn": "布盧明頓高地", "Blueste": "藍莖草", "BrDale": "布萊爾谷", "BrkSide": "溪畔",
        "ClearCr": "清溪", "CollgCr": "學院溪", "Crawfor": "克勞福", "Edwards": "愛德華茲",
        "Gilbert": "吉爾伯特", "Greens": "綠地", "GrnHill": "青丘", "IDOTRR": "州交通局與鐵路旁",
        "Landmrk": "地標", "MeadowV": "草地村", "Mitchel": "米契爾", "NAmes": "北艾姆斯",
        "NoRidge": "北脊", "NPkVill": "北園別墅", "NridgHt": "北脊高地", "NWAmes": "西北艾姆斯",
        "OldTown": "老城區", "SWISU": "州立大學西南側", "Sawyer": "索耶", "SawyerW": "西索耶",
        "Somerst": "桑莫塞", "StoneBr": "石溪", "Timber": "林地", "Veenker": "維恩克",
    },
    "Condition1": _NEARBY | {"RRNe": "離東西向鐵路 60 公尺內"},
    "Condition2": _NEARBY,
    "BldgType": {
        "1Fam": "獨棟", "2fmCon": "改成兩戶的獨棟", "Duplex": "雙拼",
        "TwnhsE": "連棟（邊間）", "Twnhs": "連棟（中間）",
    },
    "HouseStyle": {
        "1Story": "一層樓", "1.5Fin": "一層半，樓上裝修過", "1.5Unf": "一層半，樓上沒裝修",
        "2Story": "兩層樓", "2.5Fin": "兩層半，樓上裝修過", "2.5Unf": "兩層半，樓上沒裝修",
        "SFoyer": "錯層，入口在中間", "SLvl": "錯層",
    },
    "RoofStyle": {
        "Flat": "平屋頂", "Gable": "人字形", "Gambrel": "穀倉形（折線）", "Hip": "四面斜",
        "Mansard": "四面折線", "Shed": "單斜",
    },
    "RoofMatl": {
        "ClyTile": "陶瓦", "CompShg": "標準的瀝青瓦", "Membran": "防水膜", "Metal": "金屬",
        "Roll": "瀝青捲材", "Tar&Grv": "柏油碎石", "WdShake": "手劈木瓦", "WdShngl": "木瓦",
    },
    "Exterior1st": _WALLS | {"BrkComm": "普通磚", "CemntBd": "水泥板", "WdShing": "木瓦"},
    "Exterior2nd": _WALLS | {"Brk Cmn": "普通磚", "CmentBd": "水泥板", "Wd Shng": "木瓦", "Other": "其他"},
    "MasVnrType": {
        "BrkCmn": "普通磚", "BrkFace": "面磚", "CBlock": "空心磚", "Stone": "石材", NONE: "沒有貼面",
    },
    "ExterQual": _grades("Ex Gd TA Fa"),
    "ExterCond": _grades("Ex Gd TA Fa Po"),
    "Foundation": {
        "BrkTil": "磚與瓦", "CBlock": "空心磚", "PConc": "灌漿混凝土",
        "Slab": "平板", "Stone": "石材", "Wood": "木造",
    },
    "BsmtQual": {
        "Ex": "極好（100 吋以上）", "Gd": "好（90 到 99 吋）", "TA": "一般（80 到 89 吋）",
        "Fa": "差（70 到 79 吋）", "Po": "很差（不到 70 吋）", NONE: "沒有地下室",
    },
    "BsmtCond": {
        "Ex": "極好", "Gd": "好", "TA": "一般（稍微潮濕）",
        "Fa": "差（潮濕或有裂縫）", "Po": "很差（嚴重龜裂或滲水）", NONE: "沒有地下室",
    },
    "BsmtExposure": {"Gd": "開口大", "Av": "中等", "Mn": "很小", "No": "沒有開口", NONE: "沒有地下室"},
    "BsmtFinType1": _BASEMENT_FINISH,
    "BsmtFinType2": _BASEMENT_FINISH,
    "Heating": {
        "Floor": "地板式暖爐", "GasA": "瓦斯熱風", "GasW": "瓦斯熱水或蒸汽", "Grav": "重力式熱風",
        "OthW": "其他熱水或蒸汽", "Wall": "壁式暖爐",
    },
    "HeatingQC": _grades("Ex Gd TA Fa Po"),
    "CentralAir": {"Y": "有", "N": "沒有"},
    "Electrical": {
        "SBrkr": "標準斷路器", "FuseA": "保險絲，60 安培以上", "FuseF": "保險絲，60 安培（差）",
        "FuseP": "保險絲，60 安培（很差）", "Mix": "混合",
    },
    "KitchenQual": _grades("Ex Gd TA Fa Po"),
    "Functional": {
        "Typ": "正常", "Min1": "小缺損（一）", "Min2": "小缺損（二）", "Mod": "中等缺損",
        "Maj1": "大缺損（一）", "Maj2": "大缺損（二）", "Sev": "嚴重損壞", "Sal": "只剩殘值",
    },
    "FireplaceQu": _grades("Ex Gd TA Fa Po") | {NONE: "沒有壁爐"},
    "GarageType": {
        "2Types": "不只一種", "Attchd": "與房子相連", "Basment": "在地下室", "BuiltIn": "內建，樓上有房間",
        "CarPort": "車棚", "Detchd": "獨立", NONE: "沒有車庫",
    },
    "GarageFinish": {"Fin": "裝修完成", "RFn": "粗裝", "Unf": "沒有裝修", NONE: "沒有車庫"},
    "GarageQual": _grades("Ex Gd TA Fa Po") | {NONE: "沒有車庫"},
    "GarageCond": _grades("Ex Gd TA Fa Po") | {NONE: "沒有車庫"},
    "PavedDrive": {"Y": "鋪好", "P": "鋪了一部分", "N": "泥土或碎石"},
    "PoolQC": _grades("Ex Gd TA Fa") | {NONE: "沒有泳池"},
    "Fence": {
        "GdPrv": "隱蔽性好", "MnPrv": "隱蔽性低", "GdWo": "好的木圍籬", "MnWw": "簡單的木頭或鐵絲",
        NONE: "沒有圍籬",
    },
    "MiscFeature": {
        "Elev": "電梯", "Gar2": "第二座車庫", "Othr": "其他", "Shed": "儲藏棚屋", "TenC": "網球場",
        NONE: "沒有其他設施",
    },
    "SaleType": {
        "WD": "保證契約（一般）", "CWD": "保證契約（現金）", "VWD": "保證契約（退伍軍人貸款）", "New": "新屋",
        "COD": "法院拍賣或遺產", "Con": "分期，頭款 15%", "ConLw": "分期，低頭款低利率",
        "ConLI": "分期，低利率", "ConLD": "分期，低頭款", "Oth": "其他",
    },
    "SaleCondition": {
        "Normal": "正常", "Abnorml": "不正常（換屋、法拍、短售）", "AdjLand": "買鄰地",
        "Alloca": "兩筆權狀合賣", "Family": "親屬之間", "Partial": "估價時還沒蓋好",
    },
}  # fmt: skip

#: 用數字寫的房型代碼（第 13 章當作類別）。「規劃社區」是 planned unit development。
HOUSE_TYPE, HOUSE_TYPES = "房型", {
    "20": "一層樓，1946 年起", "30": "一層樓，1945 年以前", "40": "一層樓，閣樓裝修過",
    "45": "一層半，樓上沒裝修", "50": "一層半，樓上裝修過", "60": "兩層樓，1946 年起",
    "70": "兩層樓，1945 年以前", "75": "兩層半", "80": "錯層", "85": "錯層，入口在中間", "90": "雙拼",
    "120": "規劃社區，一層樓", "150": "規劃社區，一層半", "160": "規劃社區，兩層樓",
    "180": "規劃社區，錯層", "190": "改成兩戶",
}  # fmt: skip

#: 數字的欄 → 名字與單位（資料裡的單位；探索器另外換成坪與公尺）。
NUMBERS: dict[str, tuple[str, str]] = {
    "GrLivArea": ("居住面積", "平方呎"), "1stFlrSF": ("一樓面積", "平方呎"),
    "2ndFlrSF": ("二樓面積", "平方呎"), "LowQualFinSF": ("低品質面積", "平方呎"),
    "YearBuilt": ("建造年份", "年"),
    "YearRemodAdd": ("整修年份", "年"), "OverallQual": ("整體品質", "分"), "OverallCond": ("整體現況", "分"),
    "TotRmsAbvGrd": ("房間", "間"), "BedroomAbvGr": ("臥室", "間"), "FullBath": ("全套衛浴", "間"),
    "HalfBath": ("半套衛浴", "間"), "KitchenAbvGr": ("廚房", "間"), "Fireplaces": ("壁爐", "座"),
    "MasVnrArea": ("貼面面積", "平方呎"), "TotalBsmtSF": ("地下室面積", "平方呎"),
    "BsmtFinSF1": ("裝修面積", "平方呎"), "BsmtFinSF2": ("裝修面積（二）", "平方呎"),
    "BsmtUnfSF": ("沒裝修的面積", "平方呎"), "BsmtFullBath": ("地下室全套衛浴", "間"),
    "BsmtHalfBath": ("地下室半套衛浴", "間"), "GarageCars": ("車位", "輛"),
    "GarageArea": ("車庫面積", "平方呎"), "GarageYrBlt": ("車庫建造年份", "年"),
    "LotArea": ("地塊面積", "平方呎"), "LotFrontage": ("臨路寬度", "呎"),
    "WoodDeckSF": ("木造露臺", "平方呎"), "OpenPorchSF": ("開放式門廊", "平方呎"),
    "EnclosedPorch": ("封閉式門廊", "平方呎"), "3SsnPorch": ("三季門廊", "平方呎"),
    "ScreenPorch": ("紗窗門廊", "平方呎"), "PoolArea": ("泳池面積", "平方呎"),
    "MiscVal": ("其他設施的價值", "美元"), "MoSold": ("成交月份", "月"), "YrSold": ("成交年份", "年"),
}  # fmt: skip

#: 79 欄分成七個主題；探索器照這個順序排。
THEMES: dict[str, tuple[str, ...]] = {
    "大小、年份與房間": (
        "GrLivArea", "YearBuilt", "TotRmsAbvGrd", "BedroomAbvGr", "FullBath", "HalfBath", "KitchenAbvGr",
        "GarageCars", "OverallQual", "OverallCond", "YearRemodAdd", "1stFlrSF", "2ndFlrSF", "LowQualFinSF",
    ),
    "室內與設備": (
        "KitchenQual", "HeatingQC", "CentralAir", "Fireplaces", "FireplaceQu", "Electrical", "Heating",
        "Functional",
    ),
    "樣式與外觀": (
        "MSSubClass", "HouseStyle", "BldgType", "ExterQual", "ExterCond", "Foundation", "Exterior1st",
        "Exterior2nd", "MasVnrType", "MasVnrArea", "RoofStyle", "RoofMatl",
    ),
    "地下室": (
        "TotalBsmtSF", "BsmtQual", "BsmtFinType1", "BsmtFinSF1", "BsmtFinType2", "BsmtFinSF2", "BsmtUnfSF",
        "BsmtExposure", "BsmtCond", "BsmtFullBath", "BsmtHalfBath",
    ),
    "車庫": (
        "GarageType", "GarageArea", "GarageYrBlt", "GarageFinish", "GarageQual", "GarageCond", "PavedDrive",
    ),
    "地段": (
        "Neighborhood", "LotArea", "LotFrontage", "MSZoning", "LotShape", "LotConfig", "LandContour",
        "LandSlope", "Condition1", "Condition2", "Street", "Alley", "Utilities",
    ),
    "庭院、其他設施與成交": (
        "WoodDeckSF", "OpenPorchSF", "EnclosedPorch", "3SsnPorch", "ScreenPorch", "PoolArea", "PoolQC",
        "Fence", "MiscFeature", "MiscVal", "SaleCondition", "SaleType", "MoSold", "YrSold",
    ),
}  # fmt: skip
