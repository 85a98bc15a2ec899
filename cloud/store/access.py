"""Accounts and their sessions."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, delete, func, select, update

from cloud.store.database import insert_or_ignore
from cloud.store.tables import AccountRow, SessionRow, table_of

_account = table_of(AccountRow)
_session = table_of(SessionRow)


def add_account(connection: Connection, row: Mapping[str, Any]) -> bool:
    """A new account; False when there is one under this name."""
    fresh = insert_or_ignore(connection, _account).values(**row)
    return connection.execute(fresh.returning(_account.c.name)).first() is not None


def account(connection: Connection, name: str, lock: bool = False) -> Row[Any] | None:
    """An account; with ``lock`` nobody else may change it meanwhile."""
    wanted = select(_account).where(_account.c.name == name)
    return connection.execute(wanted.with_for_update() if lock else wanted).one_or_none()


def accounts(connection: Connection) -> Sequence[Row[Any]]:
    """All accounts, by name."""
    return connection.execute(select(_account).order_by(_account.c.name)).all()


def change_account(connection: Connection, name: str, **values: Any) -> None:
    """Changes an account."""
    connection.execute(update(_account).where(_account.c.name == name).values(**values))


def owners(connection: Connection) -> int:
    """How many accounts can change everything."""
    able = select(func.count()).where(_account.c.role == "owner", _account.c.disabled_at.is_(None))
    return int(connection.execute(able).scalar_one())


def add_session(connection: Connection, token_hash: bytes, account: str, now: int) -> None:
    """A new session."""
    row = {"token_hash": token_hash, "account": account, "created_at": now, "seen_at": now}
    connection.execute(_session.insert().values(**row))


def session(connection: Connection, token_hash: bytes) -> Row[Any] | None:
    """A session with its account's role, when that account may still come in."""
    wanted = (
        select(_session, _account.c.role)
        .join(_account, _account.c.name == _session.c.account)
        .where(_session.c.token_hash == token_hash, _account.c.disabled_at.is_(None))
    )
    return connection.execute(wanted).one_or_none()


def sessions_of(connection: Connection, account: str) -> Sequence[Row[Any]]:
    """The sessions of an account, the one that was used last first."""
    wanted = select(_session).where(_session.c.account == account)
    return connection.execute(wanted.order_by(_session.c.seen_at.desc(), _session.c.token_hash)).all()


def see_session(connection: Connection, token_hash: bytes, now: int) -> None:
    """A session was used."""
    connection.execute(update(_session).where(_session.c.token_hash == token_hash).values(seen_at=now))


def end_session(connection: Connection, token_hash: bytes) -> None:
    """Ends a session."""
    connection.execute(delete(_session).where(_session.c.token_hash == token_hash))


def end_sessions(connection: Connection, account: str) -> None:
    """Ends all sessions of an account."""
    connection.execute(delete(_session).where(_session.c.account == account))


def forget_sessions(connection: Connection, seen_before: int, created_before: int) -> None:
    """Forgets sessions that are over."""
    over = (_session.c.seen_at < seen_before) | (_session.c.created_at < created_before)
    connection.execute(delete(_session).where(over))
