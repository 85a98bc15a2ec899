"""One customer with a coupon after the other, and a house that dies at one commit of each."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from cloud.coupons.issuing import IssuedCoupon
from shared.errors import Refused
from tests.flow.chain import PRICES, WANG, A, Chain, Station, chain
from tests.flow.island import Island, island
from tests.flow.power import PowerCut, at_head_office, at_the_station

FEN = 1_500
NEVER = 10**9


class Evening:
    """A station, its dispensers, head office, and so many coupons."""

    def __init__(self, company: Chain, pumps: Island, coupons: tuple[IssuedCoupon, ...]) -> None:
        self.company = company
        self.island = pumps
        self._coupons = iter(coupons)
        self._guests = 0

    def next_guest(self) -> IssuedCoupon:
        """The coupon of the next customer."""
        self._guests += 1
        return next(self._coupons)

    @property
    def litres(self) -> int:
        """What this customer wants, in millilitres: no two the same."""
        return 6_000 + 10 * self._guests

    async def serve(self, station: Station, coupon: IssuedCoupon) -> None:
        """Serve this customer from wherever things stand, until his sale is in head office."""
        await station.ready()
        if len(self.island.truth()) < self._guests and not self._is_there():
            await self._show(station, coupon)
            self.island.customer(1, 1, self.litres)
        await station.sold(self._guests)
        await station.emptied()

    async def _show(self, station: Station, coupon: IssuedCoupon) -> None:
        if (await station.point(1)).coupon is None:
            await station.forecourt.present(1, coupon.scanned, WANG)

    def _is_there(self) -> bool:
        return bool(self.island.at(1)["nozzle"])

    async def until_dark(self, station: Station, coupon: IssuedCoupon, cut: PowerCut) -> None:
        """The same, until the power fails; it may fail in the middle of anything."""
        serving = asyncio.ensure_future(self.serve(station, coupon))
        dark = asyncio.ensure_future(cut.dark.wait())
        await asyncio.wait((serving, dark), return_when=asyncio.FIRST_COMPLETED)
        for task in (serving, dark):
            task.cancel()
            with suppress(asyncio.CancelledError, Refused):
                await task

    def judge(self, story: str) -> None:
        """This customer's filling, sale, coupon and paper, in both houses."""
        self.company.check(pudong_1=self.island)
        told = self.company.told()
        assert len(told.sold()) == self._guests, story
        _, sale = told.sold()[-1]
        assert (sale.delivery.volume, sale.status) == (self.litres, "settled"), story
        assert [use.discount for use in sale.redemptions] == [FEN], story
        assert told.open_fillings == 0, story
        assert set(told.redemptions.values()) == {1}, story
        assert papers(self.company) == self._guests, f"{story}: each sale has one receipt that is not marked 重打"

    async def commits_at_the_station(self) -> int:
        """How many moments there are to die at."""
        cut = PowerCut(NEVER, after=False)
        async with self.company.office(), self.company.station(self.island) as station:
            with at_the_station(cut):
                await self.serve(station, self.next_guest())
        return cut.commits

    async def commits_at_head_office(self) -> int:
        """The same for head office."""
        cut = PowerCut(NEVER, after=False)
        async with self.company.office() as office, self.company.station(self.island) as station:
            with at_head_office(office.books, cut):
                await self.serve(station, self.next_guest())
        return cut.commits

    async def station_dies(self, at: int, after: bool) -> None:
        """At this commit of its life; then it is started again."""
        coupon, cut = self.next_guest(), PowerCut(at, after)
        async with self.company.office():
            with at_the_station(cut), suppress(Exception):  # it may die while it is still starting
                async with self.company.station(self.island) as station:
                    await self.until_dark(station, coupon, cut)
            async with self.company.station(self.island) as station:
                await self.serve(station, coupon)
        self.judge(f"station: {cut}")

    async def head_office_dies(self, at: int, after: bool) -> None:
        """Likewise."""
        coupon, cut = self.next_guest(), PowerCut(at, after)
        async with self.company.station(self.island) as station:
            async with self.company.office() as office:
                with at_head_office(office.books, cut):
                    await self.until_dark(station, coupon, cut)
            async with self.company.office():
                await self.serve(station, coupon)
        self.judge(f"head office: {cut}")


def papers(company: Chain) -> int:
    """Sales of which a whole first receipt was printed, or whose lost one was made good by a marked copy."""
    connection = sqlite3.connect(company.store_of(A))
    try:
        good = "state IN ('printed', 'unconfirmed')"
        query = f"SELECT count(*) FROM (SELECT DISTINCT epoch, seq FROM print_job WHERE {good})"
        sales = int(connection.execute(query).fetchone()[0])
    finally:
        connection.close()
    unmarked = [path for path in company.slips_of(A).glob("*.bin") if "重打".encode("gb18030") not in path.read_bytes()]
    assert len(unmarked) <= sales, "a receipt came out twice without a mark"
    return sales


@asynccontextmanager
async def evening(directory: Path, guests: int) -> AsyncIterator[Evening]:
    """Everything ready for so many customers."""
    with island(150) as pumps:
        async with chain(directory) as company:
            async with company.office() as office, company.station(pumps) as station:
                await station.priced(await office.price(PRICES))
                coupons = await office.coupons(guests, FEN)
                await station.holds_coupons(1)
                await station.emptied()
            yield Evening(company, pumps, coupons)
