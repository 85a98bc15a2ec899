"""What head office sees of a station now, and not at its next heartbeat."""

from pathlib import Path

import pytest

from cloud.founding import now
from cloud.stations import states
from edge.settings import Authorise
from tests.fakes.waiting import until
from tests.flow.chain import A, Scene, scene

pytestmark = pytest.mark.flow


def _seen(play: Scene, point: int) -> str:
    """The phase of a fuelling point, as the page of head office shows it."""
    with play.office.books.read() as connection:
        state = states.state(connection, A, now())
    return next((seen.state for seen in state.points if seen.point == point), "")


async def test_a_lifted_nozzle_is_seen_at_head_office_within_seconds(tmp_path: Path) -> None:
    async with scene(tmp_path, Authorise.ATTENDANT) as play:
        await until(lambda: _seen(play, 1) == "idle", 5, "point 1 to be seen idle")
        play.island.customer(1, 1, 5_000)
        await until(lambda: _seen(play, 1) == "calling", 4, "the call of point 1 at head office")
