"""A price comes down, and each nozzle climbs its ladder; never in mid-filling."""

import asyncio
from pathlib import Path

import pytest

from edge.forecourt.views import PointView
from hardware.ports import Authorise, SetPrices
from shared.errors import Refused
from shared.messages import PriceClimbed, Rung
from shared.station import Key
from tests.edge.forecourt.yard import PRICES, Yard, two_pumps
from tests.fakes.pump import FakePump


async def climbs(yard: Yard, tariff: int) -> list[tuple[Rung, int, int]]:
    """Rung, point and nozzle of each letter of this tariff, in order."""
    facts = await yard.facts(PriceClimbed)
    return [(f.rung, f.point, f.nozzle) for f in facts if isinstance(f, PriceClimbed) and f.tariff == tariff]


async def shown(yard: Yard, point: int, **prices: int) -> PointView:
    """Until the dispenser shows these prices, as 92=7990."""
    wanted = {grade.removeprefix("n") + "#": price for grade, price in prices.items()}

    def right(pump: FakePump = yard.pumps[point]) -> bool:
        grades = dict(enumerate(("92#", "95#") if point == 1 else ("95#", "0#"), 1))
        return all(pump.prices[n] == wanted.get(grade, pump.prices[n]) for n, grade in grades.items())

    await yard.until(right)
    return await yard.phase(point, "idle", "calling", "started", "fuelling")


async def test_a_price_climbs_on_every_nozzle_and_each_rung_is_told_once(tmp_path: Path) -> None:
    pumps = two_pumps()
    async with Yard(tmp_path / "s.db", pumps) as yard:
        await yard.price(1)
        await yard.price(2, n92=7_990)
        await shown(yard, 1, n92=7_990)
        await yard.rest()
        for point in (1, 2):  # neither waits for the other
            await told(yard, 2, (Rung.READ_BACK, point, 2))
        one = [(Rung.RECEIVED, 0, 0), (Rung.ARMED, 0, 0)]
        every = {(rung, p, n) for rung in (Rung.APPLIED, Rung.READ_BACK) for p in (1, 2) for n in (1, 2)}
        assert (await climbs(yard, 2))[:2] == one
        assert set((await climbs(yard, 2))[2:]) == every
        assert len(await climbs(yard, 2)) == 2 + len(every)
    async with Yard(tmp_path / "s.db", pumps) as yard:
        await yard.rest()
        assert len(await climbs(yard, 2)) == 2 + len(every)


async def told(yard: Yard, tariff: int, rung: tuple[Rung, int, int]) -> None:
    """Until this rung was told."""
    async with asyncio.timeout(5):
        while rung not in await climbs(yard, tariff):  # noqa: ASYNC110 - the store knows of no event loop
            await asyncio.sleep(0.005)


async def test_f09_a_filling_keeps_the_price_it_began_with(tmp_path: Path) -> None:
    """A point fuels while the price arrives; its sale keeps the old one, its nozzles change when it is idle."""
    async with Yard(tmp_path / "s.db", two_pumps()) as yard:
        await yard.price(1)
        pump = yard.pumps[1]
        pump.lift(1)
        await yard.phase(1, "calling")
        await yard.forecourt.authorise(1, "attendant:小李")
        await yard.phase(1, "started")
        pump.flow(10_000)
        await yard.phase(1, "fuelling")
        await yard.price(2, n92=7_990, n95=8_000)
        await shown(yard, 2, n95=8_000)
        assert pump.prices[1] == PRICES["92#"]
        pump.fill(10_000)
        sale = (await yard.sold(1))[0].sale
        assert (sale.tariff, sale.delivery.unit_price) == (1, PRICES["92#"])
        await shown(yard, 1, n92=7_990)
        assert (await yard.serve(1, 1_000)).sale.tariff == 2


async def test_f09_a_dispenser_that_was_away_takes_its_price_when_it_is_back(tmp_path: Path) -> None:
    """Nobody has to bring the whole forecourt to rest: each nozzle climbs when it can, and says so."""
    pumps = two_pumps()
    async with Yard(tmp_path / "s.db", pumps) as yard:
        await yard.price(1)
        await yard.rest()
        pumps[2].unplugged = True
        pumps[2].fall_silent()
        await yard.phase(2, "inoperative")
        await yard.price(2, n95=8_000)
        await shown(yard, 1, n95=8_000)
        await told(yard, 2, (Rung.READ_BACK, 1, 2))
        assert pumps[2].prices[1] == PRICES["95#"]
        assert not [rung for rung, point, _ in await climbs(yard, 2) if point == 2 and rung is Rung.READ_BACK]
        pumps[2].unplugged = False
        pumps[2].power_on()
        await shown(yard, 2, n95=8_000)
        await told(yard, 2, (Rung.READ_BACK, 2, 1))
        assert (await yard.serve(2, 1_000)).sale.tariff == 2


async def test_a_tariff_that_starts_between_release_and_lifting_waits_for_the_next_customer(tmp_path: Path) -> None:
    async with Yard(tmp_path / "s.db", two_pumps()) as yard:
        await yard.price(1)
        await yard.rest()
        await yard.forecourt.authorise(1, "attendant:小李")
        await yard.phase(1, "authorised")
        await yard.price(2, n92=7_990)
        yard.pumps[1].lift(1)
        await yard.phase(1, "started")
        yard.pumps[1].fill(5_000)
        sale = (await yard.sold(1))[0].sale
        assert (sale.tariff, sale.delivery.unit_price) == (1, PRICES["92#"])


async def test_f10_three_future_prices_each_start_at_their_time(tmp_path: Path) -> None:
    """Not only the newest of several is kept."""
    async with Yard(tmp_path / "s.db", two_pumps()) as yard:
        now = yard.store.clock.now()
        await yard.price(1)
        for version, minutes in ((2, 10), (3, 20), (4, 30)):
            await yard.price(version, now + minutes * 60_000, n92=8_000 + version)
        coming = await yard.forecourt.coming_prices()
        assert [(each.tariff, each.prices["92#"]) for each in coming] == [(2, 8_002), (3, 8_003), (4, 8_004)]
        yard.store.clock.compared(-15 * 60_000)
        await yard.until(lambda: yard.pumps[1].prices[1] == 8_002)
        assert (await yard.serve(1, 1_000)).sale.tariff == 2
        yard.store.clock.compared(-35 * 60_000)
        await yard.until(lambda: yard.pumps[1].prices[1] == 8_004)
        assert (await yard.serve(1, 1_000)).sale.tariff == 4
        assert await climbs(yard, 3) == [(Rung.RECEIVED, 0, 0), (Rung.ARMED, 0, 0)]


async def test_a_dispenser_that_does_not_take_its_price_sells_nothing_and_is_told_once(tmp_path: Path) -> None:
    async with Yard(tmp_path / "s.db", two_pumps()) as yard:
        await yard.price(1)
        yard.pumps[1].deaf = {SetPrices}
        await yard.price(2, n92=7_990)
        await told(yard, 2, (Rung.FAILED, 1, 1))
        await yard.until(lambda: yard.pumps[1].said(SetPrices) > 2)
        assert (await climbs(yard, 2)).count((Rung.FAILED, 1, 1)) == 1
        with pytest.raises(Refused) as refused:
            await yard.forecourt.authorise(1, "attendant:小李")
        assert refused.value.reason == "price_pending"
        assert (await yard.point(1)).trouble == "price_pending"
        yard.pumps[1].deaf = set()
        await told(yard, 2, (Rung.READ_BACK, 1, 1))
        assert (await yard.serve(1, 1_000)).sale.tariff == 2


async def test_a_price_that_only_the_lifted_nozzle_shows_is_read_back_then(tmp_path: Path) -> None:
    pumps = two_pumps()
    pumps[1].tells_prices = False
    async with Yard(tmp_path / "s.db", pumps) as yard:
        await yard.price(1)
        await yard.price(2, n92=7_990)
        await told(yard, 2, (Rung.APPLIED, 1, 1))
        assert (Rung.READ_BACK, 1, 1) not in await climbs(yard, 2)
        await yard.serve(1, 1_000)
        await told(yard, 2, (Rung.READ_BACK, 1, 1))


async def test_a_dispenser_that_shows_another_price_when_lifted_is_stopped(tmp_path: Path) -> None:
    pumps = two_pumps()
    pumps[1].tells_prices = False
    async with Yard(tmp_path / "s.db", pumps) as yard:
        await yard.price(1)
        await told(yard, 1, (Rung.APPLIED, 1, 1))
        await yard.forecourt.authorise(1, "attendant:小李")
        await yard.phase(1, "authorised")
        pumps[1].prices[1] = 9_990
        pumps[1].lift(1)
        await yard.until(lambda: pumps[1].state == "finished")
        pumps[1].hang_up()
        await yard.phase(1, "idle")
        assert await yard.sales() == []
        await yard.until(lambda: pumps[1].prices[1] == PRICES["92#"])


async def test_a_station_without_a_tariff_sells_at_the_dispensers_own_price(tmp_path: Path) -> None:
    async with Yard(tmp_path / "s.db", two_pumps()) as yard:
        sale = (await yard.serve(1, 1_000)).sale
        assert (sale.tariff, sale.delivery.unit_price) == (0, PRICES["92#"])
        assert yard.pumps[1].said(SetPrices) == 0
        assert yard.pumps[1].said(Authorise) == 1
        assert Key("s1", yard.store.epoch, 2) < Key("s1", yard.store.epoch, 3)
