"""量測的表與圖：CSV 給程式讀，Markdown 給人看，圖給第 9 章。"""

import csv
import io
import platform
import subprocess
from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from ..files import write_text
from .contestants import BOUND, CATEGORICAL, ENTRIES, NUMPY
from .measure import Timing, ratio, reference
from .processes import blas_core, node
from .scale import Cell, Rows
from .whole_study import Study

if TYPE_CHECKING:
    from matplotlib.axes import Axes

JAX = "jax_scan"
PACKAGES = ("numpy", "autograd", "tensorflow", "keras", "jax", "torch", "numba")
CONTESTANTS_CSV, MIXED_CSV, STUDY_CSV, ROWS_CSV, SHAPES_CSV, PAGE_CSV = (
    "contestants.csv", "mixed.csv", "whole_study.csv", "rows.csv", "shapes.csv", "page.csv",
)  # fmt: skip
TABLE, MACHINE, FIGURE, PAGE_MACHINE = "bench.md", "machine.txt", "contestants.svg", "page-machine.txt"
TICKS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100)
RECORDED = Path(__file__).with_name("recorded")
Record = TypeVar("Record")


@dataclass(frozen=True)
class Line:
    """表的一列；時間是毫秒一步。``to_bound``、``to_jax`` 是同一輪的比值的中位數。"""

    key: str
    name: str
    median: float
    low: float
    high: float
    cpu: float
    early: float
    late: float
    to_bound: float
    to_jax: float
    loss: float
    epochs: int

    @property
    def ours(self) -> bool:
        """是不是本書的寫法。"""
        return any(entry.key == self.key and entry.ours for entry in ENTRIES)


def lines(timings: Sequence[Timing]) -> list[Line]:
    """每位量成的參賽者一列，由快到慢；下限排最前面。"""
    bound, measured = reference(timings), [timing for timing in timings if not timing.failure]
    jax = next((timing for timing in measured if timing.entry.key == JAX), None)
    found = [_line(timing, bound, jax) for timing in measured]
    return sorted(found, key=lambda line: (line.key != BOUND, line.median))


def _line(timing: Timing, bound: Timing, jax: Timing | None) -> Line:
    return Line(
        timing.entry.key, timing.entry.name, timing.milliseconds, *timing.spread, timing.cpu_milliseconds,
        timing.early, timing.late, ratio(timing, bound), ratio(timing, jax) if jax else np.nan,
        timing.losses[-1], len(timing.wall),
    )  # fmt: skip


@dataclass(frozen=True)
class Table:
    """一種表：每列的微秒（中位數與四分位數），與同一輪裡是只有類別的表的幾倍。"""

    key: str
    name: str
    microseconds_per_row: float
    low: float
    high: float
    to_categorical: float
    loss: float
    epochs: int


def tables(timings: Sequence[Timing], n_rows: int) -> list[Table]:
    """只有類別的、類別與數字並存的，一種一列；``n_rows`` 是一個訓練週期的列數。"""
    categorical = reference(timings, CATEGORICAL)
    return [_table(reference(timings, timing.entry.key), categorical, n_rows) for timing in timings]


def _table(timing: Timing, categorical: Timing, n_rows: int) -> Table:
    per_row = 1e3 * timing.n_steps / n_rows
    median, low, high = (per_row * value for value in (timing.milliseconds, *timing.spread))
    return Table(
        timing.entry.key, timing.entry.name, median, low, high, ratio(timing, categorical),
        timing.losses[-1], len(timing.wall),
    )  # fmt: skip


@dataclass(frozen=True)
class Page:
    """一個引擎走完全部的訓練週期（含第一個的暖機）：CPU 與經過的秒數，CPU 時間是 NumPy 的幾倍。"""

    key: str
    name: str
    cpu_seconds: float
    wall_seconds: float
    to_numpy: float
    loss: float
    epochs: int


def pages(timings: Sequence[Timing]) -> list[Page]:
    """NumPy 引擎與網頁的引擎，各一列；任何一個沒有量成引發 ``RuntimeError``。"""
    numpy = sum(reference(timings, NUMPY).cpu)
    return [_page(reference(timings, timing.entry.key), numpy) for timing in timings]


def _page(timing: Timing, numpy: float) -> Page:
    cpu, wall, entry = sum(timing.cpu), sum(timing.wall), timing.entry
    return Page(entry.key, entry.name, cpu, wall, cpu / numpy, timing.losses[-1], len(timing.wall))


def pages_table(found: Sequence[Page]) -> str:
    """網頁的引擎與 NumPy 引擎的表。"""
    rows = [
        f"| {page.name} | {page.cpu_seconds:.1f} | {page.wall_seconds:.1f} "
        f"| {page.to_numpy:.2f} | {page.loss:.2f} |"
        for page in found
    ]
    head = "| 引擎 | CPU 秒 | 經過的秒 | CPU 時間對 NumPy | 最後的損失 |"
    return "\n".join([head, "| :-- | --: | --: | --: | --: |", *rows])


# ---- CSV ------------------------------------------------------------------------------------------------


def write_csv(path: Path, records: Sequence[Any]) -> None:
    """每個紀錄（dataclass）一列，欄名就是屬性名。"""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(field.name for field in fields(records[0]))
    writer.writerows(map(_cells, records))
    write_text(path, text.getvalue())


def _cells(record: Any) -> list[str]:
    return [f"{value:.6g}" if isinstance(value, float) else str(value) for value in astuple(record)]


def read_lines(folder: Path = RECORDED) -> list[Line]:
    """讀回 ``contestants.csv``；預設是隨書附上的那一次量測。"""
    return _read(folder / CONTESTANTS_CSV, Line)


def read_tables(folder: Path = RECORDED) -> list[Table]:
    """讀回 ``mixed.csv``；預設是隨書附上的那一次量測。"""
    return _read(folder / MIXED_CSV, Table)


def _read(path: Path, record: type[Record]) -> list[Record]:
    kinds: dict[str, Any] = {"key": str, "name": str, "epochs": int}
    with open(path, encoding="utf-8", newline="") as file:
        rows = [
            {name: kinds.get(name, float)(text) for name, text in row.items()} for row in csv.DictReader(file)
        ]
    return [record(**row) for row in rows]


# ---- Markdown -------------------------------------------------------------------------------------------


def contestants_table(found: Sequence[Line], timings: Sequence[Timing] = ()) -> str:
    """參賽者的表；``timings`` 裡沒有量成的排在最後，寫出原因。"""
    head = "| 寫法 | 毫秒／步（中位數） | 四分位數 | CPU 毫秒 | 前期 | 後期 | 對下限 | 對 JAX |"
    rule = "| :-- | --: | :-: | --: | --: | --: | --: | --: |"
    failed = [
        f"| {timing.entry.name} | 沒有量成：{timing.failure.replace('|', '／')} |" + " — |" * 6
        for timing in timings
        if timing.failure
    ]
    return "\n".join([head, rule, *map(_table_row, found), *failed])


def _table_row(line: Line) -> str:
    name = f"**{line.name}**" if line.ours else line.name
    numbers = (line.cpu, line.early, line.late, line.to_bound, line.to_jax)
    cells = [_three(line.median), f"{_three(line.low)}–{_three(line.high)}", *map(_three, numbers[:3])]
    return f"| {name} | {' | '.join(cells)} | {_two(line.to_bound)} | {_two(line.to_jax)} |"


def mixed_table(found: Sequence[Table]) -> str:
    """混合的表對只有類別的表。"""
    rows = [
        f"| {table.name} | {table.microseconds_per_row:.2f} | {table.low:.2f}–{table.high:.2f} "
        f"| {table.to_categorical:.2f} |"
        for table in found
    ]
    return "\n".join(
        ["| 表 | 微秒／列（中位數） | 四分位數 | 對只有類別 |", "| :-- | --: | :-: | --: |", *rows]
    )


@dataclass(frozen=True)
class StudyRun:
    """整個研究的一次計時。"""

    key: str
    name: str
    seconds: float
    loss: float


def study_runs(studies: dict[str, Study]) -> list[StudyRun]:
    """一次計時一列，給 CSV。"""
    return [StudyRun(s.key, s.name, seconds, s.loss) for s in studies.values() for seconds in s.seconds]


def study_table(studies: dict[str, Study]) -> str:
    """整個研究的表。"""
    slowest = max(study.median for study in studies.values())
    rows = [
        f"| {study.name} | {study.median:.1f} | {min(study.seconds):.1f}–{max(study.seconds):.1f} "
        f"| {slowest / study.median:.2f} | {study.loss:.2f} |"
        for study in studies.values()
    ]
    head = "| 寫法 | 秒（中位數） | 範圍 | 快幾倍 | 驗證的損失 |"
    return "\n".join([head, "| :-- | --: | :-: | --: | --: |", *rows])


def rows_table(found: Sequence[Rows]) -> str:
    """列數的表；時間的比值對第一列（三千列）。"""
    rows = [
        f"| {row.n_rows:,} | {row.microseconds_per_row:.2f} "
        f"| {row.microseconds_per_row / found[0].microseconds_per_row:.3f} | {row.peak_megabytes:.0f} |"
        for row in found
    ]
    return "\n".join(["| 列數 | 微秒／列 | 對三千列 | 記憶體高峰 MB |", "| --: | --: | --: | --: |", *rows])


def shapes_table(found: Sequence[Cell]) -> str:
    """寬度（列）與批次大小（欄）的表，每格是每列的微秒。"""
    sizes = sorted({cell.batch_size for cell in found})
    times = {(cell.hidden, cell.batch_size): cell.microseconds_per_row for cell in found}
    head = "| 隱藏層 | " + " | ".join(f"批次 {size}" for size in sizes) + " |"
    rows = []
    for hidden in dict.fromkeys(cell.hidden for cell in found):
        cells = " | ".join(f"{times[hidden, size]:.1f}" for size in sizes)
        rows.append(f"| {'-'.join(map(str, hidden))} | {cells} |")
    return "\n".join([head, "| :-- |" + " --: |" * len(sizes), *rows])


def machine() -> str:
    """量測的機器與版本，一行一項。"""
    found = {"處理器": _processor(), "系統": f"{platform.system()} {platform.machine()}"}
    found |= {"Python": platform.python_version(), "OpenBLAS 的核心": blas_core()}
    return "\n".join(f"{name}：{value}" for name, value in (found | _versions()).items())


def page_machine() -> str:
    """量網頁的引擎的機器，多一行 Node 的版本。"""
    answer = subprocess.run([node(), "--version"], capture_output=True, text=True, check=True).stdout.strip()
    return f"{machine()}\nNode：{answer}"


def _versions() -> dict[str, str]:
    found = {}
    for name in PACKAGES:
        try:
            found[name] = version(name if name != "tensorflow" else _tensorflow())
        except PackageNotFoundError:
            found[name] = "沒有安裝"
    return found


def _tensorflow() -> str:
    """Linux 與 Windows 的 x86-64 裝的是 tensorflow-cpu。"""
    try:
        version("tensorflow")
    except PackageNotFoundError:
        return "tensorflow-cpu"
    return "tensorflow"


def _processor() -> str:
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return platform.processor() or "不明"
    names = [line.split(":", 1)[1].strip() for line in text.splitlines() if line.startswith("model name")]
    return names[0] if names else "不明"


def _two(value: float) -> str:
    return "—" if np.isnan(value) else f"{value:.2f}"


def _three(value: float) -> str:
    return "—" if np.isnan(value) else f"{value:.3f}"


# ---- 圖 -------------------------------------------------------------------------------------------------


def draw(ax: "Axes", found: Sequence[Line]) -> None:
    """每位參賽者一點（毫秒一步，對數軸），橫線是四分位距，淡線從下限拉過去；虛線是下限。"""
    from matplotlib.ticker import NullFormatter, ScalarFormatter

    from ..plotting import COLOURS

    racers = sorted((line for line in found if line.key != BOUND), key=lambda line: -line.median)
    bound = next(line for line in found if line.key == BOUND)
    for y, line in enumerate(racers):
        colour = COLOURS["q"] if line.ours else COLOURS["muted"]
        ax.plot([bound.median, line.median], [y, y], color=colour, linewidth=1, alpha=0.35)
        ax.plot([line.low, line.high], [y, y], color=colour, linewidth=2.5)
        ax.plot(line.median, y, "o", color=colour, markersize=7)
        ax.annotate(
            f"{line.median:.2f}（{line.to_bound:.2f} 倍）", (max(line.median, line.high), y), (7, 0),
            textcoords="offset points", va="center", fontsize="small", color=COLOURS["ink"],
        )  # fmt: skip
    ax.axvline(bound.median, color=COLOURS["p"], linestyle="--", linewidth=1.2)
    ax.annotate(
        f"下限 {bound.median:.2f}", (bound.median, len(racers) - 0.5), (4, 0), textcoords="offset points",
        va="center", fontsize="small", color=COLOURS["p"],
    )  # fmt: skip
    ax.set_yticks(range(len(racers)), [line.name for line in racers])
    for label, line in zip(ax.get_yticklabels(), racers, strict=True):
        label.set_color(COLOURS["q"] if line.ours else COLOURS["ink"])
    ax.set(xscale="log", xlabel="毫秒／步（對數軸；括號裡是下限的幾倍）", ylim=(-0.6, len(racers) - 0.1))
    ax.set_xlim(bound.median * 0.85, max(line.high for line in found) * 2.5)
    ax.set_xticks([tick for tick in TICKS if ax.get_xlim()[0] < tick < ax.get_xlim()[1]])
    ax.xaxis.set_major_formatter(ScalarFormatter())
    ax.xaxis.set_minor_formatter(NullFormatter())
    ax.grid(axis="y", visible=False)


def save_figure(path: Path, found: Sequence[Line]) -> None:
    """把 ``draw`` 的圖存成檔案。"""
    from matplotlib.figure import Figure

    from .. import plotting

    plotting.use_course_style()
    figure = Figure(figsize=(8.4, 0.42 * len(found) + 1.2))
    draw(figure.add_subplot(), found)
    plotting.save_figure(figure, path)
