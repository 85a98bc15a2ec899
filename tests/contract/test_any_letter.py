"""Every kind of letter, right or spoilt in any way, at both doors: kept whole or refused in words, and never a crash.

``make soak`` tries the same with thousands of examples.
"""

from base64 import b64decode, b64encode
from collections.abc import Iterator
from hashlib import sha256
from itertools import count
from pathlib import Path
from typing import Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DataObject, SearchStrategy
from sqlalchemy import select

from cloud.app import handlers
from cloud.store.database import Books
from cloud.store.tables import DeadLetterRow, InboxRow, table_of
from cloud.sync.intake import Intake
from edge.sync.claims import Claims
from edge.sync.downlink import KINDS, Downlink
from shared import topics
from shared.messages import Stored, Welcome
from shared.wire import batch_of, letter_bytes, pack
from tests.cloud.scene import NOW, SETTINGS
from tests.contract.samples import LETTERS, MESSAGES
from tests.fakes.ends import Forecourt, founded
from tests.fakes.spoilt import odd, spoilt

STATION, OTHER = "pudong-1", "minhang-2"
SOME: Final = settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
_EPOCHS = count(1_700_000_000)


@pytest.fixture(scope="module")
def intake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Intake]:
    """The company's door, with all trades behind it."""
    books = founded(f"sqlite:///{tmp_path_factory.mktemp('any') / 'company.sqlite'}", [STATION, OTHER])
    yield Intake(books, handlers(SETTINGS), lambda *_: True, lambda _: None, lambda: NOW)
    books.close()


def a_letter() -> SearchStrategy[bytes]:
    """Of any kind: as it should be, odd inside, torn, or nothing of the sort."""
    whole = st.sampled_from(sorted(LETTERS)).map(lambda name: letter_bytes(LETTERS[name]))
    return st.one_of(whole, whole.flatmap(odd), whole.flatmap(odd), whole.flatmap(spoilt), st.binary(max_size=60))


@SOME
@given(letters=st.lists(a_letter(), min_size=1, max_size=6), data=st.data())
def test_of_any_letters_each_is_in_the_books_or_whole_among_the_dead(
    intake: Intake, letters: list[bytes], data: DataObject
) -> None:
    company_takes(intake, letters, data)


def company_takes(intake: Intake, letters: list[bytes], data: DataObject) -> None:
    """Posts them, one message or several, now and then one twice; then accounts for every one."""
    epoch = next(_EPOCHS)
    numbered = [_numbered(raw, seq) for seq, raw in enumerate(letters, 1)]
    at = data.draw(st.integers(0, len(numbered)))
    parts = [(1, numbered[:at]), (at + 1, numbered[at:]), (1, numbered[:at])]
    messages = [(STATION, batch_of(STATION, epoch, first, part)) for first, part in parts if part]
    result = intake._post(messages)
    assert result.stored == {(STATION, epoch): len(numbered)}, "acknowledged to the last one"
    known, dead = _kept(intake._books, epoch)
    assert sorted(known) == list(range(1, len(numbered) + 1))
    for seq, raw in enumerate(numbered, 1):
        assert known[seq] in (sha256(raw).digest(), sha256(_torn(raw)).digest())
        assert seq not in dead or dead[seq] in (raw, _torn(raw)), "a dead letter is kept whole"
    assert len(result.facts) + len(dead) == len(numbered), "posted, or dead: nothing else becomes of a letter"


def _torn(raw: bytes) -> bytes:
    """How what is no JSON at all is carried."""
    return b'"' + b64encode(raw) + b'"'


def test_f27_a_letter_that_a_bad_disk_has_torn_holds_up_no_other(intake: Intake) -> None:
    epoch, whole = next(_EPOCHS), [letter_bytes(letter) for letter in LETTERS.values()][:3]
    torn = whole[1][:90] + bytes(8)
    result = intake._post([(STATION, batch_of(STATION, epoch, 1, [whole[0], torn, whole[2]]))])
    assert result.stored == {(STATION, epoch): 3}
    assert [fact.seq for fact in result.facts] == [1, 3]
    (dead,) = result.dead
    assert (dead.seq, b64decode(dead.raw.strip(b'"'))) == (2, torn)


def _numbered(raw: bytes, seq: int) -> bytes:
    """With the sequence of its place, where it still has one: a wrong number is only one way to be wrong."""
    for number in range(1, len(LETTERS) + 1):
        raw = raw.replace(b'"seq":%d,' % number, b'"seq":%d,' % seq, 1) if raw.startswith(b'{"seq"') else raw
        if raw.startswith(b'{"seq":%d,' % seq):
            break
    return raw


def _kept(books: Books, epoch: int) -> tuple[dict[int, bytes], dict[int, bytes]]:
    inbox, dead = table_of(InboxRow), table_of(DeadLetterRow)
    with books.read() as connection:
        known = connection.execute(select(inbox.c.seq, inbox.c.sha256).where(inbox.c.epoch == epoch))
        buried = connection.execute(select(dead.c.seq, dead.c.raw).where(dead.c.epoch == epoch))
        return {row.seq: bytes(row.sha256) for row in known}, {row.seq: bytes(row.raw) for row in buried}


@SOME
@given(data=st.data())
def test_of_any_message_the_company_makes_something_or_leaves_it(intake: Intake, data: DataObject) -> None:
    """Not even an envelope: nothing is acknowledged that was not understood, and the line works on."""
    envelope = batch_of(OTHER, 1_600_000_000, 1, [letter_bytes(LETTERS["sale"])])
    message = data.draw(st.one_of(spoilt(envelope), st.binary(max_size=80)))
    result = intake._post([(OTHER, message)])
    assert {station for station, _ in result.stored} <= {OTHER}


class Ear:
    """Who believes the company's words; here nobody does."""

    accepted = True

    def stored(self, _answer: Stored) -> None:
        pass

    def welcomed(self, _welcome: Welcome) -> None:
        pass


@SOME
@given(name=st.sampled_from(sorted(MESSAGES)), kind=st.sampled_from([*KINDS, "x"]), data=st.data())
def test_of_any_message_the_station_makes_something_or_counts_it(name: str, kind: str, data: DataObject) -> None:
    station_hears(name, kind, data)


def station_hears(name: str, kind: str, data: DataObject) -> None:
    """A message of one kind, spoilt, on the topic of any."""
    downlink = Downlink(None, Ear(), Claims(lambda _: True), Forecourt())  # type: ignore[arg-type]
    downlink.hear(topics.down(STATION, kind), data.draw(spoilt(pack(MESSAGES[name]))))
    heard = downlink._books.qsize() + downlink._commands.qsize()
    assert heard + downlink.misread.total() <= 1


def test_any_change_of_any_value_is_tried_and_most_are_seen(tmp_path: Path) -> None:
    """So that the tests above spoil something that was right: whole letters of every kind go into the books."""
    books = founded(f"sqlite:///{tmp_path / 'company.sqlite'}", [STATION])
    door = Intake(books, handlers(SETTINGS), lambda *_: True, lambda _: None, lambda: NOW)
    whole = [_numbered(letter_bytes(letter), seq) for seq, letter in enumerate(LETTERS.values(), 1)]
    result = door._post([(STATION, batch_of(STATION, 1_700_000_000, 1, whole))])
    assert (len(result.facts), result.dead) == (len(LETTERS), [])
    books.close()
