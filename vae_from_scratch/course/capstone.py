"""畢業作：讀者在各組寫的函式合起來，用真的房子訓練一個 VAE，由結果評斷（第 14 章）。

計分的檢查（ex14）只看小的例子，因為評分時不該花一分鐘訓練，也不該相信作答的人自己報的數字。這裡是另一件事：
在讀者自己的電腦上，四個條件過了沒有，說出來，寫成一頁。條件的界線來自書裡的研究（``BAND``、``COURSE``），
由測試對照。資料由呼叫的人給；這裡只用 NumPy。
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .capstone_facts import COURSE
from .errors import explain_exception
from .running import Earlier, Submission
from .sets import CourseError, find_set

#: 用到哪些函式，各在哪一組。
PARTS = (
    ("ex02", "reparameterize"), ("ex02", "gradient_wrt_mean_and_log_var"), ("ex03", "kl_to_standard_normal"),
    ("ex03", "kl_gradient"), ("ex05", "bernoulli_log_likelihood"), ("ex07", "warmup_weight"),
    ("ex07", "count_active_units"), ("ex08", "vae_gradient"), ("ex08", "adam_step"), ("ex10", "learn_levels"),
    ("ex10", "encode"), ("ex10", "marginal_nats"), ("ex11", "train_epoch"), ("ex11", "price_scores"),
    ("ex14", "initial_layers"), ("ex14", "encode"), ("ex14", "measure"), ("ex14", "train"),
)  # fmt: skip
#: R² 的帶：上面十個種子的平均，上下各三個標準差。
_R2 = np.array(COURSE)[:, 1]
BAND = (float(_R2.mean() - 3 * _R2.std(ddof=1)), float(_R2.mean() + 3 * _R2.std(ddof=1)))

NEIGHBOURS, ACTIVE, DRAWS, SHUFFLES = 15, 0.01, 20, 5
#: 梯度與差分：沿幾個隨機的方向，在幾列上比；差的比例不超過這麼多。
DIRECTIONS, GRADIENT_ROWS, GRADIENT_ERROR = 5, 16, 1e-4

Function = Callable[..., Any]


@dataclass(frozen=True)
class Houses:
    """訓練要的房子：``columns`` 是「變數 → 一欄文字，缺失是 None」，``held_out`` (N,) 是留下的。"""

    columns: Mapping[str, Sequence[str | None]]
    log_price: NDArray
    held_out: NDArray


@dataclass(frozen=True)
class Recipe:
    """訓練的設定；預設與書裡的研究相同。"""

    hidden: tuple[int, ...] = (200, 100, 50, 20)
    latent_dim: int = 2
    beta: float = 1.0
    warmup_epochs: int = 20
    epochs: int = 60
    batch_size: int = 32
    learning_rate: float = 1e-3

    def sizes(self, n_columns: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """編碼器與解碼器各層的寬度。"""
        encoder = (n_columns, *self.hidden, 2 * self.latent_dim)
        return encoder, (self.latent_dim, *self.hidden[::-1], n_columns)

    def n_parameters(self, n_columns: int) -> int:
        """參數的個數，偏置也算。"""
        return sum((a + 1) * b for sizes in self.sizes(n_columns) for a, b in pairwise(sizes))


@dataclass(frozen=True)
class Verdict:
    """一個條件：過了沒有，量到多少，界線在哪裡。"""

    name: str
    passed: bool
    measured: str
    line: str


@dataclass
class Work:
    """做完的畢業作：頁面要的全部。"""

    recipe: Recipe
    seed: int
    own: list[str]
    borrowed: list[str]
    verdicts: list[Verdict]
    numbers: dict[str, float]
    history: list[dict[str, Any]]
    codes: NDArray
    log_price: NDArray
    held_out: NDArray
    seconds: float = 0.0
    experiment: str = ""
    board: list[dict[str, Any]] = field(default_factory=list)

    @property
    def passed(self) -> bool:
        """每一個條件都過了。"""
        return all(verdict.passed for verdict in self.verdicts)


@dataclass(frozen=True)
class Kit:
    """讀者的函式（還沒通過檢查的是課程的版本），與哪些是自己的。"""

    functions: Mapping[tuple[str, str], Function]
    own: list[str]
    borrowed: list[str]

    def __getitem__(self, key: tuple[str, str]) -> Function:
        return self.functions[key]

    def mine(self) -> dict[str, Function]:
        """ex14 的引數 ``mine``：名字 → 函式。"""
        return {name: function for (group, name), function in self.functions.items() if group != "ex14"}


def gather(root: Path, target: str) -> Kit:
    """檢查每一個用到的函式，收集讀者自己的；一個也還沒寫就引發 ``CourseError``。"""
    earlier, functions = Earlier(root, target), {}
    own: list[str] = []
    borrowed: list[str] = []
    for group, name in PARTS:
        before = len(earlier.notes)
        functions[group, name] = earlier(group, name)
        (borrowed if len(earlier.notes) > before else own).append(f"{group}.{name}")
    if not own:
        raise CourseError(
            f"畢業作要用的 {len(PARTS)} 個函式，一個也還沒有通過檢查；"
            "先做 ex02（python -m vae_from_scratch exercises test 2），寫好幾個再來。"
        )
    return Kit(functions, own, borrowed)


def settings_of(root: Path, target: str, experiment: str) -> Recipe:
    """讀者在 ex14 的 ``EXPERIMENTS`` 寫的設定；寫錯的說是哪一項、該給什麼。"""
    path = find_set("ex14", root).file_in(target)
    found = getattr(Submission(path), "EXPERIMENTS", None)
    chosen = found.get(experiment) if isinstance(found, dict) else None
    if not isinstance(chosen, dict):
        raise CourseError(
            f"{path.name} 的 EXPERIMENTS 裡沒有「{experiment}」；可以用 exercises reset 14 拿回來。"
        )
    unknown = sorted(set(chosen) - set(vars(Recipe())))
    if unknown:
        raise CourseError(
            f"EXPERIMENTS 裡有不認得的「{unknown[0]}」；可以寫的是 {'、'.join(vars(Recipe()))}。"
        )
    for name, value in chosen.items():
        _check_setting(name, value)
    hidden = tuple(chosen.get("hidden", Recipe.hidden))
    return Recipe(**{**chosen, "hidden": hidden})


_WHOLE = {"latent_dim": (1, 64), "warmup_epochs": (0, 1000), "epochs": (1, 1000), "batch_size": (1, 100_000)}


def _check_setting(name: str, value: Any) -> None:
    if name == "hidden":
        fine = isinstance(value, list | tuple) and len(value) <= 8 and all(_whole(v, 1, 2000) for v in value)
        wanted = "不超過八個 1 到 2000 的整數的串列，例如 [200, 50]"
    elif name in _WHOLE:
        fine, wanted = _whole(value, *_WHOLE[name]), "{} 到 {} 的整數".format(*_WHOLE[name])
    else:
        fine = isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < 1000
        wanted = "大於 0 的數"
    if not fine:
        raise CourseError(f"EXPERIMENTS 的 {name} 是 {value!r}；請給{wanted}。")


def _whole(value: Any, low: int, high: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


def check_rules(experiment: str, recipe: Recipe, n_columns: int) -> None:
    """開放實驗的規則：不照規則的贏不算贏，開始以前就說。"""
    most = Recipe().n_parameters(n_columns)
    if experiment == "elbo" and recipe.n_parameters(n_columns) > most:
        raise CourseError(
            f"elbo 實驗的參數不可以比課程的 {most:,} 個多，這個設定有 {recipe.n_parameters(n_columns):,} 個；"
            "減少 hidden 的寬度。"
        )
    if experiment == "r2" and (recipe.epochs > Recipe.epochs or recipe.latent_dim != 2):
        raise CourseError(
            f"r2 實驗最多 {Recipe.epochs} 個週期（每個週期看過每一列一次）、latent_dim 是 2；"
            f"這個設定是 {recipe.epochs} 個週期、latent_dim = {recipe.latent_dim}。"
        )


# ---- 訓練 ----------------------------------------


def encoded(kit: Kit, houses: Houses) -> tuple[NDArray, list[int]]:
    """0 與 1 的矩陣 (N, D) 與各變數的水準個數；水準只從訓練的房子學。"""
    seen = np.flatnonzero(~houses.held_out).tolist()
    schema = {
        name: kit["ex10", "learn_levels"]([column[i] for i in seen])
        for name, column in houses.columns.items()
    }
    schema = {name: levels for name, levels in schema.items() if len(levels)}
    x = np.asarray(kit["ex10", "encode"](houses.columns, schema), "float32")
    return x, [len(levels) for levels in schema.values()]


def run(
    kit: Kit,
    houses: Houses,
    recipe: Recipe,
    seed: int,
    tell: Callable[[int, float], None],
    experiment: str = "",
) -> Work:
    """訓練、量、評斷。``tell(週期, 損失)`` 每個週期叫一次。讀者的函式出了錯，變成 ``CourseError``。"""
    start = time.monotonic()
    try:
        x, groups = encoded(kit, houses)
        check_rules(experiment, recipe, x.shape[1])
        state, history = _trained(kit, x[~houses.held_out], x[houses.held_out], recipe, seed, tell)
        work = _judged(kit, houses, x, groups, state, history, recipe, seed)
    except CourseError:
        raise
    except Exception as error:
        raise CourseError(f"訓練到一半，你的函式出錯了：{_where(error)}") from error
    work.seconds, work.experiment = time.monotonic() - start, experiment
    return work


def _where(error: Exception) -> str:
    """哪個檔案的哪一行，出了什麼錯。"""
    trace, path = error.__traceback__, None
    while trace is not None:
        name = Path(trace.tb_frame.f_code.co_filename)
        path = name if name.name.startswith("ex") else path
        trace = trace.tb_next
    failure = explain_exception(error, path or Path("ex14"))
    lines = [text for label, text in failure.details if label == "出錯"]
    return "　".join([*([path.name] if path else []), *lines[:1], failure.symptom])


def _trained(
    kit: Kit, x: NDArray, other: NDArray, recipe: Recipe, seed: int, tell: Callable[[int, float], None]
) -> tuple[Any, list[dict[str, Any]]]:
    """一次訓練：最後的狀態，與每個週期的損失、留下的房子上的重建與各單元的 KL。"""
    rng = np.random.default_rng(seed)
    networks = [
        [
            np.asarray(layer, "float32")
            for layer in kit["ex14", "initial_layers"]([rng.random(pair) for pair in pairwise(sizes)])
        ]
        for sizes in recipe.sizes(x.shape[1])
    ]
    zeros = [np.zeros_like(layer) for network in networks for layer in network]
    orders = [rng.permutation(len(x)) for _ in range(recipe.epochs)]
    noise = [_noise(rng, len(x), recipe.latent_dim) for _ in range(recipe.epochs)]
    watching = _noise(rng, len(other), recipe.latent_dim)
    history: list[dict[str, Any]] = []

    def watch(epoch: int, state: Any, loss: float) -> None:
        if not np.isfinite(loss):
            raise CourseError(
                f"第 {epoch} 個週期的損失是 {loss}；把 learning_rate 除以 10，"
                "或看第 14 章「損失突然變成 nan」。"
            )
        reconstruction, kl = kit["ex14", "measure"](state[0], state[1], other, watching, kit.mine())
        kl = [float(value) for value in np.atleast_1d(kl)]
        history.append({"loss": float(loss), "reconstruction": float(reconstruction), "kl": kl})
        tell(epoch, float(loss))

    start = (*networks, zeros, [layer.copy() for layer in zeros], 0)
    state = kit["ex14", "train"](
        start, x, orders, noise, recipe.beta, recipe.warmup_epochs, recipe.batch_size, recipe.learning_rate,
        kit.mine(), watch,
    )  # fmt: skip
    return state, history


def _noise(rng: np.random.Generator, rows: int, size: int) -> NDArray:
    return rng.standard_normal((rows, size)).astype("float32")


# ---- 評斷 ----------------------------------------


def _judged(
    kit: Kit, houses: Houses, x: NDArray, groups: list[int], state: Any, history: list[dict[str, Any]],
    recipe: Recipe, seed: int,
) -> Work:  # fmt: skip
    rng, held_out = np.random.default_rng(seed), houses.held_out
    codes = np.asarray(kit["ex14", "encode"](state[0], x)[0], float)
    rebuilt, kl = held_out_loss(kit, state, x[held_out], recipe.latent_dim, rng)
    no_code = float(kit["ex10", "marginal_nats"](x[held_out].astype(float), groups)[0])
    shuffles = np.array([rng.permutation(len(x)) for _ in range(SHUFFLES)])
    r2, shuffled = kit["ex11", "price_scores"](codes, houses.log_price, held_out, NEIGHBOURS, shuffles)
    active = int(kit["ex07", "count_active_units"](codes, ACTIVE))
    error = gradient_error(kit, state, x[~held_out][:GRADIENT_ROWS], recipe, rng)
    elbo = -(rebuilt + float(kl.sum()))
    low, high = BAND
    verdicts = [
        Verdict(
            "留下的房子，損失低於不看編碼的基準", bool(-elbo < no_code),
            f"{-elbo:.2f} nats", f"低於 {no_code:.2f}",
        ),
        Verdict(
            "每個單元都醒著", active == recipe.latent_dim,
            f"醒著 {active} 個", f"醒著 {recipe.latent_dim} 個",
        ),
        Verdict("你的梯度等於差分", error < GRADIENT_ERROR, f"差 {error:.1e}", f"低於 {GRADIENT_ERROR:.0e}"),
        Verdict(
            "留下的房子，R² 在書裡的範圍", low <= float(r2) <= high,
            f"{float(r2):.3f}", f"在 {low:.3f} 到 {high:.3f} 之間",
        ),
    ]  # fmt: skip
    numbers = {
        "elbo": elbo, "reconstruction": rebuilt, "kl": float(kl.sum()), "no_code": no_code, "r2": float(r2),
        "r2_shuffled": float(np.mean(shuffled)), "active": float(active),
        "parameters": float(recipe.n_parameters(x.shape[1])),
    }  # fmt: skip
    return Work(
        recipe, seed, kit.own, kit.borrowed, verdicts, numbers, history, codes, houses.log_price, held_out
    )


def held_out_loss(
    kit: Kit, state: Any, x: NDArray, size: int, rng: np.random.Generator
) -> tuple[float, NDArray]:
    """沒有訓練過的列上，重建誤差（``DRAWS`` 份雜訊的平均）與每個單元的 KL。"""
    found = [
        kit["ex14", "measure"](state[0], state[1], x, _noise(rng, len(x), size), kit.mine())
        for _ in range(DRAWS)
    ]
    return float(np.mean([one[0] for one in found])), np.atleast_1d(np.asarray(found[0][1], float))


def gradient_error(kit: Kit, state: Any, x: NDArray, recipe: Recipe, rng: np.random.Generator) -> float:
    """沿隨機的方向：你的梯度給的斜率，與中央差分的斜率差多少（與最大的斜率相比）。

    一個方向同時動每一個參數，所以哪一格錯了都看得到。用 float64 算，差分才準。
    """
    mine, size = kit.mine(), len(state[0])
    layers = [np.asarray(layer, float) for layer in [*state[0], *state[1]]]
    x, noise = x.astype(float), rng.standard_normal((len(x), recipe.latent_dim))
    functions = [mine[name] for name in ("reparameterize", "gradient_wrt_mean_and_log_var", "kl_gradient")]
    found = mine["vae_gradient"](layers[:size], layers[size:], x, noise, recipe.beta, *functions)
    slopes, errors = [], []
    for _ in range(DIRECTIONS):
        way = [rng.standard_normal(layer.shape) for layer in layers]

        def loss(step: float, way: list[NDArray] = way) -> float:
            moved = [layer + step * one for layer, one in zip(layers, way, strict=True)]
            reconstruction, kl = kit["ex14", "measure"](moved[:size], moved[size:], x, noise, mine)
            return float(reconstruction + recipe.beta * np.sum(kl))

        slope = sum(float(np.sum(g * one)) for g, one in zip([*found[0], *found[1]], way, strict=True))
        slopes.append(abs(slope))
        errors.append(abs(slope - (loss(1e-6) - loss(-1e-6)) / 2e-6))
    return max(errors) / max(slopes)
