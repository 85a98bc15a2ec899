"""Pumps of all makes and settings: each is sold with, and agrees with the truth; what no pump can be is refused."""

from random import Random

import pytest

from hardware.dispensers.gilbarco.protocol import PROTOCOL
from hardware.ports import PointOnLine
from hardware.simulation.faults import Faults
from shared.errors import Refused
from tests.contract.station import Station
from tests.contract.test_faults import MIXED, a_volume, assert_one_end_each

MAKES: list[dict[str, object]] = [
    {"end_of_sale": False},
    {"end_of_sale": False, "stale_in_call": True},
    {"money_digits": 5},
    {"level_needed": True},
    {"slow_words": True},
    {"slow_release": True},
    {"endeavour": True},
    {"error": 24},
]


@pytest.mark.parametrize("make", MAKES, ids=str)
def test_fillings_at_a_pump_of_any_make_agree_with_the_truth(make: dict[str, object]) -> None:
    dice = Random(5)
    station = Station(PROTOCOL, seed=5, faults=Faults(MIXED, seed=5), habits=make).start()
    fillings = [station.fill(1 + at % 2, dice.choice((1, 2)), a_volume(dice)) for at in range(6)]
    assert all(filling.right and filling.moved(10**9) == filling.truth.volume for filling in fillings)
    assert_one_end_each(station)


@pytest.mark.parametrize("address", [0, 17, 33])
def test_an_address_that_no_pump_has_is_refused(address: int) -> None:
    with pytest.raises(Refused, match="1 to 16"):
        PROTOCOL.session([PointOnLine(1, address, 1)])


def test_more_grades_than_totals_can_tell_are_refused() -> None:
    with pytest.raises(Refused, match="up to 6"):
        PROTOCOL.session([PointOnLine(1, 1, 7)])


@pytest.mark.parametrize("wrong", [{"money_digits": 4}, {"words": "hasty"}, {"colour": "red"}, {"answer_ms": -1}])
def test_an_option_that_makes_no_sense_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(Refused):
        PROTOCOL.session([PointOnLine(1, 1, 1)], options=wrong)
