"""The nouns of a station: its id, its epoch, the key of a fact."""

import re
from zlib import crc32

from msgspec import Struct

_STATION = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?\Z")
SHARDS = 64


def is_station_id(text: str) -> bool:
    """Small letters, digits and hyphens, at most 32: an id stands in topics, where ``.`` and ``#`` have a meaning."""
    return _STATION.match(text) is not None


def shard_of(station: str) -> int:
    """The shard, 0 to 63, in which the company's workers look after this station."""
    return crc32(station.encode()) % SHARDS


class Key(Struct, frozen=True, order=True):
    """The name of a fact, made once at the station and never by anybody else.

    ``epoch`` is the Unix second in which the station's store was created or restored; ``seq`` counts from 1
    without holes inside it.
    """

    station: str
    epoch: int
    seq: int

    def __str__(self) -> str:
        return f"{self.station}-{self.epoch}-{self.seq}"

    @classmethod
    def parse(cls, text: str) -> "Key":
        """The key in its printed form. ``ValueError`` when it is none."""
        station, epoch, seq = text.rsplit("-", 2)
        if not is_station_id(station):
            raise ValueError(f"“{text}” is not the number of a sale")
        return cls(station, int(epoch), int(seq))


GRADES = {"92#": "92号汽油", "95#": "95号汽油", "98#": "98号汽油", "0#": "0号柴油", "-10#": "-10号柴油"}
"""Grades of the Chinese market by their short name. A station may sell others; these have a long name to print."""
