"""How values stand on a page: filters for the templates. Pure.

Money fen, volume millilitres, unit prices milliyuan a litre, times UTC milliseconds; a page shows local time.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta, timezone, tzinfo

from shared.face.texts import Say
from shared.money import per_litre, yuan
from shared.tanks import tenths
from shared.volume import litres

CHINA = timezone(timedelta(hours=8), "CST")
_SPANS = (("day", 86_400_000), ("hour", 3_600_000), ("minute", 60_000))


def grouped(text: str) -> str:
    """Thousands apart: ``1234567.80`` → ``1,234,567.80``."""
    whole, dot, rest = text.partition(".")
    sign = "-" if whole.startswith("-") else ""
    return f"{sign}{int(whole.removeprefix('-')):,}{dot}{rest}"


def local(at: int, zone: tzinfo) -> datetime:
    """A time as the people at this page read it. A time that no calendar holds is shown as 1970."""
    try:
        return datetime.fromtimestamp(at / 1000, zone)
    except (OverflowError, ValueError, OSError):
        return datetime.fromtimestamp(0, zone)


def day_start(now: int, zone: tzinfo) -> int:
    """When the local day of ``now`` began."""
    midnight = local(now, zone).replace(hour=0, minute=0, second=0, microsecond=0)
    return int(midnight.astimezone(UTC).timestamp()) * 1000


def span(say: Say, milliseconds: int) -> str:
    """A length of time in its one largest unit: ``3 分钟``."""
    for unit, size in _SPANS:
        if milliseconds >= size:
            return say(f"span.{unit}", n=milliseconds // size)
    return say("span.second", n=max(0, milliseconds) // 1000)


def filters(zone: tzinfo) -> Mapping[str, Callable[..., str]]:
    """The filters by the name that templates use."""
    return {
        "yuan": lambda fen: grouped(yuan(fen)),
        "yuan_short": lambda fen: f"{fen // 100:,}",
        "litres": lambda ml: grouped(litres(ml)),
        "per_litre": per_litre,
        "tenths": tenths,
        "thousands": lambda number: f"{number:,}",
        "clock": lambda at: local(at, zone).strftime("%H:%M:%S"),
        "minute": lambda at: local(at, zone).strftime("%H:%M"),
        "day": lambda at: local(at, zone).strftime("%Y-%m-%d"),
        "moment": lambda at: local(at, zone).strftime("%Y-%m-%d %H:%M:%S"),
        "short_moment": lambda at: local(at, zone).strftime("%m-%d %H:%M"),
    }
