"""A Lanfeng frame in plain words, for an engineer who looks at recorded bytes. Pure.

The numbers of the pump stay as they are on the wire: only the station's configuration knows their decimals.
"""

from typing import Any, Final

import msgspec

from hardware.bcd import read_bcd
from hardware.dispensers.lanfeng.frames import Code, Frame, decode
from hardware.dispensers.lanfeng.readings import read_standing, read_total
from hardware.errors import FrameMisread

_MEANS: Final = {
    Code.TAKE_CONTROL: "take control",
    Code.FUEL: "fuel",
    Code.FIXED_AMOUNT: "fixed amount",
    Code.FIXED_VOLUME: "fixed volume",
    Code.PRICE: "price",
    Code.PRE_VALVE: "pre-valve",
    Code.CLEAR_SHIFT: "clear shift",
    Code.READ_SHIFT: "read shift",
    Code.TOTAL_AMOUNT: "total amount",
    Code.TOTAL_VOLUME: "total volume",
    Code.RELEASE_CONTROL: "release control",
    Code.STOP: "stop",
    Code.QUERY: "query",
}
_NUMBERS: Final = {Code.FIXED_AMOUNT: ("amount", 3), Code.FIXED_VOLUME: ("volume", 3), Code.PRICE: ("price", 2)}


def explain(raw: bytes) -> dict[str, Any]:
    """One frame as ``address``, ``direction``, ``kind``, ``tx``, ``transactions`` and ``error`` (None, or a sentence).

    Questions and the answers to most of them look alike: there the direction is None.
    """
    found: dict[str, Any] = {"address": None, "direction": None, "kind": None, "tx": None, "transactions": []}
    try:
        frame = decode(raw)
        return found | {"address": frame.gun, "error": None} | _content(frame, raw)
    except FrameMisread as misread:
        return found | {"error": str(misread)}


def _content(frame: Frame, raw: bytes) -> dict[str, Any]:
    code = frame.code
    if code is None:
        said = {"name": "B8", "means": "standing"} | msgspec.structs.asdict(read_standing(raw))
        return {"direction": "pump", "kind": "standing", "transactions": [said]}
    words: dict[str, Any] = {"name": f"{code:02X}", "means": _MEANS[code]}
    if code in _NUMBERS:
        name, size = _NUMBERS[code]
        words[name] = read_bcd(frame.body[2 : 2 + size])
    if code in (Code.TOTAL_AMOUNT, Code.TOTAL_VOLUME) and (total := read_total(raw)):
        return {"direction": "pump", "kind": words["means"], "transactions": [words | {"total": total}]}
    side = "controller" if code is Code.QUERY or any(frame.body[2:]) else None
    return {"direction": side, "kind": words["means"], "transactions": [words]}
