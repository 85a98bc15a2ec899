"""The same authority as the stations' certificates come from."""

from tests.cloud.identity.conftest import company

__all__ = ["company"]
