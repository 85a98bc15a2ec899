"""How each station is, and what is missing of its letters."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple

import msgspec
from msgspec import Struct

from cloud.stations.site_settings import BOOK
from cloud.store import counters, identity, letters, stations
from cloud.store.database import Connection
from shared.errors import Refused
from shared.messages import GaugeState, Hello, PointState

SILENT_AFTER: Final = 45_000
"""Three heartbeats of 15 s: a station that was not heard for so many milliseconds is away."""


class Gap(Struct, frozen=True):
    """Letters that are missing while later ones are here."""

    epoch: int
    first: int
    last: int
    since: int
    """When the first letter after them arrived, UTC milliseconds."""

    @property
    def count(self) -> int:
        """How many."""
        return self.last - self.first + 1


class Versions(NamedTuple):
    """The newest versions of a station's books."""

    tariffs: int
    coupons: int
    settings: int


class StationState(Struct, frozen=True):
    """A station in the list of head office."""

    id: str
    name: str
    dealer_id: str
    dealer: str
    region_id: str
    region: str
    created_at: int
    revoked_at: int | None
    connected: bool
    last_seen: int
    """0 when it was never heard."""
    missing: int
    """Letters that are missing below later ones, over all its stores."""
    missing_since: int
    backlog: int
    """Letters that it says it has and that are not here."""
    oldest_unsent: int
    clock_difference: int | None
    tariffs_held: int
    tariffs_current: int
    coupons_held: int
    coupons_current: int
    settings_held: int | None
    """None: its program is older than such books."""
    settings_current: int
    dead_letters: int
    epoch: int = 0
    program: str = ""
    open: bool = False
    points: tuple[PointState, ...] = ()
    printer: str = ""
    gauges: tuple[GaugeState, ...] = ()
    contiguous: int = 0
    highest: int = 0
    certificate_until: int = 0
    """When its last good certificate ends; 0 for a station that was never enrolled."""
    asked_at: int = 0
    """When this was true, UTC milliseconds."""


def states(connection: Connection, now: int) -> tuple[StationState, ...]:
    """How every station is, by id."""
    return _states(connection, stations.every(connection), stations.lines(connection), now)


def state(connection: Connection, station: str, now: int) -> StationState:
    """How a station is. :exc:`Refused` (``unknown_station``) when there is none."""
    row = stations.one(connection, station)
    if row is None:
        raise Refused("unknown_station", f"There is no station “{station}”.")
    return _states(connection, [row], stations.lines(connection, station), now)[0]


def gaps(connection: Connection, station: str) -> tuple[Gap, ...]:
    """What is missing of a station, the oldest store first."""
    return tuple(gap for line in stations.lines(connection, station) for gap in _gaps(connection, line))


def _states(connection: Connection, rows: Sequence[Any], lines: Sequence[Any], now: int) -> tuple[StationState, ...]:
    by_station: dict[str, list[Any]] = defaultdict(list)
    for line in lines:
        by_station[line.station].append(line)
    dead = stations.waiting_dead_letters(connection)
    ids = [row.id for row in rows]
    ends = identity.ends(connection)
    books = [counters.versions(connection, kind, ids) for kind in ("tariffs", "coupons", BOOK)]
    return tuple(
        _state(
            row,
            by_station[row.id],
            [gap for line in by_station[row.id] for gap in _gaps(connection, line)],
            Versions(*(versions[row.id] for versions in books)),
            dead.get(row.id, 0),
            ends.get(row.id, 0),
            now,
        )
        for row in rows
    )


def _state(
    row: Any, lines: Sequence[Any], missing: Sequence[Gap], current: Versions, dead: int, until: int, now: int
) -> StationState:
    newest = lines[-1] if lines else None
    hello = _hello(newest)
    seen = max((line.last_seen for line in lines), default=0)
    return StationState(
        id=row.id,
        name=row.name,
        dealer_id=row.dealer_id,
        dealer=row.dealer_name,
        region_id=row.region_id,
        region=row.region_name,
        created_at=row.created_at,
        revoked_at=row.revoked_at,
        connected=row.revoked_at is None and now - seen < SILENT_AFTER,
        last_seen=seen,
        missing=sum(gap.count for gap in missing),
        missing_since=min((gap.since for gap in missing), default=0),
        backlog=max(0, hello.next_seq - 1 - newest.contiguous) if hello and newest else 0,
        oldest_unsent=hello.oldest_unsent if hello else 0,
        clock_difference=newest.clock_difference if newest else None,
        tariffs_held=hello.tariffs if hello else 0,
        tariffs_current=current.tariffs,
        coupons_held=hello.coupons if hello else 0,
        coupons_current=current.coupons,
        settings_held=hello.versions.get(BOOK) if hello else None,
        settings_current=current.settings,
        dead_letters=dead,
        epoch=newest.epoch if newest else 0,
        program=hello.program if hello else "",
        open=hello.open if hello else False,
        points=hello.points if hello else (),
        printer=hello.printer if hello else "",
        gauges=hello.gauges if hello else (),
        contiguous=newest.contiguous if newest else 0,
        highest=newest.highest if newest else 0,
        certificate_until=until,
        asked_at=now,
    )


def _hello(line: Any) -> Hello | None:
    return msgspec.json.decode(line.hello_json, type=Hello) if line is not None and line.hello_json else None


def _gaps(connection: Connection, line: Any) -> Iterable[Gap]:
    if line.highest <= line.contiguous:
        return []
    holes = letters.holes(connection, line.station, line.epoch, line.contiguous)
    return [Gap(line.epoch, hole.first, hole.last, hole.since) for hole in holes]
