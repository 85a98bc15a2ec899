"""What converters do to the bytes of a line, undone: echoes taken out, parity made by hand. No I/O of its own."""

from typing import Final, Protocol

_LONGEST_ECHO: Final = 1_024


class Port(Protocol):
    """The open end of a line."""

    def read(self, micros: int) -> bytes:
        """What comes within so many microseconds; empty when nothing did."""
        ...

    def write(self, data: bytes) -> None:
        """Send it all."""
        ...

    def close(self) -> None:
        """Let it go."""
        ...


class EchoFree:
    """A converter that hands back what is sent, without that.

    Exactly the bytes that were sent are dropped, in their order. Where one differs something spoke at the same time:
    from there on everything is passed on, and the session finds that it is no frame.
    """

    def __init__(self, port: Port) -> None:
        self._port = port
        self._awaited = b""

    def write(self, data: bytes) -> None:
        """Send it all, and await it back."""
        self._awaited = (self._awaited + data)[-_LONGEST_ECHO:]
        self._port.write(data)

    def read(self, micros: int) -> bytes:
        """What others said; empty also when only an echo came."""
        data = self._port.read(micros)
        if not data:
            if micros:
                self._awaited = b""  # silence: what has not come back by now never will
            return data
        same = _common(data, self._awaited)
        self._awaited = self._awaited[same:] if same == len(data) else b""
        return data[same:]

    def close(self) -> None:
        """Let it go."""
        self._port.close()


class SoftwareParity:
    """Seven bits and parity on a port that can only do eight bits without: the eighth bit is the parity.

    A byte with wrong parity is handed over as 00, as Linux does for a port that checks parity itself.
    """

    def __init__(self, port: Port, parity: str) -> None:
        self._port = port
        self._out = bytes(_with_parity(byte & 0x7F, parity) for byte in range(256))
        self._in = bytes(byte & 0x7F if self._out[byte] == byte else 0 for byte in range(256))

    def write(self, data: bytes) -> None:
        """Send it all, each byte with its parity."""
        self._port.write(data.translate(self._out))

    def read(self, micros: int) -> bytes:
        """Seven bits of each byte that comes."""
        return self._port.read(micros).translate(self._in)

    def close(self) -> None:
        """Let it go."""
        self._port.close()


def _with_parity(byte: int, parity: str) -> int:
    odd = byte.bit_count() % 2
    return byte | 0x80 if odd == (parity == "E") else byte


def _common(data: bytes, awaited: bytes) -> int:
    """How many bytes at the beginning are the same."""
    shorter = min(len(data), len(awaited))
    return next((at for at in range(shorter) if data[at] != awaited[at]), shorter)
