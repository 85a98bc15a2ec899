"""Whether a certificate lets a machine in as its station. Pure.

The TLS layer has seen already that our authority signed it and that its key is at the other end. What remains:

1. head office never gave it             → refused: ``unknown_certificate``
2. it was revoked                        → refused: ``revoked_certificate``
3. its station was shut out              → refused: ``revoked_station``
4. its time is over                      → refused: ``expired_certificate``
5. it is another station's               → refused: ``certificate_of_another``
6. otherwise                             → the station itself
"""

from typing import Final, Protocol

from shared.errors import Refused

SENTENCES: Final = {
    "unknown_certificate": "Head office never gave this certificate. Enrol this machine with a new code.",
    "revoked_certificate": "Head office has revoked this certificate. Ask there for a new enrolment code.",
    "revoked_station": "Head office has shut this station out.",
    "expired_certificate": "This certificate's time is over. Ask head office for a new enrolment code.",
    "certificate_of_another": "This certificate belongs to another station.",
}


class Given(Protocol):
    """A certificate as it stands in the books."""

    @property
    def station(self) -> str: ...
    @property
    def not_after(self) -> int: ...
    @property
    def revoked_at(self) -> int | None: ...
    @property
    def station_revoked_at(self) -> int | None: ...


def judge(given: Given | None, station: str, now: int) -> str:
    """The station that it lets in; :exc:`Refused` says why it does not. ``station`` is what the machine says it is."""
    reason = _against(given, station, now)
    if reason or given is None:
        raise Refused(reason, SENTENCES[reason])
    return given.station


def _against(given: Given | None, station: str, now: int) -> str:
    if given is None:
        return "unknown_certificate"
    tried = (
        (given.station != station, "certificate_of_another"),
        (given.station_revoked_at is not None, "revoked_station"),
        (given.revoked_at is not None, "revoked_certificate"),
        (now >= given.not_after, "expired_certificate"),
    )
    return next((reason for applies, reason in tried if applies), "")
