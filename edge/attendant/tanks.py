"""The station's tanks on the screen: levels, water, temperature, alarms, deliveries. Works without a network."""

from typing import Any

from aiohttp import web

from edge.store.database import Store
from edge.tanks.tanks import Tanks
from edge.tanks.views import TankView
from shared.face import Visit

HEIGHT = 150
"""Of a drawn tank, inside its wall."""
_OLD = 180_000
"""A reading that is older than this says so."""
_HARMLESS = frozenset({"leak_test", "delivery_needed", "test_due"})


class TankPages:
    """Views over the tanks."""

    def __init__(self, tanks: Tanks, store: Store) -> None:
        self._tanks, self._store = tanks, store

    async def page(self, visit: Visit) -> web.StreamResponse:
        """All tanks."""
        return visit.page("tanks.html", **await self._values())

    async def rows(self, visit: Visit) -> web.StreamResponse:
        """The same without the page around it."""
        return visit.part("parts/tanks.html", **await self._values())

    async def _values(self) -> dict[str, Any]:
        view = await self._tanks.view()
        return {
            "gauges": view.gauges,
            "deliveries": view.deliveries,
            "now": self._store.clock.wall(),
            "tank_height": HEIGHT,
            "tank_tone": tone,
            "fuel_height": fuel_height,
            "is_old": lambda tank, now: tank.read_at and now - tank.read_at > _OLD,
        }


def tone(tank: TankView) -> str:
    """How a tank looks: bad with an alarm, a warning with one that can wait."""
    if not tank.alarms:
        return "" if tank.read_at and tank.grade else "warning"
    return "warning" if all(one.alarm in _HARMLESS for one in tank.alarms) else "bad"


def fuel_height(tank: TankView, volume: int | None) -> int:
    """How high so much stands in the drawing; what is there at all can be seen."""
    if not volume or not tank.capacity:
        return 0
    return max(2, min(HEIGHT, HEIGHT * volume // tank.capacity))
