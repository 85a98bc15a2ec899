"""Every stable word that the station can say has its words on the page, in both languages."""

import re
from pathlib import Path

import pytest

import edge
from edge.attendant.cards import LOOKS
from edge.attendant.sales import WANTED
from edge.forecourt import authorisation, redemption
from edge.forecourt.receipts import TENDERS
from edge.forecourt.views import PointPhase
from edge.store.printing import JobState
from edge.tanks.deciding import LOW, WATER
from edge.tanks.tanks import LOST
from edge.tanks.tanks import TROUBLES as GAUGE_TROUBLES
from hardware.dispensers.wayne_dart.point import DECIMALS_DIFFER
from hardware.dispensers.wayne_dart.readings import ALARMS
from hardware.gauges.veeder_root.bodies import ALARMS as TANK_ALARMS
from hardware.gauges.veeder_root.bodies import UNKNOWN
from hardware.printers import press
from hardware.printers.device import PrinterStatus
from hardware.watch.recording import Way
from shared.clock import TimeQuality
from shared.coupon import Reason
from shared.disputes import Basis, DisputeReason, MeterKind, MeterReason
from shared.face.texts import Texts
from shared.mqtt import PipeTrouble
from shared.sale import Finding

HOUSE = Path(edge.__file__).parent
TEXTS = Texts(HOUSE / "attendant" / "texts")


def found(pattern: str, *rooms: str) -> set[str]:
    """Words that stand in the sources of these rooms."""
    files = [path for room in rooms for path in (HOUSE / room).rglob("*.py")]
    return {word for path in files for word in re.findall(pattern, path.read_text(encoding="utf-8"))}


LINK = {"unanswered", "refused_by_head_office", "no_broker", "no_password", *PipeTrouble} - {""}
BOOKS = {"books_renewed"}
WIRING = {"noisy_line", "untested_protocol"}
PAPERS = {"not_enrolled", "certificate_ends", "certificate_over", "papers_damaged"}
GAUGES = {*GAUGE_TROUBLES.values(), LOST}
TROUBLES = (
    LINK | {"line_lost", "not_writable", "disk_full", "clock_off", "clock_never_set", "port_taken", "not_watched"}
    | WIRING | PAPERS | BOOKS | GAUGES
)  # fmt: skip
PRINTERS = {*PrinterStatus, press.ABSENT}
AT_POINTS = {"silent", "unrecorded", "off", "no_price", "price_pending", "unauthorised", "other_nozzle"}
JUDGED = {"below_minimum", "other_grade"}

SAID = {
    "reason": {
        *authorisation.SENTENCES,
        *(reason.value for reason in redemption.SENTENCES),
        *(reason.value for reason in Reason),
        *found(r'Refused\("([a-z_]+)"', "forecourt"),
        "unknown",
    },
    "trouble": TROUBLES | PRINTERS - {PrinterStatus.OK},
    "trouble_do": TROUBLES | PRINTERS - {PrinterStatus.OK},
    "point_trouble": AT_POINTS | {*ALARMS.values(), "reserved", DECIMALS_DIFFER},
    "point_trouble_do": {*AT_POINTS, "other"},
    "printer": PRINTERS | {press.UNCONFIRMED, press.WENT_AWAY, press.NO_ANSWER, "none", "interrupted", "stale"},
    "phase": {*(phase.value for phase in PointPhase), "settling"},
    "slip": {state.value for state in JobState},
    "quality": {quality.value for quality in TimeQuality},
    "proof": {finding.value for finding in Finding},
    "tender": set(TENDERS),
    "tank_alarm": {*TANK_ALARMS.values(), UNKNOWN, LOW, WATER},
    "by": {"automatic", "pump", "touchscreen"},
    "done": {"stop", "suspend", "resume", "withdraw", "free", "settle", "explain"},
    "basis": {basis.value for basis in Basis},
    "settle": {word + basis.value for basis in Basis for word in ("do_", "was_")},
    "dispute_reason": {reason.value for reason in DisputeReason},
    "meter_kind": {kind.value for kind in MeterKind},
    "meter_reason": {reason.value for reason in MeterReason},
    "verify": {f"pending_{reason}" for reason in JUDGED},
    "incident": {"point_silent", "line_lost", "error_budget", "disputed", "cpu_reset"},
    "lines": {f"way_{way.value}" for way in Way},
    "sales": {f"show_{show}" for show in WANTED},
}


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("room", sorted(SAID))
def test_every_word_of_the_station_is_told_in_words(language: str, room: str) -> None:
    say = TEXTS.say(language)
    assert {word for word in SAID[room] if not say.knows(f"{room}.{word}")} == set()


def test_every_state_looks_like_something() -> None:
    assert set(LOOKS) == set(PointPhase)


def test_the_lists_above_are_whole() -> None:
    assert found(r'link_changed\(False, "([a-z_]+)"', ".") <= LINK
    assert found(r'troubles\.set\("[a-z]+", "([a-z_]+)"', ".") <= TROUBLES
    assert found(r'Worry\("([a-z_]+)"', "identity") == PAPERS
    assert found(r'self\._reason = "([a-z_]+)"', "sync") <= LINK
    assert found(r'memory\.alarm = "([a-z_]+)"', "forecourt") <= AT_POINTS
