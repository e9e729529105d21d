# SPDX-License-Identifier: Apache-2.0
"""The first tables: the counter, organisations, accounts, keys, cases, decisions, standing."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "campaign_case",
        sa.Column("case_id", sa.Text(), nullable=False),
        sa.Column("campaign_id", sa.Text(), nullable=False),
        sa.Column("opened_us", sa.BigInteger(), nullable=False),
        sa.Column("updated_us", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("exchanges", sa.BigInteger(), nullable=False),
        sa.Column("log10_e", sa.Float(), nullable=False),
        sa.Column("p_value", sa.Float(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("facets", sa.JSON(), nullable=False),
        sa.CheckConstraint("state IN ('open', 'closed')", name=op.f("ck_campaign_case_state")),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_campaign_case")),
    )
    op.create_index(op.f("ix_campaign_case_campaign_id"), "campaign_case", ["campaign_id"], unique=False)
    op.create_index(op.f("ix_campaign_case_state"), "campaign_case", ["state"], unique=False)
    op.create_table(
        "organisation",
        sa.Column("org_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("text_policy", sa.Text(), nullable=False),
        sa.Column("created_us", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("text_policy IN ('keep', 'hash', 'drop')", name=op.f("ck_organisation_text_policy")),
        sa.PrimaryKeyConstraint("org_id", name=op.f("pk_organisation")),
    )
    op.create_index(op.f("ix_organisation_version"), "organisation", ["version"], unique=False)
    op.create_table(
        "removed_key",
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key_id", name=op.f("pk_removed_key")),
    )
    op.create_index(op.f("ix_removed_key_version"), "removed_key", ["version"], unique=False)
    op.create_table(
        "snapshot_version",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_snapshot_version_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_snapshot_version")),
    )
    op.create_table(
        "standing",
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("rung", sa.SmallInteger(), nullable=False),
        sa.Column("until_us", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("decision_id", sa.Text(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("rung BETWEEN 0 AND 4", name=op.f("ck_standing_rung")),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_standing")),
    )
    op.create_index(op.f("ix_standing_until_us"), "standing", ["until_us"], unique=False)
    op.create_index(op.f("ix_standing_version"), "standing", ["version"], unique=False)
    op.create_table(
        "account",
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("org_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("payment_fp", sa.Text(), nullable=True),
        sa.Column("route", sa.Text(), nullable=True),
        sa.Column("created_us", sa.BigInteger(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("verified_us", sa.BigInteger(), nullable=True),
        sa.Column("verified_by", sa.Text(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["org_id"], ["organisation.org_id"], name=op.f("fk_account_org_id_organisation")),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_account")),
    )
    op.create_index(op.f("ix_account_org_id"), "account", ["org_id"], unique=False)
    op.create_index(op.f("ix_account_version"), "account", ["version"], unique=False)
    op.create_table(
        "case_account",
        sa.Column("case_id", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"], ["campaign_case.case_id"], name=op.f("fk_case_account_case_id_campaign_case")
        ),
        sa.PrimaryKeyConstraint("case_id", "account_id", name=op.f("pk_case_account")),
    )
    op.create_index("ix_case_account_account_id", "case_account", ["account_id"], unique=False)
    op.create_table(
        "decision",
        sa.Column("decision_id", sa.Text(), nullable=False),
        sa.Column("case_id", sa.Text(), nullable=False),
        sa.Column("rung", sa.SmallInteger(), nullable=False),
        sa.Column("made_us", sa.BigInteger(), nullable=False),
        sa.Column("until_us", sa.BigInteger(), nullable=True),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("undone_us", sa.BigInteger(), nullable=True),
        sa.Column("undone_by", sa.Text(), nullable=True),
        sa.Column("undone_reason", sa.Text(), nullable=True),
        sa.Column("undone_log10_e", sa.Float(), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["campaign_case.case_id"], name=op.f("fk_decision_case_id_campaign_case")),
        sa.CheckConstraint("rung BETWEEN 1 AND 4", name=op.f("ck_decision_rung")),
        sa.PrimaryKeyConstraint("decision_id", name=op.f("pk_decision")),
    )
    op.create_index(op.f("ix_decision_case_id"), "decision", ["case_id"], unique=False)
    op.create_table(
        "api_key",
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("pepper_id", sa.Text(), nullable=False),
        sa.Column("created_us", sa.BigInteger(), nullable=False),
        sa.Column("expires_us", sa.BigInteger(), nullable=True),
        sa.Column("revoked_us", sa.BigInteger(), nullable=True),
        sa.Column("models", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("cidrs", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.account_id"], name=op.f("fk_api_key_account_id_account")),
        sa.PrimaryKeyConstraint("key_id", name=op.f("pk_api_key")),
    )
    op.create_index(op.f("ix_api_key_account_id"), "api_key", ["account_id"], unique=False)
    op.create_index(op.f("ix_api_key_version"), "api_key", ["version"], unique=False)
    op.create_table(
        "decision_account",
        sa.Column("decision_id", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["decision_id"], ["decision.decision_id"], name=op.f("fk_decision_account_decision_id_decision")
        ),
        sa.PrimaryKeyConstraint("decision_id", "account_id", name=op.f("pk_decision_account")),
    )
    op.create_index("ix_decision_account_account_id", "decision_account", ["account_id"], unique=False)
    op.execute("INSERT INTO snapshot_version (id, value) VALUES (1, 0)")
