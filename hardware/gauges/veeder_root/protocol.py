"""Veeder-Root's TLS on its card. TLS-350 serial interface notes, section 1."""

from typing import Final

from hardware.gauges.ports import GaugeSession, GaugeSetup
from hardware.gauges.protocol import GaugeProtocol
from hardware.gauges.veeder_root.explain import cut, explain
from hardware.gauges.veeder_root.session import VeederRootSession
from hardware.ports import LineSettings
from shared.errors import Refused

_CODE: Final = 6


def _session(setup: GaugeSetup) -> GaugeSession:
    code = setup.security_code
    if code and not (len(code) == _CODE and code.isascii() and code.isprintable()):
        raise Refused("security_code", "The security code of a Veeder-Root console has six letters or digits.")
    return VeederRootSession(setup)


PROTOCOL: Final = GaugeProtocol(
    name="veeder-root",
    title_zh="维德路特 TLS",
    title_en="Veeder-Root TLS",
    line=LineSettings(9600, 8, "N", 1),
    make_session=_session,
    explain=explain,
    cut=cut,
)
