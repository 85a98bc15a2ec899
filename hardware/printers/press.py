"""One job on one printer: from the question how it is, to what became of the paper. Blocks; for the printer's thread.

What can come of a job, in the order in which it is decided:

1. the printer would not take a single byte: *untouched*, the job may be tried again as it is;
2. it went away or stopped in the middle, or its paper ran out under the job: *unknown*, some of it may be on paper;
3. it said afterwards that it is well: *printed*;
4. it can't answer, and could not before either: *unconfirmed*;
5. it could answer before and does not now (switched off and on in the middle, nobody told us): *unknown*.

The answer *after* the job decides, never the absence of an error.
"""

from enum import StrEnum

from msgspec import Struct

from hardware.errors import PrinterUnavailable
from hardware.printers.device import PrinterDevice, PrinterLost, PrinterStatus

ABSENT = "absent"
UNCONFIRMED = "unconfirmed"
WENT_AWAY = "went_away"
NO_ANSWER = "no_answer"


class Condition(Struct, frozen=True):
    """How a printer is, in a stable word: ``ok``, ``unconfirmed`` (it prints, and can't answer), or what is wrong."""

    word: str
    sentence: str = ""

    @property
    def ready(self) -> bool:
        """Whether a job may be begun."""
        return self.word in (PrinterStatus.OK, UNCONFIRMED)


class Fate(StrEnum):
    """What became of a job."""

    UNTOUCHED = "untouched"
    PRINTED = "printed"
    UNCONFIRMED = "unconfirmed"
    UNKNOWN = "unknown"


class Outcome(Struct, frozen=True):
    """What became of a job, and why: a stable word, and a sentence for the log."""

    fate: Fate
    word: str = ""
    sentence: str = ""


_SENTENCES = {
    PrinterStatus.PAPER_OUT: "The printer is out of paper. Please put in a new roll.",
    PrinterStatus.COVER_OPEN: "The printer's cover is open. Please close it.",
    PrinterStatus.OFFLINE: "The printer says that it can't print. Please look at its lights, and switch it off and on.",
}


def look(device: PrinterDevice) -> Condition:
    """Open the printer, if need be, and ask how it is. Never raises."""
    try:
        device.open()
        status = device.status()
    except PrinterUnavailable as why:
        return Condition(ABSENT, str(why))
    except Exception as why:  # a surprise in a driver's library stops one look, not the station
        device.close()
        return Condition(ABSENT, f"The printer's driver failed: {why!r}")
    if status is PrinterStatus.UNKNOWN:
        return Condition(UNCONFIRMED)
    return Condition(status.value, _SENTENCES.get(status, ""))


def press(device: PrinterDevice, data: bytes, answers: bool) -> Outcome:
    """Print this. ``answers``: the printer has just answered :func:`look`. Never raises."""
    try:
        device.write(data)
        status = device.settle()
    except PrinterLost as why:
        return Outcome(Fate.UNKNOWN, WENT_AWAY, str(why))
    except PrinterUnavailable as why:
        return Outcome(Fate.UNTOUCHED, ABSENT, str(why))
    except Exception as why:  # likewise; what it left on paper nobody knows
        device.close()
        return Outcome(Fate.UNKNOWN, WENT_AWAY, f"The printer's driver failed: {why!r}")
    if status is PrinterStatus.OK:
        return Outcome(Fate.PRINTED)
    if status is not PrinterStatus.UNKNOWN:
        return Outcome(Fate.UNKNOWN, status.value, _SENTENCES[status])
    if answers:
        return Outcome(Fate.UNKNOWN, NO_ANSWER, "The printer took the slip and does not say that it printed it.")
    return Outcome(Fate.UNCONFIRMED)
