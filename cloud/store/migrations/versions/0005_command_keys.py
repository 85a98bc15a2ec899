"""The keys that orders to the stations are signed with, and prices that two persons answer for."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """From 0004."""
    op.create_table(
        "command_key",
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("public", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_private", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", WHOLE, nullable=False),
        sa.CheckConstraint("id BETWEEN 1 AND 255", name=op.f("ck_command_key_one_byte")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_command_key")),
        sqlite_strict=True,
    )
    op.add_column("tariff", sa.Column("beyond", WHOLE, nullable=False, server_default="0"))
    op.add_column("tariff", sa.Column("approved_at", WHOLE, nullable=True))
    op.add_column("tariff", sa.Column("approved_by", sa.Text(), nullable=True))
    op.execute("UPDATE tariff SET approved_by = 'before there were bounds', approved_at = made_at")
