"""結論寫成句子：每個數字附上散布與基準；沒有學到東西就直說。終端機與報告用同一份。"""

import pandas as pd

from .baselines import CEILINGS, CLASSIFIERS, NAMES
from .measures import N_NEIGHBOURS
from .result import Fit


def spread(values: pd.Series) -> str:
    """平均 ± 標準差；只有一個種子時沒有散布。"""
    mean = decimal(values.mean())
    return mean if len(values) < 2 else f"{mean} ± {values.std(ddof=1):.3f}"


def decimal(value: float) -> str:
    """三位小數，負號用「−」。"""
    return f"{value:.3f}".replace("-", "−")


def findings(fit: Fit) -> list[str]:
    """依序：編碼有沒有用、活躍單元、目標看不看得出來、留下哪一個模型。"""
    sentences = [_gain(fit.seeds), *_cautions(fit), _units(fit.seeds), _filling(fit.seeds)]
    if len(fit.scores.columns):
        sentences += _target(fit)
    return [*sentences, _chosen(fit)]


def _gain(seeds: pd.DataFrame) -> str:
    # 重建與 KL 分開說，讀者才知道 ELBO 由哪兩件事組成。
    lead = (
        f"在沒有訓練過的列上，不看編碼要 {spread(seeds.marginal_nats)} nats，"
        f"VAE 的 −ELBO 是 {spread(-seeds.elbo)} nats（重建 {spread(seeds.reconstruction)} "
        f"加 KL {spread(seeds.kl)}）"
    )
    if (seeds.gain > 0).all():
        return f"{lead}：每列省下 {spread(seeds.gain)} nats，每個種子都比基準好。"
    if (seeds.gain > 0).any():
        won = int((seeds.gain > 0).sum())
        return f"{lead}：{len(seeds)} 個種子只有 {won} 個比基準好，這份資料的編碼沒有明顯的用處。"
    return f"{lead}：沒有比基準好。這些欄之間的關聯太弱，或資料太少；下面的圖不能當作證據。"


def _cautions(fit: Fit) -> list[str]:
    """省下的 nats 不是由欄與欄的關聯來的兩種情形。"""
    cautions = []
    if fit.frame.shape[1] == 1:
        cautions.append("只有一個類別變數，沒有欄與欄的關聯可學；分數與怪列都只是這一欄自己的事。")
    if fit.plan.likelihood == "bernoulli":
        cautions.append(
            "伯努利的基準不知道每個變數恰有一個水準，省下的 nats 有一部分只是學會這件事；"
            "要看欄與欄的關聯，請用 --likelihood categorical。"
        )
    return cautions


def _units(seeds: pd.DataFrame) -> str:
    counts = "、".join(str(count) for count in seeds.active)
    each = "各種子" if len(seeds) > 1 else ""
    if not seeds.active.any():
        return "沒有活躍的單元：編碼幾乎不隨列改變（後驗崩塌），平面上的遠近與分數都沒有意義。"
    return f"活躍的單元（active unit）{each}有 {counts} 個；不活躍的單元，座標沒有意義。"


def _filling(seeds: pd.DataFrame) -> str:
    won = int((seeds.filled > seeds.filled_by_mode).sum())
    wins = f"，{len(seeds)} 個種子裡有 {won} 個比它好" if len(seeds) > 1 else ""
    return (
        f"蓋住一格由同一列其餘的欄猜，猜對的比例是 {spread(seeds.filled)}；"
        f"只猜最常見的水準是 {spread(seeds.filled_by_mode)}{wins}。"
    )


def _target(fit: Fit) -> list[str]:
    assert fit.target is not None
    scores, others = fit.scores, ("pca", "mca", "random", "shuffled", "majority")
    ceilings = [name for name in (*CEILINGS, *CLASSIFIERS) if name in scores]
    ceiling = max(ceilings, key=lambda name: scores[name].mean())
    compared = "、".join(f"{NAMES[name]} {spread(scores[name])}" for name in others if name in scores)
    score = (
        f"由平均編碼猜「{fit.target.label}」（{N_NEIGHBOURS} 個最近的鄰居），"
        f"{fit.target.measure}：{spread(scores['vae'])}；"
        f"{compared}；{NAMES[ceiling]} {spread(scores[ceiling])}。"
    )
    wins = {name: (scores["vae"] > scores[name]).sum() for name in ("pca", "mca")}
    won = "、".join(f"{count} 個勝過 {NAMES[name]}" for name, count in wins.items())
    paired = f"同一次分割逐一相比，{len(scores)} 個種子裡有 {won}。"
    return [score, paired] if len(scores) > 1 else [score]


def _chosen(fit: Fit) -> str:
    if len(fit.results) == 1:
        return "這是一個隨機種子的結果；要下結論，請用 --seeds 5 以上。"
    return (
        f"留下的模型是種子 {fit.best.seed}，它比同一批列的基準省下最多。圖與怪列都出自它；"
        "它是挑出來的，要引用的數字是全部種子的平均。"
    )
