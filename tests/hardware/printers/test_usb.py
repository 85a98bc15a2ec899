"""A receipt printer on USB, seen through a bus of our own."""

import time
from typing import Any

import pytest
import usb.core

from hardware.errors import PrinterUnavailable
from hardware.printers import usb as wire
from hardware.printers.device import PrinterLost, PrinterStatus
from hardware.printers.dialogue import Dialogue, Patience
from hardware.printers.usb import UsbWire
from tests.fakes.receipt_printer import CUT, ReceiptPrinter
from tests.fakes.usb import PRODUCT, VENDOR, FakeBus, Plug

SLIP = b"\x1b@\x1c&" + b"".join(f"{n}\n".encode() for n in range(30)) + CUT
SHORT = Patience(answer=30, stall=60, settle=100, line=0)


def device(bus: FakeBus, serial: str = "") -> Dialogue:
    return Dialogue(UsbWire(VENDOR, PRODUCT, serial, bus), SHORT)


def printed(printer: Dialogue, data: bytes = SLIP) -> PrinterStatus:
    printer.open()
    assert printer.status() is PrinterStatus.OK
    printer.write(data)
    return printer.settle()


def test_a_slip_is_on_paper_when_the_printer_says_so() -> None:
    plug = Plug(ReceiptPrinter())
    assert printed(device(FakeBus(plug))) is PrinterStatus.OK
    assert plug.printer.papers == [SLIP.removesuffix(CUT)]


@pytest.mark.parametrize("shortest", [1, 7, 64])
def test_short_writes_are_carried_on_where_they_ended(shortest: int) -> None:
    plug = Plug(ReceiptPrinter(), shortest=shortest)
    bus = FakeBus(plug)
    if shortest < 3:  # a question of three bytes does not get through: it prints, and says nothing
        printer = device(bus)
        printer.open()
        printer.write(SLIP)
    else:
        assert printed(device(bus)) is PrinterStatus.OK
    assert plug.printer.papers == [SLIP.removesuffix(CUT)]


def test_a_slip_longer_than_the_printers_buffer_goes_out_in_pieces() -> None:
    plug = Plug(ReceiptPrinter(room=50))
    long = b"".join(b"%04d\n" % n for n in range(2_000))
    assert printed(device(FakeBus(plug)), long + CUT) is PrinterStatus.OK
    assert plug.printer.papers == [long]


def test_the_printer_is_never_reset_and_never_waited_for_without_end() -> None:
    plug = Plug(ReceiptPrinter())
    printed(device(FakeBus(plug)))
    assert plug.resets == 0
    assert plug.timeouts
    assert min(plug.timeouts) > 0


def test_f103_a_printer_out_of_paper_that_takes_nothing_blocks_nobody() -> None:
    plug = Plug(ReceiptPrinter(lines_left=0, room=0))
    printer = device(FakeBus(plug))
    printer.open()
    began = time.monotonic()
    assert printer.status() is PrinterStatus.PAPER_OUT
    with pytest.raises(PrinterUnavailable) as caught:
        printer.write(SLIP)
    assert not isinstance(caught.value, PrinterLost)
    assert time.monotonic() - began < 2


def test_paper_that_runs_out_under_a_slip_is_told_after_it() -> None:
    plug = Plug(ReceiptPrinter(lines_left=10))
    assert printed(device(FakeBus(plug))) is PrinterStatus.PAPER_OUT


def test_a_full_buffer_over_an_empty_roll_is_a_slip_half_printed() -> None:
    plug = Plug(ReceiptPrinter(lines_left=10, room=20))
    printer = device(FakeBus(plug))
    printer.open()
    with pytest.raises(PrinterLost, match="44 of 87 bytes"):
        printer.write(SLIP)


@pytest.mark.parametrize(
    ("state", "status"),
    [
        ({}, PrinterStatus.OK),
        ({"lines_left": 0}, PrinterStatus.PAPER_OUT),
        ({"cover_open": True}, PrinterStatus.COVER_OPEN),
        ({"answers": False}, PrinterStatus.UNKNOWN),
    ],
)
def test_what_a_printer_says_of_itself(state: dict[str, Any], status: PrinterStatus) -> None:
    printer = device(FakeBus(Plug(ReceiptPrinter(**state))))
    printer.open()
    assert printer.status() is status


def test_f107_a_printer_that_cannot_answer_still_prints() -> None:
    plug = Plug(ReceiptPrinter(answers=False, answers_in_line=False))
    printer = device(FakeBus(plug))
    printer.open()
    assert printer.status() is PrinterStatus.UNKNOWN
    printer.write(SLIP)
    assert printer.settle() is PrinterStatus.UNKNOWN
    assert plug.printer.papers == [SLIP.removesuffix(CUT)]


def test_a_printer_that_answers_only_at_once_is_asked_when_the_slip_should_be_through() -> None:
    plug = Plug(ReceiptPrinter(answers_in_line=False))
    assert printed(device(FakeBus(plug))) is PrinterStatus.OK
    plug.printer.lines_left = 10
    assert printed(device(FakeBus(plug))) is PrinterStatus.PAPER_OUT


def test_f102_a_printer_switched_off_and_on_in_mid_slip_raises_nothing_and_is_not_believed() -> None:
    plug = Plug(ReceiptPrinter())
    printer = device(FakeBus(plug))
    assert printed(printer) is PrinterStatus.OK
    plug.printer.forgets_after = 40
    assert printed(printer) is PrinterStatus.UNKNOWN
    assert printer.status() is PrinterStatus.OK, "it is well again, and says nothing of what it forgot"
    assert len(plug.printer.papers[-1]) < len(SLIP)


@pytest.mark.parametrize("after", [1, 40, len(SLIP)])
def test_a_plug_pulled_in_mid_slip_leaves_it_unknown(after: int) -> None:
    plug = Plug(ReceiptPrinter(answers_in_line=False, answers=False), shortest=16, pulled_after=after)
    printer = device(FakeBus(plug))
    printer.open()
    with pytest.raises(PrinterLost):
        printer.write(SLIP)


def test_a_plug_pulled_after_the_last_byte_leaves_it_unknown_too() -> None:
    plug = Plug(ReceiptPrinter())
    bus = FakeBus(plug)
    printer = device(bus)
    printer.open()
    printer.status()
    printer.write(SLIP)
    bus.pull(plug)
    with pytest.raises(PrinterLost):
        printer.settle()


def test_f103_a_hundred_power_cycles_unattended() -> None:
    plug = Plug(ReceiptPrinter())
    bus = FakeBus(plug)
    printer = device(bus)
    for cycle in range(100):
        assert printed(printer) is PrinterStatus.OK
        bus.pull(plug)
        with pytest.raises(PrinterUnavailable):
            printer.status()
        with pytest.raises(PrinterUnavailable, match="is not there"):
            printer.open()
        bus.plug_in(plug, port=1 + cycle % 4)
    assert len(plug.printer.papers) == 100


def test_after_an_unplug_it_is_the_same_printer_again_whatever_its_socket() -> None:
    receipts, labels = Plug(ReceiptPrinter(), serial="R", port=2), Plug(ReceiptPrinter(), serial="L", port=1)
    bus = FakeBus(receipts)
    printer = device(bus)
    printed(printer)
    bus.pull(receipts)
    with pytest.raises(PrinterUnavailable):
        printer.status()
    bus.plugs.insert(0, labels)
    bus.plug_in(receipts, port=7)
    printed(printer)
    assert (len(receipts.printer.papers), len(labels.printer.papers)) == (2, 0)


def test_without_a_serial_number_the_one_in_the_same_socket_comes_first() -> None:
    receipts, labels = Plug(ReceiptPrinter(), serial="", port=2), Plug(ReceiptPrinter(), serial="", port=1)
    bus = FakeBus(receipts)
    printer = device(bus)
    printed(printer)
    bus.pull(receipts)
    with pytest.raises(PrinterUnavailable):
        printer.status()
    bus.plugs.insert(0, labels)
    bus.plug_in(receipts)
    printed(printer)
    assert (len(receipts.printer.papers), len(labels.printer.papers)) == (2, 0)


def test_a_serial_number_in_the_configuration_is_binding() -> None:
    bus = FakeBus(Plug(ReceiptPrinter(), serial="L"))
    with pytest.raises(PrinterUnavailable, match="0416:5011 R is not there"):
        device(bus, "R").open()


def test_an_answer_that_comes_late_is_not_taken_for_the_next_one() -> None:
    plug = Plug(ReceiptPrinter())
    printer = device(FakeBus(plug))
    printer.open()
    plug.printer.take(b"\x10\x04\x01")  # asked by nobody any more
    plug.printer.cover_open = True
    assert printer.status() is PrinterStatus.COVER_OPEN


def test_a_report_that_comes_unasked_is_no_answer() -> None:
    plug = Plug(ReceiptPrinter())
    printer = device(FakeBus(plug))
    assert printed(printer) is PrinterStatus.OK
    plug.printer.forgets_after, plug.printer.greets = 40, b"\x14\x00\x00\x0f"
    assert printed(printer) is PrinterStatus.UNKNOWN


def test_a_device_that_takes_no_print_data_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "_endpoint", lambda interface, back: None)
    with pytest.raises(PrinterUnavailable, match="takes no print data"):
        device(FakeBus(Plug(ReceiptPrinter()))).open()


@pytest.mark.parametrize(("number", "word"), [(13, "group lp"), (16, "CUPS"), (5, "went away")])
def test_what_the_system_refuses_is_said_with_what_to_do(
    number: int, word: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    bus = FakeBus(Plug(ReceiptPrinter()))

    def refuse(*_: object) -> None:
        raise usb.core.USBError("no", errno=number)

    monkeypatch.setattr(bus, "claim_interface", refuse)
    with pytest.raises(PrinterUnavailable, match=word):
        device(bus).open()


def test_without_libusb_a_sentence_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_backend(**_: object) -> None:
        raise usb.core.NoBackendError("No backend available")

    monkeypatch.setattr(usb.core, "find", no_backend)
    with pytest.raises(PrinterUnavailable, match=r"libusb-1\.0-0"):
        UsbWire(VENDOR, PRODUCT).open()
