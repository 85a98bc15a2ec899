"""Money in whole fen, unit prices in whole milliyuan a litre. Never a float.

7.85 yuan a litre is the unit price 7850; 200 yuan are 20000 fen.
"""

import re

_YUAN = re.compile(r"(\d{1,9})(?:\.(\d{1,2}))?\Z")
_PRICE = re.compile(r"(\d{1,3})(?:\.(\d{1,3}))?\Z")


def yuan(fen: int) -> str:
    """Fen as yuan with two decimals: 20000 → ``200.00``, -5 → ``-0.05``."""
    sign = "-" if fen < 0 else ""
    return f"{sign}{abs(fen) // 100}.{abs(fen) % 100:02d}"


def parse_yuan(text: str) -> int:
    """Yuan as a person types them, to fen. ``ValueError`` when it is no amount of money."""
    found = _YUAN.match(text.strip())
    if not found:
        raise ValueError(f"“{text}” is not an amount in yuan, such as 200 or 199.50")
    return int(found[1]) * 100 + int((found[2] or "").ljust(2, "0"))


def per_litre(unit_price: int) -> str:
    """A unit price in milliyuan as yuan: 7850 → ``7.85``, 7855 → ``7.855``."""
    text = f"{unit_price // 1000}.{unit_price % 1000:03d}"
    return text[:-1] if text.endswith("0") else text


def parse_per_litre(text: str) -> int:
    """Yuan a litre as a person types them, to milliyuan. ``ValueError`` when it is no price."""
    found = _PRICE.match(text.strip())
    if not found:
        raise ValueError(f"“{text}” is not a price in yuan a litre, such as 7.85")
    return int(found[1]) * 1000 + int((found[2] or "").ljust(3, "0"))


def amount_of(volume_ml: int, unit_price: int) -> int:
    """What a volume costs in fen, half a fen rounded up.

    For estimates and simulators only: the amount on the dispenser's display is the one that is charged.
    """
    return (volume_ml * unit_price + 5_000) // 10_000
