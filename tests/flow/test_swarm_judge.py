"""The judge of a swarm finds whatever is not as it was sold: a judge who never finds anything is worth nothing."""

from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace
from sqlalchemy import delete, update

from cloud.app import handlers
from cloud.settings import Settings
from cloud.store.database import Books
from cloud.store.tables import InboxRow, RedemptionRow, SaleRow, StationLineRow, table_of
from cloud.sync.posting import post_all
from cloud.sync.reading import open_message
from hardware.swarm.company import Company
from hardware.swarm.outbox import Say
from hardware.swarm.station import Habits, SwarmStation
from hardware.swarm.truth import LineTruth, StationTruth, SwarmTruth
from shared import topics
from shared.coupon import Allowance, CouponKind, CouponTerms
from shared.messages import CommandKeys, CouponBook, ListedCoupon, Welcome
from shared.orders import LIFE, OrderHead, order
from shared.signing import Signer, public_key
from shared.wire import pack
from tests.fakes.ends import founded
from tests.flow.swarm import disagreements

NAME, START, PRIVATE = "swarm-1", 1_800_000_000_000, bytes(32)
TERMS = CouponTerms("c-1", "春", CouponKind.AMOUNT, 500, START, START + 10**9, uses=100)


@pytest.fixture
def books(tmp_path: Path) -> Books:
    return founded(f"sqlite:///{tmp_path / 'company.sqlite'}", [NAME])


@pytest.fixture
def truth(books: Books) -> SwarmTruth:
    """A station that has sold, redeemed and written what nobody can read; all of it is in the books."""
    habits = Habits(sale_every=1_000, most_sales=6, redeem=1.0, faults={"unreadable": 0.5})
    station = SwarmStation(NAME, START // 1_000, habits, Company(), START)
    station.connected(START)
    said = [
        deed
        for kind, message in (
            (topics.KEYS, CommandKeys({1: public_key(PRIVATE)})),
            (topics.COUPONS, CouponBook(1, {}, b"", Allowance(), listed=(ListedCoupon(b"f", TERMS),))),
            (topics.WELCOME, Welcome(START, START, 0, 0)),
        )
        for deed in station.heard(kind, _signed(kind, pack(message)), START)
    ]
    said += station.act(START + 100_000)
    messages = [open_message(NAME, deed.data) for deed in said if isinstance(deed, Say) and deed.kind == topics.LETTERS]
    with books.begin() as connection:
        post_all(connection, messages, handlers(Settings("unused")), START)
    (line,) = station.truth().lines
    return told(line, stored=line.letters)


def told(line: LineTruth, **changes: object) -> SwarmTruth:
    return SwarmTruth(1, (StationTruth(NAME, (replace(line, **changes),)),))


def found(books: Books, truth: SwarmTruth) -> str:
    return "\n".join(disagreements(books, [truth]))


def test_books_that_hold_everything_once_give_no_reason_to_complain(books: Books, truth: SwarmTruth) -> None:
    (line,) = truth.stations[0].lines
    assert (line.sales, len(line.redemptions)) == (6, 6)
    assert line.unreadable
    assert found(books, truth) == ""


def lost(books: Books) -> None:
    _do(books, delete(table_of(InboxRow)).where(table_of(InboxRow).c.seq == 2))


def changed(books: Books) -> None:
    _do(books, update(table_of(InboxRow)).where(table_of(InboxRow).c.seq == 2).values(sha256=bytes(32)))


def a_fen_off(books: Books) -> None:
    _do(books, update(table_of(SaleRow)).values(amount=table_of(SaleRow).c.amount + 1))


def unredeemed(books: Books) -> None:
    _do(books, delete(table_of(RedemptionRow)).where(table_of(RedemptionRow).c.seq == 2))


def ahead(books: Books) -> None:
    _do(books, update(table_of(StationLineRow)).values(contiguous=99))


def elsewhere(books: Books) -> None:
    _do(books, update(table_of(SaleRow)).values(epoch=7))


@pytest.mark.parametrize(
    ("harm", "sentence"),
    [
        (lost, "lost on the way: [2]"),
        (changed, "other content"),
        (a_fen_off, "fen paid are"),
        (unredeemed, "redemptions only at the station"),
        (ahead, "marks are"),
        (elsewhere, "that no station wrote"),
    ],
)
def test_harm_to_the_books_is_found(
    books: Books, truth: SwarmTruth, harm: Callable[[Books], None], sentence: str
) -> None:
    harm(books)
    assert sentence in found(books, truth)


def test_what_was_written_and_never_arrived_is_found(books: Books, truth: SwarmTruth) -> None:
    (line,) = truth.stations[0].lines
    assert "lost on the way" in found(books, told(line, letters=line.letters + 1))
    assert "never acknowledged" in found(books, told(line, stored=1))
    assert "can't be read" in found(books, told(line, unreadable=()))
    assert "letters in the books" in found(books, told(line, letters=line.letters - 1, stored=line.letters - 1))


def _do(books: Books, statement: object) -> None:
    with books.begin() as connection:
        connection.execute(statement)  # type: ignore[call-overload]


def _signed(kind: str, message: bytes) -> bytes:
    return order(OrderHead(kind, NAME, START, START + LIFE), message, 1, Signer(PRIVATE))
