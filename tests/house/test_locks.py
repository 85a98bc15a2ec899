"""What is installed is what was tried: every package by version and hash, and the three locks say the same."""

import re
from typing import Final

import pytest

from tests.house.tree import ROOT, project

LOCKS: Final = ("edge", "cloud", "dev", "uv", "node")
PIN: Final = re.compile(r"^([a-z0-9-]+)==(\S+)", re.MULTILINE)
NAME: Final = re.compile(r"^[A-Za-z0-9_.-]+")


def pins(lock: str) -> dict[str, str]:
    return dict(PIN.findall((ROOT / "requirements" / f"{lock}.txt").read_text()))


def wanted(*extras: str) -> set[str]:
    table = project()["project"]
    lines = [*table["dependencies"], *(line for extra in extras for line in table["optional-dependencies"][extra])]
    return {match.group().lower().replace("_", "-") for line in lines if (match := NAME.match(line))}


@pytest.mark.parametrize("lock", LOCKS)
def test_every_locked_package_has_a_hash(lock: str) -> None:
    lines = (ROOT / "requirements" / f"{lock}.txt").read_text().splitlines()
    starts = [number for number, line in enumerate(lines) if PIN.match(line)]
    assert starts
    assert [lines[number] for number in starts if not lines[number + 1].strip().startswith("--hash=sha256:")] == []


@pytest.mark.parametrize("lock", ["edge", "cloud"])
def test_a_house_runs_what_the_tests_ran(lock: str) -> None:
    assert pins(lock).items() <= pins("dev").items()


@pytest.mark.parametrize(
    ("lock", "extras"), [("edge", ["edge"]), ("cloud", ["cloud"]), ("dev", ["edge", "cloud", "dev"])]
)
def test_everything_the_project_asks_for_is_locked(lock: str, extras: list[str]) -> None:
    assert wanted(*extras) - pins(lock).keys() == set(), "run make lock"
