"""Books for the company's tests, on SQLite and on PostgreSQL. The tables are made once, and copied for each test."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy.engine import make_url

from cloud.coupons.sealing import Seal
from cloud.store.database import Books
from cloud.store.migrate import migrate
from tests.cloud.scene import Scene
from tests.company.servers import postgresql


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with all tables and nothing in them."""
    path = tmp_path_factory.mktemp("template") / "company.sqlite"
    books = Books(f"sqlite:///{path}")
    migrate(books)
    books.close()
    return path


@pytest.fixture(scope="session")
def postgresql_template() -> str:
    """A database with all tables and nothing in them."""
    url = postgresql()
    books = Books(url)
    migrate(books)
    books.close()
    return url


@pytest.fixture(params=["sqlite", "postgresql"])
def books(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Books]:
    """New books, on each of the two databases."""
    if request.param == "sqlite":
        yield from _opened(copy_of_file(request.getfixturevalue("sqlite_template"), tmp_path))
    else:
        yield from _opened(copy_of_database(request.getfixturevalue("postgresql_template")))


@pytest.fixture
def sqlite_books(sqlite_template: Path, tmp_path: Path) -> Iterator[Books]:
    """New books, where the database makes no difference."""
    yield from _opened(copy_of_file(sqlite_template, tmp_path))


@pytest.fixture
def scene(books: Books) -> Scene:
    """A founded company with three stations of two dealers, on each of the two databases."""
    return Scene.founded(books, Seal(bytes(32)))


@pytest.fixture
def small_scene(sqlite_books: Books) -> Scene:
    """The same, where the database makes no difference."""
    return Scene.founded(sqlite_books, Seal(bytes(32)))


def copy_of_file(template: Path, tmp_path: Path) -> str:
    """The address of a copy."""
    path = tmp_path / f"{uuid4().hex[:8]}.sqlite"
    shutil.copy(template, path)
    return f"sqlite:///{path}"


def copy_of_database(template: str) -> str:
    """The address of a copy."""
    place = make_url(template)
    name = f"jiayou_{uuid4().hex[:12]}"
    server = place.set(drivername="postgresql", database="postgres").render_as_string(hide_password=False)
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{place.database}"'.encode())
    return place.set(database=name).render_as_string(hide_password=False)


def _opened(url: str) -> Iterator[Books]:
    books = Books(url)
    yield books
    books.close()
