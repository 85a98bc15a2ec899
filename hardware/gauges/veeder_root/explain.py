"""A message of a console in plain words, for an engineer who looks at recorded bytes. Pure.

The console's figures are read as litres, millimetres and degrees Celsius: only the configuration knows better.
"""

import re
from typing import Any, Final

import msgspec

from hardware.errors import FrameMisread
from hardware.gauges.ports import Units
from hardware.gauges.veeder_root import bodies
from hardware.gauges.veeder_root.figures import Figures
from hardware.gauges.veeder_root.frames import ETX, SOH, Rejected, Reply, read

_CUT: Final = re.compile(rb"\x01[^\x01\x03]*\x03?|[^\x01]+")
_QUESTION: Final = re.compile(rb"\x01(?:.{6})?([iI][0-9A-F]{3})(\d\d)\r?\Z")
_MEANS: Final = {"i201": "inventory", "i202": "deliveries", "i20C": "last delivery", "i205": "alarms"}


def cut(data: bytes) -> list[bytes]:
    """Bytes of one direction, cut into messages; nothing is left out."""
    return _CUT.findall(data)


def explain(raw: bytes) -> dict[str, Any]:
    """One message as ``address`` (the tank, 0 for all), ``direction``, ``kind``, ``transactions`` and ``error``."""
    asked = _QUESTION.match(raw)
    if asked:
        return _found(int(asked[2]), "controller", asked[1].decode(), [])
    try:
        reply = read(raw)
        if isinstance(reply, Rejected):
            return _found(None, "console", "rejected", [])
        return _found(reply.tank, "console", reply.function, _said(reply))
    except FrameMisread as why:
        kind = "reply" if raw.startswith(SOH) and raw.endswith(ETX) else None
        return _found(None, None, kind, []) | {"error": str(why)}


def _said(reply: Reply) -> list[dict[str, Any]]:
    figures = Figures(Units())
    match reply.function:
        case "i201":
            rows: Any = bodies.inventory(reply.body, figures).tanks
        case "i202" | "i20C":
            rows = bodies.deliveries(reply.body, figures).deliveries
        case "i205":
            rows = bodies.alarms(reply.body).alarms
        case _:
            return [{"name": reply.function, "body": reply.body}]
    return [{"name": reply.function, "means": _MEANS[reply.function]} | msgspec.to_builtins(row) for row in rows]


def _found(tank: int | None, direction: str | None, kind: str | None, said: list[dict[str, Any]]) -> dict[str, Any]:
    return {"address": tank, "direction": direction, "kind": kind, "tx": None, "transactions": said, "error": None}
