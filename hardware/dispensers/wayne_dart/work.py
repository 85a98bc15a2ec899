"""A recipe being carried out at one fuelling point: what to send now, what is waited for. Pure."""

from collections.abc import Callable

from hardware.dispensers.wayne_dart.recipes import ASK_STATE, Recipe, Step
from hardware.dispensers.wayne_dart.transactions import Transaction
from hardware.ports import Authorise, PumpCommand, Resume, Stop, Suspend

_CHECK_PATIENCE = 300_000


class Job:
    """A command of the station's, or an errand of our own (``command`` None). Begins when it is first asked to."""

    def __init__(self, begin: Callable[[], Recipe], command: PumpCommand | None = None, idle: bool = False) -> None:
        self._begin = begin
        self.command = command
        self.idle = idle
        """It can wait until nothing else is to be done."""
        self.clears: list[PumpCommand] = []
        """Commands that its own reset carries out as well."""
        self.touched = False
        """The pump may have heard of it."""
        self.urgent = isinstance(command, Stop | Authorise | Suspend | Resume)
        """To be sent before any polling."""
        self.undone_by_stop = isinstance(command, Authorise | Suspend | Resume)
        self.again()

    def again(self) -> None:
        """From the beginning, later: something more urgent comes first."""
        self._recipe: Recipe | None = None
        self._step: Step | None = None
        self._tries = 0
        self._checking = False
        self._deadline: int | None = None
        self.to_send: tuple[Transaction, ...] | None = None
        """The transactions of the block that must go out now."""
        self.result: str | None = None
        """How it ended: empty when done, a sentence when not; None while it goes on."""

    @property
    def begun(self) -> bool:
        """Whether it has begun, and may even have ended."""
        return self._recipe is not None

    @property
    def waiting(self) -> bool:
        """Whether the pump has the block, and its proof is awaited."""
        return self._deadline is not None

    def work(self) -> None:
        """Begin, if that has not happened yet."""
        if self._recipe is None:
            self._recipe = self._begin()
            self._go_on(self._recipe, None)

    def delivered(self, now: int) -> None:
        """The pump acknowledged the block."""
        self.to_send = None
        if self._step is not None and self._recipe is not None:
            if self._step.proof is None:
                self._go_on(self._recipe, None)
            else:
                self._deadline = now + (_CHECK_PATIENCE if self._checking else self._step.patience)

    def hear(self, said: Transaction) -> None:
        """Perhaps the proof."""
        if self.waiting and self._step and self._step.proof and self._recipe and self._step.proof(said):
            self._go_on(self._recipe, said)

    def tick(self, now: int) -> None:
        """Time passes."""
        if self._deadline is None or now < self._deadline or self._step is None or self._recipe is None:
            return
        self._deadline = None
        if self._step.check and not self._checking:
            self._checking, self.to_send = True, ASK_STATE
            return
        self._checking = False
        self._tries -= 1
        if self._tries:
            self.to_send = self._step.block
        else:
            self._go_on(self._recipe, None)

    def _go_on(self, recipe: Recipe, proof: Transaction | None) -> None:
        self._deadline, self._checking = None, False
        try:
            self._step = recipe.send(proof)
        except StopIteration as end:
            self._step, self.result = None, str(end.value)
        else:
            self._tries, self.to_send, self.touched = self._step.tries, self._step.block, True
