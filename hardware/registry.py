"""Which protocols of dispensers there are: a line each."""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Final

from hardware.dispensers.censtar.protocol import PROTOCOL as CENSTAR
from hardware.dispensers.gilbarco.protocol import PROTOCOL as GILBARCO
from hardware.dispensers.lanfeng.protocol import PROTOCOL as LANFENG
from hardware.dispensers.tatsuno_pde.protocol import PROTOCOL as TATSUNO_PDE
from hardware.dispensers.wayne_dart.protocol import PROTOCOL as WAYNE_DART
from hardware.protocol import DispenserProtocol
from shared.errors import Refused

DISPENSERS: Final[Mapping[str, DispenserProtocol]] = {
    protocol.name: protocol for protocol in (CENSTAR, GILBARCO, LANFENG, TATSUNO_PDE, WAYNE_DART)
}


def dispenser(name: str) -> DispenserProtocol:
    """The protocol of this name. :exc:`Refused` names the nearest one."""
    if name in DISPENSERS:
        return DISPENSERS[name]
    near = get_close_matches(name, DISPENSERS, n=1)
    hint = f"Did you mean “{near[0]}”?" if near else f"Known are: {', '.join(sorted(DISPENSERS))}."
    raise Refused("unknown_protocol", f"There is no protocol “{name}”. {hint}")
