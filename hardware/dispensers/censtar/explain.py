"""A Censtar frame in plain words, for an engineer who looks at recorded bytes. Pure.

The numbers of the pump stay as they are on the wire: only the station's configuration knows their decimals.
"""

from collections.abc import Callable
from typing import Any, Final

import msgspec
from msgspec import Struct

from hardware.bcd import read_bcd
from hardware.dispensers.censtar.frames import ANSWERS, QUESTIONS, Code, Frame, decode
from hardware.dispensers.censtar.readings import (
    State,
    read_price,
    read_running,
    read_sale,
    read_status,
    read_totals,
    read_verdict,
)
from hardware.errors import FrameMisread

_MEANS: Final = {
    Code.AMOUNT_LIMIT: "amount limit",
    Code.VOLUME_LIMIT: "volume limit",
    Code.PRICE: "price",
    Code.STOP: "stop",
    Code.AUTHORISE: "authorise",
    Code.MODE: "mode",
    Code.TOTALS: "totals",
    Code.STATUS: "status",
    Code.READ_PRICE: "read price",
    Code.HISTORY: "history",
    Code.READ_SALE: "read sale",
    Code.CONFIRM_SALE: "confirm sale",
    Code.RUNNING: "running sale",
}
_READINGS: Final[dict[Code, Callable[[bytes], Struct]]] = {
    Code.STATUS: read_status,
    Code.RUNNING: read_running,
    Code.TOTALS: read_totals,
    Code.READ_SALE: read_sale,
}
_LIMITS: Final = {Code.AMOUNT_LIMIT: "amount", Code.VOLUME_LIMIT: "volume"}


def explain(raw: bytes) -> dict[str, Any]:
    """One frame as ``address``, ``direction``, ``kind``, ``tx``, ``transactions`` and ``error`` (None, or a sentence).

    Some questions and the answers to them may look alike: there the direction is None.
    """
    found: dict[str, Any] = {"address": None, "direction": None, "kind": None, "tx": None, "transactions": []}
    try:
        frame = decode(raw)
        found |= {"address": frame.point, "kind": _MEANS[frame.code], "direction": _direction(raw, frame.code)}
        said = {"name": f"{frame.code:02X}", "means": _MEANS[frame.code]} | _words(frame, raw, found["direction"])
        return found | {"transactions": [said], "error": None}
    except FrameMisread as misread:
        return found | {"error": str(misread)}


def _direction(raw: bytes, code: Code) -> str | None:
    asked, answered = len(raw) == QUESTIONS[code], len(raw) in ANSWERS[code]
    if asked and answered and code is Code.PRICE:
        return "pump" if raw[4] in (0xBB, 0xCC) else "controller"
    if asked and answered:
        return None
    return "controller" if asked else "pump"


def _words(frame: Frame, raw: bytes, direction: str | None) -> dict[str, Any]:
    code, data = frame.code, frame.data
    if direction == "pump":
        return _answer(code, raw)
    if code in _LIMITS:
        return {_LIMITS[code]: read_bcd(data[:3]), "chain": data[-2:].hex()}
    if code is Code.PRICE:
        return {"price": read_bcd(data)}
    return {"data": data.hex(" ").upper()} if data else {}


def _answer(code: Code, raw: bytes) -> dict[str, Any]:
    if code in _READINGS:
        return {key: _plain(value) for key, value in msgspec.structs.asdict(_READINGS[code](raw)).items()}
    if code is Code.READ_PRICE:
        return {"price": read_price(raw)}
    if code in (*_LIMITS, Code.PRICE):
        return {"accepted": read_verdict(raw)}
    return {"data": raw[3:-1].hex(" ").upper()}


def _plain(value: object) -> object:
    if isinstance(value, State):
        return value.name.lower().replace("_", " ")
    return value.hex(" ").upper() if isinstance(value, bytes) else value
