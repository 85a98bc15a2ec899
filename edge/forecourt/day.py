"""The station's day. Pure."""

from datetime import date, timedelta

DAY = 86_400_000
_EPOCH = date(1970, 1, 1)


def day_start(at: int, utc_offset: int) -> int:
    """When the day of this time began, UTC milliseconds; ``utc_offset`` in minutes ahead of UTC."""
    local = at + utc_offset * 60_000
    return local - local % DAY - utc_offset * 60_000


def local_day(start: int, utc_offset: int) -> str:
    """The date of the day that began then, such as ``2026-11-22``."""
    return (_EPOCH + timedelta(milliseconds=start + utc_offset * 60_000)).isoformat()


def start_of(day: str, utc_offset: int) -> int:
    """When a date begins, UTC milliseconds. ``ValueError`` when it is none."""
    return (date.fromisoformat(day) - _EPOCH).days * DAY - utc_offset * 60_000
