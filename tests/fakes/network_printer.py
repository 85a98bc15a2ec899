"""A receipt printer on a TCP port: accepts one connection at a time, as they do, and may be switched off under it."""

import socket
from contextlib import suppress
from threading import Thread
from typing import Self

from tests.fakes.receipt_printer import ReceiptPrinter


class NetworkPrinter:
    """The printer, listening on a free port of this machine until the ``with`` block ends."""

    def __init__(self, printer: ReceiptPrinter) -> None:
        self.printer = printer
        self.connections = 0
        self._server = socket.create_server(("127.0.0.1", 0))
        self._server.settimeout(0.02)
        self._connection: socket.socket | None = None
        self._running = True
        self._thread = Thread(target=self._live, daemon=True)

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._server.getsockname()[1])

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._running = False
        self._thread.join()
        self._server.close()

    def hang_up(self) -> None:
        """Drop the connection without a word, as after an idle hour."""
        connection = self._connection
        if connection is not None:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def _live(self) -> None:
        while self._running:
            try:
                connection, _ = self._server.accept()
            except TimeoutError:
                continue
            self.connections += 1
            self._connection = connection
            with connection:
                connection.settimeout(0.02)
                self._serve(connection)
            self._connection = None

    def _serve(self, connection: socket.socket) -> None:
        while self._running:
            try:
                data = connection.recv(4096)
            except TimeoutError:
                data = None
            except OSError:
                return
            if data == b"":
                return
            while data and self._running:
                data = data[self.printer.take(data) :]
            with suppress(OSError):
                connection.sendall(self.printer.say(100))
