"""What can go wrong with the store.

JiayouError
├── Refused                  ``store_in_use``, ``foreign_store``, ``newer_store``: the wrong program for this store
└── Unavailable
    └── StoreUnavailable     the disk is full, read-only or failing; nothing was written, and it may be tried again
        └── StoreDamaged     the file is not whole; a person must decide, nothing is ever made anew over it
"""

import sqlite3

from shared.errors import Unavailable


class StoreUnavailable(Unavailable):
    """The store can't be written or read now; the transaction did not happen."""


class StoreDamaged(StoreUnavailable):
    """The store's file is not whole."""


REBUILD = "Stop the agent and run jiayou-edge store rebuild: it keeps the file and saves what can be read."

_FAULTS = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_NOMEM,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_CORRUPT,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_PROTOCOL,
    sqlite3.SQLITE_NOTADB,
}


def is_fault(why: BaseException) -> bool:
    """Whether this is the disk's or the file's fault; every other error of SQLite's is a bug of ours."""
    return isinstance(why, sqlite3.Error) and _code(why) in _FAULTS


def is_full(why: Exception) -> bool:
    """Whether the disk has no room left."""
    return _code(why) == sqlite3.SQLITE_FULL


def told(why: sqlite3.Error | StoreUnavailable) -> StoreUnavailable:
    """The sentence for a person."""
    if isinstance(why, StoreUnavailable):
        return why
    match _code(why):
        case sqlite3.SQLITE_CORRUPT | sqlite3.SQLITE_NOTADB:
            return StoreDamaged(f"The store is damaged ({why}). {REBUILD}")
        case sqlite3.SQLITE_FULL:
            return StoreUnavailable("The disk is full. Please make room: nothing can be recorded until then.")
        case sqlite3.SQLITE_READONLY:
            return StoreUnavailable(
                "The disk is read-only. Please have it checked: nothing can be recorded until then."
            )
        case _:
            return StoreUnavailable(f"The store can't be used now ({why}). It will be tried again.")


def _code(why: Exception) -> int:
    """SQLite's primary result code; 0 for what Python's own module raised."""
    return getattr(why, "sqlite_errorcode", 0) & 0xFF
