"""Codes: scanned anywhere on the page, or typed on the keypad, and shown at a fuelling point."""

from aiohttp import web

from edge.attendant import forms
from edge.attendant.cards import Card, card
from edge.attendant.points import name_of
from edge.attendant.port import ForecourtDoor
from edge.forecourt.views import CouponView
from shared.coupon import Reason
from shared.errors import Refused
from shared.face import Say, Visit
from shared.money import yuan

POINTS = 999


class Codes:
    """Views over codes."""

    def __init__(self, forecourt: ForecourtDoor) -> None:
        self._forecourt = forecourt

    async def page(self, visit: Visit) -> web.StreamResponse:
        """The keypad, beside the points where a code may be shown now."""
        chosen = forms.whole(visit.request.query, "point", POINTS)
        points = await self._open_points()
        if not chosen and len(points) == 1:
            chosen = points[0].point.point
        return visit.page("verify.html", cards=points, chosen=chosen)

    async def points(self, visit: Visit) -> web.StreamResponse:
        """Those points alone, as they change."""
        chosen = forms.whole(visit.request.query, "point", POINTS)
        return visit.part("parts/code_points.html", cards=await self._open_points(), chosen=chosen)

    async def scanned(self, visit: Visit) -> web.StreamResponse:
        """A scanner spoke while some page was open: at which point is it?"""
        code = forms.code(await visit.fields())
        _ = visit.somebody
        return visit.sheet("sheets/scanned.html", code=code, cards=await self._open_points())

    async def present(self, visit: Visit) -> web.StreamResponse:
        """The code, at a point: what it gives, in words, or why not."""
        fields = await visit.fields()
        point, code = forms.whole(fields, "point", POINTS), forms.code(fields)
        if not point:
            return self._answer(visit, 0, None, visit.say("verify.choose_point"))
        try:
            coupon = await self._forecourt.present(point, code, name_of(visit.person))
        except Refused as why:
            return self._answer(visit, point, None, visit.say.reason(why.reason, str(why)))
        return self._answer(visit, point, coupon, told(visit.say, coupon))

    def _answer(self, visit: Visit, point: int, coupon: CouponView | None, sentence: str) -> web.StreamResponse:
        events = {"clear": "code"} if coupon else None
        return visit.part("parts/verdict.html", events=events, point=point, coupon=coupon, sentence=sentence)

    async def _open_points(self) -> list[Card]:
        return [card(point) for point in await self._forecourt.points() if "present" in point.can]


def told(say: Say, coupon: CouponView) -> str:
    """What a coupon gives on this filling, in words."""
    verdict = coupon.verdict
    if verdict.accepted and verdict.discount:
        return say("verify.gives", money=yuan(verdict.discount))
    if verdict.accepted:
        return say("verify.gives_later")
    if verdict.reason in (Reason.BELOW_MINIMUM, Reason.OTHER_GRADE):
        return say(f"verify.pending_{verdict.reason.value}")
    return say.reason(verdict.reason.value)
