"""Recorded bytes in plain words: hexadecimal frames in, one a line; one JSON object a line out.

Behind ``jiayou-edge decode``. Whatever the input is, each line gets an answer.
"""

import json
import re
from collections.abc import Iterable, Iterator
from typing import IO, Any

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
    return dispenser(protocol).explain(raw)


def decode_lines(protocol: str, lines: Iterable[str]) -> Iterator[dict[str, Any]]:
    """:func:`decode_line` for each line."""
    return (decode_line(protocol, line) for line in lines)


def main_decode(protocol: str, infile: IO[Any], outfile: IO[str]) -> int:
    """Decode a stream, text or binary, to its end. The exit code is 0: a wrong frame is an answer, not a failure."""
    for found in decode_lines(protocol, _lines(getattr(infile, "buffer", infile))):
        outfile.write(json.dumps(found, ensure_ascii=False) + "\n")
        outfile.flush()
    return 0


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
