# SPDX-License-Identifier: Apache-2.0
"""Vetting: dossiers, decisions, what they come to, administrators."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0001"
branch_labels = None
depends_on = None

ADDED_TO_ONLY = ("dossier", "vetting_decision")
"""Tables whose rows the database itself keeps from being changed or removed."""


def upgrade() -> None:
    op.create_table(
        "administrator",
        sa.Column("token_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("pepper_id", sa.Text(), nullable=False),
        sa.Column("created_us", sa.BigInteger(), nullable=False),
        sa.Column("revoked_us", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("token_id", name=op.f("pk_administrator")),
    )
    op.create_table(
        "dossier",
        sa.Column("org_id", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("recorded_us", sa.BigInteger(), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["org_id"], ["organisation.org_id"], name=op.f("fk_dossier_org_id_organisation")),
        sa.PrimaryKeyConstraint("org_id", "number", name=op.f("pk_dossier")),
    )
    op.create_table(
        "vetting",
        sa.Column("org_id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("admission", sa.Text(), nullable=False),
        sa.Column("tier", sa.SmallInteger(), nullable=False),
        sa.Column("valid_until_us", sa.BigInteger(), nullable=True),
        sa.Column("registration", sa.Text(), nullable=False),
        sa.Column("registered_in", sa.Text(), nullable=False),
        sa.Column("lei", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "admission IN ('unvetted', 'pending', 'approved', 'barred')", name=op.f("ck_vetting_admission")
        ),
        sa.ForeignKeyConstraint(["org_id"], ["organisation.org_id"], name=op.f("fk_vetting_org_id_organisation")),
        sa.PrimaryKeyConstraint("org_id", name=op.f("pk_vetting")),
    )
    op.create_index(op.f("ix_vetting_valid_until_us"), "vetting", ["valid_until_us"], unique=False)
    op.create_index(op.f("ix_vetting_version"), "vetting", ["version"], unique=False)
    op.create_table(
        "vetting_decision",
        sa.Column("org_id", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("made_us", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organisation.org_id"], name=op.f("fk_vetting_decision_org_id_organisation")
        ),
        sa.PrimaryKeyConstraint("org_id", "number", name=op.f("pk_vetting_decision")),
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE FUNCTION stillwatch_only_add() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'rows of % are only ever added', TG_TABLE_NAME; END $$"
        )
    for table in ADDED_TO_ONLY:
        for act in ("UPDATE", "DELETE"):
            name = f"only_add_{table}_{act.lower()}"
            if op.get_bind().dialect.name == "postgresql":
                op.execute(
                    f"CREATE TRIGGER {name} BEFORE {act} ON {table} FOR EACH ROW EXECUTE FUNCTION stillwatch_only_add()"
                )
            else:
                op.execute(
                    f"CREATE TRIGGER {name} BEFORE {act} ON {table} "
                    f"BEGIN SELECT RAISE(ABORT, 'rows of {table} are only ever added'); END"
                )
