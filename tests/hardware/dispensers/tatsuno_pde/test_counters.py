"""Tatsuno PDE counters are met, released and priced."""

from typing import Any

import pytest

from hardware.dispensers.tatsuno_pde.frames import Kind, decode
from hardware.dispensers.tatsuno_pde.messages import Other, State
from hardware.ports import (
    AlarmRaised,
    Authorise,
    Clear,
    NozzleLifted,
    PriceRead,
    PumpState,
    ReadState,
    SetPrices,
    Stop,
    Suspend,
)
from shared.sale import Preset, PresetKind
from tests.contract.station import SECOND
from tests.hardware.dispensers.tatsuno_pde.counters import (
    LOOKS,
    built,
    counter,
    failed,
    filled,
    island,
    lifted,
    selected,
)

# ── Meeting ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_counter_is_met_and_read_before_anything_is_said() -> None:
    said = selected(island())
    assert said[0].startswith("I")
    assert {text[0] for text in said[1:]} <= LOOKS


def test_a_counter_that_lost_its_power_is_met_again() -> None:
    station = island()
    counter(station).power_up()
    station.wire.run(SECOND)
    assert counter(station).met
    station.done(ReadState(1))


def test_a_counter_that_lost_the_link_is_met_again_and_the_running_filling_goes_on() -> None:
    station = lifted(island())
    station.done(Authorise(1, (1,)))
    station.flow(3_000)
    station.wire.now += 10 * SECOND  # nobody spoke
    station.flow(2_000)
    station.wire.run(SECOND)
    assert [text for text in selected(station) if text[0] == "I"][1:], "a second answer"
    assert station.state() is PumpState.FUELLING
    assert "C0" not in selected(station)


def test_three_wrong_answers_lock_a_counter_until_it_is_power_cycled(monkeypatch: pytest.MonkeyPatch) -> None:
    """After them it says e63 and nothing else: whoever asks for anything is told what to do."""
    with monkeypatch.context() as wrong:
        wrong.setattr("hardware.dispensers.tatsuno_pde.hearing.response", lambda address, letters: "wrong!!!")
        station = built()
        station.wire.run(10 * SECOND)
        assert counter(station).wrong == 3
        assert AlarmRaised(1, "needs_power_cycle", 63) in station.told(AlarmRaised)
        assert station.told(AlarmRaised).count(AlarmRaised(1, "needs_power_cycle", 63)) == 1
        assert [text[0] for text in selected(station)] == ["I"] * 3
        assert "power-cycle the counter" in failed(station, ReadState(1))
    counter(station).power_up()
    station.wire.run(2 * SECOND)
    assert station.state() is PumpState.READY


def test_a_counter_that_takes_nothing_before_it_was_met_is_not_called_locked() -> None:
    """It refuses with the same e63 whatever comes before its answer; a locked one never asks for the answer again."""
    station = island()
    station.wire.now += 10 * SECOND  # the link is lost, and a command comes before the next poll
    station.do(ReadState(1))
    station.done(ReadState(1))
    assert station.told(AlarmRaised) == []
    assert counter(station).met


def test_a_counter_may_think_for_200_ms() -> None:
    """TKA."""
    station = island()
    assert {action.wait for _, action in station.wire.exchanges if action.wait} == {200_000}


def test_a_lost_acknowledgement_of_the_answer_is_no_wrong_answer() -> None:
    station = built({"lost-ack": 0.5, "repeated-ack": 0.2})
    station.wire.run(20 * SECOND)
    assert counter(station).met
    assert counter(station).wrong == 0


def test_a_message_comes_until_it_is_acknowledged() -> None:
    station = island()
    counter(station).say(Other("m01TEXT"))
    station.wire.run(SECOND)
    assert not counter(station).waiting
    acks = [frame for frame in map(decode, station.wire.sent) if frame.kind is Kind.ACK]
    assert acks


def test_a_message_with_a_wrong_sum_is_asked_for_again() -> None:
    station = island()
    spoilt: list[bytes] = []

    def spoil(data: bytes, dice: Any) -> list[tuple[int, bytes]]:
        if len(data) > 8 and not spoilt:
            spoilt.append(data)
            return [(0, data[:-1] + bytes((data[-1] ^ 1,)))]
        return [(0, data)]

    station.wire.back = spoil
    station.done(ReadState(1))
    assert spoilt
    assert Kind.NAK in {decode(data).kind for data in station.wire.sent}


def test_an_acknowledgement_leaves_within_50_ms_of_the_message() -> None:
    """TKB; and not before the 5 ms in which the line is turned round (TKD)."""
    station = island()
    station.wire.exchanges.clear()
    station.wire.back = lambda data, dice: [(0, data)]
    ends: list[int] = []
    receive = station.session.receive

    def heard(data: bytes, now: int) -> bool:
        ends.append(now)
        return receive(data, now)

    station.session.receive = heard  # type: ignore[method-assign]
    lifted(station).done(Authorise(1, (1,)))
    acks = [at for at, action in station.wire.exchanges if decode(action.data).kind is Kind.ACK]
    assert acks
    gaps = [at - max(end for end in ends if end <= at) for at in acks]
    assert min(gaps) >= 5_000
    assert max(gaps) <= 50_000


# ── Releasing ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_counter_is_released_with_its_nozzle_up_only() -> None:
    station = island()
    assert "Lift it first" in failed(station, Authorise(1, (1,)))
    lifted(station).wire.run(5 * SECOND)
    assert not counter(station).released, "what was refused is not kept back to come true later"
    assert not [text for text in selected(station) if text[0] == "A"]


def test_without_a_limit_the_largest_one_is_said() -> None:
    station = lifted(island())
    station.done(Authorise(1, (1,)))
    assert "A0999999073601" in selected(station)
    money = lifted(island(options={"unlimited": "amount", "price_type": "credit"}, price_type="credit"))
    money.done(Authorise(1, (1,)))
    assert "A1999900173601" in selected(money)


@pytest.mark.parametrize("preset", [Preset(PresetKind.VOLUME, 9_999_990), Preset(PresetKind.AMOUNT, 999_900)], ids=str)
def test_a_limit_that_would_mean_no_limit_is_refused(preset: Preset) -> None:
    assert "can't be preset" in failed(lifted(island()), Authorise(1, (1,), preset))


def test_a_limit_ends_the_filling_with_the_nozzle_still_up() -> None:
    station = lifted(island())
    station.done(Authorise(1, (1,), Preset(PresetKind.AMOUNT, 20_00)))
    assert "A1002000073601" in selected(station)
    station.flow(9_000)
    station.wire.run(SECOND)
    assert (station.state(), station.figures()[1]) == (PumpState.FINISHED, 2_000)


def test_a_release_at_the_wrong_kind_of_price_is_ignored_and_taken_back() -> None:
    station = lifted(island(price_type="credit"))
    assert "does not take the release" in failed(station, Authorise(1, (1,)))
    assert "C0" in selected(station)
    assert not counter(station).released


def test_a_release_that_is_acknowledged_and_not_obeyed_is_said_again() -> None:
    station = lifted(island())
    head, release = counter(station), counter(station).release

    def ignored_once(text: str, now: int) -> None:
        release(text, now)
        station.faults.set("ignored-command", 0)

    head.release = ignored_once  # type: ignore[method-assign]
    station.faults.set("ignored-command", 1)
    station.done(Authorise(1, (1,)))
    assert counter(station).released
    assert sum(text[0] == "A" for text in selected(station)) == 2


def test_a_product_is_not_a_nozzle() -> None:
    """Two nozzles of one product: the status names the product, the display which nozzle it is."""
    products: dict[str, Any] = {"1": [3, 3]}
    station = lifted(island(options={"products": products}, products=products), 2)
    assert station.told(NozzleLifted)[-1].nozzle == 2
    assert "Nozzle 2 is lifted" in failed(station, Authorise(1, (1,)))
    station.done(Authorise(1, (2,)))
    assert selected(station).count("A0999999078503") == 1
    assert counter(station).released


def test_a_locked_counter_is_unlocked_before_it_is_released() -> None:
    """One that locks itself after each sale, or that was stopped."""
    station = filled(island(auto_lock=True))
    station.done(Clear(1))
    assert counter(station).digit is State.IDLE
    station.done(Stop(1))
    assert counter(station).digit is State.LOCKED
    assert station.state() is PumpState.READY
    lifted(station).done(Authorise(1, (1,)))
    assert counter(station).released


def test_a_counter_in_manual_mode_is_not_released() -> None:
    station = island()
    counter(station).remote = False
    counter(station).body.out = 1
    assert "remote control" in failed(station, Authorise(1, (1,)))


def test_it_can_not_be_halted_for_a_while() -> None:
    """The resume that some field notes list is unconfirmed, and is not used."""
    assert "Stop it" in failed(island(), Suspend(1))


# ── Prices ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_release_carries_the_price_that_was_set_and_its_display_proves_it() -> None:
    station = island(shows_lifted=False)
    station.done(SetPrices(1, {1: 7_460, 2: 7_950}))
    assert {"Z17460", "Z27950"} <= set(selected(station))
    lifted(station)
    assert station.told(NozzleLifted)[-1] == NozzleLifted(1, 1, 7_460)
    station.done(Authorise(1, (1,)))
    assert "A0999999074601" in selected(station)
    assert PriceRead(1, 1, 7_460) in station.told(PriceRead)


def test_a_release_whose_display_shows_another_price_is_taken_back() -> None:
    station = lifted(island())
    head, release = counter(station), counter(station).release

    def dearer(text: str, now: int) -> None:
        release(text, now)
        head.prices = head.prices | {1: 8_360}

    head.release = dearer  # type: ignore[method-assign]
    assert "another price" in failed(station, Authorise(1, (1,)))
    assert not head.released


def test_without_a_price_that_is_known_for_its_nozzle_it_is_not_released() -> None:
    """The display may still name the sale before; its price is none to sell at."""
    assert "no price yet" in failed(lifted(island(shows_lifted=False)), Authorise(1, (1,)))


def test_a_price_with_more_digits_than_the_display_is_refused() -> None:
    assert "can't show this price" in failed(island(), SetPrices(1, {1: 10_000, 2: 7_850}))
