"""The power cuts of the flow stories, again and again: every commit, both before and after it is on the disk."""

import time
from pathlib import Path

import pytest

from tests.flow.conftest import hasty_line as hasty_line  # the line of agents in this process
from tests.flow.evening import evening
from tests.soak.conftest import say

pytestmark = [pytest.mark.soak, pytest.mark.timeout(600)]

SECONDS = 100


@pytest.mark.parametrize("house", ["station", "head office"])
async def test_power_cuts_before_and_after_every_commit(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], house: str
) -> None:
    async with evening(tmp_path, 400) as tonight:
        dies = tonight.station_dies if house == "station" else tonight.head_office_dies
        count = tonight.commits_at_the_station if house == "station" else tonight.commits_at_head_office
        commits, cuts, end = await count(), 0, time.monotonic() + SECONDS
        while time.monotonic() < end and cuts < 380:
            await dies(1 + cuts // 2 % commits, after=bool(cuts % 2))
            cuts += 1
        say(capsys, f"{cuts} cuts over {commits} commits of the {house}")
        assert cuts >= commits
