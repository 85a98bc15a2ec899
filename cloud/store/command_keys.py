"""The keys that orders to the stations are signed with."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, select

from cloud.store.tables import CommandKeyRow, table_of

_key = table_of(CommandKeyRow)


def add(connection: Connection, row: Mapping[str, Any]) -> None:
    """A new one."""
    connection.execute(_key.insert().values(**row))


def every(connection: Connection) -> Sequence[Row[Any]]:
    """All that ever were, the oldest first."""
    return connection.execute(select(_key).order_by(_key.c.id)).all()
