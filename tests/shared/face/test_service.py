"""systemd hears that the program is ready, that it lives, and that it ends; a loop that hangs is not heard."""

import asyncio
import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.face.service import ServiceManager, served


class Systemd:
    """The other end of the socket."""

    def __init__(self, path: Path) -> None:
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(path))
        self.socket.setblocking(False)
        self.environment = {"NOTIFY_SOCKET": str(path), "WATCHDOG_USEC": "150000", "WATCHDOG_PID": str(os.getpid())}

    def heard(self) -> list[str]:
        said = []
        try:
            while True:
                said.append(self.socket.recv(4_096).decode())
        except BlockingIOError:
            return said


@pytest.fixture
def systemd(tmp_path: Path) -> Iterator[Systemd]:
    made = Systemd(tmp_path / "notify")
    yield made
    made.socket.close()


async def test_ready_beating_and_ending_are_told(systemd: Systemd) -> None:
    async with served(ServiceManager(systemd.environment), "selling"):
        await asyncio.sleep(0.3)
    said = systemd.heard()
    assert said[0] == "READY=1\nSTATUS=selling"
    assert said[-1] == "STOPPING=1"
    assert 4 <= said.count("WATCHDOG=1") <= 8


async def test_a_loop_that_hangs_is_not_heard(systemd: Systemd) -> None:
    async with served(ServiceManager(systemd.environment), "selling"):
        await asyncio.sleep(0.01)
        systemd.heard()
        time.sleep(0.3)  # noqa: ASYNC251 - this is the hang
        assert systemd.heard() == []


async def test_without_a_service_manager_nothing_is_told(systemd: Systemd) -> None:
    async with served(ServiceManager({}), "selling"):
        await asyncio.sleep(0.05)
    assert systemd.heard() == []


@pytest.mark.parametrize("changes", [{"WATCHDOG_PID": "1"}, {"WATCHDOG_USEC": "soon"}, {"WATCHDOG_USEC": ""}])
async def test_a_beat_that_nobody_waits_for_is_not_sent(systemd: Systemd, changes: dict[str, str]) -> None:
    async with served(ServiceManager({**systemd.environment, **changes}), "selling"):
        await asyncio.sleep(0.05)
    assert "WATCHDOG=1" not in systemd.heard()


async def test_a_manager_that_has_gone_stops_nobody(tmp_path: Path) -> None:
    async with served(ServiceManager({"NOTIFY_SOCKET": str(tmp_path / "gone")}), "selling"):
        pass


async def test_an_abstract_socket_is_understood() -> None:
    name = f"jiayou-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind("\0" + name)
        ServiceManager({"NOTIFY_SOCKET": "@" + name}).tell(READY="1")
        assert listener.recv(100) == b"READY=1"
