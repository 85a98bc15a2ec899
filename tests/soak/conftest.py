"""The seed of this run."""

import os
import secrets
import time

import pytest


@pytest.fixture
def seed(capsys: pytest.CaptureFixture[str], request: pytest.FixtureRequest) -> int:
    """From ``SOAK_SEED``, else drawn; printed, so that a failure can be played again."""
    drawn = int(os.environ.get("SOAK_SEED") or secrets.randbelow(10**6))
    say(capsys, f"{request.node.name}: SOAK_SEED={drawn}")
    return drawn


def say(capsys: pytest.CaptureFixture[str], words: str) -> None:
    """To whoever watches, at once."""
    with capsys.disabled():
        print(f"\n  {time.strftime('%H:%M:%S')} {words}", flush=True)
