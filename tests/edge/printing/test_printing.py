"""The receipt printer of a station: what is printed, what waits, what is never printed twice."""

import asyncio
import signal
import sys
from pathlib import Path

import pytest

from edge.forecourt.printing import NONE, Pace, Paper
from edge.store import printing, sales
from edge.store.errors import StoreUnavailable
from edge.store.printing import JobState
from hardware.printers import escpos
from hardware.printers.device import PrinterStatus
from hardware.printers.slip import Slip
from hardware.printers.virtual import Fault, VirtualPrinter, fault, slips
from shared.errors import Refused
from shared.messages import SlipJournalled, SlipState
from shared.site import SiteSettings
from shared.station import Key
from tests.edge.printing.sales import DISPUTED, FULL, PLAIN
from tests.edge.printing.station import PACE, Station, a_bus, open_station, usb_printer
from tests.fakes.receipt_printer import CUT, ReceiptPrinter
from tests.fakes.usb import FakeBus, Plug
from tests.fakes.waiting import until


def marked(paper: bytes, copy: int) -> bool:
    return f"重打 #{copy}".encode("gbk") in paper


def originals(printer: ReceiptPrinter) -> int:
    """Papers that could pass for a receipt printed once: they reach the amount paid and bear no mark."""
    paid = "实付".encode("gbk")
    return sum(1 for paper in printer.papers if paid in paper and b"\xd6\xd8\xb4\xf2" not in paper)


async def test_each_sale_gets_its_receipt_and_the_company_is_told(tmp_path: Path) -> None:
    bus, plug = a_bus()
    async with open_station(tmp_path, usb_printer(bus)) as station:
        first, second = await station.sell(), await station.sell(PLAIN)
        assert await station.settled(first) == await station.settled(second) == [(1, "printed", "")]
        assert station.letters() == [
            SlipJournalled(key.epoch, key.seq, 1, SlipState.PRINTED, "receipt") for key in (first, second)
        ]
        assert station.changes == ["ok"]
    assert len(plug.printer.papers) == 2
    assert str(first).encode() in plug.printer.papers[0]
    assert station.troubles == []


async def test_what_head_office_has_set_goes_before_the_stations_own_file_at_once(tmp_path: Path) -> None:
    bus, plug = a_bus()
    async with open_station(tmp_path, usb_printer(bus)) as station:
        station.printing.obey(SiteSettings(receipt_bottom=("投诉 400-000",)))
        await station.settled(await station.sell(PLAIN))
        station.printing.obey(SiteSettings(receipts=False))
        assert not station.journal(await station.sell(PLAIN)), "only when somebody asks"
        station.printing.obey(SiteSettings())
        await station.settled(await station.sell(PLAIN))
    with_line, without = plug.printer.papers
    assert "投诉".encode("gbk") in with_line
    assert "投诉".encode("gbk") not in without


async def test_the_journal_holds_the_very_bytes_that_were_printed(tmp_path: Path) -> None:
    bus, plug = a_bus()
    async with open_station(tmp_path, usb_printer(bus)) as station:
        key = await station.sell()
        await station.settled(key)
        kept = station.store.call(printing.slip_bytes, station.journal(key)[0].job)
    assert kept == bytes(plug.printer.printed)


async def test_the_page_is_told_of_each_step(tmp_path: Path) -> None:
    bus, _ = a_bus()
    async with open_station(tmp_path, usb_printer(bus)) as station:
        key = await station.sell()
        await station.settled(key)
        await until(lambda: station.moves == [key, key])  # printing, printed


async def test_out_of_paper_slips_wait_and_print_by_themselves_in_order(tmp_path: Path) -> None:
    bus, plug = a_bus(lines_left=0)
    async with open_station(tmp_path, usb_printer(bus)) as station:
        keys = [await station.sell() for _ in range(3)]
        await station.is_at(keys[0], JobState.QUEUED, "paper_out")
        await until(lambda: station.troubles == ["paper_out"])
        plug.printer.load_paper()
        assert [await station.settled(key) for key in keys] == [[(1, "printed", "")]] * 3
        assert station.changes == ["paper_out", "ok"]
    assert [str(key).encode() in paper for key, paper in zip(keys, plug.printer.papers, strict=True)] == [True] * 3


@pytest.mark.parametrize("word", ["cover_open", "paper_out"])
async def test_a_trouble_is_told_once_and_its_end_once(tmp_path: Path, word: str) -> None:
    bus, plug = a_bus(cover_open=word == "cover_open", lines_left=0 if word == "paper_out" else 1_000)
    async with open_station(tmp_path, usb_printer(bus)) as station:
        await until(lambda: station.troubles)
        await asyncio.sleep(0.2)
        plug.printer.cover_open = False
        plug.printer.load_paper()
        await until(lambda: station.changes[-1] == "ok")
        assert station.changes == [word, "ok"]
        assert station.troubles == [word]


async def test_a_station_may_start_without_its_printer(tmp_path: Path) -> None:
    bus, plug = a_bus()
    bus.pull(plug)
    async with open_station(tmp_path, usb_printer(bus)) as station:
        key = await station.sell()
        await station.is_at(key, JobState.QUEUED, "absent")
        await until(lambda: station.troubles == ["absent"])
        bus.plug_in(plug)
        assert await station.settled(key) == [(1, "printed", "")]
        assert station.changes == ["absent", "ok"]


async def test_f107_a_printer_that_cannot_answer_prints_all_the_same_unconfirmed(tmp_path: Path) -> None:
    bus, plug = a_bus(answers=False, answers_in_line=False)
    async with open_station(tmp_path, usb_printer(bus)) as station:
        key = await station.sell()
        assert await station.settled(key) == [(1, "unconfirmed", "")]
        assert station.changes == ["unconfirmed"]
        assert station.letters()[0].state is SlipState.UNCONFIRMED
        assert station.troubles == []
    assert originals(plug.printer) == 1


async def test_f106_a_receipt_of_two_hundred_lines_prints_whole(tmp_path: Path) -> None:
    bus, plug = a_bus(room=512)
    plug.shortest = 100
    body = (
        escpos.job(Slip(()), 58).removesuffix(CUT)
        + b"".join(b"%03d %s\n" % (n, b"\xbc\xd3" * 10) for n in range(200))
        + CUT
    )
    async with open_station(tmp_path, usb_printer(bus)) as station:
        key = Key("zhongshan", 1, 1)
        station.store.call(printing.queue, key, "receipt", body, station.store.clock.stamp().at)
        station.printing.nudge()
        assert await station.settled(key) == [(1, "printed", "")]
    assert plug.printer.papers[-1].count(b"\n") == 200


# ── Twice ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_f100_the_printer_vanishes_between_two_jobs_and_nothing_is_printed_twice(tmp_path: Path) -> None:
    bus, plug = a_bus()
    async with open_station(tmp_path, usb_printer(bus), pace=Pace(check=0.02, retry=0.02, misses=30)) as station:
        await station.settled(await station.sell())
        bus.pull(plug)
        key = await station.sell()
        await station.is_at(key, JobState.QUEUED, "absent")
        taps = [await station.printing.reprint(key) for _ in range(10)]
        bus.plug_in(plug, port=3)
        assert await station.settled(key) == [(1, "printed", "")]
        assert {tap.copy for tap in taps} == {1}
        assert station.troubles == [], "switched off and on: nobody needs to be called"
    assert len(plug.printer.papers) == 2


@pytest.mark.parametrize("after", [1, 300, 700])
async def test_f100_the_plug_is_pulled_under_a_slip_and_retry_is_tapped(tmp_path: Path, after: int) -> None:
    bus, plug = a_bus()
    plug.shortest, plug.pulled_after = 64, after + 3 * 5  # the questions before the slip count too
    async with open_station(tmp_path, usb_printer(bus)) as station:
        key = await station.sell()
        await until(lambda: not plug.plugged)
        await station.is_at(key, JobState.FAILED, "went_away")
        for _ in range(10):
            await station.printing.reprint(key)
        bus.plug_in(plug)
        assert await station.settled(key) == [(1, "failed", "went_away"), (2, "printed", "")]
        assert [letter.state for letter in station.letters()] == [SlipState.FAILED, SlipState.PRINTED]
    assert marked(plug.printer.papers[-1], 2)
    assert originals(plug.printer) == 0


async def test_f102_power_cycled_in_mid_slip_no_error_raised_the_answer_after_it_decides(tmp_path: Path) -> None:
    bus, plug = a_bus()
    async with open_station(tmp_path, usb_printer(bus)) as station:
        await station.settled(await station.sell())
        plug.printer.forgets_after = 200
        key = await station.sell()
        assert await station.settled(key) == [(1, "unconfirmed", "no_answer"), (2, "printed", "")]
        assert plug.printer.power_cycles == 1
    assert marked(plug.printer.papers[-1], 2)
    assert originals(plug.printer) == 1, "that of the first sale"


async def test_f101_paper_that_runs_out_under_a_slip_gives_a_marked_copy(tmp_path: Path) -> None:
    bus, plug = a_bus(lines_left=12)
    async with open_station(tmp_path, usb_printer(bus)) as station:
        key = await station.sell()
        await station.is_at(key, JobState.FAILED, "paper_out")
        await station.is_at(key, JobState.QUEUED, "paper_out")
        plug.printer.load_paper()
        assert await station.settled(key) == [(1, "failed", "paper_out"), (2, "printed", "")]
    assert originals(plug.printer) == 1, "the printer goes on with what it held"
    assert marked(plug.printer.papers[-1], 2)


async def test_a_printer_that_dies_under_every_slip_is_not_fed_for_ever(tmp_path: Path) -> None:
    tray = tmp_path / "tray"

    class Dying(VirtualPrinter):
        deaths = 3

        def write(self, data: bytes) -> None:
            fault(tray, Fault.VANISH, self.deaths > 0)
            self.deaths -= 1
            super().write(data)

    async with open_station(tmp_path, Dying(tray, 58)) as station:
        key = await station.sell()
        await until(lambda: len(station.journal(key)) == 3)
        assert await station.settled(key) == [(copy, "failed", "went_away") for copy in (1, 2, 3)]
        await station.printing.reprint(key)
        assert (await station.settled(key))[-1] == (4, "printed", "")
    assert [slip.whole for slip in slips(tray)] == [False, False, False, True]


async def test_after_a_crash_a_slip_that_was_being_printed_comes_back_marked(tmp_path: Path) -> None:
    bus, plug = a_bus()
    crashed = Station(tmp_path, usb_printer(bus))
    key = await crashed.sell()
    crashed.store.call(printing.begin, crashed.journal(key)[0].job)
    crashed.store.close()
    async with open_station(tmp_path, usb_printer(bus)) as station:
        assert await station.settled(key) == [(1, "unconfirmed", "interrupted"), (2, "printed", "")]
    assert originals(plug.printer) == 0
    assert marked(plug.printer.papers[-1], 2)


async def test_f41_a_slip_that_came_out_before_the_agent_died_is_asked_about_and_never_paid_twice(
    tmp_path: Path,
) -> None:
    """The customer may hold it or not: the second one says that it is a copy, and there is one sale."""
    words = [sys.executable, "-m", "tests.edge.printing.dying", str(tmp_path)]
    died = await asyncio.create_subprocess_exec(*words)
    assert await died.wait() == -signal.SIGKILL
    key, tray = Key.parse((tmp_path / "key").read_text()), tmp_path / "tray"
    assert [slip.whole for slip in slips(tray)] == [True]
    async with open_station(tmp_path, VirtualPrinter(tray, 58)) as station:
        assert await station.settled(key) == [(1, "unconfirmed", "interrupted"), (2, "printed", "")]
        assert [slip.whole for slip in slips(tray)] == [True, True]
        assert station.store.call(sales.totals, 0) == {
            "sales": 1,
            "volume": FULL.delivery.volume,
            "amount": FULL.delivery.amount,
            "payable": FULL.payable,
            "disputed": 0,
        }


async def test_after_a_crash_a_slip_that_waited_prints_as_it_is(tmp_path: Path) -> None:
    bus, plug = a_bus()
    crashed = Station(tmp_path, usb_printer(bus))
    key = await crashed.sell()
    crashed.store.close()
    async with open_station(tmp_path, usb_printer(bus)) as station:
        assert await station.settled(key) == [(1, "printed", "")]
    assert originals(plug.printer) == 1


async def test_a_slip_that_is_being_printed_is_finished_before_the_agent_stops(tmp_path: Path) -> None:
    tray = tmp_path / "tray"
    async with open_station(tmp_path, VirtualPrinter(tray, 58), start=False) as station:
        key = await station.sell()
        station.start()
        await station.is_at(key, JobState.PRINTING)
        await station.stop()
        assert station.states(key) == [(1, "printed", "")]


# ── By hand ───────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_reprint_is_the_same_slip_under_its_mark_and_number(tmp_path: Path) -> None:
    bus, plug = a_bus()
    async with open_station(tmp_path, usb_printer(bus)) as station:
        key = await station.sell()
        await station.settled(key)
        for copy in (2, 3):
            assert (await station.printing.reprint(key)).copy == copy
            await station.settled(key)
    original, second, third = plug.printer.papers
    assert second.endswith(original)
    assert third.endswith(original)
    assert marked(second, 2)
    assert marked(third, 3)


async def test_a_disputed_filling_is_printed_only_when_asked_for_and_says_what_it_is(tmp_path: Path) -> None:
    bus, plug = a_bus()
    async with open_station(tmp_path, usb_printer(bus)) as station:
        key = await station.sell(DISPUTED)
        assert station.states(key) == []
        await station.printing.reprint(key)
        assert await station.settled(key) == [(1, "printed", "")]
    assert "争议 未收费".encode("gbk") in plug.printer.papers[0]


async def test_where_receipts_are_not_automatic_the_first_one_is_an_original(tmp_path: Path) -> None:
    bus, plug = a_bus()
    async with open_station(tmp_path, usb_printer(bus), Paper(automatic=False)) as station:
        key = await station.sell()
        assert station.states(key) == []
        await station.printing.reprint(key)
        await station.settled(key)
    assert originals(plug.printer) == 1


async def test_a_sale_that_never_was_has_no_receipt(tmp_path: Path) -> None:
    bus, _ = a_bus()
    async with open_station(tmp_path, usb_printer(bus)) as station:
        with pytest.raises(Refused) as caught:
            await station.printing.reprint(Key("zhongshan", station.store.epoch, 99))
    assert caught.value.reason == "unknown_sale"


async def test_a_station_without_a_printer_sells_and_queues_nothing(tmp_path: Path) -> None:
    async with open_station(tmp_path, None) as station:
        key = await station.sell()
        assert station.states(key) == []
        await until(lambda: station.changes == [NONE])
        with pytest.raises(Refused) as caught:
            await station.printing.reprint(key)
    assert caught.value.reason == "no_printer"


# ── What else may fail ────────────────────────────────────────────────────────────────────────────────────────────────


async def test_yesterdays_slips_are_not_printed_this_morning(tmp_path: Path) -> None:
    bus, plug = a_bus()
    async with open_station(tmp_path, usb_printer(bus), pace=Pace(check=0.02, retry=0.02, stale=-1)) as station:
        key = await station.sell()
        assert await station.settled(key) == [(1, "failed", "stale")]
    assert plug.printer.papers == []


async def test_a_slip_that_cannot_be_made_holds_up_no_sale(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with open_station(tmp_path, usb_printer(FakeBus(Plug(ReceiptPrinter())))) as station:
        monkeypatch.setattr(escpos, "job", lambda *_: 1 // 0)
        key = await station.sell()
        assert key.seq
        assert station.states(key) == []


async def test_a_driver_that_fails_in_its_own_way_stops_neither_station_nor_printing(tmp_path: Path) -> None:
    class Broken(VirtualPrinter):
        failures = 2

        def status(self) -> PrinterStatus:
            if self.failures:
                self.failures -= 1
                raise ValueError("a surprise in a library")
            return super().status()

        def write(self, data: bytes) -> None:
            if not (tmp_path / "tray" / "slips.jsonl").exists():
                super().write(data[:300])
                raise ZeroDivisionError
            super().write(data)

    async with open_station(tmp_path, Broken(tmp_path / "tray", 58)) as station:
        key = await station.sell(FULL)
        assert await station.settled(key) == [(1, "failed", "went_away"), (2, "printed", "")]


async def test_what_happened_to_a_slip_is_not_forgotten_because_the_disk_is_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bus, plug = a_bus()
    async with open_station(tmp_path, usb_printer(bus)) as station:
        whole = station.store.run
        refused: list[object] = []

        async def full(work: object, *args: object, **kwargs: object) -> object:
            if work is printing.end and len(refused) < 3:
                refused.append(work)
                raise StoreUnavailable("The disk is full.")
            return await whole(work, *args, **kwargs)  # type: ignore[arg-type]

        monkeypatch.setattr(station.store, "run", full)
        key = await station.sell()
        assert await station.settled(key) == [(1, "printed", "")]
        assert len(refused) == 3
    assert len(plug.printer.papers) == 1


def test_the_pace_of_a_station_tolerates_a_printer_switched_off_and_on() -> None:
    assert Pace().misses * Pace().retry >= 3
    assert PACE.misses == Pace().misses
