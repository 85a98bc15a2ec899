"""Pump → controller: the DC transactions of Wayne DART. Pure. Names and numbers are the specification's.

Figures are the pump's own whole numbers; how many decimals they carry stands nowhere on the wire, except in DC7.
"""

from collections.abc import Mapping
from enum import IntEnum
from typing import Final, Self

from hardware.bcd import bcd, read_bcd
from hardware.dispensers.wayne_dart.spoken import OfNozzle, PriceList, Spoken, one, sized
from hardware.errors import FrameMisread


class State(IntEnum):
    """The states of DC1."""

    NOT_PROGRAMMED = 0
    RESET = 1
    AUTHORISED = 2
    FILLING = 4
    COMPLETED = 5
    MAXIMUM = 6  # preset or maximum reached
    OFF = 7
    SUSPENDED = 8


class Status(Spoken, frozen=True):
    """DC1."""

    trans = 0x01
    state: State

    def data(self) -> bytes:
        return bytes((self.state,))

    @classmethod
    def read(cls, data: bytes) -> Self:
        state = one(data)
        try:
            return cls(State(state))
        except ValueError:
            raise FrameMisread(f"{state:02X} is no known state.") from None


class Filled(Spoken, frozen=True):
    """DC2: the figures on the display."""

    trans = 0x02
    volume: int
    amount: int

    def data(self) -> bytes:
        return bcd(self.volume, 4) + bcd(self.amount, 4)

    @classmethod
    def read(cls, data: bytes) -> Self:
        sized(data, 8)
        return cls(read_bcd(data[:4]), read_bcd(data[4:]))


class NozzleAndPrice(Spoken, frozen=True):
    """DC3: the selected nozzle (0: none), whether it is out, and its price."""

    trans = 0x03
    price: int
    nozzle: int
    out: bool

    def data(self) -> bytes:
        return bcd(self.price, 3) + bytes((self.nozzle | self.out << 4,))

    @classmethod
    def read(cls, data: bytes) -> Self:
        sized(data, 4)
        if data[3] > 0x1F:
            raise FrameMisread(f"{data[3]:02X} is no nozzle.")
        return cls(read_bcd(data[:3]), data[3] & 0x0F, bool(data[3] & 0x10))


ALARMS: Final[Mapping[int, str]] = {
    0x01: "cpu_reset", 0x03: "ram", 0x04: "program_memory", 0x06: "pulser", 0x07: "pulser_current",
    0x09: "emergency_stop", 0x0A: "power_fail", 0x0B: "pressure_lost", 0x0C: "blend_ratio", 0x0D: "low_leak",
    0x0E: "high_leak", 0x0F: "hose_leak", 0x10: "vapour_recovery_monitor", 0x11: "vapour_recovery_monitor",
    0x12: "vapour_recovery_monitor", 0x13: "vapour_recovery_monitor", 0x19: "vapour_recovery_control",
    0x20: "vapour_recovery_control",
}  # fmt: skip


CPU_RESET: Final = 0x01


class Alarm(Spoken, frozen=True):
    """DC5."""

    trans = 0x05
    code: int

    def data(self) -> bytes:
        return bytes((self.code,))

    @classmethod
    def read(cls, data: bytes) -> Self:
        return cls(one(data))

    @property
    def word(self) -> str:
        """The alarm as a stable word."""
        return ALARMS.get(self.code, "reserved")


class Parameters(Spoken, frozen=True):
    """DC7: decimals, the greatest amount, and the grade of each nozzle."""

    trans = 0x07
    volume_decimals: int
    amount_decimals: int
    price_decimals: int
    greatest_amount: int
    grades: tuple[int, ...]

    def data(self) -> bytes:
        decimals = bytes((self.volume_decimals, self.amount_decimals, self.price_decimals))
        grades = bytes(self.grades).ljust(15, b"\0")[:15]
        return bytes(22) + decimals + bytes(5) + bcd(self.greatest_amount, 4) + bytes(2) + grades

    @classmethod
    def read(cls, data: bytes) -> Self:
        sized(data, 51)
        return cls(data[22], data[23], data[24], read_bcd(data[30:34]), tuple(data[36:]))


class Identity(Spoken, frozen=True):
    """DC9."""

    trans = 0x09
    manufacturer: int
    type: int
    version: int

    def data(self) -> bytes:
        return bytes.fromhex(f"{self.manufacturer:04d}{self.type:02d}{self.version:04d}")

    @classmethod
    def read(cls, data: bytes) -> Self:
        digits = f"{read_bcd(sized(data, 5)):010d}"
        return cls(int(digits[:4]), int(digits[4:6]), int(digits[6:]))


class Suspended(OfNozzle, frozen=True):
    """DC14: the nozzle of CD14, echoed."""

    trans = 0x0E


class Resumed(OfNozzle, frozen=True):
    """DC15: the nozzle of CD15, echoed."""

    trans = 0x0F


class Totals(Spoken, frozen=True):
    """DC101 in its three forms. ``rest`` follows the total: two meters (LNG 16), an amount (13), nothing (6)."""

    trans = 0x65
    counter: int
    total: int
    rest: tuple[int, ...] = ()

    @property
    def digits(self) -> int:
        """How many digits the total has before it starts again."""
        return 12 if len(self.rest) == 1 else 10

    def data(self) -> bytes:
        size = self.digits // 2
        return bytes((self.counter,)) + b"".join(bcd(number, size) for number in (self.total, *self.rest))

    @classmethod
    def read(cls, data: bytes) -> Self:
        size = 6 if len(sized(data, 16, 13, 6)) == 13 else 5
        numbers = [read_bcd(data[i : i + size]) for i in range(1, len(data), size)]
        return cls(data[0], numbers[0], tuple(numbers[1:]))


class Mode(Spoken, frozen=True):
    """DC102 of Wayne: stand-alone mode and the button for local authorisation."""

    trans = 0x66
    mode: int
    button: int

    def data(self) -> bytes:
        return bytes((self.mode, self.button))

    @classmethod
    def read(cls, data: bytes) -> Self:
        mode, button = sized(data, 2)
        return cls(mode, button)


class AmountTotals(Spoken, frozen=True):
    """DC102 of the S4 edition."""

    trans = 0x66
    counter: int
    totals: tuple[int, ...]

    def data(self) -> bytes:
        return bytes((self.counter,)) + b"".join(bcd(total, 5) for total in self.totals)

    @classmethod
    def read(cls, data: bytes) -> Self:
        sized(data, 16)
        return cls(data[0], tuple(read_bcd(data[i : i + 5]) for i in (1, 6, 11)))


class Prices(PriceList, frozen=True):
    """DC103 of Wayne: the prices that hold now, from logical nozzle 1 on. S4 has :class:`Temperature` here."""

    trans = 0x67


class Temperature(Spoken, frozen=True):
    """DC103 of the S4 edition: four digits, whose decimals no source states."""

    trans = 0x67
    nozzle: int
    value: int

    def data(self) -> bytes:
        return bytes((self.nozzle,)) + bcd(self.value, 2)

    @classmethod
    def read(cls, data: bytes) -> Self:
        sized(data, 3)
        return cls(data[0], read_bcd(data[1:]))


class Tag(Spoken, frozen=True):
    """DC104 of the S4 edition."""

    trans = 0x68
    nozzle: int
    tag: bytes

    def data(self) -> bytes:
        return bytes((self.nozzle,)) + self.tag

    @classmethod
    def read(cls, data: bytes) -> Self:
        sized(data, 13)
        return cls(data[0], data[1:])
