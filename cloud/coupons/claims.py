"""A station asks: may this coupon be used here? Decided and held in one transaction, so each use is given out once."""

from typing import Final

from msgspec.structs import replace

from cloud.coupons.holding import free_uses, grips, may_hold, terms_for
from cloud.coupons.judging import UNKNOWN, Held, Record
from cloud.coupons.records import records_of, told_until
from cloud.coupons.settings import salt
from cloud.store import coupons, holds, lines
from cloud.store.database import Connection
from shared.codes import fingerprint, read_typed
from shared.coupon import Lease, Reason
from shared.errors import CodeMisread
from shared.messages import ClaimAnswer, CouponClaim

MOST_WRONG: Final = 10
"""Wrong codes of one station in an hour; after them it is told *unknown* without a look."""
_HOUR: Final = 3_600_000
LEASE: Final = 30 * 60_000
"""Milliseconds for which a claimed use is held."""


def claim(connection: Connection, station: str, asked: CouponClaim, now: int, lease: int = LEASE) -> ClaimAnswer:
    """The answer to a station's claim. When it is *accepted* a use is held for the station; asked again, the same one.

    A code that does not exist is noted; a station that tries too many of them is not helped to guess.
    """
    coupon = _coupon(connection, station, asked, now)
    record = records_of(connection, [coupon]).get(coupon)
    if record is None:
        return ClaimAnswer(asked.ask, UNKNOWN)
    told = {**told_until(connection, record, now), station: now}  # of its own uses the station itself knows best
    verdict = may_hold(record, replace(asked.filling, station=station), now, told)
    if verdict is not Reason.ACCEPTED:
        return ClaimAnswer(asked.ask, verdict.value)
    known = any(row.station == station and row.ask == asked.ask for row in holds.of_coupons(connection, [coupon]))
    if not known and free_uses(record, now, told) > 0:
        record = _with_another(connection, record, station, asked.ask, now, now + lease)
    return _held(record, station, asked.ask, now)


def forget(connection: Connection, now: int) -> None:
    """Forgets wrong codes that count no more."""
    holds.forget_wrong_codes(connection, now - _HOUR)


def _with_another(connection: Connection, record: Record, station: str, ask: str, now: int, until: int) -> Record:
    """One more use held for this station."""
    row = {"coupon": record.terms.coupon, "station": station, "until": until, "uses": 1, "consumed": 0, "ask": ask}
    number = holds.add(connection, row | {"granted_at": now, "granted_by": "claim"})
    return replace(record, held=(*record.held, Held(number, station, now, until, 1)))


def _held(record: Record, station: str, ask: str, now: int) -> ClaimAnswer:
    mine = [grip for grip in grips(record, now) if grip.held.station == station and grip.held.until > now]
    if not mine:
        return ClaimAnswer(ask, Reason.USED_UP.value)
    until = max(grip.held.until for grip in mine)
    terms = terms_for(record, station, sum(grip.uses for grip in mine))
    return ClaimAnswer(ask, Reason.ACCEPTED.value, terms, Lease(terms.coupon, station, until))


def _coupon(connection: Connection, station: str, asked: CouponClaim, now: int) -> str:
    """The coupon that is meant; empty when there is none, or when the station has guessed too often."""
    wrong = holds.wrong_codes(connection, station, now - _HOUR)
    found = "" if wrong >= MOST_WRONG else _found(connection, asked)
    if not found and wrong < MOST_WRONG:
        holds.note_wrong_code(connection, station, now)
        if wrong + 1 == MOST_WRONG:
            event = lines.SecurityEvent(now, station, "codes_guessed", f"{MOST_WRONG} wrong codes within an hour.")
            lines.note_security(connection, [event])
    return found


def _found(connection: Connection, asked: CouponClaim) -> str:
    if asked.code:
        try:
            digits = read_typed(asked.code)
        except CodeMisread:
            return ""
        return coupons.id_of(connection, fingerprint(digits, salt(connection))) or ""
    return asked.coupon if coupons.one(connection, asked.coupon) is not None else ""
