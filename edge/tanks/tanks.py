"""Keeps what the gauges read: rows and letters in one transaction, then the view.

Everything a gauge tells can be read again, so what can't be written now is let go: the next round brings it anew, and a
delivery or an alarm that was written before is not written twice.
"""

import asyncio
from collections.abc import Callable, Iterable
from typing import Final

import structlog

from edge.settings import GaugeSettings
from edge.store import tanks as books
from edge.store.database import Store
from edge.store.tanks import KeptReading, KeptTank, NewReading, PastLevel, Standing
from edge.tanks.deciding import letter_of, own_alarms, tank_of, worth_telling
from edge.tanks.views import GaugeView, TanksView, TankView
from hardware.gauges.ports import (
    AlarmsRead,
    DeliveriesRead,
    Delivery,
    GaugeAnswered,
    GaugeEvent,
    GaugeSilent,
    InventoryRead,
    Silence,
    TankReading,
)
from shared.errors import Unavailable
from shared.messages import GaugeState, TankAlarmed, TankDelivered, TankRead
from shared.tanks import TankLevel

_log = structlog.get_logger(__name__)

_DAY: Final = 86_400_000
_KEPT: Final = 35 * _DAY
TROUBLES: Final = {
    Silence.NO_ANSWER: "gauge_no_answer",
    Silence.UNREADABLE: "gauge_unreadable",
    Silence.REFUSED: "gauge_refused",
}
LOST: Final = "gauge_line_lost"


class Tanks:
    """The station's gauges and tanks. ``on_trouble`` hears of a gauge: its name, a stable word, a sentence."""

    def __init__(
        self, store: Store, gauges: Iterable[GaugeSettings], on_trouble: Callable[[str, str, str], None]
    ) -> None:
        self._store = store
        self._gauges = {gauge.name: gauge for gauge in gauges}
        self._on_trouble = on_trouble
        self.on_change: Callable[[], None] = lambda: None
        """Something on the page has changed."""
        self._troubles: dict[str, str] = {}
        self._silent: dict[str, str] = {}
        self._kept: dict[tuple[str, int], KeptTank] = {}
        self._standing: list[Standing] = []
        self._events: asyncio.Queue[tuple[str, list[GaugeEvent]]] = asyncio.Queue()
        self._day = 0

    # ── From the lines, on the event loop ─────────────────────────────────────────────────────────────────────────────

    def receive(self, gauge: str, events: list[GaugeEvent]) -> None:
        """A gauge said this."""
        self._events.put_nowait((gauge, events))

    def line_trouble(self, gauge: str, sentence: str | None) -> None:
        """Its port or connection is gone, or back (None)."""
        self._troubled(gauge, LOST if sentence else self._silent.get(gauge, ""), sentence or "")

    async def load(self) -> None:
        """What was known when the agent ended."""
        kept = await self._store.read(books.all_tanks)
        self._kept = {(tank.gauge, tank.number): tank for tank in kept}
        self._standing = await self._store.read(books.standing)

    async def run(self) -> None:
        """Write what comes, until cancelled."""
        await self.load()
        while True:
            gauge, events = await self._events.get()
            try:
                for event in events:
                    await self._take(self._gauges[gauge], event)
            except Unavailable as why:
                _log.warning("tanks_not_written", gauge=gauge, why=str(why))
            finally:
                self._events.task_done()

    async def written(self) -> None:
        """Until everything that was heard is written."""
        await self._events.join()

    # ── What can be seen ──────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def any(self) -> bool:
        """Whether the station has a gauge."""
        return bool(self._gauges)

    def states(self) -> tuple[GaugeState, ...]:
        """Each gauge, for the heartbeat."""
        return tuple(GaugeState(name, self._troubles.get(name, "")) for name in self._gauges)

    async def view(self) -> TanksView:
        """Everything."""
        since = self._store.clock.wall() - _DAY
        past = await self._store.read(books.past_levels, since)
        told = await self._store.read(books.deliveries)
        gauges = tuple(
            GaugeView(name, self._troubles.get(name, ""), tuple(self._tanks(gauge, past)))
            for name, gauge in self._gauges.items()
        )
        return TanksView(gauges, tuple(told))

    def _tanks(self, gauge: GaugeSettings, past: dict[tuple[str, int], list[PastLevel]]) -> Iterable[TankView]:
        seen = {number for name, number in self._kept if name == gauge.name}
        for number in sorted({tank.number for tank in gauge.tanks} | seen):
            yield self._tank(gauge, number, tuple(past.get((gauge.name, number), ())))

    def _tank(self, gauge: GaugeSettings, number: int, past: tuple[PastLevel, ...]) -> TankView:
        tank, kept = tank_of(gauge, number), self._kept.get((gauge.name, number))
        reading = kept.reading if kept else KeptReading(TankLevel())
        return TankView(
            gauge.name,
            number,
            tank.name if tank else "",
            tank.grade if tank else "",
            tank.capacity * 1_000 if tank else 0,
            tank.low * 1_000 if tank else 0,
            reading.level,
            reading.delivering,
            reading.testing,
            kept.read_at if kept else 0,
            tuple(one for one in self._standing if (one.gauge, one.number) == (gauge.name, number)),
            past,
        )

    # ── Inside ────────────────────────────────────────────────────────────────────────────────────────────────────────

    async def _take(self, gauge: GaugeSettings, event: GaugeEvent) -> None:
        match event:
            case InventoryRead(tanks=tanks):
                await self._inventory(gauge, tanks)
            case DeliveriesRead(deliveries=deliveries):
                await self._deliveries(gauge, deliveries)
            case AlarmsRead(alarms=alarms):
                raised = [
                    TankAlarmed(gauge.name, a.tank, a.alarm, a.code, True, self._grade(gauge, a.tank)) for a in alarms
                ]
                await self._alarms(gauge, raised, own=False)
            case GaugeAnswered():
                self._silent.pop(gauge.name, None)
                self._troubled(gauge.name, "", "")
            case GaugeSilent(why=why) if why in TROUBLES:
                self._silent[gauge.name] = TROUBLES[why]
                self._troubled(gauge.name, TROUBLES[why], "")
        self.on_change()

    async def _inventory(self, gauge: GaugeSettings, tanks: tuple[TankReading, ...]) -> None:
        stamp = self._store.clock.stamp()
        new = [self._new(gauge, tank, stamp.at) for tank in tanks]
        await self._store.run(books.keep_readings, stamp, gauge.name, new)
        for one in new:
            before = self._kept.get((gauge.name, one.number))
            told = (stamp.at, one.reading) if one.letter or not before else (before.told_at, before.told)
            self._kept[gauge.name, one.number] = KeptTank(gauge.name, one.number, stamp.at, one.reading, *told)
        await self._limits(gauge)
        await self._forget(stamp.at)

    def _new(self, gauge: GaugeSettings, tank: TankReading, at: int) -> NewReading:
        reading = KeptReading(tank.level, tank.delivering, tank.testing)
        told = worth_telling(gauge, self._kept.get((gauge.name, tank.tank)), reading, at)
        return NewReading(tank.tank, reading, letter_of(gauge, tank.tank, reading) if told else None)

    async def _limits(self, gauge: GaugeSettings) -> None:
        raised: list[TankAlarmed] = []
        for kept in self._of(gauge):
            stands = {one.alarm for one in self._standing if (one.gauge, one.number) == (gauge.name, kept.number)}
            raised += own_alarms(gauge, kept.number, kept.reading.level, stands)
        await self._alarms(gauge, raised, own=True)

    async def _alarms(self, gauge: GaugeSettings, raised: list[TankAlarmed], own: bool) -> None:
        """What has not changed since it was written last costs no writing."""
        stand = {
            (one.number, one.alarm, one.code)
            for one in self._standing
            if one.gauge == gauge.name and own == (one.code == 0)
        }
        if stand == {(one.tank, one.alarm, one.code) for one in raised}:
            return
        stamp = self._store.clock.stamp()
        changed = await self._store.run(
            books.set_alarms, stamp, gauge.name, raised, own=own, levels=self._levels(gauge)
        )
        for one in changed:
            _log.warning("tank_alarm", gauge=gauge.name, tank=one.tank, alarm=one.alarm, raised=one.raised)
        self._standing = await self._store.read(books.standing)

    async def _deliveries(self, gauge: GaugeSettings, deliveries: tuple[Delivery, ...]) -> None:
        told = [
            TankDelivered(gauge.name, d.tank, d.started, d.ended, d.before, d.after, self._grade(gauge, d.tank))
            for d in deliveries
        ]
        if not told:
            return
        stamp = self._store.clock.stamp()
        for one in await self._store.run(books.note_delivered, stamp, told, self._levels(gauge)):
            _log.info("tank_delivered", gauge=gauge.name, tank=one.tank, started=one.started, ended=one.ended)

    async def _forget(self, at: int) -> None:
        """Once a day."""
        if at // _DAY != self._day:
            self._day = at // _DAY
            await self._store.run(books.forget_levels, at - _KEPT)

    def _levels(self, gauge: GaugeSettings) -> list[TankRead]:
        """What is known to be in the tanks of a gauge, as letters."""
        return [letter_of(gauge, kept.number, kept.reading) for kept in self._of(gauge)]

    def _of(self, gauge: GaugeSettings) -> list[KeptTank]:
        return [kept for (name, _), kept in self._kept.items() if name == gauge.name]

    def _grade(self, gauge: GaugeSettings, number: int) -> str:
        tank = tank_of(gauge, number)
        return tank.grade if tank else ""

    def _troubled(self, gauge: str, word: str, sentence: str) -> None:
        self._troubles[gauge] = word
        self._on_trouble(gauge, word, sentence)
        self.on_change()
