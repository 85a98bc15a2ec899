"""The computer of a simulated fuelling point, whatever it speaks: what it does at each command and each hand. Pure.

A protocol's simulator puts its own bytes before a :class:`Head`, and says in :class:`Manners` in what its make differs.
The faults that a head can have happen here, once for all protocols. Times in microseconds of a monotonic clock; figures
of customers and meters as in ``hardware.simulation.pump``.
"""

from collections.abc import Mapping
from enum import Enum, auto
from typing import Final

from msgspec import Struct

from hardware.ports import PumpState
from hardware.simulation.faults import Faults
from hardware.simulation.pump import Body, SimulatedPoint
from shared.sale import Preset

_RUNNING: Final = (PumpState.AUTHORISED, PumpState.FUELLING, PumpState.SUSPENDED)
_OPEN: Final = (PumpState.FUELLING, PumpState.SUSPENDED, PumpState.LIMIT_REACHED)
_BOUNCE, _BOUNCED = 100_000, 300_000
_FROZEN = 5_000_000
_STALE = 2_500_000
_SMALLEST_DRIP, _DRIPS = 10, 8
_DRIP_AFTER = 400_000
_RESET_AFTER = 3_000
"""Millilitres after which a computer that loses its mind in this filling does so."""


class Change(Enum):
    """What a head may have to tell, where it tells by itself."""

    STATE = auto()
    NOZZLE = auto()
    FIGURES = auto()
    RESTARTED = auto()  # its computer has started anew


class Manners(Struct, frozen=True):
    """In what makes of dispensers differ."""

    rest: PumpState = PumpState.READY
    """Where a head stands that has prices and has sold nothing yet."""
    keeps_sale: bool = True
    """A finished filling stands until it is cleared; else a head that was told to sell again forgets it."""
    stopped: PumpState = PumpState.FINISHED
    """Where a release ends that was stopped before any fuel flowed."""
    needs_lift: bool = False
    """It is released only while a nozzle is out."""
    hanging_up_ends_release: bool = False
    """A released nozzle that is hung up before any fuel flowed is released no more."""
    limit_ends: bool = False
    """A filling that reaches its limit is over at once, the nozzle still out."""
    one_grade_out: bool = False
    """Any nozzle of the point that is out may deliver: nozzles can't be locked one by one."""
    tells_as_ended: bool = False
    """A finished filling is told as it ended, whatever its display counts afterwards."""
    totaliser_modulus: int = 10**13
    """Millilitres at which the totalisers start again, as told on the line."""


class Head:
    """One fuelling point: states, display, prices, released nozzles."""

    def __init__(self, place: SimulatedPoint, faults: Faults, manners: Manners | None = None) -> None:
        self.manners = manners or Manners()
        self.faults = faults
        self.body = Body(place)
        self.prices: dict[int, int] = dict(place.prices)
        self.state = self.manners.rest if place.prices else PumpState.UNPROGRAMMED
        self.preset: Preset | None = None
        self.selected = 1 if len(place.grades) == 1 else 0
        """The nozzle that was out last."""
        self.allowed: tuple[int, ...] = ()
        self._silent = False
        self._frozen_until = 0
        self._shown_before = (0, 0)
        self._carried = (0, 0)
        self._told_again = False
        self._will_restart = False
        self._before_suspension = PumpState.AUTHORISED
        self._totals = dict(self.body.totalisers)
        self._totals_fresh_at = 0
        self._bounces: list[tuple[int, int]] = []
        self._dripping: tuple[int, int] | None = None
        self._now = 0
        if faults.strikes("totaliser-roll-over"):
            self._near_the_end()

    # ── In a customer's hands ─────────────────────────────────────────────────────────────────────────────────────────

    @property
    def word(self) -> str:
        """Its state, in the words of ``PumpState``."""
        return self.state.value

    @property
    def released(self) -> bool:
        """Fuel flows when the lifted nozzle is squeezed."""
        allowed = self.body.out in self.allowed or (self.manners.one_grade_out and self.body.out > 0)
        return self.state in (PumpState.AUTHORISED, PumpState.FUELLING) and allowed

    @property
    def deaf(self) -> bool:
        """It answers nobody now."""
        return self._silent or self._now < self._frozen_until

    def silence(self, silent: bool) -> None:
        """Answer nobody any more, or answer again."""
        self._silent = silent

    def lift(self, nozzle: int, now: int) -> None:
        """Take a nozzle out."""
        self.advance(now)
        self._take_out(nozzle)

    def hang_up(self, now: int) -> None:
        """Hang the nozzle up."""
        self.advance(now)
        nozzle = self.body.out
        if nozzle and self.faults.strikes("nozzle-bounce"):
            self._bounces += [(now + _BOUNCE, nozzle), (now + _BOUNCED, 0)]
        if self.state is PumpState.AUTHORISED and nozzle and self.faults.strikes("zero-volume-sale"):
            self.go(PumpState.FUELLING, now)
        self._put_back(now)
        if nozzle and self.state is PumpState.FINISHED and self.body.volume:
            if self.faults.strikes("drip"):
                self.body.drip(nozzle, self._drops(), now)
            if self.faults.strikes("drip-shown"):
                self._dripping = (now + _DRIP_AFTER, nozzle)

    def advance(self, now: int) -> None:
        """Let fuel flow until now."""
        self._now = max(self._now, now)
        while self._bounces and self._bounces[0][0] <= now:
            at, nozzle = self._bounces.pop(0)
            if nozzle:
                self._take_out(nozzle)
            else:
                self._put_back(at)
        if self._dripping and self._dripping[0] <= now:
            self._drip(*self._dripping)
        if not self.released or not self.body.squeezed:
            self.body.rest(now)
            return
        before = self.body.volume
        full = self.body.flow(now, self.prices[self.body.out], self.preset)
        if self.body.volume != before or full:
            self.on_change(Change.FIGURES)
            self._fuel_flows(now)
        if full:
            self.go(PumpState.FINISHED if self.manners.limit_ends else PumpState.LIMIT_REACHED, now)
        elif self._will_restart and self.body.volume > _RESET_AFTER:
            self.restart(now)

    def restart(self, now: int) -> None:
        """Its computer starts anew: the display and what was released are gone, the meters are not."""
        self._will_restart = False
        self.body.end(now)
        self.body.zero()
        self.allowed, self.preset, self._carried = (), None, (0, 0)
        self.state = self.manners.rest
        self._refresh_totals(now)
        for change in (Change.RESTARTED, Change.STATE, Change.NOZZLE, Change.FIGURES):
            self.on_change(change)

    # ── Obeying: whether it does so ───────────────────────────────────────────────────────────────────────────────────

    def authorise(self, nozzles: tuple[int, ...], preset: Preset | None, now: int) -> bool:
        """Release these nozzles, with a limit or without."""
        self.advance(now)
        ready = self.state is PumpState.READY or (not self.manners.keeps_sale and self.state is PumpState.FINISHED)
        if not ready or (self.manners.needs_lift and self.body.out not in nozzles):
            return False
        if self._ignores(now):
            return True
        if self.body.volume or self.state is PumpState.FINISHED:
            self._zero(now)
        self.allowed, self.preset = nozzles, preset
        self.go(PumpState.AUTHORISED, now)
        return True

    def stop(self, now: int) -> bool:
        """End the filling, or take back the release."""
        self.advance(now)
        if self.state not in (*_RUNNING, PumpState.LIMIT_REACHED, PumpState.READY):
            return False
        if not self._ignores(now):
            sold = self.body.volume or self.state is not PumpState.AUTHORISED
            self.go(PumpState.FINISHED if sold else self.manners.stopped, now)
        return True

    def suspend(self, now: int) -> bool:
        """Close the valve for a while."""
        self.advance(now)
        if self.state not in (PumpState.AUTHORISED, PumpState.FUELLING):
            return False
        if not self._ignores(now):
            self._before_suspension = self.state
            self.go(PumpState.SUSPENDED, now)
        return True

    def resume(self, now: int) -> bool:
        """Open it again."""
        self.advance(now)
        if self.state is not PumpState.SUSPENDED:
            return False
        if not self._ignores(now):
            self.go(self._before_suspension, now)
        return True

    def clear(self, now: int) -> bool:
        """Forget the sale; the display shows zero."""
        self.advance(now)
        if self.state not in (PumpState.FINISHED, PumpState.LIMIT_REACHED, PumpState.OFF):
            return False
        if not self._ignores(now):
            self._zero(now)
            self.go(PumpState.READY, now)
        return True

    def set_prices(self, prices: Mapping[int, int], now: int) -> bool:
        """Nozzle → unit price; not while a filling is open."""
        self.advance(now)
        if self.state in (*_RUNNING, PumpState.LIMIT_REACHED):
            return False
        if not self._ignores(now):
            self.prices |= {nozzle: price for nozzle, price in prices.items() if nozzle in self.body.totalisers}
            if self.state is PumpState.UNPROGRAMMED and len(self.prices) == len(self.body.totalisers):
                self.go(self.manners.rest, now)
        return True

    def switch_off(self, now: int) -> None:
        """Out of service, whatever it did."""
        self.advance(now)
        self.go(PumpState.OFF, now)

    # ── What it says ──────────────────────────────────────────────────────────────────────────────────────────────────

    def shown(self) -> tuple[int, int]:
        """Millilitres and fen on the display, as told on the line."""
        if self._told_again and self.state is PumpState.AUTHORISED:
            return self._shown_before
        return self.body.volume + self._carried[0], self.body.amount + self._carried[1]

    def total(self, nozzle: int) -> int:
        """Millilitres of a nozzle's totaliser, as told on the line; 0 for a nozzle that is not there."""
        fresh = self._now >= self._totals_fresh_at
        totals = self.body.totalisers if fresh else self._totals
        return totals.get(nozzle, 0) % self.manners.totaliser_modulus

    def on_change(self, change: Change) -> None:
        """For protocols that tell by themselves."""

    # ── Going from one state to the next ──────────────────────────────────────────────────────────────────────────────

    def go(self, state: PumpState, now: int) -> None:
        """To this state."""
        ended = state in (PumpState.FINISHED, PumpState.OFF) and self.state is not state
        if ended:
            self.body.end(now)
            if self.body.volume and self.faults.strikes("previous-sale-added"):
                self._carried = self._shown_before
            self._refresh_totals(now)
            self.on_change(Change.FIGURES)
        if state is PumpState.AUTHORISED and self.state is not PumpState.SUSPENDED:
            self._told_again = self._shown_before != (0, 0) and self.faults.strikes("unsolicited-last-sale")
            self._will_restart = self.faults.strikes("cpu-reset")
            if self._told_again:
                self.on_change(Change.FIGURES)
        self.state = state
        self.body.rest(now)
        self.on_change(Change.STATE)

    def _fuel_flows(self, now: int) -> None:
        if self.state is PumpState.AUTHORISED:
            self._told_again = False
            self.go(PumpState.FUELLING, now)

    def _take_out(self, nozzle: int) -> None:
        self.body.out = self.selected = nozzle
        self.on_change(Change.NOZZLE)

    def _put_back(self, now: int) -> None:
        self.body.out = self.body.squeezed = 0
        self.on_change(Change.NOZZLE)
        if self.state in _OPEN:
            self.go(PumpState.FINISHED, now)
        elif self.state is PumpState.AUTHORISED and self.manners.hanging_up_ends_release:
            self.go(self.manners.stopped, now)

    def _drip(self, at: int, nozzle: int) -> None:
        """The display counts it as long as the sale stands there."""
        self._dripping = None
        stands = self.state is PumpState.FINISHED and self.body.volume > 0 and not self.manners.tells_as_ended
        self.body.drip(nozzle, self._drops(), at, self.prices[nozzle] if stands else None)
        self.on_change(Change.FIGURES)

    def _drops(self) -> int:
        return _SMALLEST_DRIP * (1 + self.faults.place(_DRIPS))

    def _zero(self, now: int) -> None:
        self.body.end(now)
        self._shown_before, self._carried = self.shown(), (0, 0)
        self.body.zero()
        self.preset = None
        self.on_change(Change.FIGURES)

    def _ignores(self, now: int) -> bool:
        """It says yes and does nothing; or it says nothing to anybody for some seconds."""
        if self.faults.strikes("frozen"):
            self._frozen_until = now + _FROZEN
        return self.faults.strikes("ignored-command")

    def _refresh_totals(self, now: int) -> None:
        """The totals that are told are those of before, for a while."""
        if self.faults.strikes("stale-totals"):
            self._totals_fresh_at = now + _STALE
        else:
            self._totals = dict(self.body.totalisers)

    def _near_the_end(self) -> None:
        for nozzle in self.body.totalisers:
            self.body.totalisers[nozzle] = self.manners.totaliser_modulus - 20_000
        self._totals = dict(self.body.totalisers)
