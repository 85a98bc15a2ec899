"""What was said on a line, there and back; and files that are no recording."""

from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.ports import Authorise, LineSettings, PointOnLine, PumpCommand, ReadTotaliser, SetPrices
from hardware.watch.recording import (
    LONGEST_LINE,
    Entry,
    Head,
    RecordingMisread,
    Way,
    command,
    crossing,
    happening,
    note,
    read_entries,
    read_head,
    write,
)
from shared.sale import Preset, PresetKind

HEAD = Head("一号岛", "wayne-dart", 1_795_400_000_000, LineSettings(9600, 8, "O", 1), (PointOnLine(1, 0x50, 2),))
POLL = crossing(1_200, Way.OUT, 1, b"\x50\x20\xfa")


def test_a_recording_comes_back_as_it_was() -> None:
    parts = [POLL, crossing(24_310, Way.IN, 1, b"\x50\x70\xfa"), note(30_000, 1, "disputed filling")]
    lines = write(HEAD, parts).splitlines(keepends=True)
    assert read_head(lines[0]) == HEAD
    assert list(read_entries(lines[1:])) == parts
    assert lines[1] == '{"at":1200,"way":"out","point":1,"data":"50 20 FA"}\n'
    assert POLL.raw == b"\x50\x20\xfa"


@pytest.mark.parametrize(
    "wish",
    [
        Authorise(1, (1, 2), Preset(PresetKind.AMOUNT, 20_000)),
        SetPrices(2, {1: 7_850, 2: 8_310}),
        ReadTotaliser(3, 1),
    ],
)
def test_a_command_comes_back_as_it_was(wish: PumpCommand) -> None:
    lines = write(HEAD, [happening(5, Way.ASKED, wish.point, wish)]).splitlines(keepends=True)
    (entry,) = read_entries(lines[1:])
    assert command(entry) == wish


@pytest.mark.parametrize("what", [{}, {"type": "Explode"}, {"type": "Authorise"}, {"type": "Stop", "point": "x"}])
def test_a_command_that_nobody_knows_is_none(what: dict[str, object]) -> None:
    assert command(Entry(0, Way.ASKED, 1, what=what)) is None


def test_what_a_later_program_adds_is_left_out() -> None:
    lines = ['{"at":1,"way":"weather","deg":31}\n', '{"at":2,"way":"out","data":"50","colour":"red"}\n', "\n"]
    assert [entry.at for entry in read_entries(lines)] == [2]


def test_a_last_line_that_was_cut_off_is_left_out() -> None:
    whole = write(HEAD, [POLL, POLL])
    assert list(read_entries(whole[:-9].splitlines(keepends=True)[1:])) == [POLL]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("", "no recording"),
        ("50 20 FA", "no recording"),
        ("{}", "no recording"),
        ('{"line":"a","protocol":"b","jiayou":"diary"}', "first line"),
        ('{"line":"a","protocol":"b","version":9}', "version 9"),
    ],
)
def test_what_is_no_recording_is_said_to_be_none(line: str, why: str) -> None:
    with pytest.raises(RecordingMisread, match=why):
        read_head(line)


def test_bytes_that_are_none_and_lines_without_end_are_refused() -> None:
    with pytest.raises(RecordingMisread, match="hexadecimal"):
        assert Entry(0, Way.IN, data="5z").raw
    with pytest.raises(RecordingMisread, match="longer"):
        list(read_entries(["x" * (LONGEST_LINE + 1)]))


@given(st.lists(st.one_of(st.text(max_size=60), st.just('{"at":1,"way":"in"}')), max_size=4))
def test_any_text_is_read_or_refused(lines: list[str]) -> None:
    try:
        read_head("".join(lines[:1]))
        list(read_entries(chain.from_iterable(line.splitlines(keepends=True) for line in lines)))
    except RecordingMisread:
        pass
