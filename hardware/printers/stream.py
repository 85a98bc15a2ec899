"""ESC/POS bytes taken apart, as a printer in Chinese mode reads them. Pure, and total: any bytes give some steps.

After the public "ESC/POS Application Programming Guide" and its Chinese mode (``FS &``). Commands that change nothing
on paper are stepped over with their arguments; a command cut off by the end of the bytes ends the stream, as in a
printer that waits for the rest.
"""

from collections.abc import Iterator

from msgspec import Struct

ESC, FS, GS, DLE = 0x1B, 0x1C, 0x1D, 0x10


class Char(Struct, frozen=True):
    """A character, half-width or full-width."""

    char: str
    full: bool


class NewLine(Struct, frozen=True):
    """Print the line and go to the next."""


class Order(Struct, frozen=True):
    """A command, written as in the guide (``ESC a``), with its argument bytes."""

    name: str
    args: bytes = b""


class Raster(Struct, frozen=True):
    """A picture of ``width`` × ``height`` dots, a bit a dot, rows filled up to whole bytes; 1 is black."""

    width: int
    height: int
    dots: bytes


class Symbol(Struct, frozen=True):
    """A function of ``GS ( k``: ``function`` of the two-dimensional ``code`` (49 is QR)."""

    code: int
    function: int
    data: bytes


Step = Char | NewLine | Order | Raster | Symbol

_ARGUMENTS = (
    (1, {ESC: b"!-3?EGJMQRSTVadefrtu{ =A", FS: b"!-WC", GS: b"!BHIabfhrw/|", DLE: b"\x04\x05"}),
    (2, {ESC: b"$\\Bc", FS: b"Sp", GS: b"LPW$\\"}),
    (3, {ESC: b"p", DLE: b"\x14"}),
)
"""How many argument bytes follow which commands; none for the rest. Those of other lengths have their own readers."""
_NAMES = {ESC: "ESC", FS: "FS", GS: "GS", DLE: "DLE"}


def steps(data: bytes) -> Iterator[Step]:
    """What the printer is asked to do, in order."""
    at, chinese = 0, False
    while at < len(data):
        if data[at] in _NAMES:
            step, at = _command(data, at)
            if isinstance(step, Order):
                chinese = _mode(step, chinese)
        else:
            step, at = _text(data, at, chinese)
        if step is not None:
            yield step


def _mode(order: Order, chinese: bool) -> bool:
    return {"FS &": True, "FS .": False, "ESC @": False}.get(order.name, chinese)


def _text(data: bytes, at: int, chinese: bool) -> tuple[Step | None, int]:
    byte = data[at]
    if byte == 0x0A:
        return NewLine(), at + 1
    if byte < 0x20 or byte == 0x7F:
        return None, at + 1
    if byte < 0x80:
        return Char(chr(byte), full=False), at + 1
    if chinese and at + 1 < len(data) and 0x81 <= byte <= 0xFE and data[at + 1] >= 0x40:
        return Char(data[at : at + 2].decode("gbk", "replace")[0], full=True), at + 2
    return Char(bytes((byte,)).decode("cp437"), full=False), at + 1


def _command(data: bytes, at: int) -> tuple[Step | None, int]:
    lead, kind = data[at], data[at + 1 : at + 2]
    reader = {b"(": _sized, b"v": _raster, b"V": _cut, b"k": _barcode}.get(kind) if lead == GS else None
    if reader is not None:
        return reader(data, at)
    if lead == ESC and kind == b"*":
        return None, _end(data, at + 5 + _columns_of_dots(data[at + 2 : at + 5]))
    if lead == ESC and kind == b"D":
        return None, _after_nul(data, at + 2)
    count = next((count for count, kinds in _ARGUMENTS if kind in kinds.get(lead, b"")), 0)
    args = data[at + 2 : at + 2 + count]
    if not kind or len(args) < count:
        return None, len(data)
    return Order(f"{_NAMES[lead]} {_name(kind)}", args), at + 2 + count


def _name(kind: bytes) -> str:
    return kind.decode("ascii") if 0x20 < kind[0] < 0x7F else {0x04: "EOT", 0x05: "ENQ", 0x14: "DC4"}.get(kind[0], "?")


def _sized(data: bytes, at: int) -> tuple[Step | None, int]:
    """``GS ( x pL pH …``"""
    length = int.from_bytes(data[at + 3 : at + 5], "little")
    body = data[at + 5 : at + 5 + length]
    if len(body) < length or length < 2:
        return None, _end(data, at + 5 + length)
    if data[at + 2 : at + 3] != b"k":
        return None, at + 5 + length
    return Symbol(body[0], body[1], body[2:]), at + 5 + length


def _raster(data: bytes, at: int) -> tuple[Step | None, int]:
    """``GS v 0 m xL xH yL yH …``"""
    width = int.from_bytes(data[at + 4 : at + 6], "little")
    height = int.from_bytes(data[at + 6 : at + 8], "little")
    end = at + 8 + width * height
    if end > len(data):
        return None, len(data)
    return Raster(width * 8, height, data[at + 8 : end]) if width * height else None, end


def _cut(data: bytes, at: int) -> tuple[Step | None, int]:
    """``GS V m`` or ``GS V m n``"""
    mode = data[at + 2 : at + 3]
    if not mode:
        return None, len(data)
    end = at + (4 if mode in b"AB" else 3)
    return Order("GS V", data[at + 2 : end]), _end(data, end)


def _barcode(data: bytes, at: int) -> tuple[Step | None, int]:
    """``GS k m … NUL`` or ``GS k m n …``: stepped over, no slip of ours has one."""
    if data[at + 2 : at + 3] < b"A":
        return None, _after_nul(data, at + 3)
    return None, _end(data, at + 4 + int.from_bytes(data[at + 3 : at + 4], "little"))


def _columns_of_dots(head: bytes) -> int:
    """The bytes of a picture in columns (``ESC * m nL nH``)."""
    if len(head) < 3:
        return 0
    return int.from_bytes(head[1:3], "little") * (3 if head[0] in (32, 33) else 1)


def _after_nul(data: bytes, at: int) -> int:
    found = data.find(b"\0", at)
    return len(data) if found < 0 else found + 1


def _end(data: bytes, at: int) -> int:
    return min(at, len(data))
