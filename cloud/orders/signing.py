"""The pen: signs what the line sends. May be used from any thread."""

from collections.abc import Callable
from typing import NamedTuple, Protocol

from cloud.coupons.sealing import Seal
from cloud.orders import keys
from cloud.store.database import Connection
from shared import topics
from shared.errors import Unavailable
from shared.messages import CommandKeys
from shared.orders import LIFE, OrderHead, is_order, order
from shared.signing import Signer
from shared.wire import pack


class _Held(NamedTuple):
    """What is signed with, and what stations are to trust."""

    key: int
    signer: Signer
    active: CommandKeys


class Pen(Protocol):
    """What the line asks of whoever signs."""

    @property
    def version(self) -> int:
        """The version of the command keys; 0 before the first."""
        ...

    def refresh(self, connection: Connection) -> None:
        """Takes up the keys that are in the books now."""
        ...

    def signed(self, topic: str, data: bytes) -> bytes:
        """This message to a station, signed; what is signed already stays as it is."""
        ...

    def keys_for(self, connection: Connection, station: str, held: int) -> bytes | None:
        """The present keys for a station that holds this version, signed so that it can believe them."""
        ...


class OfficePen:
    """The pen of head office. ``now`` is its clock in UTC milliseconds."""

    def __init__(self, seal: Seal, now: Callable[[], int]) -> None:
        self._seal = seal
        self._now = now
        self._held: _Held | None = None

    @property
    def version(self) -> int:
        """The version of the command keys; 0 before the first."""
        return self._held.active.version if self._held else 0

    def refresh(self, connection: Connection) -> None:
        """Takes up the keys that are in the books now. :exc:`Unavailable` when the seal is another."""
        active = keys.letter(connection)
        if self._held is not None and self._held.active == active:
            return
        found = keys.signing(connection, self._seal)
        self._held = _Held(found[0], Signer(found[1]), active) if found else None

    def signed(self, topic: str, data: bytes) -> bytes:
        """This message to a station, signed. :exc:`Unavailable` when there is no key."""
        held = self._held
        if is_order(data):
            return data
        if held is None:
            raise Unavailable("There is no command key. Please run: jiayou-cloud init --config FILE")
        return self._order(topic, data, held.key, held.signer)

    def keys_for(self, connection: Connection, station: str, held: int) -> bytes | None:
        """The present keys, signed with the newest that the station knows; None when no such key ever was.

        Such a station holds the keys of another company, or of books that were restored: it needs a new code.
        """
        mine = self._held
        if mine is None:
            return None
        data, topic = pack(mine.active), topics.down(station, topics.KEYS)
        if not held:  # it trusts nobody yet, and takes what it is told: it was never enrolled
            return self._order(topic, data, mine.key, mine.signer)
        private = keys.by_id(connection, self._seal, held)
        return self._order(topic, data, held, Signer(private)) if private else None

    def _order(self, topic: str, data: bytes, key: int, signer: Signer) -> bytes:
        now, parts = self._now(), topic.split("/")
        return order(OrderHead(parts[-1], parts[3], now, now + LIFE), data, key, signer)
