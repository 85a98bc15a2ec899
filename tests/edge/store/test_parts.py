"""A large coupon book comes in parts: the old list holds whole until the last, and revocations hold at once."""

import random
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

from edge.store import books
from edge.store.database import Store
from shared.coupon import Allowance
from shared.messages import CouponBook, CouponPart, ListedCoupon
from tests.contract.samples import TERMS


def codes(first: int, count: int) -> tuple[ListedCoupon, ...]:
    """So many listed codes."""
    return tuple(
        ListedCoupon(n.to_bytes(32, "big"), replace(TERMS, coupon=f"c{n}")) for n in range(first, first + count)
    )


def large(version: int, first: int, count: int, revoked: tuple[str, ...] = ()) -> tuple[CouponBook, list[CouponPart]]:
    """The head of a book of so many parts, and these, ten codes each."""
    listed = [codes(first + 10 * index, 10) for index in range(count)]
    whole = sha256(b"".join(msgspec.json.encode(some) for some in listed)).digest()
    head = CouponBook(version, {1: bytes(32)}, b"salt", Allowance(), revoked, parts=count, whole=whole)
    return head, [CouponPart(version, whole, index, some) for index, some in enumerate(listed)]


OLD = CouponBook(1, {1: bytes(32)}, b"salt", Allowance(), ("c7",), listed=codes(0, 5))
HEAD, PARTS = large(2, 100, 12, ("c3",))
NEW = replace(HEAD, listed=tuple(one for part in PARTS for one in part.listed), parts=0)


class Station:
    """A store whose plug may be pulled between any two letters."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.store = Store.open(path, "pudong-1")
        self.store.call(books.keep_coupons, OLD)

    def cut(self) -> None:
        self.store.close()
        self.store = Store.open(self.path, "pudong-1")

    @property
    def book(self) -> CouponBook | None:
        return self.store.call(books.coupon_book)

    @property
    def version(self) -> int:
        return self.store.call(books.versions)[1]

    def wanted(self) -> tuple[int, ...]:
        asked = self.store.call(books.parts_wanted)
        return asked.wanted if asked else ()


@pytest.fixture
def station(tmp_path: Path) -> Iterator[Station]:
    made = Station(tmp_path / "store.sqlite")
    yield made
    made.store.close()


def test_the_plug_pulled_after_every_part_leaves_the_old_list_whole_and_asks_for_what_is_missing(
    station: Station,
) -> None:
    assert station.store.call(books.keep_coupons, HEAD)
    shuffled = random.Random(1).sample(PARTS, len(PARTS))
    for came, part in enumerate(shuffled):
        station.cut()
        assert station.version == 1
        assert station.book is not None
        assert station.book.listed == OLD.listed
        assert set(station.book.revoked) == {"c7", "c3"}, "revocations do not wait for the list"
        missing = sorted(left.index for left in shuffled[came:])
        assert station.wanted() == tuple(missing[: books.AT_ONCE])
        done = station.store.call(books.keep_part, part)
        assert done is (came == len(PARTS) - 1)
        assert not station.store.call(books.keep_part, part), "a part that comes twice is one part"
    station.cut()
    assert (station.version, station.book, station.wanted()) == (2, NEW, ())


def test_a_newer_version_overtakes_the_one_that_was_on_its_way(station: Station) -> None:
    head, parts = large(3, 500, 3)
    station.store.call(books.keep_coupons, HEAD)
    for part in PARTS[:-1]:
        station.store.call(books.keep_part, part)
    assert station.store.call(books.keep_coupons, head)
    assert not station.store.call(books.keep_part, PARTS[-1]), "it belongs to a list that nobody wants any more"
    assert [station.store.call(books.keep_part, part) for part in parts] == [False, False, True]
    assert station.version == 3
    assert not station.store.call(books.keep_coupons, HEAD), "and the old head is late"


def test_an_urgent_revocation_holds_at_once_and_costs_no_part_that_has_come(station: Station) -> None:
    station.store.call(books.keep_coupons, HEAD)
    for part in PARTS[:5]:
        station.store.call(books.keep_part, part)
    urgent = replace(HEAD, version=3, revoked=("c3", "stolen"))
    assert station.store.call(books.keep_coupons, urgent)
    assert not station.store.call(books.keep_coupons, urgent)
    assert not station.store.call(books.keep_coupons, HEAD), "it is late"
    assert station.book is not None
    assert set(station.book.revoked) == {"c7", "c3", "stolen"}
    assert station.wanted() == (5, 6, 7, 8)
    done = [station.store.call(books.keep_part, replace(part, version=3)) for part in PARTS[5:]]
    assert done[-1]
    assert station.book == replace(NEW, version=3, revoked=("c3", "stolen"))


def test_a_revocation_in_a_large_book_that_is_held_sends_no_code_again(station: Station) -> None:
    station.store.call(books.keep_coupons, HEAD)
    for part in PARTS:
        station.store.call(books.keep_part, part)
    urgent = replace(HEAD, version=3, revoked=("c3", "stolen"))
    assert station.store.call(books.keep_coupons, urgent)
    assert (station.version, station.wanted()) == (3, ())
    assert station.book == replace(NEW, version=3, revoked=("c3", "stolen"))
    assert not station.store.call(books.keep_coupons, urgent)


def test_a_list_that_was_drawn_up_anew_under_the_same_version_starts_anew(station: Station) -> None:
    again, parts = large(2, 900, 2)
    station.store.call(books.keep_coupons, HEAD)
    station.store.call(books.keep_part, PARTS[0])
    assert station.store.call(books.keep_coupons, again)
    assert station.wanted() == (0, 1)
    assert [station.store.call(books.keep_part, part) for part in parts] == [False, True]


def test_a_small_book_that_is_newer_ends_the_waiting(station: Station) -> None:
    station.store.call(books.keep_coupons, HEAD)
    station.store.call(books.keep_part, PARTS[0])
    station.store.call(books.keep_coupons, replace(OLD, version=3))
    assert station.wanted() == ()
    assert station.version == 3


def test_parts_that_do_not_make_up_the_whole_are_asked_for_again(station: Station) -> None:
    station.store.call(books.keep_coupons, HEAD)
    for part in [*PARTS[:-1], replace(PARTS[-1], listed=PARTS[0].listed)]:
        assert not station.store.call(books.keep_part, part)
    assert station.version == 1
    assert station.wanted() == (0, 1, 2, 3)
    assert [station.store.call(books.keep_part, part) for part in PARTS][-1]


def test_a_first_book_gives_its_keys_at_once(tmp_path: Path) -> None:
    store = Store.open(tmp_path / "new.sqlite", "pudong-1")
    store.call(books.keep_coupons, HEAD)
    held = store.call(books.coupon_book)
    assert held is not None
    assert (held.keys, held.listed, store.call(books.versions)[1]) == (HEAD.keys, (), 0)
    store.close()
