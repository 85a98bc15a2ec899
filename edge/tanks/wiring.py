"""From a gauge of the configuration to its session and its port."""

from edge.settings import GaugeSettings, Settings
from hardware.gauges.ports import GaugeSession, GaugeSetup, Units
from hardware.gauges.registry import gauge as protocol_of
from hardware.line import Line
from hardware.ports import LineSettings
from shared.errors import Refused, SettingsMisread

_MICROS = 1_000_000


def port_of(gauge: GaugeSettings) -> LineSettings:
    """How its port is set: as the protocol wants it, where the configuration does not say otherwise."""
    wanted = protocol_of(gauge.protocol).line
    return LineSettings(
        gauge.baud_rate or wanted.baud_rate,
        gauge.data_bits or wanted.data_bits,
        gauge.parity or wanted.parity,
        gauge.stop_bits or wanted.stop_bits,
    )


def opened(gauge: GaugeSettings) -> Line:
    """Its line, open; :exc:`LineUnavailable` says why not."""
    return Line(gauge.url, port_of(gauge)).open()


def session_of(gauge: GaugeSettings) -> GaugeSession:
    """A session for it; :exc:`Refused` when something makes no sense."""
    units = Units(gauge.volume_unit, gauge.length_unit, gauge.temperature_unit)
    setup = GaugeSetup(units, gauge.every * _MICROS, gauge.security_code)
    return protocol_of(gauge.protocol).make_session(setup)


def check(settings: Settings) -> None:
    """That every gauge can be read; :exc:`SettingsMisread` says which can't, and how to mend it."""
    for gauge in settings.gauges:
        try:
            session_of(gauge)
        except Refused as why:
            raise SettingsMisread(f"Gauge “{gauge.name}”: {why}") from why
