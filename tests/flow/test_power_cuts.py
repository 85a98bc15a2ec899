"""A power cut at every commit of a filling with a coupon, in either house."""

from pathlib import Path

import pytest

from tests.flow.evening import evening

pytestmark = pytest.mark.flow


async def test_a_power_cut_at_every_commit_of_the_station_leaves_each_filling_once(tmp_path: Path) -> None:
    async with evening(tmp_path, 60) as tonight:
        commits = await tonight.commits_at_the_station()
        assert commits >= 8
        for at in range(1, commits + 1):
            await tonight.station_dies(at, after=at % 2 == 0)


async def test_a_power_cut_at_every_commit_of_head_office_leaves_each_filling_once(tmp_path: Path) -> None:
    async with evening(tmp_path, 60) as tonight:
        commits = await tonight.commits_at_head_office()
        assert commits >= 4
        for at in range(1, commits + 1):
            await tonight.head_office_dies(at, after=at % 2 == 0)
