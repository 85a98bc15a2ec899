"""``jiayou-sim``: a station of simulated dispensers."""

import argparse
import json
import signal
import sys
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import Final

from hardware.gauges import program as gauge
from hardware.registry import DISPENSERS, dispenser
from hardware.simulation.control import Control
from hardware.simulation.faults import FAULTS, parse
from hardware.simulation.station import SimulatedStation, StationPlan, places
from hardware.simulation.wire import plug
from shared.errors import JiayouError
from shared.money import parse_per_litre

_GRADES: Final = (("92#", "95#"), ("92#", "95#"), ("98#", "0#"), ("98#", "0#"))
"""Two dispensers: four fuelling points, eight nozzles."""
_EXIT = """exit codes: 0 ended as asked, 1 a port can't be used, 2 a wrong option.
Ends at SIGINT or SIGTERM. The first line on standard output is JSON and says where everything can be reached."""


def main(words: Sequence[str] | None = None) -> int:
    """The command line. The exit code: 0 ended as asked, 1 a port can't be used, 2 a wrong option."""
    parser = _parser()
    wishes = parser.parse_args(words)
    try:
        return int(wishes.run(wishes))
    except (_Wrong, ValueError) as why:
        parser.error(str(why))
    except JiayouError as why:
        print(f"jiayou-sim: {why}", file=sys.stderr)
        return 1


class _Wrong(Exception):
    """An option makes no sense."""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="jiayou-sim", description="Simulated dispensers and tank gauges.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    station = commands.add_parser(
        "station",
        help="dispensers on one line, with customers",
        description="Dispensers on one line, with customers and faults. They keep their totalisers while this runs.",
        epilog=_EXIT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    _line_options(station)
    _people_options(station)
    station.set_defaults(run=_station)
    gauge.add_command(commands)
    return parser


def _line_options(parser: argparse.ArgumentParser) -> None:
    line = parser.add_argument_group("the line")
    line.add_argument("--protocol", default="wayne-dart", help=f"one of: {', '.join(DISPENSERS)}")
    line.add_argument("--listen", default="pty", help="pty, pty:/path/of/a/link, or tcp:host:port (port 0: any)")
    line.add_argument("--link", default="", help="a path that leads to the pty and stays the same at each start")
    line.add_argument("--dispensers", type=int, help="how many, of two fuelling points each (default 2)")
    line.add_argument("--grades", help="grades by fuelling point, as 92#,95#;98#,0# (repeated for further points)")
    line.add_argument("--point", action="append", default=[], metavar="GRADES", help="one more fuelling point: 92#,95#")
    line.add_argument(
        "--prices", default="", help="prices that are programmed already: 92#=7.85,0#=7.52 (default: none)"
    )
    line.add_argument(
        "--first-address", type=lambda text: int(text, 0), help="address of point 1 (default: as from works)"
    )
    line.add_argument("--turnaround", default="10:25", help="milliseconds before an answer, from:to (default 10:25)")
    line.add_argument("--fast", action="store_true", help="no line speed and no turnaround: as fast as it can")


def _people_options(parser: argparse.ArgumentParser) -> None:
    people = parser.add_argument_group("the people")
    people.add_argument("--arrivals", type=Decimal, default=Decimal(0), help="mean seconds between cars; 0: none come")
    people.add_argument("--speed", type=Decimal, default=Decimal(1), help="how many times faster than life they fuel")
    people.add_argument("--seed", type=int, default=1, help="the same seed, the same customers and faults")
    people.add_argument("--fault", action="append", default=[], metavar="NAME[:ODDS]", help="; ".join(_faults()))
    people.add_argument(
        "--control", default="", metavar="[HOST:]PORT", help="a door for scripts on loopback (0: any port)"
    )
    people.add_argument(
        "--report", default="", metavar="FILE", help="where to write what was really dispensed, as JSON"
    )
    people.add_argument("--json", action="store_true", help="print what was really dispensed at the end, as JSON")


def _faults() -> list[str]:
    return [f"{name}: {means}" for name, means in FAULTS.items()]


def _station(wishes: argparse.Namespace) -> int:
    plan = _plan(wishes)
    station = SimulatedStation(plan, plug(wishes.listen, wishes.link))
    control = _control(wishes.control, station)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: station.stop())
    reached = {"line": station.url, "control": control.url if control else None, "points": len(plan.points)}
    print(json.dumps(reached), flush=True)
    if control:
        control.start()
    station.serve()
    if control:
        control.stop()
    if wishes.json:
        print(json.dumps(station.truth(), ensure_ascii=False), flush=True)
    return 0


def _plan(wishes: argparse.Namespace) -> StationPlan:
    try:
        protocol, faults = dispenser(wishes.protocol), parse(wishes.fault)
    except JiayouError as why:
        raise _Wrong(str(why)) from why
    first = protocol.first_address if wishes.first_address is None else wishes.first_address
    return StationPlan(
        protocol,
        places(_nozzles(wishes), first, _prices(wishes.prices)),
        (0, 0) if wishes.fast else _turnaround(wishes.turnaround),
        not wishes.fast,
        _thousandths(wishes.arrivals, "--arrivals") * 1_000,
        max(1, _thousandths(wishes.speed, "--speed")),
        wishes.seed,
        faults,
        wishes.report,
    )


def _nozzles(wishes: argparse.Namespace) -> list[tuple[str, ...]]:
    """The grades of each fuelling point, as asked for in one of three ways."""
    if wishes.point:
        return [tuple(grades.split(",")) for grades in wishes.point]
    pattern = [tuple(grades.split(",")) for grades in wishes.grades.split(";")] if wishes.grades else list(_GRADES)
    count = len(pattern) if wishes.dispensers is None else 2 * wishes.dispensers
    if not 1 <= count <= 32:
        raise _Wrong("A line has 1 to 32 fuelling points, that is at most 16 dispensers.")
    return [pattern[i % len(pattern)] for i in range(count)]


def _prices(text: str) -> dict[str, int]:
    pairs = [pair.partition("=") for pair in text.split(",") if pair]
    return {grade: parse_per_litre(price) for grade, _, price in pairs}


def _turnaround(text: str) -> tuple[int, int]:
    least, _, most = text.partition(":")
    try:
        times = (int(least) * 1_000, int(most or least) * 1_000)
    except ValueError:
        raise _Wrong(f"“{text}” is no turnaround; write milliseconds, as 15 or 10:25.") from None
    if not 0 <= times[0] <= times[1]:
        raise _Wrong(f"“{text}” is no turnaround: the first number must be the smaller one.")
    return times


def _thousandths(number: Decimal, option: str) -> int:
    try:
        value = int(number * 1_000)
    except (InvalidOperation, OverflowError, ValueError):
        raise _Wrong(f"{number} is no number for {option}.") from None
    if value < 0:
        raise _Wrong(f"{option} can't be negative.")
    return value


def _control(text: str, station: SimulatedStation) -> Control | None:
    if not text:
        return None
    host, _, port = text.rpartition(":")
    if host not in ("", "127.0.0.1", "localhost", "[::1]") or not port.isdecimal() or int(port) > 65_535:
        raise _Wrong(f"“{text}” is no control port: it must be on loopback, as 127.0.0.1:8700.")
    return Control(station, "127.0.0.1", int(port))


if __name__ == "__main__":
    sys.exit(main())
