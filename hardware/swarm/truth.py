"""What a crowd of stations has really written: the other book, against which a judge holds the company's. Pure."""

from hashlib import sha256

import msgspec
from msgspec import Struct

from shared.errors import Misread


class TruthMisread(Misread):
    """This is no truth of a swarm."""


class Used(Struct, frozen=True, array_like=True):
    """A redemption: in which letter, of which coupon, for how many fen."""

    seq: int
    coupon: str
    discount: int


class LineTruth(Struct, frozen=True):
    """All letters of one station under one epoch. Volumes in millilitres, money in fen."""

    epoch: int
    letters: int
    """Numbered from 1 on, without holes."""
    digest: str
    """SHA-256 over the SHA-256 of each letter in its order, in hex: two books that agree on it agree on every byte."""
    sales: int
    volume: int
    amount: int
    """As on the pumps."""
    payable: int
    redemptions: tuple[Used, ...]
    unreadable: tuple[int, ...]
    """Letters that no company can read, and must keep whole."""
    stored: int
    """The company has said that it has all up to this one."""


class StationTruth(Struct, frozen=True):
    """What a station has written."""

    station: str
    lines: tuple[LineTruth, ...]


class SwarmTruth(Struct, frozen=True):
    """What they all have written."""

    seed: int
    stations: tuple[StationTruth, ...]

    @property
    def letters(self) -> int:
        """How many there are."""
        return sum(line.letters for station in self.stations for line in station.lines)

    @property
    def unanswered(self) -> int:
        """How many of them the company has not acknowledged."""
        return sum(line.letters - line.stored for station in self.stations for line in station.lines)


class LineBook:
    """Keeps the truth of a line while it is written."""

    __slots__ = ("_amount", "_digest", "_epoch", "_letters", "_payable", "_sales", "_unreadable", "_used", "_volume")

    def __init__(self, epoch: int) -> None:
        self._epoch = epoch
        self._digest = sha256()
        self._letters = self._sales = self._volume = self._amount = self._payable = 0
        self._used: list[Used] = []
        self._unreadable: list[int] = []

    def wrote(self, letter: bytes, readable: bool = True) -> None:
        """The next letter, as it stands in its batch."""
        self._letters += 1
        self._digest.update(sha256(letter).digest())
        if not readable:
            self._unreadable.append(self._letters)

    def sold(self, volume: int, amount: int, payable: int) -> None:
        """The letter written last tells of a sale."""
        self._sales += 1
        self._volume += volume
        self._amount += amount
        self._payable += payable

    def redeemed(self, coupon: str, discount: int) -> None:
        """And of this redemption."""
        self._used.append(Used(self._letters, coupon, discount))

    def told(self, stored: int) -> LineTruth:
        """The truth so far."""
        return LineTruth(
            self._epoch, self._letters, self._digest.hexdigest(), self._sales, self._volume, self._amount,
            self._payable, tuple(self._used), tuple(self._unreadable), stored,
        )  # fmt: skip


def read(data: bytes) -> SwarmTruth:
    """A truth out of its file. :exc:`TruthMisread`."""
    try:
        return msgspec.json.decode(data, type=SwarmTruth)
    except (msgspec.DecodeError, UnicodeDecodeError) as why:
        raise TruthMisread(f"This is no truth of a station swarm: {why}") from why
