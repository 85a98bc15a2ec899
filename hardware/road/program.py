"""``jiayou-sim proxy``: a bad road in front of a broker, told trouble by trouble."""

import argparse
import asyncio
import json
import signal
import sys
from typing import Any, Final

import msgspec

from hardware.errors import LineUnavailable
from hardware.road.proxy import Proxy, Trouble, listening
from hardware.road.troubles import TROUBLES
from hardware.simulation.faults import parse
from shared.errors import Refused

_EXIT: Final = """exit codes: 0 ended as asked, 1 the port can't be used, 2 a wrong option.
The first line on standard output is JSON and says where it listens; then each trouble is a line; the last one counts
them. It ends at SIGINT or SIGTERM. Letters can only be told apart without TLS; all else works with it too."""


def add_command(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds ``proxy``."""
    proxy = commands.add_parser(
        "proxy",
        help="a bad network in front of a broker",
        description="Carries MQTT connections to a broker, and loses, doubles, delays and cuts as it is told to.",
        epilog=_EXIT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    proxy.set_defaults(run=run)
    proxy.add_argument("--listen", default="127.0.0.1:0", metavar="[HOST:]PORT", help="where (default: any port)")
    proxy.add_argument("--to", default="127.0.0.1:1883", metavar="[HOST:]PORT", help="the broker (default: 1883 here)")
    proxy.add_argument("--fault", action="append", default=[], metavar="NAME[:ODDS]", help="; ".join(_faults()))
    proxy.add_argument("--delay", type=_milliseconds, default=0, metavar="MS", help="each way takes so long")
    proxy.add_argument("--jitter", type=_milliseconds, default=0, metavar="MS", help="and up to so much longer")
    proxy.add_argument("--rate", type=int, default=0, metavar="BYTES", help="a second, each way of a connection")
    proxy.add_argument("--seed", type=int, default=1, help="the same seed, the same dice (default 1)")


def run(wishes: argparse.Namespace) -> int:
    """Until somebody ends it."""
    return asyncio.run(_carry(wishes))


async def _carry(wishes: argparse.Namespace) -> int:
    proxy = Proxy(*_place(wishes.to), parse(wishes.fault, TROUBLES), wishes.seed, _say)
    proxy.delay, proxy.jitter, proxy.rate = wishes.delay / 1_000, wishes.jitter / 1_000, wishes.rate
    over, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, over.set)
    host, port = _place(wishes.listen)
    try:
        async with listening(proxy, host, port):
            _print({"listen": f"{host}:{proxy.port}", "to": wishes.to, "seed": wishes.seed})
            await over.wait()
    except OSError as why:
        raise LineUnavailable(f"{host}:{port} can't be listened on: {why.strerror or why}.") from why
    _print({"connections": proxy.connections, "troubles": dict(proxy.struck)})
    return 0


def _say(trouble: Trouble) -> None:
    _print(msgspec.structs.asdict(trouble))


def _print(what: dict[str, Any]) -> None:
    print(json.dumps(what, ensure_ascii=False), file=sys.stdout, flush=True)


def _place(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not port.isdecimal() or int(port) > 65_535:
        raise Refused("wrong_port", f"“{text}” is no address: write it as 127.0.0.1:1883.")
    return host.strip("[]") or "127.0.0.1", int(port)


def _milliseconds(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"“{text}” is no time: write milliseconds, as 150.")
    return int(text)


def _faults() -> list[str]:
    return [f"{name}: {means}" for name, means in TROUBLES.items()]
