"""The seed of a run, and what is told of it."""

import os
import secrets
import time

import pytest

_SAID: list[str] = []


@pytest.fixture
def seed(capsys: pytest.CaptureFixture[str], request: pytest.FixtureRequest) -> int:
    """From ``SOAK_SEED``, else drawn; printed, so that a failure can be played again."""
    drawn = int(os.environ.get("SOAK_SEED") or secrets.randbelow(10**6))
    say(capsys, f"{request.node.name}: SOAK_SEED={drawn}")
    return drawn


def say(capsys: pytest.CaptureFixture[str], words: str) -> None:
    """To whoever watches, at once."""
    line = f"{time.strftime('%H:%M:%S')} {words}"
    _SAID.append(line)
    with capsys.disabled():
        print(f"\n  {line}", flush=True)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """All of it once more at the end, where it is looked for."""
    if _SAID:
        terminalreporter.section("what the checker found")
        for line in _SAID:
            terminalreporter.write_line(line)
