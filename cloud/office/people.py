"""The accounts of everybody, for those who look after them."""

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from cloud.access import accounts
from cloud.access.accounts import FirstLogin, Power, Role
from cloud.office.forms import Form
from cloud.office.office import Office, form_of, nothing
from cloud.store.database import Connection
from shared.errors import Refused
from shared.face import Face, Visit


class PeoplePages:
    """The accounts of everybody, for those who look after them."""

    def __init__(self, office: Office) -> None:
        self._office = office

    def add(self, face: Face) -> None:
        """Adds the pages."""
        face.get("/people", self.page, power=Power.ACCOUNT)
        face.post("/people", self.create, power=Power.ACCOUNT)
        face.post("/people/code", self.code, power=Power.ACCOUNT)
        face.post("/people/disable", self.disable, power=Power.ACCOUNT)

    async def page(self, visit: Visit) -> web.Response:
        """Everybody."""
        return await self._page(visit, Form({}))

    async def create(self, visit: Visit) -> web.StreamResponse:
        """A new account; its one-time code is shown this once."""
        form = await form_of(visit)
        name, role = form.text("name", 40), form.chosen("role", [role.value for role in Role])
        if form.wrong:
            return await self._page(visit, form)
        by, now = visit.somebody.id, self._office.now()
        try:
            first = await self._office.write(lambda connection: accounts.add(connection, name, Role(role), by, now))
        except Refused as why:
            if why.reason != "exists":
                raise
            form.complain("name", "taken")
            return await self._page(visit, form)
        return await self._code(visit, first)

    async def code(self, visit: Visit) -> web.StreamResponse:
        """A new one-time code for somebody who forgot the password."""
        name, by, now = await self._name(visit), visit.somebody.id, self._office.now()
        return await self._code(
            visit, await self._office.write(lambda connection: accounts.new_code(connection, name, by, now))
        )

    async def disable(self, visit: Visit) -> web.StreamResponse:
        """Shuts somebody out at once."""
        name, by, now = await self._name(visit), visit.somebody.id, self._office.now()
        await self._office.write(lambda connection: accounts.disable(connection, name, by, now))
        return visit.go("/people", "notice.disabled")

    async def _name(self, visit: Visit) -> str:
        form = await form_of(visit)
        name = form.text("name", 40)
        if form.wrong:
            raise Refused("unknown_account", "There is no such account.")
        return name

    async def _page(self, visit: Visit, form: Form) -> web.Response:
        def look(connection: Connection) -> Mapping[str, Any]:
            return {"people": accounts.everyone(connection)}

        return await self._office.page(visit, "people.html", look, 400 if form.wrong else 200, form=form)

    async def _code(self, visit: Visit, first: FirstLogin) -> web.Response:
        return await self._office.page(visit, "people_code.html", nothing, first=first)
