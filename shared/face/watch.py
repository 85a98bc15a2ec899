"""What programs look at: ``/metrics`` for Prometheus and ``/health`` for whoever asks how it is.

On a listener of its own: for this machine alone, or for whoever knows the token. Nothing here tells a secret, a person
or a sale; how many and how long, and which part is unwell.
"""

from collections.abc import Awaitable, Callable, Iterable
from hmac import compare_digest
from typing import Final

import msgspec
from aiohttp import web
from msgspec import Struct
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import CollectorRegistry

from shared.errors import Unavailable
from shared.face.texts import LANGUAGES
from shared.health import Health
from shared.tally import Tally

_MICRO: Final = 1_000_000

Look = Callable[[], Awaitable[Iterable[Metric]]]
Ask = Callable[[str], Awaitable[Health]]


class Place(Struct, frozen=True):
    """Where it listens. ``token`` empty: whoever reaches the address may look."""

    host: str
    port: int
    token: str = ""


class WatchDoor:
    """``await open()``, ``await close()``. ``look`` gives the figures, ``ask`` the health in a language."""

    def __init__(self, place: Place, look: Look, ask: Ask) -> None:
        self._place = place
        self._look = look
        self._ask = ask
        self._runner: web.AppRunner | None = None

    async def open(self) -> None:
        """:exc:`Unavailable` when the address is taken."""
        application = web.Application(middlewares=[self._admit])
        application.router.add_get("/metrics", self._metrics)
        application.router.add_get("/health", self._health)
        self._runner = web.AppRunner(application, access_log=None)
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, self._place.host, self._place.port).start()
        except OSError as why:
            raise Unavailable(
                f"Nobody can watch at {self._place.host}:{self._place.port}: {why.strerror}. Choose another watch.port."
            ) from why

    async def close(self) -> None:
        """Closes it."""
        if self._runner is not None:
            await self._runner.cleanup()

    @web.middleware
    async def _admit(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        shown = request.headers.get("Authorization", "")
        if self._place.token and not compare_digest(shown.encode(), f"Bearer {self._place.token}".encode()):
            return web.Response(status=401, headers={"WWW-Authenticate": "Bearer"}, text="A token is needed.\n")
        return await handler(request)

    async def _metrics(self, _: web.Request) -> web.Response:
        registry = CollectorRegistry(auto_describe=False)
        registry.register(_Told(await self._look()))
        return web.Response(body=generate_latest(registry), headers={"Content-Type": CONTENT_TYPE_LATEST})

    async def _health(self, request: web.Request) -> web.Response:
        wished = request.headers.get("Accept-Language", "")[:2]
        told = await self._ask(wished if wished in LANGUAGES else LANGUAGES[0])
        if "text/plain" in request.headers.get("Accept", ""):
            return web.Response(status=told.status, text=told.text())
        return web.Response(status=told.status, body=msgspec.json.encode(told), content_type="application/json")


class _Told:
    """Figures that were gathered already."""

    def __init__(self, metrics: Iterable[Metric]) -> None:
        self._metrics = list(metrics)

    def collect(self) -> Iterable[Metric]:
        """As the registry wants them."""
        return self._metrics


def gauge(name: str, what: str, value: float, **labels: str) -> GaugeMetricFamily:
    """A figure that goes up and down."""
    return gauges(name, what, [(labels, value)])


def gauges(name: str, what: str, values: Iterable[tuple[dict[str, str], float]]) -> GaugeMetricFamily:
    """The same with labels; each with the same ones."""
    listed = list(values)
    family = GaugeMetricFamily(name, what, labels=sorted(listed[0][0]) if listed else ())
    for labels, value in listed:
        family.add_metric([labels[label] for label in sorted(labels)], value)
    return family


def counters(name: str, what: str, values: Iterable[tuple[dict[str, str], float]]) -> CounterMetricFamily:
    """Figures that only grow while the program runs."""
    listed = list(values)
    family = CounterMetricFamily(name, what, labels=sorted(listed[0][0]) if listed else ())
    for labels, value in listed:
        family.add_metric([labels[label] for label in sorted(labels)], value)
    return family


def durations(name: str, what: str, tally: Tally) -> HistogramMetricFamily:
    """How long something took, in seconds."""
    family = HistogramMetricFamily(name, what)
    told = tally.cumulative()
    boxes = [("+Inf" if bound is None else str(bound / _MICRO), count) for bound, count in told]
    family.add_metric([], boxes, tally.sum / _MICRO)
    return family
