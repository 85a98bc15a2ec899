"""Persons at head office: a name, a role, and the powers that come with it."""

import secrets
from enum import StrEnum
from typing import Any, Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from msgspec import Struct

from cloud.store import access, audit
from cloud.store.database import Connection
from shared.errors import Refused

CODE_LIFE: Final = 24 * 3_600_000
"""Milliseconds in which a one-time code must be used."""
_ALPHABET: Final = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
_hasher: Final = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
NOBODY: Final = _hasher.hash(secrets.token_hex(16))
"""What the password of somebody who does not exist is compared with, so that this takes as long."""


class Role(StrEnum):
    """What a person is."""

    OWNER = "owner"
    VIEWER = "viewer"


class Power(StrEnum):
    """What a person may do."""

    SEE = "see"
    PRICE = "price"
    COUPON = "coupon"
    CASE = "case"
    LETTER = "letter"
    STATION = "station"
    ACCOUNT = "account"


POWERS: Final = {Role.OWNER: frozenset(Power), Role.VIEWER: frozenset({Power.SEE})}


class FirstLogin(Struct, frozen=True):
    """A one-time code, shown this once, with which a person comes in and sets a password of their own."""

    account: str
    code: str
    until: int


class AccountView(Struct, frozen=True):
    """An account in a list."""

    name: str
    role: Role
    waiting: bool
    """For the first login."""
    locked_until: int
    created_at: int
    disabled_at: int | None


def add(connection: Connection, name: str, role: Role, by: str, now: int) -> FirstLogin:
    """A new account. :exc:`Refused`: ``bad_name``, ``exists``."""
    trimmed = name.strip()
    if not 1 <= len(trimmed) <= 40 or not trimmed.isprintable():
        raise Refused("bad_name", "A person's name here has 1 to 40 characters.")
    code = _new_code()
    row = {"name": trimmed, "role": role.value, "code_hash": hashed(code), "code_until": now + CODE_LIFE}
    if not access.add_account(connection, row | {"failures": 0, "locked_until": 0, "created_at": now}):
        raise Refused("exists", f"There is an account “{trimmed}” already.")
    audit.record(connection, now, by, "account_added", trimmed, role=role.value)
    return FirstLogin(trimmed, code, now + CODE_LIFE)


def new_code(connection: Connection, name: str, by: str, now: int) -> FirstLogin:
    """For somebody who forgot the password: it is void, every session ends. :exc:`Refused` (``unknown_account``)."""
    _must_exist(connection, name)
    code = _new_code()
    fresh = {"password_hash": None, "code_hash": hashed(code), "code_until": now + CODE_LIFE}
    access.change_account(connection, name, **fresh, failures=0, locked_until=0)
    access.end_sessions(connection, name)
    audit.record(connection, now, by, "account_new_code", name)
    return FirstLogin(name, code, now + CODE_LIFE)


def disable(connection: Connection, name: str, by: str, now: int) -> None:
    """Shuts a person out at once. :exc:`Refused`: ``unknown_account``, ``last_owner``."""
    row = _must_exist(connection, name)
    if row.role == Role.OWNER and row.disabled_at is None and access.owners(connection) == 1:
        raise Refused("last_owner", "This is the last owner. Please add another one first.")
    access.change_account(connection, name, disabled_at=now)
    access.end_sessions(connection, name)
    audit.record(connection, now, by, "account_disabled", name)


def everyone(connection: Connection) -> tuple[AccountView, ...]:
    """All accounts, by name."""
    return tuple(
        AccountView(
            row.name,
            Role(row.role),
            row.password_hash is None,
            row.locked_until,
            row.created_at,
            row.disabled_at,
        )
        for row in access.accounts(connection)
    )


def must(powers: frozenset[Power] | frozenset[str], power: Power) -> None:
    """:exc:`Refused` (``not_allowed``) when that is not among the powers."""
    if power not in powers:
        raise Refused("not_allowed", "Your account may look, but not change this. Please ask an owner.")


def hashed(secret: str) -> str:
    """A secret as it is kept: argon2id."""
    return _hasher.hash(secret)


def matches(secret: str, kept: str | None) -> bool:
    """Whether this is the secret. Takes as long when there is none."""
    try:
        _hasher.verify(kept or NOBODY, secret)
    except (VerificationError, InvalidHashError, UnicodeEncodeError):
        return False
    return kept is not None


def _must_exist(connection: Connection, name: str) -> Any:
    row = access.account(connection, name, lock=True)
    if row is None:
        raise Refused("unknown_account", f"There is no account “{name}”.")
    return row


def _new_code() -> str:
    letters = "".join(secrets.choice(_ALPHABET) for _ in range(16))
    return "-".join(letters[i : i + 4] for i in range(0, 16, 4))
