"""What has just changed in the books, told to whoever shows it: within the process, and to the other workers.

A notice is only a hint of what to look up again; one that is missed does no harm, for the books are the truth.
``cloud.app`` gives the same :class:`Live` to the line, which tells, and to the pages, which listen.
"""

from collections.abc import Callable
from contextlib import suppress

import structlog
from msgspec import Struct

from shared.station import Key

_log = structlog.get_logger(__name__)


class SalesArrived(Struct, frozen=True, tag=True):
    """New sales, or slips and cases about them."""

    keys: tuple[Key, ...]


class StationsHeard(Struct, frozen=True, tag=True):
    """Stations said hello, came, went, or told an event."""

    stations: tuple[str, ...]


class TanksMoved(Struct, frozen=True, tag=True):
    """A level, a delivery or an alarm of a tank at these stations."""

    stations: tuple[str, ...]


class PricesMoved(Struct, frozen=True, tag=True):
    """Tariffs were made or cancelled, sent, or climbed a rung."""

    tariffs: tuple[int, ...]


class CasesOpened(Struct, frozen=True, tag=True):
    """Something new waits for a decision, or may do so."""


class LettersDied(Struct, frozen=True, tag=True):
    """A letter could not be read or kept."""


class CouponsChanged(Struct, frozen=True, tag=True):
    """Coupons were issued, claimed, used or called back."""


class DaysMoved(Struct, frozen=True, tag=True):
    """Days were added up, or have become final."""


class LineChanged(Struct, frozen=True, tag=True):
    """The broker came or went."""

    connected: bool
    why: str = ""


Notice = (
    SalesArrived
    | StationsHeard
    | TanksMoved
    | PricesMoved
    | CasesOpened
    | LettersDied
    | CouponsChanged
    | DaysMoved
    | LineChanged
)
Listener = Callable[[Notice], None]


class Live:
    """Tells every listener, at once and on the event loop's own thread. A listener must not wait."""

    def __init__(self) -> None:
        self._listeners: list[Listener] = []

    @property
    def listeners(self) -> int:
        """How many listen."""
        return len(self._listeners)

    def listen(self, listener: Listener) -> Callable[[], None]:
        """From now on this listener is told; calling what is returned ends that."""
        self._listeners.append(listener)

        def stop() -> None:
            with suppress(ValueError):
                self._listeners.remove(listener)

        return stop

    def tell(self, notice: Notice) -> None:
        """Tells it; one listener that fails holds up no other."""
        for listener in list(self._listeners):
            try:
                listener(notice)
            except Exception:
                _log.exception("listener_failed", notice=type(notice).__name__)
