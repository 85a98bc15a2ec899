"""A receipt printer on USB, through pyusb.

The device is never reset: that would cut a slip in two. It is found by vendor and product, and by serial number where
the configuration gives one; after an unplug the one with the serial number it had, or in the socket it was in, comes
first. Timeouts are milliseconds, and never 0, which would mean for ever.
"""

import errno
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import usb.core
import usb.util

from hardware.errors import PrinterUnavailable

_PRINTER_CLASS = 7
_CHUNK = 4096
_ANSWER = 64

Socket = tuple[int | None, tuple[int, ...]]
"""The bus, and the ports on the way to the device."""


class UsbWire:
    """The bulk endpoints of a printer. ``backend`` is pyusb's; None for libusb."""

    held = True

    def __init__(self, vendor: int, product: int, serial: str = "", backend: Any = None) -> None:
        self._vendor = vendor
        self._product = product
        self._serial = serial
        self._last: tuple[str, Socket] | None = None
        self._backend = backend
        self._device: Any = None
        self._out: Any = None
        self._in: Any = None

    def open(self) -> None:
        """Find the printer and take its interface. :exc:`PrinterUnavailable` says what to do."""
        try:
            device = self._found()
            interface = _interface(device)
            _detach(device, interface.bInterfaceNumber)
            usb.util.claim_interface(device, interface.bInterfaceNumber)
        except usb.core.NoBackendError as why:
            raise PrinterUnavailable("libusb is missing. Please install the Debian package libusb-1.0-0.") from why
        except usb.core.USBError as why:
            raise _unavailable(why) from why
        self._device, self._out, self._in = device, _endpoint(interface, False), _endpoint(interface, True)
        self._last = (_serial(device), _socket(device))

    def send(self, data: bytes, wait: int) -> int:
        """How many bytes the printer took."""
        try:
            return int(self._out.write(data[:_CHUNK], max(1, wait)))
        except usb.core.USBTimeoutError:
            return 0
        except usb.core.USBError as why:
            raise _unavailable(why) from why

    def receive(self, wait: int) -> bytes:
        """What the printer says; nothing from one that has no way back."""
        if self._in is None:
            return b""
        try:
            return bytes(self._in.read(_ANSWER, max(1, wait)))
        except usb.core.USBTimeoutError:
            return b""
        except usb.core.USBError as why:
            raise _unavailable(why) from why

    def close(self) -> None:
        """Give the interface back."""
        device, self._device, self._out, self._in = self._device, None, None, None
        if device is not None:
            with suppress(usb.core.USBError):
                usb.util.dispose_resources(device)

    def _found(self) -> Any:
        """The printer meant, among those plugged in."""
        plugged = usb.core.find(find_all=True, backend=self._backend, idVendor=self._vendor, idProduct=self._product)
        meant = [device for device in plugged if not self._serial or _serial(device) == self._serial]
        if not meant:
            raise PrinterUnavailable(
                f"The USB printer {self._vendor:04x}:{self._product:04x}{self._serial and ' ' + self._serial}"
                " is not there. Please check its plug and its switch."
            )
        return min(meant, key=self._strangeness)

    def _strangeness(self, device: Any) -> int:
        """0 for the printer that was open last, 1 for one in its place, 2 for any other."""
        serial, place = self._last or ("", None)
        if serial and serial == _serial(device):
            return 0
        return 1 if place == _socket(device) else 2


def _interface(device: Any) -> Any:
    """The interface of class printer, or the first with a way out."""
    try:
        configuration = device.get_active_configuration()
    except usb.core.USBError:
        device.set_configuration()
        configuration = device.get_active_configuration()
    interfaces = sorted(configuration, key=lambda i: (i.bInterfaceClass != _PRINTER_CLASS, i.bInterfaceNumber))
    found = next((interface for interface in interfaces if _endpoint(interface, False) is not None), None)
    if found is None:
        raise PrinterUnavailable("This USB device takes no print data. Please check the numbers in the configuration.")
    return found


def _endpoint(interface: Any, back: bool) -> Any:
    """The bulk endpoint to the printer, or back from it; None when there is none."""
    wanted = usb.util.ENDPOINT_IN if back else usb.util.ENDPOINT_OUT
    return next((e for e in _bulk(interface) if usb.util.endpoint_direction(e.bEndpointAddress) == wanted), None)


def _bulk(interface: Any) -> Iterator[Any]:
    return (e for e in interface if usb.util.endpoint_type(e.bmAttributes) == usb.util.ENDPOINT_TYPE_BULK)


def _detach(device: Any, interface: int) -> None:
    """Linux gives printers to ``usblp``; it must let go first."""
    with suppress(NotImplementedError, usb.core.USBError):
        if device.is_kernel_driver_active(interface):
            device.detach_kernel_driver(interface)


def _serial(device: Any) -> str:
    with suppress(usb.core.USBError, ValueError):
        return str(device.serial_number or "")
    return ""


def _socket(device: Any) -> Socket:
    return device.bus, tuple(device.port_numbers or ())


def _unavailable(why: usb.core.USBError) -> PrinterUnavailable:
    if why.errno == errno.EACCES:
        return PrinterUnavailable("This program may not use the USB printer. Please add its user to the group lp.")
    if why.errno == errno.EBUSY:
        return PrinterUnavailable("Another program holds the USB printer. Please end it, or the CUPS queue for it.")
    return PrinterUnavailable(f"The USB printer went away ({why.strerror or why}).")
