"""A small door on loopback, by which tests and demos tell the people of a simulated station what to do.

GET  /points                                   how each fuelling point stands
GET  /truth                                    every filling as it really was
POST /customer {"point", "nozzle", "volume"}   somebody comes, waits to be released, fuels that much, hangs up, leaves;
                                               without "volume" until the preset, or until told to hang up
POST /hang-up  {"point", "volume"}             hang up now, or as soon as so much has flown
POST /lift     {"point", "nozzle"}             take a nozzle out, and nothing else
POST /squeeze  {"point", "rate", "volume"}     millilitres a second, and how many in all; rate 0 lets go
POST /silence  {"point", "silent"}             the pump stops answering, or answers again
POST /fault    {"name", "odds", "line"}        a fault from now on so often; without "line" on every line
POST /close    {}                              nobody comes any more by himself

Each POST answers with the points as they stand afterwards.
"""

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Annotated, Any, Final, TypeVar

import msgspec
from msgspec import Meta, Struct

from hardware.errors import LineUnavailable
from hardware.simulation.faults import FAULTS
from hardware.simulation.station import SimulatedStation
from shared.errors import Refused

_LONGEST = 4_096
_Volume = Annotated[int, Meta(ge=0, le=10_000_000)]
_Nozzle = Annotated[int, Meta(ge=1, le=15)]
T = TypeVar("T")


class _Customer(Struct, forbid_unknown_fields=True):
    point: int
    nozzle: _Nozzle
    volume: _Volume | None = None


class _HangUp(Struct, forbid_unknown_fields=True):
    point: int
    volume: _Volume | None = None


class _Lift(Struct, forbid_unknown_fields=True):
    point: int
    nozzle: _Nozzle


class _Squeeze(Struct, forbid_unknown_fields=True):
    point: int
    rate: Annotated[int, Meta(ge=0, le=1_000_000)]
    volume: _Volume | None = None


class _Silence(Struct, forbid_unknown_fields=True):
    point: int
    silent: bool


class _Fault(Struct, forbid_unknown_fields=True):
    name: str
    odds: Annotated[float, Meta(ge=0, le=1)]
    line: Annotated[int, Meta(ge=0)] = 0


class _Close(Struct, forbid_unknown_fields=True):
    pass


def _has_nozzle(station: SimulatedStation, point: int, nozzle: int) -> None:
    body = station.pump(point).body
    if nozzle not in body.totalisers:
        raise Refused("unknown_nozzle", f"Fuelling point {point} has no nozzle {nozzle}.")
    if body.out:
        raise Refused("nozzle_out", f"A nozzle of fuelling point {point} is out already.")


def _customer(station: SimulatedStation, wish: _Customer) -> None:
    _has_nozzle(station, wish.point, wish.nozzle)
    station.act(lambda now: station.customers.send(wish.point, now, wish.nozzle, wish.volume))


def _hang_up(station: SimulatedStation, wish: _HangUp) -> None:
    pump, customer = station.pump(wish.point), station.customers.at(wish.point)
    if wish.volume is None:
        station.act(customer.leave if customer else pump.hang_up)
    elif customer is None:
        raise Refused("nobody_there", f"Nobody is at fuelling point {wish.point}.")
    else:
        volume = wish.volume
        station.act(lambda _: customer.hang_up_at(volume))


def _lift(station: SimulatedStation, wish: _Lift) -> None:
    _has_nozzle(station, wish.point, wish.nozzle)
    station.act(lambda now: station.pump(wish.point).lift(wish.nozzle, now))


def _squeeze(station: SimulatedStation, wish: _Squeeze) -> None:
    body = station.pump(wish.point).body
    station.act(lambda _: body.squeeze(wish.rate, wish.volume))


def _silence(station: SimulatedStation, wish: _Silence) -> None:
    pump = station.pump(wish.point)
    station.act(lambda _: pump.silence(wish.silent))


def _fault(station: SimulatedStation, wish: _Fault) -> None:
    if wish.name not in FAULTS:
        raise Refused("unknown_fault", f"There is no fault “{wish.name}”. Known are: {', '.join(FAULTS)}.")
    station.act(lambda _: station.strike(wish.name, wish.odds, wish.line))


def _close(station: SimulatedStation, _: _Close) -> None:
    station.act(lambda _: station.customers.close())


_DEEDS: Final[dict[str, tuple[type[Struct], Callable[[SimulatedStation, Any], None]]]] = {
    "/customer": (_Customer, _customer),
    "/hang-up": (_HangUp, _hang_up),
    "/lift": (_Lift, _lift),
    "/squeeze": (_Squeeze, _squeeze),
    "/silence": (_Silence, _silence),
    "/fault": (_Fault, _fault),
    "/close": (_Close, _close),
}


class Control:
    """The door, in a thread of its own."""

    def __init__(self, station: SimulatedStation, host: str, port: int) -> None:
        try:
            self._server = ThreadingHTTPServer((host, port), _handler(station))
        except OSError as why:
            raise LineUnavailable(f"The control port {host}:{port} can't be used: {why}.") from why
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, name="control", daemon=True)

    @property
    def url(self) -> str:
        """Where it is."""
        host, port = self._server.server_address[:2]
        return f"http://{host!s}:{port}"

    def start(self) -> None:
        """Open."""
        self._thread.start()

    def stop(self) -> None:
        """Shut."""
        self._server.shutdown()
        self._server.server_close()


def _handler(station: SimulatedStation) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            looks: dict[str, Callable[[], Any]] = {"/points": station.points, "/truth": station.truth}
            if self.path in looks:
                self._answer(200, looks[self.path]())
            else:
                self._answer(404, {"error": f"Known are: {', '.join(looks)}."})

        def do_POST(self) -> None:
            length = self.headers.get("Content-Length", "0")
            size = int(length) if length.isdecimal() else _LONGEST + 1
            if size > _LONGEST:
                self._answer(413, {"error": "That is too much."})
                return
            try:
                do(station, self.path, self.rfile.read(size))
            except Refused as why:
                self._answer(400, {"error": str(why), "reason": why.reason})
            else:
                self._answer(200, station.points())

        def _answer(self, status: int, content: Any) -> None:
            data = json.dumps(content, ensure_ascii=False).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json; charset=utf-8")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: Any) -> None:
            """Nobody wants to read each request."""

    return Handler


def do(station: SimulatedStation, path: str, body: bytes) -> None:
    """Carry out a POST; :exc:`Refused` when it makes no sense."""
    if path not in _DEEDS:
        raise Refused("unknown_deed", f"Known are: {', '.join(_DEEDS)}.")
    kind, deed = _DEEDS[path]
    try:
        wish = msgspec.json.decode(body or b"{}", type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as why:
        raise Refused("misread", str(why)) from why
    deed(station, wish)
