"""How people work on cases, each step with a name and a reason."""

import pytest

from cloud.cases import desk
from cloud.cases.desk import DECIDE_WITHIN, Decision
from cloud.stations import dead_letters
from cloud.store import letters
from cloud.store.cases import NOBODY, CaseFilter
from cloud.store.letters import Dead
from shared.errors import Refused
from shared.sale import SaleStatus, prove
from tests.cloud.scene import DAY, NOW, STATIONS, Scene, a_sale

MISREAD = prove(1_000, 9_000, 30_000, 10**11)
WANG, LI = "王总", "小李"


def disputed(scene: Scene, station: str = STATIONS[0], at: int = NOW) -> int:
    scene.sell(a_sale(at, proof=MISREAD, status=SaleStatus.DISPUTED), station, at=at)
    return int(max(case.number for case in scene.read(desk.page)))


def numbers(scene: Scene, **wanted: object) -> list[int]:
    return [case.number for case in scene.read(desk.page, CaseFilter(**wanted))]  # type: ignore[arg-type]


def test_a_case_is_taken_over_talked_about_decided_and_opened_again_with_its_history(scene: Scene) -> None:
    number = disputed(scene)
    scene.write(desk.assign, number, LI, WANG, NOW)
    scene.write(desk.assign, number, LI, WANG, NOW + 1)
    scene.write(desk.note, number, LI, " 已给司机打电话 ", NOW + 2)
    scene.write(desk.decide, number, Decision.SETTLED, LI, "按油枪累计", NOW + 3)
    again = scene.write(desk.reopen, number, WANG, "顾客又来电话", NOW + 4)
    assert (again.state, again.decision, again.deadline) == ("open", None, NOW + 4 + DECIDE_WITHIN)
    assert [(act.by, act.act, act.text) for act in scene.read(desk.history, number)] == [
        (WANG, "assigned", LI),
        (LI, "noted", "已给司机打电话"),
        (LI, "decided", "settled 按油枪累计"),
        (WANG, "reopened", "顾客又来电话"),
    ]
    acts = [(row.by, row.act) for row in scene.rows_of("audit") if row.act.startswith("case_")]
    assert acts == [(WANG, "case_assigned"), (LI, "case_noted"), (LI, "case_decided"), (WANG, "case_reopened")]
    scene.write(desk.decide, number, Decision.DISMISSED, WANG, "两清", NOW + 5)


def test_what_makes_no_sense_is_refused_with_a_sentence(scene: Scene) -> None:
    number = disputed(scene)
    with pytest.raises(Refused, match="is open"):
        scene.write(desk.reopen, number, WANG, "为什么不", NOW)
    for act in (
        lambda c: desk.note(c, number, WANG, "  ", NOW),
        lambda c: desk.reopen(c, number, WANG, "", NOW),
        lambda c: desk.decide(c, number, Decision.SETTLED, WANG, " ", NOW),
    ):
        with pytest.raises(Refused, match="say why"):
            scene.write(act)
    scene.write(desk.decide, number, Decision.SETTLED, WANG, "好", NOW)
    with pytest.raises(Refused, match="decided by 王总"):
        scene.write(desk.assign, number, LI, WANG, NOW)
    with pytest.raises(Refused, match="no case 999"):
        scene.write(desk.note, 999, WANG, "?", NOW)


def test_cases_are_found_by_station_kind_person_and_by_how_late_they_are(scene: Scene) -> None:
    one, two = disputed(scene), disputed(scene, STATIONS[1], NOW + DAY)
    scene.write(desk.assign, two, LI, WANG, NOW)
    assert numbers(scene) == [one, two]
    assert numbers(scene, station=STATIONS[1]) == [two]
    assert numbers(scene, kind="disputed_sale") == [one, two]
    assert numbers(scene, kind="coupon_unknown") == []
    assert (numbers(scene, assigned_to=LI), numbers(scene, assigned_to=NOBODY)) == ([two], [one])
    late = NOW + DECIDE_WITHIN + DAY // 2
    assert numbers(scene, overdue_at=late) == [one]
    assert scene.read(desk.overdue_count, late) == 1


def test_deciding_about_a_second_letter_under_one_number_lets_that_letter_rest(scene: Scene) -> None:
    key = scene.sell(a_sale())
    place = key.station, key.epoch, key.seq
    with scene.books.begin() as connection:
        letters.bury(connection, [Dead(*place, b"h" * 32, b"{}", "other content", NOW)])
        desk.letters_differ(connection, [place, place], NOW)
    (case,) = scene.read(desk.page)
    assert (case.kind, case.sale) == ("letter_differs", key)
    scene.write(desk.decide, case.number, Decision.DISMISSED, WANG, "机器换过硬盘", NOW)
    (letter,) = scene.read(dead_letters.page, "waived")
    assert (letter.ended_by, letter.note) == (WANG, "机器换过硬盘")
