"""Faults strike as often as they were told to, and the same seed brings the same ones."""

import pytest

from hardware.simulation.faults import FAULTS, Faults, FaultyLine, parse
from hardware.simulation.pump import Answer
from shared.errors import Refused


class Echo:
    """A line that answers with what it hears."""

    pumps: dict[int, object] = {}  # noqa: RUF012 nobody adds to it

    def receive(self, data: bytes, now: int) -> list[Answer]:
        return [Answer(data, 5)]

    def advance(self, now: int) -> None:
        pass


def faulty(**odds: float) -> FaultyLine:
    return FaultyLine(Echo(), Faults({name.replace("_", "-"): value for name, value in odds.items()}))  # type: ignore[arg-type]


def heard(line: FaultyLine, *questions: bytes) -> list[bytes]:
    return [answer.data for question in questions for answer in line.receive(question, 0)]


def test_a_line_without_faults_passes_everything() -> None:
    assert heard(faulty(), b"a", b"b") == [b"a", b"b"]


def test_a_dropped_answer_never_arrives() -> None:
    assert heard(faulty(dropped_reply=1), b"a", b"b") == []


def test_an_answer_that_is_held_back_comes_in_one_piece_with_the_next() -> None:
    assert heard(faulty(glued_replies=1), b"a", b"b", b"c", b"d") == [b"ab", b"cd"]


def test_a_late_answer_comes_when_nobody_waits_any_more() -> None:
    (answer,) = faulty(late_reply=1).receive(b"a", 0)
    assert answer == Answer(b"a", 200_005)


def test_a_question_that_is_lost_is_not_answered() -> None:
    assert heard(faulty(lost_question=1), b"a") == []


def test_an_acknowledgement_is_short_and_may_be_lost_or_come_twice() -> None:
    assert heard(faulty(lost_ack=1), b"abc", b"a longer answer") == [b"a longer answer"]
    assert heard(faulty(repeated_ack=1), b"abc", b"a longer answer") == [b"abc", b"abc", b"a longer answer"]


def test_any_answer_may_come_twice_or_slowly() -> None:
    assert heard(faulty(repeated_reply=1), b"a longer answer") == [b"a longer answer"] * 2
    (answer,) = faulty(slow_reply=1).receive(b"a", 0)
    assert answer == Answer(b"a", 20_005)


def test_noise_stands_before_the_answer() -> None:
    (data,) = heard(faulty(noise=1), b"abc")
    assert data.endswith(b"abc")
    assert 4 <= len(data) <= 8


def test_dribbled_bytes_come_one_by_one_with_pauses() -> None:
    answers = faulty(dribbled_bytes=1).receive(b"abc", 0)
    assert answers == [Answer(b"a", 5), Answer(b"b", 6_005), Answer(b"c", 12_005)]


def test_an_echo_comes_before_the_answer() -> None:
    assert heard(faulty(echo=1), b"a") == [b"a", b"a"]


def test_a_byte_of_wrong_parity_arrives_as_00() -> None:
    (data,) = heard(faulty(flipped_bit=1), b"abcdef")
    assert sorted(data)[0] == 0
    assert len(data) == 6
    assert sum(a != b for a, b in zip(data, b"abcdef", strict=True)) == 1


def test_faults_strike_about_as_often_as_told() -> None:
    faults = Faults({"dropped-reply": 0.25}, seed=3)
    assert 200 < sum(faults.strikes("dropped-reply") for _ in range(1_000)) < 300
    assert not faults.strikes("late-reply")


def test_the_same_seed_brings_the_same_faults() -> None:
    first, second = (Faults({"late-reply": 0.5}, seed=9) for _ in range(2))
    assert [first.strikes("late-reply") for _ in range(50)] == [second.strikes("late-reply") for _ in range(50)]


def test_a_fault_can_begin_and_end() -> None:
    faults = Faults()
    faults.set("late-reply", 1)
    assert faults.strikes("late-reply")
    faults.set("late-reply", 0)
    assert not faults.strikes("late-reply")


def test_faults_are_read_from_the_command_line() -> None:
    assert parse(["late-reply:0.1", "previous-sale-added"]) == {"late-reply": 0.1, "previous-sale-added": 1}
    assert all(means for means in FAULTS.values())


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("latereply", "Did you mean “late-reply”"),
        ("xyz", "Known are"),
        ("late-reply:2", "no probability"),
        ("late-reply:a", "no probability"),
        ("late-reply:nan", "no probability"),
    ],
)
def test_a_wrong_fault_is_refused_in_a_sentence(text: str, why: str) -> None:
    with pytest.raises(Refused, match=why):
        parse([text])
