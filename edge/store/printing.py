"""The print journal: every slip of paper, from *queued* to its end, with the very bytes that go to the printer.

A slip is queued in the transaction of its sale. Before its first byte goes out it is *printing*; so a slip found
*printing* at a start may be on paper, in whole or in part, or not at all. Such a slip is never printed again as it was:
it ends, and another copy of it, marked as one, takes its place. The end of a slip is a letter, in the same transaction.
"""

from collections.abc import Callable
from enum import StrEnum

from msgspec import Struct
from sqlite_utils import Database

from edge.store import outbox, sales
from edge.store.sales import KeptSale
from shared.clock import Stamp
from shared.messages import SlipJournalled, SlipState
from shared.station import Key

MARKS_BY_ITSELF = 3
"""A slip whose fate is unknown is printed anew without being asked, up to this copy; after that a person decides."""

Make = Callable[[KeptSale], bytes]
"""Makes the first slip of a sale: as a person has settled it where it was disputed, and with how it was paid."""
Mark = Callable[[bytes, int], bytes]
"""Makes copy #n out of the first slip's bytes."""


class JobState(StrEnum):
    """Where a slip is: the company's words for its end, and two of our own on the way."""

    QUEUED = "queued"
    PRINTING = "printing"
    PRINTED = "printed"
    UNCONFIRMED = "unconfirmed"
    FAILED = "failed"


class PrintJob(Struct, frozen=True):
    """A line of the journal."""

    job: int
    epoch: int
    seq: int
    """Of the sale."""
    copy: int
    state: JobState
    printer: str
    detail: str
    """While queued, why it waits; at its end, what happened. Empty when all is well."""
    at: int


def queue(db: Database, key: Key, printer: str, data: bytes, at: int) -> int:
    """Queue the first slip of a sale; gives its job. Once for a sale: further copies are made by :func:`reprint`."""
    return _insert(db, key.epoch, key.seq, 1, printer, data, at)


def queue_anew(db: Database, key: Key, printer: str, data: bytes, mark: Mark, at: int) -> int:
    """Queue a slip that says something new of a sale: its first, or one more that is marked as such."""
    copy = len(of_sale(db, key)) + 1
    return _insert(db, key.epoch, key.seq, copy, printer, mark(data, copy) if copy > 1 else data, at)


def reprint(db: Database, key: Key, printer: str, make: Make, mark: Mark, at: int) -> PrintJob | None:
    """Queue one more copy of a sale's slip, or the first when none was ever made. None when there is no such sale.

    While one of its slips still waits or prints, no other is queued and that one is given: ten taps, one paper.
    """
    lines = of_sale(db, key)
    for line in lines:
        if line.state in (JobState.QUEUED, JobState.PRINTING):
            return line
    kept = sales.find(db, key.epoch, key.seq)
    if lines and (kept is None or not (kept.settled or kept.account.paid)):
        return _one(db, _copy(db, lines[0], lines[-1].copy + 1, mark, at))
    if kept is None:
        return None
    first, copy = make(kept), len(lines) + 1
    return _one(db, _insert(db, key.epoch, key.seq, copy, printer, mark(first, copy) if lines else first, at))


def next_queued(db: Database, printer: str) -> PrintJob | None:
    """The slip that has waited longest for this printer."""
    row = db.execute(f"{_LINES} WHERE state = 'queued' AND printer = ? ORDER BY job LIMIT 1", (printer,)).fetchone()
    return _line(row) if row else None


def begin(db: Database, job: int) -> None:
    """The next thing that happens is that its bytes go out."""
    _set(db, job, JobState.PRINTING, "")


def hold(db: Database, job: int, detail: str) -> None:
    """It waits, and none of it has gone out; ``detail`` says what for."""
    _set(db, job, JobState.QUEUED, detail)


def end(db: Database, stamp: Stamp, job: int, state: SlipState, detail: str = "") -> None:
    """It has reached its end; the company is told."""
    _set(db, job, JobState(state.value), detail)
    line = _one(db, job)
    outbox.append(db, stamp, SlipJournalled(line.epoch, line.seq, line.copy, state, line.printer, detail))


def end_unknown(db: Database, stamp: Stamp, job: int, state: SlipState, detail: str, mark: Mark) -> int | None:
    """It has ended, and what is on paper is not known: a marked copy is queued, unless it is one too many."""
    end(db, stamp, job, state, detail)
    line = _one(db, job)
    if line.copy >= MARKS_BY_ITSELF:
        return None
    return _copy(db, of_sale(db, Key("", line.epoch, line.seq))[0], line.copy + 1, mark, stamp.at)


def found_printing(db: Database, printer: str) -> list[PrintJob]:
    """Slips that were being printed when the agent stopped."""
    rows = db.execute(f"{_LINES} WHERE state = 'printing' AND printer = ? ORDER BY job", (printer,))
    return [_line(row) for row in rows]


def waiting(db: Database, printer: str) -> int:
    """How many slips wait for this printer."""
    row = db.execute("SELECT count(*) FROM print_job WHERE state = 'queued' AND printer = ?", (printer,)).fetchone()
    return int(row[0])


def of_sale(db: Database, key: Key) -> list[PrintJob]:
    """All slips of a sale, the original first."""
    rows = db.execute(f"{_LINES} WHERE epoch = ? AND seq = ? ORDER BY copy", (key.epoch, key.seq))
    return [_line(row) for row in rows]


def find(db: Database, job: int) -> PrintJob | None:
    """One line of the journal."""
    row = db.execute(f"{_LINES} WHERE job = ?", (job,)).fetchone()
    return _line(row) if row else None


def slip_bytes(db: Database, job: int) -> bytes | None:
    """The bytes of a slip, as they went or will go to the printer; None when there is no such job."""
    row = db.execute("SELECT body FROM print_job WHERE job = ?", (job,)).fetchone()
    return row[0] if row else None


_LINES = "SELECT job, epoch, seq, copy, state, printer, detail, at FROM print_job"


def _line(row: tuple[int, int, int, int, str, str, str, int]) -> PrintJob:
    job, epoch, seq, copy, state, printer, detail, at = row
    return PrintJob(job, epoch, seq, copy, JobState(state), printer, detail, at)


def _one(db: Database, job: int) -> PrintJob:
    line = find(db, job)
    if line is None:
        raise LookupError(f"there is no print job {job}")
    return line


def _set(db: Database, job: int, state: JobState, detail: str) -> None:
    db.execute("UPDATE print_job SET state = ?, detail = ? WHERE job = ?", (state, detail, job))


def _insert(db: Database, epoch: int, seq: int, copy: int, printer: str, data: bytes, at: int) -> int:
    written = db.execute(
        "INSERT INTO print_job (epoch, seq, copy, state, printer, body, at) VALUES (?, ?, ?, 'queued', ?, ?, ?)",
        (epoch, seq, copy, printer, data, at),
    )
    return int(written.lastrowid or 0)


def _copy(db: Database, first: PrintJob, copy: int, mark: Mark, at: int) -> int:
    """One more copy, made from the bytes of the first."""
    data = mark(slip_bytes(db, first.job) or b"", copy)
    return _insert(db, first.epoch, first.seq, copy, first.printer, data, at)
