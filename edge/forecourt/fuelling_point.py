"""The fuelling point: one table for every protocol, in IFSF's words. Pure.

:data:`TABLE` maps a phase and an event to the next phase and what to do. Events come from the dispenser, or from us.

* From the dispenser and not in the table: a **surprise**. The phase stays, the dispenser is asked for its state, and
  what it answers is taken at its word: the ``found …`` events lead to the same phase from nearly everywhere.
* From us and not in the table: a **bug**, and :exc:`NotNow` is raised.

The diagram in ``docs/fuelling-point.md`` is drawn from the table, and a test compares them.
"""

from collections.abc import Iterator
from enum import StrEnum
from typing import NamedTuple

from edge.forecourt.views import PointPhase
from hardware.ports import PumpState


class Event(StrEnum):
    """What can happen at a fuelling point."""

    # from the dispenser
    ANSWERED = "answered"
    SILENT = "silent"
    LIFTED = "nozzle lifted"
    RETURNED = "nozzle returned"
    FLOWED = "flowed"  # the figures have grown
    UNPROGRAMMED = "unprogrammed"
    READY = "ready"
    RELEASED = "released"
    FUELLING = "fuelling"
    SUSPENDED = "suspended"
    LIMIT_REACHED = "limit reached"
    FINISHED = "finished"
    OFF = "off"
    # from the dispenser, when we had asked
    FOUND_UNPROGRAMMED = "found unprogrammed"
    FOUND_READY = "found ready"
    FOUND_RELEASED = "found released"
    FOUND_FUELLING = "found fuelling"
    FOUND_SUSPENDED = "found suspended"
    FOUND_LIMIT_REACHED = "found limit reached"
    FOUND_FINISHED = "found finished"
    FOUND_OFF = "found off"
    # from us
    AUTHORISE = "authorise"
    STOP = "stop"
    SUSPEND = "suspend"
    RESUME = "resume"
    OPEN = "open"
    CLOSE = "close"


class Do(StrEnum):
    """What the controller does about it."""

    NOTHING = ""
    LOOK = "look"  # ask the dispenser for its state
    SERVE = "serve"  # somebody holds a nozzle: release it, if that is ours to do
    RELEASE = "release"
    CHECK = "check"  # released: is it the right nozzle, at the right price, by our leave?
    BEGIN = "begin"  # fuel flows: by our leave?
    HALT = "halt"
    PAUSE = "pause"
    CONTINUE = "continue"
    SETTLE = "settle"  # the filling is over: prove it and record it
    PRICE = "price"  # the dispenser lacks prices


class Step(NamedTuple):
    """Where to go, and what to do."""

    phase: PointPhase
    do: Do = Do.NOTHING


class NotNow(RuntimeError):
    """We asked a fuelling point for something that makes no sense in its phase: a bug of ours."""


OURS = frozenset((Event.AUTHORISE, Event.STOP, Event.SUSPEND, Event.RESUME, Event.OPEN, Event.CLOSE))

_INOPERATIVE = PointPhase.INOPERATIVE
_CLOSED = PointPhase.CLOSED
_IDLE = PointPhase.IDLE
_CALLING = PointPhase.CALLING
_AUTHORISED = PointPhase.AUTHORISED
_STARTED = PointPhase.STARTED
_PAUSED_EMPTY = PointPhase.SUSPENDED_STARTED
_FUELLING = PointPhase.FUELLING
_PAUSED = PointPhase.SUSPENDED_FUELLING

_EVERYWHERE = {
    Event.SILENT: Step(_INOPERATIVE),
    Event.FOUND_UNPROGRAMMED: Step(_INOPERATIVE, Do.PRICE),
    Event.FOUND_READY: Step(_IDLE, Do.SETTLE),
    Event.FOUND_RELEASED: Step(_AUTHORISED, Do.CHECK),
    Event.FOUND_FUELLING: Step(_FUELLING, Do.BEGIN),
    Event.FOUND_SUSPENDED: Step(_PAUSED, Do.BEGIN),
    Event.FOUND_LIMIT_REACHED: Step(_FUELLING, Do.BEGIN),
    Event.FOUND_FINISHED: Step(_IDLE, Do.SETTLE),
    Event.FOUND_OFF: Step(_INOPERATIVE),
}
"""What holds in each phase, unless its own row below says otherwise."""

_ROWS: dict[PointPhase, dict[Event, Step]] = {
    _INOPERATIVE: {
        Event.ANSWERED: Step(_INOPERATIVE, Do.LOOK),
        Event.LIFTED: Step(_INOPERATIVE),
        Event.RETURNED: Step(_INOPERATIVE),
        Event.UNPROGRAMMED: Step(_INOPERATIVE, Do.PRICE),
        Event.READY: Step(_IDLE, Do.SETTLE),
        Event.FINISHED: Step(_IDLE, Do.SETTLE),
        Event.OFF: Step(_INOPERATIVE),
        Event.STOP: Step(_INOPERATIVE, Do.HALT),
        Event.OPEN: Step(_INOPERATIVE),
        Event.CLOSE: Step(_INOPERATIVE),
    },
    _CLOSED: {
        Event.LIFTED: Step(_CLOSED),
        Event.RETURNED: Step(_CLOSED),
        Event.UNPROGRAMMED: Step(_INOPERATIVE, Do.PRICE),
        Event.READY: Step(_CLOSED),
        Event.FINISHED: Step(_CLOSED),
        Event.OFF: Step(_INOPERATIVE),
        Event.STOP: Step(_CLOSED, Do.HALT),
        Event.OPEN: Step(_IDLE),
        Event.CLOSE: Step(_CLOSED),
    },
    _IDLE: {
        Event.LIFTED: Step(_CALLING, Do.SERVE),
        Event.RETURNED: Step(_IDLE),
        Event.UNPROGRAMMED: Step(_INOPERATIVE, Do.PRICE),
        Event.READY: Step(_IDLE),
        Event.RELEASED: Step(_AUTHORISED, Do.CHECK),
        Event.FINISHED: Step(_IDLE),
        Event.OFF: Step(_INOPERATIVE),
        Event.AUTHORISE: Step(_IDLE, Do.RELEASE),
        Event.STOP: Step(_IDLE, Do.HALT),
        Event.OPEN: Step(_IDLE),
        Event.CLOSE: Step(_CLOSED),
    },
    _CALLING: {
        Event.LIFTED: Step(_CALLING, Do.SERVE),
        Event.RETURNED: Step(_IDLE),
        Event.UNPROGRAMMED: Step(_INOPERATIVE, Do.PRICE),
        Event.READY: Step(_CALLING),
        Event.RELEASED: Step(_STARTED, Do.CHECK),
        Event.FUELLING: Step(_FUELLING, Do.BEGIN),
        Event.FINISHED: Step(_CALLING),
        Event.OFF: Step(_INOPERATIVE),
        Event.AUTHORISE: Step(_CALLING, Do.RELEASE),
        Event.STOP: Step(_CALLING, Do.HALT),
        Event.OPEN: Step(_CALLING),
        Event.CLOSE: Step(_CLOSED),
    },
    _AUTHORISED: {
        Event.LIFTED: Step(_STARTED, Do.CHECK),
        Event.RETURNED: Step(_AUTHORISED),
        Event.FLOWED: Step(_FUELLING, Do.BEGIN),
        Event.RELEASED: Step(_AUTHORISED),
        Event.FUELLING: Step(_FUELLING, Do.BEGIN),
        Event.SUSPENDED: Step(_PAUSED_EMPTY),
        Event.FINISHED: Step(_IDLE, Do.SETTLE),
        Event.STOP: Step(_AUTHORISED, Do.HALT),
        Event.OPEN: Step(_AUTHORISED),
        Event.CLOSE: Step(_AUTHORISED, Do.HALT),
    },
    _STARTED: {
        Event.LIFTED: Step(_STARTED, Do.CHECK),
        Event.RETURNED: Step(_AUTHORISED, Do.HALT),
        Event.FLOWED: Step(_FUELLING, Do.BEGIN),
        Event.RELEASED: Step(_STARTED),
        Event.FUELLING: Step(_FUELLING, Do.BEGIN),
        Event.SUSPENDED: Step(_PAUSED_EMPTY),
        Event.LIMIT_REACHED: Step(_FUELLING, Do.BEGIN),
        Event.FINISHED: Step(_IDLE, Do.SETTLE),
        Event.STOP: Step(_STARTED, Do.HALT),
        Event.SUSPEND: Step(_STARTED, Do.PAUSE),
        Event.OPEN: Step(_STARTED),
        Event.CLOSE: Step(_STARTED),
        Event.FOUND_RELEASED: Step(_STARTED, Do.CHECK),
        Event.FOUND_SUSPENDED: Step(_PAUSED_EMPTY),
    },
    _PAUSED_EMPTY: {
        Event.LIFTED: Step(_PAUSED_EMPTY, Do.CHECK),
        Event.RETURNED: Step(_AUTHORISED, Do.HALT),
        Event.RELEASED: Step(_STARTED),
        Event.FUELLING: Step(_FUELLING, Do.BEGIN),
        Event.SUSPENDED: Step(_PAUSED_EMPTY),
        Event.FINISHED: Step(_IDLE, Do.SETTLE),
        Event.STOP: Step(_PAUSED_EMPTY, Do.HALT),
        Event.RESUME: Step(_PAUSED_EMPTY, Do.CONTINUE),
        Event.OPEN: Step(_PAUSED_EMPTY),
        Event.CLOSE: Step(_PAUSED_EMPTY),
        Event.FOUND_RELEASED: Step(_STARTED, Do.CHECK),
        Event.FOUND_SUSPENDED: Step(_PAUSED_EMPTY),
    },
    _FUELLING: {
        Event.LIFTED: Step(_FUELLING),
        Event.RETURNED: Step(_FUELLING),
        Event.FLOWED: Step(_FUELLING),
        Event.FUELLING: Step(_FUELLING),
        Event.SUSPENDED: Step(_PAUSED),
        Event.LIMIT_REACHED: Step(_FUELLING),
        Event.FINISHED: Step(_IDLE, Do.SETTLE),
        Event.STOP: Step(_FUELLING, Do.HALT),
        Event.SUSPEND: Step(_FUELLING, Do.PAUSE),
        Event.OPEN: Step(_FUELLING),
        Event.CLOSE: Step(_FUELLING),
    },
    _PAUSED: {
        Event.LIFTED: Step(_PAUSED),
        Event.RETURNED: Step(_PAUSED),
        Event.FLOWED: Step(_PAUSED),
        Event.FUELLING: Step(_FUELLING),
        Event.SUSPENDED: Step(_PAUSED),
        Event.LIMIT_REACHED: Step(_FUELLING),
        Event.FINISHED: Step(_IDLE, Do.SETTLE),
        Event.STOP: Step(_PAUSED, Do.HALT),
        Event.RESUME: Step(_PAUSED, Do.CONTINUE),
        Event.OPEN: Step(_PAUSED),
        Event.CLOSE: Step(_PAUSED),
    },
}

TABLE: dict[PointPhase, dict[Event, Step]] = {phase: _EVERYWHERE | row for phase, row in _ROWS.items()}

SAID: dict[PumpState, Event] = {
    PumpState.UNPROGRAMMED: Event.UNPROGRAMMED,
    PumpState.READY: Event.READY,
    PumpState.AUTHORISED: Event.RELEASED,
    PumpState.FUELLING: Event.FUELLING,
    PumpState.SUSPENDED: Event.SUSPENDED,
    PumpState.LIMIT_REACHED: Event.LIMIT_REACHED,
    PumpState.FINISHED: Event.FINISHED,
    PumpState.OFF: Event.OFF,
}
"""The dispenser's states as events that it told by itself."""

FOUND: dict[PumpState, Event] = {state: Event(f"found {said}") for state, said in SAID.items()}
"""The same as answers to our question."""


def step(phase: PointPhase, event: Event) -> Step | None:
    """Where to go and what to do; None for a surprise. :exc:`NotNow` when the event is ours and has no place here."""
    found = TABLE[phase].get(event)
    if found is None and event in OURS:
        raise NotNow(f"“{event}” makes no sense while the fuelling point is {phase}")
    return found


def diagram() -> str:
    """The table as a Mermaid state diagram, without what leads nowhere and does nothing."""
    return "\n".join(["stateDiagram-v2", "    [*] --> inoperative", *_arrows()])


def found_rows() -> str:
    """Where the dispenser's answers lead, as rows of a Markdown table."""
    return "\n".join(
        f"| {event} | {to.phase} | {to.do or '–'} |" for event, to in _EVERYWHERE.items() if event in FOUND.values()
    )


def _arrows() -> Iterator[str]:
    """One arrow for all events that lead from one phase to another and do the same."""
    for phase, row in _ROWS.items():
        labels: dict[Step, list[str]] = {}
        for event, to in ({Event.SILENT: _EVERYWHERE[Event.SILENT]} | row).items():
            if event not in FOUND.values() and (to.phase is not phase or to.do):
                labels.setdefault(to, []).append(event)
        for to, events in labels.items():
            yield f"    {phase} --> {to.phase}: {', '.join(events)}" + (f" / {to.do}" if to.do else "")
