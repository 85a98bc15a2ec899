"""Local time for people: the chain lives in one zone, its books in UTC milliseconds. Pure: ``now`` is always given."""

from datetime import UTC, date, datetime, timedelta, timezone

ZONE = timezone(timedelta(hours=8), "UTC+8")
"""China has one zone and no summer time."""

DAY = 86_400_000
HOUR = 3_600_000
LATEST = 4_102_444_800_000
"""1 January 2100: nobody means a later time."""


def local(at: int) -> datetime:
    """UTC milliseconds as local time, for display. Times outside 1970 to 2100 are shown as the nearer end."""
    return datetime.fromtimestamp(min(max(at, 0), LATEST) // 1000, ZONE)


def day_of(at: int) -> date:
    """The local day of a moment."""
    return local(at).date()


def day_start(day: date) -> int:
    """UTC milliseconds of the local midnight with which ``day`` begins."""
    return int(datetime(day.year, day.month, day.day, tzinfo=ZONE).timestamp()) * 1000


def read_day(text: str) -> date:
    """A day as ``2026-11-22``. ``ValueError`` when it is none, or lies before 1971 or after 2099."""
    day = date.fromisoformat(text)
    if not 1971 <= day.year <= 2099:
        raise ValueError("a day between 1971 and 2099 is meant")
    return day


def read_moment(text: str) -> int:
    """A local time as a browser sends it, ``2026-11-22T14:30``, in UTC milliseconds. ``ValueError`` when it is none."""
    moment = datetime.strptime(text, "%Y-%m-%dT%H:%M").replace(tzinfo=ZONE)
    read_day(moment.date().isoformat())
    return int(moment.astimezone(UTC).timestamp()) * 1000


def write_moment(at: int) -> str:
    """A moment as a browser's field wants it."""
    return local(at).strftime("%Y-%m-%dT%H:%M")
