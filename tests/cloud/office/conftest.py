"""Head office on books of its own for each test: a new company, or one in the middle of a busy day."""

import asyncio
import shutil
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
from aiohttp import web

from cloud.store.database import Books
from tests.cloud.conftest import copy_of_file
from tests.cloud.office.day import busy_day
from tests.cloud.office.stage import VIEWER, Browser, Stage


@pytest.fixture(scope="session")
def busy_template(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Stage]:
    """The books of a busy day, closed, and the stage that they belong to."""
    path = tmp_path_factory.mktemp("busy") / "company.sqlite"
    shutil.copy(sqlite_template, path)
    books = Books(f"sqlite:///{path}")
    stage = Stage.founded(books)
    busy_day(stage)
    books.close()
    return path, stage


@pytest.fixture
def stage(sqlite_books: Books) -> Stage:
    """A company with three stations and nothing sold yet."""
    return Stage.founded(sqlite_books)


@pytest.fixture
def busy(busy_template: tuple[Path, Stage], tmp_path: Path) -> Iterator[Stage]:
    """The same after a busy day."""
    path, stage = busy_template
    books = Books(copy_of_file(path, tmp_path))
    yield stage.again(books)
    books.close()


@pytest.fixture
async def owner(busy: Stage) -> AsyncIterator[Browser]:
    """The browser of somebody who may change everything, on the busy day."""
    async with busy.browser() as browser:
        yield browser


@pytest.fixture
async def viewer(busy: Stage) -> AsyncIterator[Browser]:
    """The browser of somebody who may look."""
    async with busy.browser(VIEWER) as browser:
        yield browser


class Served:
    """The pages on a port of their own, in a thread of their own, for a browser that blocks."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        self._ready.wait(10)

    def _run(self) -> None:
        asyncio.set_event_loop(self.loop)
        self.runner = web.AppRunner(self.stage.application, access_log=None, shutdown_timeout=0.5)
        self.loop.run_until_complete(self.runner.setup())
        self.loop.run_until_complete(web.TCPSite(self.runner, "127.0.0.1", 0).start())
        self.port: int = self.runner.addresses[0][1]
        self._ready.set()
        self.loop.run_forever()

    @property
    def address(self) -> str:
        """Where the pages are."""
        return f"http://127.0.0.1:{self.port}"

    def happen(self, what: Callable[[], object]) -> None:
        """Something happens in the program, on its own loop."""
        done = threading.Event()

        def do() -> None:
            what()
            done.set()

        self.loop.call_soon_threadsafe(do)
        assert done.wait(10)

    def close(self) -> None:
        """End it."""
        asyncio.run_coroutine_threadsafe(self.runner.cleanup(), self.loop).result(10)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(10)
        self.loop.close()


@pytest.fixture
def served(busy: Stage) -> Iterator[Served]:
    served = Served(busy)
    yield served
    served.close()
