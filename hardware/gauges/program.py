"""``jiayou-sim gauge``: a simulated console with its tanks, on a pty or a TCP port, and a door for scripts.

The door listens on loopback only: ``GET /tanks``, ``POST /deliver``, ``/water``, ``/alarm`` and ``/fault``.
"""

import argparse
import json
import signal
import threading
from collections.abc import Callable, Sequence
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta, Struct

from hardware.gauges.veeder_root.bodies import ALARMS
from hardware.gauges.veeder_root.protocol import PROTOCOL
from hardware.gauges.veeder_root.simulator import FAULTS, Console, SimulatedTank
from hardware.simulation.wire import Socket, Wire, plug
from shared.errors import Refused

_TANKS: Final = ("30000:18000", "30000:9500", "20000:6200", "50000:31000")
_MOST: Final = 65_536
_Volume = Annotated[int, Meta(ge=1, le=1_000_000_000)]


class _Deliver(Struct, forbid_unknown_fields=True):
    tank: int
    volume: _Volume
    flow: _Volume = 10_000


class _Water(Struct, forbid_unknown_fields=True):
    tank: int
    height: Annotated[int, Meta(ge=0, le=2_400_000)]


class _Alarm(Struct, forbid_unknown_fields=True):
    tank: int
    code: Annotated[int, Meta(ge=1, le=99)]
    raised: bool = True


class _Fault(Struct, forbid_unknown_fields=True):
    name: str
    odds: Annotated[float, Meta(ge=0, le=1)]


class SimulatedGauge:
    """A console that answers at a socket; :meth:`serve` blocks, the rest may be called from any thread."""

    def __init__(self, console: Console, at: Socket, byte: int = PROTOCOL.line.byte_micros) -> None:
        self.console = console
        self.url = at.url
        self._lock = threading.Lock()
        self._wire = Wire(self, at, byte)

    def advance(self, now: int) -> None:
        """Let fuel flow until now."""
        with self._lock:
            self.console.advance(now)

    def receive(self, data: bytes, now: int) -> list[Any]:
        """A question."""
        with self._lock:
            return list(self.console.receive(data, now))

    def serve(self) -> None:
        """Until :meth:`stop`."""
        self._wire.serve()

    def stop(self) -> None:
        """End."""
        self._wire.stop()

    def tanks(self) -> list[dict[str, Any]]:
        """How every tank really is."""
        with self._lock:
            return [
                {
                    "tank": tank.number,
                    "capacity": tank.capacity,
                    "volume": tank.volume,
                    "water": tank.water,
                    "coming": tank.coming,
                    "deliveries": len(tank.delivered),
                    "alarms": sorted(ALARMS.get(code, str(code)) for code in tank.alarms),
                }
                for tank in self.console.tanks.values()
            ]

    def do(self, path: str, body: bytes) -> None:
        """Carry out a POST of the door; :exc:`Refused` when it makes no sense."""
        if path not in _DEEDS:
            raise Refused("unknown_deed", f"Known are: {', '.join(_DEEDS)}.")
        kind, deed = _DEEDS[path]
        try:
            wish = msgspec.json.decode(body or b"{}", type=kind)
        except (msgspec.DecodeError, UnicodeDecodeError) as why:
            raise Refused("misread", str(why)) from why
        with self._lock:
            deed(self.console, wish)


def _tank(console: Console, number: int) -> SimulatedTank:
    if number not in console.tanks:
        raise Refused("unknown_tank", f"There is no tank {number}.")
    return console.tanks[number]


def _deliver(console: Console, wish: _Deliver) -> None:
    _tank(console, wish.tank)
    console.deliver(wish.tank, wish.volume, wish.flow)


def _water(console: Console, wish: _Water) -> None:
    _tank(console, wish.tank).water = wish.height


def _alarm(console: Console, wish: _Alarm) -> None:
    alarms = _tank(console, wish.tank).alarms
    if wish.raised:
        alarms.add(wish.code)
    else:
        alarms.discard(wish.code)


def _fault(console: Console, wish: _Fault) -> None:
    if wish.name not in FAULTS:
        raise Refused("unknown_fault", f"There is no fault “{wish.name}”. Known are: {', '.join(FAULTS)}.")
    console.odds[wish.name] = wish.odds


_DEEDS: Final[dict[str, tuple[type[Struct], Callable[[Console, Any], None]]]] = {
    "/deliver": (_Deliver, _deliver),
    "/water": (_Water, _water),
    "/alarm": (_Alarm, _alarm),
    "/fault": (_Fault, _fault),
}


def add_command(commands: Any) -> None:
    """The command and its options, among those of ``jiayou-sim``."""
    parser = commands.add_parser("gauge", help="a tank gauge", description=__doc__)
    parser.set_defaults(run=run)
    parser.add_argument("--listen", default="pty", help="pty, pty:/path/of/a/link, or tcp:host:port (port 0: any)")
    parser.add_argument(
        "--tank", action="append", default=[], metavar="CAPACITY:LITRES", help="a tank, as 30000:18000 (default: four)"
    )
    parser.add_argument("--sales", type=int, default=0, metavar="ML", help="millilitres sold of each tank in a second")
    parser.add_argument("--seed", type=int, default=1, help="the same seed, the same faults")
    parser.add_argument(
        "--fault",
        action="append",
        default=[],
        metavar="NAME[:ODDS]",
        help="; ".join(f"{name}: {means}" for name, means in FAULTS.items()),
    )
    parser.add_argument("--control", type=int, metavar="PORT", help="a door for scripts on loopback (0: any port)")


def run(wishes: argparse.Namespace) -> int:
    """``jiayou-sim gauge``; the exit code is 0. ``ValueError`` when an option makes no sense."""
    began = datetime.now().astimezone()
    gauge = SimulatedGauge(
        Console(_tanks(wishes.tank or _TANKS, wishes.sales), _odds(wishes.fault), wishes.seed, began),
        plug(wishes.listen),
    )
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: gauge.stop())
    door = None if wishes.control is None else _door(gauge, wishes.control)
    control = f"http://127.0.0.1:{door.server_address[1]}" if door else None
    print(json.dumps({"line": gauge.url, "control": control, "tanks": len(gauge.tanks())}), flush=True)
    gauge.serve()
    if door:
        door.shutdown()
        door.server_close()
    return 0


def _tanks(texts: Sequence[str], sales: int) -> list[SimulatedTank]:
    tanks = []
    for number, text in enumerate(texts, 1):
        capacity, _, litres = text.partition(":")
        if not (capacity.isdecimal() and litres.isdecimal() and 0 < int(capacity) >= int(litres)):
            raise ValueError(f"“{text}” is no tank: write litres that it holds and litres in it, as 30000:18000.")
        tanks.append(SimulatedTank(number, int(capacity) * 1_000, int(litres) * 1_000, sales))
    return tanks


def _odds(texts: Sequence[str]) -> dict[str, float]:
    odds = {}
    for text in texts:
        name, _, chance = text.partition(":")
        if name not in FAULTS:
            raise ValueError(f"There is no fault “{name}”. Known are: {', '.join(FAULTS)}.")
        odds[name] = float(chance or "1")
    return odds


def _door(gauge: SimulatedGauge, port: int) -> ThreadingHTTPServer:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(200, gauge.tanks()) if self.path == "/tanks" else self._answer(404, {"error": "/tanks"})

        def do_POST(self) -> None:
            length = self.headers.get("Content-Length", "0")
            size = int(length) if length.isdecimal() else _MOST + 1
            try:
                gauge.do(self.path, self.rfile.read(size) if size <= _MOST else b"-")
            except Refused as why:
                self._answer(400, {"error": str(why), "reason": why.reason})
            else:
                self._answer(200, gauge.tanks())

        def _answer(self, status: int, content: Any) -> None:
            data = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: Any) -> None:
            """Nobody wants to read each request."""

    door = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    door.daemon_threads = True
    threading.Thread(target=door.serve_forever, name="gauge control", daemon=True).start()
    return door
