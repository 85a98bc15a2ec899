"""Transactions: each one read and written again, by direction; malformed ones skipped and never guessed at."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.bcd import bcd, read_bcd
from hardware.dispensers.wayne_dart import commands as c
from hardware.dispensers.wayne_dart import readings as r
from hardware.dispensers.wayne_dart.explain import explain
from hardware.dispensers.wayne_dart.frames import Frame, Kind, decode, encode
from hardware.dispensers.wayne_dart.transactions import Direction, Transaction, Unreadable
from hardware.dispensers.wayne_dart.transactions import decode as read
from hardware.dispensers.wayne_dart.transactions import encode as write
from hardware.errors import FrameMisread
from tests.hardware.dispensers.wayne_dart.golden import GOLDEN, Golden

EIGHT = st.integers(0, 99_999_999)
SIX = st.integers(0, 999_999)
TEN = st.integers(0, 9_999_999_999)
BYTE = st.integers(0, 255)
NOZZLE = st.integers(1, 15)

TO_PUMP = st.one_of(
    st.builds(c.Command, st.sampled_from(c.Dcc)),
    st.builds(c.AllowedNozzles, st.lists(NOZZLE, min_size=1, max_size=15).map(tuple)),
    st.builds(c.PresetVolume, EIGHT),
    st.builds(c.PresetAmount, EIGHT),
    st.builds(c.PriceUpdate, st.lists(SIX, min_size=1, max_size=15).map(tuple)),
    st.builds(c.Output, BYTE, st.booleans()),
    st.builds(c.SetParameters, BYTE, BYTE, BYTE, EIGHT),
    st.builds(c.FillingType, st.booleans()),
    st.builds(c.Suspend, BYTE),
    st.builds(c.Resume, BYTE),
    st.builds(c.RequestTotals, BYTE),
    st.builds(c.RequestTotals8, BYTE),
    st.builds(c.RequestAmountTotals, BYTE),
    st.builds(c.RequestTemperature, BYTE),
    st.builds(c.RequestTag, BYTE),
)
FROM_PUMP = st.one_of(
    st.builds(r.Status, st.sampled_from(r.State)),
    st.builds(r.Filled, EIGHT, EIGHT),
    st.builds(r.NozzleAndPrice, SIX, st.integers(0, 15), st.booleans()),
    st.builds(r.Alarm, BYTE),
    st.builds(r.Parameters, BYTE, BYTE, BYTE, EIGHT, st.tuples(*[BYTE] * 15)),
    st.builds(r.Identity, st.integers(0, 9_999), st.integers(0, 99), st.integers(0, 9_999)),
    st.builds(r.Suspended, BYTE),
    st.builds(r.Resumed, BYTE),
    st.builds(r.Totals, BYTE, TEN, st.tuples(TEN, TEN)),
    st.builds(r.Totals, BYTE, st.integers(0, 10**12 - 1), st.tuples(st.integers(0, 10**12 - 1))),
    st.builds(r.Totals, BYTE, TEN),
    st.builds(r.Mode, BYTE, BYTE),
    st.builds(r.AmountTotals, BYTE, st.tuples(TEN, TEN, TEN)),
    st.builds(r.Prices, st.lists(SIX, min_size=1, max_size=15).map(tuple)),
    st.builds(r.Tag, BYTE, st.binary(min_size=12, max_size=12)),
)


@given(st.lists(TO_PUMP, max_size=4))
def test_what_the_controller_says_is_understood(said: list[Transaction]) -> None:
    assert list(read(write(said), Direction.CONTROLLER)) == said


@given(BYTE, st.integers(0, 9_999))
def test_a_temperature_of_the_s4_edition_stands_where_others_have_a_price(nozzle: int, value: int) -> None:
    said = r.Temperature(nozzle, value)
    assert read(write([said]), Direction.PUMP, s4=True) == (said,)


def test_three_bytes_of_103_are_shown_in_both_editions() -> None:
    frame = encode(Frame(0x50, Kind.DATA, 1, write([r.Status(r.State.RESET), r.Temperature(1, 152)])))
    (_, told) = explain(frame)["transactions"]
    shown = told.get("pump", told)
    assert (shown["prices"], shown["s4"]) == (
        (10_152,),
        {"name": "DC103", "means": "temperature", "nozzle": 1, "value": 152},
    )


@pytest.mark.parametrize(
    ("code", "word"),
    [
        (0x01, "cpu_reset"),
        (0x09, "emergency_stop"),
        (0x0F, "hose_leak"),
        (0x13, "vapour_recovery_monitor"),
        (0x14, "reserved"),
        (0x18, "reserved"),
        (0x19, "vapour_recovery_control"),
        (0x20, "vapour_recovery_control"),
        (0xFF, "reserved"),
    ],
)
def test_each_alarm_has_a_word_that_stays(code: int, word: str) -> None:
    (said,) = read(bytes((5, 1, code)), Direction.PUMP)
    assert isinstance(said, r.Alarm)
    assert said.word == word


@given(st.lists(FROM_PUMP, max_size=4))
def test_what_the_pump_says_is_understood(said: list[Transaction]) -> None:
    assert list(read(write(said), Direction.PUMP)) == said


@pytest.mark.parametrize("golden", GOLDEN, ids=str)
def test_a_recorded_frame_says_what_was_meant(golden: Golden) -> None:
    """In its own direction. Where the bytes allow both readings, both are shown."""
    found = explain(golden.frame)
    assert found["error"] is None
    assert found["direction"] in (golden.direction, None)
    told = [said.get(str(golden.direction), said) for said in found["transactions"]]
    assert [{key: _listed(value) for key, value in said.items() if key != "means"} for said in told] == golden.says


def _listed(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value


@given(st.binary(max_size=120), st.sampled_from(Direction))
def test_any_body_is_read_skipped_or_a_misread_frame(body: bytes, direction: Direction) -> None:
    try:
        said = read(body, direction)
    except FrameMisread:
        return
    assert len(write(said)) == len(body)  # what could not be read was kept whole


def test_an_unknown_transaction_is_skipped_by_its_length() -> None:
    unknown, status = read(bytes.fromhex("6D 02 AA BB 01 01 05"), Direction.PUMP)
    assert unknown == Unreadable(0x6D, b"\xaa\xbb", "6D is no transaction of the pump.")
    assert status == r.Status(r.State.COMPLETED)


@pytest.mark.parametrize(
    ("body", "direction"),
    [
        ("02 08 00 00 00 0A 00 00 00 00", Direction.PUMP),  # a digit above nine
        ("02 07 00 00 00 00 00 00 00", Direction.PUMP),  # a byte too few
        ("01 01 03", Direction.PUMP),  # there is no status 3
        ("03 04 00 00 00 20", Direction.PUMP),  # no nozzle 20
        ("65 07 01 00 00 00 00 00 00", Direction.PUMP),  # none of the three forms
        ("01 01 07", Direction.CONTROLLER),  # no command 7
        ("02 01 00", Direction.CONTROLLER),  # no nozzle 0
        ("05 04 00 00 00 00", Direction.CONTROLLER),  # prices have three bytes
    ],
)
def test_nonsense_is_not_guessed_at(body: str, direction: Direction) -> None:
    (said,) = read(bytes.fromhex(body), direction)
    assert isinstance(said, Unreadable)
    assert said.why.endswith(".")


def test_a_transaction_longer_than_its_frame_spoils_the_frame() -> None:
    with pytest.raises(FrameMisread, match="longer than the frame"):
        read(bytes.fromhex("01 01 05 02 08 00"), Direction.PUMP)


@pytest.mark.parametrize(
    ("body", "total", "digits"),
    [
        ("65 10 01 13 36 38 49 66 13 36 38 49 66 00 00 00 00 00", 1_336_384_966, 10),
        ("65 06 02 00 00 42 66 33", 426_633, 10),
        ("65 0D 01 01 23 45 67 89 01 00 00 00 12 34 56", 12_345_678_901, 12),
    ],
)
def test_totals_are_read_by_their_length(body: str, total: int, digits: int) -> None:
    (said,) = read(bytes.fromhex(body), Direction.PUMP)
    assert isinstance(said, r.Totals)
    assert (said.total, said.digits) == (total, digits)


@given(st.integers(0, 10**8 - 1))
def test_packed_digits_there_and_back(number: int) -> None:
    assert read_bcd(bcd(number, 4)) == number


def test_a_number_that_does_not_fit_is_our_own_mistake() -> None:
    with pytest.raises(ValueError, match="does not fit"):
        bcd(100_000_000, 4)
    with pytest.raises(ValueError, match="does not fit"):
        bcd(-1, 4)


def test_decimals_stand_in_the_parameters() -> None:
    told = r.Parameters(2, 2, 3, 99_999_999, tuple(range(15)))
    assert len(told.data()) == 51
    body = decode(encode(Frame(0x50, Kind.DATA, 1, write([told])))[:-1]).body
    assert read(body, Direction.PUMP) == (told,)
