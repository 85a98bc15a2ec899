"""A receipt printer on port 9100."""

import socket
from collections.abc import Iterator

import pytest

from hardware.errors import PrinterUnavailable
from hardware.printers.device import PrinterLost, PrinterStatus
from hardware.printers.dialogue import Dialogue, Patience
from hardware.printers.network import NetworkWire
from tests.fakes.network_printer import NetworkPrinter
from tests.fakes.receipt_printer import CUT, ReceiptPrinter

SLIP = b"\x1b@\x1c&" + b"".join(f"{n}\n".encode() for n in range(30)) + CUT
SHORT = Patience(answer=300, stall=300, settle=600, line=0)


@pytest.fixture
def printer() -> Iterator[NetworkPrinter]:
    with NetworkPrinter(ReceiptPrinter()) as printer:
        yield printer


def device(printer: NetworkPrinter) -> Dialogue:
    return Dialogue(NetworkWire("127.0.0.1", printer.port), SHORT)


def printed(on: Dialogue) -> PrinterStatus:
    on.open()
    assert on.status() is PrinterStatus.OK
    on.write(SLIP)
    return on.settle()


def test_a_slip_is_on_paper_when_the_printer_says_so(printer: NetworkPrinter) -> None:
    assert printed(device(printer)) is PrinterStatus.OK
    assert printer.printer.papers == [SLIP.removesuffix(CUT)]


def test_f104_the_connection_is_made_for_each_job_so_no_idle_hour_can_kill_it(printer: NetworkPrinter) -> None:
    on = device(printer)
    for _ in range(3):
        assert printed(on) is PrinterStatus.OK
        on.release()
    assert printer.connections == 3
    assert len(printer.printer.papers) == 3


def test_f104_a_connection_that_died_unseen_is_made_anew(printer: NetworkPrinter) -> None:
    on = device(printer)
    assert printed(on) is PrinterStatus.OK
    printer.hang_up()
    with pytest.raises(PrinterUnavailable, match="went away"):
        on.status()
    assert printed(on) is PrinterStatus.OK
    assert len(printer.printer.papers) == 2


def test_a_printer_that_hangs_up_after_the_job_may_not_have_printed_it(printer: NetworkPrinter) -> None:
    on = device(printer)
    on.open()
    on.status()
    on.write(SLIP)
    printer.hang_up()
    with pytest.raises(PrinterLost):
        on.settle()


def test_f102_a_printer_that_forgot_the_job_is_not_believed(printer: NetworkPrinter) -> None:
    on = device(printer)
    printed(on)
    printer.printer.forgets_after = 40
    assert printed(on) is PrinterStatus.UNKNOWN


def test_nobody_at_the_address_is_said_in_a_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(PrinterUnavailable, match="Please check its switch"):
        Dialogue(NetworkWire("127.0.0.1", port)).open()


def test_a_wire_that_is_not_connected_says_so() -> None:
    with pytest.raises(PrinterUnavailable, match="not connected"):
        NetworkWire("127.0.0.1").send(b"x", 1)
