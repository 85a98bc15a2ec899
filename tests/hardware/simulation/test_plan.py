"""A station as it is written, in a file or on the command line, is the station that is built."""

from decimal import Decimal

import pytest

from hardware.registry import DISPENSERS
from hardware.simulation.plan import CustomerTable, LineTable, PlanTable, build, line_words, read
from hardware.simulation.script import HangUp, Lift
from shared.errors import Refused, SettingsMisread
from tests.house.tree import ROOT

GILBARCO = "gilbarco-two-wire"


def test_the_plan_that_is_shipped_can_be_built() -> None:
    plan = build(read((ROOT / "configs" / "sim.example.toml").read_text("utf-8")))
    assert [line.protocol.name for line in plan.lines] == ["wayne-dart", GILBARCO]
    assert [place.point for line in plan.lines for place in line.points] == [1, 2, 3, 4, 5, 6]
    assert [visit.at for visit in plan.visits] == [5_000_000, 8_500_000]


def test_points_are_numbered_on_from_line_to_line_and_addresses_begin_anew() -> None:
    plan = build(PlanTable(lines=(LineTable(points=2), LineTable(protocol=GILBARCO, points=2), LineTable(points=1))))
    dart, gilbarco = (DISPENSERS[name].first_address for name in ("wayne-dart", GILBARCO))
    assert [[(p.point, p.address) for p in line.points] for line in plan.lines] == [
        [(1, dart), (2, dart + 1)],
        [(3, gilbarco), (4, gilbarco + 1)],
        [(5, dart)],
    ]


def test_grades_begin_again_for_further_points() -> None:
    (line,) = build(PlanTable(lines=(LineTable(points=3, grades=(("92#", "95#"), ("0#",))),))).lines
    assert [place.grades for place in line.points] == [("92#", "95#"), ("0#",), ("92#", "95#")]


def test_a_point_is_programmed_when_all_its_grades_have_prices() -> None:
    (line,) = build(PlanTable(prices={"92#": "7.36"}, lines=(LineTable(grades=(("92#",), ("92#", "0#"))),))).lines
    assert [dict(place.prices) for place in line.points] == [{1: 7_360}, {}]


def test_a_line_on_the_command_line_is_the_line_in_the_file() -> None:
    said = (
        "wayne-dart,listen=tcp:127.0.0.1:0,points=3,grades=92#+95#;0#,first-address=0x60,turnaround=5:9,fast,"
        "habit.wrap=0,fault.late-reply=0.25"
    )
    written = read("""
        [[lines]]
        protocol = "wayne-dart"
        listen = "tcp:127.0.0.1:0"
        points = 3
        grades = [["92#", "95#"], ["0#"]]
        first_address = 0x60
        turnaround = [5, 9]
        fast = true
        faults = { "late-reply" = 0.25 }
        habits = { wrap = "0" }
    """)
    assert (line_words(said, LineTable()),) == written.lines
    assert line_words("wayne-dart", LineTable(turnaround=(1, 2), fast=True)) == LineTable(turnaround=(1, 2), fast=True)


def test_faults_of_the_station_are_on_every_line_and_a_line_may_have_more() -> None:
    table = PlanTable(faults={"echo": 0.5}, lines=(LineTable(), LineTable(faults={"echo": 0.0, "noise": 1.0})))
    assert [line.faults for line in build(table).lines] == [{"echo": 0.5}, {"echo": 0.0, "noise": 1.0}]


def test_people_and_their_steps() -> None:
    table = PlanTable(
        arrivals=Decimal("2.5"),
        speed=Decimal(60),
        customers=(CustomerTable(2, Decimal("0.5"), ("lift 1", "hang up")),),
    )
    plan = build(table)
    assert (plan.every, plan.speed) == (2_500_000, 60_000)
    assert plan.visits[0].steps == (Lift(1), HangUp())


@pytest.mark.parametrize(
    ("table", "why"),
    [
        (PlanTable(lines=(LineTable(protocol="wayne-drat"),)), "Did you mean “wayne-dart”"),
        (PlanTable(lines=(LineTable(grades=(("92#",) * 16,)),)), "1 to 15 nozzles"),
        (PlanTable(lines=(LineTable(protocol=GILBARCO, points=17),)), "1 to 16 fuelling points"),
        (PlanTable(lines=(LineTable(turnaround=(9, 5)),)), "turnaround"),
        (PlanTable(faults={"gremlin": 1.0}), "no fault “gremlin”"),
        (PlanTable(speed=Decimal(-1)), "speed"),
        (PlanTable(arrivals=Decimal("nan")), "arrivals"),
        (PlanTable(prices={"92#": "cheap"}), "not a price"),
        (PlanTable(customers=(CustomerTable(1, Decimal(-1)),)), "seconds"),
        (PlanTable(customers=(CustomerTable(1, Decimal(1), ("dance",)),)), "dance"),
    ],
)
def test_what_makes_no_sense_is_refused_in_a_sentence(table: PlanTable, why: str) -> None:
    with pytest.raises((Refused, ValueError), match=why):
        build(table)


@pytest.mark.parametrize(
    "word", ["pionts=3", "points=40", "points=x", "first-address=x", "turnaround=fast", "fast=no way"]
)
def test_a_word_that_makes_no_sense_is_refused(word: str) -> None:
    with pytest.raises((Refused, ValueError)):
        line_words(f"wayne-dart,{word}", LineTable())


def test_a_key_that_is_not_known_is_refused_with_the_nearest_one() -> None:
    with pytest.raises(SettingsMisread, match="Did you mean “listen”"):
        read('[[lines]]\nlisten_at = "pty"\n')
