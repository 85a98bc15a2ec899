"""What the command line does: each act takes the settings and the words, and gives what is to be printed."""

import argparse
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from msgspec import Struct
from msgspec.structs import asdict

from cloud.access import accounts, auditing
from cloud.access.accounts import AccountView, FirstLogin, Role
from cloud.founding import Founded, authority_of, found, now, open_books
from cloud.identity import enrolling
from cloud.identity.enrolling import NewTicket
from cloud.sales import listing
from cloud.sales.listing import SaleFilter
from cloud.sales.trace import Trace, trace
from cloud.settings import Settings
from cloud.stations import register, states
from cloud.stations.register import Admission, Group, NewStation
from cloud.stations.states import Gap, StationState
from cloud.store.database import Books
from cloud.store.migrate import downgrade as downgrade_books
from cloud.store.migrate import migrate as migrate_books
from cloud.store.migrate import must_be_current
from shared.errors import Refused, Unavailable
from shared.station import Key

Words = argparse.Namespace
Act = Callable[[Settings, Words], Any]


class Done(Struct, frozen=True):
    """Nothing more to say."""

    done: bool = True


class ConfigRead(Struct, frozen=True):
    """The configuration is right; this is what it comes to."""

    data: str
    database: str
    broker: str
    pages: str


@contextmanager
def books_of(settings: Settings) -> Iterator[Books]:
    """The books, ready for this program. :exc:`Unavailable` when they are not."""
    books = open_books(settings)
    try:
        must_be_current(books)
        yield books
    finally:
        books.close()


def init(settings: Settings, words: Words) -> Founded:
    """Founds a head office."""
    return found(settings, words.owner)


def migrate(settings: Settings, _words: Words) -> dict[str, str]:
    """Brings the tables to this program's form."""
    books = open_books(settings)
    try:
        return {"revision": migrate_books(books)}
    finally:
        books.close()


def downgrade(settings: Settings, words: Words) -> dict[str, str]:
    """Gives the tables the form that an older program knows."""
    books = open_books(settings)
    try:
        return {"revision": downgrade_books(books, words.to)}
    finally:
        books.close()


def check_config(settings: Settings, _words: Words) -> ConfigRead:
    """The configuration was read already; what cannot be seen in the text alone is tried here."""
    open_books(settings).close()
    shown = settings.database.url.rpartition("@")[2] if "@" in settings.database.url else settings.database_url
    line, office = settings.line, settings.office
    return ConfigRead(settings.data, shown, f"{line.host}:{line.port}", f"http://{office.host}:{office.port}")


def add_account(settings: Settings, words: Words) -> FirstLogin:
    """Lets a person in."""
    with books_of(settings) as books, books.begin() as connection:
        return accounts.add(connection, words.name, Role(words.role), words.by, now())


def new_code(settings: Settings, words: Words) -> FirstLogin:
    """A new one-time code."""
    with books_of(settings) as books, books.begin() as connection:
        return accounts.new_code(connection, words.name, words.by, now())


def disable_account(settings: Settings, words: Words) -> Done:
    """Shuts a person out."""
    with books_of(settings) as books, books.begin() as connection:
        accounts.disable(connection, words.name, words.by, now())
    return Done()


def list_accounts(settings: Settings, _words: Words) -> tuple[AccountView, ...]:
    """All accounts."""
    with books_of(settings) as books, books.read() as connection:
        return accounts.everyone(connection)


def add_group(kind: str) -> Act:
    """A new dealer or region."""
    add = register.add_dealer if kind == "dealer" else register.add_region

    def act(settings: Settings, words: Words) -> Group:
        with books_of(settings) as books, books.begin() as connection:
            return add(connection, words.name, words.by, now(), words.id)

    return act


def list_groups(kind: str) -> Act:
    """All dealers or regions."""
    every = register.dealers if kind == "dealer" else register.regions

    def act(settings: Settings, _words: Words) -> tuple[Group, ...]:
        with books_of(settings) as books, books.read() as connection:
            return every(connection)

    return act


def add_station(settings: Settings, words: Words) -> Admission | NewTicket:
    """Lets a station in, with a code to enrol its machine; with a password where there is no door to enrol at."""
    new = NewStation(words.id, words.name, words.dealer, words.region)
    with books_of(settings) as books, books.begin() as connection:
        admitted = register.add(connection, new, words.by, now())
        if settings.door is None:
            return admitted
        return enrolling.new_ticket(connection, authority_of(settings), words.id, words.by, now())


def revoke_station(settings: Settings, words: Words) -> Done:
    """Shuts a station out: the gate cuts it off within seconds."""
    with books_of(settings) as books, books.begin() as connection:
        register.revoke(connection, words.id, words.by, now())
    return Done()


def station_password(settings: Settings, words: Words) -> Admission:
    """A new password for a station; the old one is good no more."""
    with books_of(settings) as books, books.begin() as connection:
        return register.new_password(connection, words.id, words.by, now())


def list_stations(settings: Settings, _words: Words) -> tuple[StationState, ...]:
    """How every station is."""
    with books_of(settings) as books, books.read() as connection:
        return states.states(connection, now())


def station_gaps(settings: Settings, words: Words) -> tuple[Gap, ...]:
    """What is missing of a station."""
    with books_of(settings) as books, books.read() as connection:
        states.state(connection, words.id, now())
        return states.gaps(connection, words.id)


def sums(settings: Settings, words: Words) -> listing.CompanySums:
    """What the books come to."""
    wanted = SaleFilter(tuple(words.station), words.day, words.day, point=words.point)
    with books_of(settings) as books, books.read() as connection:
        return listing.company_sums(connection, wanted)


def trace_sale(settings: Settings, words: Words) -> Trace:
    """The whole way of a sale, from the nozzle to the ledger."""
    try:
        key = Key.parse(words.sale)
    except ValueError as why:
        raise Refused(
            "unknown_sale", f"“{words.sale}” is no number of a sale, such as pudong-1-1790000000-42."
        ) from why
    with books_of(settings) as books, books.read() as connection:
        return trace(connection, key)


def check_audit(settings: Settings, _words: Words) -> dict[str, Any]:
    """Follows the chain. :exc:`Unavailable` where it is broken."""
    with books_of(settings) as books, books.read() as connection:
        found = auditing.verify(connection)
    if found.broken_at is not None:
        raise Unavailable(f"The audit is broken at entry {found.broken_at}: somebody has changed it.")
    return asdict(found)
