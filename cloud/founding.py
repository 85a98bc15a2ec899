"""What a head office is made of on its machine: the data directory with its key, the books, the broker's own files.

Called from the command line and by :mod:`cloud.app`. Secrets lie in files for their owner's eyes only.
"""

import secrets
import time
from pathlib import Path

from msgspec import Struct

from cloud import broker
from cloud.access import accounts
from cloud.access.accounts import Role
from cloud.broker import COMPANY, BrokerUser
from cloud.coupons import keys, sealing
from cloud.coupons import settings as coupon_settings
from cloud.gate.keys import GateKeys, drawn_once, gate_keys
from cloud.identity import authority
from cloud.identity.authority import Authority
from cloud.orders import keys as command_keys
from cloud.settings import Settings
from cloud.store.database import Books
from cloud.store.migrate import migrate
from shared.errors import Refused, Unavailable

FOUNDER = "init"
"""The name in the audit of what happened at the founding."""


class Founded(Struct, frozen=True):
    """A new head office, and how its first owner comes in. The code is shown this once."""

    account: str
    code: str
    until: int
    pages: str


def now() -> int:
    """The company's clock, UTC milliseconds."""
    return time.time_ns() // 1_000_000


def open_books(settings: Settings) -> Books:
    """The books. They may still have to be migrated."""
    try:
        settings.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as why:
        raise Unavailable(f"The data directory “{settings.data}” can't be made: {why.strerror}.") from why
    return Books(settings.database_url, settings.database_password)


def found(settings: Settings, owner: str) -> Founded:
    """Makes the tables, the keys, the broker's password and the first owner, whatever of them is lacking.

    :exc:`Refused` (``founded``) when there is an owner already: nobody gets in by founding again.
    """
    books = open_books(settings)
    try:
        migrate(books)
        seal = sealing.create(key_file(settings))
        broker_password(settings)
        authority_of(settings)
        with books.begin() as connection:
            at = now()
            coupon_settings.draw_salt(connection, FOUNDER, at)
            if not keys.public(connection):
                keys.add(connection, seal, FOUNDER, at)
            command_keys.found(connection, seal, FOUNDER, at)
            if accounts.everyone(connection):
                raise Refused(
                    "founded",
                    "This head office was founded before. A person who forgot the password gets a new code by: "
                    "jiayou-cloud account code NAME",
                )
            first = accounts.add(connection, owner, Role.OWNER, FOUNDER, at)
        tell_broker(settings)
    finally:
        books.close()
    return Founded(first.account, first.code, first.until, f"http://{settings.office.host}:{settings.office.port}")


def key_file(settings: Settings) -> Path:
    """The key that seals the signing keys. Who has it and the books can issue coupons: keep them apart in backups."""
    return settings.directory / "keys" / "seal.key"


def authority_of(settings: Settings) -> Authority:
    """The company's authority, made when it is first needed."""
    return authority.create(settings.authority_directory, settings.name, now())


def broker_password(settings: Settings) -> str:
    """The company's own password at the broker, drawn when it is first needed."""
    return drawn_once(settings.directory / "keys" / "broker.password", lambda: secrets.token_urlsafe(32))


def gate_of(settings: Settings) -> GateKeys:
    """What the company's gate is known by at the broker, drawn when it is first needed."""
    return gate_keys(settings.directory / "keys" / "gate.key")


def tell_broker(settings: Settings) -> bool:
    """Writes the broker's configuration anew and lets the running broker read it; False when none runs here."""
    certify_broker(settings)
    broker.write(settings.place, broker_text(settings))
    return broker.reload(settings.place)


def certify_broker(settings: Settings) -> bool:
    """Sees to it that the broker's own certificate is there and good for a while; whether it is a new one."""
    if not settings.certifies_broker:
        return False
    made, place = authority_of(settings), Path(settings.broker_directory)
    authority.keep(place / "root.pem", made.root)  # beside it, so that the directory is all that a node needs
    return authority.server_pair(made, place, "broker", settings.broker.names, now())[1]


def broker_text(settings: Settings) -> str:
    """The broker's configuration."""
    own = BrokerUser(COMPANY, broker.hashed(broker_password(settings)))
    return broker.render(settings.place, own, gate_of(settings).names)
