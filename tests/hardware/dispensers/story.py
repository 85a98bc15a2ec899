"""What the stories of pumps with a single nozzle begin with."""

from itertools import pairwise

from hardware.ports import CommandFailed, PumpCommand
from hardware.protocol import DispenserProtocol
from hardware.simulation.faults import Faults
from tests.contract.station import SECOND, Station


def island(protocol: DispenserProtocol, faults: dict[str, float] | None = None, **habits: object) -> Station:
    """Two fuelling points that answer, with these faults and habits."""
    return Station(protocol, faults=Faults(faults or {}, seed=1), habits=habits).start()


def next_agent(station: Station) -> Station:
    """Another agent on the same line, which knows nothing of the one before."""
    after = Station(station.protocol)
    after.wire.line = after.line = station.line
    return after.start()


def failed(station: Station, command: PumpCommand) -> str:
    """Why this could not be done."""
    end = station.do(command)
    assert isinstance(end, CommandFailed), end
    return end.detail


def fuel(station: Station, ml: int = 5_000) -> None:
    """Lift, release, fuel and hang up; nobody records it yet."""
    pump = station.pump()
    pump.lift(1, station.wire.now)
    station.release(1, 1)
    station.flow(ml)
    pump.hang_up(station.wire.now)
    station.wire.run(SECOND)


def quiet(station: Station) -> list[tuple[bytes, int]]:
    """Each transmission, and the microseconds from its end until the next one."""
    byte = station.protocol.line.byte_micros
    pairs = pairwise((at, action.data) for at, action in station.wire.exchanges)
    return [(data, after - at - len(data) * byte) for (at, data), (after, _) in pairs]
