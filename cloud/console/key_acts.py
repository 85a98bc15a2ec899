"""The acts around command keys."""

from msgspec import Struct

from cloud.console.acts import Words, books_of
from cloud.coupons import sealing
from cloud.founding import key_file, now
from cloud.orders import keys
from cloud.settings import Settings
from cloud.store import command_keys


class KeyView(Struct, frozen=True):
    """A command key. Times in UTC milliseconds."""

    key: int
    active: bool
    made_at: int


def rotate(settings: Settings, words: Words) -> list[KeyView]:
    """A new key; stations are told with their next hello, and the program that runs takes it up by itself."""
    seal = sealing.load(key_file(settings))
    with books_of(settings) as books, books.begin() as connection:
        keys.rotate(connection, seal, words.by, now())
    return everyone(settings, words)


def everyone(settings: Settings, _words: Words) -> list[KeyView]:
    """All keys, the oldest first."""
    with books_of(settings) as books, books.read() as connection:
        active = keys.public(connection)
        return [KeyView(row.id, row.id in active, row.created_at) for row in command_keys.every(connection)]
