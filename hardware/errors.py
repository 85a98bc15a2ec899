"""What can go wrong at a cable.

JiayouError
├── Misread
│   └── FrameMisread       bytes on a line that are no frame; the sender will be asked again
└── Unavailable
    ├── LineUnavailable    a serial port or its converter can't be opened, or went away
    └── PrinterUnavailable a printer can't be opened, or went away
"""

from shared.errors import Misread, Unavailable


class FrameMisread(Misread):
    """Bytes on a line that are no frame of the protocol."""


class LineUnavailable(Unavailable):
    """A serial port or its converter can't be opened, or went away."""


class PrinterUnavailable(Unavailable):
    """A printer can't be opened, or went away."""
