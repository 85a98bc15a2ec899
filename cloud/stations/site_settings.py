"""What head office sets for its stations: for all, and for one alone. Each change is a new version of their book."""

from collections.abc import Collection, Mapping
from typing import Any, Final

import msgspec
from msgspec import Struct

from cloud.stations import register
from cloud.store import audit, counters, coupons
from cloud.store.counters import EVERY_STATION
from cloud.store.database import Connection
from shared.messages import SettingsBook
from shared.site import SiteSettings, merged, must_be_sound

BOOK: Final = "settings"
_NAME: Final = "station_settings"


class SiteChange(Struct, frozen=True):
    """What is set, by whom and when (UTC milliseconds); ``by`` is empty while nobody has set anything."""

    settings: SiteSettings = SiteSettings()
    by: str = ""
    at: int = 0


def latest(connection: Connection, station: str = EVERY_STATION) -> SiteChange:
    """What is set for a station alone; without one, for all."""
    return _read(coupons.setting_row(connection, _name(station)))


def books_of(connection: Connection, stations: Collection[str], _now: int) -> Mapping[str, SettingsBook]:
    """The books of these stations as they are now; of those with nothing of their own, one object."""
    versions = counters.versions(connection, BOOK, stations)
    rows = coupons.settings(connection, [_name(station) for station in (EVERY_STATION, *stations)])
    chain = _read(rows.get(_name(EVERY_STATION))).settings
    common: dict[int, SettingsBook] = {}
    books = {}
    for station in stations:
        row, version = rows.get(_name(station)), versions[station]
        if row is None:
            books[station] = common.setdefault(version, SettingsBook(version, chain))
        else:
            books[station] = SettingsBook(version, merged(_read(row).settings, chain))
    return books


def decide(connection: Connection, wanted: SiteSettings, by: str, now: int, station: str = EVERY_STATION) -> None:
    """Sets them for a station, or for all. :exc:`Refused` (``out_of_bounds``, ``unknown_station``)."""
    must_be_sound(wanted)
    if station:
        register.must_exist(connection, (station,))
    coupons.set_setting(connection, _name(station), msgspec.json.encode(wanted).decode(), by, now)
    counters.bump(connection, BOOK, [station])
    said = msgspec.to_builtins(wanted)
    audit.record(connection, now, by, "site_settings_set", station or "stations", **said)


def _name(station: str) -> str:
    return f"{_NAME}:{station}" if station else _NAME


def _read(row: Any) -> SiteChange:
    if row is None:
        return SiteChange()
    return SiteChange(msgspec.json.decode(row.value_json, type=SiteSettings), row.changed_by, row.changed_at)
