"""``housing``：在房價資料上訓練一個 VAE，印出結果，寫出模型、訓練紀錄與圖。"""

import argparse
import time
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import settings
from .arguments import integer, number, one_of, option, pad
from .results import results_folder

if TYPE_CHECKING:
    from ..housing.data import Houses

SUMMARY = "在房價資料上訓練 VAE，看房價在潛在空間裡看不看得出來"
SOURCES = ("ames", "kaggle")
MISSING = ("zeros", "level")
LIKELIHOODS = ("bernoulli", "categorical")
OUT = "runs/housing"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    data = parser.add_argument_group("資料")
    option(data, "data", "ames", "|".join(SOURCES), "哪一份資料；ames 隨套件而來（預設）")
    option(data, "folder", None, "DIR", "Kaggle 的 train.csv 與 test.csv 所在；與 --data kaggle 一起用")
    missing = "缺失：zeros 整組為 0，是原文的做法（預設）；level 把「沒有」編成水準「無」"
    option(data, "missing", "zeros", "|".join(MISSING), missing)
    model = parser.add_argument_group("模型與訓練")
    for name, kind, value, metavar, text in _model_options():
        option(model, name, value, metavar, f"{text}（預設 {value}）", kind)
    output = parser.add_argument_group("輸出")
    option(output, "out", OUT, "DIR", f"結果寫到哪裡（預設 {OUT}）")
    output.add_argument("--force", action="store_true", help="資料夾裡有東西時，換掉同名的檔案；其他檔案不動")
    output.add_argument("--quiet", action="store_true", help="不顯示進度")


def _model_options() -> list[tuple[str, Any, Any, str, str]]:
    return [
        ("epochs", integer, 60, "N", "訓練週期（epoch）的次數"),
        ("beta", number, 1.0, "W", "KL 的權重；1 就是 ELBO"),
        ("warmup-epochs", integer, 20, "N", "KL 的權重用幾個訓練週期升到定值；0 是不暖身"),
        ("kl", str, "closed_form", "|".join(settings.CHOICES["kl"]), "KL 怎麼算"),
        ("likelihood", str, "bernoulli", "|".join(LIKELIHOODS), "概似：各欄獨立，或一個變數一個 softmax"),
        ("latent-dim", integer, 2, "N", "潛在空間的維度"),
        ("engine", str, "numpy", "|".join(settings.CHOICES["engine"]), "梯度由誰算；三者結果相同"),
        ("batch-size", integer, 32, "N", "一個小批次幾棟房子"),
        ("learning-rate", number, 1e-3, "RATE", "Adam 的學習率"),
        ("seed", integer, 0, "N", "隨機種子；同一個種子給同樣的位元"),
    ]


def run(args: argparse.Namespace) -> int:
    vae = _make_vae(args)
    houses = _load(args)
    with results_folder(args.out, args.force) as folder:
        from ..housing import artifacts, experiment
        from . import summary

        started = time.perf_counter()
        with np.errstate(all="ignore"):  # 發散時，訓練迴圈會說清楚；NumPy 的英文警告不必先出現
            trained = experiment.run(houses, vae, args.missing, args.seed)
        seconds = time.perf_counter() - started
        measures = experiment.measure(trained, args.seed)
        artifacts.write(folder, trained, measures, _options(args))
    print("\n" + summary.describe(trained, measures, seconds))
    print(f"\n結果寫在 {args.out}：")
    print("\n".join(f"  {pad(name, 18)}{what}" for name, what in artifacts.FILES.items()))
    return 0


def _options(args: argparse.Namespace) -> dict[str, Any]:
    """決定結果的選項；寫到哪裡、顯不顯示進度不算。"""
    return {name: value for name, value in vars(args).items() if name not in ("run", "out", "force", "quiet")}


def _make_vae(args: argparse.Namespace) -> Any:
    """讀資料以前先檢查設定，打錯字才不必等。"""
    from ..model import VAE

    one_of("likelihood", args.likelihood, LIKELIHOODS)
    settings.check_integer("--seed", args.seed, 0)
    names = ("epochs", "beta", "warmup_epochs", "kl", "likelihood", "latent_dim", "engine", "batch_size")
    chosen = {name: getattr(args, name) for name in (*names, "learning_rate")}
    vae = VAE(**chosen, random_state=args.seed, verbose=not args.quiet)
    settings.check(vae.get_params(deep=False))
    return vae


def _load(args: argparse.Namespace) -> "Houses":
    one_of("data", args.data, SOURCES)
    one_of("missing", args.missing, MISSING)
    if args.data == "ames" and args.folder:
        raise ValueError("引數 --folder 只與 --data kaggle 一起用；請加上 --data kaggle，或拿掉 --folder。")
    if args.data == "kaggle" and not args.folder:
        raise ValueError("--data kaggle 需要 --folder；請指定放著 train.csv 與 test.csv 的資料夾。")
    from ..housing import data

    return data.load_ames() if args.data == "ames" else data.load_kaggle(args.folder)
