"""The checker sees what it is there to see: with each kind of damage to either house's books it complains of that."""

import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from msgspec.structs import replace
from sqlite_utils import Database

from cloud import app
from cloud.coupons.sealing import Seal
from cloud.store import letters
from cloud.store.database import Books
from cloud.store.letters import Dead
from cloud.store.migrate import migrate
from cloud.sync.posting import post_all
from cloud.sync.reading import Opened, open_message
from edge.store import outbox, sales
from edge.store.database import Store
from hardware.simulation.pump import TrueFilling
from shared.coupon import CouponTerms, Reason
from shared.sale import Redemption, SaleStatus
from shared.wire import batch_of
from tests.cloud.scene import NOW, SETTINGS, Scene
from tests.fakes.ends import founded, sale_of, sell
from tests.flow import checker, conserved
from tests.flow.checker import StationBooks, agree, differences, poured, station_books


@pytest.fixture
def told(tmp_path: Path) -> StationBooks:
    """A station that has sold three times."""
    store = Store.open(tmp_path / "store", "s1")
    store.call(sell, store, 3)
    store.close()
    return station_books(tmp_path / "store")


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Books]:
    """A head office that has heard nothing."""
    books = founded(f"sqlite:///{tmp_path / 'company.sqlite'}", ["s1"])
    yield books
    books.close()


def real(number: int) -> TrueFilling:
    """The filling behind the sale of this number."""
    sale = sale_of(number)
    fuel, proof = sale.delivery, sale.proof
    before, after = proof.before or 0, proof.after or 0
    return TrueFilling(
        fuel.point, fuel.nozzle, fuel.grade, fuel.volume, fuel.amount, fuel.unit_price, before, after, 0, 0
    )


def test_what_flowed_and_was_sold_agrees(told: StationBooks) -> None:
    poured(told, [real(number) for number in (1, 2, 3)])


def test_a_lost_an_invented_and_a_doubled_sale_are_seen(told: StationBooks) -> None:
    assert "flowed and was not sold" in next(differences(told, [real(number) for number in (1, 2, 3, 4)]))
    assert "sold and never flowed" in next(differences(told, [real(1), real(2)]))
    assert "flowed and was not sold" in next(differences(told, [real(1), real(2), real(3), real(3)]))


def test_a_fen_too_much_is_seen(told: StationBooks) -> None:
    cheaper = replace(real(2), amount=real(2).amount - 1)
    assert "other figures" in next(differences(told, [real(1), cheaper, real(3)]))
    assert all(sale.status is SaleStatus.SETTLED for _, sale in told.sold())


def test_letters_that_never_arrived_are_seen(told: StationBooks, empty: Books) -> None:
    with pytest.raises(AssertionError, match="letters lost on the way") as seen:
        agree(empty, [told])
    assert "3 letters were never acknowledged" in str(seen.value)
    assert "sales lost on the way" in str(seen.value)


def test_a_redemption_beside_its_sale_is_seen(told: StationBooks, empty: Books) -> None:
    with pytest.raises(AssertionError, match="redemptions and sales differ"):
        agree(empty, [replace(told, redemptions=Counter({"c1": 1}))])


# ── Damage ────────────────────────────────────────────────────────────────────────────────────────────────────────────

STATION = "pudong-1"


def _redeem(db: Database, store: Store, terms: CouponTerms) -> None:
    """A sale on which a coupon was used."""
    stamp = store.clock.stamp()
    plain = sale_of(outbox.backlog(db).next_seq, stamp)
    used = Redemption(terms, 1_000, Reason.ACCEPTED, leased=False, online=False)
    sales.record(db, stamp, replace(plain, payable=plain.payable - 1_000, redemptions=(used,)))


@pytest.fixture
def company(tmp_path: Path) -> Iterator[tuple[Books, Path]]:
    """A company that has all of a station's sales, one of them with a coupon; and that station's store."""
    path, books = tmp_path / "store", Books(f"sqlite:///{tmp_path / 'company.sqlite'}")
    migrate(books)
    scene = Scene.founded(books, Seal(bytes(32)))
    coupon = scene.coupon()
    store = Store.open(path, STATION)
    store.call(sell, store, 5)
    store.call(_redeem, store, coupon.terms)
    waiting = store.call(outbox.waiting, 0, 1_000_000)
    opened = open_message(STATION, batch_of(STATION, store.epoch, 1, [body for _, body in waiting]))
    assert isinstance(opened, Opened)
    with books.begin() as connection:
        post_all(connection, [opened], app.handlers(SETTINGS), NOW)
    store.call(outbox.mark_stored, store.epoch, len(waiting))
    store.close()
    yield books, path
    books.close()


def test_both_houses_agree_when_everything_arrived_and_their_figures_are_told(company: tuple[Books, Path]) -> None:
    books, path = company
    figures = agree(books, [station_books(path)])
    assert (figures.facts, figures.sales, figures.coupons, figures.discount) == (6, 6, 1, 1_000)
    assert "1 stations, 6 facts, 6 sales, 120.021 L, 942.13 yuan" in str(figures)
    assert not list(conserved.receipts(books, [(f"{STATION}-{station_books(path).epoch}-1", 15_700)]))


OFFICE = {
    "DELETE FROM sale WHERE seq = 2": "sales lost on the way",
    "DELETE FROM inbox WHERE seq = 3": "letters lost on the way",
    "DELETE FROM inbox WHERE seq = 6": "letters up to 6 left the outbox, and the books have them up to 5",
    "INSERT INTO inbox SELECT station, epoch, 99, kind, sha256, arrived_at FROM inbox LIMIT 1": "no station wrote",
    "UPDATE inbox SET sha256 = zeroblob(32) WHERE seq = 1": "arrived with other content",
    "UPDATE sale SET amount = amount + 1 WHERE seq = 1": "differs",
    "UPDATE sale SET volume = volume - 10 WHERE seq = 4": "differs",
    "UPDATE sale SET discount = 0 WHERE seq = 6": "differs",
    "DELETE FROM redemption": "redemptions differ",
    "UPDATE station_line SET contiguous = 7": "the company says that it has all up to 7, and has 6",
    "UPDATE coupon SET uses = 0": "used 1 times too often, and 0 cases",
}
STORE = {
    "UPDATE station SET stored_upto = 5": "1 letters were never acknowledged",
    "DELETE FROM redemption": "redemptions and sales differ",
    "UPDATE sale SET place = place + 9 WHERE place & 7 = 6": "letters and rows of its sales differ",
    "UPDATE letter SET body = CAST(replace(CAST(body AS TEXT), '0002', '0003') AS BLOB) WHERE seq = 2": "other content",
    "INSERT INTO print_job (job, epoch, seq, copy, state, at, body) VALUES (1, 1, 1, 1, 'printed', 1, x'')": "printed",
}


@pytest.mark.parametrize("damage", OFFICE)
def test_damage_to_the_companys_books_is_found_and_named(company: tuple[Books, Path], damage: str) -> None:
    books, path = company
    with books.begin() as connection:
        connection.exec_driver_sql("PRAGMA foreign_keys = OFF")
        assert connection.exec_driver_sql(damage).rowcount > 0
    assert OFFICE[damage] in "\n".join(checker.disagreements(books, [station_books(path)]))


@pytest.mark.parametrize("damage", STORE)
def test_damage_to_a_stations_store_is_found_and_named(company: tuple[Books, Path], damage: str) -> None:
    books, path = company
    with closing(sqlite3.connect(path)) as store:
        store.execute("PRAGMA foreign_keys = OFF")
        assert store.execute(damage).rowcount > 0
        store.commit()
    assert STORE[damage] in "\n".join(checker.disagreements(books, [station_books(path)]))


def test_a_receipt_without_its_sale_and_a_number_on_two_receipts_are_found(company: tuple[Books, Path]) -> None:
    books, path = company
    number = f"{STATION}-{station_books(path).epoch}"
    said = "\n".join(conserved.receipts(books, [(f"{number}-1", 15_700), (f"{number}-1", 15_701), (f"{number}-9", 1)]))
    assert f"receipt {number}-1 over 15701 fen was printed; the books have 15700" in said
    assert f"receipt {number}-9 over 1 fen was printed; the books have no such sale" in said
    assert f"the number {number}-1 stands on 2 receipts" in said


def test_a_dead_letter_is_found(company: tuple[Books, Path]) -> None:
    books, path = company
    with books.begin() as connection:
        letters.bury(connection, [Dead(STATION, 1, 7, b"hash", b"torn", "unreadable", NOW)])
    assert "dead letters: [('pudong-1', 1, 7, 'unreadable')]" in "\n".join(
        checker.disagreements(books, [station_books(path)])
    )


def test_two_stores_under_one_name_and_epoch_are_found(company: tuple[Books, Path]) -> None:
    books, path = company
    told = station_books(path)
    assert "2 stores write under it" in "\n".join(checker.disagreements(books, [told, replace(told, store="other")]))


def test_the_checker_can_be_asked_from_the_command_line(
    company: tuple[Books, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    books, path = company
    address = f"sqlite:///{path.parent / 'company.sqlite'}"
    assert checker.main([address, str(path)]) == 0
    assert "6 facts" in capsys.readouterr().out
    with books.begin() as connection:
        connection.exec_driver_sql("UPDATE sale SET amount = 1 WHERE seq = 1")
    assert checker.main([address, str(path)]) == 1
    assert "differs" in capsys.readouterr().out
