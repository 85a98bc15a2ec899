"""What proves a release, how it is taken back, and what a stop, a suspension and a resumption leave."""

from hardware.dispensers.gilbarco.words import Code
from hardware.ports import (
    Authorise,
    Clear,
    Identified,
    PumpState,
    PumpStateRead,
    Resume,
    Stop,
    Suspend,
)
from hardware.simulation.faults import Faults
from shared.sale import Preset, PresetKind
from tests.hardware.dispensers.gilbarco.loop import FLOW, SECOND, Loop

MONEY = Preset(PresetKind.AMOUNT, 20_000)
RELEASE = 0x11


def test_a_release_that_is_not_confirmed_is_taken_back() -> None:
    loop = Loop(faults=Faults({"ignored-command": 1})).start()
    loop.lift()
    loop.wire.sent.clear()
    assert "does not take the authorisation" in loop.failed(Authorise(1, (1,)))
    words = [data for data in loop.wire.sent if data in (b"\x11", b"\x31")]
    assert words == [b"\x11"] * 3 + [b"\x31"]


def test_a_filling_that_is_over_before_the_first_poll_is_not_released_again() -> None:
    loop = Loop().start()
    loop.lift()
    pump, release = loop.pump(), loop.pump().release

    def hurry(now: int) -> None:
        release(now)
        pump.body.squeeze(FLOW)
        pump.advance(now + 20_000)
        pump.hang_up(now + 20_000)

    pump.release = hurry  # type: ignore[method-assign]
    loop.done(Authorise(1, (1,)))
    assert loop.said(RELEASE) == 1
    assert loop.read() == (PumpState.FINISHED, (12_000, 8_832))


def test_f05_a_filling_that_was_over_before_its_release_was_proved_is_not_released_over() -> None:
    """Whether this pump wants a level named nobody knows, so a failed release is tried with one; not after a sale."""
    loop = Loop(nozzles=1, habits={"special_functions": False}).start()
    loop.lift()
    pump, release, hear, lost = loop.pump(), loop.pump().release, loop.pump().hear, [True] * 3

    def hurry(now: int) -> None:
        release(now)
        pump.body.squeeze(FLOW)
        pump.advance(now + 20_000)
        pump.hang_up(now + 20_000)

    def deaf_after_release(code: Code, now: int) -> bytes:
        answer = hear(code, now)
        return b"" if loop.said(RELEASE) and code is Code.STATUS and lost and lost.pop() else answer

    pump.release, pump.hear = hurry, deaf_after_release  # type: ignore[method-assign]
    loop.do(Authorise(1, (1,)))
    assert loop.said(RELEASE) == 1
    assert loop.read() == (PumpState.FINISHED, (12_000, 8_832))


def test_a_sale_that_stands_is_no_proof_of_the_next_release() -> None:
    loop = Loop().start()
    loop.fuel(10_000)
    loop.lift()
    loop.pump().faults.set("ignored-command", 1)
    assert "does not take the authorisation" in loop.failed(Authorise(1, (1,)))


def test_a_limit_is_that_of_its_own_filling() -> None:
    """The next one was released by somebody else, without any."""
    loop = Loop().start()
    loop.fuel(40_000, preset=MONEY)
    loop.done(Clear(1))
    loop.lift()
    loop.pump().release(loop.wire.now)
    loop.flow(40_000)
    assert loop.state() is PumpState.FUELLING


def test_f05_a_release_whose_proof_is_lost_is_not_said_twice_but_taken_back() -> None:
    loop = Loop().start()
    loop.lift()
    hear, lost = loop.pump().hear, [True] * 3

    def deaf_after_release(code: Code, now: int) -> bytes:
        answer = hear(code, now)
        after = loop.said(RELEASE) > 0 and code is Code.STATUS and lost
        return b"" if after and lost.pop() else answer

    loop.pump().hear = deaf_after_release  # type: ignore[method-assign]
    assert "does not take the authorisation" in loop.failed(Authorise(1, (1,)))
    assert (loop.said(RELEASE), loop.said(0x31)) == (1, 1)
    assert not loop.pump().released


def test_a_pump_that_hesitates_before_it_is_ready_is_released_once() -> None:
    loop = Loop(habits={"slow_release": True}).start()
    loop.lift()
    loop.wire.sent.clear()
    loop.done(Authorise(1, (1,)))
    assert loop.said(RELEASE) == 1
    loop.flow(5_000)
    assert loop.state() is PumpState.FUELLING


def test_a_stop_without_fuel_ends_the_release_and_no_sale_is_told() -> None:
    loop = Loop().start()
    loop.lift()
    loop.done(Authorise(1, (1,)))
    loop.done(Stop(1))
    assert loop.state() is PumpState.READY
    assert loop.read() == (PumpState.READY, (0, 0))
    loop.done(Authorise(1, (1,)))
    assert loop.pump().released


def test_a_stopped_filling_is_over_for_the_station_and_cleared_when_its_handle_is_down() -> None:
    """The pump keeps it open, and its totals are those of before, until then."""
    loop = Loop().start()
    loop.lift()
    loop.done(Authorise(1, (1,)))
    loop.flow(10_000)
    loop.done(Stop(1))
    assert loop.read() == (PumpState.FINISHED, (10_000, 7_360))
    assert loop.total(1) == 0
    assert "Hang up" in loop.failed(Clear(1))
    assert "no suspended filling" in loop.failed(Resume(1))
    loop.hang_up()
    loop.wire.run(2 * SECOND)
    assert loop.total(1) == 10_000
    loop.done(Clear(1))
    assert loop.state() is PumpState.READY


def test_a_filling_is_suspended_and_resumed() -> None:
    loop = Loop().start()
    loop.lift()
    loop.done(Authorise(1, (1,)))
    loop.flow(10_000)
    loop.done(Suspend(1))
    assert loop.read() == (PumpState.SUSPENDED, (10_000, 7_360))
    loop.done(Resume(1))
    loop.flow(10_000)
    loop.hang_up()
    loop.wire.run(2 * SECOND)
    assert loop.read() == (PumpState.FINISHED, (20_000, 14_720))


def test_what_has_not_flowed_is_not_suspended_but_ended() -> None:
    loop = Loop().start()
    loop.lift()
    loop.done(Authorise(1, (1,)))
    assert "nothing has flowed" in loop.failed(Suspend(1))
    assert loop.state() is PumpState.READY


def test_a_limit_that_newer_pumps_would_forget_is_not_resumed() -> None:
    for keeps in (False, True):
        loop = Loop(options={"keeps_limit": keeps}, habits={"forgets_limit": not keeps}).start()
        loop.lift()
        loop.done(Authorise(1, (1,), MONEY))
        loop.flow(10_000)
        loop.done(Suspend(1))
        if keeps:
            loop.done(Resume(1))
            loop.flow(90_000)
            assert loop.pump().body.amount == 20_000
        else:
            assert "may forget the limit" in loop.failed(Resume(1))
            assert not loop.pump().released


def test_a_pump_that_counts_gallons_is_not_released() -> None:
    loop = Loop()
    message = loop.pump().message
    loop.pump().message = lambda function: "02010000000100" if function == 0x00E else message(function)  # type: ignore[method-assign]
    loop.start()
    loop.lift()
    assert "gallons" in loop.failed(Authorise(1, (1,)))


def test_an_extended_display_is_refused_with_a_sentence() -> None:
    loop = Loop(habits={"extended": True}).start()
    loop.lift()
    assert "standard format" in loop.failed(Authorise(1, (1,)))
    assert loop.said(RELEASE) == 0


def test_a_pump_without_prices_is_not_released() -> None:
    loop = Loop(programmed=False).start()
    assert loop.wire.events == []
    loop.restart().wire.run(5 * SECOND)
    assert loop.told(PumpStateRead) == [PumpStateRead(1, PumpState.UNPROGRAMMED)]
    loop.lift()
    assert "no prices" in loop.failed(Authorise(1, (1,)))


def test_it_says_what_it_is() -> None:
    loop = Loop()
    loop.wire.run(8 * SECOND)
    assert loop.told(Identified) == [Identified(1, "Gilbarco, program 05110 of 11-09-30")]
