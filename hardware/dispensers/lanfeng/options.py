"""What a line of Lanfeng pumps can be told."""

from typing import Annotated

from msgspec import Meta, Struct


class Options(Struct, frozen=True, forbid_unknown_fields=True):
    """Of a line of Lanfeng pumps."""

    answer_ms: Annotated[int, Meta(ge=50, le=2_000)] = 250
    """How long a pump may think before it answers. No source says; a quick pump may have less."""
