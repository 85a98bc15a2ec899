"""The stories of both houses over each broker that a chain may run: the same to the last figure."""

import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from cloud.broker import gates_here
from cloud.stations.commands import CommandState
from edge.settings import Authorise
from shared.messages import AuthorisePoint, SwitchStation
from shared.sale import Preset, PresetKind
from tests.company.programs import Program, ended_in_order, free_port, listening
from tests.company.programs import until as found
from tests.fakes.waiting import until
from tests.flow import test_story as story
from tests.flow.brokers import EVERY_KIND, BrokerKind
from tests.flow.chain import A, Scene, scene
from tests.flow.conftest import hasty_line

pytestmark = [pytest.mark.soak, pytest.mark.usefixtures("hasty_line")]
__all__ = ["hasty_line"]


@pytest.fixture(params=EVERY_KIND, ids=lambda kind: kind.name)
def kind(request: pytest.FixtureRequest) -> BrokerKind:
    """Each of them."""
    found: BrokerKind = request.param
    return found


@pytest_asyncio.fixture
async def play(tmp_path: Path, kind: BrokerKind) -> AsyncIterator[Scene]:
    """Both houses in business, and in agreement at the end."""
    async with scene(tmp_path, kind=kind) as play:
        yield play
        await play.station.emptied(60)
        play.chain.check(pudong_1=play.island)


async def test_a_filling_a_price_and_a_coupon(play: Scene) -> None:
    await story.a_sale_travels_up(play)
    await story.a_price_travels_down_while_a_car_is_fuelling(play)
    await story.a_coupon_is_redeemed_without_a_network(play)


async def test_orders_act_and_are_answered(tmp_path: Path, kind: BrokerKind) -> None:
    async with scene(tmp_path, Authorise.ATTENDANT, speed=20, kind=kind) as play:
        play.island.customer(1, 2, 50_000)
        await play.station.phase(1, "calling")
        given = await play.office.command(A, AuthorisePoint(1, Preset(PresetKind.VOLUME, 20_000)))
        (view,) = await play.station.sold(1)
        assert view.sale.delivery.volume == 20_000
        closed = await play.office.command(A, SwitchStation(False))
        for command in (given, closed):
            await until(lambda command=command: play.office.became_of(command).ended_at, 10)  # type: ignore[misc]
            assert play.office.became_of(command).state is CommandState.DONE
        await play.station.emptied()
        play.chain.check(pudong_1=play.island)


async def test_sales_go_on_while_the_broker_is_killed_again_and_again(play: Scene) -> None:
    for round_ in range(4):
        play.chain.broker.kill()
        await play.station.serve(1, 10_000 + round_)
        play.chain.broker.start()
        await play.station.serve(1, 20_000 + round_)
    await play.station.emptied(60)
    assert len(play.office.sales(A)) == 8


def test_a_trial_cluster_starts_again_what_died(tmp_path: Path) -> None:
    """``jiayou-cloud broker --trial-cluster``, with certificates between the nodes."""
    port, directory = free_port(), tmp_path / "data" / "broker"
    config = tmp_path / "cloud.toml"
    config.write_text(f'data = "{tmp_path / "data"}"\n[broker]\nport = {port}\nnames = ["127.0.0.1"]\n')
    program = Program("cluster", ("jiayou-cloud", "broker", "--trial-cluster", "--config", config), tmp_path)
    with ended_in_order([program]):
        program.start()
        found("three nodes", lambda: len(gates_here(str(directory))) == 3, 60)
        victim = directory / "node-2" / "nats-server.pid"
        first = int(victim.read_text())
        os.kill(first, signal.SIGKILL)
        found("another process", lambda: victim.read_text() not in ("", str(first)), 60)
        found("three nodes again", lambda: len(gates_here(str(directory))) == 3, 60)
    assert not any(listening(port + node) for node in range(3)), "they end with it"
