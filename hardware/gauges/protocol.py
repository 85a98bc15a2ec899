"""The card of a tank gauge's protocol: all that the rest of the house needs to know of it. Pure."""

from collections.abc import Callable
from typing import Any

from msgspec import Struct

from hardware.gauges.ports import GaugeSession, GaugeSetup
from hardware.ports import LineSettings


class GaugeProtocol(Struct, frozen=True):
    """A protocol of tank gauges."""

    name: str
    title_zh: str
    title_en: str
    line: LineSettings
    make_session: Callable[[GaugeSetup], GaugeSession]
    """:exc:`shared.errors.Refused` says what of the set-up makes no sense."""
    explain: Callable[[bytes], dict[str, Any]]
    """A message in plain words: ``address``, ``direction``, ``kind``, ``transactions``, ``error`` at least."""
    cut: Callable[[bytes], list[bytes]]
    """The bytes of one direction, cut into messages; nothing is left out."""
