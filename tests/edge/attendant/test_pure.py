"""What a card says, what a person typed, and how a PIN is guarded: without a page."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from edge.attendant import cards, forms, pins
from edge.attendant.sales import by_hour, totals
from edge.attendant.station import grade_rows
from edge.forecourt.views import PointPhase
from shared.face import FormMisread
from shared.sale import Preset, PresetKind
from tests.edge.attendant.fake_forecourt import StrawForecourt
from tests.edge.attendant.scene import busy

words = st.text(max_size=40) | st.sampled_from(["", "amount", "volume", "amount:200", "volume:1e9", "٣", "0", "-1"])


@pytest.fixture
def forecourt() -> StrawForecourt:
    return StrawForecourt(8)


@pytest.mark.parametrize("phase", PointPhase)
def test_every_state_has_a_colour_a_shape_and_a_word(forecourt: StrawForecourt, phase: PointPhase) -> None:
    card = cards.card(replace(forecourt.board[1], phase=phase))
    assert card.icon
    assert card.word == f"phase.{phase.value}"
    assert (card.tone == "") == (phase in {PointPhase.IDLE, PointPhase.CLOSED})


def test_no_two_states_that_differ_for_a_person_look_the_same() -> None:
    looks = {phase: look for phase, look in cards.LOOKS.items() if not phase.value.startswith("suspended")}
    assert len(set(looks.values())) == len(looks)


def test_figures_of_the_last_filling_stay_until_the_next_begins(forecourt: StrawForecourt) -> None:
    forecourt.lift(1)
    assert not cards.card(forecourt.board[1]).past
    forecourt.flow(1, 20_000)
    assert cards.card(forecourt.board[1]).running
    forecourt.finish(1)
    card = cards.card(forecourt.board[1])
    assert (card.past, card.running, card.point.volume) == (True, False, 20_000)


def test_only_figures_moved_means_only_figures_are_told(forecourt: StrawForecourt) -> None:
    forecourt.lift(1)
    forecourt.flow(1, 10_000)
    before = forecourt.board[1]
    forecourt.flow(1, 10_000)
    assert cards.same_card(before, forecourt.board[1])
    assert not cards.same_card(before, replace(forecourt.board[1], plate="川A8K321"))


def test_who_waits_longest_stands_first(forecourt: StrawForecourt) -> None:
    points = [
        replace(forecourt.board[n], phase=PointPhase.CALLING, since=since) for n, since in ((1, 9), (2, 3), (3, 7))
    ]
    assert [card.point.point for card in cards.calling([*points, forecourt.board[4]])] == [2, 3, 1]


@pytest.mark.parametrize(("count", "columns"), [(1, 1), (4, 2), (8, 4), (16, 4), (20, 5), (32, 8), (60, 8)])
def test_cards_fill_the_screen(count: int, columns: int) -> None:
    assert cards.columns(count) == columns


def test_a_filling_with_a_limit_shows_how_far_it_is(forecourt: StrawForecourt) -> None:
    point = replace(forecourt.board[1], amount=5_000, preset=Preset(PresetKind.AMOUNT, 20_000))
    assert cards.preset_progress(point) == (5_000, 20_000)
    assert cards.preset_progress(replace(point, preset=None)) is None


@pytest.mark.parametrize(
    ("fields", "limit"),
    [
        ({}, None),
        ({"limit": ""}, None),
        ({"limit": "amount:200"}, Preset(PresetKind.AMOUNT, 20_000)),
        ({"limit": "amount", "value": "199.5"}, Preset(PresetKind.AMOUNT, 19_950)),
        ({"limit": "volume", "value": "30"}, Preset(PresetKind.VOLUME, 30_000)),
        ({"limit": "amount", "value": "１００"}, Preset(PresetKind.AMOUNT, 10_000)),
    ],
)
def test_a_limit_is_money_or_litres_or_none(fields: dict[str, str], limit: Preset | None) -> None:
    assert forms.preset(fields) == limit


@pytest.mark.parametrize("value", ["", "0", "0.00", "10000", "12,5", "2e2", "-5", "200.001"])
def test_a_limit_that_is_none_is_never_taken_for_one(value: str) -> None:
    with pytest.raises(FormMisread):
        forms.preset({"limit": "amount", "value": value})


@given(st.fixed_dictionaries({}, optional=dict.fromkeys(("limit", "value", "point", "plate", "member", "code"), words)))
def test_whatever_is_typed_is_read_or_refused(fields: dict[str, str]) -> None:
    for read in (forms.preset, forms.plate, forms.member, forms.code, lambda all: forms.whole(all, "point", 999)):
        try:
            value = read(fields)
        except FormMisread:
            continue
        assert value is None or isinstance(value, Preset | str | int)


def test_a_plate_is_kept_without_its_dot() -> None:
    assert forms.plate({"plate": " 川a·8k321 "}) == "川A8K321"
    assert forms.plate({"plate": ""}) == ""


def test_a_pin_has_six_digits_and_is_not_the_first_one_a_thief_tries() -> None:
    for _ in range(200):
        pin = pins.new_pin()
        assert pins.is_pin(pin)
        assert pin not in {"000000", "123456", "654321", "111111", "890123"}
    assert not pins.is_pin("１２３４５６")
    assert not pins.is_pin("123456\n")


def test_a_pin_is_known_by_its_salted_hash_alone() -> None:
    salt = pins.new_salt()
    known = pins.pin_hash("402917", salt)
    assert pins.matches("402917", salt, known)
    assert not pins.matches("402918", salt, known)
    assert not pins.matches("402917", pins.new_salt(), known)


def test_each_wrong_pin_after_the_fourth_doubles_the_wait_up_to_an_hour() -> None:
    waits = [pins.locked_until(failures, 1_000) for failures in range(1, 14)]
    assert waits[:6] == [0, 0, 0, 0, 31_000, 61_000]
    assert waits[-1] == 3_601_000


def test_a_day_is_summed_without_what_is_disputed(forecourt: StrawForecourt) -> None:
    busy(forecourt)
    sums = totals(forecourt.sold)
    settled = [view.sale for view in forecourt.sold if view.sale.status == "settled"]
    assert (sums.count, sums.disputed) == (len(settled), len(forecourt.sold) - len(settled))
    assert sums.disputed > 0
    assert sums.amount - sums.discount == sums.payable == sum(sale.payable for sale in settled)


def test_sales_of_an_hour_stand_in_its_bar(forecourt: StrawForecourt) -> None:
    start = forecourt.now - forecourt.now % 86_400_000
    forecourt.lift(1)
    forecourt.flow(1, 10_000)
    forecourt.record(forecourt.board[1], at=start + 3 * 3_600_000 + 5)
    hours = by_hour(forecourt.sold, start)
    assert hours[3] == forecourt.sold[0].sale.payable
    assert sum(hours) == hours[3]


def test_a_nozzle_that_shows_another_price_is_marked(forecourt: StrawForecourt) -> None:
    point = forecourt.board[1]
    wrong = replace(point.nozzles[0], shown=7_800)
    rows = grade_rows((replace(point, nozzles=(wrong, point.nozzles[1])), *list(forecourt.board.values())[1:]))
    assert [row.grade for row in rows] == ["92#", "95#", "98#", "0#"]
    assert [wrong for _, _, wrong in rows[0].nozzles] == [True, False, False, False]
