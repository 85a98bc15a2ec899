"""Configuration: a key that nobody knows stops the program, and the nearest known one is named."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct, field

from shared.errors import SettingsMisread
from shared.settings import load


class Point(Struct, frozen=True, forbid_unknown_fields=True):
    """A table in a list."""

    number: int
    nozzles: tuple[str, ...] = ()


class Page(Struct, frozen=True, forbid_unknown_fields=True):
    """A table."""

    port: int = 8080
    hosts: tuple[str, ...] = ("localhost",)


class Settings(Struct, frozen=True, forbid_unknown_fields=True):
    """A configuration with everything that ours have."""

    name: str = "加油"
    page: Page = field(default_factory=Page)
    points: tuple[Point, ...] = ()
    spare: Page | None = None


def test_what_is_not_there_has_its_default() -> None:
    assert load("", Settings) == Settings()


def test_tables_and_lists_of_tables_are_read() -> None:
    text = '[page]\nport = 1\n[[points]]\nnumber = 3\nnozzles = ["92#"]\n[[points]]\nnumber = 4'
    found = load(text, Settings)
    assert (found.page.port, [point.number for point in found.points]) == (1, [3, 4])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("nmae = 'x'", "“nmae”. Did you mean “name”"),
        ("[page]\nprot = 1", "“page.prot”. Did you mean “port”"),
        ("[[points]]\nnumber = 1\n[[points]]\nnumbr = 2", "“points.numbr”. Did you mean “number”"),
        ("[spare]\nhost = 'x'", "“spare.host”. Did you mean “hosts”"),
        ("qqqqqq = 1", "Known here are: name, page, points, spare"),
        ("[page]\nport = '80'", "page.port"),
        ("[[points]]\nnozzles = []", "number"),
        ("page = 3", "page"),
        ("name = ", "not valid TOML"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(text: str, said: str) -> None:
    with pytest.raises(SettingsMisread) as why:
        load(text, Settings)
    assert said in str(why.value)


@given(st.text())
def test_any_text_is_a_configuration_or_refused_in_words(text: str) -> None:
    with suppress(SettingsMisread):
        assert isinstance(load(text, Settings), Settings)
