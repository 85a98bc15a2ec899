"""What persons decide at the station: disputed sales, and litres with no sale to show for them.

Each decision is a fact with a name and a reason; two people can't decide the same thing, and ten taps are one.
"""

from collections.abc import Callable, Sequence
from typing import Concatenate, ParamSpec, TypeVar

from msgspec.structs import replace

from edge.forecourt.closing import PRINTER, Slips
from edge.store import disputes, payments, printing, sales
from edge.store.database import Database, Store
from edge.store.disputes import MeterLine
from shared.clock import Stamp
from shared.disputes import MeterKind, MeterReason, Settlement
from shared.errors import Refused, Unavailable
from shared.messages import MeterExplained
from shared.payment import OPEN
from shared.sale import Sale
from shared.station import Key

P = ParamSpec("P")
T = TypeVar("T")

_NOTE = 200
_MOST = 100_000_000


class Decisions:
    """Made under the store's own lock, one transaction each."""

    def __init__(self, store: Store, slips: Slips) -> None:
        self._store = store
        self._slips = slips

    async def settle(self, key: Key, judge: Callable[[Sale], Settlement]) -> Settlement:
        """Settle a disputed sale as ``judge`` says; its receipt prints by itself. :exc:`Refused` says why not."""
        settlement = await self._run(_settle, self._store.clock.stamp(), key, judge, self._slips)
        self._slips.nudge()
        return settlement

    async def explain(self, key: Key, reason: MeterReason, amount: int, by: str, note: str = "") -> None:
        """Explain what moved a totaliser. ``amount``: fen that were taken by hand. :exc:`Refused` says why not."""
        if reason is MeterReason.OTHER and not note.strip():
            raise Refused("no_reason", "Please write in a few words how it came about; the words stay with it.")
        if not 0 <= amount <= _MOST:
            raise Refused("bad_figures", "This amount can't be right. Please enter yuan.")
        told = MeterExplained(key.epoch, key.seq, reason, amount, by, note.strip()[:_NOTE])
        if not await self._run(disputes.explain, self._store.clock.stamp(), told):
            raise Refused("already_explained", "Somebody has explained this line meanwhile.")

    async def unexplained(self) -> list[MeterLine]:
        """Lines that must be explained before a shift can be closed, the oldest first."""
        return await self._store.read(disputes.unexplained)

    async def lines(self, since: int) -> Sequence[MeterLine]:
        """All lines since this time, the newest first."""
        return await self._store.read(disputes.lines_since, since)

    async def line(self, key: Key) -> MeterLine:
        """One line; :exc:`Refused` (``unknown_line``) when there is none."""
        found = await self._store.read(disputes.line, key) if key.station == self._store.station else None
        if found is None:
            raise Refused("unknown_line", f"This station has no such line {key}.")
        return found

    async def _run(self, work: Callable[Concatenate[Database, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return await self._store.run(work, *args, **kwargs)
        except Unavailable as why:
            raise Refused("store", str(why)) from why


def needs_explaining(line: MeterLine) -> bool:
    """Whether a person must say how it came about."""
    return line.explained is None and line.moved.kind is not MeterKind.DRIP


def _settle(
    db: Database,
    stamp: Stamp,
    key: Key,
    judge: Callable[[Sale], Settlement],
    slips: Slips,
) -> Settlement:
    kept = sales.find(db, key.epoch, key.seq)
    if kept is None or kept.key != key:
        raise Refused("unknown_sale", f"This station has no sale {key}.")
    settlement = judge(kept.sale)
    if not disputes.settle(db, stamp, key, settlement):
        raise Refused("already_settled", "Somebody has settled this sale meanwhile.")
    settled = replace(kept, settled=settlement)
    if kept.sale.tender == OPEN and settled.due > 0:
        payments.begin_owing(db, key)
    slip = slips.original(settled) if settlement.volume else None
    if slip is not None and not printing.of_sale(db, key):
        printing.queue(db, key, PRINTER, slip, stamp.at)
    return settlement
