"""The agent put together: it starts whatever is missing, says so, and sells with what works."""

import asyncio
import socket
from pathlib import Path

import pytest
from aiohttp import ClientSession

from edge.app import Agent, build
from edge.forecourt.ending import Patience
from edge.settings import (
    Authorise,
    BrokerSettings,
    LineSettings,
    PageSettings,
    PointSettings,
    PrinterSettings,
    Settings,
    StationSettings,
    StoreSettings,
)
from hardware.registry import dispenser
from shared.errors import Refused, SettingsMisread


def settings(folder: Path, url: str = "/dev/none", printer: str = "none") -> Settings:
    return Settings(
        StationSettings("s1", "第一加油站"),
        StoreSettings(str(folder / "s.db")),
        (LineSettings("island-1", "wayne-dart", url, (PointSettings(1, 0x50, ("92#", "95#")),)),),
        Authorise.AUTOMATIC,
        BrokerSettings("127.0.0.1", 9),
        PageSettings(port=0),
        PrinterSettings(printer, automatic=True),
    )


async def troubles(agent: Agent) -> dict[str, str]:
    return {trouble.part: trouble.reason for trouble in (await agent.forecourt.view()).troubles}


async def page(agent: Agent) -> str:
    async with ClientSession() as session, session.get(f"http://127.0.0.1:{agent.page_port}/") as answer:
        assert answer.status == 200
        return await answer.text()


async def until_page(agent: Agent) -> None:
    async with asyncio.timeout(5):
        while agent.page_port == 0:  # noqa: ASYNC110 - the page tells nobody
            await asyncio.sleep(0.01)


async def test_no_line_no_printer_no_broker_and_still_the_agent_starts_and_says_so(tmp_path: Path) -> None:
    async with build(settings(tmp_path, printer="usb:0416:5011")) as agent:
        await until_page(agent)
        async with asyncio.timeout(10):
            while set(await troubles(agent)) < {"line:island-1", "broker"}:  # noqa: ASYNC110 - views are asked
                await asyncio.sleep(0.05)
        said = await troubles(agent)
        assert said["line:island-1"] == "line_lost"
        assert said["broker"] == "unreachable"
        assert "第一加油站" in await page(agent)
        (point,) = await agent.forecourt.points()
        assert point.trouble == "silent"
        with pytest.raises(Refused):
            await agent.forecourt.authorise(1, "attendant:小李")


async def test_a_page_whose_port_is_taken_does_not_stop_the_station(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        plain = settings(tmp_path)
        port = taken.getsockname()[1]
        busy = Settings(plain.station, plain.store, page=PageSettings(port=port))
        async with build(busy) as agent:
            async with asyncio.timeout(5):
                while "page" not in await troubles(agent):  # noqa: ASYNC110 - views are asked
                    await asyncio.sleep(0.01)


async def test_a_second_agent_on_the_same_store_is_refused(tmp_path: Path) -> None:
    async with build(settings(tmp_path)):
        with pytest.raises(Refused, match="already runs"):
            async with build(settings(tmp_path)):
                pass
    async with build(settings(tmp_path)) as agent:
        assert agent.store.boot == 2


def test_an_unknown_protocol_is_refused_before_anything_is_opened(tmp_path: Path) -> None:
    wrong = Settings(
        StationSettings("s1", "x"),
        StoreSettings(str(tmp_path / "s.db")),
        (LineSettings("l", "wayne-drat", "/dev/none", (PointSettings(1, 80, ("92#",)),)),),
    )
    with pytest.raises(SettingsMisread, match="wayne-dart"):
        build(wrong)
    assert not (tmp_path / "s.db").exists()
    assert dispenser("wayne-dart").name == "wayne-dart"


async def test_the_agent_ends_and_leaves_nothing_running(tmp_path: Path) -> None:
    before = set(asyncio.all_tasks())
    agent = build(settings(tmp_path), patience=Patience(pulse=5))
    ending = asyncio.Event()
    running = asyncio.create_task(agent.run(ending))
    await asyncio.sleep(0.2)
    ending.set()
    async with asyncio.timeout(10):
        await running
    assert {task for task in asyncio.all_tasks() - before if not task.done()} == set()
