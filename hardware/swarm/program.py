"""``jiayou-sim station-swarm``: thousands of stations that speak letters only, and the truth of what they wrote."""

import argparse
import asyncio
import gc
import json
import signal
import ssl
import sys
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Final

import msgspec
from msgspec import Struct

from hardware.simulation.faults import parse
from hardware.swarm.crowd import Crowd, Standing, must_have_room
from hardware.swarm.line import Place
from hardware.swarm.station import FAULTS, Habits
from shared.errors import Refused
from shared.station import is_station_id

_ABOUT: Final = """Stations without pumps: each says hello, sells by chance, redeems what is in its coupon book, climbs
every price, and suffers the faults that it is told to. What they sold is their truth, to be held against the books."""
_EXIT: Final = """exit codes: 0 every letter was acknowledged, 1 some were not, 2 a wrong option.
The first line on standard output is JSON and names the swarm; then one line each --every; the last one says how it
ended. It ends by itself, or at SIGINT or SIGTERM: no more cars come, and what was written is waited for.
The file of credentials has a JSON object a line, {"station": "…", "password": "…"}, as “jiayou-cloud station password”
prints it with --json. Passwords work on the broker's own machine and without TLS alone."""
_LOOK: Final = 0.05


class Credential(Struct, frozen=True):
    """Who a station is."""

    station: str
    password: str


def add_command(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds ``station-swarm``."""
    swarm = commands.add_parser(
        "station-swarm",
        help="thousands of stations that speak letters only",
        description=_ABOUT,
        epilog=_EXIT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    swarm.set_defaults(run=run)
    _whom(swarm)
    _what(swarm)
    swarm.add_argument("--report", type=Path, metavar="FILE", help="where to write the truth, as JSON")
    swarm.add_argument("--json", action="store_true", help="print the truth as the last line")
    swarm.add_argument("--every", type=_seconds, default=5.0, metavar="SECONDS", help="how they are (default 5)")


def _whom(swarm: argparse.ArgumentParser) -> None:
    swarm.add_argument("--broker", default="127.0.0.1:1883", metavar="HOST:PORT", help="default: 1883 here")
    swarm.add_argument("--credentials", type=Path, required=True, metavar="FILE", help="a station a line, as JSON")
    swarm.add_argument("--stations", type=int, default=0, metavar="N", help="the first so many (default: all in it)")
    swarm.add_argument("--ca", type=Path, metavar="FILE", help="speak TLS, and trust this authority (PEM)")
    swarm.add_argument("--far", action="store_true", help="let the broker be on another machine")
    swarm.add_argument("--within", type=_seconds, default=1.0, metavar="SECONDS", help="all connect in (default 1)")


def _what(swarm: argparse.ArgumentParser) -> None:
    swarm.add_argument("--seconds", type=_seconds, default=60.0, help="how long cars come (default 60)")
    swarm.add_argument(
        "--sale-every", type=_seconds, default=0.0, metavar="SECONDS", help="at each station, on the average"
    )
    swarm.add_argument("--sales", type=int, default=0, metavar="N", help="at each station at most (default: no bound)")
    swarm.add_argument("--redeem", type=_odds, default=0.0, metavar="ODDS", help="how many customers show a coupon")
    swarm.add_argument("--fault", action="append", default=[], metavar="NAME[:ODDS]", help="; ".join(_faults()))
    swarm.add_argument("--heartbeat", type=_seconds, default=15.0, metavar="SECONDS", help="hellos (default 15)")
    swarm.add_argument("--patience", type=_seconds, default=5.0, metavar="SECONDS", help="send again (default 5)")
    swarm.add_argument(
        "--unchecked", action="store_true", help="believe every signature: here all stations share the cores of one"
    )
    swarm.add_argument("--wait", type=_seconds, default=60.0, metavar="SECONDS", help="for the last answers (60)")
    swarm.add_argument("--seed", type=int, default=1, help="the same seed, the same cars and faults (default 1)")


def run(wishes: argparse.Namespace) -> int:
    """Until all is said and acknowledged."""
    habits = _habits(wishes)
    passwords = _passwords(wishes.credentials, wishes.stations)
    must_have_room(len(passwords))
    return asyncio.run(_swarm(wishes, habits, passwords))


async def _swarm(wishes: argparse.Namespace, habits: Habits, passwords: dict[str, str]) -> int:
    place = _place(wishes.broker, wishes.far, wishes.ca)
    crowd, over, loop = Crowd(passwords, habits, place), asyncio.Event(), asyncio.get_running_loop()
    gc.freeze()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, over.set)
    _print({"stations": len(passwords), "broker": wishes.broker, "seed": wishes.seed})
    crowd.start(wishes.within)
    telling = loop.create_task(_tell(crowd, wishes.every))
    await _sold(crowd, over, wishes.seconds)
    crowd.rest()
    await _acknowledged(crowd, wishes.wait)
    telling.cancel()
    return await _ended(crowd, wishes)


async def _sold(crowd: Crowd, over: asyncio.Event, seconds: float) -> None:
    """Until the time is over, or somebody ends it, or nothing is left to sell."""
    end, sell = asyncio.get_running_loop().time() + seconds, crowd.standing().selling > 0
    while not over.is_set() and (left := end - asyncio.get_running_loop().time()) > 0:
        if sell and not crowd.standing().selling:
            return
        try:
            async with asyncio.timeout(min(left, 0.5)):
                await over.wait()
        except TimeoutError:
            continue


async def _acknowledged(crowd: Crowd, seconds: float) -> None:
    end = asyncio.get_running_loop().time() + seconds
    while crowd.standing().waiting and asyncio.get_running_loop().time() < end:  # noqa: ASYNC110 - ten thousand have no one event
        await asyncio.sleep(_LOOK)


async def _tell(crowd: Crowd, every: float) -> None:
    while True:
        await asyncio.sleep(every)
        _say(crowd.standing())


async def _ended(crowd: Crowd, wishes: argparse.Namespace) -> int:
    standing, truth = crowd.standing(), crowd.truth()
    await crowd.end()
    _say(standing)
    if wishes.report:
        wishes.report.write_bytes(msgspec.json.encode(truth))
    if wishes.json:
        _print(msgspec.to_builtins(truth))
    if standing.waiting:
        print(f"{standing.waiting} letters were never acknowledged. {standing.refused}", file=sys.stderr)
    return 1 if standing.waiting else 0


def _say(standing: Standing) -> None:
    _print(msgspec.structs.asdict(standing))


def _print(what: dict[str, Any]) -> None:
    print(json.dumps(what, ensure_ascii=False), flush=True)


# ── What the command line means ───────────────────────────────────────────────────────────────────────────────────────


def _habits(wishes: argparse.Namespace) -> Habits:
    return Habits(
        seed=wishes.seed,
        sale_every=round(wishes.sale_every * 1000),
        most_sales=wishes.sales,
        redeem=wishes.redeem,
        faults=parse(wishes.fault, FAULTS),
        heartbeat=round(wishes.heartbeat * 1000),
        patience=round(wishes.patience * 1000),
        checks=not wishes.unchecked,
    )


def _passwords(path: Path, most: int) -> dict[str, str]:
    """By station, in the order of the file."""
    try:
        lines = path.read_bytes().splitlines()
    except OSError as why:
        raise Refused("no_file", f"{path} can't be read: {why.strerror}.") from why
    try:
        found = [msgspec.json.decode(line, type=Credential) for line in lines if line.strip()]
    except (msgspec.DecodeError, UnicodeDecodeError) as why:
        raise Refused("wrong_credentials", f"{path} has a line that names no station and password: {why}.") from why
    chosen = {one.station: one.password for one in (found[:most] if most > 0 else found)}
    if not chosen or not all(map(is_station_id, chosen)):
        raise Refused("wrong_credentials", f"{path} names no station, or one whose id can't be.")
    if len(chosen) < most:
        raise Refused("too_few_stations", f"{path} names {len(chosen)} stations, and {most} were asked for.")
    return chosen


def _place(text: str, far: bool, ca: Path | None) -> Place:
    host, _, port = text.rpartition(":")
    host = host.strip("[]") or "127.0.0.1"
    if not port.isdecimal() or not 0 < int(port) < 65_536:
        raise Refused("wrong_port", f"“{text}” is no address: write it as 127.0.0.1:1883.")
    if not (far or _is_loopback(host)):
        raise Refused("far_broker", f"“{host}” is another machine. Say --far if its owner knows of the swarm.")
    try:
        return Place(host, int(port), ssl.create_default_context(cafile=ca) if ca else None)
    except OSError as why:  # SSLError is one too
        raise Refused("wrong_ca", f"{ca} can't be used as an authority: {why}.") from why


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 <= seconds <= 1_000_000:
        raise argparse.ArgumentTypeError(f"“{text}” is no time: write seconds, as 0.5.")
    return seconds


def _odds(text: str) -> float:
    odds = float(text)
    if not 0 <= odds <= 1:
        raise argparse.ArgumentTypeError(f"“{text}” is no probability between 0 and 1.")
    return odds


def _faults() -> list[str]:
    return [f"{name}: {means}" for name, means in FAULTS.items()]
