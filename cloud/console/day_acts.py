"""The acts around days: listing them, proving that they agree with the sales, closing one by a person's word."""

from typing import Final

from msgspec import Struct

from cloud.console.acts import Done, Words, books_of
from cloud.days import keeping, listing, proving
from cloud.days.proving import Proof
from cloud.founding import now
from cloud.settings import Settings
from shared.errors import Unavailable
from shared.money import yuan
from shared.volume import litres

_TOLD: Final = 20
_ROWS: Final = 366
_ROUNDS: Final = 1_000


class DayLine(Struct, frozen=True):
    """A day in a line."""

    day: str
    station: str
    state: str
    why: str
    sales: int
    disputed: int
    litres: str
    yuan: str


def list_days(settings: Settings, words: Words) -> tuple[DayLine, ...]:
    """The latest days of all stations or one."""
    with books_of(settings) as books, books.read() as connection:
        views = listing.page(connection, words.station, words.state, limit=_ROWS)
    return tuple(
        DayLine(
            view.day,
            view.station,
            view.state,
            view.why,
            view.totals.sales,
            view.totals.disputed,
            litres(view.totals.volume),
            yuan(view.totals.payable),
        )
        for view in views
    )


def check(settings: Settings, words: Words) -> Proof:
    """Adds up what still waits, and holds every day against its sales. :exc:`Unavailable` names each difference."""
    with books_of(settings) as books:
        for _ in range(_ROUNDS):
            if not keeping.keep(books, now() + keeping.NOT_SOONER):
                break
        with books.read() as connection:
            proof = proving.prove(connection, words.station)
    if proof.differences:
        told = "\n  ".join(one.sentence for one in proof.differences[:_TOLD])
        raise Unavailable(f"{len(proof.differences)} of {proof.days} days do not agree with their sales:\n  {told}")
    return proof


def close(settings: Settings, words: Words) -> Done:
    """Makes a day final though something of it may never come."""
    with books_of(settings) as books, books.begin() as connection:
        keeping.close(connection, words.station, words.day, words.by, words.why, now())
    return Done()
