"""Stories of what others lost between two ends of a line, told at both ends of ours."""

import asyncio
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from cloud import founding
from cloud.access import login
from cloud.settings import Settings
from cloud.store.database import Books
from edge.store import outbox
from edge.store.database import Store
from shared import topics
from shared.errors import Refused
from shared.station import Key
from tests.company.servers import BrokerServer, nats
from tests.contract.conftest import STATIONS
from tests.contract.ends import A, both, numbers
from tests.contract.test_line import lose
from tests.fakes.ends import CompanyEnd, company_end, sell, station_end
from tests.fakes.waiting import until

SALES = 30


class HeldBack:
    """The company's answers about letters, which do not leave until somebody lets them."""

    def __init__(self, company: CompanyEnd) -> None:
        self.answers: list[tuple[str, bytes]] = []
        self._right = company.line.intake._publish
        lose(company, 1.0, random.Random(21))  # its welcome does not tell them either
        company.line.intake._publish = self._hold

    def let_the_first_go(self) -> None:
        self._right(*self.answers[0])

    def _hold(self, topic: str, data: bytes) -> bool:
        assert topics.kind_of(topic) == topics.STORED
        self.answers.append((topic, data))
        return True


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[BrokerServer]:
    with nats(tmp_path / "broker", STATIONS) as server:
        yield server


async def test_f21_the_answer_to_the_first_attempt_that_comes_after_the_third_settles_it(
    books: Books, broker: BrokerServer, tmp_path: Path
) -> None:
    async with both(books, broker, tmp_path / "store") as (station, company):
        held = HeldBack(company)
        await station.sell(SALES)
        await until(lambda: len(held.answers) >= 3, 15, "the letters to be sent three times")
        assert await station.backlog() == SALES
        held.let_the_first_go()
        await until(lambda: station.link.uplink._upto == SALES)
        await station.emptied(2)
        assert numbers(company) == list(range(1, SALES + 1))


async def test_f24_a_number_is_given_at_the_pump_and_is_the_same_when_the_company_hears_of_it_later(
    books: Books, broker: BrokerServer, tmp_path: Path
) -> None:
    async with station_end(tmp_path / "store", A, broker.station(A)) as station:
        await station.sell(SALES)
        printed = [Key(A, station.store.epoch, seq) for seq, _ in await station.store.read(outbox.waiting, 0, 10**6)]
        assert len(set(printed)) == SALES
        async with company_end(books, broker.company()) as company:
            await station.emptied()
            assert company.sales(A) == printed


async def test_f28_letters_that_were_under_way_when_the_agent_stopped_leave_again(
    books: Books, broker: BrokerServer, tmp_path: Path
) -> None:
    async with both(books, broker, tmp_path / "store") as (station, company):
        held = HeldBack(company)
        await station.sell(SALES)
        await until(lambda: held.answers)
    store = Store.open(tmp_path / "store", A)
    assert [seq for seq, _ in store.call(outbox.waiting, 0, 10**6)] == list(range(1, SALES + 1)), "none is taken"
    store.call(sell, store, 1)
    store.close()
    async with both(books, broker, tmp_path / "store") as (station, company):
        await station.emptied()
        assert numbers(company) == list(range(1, SALES + 2))


async def test_f116_no_password_that_somebody_may_know_opens_anything(tmp_path: Path) -> None:
    first, second = (Settings(data=str(tmp_path / name)) for name in ("one", "two"))
    made = [await asyncio.to_thread(founding.found, settings, "owner") for settings in (first, second)]
    assert len({made[0].code, made[1].code}) == 2, "a code of one use, drawn anew"
    assert founding.broker_password(first) != founding.broker_password(second)
    books = founding.open_books(first)
    for known in ("admin", "123456", "0000", "jiayou", "owner", "password", ""):
        with pytest.raises(Refused):
            login.log_in(books, "owner", known, founding.now())
    books.close()
