"""Configuration files: TOML in, a frozen Struct out, and a sentence that helps when something is wrong."""

import tomllib
from difflib import get_close_matches
from typing import Any, TypeVar, get_args

import msgspec
from msgspec import Struct

from shared.errors import SettingsMisread

T = TypeVar("T", bound=Struct)


def load(text: str, kind: type[T]) -> T:
    """The settings in a TOML text. :exc:`SettingsMisread` names the key, and for an unknown one the nearest known."""
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as why:
        raise SettingsMisread(f"The configuration is not valid TOML: {why}") from why
    _refuse_unknown(raw, kind, "")
    try:
        return msgspec.convert(raw, kind)
    except msgspec.ValidationError as why:
        raise SettingsMisread(f"The configuration has a wrong value: {why}") from why


def keys_of(kind: type[Struct]) -> dict[str, type[Struct] | None]:
    """The keys that a table of settings may have, with the type of the tables below them."""
    return {field.encode_name: _table_type(field.type) for field in msgspec.structs.fields(kind)}


def _refuse_unknown(raw: dict[str, Any], kind: type[Struct], where: str) -> None:
    known = keys_of(kind)
    for key, value in raw.items():
        if key not in known:
            raise SettingsMisread(_unknown(where + key, key, known))
        below = known[key]
        if below is None:
            continue
        for table in value if isinstance(value, list) else [value]:
            if isinstance(table, dict):
                _refuse_unknown(table, below, f"{where}{key}.")


def _unknown(path: str, key: str, known: dict[str, type[Struct] | None]) -> str:
    near = get_close_matches(key, known, n=1, cutoff=0.5)
    hint = f"Did you mean “{near[0]}”?" if near else f"Known here are: {', '.join(sorted(known))}."
    return f"The configuration has an unknown key “{path}”. {hint}"


def _table_type(kind: Any) -> type[Struct] | None:
    if isinstance(kind, type) and issubclass(kind, Struct):
        return kind
    return next((found for inner in get_args(kind) if (found := _table_type(inner))), None)
