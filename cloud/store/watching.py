"""Figures over the whole chain, for those who watch the program and not for those who look at stations."""

from typing import NamedTuple

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, and_, func, select

from cloud.store.tables import CaseRow, DeadLetterRow, StationLineRow, StationRow, table_of

_station = table_of(StationRow)
_line = table_of(StationLineRow)
_dead = table_of(DeadLetterRow)
_case = table_of(CaseRow)


class _Said(Struct):
    """As much of a hello as is counted here."""

    next_seq: int = 0
    oldest_unsent: int = 0


_said = msgspec.json.Decoder(_Said)


class Chain(NamedTuple):
    """All stations that were not shut out, taken together."""

    stations: int
    heard: int
    """Of these, heard since the moment asked about."""
    backlog: int
    """Letters that they say they have and that are not here."""
    oldest_unsent: int
    """When the oldest fact that some station has not got rid of happened; 0 for none."""
    gaps: int
    """Stores with letters missing below later ones."""
    dead: int
    cases: int
    overdue: int
    """Cases whose deadline is over."""


def chain(connection: Connection, heard_since: int, now: int) -> Chain:
    """How the chain is."""
    stations = connection.execute(select(func.count()).where(_station.c.revoked_at.is_(None))).scalar_one()
    newest = select(_line.c.station, func.max(_line.c.epoch).label("epoch")).group_by(_line.c.station).subquery()
    lines = connection.execute(
        select(_line.c.contiguous, _line.c.last_seen, _line.c.hello_json)
        .join(newest, and_(newest.c.station == _line.c.station, newest.c.epoch == _line.c.epoch))
        .join(_station, _station.c.id == _line.c.station)
        .where(_station.c.revoked_at.is_(None))
    ).all()
    said = [_said.decode(line.hello_json) if line.hello_json else _Said() for line in lines]
    waiting = [one.oldest_unsent for one in said if one.oldest_unsent]
    gaps = select(func.count()).where(_line.c.highest > _line.c.contiguous)
    dead = select(func.count()).where(_dead.c.state == "waiting")
    cases = select(func.count()).where(_case.c.state == "open")
    return Chain(
        stations=stations,
        heard=sum(line.last_seen >= heard_since for line in lines),
        backlog=sum(max(0, one.next_seq - 1 - line.contiguous) for one, line in zip(said, lines, strict=True)),
        oldest_unsent=min(waiting, default=0),
        gaps=connection.execute(gaps).scalar_one(),
        dead=connection.execute(dead).scalar_one(),
        cases=connection.execute(cases).scalar_one(),
        overdue=connection.execute(cases.where(_case.c.deadline < now)).scalar_one(),
    )
