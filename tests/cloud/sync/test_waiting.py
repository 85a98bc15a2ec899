"""Ten thousand stations say hello, and again, and again: each is answered once, and the first comes first."""

import asyncio
from typing import Any

from msgspec.structs import replace

from cloud.sync.greeting import HeardHello
from cloud.sync.waiting import WaitingHellos
from shared.messages import Hello

FIRST = Hello("pudong-1", 1_800_000_000, "disk", 1, 5_000, 1, 1, 0, 0, 0, 0, "0.1.0")


def heard(station: str, at: int, **other: Any) -> HeardHello:
    return HeardHello(replace(FIRST, station=station, **other), at)


async def test_whoever_says_it_again_keeps_his_place_and_is_answered_what_he_said_last() -> None:
    waiting = WaitingHellos(10)
    for said in (heard("pudong-1", 1), heard("minhang-2", 2), heard("pudong-1", 3)):
        assert waiting.put(said)
    assert await waiting.take(200) == [heard("pudong-1", 3), heard("minhang-2", 2)]
    assert len(waiting) == 0


async def test_a_double_is_somebody_else() -> None:
    waiting = WaitingHellos(10)
    same = heard("pudong-1", 1)
    others = [heard("pudong-1", 2, store_id="copy"), heard("pudong-1", 3, boot=2), heard("pudong-1", 4, epoch=7)]
    for said in (same, *others):
        assert waiting.put(said)
    assert await waiting.take(200) == [same, *others]


async def test_more_than_can_be_answered_are_let_go_and_those_who_wait_stay() -> None:
    waiting = WaitingHellos(2)
    assert [waiting.put(heard(f"station-{number}", number)) for number in range(3)] == [True, True, False]
    assert waiting.put(heard("station-0", 9)), "who waits already may say it again"
    assert [said.at for said in await waiting.take(200)] == [9, 1]


async def test_a_handful_is_taken_and_the_rest_waits_for_the_next() -> None:
    waiting = WaitingHellos(10)
    taking = asyncio.create_task(waiting.take(2))
    await asyncio.sleep(0)
    for number in range(3):
        waiting.put(heard(f"station-{number}", number))
    assert [said.at for said in await taking] == [0, 1]
    assert [said.at for said in await waiting.take(2)] == [2]
