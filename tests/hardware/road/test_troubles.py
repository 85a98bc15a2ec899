"""What befalls letters on a bad road; what is no letter is let pass."""

import pytest

from hardware.road.packets import Packet
from hardware.road.troubles import Way
from hardware.simulation.faults import Faults

LETTERS = [Packet(b"letter %d" % number, "jiayou/1/3/a/up/letters") for number in range(1, 9)]
PING = Packet(b"\xc0\x00")


def carried(odds: dict[str, float], *packets: Packet, seed: int = 1) -> list[list[bytes]]:
    way = Way(Faults(odds, seed), lambda *_: None)
    return [way.carry(packet) for packet in packets]


def test_without_troubles_everything_arrives_as_it_was_sent() -> None:
    assert carried({}, PING, *LETTERS) == [[packet.data] for packet in (PING, *LETTERS)]


@pytest.mark.parametrize(("trouble", "arrives"), [("dropped-letter", 0), ("repeated-letter", 2), ("half-open", 0)])
def test_a_letter_is_lost_or_doubled_and_a_ping_is_not(trouble: str, arrives: int) -> None:
    assert carried({trouble: 1}, PING, LETTERS[0]) == [[PING.data], [LETTERS[0].data] * arrives]


def test_after_a_connection_went_half_open_not_even_a_ping_goes_that_way() -> None:
    assert carried({"half-open": 1}, LETTERS[0], PING) == [[], []]


def test_a_connection_breaks_in_the_middle_of_a_letter() -> None:
    way = Way(Faults({"broken-connection": 1}), lambda *_: None)
    assert way.carry(LETTERS[0]) == [b"lett"]
    assert way.broken
    assert way.carry(PING) == way.carry(LETTERS[1]) == [], "nothing follows half a letter"


def test_a_late_letter_is_overtaken_by_one_to_four_others_and_arrives_once() -> None:
    lags = set()
    for seed in range(60):
        way = Way(Faults({"late-letter": 1}, seed), lambda *_: None)
        assert way.carry(LETTERS[0]) == []
        way._faults.set("late-letter", 0)
        out = [data for letter in LETTERS[1:] for data in way.carry(letter)]
        assert sorted(out) == sorted(letter.data for letter in LETTERS)
        lags.add(out.index(LETTERS[0].data))
    assert lags == {1, 2, 3, 4}


def test_each_trouble_is_told_with_the_letter_it_befell() -> None:
    told: list[tuple[str, Packet]] = []
    way = Way(Faults({"dropped-letter": 1}), lambda *what: told.append(what))
    way.carry(LETTERS[3])
    assert told == [("dropped-letter", LETTERS[3])]


def test_the_same_seed_has_the_same_day() -> None:
    odds = {"dropped-letter": 0.3, "repeated-letter": 0.3, "late-letter": 0.3}
    assert carried(odds, *LETTERS, seed=7) == carried(odds, *LETTERS, seed=7)
    assert carried(odds, *LETTERS, seed=7) != carried(odds, *LETTERS, seed=8)
