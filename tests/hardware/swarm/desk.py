"""A company that answers a swarm's station as the real one does, with a key of its own and no books."""

import msgspec

from hardware.swarm.company import Company
from hardware.swarm.outbox import Deed, HangUp
from hardware.swarm.station import Habits, SwarmStation
from shared import topics
from shared.messages import Batch, CommandKeys, Hello, Stored, Welcome
from shared.orders import LIFE, OrderHead, order
from shared.signing import Signer, public_key
from shared.wire import pack, unpack

START = 1_800_000_000_000
PRIVATE = bytes(range(32))
NAME = "swarm-1"


class Desk:
    """One station, its company and a clock that is moved by hand."""

    def __init__(self, **habits: object) -> None:
        self.now = START
        own = Habits(**habits)  # type: ignore[arg-type]
        self.station = SwarmStation(NAME, START // 1000, own, Company(own.checks), START)
        self.hellos: list[Hello] = []
        self.letters: dict[int, bytes] = {}
        self.heard: list[int] = []
        """The first letter of each batch, in the order of their arrival."""
        self.hung_up = 0

    def connect(self) -> None:
        """The line stands."""
        self.take(self.station.connected(self.now))

    def after(self, milliseconds: int) -> None:
        """Time goes by, and the station does what is due."""
        end = self.now + milliseconds
        while (due := self.station.due()) <= end:
            self.now = max(self.now, due)
            self.take(self.station.act(self.now))
        self.now = end

    def take(self, deeds: list[Deed]) -> None:
        """What came up; nothing behind a broken connection."""
        for deed in deeds:
            if isinstance(deed, HangUp):
                self.hung_up += 1
                return
            if deed.kind == topics.HELLO:
                self.hellos.append(unpack(deed.data, Hello))
            else:
                batch = unpack(deed.data, Batch)
                self.heard.append(batch.first)
                self.letters |= {seq: bytes(raw) for seq, raw in enumerate(batch.letters, batch.first)}

    def says(self, kind: str, message: msgspec.Struct, private: bytes = PRIVATE, target: str = NAME) -> None:
        """An order down."""
        head = OrderHead(kind, target, self.now, self.now + LIFE)
        frame = order(head, pack(message), 1, Signer(private))
        self.take(self.station.heard(kind, frame, self.now))

    def welcome(self, stored: int = 0) -> None:
        """The keys, and the answer to the last hello."""
        self.says(topics.KEYS, CommandKeys({1: public_key(PRIVATE)}))
        hello = self.hellos[-1]
        self.says(topics.WELCOME, Welcome(self.now, hello.wall, hello.mono, stored))

    def store(self) -> int:
        """Everything without a hole is acknowledged."""
        upto = next(seq for seq in range(len(self.letters) + 1) if seq + 1 not in self.letters)
        self.says(topics.STORED, Stored(START // 1000, upto))
        return upto
