"""``VAE`` 的設定：開始訓練以前的檢查、概似的名字、寫進檔案的樣子（第 8 章）。"""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields
from numbers import Integral, Real
from typing import Any

import numpy as np

from .gradients import ENGINES, KL_FORMS
from .likelihood import Bernoulli, Categorical, Gaussian, Likelihood, Mixed
from .rows import Rows

CHOICES = {"kl": KL_FORMS, "engine": tuple(ENGINES), "dtype": ("float64", "float32")}
WITHOUT_EFFECT = ("epochs", "fused_adam", "verbose")
AT_LEAST = {"latent_dim": 1, "epochs": 1, "batch_size": 1, "warmup_epochs": 0}
LIKELIHOODS: dict[str, Callable[..., Likelihood]] = {
    "bernoulli": Bernoulli,
    "gaussian": Gaussian,
    "categorical": Categorical,
    "mixed": Mixed,
}
#: 這些概似要知道各變數怎麼排：資料是 ``CategoryCodes`` 或 ``MixedRows`` 時，名字就夠了。
FROM_ROWS = {
    "categorical": ("Categorical(groups)", "CategoryCodes", "OneHotSchema"),
    "mixed": ("Mixed(groups, n_numbers)", "MixedRows", "TableSchema"),
}


def check(settings: Mapping[str, Any]) -> None:
    """每一個設定都合用嗎？不合用就引發 ``ValueError``，說出名字、收到的值與補救。"""
    for name, least in AT_LEAST.items():
        check_integer(name, settings[name], least)
    for name in ("beta", "free_bits"):
        _check_real(name, settings[name], " 0 以上的有限實數", settings[name] == 0)
    _check_real("learning_rate", settings["learning_rate"], "大於 0 的有限實數", False)
    hidden = settings["hidden"]
    if not isinstance(hidden, Iterable) or not all(isinstance(n, Integral) and int(n) > 0 for n in hidden):
        raise ValueError(f"引數 hidden（各隱藏層的寬度）是 {hidden!r}；請給一串正整數，例如 (200, 50)。")
    for name, accepted in CHOICES.items():
        if settings[name] not in accepted:
            raise ValueError(f"引數 {name} 是 {settings[name]!r}；可用的是 {'、'.join(accepted)}。")
    generator(settings["random_state"])


def check_integer(name: str, value: Any, least: int) -> None:
    """``value`` 是 ``least`` 以上的整數嗎？不是引發 ``ValueError``。"""
    if not isinstance(value, Integral) or isinstance(value, bool) or int(value) < least:
        raise ValueError(f"引數 {name} 是 {value!r}；請給 {least} 以上的整數。")


def _check_real(name: str, value: Any, accepted: str, zero_is_fine: bool) -> None:
    if not isinstance(value, Real) or not (0 < float(value) < np.inf or zero_is_fine):
        raise ValueError(f"引數 {name} 是 {value!r}；請給{accepted}。")


def generator(random_state: Any) -> np.random.Generator:
    """由 ``random_state`` 建立隨機數產生器；給的已經是產生器，就用它。"""
    try:
        return np.random.default_rng(random_state)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"引數 random_state 是 {random_state!r}；請給 0 以上的整數、None 或 numpy.random.Generator。"
        ) from error


def make_likelihood(likelihood: Any, layout: Categorical | Mixed | None = None) -> Likelihood:
    """概似的名字換成物件；``layout`` 是資料自己帶的排法（``CategoryCodes.layout``），密集的矩陣沒有。"""
    if isinstance(likelihood, Bernoulli | Categorical | Gaussian | Mixed):
        return likelihood
    if isinstance(likelihood, str) and likelihood in FROM_ROWS:
        if layout is not None and isinstance(layout, LIKELIHOODS[likelihood]):  # type: ignore[arg-type]
            return layout
        instead, rows, schema = FROM_ROWS[likelihood]
        raise ValueError(
            f"引數 likelihood 是 {likelihood!r}，但這樣的資料看不出各變數有幾個水準；"
            f"請改給 {instead}（由編碼的規則而來），或把資料包成 {rows}"
            f"（{schema} 的 transform 給的就是，不要設 set_output）。"
        )
    if not isinstance(likelihood, str) or likelihood not in LIKELIHOODS:
        raise ValueError(
            f"引數 likelihood 是 {likelihood!r}；可用的概似（likelihood）是 {'、'.join(LIKELIHOODS)}，"
            '或 likelihood 模組裡的物件，例如 Gaussian("learned")。'
        )
    return LIKELIHOODS[likelihood]()


def describe(settings: Mapping[str, Any]) -> dict[str, Any]:
    """設定的 JSON 樣子；外來的隨機數產生器不寫進檔案，記成 None。"""
    seed = settings["random_state"]
    described = {name: _plain(value) for name, value in settings.items()}
    return described | {"random_state": int(seed) if isinstance(seed, Integral) else None}


def rebuild(described: Mapping[str, Any]) -> dict[str, Any]:
    """``describe`` 的反函數。"""
    settings = {**described, "hidden": tuple(described["hidden"])}
    if isinstance(settings["likelihood"], dict):
        arguments = dict(settings["likelihood"])
        settings["likelihood"] = LIKELIHOODS[arguments.pop("name")](**arguments)
    return settings


def fingerprint(settings: Mapping[str, Any], **data: Rows | None) -> dict[str, Any]:
    """決定訓練結果的一切；``epochs`` 除外，因為接著多訓練幾個週期是允許的。"""
    described = describe(settings)
    if described["random_state"] is None and settings["random_state"] is not None:
        state = json.dumps(generator(settings["random_state"]).bit_generator.state, default=_plain)
        described["random_state"] = hashlib.sha256(state.encode()).hexdigest()
    digests = {name: rows and rows.digest() for name, rows in data.items()}
    return digests | {name: value for name, value in described.items() if name not in WITHOUT_EFFECT}


def _plain(value: Any) -> Any:
    """NumPy 的數換成 Python 的，元組換成串列，概似換成名字與引數：同樣的設定有同樣的描述。"""
    if isinstance(value, np.generic | np.ndarray):
        return value.tolist()
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Bernoulli | Categorical | Gaussian | Mixed):
        return {"name": type(value).__name__.lower()} | arguments(value)
    return value


def arguments(likelihood: Likelihood) -> dict[str, Any]:
    """概似的引數，可以寫成 JSON，也可以重新建立它。"""
    names = [f.name for f in fields(likelihood) if f.init]  # type: ignore[arg-type]
    return {name: _plain(getattr(likelihood, name)) for name in names}
