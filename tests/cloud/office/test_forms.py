"""What a person typed is read, or answered with a word that the page can translate."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.office.forms import Complaint, Form
from cloud.office.moments import day_of, day_start, local, read_moment, write_moment

ANYTHING = st.text(max_size=60)


def form(**fields: str) -> Form:
    return Form({name: (value,) for name, value in fields.items()})


def test_money_and_prices_are_read_as_people_write_them() -> None:
    typed = form(price="7.85", value="20", litres="30.5")
    assert (typed.unit_price("price"), typed.money("value"), typed.litres("litres")) == (7_850, 2_000, 30_500)
    assert not typed.wrong


def test_everything_that_is_wrong_is_told_at_once() -> None:
    typed = form(price="cheap", name=" ", value="999999999", day="yesterday")
    typed.unit_price("price")
    typed.text("name")
    typed.money("value", most=10_000)
    typed.day("day")
    assert typed.wrong == {
        "price": Complaint("number"),
        "name": Complaint("needed"),
        "value": Complaint("range", {"least": "0", "most": "100"}),
        "day": Complaint("day"),
    }


@pytest.mark.parametrize("odd", ["a\0b", "\ud800", "bell\a"])
def test_characters_that_no_database_keeps_are_refused(odd: str) -> None:
    typed = form(name=odd)
    assert typed.text("name") == ""
    assert typed.wrong["name"] == Complaint("odd_characters")


def test_only_what_is_offered_can_be_chosen() -> None:
    typed = Form({"grade": ("95#", "92#"), "kind": ("gold",), "station": ("nowhere",)})
    assert typed.several("grade", ["92#", "95#", "98#"]) == ("92#", "95#")
    assert typed.chosen("kind", ["amount"], "amount") == "amount"
    typed.several("station", ["one"])
    assert set(typed.wrong) == {"kind", "station"}


@given(ANYTHING)
def test_no_text_upsets_the_reading(text: str) -> None:
    typed = Form(dict.fromkeys("abcdefgh", (text,)))
    for name, value in (
        ("a", typed.whole("a")),
        ("b", typed.money("b")),
        ("c", typed.unit_price("c", default=0)),
        ("d", typed.litres("d")),
        ("e", typed.moment("e")),
    ):
        assert isinstance(value, int), name
    typed.day("f")
    typed.text("g")
    assert all(complaint.reason for complaint in typed.wrong.values())


def test_a_local_time_is_that_of_china() -> None:
    at = read_moment("2026-11-22T00:30")
    assert day_of(at) == date(2026, 11, 22)
    assert at == day_start(date(2026, 11, 22)) + 30 * 60_000
    assert write_moment(at) == "2026-11-22T00:30"


@given(st.integers(-(2**70), 2**70))
def test_any_moment_can_be_shown(at: int) -> None:
    assert 1970 <= local(at).year <= 2100
