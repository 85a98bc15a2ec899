"""A coupon's code as a picture to show on a screen or to print. Pure."""

import io
from typing import Final

import segno

_QUIET_ZONE: Final = 4
"""Modules of white around the code, without which scanners fail."""


def svg(text: str, scale: int = 4) -> str:
    """An SVG element, black on white whatever the page's colours are; ``scale`` pixels a module."""
    out = io.BytesIO()
    _code(text).save(out, kind="svg", scale=scale, border=_QUIET_ZONE, dark="#000", light="#fff", xmldecl=False)
    return out.getvalue().decode().strip()


def png(text: str, scale: int = 8) -> bytes:
    """A PNG file."""
    out = io.BytesIO()
    _code(text).save(out, kind="png", scale=scale, border=_QUIET_ZONE)
    return out.getvalue()


def _code(text: str) -> segno.QRCode:
    return segno.make_qr(text, error="m", boost_error=False)
