"""A station that has lost its memory asks what the company has of its former epochs."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.store import letters, lines
from cloud.store.database import Books
from cloud.store.letters import Posted
from cloud.sync.holding import held
from edge.store.epochs import gaps_of
from shared.messages import Held, Hello

A, EPOCH, NOW = "pudong-1", 1_800_000_000, 1_800_000_500_000


def arrived(books: Books, seqs: set[int], epoch: int = EPOCH) -> None:
    """These letters are in the books."""
    with books.begin() as connection:
        lines.lock(connection, [(A, epoch)], NOW)
        letters.keep(connection, [Posted(A, epoch, seq, "sale", b"", NOW) for seq in sorted(seqs)])
        end = letters.end_of_run(connection, A, epoch, 0)
        lines.move_marks(connection, {(A, epoch): (end, max(seqs, default=0))}, NOW)


def asked(books: Books, *epochs: int) -> dict[int, tuple[Held, ...]]:
    """What a hello that asks for these epochs is told."""
    hello = Hello(A, EPOCH + 9, "disk-b", 1, 0, NOW, 1, 0, 0, 0, 0, "1.0", asks=epochs)
    with books.begin() as connection:
        return {epoch: found for (_, epoch), found in held(connection, [hello]).items()}


def test_what_is_here_is_told_by_epoch_and_ranges(books: Books) -> None:
    arrived(books, {1, 2, 3, 7, 8, 10})
    arrived(books, {1, 2}, EPOCH + 1)
    assert asked(books, EPOCH, EPOCH + 1, EPOCH + 2) == {
        EPOCH: (Held(1, 3), Held(7, 8), Held(10, 10)),
        EPOCH + 1: (Held(1, 2),),
        EPOCH + 2: (),
    }
    assert asked(books) == {}


def test_a_line_in_shreds_is_told_as_far_as_its_list_of_holes_goes(books: Books) -> None:
    """What is not named is sent once more, and stored once."""
    here = set(range(1, 400, 2))
    arrived(books, here)
    told = asked(books, EPOCH)[EPOCH]
    assert len(told) == letters.MOST_HOLES
    assert told[-1].last < max(here)
    assert {seq for each in told for seq in range(each.first, each.last + 1)} <= here


def test_holes_are_found_block_by_block_as_if_each_number_were_asked_for(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Holes within a block, at its edge, over several, and none at all."""
    monkeypatch.setattr(letters, "_BLOCK", 8)
    dice = random.Random(7)
    for epoch in range(1, 16):
        here = {seq for seq in range(1, 90) if dice.random() < (0.5, 0.9, 1.0)[epoch % 3]} - set(
            range(30, 30 + epoch * 3)
        )
        arrived(books, here, epoch)
        with books.begin() as connection:
            contiguous = letters.end_of_run(connection, A, epoch, 0)
            found = letters.holes(connection, A, epoch, contiguous)
        missing = {seq for hole in found for seq in range(hole.first, hole.last + 1)}
        assert missing == set(range(1, max(here))) - here
        assert all(hole.first - 1 in here | {0} and hole.last + 1 in here for hole in found), "each as long as it is"


@given(st.sets(st.integers(1, 60)))
def test_what_is_held_and_what_is_lacking_are_each_number_once(here: set[int]) -> None:
    """The company's ranges and the station's gaps are made apart, and fit."""
    ranges: list[Held] = []
    for seq in sorted(here):
        if ranges and ranges[-1].last == seq - 1:
            ranges[-1] = Held(ranges[-1].first, seq)
        else:
            ranges.append(Held(seq, seq))
    gaps = gaps_of(ranges)
    lacking = {seq for first, last in gaps for seq in range(first, min(last, 100) + 1)}
    assert lacking == set(range(1, 101)) - here
    assert all(first <= last for first, last in gaps)
