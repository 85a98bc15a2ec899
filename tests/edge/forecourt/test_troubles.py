"""A sick part says so once, and once when it is well."""

from structlog.testing import capture_logs

from edge.forecourt.troubles import Troubles


def test_a_trouble_is_shown_at_once_and_said_once() -> None:
    now = 0
    changes: list[int] = []
    troubles = Troubles(lambda: now, lambda: 1_000 + now, lambda: changes.append(now))
    with capture_logs() as said:
        troubles.set("broker", "lost", "gone")
        troubles.tell()
        assert [trouble.reason for trouble in troubles.all()] == ["lost"]
        now = 1_500
        troubles.set("broker", "unreachable")
        for _ in range(3):
            troubles.tell()
        troubles.set("broker", "unreachable")
        now = 9_000
        troubles.set("broker", "")
        troubles.set("broker", "")
    assert [line["event"] for line in said] == ["trouble", "trouble_over"]
    assert len(changes) == 3


def test_a_trouble_that_changes_its_reason_began_when_it_began() -> None:
    now = 0
    troubles = Troubles(lambda: now, lambda: now, lambda: None)
    troubles.set("printer", "offline")
    now = 5_000
    troubles.set("printer", "paper_out", "The printer has no paper.")
    (trouble,) = troubles.all()
    assert (trouble.since, trouble.reason, trouble.detail) == (0, "paper_out", "The printer has no paper.")


def test_a_trouble_of_a_moment_is_not_in_the_log() -> None:
    troubles = Troubles(lambda: 0, lambda: 0, lambda: None)
    with capture_logs() as said:
        troubles.set("broker", "unanswered")
        troubles.tell()
        troubles.set("broker", "")
    assert said == []
