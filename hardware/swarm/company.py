"""What head office has told the stations of a swarm: its keys, and books that are the same for all. Pure.

Ten thousand stations of one process hold a book once, and trust the first keys that any of them was told, as a station
does that was never enrolled.
"""

from collections.abc import Sequence

from shared import topics
from shared.coupon import CouponTerms
from shared.errors import Refused
from shared.messages import CommandKeys, ListedCoupon
from shared.orders import Frame, must_concern, open_frame
from shared.tariff import Tariff
from shared.wire import unpack


class Company:
    """Head office, as far as this swarm knows it.

    Without ``checks`` a signature is believed unseen. On the road each station checks with a machine of its own; ten
    thousand that share one with the company would measure how fast signatures are checked.
    """

    def __init__(self, checks: bool = True) -> None:
        self._checks = checks
        self._keys: dict[int, bytes] = {}
        self._tariffs: dict[tuple[int, ...], tuple[Tariff, ...]] = {}
        self._coupons: dict[Sequence[ListedCoupon], tuple[CouponTerms, ...]] = {}

    @property
    def key_version(self) -> int:
        """Of the command keys; 0 before the first were told."""
        return max(self._keys, default=0)

    def believed(self, station: str, kind: str, data: bytes, now: int) -> bytes:
        """The message in an order to this station. :exc:`LetterMisread`, :exc:`Refused`."""
        frame = open_frame(data)
        keys = self._keys or self._first_keys(kind, frame)
        if frame.key not in keys:
            raise Refused("unknown_key", f"This order is signed with key {frame.key}, which nobody here trusts.")
        if self._checks and not frame.signed_with(keys[frame.key]):
            raise Refused("forged", "The signature of this order is wrong.")
        must_concern(frame.head, kind, station, now)
        if kind == topics.KEYS:
            self._take(unpack(frame.message, CommandKeys))
        return frame.message

    def tariffs(self, told: Sequence[Tariff]) -> tuple[Tariff, ...]:
        """The same tariffs, held once."""
        return self._tariffs.setdefault(tuple(tariff.version for tariff in told), tuple(told))

    def coupons(self, told: Sequence[ListedCoupon]) -> tuple[CouponTerms, ...]:
        """The terms of a book's coupons, held once."""
        held = self._coupons.get(told)
        if held is None:
            held = self._coupons[told] = tuple(listed.terms for listed in told)
        return held

    def _first_keys(self, kind: str, frame: Frame) -> dict[int, bytes]:
        return unpack(frame.message, CommandKeys).keys if kind == topics.KEYS else {}

    def _take(self, letter: CommandKeys) -> None:
        if letter.version > self.key_version:
            self._keys = dict(letter.keys)
