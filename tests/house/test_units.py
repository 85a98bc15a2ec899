"""The systemd units start our own scripts, walled in, and again whenever they end."""

import re
from pathlib import Path
from typing import Final

import pytest

from tests.house.tree import ROOT, project

UNITS: Final = sorted((ROOT / "systemd").glob("*.service"))
SERVICES: Final = [unit for unit in UNITS if unit.stem != "jiayou-kiosk"]
WALLS: Final = {"NoNewPrivileges=yes", "ProtectSystem=strict", "ProtectHome=yes", "PrivateTmp=yes", "Restart=always"}


def lines(unit: Path) -> set[str]:
    return {line.strip() for line in unit.read_text(encoding="utf-8").splitlines()}


def name(unit: Path) -> str:
    return unit.stem


@pytest.mark.parametrize("unit", UNITS, ids=name)
def test_every_unit_is_walled_in_and_comes_back(unit: Path) -> None:
    assert lines(unit) >= WALLS


@pytest.mark.parametrize("unit", SERVICES, ids=name)
def test_no_service_takes_a_module_from_the_folder_it_runs_in(unit: Path) -> None:
    assert any("PYTHONSAFEPATH=1" in line for line in lines(unit) if line.startswith("Environment="))


@pytest.mark.parametrize("unit", SERVICES, ids=name)
def test_every_service_starts_a_script_of_ours(unit: Path) -> None:
    (script,) = re.findall(r"^ExecStart=/opt/jiayou/bin/(\S+)", unit.read_text(encoding="utf-8"), re.MULTILINE)
    assert script in project()["project"]["scripts"]
