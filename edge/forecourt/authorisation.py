"""May this point be released? Pure.

The reasons against it, in the order in which they are tried; the first that applies is the answer:

 1. ``closed``           the station is closed for business
 2. ``silent``           the dispenser does not answer, or is out of order
 3. ``already_released`` it is released, or fuelling: nobody is authorised twice
 4. ``settling``         the last filling is still being proved and recorded
 5. ``not_ready``        its state or its totaliser is still being read
 6. ``store``            nothing can be recorded
 7. ``disk_full``        the disk budget is in its last tenth: what is sold is kept, nothing new is begun
 8. ``no_such_nozzle``   the point has no such nozzle
 9. ``other_nozzle``     another nozzle than the wished one is lifted
10. ``bad_preset``       the limit is not above nothing
11. ``no_price``         the dispenser shows no price
12. ``price_pending``    the dispenser does not show the price that holds; it is being changed
"""

from msgspec import Struct

from edge.forecourt.views import PointPhase
from shared.errors import Refused
from shared.sale import Preset


class PriceTag(Struct, frozen=True):
    """The price on a nozzle, in milliyuan a litre."""

    shown: int | None
    """As the dispenser reported it last; None when it can't tell before the nozzle is lifted."""
    taken: int | None
    """As the dispenser last took it from us."""
    wished: int | None
    """By the tariffs that hold; None when the station has none."""

    @property
    def known(self) -> int | None:
        """What a customer would see, as far as is known."""
        return self.taken if self.shown is None else self.shown

    @property
    def right(self) -> bool:
        """Whether what is shown is what should be."""
        return self.wished is None or self.known == self.wished


class Circumstances(Struct, frozen=True):
    """Everything that speaks for or against releasing a point."""

    open: bool
    phase: PointPhase
    released: bool
    """Leave was given and has not ended."""
    settling: bool
    looking: bool
    """The dispenser has been asked for its state and has not answered."""
    store_fails: bool
    disk_full: bool
    lifted: int
    """The nozzle in the customer's hand, 0 for none."""
    prices: dict[int, PriceTag]
    """By nozzle."""


class Release(Struct, frozen=True):
    """What is wished."""

    nozzle: int = 0
    """0: the lifted one, or any."""
    preset: Preset | None = None


SENTENCES = {
    "closed": "The station is closed. Open it first.",
    "silent": "The dispenser does not answer. Check its power and its line.",
    "already_released": "This point is already released. Stop it first, or wait until the filling is over.",
    "settling": "The last filling is still being recorded. It takes a moment.",
    "not_ready": "The dispenser's state is still being read. It takes a moment.",
    "store": "Nothing can be recorded now, so nothing may be sold. Check the disk.",
    "disk_full": "The disk is nearly full. Nothing new may be sold until there is room; what is sold is safe.",
    "no_such_nozzle": "This point has no such nozzle.",
    "other_nozzle": "Another nozzle is lifted. Hang it up, or release that one.",
    "bad_preset": "A limit must be more than nothing.",
    "no_price": "The dispenser shows no price, and head office has sent none.",
    "price_pending": "The dispenser does not show the new price yet. It takes a moment.",
}

_BUSY = {
    PointPhase.AUTHORISED,
    PointPhase.STARTED,
    PointPhase.SUSPENDED_STARTED,
    PointPhase.FUELLING,
    PointPhase.SUSPENDED_FUELLING,
}


def nozzles_of(wish: Release, lifted: int, all_nozzles: tuple[int, ...]) -> tuple[int, ...]:
    """The nozzles that this wish would release."""
    if wish.nozzle:
        return (wish.nozzle,)
    return (lifted,) if lifted else all_nozzles


def against(wish: Release, now: Circumstances) -> str | None:
    """The reason why this point may not be released; None when it may."""
    wanted = nozzles_of(wish, now.lifted, tuple(now.prices))
    tags = [now.prices[nozzle] for nozzle in wanted if nozzle in now.prices]
    tried = (
        (not now.open or now.phase is PointPhase.CLOSED, "closed"),
        (now.phase is PointPhase.INOPERATIVE, "silent"),
        (now.released or now.phase in _BUSY, "already_released"),
        (now.settling, "settling"),
        (now.looking, "not_ready"),
        (now.store_fails, "store"),
        (now.disk_full, "disk_full"),
        (len(tags) < len(wanted), "no_such_nozzle"),
        (bool(wish.nozzle and now.lifted) and wish.nozzle != now.lifted, "other_nozzle"),
        (wish.preset is not None and wish.preset.value <= 0, "bad_preset"),
        (any(tag.known is None and tag.wished is None for tag in tags), "no_price"),
        (not all(tag.right for tag in tags), "price_pending"),
    )
    return next((reason for applies, reason in tried if applies), None)


def permit(wish: Release, now: Circumstances) -> None:
    """:exc:`Refused` with the reason and a sentence when this point may not be released."""
    reason = against(wish, now)
    if reason is not None:
        raise Refused(reason, SENTENCES[reason])
