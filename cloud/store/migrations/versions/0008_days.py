"""Days of stations: added up, final by themselves, restated with a line for each time. Days of before are marked."""

import sqlalchemy as sa
from alembic import op

from cloud.store.migrations import aside

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_FIGURES = ("sales", "volume", "amount", "discount", "payable", "disputed")


def upgrade() -> None:
    """From 0007."""
    if not all([aside.taken_up("station_day"), aside.taken_up("day_restated")]):
        _make()
    op.execute(
        "INSERT INTO station_day (station, day, sales, volume, amount, discount, payable, disputed, marks)"
        " SELECT DISTINCT station, business_day, 0, 0, 0, 0, 0, 0, 1 FROM sale WHERE true"
        " ON CONFLICT (station, day) DO UPDATE SET marks = station_day.marks + 1"
    )


def downgrade() -> None:
    """Back to 0007. The days are added up again when they are taken up."""
    aside.put("station_day")
    aside.put("day_restated")


def _make() -> None:
    op.create_table(
        "station_day",
        sa.Column("station", sa.Text(), nullable=False),
        sa.Column("day", sa.Text(), nullable=False),
        *(sa.Column(name, WHOLE, nullable=False) for name in _FIGURES),
        sa.Column("grades_json", sa.Text(), nullable=False, server_default="{}"),
        sa.Column("state", sa.Text(), nullable=False, server_default="provisional"),
        sa.Column("why", sa.Text(), nullable=False, server_default="not_over"),
        *(
            sa.Column(name, WHOLE, nullable=False, server_default="0")
            for name in ("marks", "settled_marks", "settled_at", "judged_at", "finalised_at")
        ),
        sa.Column("closed_by", sa.Text(), nullable=False, server_default=""),
        sa.Column("note", sa.Text(), nullable=False, server_default=""),
        sa.PrimaryKeyConstraint("station", "day", name=op.f("pk_station_day")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    some = sa.text("marks <> settled_marks")
    op.create_index("ix_station_day_marked", "station_day", ["settled_at"], sqlite_where=some, postgresql_where=some)
    some = sa.text("state = 'provisional'")
    op.create_index("ix_station_day_open", "station_day", ["judged_at"], sqlite_where=some, postgresql_where=some)
    op.create_index("ix_station_day_day", "station_day", ["day", "station"])
    op.create_table(
        "day_restated",
        sa.Column("id", WHOLE, autoincrement=True, nullable=False),
        sa.Column("station", sa.Text(), nullable=False),
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("at", WHOLE, nullable=False),
        *(sa.Column(name, WHOLE, nullable=False) for name in _FIGURES),
        sa.Column("late", WHOLE, nullable=False),
        sa.Column("first_late", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_day_restated")),
        sqlite_strict=True,
    )
    op.create_index("ix_day_restated_station_day", "day_restated", ["station", "day"])
