"""Running figures, which have no check, and how many digits money has."""

from itertools import pairwise

import pytest

from hardware.dispensers.gilbarco.readings import encode_money
from hardware.dispensers.gilbarco.words import Code
from hardware.ports import Authorise, Clear, FillingRead, PumpState
from shared.money import amount_of
from tests.hardware.dispensers.gilbarco.loop import FLOW, SECOND, Loop

SALE = (10_000, 7_360)


# ── Running figures ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_running_figures_never_exceed_what_has_flowed() -> None:
    """They are reckoned from the money: an overestimate would look as if figures were lost at the end."""
    loop = Loop().start()
    loop.lift(2)
    loop.done(Authorise(1, (2,)))
    loop.pump().body.squeeze(333, 6_660)
    for _ in range(50):
        loop.wire.run(SECOND // 2)
        body = loop.pump().body
        assert all(event.volume <= body.volume and event.amount <= body.amount for event in loop.told(FillingRead))
    assert len(loop.told(FillingRead)) > 20
    loop.pump().body.squeeze(0)
    loop.wire.run(2 * SECOND)
    assert loop.figures()[0] <= loop.pump().body.volume, "nor at a standstill, whatever was rounded up"
    loop.hang_up()
    loop.wire.run(2 * SECOND)
    (truth,) = loop.pump().body.fillings
    assert loop.figures() == (truth.volume, truth.amount)


@pytest.mark.parametrize("wrong", [99_999, 1])
def test_running_money_has_no_check_and_one_wrong_figure_is_believed_by_nobody(wrong: int) -> None:
    loop = Loop().start()
    loop.lift()
    loop.done(Authorise(1, (1,)))
    loop.flow(10_000)
    loop.wire.events.clear()
    hear, spoilt = loop.pump().hear, [encode_money(wrong)]
    loop.pump().hear = lambda code, now: (  # type: ignore[method-assign]
        spoilt.pop() if code is Code.MONEY and spoilt else hear(code, now)
    )
    loop.pump().body.squeeze(FLOW, 10_000)
    loop.wire.run(SECOND)
    assert not spoilt
    assert max(event.amount for event in loop.told(FillingRead)) <= 14_720
    loop.hang_up()
    loop.wire.run(2 * SECOND)
    assert loop.figures() == (20_000, 14_720), "and money that counts comes from the sale alone"


def test_six_digits_with_anything_else_among_them_are_no_money() -> None:
    loop = Loop().start()
    loop.lift()
    loop.done(Authorise(1, (1,)))
    hear = loop.pump().hear
    loop.pump().hear = lambda code, now: b"\xe1\xe2\x00\xe3\xe4\xe5" if code is Code.MONEY else hear(code, now)  # type: ignore[method-assign]
    loop.wire.events.clear()
    loop.flow(10_000)
    assert loop.told(FillingRead) == []
    assert loop.state() is None, "nothing is told that nobody knows"


def test_a_display_that_still_shows_the_last_sale_is_no_flow() -> None:
    loop = Loop().start()
    loop.fuel(10_000)
    loop.done(Clear(1))
    loop.lift()
    shown = loop.pump().money
    loop.pump().money = lambda: shown() or 7_360  # type: ignore[method-assign]
    loop.wire.events.clear()
    loop.done(Authorise(1, (1,)))
    loop.wire.run(3 * SECOND)
    assert loop.states() == [PumpState.AUTHORISED]


def test_fuel_that_flows_is_seen_once_a_second_and_the_fuelling_pump_more_often() -> None:
    loop = Loop(8).start()
    loop.lift()
    loop.done(Authorise(1, (1,)))
    loop.pump().body.squeeze(500)
    loop.wire.run(10 * SECOND)
    times = [at for at, action in loop.wire.exchanges if action.data == b"\x61"][2:]
    assert max(after - before for before, after in pairwise(times)) < SECOND


# ── Money digits ──────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("digits", [5, 6])
@pytest.mark.parametrize("known", ["by option", "by special function", "by the sale itself"])
def test_with_five_digits_the_last_one_is_hidden(digits: int, known: str) -> None:
    options = {"money_digits": digits} if known == "by option" else {}
    asks = known == "by special function"
    loop = Loop(nozzles=1, options=options, habits={"money_digits": digits, "special_functions": asks}).start()
    loop.fuel(10_000)
    assert loop.read() == (PumpState.FINISHED, SALE)
    loop.done(Clear(1))
    loop.lift()
    loop.done(Authorise(1, (1,)))
    loop.flow(20_000)
    assert loop.figures()[1] == 14_720, "and so it is with running figures"


def test_the_smallest_sale_tells_its_digits_as_well() -> None:
    for digits in (5, 6):
        loop = Loop(nozzles=1, habits={"money_digits": digits, "special_functions": False}).start()
        loop.fuel(10)
        assert loop.read()[1] == (10, amount_of(10, 7_360))
