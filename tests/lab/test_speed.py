"""訓練的快慢：放慢的照說的一秒幾步，跟不上的電腦不追趕；不論多慢，都常常回頭看新的指令。"""

import json
import subprocess
from pathlib import Path

import pytest

from tests.lab.test_guided_experiments import PROGRAMS
from vae_from_scratch.bench.processes import node

DRIVE = Path(__file__).with_name("paced.cjs")
SECONDS = 20


def paced(rate: int, cost: float) -> dict[str, float]:
    """假的時鐘走 20 秒：一步要 ``cost`` 毫秒的電腦，定成一秒 ``rate`` 步（0 是最快）。"""
    command = [str(node()), str(DRIVE), str(PROGRAMS / "lab" / "trainer.js"), str(rate), str(cost)]
    done = subprocess.run([*command, str(1000 * SECONDS)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("rate", [4, 100])
def test_a_slowed_run_makes_the_steps_it_says(rate):
    found = paced(rate, cost=1)
    assert found["steps"] == pytest.approx(rate * SECONDS, rel=0.02)


def test_every_step_of_the_slowest_is_shown():
    found = paced(4, cost=1)
    assert found["snapshots"] >= found["steps"]


def test_a_computer_that_cannot_keep_up_does_not_chase(rate=100, cost=50):
    """一步 50 毫秒，追不上一秒一百步：走多少算多少，每走一步就回頭看一次指令。"""
    found = paced(rate, cost)
    assert found["steps"] == pytest.approx(1000 * SECONDS / cost, rel=0.1)
    assert found["longest"] < 3 * cost


def test_the_fastest_only_stops_to_look_and_to_show():
    """反向對照：最快的不等，多出幾十倍的步。"""
    found = paced(0, cost=1)
    assert found["steps"] > 0.7 * 1000 * SECONDS > 5 * paced(100, cost=1)["steps"]
    assert found["longest"] < 50
