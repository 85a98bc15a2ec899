"""The business day: the station's local date. Pure."""

from datetime import date, timedelta
from functools import lru_cache
from typing import Final

from shared.clock import PLAUSIBLE_FROM

ZONE_MILLISECONDS: Final = 8 * 3_600_000
"""China has one zone, UTC+8, and no summer time."""
DAY: Final = 86_400_000
_EPOCH: Final = date(1970, 1, 1)


def believable(happened_at: int, arrived_at: int) -> bool:
    """Whether a time may be true: after clocks began to be set, and not a day after its letter arrived."""
    return PLAUSIBLE_FROM <= happened_at <= arrived_at + DAY


def business_day(happened_at: int, arrived_at: int) -> str:
    """The local date, such as ``2026-11-22``, of what happened; of its arrival when that time can't be true."""
    at = happened_at if believable(happened_at, arrived_at) else arrived_at
    return _date((at + ZONE_MILLISECONDS) // DAY)


def start_of(day: str) -> int:
    """UTC milliseconds of the local midnight with which a date begins."""
    return (date.fromisoformat(day) - _EPOCH).days * DAY - ZONE_MILLISECONDS


def today(now: int) -> str:
    """The local date now."""
    return _date((now + ZONE_MILLISECONDS) // DAY)


@lru_cache(maxsize=1_000)
def _date(days: int) -> str:
    return (_EPOCH + timedelta(days=days)).isoformat()
