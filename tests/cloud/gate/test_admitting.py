"""Who may come onto the line, and who may stay on it."""

import pytest
from msgspec.structs import replace

from cloud.gate import admitting
from cloud.gate.admitting import BooksKeeper, Turned, Verdict
from cloud.gate.permits import Knock, Pass
from cloud.identity import enrolling
from cloud.identity.authority import Authority
from cloud.stations import events, register
from cloud.store import stations
from shared import certificates
from shared.enrolment import read_ticket
from tests.cloud.identity.test_authority import DAY, NOW
from tests.cloud.scene import STATIONS, Scene

S1, S2 = STATIONS[:2]


def enrolled(scene: Scene, company: Authority, station: str = S1, now: int = NOW) -> str:
    """The certificate of a new machine of this station."""
    code = scene.write(enrolling.new_ticket, company, station, "owner", now).code
    request = certificates.request(certificates.new_key(), station)
    return str(scene.write(enrolling.enrol, company, read_ticket(code).secret, station, request, now)[0])


def by_certificate(pem: str, station: str = S1, client: str = "") -> Knock:
    return Knock("U", "N", station, "", client or f"{station}-77", pem, False)


def by_password(station: str, password: str, client: str = "", near: bool = True) -> Knock:
    return Knock("U", "N", station, password, client or f"{station}-77", "", near)


def verdict(scene: Scene, knock: Knock, now: int = NOW) -> Verdict:
    (one,) = scene.read(admitting.admit, [knock], now)
    assert isinstance(one, Pass | Turned)
    return one


def reason(scene: Scene, knock: Knock, now: int = NOW) -> str:
    turned = verdict(scene, knock, now)
    return turned.reason if isinstance(turned, Turned) else ""


def test_a_station_comes_in_by_its_certificate_until_the_certificate_ends(scene: Scene, company: Authority) -> None:
    pem = enrolled(scene, company)
    granted = verdict(scene, by_certificate(pem))
    facts = certificates.read(pem)
    assert granted == Pass(S1, f"c:{facts.fingerprint.hex()}", facts.not_after)
    assert verdict(scene, replace(by_certificate(pem), user="")) == granted, "the certificate says who it is"
    assert reason(scene, by_certificate(pem), facts.not_after) == "expired_certificate"


def test_a_certificate_opens_for_no_other_station(scene: Scene, company: Authority) -> None:
    assert reason(scene, by_certificate(enrolled(scene, company, S1), S2)) == "certificate_of_another"


def test_what_head_office_never_gave_lets_nobody_in(scene: Scene, company: Authority) -> None:
    copied = company.station(certificates.request(certificates.new_key(), S1), S1, NOW)
    assert reason(scene, by_certificate(copied)) == "unknown_certificate"
    assert reason(scene, by_certificate("no certificate at all")) == "certificate_needed"


def test_a_password_is_for_the_brokers_own_machine_alone(scene: Scene) -> None:
    word = scene.write(register.new_password, S1, "owner", NOW).password
    granted = verdict(scene, by_password(S1, word))
    assert isinstance(granted, Pass)
    assert (granted.station, granted.until) == (S1, NOW + DAY)
    assert reason(scene, by_password(S1, word, near=False)) == "certificate_needed"
    assert reason(scene, by_password(S2, word)) == "wrong_password"
    assert reason(scene, by_password(S1, "guessed")) == "wrong_password"
    assert reason(scene, by_password("nobody", word)) == "wrong_password"
    assert reason(scene, by_password("", "")) == "wrong_password"


@pytest.mark.parametrize("client", ["minhang-1-77", "77", "pudong-1", "pudong-10-77"])
def test_f50_nobody_takes_the_place_of_another_by_his_client_id(scene: Scene, client: str) -> None:
    """A broker drops whoever was connected under the same client id: each may use ids of its own name alone."""
    word = scene.write(register.new_password, S1, "owner", NOW).password
    assert reason(scene, by_password(S1, word, client)) == "foreign_client_id"


def test_who_is_on_the_line_stays_until_it_is_revoked(scene: Scene, company: Authority) -> None:
    first, second = enrolled(scene, company, S1), enrolled(scene, company, S2)
    word = scene.write(register.new_password, S2, "owner", NOW).password
    knocks = [by_certificate(first), by_certificate(second, S2), by_password(S2, word)]
    passes = [one for one in scene.read(admitting.admit, knocks, NOW) if isinstance(one, Pass)]
    one, two, by_word = [granted.name for granted in passes]
    all_names = {one, two, by_word}

    assert scene.read(admitting.ended, all_names, NOW) == set()
    before = scene.read(stations.shut_out)
    scene.write(enrolling.revoke, S2, "owner", NOW, "a stolen disk")
    assert scene.read(admitting.ended, all_names, NOW) == {two}
    assert scene.read(stations.shut_out) != before, "the patrol sees that something has changed"
    scene.write(register.new_password, S2, "owner", NOW)
    assert scene.read(admitting.ended, all_names, NOW) == {two, by_word}
    scene.write(register.revoke, S1, "owner", NOW)
    assert scene.read(admitting.ended, all_names, NOW) == all_names
    assert scene.read(admitting.ended, {"", "x y z", "pudong-2 c:nohex"}, NOW) == {"", "x y z", "pudong-2 c:nohex"}


def test_a_new_certificate_leaves_the_old_connection_alone_and_a_new_machine_does_not(
    scene: Scene, company: Authority
) -> None:
    pem = enrolled(scene, company)
    granted = verdict(scene, by_certificate(pem))
    assert isinstance(granted, Pass)
    fingerprint = certificates.read(pem).fingerprint
    scene.write(enrolling.renew, company, fingerprint, S1, certificates.request(certificates.new_key(), S1), NOW)
    assert scene.read(admitting.ended, {granted.name}, NOW) == set()
    enrolled(scene, company)
    assert scene.read(admitting.ended, {granted.name}, NOW) == {granted.name}


def test_who_was_turned_away_is_told_to_head_office_once_an_hour_and_strangers_never(
    scene: Scene, company: Authority
) -> None:
    pem, keeper = enrolled(scene, company), BooksKeeper(scene.books)
    tries = [by_certificate(pem, S2), by_password(S1, "guessed"), by_password("nobody", "guessed")]
    for _ in range(5):
        assert all(isinstance(one, Turned) for one in keeper.admit(tries, NOW))
    told = {(event.station, event.kind) for event in scene.read(events.security)}
    assert told == {(S1, admitting.TURNED_AWAY)}
    assert len(scene.read(events.security)) == 2, "two reasons, once each"


def test_a_crowd_is_looked_up_in_two_questions(scene: Scene) -> None:
    word = scene.write(register.new_password, S1, "owner", NOW).password
    crowd = [by_password(S1, word), by_password(S1, "guessed")] * 500
    verdicts = scene.read(admitting.admit, crowd, NOW)
    assert [isinstance(one, Pass) for one in verdicts] == [True, False] * 500
