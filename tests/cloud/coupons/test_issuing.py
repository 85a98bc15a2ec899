"""Coupons are issued by somebody with a name: signed, shown once, kept as fingerprints, sent to those concerned."""

import io
from pathlib import Path

import pytest
from msgspec.structs import replace
from PIL import Image

from cloud.coupons import book, issuing, keys, picture, sealing
from cloud.coupons import settings as coupon_settings
from cloud.coupons.issuing import CouponFilter, NewCampaign
from cloud.coupons.leases import grant
from cloud.coupons.sealing import Seal
from cloud.store.tables import CouponRow, SigningKeyRow
from shared.codes import fingerprint, read_scanned, read_typed
from shared.coupon import Allowance, CouponKind, Lease
from shared.errors import CodeMisread, Refused, Unavailable
from shared.messages import CouponBook
from tests.cloud.scene import DAY, HOUR, NOW, STATIONS, Scene

PUDONG, OTHER, MINHANG = STATIONS


def book_of(scene: Scene, station: str = PUDONG, at: int = NOW) -> CouponBook:
    found: CouponBook = scene.read(book.book_of, station, at)
    return found


def test_a_scanned_code_is_read_by_any_station_with_the_public_key_alone(scene: Scene) -> None:
    coupon = scene.coupon(min_spend=20_000, grades=("92#", "95#"), stations=(PUDONG, MINHANG))
    terms = read_scanned(coupon.scanned, book_of(scene).keys)
    assert terms == coupon.terms
    assert (terms.value, terms.min_spend, terms.grades, terms.stations) == (
        1_500,
        20_000,
        ("92#", "95#"),
        ("minhang-1", "pudong-1"),
    )


def test_a_typed_code_stands_in_the_book_as_a_fingerprint(scene: Scene) -> None:
    coupon = scene.coupon(typed=True)
    sent = book_of(scene)
    (listed,) = sent.listed
    assert listed.fingerprint == fingerprint(read_typed(coupon.code), sent.salt)
    assert listed.terms == coupon.terms


def test_the_books_hold_no_code_and_no_open_key(scene: Scene) -> None:
    coupon = scene.coupon(typed=True)
    kept = str(scene.rows(CouponRow)) + str(scene.rows(SigningKeyRow)) + str(scene.rows_of("audit"))
    key = scene.read(keys.newest, scene.seal)
    assert coupon.code.replace(" ", "") not in kept
    assert str(key.private) not in kept
    assert "secret" in repr(key)
    assert repr(key.private)[2:-1] not in repr(key)


def test_the_qr_code_is_drawn_again_the_same(scene: Scene) -> None:
    coupon = scene.coupon()
    assert scene.read(issuing.scanned_text, scene.seal, coupon.coupon) == coupon.scanned


def test_old_codes_stay_good_under_a_new_key(scene: Scene) -> None:
    old = scene.coupon()
    assert scene.write(keys.add, scene.seal, "王总", NOW) == 2
    new = scene.coupon()
    sent = book_of(scene)
    assert sorted(sent.keys) == [1, 2]
    assert [read_scanned(one.scanned, sent.keys) for one in (old, new)] == [old.terms, new.terms]
    assert scene.read(issuing.scanned_text, scene.seal, old.coupon) == old.scanned


def test_a_stolen_database_signs_nothing_without_the_key_file(scene: Scene) -> None:
    with pytest.raises(Unavailable, match="does not belong to these books"):
        scene.read(keys.newest, Seal(b"x" * 32))


def test_a_coupon_for_some_stations_is_in_their_books_alone(scene: Scene) -> None:
    before = {station: book_of(scene, station).version for station in STATIONS}
    scene.coupon(typed=True, stations=(PUDONG,))
    assert [len(book_of(scene, station).listed) for station in STATIONS] == [1, 0, 0]
    after = {station: book_of(scene, station).version for station in STATIONS}
    assert [after[station] > before[station] for station in STATIONS] == [True, False, False]


def test_books_made_together_are_those_made_one_by_one_and_most_are_the_same_one(scene: Scene) -> None:
    scene.coupon(typed=True)
    scene.coupon(typed=True, stations=(PUDONG,))
    together = scene.read(book.books_of, STATIONS, NOW, book.Lists())
    assert together == {station: book_of(scene, station) for station in STATIONS}
    assert together[OTHER] is together[MINHANG]
    assert [len(together[station].listed) for station in STATIONS] == [2, 1, 1]


def test_what_is_over_leaves_the_list_and_what_is_called_back_is_named(scene: Scene) -> None:
    coupon = scene.coupon(typed=True)
    assert book_of(scene, at=NOW + 31 * DAY).listed == ()
    scene.write(issuing.revoke, coupon.coupon, "王总", NOW)
    sent = book_of(scene)
    assert sent.revoked == (coupon.coupon,)
    assert [one.terms.coupon for one in sent.listed] == [coupon.coupon], "the list is the same: it is not sent again"
    assert book_of(scene, at=NOW + 31 * DAY).revoked == ()
    with pytest.raises(Refused, match="called back by 王总 already"):
        scene.write(issuing.revoke, coupon.coupon, "李经理", NOW)


def test_a_lease_stands_in_every_book_as_long_as_it_binds(scene: Scene) -> None:
    coupon = scene.coupon()
    scene.write(grant, coupon.coupon, PUDONG, NOW + DAY, "王总", NOW)
    assert book_of(scene, MINHANG).leases == (Lease(coupon.coupon, PUDONG, NOW + DAY),)
    assert book_of(scene, MINHANG, NOW + 2 * DAY).leases == ()


def test_the_allowance_is_set_for_all_and_reaches_all(scene: Scene) -> None:
    assert book_of(scene).allowance == Allowance()
    before = book_of(scene, MINHANG).version
    scene.write(coupon_settings.set_allowance, Allowance(5_000, 6_000, 70_000, HOUR), "王总", NOW)
    sent = book_of(scene, MINHANG)
    assert sent.allowance == Allowance(5_000, 6_000, 70_000, HOUR)
    assert sent.version > before
    with pytest.raises(Refused):
        scene.write(coupon_settings.set_allowance, Allowance(-1), "王总", NOW)


def test_a_campaign_shows_what_came_of_it(scene: Scene) -> None:
    campaign = scene.campaign("双十一")
    issuing.issue(scene.books, scene.seal, campaign, 3, "王总", NOW, members=("张三", "李四"))
    (view,) = scene.read(issuing.campaigns)
    assert (view.id, view.issued, view.used, view.discount) == ("双十一", 3, 0, 0)
    assert {one.terms.member for one in scene.read(issuing.page, CouponFilter())} == {"张三", "李四", ""}
    assert len(scene.read(issuing.page, CouponFilter(text="李"))) == 1
    with pytest.raises(Refused, match="There is a campaign"):
        scene.campaign("双十一")


def test_lists_of_coupons_are_paged_without_a_gap(scene: Scene) -> None:
    issuing.issue(scene.books, scene.seal, scene.campaign("很多"), 25, "王总", NOW)
    paged, before = [], None
    while page := scene.read(issuing.page, CouponFilter(campaign="很多", before=before), 7):
        paged += page
        before = page[-1].place
    assert len({one.id for one in paged}) == 25


GOOD = NewCampaign("好", CouponKind.AMOUNT, 1_500, NOW, NOW + DAY)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"name": "  "}, "bad_name"),
        ({"name": "长" * 41}, "bad_name"),
        ({"name": "a\nb"}, "bad_name"),
        ({"value": 0}, "bad_value"),
        ({"kind": CouponKind.PERCENT, "value": 101}, "bad_value"),
        ({"not_after": NOW}, "bad_time"),
        ({"not_before": NOW + 2 * DAY}, "bad_time"),
        ({"uses": 0}, "bad_uses"),
        ({"min_spend": -1}, "bad_limit"),
        ({"grades": ("",)}, "bad_grade"),
        ({"stations": ("atlantis-1",)}, "unknown_station"),
    ],
)
def test_what_can_not_be_a_coupon_is_refused_with_a_sentence(
    small_scene: Scene, changes: dict[str, object], reason: str
) -> None:
    with pytest.raises(Refused) as refused:
        small_scene.write(issuing.create_campaign, replace(GOOD, **changes), "王总", NOW)
    assert refused.value.reason == reason


@pytest.mark.parametrize(("count", "typed"), [(0, False), (10_001, False), (501, True)])
def test_nobody_issues_more_at_once_than_the_machine_can_take(small_scene: Scene, count: int, typed: bool) -> None:
    campaign = small_scene.campaign()
    with pytest.raises(Refused):
        issuing.issue(small_scene.books, small_scene.seal, campaign, count, "王总", NOW, typed=typed)


def test_f76_a_code_of_another_company_is_refused(small_scene: Scene, scene: Scene) -> None:
    """Two companies, each with a key under the same number: neither's codes are good at the other."""
    ours, theirs = small_scene.coupon(), scene.coupon()
    for code, sent in ((ours, book_of(scene)), (theirs, book_of(small_scene))):
        with pytest.raises(CodeMisread, match="not issued by us"):
            read_scanned(code.scanned, sent.keys)


def test_f76_a_genuine_code_that_is_shown_again_is_good_once(scene: Scene) -> None:
    coupon = scene.coupon()
    assert scene.claim(coupon.coupon, PUDONG).reason == "accepted"
    assert scene.claim(coupon.coupon, MINHANG).reason == "leased_elsewhere"


def test_the_picture_can_be_shown_and_printed(scene: Scene) -> None:
    coupon = scene.coupon()
    drawing = picture.svg(coupon.scanned)
    assert drawing.startswith("<svg")
    assert drawing.endswith("</svg>")
    image = Image.open(io.BytesIO(picture.png(coupon.scanned)))
    assert image.size[0] == image.size[1] > 200


def test_the_key_file_is_made_once_for_its_owners_eyes_only(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "seal.key"
    sealed = sealing.create(path).seal(b"secret", "a purpose")
    assert path.stat().st_mode & 0o777 == 0o600
    again = sealing.create(path)
    assert again.open(sealed, "a purpose") == b"secret"
    with pytest.raises(Unavailable):
        again.open(sealed, "another purpose")
    path.write_bytes(b"short")
    with pytest.raises(Unavailable, match="restore it"):
        sealing.load(path)
