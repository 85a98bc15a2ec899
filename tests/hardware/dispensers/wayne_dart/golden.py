"""The recorded frames."""

import json
from pathlib import Path

from msgspec import Struct

from hardware.dispensers.wayne_dart.transactions import Direction

_FOLDER = Path(__file__).parents[3] / "golden" / "wayne-dart"


class Golden(Struct, frozen=True):
    """A recorded frame, and what it says in this direction."""

    direction: Direction
    frame: bytes
    address: int
    kind: str
    tx: int
    says: list[dict[str, object]]

    def __str__(self) -> str:
        return f"{self.direction}: {self.frame.hex(' ')}"


def _read(direction: Direction) -> list[Golden]:
    lines = (_FOLDER / f"{direction}.jsonl").read_text("utf-8").splitlines()
    told = [json.loads(line) for line in lines]
    return [Golden(direction, bytes.fromhex(t["frame"]), t["address"], t["kind"], t["tx"], t["says"]) for t in told]


GOLDEN = [golden for direction in Direction for golden in _read(direction)]
