"""In what makes and editions differ, and what an engineer sets for them."""

import pytest

from hardware.dispensers.wayne_dart import commands as c
from hardware.dispensers.wayne_dart.commands import Dcc
from hardware.dispensers.wayne_dart.frames import Frame, Kind
from hardware.dispensers.wayne_dart.options import Habits, Options
from hardware.dispensers.wayne_dart.protocol import PROTOCOL
from hardware.dispensers.wayne_dart.readings import CPU_RESET, Alarm
from hardware.dispensers.wayne_dart.session import DartSession
from hardware.dispensers.wayne_dart.simulator import DartPump
from hardware.ports import (
    AlarmRaised,
    Authorise,
    Clear,
    CommandDone,
    CommandFailed,
    Decimals,
    FillingRead,
    Identified,
    PointOnLine,
    PointSilent,
    PriceRead,
    PumpState,
    ReadTotaliser,
    SetPrices,
    Stop,
    Transmit,
)
from hardware.simulation.faults import Faults
from shared.errors import Refused
from shared.sale import Preset, PresetKind
from tests.hardware.dispensers.wayne_dart.island import Island

# ── ACKPOLL ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def fuelling(options: Options, habits: Habits | None = None) -> Island:
    """A lone point in the middle of a filling."""
    island = Island(options=options, habits=habits).ready()
    island.lift()
    island.done(Authorise(1, (1,)))
    island.wire.sent.clear()
    island.wire.events.clear()
    island.pump().body.squeeze(600)
    island.wire.run(10_000_000)
    return island


def test_acknowledgement_and_poll_of_one_address_go_in_one_frame_where_that_is_asked_for() -> None:
    with_it, without = fuelling(Options(ackpoll=True)), fuelling(Options())
    assert len(with_it.sent(Kind.ACKPOLL)) > 100
    assert without.sent(Kind.ACKPOLL) == []
    assert len(with_it.told(FillingRead)) > 1.05 * len(without.told(FillingRead))
    volumes = [told.volume for told in with_it.told(FillingRead)]
    assert volumes == sorted(set(volumes)), "each figure once"


def test_a_pump_that_does_not_know_ackpoll_is_not_lost() -> None:
    """Three times in vain, each made good by a plain poll; then it is spoken to as all the others."""
    island = Island(options=Options(ackpoll=True), habits=Habits(ackpoll=False)).start()
    island.fuel(5_000)
    assert len(island.sent(Kind.ACKPOLL)) == 3
    assert island.told(PointSilent) == []
    assert island.figures() == (5_000, 3_680)


# ── Addresses ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def asked(place: int, options: dict[str, object]) -> int:
    """The address to which the first question goes."""
    session = PROTOCOL.session([PointOnLine(1, place, 2)], options=options)
    action = session.next(0)
    assert isinstance(action, Transmit)
    return action.data[0]


@pytest.mark.parametrize(
    ("panel", "number", "address"),
    [("4F", 1, 0x50), ("4F", 32, 0x6F), ("50", 0, 0x50), ("50", 31, 0x6F), ("", 0x50, 0x50), ("", 0xCF, 0xCF)],
)
def test_a_panel_number_becomes_an_address(panel: str, number: int, address: int) -> None:
    assert asked(number, {"panel": panel}) == address


@pytest.mark.parametrize(("panel", "number"), [("", 1), ("", 0xD0), ("4F", 0), ("50", 0x80)])
def test_an_address_that_dart_does_not_have_is_refused_in_words(panel: str, number: int) -> None:
    with pytest.raises(Refused, match="50 to CF"):
        asked(number, {"panel": panel})


def test_an_option_that_makes_no_sense_is_refused_with_what_is_known() -> None:
    for word, value in (("ackpol", True), ("wrap", 2), ("buffer", 10)):
        with pytest.raises(Refused, match="ackpoll"):
            asked(0x50, {word: value})


# ── What a pump tells of itself ───────────────────────────────────────────────────────────────────────────────────────


def test_a_pump_says_what_it_is() -> None:
    island = Island()
    island.wire.run(3_000_000)
    assert island.told(Identified) == [Identified(1, "maker 0001, type 01, program 0211")]
    assert island.told(AlarmRaised) == []


def test_decimals_that_differ_from_the_configuration_are_an_alarm_and_never_mended() -> None:
    """The pump has two decimals of volume, the configuration says three: its litres would be sold as tenths."""
    island = Island(decimals=Decimals(volume=3))
    island.wire.run(3_000_000)
    assert island.told(AlarmRaised) == [AlarmRaised(1, "decimals_differ", 222)]
    island.fuel(10_000)
    assert island.figures() == (1_000, 7_360)


def test_a_pump_that_tells_neither_parameters_nor_identity_works_all_the_same() -> None:
    island = Island(habits=Habits(parameters=False, identity=False, price_list=False))
    island.wire.run(5_000_000)
    assert island.told(Identified) == []
    assert len(island.said(c.Command)) == 5, "each is asked for once: state, figures, prices, parameters, identity"
    island.done(Authorise(1, (1,)))


def test_what_is_only_good_to_know_keeps_nobody_waiting() -> None:
    island = Island(habits=Habits(parameters=False, identity=False, price_list=False))
    island.wire.submit(Authorise(1, (1,)))
    island.wire.until(lambda: island.told(CommandDone))
    assert c.Command(Dcc.RETURN_PARAMETERS) not in island.said(c.Command)


def test_a_release_does_not_wait_for_an_answer_that_is_only_good_to_know() -> None:
    """It is being awaited, in vain, when the customer comes."""
    island = Island(habits=Habits(parameters=False, identity=False))
    island.wire.until(lambda: c.Command(Dcc.RETURN_PARAMETERS) in island.said(c.Command))
    since = island.wire.now
    island.done(Authorise(1, (1,)))
    assert island.wire.now - since < 500_000


class Chokes(DartPump):
    """Asked for its parameters it says nothing to anybody for five seconds."""

    _until = 0

    def _command(self, code: Dcc, now: int) -> None:
        super()._command(code, now)
        if code is Dcc.RETURN_PARAMETERS:
            self._until = now + 5_000_000

    def receive(self, frame: Frame, now: int) -> bytes:
        return super().receive(frame, now) if now >= self._until else b""


def test_a_pump_that_is_lost_over_a_question_is_not_asked_it_again() -> None:
    island = Island(pumps=Chokes)
    island.wire.run(60_000_000)
    assert island.told(PointSilent) == [PointSilent(1)]
    island.done(Authorise(1, (1,)))


def test_the_s4_edition_is_not_asked_for_its_prices() -> None:
    island = Island(habits=Habits(edition="s4"), options=Options(edition="s4")).ready()
    island.done(SetPrices(1, {1: 7_460, 2: 7_950}))
    assert c.Command(Dcc.RETURN_PRICES) not in island.said(c.Command)
    island.lift(2)
    island.wire.run(500_000)
    assert island.told(PriceRead) == [PriceRead(1, 2, 7_950)]


def test_the_s4_edition_answers_its_own_questions() -> None:
    island = Island(habits=Habits(edition="s4"))
    pump = island.pump()
    pump.news()
    for question in (c.RequestAmountTotals(1), c.RequestTemperature(1)):
        pump.obey(question, 0)
    assert [type(said).__name__ for said in pump.news()] == ["AmountTotals", "Temperature"]


# ── Small buffers ─────────────────────────────────────────────────────────────────────────────────────────────────────


def six_nozzles(buffer: int) -> Island:
    """A point that the configuration gives six nozzles, before pumps with a buffer of so many bytes."""
    island = Island(habits=Habits(buffer=buffer), options=Options(buffer=buffer))
    island.points = [PointOnLine(1, 0x50, 6)]
    island.restart()
    return island.start()


def test_a_small_buffer_gets_an_authorisation_in_portions() -> None:
    island = six_nozzles(24)
    island.wire.sent.clear()
    island.lift()
    island.done(Authorise(1, (1, 2, 3, 4, 5, 6), Preset(PresetKind.VOLUME, 5_000)))
    island.flow(9_000)
    assert island.figures()[0] == 5_000
    assert [frame.body[0] for frame in island.sent(Kind.DATA)][:4] == [1, 2, 3, 1], "reset, nozzles, preset, release"
    assert max(len(frame.body) for frame in island.sent(Kind.DATA)) <= 15


def test_prices_that_do_not_fit_into_a_small_buffer_are_refused_in_words() -> None:
    island = six_nozzles(24)
    assert "buffer" in island.failed(SetPrices(1, dict.fromkeys(range(1, 7), 7_460)))


# ── A computer that starts anew in mid-sale ───────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("forgets", [False, True])
def test_a_cpu_reset_in_mid_sale_is_told_and_the_link_goes_on(forgets: bool) -> None:
    """Display zero, status 5 or 0, block numbers from 0: the totaliser alone knows what flowed."""
    island = Island(points=2, faults=Faults({"cpu-reset": 1}), habits=Habits(forgets_prices=forgets)).ready()
    island.lift()
    island.done(Authorise(1, (1,)))
    island.flow(5_000)
    island.hang_up()
    island.wire.run(2_000_000)
    assert [alarm.alarm for alarm in island.told(AlarmRaised)] == ["cpu_reset"]
    assert island.state() is (PumpState.UNPROGRAMMED if forgets else PumpState.FINISHED)
    assert island.figures() == (0, 0)
    assert island.told(PointSilent) == []
    island.done(ReadTotaliser(1, 1))
    island.done(SetPrices(1, {1: 7_460, 2: 7_950}))
    island.done(Clear(1))
    assert island.pump().prices == {1: 7_460, 2: 7_950}


class SaysOnlyTheAlarm(DartPump):
    """After its computer started anew it tells of nothing else by itself."""

    def restart(self, now: int) -> None:
        super().restart(now)
        self._news.clear()
        self._tell(Alarm(CPU_RESET))


def test_a_pump_that_tells_of_its_reset_is_read_at_once() -> None:
    """Else the station would believe for ever that fuel flows."""
    island = Island(pumps=SaysOnlyTheAlarm, faults=Faults({"cpu-reset": 1})).ready()
    island.lift()
    island.done(Authorise(1, (1,)))
    island.flow(5_000)
    island.wire.run(2_000_000)
    assert (island.state(), island.figures()) == (PumpState.FINISHED, (0, 0))
    assert len(island.told(AlarmRaised)) == 1


def test_prices_are_not_taken_once_filling_has_started() -> None:
    """The race: the customer begins while the new prices are on their way. They did not take, and that is said."""
    island = Island().ready()
    island.lift()
    island.done(Authorise(1, (1,)))
    island.pump().state = PumpState.READY  # as the session last saw it
    island.session._by_point[1].point.state = PumpState.READY
    island.pump().state = PumpState.FUELLING
    assert island.failed(SetPrices(1, {1: 7_460, 2: 7_950})) == "It kept its old prices."
    assert island.pump().prices == {1: 7_360, 2: 7_850}


def test_fewer_prices_than_nozzles_are_ignored_whole_and_the_engineer_is_told_why() -> None:
    island = Island()
    island.points = [PointOnLine(1, 0x50, 1)]
    island.restart()
    island.start()
    assert "it has 2 nozzles, and the configuration names 1" in island.failed(SetPrices(1, {1: 7_460}))
    assert island.pump().prices == {1: 7_360, 2: 7_850}


def test_a_price_that_did_not_take_is_seen_also_without_a_price_list() -> None:
    island = Island(habits=Habits(price_list=False))
    island.points = [PointOnLine(1, 0x50, 1)]
    island.restart()
    island.start()
    island.lift(1)
    island.wire.run(500_000)
    assert island.failed(SetPrices(1, {1: 7_460})) == "It kept its old prices."


# ── A release does not wait for a clear ───────────────────────────────────────────────────────────────────────────────


def fuelled(island: Island) -> Island:
    """A filling that nobody has cleared yet."""
    island.fuel(5_000)
    island.wire.events.clear()
    island.wire.sent.clear()
    return island


def test_a_release_takes_the_clear_that_waits_before_it_along() -> None:
    """The next customer lifts the nozzle while the last filling is still being cleared: one reset does both."""
    island = Island(points=4).ready()
    fuelled(island)
    island.wire.submit(ReadTotaliser(1, 1), Clear(1), Authorise(1, (1,)))
    island.wire.until(lambda: len(island.ends(Authorise(1, (1,)))) == 1)
    assert [c.Command(Dcc.RESET), c.Command(Dcc.AUTHORISE)] == [
        said for said in island.said(c.Command) if said.code in (Dcc.RESET, Dcc.AUTHORISE)
    ]
    assert island.ends(Clear(1)) == [CommandDone(1, Clear(1))]
    assert island.figures() == (0, 0)


def test_a_release_that_never_began_leaves_the_clear_to_itself() -> None:
    island = fuelled(Island().ready())
    island.wire.submit(ReadTotaliser(1, 1), Clear(1), Authorise(1, (9,)))
    island.wire.until(lambda: island.ends(Clear(1)))
    assert isinstance(island.ends(Authorise(1, (9,)))[0], CommandFailed)
    assert island.ends(Clear(1)) == [CommandDone(1, Clear(1))]
    assert island.state() is PumpState.READY


def test_each_of_them_has_one_end_when_the_pump_falls_silent() -> None:
    island = fuelled(Island().ready())
    island.wire.submit(ReadTotaliser(1, 1), Clear(1), Authorise(1, (1,)))
    island.pump().silence(True)
    island.wire.until(lambda: island.told(PointSilent))
    assert len(island.ends(Clear(1))) == len(island.ends(Authorise(1, (1,)))) == 1
    assert isinstance(island.ends(Clear(1))[0], CommandFailed)


def test_a_stop_ends_the_release_that_has_begun_and_the_clear_that_it_took_along() -> None:
    """Nothing is cleared later that somebody may have fuelled meanwhile."""
    island = fuelled(Island(habits=Habits(slow_head=2_000)).ready())
    island.wire.submit(Clear(1), Authorise(1, (1,)))
    island.wire.until(lambda: island.said(c.AllowedNozzles))
    island.done(Stop(1))
    island.wire.run(3_000_000)
    assert [type(end) for end in island.ends(Clear(1))] == [CommandFailed]
    assert island.said(c.Command).count(c.Command(Dcc.RESET)) == 1


def test_a_session_without_options_is_the_plain_one() -> None:
    assert isinstance(PROTOCOL.session([PointOnLine(1, 0x50, 2)]), DartSession)
