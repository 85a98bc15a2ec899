"""What make a pump is gets asked for between its turns, and two turns may do so at once."""

from hardware.dispensers.gilbarco.options import Options
from hardware.dispensers.gilbarco.pump import Pump
from hardware.dispensers.gilbarco.talk import Loop
from hardware.ports import PointOnLine, PumpEvent


def test_two_turns_that_discover_the_same_pump_do_not_stumble_over_each_other() -> None:
    told: list[PumpEvent] = []
    pump = Pump(PointOnLine(1, 1, 2), Loop(Options(), 1_909), told.append)
    turns = [pump.discovered() for _ in range(2)]
    for _ in range(100):
        turns = [turn for turn in turns if next(turn, None) is not None]  # nothing is ever answered
    assert turns == []
    assert told == []
