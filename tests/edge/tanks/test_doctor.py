"""The doctor's look at a tank gauge: reached when nobody uses it, and not called twice when the agent does."""

import socket
from pathlib import Path
from typing import Any

from edge.engineer.checks.findings import Finding, Level
from edge.engineer.doctor import findings
from edge.engineer.words import Tongue
from edge.settings import GaugeSettings, Settings, StationSettings, StoreSettings, TankSettings


def looked_at(folder: Path, url: str, facts: dict[str, Any] | None) -> Finding:
    gauge = GaugeSettings("tls", url, (TankSettings(1, "92#", "1", 30_000),))
    settings = Settings(StationSettings("s1", "s1"), StoreSettings(str(folder / "s.db")), gauges=(gauge,))
    return next(one for one in findings(settings, facts, Tongue(False)) if one.part == "gauge tls")


def test_a_gauge_that_can_be_reached_is_well_and_one_that_cannot_says_what_to_do(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as console:
        url = f"socket://127.0.0.1:{console.getsockname()[1]}"
        assert looked_at(tmp_path, url, None).level is Level.OK
    sick = looked_at(tmp_path, url, None)
    assert (sick.level, "cable" in sick.do) == (Level.FAIL, True)


def test_a_running_agent_is_asked_instead_of_the_console(tmp_path: Path) -> None:
    nobody = "socket://127.0.0.1:9"
    assert looked_at(tmp_path, nobody, {"troubles": []}).what == "The tank gauge answers"
    sick = looked_at(tmp_path, nobody, {"troubles": [["gauge:tls", "gauge_no_answer", ""]]})
    assert (sick.level, sick.what) == (Level.FAIL, "The tank gauge does not answer")
    assert "security code" in sick.do
