"""The station as a whole: open and closed, a disk that fails, parts that are missing, and those who watch."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlite_utils import Database

from edge.forecourt.changes import View
from edge.forecourt.views import PointView, SaleView, StationView
from edge.settings import Authorise as Who
from edge.store import writer
from shared.errors import Refused
from shared.messages import PumpAlarmed, StationSwitched
from shared.sale import SaleStatus
from shared.station import Key
from tests.edge.forecourt.yard import Yard, two_pumps

WHO = "attendant:小李"


async def reason(yard: Yard, point: int = 1) -> str:
    with pytest.raises(Refused) as refused:
        await yard.forecourt.authorise(point, WHO)
    return refused.value.reason


async def test_a_closed_station_releases_nobody_and_a_restart_does_not_open_it(tmp_path: Path) -> None:
    pumps = two_pumps()
    async with Yard(tmp_path / "s.db", pumps) as yard:
        await yard.forecourt.switch(False, WHO)
        assert await reason(yard) == "closed"
        pumps[1].lift(1)
        assert (await yard.phase(1, "closed")).can == ()
        pumps[1].hang_up()
    async with Yard(tmp_path / "s.db", pumps) as yard:
        await yard.phase(1, "closed")
        await yard.forecourt.switch(True, WHO)
        await yard.forecourt.switch(True, WHO)
        await yard.serve(1, 1_000)
        assert await yard.facts(StationSwitched) == [StationSwitched(False, WHO), StationSwitched(True, WHO)]


async def test_a_filling_that_runs_when_the_station_closes_runs_to_its_end(tmp_path: Path) -> None:
    async with Yard(tmp_path / "s.db", two_pumps()) as yard:
        pump = yard.pumps[1]
        pump.lift(1)
        await yard.phase(1, "calling")
        await yard.forecourt.authorise(1, WHO)
        await yard.phase(1, "started")
        pump.flow(1_000)
        await yard.forecourt.switch(False, WHO)
        await yard.phase(1, "fuelling")
        pump.fill(9_000)
        assert (await yard.sold(1))[0].sale.delivery.volume == 10_000
        await yard.phase(1, "closed")


async def test_suspend_and_resume(tmp_path: Path) -> None:
    async with Yard(tmp_path / "s.db", two_pumps()) as yard:
        pump = yard.pumps[1]
        pump.lift(1)
        await yard.phase(1, "calling")
        with pytest.raises(Refused):
            await yard.forecourt.suspend(1, WHO)
        await yard.forecourt.authorise(1, WHO)
        await yard.phase(1, "started")
        pump.flow(1_000)
        await yard.phase(1, "fuelling")
        await yard.forecourt.suspend(1, WHO)
        assert "resume" in (await yard.phase(1, "suspended_fuelling")).can
        await yard.forecourt.resume(1, WHO)
        await yard.phase(1, "fuelling")
        pump.fill(1_000)
        assert (await yard.sold(1))[0].sale.delivery.volume == 2_000


async def test_a_silent_dispenser_is_shown_and_its_filling_is_there_when_it_answers(tmp_path: Path) -> None:
    async with Yard(tmp_path / "s.db", two_pumps()) as yard:
        pump = yard.pumps[1]
        pump.lift(1)
        await yard.phase(1, "calling")
        await yard.forecourt.authorise(1, WHO)
        await yard.phase(1, "started")
        pump.flow(3_000)
        await yard.phase(1, "fuelling")
        pump.fall_silent()
        assert (await yard.phase(1, "inoperative")).trouble == "silent"
        assert await reason(yard) == "silent"
        pump.power_on()
        await yard.phase(1, "fuelling")
        pump.hang_up()
        assert (await yard.sold(1))[0].sale.status is SaleStatus.SETTLED


async def test_a_dispensers_alarm_is_told_to_head_office(tmp_path: Path) -> None:
    async with Yard(tmp_path / "s.db", two_pumps()) as yard:
        yard.pumps[2].alarm("emergency_stop", 9)
        await yard.until(lambda: yard.pumps[2])
        async with asyncio.timeout(5):
            while not await yard.facts(PumpAlarmed):  # noqa: ASYNC110 - the store knows of no event loop
                await asyncio.sleep(0.005)
        assert await yard.facts(PumpAlarmed) == [PumpAlarmed(2, "emergency_stop", "code 09")]
        assert (await yard.point(2)).trouble == "emergency_stop"


# ── The disk ──────────────────────────────────────────────────────────────────────────────────────────────────────────


class FailingDisk:
    """Commits fail while ``fails``, as SQLite fails on such a disk."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, code: int) -> None:
        self.fails = False
        self._code = code
        monkeypatch.setattr(writer, "seal", self.seal)

    def seal(self, db: Database) -> None:
        """In place of :func:`edge.store.writer.seal`."""
        if self.fails:
            error = sqlite3.OperationalError("the disk takes nothing")
            error.sqlite_errorcode = self._code
            raise error
        db.conn.execute("COMMIT")


SICK = {
    "full": (sqlite3.SQLITE_FULL, "The disk is full. Please make room"),
    "read-only": (sqlite3.SQLITE_READONLY, "The disk is read-only. Please have it checked"),
    "failing": (sqlite3.SQLITE_IOERR_FSYNC, "It will be tried again"),
}


@pytest.mark.parametrize(("code", "sentence"), SICK.values(), ids=SICK)
async def test_f120_a_sick_disk_loses_no_filling_refuses_the_next_and_is_well_again_by_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, sentence: str
) -> None:
    disk = FailingDisk(monkeypatch, code)
    async with Yard(tmp_path / "s.db", two_pumps(), Who.AUTOMATIC) as yard:
        pump = yard.pumps[1]
        pump.lift(1)
        await yard.phase(1, "started")
        disk.fails = True
        pump.fill(25_000)
        async with asyncio.timeout(5):
            while (await yard.point(1)).trouble != "unrecorded":  # noqa: ASYNC110 - views are asked, not awaited
                await asyncio.sleep(0.005)
        assert (await yard.point(1)).settling
        assert await yard.sales() == []
        assert yard.printer.nudges == 0
        assert pump.state == "finished"
        assert await reason(yard, 2) == "store"
        (trouble,) = (await yard.forecourt.view()).troubles
        assert (trouble.reason, sentence in trouble.detail) == ("not_writable", True)
        disk.fails = False
        (view,) = await yard.sold(1)
        assert view.sale.delivery.volume == 25_000
        await yard.phase(1, "idle")
        await yard.forecourt.each_second()
        assert (await yard.forecourt.view()).troubles == ()
        await yard.phase(1, "idle")
        yard.pumps[2].lift(1)
        await yard.phase(2, "started")


async def test_in_the_last_tenth_of_the_disk_budget_nothing_new_is_begun(tmp_path: Path) -> None:
    async with Yard(tmp_path / "s.db", two_pumps()) as yard:
        await yard.forecourt.authorise(1, WHO)
        await yard.phase(1, "authorised")
        await yard.store.run(lambda db: db.execute("CREATE TABLE ballast AS SELECT randomblob(1000000) AS b"))
        yard.forecourt.limit_disk(1_000_000)
        assert await reason(yard, 2) == "disk_full"
        await yard.forecourt.each_second()
        assert "disk_full" in {trouble.reason for trouble in (await yard.forecourt.view()).troubles}
        yard.pumps[1].lift(1)
        await yard.phase(1, "started")
        yard.pumps[1].fill(10_000)
        assert len(await yard.sold(1)) == 1


# ── Those who watch ───────────────────────────────────────────────────────────────────────────────────────────────────


async def next_of(changes: AsyncIterator[View], kind: type) -> View:
    async with asyncio.timeout(5):
        async for view in changes:
            if isinstance(view, kind):
                return view
    raise AssertionError("the watching ended")


async def test_a_watcher_sees_points_sales_and_the_station(tmp_path: Path) -> None:
    async with Yard(tmp_path / "s.db", two_pumps()) as yard:
        changes = yard.forecourt.changes()
        sold = asyncio.create_task(next_of(changes, SaleView))
        await asyncio.sleep(0)
        key = (await yard.serve(1, 1_000)).key
        view = await sold
        assert isinstance(view, SaleView)
        assert view.key == key


async def test_a_watcher_who_sleeps_is_told_the_latest_and_not_every_step(tmp_path: Path) -> None:
    async with Yard(tmp_path / "s.db", two_pumps(), Who.AUTOMATIC) as yard:
        changes = yard.forecourt.changes()
        first = asyncio.create_task(next_of(changes, PointView))
        await asyncio.sleep(0)
        yard.pumps[1].lift(1)
        await first
        await yard.phase(1, "started")
        for _ in range(500):
            yard.pumps[1].flow(10)
        await yard.until(lambda: yard.pumps[1].volume == 5_000)
        await yard.phase(1, "fuelling")
        await asyncio.sleep(0.05)
        view = await next_of(changes, PointView)
        assert isinstance(view, PointView)
        assert view.volume == 5_000


async def test_the_station_is_shown_with_its_backlog_and_its_troubles(tmp_path: Path) -> None:
    async with Yard(tmp_path / "s.db", two_pumps()) as yard:
        yard.forecourt.link_changed(False, "unreachable", "nobody answers")
        yard.forecourt.printer_changed("paper_out", "The printer has no paper.")
        yard.forecourt.line_trouble("island-1", "There is no serial port.")
        view = await yard.forecourt.view()
        assert isinstance(view, StationView)
        assert view.backlog == len(await yard.letters())
        assert {(trouble.part, trouble.reason) for trouble in view.troubles} == {
            ("broker", "unreachable"),
            ("printer", "paper_out"),
            ("line:island-1", "line_lost"),
        }
        yard.forecourt.link_changed(True, "", "")
        yard.forecourt.printer_changed("ok", None)
        yard.forecourt.line_trouble("island-1", None)
        view = await yard.forecourt.view()
        assert (view.troubles, view.connected, view.printer) == ((), True, "ok")


async def test_an_unknown_sale_is_refused(tmp_path: Path) -> None:
    async with Yard(tmp_path / "s.db", two_pumps()) as yard:
        for key in (Key("s1", yard.store.epoch, 1), Key("s2", yard.store.epoch, 1), Key("s1", 1, 99)):
            with pytest.raises(Refused):
                await yard.forecourt.sale(key)
