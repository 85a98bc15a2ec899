"""A printer without paper: keeps each slip's bytes and a picture of them in a directory.

For the demo and for tests. A file named after a :class:`Fault` in the directory makes the printer have it, so that
another process can pull its plug: ``touch DIRECTORY/paper_out``.
"""

import hashlib
import time
from contextlib import suppress
from enum import StrEnum
from pathlib import Path

import msgspec
from msgspec import Struct

from hardware.errors import PrinterUnavailable
from hardware.printers.device import PrinterLost, PrinterStatus
from hardware.printers.glyphs import font_file
from hardware.printers.picture import render
from shared.errors import Unavailable

KEEP = 500
"""So many slips are kept; older ones make room."""
_INDEX = "slips.jsonl"


class Fault(StrEnum):
    """What can be wrong with it, by the name of the file that makes it so."""

    PAPER_OUT = "paper_out"
    COVER_OPEN = "cover_open"
    ABSENT = "absent"  # unplugged
    VANISH = "vanish"  # goes away in the middle of the next job, once
    AMNESIA = "amnesia"  # is switched off and on in the middle of the next job, once: what it holds is lost, no error
    SILENT = "silent"  # prints and says nothing


class VirtualSlip(Struct, frozen=True):
    """A piece of paper: a line of the index."""

    number: int
    at: int
    """UTC milliseconds."""
    size: int
    """Bytes that reached the paper."""
    sha256: str
    whole: bool
    width: int
    """Of the paper, in millimetres."""
    body: str
    """The file with the bytes, in the printer's directory."""
    picture: str
    """The file with the picture."""


class VirtualPrinter:
    """A :class:`hardware.printers.device.PrinterDevice` that prints into a directory."""

    def __init__(self, directory: Path, width: int = 80) -> None:
        self._directory = directory
        self._width = width
        self._lost_memory = False
        self._number: int | None = None

    def open(self) -> None:
        """Make the directory. :exc:`PrinterUnavailable` when it can't be, or there is no font to draw with."""
        try:
            self._directory.mkdir(parents=True, exist_ok=True)
            font_file()
        except OSError as why:
            raise PrinterUnavailable(f"The virtual printer can't use {self._directory} ({why.strerror}).") from why
        except Unavailable as why:
            raise PrinterUnavailable(str(why)) from why
        self._require_plug()

    def status(self) -> PrinterStatus:
        """By the faults that lie in the directory."""
        self._require_plug()
        if self._has(Fault.SILENT):
            return PrinterStatus.UNKNOWN
        if self._has(Fault.PAPER_OUT):
            return PrinterStatus.PAPER_OUT
        return PrinterStatus.COVER_OPEN if self._has(Fault.COVER_OPEN) else PrinterStatus.OK

    def write(self, data: bytes) -> None:
        """Put it on paper, whole or, with a fault, as far as it comes."""
        self._require_plug()
        half = data[: len(data) // 2]
        self._lost_memory = self._struck_by(Fault.AMNESIA)
        vanishes = self._struck_by(Fault.VANISH)
        try:
            self._keep(half if vanishes or self._lost_memory else data, whole=not (vanishes or self._lost_memory))
        except OSError as why:
            raise PrinterLost(f"The virtual printer can't write to {self._directory} ({why.strerror}).") from why
        if vanishes:
            raise PrinterLost(f"The virtual printer went away after {len(half)} of {len(data)} bytes.")

    def settle(self) -> PrinterStatus:
        """*Unknown* for a silent printer, and for one that has forgotten what it was to print."""
        return PrinterStatus.UNKNOWN if self._lost_memory else self.status()

    def release(self) -> None:
        """Nothing is held."""

    def close(self) -> None:
        """Nothing is held."""

    def _has(self, fault: Fault) -> bool:
        return (self._directory / fault).exists()

    def _struck_by(self, fault: Fault) -> bool:
        """Whether this fault lay in wait; it strikes once."""
        found = self._has(fault)
        (self._directory / fault).unlink(missing_ok=True)
        return found

    def _require_plug(self) -> None:
        if self._has(Fault.ABSENT):
            raise PrinterUnavailable("The virtual printer is unplugged.")

    def _keep(self, data: bytes, whole: bool) -> None:
        self._number = number = 1 + (self._last_number() if self._number is None else self._number)
        slip = VirtualSlip(
            number,
            time.time_ns() // 1_000_000,
            len(data),
            hashlib.sha256(data).hexdigest(),
            whole,
            self._width,
            f"{number:06}.bin",
            f"{number:06}.png",
        )
        (self._directory / slip.body).write_bytes(data)
        (self._directory / slip.picture).write_bytes(render(data, self._width))
        with (self._directory / _INDEX).open("ab") as index:
            index.write(msgspec.json.encode(slip) + b"\n")
        for end in ("bin", "png"):
            (self._directory / f"{number - KEEP:06}.{end}").unlink(missing_ok=True)

    def _last_number(self) -> int:
        return max((slip.number for slip in _index(self._directory)), default=0)


def slips(directory: Path) -> list[VirtualSlip]:
    """The papers that lie in the tray, the oldest first."""
    return [slip for slip in _index(directory)[-KEEP:] if (directory / slip.picture).exists()]


def picture(path: Path) -> bytes:
    """A slip's picture, as PNG."""
    return path.read_bytes()


def fault(directory: Path, kind: Fault, on: bool) -> None:
    """Give the printer in this directory a fault, or take it away."""
    directory.mkdir(parents=True, exist_ok=True)
    if on:
        (directory / kind).touch()
    else:
        (directory / kind).unlink(missing_ok=True)


def _index(directory: Path) -> list[VirtualSlip]:
    """The lines of the index; one that a crash cut off is passed over."""
    path, found = directory / _INDEX, []
    for line in path.read_bytes().splitlines() if path.exists() else ():
        with suppress(msgspec.MsgspecError):
            found.append(msgspec.json.decode(line, type=VirtualSlip))
    return found
