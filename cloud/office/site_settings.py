"""What head office sets for its stations: a page for all of them, and one for each."""

from collections.abc import Mapping
from typing import Any, Final

from aiohttp import web

from cloud.access.accounts import Power
from cloud.office.forms import Form
from cloud.office.news import Topic
from cloud.office.office import Office, form_of
from cloud.stations import register, site_settings
from cloud.store.database import Connection
from shared.face import Face, Visit
from shared.site import LONGEST_LINE, MOST_DRIPS, MOST_LINES, SiteSettings

_YES_NO: Final = {"": None, "yes": True, "no": False}


class SiteSettingsPages:
    """Under ``/station-settings`` for all, under a station's own page for it alone."""

    def __init__(self, office: Office) -> None:
        self._office = office

    def add(self, face: Face) -> None:
        """Adds the pages."""
        for path in ("/station-settings", "/stations/{id}/settings"):
            face.get(path, self.page)
            face.post(path, self.set, power=Power.STATION)

    async def page(self, visit: Visit) -> web.Response:
        """As they are, and who set them."""
        return await self._page(visit, None)

    async def set(self, visit: Visit) -> web.StreamResponse:
        """Sets them; the stations are told at once."""
        form, station = await form_of(visit), _station(visit)
        wanted = _wanted(form)
        if form.wrong:
            return await self._page(visit, form)
        by, now = visit.somebody.id, self._office.now()
        await self._office.write(
            lambda connection: site_settings.decide(connection, wanted, by, now, station), Topic.STATIONS
        )
        await self._office.down.settings_changed([station] if station else None)
        return visit.go(visit.request.path, "notice.saved")

    async def _page(self, visit: Visit, form: Form | None) -> web.Response:
        station = _station(visit)

        def look(connection: Connection) -> Mapping[str, Any]:
            if station:
                register.must_exist(connection, (station,))
            return {"set": site_settings.latest(connection, station), "chain": site_settings.latest(connection)}

        bounds = {"station": station, "most_lines": MOST_LINES, "most_drips": MOST_DRIPS}
        return await self._office.page(visit, "site_settings.html", look, 400 if form else 200, form=form, **bounds)


def _station(visit: Visit) -> str:
    return visit.request.match_info.get("id", "")


def _wanted(form: Form) -> SiteSettings:
    """An empty field sets nothing."""
    drips = form.whole("drip_limit", 0, MOST_DRIPS, 0)
    return SiteSettings(
        receipt_top=form.lines("receipt_top", MOST_LINES, LONGEST_LINE) or None,
        receipt_bottom=form.lines("receipt_bottom", MOST_LINES, LONGEST_LINE) or None,
        receipts=_YES_NO[form.chosen("receipts", tuple(_YES_NO), "")],
        drip_limit=drips if form.raw("drip_limit").strip() else None,
    )
