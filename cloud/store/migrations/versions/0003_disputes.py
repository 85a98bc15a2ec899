"""How stations settled disputed sales, and what moved their totalisers with no sale to show for it."""

import sqlalchemy as sa
from alembic import op

from cloud.store.migrations import aside

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_TABLES = ("sale_settlement", "meter_line", "meter_explanation")


def upgrade() -> None:
    """From 0002."""
    if all(aside.taken_up(table) for table in _TABLES):
        return
    op.create_table(
        "sale_settlement",
        sa.Column("station", sa.Text(), nullable=False),
        sa.Column("epoch", WHOLE, nullable=False),
        sa.Column("seq", WHOLE, nullable=False),
        sa.Column("letter_epoch", WHOLE, nullable=False),
        sa.Column("letter_seq", WHOLE, nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("volume", WHOLE, nullable=False),
        sa.Column("amount", WHOLE, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("shown_volume", WHOLE, nullable=True),
        sa.Column("shown_amount", WHOLE, nullable=True),
        sa.Column("quality", sa.Text(), nullable=False),
        sa.Column("boot", WHOLE, nullable=False),
        sa.Column("mono", WHOLE, nullable=False),
        sa.Column("happened_at", WHOLE, nullable=False),
        sa.Column("arrived_at", WHOLE, nullable=False),
        sa.PrimaryKeyConstraint("station", "epoch", "seq", name=op.f("pk_sale_settlement")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "meter_line",
        sa.Column("station", sa.Text(), nullable=False),
        sa.Column("epoch", WHOLE, nullable=False),
        sa.Column("seq", WHOLE, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("point", WHOLE, nullable=False),
        sa.Column("nozzle", WHOLE, nullable=False),
        sa.Column("grade", sa.Text(), nullable=False),
        sa.Column("before", WHOLE, nullable=False),
        sa.Column("after", WHOLE, nullable=False),
        sa.Column("volume", WHOLE, nullable=False),
        sa.Column("since", WHOLE, nullable=False),
        sa.Column("quality", sa.Text(), nullable=False),
        sa.Column("boot", WHOLE, nullable=False),
        sa.Column("mono", WHOLE, nullable=False),
        sa.Column("happened_at", WHOLE, nullable=False),
        sa.Column("arrived_at", WHOLE, nullable=False),
        sa.PrimaryKeyConstraint("station", "epoch", "seq", name=op.f("pk_meter_line")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index("ix_meter_line_station_happened_at", "meter_line", ["station", "happened_at"], unique=False)
    op.create_table(
        "meter_explanation",
        sa.Column("station", sa.Text(), nullable=False),
        sa.Column("epoch", WHOLE, nullable=False),
        sa.Column("seq", WHOLE, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("amount", WHOLE, nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("happened_at", WHOLE, nullable=False),
        sa.PrimaryKeyConstraint("station", "epoch", "seq", name=op.f("pk_meter_explanation")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    """Back to 0002."""
    for table in _TABLES:
        aside.put(table)
