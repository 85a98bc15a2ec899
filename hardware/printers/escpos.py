"""A slip as ESC/POS bytes.

The commands come from python-escpos; the text does not: its ``text()`` loses full-width punctuation and sends ¥ as four
bytes. A job begins with ``ESC @`` (whatever the last job left behind is forgotten) and ``FS &`` (Chinese mode), and
ends with a cut.
"""

import struct
from enum import StrEnum
from io import BytesIO

import segno
from escpos.constants import CTL_LF, ESC, FS, GS, HW_INIT, S_RASTER_N, TXT_SIZE, TXT_STYLE
from escpos.escpos import QR_ECLEVEL_M, Escpos
from escpos.image import EscposImage
from PIL import Image

from hardware.printers import gbk
from hardware.printers.slip import COLUMNS, Align, Feed, Gap, Line, QrCode, Slip, lines

CHINESE = FS + b"&"
IN_LINE_STATUS = GS + b"r\x01"
"""Ask for the paper status *in line*: the printer answers when it has worked through all that was sent before."""
FEED_DOTS = ESC + b"J"
_SIZE = {1: b"\x00", 2: b"\x11"}


class QrMethod(StrEnum):
    """How a QR code reaches the paper."""

    NATIVE = "native"  # the printer draws it (GS ( k)
    RASTER = "raster"  # we draw it (GS v 0), for printers without the command


def job(slip: Slip, width: int = 80, qr: QrMethod = QrMethod.NATIVE) -> bytes:
    """The bytes that print this slip on paper of ``width`` millimetres (58 or 80)."""
    paper = _Paper()
    paper.slip(slip, width, qr)
    paper.cut(mode="PART")
    return paper.sent


def copy_of(original: bytes, banner: Slip, width: int = 80) -> bytes:
    """The same slip once more under a banner: below it stand the very bytes of the original."""
    paper = _Paper()
    paper.slip(banner, width, QrMethod.NATIVE)
    return paper.sent + original


class _Paper(Escpos):  # type: ignore[misc]  # python-escpos ships no types
    """A device of python-escpos that only keeps what it is sent."""

    def __init__(self) -> None:
        super().__init__()
        self._kept: list[bytes] = []

    def _raw(self, msg: bytes) -> None:
        self._kept.append(msg)

    @property
    def sent(self) -> bytes:
        return b"".join(self._kept)

    def slip(self, slip: Slip, width: int, qr: QrMethod) -> None:
        """All of the slip but its cut."""
        self._raw(HW_INIT + CHINESE)
        for part in lines(slip, width):
            match part:
                case Line():
                    self.line(part, width)
                case Feed(count):
                    self.print_and_feed(count)
                case Gap(dots):
                    self._raw(FEED_DOTS + bytes((dots,)))
                case QrCode(text, size):
                    self.code(text, size, qr)

    def line(self, line: Line, width: int) -> None:
        """Text at its size; each line sets what it needs and puts it back, so that a lost line costs only itself."""
        text = gbk.encode(line.text)
        if line.inverse:
            text += b" " * (COLUMNS[width] // line.scale - len(text))
        on, off = _style(line)
        self._raw(on + text + CTL_LF + off)

    def code(self, text: str, size: int, method: QrMethod) -> None:
        """A QR code in the middle of the paper."""
        self._raw(TXT_STYLE["align"]["center"])
        if method is QrMethod.NATIVE:
            self.qr(text, ec=QR_ECLEVEL_M, size=size, native=True)
        else:
            self._raw(_raster(text, size))
        self._raw(CTL_LF + TXT_STYLE["align"]["left"])


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


def _raster(text: str, size: int) -> bytes:
    """The code as a picture, a bit a dot."""
    picture = BytesIO()
    segno.make(text, error="m", micro=False).save(picture, kind="png", scale=size, border=0)
    dots = EscposImage(Image.open(picture))
    header: bytes = S_RASTER_N + struct.pack("<HH", dots.width_bytes, dots.height)
    return header + bytes(dots.to_raster_format())
