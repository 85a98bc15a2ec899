"""Simulated counters with a station before them, in virtual time, and what people do there."""

from typing import Any

from hardware.dispensers.tatsuno_pde.frames import Kind, decode
from hardware.dispensers.tatsuno_pde.protocol import PROTOCOL
from hardware.dispensers.tatsuno_pde.simulator import TatsunoPump
from hardware.ports import (
    Authorise,
    CommandFailed,
    PointAnswered,
    PointOnLine,
)
from hardware.simulation.faults import Faults
from tests.contract.station import SECOND, Station

LOOKS = {"S", "D", "H"}
"""What changes nothing at a counter."""


def island(faults: dict[str, float] | None = None, options: dict[str, Any] | None = None, **habits: Any) -> Station:
    return built(faults, options, **habits).start()


def built(faults: dict[str, float] | None = None, options: dict[str, Any] | None = None, **habits: Any) -> Station:
    """Not spoken to yet."""
    station = Station(PROTOCOL, faults=Faults(faults or {}, seed=1), habits=habits)
    if options:
        points = [PointOnLine(n, 0x20 + n, 2, PROTOCOL.decimals) for n in (1, 2)]
        station.session = station.wire.session = PROTOCOL.session(points, options=options)
    return station


def counter(station: Station, point: int = 1) -> TatsunoPump:
    pump = station.pump(point)
    assert isinstance(pump, TatsunoPump)
    return pump


def selected(station: Station, since: int = 0, address: int = 0x21) -> list[str]:
    """What counter 1 was told."""
    sent = [decode(data) for data in station.wire.sent[since:]]
    return [frame.text for frame in sent if frame.kind is Kind.TEXT and frame.address == address]


def failed(station: Station, command: Any) -> str:
    end = station.do(command)
    assert isinstance(end, CommandFailed), end
    return end.detail


def lifted(station: Station, nozzle: int = 1) -> Station:
    counter(station).lift(nozzle, station.wire.now)
    station.wire.run(SECOND)
    return station


def filled(station: Station, ml: int = 5_000) -> Station:
    """A filling that is over, and not cleared."""
    lifted(station).done(Authorise(1, (1,)))
    station.flow(ml)
    counter(station).hang_up(station.wire.now)
    station.wire.run(SECOND)
    return station


def back(station: Station) -> Station:
    """The port went away, and is there again."""
    station.session.line_lost()
    before = len(station.told(PointAnswered))
    station.wire.until(lambda: len(station.told(PointAnswered)) >= before + 2)
    station.wire.run(SECOND)
    return station


def sell_alone(station: Station, ml: int) -> None:
    """A sale from lift to payment that nobody polls for."""
    head, now = counter(station), station.wire.now
    head.remote = False
    head.lift(1, now)
    head.body.squeeze(10_000_000, ml)
    head.advance(now)
    head.advance(now + 900_000)
    head.hang_up(now + 900_000)
    head.advance(now + 900_000)
    head.remote = True
