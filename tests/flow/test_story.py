"""The main job, on both databases: a filling up, a price down, a coupon without a network."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from edge.forecourt.views import SaleView
from tests.company.servers import postgresql
from tests.fakes.waiting import until
from tests.flow.chain import PRICES, WANG, A, Scene, scene

pytestmark = pytest.mark.flow


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> str:
    """The address of head office's books."""
    return "" if request.param == "sqlite" else postgresql()


async def test_a_filling_a_price_and_a_coupon_travel_between_a_station_and_head_office(
    tmp_path: Path, database: str
) -> None:
    async with scene(tmp_path, database=database) as play:
        await a_sale_travels_up(play)
        await a_price_travels_down_while_a_car_is_fuelling(play)
        await a_coupon_is_redeemed_without_a_network(play)
        play.chain.check(pudong_1=play.island)


async def a_sale_travels_up(play: Scene) -> None:
    """Everything that can be asked about a sale is known in head office a moment later."""
    with capture_logs() as said:
        await play.station.forecourt.identify(1, "m-1001", "沪A12345", WANG)
        sold = await play.station.serve(1, 27_180, nozzle=2)
        await play.station.emptied()
    one_key_tells_the_story_in_both_logs(said, str(sold.key))
    told = play.office.trace(sold.key)
    assert (told.sale.volume, told.sale.amount, told.sale.grade) == (27_180, 22_722, "95#")
    assert (told.owner.station, told.owner.dealer, told.owner.region) == (A, "经销商", "华东")
    assert (told.meter.moved, told.meter.finding) == (27_180, "proved")
    assert (told.price.version, told.price.unit_price, told.price.made_by) == (1, PRICES["95#"], "王")
    assert (told.sale.member, told.sale.plate, told.authorised_by) == ("m-1001", "沪A12345", "automatic")
    assert told.times.quality == "synced"
    assert told.times.started_at < told.times.finished_at <= told.times.arrived_at
    assert told.letter.in_inbox
    assert [(slip.copy, slip.state) for slip in told.slips] == [(1, "printed")]
    assert play.station.slips() == 1


def one_key_tells_the_story_in_both_logs(said: Sequence[Mapping[str, object]], key: str) -> None:
    """From the nozzle to the books and the paper; and nothing of the customer."""
    events = [str(line["event"]) for line in said if key in line.values()]
    assert {"sale_recorded", "sale_posted", "slip"} <= set(events)
    assert events.index("sale_recorded") < events.index("sale_posted")
    assert "stored" in [line["event"] for line in said]
    assert not [line for line in said if "沪A12345" in str(line) or "m-1001" in str(line)]


async def a_price_travels_down_while_a_car_is_fuelling(play: Scene) -> None:
    """F09: the nozzle that is in use changes when its customer has gone; its sale keeps the old price."""
    play.island.customer(1, 1)
    await until(lambda: play.island.fuelling(1))
    version = await play.office.price({"92#": 7_990, "98#": 9_990})
    await until(lambda: play.island.price(2, 1) == 9_990, 10, "the idle point to show the new price")
    assert play.island.price(1, 1) == PRICES["92#"], "never in mid-filling"
    assert play.office.read_back(version) == 0
    play.island.hang_up(1)
    sold = (await play.station.sold(2))[-1].sale
    assert (sold.delivery.unit_price, sold.tariff) == (PRICES["92#"], 1)
    await until(lambda: play.office.read_back(version) == 2, 10, "the price to be read back on both nozzles")
    assert play.island.price(1, 1) == 7_990
    seen = play.office.ladder(version).stations[0]
    used, idle = (nozzle.read_back_at or 0 for nozzle in seen.nozzles)
    steps = [seen.sent_at or 0, seen.received_at or 0, seen.armed_at or 0, idle, used]
    assert steps == sorted(steps)
    after = await play.station.serve(1, 10_000)
    assert (after.sale.delivery.unit_price, after.sale.tariff) == (7_990, version)


async def a_coupon_is_redeemed_without_a_network(play: Scene) -> None:
    """Sale, redemption and letter are one record at the station; head office has it once when the broker is back."""
    scanned, typed = await play.office.coupon(1_500, "扫码券"), await play.office.coupon(2_000, "输码券", typed=True)
    await play.station.holds_coupons(2)
    play.chain.broker.stop()
    await play.station.connected(False)
    first = await _with_coupon(play, scanned.scanned)
    second = await _with_coupon(play, typed.code)
    assert [view.sale.payable - view.sale.delivery.amount for view in (first, second)] == [-1_500, -2_000]
    assert (await play.station.forecourt.view()).backlog > 0
    play.chain.broker.start()
    await play.station.emptied()
    uses = play.office.trace(second.key).uses
    assert [(use.discount, use.online, use.verdict) for use in uses] == [(2_000, False, "accepted")]
    assert {case.kind for case in play.office.cases()} == {"unknown_member"}, "and nothing about the coupons"


async def _with_coupon(play: Scene, code: str) -> SaleView:
    view = await play.station.forecourt.present(2, code, WANG)
    assert not view.online
    return await play.station.serve(2, 20_000)
