"""A letter that can't be read waits for a person: mended and replayed, or waived with a reason."""

import threading
from hashlib import sha256

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cloud import app
from cloud.sales import listing
from cloud.stations import dead_letters
from cloud.store import letters, lines
from cloud.store.letters import Dead, Posted
from shared.errors import Refused
from shared.messages import Letter, SalePaid, SaleRecorded
from shared.payment import OPEN, Payment, Tender, TenderKind
from shared.wire import letter_bytes
from tests.cloud.scene import EPOCH, NOW, SETTINGS, Scene, a_sale, arrived, stamp

HANDLERS = app.handlers(SETTINGS)
GOOD = letter_bytes(Letter(7, stamp(NOW), SaleRecorded(a_sale()))).decode()


def bury(scene: Scene, raw: bytes, seq: int = 7, epoch: int = EPOCH, inbox: bytes | None = None) -> int:
    """A dead letter, with the mark that it leaves in the inbox."""
    hashed = sha256(raw).digest()
    with scene.books.begin() as connection:
        lines.lock(connection, [("pudong-1", epoch)], NOW)
        if seq:
            letters.keep(connection, [Posted("pudong-1", epoch, seq, "unreadable", inbox or hashed, NOW)])
        letters.bury(connection, [Dead("pudong-1", epoch, seq, hashed, raw, "This letter can't be read.", NOW)])
    number: int = scene.read(dead_letters.page)[0].number
    return number


def replay(scene: Scene, number: int, text: str, by: str = "王总") -> None:
    with scene.books.begin() as connection:
        dead_letters.replay(connection, HANDLERS, number, text, by, NOW + 1)


def test_a_letter_is_mended_and_posted_under_its_own_number(scene: Scene) -> None:
    number = bury(scene, GOOD.replace("23550", '"23550"').encode())
    assert scene.read(dead_letters.waiting_count) == 1
    replay(scene, number, GOOD)
    (line,) = scene.read(listing.page, listing.SaleFilter())
    assert (str(line.key), line.amount, line.arrived_at) == (f"pudong-1-{EPOCH}-7", 23_550, NOW)
    assert scene.read(dead_letters.waiting_count) == 0
    (done,) = scene.read(dead_letters.page, "replayed")
    assert (done.ended_by, done.ended_at) == ("王总", NOW + 1)
    assert scene.rows_of("audit")[-1].act == "dead_letter_replayed"


def test_a_letter_that_is_still_wrong_goes_on_waiting(scene: Scene) -> None:
    number = bury(scene, b"{}")
    for wrong in ("", "{}", GOOD.replace('"seq":7', '"seq":8'), GOOD[:-1], "9" * 70_000, "\ud800"):
        with pytest.raises(Refused) as refused:
            replay(scene, number, wrong)
        assert refused.value.reason == "misread"
    assert scene.read(dead_letters.waiting_count) == 1
    assert scene.read(listing.page, listing.SaleFilter()) == ()


def test_a_figure_that_no_table_can_hold_is_said_in_words(scene: Scene) -> None:
    number = bury(scene, b"{}")
    with pytest.raises(Refused, match="kept in the books"):
        replay(scene, number, GOOD.replace("23550", "9" * 25))
    assert scene.read(dead_letters.waiting_count) == 1


def test_a_letter_is_waived_with_a_reason_and_not_without(scene: Scene) -> None:
    number = bury(scene, b"\xff\xfe")
    assert scene.read(dead_letters.one, number).text == "��"
    with pytest.raises(Refused, match="say why"):
        scene.write(dead_letters.waive, number, "王总", " ", NOW)
    scene.write(dead_letters.waive, number, "王总", "测试数据", NOW)
    with pytest.raises(Refused, match="waived by 王总"):
        replay(scene, number, GOOD)
    assert scene.read(dead_letters.page, "waived")[0].note == "测试数据"


def test_a_letter_without_a_place_can_only_be_waived(scene: Scene) -> None:
    number = bury(scene, b"noise", seq=0, epoch=0)
    with pytest.raises(Refused) as refused:
        replay(scene, number, GOOD)
    assert refused.value.reason == "no_place"


def test_another_letter_under_the_same_number_is_never_replaced(scene: Scene) -> None:
    number = bury(scene, b"{}", inbox=b"of the first letter, which was good")
    with pytest.raises(Refused) as refused:
        replay(scene, number, GOOD)
    assert refused.value.reason == "taken"


def test_a_letter_that_is_not_there_is_refused(small_scene: Scene) -> None:
    for act in (dead_letters.one,):
        with pytest.raises(Refused, match="no dead letter 99"):
            small_scene.read(act, 99)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.one_of(st.text(), st.binary().map(lambda raw: raw.decode("utf-8", "replace")), st.just(GOOD[:100])))
def test_any_text_is_refused_in_words_or_posted(small_scene: Scene, text: str) -> None:
    waiting = small_scene.read(dead_letters.page)
    number = waiting[0].number if waiting else bury(small_scene, b"{}")
    with pytest.raises(Refused):
        replay(small_scene, number, text)


def test_what_is_shown_can_be_sent_back_unchanged(scene: Scene) -> None:
    raw = msgspec.json.encode({"seq": 7, "note": "未来的版本"})
    number = bury(scene, raw)
    assert scene.read(dead_letters.one, number).text.encode() == raw


def a_letter(seq: int) -> bytes:
    return letter_bytes(Letter(seq, stamp(NOW), SaleRecorded(a_sale())))


def replay_alike(scene: Scene, number: int) -> int:
    with scene.books.begin() as connection:
        return dead_letters.replay_alike(connection, HANDLERS, number, "王总", NOW + 1)


def test_after_an_update_all_letters_of_one_reason_are_read_again_and_the_rest_go_on_waiting(scene: Scene) -> None:
    first, _, broken = bury(scene, a_letter(7)), bury(scene, a_letter(8), 8), bury(scene, b"{}", 9)
    lost = bury(scene, b"noise", seq=0, epoch=0)
    other = bury(scene, a_letter(10), 10, inbox=b"of the first letter, which was good")
    assert replay_alike(scene, first) == 2
    assert {str(line.key) for line in scene.read(listing.page, listing.SaleFilter())} == {
        f"pudong-1-{EPOCH}-7",
        f"pudong-1-{EPOCH}-8",
    }
    assert [letter.number for letter in scene.read(dead_letters.page)] == [other, lost, broken]
    assert [row.act for row in scene.rows_of("audit")].count("dead_letter_replayed") == 2
    with pytest.raises(Refused, match="Not one of these letters"):
        replay_alike(scene, broken)
    with pytest.raises(Refused, match="replayed by 王总"):
        replay_alike(scene, first)


def test_a_payment_is_replayed_while_its_sale_arrives_and_the_two_find_each_other(scene: Scene) -> None:
    paid = SalePaid(EPOCH, 1, Payment((Tender(TenderKind.CASH, 23_550),), "attendant:小李", 23_550, 0))
    number = bury(scene, b"{}")
    with scene.books.begin() as arriving:
        lines.lock(arriving, [("pudong-1", EPOCH)], NOW)
        HANDLERS[SaleRecorded](arriving, [arrived(SaleRecorded(a_sale(tender=OPEN)))])
        mending = threading.Thread(
            target=replay, args=(scene, number, letter_bytes(Letter(7, stamp(NOW), paid)).decode())
        )
        mending.start()
        mending.join(0.3)
    mending.join()
    assert scene.read(dead_letters.waiting_count) == 0
    assert scene.rows_of("sale")[0].tender == "cash"
