"""Slips of paper as pictures: what the printer was told, drawn dot for dot."""

import asyncio
from pathlib import Path
from typing import Any

from aiohttp import web

from edge.attendant.port import ForecourtDoor
from edge.forecourt.day import day_start
from edge.forecourt.receipts import ReceiptHead, receipt
from edge.forecourt.views import SaleView
from edge.settings import Settings
from edge.store import printing
from edge.store.database import Store
from hardware.printers import escpos, picture, virtual
from shared.face import Visit

SHOWN = 24
"""Slips in the gallery, and lines of the journal."""
_VIRTUAL = "virtual:"


class Slips:
    """Views over slips."""

    def __init__(self, forecourt: ForecourtDoor, store: Store, settings: Settings) -> None:
        self._forecourt, self._store = forecourt, store
        self._head = ReceiptHead(settings.station.name, settings.station.utc_offset)
        self._width = settings.printer.width
        self._utc_offset = settings.station.utc_offset
        url = settings.printer.url
        self._tray = Path(url.removeprefix(_VIRTUAL)) if url.startswith(_VIRTUAL) else None
        """Where the virtual printer's paper falls; None for a real printer."""

    async def page(self, visit: Visit) -> web.StreamResponse:
        """The printer, its journal, and the papers in the virtual printer's tray."""
        return visit.page("slips.html", **await self._values())

    async def rows(self, visit: Visit) -> web.StreamResponse:
        """The same without the page around it."""
        return visit.part("parts/gallery.html", **await self._values())

    async def paper(self, visit: Visit) -> web.StreamResponse:
        """One paper in the tray."""
        number = visit.number("number")
        papers = await self._papers()
        found = next((paper for paper in papers if paper.number == number), None)
        if self._tray is None or found is None:
            raise web.HTTPNotFound
        try:
            data = await asyncio.to_thread(virtual.picture, self._tray / found.picture)
        except OSError as why:
            raise web.HTTPNotFound from why
        return web.Response(body=data, content_type="image/png")

    async def picture(self, view: SaleView) -> bytes:
        """The receipt of a sale as PNG: the newest slip's own bytes, or what would be printed now."""
        data = await self._store.read(printing.slip_bytes, view.slips[-1].job) if view.slips else None
        if data is None:
            data = escpos.job(receipt(view.sale, view.key, self._head, view.settled), self._width)
        return await asyncio.to_thread(picture.render, data, self._width)

    async def _values(self) -> dict[str, Any]:
        start = day_start(self._store.clock.now(), self._utc_offset)
        sales = await self._forecourt.sales(start)
        journal = sorted(((slip, sale) for sale in sales for slip in sale.slips), key=lambda line: -line[0].job)
        return {
            "station": await self._forecourt.view(),
            "journal": journal[:SHOWN],
            "papers": await self._papers(),
            "virtual": self._tray is not None,
        }

    async def _papers(self) -> list[virtual.VirtualSlip]:
        """The newest first."""
        if self._tray is None:
            return []
        return (await asyncio.to_thread(virtual.slips, self._tray))[: -SHOWN - 1 : -1]
