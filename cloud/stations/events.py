"""What stations tell besides sales, prices and slips: starts, switches, alarms, locked keypads, commands."""

from collections.abc import Collection, Sequence
from typing import NamedTuple

import msgspec
from msgspec import Struct

from cloud.store import lines, stations
from cloud.store.arrivals import Arrived, BulkHandler
from cloud.store.database import Connection
from cloud.store.lines import SecurityEvent as SecurityNote
from shared.messages import (
    AgentStarted,
    CodesRefused,
    CommandEnded,
    OrderRefused,
    PumpAlarmed,
    StationSwitched,
    StoreRenewed,
)


class EventPosting(NamedTuple):
    """A row of ``station_event``: the columns in their order."""

    station: str
    epoch: int
    seq: int
    kind: str
    point: int
    body_json: str
    quality: str
    boot: int
    mono: int
    happened_at: int
    arrived_at: int


class StationEvent(Struct, frozen=True):
    """Something that a station told."""

    station: str
    kind: str
    """``started``, ``switched``, ``codes_refused``, ``pump_alarm``, ``command_ended``, ``order_refused`` or
    ``store_renewed``."""
    point: int
    """0 when it is about none."""
    detail: dict[str, str | int | bool]
    happened_at: int
    arrived_at: int


class SecurityEvent(Struct, frozen=True):
    """Somebody tried what they may not."""

    number: int
    at: int
    station: str
    kind: str
    detail: str


def apply(connection: Connection, facts: Sequence[Arrived]) -> None:
    """Posts events."""
    stations.insert_events(connection, [_posting(fact) for fact in facts])


def apply_commands_ended(connection: Connection, facts: Sequence[Arrived]) -> None:
    """Posts what became of commands. A station can end its own commands only."""
    apply(connection, facts)
    for fact in facts:
        if isinstance(fact.body, CommandEnded):
            ended = fact.body
            stations.end_command(connection, ended.command, fact.station, ended.done, ended.detail, fact.happened_at)


def apply_orders_refused(connection: Connection, facts: Sequence[Arrived]) -> None:
    """Posts what stations did not obey: somebody may stand between them and us."""
    apply(connection, facts)
    refused = [(fact, fact.body) for fact in facts if isinstance(fact.body, OrderRefused)]
    lines.note_security(
        connection,
        [
            SecurityNote(fact.arrived_at, fact.station, f"order_{body.reason}", f"{body.kind}: {body.detail}")
            for fact, body in refused
        ],
    )


def apply_stores_renewed(connection: Connection, facts: Sequence[Arrived]) -> None:
    """Posts that stations go on with other books than those that they closed: somebody must look what is missing."""
    apply(connection, facts)
    renewed = [(fact, fact.body) for fact in facts if isinstance(fact.body, StoreRenewed)]
    lines.note_security(
        connection,
        [SecurityNote(fact.arrived_at, fact.station, f"store_{body.reason}", _renewal(body)) for fact, body in renewed],
    )


def _renewal(body: StoreRenewed) -> str:
    missing = f"{body.lost} letters of it are known to be lost there" if body.lost else "none of it is known to be lost"
    return f"Epoch {body.former_epoch} ended at letter {body.upto}; {missing}. {body.detail}".strip()


handlers: dict[type, BulkHandler] = {
    AgentStarted: apply,
    StationSwitched: apply,
    CodesRefused: apply,
    PumpAlarmed: apply,
    CommandEnded: apply_commands_ended,
    OrderRefused: apply_orders_refused,
    StoreRenewed: apply_stores_renewed,
}


def latest(connection: Connection, station: str = "", limit: int = 100) -> tuple[StationEvent, ...]:
    """What a station told, or all of them, the latest first."""
    return tuple(
        StationEvent(row.station, row.kind, row.point, _detail(row.body_json), row.happened_at, row.arrived_at)
        for row in stations.events(connection, station, limit)
    )


def security(
    connection: Connection,
    station: str = "",
    limit: int = 100,
    before: int | None = None,
    words: str = "",
    kinds: Collection[str] = (),
) -> tuple[SecurityEvent, ...]:
    """Who tried what they may not, the latest first; with ``words`` those that hold them, or of one of ``kinds``."""
    rows = stations.security_events(connection, limit, station, before, words, kinds)
    return tuple(SecurityEvent(row.id, row.at, row.station, row.kind, row.detail) for row in rows)


def _posting(fact: Arrived) -> EventPosting:
    body = fact.body
    return EventPosting(
        fact.station,
        fact.epoch,
        fact.seq,
        str(type(body).__struct_config__.tag),
        body.point if isinstance(body, PumpAlarmed) else 0,
        msgspec.json.encode(body).decode(),
        *fact.times,
    )


def _detail(body: str) -> dict[str, str | int | bool]:
    found = msgspec.json.decode(body, type=dict[str, str | int | bool])
    found.pop("type", None)
    return found
