"""Packed decimal digits, as nearly all dispensers write their numbers. Pure."""

from hardware.errors import FrameMisread


def bcd(value: int, size: int) -> bytes:
    """``value`` as packed decimal digits in ``size`` bytes. ``ValueError`` when it doesn't fit: our own mistake."""
    digits = f"{value:0{2 * size}d}"
    if value < 0 or len(digits) > 2 * size:
        raise ValueError(f"{value} does not fit into {2 * size} digits")
    return bytes.fromhex(digits)


def read_bcd(data: bytes) -> int:
    """The number in packed decimal digits. :exc:`FrameMisread` when one of them is no digit."""
    digits = data.hex()
    if not digits.isdecimal():
        raise FrameMisread(f"{digits.upper()} should be decimal digits.")
    return int(digits)
