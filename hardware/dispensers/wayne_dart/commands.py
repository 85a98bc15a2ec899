"""Controller → pump: the CD transactions of Wayne DART. Pure. Names and numbers are the specification's."""

from enum import IntEnum
from typing import Self

from hardware.bcd import bcd, read_bcd
from hardware.dispensers.wayne_dart.spoken import OfNozzle, PriceList, Spoken, one, sized
from hardware.errors import FrameMisread


class Dcc(IntEnum):
    """The commands of CD1."""

    RETURN_STATUS = 0x00
    RETURN_PARAMETERS = 0x02
    RETURN_IDENTITY = 0x03
    RETURN_FILLING_INFO = 0x04
    RESET = 0x05
    AUTHORISE = 0x06
    STOP = 0x08
    SWITCH_OFF = 0x0A
    SUSPEND = 0x0D
    RESUME = 0x0E
    RETURN_PRICES = 0x0F


class Command(Spoken, frozen=True):
    """CD1."""

    trans = 0x01
    code: Dcc

    def data(self) -> bytes:
        return bytes((self.code,))

    @classmethod
    def read(cls, data: bytes) -> Self:
        code = one(data)
        try:
            return cls(Dcc(code))
        except ValueError:
            raise FrameMisread(f"{code:02X} is no known command.") from None


class AllowedNozzles(Spoken, frozen=True):
    """CD2: the logical nozzles, 1 to 15, that the next authorisation releases."""

    trans = 0x02
    nozzles: tuple[int, ...]

    def data(self) -> bytes:
        return bytes(self.nozzles)

    @classmethod
    def read(cls, data: bytes) -> Self:
        if not data or not all(1 <= nozzle <= 0x0F for nozzle in data):
            raise FrameMisread(f"{data.hex(' ').upper()} are no nozzles; they go from 01 to 0F.")
        return cls(tuple(data))


class _OneNumber(Spoken, frozen=True):
    value: int

    def data(self) -> bytes:
        return bcd(self.value, 4)

    @classmethod
    def read(cls, data: bytes) -> Self:
        return cls(read_bcd(sized(data, 4)))


class PresetVolume(_OneNumber, frozen=True):
    """CD3."""

    trans = 0x03


class PresetAmount(_OneNumber, frozen=True):
    """CD4."""

    trans = 0x04


class PriceUpdate(PriceList, frozen=True):
    """CD5: the first price is that of logical nozzle 1. With fewer than the pump has nozzles it ignores them all."""

    trans = 0x05


class Output(Spoken, frozen=True):
    """CD7: an output (0A red/green, 0B SB/BT, 0C back-light, 0D talk to pump, 0E hose leak test) on or off."""

    trans = 0x07
    output: int
    on: bool

    def data(self) -> bytes:
        return bytes((self.output, self.on))

    @classmethod
    def read(cls, data: bytes) -> Self:
        output, on = sized(data, 2)
        return cls(output, bool(on))


class SetParameters(Spoken, frozen=True):
    """CD9: decimals and the greatest amount."""

    trans = 0x09
    volume_decimals: int
    amount_decimals: int
    price_decimals: int
    greatest_amount: int

    def data(self) -> bytes:
        decimals = bytes((self.volume_decimals, self.amount_decimals, self.price_decimals))
        return bytes(22) + decimals + bytes(5) + bcd(self.greatest_amount, 4) + bytes(17)

    @classmethod
    def read(cls, data: bytes) -> Self:
        sized(data, 51)
        return cls(data[22], data[23], data[24], read_bcd(data[30:34]))


class FillingType(Spoken, frozen=True):
    """CD13."""

    trans = 0x0D
    credit: bool

    def data(self) -> bytes:
        return bytes((self.credit,))

    @classmethod
    def read(cls, data: bytes) -> Self:
        return cls(bool(one(data)))


class Suspend(OfNozzle, frozen=True):
    """CD14; nozzle normally 0."""

    trans = 0x0E


class Resume(OfNozzle, frozen=True):
    """CD15; nozzle normally 0."""

    trans = 0x0F


class RequestTotals(Spoken, frozen=True):
    """CD101: 01-08 volume of nozzles 1-8, 09 their sum, 11-18 amounts, 19 their sum."""

    trans = 0x65
    counter: int

    def data(self) -> bytes:
        return bytes((self.counter,))

    @classmethod
    def read(cls, data: bytes) -> Self:
        return cls(one(data))


class RequestTotals8(RequestTotals, frozen=True):
    """CD8, the same request by another number."""

    trans = 0x08


class RequestAmountTotals(OfNozzle, frozen=True):
    """CD102 of the S4 edition."""

    trans = 0x66


class RequestTemperature(OfNozzle, frozen=True):
    """CD103 of the S4 edition."""

    trans = 0x67


class RequestTag(OfNozzle, frozen=True):
    """CD104 of the S4 edition: the radio tag at a nozzle."""

    trans = 0x68
