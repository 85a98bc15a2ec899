"""Text as a Chinese receipt printer takes it: GBK, one or two bytes a character. Pure.

A printer in Chinese mode (``FS &``) reads pairs of bytes as GBK, the two-byte part of GB18030. Anything that GB18030
writes in four bytes comes out as junk beside the amount, so nothing of that kind is ever sent. The rule for a
character, in order:

1. it is in :data:`INSTEAD`: that text is printed (the half-width ¥ becomes the full-width ￥);
2. it is in GBK: printed as it is;
3. it is invisible (a joiner, a variation selector, a combining mark): left out;
4. its compatibility form is in GBK: that is printed (``①`` stays, ``ﬁ`` becomes ``fi``, ``Å`` becomes ``A``);
5. a control character becomes a space, so that no name can carry a command to the printer;
6. anything else, an emoji or a hanzi outside GBK, becomes ``□``.
"""

import unicodedata
from functools import cache

UNKNOWN = "□"
INSTEAD = {
    "¥": "￥",
    "€": "EUR",
    "£": "￡",
    "\u00a0": " ",
    "\u2002": " ",
    "\u2003": "\u3000",
    "\u2009": " ",
    "\u202f": " ",
    "•": "·",
    "‑": "-",
    "−": "-",
}
_INVISIBLE = ("Mn", "Me", "Cf")
_CONTROL = ("Cc", "Zl", "Zp")


def printable(text: str) -> str:
    """The text with each character replaced by what the printer can print."""
    return "".join(map(_printable, text))


def encode(text: str) -> bytes:
    """The bytes for a printer in Chinese mode; no character takes more than two."""
    return printable(text).encode("gbk")


def columns(text: str) -> int:
    """How many half-width columns the text fills once it is :func:`printable`: one for each byte."""
    return len(encode(text))


@cache
def _printable(char: str) -> str:
    if char in INSTEAD:
        return INSTEAD[char]
    kind = unicodedata.category(char)
    if kind in _CONTROL:
        return " "
    if _in_gbk(char):
        return char
    if kind in _INVISIBLE:
        return ""
    plain = "".join(c for c in unicodedata.normalize("NFKD", char) if unicodedata.category(c) not in _INVISIBLE)
    return plain if plain and _in_gbk(plain) else UNKNOWN


def _in_gbk(text: str) -> bool:
    try:
        return all(byte >= 0x20 for byte in text.encode("gbk"))
    except UnicodeEncodeError:
        return False
