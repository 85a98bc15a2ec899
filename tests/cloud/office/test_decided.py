"""What stations decided, on head office's pages: disputes with both figures, meter lines, releases given up."""

from cloud.sales import listing
from cloud.sales.listing import SaleFilter
from shared.disputes import Basis, DisputeReason, MeterKind, MeterReason, Settlement
from shared.messages import DisputeSettled, MeterExplained, MeterMoved, PointState
from tests.cloud.office.stage import Stage
from tests.cloud.scene import EPOCH, STATIONS

HOW = Settlement(Basis.TOTALISER, 40_780, 32_012, DisputeReason.DISPLAY_WRONG, "attendant:小王", "与顾客核对")


async def test_a_sale_that_was_settled_at_the_station_shows_both_figures_and_who(busy: Stage) -> None:
    with busy.books.begin() as connection:
        held = listing.page(connection, SaleFilter(status="disputed"))[0]
    busy.tell(held.key.station, DisputeSettled(held.key.epoch, held.key.seq, HOW))
    async with busy.browser() as owner:
        page = await owner.look(f"/sales/{held.key}")
        assert "争议处理（油站）" in page
        for words in ("40.78", f"{held.volume / 1_000:.2f}", "320.12", "按泵码", "显示有误 · 与顾客核对", "小王"):
            assert words in page, words
        assert "争议订单：未通过泵码核对" not in page, "it waits for nobody any more"
        assert str(held.key) not in await owner.look("/cases")


async def test_meter_lines_stand_on_the_station_s_page_until_they_are_explained(busy: Stage) -> None:
    station = STATIONS[0]
    seq = busy.seqs[station] + 1
    busy.tell(station, MeterMoved(MeterKind.FALLBACK, 3, 1, "98#", 1_000, 38_770, 37_770, busy.clock - 9))
    async with busy.browser() as owner:
        page = await owner.look(f"/stations/{station}")
        assert "泵码差异" in page
        assert "37.77" in page
        assert "油站尚未说明" in page
        busy.tell(station, MeterExplained(EPOCH, seq, MeterReason.SOLD_BY_HAND, 35_353, "attendant:小王", "停电"))
        page = await owner.look(f"/stations/{station}")
        assert "油站尚未说明" not in page
        assert "手工销售" in page
        assert "353.53" in page


async def test_a_release_at_a_silent_dispenser_is_given_up_from_here_with_a_name(busy: Stage) -> None:
    station = STATIONS[0]
    busy.greet(station, points=(PointState(1, "inoperative", 0, "silent"), PointState(2, "idle")))
    async with busy.browser() as owner:
        page = await owner.look(f"/stations/{station}")
        assert "ask-free-1" in page
        assert "ask-free-2" not in page
        await owner.send(f"/stations/{station}/command", {"act": "free", "point": "1", "seconds": "60"})
        assert busy.asked[-1] == ("commands", [station])
        assert "释放 1 号位的授权" in await owner.look(f"/stations/{station}")
