"""What Mosquitto must be told, which can't ask at the gate: who may speak where, and which certificates are revoked.

Written anew after each revocation, and read by ``systemctl reload mosquitto``. Mosquitto's own limits (tried with 2.0):
a reload refuses a revoked certificate from then on but cuts nobody, so a station without a good certificate is silenced
by name at once; a machine whose certificate was *replaced* keeps the connection that it has until Mosquitto is
restarted. nats-server has neither limit.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from cloud.broker import COMPANY
from cloud.identity.authority import Authority, keep
from cloud.store import identity
from cloud.store.database import Connection
from shared import certificates, topics

ACL, REVOKED, ROOT = "jiayou.acl", "revoked.pem", "root.pem"
_LIST_DAYS: Final = 90


def write(connection: Connection, authority: Authority, directory: Path, now: int) -> None:
    """The files that ``configs/mosquitto.example.conf`` names, each whole or not at all."""
    gone = identity.revoked(connection, now)
    keep(directory / ROOT, authority.root)
    keep(directory / REVOKED, certificates.revocation_list(authority.issuing, gone, now, _LIST_DAYS))
    keep(directory / ACL, render(identity.without(connection, now)))


def render(silenced: Iterable[str]) -> str:
    """The permission file. The same stations give the same text."""
    return _FRAME.format(
        company=COMPANY,
        reads=topics.EVERY_UP,
        writes=f"{topics.ROOT}/+/+/down/+",
        up=f"{topics.ROOT}/+/%u/up",
        down=f"{topics.ROOT}/+/%u/down/+",
        silenced="".join(f"\nuser {station}\ntopic deny #\n" for station in silenced),
    )


_FRAME: Final = """\
# Rights for Mosquitto, where it serves instead of nats-server. A station's user is named as the station itself.
# The company reads everything that goes up and writes everything that goes down.
user {company}
topic read {reads}
topic write {writes}
{silenced}
# Each station writes up and reads down under its own name, and nothing else.
pattern write {up}/letters
pattern write {up}/hello
pattern write {up}/ask
pattern read {down}
"""
