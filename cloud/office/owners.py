"""Whose the stations are: dealers and regions."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from cloud.access.accounts import Power
from cloud.office.forms import Form
from cloud.office.office import Office, form_of
from cloud.stations import register, states
from cloud.store.database import Connection
from shared.errors import Refused
from shared.face import Face, Visit


class OwnerPages:
    """Dealers and regions."""

    def __init__(self, office: Office) -> None:
        self._office = office

    def add(self, face: Face) -> None:
        """Adds the pages."""
        face.get("/owners", self.index)
        face.post("/owners/{kind:dealer|region}", self.create, power=Power.STATION)

    async def index(self, visit: Visit) -> web.Response:
        """Both lists."""
        return await self._list(visit, Form({}))

    async def create(self, visit: Visit) -> web.StreamResponse:
        """A new dealer or region."""
        kind, form = visit.request.match_info["kind"], await form_of(visit)
        name = form.text("name")
        if form.wrong:
            return await self._list(visit, form, kind)
        add = register.add_dealer if kind == "dealer" else register.add_region
        by, now = visit.somebody.id, self._office.now()
        try:
            await self._office.write(lambda connection: add(connection, name, by, now))
        except Refused as why:
            if why.reason != "exists":
                raise
            form.complain("name", "taken")
            return await self._list(visit, form, kind)
        return visit.go("/owners", "notice.added")

    async def _list(self, visit: Visit, form: Form, at: str = "") -> web.Response:
        now = self._office.now()

        def look(connection: Connection) -> Mapping[str, Any]:
            every = states.states(connection, now)
            counts = {
                "dealer": Counter(state.dealer_id for state in every),
                "region": Counter(state.region_id for state in every),
            }
            found = {"dealers": register.dealers(connection), "regions": register.regions(connection)}
            return {**found, "counts": counts}

        return await self._office.page(visit, "owners.html", look, 400 if form.wrong else 200, form=form, at=at)
