"""The station's day. Pure."""

DAY = 86_400_000


def day_start(at: int, utc_offset: int) -> int:
    """When the day of this time began, UTC milliseconds; ``utc_offset`` in minutes ahead of UTC."""
    local = at + utc_offset * 60_000
    return local - local % DAY - utc_offset * 60_000
