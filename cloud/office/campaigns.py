"""Campaigns: the list, a new one, one with its coupons, and issuing codes to show and print."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlencode

from aiohttp import web
from markupsafe import Markup

from cloud.access.accounts import Power
from cloud.coupons import issuing, picture, settings, uses
from cloud.coupons.issuing import CouponFilter, IssuedCoupon, NewCampaign
from cloud.office.forms import Form
from cloud.office.moments import DAY, write_moment
from cloud.office.news import Topic
from cloud.office.office import Office, form_of, query_of
from cloud.stations import register
from cloud.store.database import Connection
from shared.coupon import CouponKind
from shared.errors import Refused
from shared.face import Face, Visit
from shared.station import GRADES

PAGE: Final = 50
SHEET: Final = 200
"""Codes that are issued, and drawn on a sheet, at once."""
_ALL, _SOME = "all", "some"
_WHERE_WRONG: Final[Mapping[str, tuple[str, str]]] = {
    "exists": ("name", "taken"),
    "bad_name": ("name", "campaign_name"),
    "bad_value": ("value", "bad_value"),
    "bad_time": ("not_after", "after_start"),
    "bad_grade": ("grade", "choose"),
    "unknown_station": ("station", "choose"),
}
"""A refusal of the trade → the field that it is about, and the word for it."""


class CampaignPages:
    """Campaigns: the list, a new one, one with its coupons, and issuing."""

    def __init__(self, office: Office) -> None:
        self._office = office

    def add(self, face: Face) -> None:
        """Adds the pages."""
        face.get("/coupons", self.index)
        face.get("/coupons/new", self.new, power=Power.COUPON)
        face.post("/coupons/new", self.create, power=Power.COUPON)
        face.get("/coupons/campaign", self.one)
        face.post("/coupons/issue", self.issue, power=Power.COUPON)
        face.get("/coupons/sheet", self.sheet, power=Power.COUPON)

    async def index(self, visit: Visit) -> web.Response:
        """All campaigns."""

        def look(connection: Connection) -> Mapping[str, Any]:
            return {"campaigns": issuing.campaigns(connection), "allowance": settings.allowance(connection)}

        return await self._office.page(visit, "coupons.html", look)

    async def new(self, visit: Visit) -> web.Response:
        """The form for a new campaign."""
        now = self._office.now()
        start, end = write_moment(now), write_moment(now + 30 * DAY)
        return await self._new(visit, Form({"not_before": (start,), "not_after": (end,), "uses": ("1",)}))

    async def create(self, visit: Visit) -> web.StreamResponse:
        """Makes a campaign."""
        form = await form_of(visit)
        wanted = read_campaign(form)
        by, now = visit.somebody.id, self._office.now()
        if wanted is not None and not form.wrong:
            try:
                made = await self._office.write(
                    lambda connection: issuing.create_campaign(connection, wanted, by, now), Topic.COUPONS
                )
                return visit.go(campaign_path(made.id), "notice.campaign")
            except Refused as why:
                if why.reason not in _WHERE_WRONG:
                    raise
                form.complain(*_WHERE_WRONG[why.reason])
        return await self._new(visit, form)

    async def _new(self, visit: Visit, form: Form) -> web.Response:
        def look(connection: Connection) -> Mapping[str, Any]:
            return {"stations": list(register.names(connection, revoked=False).items()), "grades": list(GRADES)}

        return await self._office.page(visit, "campaign_new.html", look, 400 if form.wrong else 200, form=form)

    async def one(self, visit: Visit) -> web.Response:
        """A campaign with its coupons."""
        return await self._one(visit, Form({}))

    async def _one(self, visit: Visit, form: Form) -> web.Response:
        query = query_of(visit)
        name = (form.raw("name") or query.raw("name"))[:80]
        wanted = CouponFilter(name, query.text("q", 40, needed=False), read_cursor(query.raw("before")))

        def look(connection: Connection) -> Mapping[str, Any]:
            rows = issuing.page(connection, wanted, PAGE + 1)
            return {
                "campaign": issuing.campaign(connection, name),
                "rows": rows[:PAGE],
                "more": "{}.{}".format(*rows[PAGE - 1].place) if len(rows) > PAGE else "",
                "q": wanted.text,
                "first": wanted.before is None,
                "uses": uses.of_campaign(connection, name),
                "names": register.names(connection),
            }

        status = 400 if form.wrong else 200
        return await self._office.page(visit, "campaign.html", look, status, form=form, most=SHEET)

    async def issue(self, visit: Visit) -> web.StreamResponse:
        """Issues coupons, and shows their codes: the typed ones this once."""
        form = await form_of(visit)
        name, count = form.text("name", 40), form.whole("count", 1, SHEET)
        typed = form.chosen("typed", ("1",), "") == "1"
        if form.wrong:
            return await self._one(visit, form)
        by, now = visit.somebody.id, self._office.now()
        office = self._office.company
        issued = await asyncio.to_thread(issuing.issue, office.books, office.seal, name, count, by, now, typed=typed)
        self._office.news.tell(Topic.COUPONS)
        await self._office.down.coupons_changed(issued[0].terms.stations or None)
        drawn = await asyncio.to_thread(_drawn, issued)
        return await self._sheet(visit, name, drawn, fresh=True)

    async def sheet(self, visit: Visit) -> web.Response:
        """The QR codes of a campaign once more, to print. Typed codes can't be shown again."""
        name, seal = query_of(visit).raw("name")[:80], self._office.company.seal

        def drawing(connection: Connection) -> list[tuple[IssuedCoupon, Markup]]:
            good = [one for one in issuing.page(connection, CouponFilter(name), SHEET) if one.revoked_at is None]
            return _drawn(
                [IssuedCoupon(one.id, issuing.scanned_text(connection, seal, one.id), "", one.terms) for one in good]
            )

        return await self._sheet(visit, name, await self._office.read(drawing), fresh=False)

    async def _sheet(
        self, visit: Visit, name: str, drawn: Sequence[tuple[IssuedCoupon, Markup]], *, fresh: bool
    ) -> web.Response:
        def look(connection: Connection) -> Mapping[str, Any]:
            return {"campaign": issuing.campaign(connection, name)}

        return await self._office.page(visit, "coupon_sheet.html", look, drawn=drawn, fresh=fresh)


def read_campaign(form: Form) -> NewCampaign | None:
    """The campaign in a form; None, with complaints in the form, when it can't be read."""
    kind = form.chosen("kind", [kind.value for kind in CouponKind], CouponKind.AMOUNT.value)
    not_before, not_after = form.moment("not_before"), form.moment("not_after")
    new = NewCampaign(
        name=form.text("name", 40),
        kind=CouponKind(kind),
        value=_value(form, CouponKind(kind)),
        not_before=not_before,
        not_after=not_after,
        min_spend=form.money("min_spend", default=0),
        max_discount=form.money("max_discount", default=0),
        uses=form.whole("uses", 1, 1_000, 1),
        grades=form.several("grade", list(GRADES)),
        stations=form.raws("station") if form.chosen("where", (_ALL, _SOME), _ALL) == _SOME else (),
    )
    if form.raw("where") == _SOME and not new.stations:
        form.complain("station", "some_station")
    return None if form.wrong else new


def read_cursor(text: str) -> tuple[int, str] | None:
    """The place after which the next page begins; None for a text that names none."""
    issued_at, _, id = text.partition(".")
    readable = issued_at.isascii() and issued_at.isdigit() and len(issued_at) <= 15
    return (int(issued_at), id[:40]) if readable and id else None


def campaign_path(name: str) -> str:
    """The address of a campaign: its name may hold any character, so it stands in the query."""
    return "/coupons/campaign?" + urlencode({"name": name})


def _value(form: Form, kind: CouponKind) -> int:
    match kind:
        case CouponKind.AMOUNT:
            return form.money("value", 1, 10_000_00)
        case CouponKind.PER_LITRE:
            return form.unit_price("value", 1, 10_000)
        case CouponKind.PERCENT:
            return form.whole("value", 1, 100)


def _drawn(issued: Sequence[IssuedCoupon]) -> list[tuple[IssuedCoupon, Markup]]:
    return [(one, _svg(one.scanned)) for one in issued]


def _svg(text: str) -> Markup:
    return Markup(picture.svg(text, 3))  # noqa: S704 - made by segno from a code of ours, no words of anybody in it
