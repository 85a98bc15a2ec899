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
    lost: int = 15_000
    """Until a question whose end the link does not tell counts as lost."""
    asks: int = 4
    """How often the totaliser is asked for before it counts as unreadable, or its mismatch as true."""
    again: int = 600
    """Before the totaliser is asked again: some refresh it a moment after the nozzle was hung up."""
    hand: int = 10_000
    """For a nozzle that is still out after its filling: the dispenser delivers no more, but drops may still come."""
    drip: int = 5_000
    """After a sale, until the totalisers are read once more: drops may fall after the nozzle was hung up."""
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
    """The questions to put to the dispenser now."""

    NOTHING = ""
    FIGURES = "figures"
    TOTALISERS = "totalisers"
    BOTH = "figures and totalisers"


class Outcome(Struct, frozen=True):
    """What a filling came to."""

    nozzle: int
    """0 when several nozzles may have been the one and none has moved."""
    figures: Figures
    proof: Proof
    after: dict[int, int]
    """The totalisers that could be read, by nozzle."""
    modulus: int = 0
    """Where they start again, in millilitres; 0 when nobody knows."""

    @property
    def moved(self) -> bool:
        """Whether the totaliser tells of anything delivered, as far as it was read."""
        before, after = self.proof.before, self.proof.after
        return before is not None and after is not None and before != after


class Ending:
    """One filling on its way to being settled. Times are monotonic milliseconds, volumes millilitres.

    ``before`` are the last totalisers of the nozzles that it may have been; of several, the one that has moved is the
    one. ``highest`` is the largest reading seen while it ran, ``shown`` the last one, None when none was seen yet.
    ``modulus`` 0: as the dispenser tells. No question is put while an earlier one is on its way.
    """

    def __init__(
        self,
        before: Mapping[int, int | None],
        highest: Figures,
        shown: Figures | None,
        modulus: int,
        tolerance: int,
        patience: Patience,
    ) -> None:
        self._before = before
        self._highest = highest
        self._modulus = modulus
        self._tolerance = tolerance
        self._patience = patience
        self._candidate = shown
        self._hung_at: int | None = None
        self._since = 0
        self._confirmed: Figures | None = None
        self._after: dict[int, int | None] = {}
        self._unheard: set[int] = set()
        self._tries = 0
        self._due = 0
        self._pending = 0
        self._asked_at = 0
        self.likely = 0
        """The nozzle that was in somebody's hand last, 0 when nobody knows."""
        self.outcome: Outcome | None = None
        """What it came to; None until it is known."""

    @property
    def nozzles(self) -> Sequence[int]:
        """The nozzles whose totalisers are wanted."""
        return tuple(self._before)

    def trust(self, figures: Figures) -> None:
        """These need no confirmation: nothing was delivered that anybody knows of, and none is shown."""
        self._confirmed = self._confirmed or figures

    def next(self, out: bool, now: int) -> Ask:
        """The questions to put now. Nothing is asked before the nozzle hangs: the last drops may be still to come."""
        if self._hung_at is None:
            if out:
                return Ask.NOTHING
            self._hung_at = self._since = now
            self._due = now + self._patience.confirm if self._candidate and not self._confirmed else now
        if self.outcome is not None or now < self._due or self._waits(now):
            return Ask.NOTHING
        return self._put(self._question(), now)

    def answered(self) -> None:
        """A question has come to its end, whatever the answer was."""
        self._pending = max(0, self._pending - 1)

    def read_figures(self, read: Figures, now: int) -> None:
        """The display was read after the end."""
        if self._confirmed is not None:
            return
        if read != self._candidate:
            self._candidate, self._since, self._tries = read, now, 0
            self._due = now + self._patience.confirm
        elif self._hung_at is not None and now - self._since >= self._patience.confirm:
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

    def _waits(self, now: int) -> bool:
        return self._pending > 0 and now - self._asked_at < self._patience.lost

    def _question(self) -> Ask:
        if self._confirmed is not None:
            return Ask.TOTALISERS
        return Ask.FIGURES if self._candidate is None or self._lost(self._candidate) else Ask.BOTH

    def _put(self, question: Ask, now: int) -> Ask:
        self._asked_at, self._due = now, now + self._patience.again
        self._pending = int(question is not Ask.TOTALISERS)
        if question is not Ask.FIGURES:
            self._tries += 1
            self._pending += len(self._before)
            self._unheard = set(self._before)
        if self._tries > self._patience.asks:
            self.outcome = self._judged()
            return Ask.NOTHING
        return question

    def _lost(self, read: Figures) -> bool:
        """More was seen before: the display was reset, or can't be read."""
        return read.volume < self._highest.volume

    def _confirm(self, read: Figures, now: int) -> None:
        """Equal readings count; one that has lost figures is given time to come back."""
        hung_at = self._hung_at if self._hung_at is not None else now
        if self._lost(read) and now - hung_at < self._patience.asks * self._patience.confirm:
            return
        self._confirmed = self._highest if self._lost(read) else read
        self._due = min(self._due, now)

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
        nozzle = _the_one(proofs, self.likely)
        read = {nozzle: volume for nozzle, volume in after.items() if volume is not None}
        return Outcome(nozzle, figures, proofs[nozzle or next(iter(proofs))], read, self._modulus)


_ENDLESS = 10**18


def _the_one(proofs: Mapping[int, Proof], likely: int) -> int:
    """The nozzle that was used: the only one, or the one whose totaliser has moved, a proved one before the others.

    Where several will do, the ``likely`` one: a few drops of one hose may look like a short filling of another.
    """
    if len(proofs) == 1:
        return next(iter(proofs))
    read = [nozzle for nozzle, proof in proofs.items() if proof.before is not None and proof.after is not None]
    moved = [nozzle for nozzle in read if proofs[nozzle].before != proofs[nozzle].after]
    proved = [nozzle for nozzle in moved if proofs[nozzle].finding is Finding.PROVED]
    found = proved or moved
    return likely if likely in found else next(iter(found), 0)
