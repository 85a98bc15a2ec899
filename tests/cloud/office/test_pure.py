"""The decisions that pages show, without a page."""

from typing import Any

import pytest
from msgspec.structs import replace

from cloud.office import words
from cloud.office.attention import troubled, troubles_of
from cloud.office.pricing import changes, grades_now, in_order, unfinished_first
from cloud.office.sales import cursor_of, read_cursor
from cloud.sales import listing
from cloud.sales.listing import SaleFilter
from cloud.stations import states
from cloud.stations.events import StationEvent
from cloud.stations.states import StationState
from cloud.tariffs.ladder import ladder
from cloud.tariffs.shown import ShownPrice, holding_at, shown_at
from shared.face.texts import Texts
from shared.messages import AuthorisePoint, PointState, ReprintSlip, StopPoint, SwitchStation
from shared.sale import Preset, PresetKind
from shared.tariff import GradePrice
from tests.cloud.office.stage import Stage
from tests.cloud.office.test_texts import ROOM
from tests.cloud.scene import DAY, NOW, STATIONS

SAY = Texts(ROOM / "texts").say("zh")


def well(**changes: Any) -> StationState:
    """A station with nothing wrong."""
    base = StationState(
        "one", "一号站", "d", "经销商", "r", "区域", NOW, None, True, NOW, 0, 0, 0, 0, 10, 3, 3, 2, 2, 1, 1, 0,
        points=(PointState(1, "idle"),), printer="ok", open=True,
    )  # fmt: skip
    return replace(base, **changes)


def test_a_station_that_is_well_needs_nobody() -> None:
    assert troubles_of(well()) == []
    assert troubles_of(well(asked_at=NOW, certificate_until=NOW + 15 * DAY)) == []
    assert troubles_of(well(settings_held=None)) == [], "its program knows no such books"
    assert troubles_of(well(open=False)) == [], "closed is no trouble"
    assert troubles_of(well(points=(PointState(1, "idle", 0, "price_pending"),))) == [], "this ends by itself"


@pytest.mark.parametrize(
    ("changed", "word"),
    [
        ({"last_seen": 0}, "never_heard"),
        ({"connected": False}, "away"),
        ({"missing": 3}, "missing"),
        ({"dead_letters": 1}, "dead_letters"),
        ({"points": (PointState(1, "idle", 0, "silent"),)}, "points"),
        ({"points": (PointState(1, "inoperative"),)}, "points"),
        ({"printer": "paper_out"}, "printer"),
        ({"clock_difference": -9_000}, "clock"),
        ({"tariffs_held": 2}, "behind"),
        ({"settings_held": 0}, "behind"),
        ({"asked_at": NOW, "certificate_until": NOW + 13 * DAY}, "certificate"),
        ({"asked_at": NOW, "certificate_until": NOW - DAY}, "certificate"),
    ],
)
def test_each_thing_that_is_wrong_has_its_word(changed: dict[str, Any], word: str) -> None:
    assert [trouble.word for trouble in troubles_of(well(**changed))] == [word]


def test_the_station_with_most_troubles_stands_first_and_a_revoked_one_nowhere() -> None:
    sick = well(id="sick", missing=2, printer="absent")
    late = well(id="late", connected=False)
    gone = well(id="gone", connected=False, revoked_at=NOW)
    assert [state.id for state, _ in troubled([late, gone, well(), sick])] == ["sick", "late"]


def test_a_change_tells_old_new_and_the_largest_step() -> None:
    holding = {"a": {"92#": GradePrice(7_850, 1)}, "b": {"92#": GradePrice(7_100, 2)}, "c": {}}
    (change,) = changes({"92#": 7_900}, holding)
    assert (change.old, change.new, change.difference) == ((7_100, 7_850), 7_900, 800)
    assert change.large
    (same,) = changes({"92#": 7_850}, {"a": holding["a"]})
    assert (same.moves, same.difference, same.large) == (False, 0, False)
    (first,) = changes({"0#": 7_520}, holding)
    assert (first.old, first.moves, first.large) == ((), True, False)


@pytest.mark.parametrize(
    ("old", "new", "large"), [(10_000, 11_000, False), (10_000, 11_001, True), (10_000, 8_999, True)]
)
def test_more_than_a_tenth_is_asked_twice(old: int, new: int, large: bool) -> None:
    (change,) = changes({"92#": new}, {"a": {"92#": GradePrice(old, 1)}})
    assert change.large is large


def test_grades_stand_in_the_order_of_the_market() -> None:
    assert in_order({"LPG", "0#", "98#", "92#"}) == ["92#", "98#", "0#", "LPG"]


def test_a_nozzle_that_shows_another_price_is_counted() -> None:
    right = ShownPrice(1, 1, "92#", 7_850, NOW, 7_850, 1)
    wrong = replace(right, point=2, shown=None, read_at=None)
    (grade,) = grades_now({"a": {"92#": GradePrice(7_850, 1)}}, {"a": (right, wrong)})
    assert (grade.wished, grade.nozzles, grade.right) == ((7_850,), 2, 1)


def test_what_holds_and_what_is_shown_agree_with_the_books(busy: Stage) -> None:
    now = busy.clock
    shown = busy.scene.read(shown_at, STATIONS, now)
    assert [len(shown[station]) for station in STATIONS] == [6, 6, 6]
    assert [(n.point, n.nozzle, n.shown, n.wished) for n in shown[STATIONS[0]] if n.differs] == [(2, 1, 7_850, 7_920)]
    holding = busy.scene.read(holding_at, STATIONS, now)
    assert holding[STATIONS[1]]["92#"] == GradePrice(7_920, 2)
    assert busy.scene.read(holding_at, STATIONS, now + 86_400_000)[STATIONS[1]]["95#"] == GradePrice(8_410, 3)


def test_the_station_where_it_fails_stands_first_on_the_ladder(busy: Stage) -> None:
    climbed = busy.scene.read(ladder, 2, busy.clock)
    assert unfinished_first(climbed)[0].station == STATIONS[0]


def test_a_cursor_leads_back_to_its_sale(busy: Stage) -> None:
    line = busy.scene.read(listing.page, SaleFilter(), 1)[0]
    assert read_cursor(cursor_of(line)) == line.place
    for nonsense in ("", "1.2.3", "a.b.c.d", "1.2.³.x", "9" * 30 + ".1.1.x"):
        assert read_cursor(nonsense) is None


def test_commands_and_events_read_as_sentences() -> None:
    limit = Preset(PresetKind.VOLUME, 30_000)
    assert words.action_words(SAY, AuthorisePoint(3, limit)) == "授权 3 号位（30.00 升）"
    assert words.action_words(SAY, StopPoint(0)) == "全部停止"
    assert words.action_words(SAY, SwitchStation(open=False)) == "打烊"
    assert words.action_words(SAY, ReprintSlip(1, 2)) == "补打小票 1-2"
    alarm = StationEvent("s", "pump_alarm", 2, {"alarm": "pulser", "point": 2, "detail": "code 06"}, NOW, NOW)
    assert words.event_words(SAY, alarm) == "2 号位报警：计量传感器故障 code 06"
    assert (
        words.event_words(SAY, StationEvent("s", "switched", 0, {"open": True, "by": "小李"}, NOW, NOW))
        == "小李 开始营业"
    )
    assert words.event_words(SAY, StationEvent("s", "brand_new", 0, {}, NOW, NOW)) == "brand_new"


def test_details_of_the_audit_read_as_people_write_them() -> None:
    assert words.fact_words(SAY, "prices", {"92#": 7_920}) == "92# 7.92"
    assert words.fact_words(SAY, "starts_at", NOW) == "2026-11-22 06:26:40"
    assert words.fact_words(SAY, "action", '{"type":"stop","point":2}') == "停止 2 号位"
    assert words.fact_words(SAY, "action", "not json") == "not json"
    assert words.fact_words(SAY, "per_coupon", 10_000) == "100.00"
    assert words.fact_words(SAY, "typed", True) == "是"


def test_every_station_of_the_day_has_its_state(busy: Stage) -> None:
    found = busy.scene.read(states.states, busy.clock)
    assert {state.id: [trouble.word for trouble in troubles_of(state)] for state in found} == {
        "minhang-1": ["away", "missing", "clock"],
        "pudong-1": ["points", "behind"],
        "pudong-2": ["dead_letters", "printer"],
    }
