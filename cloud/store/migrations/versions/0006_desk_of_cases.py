"""Cases are taken over, talked about and reopened; two sales of one filling are found by their totaliser."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """From 0005."""
    op.add_column("case", sa.Column("assigned_to", sa.Text(), nullable=True))
    op.create_table(
        "case_act",
        sa.Column("id", WHOLE, autoincrement=True, nullable=False),
        sa.Column("case", WHOLE, nullable=False),
        sa.Column("at", WHOLE, nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_act")),
        sqlite_strict=True,
    )
    op.create_index("ix_case_act_case", "case_act", ["case"], unique=False)
    op.create_index("ix_sale_meter", "sale", ["station", "totaliser_before"], unique=False)
