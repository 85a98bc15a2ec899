"""Every word in both languages, and no word outside the catalogues."""

from pathlib import Path

import pytest

import edge.attendant
import shared.face
from shared.face.texts import OWN, Texts
from tests.shared.face import proof

ROOMS = {
    "kit": Path(shared.face.__file__).parent,
    "attendant": Path(edge.attendant.__file__).parent,
}
COMMAND = "login.html: jiayou-edge attendant add 姓名"
"""What is typed at a prompt is the same in every language."""
FACE_S_OWN = {"app.name"}
"""Texts that the kit leaves to each face."""


@pytest.fixture(params=sorted(ROOMS))
def room(request: pytest.FixtureRequest) -> Path:
    return ROOMS[request.param]


def test_both_languages_have_the_same_texts_with_the_same_blanks(room: Path) -> None:
    assert proof.differences(room / "texts") == set()
    assert proof.blanks_apart(room / "texts") == set()
    assert proof.untranslated(room / "texts") == set()


def test_no_template_holds_a_word_of_its_own(room: Path) -> None:
    assert [word for word in proof.bare_words(room / "templates") if COMMAND.split(": ")[1] not in word] == []


def test_every_text_that_a_template_names_is_there(room: Path) -> None:
    assert proof.unknown_keys(room / "templates", room / "texts") <= FACE_S_OWN


def test_a_word_that_a_page_does_not_know_yet_is_shown_as_it_came() -> None:
    say = Texts(OWN).say("zh")
    assert say.reason("brand_new") == "brand_new"
    assert say.reason("brand_new", "A sentence.") == "A sentence."
    with pytest.raises(LookupError):
        say("no.such.key")


def test_braces_that_a_person_typed_stay_as_they_are() -> None:
    assert Texts(OWN).say("zh")("error.field", field="{0.__class__}") == "请检查：{0.__class__}。"
