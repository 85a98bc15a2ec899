"""Tanks: what a station's gauge reads of them."""

import sqlalchemy as sa
from alembic import op

from cloud.store.migrations import aside

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_TABLES = ("tank", "tank_reading", "tank_delivery", "tank_alarm")


def _times() -> list[sa.Column[int] | sa.Column[str]]:
    return [
        sa.Column("quality", sa.Text(), nullable=False),
        *(sa.Column(name, WHOLE, nullable=False) for name in ("boot", "mono", "happened_at", "arrived_at")),
    ]


def upgrade() -> None:
    """From the first tables."""
    if all(aside.taken_up(table) for table in _TABLES):
        return
    op.create_table(
        "tank",
        sa.Column("station", sa.Text(), nullable=False),
        sa.Column("gauge", sa.Text(), nullable=False),
        sa.Column("tank", WHOLE, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("grade", sa.Text(), nullable=False),
        sa.Column("capacity", WHOLE, nullable=False),
        sa.Column("epoch", WHOLE, nullable=False),
        sa.Column("seq", WHOLE, nullable=False),
        sa.PrimaryKeyConstraint("station", "gauge", "tank", name=op.f("pk_tank")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    figures = ("volume", "standard_volume", "ullage", "height", "water_height", "water_volume", "temperature")
    op.create_table(
        "tank_reading",
        sa.Column("station", sa.Text(), nullable=False),
        sa.Column("epoch", WHOLE, nullable=False),
        sa.Column("seq", WHOLE, nullable=False),
        sa.Column("gauge", sa.Text(), nullable=False),
        sa.Column("tank", WHOLE, nullable=False),
        *(sa.Column(name, WHOLE, nullable=True) for name in figures),
        sa.Column("delivering", WHOLE, nullable=False),
        *_times(),
        sa.PrimaryKeyConstraint("station", "epoch", "seq", name=op.f("pk_tank_reading")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    by_tank = ["station", "gauge", "tank", "happened_at"]
    op.create_index("ix_tank_reading_station_gauge_tank_happened_at", "tank_reading", by_tank, unique=False)
    op.create_table(
        "tank_delivery",
        sa.Column("station", sa.Text(), nullable=False),
        sa.Column("gauge", sa.Text(), nullable=False),
        sa.Column("tank", WHOLE, nullable=False),
        sa.Column("started", sa.Text(), nullable=False),
        sa.Column("ended", sa.Text(), nullable=False),
        sa.Column("epoch", WHOLE, nullable=False),
        sa.Column("seq", WHOLE, nullable=False),
        sa.Column("grade", sa.Text(), nullable=False),
        sa.Column("before_json", sa.Text(), nullable=False),
        sa.Column("after_json", sa.Text(), nullable=False),
        sa.Column("volume", WHOLE, nullable=True),
        *_times(),
        sa.PrimaryKeyConstraint("station", "gauge", "tank", "started", name=op.f("pk_tank_delivery")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "tank_alarm",
        sa.Column("station", sa.Text(), nullable=False),
        sa.Column("epoch", WHOLE, nullable=False),
        sa.Column("seq", WHOLE, nullable=False),
        sa.Column("gauge", sa.Text(), nullable=False),
        sa.Column("tank", WHOLE, nullable=False),
        sa.Column("alarm", sa.Text(), nullable=False),
        sa.Column("code", WHOLE, nullable=False),
        sa.Column("raised", WHOLE, nullable=False),
        *_times(),
        sa.PrimaryKeyConstraint("station", "epoch", "seq", name=op.f("pk_tank_alarm")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index("ix_tank_alarm_station_happened_at", "tank_alarm", ["station", "happened_at"], unique=False)


def downgrade() -> None:
    """Back to 0001."""
    for table in _TABLES:
        aside.put(table)
