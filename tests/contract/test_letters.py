"""Letters are read for ever: those of today, and every one that a station may still have in its outbox.

A file in ``tests/golden/letters`` is never changed and never removed. When a message grows, its old files stay and must
still be read; a new one gets the next number: ``python -m tests.contract.test_letters`` writes what is missing.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest
from msgspec import Struct

from edge.sync.downlink import KINDS
from shared import messages, topics
from shared.coupon import CouponTerms
from shared.errors import LetterMisread
from shared.messages import Action, Batch, Command, CommandKeys, CouponClaim, Fact, Hello
from shared.wire import batch_of, letter_bytes, pack, read_letter, unpack
from tests.contract.samples import LETTERS, MESSAGES, TERMS

GOLDEN = Path(__file__).parents[1] / "golden" / "letters"
UPWARD: dict[str, type[Struct]] = {topics.HELLO: Hello, topics.ASK: CouponClaim}

AT_THE_DOOR: dict[str, type[Struct]] = {topics.KEYS: CommandKeys}
"""What the station's door keeps to itself."""


def files(name: str) -> list[Path]:
    """The golden files of a message, the oldest first."""
    return sorted(GOLDEN.glob(f"{name}.[0-9]*.json"), key=lambda path: int(path.name.split(".")[1]))


def kind_of(name: str) -> type[Struct]:
    """The type of a message by its name."""
    kinds: dict[str, type[Struct]] = {**UPWARD, **AT_THE_DOOR, **KINDS}
    return kinds[name.partition("-")[0]]


ALL = sorted(GOLDEN.glob("*.json"))


@pytest.mark.parametrize("path", ALL, ids=[path.name for path in ALL])
def test_every_letter_that_was_ever_written_is_read(path: Path) -> None:
    name, text = path.name.split(".")[0], path.read_bytes()
    if name in LETTERS:
        letter = read_letter(text, LETTERS[name].seq)
        assert type(letter.body) is type(LETTERS[name].body)
    else:
        assert isinstance(unpack(b"\1\0" + text, kind_of(name)), kind_of(name))


@pytest.mark.parametrize("name", LETTERS)
def test_the_newest_file_of_a_fact_says_all_that_the_fact_can_say(name: str) -> None:
    newest = files(name)[-1].read_bytes()
    assert read_letter(newest, LETTERS[name].seq) == LETTERS[name]
    assert letter_bytes(LETTERS[name]) == newest


@pytest.mark.parametrize("name", MESSAGES)
def test_the_newest_file_of_a_message_says_all_that_it_can_say(name: str) -> None:
    newest = files(name)[-1].read_bytes()
    assert unpack(b"\1\0" + newest, kind_of(name)) == MESSAGES[name]
    assert msgspec.json.encode(MESSAGES[name]) == newest


def test_there_is_a_file_for_each_fact_each_action_and_each_topic() -> None:
    assert {type(letter.body) for letter in LETTERS.values()} == set(get_args(Fact))
    assert {type(m.action) for m in MESSAGES.values() if isinstance(m, Command)} == set(get_args(Action))
    assert {name.partition("-")[0] for name in MESSAGES} == UPWARD.keys() | AT_THE_DOOR.keys() | KINDS.keys()
    assert set(LETTERS) == {kind.__struct_config__.tag for kind in get_args(Fact)}


def test_samples_leave_no_field_at_its_default() -> None:
    """Else a field could change its meaning and no file would tell."""
    lazy = {
        f"{name}.{field.name}"
        for name, value in [*((n, letter.body) for n, letter in LETTERS.items()), *MESSAGES.items()]
        for field in msgspec.structs.fields(type(value))
        if not field.required and getattr(value, field.name) == field.default
    }
    assert lazy <= {"hello.open", "ask.code"}  # a boolean that is true in every other test, and the other way to ask


def test_bytes_on_the_line_are_read_for_ever() -> None:
    """One byte of version, one of packing, then JSON; a batch carries its letters unchanged."""
    batch = unpack((GOLDEN / "batch.1.bin").read_bytes(), Batch)
    bodies = [letter_bytes(letter) for letter in LETTERS.values()]
    assert (batch.station, batch.epoch, batch.first) == ("pudong-1", 1_790_000_000, 1)
    assert [bytes(raw) for raw in batch.letters] == bodies[: len(batch.letters)]
    plain = unpack((GOLDEN / "stored.1.bin").read_bytes(), messages.Stored)
    assert plain == MESSAGES["stored"]
    assert (GOLDEN / "stored.1.bin").read_bytes() == pack(plain)
    again = unpack(batch_of("pudong-1", 1_790_000_000, 1, bodies), Batch)
    assert again.letters[: len(batch.letters)] == batch.letters


@pytest.mark.parametrize("name", [*LETTERS, *MESSAGES])
def test_a_letter_of_a_newer_program_is_refused_whole_and_never_half_understood(name: str) -> None:
    """At every depth: a field that we don't know may turn the sense of all the others."""
    newest = msgspec.json.decode(files(name)[-1].read_bytes())
    for newer in with_something_new(newest):
        text = msgspec.json.encode(newer)
        with pytest.raises(LetterMisread):
            read(name, text)


def read(name: str, text: bytes) -> Struct:
    """A fact or another message from its JSON."""
    return read_letter(text, LETTERS[name].seq) if name in LETTERS else unpack(b"\1\0" + text, kind_of(name))


def with_something_new(value: Any) -> Iterator[Any]:
    """The same value, once for each object in it, with a field more in that one."""
    if isinstance(value, dict) and not value.keys() <= {"92#", "95#", "keys"}:  # a new grade or book is no new field
        yield {**value, "of_the_future": 1}
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        for newer in with_something_new(inner):
            copy = dict(value) if isinstance(value, dict) else list(value)
            copy[key] = newer
            yield copy


def test_a_coupon_with_terms_that_we_do_not_know_is_not_taken_for_one_without() -> None:
    text = msgspec.json.encode([*msgspec.json.decode(msgspec.json.encode(TERMS)), "not on Sundays"])
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(text, type=CouponTerms)


def write_missing() -> None:
    """Adds a file for each message whose newest file no longer says all. Never touches one that is there."""
    texts = {name: letter_bytes(letter) for name, letter in LETTERS.items()}
    texts |= {name: msgspec.json.encode(message) for name, message in MESSAGES.items()}
    for name, text in texts.items():
        known = files(name)
        if not known or known[-1].read_bytes() != text:
            (GOLDEN / f"{name}.{len(known) + 1}.json").write_bytes(text)
    bodies = [letter_bytes(letter) for letter in LETTERS.values()]
    for path, data in (
        (GOLDEN / "batch.1.bin", batch_of("pudong-1", 1_790_000_000, 1, bodies)),
        (GOLDEN / "stored.1.bin", pack(MESSAGES["stored"])),
    ):
        if not path.exists():
            path.write_bytes(data)


if __name__ == "__main__":
    write_missing()
