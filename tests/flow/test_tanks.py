"""From the console in the back room to the page of head office: levels, deliveries and alarms, each told once."""

import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import TypeVar

import pytest
from msgspec.structs import replace

import edge.app
from cloud.founding import now
from cloud.stations import states
from cloud.store.database import Connection
from cloud.tanks import listing
from cloud.tanks.listing import DeliveryView, TankView
from edge.settings import Authorise, GaugeSettings, TankSettings
from hardware.gauges.program import SimulatedGauge
from hardware.gauges.veeder_root.simulator import Console, SimulatedTank
from hardware.simulation.wire import plug
from tests.fakes.waiting import until
from tests.flow.chain import QUICK, A, Chain, HeadOffice, chain
from tests.flow.island import island

pytestmark = pytest.mark.flow
T = TypeVar("T")


@contextmanager
def console() -> Iterator[SimulatedGauge]:
    """Two tanks: the first has just taken a delivery, the second has water in it, and a bad cable besides."""
    straw = Console([SimulatedTank(1, 30_000_000, 6_000_000), SimulatedTank(2, 20_000_000, 5_000_000)], {"noise": 0.3})
    straw.advance(1)
    straw.deliver(1, 12_000_000, flow=1_000_000)
    straw.advance(20_000_001)
    straw.tanks[2].water, straw.tanks[2].alarms = 62_000, {3}
    gauge = SimulatedGauge(straw, plug("tcp:127.0.0.1:0"), byte=0)
    thread = threading.Thread(target=gauge.serve, name="console")
    thread.start()
    try:
        yield gauge
    finally:
        gauge.stop()
        thread.join()


@asynccontextmanager
async def agent(company: Chain, line: str, gauge: str) -> AsyncIterator[edge.app.Agent]:
    """The agent of a station with a gauge."""
    tanks = (TankSettings(1, "92#", "1 号罐", 30_000), TankSettings(2, "0#", "2 号罐", 20_000))
    settings = company.edge_settings(A, line, Authorise.AUTOMATIC)
    built = edge.app.build(replace(settings, gauges=(GaugeSettings("液位仪", gauge, tanks, every=10),)), None, QUICK)
    async with built:
        yield built


def looked(office: HeadOffice, look: Callable[[Connection], T]) -> T:
    """What head office's books say."""
    with office.books.read() as connection:
        return look(connection)


def tanks_of(office: HeadOffice) -> tuple[TankView, ...]:
    """The tanks of the station as head office's pages show them."""
    return looked(office, lambda connection: listing.of_station(connection, A))


def deliveries_at(office: HeadOffice) -> tuple[DeliveryView, ...]:
    """What came in at the station."""
    return looked(office, lambda connection: listing.deliveries(connection, A))


async def test_what_the_console_says_stands_at_head_office_once(tmp_path: Path) -> None:
    with console() as gauge, island() as pumps:
        async with chain(tmp_path) as company, company.office() as office:
            async with agent(company, pumps.url, gauge.url):
                await until(lambda: bool(deliveries_at(office)), 15, "the delivery at head office")
                await until(lambda: bool(tanks_of(office)[1].alarms), 15, "the alarm at head office")
            first, second = tanks_of(office)
            assert (first.name, first.grade, first.level.volume, first.alarms) == ("1 号罐", "92#", 18_000_000, ())
            assert (second.level.water_height, [one.alarm for one in second.alarms]) == (62_000, ["high_water"])
            [delivered] = deliveries_at(office)
            assert (delivered.grade, delivered.volume, delivered.after.volume) == ("92#", 12_000_000, 18_000_000)
            asked = len(gauge.console.questions)
            gauge.console.tanks[2].alarms.clear()
            async with agent(company, pumps.url, gauge.url):  # the same console tells the same delivery again
                await until(lambda: not tanks_of(office)[1].alarms, 15, "the end of the alarm at head office")
                await until(lambda: "i20200" in gauge.console.questions[asked:], 15, "the deliveries read again")
            assert len(deliveries_at(office)) == 1


async def test_a_console_that_is_switched_off_is_told_to_head_office(tmp_path: Path) -> None:
    with console() as gauge, island() as pumps:
        async with (
            chain(tmp_path) as company,
            company.office() as office,
            agent(company, pumps.url, gauge.url) as station,
        ):
            await until(lambda: len(tanks_of(office)) == 2, 15, "levels at head office")
            gauge.stop()

            def trouble() -> str:
                state = looked(office, lambda c: states.state(c, A, now()))
                return state.gauges[0].trouble if state.gauges else ""

            await until(lambda: trouble() == "gauge_line_lost", 25, "the lost gauge at head office")
            view = await station.forecourt.view()
            assert ("gauge:液位仪", "gauge_line_lost") in {(one.part, one.reason) for one in view.troubles}
            assert tanks_of(office)[0].level.volume == 18_000_000
