"""A station's machine: the code with which it is enrolled, and the certificates that it was given."""

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from cloud.access.accounts import Power
from cloud.identity import enrolling
from cloud.identity.enrolling import NewTicket
from cloud.office.news import Topic
from cloud.office.office import Look, Office, form_of, nothing
from cloud.stations import register
from cloud.store.database import Connection
from shared.face import Face, Visit


class EnrolmentPages:
    """A new code, shown this once; the certificates, and taking them back."""

    def __init__(self, office: Office) -> None:
        self._office = office

    def add(self, face: Face) -> None:
        """Adds the pages."""
        face.get("/stations/{id}/machine", self.machine)
        face.post("/stations/{id}/code", self.code, power=Power.STATION)
        face.post("/stations/{id}/certificates", self.revoke, power=Power.STATION)

    async def machine(self, visit: Visit) -> web.Response:
        """Every certificate that the station was given, the latest first."""
        return await self._machine(visit, 200)

    async def code(self, visit: Visit) -> web.Response:
        """A code for its machine; earlier ones are void."""
        station, by, now = visit.request.match_info["id"], visit.somebody.id, self._office.now()
        authority = self._office.company.authority

        def make(connection: Connection) -> NewTicket:
            return enrolling.new_ticket(connection, authority, station, by, now)

        ticket = await self._office.write(make, Topic.STATIONS)
        return await self._office.page(visit, "station_code.html", nothing, ticket=ticket, door=self._door)

    async def revoke(self, visit: Visit) -> web.StreamResponse:
        """Takes all of a station's certificates back: its disk was stolen, or copied."""
        station, form = visit.request.match_info["id"], await form_of(visit)
        why = form.text("why", 200)
        if form.wrong:
            return await self._machine(visit, 400)
        by, now = visit.somebody.id, self._office.now()
        await self._office.write(lambda connection: enrolling.revoke(connection, station, by, now, why), Topic.STATIONS)
        return visit.go(f"/stations/{station}/machine", "notice.certificates_revoked")

    async def _machine(self, visit: Visit, status: int) -> web.Response:
        return await self._office.page(
            visit, "station_machine.html", self._look(visit.request.match_info["id"]), status, door=self._door
        )

    def _look(self, station: str) -> Look:
        def look(connection: Connection) -> Mapping[str, Any]:
            register.must_exist(connection, (station,))
            return {"station": station, "certificates": enrolling.of_station(connection, station)}

        return look

    @property
    def _door(self) -> str:
        place = self._office.company.settings.door
        return f"https://{place.hosts[0]}:{place.port}" if place else ""
