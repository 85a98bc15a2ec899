"""Writes a group of messages into the books, all in one transaction: inbox, postings, marks, dead letters."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import get_args

from cloud.cases import desk
from cloud.store import letters, lines
from cloud.store.arrivals import Arrived, BulkHandler
from cloud.store.database import Connection
from cloud.store.letters import Dead, Posted
from cloud.store.lines import Line, SecurityEvent, StoreKey
from cloud.sync.reading import Forged, Opened, ReadLetter, Unreadable, fingerprint, open_letter
from shared.messages import Fact, Letter

Message = Opened | Unreadable | Forged
Handlers = Mapping[type, BulkHandler]
"""What writes the postings of each kind of fact."""
Place = tuple[str, int, int]
"""Station, epoch, sequence."""
UNREADABLE = "unreadable"
_TAGS: dict[type, str] = {kind: str(kind.__struct_config__.tag) for kind in get_args(Fact)}

SAME_KEY = "A letter with this number is here already, with other content."


@dataclass
class Result:
    """What became of a group. All of it is committed by the time anybody sees it."""

    stored: dict[StoreKey, int] = field(default_factory=dict)
    """For each line: all letters up to this one are in the books."""
    facts: list[Arrived] = field(default_factory=list)
    """What is new."""
    dead: list[Dead] = field(default_factory=list)
    """What could not be read, or not be kept."""
    strangers: set[str] = field(default_factory=set)
    """Stations that head office does not know, or has revoked: nothing of theirs was stored."""

    def merge(self, other: "Result") -> None:
        """Adds what became of a later group."""
        self.stored |= other.stored
        self.facts += other.facts
        self.dead += other.dead
        self.strangers |= other.strangers


def post_all(connection: Connection, messages: Sequence[Message], handlers: Handlers, now: int) -> Result:
    """Stores everything that these messages bring. Errors of the database itself are raised, and nothing is stored."""
    known = lines.known_stations(connection, {message.station for message in messages})
    result = Result(strangers={message.station for message in messages} - known)
    honest = [message for message in messages if message.station in known]
    _post_batches(connection, [m for m in honest if isinstance(m, Opened)], handlers, now, result)
    _bury_unreadable(connection, [m for m in honest if isinstance(m, Unreadable)], now, result)
    lines.note_security(connection, [_forgery(m, now) for m in messages if isinstance(m, Forged)])
    letters.bury(connection, result.dead)
    desk.letters_differ(
        connection, {(one.station, one.epoch, one.seq) for one in result.dead if one.reason == SAME_KEY}, now
    )
    return result


def _post_batches(
    connection: Connection, batches: Sequence[Opened], handlers: Handlers, now: int, result: Result
) -> None:
    if not batches:
        return
    by_line: dict[StoreKey, list[Opened]] = defaultdict(list)
    for batch in batches:
        by_line[batch.station, batch.epoch].append(batch)
    known = lines.lock(connection, by_line.keys(), now)
    new: dict[Place, ReadLetter] = {}
    for key, arrived in by_line.items():
        for read in _sift(connection, known[key], arrived, now, result):
            new[*key, read.seq] = read
            if read.letter is None:
                result.dead.append(_dead((*key, read.seq), read, read.reason, now))
            else:
                result.facts.append(_arrived(known[key], read.letter, read.sha256, now))
    letters.keep(connection, [Posted(*place, _kind(read), read.sha256, now) for place, read in new.items()])
    _hand_out(connection, handlers, new, now, result)
    _move_marks(connection, known, new, now, result)


def _sift(connection: Connection, line: Line, batches: Iterable[Opened], now: int, result: Result) -> list[ReadLetter]:
    """The letters that are new, each opened; one that says something else under a known number goes to the dead."""
    places = [(batch.first, batch.first + len(batch.letters) - 1) for batch in batches]
    first, last = min(place[0] for place in places), max(place[1] for place in places)
    here = letters.hashes(connection, line.station, line.epoch, first, last) if first <= line.highest else {}
    new: list[ReadLetter] = []
    for batch in batches:
        for seq, raw in enumerate(batch.letters, batch.first):
            hashed = fingerprint(raw)
            known = here.get(seq)
            if known is None:
                here[seq] = hashed
                new.append(open_letter(seq, raw, hashed))
            elif known != hashed:
                result.dead.append(Dead(line.station, line.epoch, seq, hashed, bytes(raw), SAME_KEY, now))
    return new


def _hand_out(
    connection: Connection, handlers: Handlers, new: Mapping[Place, ReadLetter], now: int, result: Result
) -> None:
    """Each trade gets its facts; what a trade can't take goes to the dead letters and out of the result."""
    by_kind: dict[type, list[Arrived]] = defaultdict(list)
    for fact in result.facts:
        by_kind[type(fact.body)].append(fact)
    failed: dict[Place, str] = {}
    for kind, facts in by_kind.items():
        failed |= {_place(fact): why for fact, why in letters.post(connection, handlers[kind], facts)}
    if failed:
        result.dead += [_dead(place, new[place], why, now) for place, why in failed.items()]
        result.facts = [fact for fact in result.facts if _place(fact) not in failed]


def _move_marks(
    connection: Connection, known: Mapping[StoreKey, Line], new: Iterable[Place], now: int, result: Result
) -> None:
    fresh: dict[StoreKey, list[int]] = defaultdict(list)
    for station, epoch, seq in new:
        fresh[station, epoch].append(seq)
    marks = {key: _advanced(connection, known[key], sorted(seqs)) for key, seqs in fresh.items()}
    lines.move_marks(connection, marks, now)
    result.stored = {key: marks[key][0] if key in marks else line.contiguous for key, line in known.items()}


def _advanced(connection: Connection, line: Line, seqs: Sequence[int]) -> tuple[int, int]:
    """Where the line stands with these letters too: without a hole, and at all."""
    contiguous = line.contiguous
    for seq in seqs:
        if seq != contiguous + 1:
            break
        contiguous = seq
    if contiguous > line.contiguous and line.highest > contiguous:
        contiguous = letters.end_of_run(connection, line.station, line.epoch, contiguous)
    return contiguous, max(line.highest, seqs[-1])


def _bury_unreadable(connection: Connection, messages: Sequence[Unreadable], now: int, result: Result) -> None:
    """Whole messages that are no batch. A station that sends nothing else must not fill the disk of head office."""
    for station in {message.station for message in messages}:
        room = letters.MOST_UNREADABLE - letters.unreadable(connection, station)
        mine = [message for message in messages if message.station == station]
        result.dead += [
            Dead(station, 0, 0, sha256(message.data).digest(), message.data, message.reason, now)
            for message in mine[: max(0, room)]
        ]


def _arrived(line: Line, letter: Letter, hashed: bytes, now: int) -> Arrived:
    return Arrived(
        line.station, line.epoch, letter.seq, letter.stamp, now, hashed, letter.body, line.boot, line.boot_zero
    )


def _place(fact: Arrived) -> Place:
    return fact.station, fact.epoch, fact.seq


def _dead(place: Place, letter: ReadLetter, why: str, now: int) -> Dead:
    return Dead(*place, letter.sha256, letter.raw, why, now)


def _kind(letter: ReadLetter) -> str:
    return _TAGS[type(letter.letter.body)] if letter.letter else UNREADABLE


def _forgery(message: Forged, now: int) -> SecurityEvent:
    return SecurityEvent(now, message.station, "letters_for_another", message.sentence)
