"""Recorded bytes in plain words, whatever the input is."""

import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.decode import decode_line, decode_lines, decode_stream, frames, main_decode, row
from hardware.dispensers.wayne_dart.frames import Frame, Kind, encode
from hardware.registry import DISPENSERS
from shared.errors import Refused

DART = "wayne-dart"


def test_a_poll_and_its_empty_answer() -> None:
    poll, eot = decode_lines(DART, ["50 20 FA", "50 70 FA"])
    assert (poll["kind"], poll["direction"], poll["address"]) == ("POLL", "controller", 0x50)
    assert (eot["kind"], eot["direction"], eot["error"]) == ("EOT", "pump", None)


def test_a_data_frame_that_only_a_pump_can_send() -> None:
    found = decode_line(DART, "51 39 65 10 01 00 00 42 66 33 00 00 42 66 33 00 00 00 00 00 A4 F0 03 FA")
    assert (found["direction"], found["tx"]) == ("pump", 9)
    (totals,) = found["transactions"]
    assert (totals["name"], totals["means"], totals["total"]) == ("DC101", "totals", 426_633)


def test_where_both_directions_are_possible_both_readings_are_shown() -> None:
    """The same bytes are RETURN FILLING INFO from a controller and “filling” from a pump."""
    found = decode_line(DART, "51 3E 01 01 04 A1 B7 03 FA")
    (said,) = found["transactions"]
    assert found["direction"] is None
    assert (said["controller"]["code"], said["pump"]["state"]) == ("return filling info", "filling")


def test_an_acknowledgement_can_come_from_either() -> None:
    assert decode_line(DART, "51CAFA")["direction"] is None


@pytest.mark.parametrize("line", ["5020fa", "0x50 0x20 0xFA", "50:20:FA", "50,20,fa\r\n", "  50 20 FA  "])
def test_the_usual_spellings_are_understood(line: str) -> None:
    assert decode_line(DART, line)["kind"] == "POLL"


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("", "empty"),
        ("zz", "not hexadecimal"),
        ("502", "not hexadecimal"),
        ("50 20", "closing FA is missing"),
        ("50 20 FA 51 20 FA", "one frame a line"),
        ("00 50 20 FA", "before the frame"),
        ("50 90 FA", "no control byte"),
        ("51 30 01 01 00 A2 9D 03 FA", "checksum"),
        ("50 31 01 05 00 9C 60 03 FA", "longer than the frame"),
        ("51 " * 5_000, "longer than any frame"),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(line: str, why: str) -> None:
    error = decode_line(DART, line)["error"]
    assert why in error
    assert error.endswith(".")


def test_transactions_that_make_no_sense_in_either_direction() -> None:
    """Transaction 6D is reserved; here with a right checksum."""
    frame = encode(Frame(0x50, Kind.DATA, 1, bytes.fromhex("6D 01 00")))
    found = decode_line(DART, frame.hex())
    assert "neither direction" in found["error"]
    assert found["transactions"][0]["pump"]["data"] == "00"


@pytest.mark.parametrize("protocol", DISPENSERS)
@given(line=st.one_of(st.text(max_size=200), st.binary(max_size=80).map(bytes.hex)))
def test_any_line_gets_an_answer(protocol: str, line: str) -> None:
    found = decode_line(protocol, line)
    assert {"address", "direction", "kind", "transactions", "error"} <= set(found)
    json.dumps(found)


def test_a_stream_of_anything_is_decoded_line_by_line_to_its_end() -> None:
    stream = b"50 20 FA\n\xff\xfe binary \x00\n\n" + b"50" * 1_000_000 + b"\n50 70 FA"
    out = io.StringIO()
    assert main_decode(DART, io.BytesIO(stream), out) == 0
    kinds = [json.loads(line)["kind"] for line in out.getvalue().splitlines()]
    assert kinds == ["POLL", None, None, None, "EOT"]


def test_text_is_taken_as_well_as_bytes() -> None:
    out = io.StringIO()
    assert main_decode(DART, io.StringIO("50 20 FA\n加油\n"), out) == 0
    assert len(out.getvalue().splitlines()) == 2


def test_an_unknown_protocol_is_refused_with_the_nearest_one() -> None:
    with pytest.raises(Refused, match="Did you mean “wayne-dart”"):
        decode_line("wayne-drat", "50 20 FA")


@pytest.mark.parametrize("protocol", DISPENSERS)
@given(data=st.binary(max_size=80))
def test_any_bytes_are_cut_into_frames_and_nothing_is_left_out(protocol: str, data: bytes) -> None:
    found = frames(protocol, data)
    assert b"".join(raw for raw, _ in found) == data
    for by_pump in (True, False, None):
        assert all(row(said, by_pump) and "\n" not in row(said, by_pump) for _, said in found)


def test_a_stream_is_cut_whatever_its_lines_are() -> None:
    found = list(decode_stream(DART, ["50 20", "FA 50 70", "加油", "FA"]))
    assert [(one["kind"], one["data"]) for one in found] == [("POLL", "50 20 FA"), ("EOT", "50 70 FA")]


def test_a_row_reads_as_the_side_that_spoke() -> None:
    """The same bytes are RETURN FILLING INFO from a controller and “filling” from a pump."""
    ((_, said),) = frames(DART, bytes.fromhex("51 3E 01 01 04 A1 B7 03 FA"))
    assert "return filling info" in row(said, False)
    assert "filling" in row(said, True)
    assert "return" not in row(said, True)
