"""Listening to a line: to one of a running agent, or passively at a port of our own. Both give a recording."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Final

from edge.engineer.visit import Visit
from hardware.line import Line
from hardware.ports import LineSettings
from hardware.watch.recording import Entry, Head, Way, crossing, read_entries, read_head
from shared.errors import JiayouError, Refused

Heard = tuple[Head, Entry | None]
"""What was heard, with the head of its recording; None for the entry when there is only the head so far."""
_QUIET_BYTES: Final = 12
"""Bytes' time of silence that ends a frame."""
_LOOK: Final = 200_000
"""Microseconds between two looks whether somebody wants to end."""


def at_port(url: str, protocol: str, settings: LineSettings, seconds: float = 0) -> Iterator[Heard]:
    """What others say on a line, for so long or (0) without end. Nothing is ever sent.

    :exc:`LineUnavailable` when the port can't be had.
    """
    port = Line(url, settings).open()
    head = Head(url, protocol, time.time_ns() // 1_000_000, settings)
    began = _micros()
    quiet = max(3_000, _QUIET_BYTES * settings.byte_micros)
    try:
        yield head, None
        data, at = b"", 0
        while not seconds or _micros() - began < seconds * 1_000_000:
            more = port.read(quiet if data else _LOOK)
            if more:
                at = at or _micros() - began
                data += more
            elif data:
                yield head, crossing(at, Way.IN, 0, data)
                data, at = b"", 0
    finally:
        port.close()


def at_agent(store: Path, lines: tuple[str, ...], seconds: float = 0) -> Iterator[Heard]:
    """What a running agent says and hears on these lines, as it happens, for so long or (0) until the agent ends."""
    heard: SimpleQueue[Heard | JiayouError] = SimpleQueue()
    visits = [Visit(store, {"ask": "monitor", "line": line}, endless=True) for line in lines]
    for visit in visits:
        threading.Thread(target=_listen, args=(visit, heard), daemon=True).start()
    end = time.monotonic() + seconds
    try:
        while not seconds or time.monotonic() < end:
            try:
                one = heard.get(timeout=_LOOK / 1_000_000)
            except Empty:
                continue
            if isinstance(one, JiayouError):
                raise one
            yield one
    finally:
        for visit in visits:
            visit.end()


def _listen(visit: Visit, heard: "SimpleQueue[Heard | JiayouError]") -> None:
    try:
        answer = iter(visit)
        head = read_head(next(answer, ""))
        heard.put((head, None))
        for entry in read_entries(answer):
            heard.put((head, entry))
        heard.put(Refused("agent_ended", "The agent has ended."))
    except JiayouError as why:
        heard.put(why)


def _micros() -> int:
    return time.monotonic_ns() // 1_000
