"""The broker's configuration: the company alone has rights in it, and everybody else is asked about."""

import re
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from cloud import broker
from cloud.broker import COMPANY, BrokerPlace, BrokerUser, Cluster
from cloud.gate.keys import GateKeys
from shared.errors import Unavailable
from shared.station import is_station_id

ME = BrokerUser(COMPANY, "$2a$04$company")
GATE = GateKeys(bytes(32)).names
NODES = ("10.0.0.1:6222", "10.0.0.2:6222", "10.0.0.3:6222")


def test_the_company_writes_down_and_reads_up_and_nobody_else_has_a_right_before_being_asked_about() -> None:
    text = broker.render(BrokerPlace("/var/lib/jiayou/broker"), ME, GATE)
    assert re.findall(r"publish: \{ allow: \[(.*?)\]", text) == ['"jiayou.1.*.*.down.*"']
    assert re.findall(r"subscribe: \{ allow: \[(.*?)\]", text) == ['"jiayou.1.*.*.up.*"']
    assert f'auth_users: [ {GATE.asked}, {GATE.system}, "{COMPANY}" ]' in text, "all others are asked about"
    assert "no_auth_user" not in text


def test_the_configuration_holds_no_secret_of_the_gate() -> None:
    keys = GateKeys(bytes(32))
    text = broker.render(BrokerPlace("/b"), ME, keys.names)
    assert keys.asked_seed not in text
    assert keys.system_seed not in text
    assert "secret" not in broker.render(BrokerPlace("/b"), BrokerUser(COMPANY, broker.hashed("secret")), GATE)


def test_a_node_of_a_cluster_keeps_each_copy_three_times_and_knows_its_peers_by_a_secret() -> None:
    node = Cluster("node-2", 6222, NODES, certificate="/c.pem", key="/k.pem", ca="/ca.pem")
    text = broker.render(BrokerPlace("/b", cluster=node), ME, GATE)
    assert "stream_replicas: 3" in text
    assert 'server_name: "node-2"' in text
    for place in NODES:
        assert f'"nats://node:{GATE.route}@{place}"' in text
    assert 'ca_file: "/ca.pem"' in text[text.index("cluster {") : text.index("mqtt {")]
    assert "cluster {" not in broker.render(BrokerPlace("/b"), ME, GATE)


def test_the_gate_is_spoken_to_over_tls_when_it_is_open_to_other_machines() -> None:
    def before_the_listener(host: str) -> str:
        text = broker.render(BrokerPlace("/b", certificate="/c", key="/k", ca="/a", gate_host=host), ME, GATE)
        return text[: text.index("mqtt {")]

    assert "tls {" in before_the_listener("10.0.0.1")
    assert "verify: true" in before_the_listener("10.0.0.1")
    assert "tls {" not in before_the_listener("127.0.0.1")


def test_the_gates_of_all_brokers_that_run_here_are_found(tmp_path: Path) -> None:
    for node, pid, port in (("node-1", 11, 4001), ("node-2", 12, 4002)):
        (tmp_path / node).mkdir()
        (tmp_path / node / "nats-server.pid").write_text(str(pid))
        (tmp_path / node / f"nats-server_{pid}.ports").write_text(f'{{"nats":["nats://127.0.0.1:{port}"]}}')
    (tmp_path / "node-2" / "nats-server.pid").write_text("99")
    assert broker.gates_here(str(tmp_path)) == ["127.0.0.1:4001"], "one that left its file behind is not running"
    assert broker.gates_here(str(tmp_path / "nowhere")) == []


def test_no_station_can_be_named_like_the_company() -> None:
    assert not is_station_id(COMPANY)


def test_nats_server_itself_finds_nothing_wrong(tmp_path: Path) -> None:
    for place in (
        BrokerPlace(str(tmp_path), "0.0.0.0", 18_883),
        BrokerPlace(str(tmp_path / 'a "quoted" 目录'), "::", 18_883),
        BrokerPlace(str(tmp_path / "node-1"), port=18_883, cluster=Cluster("node-1", 16_222, NODES)),
    ):
        broker.write(place, broker.render(place, ME, GATE))
        subprocess.run([*broker.command(place), "-t"], check=True, capture_output=True)


def test_tls_stands_in_the_configuration_when_there_is_a_certificate() -> None:
    text = broker.render(BrokerPlace("/b", certificate="/c.pem", key="/k.pem", ca="/ca.pem"), ME, GATE)
    tls = text[text.index("tls {") : text.index("authorization")]
    assert all(
        line in tls for line in ('cert_file: "/c.pem"', 'key_file: "/k.pem"', 'ca_file: "/ca.pem"', "verify: true")
    )
    assert "tls" not in broker.render(BrokerPlace("/b"), ME, GATE)


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
