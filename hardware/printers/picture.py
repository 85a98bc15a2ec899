"""ESC/POS bytes as a picture of the paper: the very bytes that go to the printer, drawn dot for dot.

For the virtual printer, the receipts on the attendants' page, and the tests. Any bytes give a picture.
"""

from dataclasses import dataclass, field, replace
from io import BytesIO

import segno
from PIL import Image, ImageChops, ImageDraw

from hardware.printers.glyphs import glyph
from hardware.printers.stream import Char, NewLine, Order, Raster, Step, Symbol, steps

DOTS = {58: 384, 80: 576}
"""Width of the paper in millimetres → dots across (8 to a millimetre)."""
LONGEST = 20_000
"""Dots; what would come below is not drawn (two and a half metres of paper)."""

_SPACING = 34
"""Dots from line to line unless ``ESC 3`` says otherwise: a sixth of an inch."""
_KNIFE = 104
"""Dots from the head up to the knife: a cut falls that far above the last line."""
_MARGIN = 28
_TOOTH = 6
_PAPER, _INK = (253, 252, 248), (38, 36, 40)
_CLEAR = 15
"""The palette: from paper to ink in 14 steps, and what is clear behind them."""
_PALETTE = bytes(
    (paper * (14 - step) + ink * step) // 14 for step in range(15) for paper, ink in zip(_PAPER, _INK, strict=True)
) + bytes(_PAPER)
_QR = 49
_LEVELS = {48: "l", 49: "m", 50: "q", 51: "h"}


def render(data: bytes, width_mm: int = 80) -> bytes:
    """The paper as PNG. ``KeyError`` for a width that is not in :data:`DOTS`."""
    head = _Head(DOTS[width_mm])
    for step in steps(data):
        head.do(step)
    return _png([_paper(ink) for ink in head.finish()])


@dataclass(frozen=True)
class _Style:
    """How things are printed from here on."""

    align: int = 0
    bold: bool = False
    inverse: bool = False
    across: int = 1
    down: int = 1
    spacing: int = _SPACING


@dataclass(frozen=True)
class _Code:
    """The QR code that is being described to the printer."""

    module: int = 3
    level: str = "l"
    text: bytes = b""


@dataclass
class _Sheet:
    """One piece of paper: strips of ink (white on black) with the place of their upper left corner."""

    strips: list[tuple[int, int, Image.Image]] = field(default_factory=list)
    down: int = 0

    def cut(self) -> None:
        """Cuts what hangs below the knife's place, as far as it is blank."""
        last = max((top + strip.height for _, top, strip in self.strips), default=0)
        self.down = max(last, self.down - _KNIFE)


class _Head:
    """The print head: collects a line, puts it on paper, moves on."""

    def __init__(self, width: int) -> None:
        self._width = width
        self._style = _Style()
        self._code = _Code()
        self._cells: list[Image.Image] = []
        self._sheets = [_Sheet()]
        self._length = 0

    def do(self, step: Step) -> None:
        """One step of the stream."""
        match step:
            case Char(char, full):
                self._print(glyph(char, full, self._style.across, self._style.down, self._style.bold))
            case NewLine():
                self._new_line()
            case Raster(width, height, dots):
                self._put(Image.frombytes("1", (width, height), dots).convert("L"))
                self._feed(height)
            case Symbol(code, function, data) if code == _QR:
                self._describe(function, data)
            case Order(name, args):
                self._order(name, args)

    def finish(self) -> list[Image.Image]:
        """The ink on each piece of paper."""
        self._feed(self._flush())
        return [self._drawn(sheet) for sheet in self._sheets if sheet.strips] or [self._drawn(self._sheets[0])]

    def _order(self, name: str, args: bytes) -> None:
        match name:
            case "ESC d":
                self._feed(max(self._flush(), args[0] * self._style.spacing))
            case "ESC J":
                self._feed(max(self._flush(), args[0]))
            case "GS V":
                self._sheets[-1].cut()
                self._sheets.append(_Sheet())
            case _:
                self._style = _styled(self._style, name, args)

    def _print(self, cell: Image.Image) -> None:
        if sum(c.width for c in self._cells) + cell.width > self._width:
            self._new_line()
        self._cells.append(ImageChops.invert(cell) if self._style.inverse else cell)

    def _new_line(self) -> None:
        self._feed(max(self._flush(), self._style.spacing))

    def _flush(self) -> int:
        """Puts the collected cells on paper; how tall they were, 0 for none."""
        cells, self._cells = self._cells, []
        if not cells:
            return 0
        tall = max(cell.height for cell in cells)
        strip = Image.new("L", (sum(cell.width for cell in cells), tall))
        left = 0
        for cell in cells:
            strip.paste(cell, (left, tall - cell.height))
            left += cell.width
        self._put(strip)
        return tall

    def _describe(self, function: int, data: bytes) -> None:
        match function:
            case 67 if data:
                self._code = replace(self._code, module=min(16, max(1, data[0])))
            case 69 if data:
                self._code = replace(self._code, level=_LEVELS.get(data[0], "l"))
            case 80:
                self._code = replace(self._code, text=data[1:])
            case 81:
                self._print_code()

    def _print_code(self) -> None:
        try:
            matrix = segno.make(self._code.text, error=self._code.level, micro=False, boost_error=False)
        except ValueError:  # nothing to encode, or too much for one symbol: a printer prints nothing either
            return
        picture = BytesIO()
        matrix.save(picture, kind="png", scale=self._code.module, border=0)
        drawn = ImageChops.invert(Image.open(picture).convert("L"))
        self._put(drawn)
        self._feed(drawn.height)

    def _put(self, strip: Image.Image) -> None:
        room = max(0, self._width - strip.width)
        if self._length < LONGEST:
            self._sheets[-1].strips.append(((0, room // 2, room)[self._style.align], self._sheets[-1].down, strip))

    def _feed(self, dots: int) -> None:
        self._sheets[-1].down += dots
        self._length += dots

    def _drawn(self, sheet: _Sheet) -> Image.Image:
        ink = Image.new("L", (self._width, min(max(sheet.down, 1), LONGEST)))
        for left, top, strip in sheet.strips:
            ink.paste(strip, (left, top))
        return ink


def _styled(style: _Style, name: str, args: bytes) -> _Style:
    """The style after this command; the same one when the command is about something else."""
    value = args[0] if args else 0
    match name:
        case "ESC @":
            return _Style()
        case "ESC a":
            return replace(style, align=value % 48 % 3)
        case "ESC E" | "ESC G":
            return replace(style, bold=bool(value & 1))
        case "GS B":
            return replace(style, inverse=bool(value & 1))
        case "GS !":
            return replace(style, across=(value >> 4 & 7) + 1, down=(value & 7) + 1)
        case "ESC !":
            return replace(style, bold=bool(value & 8), across=1 + (value >> 5 & 1), down=1 + (value >> 4 & 1))
        case "ESC 3":
            return replace(style, spacing=value)
        case "ESC 2":
            return replace(style, spacing=_SPACING)
    return style


def _paper(ink: Image.Image) -> Image.Image:
    """The ink on its paper, in places of the palette; cut with a saw-tooth below."""
    wide, tall = ink.width + 2 * _MARGIN, ink.height + 2 * _MARGIN
    paper = Image.new("L", (wide, tall), _CLEAR)
    teeth = [(x, tall - _TOOTH * (1 + x // _TOOTH % 2)) for x in range(0, wide + _TOOTH, _TOOTH)]
    ImageDraw.Draw(paper).polygon([(0, 0), *teeth, (wide, 0)], fill=0)
    paper.paste(ink.point([light * (_CLEAR - 1) // 255 for light in range(256)]), (_MARGIN, _MARGIN))
    return paper


def _png(papers: list[Image.Image]) -> bytes:
    """The pieces of paper, one below the other."""
    whole = Image.new("L", (papers[0].width, sum(paper.height for paper in papers)))
    top = 0
    for paper in papers:
        whole.paste(paper, (0, top))
        top += paper.height
    out = BytesIO()
    whole.putpalette(_PALETTE)
    whole.save(out, "PNG", transparency=_CLEAR)
    return out.getvalue()
