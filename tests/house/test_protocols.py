"""A protocol is a folder and one line: nothing else knows it, its page is written, the smallest one runs as printed."""

import ast
import re
from pathlib import Path

import pytest

from hardware.ports import (
    Authorise,
    CommandDone,
    CommandFailed,
    LineSettings,
    NozzleLifted,
    PointAnswered,
    PointOnLine,
    PumpCommand,
    PumpState,
    PumpStateRead,
    Rest,
    Session,
    Stop,
)
from hardware.protocol import DispenserProtocol
from hardware.registry import DISPENSERS
from tests.house.tree import ROOT, sources

REGISTRY = Path("hardware/registry.py")
PAGES = (ROOT / "docs/protocols.md").read_text("utf-8")
ADDING = (ROOT / "docs/adding-a-protocol.md").read_text("utf-8")
LINE = LineSettings(9600, 8, "N", 1)
each = pytest.mark.parametrize("protocol", DISPENSERS.values(), ids=lambda protocol: protocol.name)


def folder(protocol: DispenserProtocol) -> Path:
    """Where it lives."""
    return Path(*protocol.explain.__module__.split(".")[:3])


def section(protocol: DispenserProtocol) -> str:
    (found,) = [part for part in re.split(r"(?m)^## ", PAGES) if f"`{protocol.name}`" in part.partition("\n")[0]]
    return found


@each
def test_outside_its_folder_only_the_registry_knows_a_protocol(protocol: DispenserProtocol) -> None:
    home = folder(protocol)
    module = ".".join(home.parts)
    knowing = {path for path, tree in sources("shared", "hardware", "edge", "cloud") if module in _imported(tree)}
    assert {path for path in knowing if home not in path.parents} == {REGISTRY}


def _imported(tree: ast.Module) -> set[str]:
    """The packages of three words that a file imports from."""
    nodes = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    names = [node.module or "" if isinstance(node, ast.ImportFrom) else node.names[0].name for node in nodes]
    return {".".join(name.split(".")[:3]) for name in names}


@each
def test_its_page_names_each_of_its_options(protocol: DispenserProtocol) -> None:
    said = section(protocol)
    assert [option for option in protocol.options.__struct_fields__ if f"`{option}`" not in said] == []


@each
def test_its_page_says_whether_a_site_must_test_it(protocol: DispenserProtocol) -> None:
    title, _, said = section(protocol).partition("\n")
    assert ("needs a site test" in title) == protocol.site_test
    assert ("To be confirmed" in said) == protocol.site_test


# ── The smallest talker, as the page prints it ────────────────────────────────────────────────────────────────────────


def smallest() -> Session:
    (code,) = re.findall(r"(?s)```python\n(.*?)```", ADDING)
    names: dict[str, object] = {}
    exec(compile(code, "docs/adding-a-protocol.md", "exec"), names)
    made: Session = names["make_session"]([PointOnLine(1, 1, 1)], LINE, None)  # type: ignore[operator]
    return made


class ToyPump:
    """What the page says of it; ``obedient`` ones do what they are told."""

    def __init__(self) -> None:
        self.state = b"3"
        self.obedient = True
        self.now = 0

    def answer(self, asked: bytes) -> bytes:
        if self.obedient and asked[2:] == b"A" and self.state == b"4":
            self.state = b"8"
        if self.obedient and asked[2:] == b"S" and self.state == b"8":
            self.state = b"4"
        return b"!" + asked[1:] + self.state


def talk(session: Session, pump: ToyPump, command: PumpCommand | None = None) -> list[object]:
    """Two seconds of it, in virtual time."""
    told: list[object] = []
    if command is not None:
        session.submit(command)
    end = pump.now + 2_000_000
    while pump.now < end:
        action = session.next(pump.now)
        pump.now += action.micros if isinstance(action, Rest) else 10_000
        if not isinstance(action, Rest):
            session.receive(b"~" + pump.answer(action.data), pump.now)
        told += session.events()
    return told


def test_the_smallest_talker_of_the_page_greets_and_tells() -> None:
    session, pump = smallest(), ToyPump()
    told = talk(session, pump)
    assert PointAnswered(1) in told
    assert PumpStateRead(1, PumpState.READY) in told
    pump.state = b"4"
    assert NozzleLifted(1, 1, 0) in talk(session, pump)


def test_the_smallest_talker_of_the_page_believes_what_it_sees() -> None:
    session, pump = smallest(), ToyPump()
    talk(session, pump)
    release = Authorise(1, (1,))
    assert [type(event) for event in talk(session, pump, release)].count(CommandFailed) == 1
    pump.state = b"4"
    pump.obedient = False
    assert any(isinstance(event, CommandFailed) for event in talk(session, pump, release))
    pump.obedient = True
    assert CommandDone(1, release) in talk(session, pump, release)
    assert CommandDone(1, Stop(1)) in talk(session, pump, Stop(1))


def test_the_page_names_only_files_that_exist() -> None:
    named = set(re.findall(r"`((?:hardware|tests|docs)/[\w/.-]+)`", ADDING))
    assert [path for path in sorted(named) if not (ROOT / path).exists()] == []
