"""A slip as ESC/POS bytes.

The commands are python-escpos's constants; its class is not used. Its ``text()`` loses full-width punctuation and sends
¥ as four bytes, and the import of the class alone writes to the disk, which may be full. A job begins with ``ESC @``
(whatever the last job left behind is forgotten) and ``FS &`` (Chinese mode), and ends with a cut.
"""

import struct
from enum import StrEnum
from io import BytesIO

import segno
from escpos.constants import (
    CTL_LF,
    ESC,
    FS,
    GS,
    HW_INIT,
    PAPER_PART_CUT,
    QR_ECLEVEL_M,
    QR_MODEL_2,
    S_RASTER_N,
    TXT_SIZE,
    TXT_STYLE,
)
from escpos.image import EscposImage
from PIL import Image

from hardware.printers import gbk
from hardware.printers.slip import COLUMNS, Align, Feed, Gap, Line, QrCode, Slip, lines

CHINESE = FS + b"&"
FEED_LINES = ESC + b"d"
FEED_DOTS = ESC + b"J"
_LINES_TO_KNIFE = 6
_SIZE = {1: b"\x00", 2: b"\x11"}


class QrMethod(StrEnum):
    """How a QR code reaches the paper."""

    NATIVE = "native"  # the printer draws it (GS ( k)
    RASTER = "raster"  # we draw it (GS v 0), for printers without the command


def job(slip: Slip, width: int = 80, qr: QrMethod = QrMethod.NATIVE) -> bytes:
    """The bytes that print this slip on paper of ``width`` millimetres (58 or 80)."""
    paper = _Paper()
    paper.slip(slip, width, qr)
    paper.cut()
    return paper.sent


def copy_of(original: bytes, banner: Slip, width: int = 80) -> bytes:
    """The same slip once more under a banner: below it stand the very bytes of the original."""
    paper = _Paper()
    paper.slip(banner, width, QrMethod.NATIVE)
    return paper.sent + original


class _Paper:
    """Collects what is sent to the printer."""

    def __init__(self) -> None:
        self._kept: list[bytes] = []

    @property
    def sent(self) -> bytes:
        return b"".join(self._kept)

    def slip(self, slip: Slip, width: int, qr: QrMethod) -> None:
        """All of the slip but its cut."""
        self._kept.append(HW_INIT + CHINESE)
        for part in lines(slip, width):
            match part:
                case Line():
                    self._line(part, width)
                case Feed(count):
                    self._kept.append(FEED_LINES + bytes((count,)))
                case Gap(dots):
                    self._kept.append(FEED_DOTS + bytes((dots,)))
                case QrCode(text, size):
                    self._code(text, size, qr)

    def cut(self) -> None:
        """Feed the last line past the knife, and leave the slip hanging by a corner."""
        self._kept.append(FEED_LINES + bytes((_LINES_TO_KNIFE,)) + PAPER_PART_CUT)

    def _line(self, line: Line, width: int) -> None:
        """Text at its size; each line sets what it needs and puts it back, so that a lost line costs only itself."""
        text = gbk.encode(line.text)
        if line.inverse:
            text += b" " * (COLUMNS[width] // line.scale - len(text))
        on, off = _style(line)
        self._kept.append(on + text + CTL_LF + off)

    def _code(self, text: str, size: int, method: QrMethod) -> None:
        """A QR code in the middle of the paper."""
        drawn = _native(text, size) if method is QrMethod.NATIVE else _raster(text, size)
        self._kept.append(TXT_STYLE["align"]["center"] + drawn + CTL_LF + TXT_STYLE["align"]["left"])


def _style(line: Line) -> tuple[bytes, bytes]:
    """The commands before and after a line."""
    on = off = b""
    for wanted, begin, end in (
        (line.align is not Align.LEFT, TXT_STYLE["align"][line.align.value], TXT_STYLE["align"]["left"]),
        (line.bold, TXT_STYLE["bold"][True], TXT_STYLE["bold"][False]),
        (line.inverse, TXT_STYLE["invert"][True], TXT_STYLE["invert"][False]),
        (line.scale != 1, TXT_SIZE + _SIZE[line.scale], TXT_SIZE + _SIZE[1]),
    ):
        if wanted:
            on, off = on + begin, end + off
    return on, off


def _native(text: str, size: int) -> bytes:
    """The five functions of ``GS ( k``: model, size of a module, error correction, text, print."""
    return b"".join(
        (
            _symbol(65, bytes((48 + QR_MODEL_2, 0))),
            _symbol(67, bytes((size,))),
            _symbol(69, bytes((48 + QR_ECLEVEL_M,))),
            _symbol(80, b"0" + text.encode()),
            _symbol(81, b"0"),
        )
    )


def _symbol(function: int, data: bytes) -> bytes:
    command: bytes = GS + b"(k"
    return command + struct.pack("<H", len(data) + 2) + b"1" + bytes((function,)) + data


def _raster(text: str, size: int) -> bytes:
    """The code as a picture, a bit a dot."""
    picture = BytesIO()
    segno.make(text, error="m", micro=False).save(picture, kind="png", scale=size, border=0)
    dots = EscposImage(Image.open(picture))
    header: bytes = S_RASTER_N + struct.pack("<HH", dots.width_bytes, dots.height)
    return header + bytes(dots.to_raster_format())
