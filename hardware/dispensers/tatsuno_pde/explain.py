"""A Tatsuno PDE frame in plain words, for an engineer who looks at recorded bytes. Pure.

The numbers of the counter stay as they are on the wire: only the station's configuration knows their decimals. Bytes
with parity in bit 7, as a port of eight bits records them, are read as well.
"""

from typing import Any, Final

import msgspec

from hardware.dispensers.tatsuno_pde.frames import Frame, Kind, decode, seven_bits
from hardware.dispensers.tatsuno_pde.messages import Control, Other, read, read_price, read_question, read_release, sold
from hardware.dispensers.tatsuno_pde.messages import History as _History
from hardware.errors import FrameMisread

_KINDS: Final = {
    Kind.POLL: ("controller", "poll"),
    Kind.NOTHING: ("pump", "nothing to say"),
    Kind.ACK: (None, "acknowledged"),
    Kind.NAK: (None, "say it again"),
}
_ASKED: Final = {
    "A": "authorise", "C": "control", "D": "read display", "H": "read history", "I": "response", "K": "keypad",
    "M": "read text", "N": "write text", "O": "text status", "P": "enable text", "S": "read status",
    "T": "price panel", "X": "read register", "Y": "set register", "Z": "set price",
}  # fmt: skip
_TOLD: Final = {
    "d": "display", "e": "error", "h": "history", "i": "challenge", "m": "text", "o": "text status", "s": "status",
    "x": "register",
}  # fmt: skip


def explain(raw: bytes) -> dict[str, Any]:
    """One frame as ``address``, ``direction``, ``kind``, ``tx``, ``transactions`` and ``error`` (None, or a sentence).

    Acknowledgements look alike both ways: there the direction is None.
    """
    found: dict[str, Any] = {"address": None, "direction": None, "kind": None, "tx": None, "transactions": []}
    try:
        frame = decode(seven_bits(raw))
        found |= {"address": frame.address, "error": None}
        return found | (_text(frame) if frame.kind is Kind.TEXT else _bare(frame.kind))
    except FrameMisread as misread:
        return found | {"error": str(misread)}


def _bare(kind: Kind) -> dict[str, Any]:
    direction, means = _KINDS[kind]
    return {"direction": direction, "kind": means}


def _text(frame: Frame) -> dict[str, Any]:
    code = frame.text[:1]
    means = _ASKED.get(code) or _TOLD.get(code)
    if means is None:
        return {"kind": "unknown", "error": f"“{frame.text}” is no message of this protocol."}
    said = _asked(frame.text) if code.isupper() else _told(frame.text)
    words = {"name": code, "means": means, "text": frame.text} | said
    return {"direction": "controller" if code.isupper() else "pump", "kind": means, "transactions": [words]}


def _asked(text: str) -> dict[str, Any]:
    match text[0]:
        case "A":
            return msgspec.structs.asdict(read_release(text))
        case "Z":
            product, price = read_price(text)
            return {"product": product, "price": price}
        case "X":
            nozzle, kind = read_question(text)
            return {"nozzle": nozzle, "type": kind}
        case "C" if text[1:].isdecimal() and int(text[1:]) in set(Control):
            return {"control": Control(int(text[1:])).name.lower()}
        case _:
            return {}


def _told(text: str) -> dict[str, Any]:
    said = read(text)
    if isinstance(said, Other):
        return {}
    if isinstance(said, _History):
        orders = {"big": sold(said, little_endian=False), "little": sold(said, little_endian=True)}
        return {"index": said.index} | {order: msgspec.structs.asdict(one) for order, one in orders.items()}
    return msgspec.structs.asdict(said)
