"""The engineer's commands of ``jiayou-edge``: probe, monitor, record, replay, doctor.

Each ends with 0 when done, 1 when something is wrong (a sentence on standard error says what), 2 for wrong usage.
"""

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import msgspec

from edge import settings
from edge.engineer import listening
from edge.engineer.checks.findings import Finding, Level
from edge.engineer.doctor import findings
from edge.engineer.lines import read
from edge.engineer.listening import Heard
from edge.engineer.probe import Found, Tried, Wishes, probe
from edge.engineer.replay import driven, paced
from edge.engineer.rows import Rows
from edge.engineer.visit import facts
from edge.engineer.words import Colour, Tongue, painted, tongue
from hardware.adapters import advice
from hardware.ports import LineSettings
from hardware.registry import DISPENSERS, dispenser
from hardware.watch.recording import line_of
from shared.errors import Refused
from shared.money import per_litre
from shared.volume import litres

Command = Callable[[argparse.Namespace], int | None]

_MARKS: Final = {Level.OK: ("✓", Colour.GOOD), Level.WARN: ("!", Colour.WARNING), Level.FAIL: ("✗", Colour.BAD)}


def add(commands: Any) -> None:
    """Their places on the command line."""
    _probe(commands)
    _monitor(commands)
    _record(commands)
    _replay(commands)
    _doctor(commands)


def _parser(commands: Any, name: str, command: Command, what: str, examples: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(
        name,
        help=what,
        description=what,
        epilog=f"例 · examples:\n{examples}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--language", choices=("zh", "en"), default="", help="中文或英文 · the language of what is said"
    )
    parser.set_defaults(command=command)
    return parser


def _source(parser: argparse.ArgumentParser) -> None:
    """An agent that runs, or a port."""
    parser.add_argument("port", nargs="?", default="", metavar="PORT", help="a port to listen at; nothing is sent")
    parser.add_argument("--protocol", choices=sorted(DISPENSERS), help="what is spoken at that port")
    parser.add_argument("--baud", type=int, default=0, metavar="RATE", help="as the protocol wants it without this")
    parser.add_argument("--config", type=Path, metavar="FILE", help="the configuration of an agent that is running")
    parser.add_argument("--line", default="", metavar="NAME", help="one of its lines; all of them without this")


def _tongue(wishes: argparse.Namespace) -> Tongue:
    return tongue(wishes.language, os.environ)


# ── probe ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _probe(commands: Any) -> None:
    parser = _parser(
        commands,
        "probe",
        _do_probe,
        "探测串口 · which addresses answer on a port, what they are and how they stand; changes nothing",
        "  jiayou-edge probe /dev/serial/by-id/usb-FTDI_…-if00-port0\n"
        "  jiayou-edge probe usb:A50285BI --protocol wayne-dart --addresses 0x50-0x57 --json",
    )
    parser.add_argument("port", metavar="PORT", help="a device path, usb:SERIAL, socket://HOST:PORT")
    parser.add_argument("--protocol", choices=["all", *sorted(DISPENSERS)], default="all", help="default: each in turn")
    parser.add_argument("--addresses", type=_addresses, metavar="A-B", help="default: as the protocol counts them")
    parser.add_argument("--nozzles", type=int, default=2, metavar="N", help="whose totalisers are read (default 2)")
    parser.add_argument("--baud", type=int, default=0, metavar="RATE", help="as the protocol wants it without this")
    parser.add_argument("--echo", action="store_true", help="the converter hands back what is sent")
    parser.add_argument("--json", action="store_true", help="one JSON object")


def _addresses(text: str) -> range:
    first, _, last = text.partition("-")
    try:
        found = range(int(first, 0), int(last or first, 0) + 1)
    except ValueError:
        found = range(0)
    if not found or found[0] < 0 or found[-1] > 255:
        raise argparse.ArgumentTypeError(f"“{text}” are no addresses; write 1-8 or 0x50-0x57.")
    return found


def _do_probe(wishes: argparse.Namespace) -> int:
    say = _tongue(wishes)
    better = advice(wishes.port)
    if better:
        print(f"jiayou-edge: {better}", file=sys.stderr)
    protocols = DISPENSERS.values() if wishes.protocol == "all" else [dispenser(wishes.protocol)]
    look = Wishes(wishes.port, wishes.addresses, max(1, wishes.nozzles), wishes.baud, wishes.echo, _progress(say))
    tried = probe(look, protocols)
    if wishes.json:
        print(msgspec.json.encode({"port": wishes.port, "tried": tried}).decode())
    else:
        print("\n".join(said_of(tried, say)))
    return 0 if any(each.found for each in tried) else 1


def _progress(say: Tongue) -> Callable[[str, int, int], None]:
    """One row that counts, where somebody sees it."""
    if not sys.stderr.isatty():
        return lambda *_: None

    shown: list[object] = []

    def show(protocol: str, done: int, count: int) -> None:
        if shown == [protocol, done]:
            return
        shown[:] = [protocol, done]
        end = "\r\033[K" if done == count else ""
        print(f"\r{protocol}  {done}/{count} {say('个地址', 'addresses')}{end}", end="", file=sys.stderr, flush=True)

    return show


def said_of(tried: list[Tried], say: Tongue) -> Iterator[str]:
    """What was found, row by row."""
    for each in (one for one in tried if one.addresses):
        port, card = each.settings, dispenser(each.protocol)
        how = f"{port.baud_rate} {port.data_bits}{port.parity}{port.stop_bits}"
        count = say(f"{len(each.found)}/{each.addresses} 个地址应答", f"{len(each.found)} of {each.addresses} answer")
        test = say(" · 须现场测试", " · needs a site test") if card.site_test else ""
        yield f"{say(card.title_zh, card.title_en)} ({each.protocol}, {how}{test}): {count}"
        yield from (_found(found, say) for found in each.found)
        if not each.found and each.strange:
            yield "  " + say(
                f"收到 {each.strange} 个无法理解的字节或帧：波特率、校验或协议可能不对，或线上另有主机。",
                f"{each.strange} bytes or frames made no sense: another rate or protocol, or a second controller.",
            )


def _found(found: Found, say: Tongue) -> str:
    parts = [f"  0x{found.address:02X} ({found.address:>3})  {found.state:<12}"]
    if found.nozzle:
        parts.append(say(f"提枪 {found.nozzle}", f"nozzle {found.nozzle} out"))
    parts += [f"{say('价', 'price')} {n}: {per_litre(price)}" for n, price in sorted(found.prices.items())]
    parts += [f"{say('泵码', 'totaliser')} {n}: {litres(ml)} L" for n, ml in sorted(found.totalisers.items())]
    parts += [f"{say('报警', 'alarm')} {alarm}" for alarm in found.alarms]
    return "  ".join([*parts, found.identity]).rstrip()


# ── monitor, record ───────────────────────────────────────────────────────────────────────────────────────────────────


def _monitor(commands: Any) -> None:
    parser = _parser(
        commands,
        "monitor",
        _do_monitor,
        "监听报文 · live traffic in plain words, of a running agent or at a port; sends nothing",
        "  jiayou-edge monitor --config /etc/jiayou/edge.toml --line 一号岛\n"
        "  jiayou-edge monitor usb:A50285BI --protocol wayne-dart",
    )
    _source(parser)
    parser.add_argument("--json", action="store_true", help="the entries of a recording instead of rows")


def _record(commands: Any) -> None:
    parser = _parser(
        commands,
        "record",
        _do_record,
        "录制报文 · what is said on a line, into a file that can be replayed",
        "  jiayou-edge record island.jsonl --config /etc/jiayou/edge.toml --line 一号岛 --seconds 60\n"
        "  jiayou-edge record island.jsonl usb:A50285BI --protocol wayne-dart",
    )
    parser.add_argument("file", type=Path, metavar="FILE", help="must not exist yet")
    _source(parser)
    parser.add_argument("--seconds", type=float, default=0, help="how long; until Ctrl-C without this")


def _do_monitor(wishes: argparse.Namespace) -> None:
    heard = _heard(wishes)
    offset = settings.read(wishes.config).station.utc_offset if wishes.config else -time.timezone // 60
    rows: dict[str, Rows] = {}
    with suppress(KeyboardInterrupt):
        for head, entry in heard:
            if entry is None:
                rows[head.line] = Rows(head, offset, paint=sys.stdout.isatty(), named=bool(rows) or _several(wishes))
                print(line_of(head) if wishes.json else rows[head.line].title(), flush=True)
            elif wishes.json:
                print(line_of(entry), flush=True)
            else:
                print("\n".join(rows[head.line].of(entry)), flush=True)


def _several(wishes: argparse.Namespace) -> bool:
    return bool(wishes.config) and not wishes.line and len(settings.read(wishes.config).lines) > 1


def _do_record(wishes: argparse.Namespace) -> None:
    if _several(wishes):
        raise Refused("which_line", "A recording is of one line: choose it by --line.")
    heard, count = _heard(wishes, wishes.seconds), 0
    try:
        file = wishes.file.open("x", encoding="utf-8")
    except OSError as why:
        raise Refused("unwritable", f"The file can't be written: {why}") from why
    with file, suppress(KeyboardInterrupt):
        for head, entry in heard:
            file.write(line_of(entry or head) + "\n")
            file.flush()
            count += entry is not None
    print(f"{wishes.file}: {count} {_tongue(wishes)('条', 'entries')}", file=sys.stderr)


def _heard(wishes: argparse.Namespace, seconds: float = 0) -> Iterator[Heard]:
    if wishes.port:
        if wishes.protocol is None:
            raise Refused("no_protocol", "Say what is spoken at the port: --protocol NAME.")
        wanted = dispenser(wishes.protocol).line
        port = LineSettings(wishes.baud or wanted.baud_rate, wanted.data_bits, wanted.parity, wanted.stop_bits)
        return listening.at_port(wishes.port, wishes.protocol, port, seconds)
    if wishes.config is None:
        raise Refused("no_source", "Say where to listen: a PORT with --protocol, or --config of a running agent.")
    chosen = settings.read(wishes.config)
    lines = (wishes.line,) if wishes.line else tuple(line.name for line in chosen.lines)
    if not lines:
        raise Refused("no_lines", "This configuration has no lines.")
    return listening.at_agent(Path(chosen.store.path), lines, seconds)


# ── replay ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _replay(commands: Any) -> None:
    parser = _parser(
        commands,
        "replay",
        _do_replay,
        "重放录制 · a recording or a kept incident, read aloud in its own time, or put before a session",
        "  jiayou-edge replay island.jsonl\n"
        "  jiayou-edge replay --drive /var/lib/jiayou-edge/incidents/20261123T…-point_silent.jsonl",
    )
    parser.add_argument("file", type=Path, metavar="FILE", help="a recording, or an incident of the station")
    parser.add_argument("--fast", action="store_true", help="at once, and not in its own time")
    parser.add_argument(
        "--drive", action="store_true", help="what a session would tell today, hearing the same answers"
    )
    parser.add_argument("--json", action="store_true", help="the entries instead of rows")


def _do_replay(wishes: argparse.Namespace) -> None:
    head, entries = read(wishes.file)
    rows = Rows(head, paint=sys.stdout.isatty())
    if not wishes.json:
        print(rows.title())
    told = driven(head, entries) if wishes.drive else paced(entries, fast=wishes.fast)
    for entry in told:
        print(line_of(entry) if wishes.json else "\n".join(rows.of(entry)), flush=True)


# ── doctor ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _doctor(commands: Any) -> None:
    parser = _parser(
        commands,
        "doctor",
        _do_doctor,
        "体检 · is everything there that this station needs? ports, clock, disk, books, printer, broker, page",
        "  jiayou-edge doctor --config /etc/jiayou/edge.toml\n  jiayou-edge doctor --config edge.toml --json",
    )
    parser.add_argument("--config", required=True, type=Path, metavar="FILE", help="the station's configuration")
    parser.add_argument("--json", action="store_true", help="one JSON object")


def _do_doctor(wishes: argparse.Namespace) -> int:
    chosen = settings.read(wishes.config)
    found = []
    for finding in findings(chosen, facts(Path(chosen.store.path)), _tongue(wishes)):
        found.append(finding)
        if not wishes.json:
            print(_finding(finding, sys.stdout.isatty()), flush=True)
    bad = any(finding.level is Level.FAIL for finding in found)
    if wishes.json:
        print(msgspec.json.encode({"well": not bad, "findings": found}).decode())
    return 1 if bad else 0


def _finding(finding: Finding, paint: bool) -> str:
    mark, colour = _MARKS[finding.level]
    do = f"\n    → {finding.do}" if finding.do and finding.do != finding.what else ""
    return f"{painted(mark, colour, paint)} {finding.part:<12} {finding.what}{do}"
