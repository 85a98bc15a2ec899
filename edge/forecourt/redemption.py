"""The desk where coupons are shown: reads the code, asks head office or decides by itself, and slows guesses down.

1. The keypad must not be locked (``locked``).
2. The code must be one of ours: its signature is right, or it is listed, or head office knows it. A slip of the finger
   is ``code_misread`` and costs nothing, a guess is ``code_wrong`` and counts.
3. Head office is asked to lease it, when it can be reached within a moment. Its no is final.
4. Otherwise the station's own judge decides, on what the station knows.

A coupon that more litres or another nozzle could still make good is kept, and judged again on the metered figures.
"""

import asyncio
import secrets
from collections.abc import Awaitable, Callable

from edge.forecourt import throttle
from edge.forecourt.day import day_start
from edge.forecourt.shelf import PENDING, Shelf
from edge.store import books, guesses, outbox, redemptions
from edge.store.database import Database, Store
from edge.store.presented import ShownCoupon
from shared.clock import Stamp
from shared.codes import looks_scanned, read_scanned, read_typed
from shared.coupon import CouponTerms, Filling, Knowledge, Lease, Reason, judge
from shared.errors import CodeMisread, Refused
from shared.messages import ClaimAnswer, CodesRefused, CouponClaim

Claim = Callable[[CouponClaim], Awaitable[ClaimAnswer | None]]


async def nobody(_: CouponClaim) -> ClaimAnswer | None:
    """Head office can't be asked."""
    return None


class Desk:
    """One for the station."""

    def __init__(self, store: Store, utc_offset: int) -> None:
        self._store = store
        self._utc_offset = utc_offset
        self.shelf = Shelf(None)
        self.claim: Claim = nobody
        """Asks head office; None when it does not answer in time."""

    async def reload(self) -> None:
        """Head office has sent a newer book."""
        book = await self._store.read(books.coupon_book)
        self.shelf = await asyncio.to_thread(Shelf, book)

    async def read(self, point: int, text: str, by: str, filling: Filling) -> ShownCoupon:
        """The coupon of this code, good enough to wait for its filling. :exc:`Refused` with the reason if not."""
        await self._unlocked(point)
        if looks_scanned(text.strip()):
            return await self._scanned(point, text.strip(), by, filling)
        return await self._typed(point, text, by, filling)

    async def judge(self, coupon: ShownCoupon) -> Knowledge:
        """What the judge would be told of this coupon now."""
        now = self._store.clock.now()
        return await self._store.read(self.knowledge, coupon.terms, coupon.lease, now)

    def knowledge(self, db: Database, terms: CouponTerms, lease: Lease | None, now: int) -> Knowledge:
        """The same inside a transaction: what is read here is true when the redemption is written."""
        uses = redemptions.uses(db, terms.coupon)
        spent = redemptions.spent(db, terms.member, self._day(now))
        return self.shelf.knowledge(terms.coupon, lease, now, uses, spent, books.heard_at(db))

    def allowance_left(self, db: Database) -> int:
        """What may still be given away offline today, in fen."""
        spent = redemptions.spent(db, "", self._day(self._store.clock.now()))
        return max(0, self.shelf.allowance.per_station_day - spent.station_day)

    async def _scanned(self, point: int, text: str, by: str, filling: Filling) -> ShownCoupon:
        try:
            terms = read_scanned(text, self.shelf.keys)
        except CodeMisread as why:
            await self._wrong(point, by)
            raise Refused("code_wrong", str(why)) from why
        answer = await self.claim(CouponClaim(secrets.token_hex(8), filling, coupon=terms.coupon))
        told = answer.terms if answer and answer.terms else self.shelf.told(terms)
        return await self._decided(point, told, answer, by, filling)

    async def _typed(self, point: int, text: str, by: str, filling: Filling) -> ShownCoupon:
        try:
            digits = read_typed(text)
        except CodeMisread as why:
            raise Refused("code_misread", str(why)) from why
        asked = self.claim(CouponClaim(secrets.token_hex(8), filling, code=digits))
        answer, listed = await asyncio.gather(asked, asyncio.to_thread(self.shelf.listed, digits))
        terms = answer.terms if answer and answer.terms else listed
        if terms is None:
            await self._wrong(point, by)
            raise Refused("code_wrong", "This code is not known here. Please read it again from the coupon.")
        return await self._decided(point, terms, answer, by, filling)

    async def _decided(
        self, point: int, terms: CouponTerms, answer: ClaimAnswer | None, by: str, filling: Filling
    ) -> ShownCoupon:
        """Head office's word when it gave one, the station's own otherwise."""
        lease = answer.lease if answer else None
        if answer is not None and lease is None and answer.reason not in (Reason.ACCEPTED, *PENDING):
            raise refusal(answer.reason)
        shown = ShownCoupon(terms, by, online=lease is not None, lease=lease)
        verdict = judge(terms, filling, await self.judge(shown))
        if not verdict.accepted and verdict.reason not in PENDING:
            raise refusal(verdict.reason)
        await self._store.run(_forgive, point)
        return shown

    async def _unlocked(self, point: int) -> None:
        until = await self._store.read(_locked_until, point)
        left = until - self._store.clock.now()
        if left > 0:
            minutes = -(-left // 60_000)
            raise Refused("locked", f"Too many wrong codes. Codes can be tried again in {minutes} minutes.")

    async def _wrong(self, point: int, by: str) -> None:
        await self._store.run(_note_wrong, self._store.clock.stamp(), self._store.clock.now(), point, by)

    def _day(self, now: int) -> int:
        return day_start(now, self._utc_offset)


SENTENCES = {
    Reason.REVOKED: "Head office has called this coupon back.",
    Reason.NOT_YET: "This coupon does not hold yet.",
    Reason.EXPIRED: "This coupon has expired.",
    Reason.OTHER_STATION: "This coupon is for other stations.",
    Reason.LEASED_ELSEWHERE: "This coupon is being used at another station.",
    Reason.USED_UP: "This coupon has been used.",
    Reason.OTHER_GRADE: "This coupon is for another grade.",
    Reason.BELOW_MINIMUM: "This filling is too small for this coupon.",
    Reason.BOOK_TOO_OLD: "Head office has not been heard for too long to accept this coupon.",
    Reason.OVER_ALLOWANCE: "No more may be given away today without asking head office.",
}


def refusal(reason: str) -> Refused:
    """A verdict as the error that tells it."""
    sentences = {str(known): sentence for known, sentence in SENTENCES.items()}
    return Refused(reason, sentences.get(reason, "Head office does not know this coupon."))


def _locked_until(db: Database, point: int) -> int:
    return max(guesses.lock(db, scope).until for scope in (throttle.scope_of(point), throttle.STATION))


def _note_wrong(db: Database, stamp: Stamp, now: int, point: int, by: str) -> None:
    """The guess, the lock that it leads to, and its letter: one transaction."""
    guesses.note_wrong(db, now, point, by)
    at_point = guesses.count_wrong(db, now - throttle.HOUR, point)
    in_an_hour = guesses.count_wrong(db, now - throttle.HOUR)
    for scope in throttle.locks(at_point, in_an_hour, point):
        held = throttle.next_lock(guesses.lock(db, scope), now)
        guesses.keep_lock(db, scope, held)
        tries = in_an_hour if scope == throttle.STATION else at_point
        outbox.append(db, stamp, CodesRefused(tries, held.until, by))
    guesses.forget_before(db, now - 24 * throttle.HOUR)


def _forgive(db: Database, point: int) -> None:
    guesses.forgive(db, point)
