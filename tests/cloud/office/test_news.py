"""What is new reaches every open page: once at the beginning of a storm, and once at its end."""

import asyncio
import re

from cloud import live
from cloud.office.news import News, Topic
from shared.face import Hub
from shared.messages import SaleRecorded
from tests.cloud.office.stage import Stage
from tests.cloud.scene import STATIONS, a_sale


async def test_a_storm_is_told_at_its_beginning_and_at_its_end() -> None:
    hub = Hub()
    news = News(hub, pause=0.05)
    told: list[str] = []
    with hub.listening() as listener:

        async def hear() -> None:
            while True:
                told.extend(story.topic for story in await listener.news())

        hearing = asyncio.create_task(hear())
        for _ in range(200):
            news.tell(Topic.SALES)
            await asyncio.sleep(0)
        await asyncio.sleep(0.2)
        assert told == ["sales", "sales"]
        news.tell(Topic.PRICES)
        await asyncio.sleep(0.02)
        assert told[-1] == "prices", "after the storm it is told at once"
        hearing.cancel()
    await news.close()


async def test_a_thousand_stations_that_say_hello_keep_no_sale_waiting() -> None:
    hub = Hub()
    news = News(hub, pause=10)
    with hub.listening() as listener:
        for _ in range(3):
            news.tell(Topic.STATIONS)
        assert [story.topic for story in await listener.news()] == ["stations"]
        news.tell(Topic.SALES)
        assert [story.topic for story in await listener.news()] == ["sales"], "at once, while the stations' news rests"
    await news.close()


async def test_a_page_is_told_everything_unless_it_has_missed_nothing() -> None:
    news = News(Hub(), pause=0)
    mark = news.mark
    assert list(news.missed(mark)) == []
    news.tell(Topic.CASES)
    assert {topic for topic, _ in news.missed(mark)} == {topic.value for topic in Topic}
    assert {topic for topic, _ in news.missed("of another start")} == {topic.value for topic in Topic}
    await news.close()


async def test_a_sale_that_arrives_is_told_to_an_open_page_and_stands_in_its_rows(busy: Stage) -> None:
    async with busy.browser() as owner:
        page = await owner.look("/sales")
        (stream,) = re.findall(r'sse-connect="([^"]+)"', page)
        async with owner.client.get(stream) as response:
            busy.announce(busy.tell(STATIONS[0], SaleRecorded(a_sale(busy.clock, plate="粤B0NEW1"))))
            heard = b""
            while b"event: sales" not in heard:
                heard += await asyncio.wait_for(response.content.readany(), 3)
            assert b"event: cases" in heard or b"event: cases" in await response.content.readany()
        assert "粤B0NEW1" in await owner.look("/live/sales", headers={"HX-Request": "true"})


async def test_every_notice_of_the_program_reaches_the_pages(busy: Stage) -> None:
    notices: list[live.Notice] = [
        live.SalesArrived(()),
        live.StationsHeard(()),
        live.TanksMoved(()),
        live.PricesMoved(()),
        live.CasesOpened(),
        live.LettersDied(),
        live.CouponsChanged(),
        live.DaysMoved(),
        live.LineChanged(False),
    ]
    assert {type(notice) for notice in notices} == set(live.Notice.__args__)
    async with busy.browser() as owner:
        before = re.findall(r"seen=([^\"]+)", await owner.look("/"))
        for notice in notices:
            busy.live.tell(notice)
        assert re.findall(r"seen=([^\"]+)", await owner.look("/")) != before
