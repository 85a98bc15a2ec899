"""Head office goes home in time, whatever its client of the broker makes of being told to."""

import asyncio
from collections.abc import Collection, Sequence
from contextlib import suppress
from typing import Any

import nats
import pytest

from cloud.gate import patrol
from cloud.gate.admitting import Verdict
from cloud.gate.gate import Gate
from cloud.gate.keys import GateKeys
from cloud.gate.permits import Knock

KEYS = GateKeys(bytes(range(32)))


class Nobody:
    """Knows nobody."""

    def admit(self, knocks: Sequence[Knock], now: int) -> list[Verdict]:
        return []

    def ended(self, names: Collection[str], now: int) -> set[str]:
        return set()

    def revision(self) -> object:
        return 1


class Client:
    """A connection on which nobody says anything."""

    is_closed = False

    async def close(self) -> None:
        self.is_closed = True

    async def flush(self) -> None:
        """Done at once."""

    async def subscribe(self, *_: Any, **__: Any) -> None:
        """Nobody will ask."""


@pytest.mark.parametrize("deaf", [1, 2], ids=["to the questions", "to the roll call"])
async def test_a_cancellation_that_a_client_swallowed_keeps_nobody_waiting(
    monkeypatch: pytest.MonkeyPatch, deaf: int
) -> None:
    """Python 3.11's ``asyncio.wait_for`` swallows one that comes in the moment of its answer."""
    calls: list[str] = []
    waits = asyncio.Event()

    async def connect(place: str, **_: Any) -> Client:
        calls.append(place)
        if len(calls) == deaf:
            waits.set()
            with suppress(asyncio.CancelledError):
                await asyncio.sleep(60)
        return Client()

    async def nobody(_: Client) -> list[patrol.OnLine]:
        return []

    monkeypatch.setattr(nats, "connect", connect)
    monkeypatch.setattr(patrol, "everybody", nobody)
    standing = Gate(KEYS, Nobody(), lambda: ["127.0.0.1:4222"], lambda: 0)
    work = asyncio.create_task(standing.run())
    await waits.wait()
    standing.close()
    work.cancel()
    ended, _ = await asyncio.wait([work], timeout=3)
    assert ended == {work}
