"""``jiayou-edge``: runs a station, and looks after one.

Exit codes: 0 done, 1 failed (one sentence says why), 2 wrong usage.
"""

import argparse
import asyncio
import json
import logging
import os
import signal
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from getpass import getpass
from pathlib import Path
from typing import Any

import msgspec
import structlog

from edge import app, settings
from edge.attendant import roster
from edge.engineer import commands as engineer
from edge.engineer import keeping, wiring
from edge.identity import door
from edge.settings import Settings
from edge.status import every_sale, line_row, status
from edge.store import schema
from edge.store.attendants import Role
from edge.store.database import Store
from hardware.decode import decode_lines, decode_stream, row
from hardware.gauges.registry import GAUGES
from hardware.registry import DISPENSERS
from shared.enrolment import read_ticket
from shared.errors import JiayouError, Refused

Command = Callable[[argparse.Namespace], int | None]


def main(words: Sequence[str] | None = None) -> int:
    """The command line."""
    wishes = _parser().parse_args(words)
    try:
        command: Command = wishes.command
        return command(wishes) or 0
    except JiayouError as why:
        print(f"jiayou-edge: {why}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        # Whoever read our output has gone; Python must not complain of it once more at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="jiayou-edge", description="加油 · 油站程序  The agent of a petrol station.")
    parser.add_argument("--version", action="version", version=app.program())
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    run = _command(commands, "run", _run, "运行油站 · run the station until it is told to end")
    _config(run)

    decode = _command(commands, "decode", _decode, "解读报文 · recorded bytes in plain words, one JSON object a line")
    untested = ", ".join(sorted(name for name, card in DISPENSERS.items() if card.site_test))
    decode.add_argument(
        "--protocol",
        required=True,
        choices=sorted([*DISPENSERS, *GAUGES]),
        help=f"what the dispensers or the tank gauge speak; 须现场测试 · needs a site test: {untested}",
    )
    decode.add_argument("file", nargs="?", type=Path, help="hexadecimal frames, one a line; standard input without it")
    decode.add_argument("--stream", action="store_true", help="the bytes of one direction, not yet cut into frames")
    decode.add_argument("--rows", action="store_true", help="a row for a person instead of JSON")

    engineer.add(commands)
    keeping.add(commands)

    _attendant(commands)

    enrol = _command(commands, "enrol", _enrol, "登记 · make this machine the station, with a code from head office")
    _config(enrol)
    enrol.add_argument("code", nargs="?", default="", help="32 letters and digits; asked for without it")
    enrol.add_argument("--door", default="", metavar="URL", help="https://…; head_office.door without it")
    enrol.add_argument("--json", action="store_true", help="one JSON object")

    back = _command(commands, "downgrade", _downgrade, "退回 · fit the store for an older program; no letter is lost")
    _config(back)
    back.add_argument("--to", required=True, metavar="NNN", help="number of that program's schema, such as 003")

    check = _command(commands, "check-config", _check, "检查配置 · see whether a configuration can be used")
    check.add_argument("config", type=Path, metavar="FILE")

    state = _command(commands, "status", _status, "油站状态 · what the station's books say; the agent may run or not")
    _config(state)
    state.add_argument("--json", action="store_true", help="one JSON object")

    _config(_command(commands, "sales", _sales, "订单 · every sale in the station's books, one JSON object a line"))
    return parser


def _attendant(commands: Any) -> None:
    people = commands.add_parser("attendant", help="员工 · who may work at the touchscreen").add_subparsers(
        required=True, metavar="COMMAND"
    )
    add = _command(people, "add", _add_attendant, "add one; shows the PIN this once")
    remove = _command(people, "remove", _remove_attendant, "remove one, and log them out")
    for one in (add, remove):
        one.add_argument("name", metavar="NAME")
    add.add_argument("--manager", action="store_true", help="站长 · may give money back as well")
    everybody = _command(people, "list", _list_attendants, "everybody")
    for each in (add, remove, everybody):
        _config(each)
        each.add_argument("--json", action="store_true", help="one JSON object")


def _command(commands: Any, name: str, command: Command, what: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(name, help=what, description=what)
    parser.set_defaults(command=command)
    return parser


def _config(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--config", required=True, type=Path, metavar="FILE", help="the station's configuration")


# ── Commands ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _run(wishes: argparse.Namespace) -> None:
    chosen = settings.read(wishes.config)
    _log_to_stderr(chosen)
    asyncio.run(_live(chosen))


async def _live(chosen: Settings) -> None:
    ending = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ending.set)
    await app.build(chosen).run(ending)


def _decode(wishes: argparse.Namespace) -> None:
    if wishes.file is None:
        sys.stdin.reconfigure(errors="replace")  # type: ignore[union-attr]  # it is a text file of Python's own
        _print_decoded(wishes, sys.stdin)
        return
    try:
        with wishes.file.open(encoding="utf-8", errors="replace") as lines:
            _print_decoded(wishes, lines)
    except BrokenPipeError:
        raise
    except OSError as why:
        raise Refused("unreadable", f"The file can't be read: {why}") from why


def _print_decoded(wishes: argparse.Namespace, lines: Any) -> None:
    decode = decode_stream if wishes.stream else decode_lines
    for said in decode(wishes.protocol, lines):
        print(row(said) if wishes.rows else json.dumps(said, ensure_ascii=False), flush=True)


def _check(wishes: argparse.Namespace) -> None:
    chosen = settings.read(wishes.config)
    app.check(chosen)
    if chosen.broker:
        chosen.broker.broker(chosen.station.id, chosen.papers)
    for warning in wiring.warnings(chosen):
        print(f"jiayou-edge: {warning}", file=sys.stderr)
    print(f"{wishes.config}: 可用 · this configuration can be used")


def _status(wishes: argparse.Namespace) -> None:
    chosen = settings.read(wishes.config)
    said = status(_books(chosen), chosen)
    print(json.dumps(said, ensure_ascii=False) if wishes.json else _lines(said))


def _sales(wishes: argparse.Namespace) -> None:
    _books(settings.read(wishes.config))
    for kept in _as_guest(wishes, every_sale):
        print(msgspec.json.encode(kept).decode())


def _books(chosen: Settings) -> Path:
    path = Path(chosen.store.path)
    if not path.exists():
        raise Refused("no_store", f"There is no store at {path} yet. It is made when the station is run.")
    return path


def _enrol(wishes: argparse.Namespace) -> None:
    chosen = settings.read(wishes.config)
    address = wishes.door or chosen.head_office.door
    if not address:
        raise Refused("no_door", "Where is head office's door? Give --door https://… or set head_office.door.")
    ticket = read_ticket(wishes.code or getpass("登记码 · enrolment code: "))
    kept = asyncio.run(door.enrol(address, ticket, chosen.station.id, chosen.papers))
    until = datetime.fromtimestamp(kept.facts.not_after // 1000, UTC)
    said = {"station": kept.facts.name, "serial": kept.facts.serial, "until": kept.facts.not_after}
    plain = (
        f"{kept.facts.name}：证书有效期至 {until:%F}，到期前自动续期 · certificate until {until:%F}, renewed in time"
    )
    print(json.dumps(said, ensure_ascii=False) if wishes.json else plain)


def _downgrade(wishes: argparse.Namespace) -> None:
    """The agent must not run: its store is taken, as at any start."""
    chosen = settings.read(wishes.config)
    store = Store.open(_books(chosen), chosen.station.id)
    try:
        back = store.call(schema.downgrade, wishes.to)
    finally:
        store.close()
    print(f"{', '.join(back) or '—'}：已退回，现在可以安装旧程序 · taken back; the older program can be installed now")


def _add_attendant(wishes: argparse.Namespace) -> None:
    role = Role.MANAGER if wishes.manager else Role.ATTENDANT
    pin = _as_guest(wishes, lambda store: roster.enlist(store, wishes.name, role))
    said = {"name": wishes.name, "pin": pin, "role": role.value}
    plain = f"{wishes.name}  PIN {pin}  (shown this once · 仅显示一次)"
    print(json.dumps(said, ensure_ascii=False) if wishes.json else plain)


def _list_attendants(wishes: argparse.Namespace) -> None:
    people = [{"name": each.name, "role": each.role.value} for each in _as_guest(wishes, roster.roster)]
    plain = "\n".join(f"{each['name']}  {each['role']}" for each in people)
    print(json.dumps(people, ensure_ascii=False) if wishes.json else plain)


def _remove_attendant(wishes: argparse.Namespace) -> None:
    _as_guest(wishes, lambda store: roster.dismiss(store, wishes.name))
    said = {"removed": wishes.name}
    print(json.dumps(said, ensure_ascii=False) if wishes.json else f"{wishes.name} removed · 已删除")


def _as_guest(wishes: argparse.Namespace, work: Callable[[Store], Any]) -> Any:
    """Beside an agent that may be running."""
    chosen = settings.read(wishes.config)
    store = Store.open(Path(chosen.store.path), chosen.station.id, guest=True)
    try:
        return work(store)
    finally:
        store.close()


def _lines(said: dict[str, Any]) -> str:
    plain = {key: value for key, value in said.items() if key != "lines"}
    return "\n".join([f"{key:20} {value}" for key, value in plain.items()] + [line_row(line) for line in said["lines"]])


def _log_to_stderr(chosen: Settings) -> None:
    """A line a happening, for people at a terminal and for journald alike."""
    colours = sys.stderr.isatty()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.dev.ConsoleRenderer(colors=colours)
            if colours
            else structlog.processors.LogfmtRenderer(key_order=["timestamp", "level", "event"]),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, chosen.log_level.upper())),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
    )
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING)


if __name__ == "__main__":
    sys.exit(main())
