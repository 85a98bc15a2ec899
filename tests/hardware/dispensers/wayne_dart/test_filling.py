"""A filling, from the lifted nozzle to the cleared display, as the station hears of it."""

import pytest

from hardware.dispensers.wayne_dart import commands as c
from hardware.dispensers.wayne_dart.commands import Dcc
from hardware.dispensers.wayne_dart.options import Habits
from hardware.dispensers.wayne_dart.simulator import DartPump
from hardware.ports import (
    Authorise,
    Clear,
    CommandFailed,
    FillingRead,
    NozzleLifted,
    NozzleReturned,
    PointAnswered,
    PumpState,
    PumpStateRead,
    ReadState,
    ReadTotaliser,
    Resume,
    Stop,
    Suspend,
    TotaliserRead,
)
from shared.sale import Preset, PresetKind
from tests.hardware.dispensers.wayne_dart.island import Island

YUAN_200 = Preset(PresetKind.AMOUNT, 20_000)
LITRES_30 = Preset(PresetKind.VOLUME, 30_000)


def test_a_customer_fuels_for_200_yuan() -> None:
    island = Island().ready()
    island.lift(1)
    island.wire.until(lambda: island.told(NozzleLifted))
    assert island.told(NozzleLifted) == [NozzleLifted(1, 1, 7_360)]
    island.done(Authorise(1, (1,), YUAN_200))
    island.flow(60_000)
    assert island.state() is PumpState.LIMIT_REACHED
    assert island.figures() == (27_180, 20_000)  # the pump's own amount, not 27.18 × 7.36
    island.hang_up()
    island.wire.until(lambda: island.state() is PumpState.FINISHED)
    assert island.told(NozzleReturned) == [NozzleReturned(1, 1)]


def test_a_preset_in_litres_ends_the_flow() -> None:
    island = Island().ready()
    island.fuel(60_000, preset=LITRES_30)
    assert island.figures() == (30_000, 22_080)


def test_running_figures_are_told_while_fuel_flows() -> None:
    island = Island().ready()
    island.lift()
    island.done(Authorise(1, (1,)))
    island.pump().body.squeeze(600)
    island.wire.run(5_000_000)
    volumes = [told.volume for told in island.told(FillingRead)]
    assert len(volumes) > 30
    assert volumes == sorted(volumes)
    assert island.state() is PumpState.FUELLING


def test_the_figures_are_read_once_more_after_the_filling_is_over() -> None:
    island = Island().ready()
    island.fuel(10_000)
    after_the_end = island.wire.events[island.wire.events.index(PumpStateRead(1, PumpState.FINISHED)) :]
    assert FillingRead(1, 10_000, 7_360) in after_the_end
    assert island.said(c.Command)[-1] == c.Command(Dcc.RETURN_FILLING_INFO)


def test_a_filling_is_cleared_only_when_it_is_over() -> None:
    island = Island().ready()
    island.lift()
    island.done(Authorise(1, (1,)))
    island.flow(5_000)
    assert "fuelling" in island.failed(Clear(1))
    island.hang_up()
    island.wire.until(lambda: island.state() is PumpState.FINISHED)
    island.done(Clear(1))
    assert island.state() is PumpState.READY
    assert island.figures() == (0, 0)


def test_the_next_filling_begins_at_zero_though_the_last_was_never_cleared() -> None:
    island = Island().ready()
    island.fuel(10_000)
    island.fuel(20_000)
    assert island.figures() == (20_000, 14_720)


def test_the_totaliser_moves_by_what_was_dispensed() -> None:
    island = Island().ready()
    island.done(ReadTotaliser(1, 2))
    island.fuel(12_340, nozzle=2)
    island.done(ReadTotaliser(1, 2))
    assert island.told(TotaliserRead) == [TotaliserRead(1, 2, 0, 10**11), TotaliserRead(1, 2, 12_340, 10**11)]


def test_a_pump_at_rest_is_released_without_a_reset() -> None:
    island = Island().ready()
    island.wire.sent.clear()
    island.done(Authorise(1, (1, 2)))
    assert island.said(c.Command) == [c.Command(Dcc.AUTHORISE)]
    assert island.said(c.AllowedNozzles) == [c.AllowedNozzles((1, 2))]


def test_a_finished_pump_is_reset_before_the_preset_is_sent() -> None:
    """RESET drops any preset, so the preset must follow it."""
    island = Island().start()
    assert island.pump().word == PumpState.FINISHED  # as it stands after power on
    island.wire.sent.clear()
    island.done(Authorise(1, (1,), YUAN_200))
    assert [c.Command(Dcc.RESET), c.Command(Dcc.AUTHORISE)] == island.said(c.Command)
    assert island.pump().preset == YUAN_200


def test_a_preset_of_a_release_that_was_taken_back_does_not_limit_the_next() -> None:
    island = Island().ready()
    island.done(Authorise(1, (1,), YUAN_200))
    island.done(Stop(1))
    island.done(Clear(1))
    island.done(Authorise(1, (1,)))
    assert island.pump().preset is None


class KeepsPresets(DartPump):
    """It takes the preset and overlooks the authorisation."""

    overlooks = True

    def _command(self, code: Dcc, now: int) -> None:
        if not (self.overlooks and code in (Dcc.AUTHORISE, Dcc.STOP)):
            super()._command(code, now)


def test_a_preset_that_may_still_be_in_the_pump_is_driven_out_by_a_reset() -> None:
    island = Island(pumps=KeepsPresets).ready()
    island.failed(Authorise(1, (1,), YUAN_200))
    pump = island.pump()
    assert isinstance(pump, KeepsPresets)
    assert pump.preset == YUAN_200
    pump.overlooks = False
    island.done(Authorise(1, (1,)))
    assert pump.preset is None


def test_a_fuelling_point_is_never_released_twice() -> None:
    island = Island().ready()
    island.lift()
    island.done(Authorise(1, (1,)))
    island.wire.sent.clear()
    assert "authorised" in island.failed(Authorise(1, (1,)))
    island.flow(5_000)
    assert "fuelling" in island.failed(Authorise(1, (1,)))
    assert island.said(c.Command) == []


def test_a_release_with_a_wrong_nozzle_or_limit_never_reaches_the_line() -> None:
    island = Island().ready()
    island.wire.sent.clear()
    assert "nozzles 1 to 2" in island.failed(Authorise(1, (3,)))
    assert "nozzles 1 to 2" in island.failed(Authorise(1, ()))
    assert "limit" in island.failed(Authorise(1, (1,), Preset(PresetKind.AMOUNT, 0)))
    assert "limit" in island.failed(Authorise(1, (1,), Preset(PresetKind.VOLUME, 10**12)))
    assert island.said(c.Command) == []


def test_a_pump_without_prices_is_not_released() -> None:
    island = Island(programmed=False).start()
    assert "no prices" in island.failed(Authorise(1, (1,)))


def test_no_fuel_for_another_nozzle_than_the_one_released() -> None:
    island = Island().ready()
    island.lift(2)
    island.done(Authorise(1, (1,)))
    island.flow(5_000)
    assert island.pump().body.totalisers == {1: 0, 2: 0}


def test_a_filling_that_is_over_before_the_next_poll_was_a_release_all_the_same() -> None:
    """It must not be released again because the state “authorised” was never seen."""
    island = Island(points=16).ready()
    island.lift()
    island.wire.submit(Authorise(1, (1,)))
    island.wire.until(lambda: island.pump().released)
    island.pump().body.squeeze(10**8, 10)
    island.line.advance(island.wire.now + 1_000)
    island.hang_up()
    island.wire.run(5_000_000)
    assert island.said(c.Command).count(c.Command(Dcc.AUTHORISE)) == 1
    assert island.told(CommandFailed) == []
    assert island.state() is PumpState.FINISHED


def test_a_slow_head_gets_its_time() -> None:
    """The “20 series” take noticeably long to become authorised; asked again they would be released twice."""
    island = Island(habits=Habits(slow_head=1_500)).ready()
    island.wire.sent.clear()
    island.done(Authorise(1, (1,)))
    assert island.said(c.Command) == [c.Command(Dcc.AUTHORISE)]
    assert island.state() is PumpState.AUTHORISED


def test_a_slow_head_that_was_stopped_meanwhile_is_not_released_later() -> None:
    island = Island(habits=Habits(slow_head=1_500)).ready()
    island.wire.submit(Authorise(1, (1,)))
    island.wire.run(500_000)
    island.done(Stop(1))
    island.wire.run(5_000_000)
    assert island.pump().word == PumpState.FINISHED


def test_an_acknowledged_reset_without_effect_is_repeated() -> None:
    """Some heads acknowledge a reset and stay at 5: an acknowledgement is a fact of the link only."""
    island = Island(habits=Habits(ignored_resets=2)).start()
    island.done(Clear(1))
    assert island.said(c.Command).count(c.Command(Dcc.RESET)) == 3
    assert island.state() is PumpState.READY


def test_a_head_that_never_resets_is_not_released() -> None:
    island = Island(habits=Habits(ignored_resets=99)).start()
    assert "does not reset" in island.failed(Clear(1))
    assert "does not reset" in island.failed(Authorise(1, (1,), YUAN_200))
    assert c.Command(Dcc.AUTHORISE) not in island.said(c.Command)


class NeverReleases(DartPump):
    """Acknowledges the authorisation and does nothing."""

    def _command(self, code: Dcc, now: int) -> None:
        if code is not Dcc.AUTHORISE:
            super()._command(code, now)


def test_a_release_that_is_not_confirmed_is_taken_back() -> None:
    """So that it can't come true when nobody expects it any more."""
    island = Island(pumps=NeverReleases).ready()
    assert "does not take" in island.failed(Authorise(1, (1,)))
    assert c.Command(Dcc.STOP) in island.said(c.Command)
    assert island.pump().word == PumpState.FINISHED


def test_stop_ends_a_filling_and_its_figures_stand() -> None:
    island = Island().ready()
    island.lift()
    island.done(Authorise(1, (1,)))
    island.flow(5_000)
    island.done(Stop(1))
    island.wire.run(1_000_000)
    assert (island.state(), island.figures()) == (PumpState.FINISHED, (5_000, 3_680))


def test_stop_goes_before_everything_and_undoes_a_release_that_still_waits() -> None:
    island = Island(points=4).ready()
    island.wire.submit(ReadTotaliser(1, 1), ReadTotaliser(1, 2), Authorise(1, (1,)), Stop(1))
    island.wire.run(3_000_000)
    assert CommandFailed(1, Authorise(1, (1,)), "It was stopped before that took effect.") in island.wire.events
    assert island.pump().word == PumpState.FINISHED
    assert len(island.told(TotaliserRead)) == 2  # what it did not contradict is done afterwards


def test_stop_undoes_a_release_that_is_on_its_way() -> None:
    island = Island(points=4).ready()
    island.wire.submit(Authorise(1, (1,)))
    island.wire.until(lambda: island.pump().word == PumpState.AUTHORISED)
    island.done(Stop(1))
    assert island.pump().word == PumpState.FINISHED


MAKES = {
    "either": Habits(),
    "edition 2.11": Habits(dialect="commands"),
    "without status 8": Habits(dialect="transactions", status_8=False),
    "CD14 and status 8": Habits(dialect="transactions"),
}


@pytest.mark.parametrize("make", MAKES)
def test_a_filling_is_suspended_and_resumed_in_each_dialect(make: str) -> None:
    island = Island(habits=MAKES[make]).ready()
    island.lift()
    island.done(Authorise(1, (1,)))
    island.flow(5_000)
    island.done(Suspend(1))
    assert island.state() is PumpState.SUSPENDED
    island.flow(5_000)
    assert island.figures() == (5_000, 3_680)
    island.done(Resume(1))
    assert island.state() is PumpState.FUELLING
    island.flow(5_000)
    assert island.figures() == (10_000, 7_360)


def test_the_dialect_that_a_pump_understood_is_spoken_first_from_then_on() -> None:
    island = Island(habits=Habits(dialect="commands")).ready()
    island.lift()
    island.done(Authorise(1, (1,)))
    island.flow(1_000)
    for _ in range(2):
        island.done(Suspend(1))
        island.done(Resume(1))
    assert len(island.said(c.Suspend)) == 1
    assert island.said(c.Resume) == []


def test_a_pump_that_knows_no_suspension_says_so_in_words_and_goes_on() -> None:
    island = Island(habits=Habits(dialect="commands", status_8=False)).ready()
    island.lift()
    island.done(Authorise(1, (1,)))
    island.flow(1_000)
    assert "can't suspend" in island.failed(Suspend(1))


def test_there_is_nothing_to_suspend_at_rest() -> None:
    island = Island().ready()
    assert "ready" in island.failed(Suspend(1))
    assert "ready" in island.failed(Resume(1))


def test_a_new_agent_finds_the_running_filling() -> None:
    """Everything that it needs to adopt it: state, nozzle, figures."""
    island = Island(points=2).ready()
    island.lift(2)
    island.done(Authorise(1, (2,)))
    island.flow(5_000)
    island.restart()
    island.wire.until(lambda: len(island.told(PointAnswered)) == 2)
    island.wire.run(2_000_000)
    assert island.state(1) is PumpState.FUELLING
    assert NozzleLifted(1, 2, 7_850) in island.wire.events
    assert NozzleReturned(2, 0) in island.wire.events
    assert island.figures(1) == (5_000, 3_925)
    assert c.Command(Dcc.AUTHORISE) not in island.said(c.Command)


def test_a_new_agent_finds_the_finished_filling_with_its_figures() -> None:
    island = Island().ready()
    island.fuel(12_000)
    island.restart()
    island.start()
    island.done(ReadState(1))
    assert (island.state(), island.figures()) == (PumpState.FINISHED, (12_000, 8_832))


def test_state_and_figures_are_told_whenever_they_are_asked_for() -> None:
    island = Island().ready()
    island.lift()
    island.wire.run(500_000)
    island.wire.events.clear()
    island.done(ReadState(1))
    assert island.state() is PumpState.READY
    assert island.told(NozzleLifted) == [NozzleLifted(1, 1, 7_360)]
    assert island.figures() == (0, 0)
