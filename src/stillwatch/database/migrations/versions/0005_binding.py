# SPDX-License-Identifier: Apache-2.0
"""Binding: what API keys are bound to and made for, and the keys that organisations sign assertions with."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("api_key", sa.Column("scopes", sa.JSON(), nullable=True))
    op.add_column("api_key", sa.Column("jkt", sa.Text(), nullable=True))
    op.add_column("api_key", sa.Column("x5t", sa.Text(), nullable=True))
    op.add_column("api_key", sa.Column("client_jwk", sa.Text(), nullable=True))
    op.add_column("api_key", sa.Column("is_honey", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("api_key", sa.Column("replaced_by", sa.Text(), nullable=True))
    op.create_table(
        "assertion_key",
        sa.Column("org_id", sa.Text(), nullable=False),
        sa.Column("thumbprint", sa.Text(), nullable=False),
        sa.Column("jwk", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("trusted_us", sa.BigInteger(), nullable=False),
        sa.Column("removed_us", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["org_id"], ["organisation.org_id"], name=op.f("fk_assertion_key_org_id_organisation")),
        sa.PrimaryKeyConstraint("org_id", "thumbprint", name=op.f("pk_assertion_key")),
    )
