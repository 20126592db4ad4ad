"""匯入套件只拉進 NumPy；各個部分用到時才載入自己要的東西。"""

import subprocess
import sys

import pytest

HEAVY = ("tensorflow", "keras", "pandas", "matplotlib", "sklearn", "scipy", "autograd", "tqdm")


def loaded_by(code: str) -> set[str]:
    """在新的行程執行 ``code`` 以後，HEAVY 裡有哪些被載入了。"""
    report = f"import sys; {code}; print([name for name in {HEAVY} if name in sys.modules])"
    output = subprocess.run([sys.executable, "-c", report], capture_output=True, text=True, check=True)
    return set(eval(output.stdout))


@pytest.mark.parametrize(
    ("code", "allowed"),
    [
        ("import vae_from_scratch", set()),
        ("from vae_from_scratch import Adam, Bernoulli, Network, gaussian, make_engine, objective", set()),
        ("from vae_from_scratch import gaussian, likelihood, objective, network, optimizer, rows", set()),
        ("from vae_from_scratch import bounds, storage, training", set()),
        ("from vae_from_scratch.gradients import make_engine, hand_derived", set()),
        ("from vae_from_scratch.gradients import with_autograd", {"autograd"}),
        ("from vae_from_scratch import VAE", {"sklearn", "scipy", "pandas"}),
    ],
)
def test_only_what_is_needed(code, allowed) -> None:
    assert loaded_by(code) <= allowed


def test_the_check_sees_a_heavy_import() -> None:
    """反例。"""
    assert "autograd" in loaded_by("import autograd")


def test_unknown_name_lists_the_public_ones() -> None:
    import vae_from_scratch

    with pytest.raises(AttributeError, match=r"沒有「Vae」；公開的名字是 VAE、Autoencoder、gaussian"):
        _ = vae_from_scratch.Vae
