"""What is only read: who tried what they may not, and who changed what."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from aiohttp import web

from cloud.access import auditing
from cloud.office.office import Office, query_of
from cloud.stations import events
from cloud.store.database import Connection
from shared.face import Face, Visit
from shared.face.texts import LANGUAGES, read

PAGE: Final = 100
TEXTS: Final = Path(__file__).parent / "texts"


class RecordPages:
    """Security events and the audit."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._texts = {language: read(TEXTS, language) for language in LANGUAGES}

    def add(self, face: Face) -> None:
        """Adds the pages."""
        face.get("/security", self.security)
        face.get("/audit", self.audit)

    async def security(self, visit: Visit) -> web.Response:
        """Who tried what they may not, the latest first."""
        query = query_of(visit)
        words, before = query.text("q", 60, needed=False), query.whole("before", 1, 10**12, 0)

        kinds = self._meant(visit, "security_kind", words)

        def look(connection: Connection) -> Mapping[str, Any]:
            rows = events.security(connection, "", PAGE + 1, before or None, words, kinds)
            return _page(rows, words, before)

        return await self._office.page(visit, "security.html", look)

    async def audit(self, visit: Visit) -> web.Response:
        """Who changed what, the latest first; with ``check`` the chain of hashes is followed, too."""
        query = query_of(visit)
        words, before = query.text("q", 60, needed=False), query.whole("before", 1, 10**12, 0)
        acts, wanted = self._meant(visit, "act", words), query.chosen("check", ("1",), "")

        def look(connection: Connection) -> Mapping[str, Any]:
            rows = auditing.page(connection, PAGE + 1, before or None, words, acts)
            check = auditing.verify(connection) if wanted else None
            return {**_page(rows, words, before), "check": check}

        return await self._office.page(visit, "audit.html", look)

    def _meant(self, visit: Visit, prefix: str, words: str) -> list[str]:
        """The stable words whose text in this person's language holds what they look for."""
        texts = self._texts[visit.language].items()
        found = [key for key, text in texts if key.startswith(f"{prefix}.") and words.casefold() in text.casefold()]
        return [key.removeprefix(f"{prefix}.") for key in found] if words else []


def _page(rows: tuple[Any, ...], words: str, before: int) -> Mapping[str, Any]:
    more = rows[PAGE - 1].number if len(rows) > PAGE else 0
    return {"rows": rows[:PAGE], "more": more, "q": words, "first": not before}
