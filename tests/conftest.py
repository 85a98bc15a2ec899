"""How the whole suite is played: the cheap and near first, both houses together later, the pages in a browser last."""

from collections.abc import Iterator
from typing import Final

import hypothesis
import pytest
import structlog

COSTLY: Final = ("slow", "flow", "browser", "soak")
"""Markers, each dearer than the one before."""

# A busy machine makes a slow example, and a slow example is no defect; speed is measured by `make bench`.
hypothesis.settings.register_profile("house", deadline=None)
hypothesis.settings.load_profile("house")


@pytest.fixture(autouse=True)
def _log_as_it_was() -> Iterator[None]:
    """A program under test may have sent the log to its own standard error, which ends with the test."""
    yield
    structlog.reset_defaults()


def cost(item: pytest.Item) -> int:
    """0 for a quick test, else the place of its dearest marker."""
    return max((place for place, marker in enumerate(COSTLY, 1) if item.get_closest_marker(marker)), default=0)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Cheap first, so that what is plainly wrong is said at once. Whoever asks for a real server is not cheap."""
    for item in items:
        if "broker" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.flow)
        if "[postgresql" in item.name:
            item.add_marker(pytest.mark.slow)
    items.sort(key=cost)
