"""A whole agent on real ports: lines of several protocols at once, and an adapter pulled while somebody fuels."""

import asyncio
import time
from contextlib import ExitStack
from itertools import count, cycle, islice
from pathlib import Path

import pytest
from msgspec.structs import replace

from edge.app import Agent
from edge.forecourt.views import SaleView
from hardware.registry import DISPENSERS, dispenser
from hardware.watch.recording import read_head
from tests.edge.engineer.station import answering, line, running, settings, until
from tests.fakes.adapter import Adapter, adapter

pytestmark = pytest.mark.slow

WANTED = 2_000


async def troubles(agent: Agent) -> dict[str, str]:
    return {trouble.part: trouble.reason for trouble in (await agent.forecourt.view()).troubles}


async def sales(agent: Agent) -> list[SaleView]:
    return await agent.forecourt.sales(0)


async def sold(agent: Agent, many: int) -> list[SaleView]:
    async with asyncio.timeout(60):
        while len(found := await sales(agent)) < many:  # noqa: ASYNC110 - views are asked
            await asyncio.sleep(0.05)
    return found


async def fuel(at: Adapter, point: int = 1, nozzle: int = 1) -> None:
    """A customer who fills two litres in a second."""
    at.lift(nozzle, point)
    at.squeeze(2_000, WANTED, point)
    await until(lambda: at.act(lambda pump, _: pump.body.volume, point) == WANTED, 60)
    at.hang_up(point)


async def test_three_lines_of_different_protocols_sell_at_once(tmp_path: Path) -> None:
    cards = list(islice(cycle(DISPENSERS.values()), 3))
    with ExitStack() as plugged:
        islands = [plugged.enter_context(adapter(tmp_path / f"port{n}", card)) for n, card in enumerate(cards)]
        lines = [line(at, f"island {n}", 1 + 10 * n) for n, at in enumerate(islands)]
        async with running(settings(tmp_path, lines)) as agent:
            await until(lambda: answering(agent) == 6)
            await asyncio.gather(*(fuel(at) for at in islands))
            found = await sold(agent, 3)
            told = {view.sale.delivery.point: view.sale for view in found}
            assert sorted(told) == [1, 11, 21]
            for at, point in zip(islands, (1, 11, 21), strict=True):
                (truth,) = at.pumps[1].body.fillings
                assert (told[point].delivery.volume, told[point].delivery.amount) == (truth.volume, truth.amount)
                assert told[point].status == "settled"
            reports = agent.lines.reports()
            assert [report.protocol for report in reports] == [card.name for card in cards]
            assert all(report.well and report.health.exchanges for report in reports)


async def test_f11_an_adapter_pulled_while_fuelling_costs_no_sale(tmp_path: Path) -> None:
    with adapter(tmp_path / "port", dispenser("wayne-dart")) as at:
        async with running(settings(tmp_path, [line(at)])) as agent:
            await until(lambda: answering(agent) == 2)
            at.lift(1)
            at.squeeze(2_000, WANTED)
            await until(lambda: at.act(lambda pump, _: pump.body.volume) > 200)
            await asyncio.to_thread(at.pull)
            await until(lambda: answering(agent) == 0)
            assert (await troubles(agent))["line:一号岛"] == "line_lost"
            await asyncio.sleep(1)
            at.plug()
            await until(lambda: answering(agent) == 2)
            await until(lambda: at.act(lambda pump, _: pump.body.volume) == WANTED)
            at.hang_up()
            (view,) = await sold(agent, 1)
            (truth,) = at.pumps[1].body.fillings
            assert (view.sale.delivery.volume, view.sale.delivery.amount) == (truth.volume, truth.amount)
            assert view.sale.status == "settled"
            incidents = tmp_path / "incidents"
            await until(lambda: list(incidents.glob("*line_lost.jsonl")))
            (kept,) = incidents.glob("*line_lost.jsonl")
            assert read_head(kept.read_text().splitlines()[0]).line == "一号岛"


async def test_a_disputed_filling_keeps_what_was_said_on_its_line(tmp_path: Path) -> None:
    with adapter(tmp_path / "port", dispenser("wayne-dart")) as at:
        async with running(settings(tmp_path, [line(at)])) as agent:
            await until(lambda: answering(agent) == 2)
            started = time.monotonic()
            at.lift(1)
            at.squeeze(2_000, WANTED)
            await until(lambda: at.act(lambda pump, _: pump.body.volume) == WANTED)
            at.act(lambda pump, _: pump.body.totalisers.update({1: 500}))  # the meter tells another story
            at.hang_up()
            await until(lambda: list((tmp_path / "incidents").glob("*1-disputed.jsonl")), 60)
            assert time.monotonic() - started < 60
            (view,) = await sales(agent)
            assert view.sale.status == "disputed"


async def test_a_bad_cable_is_told_on_the_page_before_it_costs_a_sale(tmp_path: Path) -> None:
    with adapter(tmp_path / "port", dispenser("wayne-dart"), points=8) as at:
        chosen = settings(tmp_path, [replace(line(at), error_budget=1)])
        receive, turn = at.line.receive, count()
        at.line.receive = lambda data, now: [] if next(turn) % 12 == 5 else receive(data, now)  # type: ignore[method-assign]
        async with running(chosen) as agent:
            async with asyncio.timeout(40):
                while "wiring:一号岛" not in (told := await troubles(agent)):  # noqa: ASYNC110 - views are asked
                    await asyncio.sleep(0.05)
            assert told["wiring:一号岛"] == "noisy_line"
            assert agent.lines.reports()[0].noisy
