"""MQTT packets in a stream of bytes: where each begins and ends, and the topic of those that carry a letter.

Pure. A stream that does not begin as MQTT does (TLS, say) is handed on as it comes, and so is one that goes astray.
"""

from msgspec import Struct

_FIRST = {0x10, 0x20}
"""CONNECT and CONNACK: the only ones that may come first, and without flags. TLS begins with 0x16."""
_PUBLISH = 0x30


class Packet(Struct, frozen=True):
    """One packet, or some bytes of which no more is known."""

    data: bytes
    topic: str = ""
    """Of a letter; empty for all else."""

    @property
    def payload(self) -> bytes:
        """What a letter carries; it goes with QoS 0, and no number stands before it."""
        start = _topic_at(self.data)
        return self.data[start + int.from_bytes(self.data[start - 2 : start], "big") :]


class Packets:
    """Takes bytes as they come, gives packets as they are whole."""

    def __init__(self) -> None:
        self._rest = bytearray()
        self._astray: bool | None = None

    def feed(self, data: bytes) -> list[Packet]:
        """The packets that are whole now."""
        if self._astray is None and data:
            self._astray = data[0] not in _FIRST
        self._rest += data
        found = []
        while (size := self._size()) is not None:
            found.append(_packet(bytes(self._rest[:size])))
            del self._rest[:size]
        return found

    def _size(self) -> int | None:
        """Of the first packet; None while it is not whole."""
        if self._astray:
            return len(self._rest) or None
        length = 0
        for at, byte in enumerate(self._rest[1:5]):
            length |= (byte & 0x7F) << 7 * at
            if byte < 0x80:
                return 2 + at + length if 2 + at + length <= len(self._rest) else None
        self._astray = len(self._rest) >= 5
        return len(self._rest) if self._astray else None


def _packet(data: bytes) -> Packet:
    if data[0] & 0xF0 != _PUBLISH:
        return Packet(data)
    start = _topic_at(data)
    size = int.from_bytes(data[start - 2 : start], "big")
    return Packet(data, data[start : start + size].decode(errors="replace"))


def _topic_at(data: bytes) -> int:
    """Where the topic begins, behind the packet's length and its own."""
    at = 1
    while at < len(data) - 1 and data[at] >= 0x80:
        at += 1
    return at + 3
