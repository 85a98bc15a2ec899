"""How a Censtar pump is asked and told, and what proves that it obeyed. Pure.

An answer to a command says at most that it was taken; what it did is read from the status afterwards. A sale is
confirmed by the very sequence number whose figures the station was told. (China domestic notes, section 2)
"""

from collections.abc import Callable
from typing import Final, TypeVar

from hardware.bcd import bcd
from hardware.dispensers.censtar.frames import Code, Frame, decode, encode, reader
from hardware.dispensers.censtar.options import Options, TotalsForm
from hardware.dispensers.censtar.pump import FLOWING, HALTED, Pump
from hardware.dispensers.censtar.readings import (
    Sale,
    State,
    Status,
    read_price,
    read_running,
    read_sale,
    read_status,
    read_totals,
    read_verdict,
)
from hardware.polling.dialogue import SILENT, Ask, Tell, Turn
from hardware.polling.single import SingleNozzle, Talk, sensible
from hardware.ports import PointOnLine
from shared.sale import Preset, PresetKind

R = TypeVar("R")

_TRIES: Final = 5
"""As the notes have it."""
MISSES: Final = 8
"""Answers that may fail to come before it is silent: those of the tries, and of what is asked behind them."""
_OPEN_MODE: Final = b"\xaa"
_AMOUNT_TYPE: Final = b"\0"
_MOST_CHAINS: Final = 9_999


class Talker(SingleNozzle):
    """One fuelling point in conversation; implements :class:`hardware.polling.dialogue.Talker`."""

    def __init__(self, place: PointOnLine, options: Options, tell: Tell) -> None:
        self.pump = Pump(place, tell)
        self.figures = self.pump.figures
        self._options = options
        self._chain = 0

    @property
    def number(self) -> int:
        """The fuelling point."""
        return self.pump.number

    @property
    def active(self) -> bool:
        """Fuel may be flowing."""
        return self.pump.running

    def forget(self) -> None:
        """It fell silent."""
        self.pump.forget()

    def greet(self) -> Turn:
        """Status, price, and the figures of what runs or is not confirmed yet. Nothing is confirmed here."""
        self.pump.forget()
        said = None
        while said is None:  # until it answers, or falls silent
            said = yield from self._status()
        yield from self._price()
        self.pump.total = yield from self._total(tries=1)
        yield from self._follow(said)
        return ""

    def poll(self) -> Turn:
        """The status; and the figures where fuel flows or a sale is new."""
        said = yield from self._status()
        if said is not None and self.pump.status is not None:
            yield from self._follow(said)
        return ""

    # ── Questions ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def _ask(self, code: Code, data: bytes = b"", makes_sense: Callable[[bytes], object] = decode) -> Ask:
        asked = encode(Frame(code, self.pump.address, data))
        return Ask(asked, sensible(reader(asked), makes_sense), self._options.answer_ms * 1_000)

    def _once(self, code: Code, read: Callable[[bytes], R], data: bytes = b"") -> Talk[R | None]:
        answer = yield self._ask(code, data, read)
        return None if answer is None else read(answer)

    def _read(self, code: Code, read: Callable[[bytes], R], tries: int = _TRIES) -> Talk[R | None]:
        """Again where the answer is lost."""
        for _ in range(tries):
            found = yield from self._once(code, read)
            if found is not None:
                return found
        return None

    def _status(self) -> Talk[Status | None]:
        return (yield from self._once(Code.STATUS, read_status))

    def _look(self) -> Talk[Status | None]:
        said = yield from self._read(Code.STATUS, read_status)
        if said is not None:
            yield from self._follow(said)
        return said

    def _follow(self, said: Status) -> Talk[None]:
        """Read what this status makes readable, and tell what is new."""
        before, pump = self.pump.status, self.pump
        if pump.hear(said):
            pump.settle((yield from self._total(tries=1)))
        if said.out and before is not None and not before.out:
            yield from self._price()
        if pump.unread and pump.sale is None:
            yield from self._sale(tries=1)
        elif said.state in FLOWING or (pump.held and pump.display is None):
            pump.read(None, (yield from self._once(Code.RUNNING, read_running)))
        pump.tell_news()

    def _price(self) -> Talk[None]:
        price = yield from self._read(Code.READ_PRICE, read_price)
        self.pump.price = price if price is not None else self.pump.price

    def _total(self, tries: int = _TRIES) -> Talk[int | None]:
        form = self._options.totals
        totals = yield from self._read(Code.TOTALS, lambda raw: read_totals(raw, form), tries)
        return None if totals is None else totals.volume

    def _sale(self, tries: int = _TRIES) -> Talk[Sale | None]:
        """The unread sale, and the display beside it."""
        sale = yield from self._read(Code.READ_SALE, self._sale_of, tries)
        display = yield from self._once(Code.RUNNING, read_running)
        self.pump.read(sale, display)
        return sale

    def _sale_of(self, raw: bytes) -> Sale:
        return read_sale(raw, self._options.sale)

    # ── Reading ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def read_state(self) -> Turn:
        """The figures of a filling that is over are read anew."""
        pump = self.pump
        said = yield from self._look()
        if said is None:
            return SILENT
        if pump.unread and (yield from self._sale()) is None:
            return "It does not tell its last sale."
        if pump.over and not pump.unread:
            pump.read(None, (yield from self._read(Code.RUNNING, read_running)))
        pump.again()
        pump.tell_news()
        return ""

    def read_totaliser(self) -> Turn:
        """Eight digits, or 32 bits."""
        total = yield from self._total()
        if total is None:
            return "It does not tell its totals. Please check whether this line needs the option totals."
        self.pump.total = total
        self.pump.tell_total(binary=self._options.totals is TotalsForm.BINARY)
        return ""

    # ── Recording ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def clear(self) -> Turn:
        """Confirm the sale that the station was told, and no other."""
        said = yield from self._look()
        if said is None:
            return SILENT
        if self.pump.stopped:
            return "Its nozzle is still up. Please hang it up first."
        if self.pump.open:
            return "A filling is running. It can be cleared when it is over."
        blocked = (yield from self._confirm()) if self.pump.unread else ""
        if not blocked:
            self.pump.clear()
            self.pump.tell_news()
        return blocked

    def _confirm(self) -> Talk[str]:
        """Bit 4 of the status goes out, or another sale stands there now."""
        told, pump = self.pump.sale, self.pump
        for _ in range(_TRIES):
            sale = yield from self._sale()
            if sale is None or told is None:
                return "It does not tell its last sale, so that can't be confirmed."
            if sale != told:
                pump.tell_news()
                return "Another sale stands there now. It was read, and can be recorded."
            yield self._ask(Code.CONFIRM_SALE, told.sequence)
            said = yield from self._look()
            if said is None:
                return SILENT
            if not pump.unread or (yield from self._sale()) not in (None, told):
                return ""
        return "It does not let its last sale be confirmed."

    # ── Prices ────────────────────────────────────────────────────────────────────────────────────────────────────────

    def set_price(self, number: int) -> Turn:
        """What is read back holds, whatever was answered."""
        blocked = yield from self._at_rest()
        if blocked:
            return blocked
        for _ in range(_TRIES):
            yield from self._once(Code.PRICE, read_verdict, bcd(number, 2))
            price = yield from self._read(Code.READ_PRICE, read_price)
            if price is None:
                return SILENT
            self.pump.price = price
            self.pump.again()
            self.pump.tell_news()
            if price == number:
                return ""
        return "It does not take the price. Please look whether it is locked at its keyboard."

    def _at_rest(self) -> Talk[str]:
        """Empty when no filling is open and none waits to be recorded; otherwise why not."""
        said = yield from self._look()
        while said is not None and self.pump.running and not self.pump.open_at_pump:  # how did the last release end?
            said = yield from self._look()
        if said is None:
            return SILENT
        if self.pump.open:
            return "It can't do that while a filling is running."
        if self.pump.over and self.pump.shown[0]:
            return "Its last filling is not recorded yet."
        return (yield from self.clear()) if self.pump.over else ""

    # ── Releasing ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def authorise(self, preset: Preset | None) -> Turn:
        """Open it, set the limit, release it; and a status that proves it. One that is not confirmed is taken back."""
        blocked = (yield from self._at_rest()) or (yield from self._opened()) or self._not_now(preset)
        if blocked:
            return blocked
        self.pump.total = yield from self._total(tries=2)
        blocked = (yield from self._limit(preset)) or (yield from self._release(preset))
        if blocked:
            yield from self.stop()
        return blocked

    def _opened(self) -> Talk[str]:
        for _ in range(_TRIES):
            said = self.pump.status
            if said is None or said.state is not State.CLOSED:
                return ""
            if not self._options.opens:
                break
            yield self._ask(Code.MODE, _OPEN_MODE)
            if (yield from self._look()) is None:
                return SILENT
        return "It is closed. Please open it at its keyboard."

    def _not_now(self, preset: Preset | None) -> str:
        said = self.pump.status
        if said is None or said.state is State.INOPERATIVE:
            return "It says that it is out of order. Please look at its display."
        if not self.pump.price:
            return "It has no price yet."
        return "" if preset is None or self.limit(preset) else "It can't be preset to this limit."

    def _limit(self, preset: Preset | None) -> Talk[str]:
        """A limit can't be read back: it must be accepted. It is repeated with the same chain number."""
        if preset is None:
            return ""
        self._chain = self._chain % _MOST_CHAINS + 1
        chain, number = bcd(self._chain, 2), bcd(self.limit(preset), 3)
        volume = preset.kind is PresetKind.VOLUME
        code, data = (Code.VOLUME_LIMIT, number) if volume else (Code.AMOUNT_LIMIT, number + _AMOUNT_TYPE)
        for _ in range(_TRIES):
            accepted = yield from self._once(code, read_verdict, data + chain)
            if accepted is not None:
                return "" if accepted else "It refuses the limit."
            if (yield from self._look()) is None or self.pump.open or self.pump.over:
                break
        return "It does not take the limit."

    def _release(self, preset: Preset | None) -> Talk[str]:
        """Said again only to a pump that is seen at rest and has nothing unread: a short filling may be over."""
        for tried in range(_TRIES):
            if tried or preset is None:  # where a limit has released it already, it is not released again
                yield self._ask(Code.AUTHORISE)
            if (yield from self._look()) is None:
                break
            if self.pump.open_at_pump or self.pump.over:
                self.pump.preset = preset if self.pump.open_at_pump else None
                return ""
        return "It does not take the release."

    def stop(self) -> Turn:
        """Sent whatever the status was last: it may be about to change."""
        for _ in range(_TRIES):
            yield self._ask(Code.STOP)
            said = yield from self._look()
            if said is not None and said.state in HALTED:
                self.pump.stopped = True
                self.pump.tell_news()
                return ""
            if said is not None and not self.pump.open_at_pump:
                return ""
        return "It does not stop. Please hang the nozzle up, or press the emergency stop."
