"""A slip of paper in the words of the trade, and how it falls into lines. Pure.

A :class:`Slip` knows nothing of a printer: ``escpos`` turns it into bytes. Paper of 58 mm holds 32 half-width columns,
of 80 mm 48; a Chinese character fills two. Lengths are counted in the text as it will be printed (``gbk``).
"""

from collections.abc import Iterator
from enum import StrEnum

from msgspec import Struct

from hardware.printers.gbk import columns, printable

COLUMNS = {58: 32, 80: 48}
"""Width of the paper in millimetres → half-width columns of normal text."""

_NOT_FIRST = "，。、；：？！）》」』】〉”’％℃,.;:?!)]}%"
"""Characters that don't begin a line; they hang behind the word before them."""
_NOT_LAST = "￥＄（《「【〈“‘([{"
"""Characters that don't end a line; the next one stays with them."""


class Align(StrEnum):
    """Where a line stands."""

    LEFT = "left"
    CENTER = "center"
    RIGHT = "right"


class Title(Struct, frozen=True):
    """The heading: centred, bold, twice as wide and high."""

    text: str


class Banner(Struct, frozen=True):
    """A line that must not be overlooked: white on black over the whole width, twice as wide and high."""

    text: str


class Text(Struct, frozen=True):
    """Running text, wrapped to the width."""

    text: str
    align: Align = Align.LEFT
    bold: bool = False


class Row(Struct, frozen=True):
    """A name on the left and its value on the right; a value too long for the line goes below, still to the right."""

    left: str
    right: str
    bold: bool = False


class BigRow(Struct, frozen=True):
    """The row that the customer looks for: twice as high and wide."""

    left: str
    right: str


class Rule(Struct, frozen=True):
    """A line across the paper."""

    mark: str = "-"


class Feed(Struct, frozen=True):
    """Empty lines."""

    lines: int = 1


class QrCode(Struct, frozen=True):
    """A QR code, centred; ``size`` is the width of one module in dots (8 to a millimetre)."""

    text: str
    size: int = 6


class Gap(Struct, frozen=True):
    """A little air: ``dots`` of 1/8 mm."""

    dots: int


Part = Title | Banner | Text | Row | BigRow | Rule | Feed | Gap | QrCode


class Slip(Struct, frozen=True):
    """The whole slip, from the top. It is fed out and cut at its end."""

    parts: tuple[Part, ...]

    def __add__(self, below: "Slip") -> "Slip":
        return Slip(self.parts + below.parts)


class Line(Struct, frozen=True):
    """One printed line: the text fits the width at its scale."""

    text: str
    align: Align = Align.LEFT
    bold: bool = False
    scale: int = 1
    """1 or 2, both ways."""
    inverse: bool = False


def lines(slip: Slip, width: int) -> Iterator[Line | Feed | Gap | QrCode]:
    """The slip laid out for paper of ``width`` millimetres; ``KeyError`` for a width that is not in :data:`COLUMNS`."""
    room = COLUMNS[width]
    for part in slip.parts:
        yield from _laid_out(part, room)


def wrap(text: str, room: int) -> list[str]:
    """The text in lines of at most ``room`` columns, broken between words and between Chinese characters."""
    return [line for given in text.split("\n") for line in _wrapped(printable(given), room)]


def row(left: str, right: str, room: int) -> list[str]:
    """A row in as many lines as it needs, each exactly ``room`` columns wide."""
    first = wrap(printable(left), room)
    values = wrap(" ".join(right.split()), room)
    gap = room - columns(first[-1]) - columns(values[0])
    if len(values) == 1 and gap > 0:
        return [_padded(line, room) for line in first[:-1]] + [first[-1] + " " * gap + values[0]]
    return [_padded(line, room) for line in first] + [" " * (room - columns(line)) + line for line in values]


def _laid_out(part: Part, room: int) -> Iterator[Line | Feed | Gap | QrCode]:
    match part:
        case Title(text):
            yield from (Line(line, Align.CENTER, bold=True, scale=2) for line in wrap(text, room // 2))
        case Banner(text):
            yield from (Line(_centred(line, room // 2), scale=2, inverse=True) for line in wrap(text, room // 2 - 2))
        case Text(text, align, bold):
            yield from (Line(line, align, bold) for line in wrap(text, room))
        case Row(left, right, bold):
            yield from (Line(line, bold=bold) for line in row(left, right, room))
        case BigRow(left, right):
            yield from (Line(line, bold=True, scale=2) for line in row(left, right, room // 2))
        case Rule(mark):
            yield Line(mark * (room // columns(mark)))
        case _:
            yield part


def _padded(text: str, room: int) -> str:
    return text + " " * (room - columns(text))


def _centred(text: str, room: int) -> str:
    before = (room - columns(text)) // 2
    return _padded(" " * before + text, room)


def _wrapped(text: str, room: int) -> list[str]:
    if columns(text) <= room:
        return [text.rstrip()]
    found, line = [], ""
    for word in _words(text, room):
        if line and columns(line + word.rstrip()) > room:
            found.append(line.rstrip())
            line = word.lstrip()
        else:
            line += word
    return [*found, line.rstrip()]


def _words(text: str, room: int) -> Iterator[str]:
    """The pieces between which a line may be broken; none is wider than ``room``."""
    word = ""
    for char in text:
        if word and (_may_part(word[-1], char) or columns(word + char) > room):
            yield word
            word = ""
        word += char
    if word:
        yield word


def _may_part(before: str, after: str) -> bool:
    """Whether a line may end with ``before`` and the next begin with ``after``."""
    if after in _NOT_FIRST or after == " " or before in _NOT_LAST:
        return False
    return before == " " or columns(before) == 2 or columns(after) == 2
