"""會出事的參賽者：每一種出事的方式一個。"""

import os
import signal
import sys
import time

from vae_from_scratch.bench.contestants import Entry


class Steady:
    """沒事的那一位；每個訓練週期的損失都是行程的編號。"""

    def __init__(self, problem):
        pass

    def epoch(self):
        return float(os.getpid())


class Raises:
    def __init__(self, problem):
        raise ValueError("權重的形狀不對\n第二行不必說")


class Exits:
    def __init__(self, problem):
        sys.exit(3)


class Segfaults:
    """頭一個訓練週期好好的，第二個當掉。"""

    def __init__(self, problem):
        self.calls = 0

    def epoch(self):
        self.calls += 1
        if self.calls == 2:
            os.kill(os.getpid(), signal.SIGSEGV)
        return 0.0


class Hangs:
    def __init__(self, problem):
        time.sleep(3600)


class RaisesLater(Segfaults):
    def epoch(self):
        raise MemoryError


def entry(name: str, package: str = "numpy") -> Entry:
    place = "tests.bench.nowhere" if name == "Missing" else __name__
    return Entry("bound" if name == "Steady" else name, name, f"{place}:{name}", package)
