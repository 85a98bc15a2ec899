"""Gilbarco's words and blocks in plain words, for an engineer who looks at recorded bytes. Pure.

The numbers of the pump stay as they are on the wire: only the station's configuration knows their decimals.
"""

from typing import Any, Final

import msgspec

from hardware.dispensers.gilbarco import blocks, readings, special
from hardware.dispensers.gilbarco.words import ALL_STOP, Code, Mark, Status, address, is_data, number
from hardware.errors import FrameMisread

_PUMP, _CONSOLE = "pump", "controller"
_NAMES: Final[dict[type, str]] = {
    blocks.Price: "price",
    blocks.LevelSwitch: "price level",
    blocks.Limit: "preset",
    blocks.Special: "special function",
}
_BOTH_WAYS: Final = (0x0, 0x6)
"""Codes that are a question and a status alike."""


def cut(data: bytes) -> list[bytes]:
    """The bytes of one direction: single words, blocks, answers of special functions, and runs of digits."""
    pieces = []
    while data:
        size = _size(data)
        pieces.append(data[:size])
        data = data[size:]
    return pieces


def _size(data: bytes) -> int:
    if data[0] == Mark.STX:
        return _until(data, data.find(Mark.ETX, 2))
    if data[0] == special.START and len(data) > 1 and special.is_digit(data[1]):
        size = _until(data, data.find(special.END, 1))
        return size + (data[size : size + 1] == bytes((special.TRAILER,)))
    if is_data(data[0]):
        return next((at for at, byte in enumerate(data) if not is_data(byte)), len(data))
    return 1


def _until(data: bytes, end: int) -> int:
    return len(data) if end < 0 else end + 1


def explain(raw: bytes) -> dict[str, Any]:
    """One word or block as ``address``, ``direction``, ``kind``, ``transactions`` and ``error`` (None, or a sentence).

    Where the bytes alone don't tell the direction it is None.
    """
    found: dict[str, Any] = {"address": None, "direction": None, "kind": None, "transactions": [], "error": None}
    if not raw:
        return found | {"error": "There is nothing."}
    if _size(raw) != len(raw):
        return found | {"error": "There are bytes after the end of this word or block; write one a line."}
    try:
        return found | _read(raw)
    except FrameMisread as misread:
        return found | {"error": str(misread)}


def _read(raw: bytes) -> dict[str, Any]:
    if raw[0] == Mark.STX:
        return _block(raw)
    if len(raw) > 1 and raw[0] == special.START:
        return _special(special.decode(raw))
    if is_data(raw[0]):
        return _told(_PUMP, "running money", {"money": number(raw), "checked": False})
    return _word(raw[0])


def _block(raw: bytes) -> dict[str, Any]:
    if raw[1:2] == bytes((Mark.GRADE,)):
        return _told(_PUMP, "totals", *(msgspec.structs.asdict(grade) for grade in readings.decode_totals(raw)))
    if raw[2:3] == bytes((Mark.PUMP,)) and not is_data(raw[1]):
        sale = readings.decode_transaction(raw)
        alarm = {"alarm": sale.alarm.replace("_", " ")} if sale.hose else {}
        return _told(_PUMP, "last sale", msgspec.structs.asdict(sale) | alarm) | {"address": sale.pump}
    block = blocks.decode(raw)
    values = msgspec.to_builtins(block)
    if isinstance(block, blocks.Special):
        values = {"function": f"{block.function:03X}"}
    return _told(_CONSOLE, _NAMES[type(block)], values)


def _special(reply: special.Reply) -> dict[str, Any]:
    values = {"function": f"{reply.function:03X}", "message": reply.message, "remain": reply.remain}
    return _told(_PUMP, "special function", values) | {"address": reply.pump}


def _word(byte: int) -> dict[str, Any]:
    if byte == ALL_STOP:
        return _told(_CONSOLE, "all stop")
    code, pump = byte >> 4, {"address": address(byte & 0x0F)}
    if code in _BOTH_WAYS:
        kind = f"{_plain(Code(code).name)} asked, or {_plain(Status(code).name)}"
        return {"kind": kind, "transactions": [{"name": kind}]} | pump
    if code in list(Code):
        return _told(_CONSOLE, _plain(Code(code).name)) | pump
    if code in list(Status):
        return _told(_PUMP, _plain(Status(code).name)) | pump
    raise FrameMisread(f"{byte:02X} is no word by itself.")


def _told(direction: str, kind: str, *values: dict[str, Any]) -> dict[str, Any]:
    return {"direction": direction, "kind": kind, "transactions": [{"name": kind} | each for each in values or ({},)]}


def _plain(name: str) -> str:
    return name.lower().replace("_", " ")
