"""``jiayou-sim``: a station of simulated dispensers and gauges, and the judge of what was sold there."""

import argparse
import json
import signal
import sys
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import msgspec

from hardware.gauges import program as gauge
from hardware.registry import DISPENSERS
from hardware.road import program as road
from hardware.simulation.check import Judged, judge, read_sales, read_truth
from hardware.simulation.control import Control
from hardware.simulation.faults import FAULTS, parse
from hardware.simulation.plan import LineTable, PlanTable, build, grades_words, line_words, read, turnaround_words
from hardware.simulation.station import SimulatedStation
from hardware.simulation.wire import plug
from hardware.swarm import program as swarm
from shared.errors import JiayouError, Refused, SettingsMisread

_EXIT: Final = """exit codes: 0 ended as asked, 1 a port can't be used, 2 a wrong option.
Ends at SIGINT or SIGTERM. The first line on standard output is JSON and says where everything can be reached."""
_CHECKED: Final = "exit codes: 0 all agree, 1 they differ, 2 a file can't be read."


def main(words: Sequence[str] | None = None) -> int:
    """The command line. The exit code: 0 ended as asked, 1 a port can't be used, 2 a wrong option."""
    parser = _parser()
    wishes = parser.parse_args(words)
    try:
        return int(wishes.run(wishes))
    except (Refused, SettingsMisread, ValueError) as why:
        parser.error(str(why))
    except JiayouError as why:
        print(f"jiayou-sim: {why}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="jiayou-sim", description="Simulated dispensers, tank gauges and networks.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    station = commands.add_parser(
        "station",
        help="dispensers on one or several lines, with customers",
        description="Dispensers with customers and faults. They keep their totalisers while this runs.",
        epilog=_EXIT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    station.set_defaults(run=_station)
    station.add_argument("--plan", type=Path, metavar="FILE", help="the whole station as a TOML file; see configs/")
    _lines_options(station)
    _line_options(station)
    _people_options(station)
    check = commands.add_parser(
        "check", help="compare what was sold with what flowed", description=_judging(), epilog=_CHECKED
    )
    check.set_defaults(run=_check)
    check.add_argument("--truth", type=Path, required=True, metavar="FILE", help="the report of the simulated station")
    check.add_argument("--sales", type=Path, required=True, metavar="FILE", help="sales or their sums, as JSON")
    check.add_argument("--json", action="store_true", help="one JSON object")
    gauge.add_command(commands)
    road.add_command(commands)
    swarm.add_command(commands)
    return parser


def _judging() -> str:
    return "Compares sales with the truth, fen for fen and millilitre for millilitre, and lists what differs."


def _lines_options(parser: argparse.ArgumentParser) -> None:
    lines = parser.add_argument_group("lines")
    lines.add_argument(
        "--line",
        action="append",
        default=[],
        metavar="PROTOCOL[,WORD=...]",
        help="a line, may be repeated; points are numbered on. Words: listen=tcp:127.0.0.1:0, points=4, "
        "grades=92#+95#;0#, first-address=0x50, turnaround=10:25, fast, habit.NAME=VALUE, fault.NAME=ODDS",
    )


def _line_options(parser: argparse.ArgumentParser) -> None:
    line = parser.add_argument_group("one line, in options of its own")
    line.add_argument("--protocol", default="wayne-dart", help=f"one of: {', '.join(DISPENSERS)}")
    line.add_argument("--listen", default="pty", help="pty, pty:/path/of/a/link, or tcp:host:port (port 0: any)")
    line.add_argument("--link", default="", help="a path that leads to the pty and stays the same at each start")
    line.add_argument("--dispensers", type=int, help="how many, of two fuelling points each (default 2)")
    line.add_argument("--grades", default="", help="by fuelling point, as 92#,95#;98#,0# (repeated for further points)")
    line.add_argument("--point", action="append", default=[], metavar="GRADES", help="one more fuelling point: 92#,95#")
    line.add_argument(
        "--first-address", type=lambda text: int(text, 0), help="address of point 1 (default: as from works)"
    )
    line.add_argument("--turnaround", default="10:25", help="milliseconds before an answer, from:to (default 10:25)")
    line.add_argument("--fast", action="store_true", help="no line speed and no turnaround: as fast as it can")


def _people_options(parser: argparse.ArgumentParser) -> None:
    people = parser.add_argument_group("the people and the fuel")
    people.add_argument("--prices", help="prices that are programmed already: 92#=7.85,0#=7.52 (default: none)")
    people.add_argument("--arrivals", type=Decimal, help="mean seconds between cars (default 0: none come)")
    people.add_argument("--speed", type=Decimal, help="how many times faster than life they fuel (default 1)")
    people.add_argument("--seed", type=int, help="the same seed, the same customers and faults (default 1)")
    people.add_argument("--fault", action="append", default=[], metavar="NAME[:ODDS]", help="; ".join(_faults()))
    people.add_argument("--control", metavar="[HOST:]PORT", help="a door for scripts on loopback (0: any port)")
    people.add_argument("--report", metavar="FILE", help="where to write what was really dispensed, as JSON")
    people.add_argument("--json", action="store_true", help="print what was really dispensed at the end, as JSON")


def _faults() -> list[str]:
    return [f"{name}: {means}" for name, means in FAULTS.items()]


# ── A station ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _station(wishes: argparse.Namespace) -> int:
    table = _table(wishes)
    plan = build(table)
    station = SimulatedStation(plan, *(plug(line.listen) for line in plan.lines))
    control = _control(table.control, station)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: station.stop())
    print(json.dumps(_reached(station, control)), flush=True)
    if control:
        control.start()
    station.serve()
    if control:
        control.stop()
    if wishes.json:
        print(json.dumps(station.truth(), ensure_ascii=False), flush=True)
    return 0


def _reached(station: SimulatedStation, control: Control | None) -> dict[str, Any]:
    return {
        "line": station.url,
        "lines": [
            {"url": line.url, "protocol": line.plan.protocol.name, "points": sorted(line.line.pumps)}
            for line in station.lines
        ],
        "control": control.url if control else None,
        "points": len(station.pumps),
    }


def _table(wishes: argparse.Namespace) -> PlanTable:
    """The plan's file, and over it what the command line says."""
    table = read(_file(wishes.plan).decode()) if wishes.plan else PlanTable()
    said = {name: getattr(wishes, name) for name in ("seed", "arrivals", "speed", "control", "report")}
    if wishes.prices is not None:
        said["prices"] = dict(pair.split("=", 1) for pair in wishes.prices.split(",") if "=" in pair)
    if wishes.fault:
        said["faults"] = table.faults | parse(wishes.fault)
    if wishes.line:
        said["lines"] = tuple(line_words(words, _common(wishes)) for words in wishes.line)
    elif not table.lines:
        said["lines"] = (_one_line(wishes),)
    return msgspec.structs.replace(table, **{name: value for name, value in said.items() if value is not None})


def _common(wishes: argparse.Namespace) -> LineTable:
    """What holds for every line that does not say otherwise."""
    return LineTable(turnaround=turnaround_words(wishes.turnaround), fast=wishes.fast)


def _one_line(wishes: argparse.Namespace) -> LineTable:
    """The line that the plain options speak of."""
    grades = tuple(tuple(point.split(",")) for point in wishes.point) or grades_words(wishes.grades)
    count = 0 if wishes.point or wishes.dispensers is None else 2 * wishes.dispensers
    if wishes.dispensers is not None and not 1 <= wishes.dispensers <= 16:
        raise Refused("too_many_points", "A line has 1 to 32 fuelling points, that is at most 16 dispensers.")
    return msgspec.structs.replace(
        _common(wishes),
        protocol=wishes.protocol,
        listen=f"pty:{wishes.link}" if wishes.link else wishes.listen,
        points=count,
        grades=grades,
        first_address=wishes.first_address,
    )


def _control(text: str, station: SimulatedStation) -> Control | None:
    if not text:
        return None
    host, _, port = text.rpartition(":")
    if host not in ("", "127.0.0.1", "localhost", "[::1]") or not port.isdecimal() or int(port) > 65_535:
        raise Refused("wrong_port", f"“{text}” is no control port: it must be on loopback, as 127.0.0.1:8700.")
    return Control(station, "127.0.0.1", int(port))


# ── The judge ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _check(wishes: argparse.Namespace) -> int:
    judged = judge(read_truth(_file(wishes.truth)), read_sales(_file(wishes.sales)))
    print(msgspec.json.encode(judged).decode() if wishes.json else _words(judged))
    return 0 if judged.agree else 1


def _file(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as why:
        raise Refused("no_file", f"{path} can't be read: {why.strerror}.") from why


def _words(judged: Judged) -> str:
    held = [f"held: {line}" for line in judged.held]
    return "\n".join([*judged.differences, *held, judged.summary])


if __name__ == "__main__":
    sys.exit(main())
