"""The door for what comes from head office, and those who would like to pass it."""

from hypothesis import given, settings
from hypothesis import strategies as st

from edge.sync.orders import AGAIN, OrderDoor
from shared import topics
from shared.messages import CommandKeys, OrderRefused, Stored
from shared.orders import LIFE, OrderHead, order
from shared.signing import Signer, public_key
from shared.wire import pack

STATION, NEIGHBOUR = "pudong-1", "minhang-2"
NOW = 1_795_305_600_000
PRIVATE = {number: bytes((number,)) * 32 for number in range(1, 8)}
PUBLIC = {number: public_key(private) for number, private in PRIVATE.items()}
STORED = pack(Stored(1_790_000_000, 1_000))


def keys(*numbers: int) -> CommandKeys:
    return CommandKeys({number: PUBLIC[number] for number in numbers})


class Yard:
    """A station's door, and what became of what was tried there."""

    def __init__(self, *trusted: int, first: bool = False) -> None:
        self.now = NOW
        self.told: list[OrderRefused] = []
        self.kept: list[CommandKeys] = []
        self.door = OrderDoor(
            STATION,
            keys(*trusted).keys,
            lambda: self.now,
            self.told.append,
            lambda letter, _frame: self.kept.append(letter),
            trusts_the_first=first,
        )

    def hears(
        self, message: bytes = STORED, kind: str = topics.STORED, *, by: int = 1, key: int = 0, to: str = STATION,
        at: int = 0, on: str = "",
    ) -> bytes | None:  # fmt: skip
        """An order signed by one key and, when ``key`` says so, under the number of another."""
        head = OrderHead(kind, to, at or self.now, (at or self.now) + LIFE)
        frame = order(head, message, key or by, Signer(PRIVATE[by]))
        return self.door.pass_in(topics.down(STATION, on or kind), frame)

    def reasons(self) -> list[str]:
        return [refusal.reason for refusal in self.told]


def test_what_head_office_has_signed_passes_unchanged() -> None:
    yard = Yard(1, 2)
    assert yard.hears(by=1) == STORED
    assert yard.hears(by=2) == STORED
    assert not yard.told


def test_a_stolen_broker_empties_no_outbox_and_changes_no_price() -> None:
    """Who has the broker and the company's own password there, and no command key."""
    yard = Yard(1, 2)
    for kind in (topics.STORED, topics.WELCOME, topics.TARIFFS, topics.COUPONS, topics.COMMAND, topics.ANSWER):
        assert yard.door.pass_in(topics.down(STATION, kind), STORED) is None
        assert yard.hears(kind=kind, by=3, key=1) is None
        assert yard.hears(kind=kind, by=3) is None
    assert set(yard.reasons()) == {"unsigned", "forged", "unknown_key"}


def test_f55_an_order_for_a_neighbour_is_obeyed_by_nobody_else() -> None:
    yard = Yard(1, 2)
    assert yard.hears(to=NEIGHBOUR) is None
    assert yard.reasons() == ["for_another"]
    assert NEIGHBOUR in yard.told[0].detail


def test_an_order_of_one_kind_is_not_taken_for_another() -> None:
    yard = Yard(1, 2)
    assert yard.hears(kind=topics.STORED, on=topics.COMMAND) is None
    assert yard.reasons() == ["wrong_kind"]


def test_an_order_that_was_kept_back_for_two_days_is_dead() -> None:
    yard = Yard(1, 2)
    assert yard.hears(at=NOW - 2 * LIFE) is None
    assert yard.reasons() == ["expired"]


def test_a_clock_that_fell_back_to_1970_revives_no_old_order() -> None:
    """What was signed right is at least as old as its signature says, whatever our clock says."""
    yard = Yard(1, 2)
    yard.hears()
    yard.now = 20_000
    assert yard.hears(at=NOW - 2 * LIFE) is None
    assert yard.hears(at=NOW + 1_000) == STORED


def test_a_forged_order_moves_no_clock() -> None:
    yard = Yard(1, 2)
    yard.hears(by=3, key=1, at=NOW + 30 * LIFE)
    assert yard.hears() == STORED


def test_a_refusal_is_told_once_an_hour_with_how_often_it_happened() -> None:
    yard = Yard(1, 2)
    for _ in range(50):
        yard.hears(by=3)
    assert [refusal.times for refusal in yard.told] == [1]
    yard.now += AGAIN
    yard.hears(by=3)
    assert [refusal.times for refusal in yard.told] == [1, 50]
    assert yard.door.refused["unknown_key"] == 51


def test_newer_keys_take_the_place_of_all_others_at_once() -> None:
    yard = Yard(1, 2)
    assert yard.hears(pack(keys(2, 3)), topics.KEYS, by=2) is None
    assert yard.kept == [keys(2, 3)]
    assert yard.hears(by=3) == STORED
    assert yard.hears(by=1) is None
    assert yard.door.version == 3


def test_old_keys_do_not_come_back() -> None:
    yard = Yard(2, 3)
    yard.hears(pack(keys(1, 2)), topics.KEYS, by=2)
    yard.hears(pack(keys(2, 3)), topics.KEYS, by=2)
    assert not yard.kept
    assert yard.hears(by=1) is None


def test_keys_that_a_stranger_hands_out_are_trusted_by_nobody() -> None:
    for yard in (Yard(1, 2), Yard()):
        assert yard.hears(pack(keys(6, 7)), topics.KEYS, by=6) is None
        assert not yard.kept
        assert yard.hears(by=6) is None


def test_a_station_that_was_never_enrolled_trusts_the_first_keys_and_then_only_those() -> None:
    yard = Yard(first=True)
    assert yard.hears() is None
    assert not yard.told, "it may overhear what is meant for its double"
    yard.hears(pack(keys(1, 2)), topics.KEYS, by=1)
    assert yard.hears() == STORED
    yard.hears(pack(keys(6, 7)), topics.KEYS, by=6)
    assert yard.hears(by=6) is None
    assert yard.kept == [keys(1, 2)]


@settings(max_examples=300)
@given(st.sampled_from([topics.KEYS, topics.STORED, topics.COMMAND, "x"]), st.binary(max_size=300), st.integers(0, 2))
def test_any_bytes_at_the_door_stay_outside(kind: str, data: bytes, how: int) -> None:
    yard = Yard(1, 2, first=True)
    if how == 2:
        yard.hears(data, kind)  # signed by head office itself, and still no letter
    else:
        assert yard.door.pass_in(topics.down(STATION, kind), b"\2\1" * how + data) is None
    assert yard.door.version == 2
