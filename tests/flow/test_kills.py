"""SIGKILL: the agent in the middle of fillings; head office and the broker in the middle of a backlog."""

import asyncio
import random
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

import edge.app
from edge.settings import PageSettings, Settings, StationSettings, StoreSettings
from edge.store.database import Store
from tests.company.programs import ended_in_order
from tests.fakes.ends import sell
from tests.flow.chain import PRICES, A, Chain, chain, eventually
from tests.flow.checker import agree
from tests.flow.island import island
from tests.flow.programs import acknowledged, edge_program, office_program, sold

pytestmark = pytest.mark.flow

SEED = 29
KILLS = 3
BACKLOG = 12_000


async def test_the_agent_killed_at_random_instants_of_its_fillings_sells_each_once(tmp_path: Path) -> None:
    """The cars go on fuelling, and come, while it is dead."""
    dice = random.Random(SEED)
    with island(20) as pumps:
        async with chain(tmp_path) as company, company.office() as office:
            await office.price(PRICES)
            agent = edge_program(company, pumps.url)
            with ended_in_order([agent]):
                agent.start()
                for kill in range(KILLS):
                    for point in (1, 2):
                        pumps.customer(point, 1 + kill % 2, 12_000 + 500 * kill + 10 * point)
                    await asyncio.sleep(dice.uniform(0.1, 2.5))
                    agent.kill()
                    agent.start()
                    await sold(company, 2 * kill + 2)
                await eventually(lambda: acknowledged(company), 20, "the last letter to be acknowledged")
            company.check(pudong_1=pumps)
            assert all(sale.status == "settled" for _, sale in company.told().sold())


async def test_head_office_and_the_broker_killed_in_the_middle_of_a_backlog_have_every_fact_once(
    tmp_path: Path,
) -> None:
    async with AsyncExitStack() as stack:
        company = await stack.enter_async_context(chain(tmp_path))
        _fill(company.store_of(A))
        office = office_program(company)
        stack.enter_context(ended_in_order([office]))
        office.start()
        await stack.enter_async_context(edge.app.build(_idle_station(company)))
        await arrived(company, 500)
        office.kill()
        await asyncio.to_thread(office.start)
        await arrived(company, 2_500)
        company.broker.kill()
        company.broker.start()
        await arrived(company, 5_000)
        office.kill()
        company.broker.kill()
        at_the_third_kill = _letters(company)
        company.broker.start()
        office.start()
        await arrived(company, BACKLOG)
        await eventually(lambda: acknowledged(company), 20, "the last letter to be acknowledged")
    assert at_the_third_kill < BACKLOG, "it was over before the last kill"
    with company.books() as books:
        agree(books, [company.told()])
    assert len(company.told().sold()) == BACKLOG


def _idle_station(company: Chain) -> Settings:
    """A station whose dispensers are all switched off."""
    broker = company.broker_settings(A)
    return Settings(
        StationSettings(A, "浦东"), StoreSettings(str(company.store_of(A))), broker=broker, page=PageSettings(port=0)
    )


def _fill(path: Path) -> None:
    """A busy fortnight without a network."""
    store = Store.open(path, A)
    for _ in range(BACKLOG // 500):
        store.call(sell, store, 500)
    store.close()


def _letters(company: Chain) -> int:
    with company.books() as books, books.read() as connection:
        return int(connection.exec_driver_sql("SELECT count(*) FROM inbox").scalar_one())


async def arrived(company: Chain, count: int) -> None:
    async def look() -> bool:
        return _letters(company) >= count

    await eventually(look, 40, f"{count} letters in head office")
