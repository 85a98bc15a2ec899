"""The computer of a simulated pump: what it does by rights, and each fault that it may have."""

import pytest

from hardware.ports import PumpState
from hardware.simulation.faults import HEAD_FAULTS, Faults
from hardware.simulation.head import Change, Head, Manners
from hardware.simulation.pump import SimulatedPoint
from shared.money import amount_of
from shared.sale import Preset, PresetKind

SECOND = 1_000_000
FLOW = 500


class Bench(Head):
    """A head on the workbench, with a clock of its own."""

    def __init__(self, faults: Faults | None = None, manners: Manners | None = None) -> None:
        place = SimulatedPoint(1, 1, ("92#", "95#"), prices={1: 7_360, 2: 7_850}, totalisers={1: 100_000, 2: 200_000})
        self.changes: list[Change] = []
        self.now = 0
        super().__init__(place, faults or Faults(), manners)

    def on_change(self, change: Change) -> None:
        self.changes.append(change)

    def wait(self, seconds: int) -> None:
        for _ in range(10 * seconds):
            self.now += SECOND // 10
            self.advance(self.now)

    def release(self, *nozzles: int, preset: Preset | None = None) -> bool:
        return self.authorise(nozzles or (1, 2), preset, self.now)

    def fill(self, nozzle: int = 1, seconds: int = 20) -> None:
        """Lift, fuel, hang up."""
        self.lift(nozzle, self.now)
        self.body.squeeze(FLOW)
        self.wait(seconds)
        self.hang_up(self.now)

    def sell(self, seconds: int = 20) -> tuple[int, int]:
        """One whole sale; what the display says of it."""
        assert self.release()
        self.fill(1, seconds)
        shown = self.shown()
        self.clear(self.now)
        return shown


def faulty(*names: str, **manners: object) -> Bench:
    return Bench(Faults(dict.fromkeys(names, 1.0)), Manners(**manners) if manners else None)  # type: ignore[arg-type]


def test_a_sale_from_release_to_clear() -> None:
    head = Bench()
    assert head.release(1)
    head.fill()
    assert head.state is PumpState.FINISHED
    assert head.shown() == (10_000, 7_360)
    assert head.total(1) == 110_000
    assert head.clear(head.now)
    assert (head.state, head.shown()) == (PumpState.READY, (0, 0))
    (filling,) = head.body.fillings
    assert (filling.volume, filling.before, filling.after) == (10_000, 100_000, 110_000)


def test_only_released_nozzles_deliver_unless_they_cant_be_locked() -> None:
    head, loose = Bench(), faulty(one_grade_out=True)
    for bench, volume in ((head, 0), (loose, 10_000)):
        bench.release(2)
        bench.fill(1)
        assert bench.body.volume == volume


def test_a_limit_ends_the_flow_and_by_its_manners_the_filling() -> None:
    for head, state in ((Bench(), PumpState.LIMIT_REACHED), (faulty(limit_ends=True), PumpState.FINISHED)):
        head.release(1, preset=Preset(PresetKind.VOLUME, 5_000))
        head.lift(1, head.now)
        head.body.squeeze(FLOW)
        head.wait(20)
        assert (head.state, head.body.volume) == (state, 5_000)


def test_some_forget_a_sale_when_they_are_released_again_and_others_refuse() -> None:
    for head, released in ((Bench(), False), (faulty(keeps_sale=False), True)):
        head.release(1)
        head.fill()
        assert head.release(1) is released


def test_some_are_released_only_while_a_nozzle_is_out() -> None:
    head = faulty(needs_lift=True, hanging_up_ends_release=True, stopped=PumpState.READY)
    assert not head.release(1)
    head.lift(1, head.now)
    assert head.release(1)
    head.hang_up(head.now)
    assert head.state is PumpState.READY


def test_a_suspended_filling_goes_on_where_it_was() -> None:
    head = Bench()
    head.release(1)
    head.lift(1, head.now)
    head.body.squeeze(FLOW)
    head.wait(4)
    assert head.suspend(head.now)
    head.wait(10)
    assert head.body.volume == 2_000
    assert head.resume(head.now)
    head.wait(4)
    assert head.body.volume == 4_000


def test_prices_change_between_fillings_only() -> None:
    head = Bench()
    assert head.set_prices({1: 7_500}, head.now)
    head.release(1)
    assert not head.set_prices({1: 7_900}, head.now)
    assert head.prices == {1: 7_500, 2: 7_850}


# ── Faults ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_f01_the_previous_sale_is_added_on_the_display_and_not_on_the_meter() -> None:
    head = Bench(Faults())
    first = head.sell()
    head.faults.set("previous-sale-added", 1)
    second = head.sell(40)
    assert second == (20_000 + first[0], 14_720 + first[1])
    assert [filling.volume for filling in head.body.fillings] == [10_000, 20_000]


def test_a_computer_that_starts_anew_loses_the_display_and_not_the_meter() -> None:
    head = faulty("cpu-reset")
    head.release(1)
    head.lift(1, head.now)
    head.body.squeeze(FLOW)
    head.wait(20)
    assert (head.state, head.shown()) == (PumpState.READY, (0, 0))
    assert Change.RESTARTED in head.changes
    (filling,) = head.body.fillings
    assert filling.volume > 3_000
    assert head.total(1) == 100_000 + filling.volume
    assert not head.released


def test_an_ignored_command_is_accepted_and_nothing_happens() -> None:
    head = faulty("ignored-command")
    assert head.release(1)
    assert head.state is PumpState.READY
    assert head.set_prices({1: 9_990}, head.now)
    assert head.prices[1] == 7_360


def test_stale_totals_are_those_of_before_for_a_while() -> None:
    head = faulty("stale-totals")
    head.sell()
    assert head.total(1) == 100_000
    head.wait(3)
    assert head.total(1) == 110_000


def test_the_last_sale_is_shown_unasked_until_fuel_flows() -> None:
    head = Bench()
    first = head.sell()
    head.faults.set("unsolicited-last-sale", 1)
    head.release(1)
    assert head.shown() == first
    head.fill(1, 2)
    assert head.shown() == (1_000, 736)


def test_drips_are_counted_by_the_meter_and_belong_to_nobody() -> None:
    head = faulty("drip")
    assert head.sell() == (10_000, 7_360)
    (drip,) = head.body.drips
    assert 10 <= drip.volume <= 80
    assert head.total(1) == 110_000 + drip.volume
    assert head.body.fillings[0].after == 110_000


def test_a_display_may_count_what_drips_after_the_end() -> None:
    """The filling is what flowed until the end; the display says more, if it stands there and is told as it stands."""
    head, early, frozen = faulty("drip-shown"), faulty("drip-shown"), faulty("drip-shown", tells_as_ended=True)
    for bench in (head, early, frozen):
        bench.release(1)
        bench.fill()
        assert bench.shown() == (10_000, 7_360)
    early.clear(early.now)
    for bench in (head, early, frozen):
        bench.wait(1)
        (drip,), (filling,) = bench.body.drips, bench.body.fillings
        assert filling.volume == 10_000
        assert bench.total(1) == 110_000 + drip.volume
        assert drip.volume >= 10
    (drip,) = head.body.drips
    assert (
        head.shown()
        == (10_000 + drip.volume, amount_of(10_000 + drip.volume, 7_360))
        == (10_000 + drip.volume, drip.amount)
    )
    assert (early.shown(), early.body.drips[0].amount) == ((0, 0), 0)
    assert (frozen.shown(), frozen.body.drips[0].amount) == ((10_000, 7_360), 0)


def test_a_totaliser_shortly_before_its_end_starts_again_at_zero() -> None:
    head = faulty("totaliser-roll-over", totaliser_modulus=10_000_000)
    assert head.total(1) == 9_980_000
    head.sell(60)
    assert head.total(1) == 10_000
    assert head.body.fillings[0].volume == 30_000


def test_a_nozzle_that_bounces_is_out_again_for_a_moment() -> None:
    head = faulty("nozzle-bounce")
    head.release(1)
    head.fill()
    head.changes.clear()
    head.wait(1)
    assert head.changes.count(Change.NOZZLE) == 2
    assert head.body.out == 0
    assert len(head.body.fillings) == 1


def test_a_release_that_nobody_used_ends_as_a_sale_of_nothing() -> None:
    head = faulty("zero-volume-sale")
    head.release(1)
    head.lift(1, head.now)
    head.hang_up(head.now)
    assert (head.state, head.shown()) == (PumpState.FINISHED, (0, 0))
    assert head.body.fillings == []


def test_a_frozen_pump_answers_nobody_for_some_seconds() -> None:
    head = faulty("frozen")
    head.release(1)
    assert head.deaf
    head.wait(6)
    assert not head.deaf


@pytest.mark.parametrize("fault", HEAD_FAULTS)
def test_whatever_the_fault_the_truth_is_what_the_meter_counted(fault: str) -> None:
    head = Bench(Faults({fault: 0.5}, seed=7))
    start = head.body.totalisers[1]
    for _ in range(10):
        head.wait(6)
        head.release(1)
        head.fill()
        head.wait(6)
        head.clear(head.now)
    flown = sum(filling.volume for filling in head.body.fillings) + sum(drip.volume for drip in head.body.drips)
    assert head.body.totalisers[1] - start == flown
