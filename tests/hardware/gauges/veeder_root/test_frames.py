"""Replies of real consoles, their floats, and whatever else may arrive on a line."""

import contextlib
import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.errors import FrameMisread
from hardware.gauges.ports import LengthUnit, TemperatureUnit, Units, VolumeUnit
from hardware.gauges.veeder_root import bodies
from hardware.gauges.veeder_root.figures import Figures, digits_of, single
from hardware.gauges.veeder_root.frames import (
    Rejected,
    Reply,
    Splitter,
    answer,
    checksum,
    question,
    read,
    rejection,
)
from shared.tanks import TankLevel, tenths

GOLDEN = Path(__file__).parents[3] / "golden" / "veeder-root" / "replies.jsonl"
ROWS: list[dict[str, Any]] = [json.loads(line) for line in GOLDEN.read_text().splitlines()]
METRIC = Figures(Units())
AMERICAN = Figures(Units(VolumeUnit.GALLON, LengthUnit.INCH, TemperatureUnit.FAHRENHEIT))


@pytest.mark.parametrize("row", ROWS, ids=[f"{row['function'] or 'rejection'}-{n}" for n, row in enumerate(ROWS)])
def test_what_consoles_say_is_read_as_it_was_meant(row: dict[str, Any]) -> None:
    found = read(row["frame"].encode())
    if not row["function"]:
        assert found == Rejected()
        return
    assert isinstance(found, Reply)
    assert found.function == row["function"]
    assert answer(found.function, found.tank, found.body).decode() == row["frame"]
    if "tanks" in row:
        said = [
            {"tank": one.tank, "delivering": one.delivering, **_filled(one.level)}
            for one in bodies.inventory(found.body, METRIC).tanks
        ]
        assert said == [{"delivering": False, **tank} for tank in row["tanks"]]
    if "alarms" in row:
        assert [[a.tank, a.alarm, a.code] for a in bodies.alarms(found.body).alarms] == row["alarms"]
    if "deliveries" in row:
        told = bodies.deliveries(found.body, METRIC).deliveries
        assert [[d.tank, d.started, d.ended, d.before.volume, d.after.volume] for d in told] == row["deliveries"]


def _filled(level: TankLevel) -> dict[str, int]:
    values = {name: getattr(level, name) for name in level.__struct_fields__}
    return {name: value for name, value in values.items() if value is not None}


def test_the_rejection_is_the_checksum_that_the_notes_work_out() -> None:
    assert checksum(b"\x019999") == b"FF1B"
    assert rejection() == b"\x019999FF1B\x03"


def test_a_question_carries_the_security_code_where_there_is_one() -> None:
    assert question("i201") == b"\x01i20100"
    assert question("i205", 3, "SESAME") == b"\x01SESAMEi20503"


def test_a_flipped_character_is_never_taken_for_a_level() -> None:
    frame = ROWS[0]["frame"].encode()
    for at in range(1, len(frame) - 1):
        spoilt = frame[:at] + bytes([frame[at] ^ 0x01]) + frame[at + 1 :]
        with pytest.raises(FrameMisread):
            read(spoilt)


@pytest.mark.parametrize(
    ("digits", "value"),
    [
        ("447A0000", Fraction(1000)),
        ("C0800000", Fraction(-4)),
        ("00000000", Fraction(0)),
        ("80000000", Fraction(0)),
        ("00000001", Fraction(1, 2**149)),
        ("3F800000", Fraction(1)),
        ("FF800000", None),
        ("7F800000", None),
        ("7FC00000", None),
    ],
)
def test_a_single_is_read_exactly(digits: str, value: Fraction | None) -> None:
    assert single(digits) == value


def test_gallons_inches_and_fahrenheit_become_the_houses_units() -> None:
    assert AMERICAN.volume("3F800000") == 3_785
    assert AMERICAN.volume("447A0000") == 3_785_412
    assert AMERICAN.height("3F800000") == 25_400
    assert AMERICAN.temperature("42000000") == 0  # 32 °F
    assert AMERICAN.temperature("42D40000") == 41_111  # 106 °F


@pytest.mark.parametrize("digits", ["FF800000", "7F800000", "7FC00000", "FFC00000", "C47A0000", "7F7FFFFF"])
def test_what_no_tank_can_hold_is_no_value(digits: str) -> None:
    assert METRIC.volume(digits) is None
    assert METRIC.height(digits) is None
    assert METRIC.temperature(digits) is None


def test_an_invalid_height_takes_the_fuel_with_it_but_not_the_water() -> None:
    body = "2611220800" + "011000407" + "447A0000" * 4 + "40000000" + "41A00000" + "3F800000"
    level = bodies.inventory(body, METRIC).tanks[0].level
    assert level == TankLevel(water_height=2_000, water_volume=1_000, temperature=20_000)


def test_fewer_fields_than_usual_leave_the_rest_unknown_and_more_are_let_pass() -> None:
    short = bodies.inventory("2611220800" + "011000002" + "447A0000" * 2, METRIC)
    assert short.tanks[0].level == TankLevel(volume=1_000_000, standard_volume=1_000_000)
    long = bodies.inventory("2611220800" + "011000008" + "40000000" * 8, METRIC)
    assert long.tanks[0].level.water_volume == 2_000


def test_alarms_are_counted_in_hexadecimal_by_one_text_and_in_decimal_by_another() -> None:
    codes = "01020304050607080910"
    for count in ("0A", "10"):
        found = bodies.alarms("2611220800" + "01" + count + codes + "0200").alarms
        assert len(found) == 10
    assert bodies.alarms("2611220800" + "010199").alarms[0].alarm == "unknown_alarm"


def test_a_delivery_without_an_end_is_not_told_yet() -> None:
    numbers = "0A" + "447A0000" * 10
    body = "2611220800" + "01102" + "2611210610" + "2611210642" + numbers + "2611220755" + "0000000000" + numbers
    assert [one.started for one in bodies.deliveries(body, METRIC).deliveries] == ["2026-11-21 06:10"]


def test_tenths_are_rounded_and_never_minus_zero() -> None:
    assert [tenths(value) for value in (12_402, 12_450, -4_980, -20, 0)] == ["12.4", "12.5", "-5.0", "0.0", "0.0"]


# ── Any bytes ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@given(st.binary(max_size=200))
def test_any_bytes_are_a_reply_or_misread(data: bytes) -> None:
    try:
        read(data)
    except FrameMisread:
        return


@given(st.text(st.sampled_from("0123456789ABCDEFi&"), max_size=120))
def test_any_body_under_a_right_checksum_is_read_or_misread(body: str) -> None:
    found = read(answer("i201", 0, body))
    assert isinstance(found, Reply)
    readers: list[Any] = [lambda b: bodies.inventory(b, METRIC), lambda b: bodies.deliveries(b, METRIC), bodies.alarms]
    for reader in readers:
        with contextlib.suppress(FrameMisread):
            reader(found.body)


@given(st.lists(st.binary(max_size=30), max_size=20))
def test_a_good_reply_is_found_behind_any_rubbish(pieces: list[bytes]) -> None:
    splitter = Splitter()
    for piece in pieces:
        splitter.feed(piece)
    good = answer("i201", 0, "2611220800")
    assert splitter.feed(good[:5]) + splitter.feed(good[5:]) == [good]


@given(st.binary(max_size=300), st.integers(1, 20))
def test_cutting_does_not_depend_on_how_the_bytes_are_dribbled(data: bytes, step: int) -> None:
    whole, dribbled = Splitter(), Splitter()
    once = whole.feed(data)
    bit_by_bit = [frame for at in range(0, len(data), step) for frame in dribbled.feed(data[at : at + step])]
    assert once == bit_by_bit
    assert whole.noise == dribbled.noise


@given(st.fractions(-100_000, 100_000, max_denominator=1_000))
def test_a_number_of_the_simulated_console_comes_back_to_the_nearest_single(value: Fraction) -> None:
    found = single(digits_of(value))
    assert found is not None
    assert abs(found - value) <= abs(value) / 2**24


@given(st.integers(0, 60_000_000))
def test_litres_there_and_back_are_right_to_a_few_millilitres(ml: int) -> None:
    found = METRIC.volume(digits_of(Fraction(ml, 1_000)))
    assert found is not None
    assert abs(found - ml) <= 4
