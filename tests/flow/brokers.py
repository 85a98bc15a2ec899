"""The brokers that a chain may run: one nats-server, a cluster of three, or Debian's Mosquitto."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from msgspec.structs import replace

from cloud import broker as company_broker
from cloud.broker import COMPANY
from cloud.console import trial
from cloud.founding import broker_password, tell_broker
from cloud.settings import Settings
from tests.company.servers import Server, let_in_to_mosquitto, mosquitto_command


class AnyBroker(Protocol):
    """What can be done to a broker from outside."""

    def start(self) -> None: ...
    def stop(self) -> None: ...
    def kill(self) -> None: ...


class BrokerKind:
    """One nats-server."""

    name = "nats-server"

    def settle(self, settings: Settings) -> Settings:
        """Head office's settings with this broker."""
        return settings

    def broker(self, settings: Settings, passwords: Mapping[str, str]) -> AnyBroker:
        """The broker itself, not yet started; ``passwords`` are those of the stations."""
        place = settings.place
        return Server(company_broker.command(place), place.port, Path(place.directory) / "nats.log")


class ClusterKind(BrokerKind):
    """Three of them, as ``jiayou-cloud broker --trial-cluster`` sets them up."""

    name = "cluster"

    def settle(self, settings: Settings) -> Settings:
        """All three addresses."""
        places = tuple(f"127.0.0.1:{node.broker.port}" for node in trial.nodes(settings))
        return replace(settings, line=replace(settings.line, hosts=places))

    def broker(self, settings: Settings, passwords: Mapping[str, str]) -> AnyBroker:
        """Started and ended together."""
        nodes = list(trial.nodes(settings))
        for node in nodes:
            tell_broker(node)
        return _Several([BrokerKind.broker(self, node, passwords) for node in nodes])


class MosquittoKind(BrokerKind):
    """Mosquitto with passwords, on this machine alone."""

    name = "mosquitto"

    def broker(self, settings: Settings, passwords: Mapping[str, str]) -> AnyBroker:
        """With a list of all who may come in."""
        directory, port = settings.directory / "mosquitto", settings.line.port
        directory.mkdir()
        let_in_to_mosquitto(directory, {**passwords, COMPANY: broker_password(settings)})
        return Server(mosquitto_command(directory, port), port, directory / "mosquitto.log")


class _Several:
    def __init__(self, brokers: Sequence[AnyBroker]) -> None:
        self._brokers = brokers

    def start(self) -> None:
        for broker in self._brokers:
            broker.start()

    def stop(self) -> None:
        for broker in self._brokers:
            broker.stop()

    def kill(self) -> None:
        for broker in self._brokers:
            broker.kill()


SINGLE, CLUSTER, MOSQUITTO = BrokerKind(), ClusterKind(), MosquittoKind()
EVERY_KIND = (SINGLE, CLUSTER, MOSQUITTO)
