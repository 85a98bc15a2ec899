"""What came of a command: for people as lines and tables, for programs as one line of JSON. Pure."""

import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

_GAP: Final = "  "


def as_json(result: Any) -> str:
    """One line of JSON."""
    return msgspec.json.encode(result).decode()


def as_text(result: Any) -> str:
    """Lines for a person: a table for a list, a line for each value of anything else."""
    plain = msgspec.to_builtins(result)
    if isinstance(plain, Mapping):
        return "\n".join(_lines(plain))
    if isinstance(plain, Sequence) and not isinstance(plain, str):
        return table([row for row in plain if isinstance(row, Mapping)]) if plain else "(none)"
    return "" if plain is None else str(plain)


def table(rows: Sequence[Mapping[str, Any]]) -> str:
    """Rows under the names of their columns; nested values are left out, they are for ``--json``."""
    names = [name for name, value in rows[0].items() if not isinstance(value, list | tuple | dict)]
    cells = [names, *[[_cell(row.get(name)) for name in names] for row in rows]]
    widths = [max(_width(line[i]) for line in cells) for i in range(len(names))]
    return "\n".join(_GAP.join(_padded(cell, widths[i]) for i, cell in enumerate(line)).rstrip() for line in cells)


def _lines(values: Mapping[str, Any]) -> list[str]:
    lines = []
    for name, value in values.items():
        if isinstance(value, list | tuple) and value and isinstance(value[0], Mapping):
            lines += [f"{name}:", table(value)]
        else:
            lines.append(f"{name}: {_cell(value)}")
    return lines


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return as_json(value) if isinstance(value, list | tuple | dict) else str(value)


def _width(text: str) -> int:
    """Columns on a terminal: a Chinese character takes two."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def _padded(text: str, width: int) -> str:
    return text + " " * (width - _width(text))
