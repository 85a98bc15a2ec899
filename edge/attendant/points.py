"""The forecourt on the screen, and what may be done at each of its points."""

from collections.abc import Awaitable, Callable

from aiohttp import web

from edge.attendant import forms
from edge.attendant.cards import calling, card, columns
from edge.attendant.port import ForecourtDoor
from edge.forecourt.views import PointView
from shared.face import Person, Visit
from shared.money import yuan
from shared.sale import Preset, PresetKind
from shared.volume import litres

PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼使港澳学警领挂临"
PLATE_KEYS = "1234567890QWERTYUPASDFGHJKLZXCVBNM"
"""No letter I and no letter O stand on a Chinese plate."""


def name_of(person: Person | None) -> str:
    """The name in which a wish is made. Anybody may stop; all else needs a person."""
    return f"attendant:{person.name}" if person else "touchscreen"


class Points:
    """Views over the fuelling points."""

    def __init__(self, forecourt: ForecourtDoor) -> None:
        self._forecourt = forecourt

    async def board(self, visit: Visit) -> web.StreamResponse:
        """All points."""
        station, points = await self._forecourt.view(), await self._forecourt.points()
        cards = [card(point) for point in points]
        return visit.page(
            "forecourt.html",
            station=station,
            cards=cards,
            columns=columns(len(cards)),
            calling=calling(points),
            owing=await self._forecourt.tills.owing(),
        )

    async def sheet(self, visit: Visit) -> web.StreamResponse:
        """One point, with what may be done there now."""
        return visit.sheet("sheets/point.html", card=card(await self._point(visit)))

    async def preset_sheet(self, visit: Visit) -> web.StreamResponse:
        """The keypad for a limit."""
        kind = "volume" if visit.request.query.get("limit") == "volume" else "amount"
        return visit.sheet("sheets/preset.html", card=card(await self._point(visit)), limit=kind)

    async def plate_sheet(self, visit: Visit) -> web.StreamResponse:
        """The keys of a number plate."""
        point = await self._point(visit)
        return visit.sheet("sheets/plate.html", point=point, provinces=PROVINCES, keys=PLATE_KEYS)

    async def authorise(self, visit: Visit) -> web.StreamResponse:
        """Let it fuel, with a limit or without."""
        fields = await visit.fields()
        limit, nozzle = forms.preset(fields), forms.whole(fields, "nozzle", 15)
        point = visit.number("point")
        await self._forecourt.authorise(point, name_of(visit.person), limit, nozzle)
        return visit.said(_authorised(visit, point, limit), close=True)

    def act(self, what: str) -> Callable[[Visit], Awaitable[web.StreamResponse]]:
        """The view for ``stop``, ``suspend``, ``resume``, ``withdraw`` or ``free``."""

        async def view(visit: Visit) -> web.StreamResponse:
            point, by = visit.number("point"), name_of(visit.person)
            match what:
                case "stop":
                    await self._forecourt.stop(point, by)
                case "suspend":
                    await self._forecourt.suspend(point, by)
                case "resume":
                    await self._forecourt.resume(point, by)
                case "withdraw":
                    await self._forecourt.withdraw(point, by)
                case "free":
                    await self._forecourt.free(point, by)
            return visit.said(visit.say(f"done.{what}", point=point), close=True)

        return view

    async def stop_all(self, visit: Visit) -> web.StreamResponse:
        """Everything stops. The one act that needs no PIN: whoever sees danger may do it."""
        await self._forecourt.stop_all(name_of(visit.person))
        return visit.said(visit.say("done.stop_all"), "warning", close=True)

    async def identify(self, visit: Visit) -> web.StreamResponse:
        """Whose car this is."""
        fields = await visit.fields()
        plate, member = forms.plate(fields), forms.member(fields)
        point = visit.number("point")
        await self._forecourt.identify(point, member, plate, name_of(visit.person))
        return visit.said(visit.say("done.identify", point=point, plate=plate or member or "–"), close=True)

    async def _point(self, visit: Visit) -> PointView:
        number = visit.number("point")
        found = next((point for point in await self._forecourt.points() if point.point == number), None)
        if found is None:
            raise web.HTTPNotFound
        return found


def _authorised(visit: Visit, point: int, limit: Preset | None) -> str:
    if limit is None:
        return visit.say("done.authorise", point=point)
    shown = f"¥{yuan(limit.value)}" if limit.kind is PresetKind.AMOUNT else f"{litres(limit.value)} L"
    return visit.say("done.authorise_limit", point=point, limit=shown)
