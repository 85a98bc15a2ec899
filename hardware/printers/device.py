"""What a receipt printer must offer, whatever its cable. Pure.

One thread owns a printer. A job is: :meth:`open`, :meth:`status`, :meth:`write`, :meth:`settle`, :meth:`release`.
"""

from enum import StrEnum
from typing import Protocol

from hardware.errors import PrinterUnavailable


class PrinterStatus(StrEnum):
    """What a printer says of itself. *Unknown* is an answer of its own: one that says nothing may be well or not."""

    OK = "ok"
    PAPER_OUT = "paper_out"
    COVER_OPEN = "cover_open"
    OFFLINE = "offline"  # it answers, and can't print for another reason (a jammed knife, the feed button held)
    UNKNOWN = "unknown"  # it does not answer


class PrinterLost(PrinterUnavailable):
    """The printer went away in the middle of a job: some of it may be on paper."""


class PrinterDevice(Protocol):
    """A printer on its cable."""

    def open(self) -> None:
        """Find and open the printer, unless it is open. :exc:`PrinterUnavailable` says why it can't be."""
        ...

    def status(self) -> PrinterStatus:
        """Ask how it is. Answers within a deadline; :exc:`PrinterUnavailable` when it is gone."""
        ...

    def write(self, data: bytes) -> None:
        """Hand over a whole job.

        :exc:`PrinterUnavailable`: none of it went out. :exc:`PrinterLost`: it is not known how much did.
        """
        ...

    def settle(self) -> PrinterStatus:
        """Wait until what was written is on paper, as far as the printer can tell.

        *Ok* only when the printer said so after the job. :exc:`PrinterLost` when it is gone.
        """
        ...

    def release(self) -> None:
        """The work is done for now: a device that is not to be held open lets go."""
        ...

    def close(self) -> None:
        """Let go of the printer. Never raises."""
        ...
