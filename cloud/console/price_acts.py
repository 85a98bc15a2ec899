"""What the command line does about prices."""

from datetime import datetime, timedelta, timezone
from typing import Any, Final

from msgspec.structs import asdict

from cloud.console.acts import Done, Words, books_of
from cloud.founding import now
from cloud.settings import Settings
from cloud.tariffs import deciding
from cloud.tariffs.bounds import limits_of
from cloud.tariffs.deciding import NewTariff, TariffView
from cloud.tariffs.ladder import ladder
from shared.errors import Refused
from shared.money import parse_per_litre

_LOCAL: Final = timezone(timedelta(hours=8))


def set_prices(settings: Settings, words: Words) -> TariffView:
    """Makes a tariff. A running head office pushes it at the stations' next heartbeat.

    One beyond the bounds waits for a second person, who approves it on head office's pages.
    """
    limits = limits_of(settings)
    new = NewTariff(dict(_price(word) for word in words.prices), _moment(words.at), tuple(words.station))
    with books_of(settings) as books, books.begin() as connection:
        if words.instead_of is not None:
            return deciding.supersede(connection, words.instead_of, new, words.by, now(), limits)
        return deciding.make(connection, new, words.by, now(), limits)


def cancel(settings: Settings, words: Words) -> Done:
    """Takes a tariff back."""
    with books_of(settings) as books, books.begin() as connection:
        deciding.cancel(connection, words.version, words.by, now(), limits_of(settings))
    return Done()


def show_ladder(settings: Settings, words: Words) -> dict[str, Any]:
    """How far a tariff has climbed, with the counts on top."""
    with books_of(settings) as books, books.read() as connection:
        found = ladder(connection, words.version, now())
    return {"nozzles": found.nozzles, "read_back": found.read_back, **asdict(found)}


def list_tariffs(settings: Settings, _words: Words) -> tuple[TariffView, ...]:
    """The latest tariffs."""
    with books_of(settings) as books, books.read() as connection:
        return deciding.page(connection, now())


def _price(word: str) -> tuple[str, int]:
    grade, equals, price = word.rpartition("=")
    if not equals or not grade:
        raise Refused("bad_price", f"“{word}” is not a grade and its price, such as 92#=7.85.")
    try:
        return grade, parse_per_litre(price)
    except ValueError as why:
        raise Refused("bad_price", f"{why}.") from why


def _moment(text: str) -> int:
    """UTC milliseconds of a local time; 0 for now."""
    if not text:
        return 0
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as why:
        raise Refused("bad_time", f"“{text}” is not a time such as 2026-11-23T06:00.") from why
    local = moment if moment.tzinfo else moment.replace(tzinfo=_LOCAL)
    return int(local.timestamp()) * 1_000
