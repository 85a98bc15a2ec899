"""What an engineer reads when he looks at the bytes of a console."""

from hypothesis import given
from hypothesis import strategies as st

from hardware.decode import decode_line, decode_stream, row
from hardware.gauges.veeder_root.explain import cut, explain
from hardware.gauges.veeder_root.frames import question, rejection
from tests.hardware.gauges.veeder_root.test_frames import ROWS


def test_questions_answers_and_rejections_are_named() -> None:
    assert explain(question("i201"))["kind"] == "i201"
    assert (explain(question("i205", 3, "SESAME"))["direction"], explain(rejection())["kind"]) == (
        "controller",
        "rejected",
    )
    said = decode_line("veeder-root", ROWS[0]["frame"].encode().hex())
    assert (said["kind"], said["error"], said["transactions"][0]["level"]["volume"]) == ("i201", None, 794_850)
    assert "inventory" in row(said)
    assert explain(ROWS[1]["frame"].encode())["transactions"][0]["name"] == "i609"


def test_a_spoilt_reply_says_what_is_wrong() -> None:
    assert "checksum" in explain(ROWS[0]["frame"].encode()[:-3] + b"0\x03")["error"]


def test_a_recording_is_cut_into_its_messages() -> None:
    recorded = "".join(one["frame"] for one in ROWS).encode()
    found = list(decode_stream("veeder-root", ["FF 00 " + recorded.hex()]))
    assert [one["kind"] for one in found][1:] == ["i201", "i609", "rejected", "i201", "i205", "i202"]


@given(st.binary(max_size=200))
def test_any_bytes_are_cut_without_loss_and_explained(data: bytes) -> None:
    assert b"".join(cut(data)) == data
    for message in cut(data):
        assert explain(message).keys() >= {"address", "direction", "kind", "transactions", "error"}
