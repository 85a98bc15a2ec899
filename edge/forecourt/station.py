"""What the facade reads of the station's books, and small judgements on the station as a whole."""

import structlog
from msgspec import Struct

from edge.forecourt.memory import Remembered
from edge.forecourt.printing import slip_view
from edge.forecourt.redemption import Desk
from edge.forecourt.views import SaleView
from edge.store import books, disputes, epochs, fillings, nozzles, outbox, payments, presented, printing, sales
from edge.store.database import Database
from edge.store.fillings import OpenFilling
from edge.store.nozzles import KnownNozzle
from edge.store.outbox import Backlog
from edge.store.presented import Presented
from edge.store.sales import KeptSale
from edge.store.timepiece import Timepiece
from shared.clock import PLAUSIBLE_FROM, TRUSTED_DIFFERENCE
from shared.station import Key

_log = structlog.get_logger(__name__)


class Ledger(Struct, frozen=True):
    """The figures of the station that lie in the store."""

    backlog: Backlog
    heard_at: int
    tariff_book: int
    coupon_book: int
    allowance_left: int
    disputes: int
    unexplained: int
    owing: int


class LeftBehind:
    """How every point was left when the agent ended."""

    def __init__(
        self,
        db: Database,
        leaves: dict[int, OpenFilling],
        shown: dict[int, Presented],
        known: dict[tuple[int, int], KnownNozzle],
        doubted_from: int,
    ) -> None:
        self._leaves, self._shown, self._known = leaves, shown, known
        self._doubted_from = doubted_from
        points = {point for point, _ in known} | leaves.keys()
        self._last = {point: sales.newest_at(db, point) for point in points}

    def of(self, point: int) -> Remembered:
        """One point."""
        left = Remembered()
        left.leave = self._leaves.get(point)
        left.shown = self._shown.get(point)
        left.nozzles = {nozzle: known for (at, nozzle), known in self._known.items() if at == point}
        last = self._last.get(point)
        left.last = (last.key, last.sale) if last else None
        left.last_settled = last is not None and last.settled is not None
        left.doubted_from = self._doubted_from
        return left


def left_behind(db: Database) -> LeftBehind:
    """Read it all at once."""
    return LeftBehind(
        db, fillings.all_open(db), presented.all_presented(db), nozzles.all_nozzles(db), epochs.doubted_from(db)
    )


def ledger(db: Database, desk: Desk) -> Ledger:
    """Read it all at once."""
    tariffs, coupons = books.versions(db)
    return Ledger(
        outbox.backlog(db),
        books.heard_at(db),
        tariffs,
        coupons,
        desk.allowance_left(db),
        disputes.waiting(db),
        len(disputes.unexplained(db)),
        payments.owing(db),
    )


def sale(db: Database, key: Key) -> SaleView | None:
    """One sale with its slips."""
    kept = sales.find(db, key.epoch, key.seq)
    return _viewed(db, kept) if kept else None


def sales_since(db: Database, at: int, limit: int, until: int) -> list[SaleView]:
    """Sales with their slips, the newest first."""
    return [_viewed(db, kept) for kept in sales.since(db, at, limit, until)]


def sales_owing(db: Database) -> list[SaleView]:
    """Sales that wait for their payment, the oldest first."""
    return [_viewed(db, kept) for kept in sales.owing(db)]


def clock_trouble(clock: Timepiece) -> str:
    """What is wrong with the machine's clock, in a stable word; empty when nothing is known to be."""
    if clock.difference is not None:
        return "clock_off" if abs(clock.difference) > TRUSTED_DIFFERENCE else ""
    return "clock_never_set" if clock.wall() < PLAUSIBLE_FROM else ""


def note_wish(wish: str, point: int, by: str) -> None:
    """Who wished what, in the log."""
    _log.info("wish", wish=wish, point=point, by=by)


def _viewed(db: Database, kept: KeptSale) -> SaleView:
    slips = tuple(slip_view(job) for job in printing.of_sale(db, kept.key))
    return SaleView(kept.key, kept.sale, slips, kept.delivered, kept.settled, kept.account)
