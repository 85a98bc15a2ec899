"""A console of straw behind a TCP port and a pty, with the thread that every line has."""

import json
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest

from hardware.driver import LineThread
from hardware.gauges.ports import DeliveriesRead, GaugeEvent, GaugeSetup, InventoryRead, ReadNow
from hardware.gauges.program import SimulatedGauge
from hardware.gauges.registry import GAUGES, gauge
from hardware.gauges.veeder_root.simulator import Console, SimulatedTank
from hardware.line import Line
from hardware.simulation.wire import plug
from shared.errors import Refused


def until(true: Callable[[], object]) -> None:
    deadline = time.monotonic() + 10
    while not true():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)


@pytest.mark.parametrize("listen", ["tcp:127.0.0.1:0", "pty"])
def test_levels_come_over_tcp_and_over_a_serial_port(listen: str) -> None:
    card = GAUGES["veeder-root"]
    straw = SimulatedGauge(Console([SimulatedTank(1, 30_000_000, 18_000_000)]), plug(listen), byte=0)
    serving = threading.Thread(target=straw.serve)
    serving.start()
    events: list[GaugeEvent] = []
    line = LineThread[ReadNow, GaugeEvent](
        "液位仪",
        lambda: Line(straw.url, card.line).open(),
        card.make_session(GaugeSetup(every=10_000_000)),
        events.extend,
        lambda _: None,
    )
    line.start()
    try:
        until(lambda: any(isinstance(event, DeliveriesRead) for event in events))
        [inventory] = [event for event in events if isinstance(event, InventoryRead)]
        assert inventory.tanks[0].level.volume == 18_000_000
        began = time.monotonic()
        line.stop()
        assert time.monotonic() - began < 2, "a gauge holds up nobody who wants to end"
    finally:
        line.stop()
        straw.stop()
        serving.join()


def test_the_simulated_gauge_of_the_command_line_takes_wishes_at_its_door() -> None:
    words = [sys.executable, "-m", "hardware", "gauge", "--listen", "tcp:127.0.0.1:0", "--control", "0"]
    program = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    try:
        assert program.stdout is not None
        reached = json.loads(program.stdout.readline())
        assert _post(reached["control"] + "/deliver", {"tank": 1, "volume": 500_000})[0]["coming"] > 0
        assert _post(reached["control"] + "/alarm", {"tank": 2, "code": 3})[1]["alarms"] == ["high_water"]
        assert _post(reached["control"] + "/water", {"tank": 3, "height": 20_000})[2]["water"] == 20_000
    finally:
        program.terminate()
        assert program.wait(10) == 0


def _post(url: str, wish: dict[str, int]) -> list[dict[str, Any]]:
    with urllib.request.urlopen(urllib.request.Request(url, json.dumps(wish).encode()), timeout=5) as answer:
        said: list[dict[str, Any]] = json.load(answer)
        return said


def test_a_name_that_is_almost_right_is_told_the_right_one() -> None:
    with pytest.raises(Refused, match="veeder-root"):
        gauge("veeder_root")


def test_a_security_code_of_another_length_is_refused() -> None:
    with pytest.raises(Refused, match="six"):
        GAUGES["veeder-root"].make_session(GaugeSetup(security_code="123"))
