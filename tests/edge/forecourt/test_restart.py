"""The agent dies, and comes back: at every moment of a filling, once by one, and by power cuts at every commit."""

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from msgspec.structs import replace
from sqlite_utils import Database

from edge.settings import Authorise as Who
from edge.store import writer
from edge.store.fillings import OpenFilling
from hardware.ports import Authorise, Clear, PumpState
from shared.codes import scanned_code
from shared.coupon import Allowance, CouponKind, CouponTerms
from shared.errors import Refused
from shared.messages import CouponBook, PumpAlarmed
from shared.sale import SaleStatus
from tests.edge.forecourt.codes import PRIVATE, PUBLIC
from tests.edge.forecourt.yard import QUICK, Yard, letters, two_pumps
from tests.fakes.pump import FakePump

TERMS = CouponTerms("c1", "冒烟券", CouponKind.AMOUNT, 1_500, 0, 2**50)
BOOK = CouponBook(1, {1: PUBLIC}, b"", Allowance(book_age=2**50))
LITRES = 20_000


async def test_an_agent_killed_while_a_car_fuels_sells_it_when_it_is_back(tmp_path: Path) -> None:
    pumps = two_pumps()
    async with Yard(tmp_path / "s.db", pumps) as yard:
        pumps[1].lift(2)
        await yard.phase(1, "calling")
        await yard.forecourt.authorise(1, "attendant:小李")
        await yard.phase(1, "started")
        pumps[1].flow(10_000)
        await yard.phase(1, "fuelling")
    pumps[1].flow(10_000)
    async with Yard(tmp_path / "s.db", pumps) as yard:
        assert (await yard.phase(1, "fuelling")).nozzle == 2
        pumps[1].fill(5_000)
        sale = (await yard.sold(1))[0].sale
        assert (sale.delivery.volume, sale.authorised_by) == (25_000, "attendant:小李")
        assert sale.status is SaleStatus.SETTLED
        assert sale.started.boot == 1
        assert sale.finished.boot == 2
        assert await yard.facts(PumpAlarmed) == []
        assert pumps[1].said(Authorise) == 1


async def test_a_filling_that_ended_while_the_agent_was_dead_is_sold_at_its_start(tmp_path: Path) -> None:
    pumps = two_pumps()
    async with Yard(tmp_path / "s.db", pumps) as yard:
        await yard.forecourt.authorise(2, "attendant:小李")
        await yard.phase(2, "authorised")
    pumps[2].lift(2)
    pumps[2].fill(30_000, nozzle=2)
    async with Yard(tmp_path / "s.db", pumps) as yard:
        sale = (await yard.sold(1))[0].sale
        assert (sale.delivery.nozzle, sale.delivery.grade, sale.delivery.volume) == (2, "0#", 30_000)
        assert sale.status is SaleStatus.SETTLED
        assert sale.authorised_by == "attendant:小李"


async def test_a_release_that_never_reached_the_dispenser_is_taken_back(tmp_path: Path) -> None:
    pumps = two_pumps()
    async with Yard(tmp_path / "s.db", pumps) as yard:
        await yard.serve(1, 7_000)
        await yard.phase(1, "idle")
        pumps[1].unplugged = True
        await yard.forecourt.authorise(1, "attendant:小李")
    pumps[1].unplugged = False
    async with Yard(tmp_path / "s.db", pumps) as yard:
        assert len(await yard.sales()) == 1
        assert "authorise" in (await yard.point(1)).can
        assert await fillings_left(yard) == []


async def test_who_lifted_a_nozzle_before_the_last_sale_was_cleared_is_served(tmp_path: Path) -> None:
    """The agent died between sale and clearing; the next customer holds his nozzle already when it comes back."""
    pumps = two_pumps()
    pumps[1].deaf = {Clear}
    async with Yard(tmp_path / "s.db", pumps) as yard:
        await yard.serve(1, 7_000)
    pumps[1].deaf = set()
    pumps[1].lift(1)
    async with Yard(tmp_path / "s.db", pumps) as yard:
        await yard.phase(1, "calling")
        await yard.forecourt.authorise(1, "attendant:小李")
        await yard.phase(1, "started")
        pumps[1].fill(9_000)
        assert [view.sale.delivery.volume for view in await yard.sold(2)] == [7_000, 9_000]
        assert await yard.facts(PumpAlarmed) == []


async def test_who_lifted_another_nozzle_before_the_last_filling_was_recorded_is_served(tmp_path: Path) -> None:
    """The agent died over a filling; when it is back, the next customer stands there with the other nozzle."""
    pumps = two_pumps()
    async with Yard(tmp_path / "s.db", pumps, Who.AUTOMATIC) as yard:
        pumps[1].lift(1)
        await yard.phase(1, "started")
        pumps[1].flow(5_000)
        await yard.phase(1, "fuelling")
    pumps[1].hang_up()
    pumps[1].lift(2)
    async with Yard(tmp_path / "s.db", pumps, Who.AUTOMATIC) as yard:
        await yard.phase(1, "started")
        pumps[1].fill(9_000, nozzle=2)
        sold = [view.sale.delivery for view in await yard.sold(2)]
        assert [(fuel.nozzle, fuel.volume) for fuel in sold] == [(1, 5_000), (2, 9_000)]


async def test_who_lifted_the_nozzle_of_a_filling_that_nobody_recorded_does_not_hold_it_up(tmp_path: Path) -> None:
    """While the agent was dead, one customer hung up and the next one lifted the same nozzle."""
    pumps = two_pumps()
    async with Yard(tmp_path / "s.db", pumps, Who.AUTOMATIC) as yard:
        pumps[1].lift(1)
        await yard.phase(1, "started")
        pumps[1].flow(10_000)
        await yard.phase(1, "fuelling")
    pumps[1].hang_up()
    pumps[1].lift(1)
    async with Yard(tmp_path / "s.db", pumps, Who.AUTOMATIC, patience=replace(QUICK, hand=50)) as yard:
        sale = (await yard.sold(1))[0].sale
        assert (sale.delivery.volume, sale.status) == (10_000, SaleStatus.SETTLED)
        assert pumps[1].said(Authorise) == 1, "who holds it must hang up first: it may be the same hand"
        pumps[1].hang_up()
        pumps[1].lift(1)
        await yard.phase(1, "started")


async def test_a_coupon_that_was_shown_still_lies_there(tmp_path: Path) -> None:
    pumps = two_pumps()
    async with Yard(tmp_path / "s.db", pumps) as yard:
        await yard.coupons(BOOK)
        await yard.forecourt.present(1, scanned_code(TERMS, 1, PRIVATE), "attendant:小李")
    async with Yard(tmp_path / "s.db", pumps) as yard:
        coupon = (await yard.point(1)).coupon
        assert coupon is not None
        assert coupon.coupon == "c1"
        assert (await yard.serve(1, LITRES)).sale.redemptions[0].discount == 1_500


async def test_a_pump_that_lost_its_figures_leaves_a_disputed_sale_and_not_nothing(tmp_path: Path) -> None:
    pumps = two_pumps()
    async with Yard(tmp_path / "s.db", pumps) as yard:
        await yard.forecourt.authorise(1, "attendant:小李")
        pumps[1].lift(1)
        await yard.phase(1, "started")
        pumps[1].flow(9_000)
        await yard.phase(1, "fuelling")
    pumps[1].out, pumps[1].volume, pumps[1].amount, pumps[1].state = False, 0, 0, PumpState.READY
    async with Yard(tmp_path / "s.db", pumps) as yard:
        sale = (await yard.sold(1))[0].sale
        assert sale.status is SaleStatus.DISPUTED
        assert (sale.proof.after or 0) - (sale.proof.before or 0) == 9_000


async def fillings_left(yard: Yard) -> list[OpenFilling]:
    """Leaves that never ended."""
    return await yard.store.read(lambda db: db.execute("SELECT body FROM filling WHERE ended IS NULL").fetchall())


# ── A power cut at every commit ───────────────────────────────────────────────────────────────────────────────────────


class PowerCut:
    """The machine dies at its nth commit, a moment before it is on the disk or a moment after."""

    def __init__(self, at: int, after: bool) -> None:
        self.at = at
        self.after = after
        self.commits = 0
        self.dark = asyncio.Event()
        self._loop = asyncio.get_running_loop()

    def seal(self, db: Database) -> None:
        """In place of :func:`edge.store.writer.seal`."""
        self.commits += 1
        if self.commits == self.at and self.after:
            db.conn.execute("COMMIT")
        if self.commits >= self.at:
            self._loop.call_soon_threadsafe(self.dark.set)
            error = sqlite3.OperationalError("the power is gone")
            error.sqlite_errorcode = sqlite3.SQLITE_IOERR
            raise error
        db.conn.execute("COMMIT")


@contextmanager
def power_cut(cut: PowerCut) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(writer, "seal", cut.seal)
        yield


async def evening(yard: Yard, pump: FakePump) -> None:
    """One customer with a coupon, from wherever the evening stands now."""
    view = await yard.phase(1, "idle", "calling", "started", "authorised")
    if not await yard.sales() and pump.volume == 0:
        if view.coupon is None:
            await yard.forecourt.present(1, scanned_code(TERMS, 1, PRIVATE), "attendant:小李")
        if not pump.out:
            pump.lift(1)
        if pump.state not in (PumpState.AUTHORISED, PumpState.FUELLING):
            await yard.phase(1, "calling")
            await yard.forecourt.authorise(1, "attendant:小李")
        await yard.phase(1, "started")
        pump.fill(LITRES)
    await yard.sold(1)
    await yard.phase(1, "idle")


async def until_dark(yard: Yard, pump: FakePump, cut: PowerCut) -> None:
    """The customer is served until the power fails; fuel that runs goes on running."""
    serving, dark = asyncio.ensure_future(evening(yard, pump)), asyncio.ensure_future(cut.dark.wait())
    await asyncio.wait((serving, dark), return_when=asyncio.FIRST_COMPLETED)
    for task in (serving, dark):
        task.cancel()
        with suppress(asyncio.CancelledError, Refused):
            await task
    if pump.state is PumpState.AUTHORISED and pump.out:
        pump.fill(LITRES)


async def commits_of_an_evening(path: Path) -> int:
    """How many moments there are to die at."""
    cut = PowerCut(at=10**9, after=False)
    async with Yard(path, two_pumps()) as yard:
        await yard.price()
        await yard.coupons(BOOK)
        with power_cut(cut):
            await evening(yard, yard.pumps[1])
    return cut.commits


@pytest.mark.slow
async def test_f23_a_power_cut_at_every_commit_of_a_filling_leaves_exactly_one_sale(tmp_path: Path) -> None:
    commits = await commits_of_an_evening(tmp_path / "dry.db")
    assert commits >= 4
    for at in range(1, commits + 1):
        for after in (False, True):
            await one_power_cut(tmp_path / f"{at}-{after}.db", at, after)


async def one_power_cut(path: Path, at: int, after: bool) -> None:
    pumps = two_pumps()
    async with Yard(path, pumps) as yard:
        await yard.price()
        await yard.coupons(BOOK)
        cut = PowerCut(at, after)
        with power_cut(cut):
            await until_dark(yard, pumps[1], cut)
            for pump in pumps.values():
                pump.hear = lambda _: None
            await yard.forecourt.close()
    async with Yard(path, pumps) as yard:
        await evening(yard, pumps[1])
        story = f"cut at commit {at}, {'after' if after else 'before'} it was on the disk"
        (view,) = await yard.sales()
        sale = view.sale
        assert (sale.delivery.volume, sale.status) == (LITRES, SaleStatus.SETTLED), story
        assert [used.discount for used in sale.redemptions] == [1_500], story
        assert sale.authorised_by == "attendant:小李", story
        assert len(view.slips) == 1, story
        assert await fillings_left(yard) == [], story
        sequence = [letter.seq for letter in await yard.letters()]
        assert sequence == list(range(1, len(sequence) + 1)), story
        assert await yard.facts(PumpAlarmed) == [], story
        uses = await yard.store.read(lambda db: db.execute("SELECT count(*) FROM redemption").fetchone())
        assert uses == (1,), story


# ── SIGKILL at any instant ────────────────────────────────────────────────────────────────────────────────────────────

KILLS = 10


@pytest.mark.slow
@pytest.mark.slow
def test_f29_every_receipt_that_was_printed_has_its_sale_after_sigkill_at_any_instant(tmp_path: Path) -> None:
    """Receipt printed, sale gone, and the next sale under its number: never, whenever the agent is killed."""
    store, paper = tmp_path / "s.db", tmp_path / "paper"
    paper.write_text("")
    for kill in range(KILLS):
        agent = subprocess.Popen(
            [sys.executable, "-m", "tests.edge.forecourt.busy_station", str(store), str(paper)],
            stdout=subprocess.PIPE,
            cwd=Path(__file__).parents[3],
        )
        assert agent.stdout is not None
        assert agent.stdout.readline() == b"selling\n"
        time.sleep(0.05 + 0.037 * kill)
        os.kill(agent.pid, signal.SIGKILL)
        agent.wait()
        agent.stdout.close()
    printed = [line.split() for line in paper.read_text().splitlines()]
    kept = sold(store)
    assert len(printed) > KILLS, "too few receipts to tell anything"
    for number, amount in printed:
        assert kept[number] == int(amount), f"receipt {number} was printed, and its sale is not in the books"
    assert len({number for number, _ in printed}) == len(printed), "a number was given to two receipts"


def sold(path: Path) -> dict[str, int]:
    """Numbers and amounts of all sales in the store; its letters have no holes."""
    db = Database(sqlite3.connect(path))
    station, epoch = db.execute("SELECT station, epoch FROM station").fetchone()
    kept = {
        f"{station}-{epoch}-{letter.seq}": letter.body.sale.delivery.amount
        for letter in letters(db)
        if hasattr(letter.body, "sale")
    }
    places = [row[0] for row in db.execute("SELECT seq FROM letter ORDER BY place")]
    assert places == list(range(1, len(places) + 1))
    db.close()
    return kept
