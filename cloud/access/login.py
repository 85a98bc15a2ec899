"""Coming in. Slow on purpose (argon2): call these in a thread. Each attempt is counted before it is looked at."""

from typing import Any, Final

from msgspec import Struct

from cloud.access.accounts import hashed as hashed_secret
from cloud.access.accounts import matches
from cloud.access.sessions import open_session
from cloud.store import access, audit
from cloud.store.database import Books
from shared.errors import Refused

FREE_TRIES: Final = 5
"""Wrong attempts in a row after which the account is locked for a minute, then two, four, up to an hour."""
_FIRST_LOCK: Final = 60_000
_LONGEST_LOCK: Final = 3_600_000
SHORTEST_PASSWORD: Final = 10
_LONGEST_PASSWORD: Final = 200
_WRONG: Final = "This name and this password don't belong together. Please try again."


class LoggedIn(Struct, frozen=True):
    """A person who came in. The token is for the browser's cookie; the books keep its hash alone."""

    account: str
    token: str

    def __repr__(self) -> str:
        return f"LoggedIn({self.account!r}, secret)"


def log_in(books: Books, name: str, password: str, now: int) -> LoggedIn:
    """By password. :exc:`Refused`: ``wrong``, ``locked``, ``first_login`` (right, but it is the one-time code)."""
    row = _count_attempt(books, name, now)
    if _is_code(row, password, now):
        raise Refused("first_login", "This is your one-time code. Please choose a password of your own with it.")
    if not matches(password, row.password_hash if row is not None else None):
        _note_failure(books, row, now)
        raise Refused("wrong", _WRONG)
    return _let_in(books, name, now, "logged_in")


def first_login(books: Books, name: str, code: str, password: str, now: int) -> LoggedIn:
    """By the one-time code, which ends with this; from now on the new password is asked for.

    :exc:`Refused`: ``wrong``, ``locked``, ``weak_password``.
    """
    check_password(name, password, code)
    row = _count_attempt(books, name, now)
    if not _is_code(row, code, now):
        _note_failure(books, row, now)
        raise Refused("wrong", "This code is wrong, was used, or is older than a day. Please ask for a new one.")
    with books.begin() as connection:
        access.change_account(connection, name, password_hash=hashed_secret(password), code_hash=None, code_until=None)
    return _let_in(books, name, now, "first_login")


def change_password(books: Books, name: str, old: str, new: str, now: int) -> LoggedIn:
    """A new password; every other session ends. :exc:`Refused`: ``wrong``, ``locked``, ``weak_password``."""
    check_password(name, new, old)
    row = _count_attempt(books, name, now)
    if not matches(old, row.password_hash if row is not None else None):
        _note_failure(books, row, now)
        raise Refused("wrong", _WRONG)
    with books.begin() as connection:
        access.change_account(connection, name, password_hash=hashed_secret(new))
        access.end_sessions(connection, name)
    return _let_in(books, name, now, "password_changed")


def check_password(name: str, password: str, old: str = "") -> None:
    """:exc:`Refused` (``weak_password``) when this must not become a password."""
    long_enough = SHORTEST_PASSWORD <= len(password) <= _LONGEST_PASSWORD
    varied = len(set(password)) >= 5
    if not (long_enough and varied) or password == old or name.casefold() in password.casefold():
        raise Refused(
            "weak_password",
            f"A password has at least {SHORTEST_PASSWORD} characters, five different ones, and not your name in it.",
        )


def _count_attempt(books: Books, name: str, now: int) -> Any:
    """The account, its attempt counted: a hundred guesses at once are a hundred attempts."""
    with books.begin() as connection:
        row = access.account(connection, name, lock=True)
        if row is None or row.disabled_at is not None:
            return None
        if row.locked_until > now:
            seconds = (row.locked_until - now + 999) // 1_000
            raise Refused("locked", f"Too many wrong attempts. Please wait {seconds} seconds.")
        failures = row.failures + 1
        access.change_account(connection, name, failures=failures, locked_until=now + lock_time(failures))
        return row


def lock_time(failures: int) -> int:
    """Milliseconds for which the account is locked after so many attempts without success. Pure."""
    over = failures - FREE_TRIES
    return 0 if over < 0 else min(_LONGEST_LOCK, _FIRST_LOCK << min(over, 10))


def _is_code(row: Any, code: str, now: int) -> bool:
    waiting = row is not None and row.code_hash is not None and row.code_until > now
    return matches(code.strip().upper(), row.code_hash) if waiting else False


def _note_failure(books: Books, row: Any, now: int) -> None:
    if row is not None:
        with books.begin() as connection:
            audit.record(connection, now, row.name, "login_failed", row.name)


def _let_in(books: Books, name: str, now: int, act: str) -> LoggedIn:
    with books.begin() as connection:
        access.change_account(connection, name, failures=0, locked_until=0)
        token = open_session(connection, name, now)
        audit.record(connection, now, name, act, name)
    return LoggedIn(name, token)
