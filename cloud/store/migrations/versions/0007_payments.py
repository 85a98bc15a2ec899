"""What was paid for sales at the till, taken back, given back, or driven off with."""

import sqlalchemy as sa
from alembic import op

from cloud.store.migrations import aside

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_TEXTS = ("kind", "tenders_json", "reason", "by", "note", "quality")
_COLUMNS = (
    *("sale_epoch", "sale_seq", "kind", "amount", "given", "change", "tenders_json", "taken_epoch", "taken_seq"),
    *("reason", "by", "note", "quality", "boot", "mono", "happened_at", "arrived_at"),
)


def upgrade() -> None:
    """From 0006."""
    if aside.taken_up("payment"):
        return
    op.create_table(
        "payment",
        sa.Column("station", sa.Text(), nullable=False),
        sa.Column("epoch", WHOLE, nullable=False),
        sa.Column("seq", WHOLE, nullable=False),
        *(sa.Column(name, sa.Text() if name in _TEXTS else WHOLE, nullable=False) for name in _COLUMNS),
        sa.PrimaryKeyConstraint("station", "epoch", "seq", name=op.f("pk_payment")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index("ix_payment_sale", "payment", ["station", "sale_epoch", "sale_seq"], unique=False)


def downgrade() -> None:
    """Back to 0006."""
    aside.put("payment")
