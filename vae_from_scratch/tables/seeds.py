"""一張表、一個種子：切分 → 編碼 → 訓練 → 量。書裡的研究、``fit`` 與房價都是這裡的設定（第 11、13 章）。"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from math import ceil
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from .. import arithmetic
from ..autoencoder import Autoencoder
from ..likelihood import Bernoulli, Mixed
from ..model import VAE
from ..rows import CategoryCodes, CodedRows, MixedRows
from . import cells
from .baselines import CEILINGS, CLASSIFIERS, LINEAR, majority, represent, supervised
from .coded import Coded, CodedTable, Slot, evenly, from_rows, take
from .gaps import Rule
from .held_out import HELD_OUT, held_out_rows
from .independent import Independent
from .measures import active_units, kl_per_unit, marginal_nats, peer_nats, read_out, read_score
from .representations import names_for
from .schema import OneHotSchema
from .single_column import best_column, with_and_without
from .table_schema import TableSchema
from .table_vae import default_epochs

if TYPE_CHECKING:
    from .target import Target

ELBO_SAMPLES = 20
#: 一列的誤差的標準差大約是十幾 nats；兩萬列的平均已經準到 0.1。
MOST_MEASURED = 20_000
#: 與算得出確切機率的對手比時，用更緊的下界。
IMPORTANCE_SAMPLES = 100
#: 補一格時每格抽幾個 z。
HIDING_SAMPLES = 20
#: 展開成密集的矩陣不超過這麼多格，訓練就用密集的（快一些）；更大的表逐批才展開。
MOST_DENSE = 30_000_000


# ---- 切分、編碼、訓練、量 ----------------------------------------


@dataclass(frozen=True, eq=False)
class Split:
    """切好、編好碼的表。

    ``held_out`` (N,) 是打分數的列，``seen`` 是訓練看得到的列；``rows`` 是全部的列，編碼規則 ``schema`` 只從
    ``seen`` 學。
    """

    held_out: NDArray
    seen: NDArray
    schema: OneHotSchema | TableSchema
    rows: CodedRows

    @cached_property
    def measured(self) -> NDArray:
        """量誤差與 KL 的列：沒有訓練過的；全部都訓練過，就是全部。很大的表平均取 ``MOST_MEASURED`` 列。"""
        rows = np.flatnonzero(~self.seen if not self.seen.all() else self.seen)
        mask = np.zeros(len(self.seen), dtype=bool)
        mask[rows[evenly(len(rows), MOST_MEASURED)]] = True
        return mask

    @cached_property
    def x(self) -> NDArray:
        """展開的矩陣 (N, D)，float32，唯讀。"""
        x = self.rows.take(np.arange(len(self.rows)))
        x.setflags(write=False)
        return x

    @cached_property
    def coded(self) -> CodedTable:
        """代碼與數字：各種對照用的樣子。"""
        return from_rows(self.rows)

    @property
    def spiked(self) -> Sequence[int]:
        """在 0 有尖峰的數字。"""
        return getattr(self.rows, "spiked", ())

    def of(self, mask: NDArray) -> Any:
        """給 ``VAE`` 的幾列：小的表是密集的矩陣，大的表是代碼。"""
        dense = len(self.rows) * self.rows.n_columns <= MOST_DENSE
        return self.x[mask] if dense else self.rows[mask]

    @property
    def everything(self) -> Any:
        """給 ``VAE`` 的全部的列。"""
        return self.of(np.ones(len(self.rows), dtype=bool))


def split(
    frame: pd.DataFrame,
    known: NDArray,
    seed: int,
    all_rows: bool = False,
    schema: OneHotSchema | TableSchema | None = None,
    mixed: bool = True,
) -> Split:
    """切分與編碼。``known`` (N,) 是知道目標的列；``all_rows`` 全部拿來訓練。

    ``schema`` 是還沒學過的規則，不給就是 ``OneHotSchema``（每一欄都是類別）。``mixed`` 為假時，概似只收類別。
    """
    held_out = held_out_rows(known, seed)
    seen = np.ones(len(frame), dtype=bool) if all_rows else ~held_out
    schema = (OneHotSchema() if schema is None else schema).fit(frame[seen])
    rows = schema.transform(frame)
    if isinstance(rows, MixedRows) and mixed:
        return Split(held_out, seen, schema, replace(rows, dtype="float32"))
    return Split(held_out, seen, schema, CategoryCodes(rows.codes, rows.groups, "float32"))


def train(
    data: Split, settings: Mapping[str, Any], seed: int, model: type[VAE] = VAE, validate: bool = True
) -> VAE:
    """照設定建立一個模型，用 ``data.seen`` 的列訓練；``seed`` 決定初始值、批次與雜訊。

    ``validate`` 為假就不在每個訓練週期量沒有訓練過的列：歷程少了 ``val_`` 的幾項，訓練的位元不變。
    """
    vae = model(**with_layout(settings, data.rows), random_state=seed)
    unseen = data.of(~data.seen) if validate and not data.seen.all() else None
    return vae.fit(data.of(data.seen), validation=unseen)


def with_layout(settings: Mapping[str, Any], rows: CodedRows) -> dict[str, Any]:
    """類別與混合的概似要知道各變數怎麼排。"""
    if settings["likelihood"] not in ("categorical", "mixed"):
        return dict(settings)
    return {**settings, "likelihood": rows.layout}


def measure(vae: VAE, data: Split, mean: NDArray, log_var: NDArray) -> dict[str, Any]:
    """重建、KL、ELBO、不看編碼的基準與活躍單元；單位是每列的 nats，在 ``data.measured`` 的列上量。"""
    rows = data.measured
    kl = kl_per_unit(mean[rows], log_var[rows])
    marginal = _marginal_nats(vae, data)
    reconstruction, elbo = _reconstruction_and_elbo(vae, data.of(rows), float(kl.sum()))
    return {
        "reconstruction": reconstruction,
        "kl": float(kl.sum()),
        "elbo": elbo,
        "marginal_nats": marginal,
        "gain": None if elbo is None else elbo + marginal,
        "active": int(active_units(mean[rows]).sum()),
        "kl_per_unit": kl.tolist(),
    }


def _marginal_nats(vae: VAE, data: Split) -> float:
    """各欄獨立的基準，與模型同一種概似；伯努利的各欄是 0 與 1。"""
    if isinstance(vae.likelihood_, Bernoulli):
        return marginal_nats(data.x[data.seen], data.x[data.measured])
    independent = Independent.fit(take(data.coded, data.seen))
    return float(-independent.log_prob(take(data.coded, data.measured)).mean())


def _reconstruction_and_elbo(vae: VAE, x: Any, kl: float) -> tuple[float, float | None]:
    """普通的自編碼器不是機率模型，沒有 ELBO，重建誤差由平均編碼解碼。"""
    if isinstance(vae, Autoencoder):
        return -vae.score(x), None
    elbo = float(vae.elbo(x, ELBO_SAMPLES, np.random.default_rng(0)).mean())
    return -elbo - kl, elbo


def target_scores(target: "Target", mean: NDArray, data: Split, seed: int) -> dict[str, float]:
    """在沒有訓練過的列上猜目標：VAE、打亂目標、每一種對照的表示法、單獨一欄，以及直接用目標訓練的模型。"""
    held_out, classes, table = data.held_out, bool(target.classes), data.coded
    scores = code_scores(target, mean, data, seed)
    scores["shuffled"] = read_out(mean, target.values, held_out, seed, classes)[1]
    if classes:
        scores["majority"] = majority(target.values, held_out)
    slot = best_column(table, target.values, held_out, classes)
    alone, both = with_and_without(table, slot, mean, target.values, held_out, seed, classes)
    scores |= {"column": alone, "column+z": both}
    for name in ("neighbours", *(CLASSIFIERS if classes else CEILINGS)):
        scores[name] = supervised(name, table, target.values, held_out, seed, classes)
    return scores


def code_scores(target: "Target", mean: NDArray, data: Split, seed: int) -> dict[str, float]:
    """由 d 個數猜目標：VAE 的平均編碼與同樣維數的對照，各用最近的鄰居與線性的讀法（名字加 ``LINEAR``）。"""
    held_out, classes = data.held_out, bool(target.classes)
    made = {"vae": mean}
    for name in names_for(data.coded):
        made[name] = represent(name, data.coded, held_out, mean.shape[1], seed)
    scores = {}
    for name, codes in made.items():
        for reader, suffix in (("knn", ""), ("linear", LINEAR)):
            scores[name + suffix] = read_score(codes, target.values, held_out, classes, reader)
    return scores


# ---- 幾個種子 ----------------------------------------


@dataclass(frozen=True)
class Plan:
    """怎麼訓練。``epochs``、``warmup_epochs`` 是 None 就由列數決定；``model`` 是 ``VAE`` 其餘的引數。

    ``absent`` 是空白表示「沒有」的欄與規則；``dims`` 是另外比較的維數；``generator_dim`` 是生成的模型的維數。
    """

    likelihood: str = "categorical"
    missing: str = "zeros"
    n_seeds: int = 5
    seed: int = 0
    epochs: int | None = None
    warmup_epochs: int | None = None
    model: dict[str, Any] = field(default_factory=dict)
    absent: Mapping[str, Rule] = field(default_factory=dict)
    dims: tuple[int, ...] = ()
    generator_dim: int = 8

    @property
    def seeds(self) -> range:
        """要訓練的種子。"""
        return range(self.seed, self.seed + self.n_seeds)

    def for_rows(self, n_rows: int) -> dict[str, Any]:
        """``VAE`` 的引數；暖身預設是訓練週期的三分之一。"""
        steps = ceil(n_rows * (1 - HELD_OUT) / self.model["batch_size"])
        epochs = self.epochs or default_epochs(steps)
        warmup = epochs // 3 if self.warmup_epochs is None else self.warmup_epochs
        chosen = {"likelihood": self.likelihood, "epochs": epochs, "warmup_epochs": warmup}
        return {**self.model, **chosen, "dtype": "float32"}

    def split(self, frame: pd.DataFrame, known: NDArray, seed: int) -> Split:
        """照這份設定切分與編碼。"""
        return split(frame, known, seed, schema=TableSchema(self.absent), mixed=self.likelihood == "mixed")

    def other_dims(self) -> tuple[int, ...]:
        """主要的維數以外，還要比較的維數。"""
        return tuple(d for d in self.dims if d != self.model["latent_dim"])


@dataclass(frozen=True, eq=False)
class SeedResult:
    """一個種子的模型與量到的數字；``metrics`` 的單位是驗證的列、每列的 nats。

    ``dims``：別的維數，一個一列（``dim``、``gain``、目標的分數）。``cells``：補一格的分數（``cells.score_cells``）。
    ``column`` 是單獨最能說目標的那一欄。
    """

    seed: int
    vae: VAE
    schema: OneHotSchema | TableSchema
    held_out: NDArray
    metrics: dict[str, Any]
    scores: dict[str, float]
    dims: list[dict[str, float]]
    cells: pd.DataFrame
    column: str = ""

    @property
    def gain(self) -> float:
        """ELBO 比不看編碼的基準多幾個 nats。"""
        return float(self.metrics["gain"])


def run_seed(frame: pd.DataFrame, target: "Target | None", plan: Plan, seed: int) -> SeedResult:
    """編碼規則與模型都只看訓練的列；``seed`` 決定分割、初始值、批次與雜訊。"""
    known = np.ones(len(frame), dtype=bool) if target is None else target.known
    data, settings = plan.split(frame, known, seed), plan.for_rows(len(frame))
    with np.errstate(all="ignore"):  # 發散時訓練迴圈會說清楚，NumPy 的英文警告不必先出現
        vae = train(data, settings, seed)
        mean, log_var = vae.encode(data.everything)
        metrics = measure(vae, data, mean, log_var) | _table_metrics(vae, data, frame)
        scores = {} if target is None else target_scores(target, mean, data, seed)
        dims = [_with_dim(d, data, settings, target, seed) for d in plan.other_dims()]
        filled = score_cells(vae, data)
    column = "" if target is None else column_name(data, target)
    return SeedResult(seed, vae, data.schema, data.held_out, metrics, scores, dims, filled, column)


def _with_dim(
    dim: int, data: Split, settings: Mapping[str, Any], target: "Target | None", seed: int
) -> dict[str, float]:
    """換一個維數，同樣的切分、同樣的設定。"""
    vae = train(data, {**settings, "latent_dim": dim}, seed)
    mean, log_var = vae.encode(data.everything)
    found = {"dim": dim, "gain": float(measure(vae, data, mean, log_var)["gain"])}
    return found if target is None else found | code_scores(target, mean, data, seed)


def _table_metrics(vae: VAE, data: Split, frame: pd.DataFrame) -> dict[str, Any]:
    """只在 ``fit`` 的報告裡出現的：Chow–Liu 樹的基準、沒見過的水準、變異數碰到下限的欄。"""
    unseen = data.schema.unseen(frame[data.held_out])
    count = sum(sum(levels.values()) for levels in unseen.values())
    found: dict[str, Any] = {"unseen_cells": count}
    if not isinstance(vae.likelihood_, Bernoulli):
        peers = peer_nats(take(data.coded, data.seen), take(data.coded, data.measured), data.spiked)
        found |= {"tree_nats": peers["tree"], "unlinked_nats": peers["unlinked"]}
        rng = np.random.default_rng(0)
        log_likelihood = vae.log_likelihood(data.of(data.measured), IMPORTANCE_SAMPLES, rng)
        found["nats"] = float(-log_likelihood.mean())
    return found


def score_cells(vae: VAE, data: Split) -> pd.DataFrame:
    """補一格：VAE 與每一種對照，蓋住同樣的格子。"""
    rivals = cells.fillers(take(data.coded, data.seen), data.spiked)
    candidates = {"vae": by_model(vae, data.spiked)} | rivals
    return cells.score_cells(candidates, take(data.coded, data.held_out), data.spiked)


def by_model(vae: VAE, spiked: Sequence[int] = ()) -> cells.Filler:
    """由 VAE 的條件分布補一格：類別是各水準的機率，數字是條件平均。"""

    def fill(hidden: Coded, slot: Slot) -> NDArray:
        reading = vae.as_categorical(hidden.groups) if isinstance(vae.likelihood_, Bernoulli) else vae
        rows: CodedRows = CategoryCodes(hidden.codes, hidden.groups)
        if isinstance(reading.likelihood_, Mixed):
            rows = MixedRows(hidden.codes, hidden.groups, hidden.numbers, spiked)
        mean = reading.conditional(rows, HIDING_SAMPLES, np.random.default_rng(0))
        blocks, place = rows.layout.blocks, slot.position
        return mean[:, blocks.total + place] if slot.kind == "number" else mean[:, blocks.span(place)]

    return fill


def column_name(data: Split, target: "Target") -> str:
    """單獨最能說目標的那一欄的名字；有尖峰的數字，旗標也是它。"""
    slot = best_column(data.coded, target.values, data.held_out, bool(target.classes))
    if isinstance(data.schema, OneHotSchema):
        return data.schema.variables_[slot.position]
    return data.schema.slot_name(slot.kind, slot.position)


def run_all(
    frame: pd.DataFrame, target: "Target | None", plan: Plan, jobs: "int | arithmetic.Workers | None"
) -> Iterator[SeedResult]:
    """依序給出每個種子的結果；``jobs`` 個行程（或叢集）平行，用參考的算術，結果與 ``jobs``、與電腦無關。"""
    tasks = [(frame, target, plan, seed) for seed in plan.seeds]
    yield from arithmetic.run_in_workers(run_seed, tasks, jobs)


def check_size(plan: Plan, n_columns: int) -> None:
    """維度有沒有比資料的欄還多？``n_columns`` 是展開以後的欄數。"""
    latent_dim = plan.model["latent_dim"]
    if latent_dim > n_columns:
        raise ValueError(
            f"引數 --latent-dim 是 {latent_dim}，資料展開後卻只有 {n_columns} 欄；"
            f"請給 {n_columns} 以下的整數，例如 2。"
        )
