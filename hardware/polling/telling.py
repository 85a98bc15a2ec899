"""What a fuelling point with a single nozzle tells the station: what is new, and each thing once. Pure.

For dispensers that are asked for everything, and so say the same at every poll.
"""

from hardware.polling.dialogue import Tell
from hardware.ports import FillingRead, NozzleLifted, NozzleReturned, PriceRead, PumpState, PumpStateRead

NOZZLE = 1
"""The only one."""


class Telling:
    """Remembers what was told of point ``number``. ``tell`` hears each event."""

    def __init__(self, number: int, tell: Tell) -> None:
        self._number = number
        self._tell = tell
        self.again()

    def again(self) -> None:
        """Tell everything at its next reading, whether it changed or not."""
        self._state: PumpState | None = None
        self._out: bool | None = None
        self._price: int | None = None
        self._shown: tuple[int, int] | None = None

    def price(self, milliyuan: int) -> None:
        """The unit price that the dispenser says."""
        if milliyuan != self._price:
            self._price = milliyuan
            self._tell(PriceRead(self._number, NOZZLE, milliyuan))

    def nozzle(self, out: bool) -> None:
        """Whether the nozzle is out; its price must have been told."""
        if out is self._out:
            return
        self._out = out
        lifted = NozzleLifted(self._number, NOZZLE, self._price or 0)
        self._tell(lifted if out else NozzleReturned(self._number, NOZZLE))

    def figures(self, volume: int, amount: int) -> None:
        """The display, in millilitres and fen."""
        if (volume, amount) != self._shown:
            self._shown = volume, amount
            self._tell(FillingRead(self._number, volume, amount))

    def state(self, state: PumpState) -> None:
        """Told last, when what belongs to it has been told."""
        if state is not self._state:
            self._state = state
            self._tell(PumpStateRead(self._number, state))
