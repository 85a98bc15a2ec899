"""The door for what comes from head office: nothing passes that its command keys have not signed for this station.

    1  not signed, or by a key that is not trusted here      refused
    2  signature and bytes do not belong together            refused: forged
    3  meant for another kind, station or time               refused
    4  newer keys                                            trusted from here on
    5  anything else                                         passes; its reader knows whether it is news

What is refused is told to head office, once an hour for each kind and reason. A station that was never enrolled knows
no key: on the loopback line of a demonstration it takes the first ones that it is told.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Final

import structlog

from shared import topics
from shared.errors import LetterMisread, Refused
from shared.messages import CommandKeys, OrderRefused
from shared.orders import Frame, must_concern, open_frame
from shared.wire import unpack

_log = structlog.get_logger(__name__)

AGAIN: Final = 3_600_000
"""Milliseconds until the same refusal is told again."""
_LONGEST_KIND: Final = 32


class OrderDoor:
    """``now`` gives the company's time as well as it is known, in UTC milliseconds; ``on_refused`` is told what to
    tell head office, and ``on_keys`` which keys to keep."""

    def __init__(
        self,
        station: str,
        keys: Mapping[int, bytes],
        now: Callable[[], int],
        on_refused: Callable[[OrderRefused], None],
        on_keys: Callable[[CommandKeys, bytes], None],
        *,
        trusts_the_first: bool = False,
    ) -> None:
        self._station = station
        self._keys = dict(keys)
        self._now = now
        self._on_refused = on_refused
        self._on_keys = on_keys
        self._trusts_the_first = trusts_the_first
        self._floor = 0
        self._untold: Counter[tuple[str, str]] = Counter()
        self._told: dict[tuple[str, str], int] = {}
        self.refused: Counter[str] = Counter()
        """What was refused, by reason."""

    @property
    def version(self) -> int:
        """Of the keys that are trusted; 0 for none."""
        return max(self._keys, default=0)

    def pass_in(self, topic: str, data: bytes) -> bytes | None:
        """The message in an order that may pass; None when it may not. Any bytes may come; never raises."""
        kind = topics.kind_of(topic)[:_LONGEST_KIND]
        try:
            frame = self._believed(kind, data)
            if kind == topics.KEYS:
                self._take_keys(frame, data)
                return None
        except LetterMisread as why:
            self.refuse(kind, "unsigned", str(why))
            return None
        except Refused as why:
            self.refuse(kind, why.reason, str(why))
            return None
        return frame.message

    def _believed(self, kind: str, data: bytes) -> Frame:
        frame = open_frame(data)
        keys = self._keys or self._first_keys(kind, frame)
        if frame.key not in keys:
            raise Refused("unknown_key", f"This order is signed with key {frame.key}, which is not trusted here.")
        if not frame.signed_with(keys[frame.key]):
            raise Refused("forged", "The signature of this order is wrong: it was not written by head office.")
        self._floor = max(self._floor, frame.head.not_before)
        must_concern(frame.head, kind, self._station, max(self._floor, self._now()))
        return frame

    def _first_keys(self, kind: str, frame: Frame) -> Mapping[int, bytes]:
        return unpack(frame.message, CommandKeys).keys if self._trusts_the_first and kind == topics.KEYS else {}

    def _take_keys(self, frame: Frame, data: bytes) -> None:
        letter = unpack(frame.message, CommandKeys)
        if letter.version > self.version:
            self._keys = dict(letter.keys)
            _log.info("command_keys_taken", version=letter.version)
            self._on_keys(letter, data)

    def refuse(self, kind: str, reason: str, sentence: str) -> None:
        """Counts what is not obeyed, and tells head office of it now and then."""
        self.refused[reason] += 1
        if not self._keys:
            return  # who trusts nobody yet overhears a double's letters before it is told the first keys
        what, now = (kind, reason), self._now()
        self._untold[what] += 1
        if now - self._told.get(what, -AGAIN) < AGAIN:
            return
        _log.warning("order_refused", kind=kind, reason=reason, why=sentence)
        if len(self._told) > 1_000:  # whoever invents kinds of orders shall not fill our memory
            self._told.clear()
        self._told[what] = now
        self._on_refused(OrderRefused(kind, reason, sentence, self._untold.pop(what)))
