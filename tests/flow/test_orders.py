"""Orders from head office, each delivered three times (F53): acted on once, late ones not at all."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from cloud.founding import now
from cloud.stations.commands import CommandState
from edge.settings import Authorise
from shared import topics
from shared.messages import (
    Action,
    AuthorisePoint,
    Command,
    CommandEnded,
    ReprintSlip,
    StationSwitched,
    StopPoint,
    SwitchStation,
)
from shared.sale import Preset, PresetKind
from shared.wire import pack
from tests.fakes.waiting import until
from tests.flow.chain import A, Scene, scene

pytestmark = pytest.mark.flow

TWENTY_LITRES = Preset(PresetKind.VOLUME, 20_000)


@pytest_asyncio.fixture
async def play(tmp_path: Path) -> AsyncIterator[Scene]:
    """A station without attendants to release its points, and a line that delivers each order three times."""
    async with scene(tmp_path, Authorise.ATTENDANT, speed=20) as play:
        _deliver_thrice(play)
        yield play
        await play.station.emptied()
        play.chain.check(pudong_1=play.island)


def _deliver_thrice(play: Scene) -> None:
    dispatch = play.office.company.line.dispatch
    once = dispatch._publish

    def thrice(topic: str, data: bytes) -> bool:
        times = 3 if topics.kind_of(topic) == topics.COMMAND else 1
        said = [once(topic, data) for _ in range(times)]
        return all(said)

    dispatch._publish = thrice


async def order(play: Scene, action: Action) -> str:
    """Give an order and wait for its end; its id."""
    given = await play.office.command(A, action)
    await until(lambda: play.office.became_of(given).ended_at, 10, f"an answer to {action}")
    became = play.office.became_of(given)
    assert became.state is CommandState.DONE, became.detail
    await play.station.emptied()
    ends = [end for end in play.chain.told().facts(CommandEnded) if end.command == given.id]
    assert len(ends) == 1, "answered once"
    return given.id


async def test_f53_a_release_delivered_three_times_is_one_filling(play: Scene) -> None:
    play.island.customer(1, 2, 50_000)
    await play.station.phase(1, "calling")
    by = await order(play, AuthorisePoint(1, TWENTY_LITRES))
    (view,) = await play.station.sold(1)
    assert (view.sale.authorised_by, view.sale.delivery.volume) == (f"command:{by}", 20_000)
    assert [filling.volume for filling in play.island.truth()] == [20_000]
    leaves = await play.station.agent.store.read(lambda db: db.execute("SELECT count(*) FROM filling").fetchone())
    assert leaves == (1,)


async def test_f53_a_stop_delivered_three_times_ends_one_filling(play: Scene) -> None:
    play.island.customer(1, 1)
    await play.station.phase(1, "calling")
    await order(play, AuthorisePoint(1))
    await until(lambda: play.island.fuelling(1))
    await order(play, StopPoint(1))
    await until(lambda: not play.island.at(1)["released"], 10)
    (view,) = await play.station.sold(1)
    assert view.sale.delivery.volume == play.island.truth()[0].volume > 0


async def test_f53_open_and_close_delivered_three_times_switch_once_each(play: Scene) -> None:
    for open_ in (False, True):
        await order(play, SwitchStation(open_))
        assert (await play.station.forecourt.view()).open is open_
    assert [fact.open for fact in play.chain.told().facts(StationSwitched)] == [False, True]


async def test_f53_a_reprint_delivered_three_times_is_one_piece_of_paper_marked_as_such(play: Scene) -> None:
    play.island.customer(2, 1, 10_000)
    await play.station.phase(2, "calling")
    await order(play, AuthorisePoint(2))
    (view,) = await play.station.sold(1)
    await play.station.emptied()
    await order(play, ReprintSlip(view.key.epoch, view.key.seq))
    await play.station.emptied()
    told = play.office.trace(view.key)
    assert [(slip.copy, slip.state) for slip in told.slips] == [(1, "printed"), (2, "printed")]
    assert play.station.slips() == 2


async def test_f53_an_order_that_comes_late_does_nothing_and_says_so(play: Scene) -> None:
    late = Command("an-old-order", now() - 1_000, "王", SwitchStation(False))
    for _ in range(3):
        play.office.company.line._send(topics.down(A, topics.COMMAND), pack(late))
    await until(lambda: play.chain.told().facts(CommandEnded), 10)
    await play.station.emptied()
    (ended,) = play.chain.told().facts(CommandEnded)
    assert (ended.command, ended.done) == ("an-old-order", False)
    assert "deadline" in ended.detail
    assert (await play.station.forecourt.view()).open
