"""How a filling ends: the nozzle hangs, two equal readings a while apart, then the totaliser. Pure.

Rules that the field has taught (F05): one reply is not trusted; a reading below one that was seen before breaks the
confirmation; however little was delivered, it counts.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum

from msgspec import Struct

from shared.sale import Finding, Proof, prove


class Patience(Struct, frozen=True):
    """How long to wait for what, in milliseconds."""

    confirm: int = 750
    """Between two equal final readings, at least."""
    reply: int = 2_000
    """Until a question counts as lost and is asked again."""
    asks: int = 4
    """How often the totaliser is asked for before it counts as unreadable, or its mismatch as true."""
    again: int = 600
    """Before the totaliser is asked again: some refresh it a moment after the nozzle was hung up."""
    release: int = 12_000
    """Until a dispenser that took an authorisation must have said that it is authorised."""
    price_again: int = 10_000
    """Before a price that was not taken is sent again."""
    pulse: int = 100
    """Between two looks at the time."""
    shown: int = 300_000
    """How long a coupon that was shown waits for its filling to begin."""


class Figures(Struct, frozen=True):
    """What the display shows: millilitres and fen."""

    volume: int = 0
    amount: int = 0


class Ask(StrEnum):
    """The question to put to the dispenser now."""

    NOTHING = ""
    FIGURES = "figures"
    TOTALISERS = "totalisers"


class Outcome(Struct, frozen=True):
    """What a filling came to."""

    nozzle: int
    """0 when several nozzles may have been the one and none has moved."""
    figures: Figures
    proof: Proof
    after: dict[int, int]
    """The totalisers that could be read, by nozzle."""

    @property
    def moved(self) -> bool:
        """Whether the totaliser tells of anything delivered, as far as it was read."""
        before, after = self.proof.before, self.proof.after
        return before is not None and after is not None and before != after


class Ending:
    """One filling on its way to being settled. Times are monotonic milliseconds, volumes millilitres.

    ``before`` are the last totalisers of the nozzles that it may have been; of several, the one that has moved is the
    one. ``highest`` is the largest reading seen while it ran. ``modulus`` 0: as the dispenser tells.
    """

    def __init__(
        self, before: Mapping[int, int | None], highest: Figures, modulus: int, tolerance: int, patience: Patience
    ) -> None:
        self._before = before
        self._highest = highest
        self._modulus = modulus
        self._tolerance = tolerance
        self._patience = patience
        self._hangs = False
        self._candidate: Figures | None = None
        self._since = 0
        self._began = -1
        self._confirmed: Figures | None = None
        self._after: dict[int, int | None] = {}
        self._unheard: set[int] = set()
        self._due = 0
        self._tries = 0
        self.outcome: Outcome | None = None
        """What it came to; None until it is known."""

    @property
    def nozzles(self) -> Sequence[int]:
        """The nozzles whose totalisers are wanted."""
        return tuple(self._before)

    def next(self, out: bool, now: int) -> Ask:
        """The question to put now. Nothing is asked before the nozzle hangs: the last drops may be still to come."""
        self._hangs = self._hangs or not out
        if not self._hangs:
            return Ask.NOTHING
        if self.outcome is not None or now < self._due:
            return Ask.NOTHING
        self._due = now + self._patience.reply
        if self._confirmed is None:
            return Ask.FIGURES
        return self._next_totaliser()

    def read_figures(self, read: Figures, now: int) -> None:
        """The display was read after the end."""
        if self._confirmed is not None or not self._hangs:
            return
        self._began = now if self._began < 0 else self._began
        if read != self._candidate:
            self._candidate, self._since = read, now
            self._due = now + self._patience.confirm
        elif now - self._since >= self._patience.confirm:
            self._confirm(read, now)

    def read_totaliser(self, nozzle: int, read: int | None, modulus: int, now: int) -> None:
        """A totaliser was read; None when the dispenser can't tell."""
        if nozzle not in self._before or self._confirmed is None or self.outcome is not None:
            return
        self._after[nozzle] = self._after.get(nozzle) if read is None else read
        self._modulus = self._modulus or modulus
        self._unheard.discard(nozzle)
        if not self._unheard:
            self._weigh(now)

    def _confirm(self, read: Figures, now: int) -> None:
        """Equal readings count, unless more was seen before: then the display is given time to come back."""
        lost = read.volume < self._highest.volume
        if lost and now - self._began < self._patience.asks * self._patience.confirm:
            self._due = now + self._patience.confirm
            return
        self._confirmed = self._highest if lost else read
        self._due = now

    def _next_totaliser(self) -> Ask:
        self._tries += 1
        self._unheard = set(self._before)
        if self._tries <= self._patience.asks:
            return Ask.TOTALISERS
        self.outcome = self._judged()
        return Ask.NOTHING

    def _weigh(self, now: int) -> None:
        """A proof ends it; a mismatch is believed only when it lasts."""
        found = self._judged()
        hopeless = self._tries >= self._patience.asks or all(before is None for before in self._before.values())
        if found.proof.finding is Finding.PROVED or hopeless:
            self.outcome = found
        else:
            self._due = now + self._patience.again

    def _judged(self) -> Outcome:
        figures = self._confirmed or self._highest
        after = self._after
        proofs = {
            nozzle: prove(before, after.get(nozzle), figures.volume, self._modulus or _ENDLESS, self._tolerance)
            for nozzle, before in self._before.items()
        }
        nozzle = _the_one(proofs)
        read = {nozzle: volume for nozzle, volume in after.items() if volume is not None}
        return Outcome(nozzle, figures, proofs[nozzle or next(iter(proofs))], read)


_ENDLESS = 10**18


def _the_one(proofs: Mapping[int, Proof]) -> int:
    """The nozzle that was used: the only one, or the one whose totaliser has moved, a proved one before the others."""
    if len(proofs) == 1:
        return next(iter(proofs))
    read = [nozzle for nozzle, proof in proofs.items() if proof.before is not None and proof.after is not None]
    moved = [nozzle for nozzle in read if proofs[nozzle].before != proofs[nozzle].after]
    proved = [nozzle for nozzle in moved if proofs[nozzle].finding is Finding.PROVED]
    return next(iter(proved or moved), 0)
