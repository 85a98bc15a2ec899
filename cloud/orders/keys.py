"""The command keys. Two are always active: the older signs, the younger is known to every station long before it must.

A rotation adds a third, and the oldest is trusted no more. So a station that was away for one rotation understands
everything at once, and one that was away for many is told the present keys under the newest that it knows itself.
The private halves are sealed at rest.
"""

from collections.abc import Sequence
from typing import Any, Final

from cloud.coupons.sealing import Seal
from cloud.store import audit, command_keys
from cloud.store.database import Connection
from shared.errors import Refused
from shared.messages import CommandKeys
from shared.signing import new_private_key, public_key

ACTIVE: Final = 2
_LAST_ID: Final = 255


def found(connection: Connection, seal: Seal, by: str, now: int) -> None:
    """Sees to it that there are two."""
    for _ in range(len(command_keys.every(connection)), ACTIVE):
        _add(connection, seal, by, now)


def rotate(connection: Connection, seal: Seal, by: str, now: int) -> int:
    """A new one; the oldest active one is trusted no more. :exc:`Refused` (``no_more_keys``)."""
    return _add(connection, seal, by, now)


def public(connection: Connection) -> dict[int, bytes]:
    """Number → public half, of the active keys: what a new station is to trust."""
    return {row.id: bytes(row.public) for row in _active(connection)}


def signing(connection: Connection, seal: Seal) -> tuple[int, bytes] | None:
    """Number and private half of the key to sign with; None before the first."""
    active = _active(connection)
    return (active[0].id, _opened(active[0], seal)) if active else None


def by_id(connection: Connection, seal: Seal, id: int) -> bytes | None:
    """The private half of any key that ever was; None for one that never was."""
    row = next((row for row in command_keys.every(connection) if row.id == id), None)
    return _opened(row, seal) if row else None


def letter(connection: Connection) -> CommandKeys:
    """The active keys, as a station is told them."""
    return CommandKeys(public(connection))


def _active(connection: Connection) -> Sequence[Any]:
    return command_keys.every(connection)[-ACTIVE:]


def _add(connection: Connection, seal: Seal, by: str, now: int) -> int:
    number = max((row.id for row in command_keys.every(connection)), default=0) + 1
    if number > _LAST_ID:
        raise Refused("no_more_keys", "There can be 255 command keys; all of them are taken.")
    private = new_private_key()
    sealed = seal.seal(private, _purpose(number))
    row = {"id": number, "public": public_key(private), "sealed_private": sealed, "created_at": now}
    command_keys.add(connection, row)
    audit.record(connection, now, by, "command_key_added", str(number))
    return number


def _opened(row: Any, seal: Seal) -> bytes:
    return seal.open(bytes(row.sealed_private), _purpose(row.id))


def _purpose(id: int) -> str:
    return f"jiayou command key {id}"
