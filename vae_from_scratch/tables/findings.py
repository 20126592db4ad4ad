"""結論寫成句子：每個數字附上散布與基準，說出誰贏；沒有學到東西就直說。終端機與報告用同一份。"""

from collections.abc import Sequence

import pandas as pd

from . import cells, contests
from .baselines import LINEAR, NAMES
from .contests import RIVALS, Contest, decimal, gap, short_name, spaced, spread
from .figures import SUPERVISED
from .intervals import same_side_by_luck
from .measures import N_NEIGHBOURS
from .personal import about_people, caution
from .quality import Quality
from .quality_words import ABOUT_THE_SAME, SOMEWHAT_LARGER, retained
from .result import Fit

__all__ = ["RIVALS", "decimal", "findings", "spread", "summary"]

#: 各段的標題；報告的標題也用它。
SUMMARY, CODE, TARGET, FILLING = "摘要", "編碼有沒有用", "目標看不看得出來", "補一格"
GENERATED, ODD, CAUTIONS = "生成的列像不像", "怪的列", "讀的時候小心"
#: 打分數的列少於這麼多，要提醒讀的人。
FEW_HELD_OUT = 30
#: 留下的列有這麼多在訓練的列裡一模一樣，要提醒讀的人。
MANY_COPIES = 0.5
#: 生成的列至少要留住這麼多的關聯，才說拿得來練習。
LEAST_RETAINED = 0.5
#: 種子這麼多，碰巧每次都同一邊贏的機率才降到 15%；再多就只寫在比較的表下面。
ENOUGH_SEEDS = 5


def findings(fit: Fit) -> dict[str, list[str]]:
    """標題 → 句子；第一段是摘要，沒有話說的段落不列。"""
    people = caution([*fit.frame.columns])
    sections = {
        SUMMARY: summary(fit),
        CODE: [
            _gain(fit.seeds),
            *_tree(fit.seeds),
            _units(fit.seeds, fit.plan.model["latent_dim"]),
            *_density_units(fit),
        ],
        TARGET: [*_target(fit), *_dims(fit)] if fit.target is not None else [],
        FILLING: _filling(fit),
        GENERATED: fit.checked.quality.sentences(),
        ODD: [*_odd(fit), *([people] if people else [])],
        CAUTIONS: [*fit.notes.warnings, *_cautions(fit), _saved(fit)],
    }
    return {title: sentences for title, sentences in sections.items() if sentences}


# ---- 摘要 ----------------------------------------


def summary(fit: Fit) -> list[str]:
    """三到五句：編碼值多少、目標、誰贏、拿來做什麼、不要做什麼。"""
    good, bad = uses(fit)
    found = [_worth(fit), *_target_in_short(fit), who_wins(contests.contests(fit), len(fit.results))]
    found += [f"適合：{'；'.join(good)}。"] if good else ["這份結果沒有一種用途過得了自己的檢查。"]
    return [*found, f"不適合：{'；'.join(bad)}。"] if bad else found


def useful(fit: Fit) -> bool:
    """編碼有在用，每一個種子都比各欄獨立省，而且省下的不只是各數字的分布形狀。"""
    seeds = fit.seeds
    return bool((seeds.gain > 0).all() and seeds.active.all() and not only_shapes(seeds))


def only_shapes(seeds: pd.DataFrame) -> bool:
    """各欄獨立、只把數字分箱，就不比 VAE 多：省下的說得成分布的形狀，不能當作欄與欄的關聯。

    偏斜的數字用一個常態描述得差，VAE 用幾個 z 拼得出它的形狀；欄與欄毫無關聯，也省得下幾個 nats。
    """
    return "unlinked_nats" in seeds and not bool((seeds.nats < seeds.unlinked_nats).all())


def _worth(fit: Fit) -> str:
    seeds, dim = fit.seeds, fit.plan.model["latent_dim"]
    gains = seeds.gain.mean() >= 0
    change, nats = ("省下", spread(seeds.gain)) if gains else ("還多要", spread(-seeds.gain))
    saved = f"每列比各欄獨立{change} {nats} nats（各欄獨立要 {spread(seeds.marginal_nats)}）"
    if not seeds.active.any():
        return f"這張表的編碼沒有在用（後驗崩塌），不要看平面；{saved}。"
    if (seeds.gain > 0).all() and only_shapes(seeds):
        return (
            f"看不出欄與欄的關聯幫上忙：一列寫成 {dim} 個數，{saved}，"
            f"可是各欄獨立、只把數字分箱描述分布的形狀，就只要 {spread(seeds.unlinked_nats)}，"
            f"VAE 要 {spread(seeds.nats)}。"
        )
    if useful(fit):
        return f"這張表有東西可學：一列寫成 {dim} 個數，{saved}。"
    if (seeds.gain > 0).any():
        not_all = "用了編碼" if (seeds.gain > 0).all() else "省"
        return f"這張表的編碼沒有明顯的用處：一列寫成 {dim} 個數，{saved}，不是每個種子都{not_all}。"
    return f"這張表的編碼沒有用處：一列寫成 {dim} 個數，{saved}。"


def _target_in_short(fit: Fit) -> list[str]:
    if fit.target is None:
        return []
    scores, same, dim = fit.scores, contests.target(fit), fit.plan.model["latent_dim"]
    best = _best_supervised(fit.scores)
    return [
        f"這 {dim} 個數猜「{short_name(fit.target.label)}」，{spaced(fit.target.measure)}是 {same.mine}："
        f"打亂目標是 {spread(scores['shuffled'])}，同樣多的數最好的對手{spaced(gap(same.rival))}是 "
        f"{same.theirs}，"
        f"看過目標的「{_supervised_name(best)}」是 {spread(scores[best])}。"
    ]


def who_wins(found: Sequence[Contest], n_seeds: int) -> str:
    """每一種比較歸到贏、輸、分不出高下；輸的說出輸給誰。只有一個種子的，當場說還不能下結論。

    >>> lost = Contest("猜目標的 R²", "猜目標", "1", "PCA", "2", "PCA", "")
    >>> who_wins([lost, Contest("每列的 nats", "nats", "1", "PCA", "2", "VAE", "")], 5)
    '2 種比較裡，VAE 贏 1 種（nats），輸 1 種（輸給 PCA：猜目標）。'
    """
    won, tied = [c.short for c in found if c.won], [c.short for c in found if not c.winner]
    better: dict[str, list[str]] = {}
    for contest in found:
        if contest.lost:
            better.setdefault(contest.rival, []).append(contest.short)
    lost = "；".join(f"輸給{gap(rival)}：{'、'.join(shorts)}" for rival, shorts in better.items())
    parts = [_counted("贏", len(won), "、".join(won)), _counted("輸", sum(map(len, better.values())), lost)]
    parts += [_counted("分不出高下", len(tied), "、".join(tied))] if tied else []
    only = "（只有一個種子，還不能下結論）" if n_seeds == 1 else by_luck(n_seeds)
    return f"{len(found)} 種比較裡{only}，VAE {'，'.join(parts)}。"


def by_luck(n_seeds: int) -> str:
    """種子太少，每次都同一邊贏也可能是碰巧（切分重疊，比獨立時更可能）；夠多就不說。

    >>> by_luck(2), by_luck(5)
    ('（只有 2 個種子：兩邊一樣好，也有 56% 的機率每次都同一邊贏）', '')
    """
    if n_seeds >= ENOUGH_SEEDS:
        return ""
    chance = same_side_by_luck(n_seeds)
    return f"（只有 {n_seeds} 個種子：兩邊一樣好，也有 {chance:.0%} 的機率每次都同一邊贏）"


def _counted(what: str, count: int, which: str) -> str:
    return f"{what} {count} 種" + (f"（{which}）" if which else "")


def uses(fit: Fit) -> tuple[list[str], list[str]]:
    """適合與不適合的用途；每一種由自己的檢查決定。"""
    good: list[str] = []
    bad: list[str] = []
    for fits, yes, no in [*_plane_use(fit), *_odd_use(fit), *_filling_uses(fit), *_generated_use(fit)]:
        (good if fits else bad).append(yes if fits else no)
    return good, [*bad, *_other_bad_uses(fit)]


def _plane_use(fit: Fit) -> list[tuple[bool, str, str]]:
    seen = fit.target is None or bool((fit.scores["vae"] > fit.scores["shuffled"]).all())
    return [(useful(fit) and seen, "看列與列的遠近", "由平面的遠近下結論")]


def _odd_use(fit: Fit) -> list[tuple[bool, str, str]]:
    power = fit.checked.power
    if power is None:
        return [(False, "", "找怪的列（列太少，沒有檢查過）")]
    fewest, most = min(power.found), max(power.found)
    if not contests.recognised(power, most):
        return [(False, "", "找怪的列（認不太出竄改）")]
    found = [contests.tampering(power, n_cells) for n_cells in power.found]
    lost = next((contest for contest in found if contest.lost), None)
    if lost is not None:
        return [(False, "", f"找怪的列（{lost.rival}認得比較準，先用它）")]
    limit = "" if contests.recognised(power, fewest) else f"（要錯好幾格，只錯 {fewest} 格的認不太出）"
    return [(True, f"找不尋常的列{limit}", "")]


def _filling_uses(fit: Fit) -> list[tuple[bool, str, str]]:
    """每一種分數都不輸對手，而且每個種子都比不看其餘的欄好，才說適合。"""
    found = []
    for measures, what in ((("accuracy", "nats"), "補類別的空格"), (("rmse",), "補數字的空格")):
        seen = [contests.filling(fit, measure) for measure in measures if measure in contests.filled(fit)]
        lost = next((contest for contest in seen if contest.lost), None)
        better = lost or contests.blind_filling(fit, measures)
        if seen:
            found.append((better is None, what, f"{what}（{_instead(better)}）"))
    return found


def _instead(better: contests.Contest | None) -> str:
    """不適合補空格的理由。"""
    if better is None or not better.lost:
        return "不看其餘的欄，猜得差不多"
    return f"用{gap(better.rival)}"


def _generated_use(fit: Fit) -> list[tuple[bool, str, str]]:
    diluted = "（欄與欄的關聯比真的弱）" if weaker(fit.checked.quality) else ""
    what = f"生成練習或測試用的列{diluted}"
    return [(faithful(fit.checked.quality), what, "用生成的列代替真的（分布或關聯明顯與真的不同）")]


def weaker(quality: Quality) -> bool:
    """生成的列的關聯明顯比真的弱：多數的對變弱，平均的差也比雜訊大（與 ``quality_words`` 同樣的門檻）。"""
    pairs = quality.pairs
    if not len(pairs):
        return False
    made, noise = ((pairs[name] - pairs["真的"]).abs().mean() for name in ("生成", "另一半"))
    return bool((pairs["生成"].abs() < pairs["真的"].abs()).mean() > 2 / 3 and made > ABOUT_THE_SAME * noise)


def faithful(quality: Quality) -> bool:
    """各欄的分布與各對的關聯，平均與真的相差不到雜訊的 ``SOMEWHAT_LARGER`` 倍，而且關聯留住一半以上。"""
    columns, pairs = quality.columns.dropna(subset=["距離"]), quality.pairs
    apart = [(columns["距離"].mean(), columns["雜訊"].mean())] if len(columns) else []
    if len(pairs):
        apart.append(tuple((pairs[name] - pairs["真的"]).abs().mean() for name in ("生成", "另一半")))
    kept = not len(pairs) or retained(pairs) >= LEAST_RETAINED
    return kept and all(made <= SOMEWHAT_LARGER * noise for made, noise in apart)


def _other_bad_uses(fit: Fit) -> list[str]:
    """不靠比較也要說的：有更好的做法，或會傷到人。"""
    found = []
    density = contests.density(fit.seeds)
    if density.lost:
        found.append(f"算一列的機率（{density.rival}比較準）")
    if fit.target is not None and _best_supervised(fit.scores, above=fit.scores["vae"].mean()):
        found.append(f"猜「{short_name(fit.target.label)}」（直接用目標訓練比較準）")
    leak = "（可能背下了一部分）" if fit.checked.quality.memory.suspicious else ""
    found.append(f"把生成的列當作匿名的資料{leak}")
    if about_people(fit.frame.columns):
        found.append("決定誰該被查、被拒或多付錢")
    return found


# ---- 編碼有沒有用 ----------------------------------------


def _gain(seeds: pd.DataFrame) -> str:
    # 重建與 KL 分開說，讀者才知道 ELBO 由哪兩件事組成。
    lead = (
        f"在沒有訓練過的列上，各欄獨立要 {spread(seeds.marginal_nats)} nats，"
        f"VAE 的 −ELBO 是 {spread(-seeds.elbo)} nats（重建 {spread(seeds.reconstruction)} "
        f"加 KL {spread(seeds.kl)}）"
    )
    if (seeds.gain > 0).all():
        steady = "每個種子都比基準好" if len(seeds) > 1 else "比基準好，只是只有一個種子"
        return f"{lead}：每列省下 {spread(seeds.gain)} nats，{steady}。"
    if (seeds.gain > 0).any():
        won = int((seeds.gain > 0).sum())
        return f"{lead}：{len(seeds)} 個種子只有 {won} 個比基準好，這份資料的編碼沒有明顯的用處。"
    return f"{lead}：沒有比基準好。這些欄之間的關聯太弱，或資料太少；平面的圖不能當作證據。"


def _tree(seeds: pd.DataFrame) -> list[str]:
    """Chow–Liu 樹：不必訓練、算得出確切的機率，是 nats 上最難纏的對手；VAE 用更緊的下界與它比。"""
    if "tree_nats" not in seeds:
        return []
    return [
        f"一棵 Chow–Liu 樹（每欄只看另一欄）要 {spread(seeds.tree_nats)} nats，"
        f"VAE 用重要性加權估計的 −log p(x) 是 {spread(seeds.nats)} nats："
        f"與樹、各欄獨立三者相比，{contests.density(seeds).outcome}。"
    ]


def _units(seeds: pd.DataFrame, dim: int) -> str:
    """單元全都活躍就不必說不活躍的。"""
    if not seeds.active.any():
        return "沒有活躍的單元：編碼幾乎不隨列改變（後驗崩塌），平面上的遠近與分數都沒有意義。"
    same = seeds.active.nunique() == 1
    counts = str(seeds.active.iloc[0]) if same else "、".join(map(str, seeds.active))
    each = "" if len(seeds) == 1 else "每個種子都" if same else "各種子"
    idle = "" if (seeds.active >= dim).all() else "；不活躍的單元，座標沒有意義"
    return f"{dim} 個單元裡，活躍的（active unit）{each}有 {counts} 個{idle}。"


def _density_units(fit: Fit) -> list[str]:
    if not fit.plane.schema_.scales_:
        return []
    return [
        "數字的 nats 是標準化以後的密度：換一個單位，每一種方法都加上同一個數，所以可以小於 0，"
        "只能比差多少，不能與只有類別的表比。"
    ]


# ---- 目標 ----------------------------------------


def _target(fit: Fit) -> list[str]:
    assert fit.target is not None
    scores, dim = fit.scores, fit.plan.model["latent_dim"]
    floor = "、".join(f"{NAMES[n]} {spread(scores[n])}" for n in ("shuffled", "majority") if n in scores)
    nearest, linear = contests.target(fit), contests.target(fit, LINEAR)
    what = f"由 {dim} 個數猜「{short_name(fit.target.label)}」"
    return [
        f"{what}，{N_NEIGHBOURS} 個最近的鄰居，{fit.target.measure}："
        f"VAE 的平均編碼 {nearest.mine}，{_compared(scores)}；{floor}。{nearest.outcome}。",
        f"改用線性的讀法：VAE 的平均編碼 {linear.mine}，{_compared(scores, LINEAR)}。{linear.outcome}。",
        _column(fit),
        _supervised(fit),
    ]


def _compared(scores: pd.DataFrame, suffix: str = "") -> str:
    return "、".join(f"{NAMES[name]} {spread(scores[name + suffix])}" for name in contests.rivals(scores))


def _column(fit: Fit) -> str:
    scores, contest = fit.scores, contests.column(fit)
    names = "、".join(dict.fromkeys(f"「{short_name(result.column)}」" for result in fit.results))
    verdict = {True: "值得加", False: "加了反而差" if contest.lost else "看不出加了有用"}[contest.won]
    return (
        f"單獨一欄最好的是{names}，{contest.theirs}；已經有這一欄，再加上編碼是 {contest.mine}，"
        f"多 {spread(scores['column+z'] - scores['column'])}：{verdict}（{contest.how}）。"
    )


def _supervised(fit: Fit) -> str:
    scores = fit.scores
    lines = "、".join(
        f"{_supervised_name(name)} {spread(scores[name])}" for name in SUPERVISED if name in scores
    )
    return f"看過目標、直接用全部的欄訓練的模型：{lines}；它們不是同一場比賽，也不是天花板。"


def _supervised_name(name: str) -> str:
    return NAMES[name].partition("：")[2]


def _best_supervised(scores: pd.DataFrame, above: float = float("-inf")) -> str:
    """平均最高的；沒有一個高過 ``above`` 就是空的。"""
    best = max((name for name in SUPERVISED if name in scores), key=lambda name: scores[name].mean())
    return best if scores[best].mean() > above else ""


def _dims(fit: Fit) -> list[str]:
    """別的維數：VAE 與最好的對手。"""
    dims = sorted(fit.dims["dim"].unique())
    if len(dims) < 2:
        return []
    found = [(dim, contests.target(fit, dim=dim)) for dim in dims]
    parts = [f"{dim} 維 {c.mine}，{c.rival} {c.theirs}，{c.outcome}" for dim, c in found]
    return [f"各個維數，VAE 與同樣維數最好的對手（最近的鄰居）：{'；'.join(parts)}。"]


# ---- 補一格、結尾 ----------------------------------------


def _filling(fit: Fit) -> list[str]:
    words = {
        "accuracy": ("類別", "猜對的比例"),
        "nats": ("類別", "對數損失"),
        "rmse": ("數字", "誤差（標準差的倍數）"),
    }
    means, found = cells.summary(fit.cells), []
    for measure, (kind, what) in words.items():
        if measure not in contests.filled(fit):
            continue
        contest, alone = contests.filling(fit, measure), means.loc["mode", measure]
        found.append(
            f"蓋住一格{kind}由其餘的欄猜，{what}：VAE {contest.mine}，不看其餘的欄 {decimal(alone)}，"
            f"最好的對手{spaced(gap(contest.rival))}是 {contest.theirs}。{contest.outcome}。"
        )
    return found


def _odd(fit: Fit) -> list[str]:
    if fit.checked.power is None:
        return ["驗證的列太少，看不出怪的分數認不認得出改壞的列；排名只能當作隨便看看的起點。"]
    return fit.checked.power.sentences()


def _cautions(fit: Fit) -> list[str]:
    """省下的 nats 不是由欄與欄的關聯來的情形，與變異數碰到下限的欄。"""
    cautions = []
    n_held_out = int(fit.first.held_out.sum())
    if n_held_out < FEW_HELD_OUT:
        cautions.append(
            f"資料只有 {len(fit.frame)} 列，每次只在 {n_held_out} 列上打分數：換一份資料，分數與輸贏都可能"
            "不同；種子之間的散布只是同一份資料換個切法，沒有包括這一層。"
        )
    if fit.frame.shape[1] == 1:
        cautions.append("只有一欄，沒有欄與欄的關聯可學；分數與怪列都只是這一欄自己的事。")
    copies = fit.checked.quality.memory.natural_copies
    if copies >= MANY_COPIES:
        cautions.append(
            f"留下的列有 {copies:.0%} 與某個訓練的列一模一樣：同一件東西若記了好幾列，分數就太樂觀，"
            "請先去掉重複的列；本來就只有這幾種組合的，不要緊。"
        )
    cautions += [
        f"檔案照「{short_name(name)}」的先後排，一列一個時刻：隨機留下的列，前後的時刻都訓練過，"
        "分數比預測將來樂觀；要預測，請留下最後一段時間。"
        for name in time_columns(fit.frame)
    ]
    if fit.plan.likelihood == "bernoulli":
        cautions.append(
            "伯努利的基準不知道每個變數恰有一個水準，省下的 nats 有一部分只是學會這件事；"
            "要看欄與欄的關聯，請用 --likelihood categorical。"
        )
    floored = fit.plane.at_floor()
    if floored:
        shown = "、".join(f"「{short_name(name)}」" for name in floored[:5]) + (
            "等" if len(floored) > 5 else ""
        )
        cautions.append(f"{shown}的變異數碰到下限：這些數字幾乎由編碼決定，或幾乎不變，省下的 nats 偏大。")
    return cautions


def time_columns(frame: pd.DataFrame) -> list[str]:
    """幾乎每一列一個日期，而且照先後（或倒過來）排的欄：一段時間的紀錄。

    >>> days = pd.date_range("2024-01-01", periods=4)
    >>> time_columns(pd.DataFrame({"日": days, "倒": days[::-1], "亂": days[[1, 0, 3, 2]], "數": range(4)}))
    ['日', '倒']
    """
    dates = {str(name): frame[name].dropna() for name in frame.columns if frame[name].dtype.kind == "M"}
    return [
        name
        for name, known in dates.items()
        if 2 * known.nunique() > len(frame)
        and (known.is_monotonic_increasing or known.is_monotonic_decreasing)
    ]


def _saved(fit: Fit) -> str:
    lead = "存下的兩個模型用全部的列重新訓練；上面的分數是沒有看過驗證列的"
    if len(fit.results) == 1:
        return f"{lead}一個種子的。一個種子不能下結論，請用 --seeds 5 以上。"
    return f"{lead} {len(fit.results)} 個種子的平均。"
