"""The README tells of every command and every script there is."""

import re
from typing import Final

import pytest

from tests.house.tree import ROOT, project

README: Final = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS: Final = re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_told_of(command: str) -> None:
    assert f"make {command}" in README


@pytest.mark.parametrize("script", project()["project"]["scripts"])
def test_every_script_is_told_of(script: str) -> None:
    assert script in README


def test_every_command_that_it_tells_of_is_there() -> None:
    assert set(re.findall(r"`make ([a-z-]+)", README)) <= set(COMMANDS)


def test_every_file_that_it_links_to_is_there() -> None:
    links = [link for link in re.findall(r"\]\(([^)#:]+)\)", README) if not (ROOT / link).exists()]
    assert links == []
