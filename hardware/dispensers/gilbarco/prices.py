"""How prices are set on a Gilbarco pump: a block for each grade and level, proved by the totals. Pure."""

from collections.abc import Mapping
from typing import Final

from hardware.dispensers.gilbarco import blocks
from hardware.dispensers.gilbarco.pump import Pump
from hardware.dispensers.gilbarco.readings import Totals
from hardware.dispensers.gilbarco.words import AT_REST
from hardware.polling.dialogue import Later, Turn
from hardware.ports import SetPrices
from shared.money import per_litre

_BEFORE_READING_BACK: Final = 1_000_000
_TRIES: Final = 3
_MOST: Final = 9_999


def set_prices(pump: Pump, command: SetPrices) -> Turn:
    """A block for each grade and level that differs, and what the totals say of them a second later."""
    point = pump.point
    if (yield from pump.look()) not in AT_REST:
        return f"Its prices can't be changed while it is {point.word}."
    shown, why = _shown(pump, command.prices)
    if why:
        return why
    totals = yield from pump.speaker.totals()
    for _ in range(_TRIES):
        for block in _differing(pump, shown, totals):
            if blocked := (yield from pump.send(block)):
                return blocked
        if totals is None or _differing(pump, shown, totals):
            yield Later(_BEFORE_READING_BACK)
            totals = yield from pump.speaker.totals()
        if totals is not None and not _differing(pump, shown, totals):
            point.keep(None, totals)
            point.tell_again()
            point.tell_news()
            return ""
    return pump.speaker.strange or "It kept its old prices."


def _shown(pump: Pump, prices: Mapping[int, int]) -> tuple[dict[int, int], str]:
    """The prices as the pump counts them, and why they can't be shown."""
    shown: dict[int, int] = {}
    for nozzle in range(1, pump.point.nozzles + 1):
        wanted = prices.get(nozzle)
        price = None if wanted is None else pump.point.figures.pump_price(wanted)
        if price is None or not 0 < price <= _MOST:
            return {}, f"It can't show {'no price' if wanted is None else per_litre(wanted)} for nozzle {nozzle}."
        shown[nozzle] = price
    return shown, ""


def _differing(pump: Pump, shown: Mapping[int, int], totals: Totals | None) -> list[blocks.Price]:
    """What is still to be told; everything, when it is not known what the pump has."""
    has = {(said.grade, 1): said.price_1 for said in totals or ()}
    has |= {(said.grade, 2): said.price_2 for said in totals or ()}
    levels = (1, 2) if pump.options.second_level else (1,)
    wanted = [blocks.Price(grade, level, price) for grade, price in shown.items() for level in levels]
    return [block for block in wanted if has.get((block.grade, block.level)) != block.price]
