"""Cases are taken over, talked about and reopened; two sales of one filling are found by their totaliser."""

import sqlalchemy as sa
from alembic import op

from cloud.store.migrations import aside

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_COLUMNS = ("assigned_to", "about")
WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """From 0005."""
    op.add_column("case", sa.Column("assigned_to", sa.Text(), nullable=True))
    op.add_column("case", sa.Column("about", sa.Text(), nullable=False, server_default=""))
    aside.take_up_columns("case", "id", _COLUMNS)
    some = sa.text("about <> ''")
    where = ["kind", "station", "about"]
    op.create_index("ix_case_about", "case", where, unique=True, sqlite_where=some, postgresql_where=some)
    op.create_index("ix_sale_meter", "sale", ["station", "totaliser_before"], unique=False)
    if aside.taken_up("case_act"):
        return
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


def downgrade() -> None:
    """Back to 0005."""
    op.drop_index("ix_sale_meter", "sale")
    op.drop_index("ix_case_about", "case")
    aside.put_columns("case", "id", _COLUMNS)
    aside.put("case_act")
