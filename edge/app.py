"""The program of a station, put together: the only file that names concrete parts.

A serial line, a printer, the broker or the page's port may be missing: the agent says so and goes on with what works.
Only the store must be there, for nothing may be sold that can't be recorded.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import AsyncExitStack
from importlib.metadata import version
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import structlog
from aiohttp import web
from prometheus_client.metrics_core import Metric

from edge import attendant
from edge.engineer import wiring
from edge.engineer.door import open_door
from edge.engineer.lines import Lines, note_disputes
from edge.forecourt.ending import Patience
from edge.forecourt.forecourt import Forecourt, Post, soon
from edge.forecourt.printing import RECEIPTS, Paper, Printing
from edge.forecourt.receipts import ReceiptHead
from edge.identity.papers import enrolled_keys
from edge.identity.renewal import Renewal, Worry
from edge.settings import GaugeSettings, LineSettings, Settings
from edge.store import epochs
from edge.store import printing as slips
from edge.store.database import Store
from edge.store.timepiece import Clock
from edge.sync.link import Link, LinkState
from edge.sync.pace import Presence
from edge.tanks import wiring as gauge_wiring
from edge.tanks.tanks import Tanks
from edge.watching.figures import Gathered, metrics
from edge.watching.how import how
from hardware.driver import LineDriver, LineThread
from hardware.errors import PrinterUnavailable
from hardware.gauges.ports import GaugeEvent, ReadNow
from hardware.ports import PumpCommand, PumpEvent
from hardware.printers.device import PrinterDevice
from hardware.printers.registry import open_printer
from hardware.watch.incidents import Shelf
from hardware.watch.watch import LineWatch
from shared.errors import Refused, SettingsMisread, Unavailable
from shared.face.service import ServiceManager, served
from shared.face.texts import Texts
from shared.face.watch import Place, WatchDoor
from shared.health import Health
from shared.messages import PointState
from shared.mqtt import PipeTrouble

_log = structlog.get_logger(__name__)

_PAGE_AGAIN = 5.0
"""Seconds until a page whose port is taken tries again."""
_PRESENCE_EVERY = 1.0
"""Seconds between two looks at what has changed for head office."""
_FORMER_AGAIN = 2.0
"""Seconds between two looks whether head office has all letters of former epochs."""
_LIVE_AGAIN = 5.0
"""Seconds until a part that died of a bug is tried again."""
_GOODBYE = 2.0
"""Seconds that open pages get when the agent ends."""


def program() -> str:
    """Name and version of this program, as head office sees it."""
    return f"jiayou-edge {version('jiayou')}"


def check(settings: Settings) -> None:
    """What only the parts can tell of a configuration; :exc:`SettingsMisread` when there is no such part."""
    try:
        wiring.check(settings)
        gauge_wiring.check(settings)
        open_printer(settings.printer.url, settings.printer.width)
    except (Refused, PrinterUnavailable) as why:
        raise SettingsMisread(str(why)) from why


def build(settings: Settings, clock: Clock | None = None, patience: Patience | None = None) -> "Agent":
    """The agent of a station, not started yet. :exc:`SettingsMisread` when there is no such part."""
    check(settings)
    return Agent(settings, clock, patience)


class Agent:
    """A station's agent: ``async with`` starts and ends it, :meth:`run` also waits in between."""

    def __init__(self, settings: Settings, clock: Clock | None, patience: Patience | None) -> None:
        self._settings = settings
        self._clock = clock
        self._patience = patience
        self._parts = AsyncExitStack()
        self._texts = Texts(attendant.TEXTS)
        self._started = 0
        self.link: Link | None = None
        self.store: Store
        self.forecourt: Forecourt
        self.lines: Lines
        self.tanks: Tanks
        self.page_port = settings.page.port
        """Where the page listens; the real port once it does, when 0 was asked for."""

    async def run(self, ending: asyncio.Event) -> None:
        """Live until ``ending`` is set."""
        async with self, served(ServiceManager(), f"station {self._settings.station.id}"):
            await ending.wait()

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as parts:
            await self._start(parts)
            self._parts = parts.pop_all()
        _log.info("agent_started", station=self.store.station, boot=self.store.boot, store=str(self.store.path))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._parts.__aexit__(kind, error, trace)
        _log.info("agent_ended")

    async def _start(self, parts: AsyncExitStack) -> None:
        """Each part ends before those that it needs."""
        settings = self._settings
        path = Path(settings.store.path)
        self.store = store = await asyncio.to_thread(Store.open, path, settings.station.id, self._clock)
        parts.push_async_callback(asyncio.to_thread, store.close)
        self._started = store.clock.now()
        printing = Printing(store, _printer(settings), _head(settings), _paper(settings))
        drivers: dict[str, LineDriver] = {}
        posts = {p.number: _post_to(drivers, line.name) for line in settings.lines for p in line.points}
        self.forecourt = forecourt = Forecourt(store, settings, posts, printing, self._patience)
        printing.on_change, printing.on_slip = forecourt.printer_changed, forecourt.slip_moved
        forecourt.on_settings = printing.obey
        parts.push_async_callback(_ended, _living("printing", printing.run))
        await forecourt.start(program())
        parts.push_async_callback(forecourt.close)
        await self._start_lines(parts, drivers, path)
        await self._start_gauges(parts)
        await self._connect(parts)
        parts.push_async_callback(_ended, _living("page", self._serve_page))
        await self._be_watched(parts)

    async def _be_watched(self, parts: AsyncExitStack) -> None:
        """For Prometheus and for whoever asks how it is. A station sells whether or not anybody can look."""
        place = self._settings.watch
        if place is None:
            return
        try:
            door = WatchDoor(Place(place.host, place.port, place.token), self._figures, self._how)
            await door.open()
        except (SettingsMisread, Unavailable) as why:
            self.forecourt.troubles.set("watch", "not_watched", str(why))
            return
        parts.push_async_callback(door.close)

    async def _figures(self) -> Iterable[Metric]:
        view, points = await self.forecourt.view(), await self.forecourt.points()
        uplink = self.link.uplink if self.link else None
        room = self.store.room(self._settings.store.budget)
        waiting = await self.store.read(slips.waiting, RECEIPTS)
        gathered = Gathered(
            now=self.store.clock.now(),
            started=self._started,
            station=view,
            points=points,
            lines=self.lines.reports(),
            commits=self.store.commits,
            store_bytes=room.used,
            store_budget=room.budget,
            slips_waiting=waiting,
            sent=uplink.sent if uplink else {},
            trip=uplink.trip if uplink else 0,
        )
        return metrics(gathered)

    async def _how(self, language: str) -> Health:
        say = self._texts.say(language)
        return how(program(), await self.forecourt.view(), await self.forecourt.points(), say)

    async def _start_lines(self, parts: AsyncExitStack, drivers: dict[str, LineDriver], path: Path) -> None:
        """The dispensers' lines, and what the engineer sees of them."""
        shelf = Shelf(path.with_name("incidents"))
        shelf.start()
        parts.push_async_callback(asyncio.to_thread, shelf.stop)
        for line in self._settings.lines:
            drivers[line.name] = self._driver(line, shelf)
        watches = {name: driver.watch for name, driver in drivers.items()}
        self.lines = lines = Lines(watches, shelf, self._settings.lines)
        parts.push_async_callback(asyncio.to_thread, _stop_all, list(drivers.values()))
        for driver in drivers.values():
            driver.start()
        await parts.enter_async_context(open_door(path, lines, self.facts))
        disputes = _living("disputes", lambda: note_disputes(lines, self.forecourt.changes()))
        parts.push_async_callback(_ended, disputes)

    def _driver(self, line: LineSettings, shelf: Shelf) -> LineDriver:
        loop, forecourt = asyncio.get_running_loop(), self.forecourt

        def heard(events: list[PumpEvent]) -> None:
            soon(loop, forecourt.receive, events)

        def troubled(sentence: str | None) -> None:
            soon(loop, forecourt.line_trouble, line.name, sentence)

        def noisy(sentence: str | None) -> None:
            reason = "noisy_line" if sentence else ""
            soon(loop, forecourt.troubles.set, f"wiring:{line.name}", reason, sentence or "")

        untested = wiring.untested(line)
        forecourt.troubles.set(f"protocol:{line.name}", "untested_protocol" if untested else "", untested)
        watch = LineWatch(wiring.head_of(line), line.url, shelf, line.error_budget, noisy)
        return LineDriver(line.name, lambda: wiring.opened(line), wiring.session_of(line), heard, troubled, watch)

    async def _start_gauges(self, parts: AsyncExitStack) -> None:
        """The tank gauges, each on a line of its own."""
        self.tanks = tanks = Tanks(self.store, self._settings.gauges, self._gauge_troubled)
        await tanks.load()
        parts.push_async_callback(_ended, _living("tanks", tanks.run))
        threads = [self._gauge(gauge) for gauge in self._settings.gauges]
        parts.push_async_callback(asyncio.to_thread, _stop_all, threads)
        for thread in threads:
            thread.start()

    def _gauge(self, gauge: GaugeSettings) -> LineThread[ReadNow, GaugeEvent]:
        loop, tanks = asyncio.get_running_loop(), self.tanks

        def heard(events: list[GaugeEvent]) -> None:
            soon(loop, tanks.receive, gauge.name, events)

        def troubled(sentence: str | None) -> None:
            soon(loop, tanks.line_trouble, gauge.name, sentence)

        session = gauge_wiring.session_of(gauge)
        return LineThread(gauge.name, lambda: gauge_wiring.opened(gauge), session, heard, troubled)

    def _gauge_troubled(self, gauge: str, word: str, sentence: str) -> None:
        self.forecourt.troubles.set(f"gauge:{gauge}", word, sentence)

    async def _connect(self, parts: AsyncExitStack) -> None:
        """The line to head office."""
        if self._settings.broker is None:
            self.forecourt.link_changed(False, "no_broker", "No broker is configured.")
            return
        try:
            broker = self._settings.broker.broker(self.store.station, self._settings.papers)
        except SettingsMisread as why:
            self.forecourt.link_changed(False, "no_password", str(why))
            return
        by_papers = self._settings.broker.by_papers
        keys = enrolled_keys(self._settings.papers) if by_papers else None
        link = Link(self.store, broker, program(), self._presence, self._link_changed, enrolled_keys=keys)
        self.link = link
        self.store.on_commit = link.wake
        self.forecourt.ask_head_office_by(link.claim)
        link.start(self.forecourt)
        parts.push_async_callback(link.stop)
        parts.push_async_callback(_ended, _living("presence", lambda: self._tell_presence(link)))
        parts.push_async_callback(_ended, _living("former", self._tell_former))
        if by_papers:
            parts.push_async_callback(_ended, _living("renewal", self._renewal(link).run))

    def _renewal(self, link: Link) -> Renewal:
        """Sees to it that the station's papers never run out."""
        settings, clock = self._settings, self.store.clock

        def worried(worry: Worry) -> None:
            self.forecourt.troubles.set("certificate", worry.word, worry.detail)

        return Renewal(
            settings.papers, settings.station.id, settings.head_office.door, clock.now, worried, link.connect_anew
        )

    async def _tell_former(self) -> None:
        """Until head office has what this store holds of its former epochs, whoever looks at the page knows it."""
        while open_ones := [one for one in await self.store.read(epochs.all_former) if not one.settled]:
            said = ", ".join(f"{one.epoch}: {one.reason}, {one.upto}" for one in open_ones)
            self.forecourt.troubles.set("books", "books_renewed", said)
            await asyncio.sleep(_FORMER_AGAIN)
        self.forecourt.troubles.set("books", "")

    async def _tell_presence(self, link: Link) -> None:
        """Head office sees what a person at the station would see, a moment later; running figures don't count."""
        told = await self._presence()
        async for _ in self.forecourt.changes():
            seen = await self._presence()
            if seen != told:
                told = seen
                link.uplink.speak()
            await asyncio.sleep(_PRESENCE_EVERY)

    def _link_changed(self, state: LinkState) -> None:
        if state.reason == PipeTrouble.STOPPED:
            return  # we are ending
        self.forecourt.link_changed(state.connected, state.reason, state.detail)

    async def _presence(self) -> Presence:
        view, points = await self.forecourt.view(), await self.forecourt.points()
        states = tuple(PointState(p.point, p.phase, p.nozzle, p.trouble) for p in points)
        return Presence(view.open, states, view.printer, self.tanks.states())

    async def facts(self) -> dict[str, Any]:
        """For the engineer's tools, beside what they see themselves."""
        view = await self.forecourt.view()
        return {
            "printer": view.printer,
            "connected": view.connected,
            "clock_difference": view.clock_difference,
            "page_port": self.page_port,
            "troubles": [[trouble.part, trouble.reason, trouble.detail] for trouble in view.troubles],
        }

    async def _serve_page(self) -> None:
        """The attendants' page. A port that is taken does not stop the station; it is tried again."""
        page = self._settings.page
        application = attendant.build(self.forecourt, self.store, self._settings, self.lines, self.tanks)
        runner = web.AppRunner(application, access_log=None, shutdown_timeout=_GOODBYE)
        await runner.setup()
        try:
            while not await self._listen(web.TCPSite(runner, page.host, page.port)):  # noqa: ASYNC110 - nothing tells
                await asyncio.sleep(_PAGE_AGAIN)
            addresses: Sequence[tuple[str, int]] = runner.addresses
            self.page_port = addresses[0][1]
            _log.info("page_open", address=f"http://{page.host}:{self.page_port}")
            await asyncio.Event().wait()
        finally:
            await runner.cleanup()

    async def _listen(self, site: web.TCPSite) -> bool:
        try:
            await site.start()
        except OSError as why:
            self.forecourt.troubles.set("page", "port_taken", str(why))
            return False
        self.forecourt.troubles.set("page", "")
        return True


def _head(settings: Settings) -> ReceiptHead:
    return ReceiptHead(settings.station.name, settings.station.utc_offset)


def _paper(settings: Settings) -> Paper:
    return Paper(settings.printer.width, settings.printer.automatic)


def _printer(settings: Settings) -> PrinterDevice | None:
    return open_printer(settings.printer.url, settings.printer.width)


def _post_to(drivers: dict[str, LineDriver], line: str) -> Post:
    """Commands to a line whose driver is made a moment later."""

    def post(command: PumpCommand) -> None:
        drivers[line].submit(command)

    return post


def _stop_all(drivers: Sequence[LineThread[Any, Any]]) -> None:
    for driver in drivers:
        driver.stop()


def _living(name: str, work: Callable[[], Awaitable[None]]) -> asyncio.Task[None]:
    """A part that lives beside the others; should it die of a bug, the log says so, and it is started once more."""

    async def live() -> None:
        while True:
            try:
                return await work()
            except Exception:
                _log.exception("part_died", part=name)
                await asyncio.sleep(_LIVE_AGAIN)

    return asyncio.create_task(live(), name=name)


async def _ended(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
