"""Coupons between two stations and head office."""

from pathlib import Path

import pytest

from shared.errors import Refused
from tests.fakes.waiting import until
from tests.flow.chain import PRICES, WANG, A, B, HeadOffice, Station, chain
from tests.flow.island import island

pytestmark = pytest.mark.flow


async def test_f72_one_code_at_two_stations_without_a_network_opens_one_case(tmp_path: Path) -> None:
    """Neither station can know of the other. Both benefits stay, the earlier use wins, the later one is a case."""
    with island() as here, island() as there:
        async with (
            chain(tmp_path, (A, B)) as company,
            company.office() as office,
            company.station(here, A) as first,
            company.station(there, B) as second,
        ):
            await _ready(office, first, second)
            code = (await office.coupon(2_000)).scanned
            await first.holds_coupons(1)
            await second.holds_coupons(1)
            company.broker.stop()
            sold = []
            for station in (first, second):
                await station.connected(False)
                await station.forecourt.present(1, code, WANG)
                sold.append(await station.serve(1, 30_000))
            company.broker.start()
            await second.emptied()
            await first.emptied()

            assert [view.sale.payable for view in sold] == [22_650 - 2_000] * 2
            uses = [office.trace(view.key).uses[0] for view in sold]
            assert [(use.discount, use.verdict) for use in uses] == [(2_000, "accepted"), (2_000, "used_up")]
            (case,) = office.cases()
            assert (case.kind, case.sale, case.winner) == ("coupon_used_twice", sold[1].key, str(sold[0].key))
            assert (case.amount, case.cost_owner) == (2_000, "head_office")
            company.check(pudong_1=here, minhang_2=there)


async def test_a_code_that_one_station_holds_is_refused_at_the_other_while_both_are_connected(tmp_path: Path) -> None:
    with island() as here, island() as there:
        async with (
            chain(tmp_path, (A, B)) as company,
            company.office() as office,
            company.station(here, A) as first,
            company.station(there, B) as second,
        ):
            await _ready(office, first, second)
            code = (await office.coupon(2_000)).scanned
            await first.holds_coupons(1)
            await second.holds_coupons(1)
            assert (await first.forecourt.present(1, code, WANG)).online
            with pytest.raises(Refused) as refused:
                await second.forecourt.present(1, code, WANG)
            assert refused.value.reason == "leased_elsewhere"
            assert (await first.serve(1, 30_000)).sale.redemptions[0].online
            await first.emptied()
            await second.emptied()
            assert office.cases() == ()
            company.check(pudong_1=here, minhang_2=there)


async def _ready(office: HeadOffice, *stations: Station) -> None:
    version = await office.price(PRICES)
    for station in stations:
        await station.connected()
        await station.priced(version)
    await until(lambda: len(office.company.line.dispatch.alive()) == len(stations))
