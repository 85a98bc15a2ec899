"""Sales that the world makes difficult: a pump's data link that lies, a clock of 1970, prices nobody was there for."""

from pathlib import Path

import pytest

from cloud.founding import now
from edge.store.timepiece import MachineClock
from shared.disputes import Basis, DisputeReason
from shared.sale import Finding, SaleStatus
from tests.fakes.waiting import until
from tests.flow.chain import PRICES, WANG, Station, chain, scene
from tests.flow.island import Island, island

pytestmark = pytest.mark.flow


async def test_f01_the_previous_sale_added_by_the_data_link_is_charged_to_nobody(tmp_path: Path) -> None:
    """Chengdu, 2025: 27.18 L of the customer before were added to the 40.78 L of this one, 67.96 L in all.

    Neither house charges, prints or redeems anything for it, and head office has a case to decide.
    """
    async with scene(tmp_path) as play:
        station, office = play.station, play.office
        assert (await station.serve(1, 27_180)).sale.status is SaleStatus.SETTLED
        coupon = await office.coupon(1_000)
        await station.holds_coupons(1)
        await station.forecourt.present(1, coupon.scanned, WANG)
        play.island.fault("previous-sale-added", 1.0)
        held = await station.serve(1, 40_780)
        await station.emptied()

        assert (held.sale.delivery.volume, held.sale.proof.finding) == (67_960, Finding.MISMATCH)
        assert (held.sale.proof.after or 0) - (held.sale.proof.before or 0) == 40_780
        assert (held.sale.status, held.sale.redemptions, held.slips) == (SaleStatus.DISPUTED, (), ())
        assert (await station.point(1)).disputed
        told = office.trace(held.key)
        assert (told.sale.status, told.meter.moved, told.uses, told.slips) == ("disputed", 40_780, (), ())
        assert [(case.kind, case.sale) for case in office.cases()] == [("disputed_sale", held.key)]
        assert station.slips() == 1, "only the first customer got a receipt"

        play.island.fault("previous-sale-added", 0)
        assert (await station.forecourt.present(2, coupon.scanned, WANG)).verdict.accepted, "it was not used up"
        assert (await station.serve(2, 20_000)).sale.payable == 18_720 - 1_000
        await station.emptied()
        play.chain.check(pudong_1=play.island)

        await station.forecourt.settle(held.key, Basis.TOTALISER, DisputeReason.DISPLAY_WRONG, WANG, "与顾客核对")
        await station.emptied()
        decided = office.trace(held.key)
        assert (decided.sale.status, decided.sale.volume, decided.sale.payable) == ("settled", 40_780, 30_789)
        assert decided.settlement is not None
        assert (decided.settlement.shown_volume, decided.settlement.by) == (67_960, WANG)
        assert [slip.state for slip in decided.slips] == ["printed"], "and its receipt was printed"
        assert office.cases() == ()


async def test_f10_three_future_prices_and_an_agent_that_is_away_for_two_of_them(tmp_path: Path) -> None:
    """The right price at each instant, and each sale tagged with the tariff that it was sold at."""
    with island() as pumps:
        async with chain(tmp_path) as company:
            async with company.office() as office:
                first = await office.price({"92#": 7_000, "95#": 8_000, "98#": 9_000, "0#": 7_000})
                async with company.station(pumps) as station:
                    await station.priced(first)
                    begin = now()
                    coming = [await office.price({"92#": 7_000 + 100 * n}, begin + 2_500 * n) for n in (1, 2, 3)]
                    await until_coming(station, 3)
                    await station.serve(1, 5_000)
            company.broker.stop()
            await until(lambda: now() > begin + 5_000, 10)
            async with company.station(pumps) as station:
                await station.serve(1, 6_000)
                await until(lambda: pumps.price(1, 1) == 7_300, 10)
                assert now() >= begin + 7_500
                await station.serve(1, 7_000)
                company.broker.start()
                async with company.office() as office:
                    await station.emptied()
                    sold = [(row.volume, row.unit_price, row.tariff) for row in office.sales()]
            assert sold == [(5_000, 7_000, first), (6_000, 7_200, coming[1]), (7_000, 7_300, coming[2])]
            company.check(pudong_1=pumps)


async def until_coming(station: Station, count: int) -> None:
    """Until the station knows so many future prices."""
    await until(lambda: len(station.forecourt._grounds.board.versions) > count, 10, "the future prices")


class WrongClock:
    """A machine whose wall clock is wrong by so many milliseconds, or stands at the beginning of 1970."""

    def __init__(self, ahead: int | None) -> None:
        self._machine = MachineClock()
        self._ahead = -self._machine.wall() if ahead is None else ahead

    def wall(self) -> int:
        return self._machine.wall() + self._ahead

    def mono(self) -> int:
        return self._machine.mono()


@pytest.mark.parametrize("ahead", [None, 86_400_000, -3_600_000], ids=["1970", "a day ahead", "an hour behind"])
async def test_f60_sales_under_a_wrong_clock_keep_their_order_and_get_their_real_times(
    tmp_path: Path, ahead: int | None
) -> None:
    with island() as pumps:
        async with chain(tmp_path) as company:
            async with company.office() as office, company.station(pumps) as station:
                await station.priced(await office.price(PRICES))
                await station.serve(2, 4_000)
                await station.emptied()
            company.broker.stop()
            async with company.station(pumps, clock=WrongClock(ahead)) as station:
                sold = [await station.serve(1 + n % 2, 5_000 + 1_000 * n) for n in range(3)]
                assert all(view.sale.finished.quality != "synced" for view in sold)
                company.broker.start()
                async with company.office() as office:
                    await station.emptied()
                    await until(lambda: {row.quality for row in office.sales()} == {"synced", "restored"}, 10)
                    rows = office.sales()
            assert [row.volume for row in rows] == [4_000, 5_000, 6_000, 7_000]
            assert [row.happened_at for row in rows] == sorted(row.happened_at for row in rows)
            for row, filling in zip(rows, real_ends(pumps), strict=True):
                assert 0 <= row.happened_at - filling < 2_500, "what head office believes is when it was"
            company.check(pudong_1=pumps)


def real_ends(pumps: Island) -> list[int]:
    """When each filling really ended, UTC milliseconds."""
    return [int(filling["ended"]) for filling in pumps.simulated.truth()["fillings"] if filling["volume"]]
