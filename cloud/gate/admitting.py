"""Whether somebody may come onto the line, and whether those who are on it still may. A handful at once, two queries.

1. a certificate: as ``cloud.identity.judging`` says                     → until its end
2. no certificate, over TLS or from another machine                      → refused: ``certificate_needed``
3. a password that is not this station's, or an unknown station          → refused: ``wrong_password``
4. a client id that does not begin with the station's own name           → refused: ``foreign_client_id``
5. otherwise                                                             → the station itself

The fourth keeps a station with rights of its own from taking another's place: a broker drops whoever had the same id.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

import structlog
from msgspec import Struct

from cloud.gate.permits import Knock, Pass
from cloud.identity.judging import SENTENCES, judge
from cloud.stations import passwords
from cloud.store import identity, lines, stations
from cloud.store.database import Books, Connection
from cloud.store.lines import SecurityEvent
from cloud.sync.identity import Alarms
from shared import certificates
from shared.certificates import CertificateFacts, CertificateMisread
from shared.errors import Refused, Unavailable

_log = structlog.get_logger(__name__)

PASSWORD_LIFE: Final = 86_400_000
"""Milliseconds that a permit for a password lasts; a new one costs a reconnect."""
_CERTIFICATE, _PASSWORD = "c:", "p:"

TURNED_AWAY: Final = "turned_away"
"""The kind of the security event."""
REASONS: Final = {
    **SENTENCES,
    "certificate_needed": "It showed no certificate, and passwords are for the broker's own machine alone.",
    "wrong_password": "Its password is wrong, or there is no such station.",
    "foreign_client_id": "Its client id is not its own.",
}
"""Why somebody was not let in, a sentence each."""


class Turned(Struct, frozen=True):
    """Somebody was not let in."""

    user: str
    """The station that it wanted to be, or whose certificate it showed."""
    reason: str
    known: bool
    """There is, or was, such a station: head office should hear of it."""


Verdict = Pass | Turned


class BooksKeeper:
    """Knows it from the company's books. What it turns away stands among the security events, once an hour each."""

    def __init__(self, books: Books) -> None:
        self._books = books
        self._alarms = Alarms()

    def admit(self, knocks: Sequence[Knock], now: int) -> list[Verdict]:
        """See :func:`admit`. :exc:`Unavailable`."""
        with self._books.read() as connection:
            verdicts = admit(connection, knocks, now)
        turned = [one for one in verdicts if isinstance(one, Turned) and one.known]
        news = [one for one in turned if self._alarms.admit(one.user, one.reason, now)]
        if news:
            self._report(news, now)
        return verdicts

    def ended(self, names: Collection[str], now: int) -> set[str]:
        """See :func:`ended`. :exc:`Unavailable`."""
        with self._books.read() as connection:
            return ended(connection, names, now)

    def revision(self) -> object:
        """Another value after each revocation. :exc:`Unavailable`."""
        with self._books.read() as connection:
            return stations.shut_out(connection)

    def _report(self, news: Sequence[Turned], now: int) -> None:
        try:
            with self._books.begin() as connection:
                told = [SecurityEvent(now, one.user, TURNED_AWAY, REASONS[one.reason]) for one in news]
                lines.note_security(connection, told)
        except Unavailable as why:  # the answer is not kept waiting for its record
            _log.warning("turned_away_not_kept", stations=[one.user for one in news], why=str(why))


def admit(connection: Connection, knocks: Sequence[Knock], now: int) -> list[Verdict]:
    """Pass or refusal for each, in their order."""
    shown = [_facts(knock) for knock in knocks]
    given = identity.known(connection, {facts.fingerprint for facts in shown if facts})
    hashes = stations.passwords(connection, {knock.user for knock in knocks})
    return [_verdict(knock, facts, given, hashes, now) for knock, facts in zip(knocks, shown, strict=True)]


def ended(connection: Connection, names: Collection[str], now: int) -> set[str]:
    """Those of these names of passes (:attr:`Pass.name`) that are good no more."""
    held = {name: _taken_apart(name) for name in names}
    prints = {_unhexed(badge) for _, badge in held.values() if badge.startswith(_CERTIFICATE)}
    given = identity.known(connection, prints)
    hashes = stations.passwords(connection, {station for station, _ in held.values()})
    return {name for name, (station, badge) in held.items() if not _holds(station, badge, given, hashes, now)}


def _verdict(
    knock: Knock, facts: CertificateFacts | None, given: Mapping[bytes, Any], hashes: Mapping[str, str], now: int
) -> Verdict:
    try:
        granted = _by_certificate(knock, facts, given, now) if facts else _by_password(knock, hashes, now)
        if not knock.client_id.startswith(f"{granted.station}-"):
            raise Refused("foreign_client_id", REASONS["foreign_client_id"])
    except Refused as why:
        owner = given.get(facts.fingerprint) if facts else None
        return Turned(owner.station if owner else knock.user, why.reason, owner is not None or knock.user in hashes)
    return granted


def _by_certificate(knock: Knock, facts: CertificateFacts, given: Mapping[bytes, Any], now: int) -> Pass:
    station = judge(given.get(facts.fingerprint), knock.user or facts.name, now)
    return Pass(station, _CERTIFICATE + facts.fingerprint.hex(), facts.not_after)


def _by_password(knock: Knock, hashes: Mapping[str, str], now: int) -> Pass:
    if not knock.near:
        raise Refused("certificate_needed", REASONS["certificate_needed"])
    stored = hashes.get(knock.user, "")
    if not passwords.fits(knock.password, stored):
        raise Refused("wrong_password", REASONS["wrong_password"])
    return Pass(knock.user, _PASSWORD + passwords.badge(stored), now + PASSWORD_LIFE)


def _holds(station: str, badge: str, given: Mapping[bytes, Any], hashes: Mapping[str, str], now: int) -> bool:
    if badge.startswith(_CERTIFICATE):
        try:
            return judge(given.get(_unhexed(badge)), station, now) == station
        except Refused:
            return False
    stored = hashes.get(station)
    return stored is not None and badge == _PASSWORD + passwords.badge(stored)


def _facts(knock: Knock) -> CertificateFacts | None:
    """None for no certificate, and for one that can't be read: without its facts it counts for nothing."""
    try:
        return certificates.read(knock.certificate) if knock.certificate else None
    except CertificateMisread:
        return None


def _taken_apart(name: str) -> tuple[str, str]:
    station, _, badge = name.partition(" ")
    return station, badge


def _unhexed(badge: str) -> bytes:
    try:
        return bytes.fromhex(badge.removeprefix(_CERTIFICATE))
    except ValueError:
        return b""
