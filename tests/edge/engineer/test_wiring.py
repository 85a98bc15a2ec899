"""From the configuration to the port: what may be set for a line, and what is refused with a sentence."""

import pytest

from edge.engineer import wiring
from edge.settings import LineSettings, PointSettings, Settings, StationSettings, StoreSettings
from hardware.ports import Decimals
from hardware.ports import LineSettings as Port
from hardware.registry import DISPENSERS
from shared.errors import SettingsMisread

POINT = PointSettings(1, 0x50, ("92#",))


def line(**more: object) -> LineSettings:
    values = {"name": "island", "protocol": "wayne-dart", "url": "/dev/ttyS0", "points": (POINT,)} | more
    return LineSettings(**values)  # type: ignore[arg-type]


def station(*lines: LineSettings) -> Settings:
    return Settings(StationSettings("s1", "x"), StoreSettings("s.db"), lines)


def test_a_port_is_set_as_the_protocol_wants_it_unless_the_site_says_otherwise() -> None:
    assert wiring.port_of(line()) == Port(9_600, 8, "O", 1)
    set_by_hand = line(baud_rate=5_787, data_bits=7, parity="E", stop_bits=2)
    assert wiring.port_of(set_by_hand) == Port(5_787, 7, "E", 2)
    assert wiring.port_of(line(parity="N")) == Port(9_600, 8, "N", 1)


def test_decimals_are_those_of_the_protocol_unless_the_site_says_otherwise() -> None:
    """The protocols differ: two decimals of litres here would make ten times as much of a Gilbarco sale."""
    for name, protocol in DISPENSERS.items():
        (point,) = wiring.points_of(line(protocol=name))
        assert point.decimals == protocol.decimals
    by_hand = PointSettings(1, 1, ("92#",), Decimals(volume=1))
    assert wiring.points_of(line(points=(by_hand,)))[0].decimals == Decimals(volume=1)


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (line(protocol="wayne-drat"), "Did you mean “wayne-dart”?"),
        (line(options={"colour": "red"}), "unknown field `colour`"),
        (line(software_parity=True), "seven data bits"),
        (line(url="gopher://host:70"), "is no line"),
        (line(url="socket://host"), "names no host and port"),
        (
            line(points=tuple(PointSettings(n, n, ("92#",)) for n in range(1, 34))),
            "carries 32 fuelling points on a line, not 33",
        ),
    ],
)
def test_what_makes_no_sense_is_refused_with_the_line_s_name(wrong: LineSettings, sentence: str) -> None:
    with pytest.raises(SettingsMisread) as why:
        wiring.check(station(wrong))
    assert "Line “island”" in str(why.value)
    assert sentence in str(why.value)


def test_software_parity_is_for_seven_bits() -> None:
    wiring.check(station(line(data_bits=7, parity="E", software_parity=True)))


def test_a_fleeting_name_and_an_untested_protocol_are_warned_of() -> None:
    (said,) = wiring.warnings(station(line(url="/dev/ttyUSB0")))
    assert "Line “island”: /dev/ttyUSB0 may be another adapter" in said
    assert wiring.warnings(station(line())) == []


@pytest.mark.parametrize("card", [card for card in DISPENSERS.values() if card.site_test], ids=lambda card: card.name)
def test_a_protocol_that_needs_a_site_test_says_so_until_it_was_done(card: object) -> None:
    name = card.name  # type: ignore[attr-defined]
    assert "site_tested = true" in wiring.untested(line(protocol=name))
    assert wiring.untested(line(protocol=name, site_tested=True)) == ""


def test_the_head_of_a_recording_says_all_that_a_replay_needs() -> None:
    head = wiring.head_of(line(baud_rate=4_800))
    assert (head.line, head.protocol, head.points[0].address) == ("island", "wayne-dart", 0x50)
    assert head.settings is not None
    assert head.settings.baud_rate == 4_800
