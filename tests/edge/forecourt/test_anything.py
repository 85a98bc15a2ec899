"""Anything may happen at a fuelling point, in any order: every millilitre of the totaliser ends in the books, once.

Customers, attendants, keys at the pump, dead agents, dead pumps, drops: stories that nobody would think of.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from hardware.ports import Authorise, PumpState, ReadState
from shared.errors import Refused
from shared.messages import MeterMoved
from shared.sale import Preset, PresetKind, SaleStatus
from tests.edge.forecourt.yard import QUICK, Yard, two_pumps
from tests.fakes.pump import MODULUS, FakePump

pytestmark = pytest.mark.slow

LI = "attendant:小李"
HASTY = replace(QUICK, hand=40, drip=30)
RUNNING = (PumpState.AUTHORISED, PumpState.FUELLING, PumpState.SUSPENDED, PumpState.LIMIT_REACHED)

NOZZLE = st.sampled_from([1, 2])
LITRES = st.integers(1, 3_000).map(lambda pulses: pulses * 10)
DEED = st.one_of(
    st.tuples(st.just("lift"), NOZZLE),
    st.tuples(st.just("flow"), LITRES),
    st.tuples(st.sampled_from(["hang up", "authorise", "preset", "stop", "suspend", "resume", "key"])),
    st.tuples(st.sampled_from(["agent dies", "agent back", "pump dies", "pump back", "pump restarts", "rest"])),
    st.tuples(st.just("drip"), st.integers(1, 9).map(lambda pulses: pulses * 10)),
)


class Story:
    """One fuelling point, and the agent that comes and goes."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.pumps = two_pumps()
        self.pump: FakePump = self.pumps[1]
        self.start = dict(self.pump.totalisers)
        self.lives = 0
        self._yard: Yard | None = None

    async def tell(self, deeds: list[tuple[str, int] | tuple[str]]) -> None:
        await self._back()
        assert self._yard is not None
        await self._yard.rest()  # the meters are known from here on
        for deed in deeds:
            await self._do(deed[0], deed[1] if len(deed) > 1 else 0)
            await asyncio.sleep(0)
        await self._end()

    async def _do(self, what: str, value: int) -> None:
        pump, yard = self.pump, self._yard
        match what:
            case "lift" if not pump.out:
                pump.lift(value)
            case "flow" if pump.out:
                pump.flow(value)
            case "hang up" if pump.out:
                pump.hang_up()
            case "key" if pump.state not in RUNNING:
                pump.release_itself()
            case "drip" if not pump.out and pump.state not in RUNNING:
                pump.totalisers[pump.nozzle or 1] += value
            case "agent dies":
                await self._die()
            case "agent back":
                await self._back()
            case "pump dies":
                pump.unplugged = True
                pump.fall_silent()
            case "pump back":
                self._plug_in()
            case "pump restarts":
                pump.state, pump.volume, pump.amount, pump.allowed = PumpState.READY, 0, 0, ()
                pump.power_on()
            case "rest":
                await asyncio.sleep(0.06)
            case _ if yard is not None:
                await _wish(yard, what)

    async def _end(self) -> None:
        """Everybody goes home, and the agent has all the time it needs; then it starts once more."""
        for last in (False, True):
            await self._back()
            self._plug_in()
            if self.pump.out:
                self.pump.hang_up()
            assert self._yard is not None
            await self._yard.forecourt.stop(1, LI)
            await self._yard.phase(1, "idle")
            await asyncio.sleep(0.15)
            await self._yard.phase(1, "idle")
            if last:
                await self._check(self._yard)
            await self._die()

    async def _check(self, yard: Yard) -> None:
        sales = [view.sale for view in await yard.sales()]
        lines = [fact for fact in await yard.facts(MeterMoved) if isinstance(fact, MeterMoved)]
        for nozzle, start in self.start.items():
            grown = (self.pump.totalisers[nozzle] - start) % MODULUS
            sold = [sale for sale in sales if (sale.delivery.point, sale.delivery.nozzle) == (1, nozzle)]
            proofs = [(sale.proof.before, sale.proof.after) for sale in sold]
            moved = sum(
                (after - before) % MODULUS for before, after in proofs if before is not None and after is not None
            )
            told = sum(line.volume for line in lines if (line.point, line.nozzle) == (1, nozzle))
            assert moved + told == grown, (nozzle, moved, told, grown)
        for sale in sales:
            if sale.status is SaleStatus.SETTLED:
                assert sale.delivery.volume == ((sale.proof.after or 0) - (sale.proof.before or 0)) % MODULUS

    async def _back(self) -> None:
        if self._yard is None:
            self._read_first()
            self.lives += 1
            self._life = self._living()
            self._yard = await self._life.__aenter__()

    async def _die(self) -> None:
        if self._yard is not None:
            self._yard = None
            await self._life.__aexit__(None, None, None)
            self._read_first()

    def _read_first(self) -> None:
        """In each life the pump was read before it was released."""
        kinds = [type(command) for command in self.pump.commands]
        if Authorise in kinds:
            assert ReadState in kinds[: kinds.index(Authorise)]
        self.pump.commands.clear()

    @asynccontextmanager
    async def _living(self) -> AsyncIterator[Yard]:
        yard = Yard(self.path, self.pumps, patience=HASTY)
        await yard.forecourt.start("test")
        for pump in self.pumps.values():
            pump.hear = yard.forecourt.receive
            if not pump.unplugged:
                pump.power_on()
        try:
            yield yard
        finally:
            await yard.__aexit__(None, None, None)

    def _plug_in(self) -> None:
        if self.pump.unplugged:
            self.pump.unplugged = False
            self.pump.power_on()


async def _wish(yard: Yard, what: str) -> None:
    with suppress(Refused):
        match what:
            case "authorise":
                await yard.forecourt.authorise(1, LI)
            case "preset":
                await yard.forecourt.authorise(1, LI, Preset(PresetKind.VOLUME, 12_340))
            case "stop":
                await yard.forecourt.stop(1, LI)
            case "suspend":
                await yard.forecourt.suspend(1, LI)
            case "resume":
                await yard.forecourt.resume(1, LI)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(DEED, max_size=30))
def test_whatever_happens_every_millilitre_is_in_the_books_once(deeds: list[tuple[str, int] | tuple[str]]) -> None:
    with TemporaryDirectory() as folder:
        asyncio.run(asyncio.wait_for(Story(Path(folder) / "s.db").tell(deeds), 30))
