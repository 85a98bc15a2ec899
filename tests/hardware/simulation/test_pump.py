"""The meter that everything is judged by."""

from hypothesis import given
from hypothesis import strategies as st

from hardware.ports import Decimals
from hardware.simulation.pump import Body, SimulatedPoint
from shared.sale import Preset, PresetKind

PLACE = SimulatedPoint(1, 0x50, ("92#", "0#"))
SECOND = 1_000_000


def fuelling(rate: int, wanted: int | None = None) -> Body:
    body = Body(PLACE)
    body.out = 1
    body.squeeze(rate, wanted)
    return body


def test_600_ml_a_second_are_36_litres_a_minute() -> None:
    body = fuelling(600)
    body.flow(60 * SECOND, 7_850, None)
    assert (body.volume, body.amount, body.totalisers) == (36_000, 28_260, {1: 36_000, 2: 0})


@given(st.integers(1, 50_000), st.lists(st.integers(0, 3 * SECOND), min_size=1, max_size=40))
def test_the_meter_neither_loses_nor_invents(rate: int, steps: list[int]) -> None:
    """However often it is looked at, display and totaliser agree, and differ from the flow by less than a pulse."""
    body, now = fuelling(rate), 0
    for step in steps:
        now += step
        body.flow(now, 7_360, None)
        assert body.volume == body.totalisers[1]
        assert body.volume <= rate * now // SECOND < body.volume + body.pulse


@given(st.integers(1, 99_999), st.integers(1_000, 20_000), st.integers(100, 20_000))
def test_a_preset_in_money_ends_at_exactly_that_amount(fen: int, price: int, rate: int) -> None:
    body, now, full = fuelling(rate), 0, False
    while not full:
        now += 100_000
        full = body.flow(now, price, Preset(PresetKind.AMOUNT, fen))
    assert body.amount == fen
    assert (body.volume - body.pulse) * price < fen * 10_000 <= body.volume * price


@given(st.integers(1, 6_000), st.integers(100, 20_000))
def test_a_preset_in_litres_ends_at_exactly_that_volume(centilitres: int, rate: int) -> None:
    body, now, full = fuelling(rate), 0, False
    while not full:
        now += 250_000
        full = body.flow(now, 7_360, Preset(PresetKind.VOLUME, centilitres * 10))
    assert body.volume == centilitres * 10


def test_a_hand_lets_go_when_it_has_what_it_wants() -> None:
    body = fuelling(50_000, wanted=40_780)
    body.flow(10 * SECOND, 7_360, None)
    assert (body.volume, body.squeezed) == (40_780, 0)


def test_the_truth_of_a_filling() -> None:
    body = fuelling(1_000)
    body.flow(5 * SECOND, 7_360, None)
    body.end(6 * SECOND)
    body.end(7 * SECOND)
    (filling,) = body.fillings
    assert (filling.volume, filling.amount, filling.before, filling.after) == (5_000, 3_680, 0, 5_000)
    assert (filling.started, filling.ended) == (5 * SECOND, 6 * SECOND)


def test_a_lift_without_flow_is_no_filling() -> None:
    body = fuelling(0)
    body.flow(5 * SECOND, 7_360, None)
    body.end(5 * SECOND)
    assert body.fillings == []


def test_a_pump_that_shows_millilitres_counts_them() -> None:
    body = Body(SimulatedPoint(1, 0x50, ("92#",), Decimals(volume=3)))
    assert body.pulse == 1
