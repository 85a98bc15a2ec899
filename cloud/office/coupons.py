"""One coupon: its code, its uses, its leases; and the allowance that all of them have offline."""

from collections.abc import Mapping
from typing import Any

from aiohttp import web
from markupsafe import Markup

from cloud.access.accounts import Power
from cloud.coupons import issuing, leases, picture, settings, uses
from cloud.office.forms import Form
from cloud.office.moments import HOUR, write_moment
from cloud.office.news import Topic
from cloud.office.office import Office, form_of
from cloud.stations import register
from cloud.store.database import Connection
from shared.coupon import Allowance
from shared.errors import Refused
from shared.face import Face, Visit


class CouponPages:
    """One coupon: its code, its uses, its leases."""

    def __init__(self, office: Office) -> None:
        self._office = office

    def add(self, face: Face) -> None:
        """Adds the pages."""
        face.get("/coupons/one/{id}", self.one)
        face.get("/coupons/codes/{id}.{kind:svg|png}", self.code, power=Power.COUPON)
        face.post("/coupons/one/{id}/revoke", self.revoke, power=Power.COUPON)
        face.post("/coupons/one/{id}/lease", self.lease, power=Power.COUPON)
        face.post(r"/coupons/leases/{number:\d{1,12}}/release", self.release, power=Power.COUPON)

    async def one(self, visit: Visit) -> web.Response:
        """Everything about a coupon."""
        return await self._one(visit, visit.request.match_info["id"], Form({}))

    async def _one(self, visit: Visit, id: str, form: Form) -> web.Response:
        now, seal = self._office.now(), self._office.company.seal
        shown = Power.COUPON in visit.somebody.powers

        def look(connection: Connection) -> Mapping[str, Any]:
            view = issuing.one(connection, id)
            return {
                "coupon": view,
                "picture": _svg(issuing.scanned_text(connection, seal, id)) if shown else "",
                "uses": uses.of_coupon(connection, id),
                "leases": leases.of_coupon(connection, id),
                "stations": list(register.names(connection, revoked=False).items()),
                "until": write_moment(now + self._office.company.settings.coupons.lease_minutes * 60_000),
            }

        return await self._office.page(visit, "coupon.html", look, 400 if form.wrong else 200, form=form)

    async def code(self, visit: Visit) -> web.Response:
        """Its QR code as a file."""
        id, kind = visit.request.match_info["id"], visit.request.match_info["kind"]
        seal = self._office.company.seal
        text = await self._office.read(lambda connection: issuing.scanned_text(connection, seal, id))
        saved = {"Content-Disposition": f'attachment; filename="coupon-{id}.{kind}"'}
        if kind == "png":
            return web.Response(body=picture.png(text), content_type="image/png", headers=saved)
        return web.Response(text=picture.svg(text, 8), content_type="image/svg+xml", headers=saved)

    async def revoke(self, visit: Visit) -> web.StreamResponse:
        """Calls it back."""
        id, by, now = visit.request.match_info["id"], visit.somebody.id, self._office.now()
        await self._office.write(lambda connection: issuing.revoke(connection, id, by, now), Topic.COUPONS)
        await self._office.down.coupons_changed(None)
        return visit.go(f"/coupons/one/{id}", "notice.coupon_revoked")

    async def lease(self, visit: Visit) -> web.StreamResponse:
        """Holds it for a station."""
        id, form = visit.request.match_info["id"], await form_of(visit)
        station, until = form.text("station", 32), form.moment("until")
        if form.wrong:
            return await self._one(visit, id, form)
        by, now = visit.somebody.id, self._office.now()
        try:
            await self._office.write(
                lambda connection: leases.grant(connection, id, station, until, by, now), Topic.COUPONS
            )
        except Refused as why:
            if why.reason != "bad_time":
                raise
            form.complain("until", "lease_time")
            return await self._one(visit, id, form)
        await self._office.down.coupons_changed(None)
        return visit.go(f"/coupons/one/{id}", "notice.leased")

    async def release(self, visit: Visit) -> web.StreamResponse:
        """Ends a lease before its time."""
        number, by, now = visit.number("number"), visit.somebody.id, self._office.now()

        def act(connection: Connection) -> str:
            leases.release(connection, number, by, now)
            return leases.one(connection, number).coupon

        coupon = await self._office.write(act, Topic.COUPONS)
        await self._office.down.coupons_changed(None)
        return visit.go(f"/coupons/one/{coupon}", "notice.released")


class AllowancePages:
    """How much a station may give away offline."""

    def __init__(self, office: Office) -> None:
        self._office = office

    def add(self, face: Face) -> None:
        """Adds the pages."""
        face.get("/coupons/allowance", self.page)
        face.post("/coupons/allowance", self.set, power=Power.COUPON)

    async def page(self, visit: Visit) -> web.Response:
        """As it is, and who set it."""
        return await self._page(visit, None)

    async def set(self, visit: Visit) -> web.StreamResponse:
        """Sets it for all stations."""
        form = await form_of(visit)
        wanted = Allowance(
            form.money("per_coupon", most=1_000_000_00),
            form.money("per_member_day", most=1_000_000_00),
            form.money("per_station_day", most=1_000_000_00),
            form.whole("book_hours", 0, 90 * 24) * HOUR,
        )
        if form.wrong:
            return await self._page(visit, form)
        by, now = visit.somebody.id, self._office.now()
        await self._office.write(lambda connection: settings.set_allowance(connection, wanted, by, now), Topic.COUPONS)
        await self._office.down.coupons_changed(None)
        return visit.go("/coupons/allowance", "notice.saved")

    async def _page(self, visit: Visit, form: Form | None) -> web.Response:
        def look(connection: Connection) -> Mapping[str, Any]:
            allowance = settings.allowance(connection)
            return {"allowance": allowance, "change": settings.allowance_change(connection), "hours": HOUR}

        return await self._office.page(visit, "allowance.html", look, 400 if form else 200, form=form or Form({}))


def _svg(text: str) -> Markup:
    return Markup(picture.svg(text, 5))  # noqa: S704 - made by segno from a code of ours, no words of anybody in it
