"""What is wrong with the parts of the station: said once when it begins and once when it ends."""

from collections.abc import Callable

import structlog

from edge.forecourt.views import Trouble

_log = structlog.get_logger(__name__)


class Troubles:
    """At most one trouble for each part."""

    def __init__(self, now: Callable[[], int], on_change: Callable[[], None]) -> None:
        self._now = now
        self._on_change = on_change
        self._open: dict[str, Trouble] = {}

    def set(self, part: str, reason: str, detail: str = "") -> None:
        """The part is unwell for this reason; with an empty one, it is well."""
        before = self._open.get(part)
        if (before.reason if before else "") == reason:
            return
        if reason:
            self._open[part] = Trouble(part, reason, detail, self._now())
            _log.warning("trouble", part=part, reason=reason, detail=detail)
        else:
            del self._open[part]
            _log.info("trouble_over", part=part)
        self._on_change()

    def all(self) -> tuple[Trouble, ...]:
        """What is wrong now, the oldest first."""
        return tuple(self._open.values())
