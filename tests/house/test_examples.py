"""The example configurations and the settings say the same, and each option is explained."""

import importlib
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, get_args, get_origin

import msgspec
import pytest
from msgspec import Struct

from shared.errors import SettingsMisread
from shared.settings import load
from tests.house.tree import ROOT

HOUSES: Final = {
    "edge": "edge.settings.Settings",
    "cloud": "cloud.settings.Settings",
    "sim": "hardware.simulation.plan.PlanTable",
}
OPTION: Final = re.compile(r"^(# ?)?(?P<name>\w+) *= *\S|^(# ?)?\[\[?[\w.]+\]\]?")


def text(house: str) -> str:
    return (ROOT / "configs" / f"{house}.example.toml").read_text(encoding="utf-8")


def settings(house: str) -> type[Struct]:
    place, _, name = HOUSES[house].rpartition(".")
    kind: type[Struct] = getattr(importlib.import_module(place), name)
    return kind


def parses(lines: list[str]) -> bool:
    try:
        tomllib.loads("\n".join(lines))
    except tomllib.TOMLDecodeError:
        return False
    return True


def with_every_option_live(example: str) -> str:
    """The example with its commented options taken in, as far as TOML allows two ways of saying a thing."""
    lines = example.splitlines()
    for number, line in enumerate(lines):
        if line.startswith("#") and OPTION.match(line):
            lines[number] = line.lstrip("# ")
            if not parses(lines):
                lines[number] = line
    return "\n".join(lines)


def structs_in(annotation: Any) -> list[type[Struct]]:
    if isinstance(annotation, type) and issubclass(annotation, Struct):
        return [annotation]
    return [kind for inner in get_args(annotation) for kind in structs_in(inner)]


def tables_in(annotation: Any, value: Any) -> list[dict[str, Any]]:
    """The TOML tables that this value holds: itself, those of its list, or those under names that the owner chooses."""
    if isinstance(value, list):
        return [table for inner in value for table in tables_in(Any, inner)]
    if isinstance(value, dict):
        return (
            [table for table in value.values() if isinstance(table, dict)]
            if get_origin(annotation) is dict
            else [value]
        )
    return []


def known(kind: type[Struct], path: str = "") -> Iterator[str]:
    """Every option that the settings have."""
    for option in msgspec.structs.fields(kind):
        yield path + option.encode_name
        for below in structs_in(option.type):
            yield from known(below, f"{path}{option.encode_name}.")


def told(kind: type[Struct], table: dict[str, Any], path: str = "") -> Iterator[str]:
    """Every option that the example shows."""
    for option in msgspec.structs.fields(kind):
        if option.encode_name not in table:
            continue
        yield path + option.encode_name
        for below in structs_in(option.type):
            for inner in tables_in(option.type, table[option.encode_name]):
                yield from told(below, inner, f"{path}{option.encode_name}.")


@pytest.mark.parametrize("house", HOUSES)
def test_the_example_can_be_used_as_it_stands(house: str) -> None:
    load(text(house), settings(house))


@pytest.mark.parametrize("house", HOUSES)
def test_every_option_is_in_the_example(house: str) -> None:
    kind = settings(house)
    shown = set(told(kind, tomllib.loads(with_every_option_live(text(house)))))
    assert sorted(set(known(kind)) - shown) == []


@pytest.mark.parametrize("house", HOUSES)
def test_every_option_of_the_example_is_explained_where_it_first_stands(house: str) -> None:
    explained, bare, commented = set[str](), set[str](), False
    for line in text(house).splitlines():
        option = OPTION.match(line)
        if option and option["name"]:
            (explained if commented or " # " in line else bare).add(option["name"])
        commented = bool(line.strip()) and (commented or line.startswith("#"))
    assert sorted(bare - explained) == []


@pytest.mark.parametrize("house", HOUSES)
def test_an_unknown_option_is_refused_and_the_nearest_one_named(house: str) -> None:
    option = next(iter(msgspec.structs.fields(settings(house)))).encode_name
    with pytest.raises(SettingsMisread, match=option):
        load(f"{option}x = 1\n" + text(house), settings(house))


def test_every_configuration_that_is_shipped_belongs_to_somebody() -> None:
    shipped = {path.name for path in Path(ROOT / "configs").glob("*.toml")}
    assert shipped == {f"{house}.example.toml" for house in HOUSES}
