"""People, pumps, wires and the station do whatever they like, in whatever order; what a driver says is so all the same.

Every driver in the registry, in virtual time; a story that fails is told again by its seed.
"""

from collections.abc import Callable
from random import Random
from typing import Final

import pytest

from hardware.ports import Authorise, Clear, CommandDone, CommandFailed, Resume, SetPrices, Stop, Suspend
from hardware.protocol import Ability, DispenserProtocol
from hardware.simulation.faults import LINE_FAULTS, Faults
from shared.sale import Preset, PresetKind
from tests.contract.station import POINTS, SECOND, Station, drivers

pytestmark = pytest.mark.slow

WHIMS: Final = 40
ODDS: Final = dict.fromkeys(LINE_FAULTS, 0.02) | {"ignored-command": 0.05, "frozen": 0.02, "nozzle-bounce": 0.2}
_PATIENCE: Final = 30 * SECOND


class Whims:
    """A station where nobody keeps to any order."""

    def __init__(self, protocol: DispenserProtocol, seed: int) -> None:
        self.station = Station(protocol, seed=seed, faults=Faults(ODDS, seed)).start()
        self.protocol = protocol
        self.dice = Random(seed)
        self.releases = dict.fromkeys(range(1, POINTS + 1), 0)
        self.deeds: list[Callable[[int], None]] = [
            self.lift, self.hang_up, self.authorise, self.authorise, self.stop, self.clear, self.prices, self.flow,
            self.flow, self.fall_silent, self.lose_the_line, self.wait,
        ]  # fmt: skip
        if Ability.SUSPEND in protocol.abilities:
            self.deeds += [self.suspend, self.resume]

    def live(self) -> None:
        for _ in range(WHIMS):
            self.dice.choice(self.deeds)(self.dice.randint(1, POINTS))

    # ── People ────────────────────────────────────────────────────────────────────────────────────────────────────────

    def nozzle(self) -> int:
        return self.dice.randint(1, self.station.nozzles)

    def lift(self, point: int) -> None:
        if not self.station.pump(point).body.out:
            self.station.pump(point).lift(self.nozzle(), self.station.wire.now)

    def hang_up(self, point: int) -> None:
        self.station.pump(point).hang_up(self.station.wire.now)

    def flow(self, point: int) -> None:
        self.station.flow(self.dice.randrange(100, 2_000) * 10, point)

    # ── Pump and wire ─────────────────────────────────────────────────────────────────────────────────────────────────

    def fall_silent(self, point: int) -> None:
        self.station.pump(point).silence(True)
        self.wait(point)
        self.station.pump(point).silence(False)

    def lose_the_line(self, _: int) -> None:
        self.station.session.line_lost()

    def wait(self, _: int) -> None:
        self.station.wire.run(self.dice.randrange(5 * SECOND))

    # ── The station, which believes what it is told ───────────────────────────────────────────────────────────────────

    def authorise(self, point: int) -> None:
        preset = Preset(PresetKind.AMOUNT, 5_000) if Ability.PRESET_AMOUNT in self.protocol.abilities else None
        was = self.station.pump(point).released
        self.releases[point] += 1
        end = self.station.do(Authorise(point, (self.nozzle(),), self.dice.choice((None, preset))))
        if isinstance(end, CommandFailed) and not was:
            self.station.wire.run(_PATIENCE)
            word = self.station.pump(point).word
            assert not self.station.pump(point).released or self.station.state(point) == word, f"unseen after {end}"

    def stop(self, point: int) -> None:
        if isinstance(self.station.do(Stop(point)), CommandDone):
            assert not self.station.pump(point).released

    def suspend(self, point: int) -> None:
        if isinstance(self.station.do(Suspend(point)), CommandDone):
            assert not self.station.pump(point).released

    def resume(self, point: int) -> None:
        self.station.do(Resume(point))

    def clear(self, point: int) -> None:
        self.station.do(Clear(point))

    def prices(self, point: int) -> None:
        wanted = {nozzle: 7_000 + 10 * self.dice.randrange(100) for nozzle in range(1, self.station.nozzles + 1)}
        end = self.station.do(SetPrices(point, wanted))
        if isinstance(end, CommandDone) and Ability.READS_PRICES in self.protocol.abilities:
            assert self.station.pump(point).prices == wanted


@drivers
@pytest.mark.parametrize("seed", range(5))
def test_whatever_happens_in_whatever_order_what_is_said_is_so(protocol: DispenserProtocol, seed: int) -> None:
    whims = Whims(protocol, seed)
    station = whims.station
    whims.live()
    for point in range(1, POINTS + 1):
        whims.hang_up(point)
    station.wire.run(_PATIENCE)
    for point in range(1, POINTS + 1):
        body = station.pump(point).body
        assert {nozzle: station.settled_totaliser(point, nozzle) for nozzle in body.totalisers} == body.totalisers
        assert len(body.fillings) <= whims.releases[point], "no fuel flows that nobody released"
    ends = [event for event in station.wire.events if isinstance(event, CommandDone | CommandFailed)]
    assert len(ends) == station.wire.submitted, "each command ends once"
