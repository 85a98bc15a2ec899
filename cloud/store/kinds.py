"""Column types that mean the same on SQLite, whose tables are STRICT, and on PostgreSQL."""

from typing import Any

from sqlalchemy import BigInteger, Dialect, Integer, LargeBinary, MetaData, Text, TypeDecorator
from sqlalchemy.types import TypeEngine
from sqlmodel import Field, SQLModel

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Row(SQLModel):
    """The mother of all tables. A ``table=True`` model validates nothing: input from outside has models of its own."""

    metadata = MetaData(naming_convention=NAMES)


class Whole(TypeDecorator[int]):
    """A whole number of 64 bits: fen, millilitres, milliyuan, milliseconds, counts, and 0 or 1."""

    impl = BigInteger
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """BIGINT, which SQLite's STRICT tables call INTEGER."""
        return dialect.type_descriptor(Integer() if dialect.name == "sqlite" else BigInteger())


def number(**more: Any) -> Any:
    """A whole number that is always there."""
    return Field(sa_type=Whole, nullable=False, **more)


def maybe_number(**more: Any) -> Any:
    """A whole number, or none."""
    return Field(default=None, sa_type=Whole, nullable=True, **more)


def text(**more: Any) -> Any:
    """A text that is always there."""
    return Field(sa_type=Text, nullable=False, **more)


def maybe_text(**more: Any) -> Any:
    """A text, or none."""
    return Field(default=None, sa_type=Text, nullable=True, **more)


def binary(**more: Any) -> Any:
    """Bytes that are always there."""
    return Field(sa_type=LargeBinary, nullable=False, **more)


def maybe_binary(**more: Any) -> Any:
    """Bytes, or none."""
    return Field(default=None, sa_type=LargeBinary, nullable=True, **more)


def drawn() -> Any:
    """A number that the database draws for a row of head office's own making."""
    return Field(default=None, sa_type=Whole, primary_key=True, sa_column_kwargs={"autoincrement": True})
