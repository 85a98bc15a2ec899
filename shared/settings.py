"""Configuration files: TOML in, a frozen Struct out, and a sentence that helps when something is wrong."""

import tomllib
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, TypeVar, get_args

import msgspec
from msgspec import Meta, Struct

from shared.errors import SettingsMisread

T = TypeVar("T", bound=Struct)


class Watch(Struct, frozen=True, forbid_unknown_fields=True):
    """``[watch]``: where ``/metrics`` and ``/health`` are served."""

    port: Annotated[int, Meta(ge=1, le=65_535)]
    host: str = "127.0.0.1"
    token_file: str = ""
    """A file with a word that whoever looks must show; needed where other machines can look."""

    @property
    def token(self) -> str:
        """Out of its file; empty when none is named. :exc:`SettingsMisread` when it can't be read, or is too short."""
        if not self.token_file:
            return ""
        try:
            word = Path(self.token_file).read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError) as why:
            raise SettingsMisread(f"watch.token_file can't be read: {why}. Check the path and its rights.") from why
        if len(word) < SHORTEST_TOKEN:
            raise SettingsMisread(f"The token in watch.token_file is too short: at least {SHORTEST_TOKEN} signs.")
        return word


SHORTEST_TOKEN = 24


def must_be_closed(watch: Watch | None) -> None:
    """:exc:`SettingsMisread` when strangers on the network could look."""
    if watch is not None and watch.host not in ("127.0.0.1", "::1", "localhost") and not watch.token_file:
        raise SettingsMisread(
            f"Anybody could look at {watch.host}:{watch.port}. Give watch.token_file, or use 127.0.0.1."
        )


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
