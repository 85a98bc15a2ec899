"""One Lanfeng gun as far as it has told: statuses and figures become the station's events. Pure.

The pump has no word for the end of a filling, keeps no sale apart and is never told to clear one. So the end is judged
here, by status, figures and totals: a release that is over is held as FINISHED until the station has cleared it. What
the display shows afterwards may still be the sale before; it counts when it moved, or when the totals did.
"""

from hardware.dispensers.lanfeng.readings import TOTAL_DIGITS, Standing
from hardware.figures import Figures
from hardware.polling.dialogue import Tell
from hardware.polling.telling import NOZZLE, Telling
from hardware.ports import PointOnLine, PumpState, TotaliserRead
from shared.sale import Preset, PresetKind


class Gun:
    """What the pump said last. ``tell`` hears each event."""

    def __init__(self, place: PointOnLine, tell: Tell) -> None:
        self.number = place.point
        self.address = place.address
        self.figures = Figures(place.decimals)
        self._tell = tell
        self._telling = Telling(place.point, tell)
        self._settled: tuple[tuple[int, int], int | None] | None = None
        """Display and total when the station cleared last: a pump that comes back with the same has nothing new."""
        self.forget()

    def forget(self) -> None:
        """It fell silent: nothing that it said counts any more."""
        self.standing: Standing | None = None
        self.total: int | None = None
        self.running = False
        """It was released, and that is not known to be over."""
        self.held = False
        """A filling is over and not cleared yet."""
        self.preset: Preset | None = None
        """The limit of the release that runs."""
        self._before: tuple[tuple[int, int], int | None] | None = None
        """Display and total before the release; None when nobody saw them."""
        self._unseen: tuple[tuple[int, int], int | None] | None = None
        self._flowed = False
        self._telling.again()

    # ── What it said ──────────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def shown(self) -> tuple[int, int]:
        """Millilitres and fen on the display, whosesoever they are."""
        said = self.standing
        return (self.figures.volume(said.volume), self.figures.amount(said.amount)) if said else (0, 0)

    def found(self, said: Standing, total: int | None) -> None:
        """Its first answer. Whether a sale that stands was recorded is the station's to know, unless this one does."""
        self.standing, self.total = said, total
        self.running, self._before = said.released, self._settled
        counted = self._settled is not None and self._settled[1] != total
        self.held = not said.released and self._settled != (self.shown, total) and (self.shown[0] > 0 or counted)

    def hear(self, said: Standing) -> bool:
        """An answer to a query; whether the totals are wanted, and :meth:`weigh` after them."""
        before, self.standing = self.shown, said
        if said.released and not self.running:
            self.running, self.held, self._flowed = True, False, False
            self._before = before, self.total
        if self.running and self.shown[0] and self._moved:
            self._flowed = True
        if said.released:
            return False
        if self.running:
            self.running, self.held, self.preset = False, True, None
            return True
        if self.held or self.shown == before or not self.shown[0]:
            return False
        self._unseen = before, self.total
        return True

    def weigh(self) -> None:
        """Another display without a release that anybody saw: it was a filling if the totals have moved."""
        before, self._unseen = self._unseen, None
        if before is not None and before[1] != self.total:
            self._before, self.held = before, True

    def tell_total(self) -> None:
        """Tell the station the total."""
        volume = None if self.total is None else self.figures.totaliser(self.total)
        self._tell(TotaliserRead(self.number, NOZZLE, volume, self.figures.modulus(TOTAL_DIGITS)))

    def clear(self) -> None:
        """The station has recorded the filling."""
        self.held, self._settled = False, (self.shown, self.total)

    # ── Whose figures these are ───────────────────────────────────────────────────────────────────────────────────────

    @property
    def _moved(self) -> bool:
        """The display is not that of the sale before."""
        return self._before is None or self.shown != self._before[0]

    @property
    def _counted(self) -> bool:
        """The totals say that something flowed, though the display is the same as before."""
        return self._before is not None and None not in (self.total, self._before[1]) and self.total != self._before[1]

    @property
    def sold(self) -> tuple[int, int]:
        """Millilitres and fen of the filling that runs or is held; nothing when there is none."""
        if not (self.running or self.held):
            return 0, 0
        return self.shown if self._flowed or self._moved or self._counted else (0, 0)

    # ── Telling ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def again(self) -> None:
        """Tell everything, whether it changed or not."""
        self._telling.again()

    def tell_news(self) -> None:
        """Price, nozzle, figures and state, as far as they are news."""
        said = self.standing
        if said is None:
            return
        self._telling.price(self.figures.price(said.price))
        self._telling.nozzle(said.out)
        self._telling.figures(*self.sold)
        self._telling.state(self._state(said))

    def _state(self, said: Standing) -> PumpState:
        if said.released:
            flows = PumpState.LIMIT_REACHED if self._full else PumpState.FUELLING
            return flows if self.sold[0] else PumpState.AUTHORISED
        if self.held:
            return PumpState.FINISHED
        return PumpState.READY if said.price else PumpState.UNPROGRAMMED

    @property
    def _full(self) -> bool:
        """The pump itself has no word for it."""
        if self.preset is None:
            return False
        volume, amount = self.sold
        return (volume if self.preset.kind is PresetKind.VOLUME else amount) >= self.preset.value
