"""The characters of the printed picture: a font found on this machine, its glyphs fitted into a printer's cells."""

from functools import cache
from importlib.util import find_spec
from pathlib import Path

from PIL import Image, ImageChops, ImageDraw, ImageFont

from shared.errors import Unavailable

HALF, FULL, TALL = 12, 24, 24
"""A half-width cell is 12 dots wide, a full-width one 24, both are 24 tall (ESC/POS font A and its Chinese font)."""

_PLACES = ("/usr/share/fonts/truetype/wqy/wqy-microhei.ttc",)
_WHEEL = "paperang_p2_fonts_cjk"
_MONO = 1
"""The face of wqy-microhei.ttc whose Latin letters have one width."""
_OVERSIZE = 4
"""Half-width letters are drawn this much larger and then pressed into their narrow cell, as a printer's are."""


@cache
def font_file() -> Path:
    """The font for the pictures. :exc:`Unavailable` says what to install when there is none."""
    spec = find_spec(_WHEEL)
    wheels = [Path(place) for place in (spec.submodule_search_locations or ())] if spec else []
    for path in [wheel / "fonts" / "wqy-microhei.ttc" for wheel in wheels] + [Path(place) for place in _PLACES]:
        if path.is_file():
            return path
    raise Unavailable(
        "There is no Chinese font to draw receipts with. Install the program with its edge parts"
        " (pip install 'jiayou[edge]') or the Debian package fonts-wqy-microhei."
    )


@cache
def glyph(char: str, full: bool, across: int, down: int, bold: bool) -> Image.Image:
    """The cell of a character as a mask, white where ink falls; ``across`` and ``down`` are its magnification."""
    wide, tall = (FULL if full else HALF) * across, TALL * down
    drawn = _full(char, tall) if full else _half(char, tall)
    cell = drawn.resize((wide, tall), Image.Resampling.LANCZOS)
    return ImageChops.lighter(cell, ImageChops.offset(cell, 1, 0)) if bold else cell


def _full(char: str, tall: int) -> Image.Image:
    """A Chinese character, in its square."""
    font = _font(tall - tall // 12)
    cell = Image.new("L", (tall, tall))
    ImageDraw.Draw(cell).text((tall // 2, tall // 2), char, 255, font, anchor="mm")
    return cell


def _half(char: str, tall: int) -> Image.Image:
    """A letter or digit, as wide as the font has it; the caller presses it into its cell."""
    font = _font(tall * _OVERSIZE * 23 // 24)
    wide = max(1, int(font.getlength("0")))
    cell = Image.new("L", (wide, tall * _OVERSIZE))
    ImageDraw.Draw(cell).text((0, tall * _OVERSIZE * 19 // 24), char, 255, font, anchor="ls")
    return cell


@cache
def _font(size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(font_file()), size, index=_MONO)
