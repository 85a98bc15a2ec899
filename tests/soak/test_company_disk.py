"""The company's disk fails now and then, or is full: nothing is acknowledged that is not on it, and nothing is lost."""

import asyncio
import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from pathlib import Path

import psycopg
import pytest
from sqlalchemy.engine import make_url

from cloud.store.database import Books
from tests.company.servers import BrokerServer, nats, postgresql
from tests.fakes.ends import StationEnd, company_end, founded, station_end
from tests.flow import conserved
from tests.flow.checker import agree, station_books
from tests.soak.conftest import say
from tests.soak.test_disk import FAULTS, ROOT

pytestmark = [pytest.mark.soak, pytest.mark.timeout(600)]

STATION = "pudong-1"
ROUNDS = 6
SECONDS = 8.0
SMALL, LARGE = "40m", "400m"


@pytest.mark.parametrize("calls", [FAULTS[:2], FAULTS[2:], FAULTS], ids=["sync", "write", "both"])
async def test_a_company_whose_disk_fails_now_and_then_acknowledges_nothing_that_it_has_not(
    tmp_path: Path, seed: int, capsys: pytest.CaptureFixture[str], calls: tuple[str, ...]
) -> None:
    dice, url = random.Random(seed), f"sqlite:///{tmp_path / 'company.sqlite'}"

    def failing() -> list[str]:
        odds = dice.choice((0.01, 0.05, 0.2))
        return ["fiu-run", "-x", *(w for c in calls for w in ("-c", f"enable_random name={c},probability={odds}"))]

    await _bad_rounds(tmp_path, url, seed, capsys, failing, None)


async def test_a_company_whose_disk_is_full_acknowledges_nothing_that_it_has_not(
    tmp_path: Path, seed: int, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "company.sqlite"

    def limit() -> None:
        room = max(path.stat().st_size, 200_000) + 200_000  # the journal beside it has the same limit
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))

    await _bad_rounds(tmp_path, f"sqlite:///{path}", seed, capsys, list, limit)


async def test_postgresql_on_a_full_disk_refuses_and_the_letters_stay_until_there_is_room(
    tmp_path: Path, seed: int, capsys: pytest.CaptureFixture[str]
) -> None:
    with _small_disk() as disk, nats(tmp_path / "broker", {STATION: "word"}) as broker:
        books = _books_on(disk)
        async with company_end(books, broker.company()) as company, _station(tmp_path, broker) as station:
            while not company.line.intake.counts["failures"]:
                await station.sell(1_000)
                await asyncio.sleep(0.3)
            await station.sell(1_000)
            await asyncio.sleep(3)
            kept, waiting = await station.stored(), await station.backlog()
            assert waiting >= 1_000
            assert _letters(books) >= kept
            await asyncio.to_thread(_grow, disk)
            await station.emptied(120)
        figures = agree(books, [station_books(tmp_path / "store")])
        say(
            capsys,
            f"SOAK_SEED={seed}: full after {kept} letters, {waiting} waited; then {figures}; none lost, none twice",
        )
        books.close()


async def _bad_rounds(
    directory: Path,
    url: str,
    seed: int,
    capsys: pytest.CaptureFixture[str],
    wrapper: Callable[[], list[str]],
    before: Callable[[], None] | None,
) -> None:
    """A company on a bad disk for some seconds, then killed; again and again; then a good disk."""
    dice, books = random.Random(seed), founded(url, [STATION])
    stored = []
    with nats(directory / "broker", {STATION: "word"}) as broker:
        async with _station(directory, broker) as station:
            for _ in range(ROUNDS):
                await _bad_evening(station, dice, _worker(directory, url, broker, wrapper(), before))
                stored.append(await station.stored())
                _no_mark_is_ahead(books, directory)
            waited = await station.backlog()
            async with company_end(books, broker.company()):
                await station.emptied(120)
    figures = agree(books, [station_books(directory / "store")])
    say(
        capsys, f"SOAK_SEED={seed}: stored after each round {stored}, {waited} waited; {figures}; none lost, none twice"
    )
    books.close()


async def _bad_evening(station: StationEnd, dice: random.Random, worker: subprocess.Popen[bytes]) -> None:
    for _ in range(8):
        await station.sell(dice.randint(1, 120))
        await asyncio.sleep(SECONDS / 8)
    worker.kill()
    worker.wait()


def _worker(
    directory: Path, url: str, broker: BrokerServer, wrapper: list[str], before: Callable[[], None] | None
) -> subprocess.Popen[bytes]:
    place = broker.company()
    words = [url, place.host, str(place.port), place.user, place.password]
    with (directory / "worker.log").open("ab") as log:
        return subprocess.Popen(
            [*wrapper, sys.executable, "-m", "tests.fakes.worker", *words],
            cwd=ROOT, stdout=log, stderr=log, preexec_fn=before,
        )  # fmt: skip


def _station(directory: Path, broker: BrokerServer) -> AbstractAsyncContextManager[StationEnd]:
    return station_end(directory / "store", STATION, broker.station(STATION))


def _no_mark_is_ahead(books: Books, directory: Path) -> None:
    told = station_books(directory / "store")
    assert not list(conserved.marks(books, {told.line: told.stored_upto}))


def _letters(books: Books) -> int:
    """Counted without a sort, for which there is no room."""
    with books.read() as connection:
        return int(connection.exec_driver_sql("SELECT count(*) FROM inbox").scalar_one())


def _grow(disk: Path) -> None:
    subprocess.run(["mount", "-o", f"remount,size={LARGE}", str(disk)], check=True)


@contextmanager
def _small_disk() -> Iterator[Path]:
    """A file system of its own with little room, where the database's user may go too."""
    at = Path(tempfile.mkdtemp(prefix="jiayou-small-disk-"))
    at.chmod(0o755)
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SMALL}", "tmpfs", str(at)], capture_output=True)
    if mounted.returncode:
        at.rmdir()
        pytest.skip(f"Only root may mount a small disk: {mounted.stderr.decode().strip()}")
    try:
        yield at
    finally:
        subprocess.run(["umount", "--lazy", str(at)], check=True)
        at.rmdir()


def _books_on(disk: Path) -> Books:
    """Founded books of a database whose files lie there."""
    url = make_url(postgresql())
    admin = url.set(drivername="postgresql", database="postgres").render_as_string(hide_password=False)
    place, name = disk / "tables", f"small_{os.getpid()}"
    place.mkdir()
    with psycopg.connect(admin, autocommit=True) as connection:
        (home,) = connection.execute("SHOW data_directory").fetchone() or ("",)
        owner = Path(home).stat()
        shutil.chown(place, owner.st_uid, owner.st_gid)
        connection.execute(f"CREATE TABLESPACE {name} LOCATION '{place}'".encode())
        connection.execute(f"CREATE DATABASE {name} TABLESPACE {name}".encode())
    founded(url.set(database=name).render_as_string(hide_password=False), [STATION]).close()
    return Books(url.set(database=name).render_as_string(hide_password=False))
