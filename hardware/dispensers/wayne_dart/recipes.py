"""How each command is carried out on a DART pump: which blocks, in which order, and what proves them. Pure.

An acknowledgement is a fact of the link only: some heads acknowledge a reset and stay where they are. So a step is
proved by what the pump says afterwards; where that does not come, the status is asked for before it is tried again.
"""

from collections.abc import Callable, Generator, Mapping
from functools import partial
from typing import Final

from msgspec import Struct

from hardware.dispensers.wayne_dart import commands, readings
from hardware.dispensers.wayne_dart.commands import Command, Dcc
from hardware.dispensers.wayne_dart.point import Point
from hardware.dispensers.wayne_dart.readings import Filled, Prices, State, Status, Totals
from hardware.dispensers.wayne_dart.transactions import Transaction, encode
from hardware.ports import (
    Authorise,
    Clear,
    PumpCommand,
    PumpState,
    ReadState,
    ReadTotaliser,
    Resume,
    SetPrices,
    Stop,
    Suspend,
    TotaliserRead,
)
from shared.money import per_litre
from shared.sale import Preset, PresetKind

Proof = Callable[[Transaction], bool]


class Step(Struct, frozen=True):
    """A block, and what proves that it took effect."""

    block: tuple[Transaction, ...]
    proof: Proof | None = None
    """None: the acknowledgement is all there will be."""
    patience: int = 600_000
    """Microseconds from the acknowledgement to the proof."""
    tries: int = 3
    check: bool = False
    """Ask for the status before trying again."""


Recipe = Generator[Step, Transaction | None, str]
"""Yields steps; gets the transaction that proved each, or None. Returns empty when done, or a sentence why not."""

ASK_STATE: Final = (Command(Dcc.RETURN_STATUS),)
_BUSY: Final = (PumpState.AUTHORISED, PumpState.FUELLING, PumpState.SUSPENDED, PumpState.LIMIT_REACHED)
_WITH_FIGURES: Final = (*_BUSY, PumpState.READY, PumpState.FINISHED)
_SLOW_HEAD = 2_000_000
"""Some heads take noticeably long to become authorised."""
_TAKEN: Final = (State.AUTHORISED, State.FILLING, State.SUSPENDED, State.MAXIMUM, State.COMPLETED)
"""Each proves an authorisation that was sent to a pump at rest: a short filling may be over before the next poll."""
_GREATEST: Final = 99_999_999


def recipe(point: Point, command: PumpCommand) -> Recipe:
    """The recipe of a command at this point, in its present state."""
    match command:
        case Authorise():
            return authorise(point, command)
        case Stop():
            return stop()
        case Suspend():
            return suspend(point)
        case Resume():
            return resume(point)
        case Clear():
            return clear(point)
        case SetPrices():
            return set_prices(point, command)
        case ReadTotaliser():
            return read_totaliser(point, command)
        case ReadState():
            return read_state(point)


def greet(point: Point) -> Recipe:
    """A pump that answers for the first time, or again. The first block is harmless: a pump whose last block had
    number 0 as well takes it for a repetition and drops it."""
    point.forget()
    yield Step(ASK_STATE, _is(Status))
    yield from figures(point)
    return ""


def errands(point: Point) -> list[Callable[[], Recipe]]:
    """What is good to know of a pump that answers, and can wait; many pumps don't tell it."""
    questions: dict[Dcc, type[Transaction]] = {
        Dcc.RETURN_PRICES: Prices,
        Dcc.RETURN_PARAMETERS: readings.Parameters,
        Dcc.RETURN_IDENTITY: readings.Identity,
    }
    if point.options.edition == "s4":
        del questions[Dcc.RETURN_PRICES]
    return [partial(_learn, code, kind) for code, kind in questions.items()]


def _learn(code: Dcc, kind: type[Transaction]) -> Recipe:
    yield Step((Command(code),), _is(kind), tries=1)
    return ""


def read_state(point: Point) -> Recipe:
    """State, nozzle, price and figures, told whether they changed or not."""
    point.forget_nozzle()
    if (yield Step(ASK_STATE, _is(Status))) is None:
        return "It does not say its state."
    yield from figures(point)
    return ""


def figures(point: Point) -> Recipe:
    """The figures on the display, in the states in which a pump tells them."""
    if point.state in _WITH_FIGURES and (yield Step((Command(Dcc.RETURN_FILLING_INFO),), _is(Filled))) is None:
        point.repeat_figures()
    return ""


def authorise(point: Point, command: Authorise) -> Recipe:
    """Reset where needed, then nozzles, preset and authorisation in one block. An authorisation that is not confirmed
    is taken back by a stop, so that it can't come true later."""
    blocked = _not_now(point, command)
    if blocked:
        return blocked
    preset = _preset(point, command.preset)
    if point.state is PumpState.READY and point.preset_left:
        yield Step((Command(Dcc.STOP),), _state(State.COMPLETED), check=True)
    if point.state is not PumpState.READY or point.preset_left:
        reset = yield Step((Command(Dcc.RESET),), _state(State.RESET), check=True)
        if reset is None:
            return "It does not reset its display."
    point.preset_left = bool(preset)
    block = (commands.AllowedNozzles(command.nozzles), *preset, Command(Dcc.AUTHORISE))
    *before, last = _portions(block, point.options.room)
    for portion in before:
        yield Step(portion)
    if (yield Step(last, _state(*_TAKEN), _SLOW_HEAD, tries=2, check=True)) is not None:
        return ""
    yield Step((Command(Dcc.STOP),), _state(State.COMPLETED), check=True)
    return "It does not take the authorisation."


def _portions(block: tuple[Transaction, ...], room: int) -> list[tuple[Transaction, ...]]:
    """In one frame where it fits into the pump's buffer; otherwise one after the other."""
    return [block] if len(encode(block)) <= room else [(said,) for said in block]


def _not_now(point: Point, command: Authorise) -> str:
    if not command.nozzles or not all(1 <= nozzle <= point.nozzles for nozzle in command.nozzles):
        return f"It has nozzles 1 to {point.nozzles}, and not {command.nozzles}."
    if command.preset is not None and not 0 < _limit(point, command.preset) <= _GREATEST:
        return "It can't be preset to this limit."
    if point.state is PumpState.UNPROGRAMMED:
        return "It has no prices yet."
    if point.state is None or point.state in _BUSY:
        return f"It can't be authorised while it is {point.state or 'unknown'}."
    return ""


def _limit(point: Point, preset: Preset) -> int:
    if preset.kind is PresetKind.AMOUNT:
        return point.figures.pump_amount(preset.value)
    return point.figures.pump_volume(preset.value)


def _preset(point: Point, preset: Preset | None) -> tuple[Transaction, ...]:
    if preset is None:
        return ()
    kind = commands.PresetAmount if preset.kind is PresetKind.AMOUNT else commands.PresetVolume
    return (kind(_limit(point, preset)),)


def stop() -> Recipe:
    """Sent whatever the state was last: it may be about to change."""
    proof = _state(State.COMPLETED, State.NOT_PROGRAMMED)
    if (yield Step((Command(Dcc.STOP),), proof, patience=300_000, check=True)) is None:
        return "It does not stop."
    return ""


def suspend(point: Point) -> Recipe:
    """In both dialects: CD14 first, then the command of edition 2.11; the next time the one that was understood."""
    if point.state not in (PumpState.AUTHORISED, PumpState.FUELLING):
        return f"There is nothing to suspend while it is {point.state or 'unknown'}."
    for by_command in (point.suspends_by_command, not point.suspends_by_command):
        block = Command(Dcc.SUSPEND) if by_command else commands.Suspend(0)
        if (yield Step((block,), _either(readings.Suspended, State.SUSPENDED), tries=1)) is not None:
            point.suspends_by_command = by_command
            return ""
    return "It can't suspend a filling."


def resume(point: Point) -> Recipe:
    """In both dialects, as :func:`suspend`."""
    if point.state is not PumpState.SUSPENDED:
        return f"There is nothing to resume while it is {point.state or 'unknown'}."
    for by_command in (point.suspends_by_command, not point.suspends_by_command):
        block = Command(Dcc.RESUME) if by_command else commands.Resume(0)
        if (yield Step((block,), _either(readings.Resumed, State.AUTHORISED, State.FILLING), tries=1)) is not None:
            yield Step(ASK_STATE, _is(Status))  # pumps without status 8 say nothing of it by themselves
            return ""
    return "It does not resume the filling."


def clear(point: Point) -> Recipe:
    """A reset, and only of a filling that is over."""
    if point.state is PumpState.READY:
        return ""
    if point.state is not PumpState.FINISHED:
        return f"It can't be cleared while it is {point.state or 'unknown'}."
    if (yield Step((Command(Dcc.RESET),), _state(State.RESET), check=True)) is None:
        return "It does not reset its display."
    return ""


def set_prices(point: Point, command: SetPrices) -> Recipe:
    """All nozzles at once, then what the pump says of them: its price list, or the price of its selected nozzle."""
    if point.state is None or point.state in _BUSY:
        return f"Its prices can't be changed while it is {point.state or 'unknown'}."
    wanted = [command.prices.get(nozzle) for nozzle in range(1, point.nozzles + 1)]
    prices = [None if price is None else point.figures.pump_price(price) for price in wanted]
    for nozzle, (price, shown) in enumerate(zip(wanted, prices, strict=True), 1):
        if shown is None or not 0 <= shown <= 999_999:
            return f"It can't show {'no price' if price is None else per_litre(price)} for nozzle {nozzle}."
    update = commands.PriceUpdate(tuple(price for price in prices if price is not None))
    if len(encode((update,))) > point.options.room:
        return f"The prices of {point.nozzles} nozzles are more than fits into its buffer."
    yield Step((update,))
    return (yield from _read_back(point, dict(enumerate(wanted, 1))))


def _read_back(point: Point, wanted: Mapping[int, int | None]) -> Recipe:
    """What the pump says of its prices now: in its list, or with the nozzle that was selected last."""
    point.forget_nozzle()
    point.forget_prices()
    told = None
    if point.options.edition != "s4":
        told = yield Step((Command(Dcc.RETURN_PRICES),), _is(Prices), patience=400_000, tries=2)
    yield Step(ASK_STATE, _is(Status))
    if all(point.shows(nozzle) in (None, price) for nozzle, price in wanted.items()):
        return ""
    if isinstance(told, Prices) and len(told.prices) > point.nozzles:
        return (
            f"It kept its old prices: it has {len(told.prices)} nozzles, and the configuration names {point.nozzles}. "
            "A pump ignores fewer prices than it has nozzles; please add the missing ones."
        )
    return "It kept its old prices."


def read_totaliser(point: Point, command: ReadTotaliser) -> Recipe:
    """The answer must be for this very nozzle: another one is an orphan of another question."""
    if not 1 <= command.nozzle <= min(point.nozzles, 8):
        return f"It has no totaliser for nozzle {command.nozzle}."
    asked = commands.RequestTotals(command.nozzle)
    said = yield Step((asked,), lambda t: isinstance(t, Totals) and t.counter == command.nozzle, tries=2)
    volume, modulus = None, 0
    if isinstance(said, Totals):
        volume, modulus = point.figures.totaliser(said.total), point.figures.modulus(said.digits)
    point.tell(TotaliserRead(point.number, command.nozzle, volume, modulus))
    return ""


def _is(kind: type[Transaction]) -> Proof:
    return lambda said: isinstance(said, kind)


def _state(*states: State) -> Proof:
    return lambda said: isinstance(said, Status) and said.state in states


def _either(kind: type[Transaction], *states: State) -> Proof:
    return lambda said: isinstance(said, kind) or (isinstance(said, Status) and said.state in states)
