"""Which protocols of tank gauges there are: a line each."""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Final

from hardware.gauges.protocol import GaugeProtocol
from hardware.gauges.veeder_root.protocol import PROTOCOL as VEEDER_ROOT
from shared.errors import Refused

GAUGES: Final[Mapping[str, GaugeProtocol]] = {protocol.name: protocol for protocol in (VEEDER_ROOT,)}


def gauge(name: str) -> GaugeProtocol:
    """The protocol of this name. :exc:`Refused` names the nearest one."""
    if name in GAUGES:
        return GAUGES[name]
    near = get_close_matches(name, GAUGES, n=1)
    hint = f"Did you mean “{near[0]}”?" if near else f"Known are: {', '.join(sorted(GAUGES))}."
    raise Refused("unknown_protocol", f"There is no tank gauge “{name}”. {hint}")
