"""The door through which tools of this machine look at a running agent: a socket in the store's folder.

Nobody but the agent's own user can open it, nothing can be changed through it, and no network leads to it. A visitor
sends one JSON object and gets JSON, a line each:

    {"ask": "lines"}                        the books of every line
    {"ask": "station"}                      how printer, page and the link to head office are
    {"ask": "monitor", "line": "island 1"}  a recording, as it happens, until the visitor goes
"""

import asyncio
import json
import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Final

import msgspec
import structlog
from msgspec.structs import replace

from edge.engineer.lines import Lines
from edge.engineer.visit import place, short
from hardware.watch.recording import line_of, note
from hardware.watch.reports import Moment, entry_of, utc
from shared.errors import JiayouError, Refused

_log = structlog.get_logger(__name__)

Facts = Callable[[], Awaitable[dict[str, Any]]]
"""How the station is, in plain values."""
_WAITING: Final = 2_000
"""Moments that may wait for a slow visitor; what is more is left out, and said."""
_PATIENCE: Final = 3.0
"""Seconds that a question or an answer may take."""
_LONGEST: Final = 4_096


@asynccontextmanager
async def open_door(store: Path, lines: Lines, station: Facts) -> AsyncIterator[None]:
    """Let visitors in. A folder that takes no socket costs the door and nothing else."""
    try:
        host = _Host(lines, station)
        server = await asyncio.start_unix_server(host.receive, sock=_bound(place(store)), limit=_LONGEST)
    except OSError as why:
        _log.warning("engineers_door_closed", why=str(why))
        yield
        return
    try:
        yield
    finally:
        server.close()
        await host.say_goodbye()
        place(store).unlink(missing_ok=True)


def _bound(path: Path) -> socket.socket:
    """The store's lock is ours, so whatever stands there was left behind."""
    path.unlink(missing_ok=True)
    door = socket.socket(socket.AF_UNIX)
    try:
        with short(path) as name:
            mask = os.umask(0o177)
            try:
                door.bind(name)
            finally:
                os.umask(mask)
    except OSError:
        door.close()
        raise
    return door


class _Host:
    def __init__(self, lines: Lines, station: Facts) -> None:
        self._lines = lines
        self._station = station
        self._visits: set[asyncio.Task[None]] = set()

    async def receive(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One visitor."""
        visit = asyncio.create_task(self._receive(reader, writer))
        self._visits.add(visit)
        visit.add_done_callback(self._visits.discard)

    async def say_goodbye(self) -> None:
        """Send everybody home."""
        for visit in self._visits:
            visit.cancel()
        await asyncio.gather(*self._visits, return_exceptions=True)

    async def _receive(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(_PATIENCE):
                asked = _question(await reader.readline())
            await self._answer(asked, reader, writer)
        except JiayouError as why:
            await _say(writer, json.dumps({"error": str(why)}, ensure_ascii=False))
        except (OSError, TimeoutError, ValueError):
            pass  # a visitor that went, or never spoke, or said too much
        finally:
            writer.close()

    async def _answer(self, asked: dict[str, Any], reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        match asked.get("ask"):
            case "lines":
                await _say(writer, msgspec.json.encode({"lines": self._lines.reports()}).decode())
            case "station":
                await _say(writer, json.dumps(await self._station(), ensure_ascii=False))
            case "monitor":
                await self._monitor(str(asked.get("line", "")), reader, writer)
            case _:
                raise Refused("unknown_question", "Ask for lines, station or monitor.")

    async def _monitor(self, line: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        watch = self._lines.watch(line)
        loop, waiting, gone = asyncio.get_running_loop(), _Waiting(), asyncio.ensure_future(reader.read(1))

        def tell(moment: Moment) -> None:
            loop.call_soon_threadsafe(waiting.put, moment)

        end = watch.tap(tell)
        began = waiting.began
        try:
            await _say(writer, line_of(replace(watch.head, began=utc(began))))
            while not gone.done():
                for moment in await waiting.take(gone):
                    writer.write((line_of(entry_of(moment, began)) + "\n").encode())
                if waiting.left_out:
                    writer.write((line_of(note(waiting.now() - began, 0, waiting.sorry())) + "\n").encode())
                await writer.drain()
        finally:
            end()
            gone.cancel()


class _Waiting:
    """What has happened and was not handed over yet."""

    def __init__(self) -> None:
        self._moments: list[Moment] = []
        self._come = asyncio.Event()
        self.left_out = 0
        self.began = self.now()

    @staticmethod
    def now() -> int:
        """Monotonic microseconds."""
        return int(asyncio.get_running_loop().time() * 1_000_000)

    def put(self, moment: Moment) -> None:
        """One more, unless too many wait."""
        if len(self._moments) < _WAITING:
            self._moments.append(moment)
        else:
            self.left_out += 1
        self._come.set()

    async def take(self, gone: "asyncio.Future[bytes]") -> list[Moment]:
        """All that there are, as soon as there is one, or the visitor goes."""
        come = asyncio.create_task(self._come.wait())
        both: list[asyncio.Future[Any]] = [come, gone]
        await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        come.cancel()
        self._come.clear()
        moments, self._moments = self._moments, []
        return moments

    def sorry(self) -> str:
        """How much was left out."""
        count, self.left_out = self.left_out, 0
        return f"{count} frames were left out: the reader was too slow."


def _question(line: bytes) -> dict[str, Any]:
    try:
        asked = json.loads(line)
    except ValueError as why:
        raise Refused("unknown_question", "Send one JSON object.") from why
    return asked if isinstance(asked, dict) else {}


async def _say(writer: asyncio.StreamWriter, line: str) -> None:
    with suppress(OSError):
        writer.write((line + "\n").encode())
        await writer.drain()
