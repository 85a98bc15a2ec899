"""A network between two programs on this machine, which can be slow, cut, or dead without saying so."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from hardware.road.proxy import Proxy as Network
from hardware.road.proxy import listening

__all__ = ["Network", "network"]


@asynccontextmanager
async def network(server_port: int, odds: Mapping[str, float] | None = None, seed: int = 0) -> AsyncIterator[Network]:
    """A network in front of the server at this port; programs connect to its ``port``."""
    async with listening(Network("127.0.0.1", server_port, odds, seed)) as between:
        yield between
