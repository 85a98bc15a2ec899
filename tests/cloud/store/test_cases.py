"""Cases are listed to the last one, in pieces."""

from cloud.store import cases
from cloud.store.cases import CaseFilter, NewCase
from tests.cloud.scene import EPOCH, NOW, Scene


def test_every_open_case_is_reached_page_by_page_the_most_urgent_first(scene: Scene) -> None:
    deadlines = [NOW + day for day in (5, 3, 3, 9, 1, 3, 7)]
    opened = [
        NewCase("disputed_sale", "pudong-1", EPOCH, seq, "amount", "", 100, NOW, deadline)
        for seq, deadline in enumerate(deadlines, 1)
    ]
    scene.write(cases.open_many, opened)
    found: list[int] = []
    before = None
    while rows := scene.read(cases.page, CaseFilter(), 2, before):
        found += [row.seq for row in rows]
        before = rows[-1].id
    assert found == [5, 2, 3, 6, 1, 7, 4]
