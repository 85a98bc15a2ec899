"""The few packets of MQTT 3.1.1 that a station needs, with QoS 0 and clean sessions. Pure: bytes in, events out."""

from enum import Enum
from typing import Final, NamedTuple

from hardware.road.packets import Packet, Packets

_PUBLISH: Final = 0x30
_REFUSED: Final = 0x80
PING: Final = b"\xc0\x00"
GOODBYE: Final = b"\xe0\x00"


class Answer(Enum):
    """What a broker says that is no letter."""

    LET_IN = "let_in"
    TURNED_AWAY = "turned_away"
    LISTENING = "listening"
    ALIVE = "alive"


class Heard(NamedTuple):
    """A letter from the broker."""

    topic: str
    data: bytes


def connect(client_id: str, user: str, password: str, keepalive: int) -> bytes:
    """Asks to be let in, with a clean session. ``keepalive`` in seconds."""
    named = 0xC2 if user else 0x02
    head = _text("MQTT") + bytes((4, named)) + keepalive.to_bytes(2, "big")
    who = _text(user) + _text(password) if user else b""
    return _packet(0x10, head + _text(client_id) + who)


def subscribe(topic: str) -> bytes:
    """Asks for everything on these topics."""
    return _packet(0x82, b"\x00\x01" + _text(topic) + b"\x00")


def publish(topic: str, data: bytes) -> bytes:
    """A letter."""
    return _packet(_PUBLISH, _text(topic) + data)


class Ear:
    """What the broker says, packet by packet. A word that no broker says is passed over."""

    __slots__ = ("_packets",)

    def __init__(self) -> None:
        self._packets = Packets()

    def feed(self, data: bytes) -> list[Answer | Heard]:
        """What is whole now."""
        return [said for packet in self._packets.feed(data) if (said := _understood(packet)) is not None]


def _understood(packet: Packet) -> Answer | Heard | None:
    data = packet.data
    match data[0] & 0xF0:
        case 0x30:
            return Heard(packet.topic, packet.payload)
        case 0x20:
            return Answer.LET_IN if data[3:4] == b"\0" else Answer.TURNED_AWAY
        case 0x90:
            return Answer.TURNED_AWAY if data[-1] & _REFUSED else Answer.LISTENING
        case 0xD0:
            return Answer.ALIVE
    return None


def _packet(first: int, body: bytes) -> bytes:
    left, length = len(body), bytearray()
    while True:
        left, low = left >> 7, left & 0x7F
        length.append(low | (0x80 if left else 0))
        if not left:
            return bytes((first,)) + bytes(length) + body


def _text(text: str) -> bytes:
    data = text.encode()
    return len(data).to_bytes(2, "big") + data
