"""The receipt printer and its journal: prints what is queued, believes what the printer says, forgets nothing.

The sale's transaction queues a slip (:meth:`Printing.original`, then ``edge.store.printing.queue``); the loop here asks
the printer, notes *printing*, hands the bytes over, asks again, and notes the end. It never prints the same slip twice
as it was:

- nothing has gone out (no printer, no paper): the slip waits, and is printed when the printer is back;
- something may have gone out: it ends, and a copy marked 重打 #n takes its place.
"""

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TypeVar

import structlog
from msgspec import Struct
from msgspec.structs import replace

from edge.forecourt.receipts import ReceiptHead, copy_banner, receipt
from edge.forecourt.views import SlipView
from edge.store import printing
from edge.store.database import Store
from edge.store.errors import StoreUnavailable
from edge.store.printing import PrintJob
from edge.store.sales import KeptSale
from hardware.printers import escpos, press
from hardware.printers.device import PrinterDevice, PrinterStatus
from hardware.printers.press import ABSENT, Condition, Fate, Outcome
from shared.errors import Refused
from shared.messages import SlipState
from shared.payment import OPEN
from shared.sale import SaleStatus
from shared.site import SiteSettings
from shared.station import Key

T = TypeVar("T")

RECEIPTS = "receipt"
"""The name of the station's printer in the journal. It stays when another device takes its place."""
NONE = "none"
"""The printer's state at a station without one."""
INTERRUPTED, STALE = "interrupted", "stale"
"""Why a slip ended: the agent stopped over it; nobody waits for it any more."""
_FINISH = 15.0
"""Seconds that a slip has to get done when the agent stops."""

_log = structlog.get_logger(__name__)


class Pace(Struct, frozen=True):
    """How often to look, in seconds."""

    check: float = 10.0
    """At a printer that is well and has nothing to do."""
    retry: float = 1.0
    """At one that is not."""
    misses: int = 3
    """So many looks in a row must fail before the printer counts as absent: it may be switched off and on."""
    stale: int = 12 * 3_600_000
    """Milliseconds after which nobody waits for a slip any more; it is not printed but noted as failed."""


class Paper(Struct, frozen=True):
    """What receipts are printed on, and when."""

    width: int = 58
    """Millimetres: 58 or 80."""
    automatic: bool = True
    """A receipt for each settled sale, without being asked."""


class Printing:
    """The station's receipt printer. ``device`` None: the station has none."""

    def __init__(
        self,
        store: Store,
        device: PrinterDevice | None,
        head: ReceiptHead,
        paper: Paper | None = None,
        pace: Pace | None = None,
    ) -> None:
        self._store = store
        self._device = device
        self._own_head = self._head = head
        self._own_paper = self._paper = paper or Paper()
        self._pace = pace or Pace()
        self._thread = ThreadPoolExecutor(1, "printer")
        self._wake = asyncio.Event()
        self._missed = 0
        self.condition: Condition | None = None
        """How the printer was when it was last asked; None before that."""
        self.on_change: Callable[[str, str | None], None] = lambda _word, _sentence: None
        """Called on the event loop with the printer's condition in a stable word, when it has changed, and with a
        sentence when something is wrong with it."""
        self.on_slip: Callable[[Key], None] = lambda _: None
        """Called on the event loop when a slip of this sale has moved on."""

    def obey(self, site: SiteSettings) -> None:
        """What head office has set goes before the station's own file, on every slip from now on."""
        self._head = replace(self._own_head, top=site.receipt_top or (), bottom=site.receipt_bottom or ())
        automatic = self._own_paper.automatic if site.receipts is None else site.receipts
        self._paper = replace(self._own_paper, automatic=automatic)

    # ── For the sale ──────────────────────────────────────────────────────────────────────────────────────────────────

    def original(self, kept: KeptSale) -> bytes | None:
        """The slip that this sale gets by itself, None for none. Called inside the sale's transaction; never raises.

        One that is to be paid at the till gets it when it is paid.
        """
        stands = kept.sale.status is SaleStatus.SETTLED or kept.settled is not None
        waits = kept.sale.tender == OPEN and kept.account.paid is None
        if self._device is None or not self._paper.automatic or not stands or waits:
            return None
        try:
            return self._first(kept)
        except Exception as why:  # a slip that can't be made must not hold up the sale
            _log.error("slip_not_made", sale=str(kept.key), why=repr(why))
            return None

    def mark(self, first: bytes, copy: int) -> bytes:
        """A further slip of a sale, marked as copy #n."""
        return escpos.copy_of(first, copy_banner(copy), self._paper.width)

    def nudge(self) -> None:
        """A slip was queued."""
        self._wake.set()

    # ── For the attendant ─────────────────────────────────────────────────────────────────────────────────────────────

    async def reprint(self, key: Key) -> SlipView:
        """One more slip of a sale, marked as such; the one that still waits, when there is one.

        :exc:`Refused` for ``no_printer`` and ``unknown_sale``.
        """
        if self._device is None:
            raise Refused("no_printer", "This station has no receipt printer. Name one under [printer].")
        at = self._store.clock.stamp().at
        job = await self._store.run(printing.reprint, key, RECEIPTS, self._first, self.mark, at)
        if job is None:
            raise Refused("unknown_sale", f"There is no sale {key} at this station.")
        self.nudge()
        return slip_view(job)

    # ── The loop ──────────────────────────────────────────────────────────────────────────────────────────────────────

    async def run(self) -> None:
        """Print until cancelled; a slip that is being printed then is finished first. The store must outlive it."""
        if self._device is None:
            self.on_change(NONE, None)
            return
        try:
            for job in await self._surely(printing.found_printing, RECEIPTS):
                await self._end_unknown(job, SlipState.UNCONFIRMED, INTERRUPTED)
            while True:
                await self._turn(self._device)
        finally:
            self._thread.submit(self._device.close)
            self._thread.shutdown(wait=False)

    async def _turn(self, device: PrinterDevice) -> None:
        """Look at the printer; print the slip that has waited longest, or wait for something to change."""
        self._wake.clear()
        condition = await self._in_thread(press.look, device)
        self._note(condition)
        job = await self._surely(printing.next_queued, RECEIPTS)
        if job and condition.ready:
            await _whole(self._serve(device, job, condition.word == PrinterStatus.OK))
            return
        if job:
            await self._hold(job, condition.word)
        await self._in_thread(device.release)
        await self._pause(self._pace.check if condition.ready else self._pace.retry)

    async def _serve(self, device: PrinterDevice, job: PrintJob, answers: bool) -> None:
        """One slip, from *queued* to its end."""
        if self._store.clock.stamp().at - job.at > self._pace.stale:
            await self._end(job, SlipState.FAILED, STALE)
            return
        data = await self._surely(printing.slip_bytes, job.job) or b""
        await self._surely(printing.begin, job.job)
        self._moved(job)
        outcome = await self._in_thread(press.press, device, data, answers)
        await self._ended(job, outcome)

    async def _ended(self, job: PrintJob, outcome: Outcome) -> None:
        match outcome.fate:
            case Fate.PRINTED:
                await self._end(job, SlipState.PRINTED, "")
            case Fate.UNCONFIRMED:
                await self._end(job, SlipState.UNCONFIRMED, "")
            case Fate.UNTOUCHED:
                await self._surely(printing.hold, job.job, outcome.word)
                self._moved(job)
                await asyncio.sleep(self._pace.retry)
            case Fate.UNKNOWN:
                _log.warning("slip_lost", sale=str(self._key(job)), copy=job.copy, why=outcome.sentence)
                state = SlipState.UNCONFIRMED if outcome.word == press.NO_ANSWER else SlipState.FAILED
                await self._end_unknown(job, state, outcome.word)

    async def _end(self, job: PrintJob, state: SlipState, detail: str) -> None:
        _log.info("slip", sale=str(self._key(job)), copy=job.copy, state=str(state), why=detail or None)
        await self._surely(printing.end, self._store.clock.stamp(), job.job, state, detail)
        self._moved(job)

    async def _end_unknown(self, job: PrintJob, state: SlipState, detail: str) -> None:
        _log.info("slip", sale=str(self._key(job)), copy=job.copy, state=str(state), why=detail)
        stamp = self._store.clock.stamp()
        await self._surely(printing.end_unknown, stamp, job.job, state, detail, self.mark)
        self._moved(job)

    async def _hold(self, job: PrintJob, detail: str) -> None:
        if job.detail != detail:
            await self._surely(printing.hold, job.job, detail)
            self._moved(job)

    def _note(self, condition: Condition) -> None:
        """A change is told once. An absence is told when it lasts."""
        self._missed = self._missed + 1 if condition.word == ABSENT else 0
        if 0 < self._missed < self._pace.misses or (self.condition and self.condition.word == condition.word):
            return
        self.condition = condition
        self.on_change(condition.word, None if condition.ready else condition.sentence)

    async def _pause(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._wake.wait()

    async def _in_thread(self, work: Callable[..., T], *args: object) -> T:
        """In the one thread that owns the printer."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, work, *args)

    async def _surely(self, work: Callable[..., T], *args: object) -> T:
        """In the store, when it can be written: what has happened to a slip is not forgotten because a disk is full."""
        while True:
            try:
                return await self._store.run(work, *args)
            except StoreUnavailable:
                await asyncio.sleep(self._pace.retry)

    def _moved(self, job: PrintJob) -> None:
        self.on_slip(self._key(job))

    def _key(self, job: PrintJob) -> Key:
        return Key(self._store.station, job.epoch, job.seq)

    def _first(self, kept: KeptSale) -> bytes:
        slip = receipt(kept.sale, kept.key, self._head, kept.settled, kept.account.paid)
        return escpos.job(slip, self._paper.width)


def slip_view(job: PrintJob) -> SlipView:
    """A line of the journal for the page."""
    return SlipView(job.job, job.copy, job.state.value, job.detail, job.at)


async def _whole(work: Coroutine[None, None, None]) -> None:
    """Not to be cut in two by the end of the program: a slip half printed would be printed again at the next start."""
    task = asyncio.ensure_future(work)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait({task}, timeout=_FINISH)
        task.cancel()
        raise
