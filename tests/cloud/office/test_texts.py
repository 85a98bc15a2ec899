"""Head office says everything in both languages, and nothing outside its catalogues."""

from pathlib import Path

import pytest

from cloud import office
from cloud.access.accounts import Power
from cloud.cases.desk import Decision
from cloud.sales.posting import Flag
from cloud.stations.commands import CommandState
from shared.clock import TimeQuality
from shared.coupon import CouponKind, Reason
from shared.face.texts import OWN, read
from shared.messages import Rung, SlipState
from shared.sale import Finding, SaleStatus
from tests.shared.face import proof

ROOM = Path(office.__file__).parent


def test_both_languages_have_the_same_texts_with_the_same_blanks() -> None:
    assert proof.differences(ROOM / "texts") == set()
    assert proof.blanks_apart(ROOM / "texts") == set()
    assert proof.untranslated(ROOM / "texts") == set()


def test_no_template_holds_a_word_of_its_own() -> None:
    technical = ("jiayou-edge enrol", "password_file", "[station]", "[broker]", "id =", ">PNG<", ">SVG<")
    found = [word for word in proof.bare_words(ROOM / "templates") if not any(one in word for one in technical)]
    assert [word for word in found if not word.endswith(("PNG SVG", "PNG", "SVG"))] == []


def test_every_text_that_a_template_names_is_there() -> None:
    assert proof.unknown_keys(ROOM / "templates", ROOM / "texts") == set()


@pytest.mark.parametrize(
    ("prefix", "words"),
    [
        ("verdict", Reason),
        ("flag", Flag),
        ("flag_under", Flag),
        ("quality", TimeQuality),
        ("rung", Rung),
        ("slip", SlipState),
        ("finding", Finding),
        ("status", SaleStatus),
        ("decision", Decision),
        ("coupons.kind", CouponKind),
        ("command.state", CommandState),
    ],
)
def test_every_stable_word_of_the_trades_has_its_text(prefix: str, words: type) -> None:
    known = read(ROOM / "texts", "zh") | read(OWN, "zh")
    joint = "_" if "." in prefix else "."
    assert [word.value for word in words if f"{prefix}{joint}{word.value}" not in known] == []  # type: ignore[attr-defined]


def test_there_is_a_power_for_every_kind_of_change() -> None:
    assert {power.value for power in Power} == {"see", "price", "coupon", "case", "letter", "station", "account"}
