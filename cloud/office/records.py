"""What is only read: who tried what they may not, and who changed what."""

from collections.abc import Mapping
from typing import Any, Final

from aiohttp import web

from cloud.access import auditing
from cloud.office.office import Office, query_of
from cloud.stations import events
from cloud.store.database import Connection
from shared.face import Face, Visit

PAGE: Final = 100


class RecordPages:
    """Security events and the audit."""

    def __init__(self, office: Office) -> None:
        self._office = office

    def add(self, face: Face) -> None:
        """Adds the pages."""
        face.get("/security", self.security)
        face.get("/audit", self.audit)

    async def security(self, visit: Visit) -> web.Response:
        """Who tried what they may not, the latest first."""
        query = query_of(visit)
        words, before = query.text("q", 60, needed=False), query.whole("before", 1, 10**12, 0)

        def look(connection: Connection) -> Mapping[str, Any]:
            rows = events.security(connection, "", PAGE + 1, before or None, words)
            return _page(rows, words, before)

        return await self._office.page(visit, "security.html", look)

    async def audit(self, visit: Visit) -> web.Response:
        """Who changed what, the latest first; with ``check`` the chain of hashes is followed, too."""
        query = query_of(visit)
        words, before = query.text("q", 60, needed=False), query.whole("before", 1, 10**12, 0)
        wanted = query.chosen("check", ("1",), "")

        def look(connection: Connection) -> Mapping[str, Any]:
            rows = auditing.page(connection, PAGE + 1, before or None, words)
            check = auditing.verify(connection) if wanted else None
            return {**_page(rows, words, before), "check": check}

        return await self._office.page(visit, "audit.html", look)


def _page(rows: tuple[Any, ...], words: str, before: int) -> Mapping[str, Any]:
    more = rows[PAGE - 1].number if len(rows) > PAGE else 0
    return {"rows": rows[:PAGE], "more": more, "q": words, "first": not before}
