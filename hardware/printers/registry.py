"""Printers by their address, a line each."""

from collections.abc import Callable, Mapping
from pathlib import Path

from hardware.errors import PrinterUnavailable
from hardware.printers.device import PrinterDevice
from hardware.printers.dialogue import Dialogue
from hardware.printers.network import PORT, NetworkWire
from hardware.printers.usb import UsbWire
from hardware.printers.virtual import VirtualPrinter

NONE = "none"
"""The address of a station without a printer."""


def open_printer(url: str, width: int = 80) -> PrinterDevice | None:
    """The printer at this address, not opened yet; None for ``none``. ``width`` of its paper in millimetres.

    :exc:`PrinterUnavailable` when the address is none: ``usb:VENDOR:PRODUCT[:SERIAL]`` (four hexadecimal digits each),
    ``tcp://HOST[:PORT]`` or ``virtual:DIRECTORY``.
    """
    if url == NONE:
        return None
    kind, _, rest = url.partition(":")
    try:
        return PRINTERS[kind](rest, width)
    except (KeyError, ValueError) as why:
        raise PrinterUnavailable(
            f"“{url}” is no printer's address. It is usb:VENDOR:PRODUCT, such as usb:0416:5011, tcp://HOST:9100,"
            " virtual:DIRECTORY, or none."
        ) from why


def _usb(rest: str, _width: int) -> PrinterDevice:
    vendor, product, *serial = rest.split(":", 2)
    return Dialogue(UsbWire(int(vendor, 16), int(product, 16), "".join(serial)))


def _tcp(rest: str, _width: int) -> PrinterDevice:
    host, _, port = rest.removeprefix("//").rstrip("/").partition(":")
    if not host:
        raise ValueError(rest)
    return Dialogue(NetworkWire(host, int(port or PORT)))


def _virtual(rest: str, width: int) -> PrinterDevice:
    if not rest:
        raise ValueError(rest)
    return VirtualPrinter(Path(rest), width)


PRINTERS: Mapping[str, Callable[[str, int], PrinterDevice]] = {"usb": _usb, "tcp": _tcp, "virtual": _virtual}
