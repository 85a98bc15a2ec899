"""The state table: every phase with every event, the one diagram, and what is a surprise or a bug."""

from pathlib import Path

import pytest

from edge.forecourt.fuelling_point import FOUND, OURS, SAID, TABLE, Do, Event, NotNow, diagram, found_rows, step
from edge.forecourt.views import PointPhase
from hardware.ports import PumpState

DOCS = Path(__file__).parents[3] / "docs" / "fuelling-point.md"
EVERY_PAIR = [(phase, event) for phase in PointPhase for event in Event]
FLOWING = (PointPhase.FUELLING, PointPhase.SUSPENDED_FUELLING)


@pytest.mark.parametrize(("phase", "event"), EVERY_PAIR)
def test_each_event_in_each_phase_leads_somewhere_is_a_surprise_or_is_a_bug(phase: PointPhase, event: Event) -> None:
    known = event in TABLE[phase]
    if event in OURS and not known:
        with pytest.raises(NotNow):
            step(phase, event)
    else:
        found = step(phase, event)
        assert (found is not None) is known
        assert found is None or found.phase in PointPhase


@pytest.mark.parametrize("phase", PointPhase)
def test_what_a_dispenser_answers_when_asked_is_never_a_surprise(phase: PointPhase) -> None:
    assert all(event in TABLE[phase] for event in FOUND.values())
    assert set(SAID) == set(FOUND) == set(PumpState)


@pytest.mark.parametrize("phase", PointPhase)
def test_a_point_can_always_be_stopped_opened_and_closed(phase: PointPhase) -> None:
    assert TABLE[phase][Event.STOP].do is Do.HALT
    assert {Event.OPEN, Event.CLOSE} <= TABLE[phase].keys()


@pytest.mark.parametrize("phase", PointPhase)
def test_only_a_point_where_nobody_fuels_can_be_released(phase: PointPhase) -> None:
    assert (Event.AUTHORISE in TABLE[phase]) is (phase in (PointPhase.IDLE, PointPhase.CALLING))


@pytest.mark.parametrize("phase", FLOWING)
def test_a_filling_never_ends_without_being_settled(phase: PointPhase) -> None:
    """Out of fuelling there are only ends that are settled, and a silence after which the dispenser is asked."""
    ways_out = {event: to for event, to in TABLE[phase].items() if to.phase not in FLOWING}
    allowed = {Event.SILENT, Event.FOUND_OFF, Event.FOUND_UNPROGRAMMED, Event.FOUND_RELEASED}
    assert all(to.do is Do.SETTLE for event, to in ways_out.items() if event not in allowed)


@pytest.mark.parametrize("phase", PointPhase)
def test_closing_the_station_never_stops_a_filling(phase: PointPhase) -> None:
    to = TABLE[phase][Event.CLOSE]
    if phase in (PointPhase.STARTED, PointPhase.SUSPENDED_STARTED, *FLOWING):
        assert to.phase is phase
        assert to.do is Do.NOTHING


def test_the_diagram_in_the_docs_is_drawn_from_the_table() -> None:
    text = DOCS.read_text(encoding="utf-8")
    assert f"```mermaid\n{diagram()}\n```" in text, "run python -m tests.edge.forecourt.draw"
    assert found_rows() in text
