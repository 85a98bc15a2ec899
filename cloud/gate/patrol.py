"""Who is on the line at all the brokers, and how one of them is cut off. By nats-server's system account."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Final, TypeVar

import msgspec
from msgspec import Struct
from nats.aio.client import Client
from nats.errors import Error as NatsError
from nats.errors import TimeoutError as NatsTimeout

from cloud.broker import LINE_ACCOUNT

T = TypeVar("T")
_ROLL_CALL: Final = 0.4
"""Seconds in which every node of a cluster has answered."""
_PAGE: Final = 2_000
_BLANK: Final = " "
"""Stands in the name of every pass. Whoever is still being asked about goes by the name that he gave himself."""
_OVERLAP: Final = 50
"""Connections that may end while one turns the page."""


class OnLine(Struct, frozen=True):
    """A connection at a broker."""

    server: str
    number: int
    name: str
    """The name of its pass."""


async def everybody(system: Client) -> list[OnLine]:
    """Every station's connection, at every broker that answers."""
    found: dict[tuple[str, int], OnLine] = {}
    for server in await _servers(system):
        with suppress(NatsTimeout):  # a node that has just died
            for one in await _at(system, server):
                found[one.server, one.number] = one
    return list(found.values())


async def cut(system: Client, one: OnLine) -> None:
    """Ends a connection; it may have ended by itself."""
    with suppress(NatsTimeout):
        await _ask(system, f"$SYS.REQ.SERVER.{one.server}.KICK", {"cid": one.number}, msgspec.Raw)


async def _servers(system: Client) -> list[str]:
    heard: list[str] = []
    inbox = system.new_inbox()

    async def note(message: Any) -> None:
        with suppress(ValueError):
            heard.append(msgspec.json.decode(message.data, type=_Pong).server.id)

    subscription = await system.subscribe(inbox, cb=note)
    await system.publish("$SYS.REQ.SERVER.PING", reply=inbox)
    await asyncio.sleep(_ROLL_CALL)
    with suppress(NatsError):
        await subscription.unsubscribe()
    return sorted(set(heard))


async def _at(system: Client, server: str) -> Sequence[OnLine]:
    found: list[OnLine] = []
    offset = 0
    while True:
        wanted = {"auth": True, "acc": LINE_ACCOUNT, "limit": _PAGE, "offset": offset}
        page = (await _ask(system, f"$SYS.REQ.SERVER.{server}.CONNZ", wanted, _Listed)).data.connections or []
        found += [OnLine(server, c.cid, c.authorized_user) for c in page if _BLANK in c.authorized_user]
        if len(page) < _PAGE:
            return found
        offset += _PAGE - _OVERLAP


async def _ask(system: Client, subject: str, what: dict[str, Any], kind: type[T]) -> T:
    answer = await system.request(subject, msgspec.json.encode(what), timeout=3)
    return msgspec.json.decode(answer.data, type=kind)


class _Server(Struct, frozen=True):
    id: str


class _Pong(Struct, frozen=True):
    server: _Server


class _Connection(Struct, frozen=True):
    cid: int
    authorized_user: str = ""


class _Page(Struct, frozen=True):
    connections: list[_Connection] | None = None


class _Listed(Struct, frozen=True):
    data: _Page = _Page()
