"""A receipt printer on the network, raw TCP, usually port 9100.

The connection is made for each job and given up after it: one that is held through an idle hour is dead at its other
end, and nobody says so.
"""

import socket
from contextlib import suppress

from hardware.errors import PrinterUnavailable

PORT = 9100
_CONNECT_S = 3.0
_ANSWER = 64


class NetworkWire:
    """A TCP connection to a printer."""

    held = False

    def __init__(self, host: str, port: int = PORT) -> None:
        self._host = host
        self._port = port
        self._socket: socket.socket | None = None

    def open(self) -> None:
        """Connect. :exc:`PrinterUnavailable` when nobody answers there."""
        try:
            self._socket = socket.create_connection((self._host, self._port), _CONNECT_S)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError as why:
            raise PrinterUnavailable(
                f"No printer answers at {self._host}:{self._port} ({why.strerror or why})."
                " Please check its switch, its cable and its address."
            ) from why

    def send(self, data: bytes, wait: int) -> int:
        """How many bytes the connection took."""
        try:
            return self._within(wait).send(data)
        except TimeoutError:
            return 0
        except OSError as why:
            raise self._gone(why) from why

    def receive(self, wait: int) -> bytes:
        """What the printer says."""
        try:
            data = self._within(wait).recv(_ANSWER)
        except TimeoutError:
            return b""
        except OSError as why:
            raise self._gone(why) from why
        if not data:
            raise self._gone(ConnectionResetError(104, "it closed the connection"))
        return data

    def close(self) -> None:
        """Close in order: what the printer has not read yet stays with it."""
        connection, self._socket = self._socket, None
        if connection is not None:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_WR)
            connection.close()

    def _within(self, wait: int) -> socket.socket:
        if self._socket is None:
            raise ConnectionResetError(104, "it is not connected")
        self._socket.settimeout(max(1, wait) / 1_000)
        return self._socket

    def _gone(self, why: OSError) -> PrinterUnavailable:
        return PrinterUnavailable(f"The printer at {self._host}:{self._port} went away ({why.strerror or why}).")
