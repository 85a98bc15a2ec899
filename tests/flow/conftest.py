"""A line that loses patience in a moment: these stories can't wait for the road."""

from functools import partial

import pytest

import edge.app
from edge.forecourt import printing
from edge.sync.link import Link
from tests.fakes.ends import HASTY


@pytest.fixture(autouse=True)
def hasty_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """Agents in this process come back after half a second."""
    monkeypatch.setattr(edge.app, "Link", partial(Link, pace=HASTY, patience=0.5))
    monkeypatch.setattr(printing, "_FINISH", 0.5)  # one that dies does not wait for its printer
