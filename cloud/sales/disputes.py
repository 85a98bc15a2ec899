"""Disputed sales that were settled at the station, and litres there with no sale to show for them, as they arrive.

A settled sale is put right in the books: its row has the figures that were decided, so that every sum is right, and the
settlement beside it keeps those that were shown. A case that a person at head office has decided stays decided.
"""

from collections.abc import Sequence

from msgspec import Struct

from cloud.store import disputes
from cloud.store.arrivals import Arrived, BulkHandler
from cloud.store.database import Connection
from shared.messages import DisputeSettled, MeterExplained, MeterMoved
from shared.station import Key


class SettlementView(Struct, frozen=True):
    """How a disputed sale was settled."""

    basis: str
    volume: int
    amount: int
    shown_volume: int | None
    """What the sale was recorded with."""
    shown_amount: int | None
    reason: str
    by: str
    note: str
    happened_at: int


class MeterLineView(Struct, frozen=True):
    """What moved a totaliser with no sale to show for it, and how it was explained."""

    key: Key
    kind: str
    point: int
    nozzle: int
    grade: str
    before: int
    after: int
    volume: int
    since: int
    happened_at: int
    reason: str | None
    amount: int | None
    by: str | None
    note: str | None


def settle(connection: Connection, facts: Sequence[Arrived]) -> None:
    """Posts settlements, and puts their sales right. A sale that is not here yet is put right when it comes."""
    told = [(fact, fact.body) for fact in facts if isinstance(fact.body, DisputeSettled)]
    disputes.insert_settlements(connection, [_row(fact, body) for fact, body in told])
    disputes.settle_sales(connection, {(fact.station, body.sale_epoch, body.sale_seq) for fact, body in told})


def note_lines(connection: Connection, facts: Sequence[Arrived]) -> None:
    """Posts lines of meters."""
    rows = [_line(fact, fact.body) for fact in facts if isinstance(fact.body, MeterMoved)]
    disputes.insert_lines(connection, rows)


def note_explanations(connection: Connection, facts: Sequence[Arrived]) -> None:
    """Posts what people said of them."""
    told = [(fact, fact.body) for fact in facts if isinstance(fact.body, MeterExplained)]
    rows = [
        (fact.station, say.line_epoch, say.line_seq, say.reason.value, say.amount, say.by, say.note, fact.happened_at)
        for fact, say in told
    ]
    disputes.insert_explanations(connection, rows)


handlers: dict[type, BulkHandler] = {
    DisputeSettled: settle,
    MeterMoved: note_lines,
    MeterExplained: note_explanations,
}


def settlement(connection: Connection, key: Key) -> SettlementView | None:
    """How a sale was settled; None when it never was."""
    row = disputes.settlement_of(connection, key.station, key.epoch, key.seq)
    if row is None:
        return None
    return SettlementView(
        row.basis,
        row.volume,
        row.amount,
        row.shown_volume,
        row.shown_amount,
        row.reason,
        row.by,
        row.note,
        row.happened_at,
    )


def lines(connection: Connection, station: str, limit: int = 50) -> tuple[MeterLineView, ...]:
    """The lines of a station's meters, the newest first."""
    return tuple(
        MeterLineView(
            Key(row.station, row.epoch, row.seq),
            row.kind,
            row.point,
            row.nozzle,
            row.grade,
            row.before,
            row.after,
            row.volume,
            row.since,
            row.happened_at,
            row.reason,
            row.amount,
            row.by,
            row.note,
        )
        for row in disputes.lines(connection, station, limit)
    )


def _row(fact: Arrived, said: DisputeSettled) -> tuple[object, ...]:
    how = said.settlement
    return (
        fact.station,
        said.sale_epoch,
        said.sale_seq,
        fact.epoch,
        fact.seq,
        how.basis.value,
        how.volume,
        how.amount,
        how.reason.value,
        how.by,
        how.note,
        None,
        None,
        *fact.times,
    )


def _line(fact: Arrived, said: MeterMoved) -> tuple[object, ...]:
    return (
        fact.station,
        fact.epoch,
        fact.seq,
        said.kind.value,
        said.point,
        said.nozzle,
        said.grade,
        said.before,
        said.after,
        said.volume,
        said.since,
        *fact.times,
    )
