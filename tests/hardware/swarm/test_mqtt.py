"""The few packets of MQTT, byte by byte, and what no broker says."""

from hypothesis import given
from hypothesis import strategies as st

from hardware.swarm import mqtt
from hardware.swarm.mqtt import Answer, Ear, Heard


def test_a_connection_is_asked_for_as_the_standard_writes_it() -> None:
    """MQTT 3.1.1, 3.1: protocol name and level 4, user, password and clean session, keep-alive, then the texts."""
    asked = mqtt.connect("s-1", "s", "pw", 90)
    assert asked == b"\x10\x16\x00\x04MQTT\x04\xc2\x00\x5a\x00\x03s-1\x00\x01s\x00\x02pw"


def test_a_subscription_and_a_letter() -> None:
    assert mqtt.subscribe("a/+") == b"\x82\x08\x00\x01\x00\x03a/+\x00"
    assert mqtt.publish("a/b", b"hello") == b"\x30\x0a\x00\x03a/bhello"
    long = mqtt.publish("a", bytes(200))
    assert long[:3] == b"\x30\xcb\x01", "a length of more than 127 takes a second byte"


def test_what_the_broker_says_is_understood() -> None:
    ear = Ear()
    said = b"\x20\x02\x00\x00" + b"\x90\x03\x00\x01\x00" + mqtt.publish("a/down/stored", b"\x02x") + b"\xd0\x00"
    assert ear.feed(said) == [Answer.LET_IN, Answer.LISTENING, Heard("a/down/stored", b"\x02x"), Answer.ALIVE]


def test_who_is_not_let_in_or_may_not_listen_is_turned_away() -> None:
    assert Ear().feed(b"\x20\x02\x00\x05") == [Answer.TURNED_AWAY]
    assert Ear().feed(b"\x20\x02\x00\x00\x90\x03\x00\x01\x80") == [Answer.LET_IN, Answer.TURNED_AWAY]


@given(st.lists(st.binary(max_size=300), max_size=5), st.integers(1, 40))
def test_letters_in_pieces_of_any_size_come_out_whole(letters: list[bytes], piece: int) -> None:
    stream = b"\x20\x02\x00\x00" + b"".join(mqtt.publish("a/b", letter) for letter in letters)
    ear, heard = Ear(), list[object]()
    for at in range(0, len(stream), piece):
        heard += ear.feed(stream[at : at + piece])
    assert heard == [Answer.LET_IN, *(Heard("a/b", letter) for letter in letters)]


@given(st.binary(max_size=200))
def test_whatever_a_broker_says_nothing_breaks(noise: bytes) -> None:
    Ear().feed(b"\x20\x02\x00\x00" + noise)
