"""Three brokers on one machine, to see what a cluster does: kill one, and it is started again after a moment."""

import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import Final

from msgspec.structs import replace

from cloud import broker
from cloud.founding import tell_broker
from cloud.settings import ClusterNode, Settings

NODES: Final = 3
_ROUTES: Final = 4_365
"""Above the port of the first listener: where the nodes reach each other."""
_PAUSE: Final = 2.0


def nodes(settings: Settings) -> Iterator[Settings]:
    """The settings of each node: listeners on the configured port and the two after it."""
    own = settings.broker
    routes = tuple(f"127.0.0.1:{own.port + _ROUTES + number}" for number in range(NODES))
    for number in range(NODES):
        node = ClusterNode(f"node-{number + 1}", own.port + _ROUTES + number, routes)
        yield replace(settings, broker=replace(own, port=own.port + number, gate_port=0, cluster=node))


def run(settings: Settings) -> None:
    """Runs them until this process is told to end."""
    told = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: told.set())
    each = list(nodes(settings))
    for one in each:
        tell_broker(one)
    _say(each)
    running = [_start(one) for one in each]
    while not told.wait(_PAUSE):
        for place, process in enumerate(running):
            if process.poll() is not None:
                running[place] = _start(each[place])
    for process in running:
        process.terminate()
    for process in running:
        process.wait()


def _start(settings: Settings) -> subprocess.Popen[bytes]:
    return subprocess.Popen(broker.command(settings.place))


def _say(each: list[Settings]) -> None:
    hosts = ", ".join(f'"127.0.0.1:{one.broker.port}"' for one in each)
    sys.stdout.write(
        f"三个节点 · three nodes. In [line] of cloud.toml and in [broker] of edge.toml: hosts = [{hosts}]\n"
    )
    sys.stdout.flush()
