"""What is wrong with the parts of the station: shown while it lasts, said once when it begins and once when it ends."""

from collections.abc import Callable

import structlog

from edge.forecourt.views import Trouble

_log = structlog.get_logger(__name__)

_LASTING = 1_000
"""Milliseconds that a trouble must last before the log hears of it."""


class Troubles:
    """At most one trouble for each part. ``mono`` gives monotonic milliseconds, ``now`` the time that is shown."""

    def __init__(self, mono: Callable[[], int], now: Callable[[], int], on_change: Callable[[], None]) -> None:
        self._mono = mono
        self._now = now
        self._on_change = on_change
        self._open: dict[str, Trouble] = {}
        self._begun: dict[str, int] = {}
        self._said: set[str] = set()

    def set(self, part: str, reason: str, detail: str = "") -> None:
        """The part is unwell for this reason; with an empty one, it is well."""
        before = self._open.get(part)
        if (before.reason if before else "") == reason:
            return
        if reason:
            self._begun.setdefault(part, self._mono())
            self._open[part] = Trouble(part, reason, detail, before.since if before else self._now())
        else:
            self._end(part)
        self._on_change()

    def tell(self) -> None:
        """Let the log hear what has begun, once for each trouble however its reason may change."""
        lasting = [part for part, begun in self._begun.items() if self._mono() - begun >= _LASTING]
        for part in lasting:
            if part not in self._said:
                self._said.add(part)
                _log.warning("trouble", part=part, reason=self._open[part].reason, detail=self._open[part].detail)

    def all(self) -> tuple[Trouble, ...]:
        """What is wrong now, the oldest first."""
        return tuple(self._open.values())

    def _end(self, part: str) -> None:
        del self._open[part], self._begun[part]
        if part in self._said:
            self._said.discard(part)
            _log.info("trouble_over", part=part)
