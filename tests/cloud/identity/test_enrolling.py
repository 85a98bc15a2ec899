"""How a machine becomes a station, stays one, and ceases to be one."""

import pytest

from cloud.identity import enrolling
from cloud.identity.authority import Authority
from cloud.identity.judging import judge
from cloud.stations import register
from cloud.store import identity, stations
from shared import certificates
from shared.enrolment import Ticket, read_ticket
from shared.errors import Refused
from tests.cloud.identity.test_authority import DAY, NOW
from tests.cloud.scene import STATIONS, Scene

MINUTE = 60_000
S1, S2 = STATIONS[:2]


class Machine:
    """A forecourt PC with a key of its own."""

    def __init__(self, scene: Scene, company: Authority) -> None:
        self.books = scene.books
        self.company = company
        self.key = certificates.new_key()

    def ticket(self, station: str = S1, now: int = NOW) -> Ticket:
        with self.books.begin() as connection:
            return read_ticket(enrolling.new_ticket(connection, self.company, station, "owner", now).code)

    def enrol(self, ticket: Ticket, station: str = S1, now: int = NOW) -> str:
        wanted = certificates.request(self.key, station)
        with self.books.begin() as connection:
            return enrolling.enrol(connection, self.company, ticket.secret, station, wanted, now)[0]

    def renew(self, pem: str, now: int) -> str:
        before = certificates.read(pem).fingerprint
        with self.books.begin() as connection:
            wanted = certificates.request(self.key, S1)
            return enrolling.renew(connection, self.company, before, S1, wanted, now)

    def comes_in(self, pem: str, now: int, station: str = S1) -> str:
        """The station, or the reason why not."""
        fingerprint = certificates.read(pem).fingerprint
        with self.books.read() as connection:
            given = identity.known(connection, [fingerprint]).get(fingerprint)
        try:
            return judge(given, station, now)
        except Refused as why:
            return why.reason


@pytest.fixture
def machine(scene: Scene, company: Authority) -> Machine:
    return Machine(scene, company)


@pytest.fixture
def other(scene: Scene, company: Authority) -> Machine:
    return Machine(scene, company)


def test_f117_each_machine_has_a_key_of_its_own_that_head_office_never_sees(machine: Machine, other: Machine) -> None:
    mine, theirs = machine.enrol(machine.ticket()), other.enrol(other.ticket(S2), S2)
    assert certificates.belongs(mine, machine.key)
    assert not certificates.belongs(theirs, machine.key)
    assert "PRIVATE" not in mine + theirs


def test_a_certificate_lets_its_station_in_for_ninety_days(machine: Machine) -> None:
    pem = machine.enrol(machine.ticket())
    assert machine.comes_in(pem, NOW) == S1
    assert machine.comes_in(pem, NOW + 90 * DAY - 1_000) == S1
    assert machine.comes_in(pem, NOW + 90 * DAY) == "expired_certificate"
    assert machine.comes_in(pem, NOW, S2) == "certificate_of_another"


def test_a_ticket_is_good_for_fifteen_minutes_and_one_machine(machine: Machine, other: Machine) -> None:
    late = machine.ticket()
    with pytest.raises(Refused) as refused:
        machine.enrol(late, now=NOW + 15 * MINUTE)
    assert refused.value.reason == "code_expired"
    ticket = machine.ticket()
    machine.enrol(ticket)
    with pytest.raises(Refused) as refused:
        other.enrol(ticket)
    assert refused.value.reason == "code_used"


def test_an_answer_that_was_lost_is_given_again_to_the_same_machine(machine: Machine) -> None:
    ticket = machine.ticket()
    first = machine.enrol(ticket)
    assert machine.enrol(ticket, now=NOW + MINUTE) == first
    assert machine.enrol(ticket, now=NOW + DAY) == first, "the power was off for a day"


def test_a_new_ticket_makes_the_one_before_it_void(machine: Machine) -> None:
    first, second = machine.ticket(), machine.ticket()
    with pytest.raises(Refused) as refused:
        machine.enrol(first)
    assert refused.value.reason == "bad_code"
    machine.enrol(second)


def test_a_ticket_is_for_one_station(machine: Machine) -> None:
    with pytest.raises(Refused) as refused:
        machine.enrol(machine.ticket(S2), S1)
    assert refused.value.reason == "code_of_another"
    with pytest.raises(Refused) as refused:
        machine.ticket("nowhere")
    assert refused.value.reason == "unknown_station"


def test_enrolling_anew_shuts_the_old_disk_out(machine: Machine, other: Machine) -> None:
    old = machine.enrol(machine.ticket())
    new = other.enrol(other.ticket())
    assert machine.comes_in(old, NOW) == "revoked_certificate"
    assert machine.comes_in(new, NOW) == S1


def test_renewing_leaves_the_old_certificate_good_until_its_end(machine: Machine) -> None:
    old = machine.enrol(machine.ticket())
    machine.key = certificates.new_key()
    new = machine.renew(old, NOW + 60 * DAY)
    assert machine.renew(old, NOW + 60 * DAY + MINUTE) == new, "the answer was lost"
    assert machine.comes_in(old, NOW + 61 * DAY) == S1
    assert machine.comes_in(new, NOW + 149 * DAY) == S1


def test_offline_past_the_end_needs_a_new_ticket(machine: Machine) -> None:
    old = machine.enrol(machine.ticket())
    with pytest.raises(Refused) as refused:
        machine.renew(old, NOW + 91 * DAY)
    assert refused.value.reason == "expired_certificate"
    late = NOW + 200 * DAY
    assert machine.comes_in(machine.enrol(machine.ticket(now=late), now=late), late) == S1


def test_a_stolen_disk_can_neither_come_in_nor_renew(machine: Machine) -> None:
    pem = machine.enrol(machine.ticket())
    with machine.books.begin() as connection:
        gone = enrolling.revoke(connection, S1, "owner", NOW, "stolen")
        assert enrolling.revoke(connection, S1, "owner", NOW, "stolen") == []
    assert gone == [certificates.read(pem).fingerprint]
    assert machine.comes_in(pem, NOW) == "revoked_certificate"
    with pytest.raises(Refused):
        machine.renew(pem, NOW)
    with machine.books.read() as connection:
        (view,) = enrolling.of_station(connection, S1)
    assert view.revoked_why == "stolen"


def test_a_station_that_was_shut_out_stays_out(machine: Machine, scene: Scene) -> None:
    pem = machine.enrol(machine.ticket())
    with scene.books.begin() as connection:
        register.revoke(connection, S1, "owner", NOW)
    assert machine.comes_in(pem, NOW) == "revoked_station"
    with pytest.raises(Refused):
        machine.ticket()


def test_a_certificate_that_head_office_never_gave_is_nobodys(machine: Machine, company: Authority) -> None:
    """Whoever stole the issuing key alone still is not in the books."""
    forged = company.station(certificates.request(machine.key, S1), S1, NOW)
    assert machine.comes_in(forged, NOW) == "unknown_certificate"


def test_the_secret_itself_is_not_in_the_books(machine: Machine) -> None:
    ticket = machine.ticket()
    with machine.books.begin() as connection:
        assert identity.ticket(connection, ticket.secret) is None


def test_the_books_tell_when_each_stations_certificate_ends(machine: Machine) -> None:
    pem = machine.enrol(machine.ticket())
    with machine.books.read() as connection:
        assert identity.ends(connection) == {S1: certificates.read(pem).not_after}


def test_what_was_tried_at_the_door_is_kept(machine: Machine) -> None:
    with machine.books.begin() as connection:
        enrolling.accuse(connection, S1, "bad_code", "from 192.0.2.1", NOW)
        (event,) = stations.security_events(connection, 5)
    assert (event.at, event.station, event.kind, event.detail) == (NOW, S1, "bad_code", "from 192.0.2.1")
