"""Reading a picture of paper: what stands where."""

from io import BytesIO
from typing import cast

from PIL import Image, ImageChops

from hardware.printers.glyphs import HALF, glyph

MARGIN = 28
"""Dots around the print."""


def shows(png: bytes, char: str, scale: int = 1, bold: bool = False) -> int:
    """How often the picture shows this character, in any of the half-width cells of its lines."""
    cell = glyph(char, len(char.encode("gbk")) == 2, scale, scale, bold)
    paper = _light(png)
    lefts = range(MARGIN, paper.width - MARGIN - cell.width + 1, HALF // 2)
    tops = (top - up for top in _tops(paper) for up in range(cell.height // 2) if top >= up)
    return sum(_same(paper, cell, left, top) for top in tops for left in lefts)


def ink(png: bytes) -> Image.Image:
    """The print alone, black and white: white where there is ink."""
    return _light(png).point(lambda light: 255 if light > 127 else 0)


def lines_of_print(png: bytes) -> int:
    """How many lines of print there are: runs of rows with ink in them."""
    return len(_tops(_light(png)))


def _light(png: bytes) -> Image.Image:
    """How much ink there is, from 0 to 255."""
    whole = Image.open(BytesIO(png)).convert("L")
    return whole.point(lambda grey: max(0, min(255, (252 - grey) * 255 // 215)))


def _tops(paper: Image.Image) -> list[int]:
    """The uppermost row of each line of print."""
    rows = [max(row) > 100 for row in _rows(paper)]
    return [y for y, (above, here) in enumerate(zip([False, *rows], rows, strict=False)) if here and not above]


def _same(paper: Image.Image, cell: Image.Image, left: int, top: int) -> bool:
    there = paper.crop((left, top, left + cell.width, top + cell.height))
    return cast(int, ImageChops.difference(there, cell).getextrema()[1]) < 60


def _rows(picture: Image.Image) -> list[bytes]:
    data = picture.tobytes()
    return [data[at : at + picture.width] for at in range(0, len(data), picture.width)]
