"""Ten thousand stations: how soon a sale is seen, how they come back, how a price reaches them, what each one costs.

Everything is real and a process of its own: nats-server with the company's gate, PostgreSQL, head office, the swarm.
The sale that is timed is made in a real station's store, and travels by the station's own line.
"""

import asyncio
import random
import re
import tempfile
import time
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from statistics import median
from typing import Any

import aiohttp
import structlog
from msgspec import Struct

from cloud import founding
from cloud.settings import BrokerListener, Database, Line, Office, Settings
from cloud.stations import passwords, register
from cloud.store.tables import StationRow, table_of
from edge.store import outbox
from edge.sync.pace import UNHURRIED
from hardware.swarm.crowd import must_have_room
from shared.mqtt import Broker
from tests.bench.figure import Figure, at_most
from tests.company.programs import Program, listening
from tests.company.servers import free_port, postgresql
from tests.fakes.ends import StationEnd, station_end
from tests.fakes.waiting import until
from tests.flow.swarm import Swarm, swarm

FEW, MANY = 1_000, 10_000
LIVE = "live-sale"
SALES = 40


class House(Struct):
    """One company's processes, and how it is spoken to."""

    settings: Settings
    passwords: dict[str, str]
    broker: Program
    process: asyncio.subprocess.Process
    cookies: dict[str, str]

    @property
    def pages(self) -> str:
        """Head office."""
        return f"http://127.0.0.1:{self.settings.office.port}"

    @property
    def port(self) -> int:
        """The broker's."""
        return self.settings.line.port

    def crowd(self, kind: str, count: int) -> dict[str, str]:
        """Stations of a kind, with their passwords. Those of another kind are others: a swarm is no double."""
        return {name: self.passwords[name] for name in _names(kind, count)}

    async def price(self, milliyuan: int) -> int:
        """A new price for all; its version, as soon as it is decided."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(b"%d\n" % milliyuan)
        return int(await self.process.stdout.readline())

    def memory(self) -> tuple[float, float]:
        """KB of the broker and of head office."""
        return _resident(self.broker.pid), _resident(self.process.pid)


def figures() -> Iterable[Figure]:
    """``live_sale_ms``, ``broker_kb_a_station``, ``cloud_kb_a_station``, ``price_10000_s``, ``reconnect_10000_s`` and
    ``live_sale_worst_s``."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(30))
    must_have_room(MANY)
    with tempfile.TemporaryDirectory(prefix="jiayou-bench-") as place:
        return asyncio.run(_figures(Path(place)))


async def _figures(place: Path) -> list[Figure]:
    broker = Broker("127.0.0.1", 0, LIVE)
    async with _house(place) as house:
        broker = Broker("127.0.0.1", house.port, LIVE, house.passwords[LIVE])
        async with station_end(place / "live.sqlite", LIVE, broker, UNHURRIED) as live:
            await until(lambda: live.link.state.connected, 20, "the live station to be welcomed")
            return [*await _live(place, house, live), *await _many(place, house, live)]


async def _live(place: Path, house: House, live: StationEnd) -> list[Figure]:
    """A sale on its way to the page, while others sell as well."""
    words = ("--sale-every", "300", "--seconds", "600")
    async with swarm(place / "few", house.port, house.crowd("few", FEW), *words) as crowd:
        await crowd.until("welcomed", FEW, 60)
        seen = await _seen(house, live, SALES)
        crowd.stop()
        await crowd.ended(30)
    against = f"{FEW:,} stations connected, each selling every 5 minutes; the slowest of {SALES}: {max(seen):.0f} ms"
    return [at_most("live_sale_ms", median(seen), 100, "ms", against)]


async def _many(place: Path, house: House, live: StationEnd) -> list[Figure]:
    before = house.memory()
    words = ("--seconds", "600", "--within", "5", "--unchecked")
    async with swarm(place / "many", house.port, house.crowd("many", MANY), *words) as crowd:
        await crowd.until("welcomed", MANY, 120)
        await asyncio.sleep(5)
        costs = [(after - first) / MANY for first, after in zip(before, house.memory(), strict=True)]
        priced = await _priced(house, crowd)
        back, waits = await _back(house, crowd, live)
        crowd.stop()
        await crowd.ended(60)
    return [
        Figure("broker_kb_a_station", costs[0], "KB", "", f"resident memory with {MANY:,} stations and without them"),
        Figure("cloud_kb_a_station", costs[1], "KB", "", "the same of head office"),
        at_most("price_10000_s", priced, 10, "s", "from the decision to the last of 10,000 stations that holds it"),
        at_most("reconnect_10000_s", back, 60, "s", "from a killed broker's return to the last hello answered"),
        at_most(
            "live_sale_worst_s", max(waits), 2, "s", f"of {len(waits)} sales in that time; median {median(waits):.3f}"
        ),
    ]


# ── What is measured ──────────────────────────────────────────────────────────────────────────────────────────────────


async def _seen(house: House, live: StationEnd, count: int) -> list[float]:
    """Milliseconds from each sale's beginning in the store to the event after which the page shows it."""
    found = []
    async with aiohttp.ClientSession(cookies=house.cookies) as session:
        stream = re.findall(r'sse-connect="([^"]+)"', await _text(session, f"{house.pages}/sales"))[0]
        async with session.get(house.pages + stream.replace("&amp;", "&"), timeout=aiohttp.ClientTimeout()) as response:
            events = _Events(response)
            for _ in range(count):
                await asyncio.sleep(random.uniform(0.2, 0.8))
                found.append(await _one_seen(house, session, events, live))
            events.close()
    return found


async def _one_seen(house: House, session: aiohttp.ClientSession, events: "_Events", live: StationEnd) -> float:
    begun = time.perf_counter()
    await live.sell()
    number = f"{LIVE}-{live.store.epoch}-{await live.store.read(_newest)}"
    while True:
        heard = await asyncio.wait_for(events.next_after(begun), 10)
        if number in await _text(session, f"{house.pages}/live/sales", {"HX-Request": "true"}):
            return (heard - begun) * 1_000


class _Events:
    """When the page was last told of sales."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self._response = response
        self._at = 0.0
        self._heard = asyncio.Event()
        self._task = asyncio.create_task(self._listen())

    async def next_after(self, begun: float) -> float:
        """The time of an event later than this one, that was not given before."""
        while self._at <= begun:
            self._heard.clear()
            await self._heard.wait()
        at, self._at = self._at, 0.0
        return at

    def close(self) -> None:
        self._task.cancel()

    async def _listen(self) -> None:
        async for line in self._response.content:
            if line.strip() == b"event: sales":
                self._at = time.perf_counter()
                self._heard.set()


async def _priced(house: House, crowd: Swarm) -> float:
    begun = time.time()
    version = await house.price(7_900)
    standing = await crowd.until("tariffs", version, 120)
    return float(standing["at"]) / 1_000 - begun


async def _back(house: House, crowd: Swarm, live: StationEnd) -> tuple[float, list[float]]:
    """Seconds until all are welcomed again, and how long each live sale waited meanwhile for its acknowledgement."""
    house.broker.kill()
    await asyncio.sleep(1)
    await until(lambda: crowd.standing["welcomed"] == 0, 20, "everybody to be gone")
    house.broker.start()
    await until(lambda: listening(house.port), 20, "the broker")
    begun, waits = time.time(), list[float]()
    await until(lambda: live.link.state.connected, 60, "the live station to be back")
    selling = asyncio.create_task(_keep_selling(live, waits))
    standing = await crowd.until("welcomed", MANY, 180)
    selling.cancel()
    await asyncio.gather(selling, return_exceptions=True)
    return float(standing["at"]) / 1_000 - begun, waits


async def _keep_selling(live: StationEnd, waits: list[float]) -> None:
    while True:
        begun = time.perf_counter()
        await live.sell()
        await live.emptied(60)
        waits.append(time.perf_counter() - begun)
        await asyncio.sleep(0.2)


def _newest(db: Any) -> int:
    return outbox.backlog(db).next_seq - 1


async def _text(session: aiohttp.ClientSession, url: str, headers: dict[str, str] | None = None) -> str:
    async with session.get(url, headers=headers) as response:
        assert response.status == 200, f"{url}: {response.status}"
        return await response.text()


# ── The company ───────────────────────────────────────────────────────────────────────────────────────────────────────


@asynccontextmanager
async def _house(place: Path) -> AsyncIterator[House]:
    settings = _settings(place)
    founding.found(settings, "owner")
    words = _admit(settings, [LIVE, *_names("few", FEW), *_names("many", MANY)])
    broker = Program("broker", ("jiayou-cloud", "broker", "--config", place / "cloud.toml"), place)
    broker.start()
    process = await _office(place)
    try:
        assert process.stdout is not None
        ready, token = (await process.stdout.readline()).split()
        assert ready == b"ready"
        yield House(settings, words, broker, process, {"jiayou_office_session": token.decode()})
    finally:
        process.terminate()
        await process.wait()
        broker.stop()


def _settings(place: Path) -> Settings:
    settings = Settings(
        str(place / "cloud"),
        database=Database(postgresql()),
        broker=BrokerListener(port=(port := free_port())),
        line=Line(port=port),
        office=Office(port=free_port()),
    )
    (place / "cloud.toml").write_text(
        f'data = "{settings.data}"\n[database]\nurl = "{settings.database.url}"\n[broker]\nport = {port}\n'
        f'[line]\nport = {port}\n[office]\nport = {settings.office.port}\n[log]\nlevel = "warning"\n'
    )
    return settings


def _admit(settings: Settings, names: Sequence[str]) -> dict[str, str]:
    """All at once: one by one, with an entry in the audit each, ten thousand would take half a minute."""
    words = {name: passwords.draw() for name in names}
    books = founding.open_books(settings)
    with books.begin() as connection:
        register.add_dealer(connection, "经销商", "bench", 1)
        register.add_region(connection, "华东", "bench", 1)
        rows = [
            {
                "id": name, "name": name, "dealer_id": "经销商", "region_id": "华东",
                "password_hash": passwords.hashed(word), "created_at": 1,
            }
            for name, word in words.items()
        ]  # fmt: skip
        connection.execute(table_of(StationRow).insert(), rows)
    books.close()
    founding.tell_broker(settings)
    return words


async def _office(place: Path) -> asyncio.subprocess.Process:
    import sys

    pipe = asyncio.subprocess.PIPE
    words = (sys.executable, "-m", "tests.bench.office", str(place / "cloud.toml"))
    with (place / "office.log").open("ab") as log:
        return await asyncio.create_subprocess_exec(*words, stdin=pipe, stdout=pipe, stderr=log)


def _names(kind: str, count: int) -> list[str]:
    return [f"{kind}-{number:05}" for number in range(count)]


def _resident(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return float(re.findall(r"VmRSS:\s+(\d+) kB", status)[0])
