"""The status bytes of ESC/POS. Pure; after the public "ESC/POS Application Programming Guide".

``DLE EOT n`` is answered at once, before anything that still waits in the printer's buffer; ``GS r 1`` is answered in
line, when everything before it has been worked through. Fixed bits tell the two answers apart,
and both from the reports that some printers send unasked.
"""

from hardware.printers.device import PrinterStatus

ASK_ONLINE, ASK_CAUSE, ASK_PAPER = (b"\x10\x04" + bytes((n,)) for n in (1, 2, 4))
ASK_IN_LINE = b"\x1dr\x01"

REPORT_REST = 3
"""Bytes that follow the first of a report; they look like answers, and are none."""

_OFFLINE = 0x08
_COVER, _PAPER_STOP = 0x04, 0x20
_PAPER_END = 0x60


def is_real_time(byte: int) -> bool:
    """Whether this byte answers a ``DLE EOT``."""
    return byte & 0x93 == 0x12


def is_in_line(byte: int) -> bool:
    """Whether this byte answers a ``GS r``."""
    return byte & 0x90 == 0x00


def begins_report(byte: int) -> bool:
    """Whether this byte begins an automatic status report (``GS a``, or a switch inside the printer): four bytes."""
    return byte & 0x93 == 0x10


def is_offline(online: int) -> bool:
    """What the answer to :data:`ASK_ONLINE` says."""
    return bool(online & _OFFLINE)


def cause(answer: int) -> PrinterStatus:
    """Why it is offline, by the answer to :data:`ASK_CAUSE`."""
    if answer & _COVER:
        return PrinterStatus.COVER_OPEN
    return PrinterStatus.PAPER_OUT if answer & _PAPER_STOP else PrinterStatus.OFFLINE


def paper(answer: int) -> PrinterStatus:
    """How it is when online, by the answer to :data:`ASK_PAPER`. Paper that is near its end is still paper."""
    return PrinterStatus.PAPER_OUT if answer & _PAPER_END else PrinterStatus.OK
