"""Is everything there that a station needs? Each check is a figure, a judgement and what to do. Changes nothing."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from edge.engineer import wiring
from edge.engineer.checks import house, lines, neighbours
from edge.engineer.checks.findings import Finding, Judge
from edge.engineer.words import Tongue
from edge.settings import Settings
from edge.store.lock import holder
from shared.errors import JiayouError


def findings(settings: Settings, facts: dict[str, Any] | None, say: Tongue) -> Iterator[Finding]:
    """One after the other, as they are found. ``facts``: what the running agent says; None when none can be asked.

    A check that fails in itself is a finding.
    """
    for part, check in _checks(settings, facts, say):
        try:
            yield from check
        except (JiayouError, OSError, ValueError) as why:
            do = "请按上面的提示处理。", "Please see to what it says."
            yield Judge(part, say).fail((str(why), str(why)), do)


def _checks(settings: Settings, facts: dict[str, Any] | None, say: Tongue) -> Iterator[tuple[str, Iterator[Finding]]]:
    def judge(part: str) -> Judge:
        return Judge(part, say)

    store = Path(settings.store.path)
    agent = holder(store) if store.parent.exists() else None
    yield "config", _configuration(judge("config"), settings)
    yield "agent", _agent(judge("agent"), agent, facts)
    for line in settings.lines:
        yield f"line {line.name}", lines.line(judge(f"line {line.name}"), line, agent)
    for gauge in settings.gauges:
        yield f"gauge {gauge.name}", lines.gauge(judge(f"gauge {gauge.name}"), gauge, agent, facts)
    yield "clock", house.clock_now(judge("clock"), (facts or {}).get("clock_difference"))
    yield "disk", house.disk(judge("disk"), settings)
    yield "store", house.books(judge("store"), settings)
    yield "printer", neighbours.printer(judge("printer"), settings.printer, facts)
    yield "broker", neighbours.broker(judge("broker"), settings.broker, settings.station.id, settings.papers)
    yield "page", neighbours.page(judge("page"), settings.page, facts)


def _configuration(judge: Judge, settings: Settings) -> Iterator[Finding]:
    wiring.check(settings)
    yield judge.ok(("配置可用", "The configuration can be used"))


def _agent(judge: Judge, process: int | None, facts: dict[str, Any] | None) -> Iterator[Finding]:
    if process is None:
        yield judge.ok(("油站程序没有在运行", "The agent is not running"))
    elif facts is None:
        what = f"油站程序在运行（进程 {process}），但不应答", f"The agent runs (process {process}) but does not answer"
        yield judge.warn(what, ("请用它的用户运行本命令。", "Run this command as its user."))
    else:
        yield judge.ok((f"油站程序在运行（进程 {process}）", f"The agent is running (process {process})"))
