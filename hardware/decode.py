"""Recorded bytes in plain words: hexadecimal frames in, one a line; one JSON object or one row a line out.

Behind ``jiayou-edge decode``, ``monitor`` and ``replay``. Whatever the input is, each line gets an answer.
"""

import json
import re
from collections.abc import Iterable, Iterator
from typing import IO, Any

from hardware.gauges.protocol import GaugeProtocol
from hardware.gauges.registry import GAUGES
from hardware.protocol import DispenserProtocol
from hardware.registry import dispenser

_LONGEST = 4_096
"""Characters of a line that can still be one frame."""
_SEPARATORS = re.compile(r"[\s,:;-]+|0[xX]")
_NOTHING: dict[str, Any] = {"address": None, "direction": None, "kind": None, "tx": None, "transactions": []}


def decode_line(protocol: str, line: str) -> dict[str, Any]:
    """One frame in hexadecimal, in any of the usual spellings. Never raises for what stands in the line."""
    text = _SEPARATORS.sub("", line.strip())
    if not text:
        return _NOTHING | {"error": "This line is empty."}
    if len(line) > _LONGEST:
        return _NOTHING | {"error": "This line is longer than any frame."}
    try:
        raw = bytes.fromhex(text)
    except ValueError:
        return _NOTHING | {"error": "This line is not hexadecimal: write two of 0-9 and A-F for each byte."}
    return _card(protocol).explain(raw)


def frames(protocol: str, data: bytes) -> list[tuple[bytes, dict[str, Any]]]:
    """Bytes of one direction, cut into frames, each with what it says."""
    card = _card(protocol)
    return [(frame, card.explain(frame)) for frame in card.cut(data)]


def decode_stream(protocol: str, lines: Iterable[str]) -> Iterator[dict[str, Any]]:
    """Bytes that are not cut into lines by frames: what stands in all lines together, cut and then explained."""
    data = b"".join(_bytes(line) for line in lines)
    return (found | {"data": raw.hex(" ").upper()} for raw, found in frames(protocol, data))


def row(found: dict[str, Any], by_pump: bool | None = None) -> str:
    """What a frame says, on one row. ``by_pump`` tells who sent it, where the frame alone does not."""
    side = {True: "pump", False: "controller"}.get(by_pump) if by_pump is not None else found.get("direction")
    parts = [str(found.get("kind") or "?")]
    parts += [_said(transaction, side) for transaction in found.get("transactions") or ()]
    if found.get("error"):
        parts.append(f"✗ {found['error']}")
    return "  ·  ".join(parts)


def decode_lines(protocol: str, lines: Iterable[str]) -> Iterator[dict[str, Any]]:
    """:func:`decode_line` for each line."""
    return (decode_line(protocol, line) for line in lines)


def main_decode(protocol: str, infile: IO[Any], outfile: IO[str]) -> int:
    """Decode a stream, text or binary, to its end. The exit code is 0: a wrong frame is an answer, not a failure."""
    for found in decode_lines(protocol, _lines(getattr(infile, "buffer", infile))):
        outfile.write(json.dumps(found, ensure_ascii=False) + "\n")
        outfile.flush()
    return 0


def _card(protocol: str) -> DispenserProtocol | GaugeProtocol:
    return GAUGES[protocol] if protocol in GAUGES else dispenser(protocol)


def _bytes(line: str) -> bytes:
    """The bytes of a line; nothing for one that is not hexadecimal."""
    try:
        return bytes.fromhex(_SEPARATORS.sub("", line.strip()))
    except ValueError:
        return b""


def _said(transaction: dict[str, Any], side: str | None) -> str:
    """One transaction; where the bytes leave the direction open, as that side would mean it."""
    if side in transaction and isinstance(transaction[side], dict):
        transaction = transaction[side]
    name = " ".join(str(transaction[key]) for key in ("name", "means") if transaction.get(key))
    values = [f"{key} {_plain(value)}" for key, value in transaction.items() if key not in ("name", "means")]
    return ": ".join(part for part in (name, ", ".join(values)) if part)


def _plain(value: object) -> str:
    if isinstance(value, list | tuple):
        return "+".join(map(str, value))
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else str(value)


def _lines(infile: IO[Any]) -> Iterator[str]:
    """The lines; one that never ends is cut and not kept."""
    while True:
        line = _text(infile.readline(_LONGEST + 1))
        if not line:
            return
        rest = line
        while rest and not rest.endswith("\n"):
            rest = _text(infile.readline(_LONGEST))
        yield line


def _text(data: str | bytes) -> str:
    return data if isinstance(data, str) else data.decode("ascii", "replace")
