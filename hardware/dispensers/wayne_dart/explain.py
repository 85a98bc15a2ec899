"""A DART frame in plain words, for an engineer who looks at recorded bytes. Pure.

The numbers of the pump stay as they are on the wire: only the station's configuration knows their decimals.
"""

from enum import IntEnum
from typing import Any, Final

import msgspec

from hardware.dispensers.wayne_dart import commands as c
from hardware.dispensers.wayne_dart import readings as r
from hardware.dispensers.wayne_dart.frames import FIRST_ADDRESS, LAST_ADDRESS, Frame, Kind, Splitter
from hardware.dispensers.wayne_dart.transactions import Direction, Transaction, Unreadable, decode_one, split
from hardware.errors import FrameMisread

_NAMES: Final[dict[type[Transaction], tuple[str, str]]] = {
    c.Command: ("CD1", "command"),
    c.AllowedNozzles: ("CD2", "allowed nozzles"),
    c.PresetVolume: ("CD3", "preset volume"),
    c.PresetAmount: ("CD4", "preset amount"),
    c.PriceUpdate: ("CD5", "price update"),
    c.Output: ("CD7", "output"),
    c.RequestTotals8: ("CD8", "totals request"),
    c.SetParameters: ("CD9", "set parameters"),
    c.FillingType: ("CD13", "filling type"),
    c.Suspend: ("CD14", "suspend"),
    c.Resume: ("CD15", "resume"),
    c.RequestTotals: ("CD101", "totals request"),
    c.RequestAmountTotals: ("CD102", "amount totals request"),
    c.RequestTemperature: ("CD103", "temperature request"),
    c.RequestTag: ("CD104", "tag request"),
    r.Status: ("DC1", "status"),
    r.Filled: ("DC2", "filled volume and amount"),
    r.NozzleAndPrice: ("DC3", "nozzle and price"),
    r.Alarm: ("DC5", "alarm"),
    r.Parameters: ("DC7", "parameters"),
    r.Identity: ("DC9", "identity"),
    r.Suspended: ("DC14", "suspended"),
    r.Resumed: ("DC15", "resumed"),
    r.Totals: ("DC101", "totals"),
    r.Mode: ("DC102", "mode"),
    r.AmountTotals: ("DC102", "amount totals"),
    r.Prices: ("DC103", "prices"),
    r.Temperature: ("DC103", "temperature"),
    r.Tag: ("DC104", "tag"),
}
_SPEAKS: Final = {
    Kind.POLL: Direction.CONTROLLER,
    Kind.ACKPOLL: Direction.CONTROLLER,
    Kind.IAP: Direction.CONTROLLER,
    Kind.EOT: Direction.PUMP,
}


def explain(raw: bytes) -> dict[str, Any]:
    """One frame as ``address``, ``direction``, ``kind``, ``tx``, ``transactions`` and ``error`` (None, or a sentence).

    Where the bytes alone don't tell the direction it is None, and a transaction has a reading for each, under
    ``controller`` and ``pump``.
    """
    splitter = Splitter()
    splitter.push(raw)
    try:
        frame = splitter.next_frame()
    except FrameMisread as misread:
        return _outline(raw) | {"error": str(misread)}
    if frame is None:
        return _outline(raw) | {"error": "This is no whole frame: the closing FA is missing."}
    found = _frame(frame)
    if found["error"] is None:
        found["error"] = _around(splitter)
    return found


def _around(splitter: Splitter) -> str | None:
    if splitter.skipped:
        return "There are bytes before the frame that do not belong to it."
    if not splitter.empty:
        return "There are bytes after the end of the frame; write one frame a line."
    return None


def _outline(raw: bytes) -> dict[str, Any]:
    """What can be said of a frame that can't be read."""
    address = raw[0] if raw and FIRST_ADDRESS <= raw[0] <= LAST_ADDRESS else None
    return {"address": address, "direction": None, "kind": None, "tx": None, "transactions": [], "error": None}


def _frame(frame: Frame) -> dict[str, Any]:
    found = _outline(bytes((frame.address,))) | {"kind": frame.kind.name, "tx": frame.tx}
    if frame.kind is not Kind.DATA:
        return found | {"direction": _SPEAKS.get(frame.kind)}
    try:
        parts = split(frame.body)
    except FrameMisread as misread:
        return found | {"error": str(misread)}
    readings = {side: [decode_one(trans, data, side) for trans, data in parts] for side in Direction}
    return found | _sides(readings)


def _sides(readings: dict[Direction, list[Transaction]]) -> dict[str, Any]:
    possible = [side for side, said in readings.items() if not any(isinstance(t, Unreadable) for t in said)]
    if len(possible) == 1:
        side = possible[0]
        return {"direction": side, "transactions": [_words(said) for said in readings[side]]}
    pairs = zip(readings[Direction.CONTROLLER], readings[Direction.PUMP], strict=True)
    both = [{"controller": _words(ours), "pump": _words(theirs)} for ours, theirs in pairs]
    error = None if possible else "In neither direction does all of this make sense."
    return {"transactions": both, "error": error}


def _words(said: Transaction) -> dict[str, Any]:
    if isinstance(said, Unreadable):
        return {"name": f"{said.trans:02X}", "data": said.raw.hex(" ").upper(), "unreadable": said.why}
    name, means = _NAMES[type(said)]
    values = {key: _plain(value) for key, value in msgspec.structs.asdict(said).items()}
    if isinstance(said, r.Alarm):
        values["alarm"] = said.word.replace("_", " ")
    if isinstance(said, r.Prices) and len(said.prices) == 1:  # its length does not tell the editions apart
        values["s4"] = _words(r.Temperature.read(said.data()))
    return {"name": name, "means": means} | values


def _plain(value: object) -> object:
    if isinstance(value, IntEnum):
        return value.name.lower().replace("_", " ")
    return value.hex(" ").upper() if isinstance(value, bytes) else value
