"""The broker's configuration: a user for each station, and rights to its own words alone."""

import re
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from cloud import broker
from cloud.broker import COMPANY, BrokerPlace, BrokerUser
from shared.errors import Unavailable
from shared.station import is_station_id

ME = BrokerUser(COMPANY, "$2a$04$company")
PUDONG = BrokerUser("pudong-1", "$2a$04$pudong")
MINHANG = BrokerUser("minhang-2", "$2a$04$minhang")


def test_each_user_writes_and_reads_its_own_topics_alone() -> None:
    text = broker.render(BrokerPlace("/var/lib/jiayou/broker"), ME, [PUDONG, MINHANG])
    users = dict(re.findall(r'user: "([^"]+)".*?permissions: \{ (.*) \} \}', text))
    up = ", ".join(f'"jiayou.1.37.pudong-1.up.{kind}"' for kind in ("letters", "hello", "ask"))
    assert users["pudong-1"] == (
        f'publish: {{ allow: [{up}] }}, subscribe: {{ allow: ["jiayou.1.37.pudong-1.down.*"] }}'
    )
    assert users[COMPANY] == (
        'publish: { allow: ["jiayou.1.*.*.down.*"] }, subscribe: { allow: ["jiayou.1.*.*.up.*"] }'
    )
    assert not any(">" in rights for rights in users.values()), "nobody may do everything below anything"


def test_the_same_stations_in_another_order_give_the_same_text() -> None:
    place = BrokerPlace("/b")
    assert broker.render(place, ME, [PUDONG, MINHANG]) == broker.render(place, ME, [MINHANG, PUDONG])


def test_no_station_can_be_named_like_the_company() -> None:
    assert not is_station_id(COMPANY)


def test_a_password_is_kept_as_a_hash_that_the_broker_knows() -> None:
    assert broker.hashed("secret").startswith("$2a$")
    assert broker.hashed("secret") != broker.hashed("secret")
    assert "secret" not in broker.render(BrokerPlace("/b"), BrokerUser(COMPANY, broker.hashed("secret")), [])


def test_nats_server_itself_finds_nothing_wrong(tmp_path: Path) -> None:
    for place in (
        BrokerPlace(str(tmp_path), "0.0.0.0", 18_883),
        BrokerPlace(str(tmp_path / 'a "quoted" 目录'), "::", 18_883),
    ):
        broker.write(place, broker.render(place, ME, [PUDONG, MINHANG]))
        subprocess.run([*broker.command(place), "-t"], check=True, capture_output=True)


def test_tls_stands_in_the_configuration_when_there_is_a_certificate() -> None:
    text = broker.render(BrokerPlace("/b", certificate="/c.pem", key="/k.pem", ca="/ca.pem"), ME, [])
    tls = text[text.index("tls {") : text.index("authorization")]
    assert all(
        line in tls for line in ('cert_file: "/c.pem"', 'key_file: "/k.pem"', 'ca_file: "/ca.pem"', "verify: true")
    )
    assert "tls" not in broker.render(BrokerPlace("/b"), ME, [])


def test_the_configuration_is_for_its_owner_alone(tmp_path: Path) -> None:
    place = BrokerPlace(str(tmp_path / "new" / "broker"))
    broker.write(place, "first")
    broker.write(place, "second")
    assert place.config.read_text() == "second"
    assert stat.S_IMODE(place.config.stat().st_mode) == 0o600


def test_reloading_without_a_broker_says_so(tmp_path: Path) -> None:
    place = BrokerPlace(str(tmp_path))
    assert not broker.reload(place)
    for words in ("", "no number", "99999999", "-1"):
        place.pid_file.write_text(words)
        assert not broker.reload(place)


def test_reloading_never_signals_a_stranger_who_got_the_number(tmp_path: Path) -> None:
    """A process id that was left behind by a broker may belong to anybody now; SIGHUP would end it."""
    place = BrokerPlace(str(tmp_path))
    stranger = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    place.pid_file.write_text(str(stranger.pid))
    assert not broker.reload(place)
    assert stranger.poll() is None
    stranger.send_signal(signal.SIGKILL)
    stranger.wait()
    if stranger.stdin:
        stranger.stdin.close()


def test_a_missing_nats_server_is_said_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(broker, "files", lambda _: [])
    with pytest.raises(Unavailable, match="pip install"):
        broker.command(BrokerPlace("/b"))
