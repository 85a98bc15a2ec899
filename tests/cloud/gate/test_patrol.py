"""How everybody on the line is found, however many they are, and though some come and go meanwhile."""

import json
import re
from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Any, cast

import pytest
from nats.aio.client import Client
from nats.errors import TimeoutError as NatsTimeout

from cloud.gate import patrol
from cloud.gate.patrol import OnLine


class Nodes:
    """What nats-server's system account says: a list of names by node; a node may have died."""

    def __init__(self, listed: dict[str, list[str]], dead: tuple[str, ...] = ()) -> None:
        self.listed, self.dead = listed, dead
        self.cut: list[tuple[str, int]] = []
        self.leaves: Callable[[], None] = lambda: None

    def new_inbox(self) -> str:
        return "inbox"

    async def subscribe(self, _subject: str, cb: Callable[[Any], Awaitable[None]]) -> Any:
        for server in self.listed:
            await cb(SimpleNamespace(data=json.dumps({"server": {"id": server}}).encode()))
        await cb(SimpleNamespace(data=b"what is this"))

        async def unsubscribe() -> None: ...

        return SimpleNamespace(unsubscribe=unsubscribe)

    async def publish(self, *_words: str, reply: str) -> None: ...

    async def request(self, subject: str, data: bytes, **_patience: float) -> Any:
        server, act = subject.split(".")[3:]
        asked = json.loads(data)
        if server in self.dead:
            raise NatsTimeout
        if act == "KICK":
            self.cut.append((server, asked["cid"]))
            return SimpleNamespace(data=b"{}")
        assert asked["acc"] == "JIAYOU"
        names = self.listed[server][asked["offset"] : asked["offset"] + asked["limit"]]
        page = [{"cid": int(re.findall(r"\d+", name)[0]), "authorized_user": name} for name in names]
        self.leaves()
        return SimpleNamespace(data=json.dumps({"data": {"connections": page or None}}).encode())

    @property
    def client(self) -> Client:
        return cast(Client, self)


@pytest.fixture(autouse=True)
def _no_roll_call(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patrol, "_ROLL_CALL", 0.0)


async def test_everybody_is_found_page_by_page_at_every_node() -> None:
    nodes = Nodes({"N1": [f"s-{n} p:badge" for n in range(4_500)], "N2": ["t-9 p:badge"], "N3": []})
    found = await patrol.everybody(nodes.client)
    assert len(found) == 4_501
    assert OnLine("N2", 9, "t-9 p:badge") in found


async def test_whoever_is_still_being_asked_about_is_nobody_yet_and_is_not_cut() -> None:
    """He goes by the name that he gave himself, and no pass has that name: it would seem to have ended."""
    nodes = Nodes({"N1": ["s-1 p:badge", "s-2"]})
    assert await patrol.everybody(nodes.client) == [OnLine("N1", 1, "s-1 p:badge")]


async def test_nobody_is_overlooked_because_others_leave_while_the_page_is_turned() -> None:
    nodes = Nodes({"N1": [f"s-{n} p:badge" for n in range(4_500)]})

    def ten_leave() -> None:
        nodes.listed["N1"] = nodes.listed["N1"][10:]

    nodes.leaves = ten_leave
    found = {one.number for one in await patrol.everybody(nodes.client)}
    assert set(range(20, 4_500)) <= found


async def test_a_node_that_has_just_died_keeps_nobody_from_being_found_elsewhere() -> None:
    nodes = Nodes({"N1": ["s-1 p:badge"], "N2": ["s-2 p:badge"]}, dead=("N1",))
    (one,) = await patrol.everybody(nodes.client)
    await patrol.cut(nodes.client, one)
    await patrol.cut(nodes.client, OnLine("N1", 1, "s-1"))
    assert nodes.cut == [("N2", 2)]
