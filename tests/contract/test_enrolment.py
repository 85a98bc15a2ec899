"""A machine comes to the company's door over real TLS, with a ticket, and becomes a station."""

import asyncio
import ssl
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from cloud.door import Door, Entrance, Place
from cloud.identity import authority, enrolling
from cloud.identity.authority import Authority
from cloud.stations import register
from cloud.stations.register import NewStation
from cloud.store import stations as station_books
from cloud.store.database import Books
from cloud.store.migrate import migrate
from edge.identity import door, papers
from edge.identity.renewal import Renewal, Worry
from shared import certificates
from shared.enrolment import Ticket, read_ticket
from shared.errors import Refused, Unavailable
from tests.company.programs import free_port

DAY = 86_400_000
COMMAND_KEYS = {1: bytes(range(32))}


class Company:
    """Books, an authority and an open door."""

    def __init__(self, directory: Path) -> None:
        self.now = time.time_ns() // 1_000_000
        self.directory = directory
        self.books = Books(f"sqlite:///{directory / 'company.sqlite'}")
        migrate(self.books)
        with self.books.begin() as connection:
            register.add_region(connection, "r", "owner", self.now)
            register.add_dealer(connection, "d", "owner", self.now)
            for station in ("s1", "s2"):
                register.add(connection, NewStation(station, station, "d", "r"), "owner", self.now)
        self.authority = authority.create(directory / "authority", "Jiayou", self.now)
        self.replaced: list[str] = []
        self.url = ""

    def ticket(self, station: str = "s1") -> Ticket:
        with self.books.begin() as connection:
            return read_ticket(enrolling.new_ticket(connection, self.authority, station, "owner", self.now).code)

    def tried(self) -> list[str]:
        with self.books.read() as connection:
            return [event.kind for event in station_books.security_events(connection, 50)]

    @asynccontextmanager
    async def open(self, made: Authority | None = None) -> AsyncIterator[None]:
        mine = made or self.authority
        own = Door(
            self.books, mine, lambda: self.now, lambda _: COMMAND_KEYS, lambda station, _: self.replaced.append(station)
        )
        place = Place("127.0.0.1", free_port(), ["127.0.0.1"], self.directory / mine.fingerprint.hex())
        entrance = Entrance(own, mine, place, lambda: time.time_ns() // 1_000_000)  # TLS looks at the machine's clock
        await entrance.open()
        self.url = f"https://127.0.0.1:{place.port}"
        try:
            yield
        finally:
            await entrance.close()


@pytest.fixture
def company(tmp_path: Path) -> Company:
    (tmp_path / "company").mkdir()
    return Company(tmp_path / "company")


async def test_a_ticket_makes_a_machine_a_station(tmp_path: Path, company: Company) -> None:
    async with company.open():
        kept = await door.enrol(company.url, company.ticket(), "s1", tmp_path / "identity")
    assert kept.facts.name == "s1"
    assert kept.command_keys == COMMAND_KEYS
    assert papers.load(tmp_path / "identity") == kept
    assert kept.key.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in (tmp_path / "identity").iterdir() if path.is_file()] == [], "no key lies about"
    ssl.create_default_context(cafile=str(kept.authority)).load_cert_chain(kept.certificate, kept.key)


async def test_the_secret_is_told_to_nobody_but_the_company_that_gave_it(tmp_path: Path, company: Company) -> None:
    ticket = company.ticket()
    thief = authority.create(tmp_path / "thief", "Jiayou", company.now)
    async with company.open(thief):
        with pytest.raises(Refused) as refused:
            await door.enrol(company.url, ticket, "s1", tmp_path / "identity")
    assert refused.value.reason == "other_authority"
    async with company.open():
        await door.enrol(company.url, ticket, "s1", tmp_path / "identity")  # it was not used up


async def test_a_code_used_by_two_machines_at_once_makes_one_station(tmp_path: Path, company: Company) -> None:
    ticket = company.ticket()
    async with company.open():
        tries = [door.enrol(company.url, ticket, "s1", tmp_path / name) for name in ("one", "two")]
        ends = await asyncio.gather(*tries, return_exceptions=True)
    refused = [end for end in ends if isinstance(end, Refused)]
    assert [end.reason for end in refused] == ["code_used"]
    assert company.tried() == ["code_used"]


async def test_the_power_goes_before_the_answer_is_on_the_disk(
    tmp_path: Path, company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticket = company.ticket()
    async with company.open():
        with monkeypatch.context() as dark:
            dark.setattr(papers, "_turn", _no_power)
            with pytest.raises(Unavailable):
                await door.enrol(company.url, ticket, "s1", tmp_path / "identity")
        assert papers.load(tmp_path / "identity") is None
        kept = await door.enrol(company.url, ticket, "s1", tmp_path / "identity")
    assert kept.facts.name == "s1"
    assert len([path for path in (tmp_path / "identity").iterdir() if path.is_dir() and not path.is_symlink()]) == 1


def _no_power(*_: object) -> None:
    raise OSError("the power is gone")


@pytest.mark.parametrize("at", ["_write", "_sync", "_turn", "_clear_away"])
async def test_a_power_cut_while_renewing_leaves_the_old_papers_or_the_new(
    tmp_path: Path, company: Company, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    async with company.open():
        before = await door.enrol(company.url, company.ticket(), "s1", tmp_path / "identity")
        with monkeypatch.context() as dark:
            dark.setattr(papers, at, _no_power)
            with pytest.raises(Unavailable):
                await door.renew(company.url, "s1", before)
        left = papers.load(tmp_path / "identity")
        assert left is not None
        assert (left.facts == before.facts) == (at != "_clear_away")
        after = await door.renew(company.url, "s1", left)
    assert after.facts.fingerprint != left.facts.fingerprint


async def test_a_certificate_is_renewed_at_sixty_days_and_the_line_made_anew(tmp_path: Path, company: Company) -> None:
    async with company.open():
        first = await door.enrol(company.url, company.ticket(), "s1", tmp_path / "identity")
        worries: list[Worry] = []
        renewed = 0

        async def on_renewed() -> None:
            nonlocal renewed
            renewed += 1

        renewal = Renewal(tmp_path / "identity", "s1", company.url, lambda: company.now, worries.append, on_renewed)
        company.now += 59 * DAY
        await renewal.look()
        assert (renewed, worries) == (0, [Worry("", "")])
        company.now += 2 * DAY
        await renewal.look()
    second = papers.load(tmp_path / "identity")
    assert second is not None
    assert (renewed, worries[-1]) == (1, Worry("", ""))
    assert second.facts.not_after > first.facts.not_after + 59 * DAY


async def test_a_station_offline_past_the_end_says_so_and_comes_back_with_a_new_code(
    tmp_path: Path, company: Company
) -> None:
    async with company.open():
        await door.enrol(company.url, company.ticket(), "s1", tmp_path / "identity")
    worries: list[Worry] = []

    async def never() -> None:
        raise AssertionError("there is nobody to renew with")

    renewal = Renewal(tmp_path / "identity", "s1", company.url, lambda: company.now, worries.append, never)
    for days in (80, 5, 10):
        company.now += days * DAY
        await renewal.look()
    assert [worry.word for worry in worries] == ["certificate_ends", "certificate_ends", "certificate_over"]
    assert [worry.detail for worry in worries][:2] == ["10", "5"]
    async with company.open():
        await door.enrol(company.url, company.ticket(), "s1", tmp_path / "identity")
    await renewal.look()
    assert worries[-1] == Worry("", "")
    assert company.replaced == ["s1"], "the old certificate lets nobody in any more"


async def test_f115_a_station_cannot_renew_as_another(tmp_path: Path, company: Company) -> None:
    async with company.open():
        kept = await door.enrol(company.url, company.ticket(), "s1", tmp_path / "identity")
        wanted = certificates.request(certificates.new_key(), "s2")
        context = ssl.create_default_context(cafile=str(kept.authority))
        context.load_cert_chain(kept.certificate, kept.key)
        said = await _post(f"{company.url}/renew", {"request": wanted}, context)
    assert said[0] == 200
    assert said[1]["station"] == "s1", "the name comes from the certificate, not from the wish"


async def test_renewing_without_a_certificate_is_refused(tmp_path: Path, company: Company) -> None:
    async with company.open():
        kept = await door.enrol(company.url, company.ticket(), "s1", tmp_path / "identity")
        wanted = certificates.request(certificates.new_key(), "s1")
        said = await _post(
            f"{company.url}/renew", {"request": wanted}, ssl.create_default_context(cafile=str(kept.authority))
        )
    assert (said[0], said[1]["reason"]) == (403, "no_certificate")


async def test_a_revoked_machine_that_tries_to_renew_is_seen(tmp_path: Path, company: Company) -> None:
    async with company.open():
        kept = await door.enrol(company.url, company.ticket(), "s1", tmp_path / "identity")
        with company.books.begin() as connection:
            enrolling.revoke(connection, "s1", "owner", company.now, "stolen")
        with pytest.raises(Refused) as refused:
            await door.renew(company.url, "s1", kept)
    assert refused.value.reason == "revoked_certificate"
    assert company.tried() == ["revoked_certificate"]


async def test_a_guesser_is_slowed_down_and_seen(tmp_path: Path, company: Company) -> None:
    guess = Ticket(bytes(10), company.authority.fingerprint[:10])
    reasons = []
    async with company.open():
        for _ in range(12):
            with pytest.raises(Refused) as refused:
                await door.enrol(company.url, guess, "s1", tmp_path / "identity")
            reasons.append(refused.value.reason)
        with pytest.raises(Refused):
            await door.enrol(company.url, company.ticket(), "s1", tmp_path / "identity")
        company.now += 11 * 60_000
        await door.enrol(company.url, company.ticket(), "s1", tmp_path / "identity")
    assert reasons == ["bad_code"] * 10 + ["too_many_tries"] * 2
    assert set(company.tried()) == {"bad_code"}


@pytest.mark.parametrize("path", ["/enrol", "/renew"])
@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b"\xff\xfe", b'{"secret": "zz"}', b"[" * 10_000])
async def test_whatever_comes_to_the_door_gets_a_sentence(company: Company, path: str, body: bytes) -> None:
    async with company.open():
        context = ssl.create_default_context(cadata=company.authority.root)
        async with (
            aiohttp.ClientSession() as session,
            session.post(company.url + path, data=body, ssl=context) as answer,
        ):
            said = await answer.json()
    assert answer.status in (400, 403)
    assert said["sentence"]


async def test_nobody_at_the_address_is_one_sentence(tmp_path: Path, company: Company) -> None:
    with pytest.raises(Unavailable, match="reached"):
        await door.enrol("https://127.0.0.1:9", company.ticket(), "s1", tmp_path / "identity")


async def test_the_doors_own_certificate_is_renewed_while_it_stands(tmp_path: Path, company: Company) -> None:
    clock = time.time_ns() // 1_000_000
    place = Place("127.0.0.1", free_port(), ["127.0.0.1"], tmp_path / "door")
    entrance = Entrance(Door(company.books, company.authority, lambda: clock), company.authority, place, lambda: clock)
    await entrance.open()
    try:
        before = await asyncio.to_thread(ssl.get_server_certificate, ("127.0.0.1", place.port))
        assert not entrance.renew()
        clock += 61 * DAY
        assert entrance.renew()
        after = await asyncio.to_thread(ssl.get_server_certificate, ("127.0.0.1", place.port))
    finally:
        await entrance.close()
    assert certificates.read(after).not_before > certificates.read(before).not_before


async def test_a_door_whose_address_is_taken_says_so(tmp_path: Path, company: Company) -> None:
    async with company.open():
        place = Place("127.0.0.1", int(company.url.rpartition(":")[2]), ["127.0.0.1"], tmp_path / "door")
        second = Entrance(
            Door(company.books, company.authority, lambda: 0), company.authority, place, lambda: company.now
        )
        with pytest.raises(Unavailable, match="can't be opened"):
            await second.open()
        await second.close()


async def _post(url: str, body: dict[str, str], context: ssl.SSLContext) -> tuple[int, dict[str, str]]:
    async with aiohttp.ClientSession() as session, session.post(url, json=body, ssl=context) as answer:
        return answer.status, await answer.json()
