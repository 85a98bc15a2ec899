"""The keys that orders to the stations are signed with, and prices that two persons answer for."""

import sqlalchemy as sa
from alembic import op

from cloud.store.migrations import aside
from shared.errors import Refused

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


_COLUMNS = ("beyond", "approved_at", "approved_by")
_WAITING = (
    "SELECT version FROM tariff WHERE beyond = 1 AND approved_at IS NULL AND cancelled_at IS NULL ORDER BY version"
)


def upgrade() -> None:
    """From 0004."""
    if not aside.taken_up("command_key"):
        _make_command_key()
    op.add_column("tariff", sa.Column("beyond", WHOLE, nullable=False, server_default="0"))
    op.add_column("tariff", sa.Column("approved_at", WHOLE, nullable=True))
    op.add_column("tariff", sa.Column("approved_by", sa.Text(), nullable=True))
    op.execute("UPDATE tariff SET approved_by = 'before there were bounds', approved_at = made_at")
    aside.take_up_columns("tariff", "version", _COLUMNS)


def downgrade() -> None:
    """Back to 0004, which knows no second person: what waits for one would simply begin."""
    waiting = [str(version) for version in op.get_bind().execute(sa.text(_WAITING)).scalars()]
    if waiting:
        raise Refused(
            "tariffs_wait",
            f"Tariff {', '.join(waiting)} waits for a second person, and the older program would let it begin without "
            "one. Please approve or cancel it first.",
        )
    aside.put_columns("tariff", "version", _COLUMNS)
    aside.put("command_key")


def _make_command_key() -> None:
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
