"""How each command is carried out on a Gilbarco pump, and what proves it. Pure.

Authorise, stop and all stop have no reply: a poll after a while tells what became of them. Data blocks are refused by
a DATA ERROR or taken; prices are read back from the totals.
"""

from typing import Final

from hardware.dispensers.gilbarco import blocks
from hardware.dispensers.gilbarco.blocks import Limit
from hardware.dispensers.gilbarco.prices import set_prices
from hardware.dispensers.gilbarco.pump import Pump
from hardware.dispensers.gilbarco.talk import Talk
from hardware.dispensers.gilbarco.words import AT_REST, READABLE, Code, Status
from hardware.polling.dialogue import Pause, Turn
from hardware.ports import (
    Authorise,
    Clear,
    PumpCommand,
    ReadState,
    ReadTotaliser,
    Resume,
    SetPrices,
    Stop,
    Suspend,
    TotaliserRead,
)
from shared.sale import Preset, PresetKind

_BEFORE_RELEASE: Final = 100_000
"""Between a preset and the release that follows it."""
_TRIES: Final = 3
_SMALLEST: Final = 10
"""Counts of a preset."""
_VOLUME_DIGITS: Final = 5
_RELEASED: Final = (Status.AUTH, Status.BUSY)
_GONE: Final = "It does not answer."


def recipe(pump: Pump, command: PumpCommand) -> Turn:
    """The recipe of a command for this pump."""
    match command:
        case Authorise():
            return authorise(pump, command)
        case Stop():
            return stop(pump)
        case Suspend():
            return suspend(pump)
        case Resume():
            return resume(pump)
        case Clear():
            return clear(pump)
        case SetPrices():
            return set_prices(pump, command)
        case ReadTotaliser():
            return read_totaliser(pump, command)
        case ReadState():
            return read_state(pump)


# ── Reading ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def read_state(pump: Pump) -> Turn:
    """State, nozzle and prices told whether they changed or not, and the figures read anew where a sale stands."""
    point = pump.point
    point.tell_again()
    status = yield from pump.look()
    if status is None:
        return _GONE
    if point.held or status is Status.STOP:
        said = yield from pump.speaker.transaction()
        if said is None:
            return pump.speaker.strange or "It does not tell its last sale."
        point.read_again(said)
    if status is Status.STOP or not point.running:
        point.tell_sale()
    return ""


def read_totaliser(pump: Pump, command: ReadTotaliser) -> Turn:
    """Readable between fillings only; what can't be told for certain is told as None."""
    point, status = pump.point, (yield from pump.look())
    if not 1 <= command.nozzle <= point.nozzles:
        return f"It has no totaliser for nozzle {command.nozzle}."
    if status is None:
        return _GONE
    told = (yield from _total(pump, command.nozzle)) if status in READABLE else None
    volume, modulus = told or (None, 0)
    point.tell(TotaliserRead(point.number, command.nozzle, volume, modulus))
    return ""


def _total(pump: Pump, nozzle: int) -> Talk[tuple[int, int] | None]:
    totals = yield from pump.speaker.totals()
    if totals is None:
        return None
    selection = (yield from pump.selection()) if pump.flagged else None
    if pump.flagged and selection is None:
        return None
    if not pump.point.running:
        pump.point.keep(None, totals)
    return pump.point.total(totals, nozzle, selection)


# ── Releasing ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def authorise(pump: Pump, command: Authorise) -> Turn:
    """Level and limit where they are wanted, then the release, and the poll that proves it. A release that is not
    confirmed is taken back, so that it can't come true later. A pump of which nobody knows whether it wants a level
    named is tried without first."""
    blocked = (yield from _prepare(pump, command)) or _not_now(pump, command)
    if blocked:
        return blocked
    for level in (False, True) if pump.level_needed is None else (pump.level_needed,):
        blocked = yield from _try(pump, command, int(level))
        if not blocked:
            pump.level_needed = level
            return ""
        if (yield from stop(pump)) or pump.point.held:
            break
    return blocked


def _try(pump: Pump, command: Authorise, level: int) -> Talk[str]:
    blocked = ""
    if command.preset is not None or _locks(pump, command):
        blocked = yield from pump.send(_limit(pump, command, level))
        yield Pause(_BEFORE_RELEASE)
    elif level:
        blocked = yield from pump.send(blocks.LevelSwitch(level))
    if blocked:
        return blocked
    pump.point.preset = command.preset
    return (yield from _release(pump))


def _release(pump: Pump) -> Talk[str]:
    """The word, and the poll that proves it. It is said again only to a pump that was seen at rest: after an answer
    that was lost a short filling may be over, and the next release would be a second one."""
    for _ in range(_TRIES):
        pump.point.begin()
        yield from pump.speaker.say(Code.AUTHORISE)
        status = yield from pump.look()
        if status in _RELEASED or pump.point.held:
            return ""
        if status not in AT_REST or pump.point.running:
            break
    return "It does not take the authorisation."


def _prepare(pump: Pump, command: Authorise) -> Talk[str]:
    """How it stands, and what must be known of it before; why not, when it can't be released."""
    status = yield from pump.look()
    if status is None:
        return _GONE
    money = command.preset is not None and command.preset.kind is PresetKind.AMOUNT
    volume = command.preset is not None and command.preset.kind is PresetKind.VOLUME
    if status in AT_REST and money and not pump.point.money_digits:
        yield from pump.discovered()
    if status is Status.CALL and (volume or _some(pump, command)):
        yield from pump.know_nozzle()
    yield from pump.look()
    return ""


def _not_now(pump: Pump, command: Authorise) -> str:
    point = pump.point
    if not command.nozzles or not all(1 <= nozzle <= point.nozzles for nozzle in command.nozzles):
        return f"It has nozzles 1 to {point.nozzles}, and not {command.nozzles}."
    if point.running:
        return f"It can't be authorised while it is {point.word}."
    if pump.speaker.strange:
        return pump.speaker.strange
    if not pump.litres:
        return "It measures in gallons. Please set it up for litres."
    if point.unprogrammed:
        return "It has no prices yet."
    if not pump.options.locks_grades and _some(pump, command):
        if not point.out:
            return "It can't be released for one nozzle before that is lifted, since any other could be used. Lift it."
        if not point.nozzle:
            return "It does not say which nozzle is lifted, so it can be released for all of them only."
    if point.out and point.nozzle and point.nozzle not in command.nozzles:
        return f"Nozzle {point.nozzle} is lifted. Hang it up, or release that one."
    return "" if command.preset is None else _no_limit(pump, command, command.preset)


def _no_limit(pump: Pump, command: Authorise, preset: Preset) -> str:
    value, size = _counts(pump, preset)
    if not _SMALLEST <= value < int("1" + "0" * size):
        return "It can't be preset to this limit."
    if preset.kind is PresetKind.VOLUME and not pump.options.locks_grades and not _grade(pump, command):
        return "A limit of volume needs to know the nozzle. Lift it first, or set a limit of money."
    return ""


def _counts(pump: Pump, preset: Preset) -> tuple[int, int]:
    """A limit as the pump counts it, and how many digits it has."""
    if preset.kind is PresetKind.VOLUME:
        return preset.value // 10, _VOLUME_DIGITS
    return pump.point.figures.pump_amount(preset.value), pump.point.money_digits or 6


def _grade(pump: Pump, command: Authorise) -> int:
    """The only grade that may deliver; 0 when there are several."""
    nozzles = {pump.point.nozzle} if pump.point.nozzle else set(command.nozzles)
    return next(iter(nozzles)) if len(nozzles) == 1 else 0


def _locks(pump: Pump, command: Authorise) -> bool:
    return pump.options.locks_grades and _some(pump, command)


def _some(pump: Pump, command: Authorise) -> bool:
    """Whether not all of its nozzles are to be released."""
    return set(command.nozzles) != set(range(1, pump.point.nozzles + 1))


def _limit(pump: Pump, command: Authorise, level: int) -> Limit:
    """The block of a preset, in the form that this pump and this limit need; without a limit, the greatest there is."""
    ranged, grade = pump.options.locks_grades, _grade(pump, command)
    kind = PresetKind.AMOUNT if command.preset is None else command.preset.kind
    value, size = _counts(pump, command.preset) if command.preset else (0, pump.point.money_digits or 6)
    level = level or int(kind is PresetKind.VOLUME)
    grades = tuple(sorted(set(command.nozzles))) if ranged else (grade,) if kind is PresetKind.VOLUME else ()
    return Limit(kind, value or int("9" * size), size, level, grades, ranged)


# ── Stopping ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def stop(pump: Pump) -> Turn:
    """Sent whatever the state was last: it may be about to change. A filling that has begun stays open at the pump
    until its handle goes down; for the station it is over."""
    for _ in range(_TRIES):
        yield from pump.speaker.say(Code.STOP)
        status = yield from pump.speaker.sure_status()
        if status is Status.STOP:
            return (yield from _halt(pump))
        if status is not None:
            yield from pump.follow(status)
        if status is not None and status not in _RELEASED:
            return ""
    return "It does not stop."


def _halt(pump: Pump) -> Turn:
    pump.point.hear(Status.STOP)
    pump.point.halted = True
    pump.point.stopped((yield from pump.speaker.transaction()))
    pump.point.tell_sale()
    pump.point.tell_news()
    return ""


def suspend(pump: Pump) -> Turn:
    """The same word as a stop, and the filling stays open. Where nothing has flowed the pump ends the release."""
    status = yield from pump.look()
    for _ in range(_TRIES):
        if status not in _RELEASED:
            break
        yield from pump.speaker.say(Code.STOP)
        status = yield from pump.look()
    if status is Status.STOP:
        return ""
    return _GONE if status is None else "There is nothing to suspend: nothing has flowed, or it is over."


def resume(pump: Pump) -> Turn:
    """Newer pumps forget the limit of a filling that they resume, so one with a limit is not resumed."""
    status = yield from pump.look()
    if status is not Status.STOP or pump.point.halted:
        return "There is no suspended filling to resume."
    if pump.point.preset is not None and not pump.options.keeps_limit:
        return "It may forget the limit of this filling. Please end it, and release the rest anew."
    for _ in range(_TRIES):
        yield from pump.speaker.say(Code.AUTHORISE)
        status = yield from pump.look()
        if status in _RELEASED:
            return ""
    return "It does not resume the filling."


def clear(pump: Pump) -> Turn:
    """The pump keeps its last sale, and shows it until the next one; here it is forgotten."""
    point, status = pump.point, (yield from pump.look())
    if status is None:
        return _GONE
    if point.released:
        hint = " Hang up the nozzle first." if point.halted else ""
        return f"It can't be cleared while it is {point.word}.{hint}"
    if point.running:
        return "Its last sale can't be read yet. Hang up the nozzle first."
    point.clear()
    point.tell_news()
    return ""
