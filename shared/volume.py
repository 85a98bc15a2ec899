"""Volume in whole millilitres. Never a float."""

import re

_LITRES = re.compile(r"(\d{1,6})(?:\.(\d{1,3}))?\Z")


def litres(ml: int) -> str:
    """Millilitres as litres with two decimals, cut and not rounded: 25480 → ``25.48``."""
    sign = "-" if ml < 0 else ""
    return f"{sign}{abs(ml) // 1000}.{abs(ml) % 1000 // 10:02d}"


def parse_litres(text: str) -> int:
    """Litres as a person types them, to millilitres. ``ValueError`` when it is no volume."""
    found = _LITRES.match(text.strip())
    if not found:
        raise ValueError(f"“{text}” is not a volume in litres, such as 30 or 25.5")
    return int(found[1]) * 1000 + int((found[2] or "").ljust(3, "0"))
