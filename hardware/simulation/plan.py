"""What a simulated station is made of, as a person writes it: in a TOML file, or in words on the command line. Pure."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta, Struct

from hardware.ports import Decimals
from hardware.protocol import DispenserProtocol
from hardware.registry import dispenser
from hardware.simulation.faults import parse
from hardware.simulation.pump import SimulatedPoint
from hardware.simulation.script import Visit, seconds, step
from shared.errors import Refused
from shared.money import parse_per_litre
from shared.settings import load

GRADES: Final = (("92#", "95#"), ("92#", "95#"), ("98#", "0#"), ("98#", "0#"))
"""Two dispensers: four fuelling points, eight nozzles."""
MOST_POINTS: Final = 32
_Odds = Annotated[float, Meta(ge=0, le=1)]


# ── As it is written ──────────────────────────────────────────────────────────────────────────────────────────────────


class LineTable(Struct, frozen=True, forbid_unknown_fields=True):
    """``[[lines]]``, or the words of ``--line``."""

    protocol: str = "wayne-dart"
    listen: str = "pty"
    points: Annotated[int, Meta(ge=0, le=MOST_POINTS)] = 0
    """How many; 0: as many as ``grades`` names."""
    grades: tuple[tuple[str, ...], ...] = ()
    """By fuelling point, one for each nozzle; begun again for further points."""
    first_address: int | None = None
    turnaround: tuple[int, int] = (10, 25)
    """Milliseconds before an answer: the shortest and the longest."""
    fast: bool = False
    faults: dict[str, _Odds] = {}
    habits: dict[str, Any] = {}


class CustomerTable(Struct, frozen=True, forbid_unknown_fields=True):
    """``[[customers]]``: somebody who comes by script."""

    point: int
    at: Decimal = Decimal(0)
    """Seconds of life after the start."""
    does: tuple[str, ...] = ()
    """Steps, as ``hardware.simulation.script`` knows them."""


class PlanTable(Struct, frozen=True, forbid_unknown_fields=True):
    """The whole file."""

    seed: int = 1
    arrivals: Decimal = Decimal(0)
    """Mean seconds between cars; 0: none come by themselves."""
    speed: Decimal = Decimal(1)
    """How many times faster than life people fuel."""
    control: str = ""
    report: str = ""
    prices: dict[str, str] = {}
    """Grade → yuan a litre, as programmed already."""
    faults: dict[str, _Odds] = {}
    """On every line."""
    lines: tuple[LineTable, ...] = ()
    customers: tuple[CustomerTable, ...] = ()


# ── As it is built ────────────────────────────────────────────────────────────────────────────────────────────────────


class LinePlan(Struct, frozen=True):
    """One line. Times in microseconds."""

    protocol: DispenserProtocol
    points: tuple[SimulatedPoint, ...]
    turnaround: tuple[int, int] = (0, 0)
    true_speed: bool = False
    faults: Mapping[str, float] = {}
    habits: Mapping[str, Any] = {}
    listen: str = "pty"


class StationPlan(Struct, frozen=True):
    """A station. Times in microseconds."""

    lines: tuple[LinePlan, ...]
    every: int = 0
    """Mean time between customers; 0 for none."""
    speed: int = 1_000
    """How fast customers fuel and act, in thousandths of life."""
    seed: int = 1
    report: str = ""
    """A file for the truth; empty for none."""
    visits: tuple[Visit, ...] = ()


def read(text: str) -> PlanTable:
    """A plan from its file. :exc:`shared.errors.SettingsMisread` names the key that is wrong."""
    return load(text, PlanTable)


def build(table: PlanTable) -> StationPlan:
    """The station that is meant. :exc:`Refused` and ``ValueError`` say what makes no sense."""
    lines: list[LinePlan] = []
    for line in table.lines or (LineTable(),):
        first = 1 + sum(len(line.points) for line in lines)
        lines.append(_line(line, first, table))
    return StationPlan(
        tuple(lines),
        thousandths(table.arrivals, "arrivals") * 1_000,
        max(1, thousandths(table.speed, "speed")),
        table.seed,
        table.report,
        tuple(Visit(seconds(each.at), each.point, tuple(map(step, each.does))) for each in table.customers),
    )


def _line(line: LineTable, first_point: int, table: PlanTable) -> LinePlan:
    protocol = dispenser(line.protocol)
    first = protocol.first_address if line.first_address is None else line.first_address
    prices = {grade: parse_per_litre(price) for grade, price in table.prices.items()}
    odds = dict(table.faults) | dict(line.faults)
    parse(odds)  # whoever names a fault that is not known is told so
    least, most = line.turnaround
    if not 0 <= least <= most:
        raise Refused("wrong_turnaround", f"A turnaround of {least} to {most} ms: the first number must be smaller.")
    return LinePlan(
        protocol,
        places(_nozzles(line, protocol), first, prices, first_point, decimals_of(protocol)),
        (0, 0) if line.fast else (least * 1_000, most * 1_000),
        not line.fast,
        odds,
        line.habits,
        line.listen,
    )


def _nozzles(line: LineTable, protocol: DispenserProtocol) -> list[tuple[str, ...]]:
    """The grades of each fuelling point."""
    pattern = line.grades or tuple(grades[: protocol.most_nozzles] for grades in GRADES)
    count = line.points or len(pattern)
    most = min(protocol.most_points, MOST_POINTS)
    if not 1 <= count <= most:
        raise Refused("too_many_points", f"A line of {protocol.name} has 1 to {most} fuelling points, not {count}.")
    crowded = [grades for grades in pattern if not 1 <= len(grades) <= protocol.most_nozzles]
    if crowded:
        raise Refused(
            "too_many_nozzles",
            f"A fuelling point of {protocol.name} has 1 to {protocol.most_nozzles} nozzles, not {len(crowded[0])}.",
        )
    return [pattern[at % len(pattern)] for at in range(count)]


def places(
    grades: Sequence[Sequence[str]],
    first_address: int,
    prices: Mapping[str, int],
    first_point: int = 1,
    decimals: Decimals = Decimals(),  # noqa: B008 frozen
) -> tuple[SimulatedPoint, ...]:
    """Fuelling points with these grades at their nozzles; programmed when all these grades have prices."""
    return tuple(
        SimulatedPoint(first_point + at, first_address + at, tuple(nozzles), decimals, _known(nozzles, prices))
        for at, nozzles in enumerate(grades)
    )


def decimals_of(protocol: DispenserProtocol) -> Decimals:
    """As its dispensers leave the works; the meter counts no finer than the totaliser tells, so that nothing is cut."""
    said = protocol.decimals
    coarsest = said.volume if said.totaliser is None else min(said.volume, said.totaliser)
    return msgspec.structs.replace(said, volume=coarsest)


def _known(grades: Sequence[str], prices: Mapping[str, int]) -> dict[int, int]:
    known = {nozzle: prices[grade] for nozzle, grade in enumerate(grades, 1) if grade in prices}
    return known if len(known) == len(grades) else {}


# ── Words of the command line ─────────────────────────────────────────────────────────────────────────────────────────


def line_words(text: str, unless_said: LineTable) -> LineTable:
    """``PROTOCOL[,listen=tcp:127.0.0.1:0][,points=4][,grades=92#+95#;0#][,turnaround=10:25][,fast][,first-address=0x50]
    [,habit.NAME=VALUE][,fault.NAME=ODDS]``. :exc:`Refused` says which word makes no sense.
    """
    protocol, *words = text.split(",")
    said: dict[str, Any] = {"protocol": protocol}
    for word in words:
        key, _, value = word.partition("=")
        table, _, name = key.partition(".")
        if name and table in ("habit", "fault"):
            said.setdefault(f"{table}s", {})[name] = value
        else:
            said[key.replace("-", "_")] = _word(key, value)
    try:
        return msgspec.convert(msgspec.structs.asdict(unless_said) | said, LineTable, strict=False)
    except msgspec.ValidationError as why:
        known = "listen, points, grades, first-address, turnaround, fast, habit.NAME, fault.NAME"
        raise Refused("unknown_option", f"--line {text}: {why}. Known here: {known}.") from None


def _word(key: str, value: str) -> Any:
    match key:
        case "grades":
            return grades_words(value.replace("+", ","))
        case "turnaround":
            return turnaround_words(value)
        case "first-address":
            return int(value, 0)
        case "fast" if not value:
            return True
        case _:
            return value


def grades_words(text: str) -> tuple[tuple[str, ...], ...]:
    """``92#,95#;98#,0#``: fuelling points and their nozzles; none for an empty text."""
    return tuple(tuple(grades.split(",")) for grades in text.split(";")) if text else ()


def turnaround_words(text: str) -> tuple[int, int]:
    """``15`` or ``10:25`` milliseconds."""
    least, _, most = text.partition(":")
    try:
        return int(least), int(most or least)
    except ValueError:
        raise Refused("wrong_turnaround", f"“{text}” is no turnaround; write milliseconds, as 15 or 10:25.") from None


def thousandths(number: Decimal, name: str) -> int:
    """A whole number of thousandths; :exc:`Refused` when it can't be."""
    if not number.is_finite() or not 0 <= number < 1_000_000:
        raise Refused("wrong_number", f"{number} is no number for {name}.")
    return int(number * 1_000)
