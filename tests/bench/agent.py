"""The whole agent of a large station: how much of a core and of memory two full lines take.

64 fuelling points on two lines at 9600 8O1 over ptys, automatic release, about a quarter of them fuelling. The pumps
are processes of their own (``jiayou-sim``), and so is the agent: ``python -m tests.bench.agent FOLDER LINE LINE``.
"""

import asyncio
import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from msgspec import Struct

from edge.app import build
from edge.settings import (
    Authorise,
    LineSettings,
    PageSettings,
    PointSettings,
    Settings,
    StationSettings,
    StoreSettings,
)
from edge.store import books
from shared.messages import TariffBook
from shared.tariff import Tariff
from tests.bench.figure import Figure, at_least, at_most

POINTS = 32
FIRST = 0x50
GRADES = ("92#", "95#")
PRICES = {"92#": 7_850, "95#": 8_360}
SECONDS_BETWEEN_CARS = 5
"""On each line; a car stays about a minute, so that ten to twelve of its points are busy."""
SETTLING = 60
"""Seconds until the agent knows its pumps and the yard is full."""
_TICKS = os.sysconf("SC_CLK_TCK")


class Cost(Struct, frozen=True):
    """What the agent took."""

    share: float
    """Of a core."""
    megabytes: float
    """Resident, at the most."""
    phases: dict[str, int]
    """How many of its points were doing what, at the end."""
    sales: int


def figures(seconds: int = 30) -> list[Figure]:
    """Against the limits that the agent has on a station's small computer."""
    cost = measure(seconds)
    busy = ", ".join(f"{count} {phase}" for phase, count in sorted(cost.phases.items()))
    against = f"a core; 2 lines of {POINTS} points: {busy}; {cost.sales} sales"
    return [
        at_most("agent_cpu_share", cost.share, 0.25, "cores", against),
        at_most("agent_rss", cost.megabytes, 150, "MB", "the memory of one process, at its most"),
        at_least("agent_points_fuelling", cost.phases.get("fuelling", 0), 8, "points", "so that it was at work"),
    ]


def measure(seconds: int) -> Cost:
    """Run the station, and look at the agent's process for so long."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        lines = [stack.enter_context(_pumps(folder / f"line-{n}", n)) for n in (1, 2)]
        agent = stack.enter_context(_process(["tests.bench.agent", str(folder), *map(str, lines)]))
        _said(agent)
        time.sleep(SETTLING)
        before, began = _cpu(agent.pid), time.monotonic()
        time.sleep(seconds)
        share = (_cpu(agent.pid) - before) / (time.monotonic() - began)
        return Cost(share, _memory(agent.pid), **json.loads(_asked(agent)))


def _cpu(pid: int) -> float:
    """Seconds of processor time so far, of all its threads."""
    words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / _TICKS


def _memory(pid: int) -> float:
    rows = dict(row.split(":", 1) for row in Path(f"/proc/{pid}/status").read_text().splitlines())
    return int(rows["VmHWM"].split()[0]) / 1024


@contextmanager
def _pumps(link: Path, seed: int) -> Iterator[Path]:
    prices = ",".join(f"{grade}={price / 1000:.2f}" for grade, price in PRICES.items())
    words = f"station --link {link} --dispensers {POINTS // 2} --grades {','.join(GRADES)} --prices {prices}"
    with _process(["hardware", *words.split(), "--arrivals", str(SECONDS_BETWEEN_CARS), "--seed", str(seed)]) as pumps:
        _said(pumps)
        yield link


@contextmanager
def _process(words: Sequence[str]) -> Iterator["subprocess.Popen[str]"]:
    with subprocess.Popen(
        [sys.executable, "-m", *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.terminate()


def _said(process: "subprocess.Popen[str]") -> str:
    if process.stdout is None or not (line := process.stdout.readline()):
        raise RuntimeError("a process of the benchmark has ended; what it said stands above")
    return line


def _asked(process: "subprocess.Popen[str]") -> str:
    if process.stdin is not None:
        process.stdin.write("\n")
        process.stdin.flush()
    return _said(process)


# ── The agent's process ───────────────────────────────────────────────────────────────────────────────────────────────


async def main(folder: str, *lines: str) -> None:
    """Sells until it is ended; says how it stands whenever it is sent a line. Its log goes into the folder."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(os.open(Path(folder) / "agent.log", os.O_WRONLY | os.O_CREAT), 1)
    async with build(_settings(Path(folder), lines)) as agent:
        await agent.store.run(books.keep_tariffs, TariffBook(1, (Tariff(1, 0, PRICES, "head office"),)))
        await agent.forecourt.tariffs_changed()
        print("ready", file=answers, flush=True)
        while await asyncio.to_thread(sys.stdin.readline):
            phases = Counter(str(point.phase) for point in await agent.forecourt.points())
            sales = len(await agent.forecourt.sales(0, 10_000))
            print(json.dumps({"phases": phases, "sales": sales}), file=answers, flush=True)


def _settings(folder: Path, lines: Sequence[str]) -> Settings:
    return Settings(
        StationSettings("bench", "基准站"),
        StoreSettings(str(folder / "station.sqlite"), budget_mb=100),
        tuple(_line(number, url) for number, url in enumerate(lines)),
        Authorise.AUTOMATIC,
        page=PageSettings(port=0),
    )


def _line(number: int, url: str) -> LineSettings:
    points = tuple(PointSettings(number * POINTS + n, FIRST + n - 1, GRADES) for n in range(1, POINTS + 1))
    return LineSettings(f"line {number + 1}", "wayne-dart", url, points)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
