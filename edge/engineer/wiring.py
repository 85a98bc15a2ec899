"""From a line of the configuration to what the driver needs: the settings of the port, the session, the books' head."""

from edge.settings import LineSettings, Settings
from hardware.adapters import advice
from hardware.errors import LineUnavailable
from hardware.line import Line, transport
from hardware.ports import LineSettings as Port
from hardware.ports import PointOnLine, Session
from hardware.protocol import DispenserProtocol
from hardware.registry import dispenser
from hardware.watch.recording import Head
from shared.errors import Refused, SettingsMisread


def port_of(line: LineSettings) -> Port:
    """How the port is set: as the protocol wants it, where the configuration does not say otherwise."""
    wanted = dispenser(line.protocol).line
    return Port(
        line.baud_rate or wanted.baud_rate,
        line.data_bits or wanted.data_bits,
        line.parity or wanted.parity,
        line.stop_bits or wanted.stop_bits,
    )


def opened(line: LineSettings) -> Line:
    """The line, open; :exc:`LineUnavailable` says why not."""
    return Line(line.url, port_of(line), echo=line.echo, software_parity=line.software_parity).open()


def points_of(line: LineSettings) -> tuple[PointOnLine, ...]:
    """Its fuelling points, as the session needs them."""
    usual = dispenser(line.protocol).decimals
    return tuple(PointOnLine(p.number, p.address, len(p.nozzles), p.decimals or usual) for p in line.points)


def session_of(line: LineSettings) -> Session:
    """A session for it; :exc:`Refused` when an option makes no sense."""
    return dispenser(line.protocol).session(points_of(line), port_of(line), line.options)


def head_of(line: LineSettings) -> Head:
    """The head of what is recorded on it."""
    return Head(line.name, line.protocol, 0, port_of(line), points_of(line), dict(line.options))


def check(settings: Settings) -> None:
    """That every line can be driven; :exc:`SettingsMisread` says which can't, and how to mend it."""
    for line in settings.lines:
        try:
            _check(line, dispenser(line.protocol))
        except (Refused, LineUnavailable) as why:
            raise SettingsMisread(f"Line “{line.name}”: {why}") from why


def _check(line: LineSettings, protocol: DispenserProtocol) -> None:
    if len(line.points) > protocol.most_points:
        raise Refused(
            "too_many_points",
            f"{protocol.title_en} carries {protocol.most_points} fuelling points on a line, not {len(line.points)}. "
            "Give the others a line of their own.",
        )
    transport(line.url)
    port = port_of(line)
    if line.software_parity and (port.data_bits != 7 or port.parity == "N"):
        raise Refused(
            "software_parity", "software_parity is for seven data bits with parity E or O; leave it out here."
        )
    session_of(line)


def warnings(settings: Settings) -> list[str]:
    """What works and should yet be looked at, a sentence each."""
    found = [f"Line “{line.name}”: {said}" for line in settings.lines if (said := advice(line.url))]
    return found + [f"Line “{line.name}”: {untested(line)}" for line in settings.lines if untested(line)]


def untested(line: LineSettings) -> str:
    """Why somebody should try this protocol here before it sells, as a sentence; empty when there is no need."""
    protocol = dispenser(line.protocol)
    if not protocol.site_test or line.site_tested:
        return ""
    return (
        f"{protocol.title_en} is written from notes that nobody has confirmed. Try it with the dispensers of this site "
        "(fill, stop, power cut), then set site_tested = true."
    )
