"""An authority, made once: what it signs costs nothing, what it is made of does."""

from pathlib import Path

import pytest

from cloud.identity import authority
from cloud.identity.authority import Authority
from tests.cloud.identity.test_authority import NOW


@pytest.fixture(scope="session")
def company(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """The company's."""
    return authority.create(Path(tmp_path_factory.mktemp("authority")), "加油", NOW)
