"""The first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """From nothing."""
    op.create_table(
        "account",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.Column("code_hash", sa.Text(), nullable=True),
        sa.Column("code_until", WHOLE, nullable=True),
        sa.Column("failures", WHOLE, nullable=False),
        sa.Column("locked_until", WHOLE, nullable=False),
        sa.Column("created_at", WHOLE, nullable=False),
        sa.Column("disabled_at", WHOLE, nullable=True),
        sa.CheckConstraint("role IN ('owner', 'viewer')", name=op.f("ck_account_role")),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_account")),
        sqlite_strict=True,
    )
    op.create_table(
        "audit",
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("at", WHOLE, nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("detail_json", sa.Text(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
        sqlite_strict=True,
    )
    op.create_table(
        "book",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("station", sa.Text(), nullable=False),
        sa.Column("version", WHOLE, nullable=False),
        sa.PrimaryKeyConstraint("kind", "station", name=op.f("pk_book")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "case",
        sa.Column("id", WHOLE, autoincrement=True, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("station", sa.Text(), nullable=False),
        sa.Column("epoch", WHOLE, nullable=False),
        sa.Column("seq", WHOLE, nullable=False),
        sa.Column("coupon", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("winner", sa.Text(), nullable=False),
        sa.Column("cost_owner", sa.Text(), nullable=False),
        sa.Column("amount", WHOLE, nullable=False),
        sa.Column("opened_at", WHOLE, nullable=False),
        sa.Column("deadline", WHOLE, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("decision", sa.Text(), nullable=True),
        sa.Column("decided_at", WHOLE, nullable=True),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.CheckConstraint("state IN ('open', 'decided')", name=op.f("ck_case_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case")),
        sa.UniqueConstraint(
            "kind", "station", "epoch", "seq", "coupon", name=op.f("uq_case_kind_station_epoch_seq_coupon")
        ),
        sqlite_strict=True,
    )
    op.create_index("ix_case_state_deadline", "case", ["state", "deadline"], unique=False)
    op.create_table(
        "counter",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", WHOLE, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_counter")),
        sqlite_strict=True,
    )
    op.create_table(
        "coupon_campaign",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("terms_json", sa.Text(), nullable=False),
        sa.Column("created_at", WHOLE, nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_coupon_campaign")),
        sqlite_strict=True,
    )
    op.create_table(
        "dead_letter",
        sa.Column("id", WHOLE, autoincrement=True, nullable=False),
        sa.Column("station", sa.Text(), nullable=False),
        sa.Column("epoch", WHOLE, nullable=False),
        sa.Column("seq", WHOLE, nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("arrived_at", WHOLE, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("ended_at", WHOLE, nullable=True),
        sa.Column("ended_by", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.CheckConstraint("state IN ('waiting', 'replayed', 'waived')", name=op.f("ck_dead_letter_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dead_letter")),
        sa.UniqueConstraint("station", "epoch", "seq", "sha256", name=op.f("uq_dead_letter_station_epoch_seq_sha256")),
        sqlite_strict=True,
    )
    op.create_index("ix_dead_letter_state_id", "dead_letter", ["state", "id"], unique=False)
    op.create_table(
        "dealer",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created_at", WHOLE, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dealer")),
        sqlite_strict=True,
    )
    op.create_table(
        "inbox",
        sa.Column("station", sa.Text(), nullable=False),
        sa.Column("epoch", WHOLE, nullable=False),
        sa.Column("seq", WHOLE, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("arrived_at", WHOLE, nullable=False),
        sa.PrimaryKeyConstraint("station", "epoch", "seq", name=op.f("pk_inbox")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "price_rung",
        sa.Column("station", sa.Text(), nullable=False),
        sa.Column("epoch", WHOLE, nullable=False),
        sa.Column("seq", WHOLE, nullable=False),
        sa.Column("tariff", WHOLE, nullable=False),
        sa.Column("rung", sa.Text(), nullable=False),
        sa.Column("point", WHOLE, nullable=False),
        sa.Column("nozzle", WHOLE, nullable=False),
        sa.Column("grade", sa.Text(), nullable=False),
        sa.Column("unit_price", WHOLE, nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("quality", sa.Text(), nullable=False),
        sa.Column("boot", WHOLE, nullable=False),
        sa.Column("mono", WHOLE, nullable=False),
        sa.Column("happened_at", WHOLE, nullable=False),
        sa.Column("arrived_at", WHOLE, nullable=False),
        sa.PrimaryKeyConstraint("station", "epoch", "seq", name=op.f("pk_price_rung")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index("ix_price_rung_tariff_station", "price_rung", ["tariff", "station"], unique=False)
    op.create_table(
        "redemption",
        sa.Column("station", sa.Text(), nullable=False),
        sa.Column("epoch", WHOLE, nullable=False),
        sa.Column("seq", WHOLE, nullable=False),
        sa.Column("position", WHOLE, nullable=False),
        sa.Column("coupon", sa.Text(), nullable=False),
        sa.Column("campaign", sa.Text(), nullable=False),
        sa.Column("terms_json", sa.Text(), nullable=False),
        sa.Column("discount", WHOLE, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("leased", WHOLE, nullable=False),
        sa.Column("online", WHOLE, nullable=False),
        sa.Column("grade", sa.Text(), nullable=False),
        sa.Column("amount", WHOLE, nullable=False),
        sa.Column("volume", WHOLE, nullable=False),
        sa.Column("happened_at", WHOLE, nullable=False),
        sa.Column("arrived_at", WHOLE, nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("station", "epoch", "seq", "position", name=op.f("pk_redemption")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index("ix_redemption_coupon", "redemption", ["coupon"], unique=False)
    op.create_table(
        "region",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created_at", WHOLE, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_region")),
        sqlite_strict=True,
    )
    op.create_table(
        "sale",
        sa.Column("station", sa.Text(), nullable=False),
        sa.Column("epoch", WHOLE, nullable=False),
        sa.Column("seq", WHOLE, nullable=False),
        sa.Column("point", WHOLE, nullable=False),
        sa.Column("nozzle", WHOLE, nullable=False),
        sa.Column("grade", sa.Text(), nullable=False),
        sa.Column("volume", WHOLE, nullable=False),
        sa.Column("amount", WHOLE, nullable=False),
        sa.Column("unit_price", WHOLE, nullable=False),
        sa.Column("totaliser_before", WHOLE, nullable=True),
        sa.Column("totaliser_after", WHOLE, nullable=True),
        sa.Column("finding", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("tariff", WHOLE, nullable=False),
        sa.Column("tender", sa.Text(), nullable=False),
        sa.Column("payable", WHOLE, nullable=False),
        sa.Column("discount", WHOLE, nullable=False),
        sa.Column("member", sa.Text(), nullable=False),
        sa.Column("plate", sa.Text(), nullable=False),
        sa.Column("coupons", sa.Text(), nullable=False),
        sa.Column("authorised_by", sa.Text(), nullable=False),
        sa.Column("preset_kind", sa.Text(), nullable=False),
        sa.Column("preset_value", WHOLE, nullable=False),
        sa.Column("started_at", WHOLE, nullable=False),
        sa.Column("finished_at", WHOLE, nullable=False),
        sa.Column("quality", sa.Text(), nullable=False),
        sa.Column("boot", WHOLE, nullable=False),
        sa.Column("mono", WHOLE, nullable=False),
        sa.Column("happened_at", WHOLE, nullable=False),
        sa.Column("arrived_at", WHOLE, nullable=False),
        sa.Column("business_day", sa.Text(), nullable=False),
        sa.Column("flags", sa.Text(), nullable=False),
        sa.Column("letter_sha256", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("station", "epoch", "seq", name=op.f("pk_sale")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index("ix_sale_business_day_station", "sale", ["business_day", "station"], unique=False)
    op.create_index("ix_sale_happened_at", "sale", ["happened_at"], unique=False)
    op.create_table(
        "security_event",
        sa.Column("id", WHOLE, autoincrement=True, nullable=False),
        sa.Column("at", WHOLE, nullable=False),
        sa.Column("station", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_security_event")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_security_event_at"), "security_event", ["at"], unique=False)
    op.create_table(
        "setting",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value_json", sa.Text(), nullable=False),
        sa.Column("changed_at", WHOLE, nullable=False),
        sa.Column("changed_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_setting")),
        sqlite_strict=True,
    )
    op.create_table(
        "signing_key",
        sa.Column("id", WHOLE, nullable=False),
        sa.Column("public", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_private", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", WHOLE, nullable=False),
        sa.Column("retired_at", WHOLE, nullable=True),
        sa.CheckConstraint("id BETWEEN 1 AND 255", name=op.f("ck_signing_key_one_byte")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signing_key")),
        sqlite_strict=True,
    )
    op.create_table(
        "slip",
        sa.Column("station", sa.Text(), nullable=False),
        sa.Column("epoch", WHOLE, nullable=False),
        sa.Column("seq", WHOLE, nullable=False),
        sa.Column("sale_epoch", WHOLE, nullable=False),
        sa.Column("sale_seq", WHOLE, nullable=False),
        sa.Column("copy_number", WHOLE, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("printer", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("quality", sa.Text(), nullable=False),
        sa.Column("boot", WHOLE, nullable=False),
        sa.Column("mono", WHOLE, nullable=False),
        sa.Column("happened_at", WHOLE, nullable=False),
        sa.Column("arrived_at", WHOLE, nullable=False),
        sa.PrimaryKeyConstraint("station", "epoch", "seq", name=op.f("pk_slip")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index("ix_slip_station_sale_epoch_sale_seq", "slip", ["station", "sale_epoch", "sale_seq"], unique=False)
    op.create_table(
        "station_event",
        sa.Column("station", sa.Text(), nullable=False),
        sa.Column("epoch", WHOLE, nullable=False),
        sa.Column("seq", WHOLE, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("point", WHOLE, nullable=False),
        sa.Column("body_json", sa.Text(), nullable=False),
        sa.Column("quality", sa.Text(), nullable=False),
        sa.Column("boot", WHOLE, nullable=False),
        sa.Column("mono", WHOLE, nullable=False),
        sa.Column("happened_at", WHOLE, nullable=False),
        sa.Column("arrived_at", WHOLE, nullable=False),
        sa.PrimaryKeyConstraint("station", "epoch", "seq", name=op.f("pk_station_event")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index("ix_station_event_station_happened_at", "station_event", ["station", "happened_at"], unique=False)
    op.create_table(
        "station_line",
        sa.Column("station", sa.Text(), nullable=False),
        sa.Column("epoch", WHOLE, nullable=False),
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("contiguous", WHOLE, nullable=False),
        sa.Column("highest", WHOLE, nullable=False),
        sa.Column("first_seen", WHOLE, nullable=False),
        sa.Column("last_seen", WHOLE, nullable=False),
        sa.Column("boot", WHOLE, nullable=False),
        sa.Column("boot_zero", WHOLE, nullable=True),
        sa.Column("clock_difference", WHOLE, nullable=True),
        sa.Column("hello_json", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("station", "epoch", name=op.f("pk_station_line")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "tariff",
        sa.Column("version", WHOLE, nullable=False),
        sa.Column("starts_at", WHOLE, nullable=False),
        sa.Column("prices_json", sa.Text(), nullable=False),
        sa.Column("every_station", WHOLE, nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("made_at", WHOLE, nullable=False),
        sa.Column("cancelled_at", WHOLE, nullable=True),
        sa.Column("cancelled_by", sa.Text(), nullable=True),
        sa.Column("superseded_by", WHOLE, nullable=True),
        sa.CheckConstraint("every_station IN (0, 1)", name=op.f("ck_tariff_every_station")),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_tariff")),
        sqlite_strict=True,
    )
    op.create_table(
        "tariff_sent",
        sa.Column("tariff", WHOLE, nullable=False),
        sa.Column("station", sa.Text(), nullable=False),
        sa.Column("sent_at", WHOLE, nullable=False),
        sa.PrimaryKeyConstraint("tariff", "station", name=op.f("pk_tariff_sent")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "wrong_code",
        sa.Column("id", WHOLE, autoincrement=True, nullable=False),
        sa.Column("station", sa.Text(), nullable=False),
        sa.Column("at", WHOLE, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wrong_code")),
        sqlite_strict=True,
    )
    op.create_index("ix_wrong_code_station_at", "wrong_code", ["station", "at"], unique=False)
    op.create_table(
        "coupon",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("campaign", sa.Text(), nullable=False),
        sa.Column("terms_json", sa.Text(), nullable=False),
        sa.Column("every_station", WHOLE, nullable=False),
        sa.Column("not_after", WHOLE, nullable=False),
        sa.Column("uses", WHOLE, nullable=False),
        sa.Column("member", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=True),
        sa.Column("key_id", WHOLE, nullable=True),
        sa.Column("issued_at", WHOLE, nullable=False),
        sa.Column("issued_by", sa.Text(), nullable=False),
        sa.Column("revoked_at", WHOLE, nullable=True),
        sa.Column("revoked_by", sa.Text(), nullable=True),
        sa.CheckConstraint("every_station IN (0, 1)", name=op.f("ck_coupon_every_station")),
        sa.ForeignKeyConstraint(["campaign"], ["coupon_campaign.id"], name=op.f("fk_coupon_campaign")),
        sa.ForeignKeyConstraint(["key_id"], ["signing_key.id"], name=op.f("fk_coupon_key_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_coupon")),
        sa.UniqueConstraint("fingerprint", name=op.f("uq_coupon_fingerprint")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_coupon_campaign"), "coupon", ["campaign"], unique=False)
    op.create_index("ix_coupon_issued_at", "coupon", ["issued_at"], unique=False)
    op.create_index("ix_coupon_listed", "coupon", ["every_station", "not_after"], unique=False)
    op.create_index("ix_coupon_member", "coupon", ["member"], unique=False)
    op.create_table(
        "session",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("created_at", WHOLE, nullable=False),
        sa.Column("seen_at", WHOLE, nullable=False),
        sa.ForeignKeyConstraint(["account"], ["account.name"], name=op.f("fk_session_account")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_session")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_session_account"), "session", ["account"], unique=False)
    op.create_table(
        "station",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("dealer_id", sa.Text(), nullable=False),
        sa.Column("region_id", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("created_at", WHOLE, nullable=False),
        sa.Column("revoked_at", WHOLE, nullable=True),
        sa.ForeignKeyConstraint(["dealer_id"], ["dealer.id"], name=op.f("fk_station_dealer_id")),
        sa.ForeignKeyConstraint(["region_id"], ["region.id"], name=op.f("fk_station_region_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_station")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_station_dealer_id"), "station", ["dealer_id"], unique=False)
    op.create_index(op.f("ix_station_region_id"), "station", ["region_id"], unique=False)
    op.create_table(
        "command",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("station", sa.Text(), nullable=False),
        sa.Column("action_json", sa.Text(), nullable=False),
        sa.Column("deadline", WHOLE, nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("created_at", WHOLE, nullable=False),
        sa.Column("sent_at", WHOLE, nullable=True),
        sa.Column("ended_at", WHOLE, nullable=True),
        sa.Column("done", WHOLE, nullable=True),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["station"], ["station.id"], name=op.f("fk_command_station")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_command")),
        sqlite_strict=True,
    )
    op.create_index("ix_command_station_created_at", "command", ["station", "created_at"], unique=False)
    op.create_table(
        "coupon_lease",
        sa.Column("id", WHOLE, autoincrement=True, nullable=False),
        sa.Column("coupon", sa.Text(), nullable=False),
        sa.Column("station", sa.Text(), nullable=False),
        sa.Column("until", WHOLE, nullable=False),
        sa.Column("uses", WHOLE, nullable=False),
        sa.Column("consumed", WHOLE, nullable=False),
        sa.Column("ask", sa.Text(), nullable=False),
        sa.Column("granted_at", WHOLE, nullable=False),
        sa.Column("granted_by", sa.Text(), nullable=False),
        sa.Column("released_at", WHOLE, nullable=True),
        sa.ForeignKeyConstraint(["coupon"], ["coupon.id"], name=op.f("fk_coupon_lease_coupon")),
        sa.ForeignKeyConstraint(["station"], ["station.id"], name=op.f("fk_coupon_lease_station")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_coupon_lease")),
        sqlite_strict=True,
    )
    op.create_index("ix_coupon_lease_coupon", "coupon_lease", ["coupon"], unique=False)
    op.create_index("ix_coupon_lease_station_until", "coupon_lease", ["station", "until"], unique=False)
    op.create_table(
        "coupon_station",
        sa.Column("station", sa.Text(), nullable=False),
        sa.Column("coupon", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["coupon"], ["coupon.id"], name=op.f("fk_coupon_station_coupon")),
        sa.ForeignKeyConstraint(["station"], ["station.id"], name=op.f("fk_coupon_station_station")),
        sa.PrimaryKeyConstraint("station", "coupon", name=op.f("pk_coupon_station")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "tariff_target",
        sa.Column("version", WHOLE, nullable=False),
        sa.Column("station", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["station"], ["station.id"], name=op.f("fk_tariff_target_station")),
        sa.ForeignKeyConstraint(["version"], ["tariff.version"], name=op.f("fk_tariff_target_version")),
        sa.PrimaryKeyConstraint("version", "station", name=op.f("pk_tariff_target")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    # ### end Alembic commands ###
