"""What an older program does not know is put aside, whole, when it gets the books back, and taken up again later.

A fact that arrived once is in its table and nowhere else: its letter has left the station's queue. So a way down drops
no table and no column with something in it; it gives them names that no program looks for.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

PREFIX = "aside_"


def put(table: str) -> None:
    """This table, with its keys and indexes."""
    op.rename_table(table, PREFIX + table)


def taken_up(table: str) -> bool:
    """Whether this table was put aside once; it stands in its place again. If not, it must be made."""
    there = sa.inspect(op.get_bind()).has_table(PREFIX + table)
    if there:
        op.rename_table(PREFIX + table, table)
    return there


def put_columns(table: str, key: str, columns: Sequence[str]) -> None:
    """These columns, row by row."""
    named, aside, *quoted = (_quote(name) for name in (table, PREFIX + table, key, *columns))
    op.execute(f"CREATE TABLE {aside} AS SELECT {', '.join(quoted)} FROM {named}")  # noqa: S608 - our own names
    for column in quoted[1:]:
        op.execute(f"ALTER TABLE {named} DROP COLUMN {column}")


def take_up_columns(table: str, key: str, columns: Sequence[str]) -> None:
    """What was put aside of these columns, into the rows that it belongs to. The columns must be there again."""
    if not sa.inspect(op.get_bind()).has_table(PREFIX + table):
        return
    named, aside, by, *quoted = (_quote(name) for name in (table, PREFIX + table, key, *columns))
    for one in quoted:
        value = f"(SELECT {one} FROM {aside} WHERE {aside}.{by} = {named}.{by})"  # noqa: S608 - our own names
        op.execute(f"UPDATE {named} SET {one} = {value} WHERE {by} IN (SELECT {by} FROM {aside})")  # noqa: S608
    op.execute(f"DROP TABLE {aside}")


def _quote(name: str) -> str:
    return op.get_bind().dialect.identifier_preparer.quote(name)
