"""A company's gate without a company: for tests of a broker that need no books. It works in a thread of its own."""

import asyncio
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager

from cloud.gate.admitting import Turned, Verdict
from cloud.gate.gate import Gate
from cloud.gate.keys import GateKeys
from cloud.gate.permits import Knock, Pass
from shared import certificates

KEYS = GateKeys(bytes(range(32)))
_DAY = 86_400_000


class ListKeeper:
    """Knows stations by a list of passwords; a certificate of our authority is good for the station that it names."""

    def __init__(self, stations: Mapping[str, str]) -> None:
        self.stations = dict(stations)

    def admit(self, knocks: Sequence[Knock], now: int) -> list[Verdict]:
        """Whoever is on the list."""
        return [self._verdict(knock, now) for knock in knocks]

    def ended(self, names: Collection[str], now: int) -> set[str]:
        """Whoever is on the list no more."""
        return {name for name in names if name.partition(" ")[0] not in self.stations}

    def revision(self) -> object:
        """Another value after each change."""
        return sorted(self.stations.items())

    def _verdict(self, knock: Knock, now: int) -> Verdict:
        named = certificates.read(knock.certificate).name if knock.certificate else knock.user
        right = bool(knock.certificate) or (knock.near and self.stations.get(named) == knock.password)
        if named != knock.user or named not in self.stations or not right:
            return Turned(knock.user, "wrong_password", False)
        return Pass(named, "listed", now + _DAY)


@contextmanager
def standing(keeper: ListKeeper, addresses: Callable[[], Sequence[str]]) -> Iterator[Gate]:
    """A gate that answers until the end of the block."""
    loop = asyncio.new_event_loop()
    gate = Gate(KEYS, keeper, addresses, lambda: time.time_ns() // 1_000_000)
    task = loop.create_task(gate.run())
    thread = threading.Thread(target=lambda: loop.run_until_complete(asyncio.gather(task, return_exceptions=True)))
    thread.start()
    try:
        yield gate
    finally:
        loop.call_soon_threadsafe(task.cancel)
        thread.join(10)
        loop.close()


def wait_until_open(gate: Gate, seconds: float = 20.0) -> None:
    """Returns once a broker asks at this gate."""
    end = time.monotonic() + seconds
    while not gate.open:
        if time.monotonic() > end:
            raise RuntimeError("no broker asks at the gate")
        time.sleep(0.01)
