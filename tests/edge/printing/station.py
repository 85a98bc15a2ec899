"""A station with a store, a printer on a bus of our own, and its print journal."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from edge.forecourt.printing import RECEIPTS, Pace, Paper, Printing
from edge.forecourt.receipts import ReceiptHead
from edge.store import outbox, printing, sales
from edge.store.database import Database, Store
from edge.store.printing import JobState, PrintJob
from edge.store.sales import KeptSale
from hardware.printers.device import PrinterDevice
from hardware.printers.dialogue import Dialogue, Patience
from hardware.printers.usb import UsbWire
from shared.clock import Stamp
from shared.messages import SlipJournalled
from shared.sale import Sale
from shared.station import Key
from tests.edge.printing.sales import FULL
from tests.fakes.receipt_printer import ReceiptPrinter
from tests.fakes.usb import PRODUCT, VENDOR, FakeBus, Plug
from tests.fakes.waiting import until

PATIENCE = Patience(answer=20, stall=60, settle=80, line=0)
PACE = Pace(check=0.02, retry=0.02)
HEAD = ReceiptHead("中山路加油站")
DONE = (JobState.PRINTED, JobState.UNCONFIRMED, JobState.FAILED)


def usb_printer(bus: FakeBus) -> Dialogue:
    return Dialogue(UsbWire(VENDOR, PRODUCT, backend=bus), PATIENCE)


class Station:
    """What the tests do at a station, and what they see of it."""

    def __init__(self, path: Path, device: PrinterDevice | None, paper: Paper | None = None, pace: Pace = PACE) -> None:
        self.store = Store.open(path / "store.sqlite", "zhongshan")
        self.printing = Printing(self.store, device, HEAD, paper, pace)
        self.changes: list[str] = []
        self.troubles: list[str] = []
        """Those that came with a sentence for a person."""
        self.moves: list[Key] = []
        self.printing.on_change = self._changed
        self.printing.on_slip = self.moves.append
        self._task: asyncio.Task[None] | None = None

    def _changed(self, word: str, sentence: str | None) -> None:
        self.changes.append(word)
        if sentence is not None:
            assert sentence.endswith("."), sentence
            self.troubles.append(word)

    async def sell(self, sale: Sale = FULL) -> Key:
        """A sale, in one transaction with its slip."""
        key = await self.store.run(_sell, self.store.clock.stamp(), self.printing, sale)
        self.printing.nudge()
        return key

    def start(self) -> None:
        self._task = asyncio.create_task(self.printing.run())

    async def stop(self) -> None:
        """As at the end of the program: what is being printed is finished."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})
            self._task = None

    def journal(self, key: Key) -> list[PrintJob]:
        """The slips of a sale."""
        return self.store.call(printing.of_sale, key)

    def states(self, key: Key) -> list[tuple[int, str, str]]:
        return [(slip.copy, slip.state.value, slip.detail) for slip in self.journal(key)]

    def letters(self) -> list[SlipJournalled]:
        """What the company was told of slips."""
        return self.store.call(_letters)

    async def settled(self, key: Key) -> list[tuple[int, str, str]]:
        """The slips of a sale, once all have reached their end."""
        await until(lambda: all(slip.state in DONE for slip in self.journal(key)), what=str(self.states(key)))
        return self.states(key)

    async def is_at(self, key: Key, state: JobState, detail: str = "") -> None:
        await until(lambda: (state.value, detail) in [entry[1:] for entry in self.states(key)], what=str(state))


@asynccontextmanager
async def open_station(
    path: Path, device: PrinterDevice | None, paper: Paper | None = None, pace: Pace = PACE, *, start: bool = True
) -> AsyncIterator[Station]:
    station = Station(path, device, paper, pace)
    if start:
        station.start()
    try:
        yield station
    finally:
        await station.stop()
        station.store.close()


def a_bus(**printer: object) -> tuple[FakeBus, Plug]:
    plug = Plug(ReceiptPrinter(**printer))  # type: ignore[arg-type]  # tests say what they mean
    return FakeBus(plug), plug


def _sell(db: Database, stamp: Stamp, printer: Printing, sale: Sale) -> Key:
    key = outbox.key(db, sales.record(db, stamp, sale))
    slip = printer.original(KeptSale(key, sale, delivered=False))
    if slip is not None:
        printing.queue(db, key, RECEIPTS, slip, stamp.at)
    return key


def _letters(db: Database) -> list[SlipJournalled]:
    epoch = db.execute("SELECT epoch FROM station").fetchone()[0]
    found = (outbox.letter(db, epoch, seq) for seq, _ in outbox.waiting(db, 0, 10_000_000))
    return [letter.body for letter in found if letter and isinstance(letter.body, SlipJournalled)]
