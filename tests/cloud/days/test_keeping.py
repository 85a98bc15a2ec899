"""Days are added up, become final by themselves, and say what came later."""

import threading
from typing import Any

import msgspec
import pytest

from cloud.days import keeping, listing, proving
from cloud.days.keeping import NOT_SOONER, close
from cloud.days.listing import DayView
from cloud.sales import restoring
from cloud.sales.day import DAY, business_day, start_of
from cloud.stations import dead_letters
from cloud.store import days, letters, lines
from cloud.store.days import Totals
from cloud.store.letters import Dead
from cloud.store.tables import StationDayRow, table_of
from shared.clock import TimeQuality
from shared.disputes import Basis, DisputeReason, Settlement
from shared.errors import Refused
from shared.messages import DisputeSettled, Hello, SaleRecorded
from shared.sale import SaleStatus, prove
from tests.cloud.scene import EPOCH, HOUR, NOW, STATIONS, Scene, a_sale, arrived, stamp

A, B = STATIONS[0], STATIONS[1]
TODAY = business_day(NOW, NOW)
EVENING = start_of(TODAY) + DAY
AFTER = EVENING + HOUR


def round_of(scene: Scene, now: int) -> int:
    return keeping.keep(scene.books, now, again=0)


def the_day(scene: Scene, station: str = A, day: str = TODAY) -> DayView:
    view: DayView = scene.read(listing.one, station, day)
    return view


def heard(scene: Scene, at: int, last: int, here: int, unsent: int = 0, station: str = A, epoch: int = EPOCH) -> None:
    """The station has said how many letters it has, and so many are here."""
    hello = Hello(station, epoch, "store", 1, at - EPOCH * 1_000, at, last + 1, here, unsent, 0, 0, "test")
    with scene.books.begin() as connection:
        lines.lock(connection, [(station, epoch)], at)
        lines.move_marks(connection, {(station, epoch): (here, max(here, 1))}, at)
        told = lines.Heard(station, epoch, "store", at, 1, EPOCH * 1_000, 0, msgspec.json.encode(hello).decode())
        lines.note_hellos(connection, [told])


def test_what_was_sold_today_is_added_up_by_grade_and_stays_provisional(scene: Scene) -> None:
    scene.sell(a_sale(NOW))
    scene.sell(a_sale(NOW + 1, grade="95#", volume=10_000, amount=8_360))
    held = a_sale(NOW + 2, status=SaleStatus.DISPUTED, proof=prove(1, 2, 30_000, 10**11), point=2)
    scene.sell(held)
    assert round_of(scene, NOW) == 1
    view = the_day(scene)
    assert view.totals == Totals(3, 40_000, 31_910, 0, 31_910, 1)
    assert view.grades["95#"] == Totals(1, 10_000, 8_360, 0, 8_360, 0)
    assert (view.state, view.why, view.waits, view.as_of) == ("provisional", "not_over", False, NOW)
    assert scene.read(proving.prove).differences == ()


def test_f33_a_day_with_letters_under_way_stays_provisional_and_is_final_by_itself_when_they_are_here(
    scene: Scene,
) -> None:
    scene.sell(a_sale(NOW))
    assert the_day_after(scene, AFTER) == ("provisional", "never_heard")
    heard(scene, EVENING - 1, 1, 1)
    assert the_day_after(scene, AFTER) == ("provisional", "not_heard_since")
    heard(scene, EVENING + 1, 2, 1, NOW + 1)
    assert the_day_after(scene, AFTER) == ("provisional", "unsent")
    scene.sell(a_sale(NOW + 1))
    heard(scene, EVENING + 2, 2, 2)
    assert the_day_after(scene, AFTER + NOT_SOONER + 1) == ("final", "complete")
    assert the_day(scene).totals.sales == 2
    assert len(scene.rows(StationDayRow)) == 1, "late rows never make a second day"


def the_day_after(scene: Scene, now: int) -> tuple[str, str]:
    round_of(scene, now)
    round_of(scene, now)
    view = the_day(scene)
    return view.state, view.why


def final(scene: Scene, sales: int = 1) -> None:
    for number in range(sales):
        scene.sell(a_sale(NOW + number))
    heard(scene, EVENING + 1, sales, sales)
    assert the_day_after(scene, AFTER) == ("final", "complete")


def test_f42_what_arrives_after_a_day_was_closed_heals_it_by_itself_with_a_line_that_says_so(scene: Scene) -> None:
    final(scene)
    late = scene.sell(a_sale(NOW + 9), at=AFTER + 5 * HOUR)
    round_of(scene, AFTER + 6 * HOUR)
    view = the_day(scene)
    assert (view.state, view.totals) == ("restated", Totals(2, 60_000, 47_100, 0, 47_100, 0))
    (line,) = scene.read(listing.restatements, A, TODAY)
    assert line.moved == Totals(1, 30_000, 23_550, 0, 23_550, 0)
    assert (line.late, line.first_late, line.at) == (1, str(late), AFTER + 6 * HOUR)
    round_of(scene, AFTER + 7 * HOUR)
    assert len(scene.read(listing.restatements, A, TODAY)) == 1
    assert scene.read(proving.prove).differences == ()


def test_f42_a_sale_out_of_a_replayed_letter_counts_as_late_although_its_letter_arrived_in_time(scene: Scene) -> None:
    final(scene)
    scene.sell(a_sale(NOW + 9), at=NOW + 10)
    round_of(scene, AFTER + 6 * HOUR)
    (line,) = scene.read(listing.restatements, A, TODAY)
    assert (line.moved.sales, line.late, line.first_late) == (1, 1, "")


def test_f43_a_settlement_that_comes_late_moves_the_day_and_is_no_late_sale(scene: Scene) -> None:
    held = a_sale(NOW, status=SaleStatus.DISPUTED, proof=prove(1_000, 41_780, 67_960, 10**11))
    key = scene.sell(held)
    heard(scene, EVENING + 1, 1, 1)
    assert the_day_after(scene, AFTER) == ("final", "complete")
    how = Settlement(Basis.TOTALISER, 40_780, 32_012, DisputeReason.DISPLAY_WRONG, "attendant:小王")
    scene.tell(arrived(DisputeSettled(key.epoch, key.seq, how), seq=2, at=AFTER + HOUR))
    round_of(scene, AFTER + 2 * HOUR)
    (line,) = scene.read(listing.restatements, A, TODAY)
    assert (line.moved, line.late) == (Totals(0, 40_780, 32_012, 0, 32_012, -1), 0)


def test_f60_times_put_right_take_a_sale_from_one_day_to_the_other(scene: Scene) -> None:
    wrong = stamp(NOW - DAY, TimeQuality.OFF, 2, 5 * 60_000)
    scene.sell(a_sale(finished=wrong), at=NOW + 1)
    yesterday = business_day(NOW - DAY, NOW)
    round_of(scene, NOW)
    assert the_day(scene, day=yesterday).totals.sales == 1
    scene.write(restoring.restore, A, EPOCH, 2, NOW - 5 * 60_000)
    round_of(scene, NOW + NOT_SOONER + 1)
    assert (the_day(scene, day=yesterday).totals.sales, the_day(scene).totals.sales) == (0, 1)
    assert scene.read(proving.prove).differences == ()


def test_f27_a_letter_nobody_can_read_keeps_its_day_open_until_somebody_ends_it(scene: Scene) -> None:
    scene.sell(a_sale(NOW))
    heard(scene, EVENING + 1, 2, 2)
    raw = b'{"seq": 2, "stamp": {"at": %d}, "body": {"type": "from the future"}}' % (NOW + 1)
    with scene.books.begin() as connection:
        letters.bury(connection, [Dead(A, EPOCH, 2, b"h" * 32, raw, "unknown", AFTER)])
    assert the_day_after(scene, AFTER) == ("provisional", "unreadable")
    with scene.books.begin() as connection:
        dead_letters.waive(connection, 1, "王总", "测试信", AFTER)
    assert the_day_after(scene, AFTER) == ("final", "complete")


def test_a_hole_between_letters_of_the_day_keeps_it_open(scene: Scene) -> None:
    """Letters 1 and 4 are here, and the station believes that all of them are."""
    for seq in (1, 4):
        scene.tell(arrived(SaleRecorded(a_sale(NOW + seq)), seq=seq))
    with scene.books.begin() as connection:
        letters.keep(connection, [letters.Posted(A, EPOCH, seq, "sale", b"h" * 32, NOW) for seq in (1, 4)])
    heard(scene, EVENING + 1, 1, 1)
    with scene.books.begin() as connection:
        lines.move_marks(connection, {(A, EPOCH): (1, 4)}, EVENING + 1)
    assert the_day_after(scene, AFTER) == ("provisional", "missing")


def test_a_person_closes_a_day_whose_letters_went_down_with_a_disk(scene: Scene) -> None:
    scene.sell(a_sale(NOW))
    heard(scene, EVENING + 1, 5, 1, NOW)
    assert the_day_after(scene, AFTER) == ("provisional", "unsent")
    for words, now, why in (("", AFTER, "say why"), ("硬盘坏了", NOW, "not over")):
        with pytest.raises(Refused, match=why):
            scene.write(close, A, TODAY, "王总", words, now)
    with pytest.raises(Refused, match="Nothing is known"):
        scene.write(close, A, "2020-01-01", "王总", "x", AFTER)
    scene.write(close, A, TODAY, "王总", "硬盘坏了", AFTER)
    view = the_day(scene)
    assert (view.state, view.closed_by, view.note) == ("final", "王总", "硬盘坏了")
    with pytest.raises(Refused, match="closed already"):
        scene.write(close, A, TODAY, "王总", "again", AFTER)
    assert ("王总", "day_closed") in [(row.by, row.act) for row in scene.rows_of("audit")]


def test_a_sale_that_comes_while_the_day_is_added_up_is_not_forgotten(scene: Scene, monkeypatch: Any) -> None:
    scene.sell(a_sale(NOW))
    right = days.added_up

    def meanwhile(connection: Any, keys: Any) -> Any:
        found = right(connection, keys)
        monkeypatch.setattr(days, "added_up", right)
        scene.sell(a_sale(NOW + 1))
        return found

    monkeypatch.setattr(days, "added_up", meanwhile)
    round_of(scene, NOW)
    view = the_day(scene)
    assert (view.totals.sales, view.waits) == (1, True)
    assert [one.cause for one in scene.read(proving.prove).differences] == ["waits"]
    round_of(scene, NOW + NOT_SOONER + 1)
    assert (the_day(scene).totals.sales, the_day(scene).waits) == (2, False)


def test_two_workers_write_down_what_came_late_once(scene: Scene) -> None:
    final(scene)
    scene.sell(a_sale(NOW + 9), at=AFTER + HOUR)
    with scene.books.read() as connection:
        (row,) = days.marked(connection, AFTER + 2 * HOUR, 10)
        totals, grades = days.added_up(connection, [(A, TODAY)])[A, TODAY]
    for _ in range(2):
        with scene.books.begin() as connection:
            keeping._settle(connection, row, totals, grades, AFTER + 2 * HOUR)
    assert len(scene.read(listing.restatements, A, TODAY)) == 1


def test_the_proof_finds_a_figure_that_somebody_has_changed(scene: Scene) -> None:
    final(scene, 3)
    scene.sell(a_sale(NOW), B)
    round_of(scene, AFTER)
    proof = scene.read(proving.prove)
    assert (proof.days, proof.sales, proof.final, proof.provisional, proof.differences) == (2, 4, 1, 1, ())
    table = table_of(StationDayRow)
    with scene.books.begin() as connection:
        connection.execute(table.update().where(table.c.station == A).values(payable=1))
        connection.execute(table.delete().where(table.c.station == B))
    changed, lost = scene.read(proving.prove).differences
    assert (changed.station, changed.cause, lost.station, lost.cause) == (A, "differs", B, "not_added_up")
    assert "payable 1 and 70650" in changed.sentence
    assert scene.read(proving.prove, A).differences == (changed,)


def test_sums_of_all_stations_for_each_date(scene: Scene) -> None:
    scene.sell(a_sale(NOW))
    scene.sell(a_sale(NOW), B)
    scene.sell(a_sale(NOW - DAY), B)
    round_of(scene, NOW)
    every = scene.read(listing.by_date, "", "2000-01-01")
    assert [(one.totals.sales, one.open) for one in every] == [(1, 1), (2, 2)]
    assert [one.totals.sales for one in scene.read(listing.by_date, A, "2000-01-01")] == [1]
    assert [view.station for view in scene.read(listing.page)] == [A, B, B]
    assert scene.read(listing.page, "", "final") == ()


@pytest.mark.parametrize("books", ["postgresql"], indirect=True)
def test_adding_up_and_what_arrives_never_wait_for_each_other(scene: Scene) -> None:
    """The intake marks one day after another, and so does whoever adds them up, in another order."""
    for turn, station in enumerate((B, A)):  # the day of the second station was not looked at for longer
        scene.sell(a_sale(NOW + turn), station)
        round_of(scene, NOW + turn * NOT_SOONER * 2)
    scene.sell(a_sale(NOW + 5), A)
    scene.sell(a_sale(NOW + 5), B)
    done: list[int] = []
    with scene.books.begin() as arriving:
        days.mark(arriving, [(A, TODAY)])
        adding = threading.Thread(target=lambda: done.append(round_of(scene, AFTER)))
        adding.start()
        adding.join(0.5)
        days.mark(arriving, [(B, TODAY)])
    adding.join()
    assert done, "the day that was free is added up meanwhile"
    assert round_of(scene, AFTER + NOT_SOONER * 2)
    assert scene.read(proving.prove).differences == ()


def test_f27_a_thousand_broken_messages_of_one_station_do_not_hide_the_dead_letter_of_another(scene: Scene) -> None:
    scene.sell(a_sale(NOW))
    scene.sell(a_sale(NOW), B)
    heard(scene, EVENING + 1, 2, 2)
    raw = b'{"seq": 2, "stamp": {"at": %d}, "body": {"type": "from the future"}}' % (NOW + 1)
    with scene.books.begin() as connection:
        letters.bury(connection, [Dead(B, 0, 0, b"%032d" % one, b"\xff", "no batch", NOW) for one in range(1_000)])
        letters.bury(connection, [Dead(A, 0, 0, b"%032d" % one, b"\xff", "no batch", AFTER) for one in range(1_000)])
        letters.bury(connection, [Dead(A, EPOCH, 2, b"h" * 32, raw, "unknown", AFTER)])
    assert the_day_after(scene, AFTER) == ("provisional", "unreadable")


def test_more_holes_than_are_listed_keep_every_later_day_open(scene: Scene) -> None:
    early = NOW - 5 * DAY
    seqs = range(1, 2 * letters.MOST_HOLES + 6, 2)
    scene.tell(*(arrived(SaleRecorded(a_sale(early + seq)), seq=seq) for seq in seqs[:-1]))
    scene.tell(arrived(SaleRecorded(a_sale(NOW)), seq=seqs[-1] + 1))
    with scene.books.begin() as connection:
        here = (*seqs[:-1], seqs[-1] + 1)
        letters.keep(connection, [letters.Posted(A, EPOCH, seq, "sale", b"h" * 32, NOW) for seq in here])
    heard(scene, EVENING + 1, 1, 1)
    with scene.books.begin() as connection:
        lines.move_marks(connection, {(A, EPOCH): (1, seqs[-1] + 1)}, EVENING + 1)
    assert the_day_after(scene, AFTER) == ("provisional", "missing")


def test_a_day_that_waits_is_looked_at_as_often_as_its_station_says_hello(scene: Scene) -> None:
    scene.sell(a_sale(NOW))
    assert the_day_after(scene, AFTER) == ("provisional", "never_heard")
    heard(scene, EVENING + 1, 1, 1)
    assert keeping.keep(scene.books, AFTER + keeping.AGAIN - 1) == 0
    assert keeping.keep(scene.books, AFTER + keeping.AGAIN) == 1
    assert the_day(scene).state == "final"
