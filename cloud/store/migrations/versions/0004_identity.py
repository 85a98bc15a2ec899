"""Tickets and certificates of stations."""

import sqlalchemy as sa
from alembic import op

from cloud.store.migrations import aside

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_TABLES = ("enrolment", "certificate")


def upgrade() -> None:
    """From 0003."""
    if all(aside.taken_up(table) for table in _TABLES):
        return
    op.create_table(
        "enrolment",
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("station", sa.Text(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("made_at", WHOLE, nullable=False),
        sa.Column("until", WHOLE, nullable=False),
        sa.Column("used_at", WHOLE, nullable=True),
        sa.Column("key", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["station"], ["station.id"], name=op.f("fk_enrolment_station")),
        sa.PrimaryKeyConstraint("secret", name=op.f("pk_enrolment")),
        sqlite_strict=True,
    )
    op.create_index("ix_enrolment_station", "enrolment", ["station"], unique=False)
    op.create_table(
        "certificate",
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("station", sa.Text(), nullable=False),
        sa.Column("serial", sa.Text(), nullable=False),
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("pem", sa.Text(), nullable=False),
        sa.Column("not_before", WHOLE, nullable=False),
        sa.Column("not_after", WHOLE, nullable=False),
        sa.Column("given_at", WHOLE, nullable=False),
        sa.Column("revoked_at", WHOLE, nullable=True),
        sa.Column("revoked_why", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["station"], ["station.id"], name=op.f("fk_certificate_station")),
        sa.PrimaryKeyConstraint("fingerprint", name=op.f("pk_certificate")),
        sqlite_strict=True,
    )
    op.create_index("ix_certificate_station", "certificate", ["station"], unique=False)


def downgrade() -> None:
    """Back to 0003."""
    for table in _TABLES:
        aside.put(table)
