"""USB without a bus: a backend for pyusb, with printers that can be plugged, pulled and told to take bytes in dribs."""

import errno
from array import array
from dataclasses import dataclass, field
from typing import Any

import usb.backend
import usb.core

from tests.fakes.receipt_printer import ReceiptPrinter

VENDOR, PRODUCT = 0x0416, 0x5011
OUT, IN = 0x01, 0x82
_STRING, _SERIAL_INDEX = 3, 3


@dataclass
class Descriptor:
    """A bag of the fields that pyusb copies."""

    fields: dict[str, Any]

    def __getattr__(self, name: str) -> Any:
        try:
            return self.fields[name]
        except KeyError:
            raise AttributeError(name) from None


@dataclass
class Plug:
    """A printer in a socket of the bus."""

    printer: ReceiptPrinter
    serial: str = "A1"
    port: int = 1
    plugged: bool = True
    usblp: bool = True
    """The kernel's own printer driver holds it."""
    shortest: int = 100_000
    """It never takes more than so many bytes at once."""
    pulled_after: int | None = None
    """Pulled once so many more bytes were taken."""
    opened: int = 0
    resets: int = 0
    configured: bool = True
    timeouts: set[int] = field(default_factory=set)
    """Every timeout that was asked for, in milliseconds."""


class FakeBus(usb.backend.IBackend):  # type: ignore[misc]  # pyusb ships no types
    """The bus. ``plugs`` are all printers, plugged or not."""

    def __init__(self, *plugs: Plug) -> None:
        super().__init__()
        self.plugs = list(plugs)

    def enumerate_devices(self) -> list[Plug]:
        return [plug for plug in self.plugs if plug.plugged]

    def get_parent(self, dev: Plug) -> None:
        return None

    def get_device_descriptor(self, dev: Plug) -> Descriptor:
        return Descriptor(
            {
                "bLength": 18, "bDescriptorType": 1, "bcdUSB": 0x200, "bDeviceClass": 0, "bDeviceSubClass": 0,
                "bDeviceProtocol": 0, "bMaxPacketSize0": 64, "idVendor": VENDOR, "idProduct": PRODUCT,
                "bcdDevice": 0x100, "iManufacturer": 0, "iProduct": 0,
                "iSerialNumber": _SERIAL_INDEX if dev.serial else 0, "bNumConfigurations": 1, "address": dev.port,
                "bus": 1, "port_number": dev.port, "port_numbers": (dev.port,), "speed": 2,
            }
        )  # fmt: skip

    def get_configuration_descriptor(self, dev: Plug, config: int) -> Descriptor:
        if config:
            raise IndexError(config)
        return Descriptor(
            {
                "bLength": 9, "bDescriptorType": 2, "wTotalLength": 32, "bNumInterfaces": 1, "bConfigurationValue": 1,
                "iConfiguration": 0, "bmAttributes": 0xC0, "bMaxPower": 1, "extra_descriptors": [],
            }
        )  # fmt: skip

    def get_interface_descriptor(self, dev: Plug, intf: int, alt: int, config: int) -> Descriptor:
        if intf or alt:
            raise IndexError(intf)
        return Descriptor(
            {
                "bLength": 9, "bDescriptorType": 4, "bInterfaceNumber": 0, "bAlternateSetting": 0, "bNumEndpoints": 2,
                "bInterfaceClass": 7, "bInterfaceSubClass": 1, "bInterfaceProtocol": 2, "iInterface": 0,
                "extra_descriptors": [],
            }
        )  # fmt: skip

    def get_endpoint_descriptor(self, dev: Plug, ep: int, intf: int, alt: int, config: int) -> Descriptor:
        if ep > 1:
            raise IndexError(ep)
        return Descriptor(
            {
                "bLength": 7, "bDescriptorType": 5, "bEndpointAddress": (OUT, IN)[ep], "bmAttributes": 2,
                "wMaxPacketSize": 64, "bInterval": 0, "bRefresh": 0, "bSynchAddress": 0, "extra_descriptors": [],
            }
        )  # fmt: skip

    def open_device(self, dev: Plug) -> Plug:
        self._there(dev)
        dev.opened += 1
        return dev

    def close_device(self, dev_handle: Plug) -> None:
        pass

    def set_configuration(self, dev_handle: Plug, config_value: int) -> None:
        self._there(dev_handle)
        dev_handle.configured = True

    def get_configuration(self, dev_handle: Plug) -> int:
        self._there(dev_handle)
        return int(dev_handle.configured)

    def claim_interface(self, dev_handle: Plug, intf: int) -> None:
        self._there(dev_handle)
        if dev_handle.usblp:
            raise usb.core.USBError("Resource busy", errno=errno.EBUSY)

    def release_interface(self, dev_handle: Plug, intf: int) -> None:
        self._there(dev_handle)

    def is_kernel_driver_active(self, dev_handle: Plug, intf: int) -> bool:
        return dev_handle.usblp

    def detach_kernel_driver(self, dev_handle: Plug, intf: int) -> None:
        dev_handle.usblp = False

    def reset_device(self, dev_handle: Plug) -> None:
        dev_handle.resets += 1

    def clear_halt(self, dev_handle: Plug, ep: int) -> None:
        self._there(dev_handle)

    def ctrl_transfer(
        self, dev_handle: Plug, kind: int, request: int, value: int, index: int, data: Any, timeout: int
    ) -> int:
        """Only string descriptors are asked for."""
        self._there(dev_handle)
        text = {0: b"\x09\x04", _SERIAL_INDEX: dev_handle.serial.encode("utf-16-le")}[value & 0xFF]
        answer = bytes((len(text) + 2, _STRING)) + text
        count = min(len(answer), len(data))
        data[:count] = array("B", answer[:count])
        return count

    def bulk_write(self, dev_handle: Plug, ep: int, intf: int, data: Any, timeout: int) -> int:
        self._there(dev_handle)
        dev_handle.timeouts.add(timeout)
        offered = bytes(data)[: dev_handle.shortest]
        if dev_handle.pulled_after is not None:
            offered = offered[: dev_handle.pulled_after]
        taken = dev_handle.printer.take(offered)
        if dev_handle.pulled_after is not None:
            dev_handle.pulled_after -= taken
            if dev_handle.pulled_after <= 0:
                self.pull(dev_handle)
                self._there(dev_handle)
        if not taken:
            raise usb.core.USBTimeoutError("Operation timed out", errno=errno.ETIMEDOUT)
        return taken

    def bulk_read(self, dev_handle: Plug, ep: int, intf: int, buff: Any, timeout: int) -> int:
        self._there(dev_handle)
        dev_handle.timeouts.add(timeout)
        said = dev_handle.printer.say(len(buff))
        if not said:
            raise usb.core.USBTimeoutError("Operation timed out", errno=errno.ETIMEDOUT)
        buff[: len(said)] = array("B", said)
        return len(said)

    def pull(self, plug: Plug) -> None:
        """Pull the plug: a printer that lives on the bus's power forgets what it holds."""
        plug.plugged, plug.pulled_after = False, None
        plug.printer.switch_off_and_on()

    def plug_in(self, plug: Plug, port: int | None = None) -> None:
        """Put it back, into another socket perhaps; the kernel's driver takes it at once."""
        plug.plugged, plug.usblp, plug.port = True, True, port or plug.port

    def _there(self, plug: Plug) -> None:
        if not plug.plugged:
            raise usb.core.USBError("No such device (it may have been disconnected)", errno=errno.ENODEV)
