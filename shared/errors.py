"""What can go wrong, and whose fault it is.

    JiayouError
    ├── Misread        bytes or text from outside can't be read; the sender must mend them
    │   ├── LetterMisread      a letter or a batch of letters
    │   ├── CodeMisread        a coupon code, scanned or typed
    │   └── SettingsMisread    a configuration file
    ├── Refused        a wish that can't be granted now; the person who wished is told why and what to do
    └── Unavailable    a part that is out of reach (broker, dispenser, printer, disk); it will be tried again

Each carries a sentence for a person. Nothing else may cross from one room into another.
"""


class JiayouError(Exception):
    """The root of every error that this program declares."""


class Misread(JiayouError):
    """What came from outside can't be read."""


class LetterMisread(Misread):
    """A letter, or the batch around it, can't be read."""


class CodeMisread(Misread):
    """A coupon code is damaged, forged or not ours."""


class SettingsMisread(Misread):
    """A configuration file has an unknown key, a missing one or a wrong value."""


class Refused(JiayouError):
    """A wish that can't be granted now. ``reason`` is a stable word that pages translate."""

    def __init__(self, reason: str, sentence: str) -> None:
        super().__init__(sentence)
        self.reason = reason


class Unavailable(JiayouError):
    """A part that this program needs is out of reach."""
