"""The acts around a station's enrolment: a code, its certificates, taking one back."""

from cloud.console.acts import Done, Words, books_of
from cloud.founding import authority_of, now
from cloud.gate import mosquitto
from cloud.identity import enrolling
from cloud.identity.enrolling import CertificateView, NewTicket
from cloud.settings import Settings
from cloud.stations import register
from shared.errors import Refused


def new_ticket(settings: Settings, words: Words) -> NewTicket:
    """A code with which a machine becomes this station; earlier ones are void."""
    with books_of(settings) as books, books.begin() as connection:
        return enrolling.new_ticket(connection, authority_of(settings), words.id, words.by, now())


def certificates(settings: Settings, words: Words) -> tuple[CertificateView, ...]:
    """What a station was given."""
    with books_of(settings) as books, books.read() as connection:
        register.must_exist(connection, (words.id,))
        return tuple(enrolling.of_station(connection, words.id))


def revoke(settings: Settings, words: Words) -> Done:
    """Takes one certificate back, or all: the gate cuts the machine off within seconds."""
    with books_of(settings) as books, books.begin() as connection:
        register.must_exist(connection, (words.id,))
        meant = [view for view in enrolling.of_station(connection, words.id) if words.serial in ("", view.serial)]
        if not any(view.revoked_at is None for view in meant):
            raise Refused("unknown_certificate", f"Station “{words.id}” has no such certificate that is still good.")
        one = bytes.fromhex(meant[0].fingerprint) if words.serial else None
        enrolling.revoke(connection, words.id, words.by, now(), words.why, one)
    return Done()


def write_mosquitto(settings: Settings, words: Words) -> Done:
    """Who may speak, and which certificates are revoked, for a Mosquitto."""
    with books_of(settings) as books, books.read() as connection:
        mosquitto.write(connection, authority_of(settings), words.directory, now())
    return Done()
