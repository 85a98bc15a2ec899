"""A dispenser in memory, honest unless told otherwise: what a session tells of it, without a line between.

It answers a command at once, with the events that a session would have made of the pump's own words.
"""

from collections.abc import Callable

from hardware.ports import (
    AlarmRaised,
    Authorise,
    Clear,
    CommandDone,
    CommandFailed,
    FillingRead,
    NozzleLifted,
    NozzleReturned,
    PointAnswered,
    PointSilent,
    PriceRead,
    PumpCommand,
    PumpEvent,
    PumpState,
    PumpStateRead,
    ReadState,
    ReadTotaliser,
    Resume,
    SetPrices,
    Stop,
    Suspend,
    TotaliserRead,
)
from shared.money import amount_of
from shared.sale import Preset, PresetKind

Hear = Callable[[list[PumpEvent]], None]
MODULUS = 10**11


class FakePump:
    """One fuelling point. ``hear`` gets its events; it may be changed, as when the agent is restarted."""

    def __init__(self, point: int, prices: dict[int, int]) -> None:
        self.point = point
        self.hear: Hear = lambda _: None
        self.prices = dict(prices)
        self.totalisers = dict.fromkeys(prices, 1_000_000)
        self.state = PumpState.READY
        self.volume = 0
        self.amount = 0
        self.nozzle = 0
        self.out = False
        self.allowed: tuple[int, ...] = ()
        self.preset: Preset | None = None
        self.commands: list[PumpCommand] = []
        self.deaf: set[type] = set()
        """Kinds of commands that it does not take."""
        self.lost: set[type] = set()
        """Kinds of commands whose acknowledgement is lost though they are carried out."""
        self.unplugged = False
        """Whatever is sent to it goes nowhere."""
        self.tells_prices = True
        self.tells_totaliser = True
        self.replay = (0, 0)
        """Millilitres and fen that its data link adds to the final figures: the fault of Chengdu."""

    # ── What people do ────────────────────────────────────────────────────────────────────────────────────────────────

    def power_on(self) -> None:
        """It answers, for the first time or again."""
        self._tell(PointAnswered(self.point))

    def fall_silent(self) -> None:
        """Nothing comes from it any more."""
        self._tell(PointSilent(self.point))

    def lift(self, nozzle: int = 1) -> None:
        """A customer takes a nozzle."""
        self.nozzle, self.out = nozzle, True
        self._tell(NozzleLifted(self.point, nozzle, self.prices[nozzle]))

    def flow(self, volume: int) -> None:
        """So many millilitres run; a preset stops them."""
        if self.state not in (PumpState.AUTHORISED, PumpState.FUELLING) or self.nozzle not in self.allowed:
            return
        if self.state is PumpState.AUTHORISED:
            self._go(PumpState.FUELLING)
        run = min(volume, self._room())
        self.volume += run
        self.totalisers[self.nozzle] = (self.totalisers[self.nozzle] + run) % MODULUS
        self.amount = amount_of(self.volume, self.prices[self.nozzle])
        self._tell_figures()
        if run < volume:
            self._go(PumpState.LIMIT_REACHED)

    def hang_up(self) -> None:
        """The customer is done."""
        self.out = False
        self._tell(NozzleReturned(self.point, self.nozzle))
        if self.state in (PumpState.FUELLING, PumpState.LIMIT_REACHED, PumpState.SUSPENDED):
            self._finish()

    def fill(self, volume: int, nozzle: int = 1) -> None:
        """Flow and hang up, the nozzle being lifted and released already."""
        self.flow(volume)
        self.hang_up()

    def release_itself(self) -> None:
        """Somebody turned its key: no leave was asked."""
        self.allowed, self.preset = tuple(self.prices), None
        self._reset()
        self._go(PumpState.AUTHORISED)

    def alarm(self, word: str, code: int) -> None:
        """It reports a fault."""
        self._tell(AlarmRaised(self.point, word, code))

    # ── What the agent says ───────────────────────────────────────────────────────────────────────────────────────────

    def post(self, command: PumpCommand) -> None:
        """Carry it out, or not."""
        if self.unplugged:
            return
        self.commands.append(command)
        if type(command) in self.deaf:
            self._tell(CommandFailed(self.point, command, "It does not answer to this."))
            return
        self._carry_out(command)
        if type(command) in self.lost:
            self._tell(CommandFailed(self.point, command, "Its answer was lost."))
        else:
            self._tell(CommandDone(self.point, command))

    def said(self, kind: type) -> int:
        """How many commands of this kind came."""
        return sum(isinstance(command, kind) for command in self.commands)

    def _carry_out(self, command: PumpCommand) -> None:
        match command:
            case ReadState():
                self._tell_all()
            case Authorise():
                self.allowed, self.preset = command.nozzles, command.preset
                self._reset()
                self._go(PumpState.AUTHORISED)
            case Stop():
                self._finish()
            case Suspend():
                self._go(PumpState.SUSPENDED)
            case Resume():
                self._go(PumpState.FUELLING if self.volume else PumpState.AUTHORISED)
            case Clear():
                self._reset()
            case SetPrices():
                self.prices = dict(command.prices)
                self._tell_prices()
            case ReadTotaliser():
                known = self.totalisers.get(command.nozzle) if self.tells_totaliser else None
                self._tell(TotaliserRead(self.point, command.nozzle, known, MODULUS))

    def _reset(self) -> None:
        self.volume = self.amount = 0
        self._go(PumpState.READY)
        self._tell_figures()

    def _finish(self) -> None:
        if self.state is not PumpState.FINISHED:
            self.volume, self.amount = self.volume + self.replay[0], self.amount + self.replay[1]
        self._tell_figures()
        self._go(PumpState.FINISHED)

    def _room(self) -> int:
        if self.preset is None:
            return 10**9
        if self.preset.kind is PresetKind.VOLUME:
            return self.preset.value - self.volume
        return self.preset.value * 10_000 // self.prices[self.nozzle] - self.volume

    def _go(self, state: PumpState) -> None:
        self.state = state
        self._tell(PumpStateRead(self.point, state))

    def _tell_all(self) -> None:
        self._tell(PumpStateRead(self.point, self.state))
        self._tell_figures()
        if self.out:
            self._tell(NozzleLifted(self.point, self.nozzle, self.prices[self.nozzle]))
        else:
            self._tell(NozzleReturned(self.point, self.nozzle))
        self._tell_prices()

    def _tell_figures(self) -> None:
        self._tell(FillingRead(self.point, self.volume, self.amount))

    def _tell_prices(self) -> None:
        if self.tells_prices:
            for nozzle, price in self.prices.items():
                self._tell(PriceRead(self.point, nozzle, price))

    def _tell(self, event: PumpEvent) -> None:
        self.hear([event])
