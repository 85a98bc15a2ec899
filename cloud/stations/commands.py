"""Wishes of head office to a station: each with an id, a name, a deadline, and an end."""

from collections.abc import Collection
from enum import StrEnum
from typing import Any, Final
from uuid import uuid4

import msgspec
from msgspec import Struct

from cloud.stations.register import must_exist
from cloud.store import audit, stations
from cloud.store.database import Connection
from shared.errors import Refused
from shared.messages import Action, Command

SHORTEST: Final = 5
LONGEST: Final = 86_400
"""Seconds between which a command may be in force."""


class CommandState(StrEnum):
    """What became of a command."""

    WAITING = "waiting"  # not sent yet: the station is away
    SENT = "sent"  # no answer yet
    DONE = "done"
    REFUSED = "refused"  # the station says why
    RUN_OUT = "run_out"  # the deadline passed without an answer


class CommandView(Struct, frozen=True):
    """A command and what became of it."""

    id: str
    station: str
    action: Action
    deadline: int
    by: str
    created_at: int
    state: CommandState
    sent_at: int | None
    ended_at: int | None
    detail: str


def create(connection: Connection, station: str, action: Action, by: str, now: int, seconds: int = 60) -> Command:
    """A new command, in force for so many seconds. :exc:`Refused` (``unknown_station``, ``bad_deadline``)."""
    if not SHORTEST <= seconds <= LONGEST:
        raise Refused("bad_deadline", f"A command holds for {SHORTEST} seconds at least and a day at most.")
    must_exist(connection, (station,))
    command = Command(uuid4().hex, now + seconds * 1_000, by, action)
    action_json = msgspec.json.encode(action).decode()
    row = {"id": command.id, "station": station, "action_json": action_json, "deadline": command.deadline}
    stations.add_command(connection, row | {"by": by, "created_at": now, "detail": ""})
    audit.record(connection, now, by, "command", station, command=command.id, action=action_json)
    return command


def waiting(connection: Connection, station: str, now: int) -> tuple[Command, ...]:
    """What a station must still be told, the oldest first; it acts on each once, however often it hears it."""
    return tuple(_command(row) for row in reversed(stations.commands_waiting(connection, [station], now)))


def take_waiting(connection: Connection, wanted: Collection[str], now: int) -> dict[str, list[Command]]:
    """What these stations must still be told, the oldest first; noted as sent."""
    rows = stations.commands_waiting(connection, wanted, now)
    stations.commands_sent(connection, [row.id for row in rows if row.sent_at is None], now)
    found: dict[str, list[Command]] = {}
    for row in reversed(rows):
        found.setdefault(row.station, []).append(_command(row))
    return found


def latest(connection: Connection, station: str, now: int, limit: int = 50) -> tuple[CommandView, ...]:
    """The latest commands to a station and what became of them."""
    return tuple(_view(row, now) for row in stations.commands_of(connection, station, limit))


def _view(row: Any, now: int) -> CommandView:
    state = _state(row.sent_at, row.ended_at, row.done, row.deadline, now)
    return CommandView(
        row.id,
        row.station,
        _action(row),
        row.deadline,
        row.by,
        row.created_at,
        state,
        row.sent_at,
        row.ended_at,
        row.detail,
    )


def _state(sent_at: int | None, ended_at: int | None, done: int | None, deadline: int, now: int) -> CommandState:
    if ended_at is not None:
        return CommandState.DONE if done else CommandState.REFUSED
    if deadline <= now:
        return CommandState.RUN_OUT
    return CommandState.WAITING if sent_at is None else CommandState.SENT


def _command(row: Any) -> Command:
    return Command(row.id, row.deadline, row.by, _action(row))


def _action(row: Any) -> Action:
    action: Action = msgspec.json.decode(row.action_json, type=Action)
    return action
