"""Sales found, traced and taken away."""

import csv
import io
import re
from typing import Any

import pytest
from aiohttp import ClientError

from cloud.office import sales
from cloud.sales import listing
from cloud.stations import commands
from shared.errors import Unavailable
from shared.messages import ReprintSlip, SaleRecorded
from tests.cloud.office.stage import Browser, Stage
from tests.cloud.scene import EPOCH, STATIONS, a_sale


async def test_sales_are_found_by_plate_status_and_day(owner: Browser, busy: Stage) -> None:
    page = await owner.look("/sales", params={"q": "川A6D90X"})
    assert "共 1 笔" in page
    page = await owner.look("/sales?status=disputed")
    assert "67.96" in page
    assert "共 1 笔" in page
    page = await owner.look("/sales?status=flagged&first=2026-11-22")
    assert "油价版本未知" in page
    assert "没有符合条件的订单" in await owner.look("/sales?day=2026-01-01")


async def test_every_sale_is_on_exactly_one_page(owner: Browser, busy: Stage) -> None:
    seen: list[str] = []
    path = "/sales"
    while True:
        page = await owner.look(path)
        seen += re.findall(r'class="plain strong" href="/sales/([^"]+)"', page)
        following = re.findall(r'href="(/sales\?before=[^"]+)"', page)
        if not following:
            break
        path = following[0].replace("&amp;", "&")
    assert len(seen) == len(set(seen)) == len(busy.scene.rows_of("sale"))


async def test_the_trace_runs_from_the_nozzle_to_the_letter(owner: Browser, busy: Stage) -> None:
    (row,) = [row for row in busy.scene.rows_of("sale") if row.plate == "川A6D90X"]
    (case,) = [case for case in busy.scene.rows_of("case") if case.kind == "disputed_sale"]
    page = await owner.look(f"/sales/{row.station}-{row.epoch}-{row.seq}")
    told = ("67.96", "40.78", "81,234.56", "不符", "争议订单", f"№ {case.id}", "暂不收款")
    for words in (*told, bytes(row.letter_sha256).hex()):
        assert words in page, words


async def test_a_sale_that_is_not_there_is_said_in_a_sentence(owner: Browser) -> None:
    page = await owner.look(f"/sales/{STATIONS[0]}-{EPOCH}-999999")
    assert (owner.status, "可能还在路上" in page) == (409, True)


async def test_the_file_holds_every_sale_and_no_formula(owner: Browser, busy: Stage) -> None:
    busy.tell(STATIONS[0], SaleRecorded(a_sale(busy.clock, plate="=cmd|' /C calc'!A0")))
    text = await owner.look("/sales.csv")
    assert owner.response is not None
    assert owner.response.headers["Content-Disposition"].startswith("attachment")
    rows = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))
    assert len(rows) == 1 + len(busy.scene.rows_of("sale"))
    assert rows[0][:3] == ["订单号", "油站", "营业日"]
    assert not [cell for row in rows[1:] for cell in row if cell.startswith(("=", "+", "@"))]
    text = await owner.look("/sales.csv?status=disputed")
    assert len(text.splitlines()) == 2


async def test_a_receipt_is_asked_for_once_more(owner: Browser, busy: Stage) -> None:
    (row,) = [row for row in busy.scene.rows_of("sale") if row.plate == "川A6D90X"]
    key = f"{row.station}-{row.epoch}-{row.seq}"
    await owner.look(f"/sales/{key}")
    await owner.send(f"/sales/{key}/reprint", {"seconds": "60"})
    assert busy.scene.read(commands.latest, row.station, busy.clock)[0].action == ReprintSlip(row.epoch, row.seq)


async def test_half_a_file_never_looks_like_a_whole_one(
    owner: Browser, busy: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sales, "CHUNK", 40)
    whole = listing.page
    reads = 0

    def failing(*words: Any) -> Any:
        nonlocal reads
        reads += 1
        if reads > 2:
            raise Unavailable("The company's database can't be used now.")
        return whole(*words)

    monkeypatch.setattr(listing, "page", failing)
    with pytest.raises(ClientError):
        await owner.look("/sales.csv")
