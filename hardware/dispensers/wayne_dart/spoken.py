"""What all transactions of Wayne DART are made of: packed decimal digits and single bytes. Pure."""

from typing import ClassVar, Self

from msgspec import Struct

from hardware.bcd import bcd, read_bcd
from hardware.errors import FrameMisread


def sized(data: bytes, *sizes: int) -> bytes:
    """The data, if it has one of these sizes; otherwise :exc:`FrameMisread`."""
    if len(data) not in sizes:
        raise FrameMisread(f"It has {len(data)} bytes of data, not {' or '.join(map(str, sizes))}.")
    return data


def one(data: bytes) -> int:
    """The only byte of the data; otherwise :exc:`FrameMisread`."""
    return sized(data, 1)[0]


def read_prices(data: bytes) -> tuple[int, ...]:
    """Prices of three bytes each, one at least; otherwise :exc:`FrameMisread`."""
    if not data or len(data) % 3:
        raise FrameMisread(f"It has {len(data)} bytes of data, which are no whole prices of 3 bytes.")
    return tuple(read_bcd(data[i : i + 3]) for i in range(0, len(data), 3))


class Spoken(Struct, frozen=True):
    """A transaction that one of the two directions knows."""

    trans: ClassVar[int]

    def data(self) -> bytes:
        """DATA as on the wire."""
        raise TypeError(f"{type(self).__name__} is never sent")

    @classmethod
    def read(cls, data: bytes) -> Self:
        """From DATA; :exc:`FrameMisread` says what is wrong with it."""
        raise FrameMisread(f"{cls.__name__} has no reading for {len(data)} bytes.")


class PriceList(Spoken, frozen=True):
    """Prices from logical nozzle 1 on."""

    prices: tuple[int, ...]

    def data(self) -> bytes:
        return b"".join(bcd(price, 3) for price in self.prices)

    @classmethod
    def read(cls, data: bytes) -> Self:
        return cls(read_prices(data))


class OfNozzle(Spoken, frozen=True):
    """One nozzle, or 0."""

    nozzle: int

    def data(self) -> bytes:
        return bytes((self.nozzle,))

    @classmethod
    def read(cls, data: bytes) -> Self:
        return cls(one(data))
