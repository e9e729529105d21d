# SPDX-License-Identifier: Apache-2.0
"""The tables, sorted by the area whose rules fill them.

Instants are integer microseconds since the Unix epoch, UTC. A ``version`` column carries the value that the one row of
``snapshot_version`` had when the row was last written: "what changed since version N" is then ``version > N``. Whoever
writes such a row takes the next version first (``transaction.writing``), which locks the counter until the commit, so
versions become visible in order.
"""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    false,
)

METADATA = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

SNAPSHOT_VERSION = Table(
    "snapshot_version",
    METADATA,
    Column("id", Integer, CheckConstraint("id = 1", name="one_row"), primary_key=True, autoincrement=False),
    Column("value", BigInteger, nullable=False),
)
"""One row, one counter, for everything that a gateway's snapshot is made of."""

# Access.

ORGANISATION = Table(
    "organisation",
    METADATA,
    Column("org_id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("active", Boolean, nullable=False),
    Column(
        "text_policy",
        Text,
        CheckConstraint("text_policy IN ('keep', 'hash', 'drop')", name="text_policy"),
        nullable=False,
    ),
    Column("created_us", BigInteger, nullable=False),
    Column("version", BigInteger, nullable=False, index=True),
)

ACCOUNT = Table(
    "account",
    METADATA,
    Column("account_id", Text, primary_key=True),
    Column("org_id", Text, ForeignKey("organisation.org_id"), nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("payment_fp", Text),
    Column("route", Text),
    Column("created_us", BigInteger, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("verified_us", BigInteger),
    Column("verified_by", Text),
    Column("version", BigInteger, nullable=False, index=True),
)

API_KEY = Table(
    "api_key",
    METADATA,
    Column("key_id", Text, primary_key=True),
    Column("account_id", Text, ForeignKey("account.account_id"), nullable=False, index=True),
    Column("digest", LargeBinary(32), nullable=False),
    Column("pepper_id", Text, nullable=False),
    Column("created_us", BigInteger, nullable=False),
    Column("expires_us", BigInteger),
    Column("revoked_us", BigInteger),
    Column("models", JSON(none_as_null=True)),
    Column("cidrs", JSON(none_as_null=True)),
    Column("label", Text, nullable=False),
    Column("scopes", JSON(none_as_null=True)),
    Column("jkt", Text),
    Column("x5t", Text),
    Column("client_jwk", Text),
    Column("is_honey", Boolean, nullable=False, server_default=false()),
    Column("replaced_by", Text),
    Column("version", BigInteger, nullable=False, index=True),
)

ASSERTION_KEY = Table(
    "assertion_key",
    METADATA,
    Column("org_id", Text, ForeignKey("organisation.org_id"), primary_key=True),
    Column("thumbprint", Text, primary_key=True),
    Column("jwk", Text, nullable=False),
    Column("label", Text, nullable=False),
    Column("trusted_us", BigInteger, nullable=False),
    Column("removed_us", BigInteger),
)
"""Public keys that organisations sign assertions about persons with. A change raises the organisation's version."""

REMOVED_KEY = Table(
    "removed_key",
    METADATA,
    Column("key_id", Text, primary_key=True),
    Column("version", BigInteger, nullable=False, index=True),
)
"""Ids of purged keys: a delta must be able to say that a key is gone, and an id is never used twice."""

DOSSIER = Table(
    "dossier",
    METADATA,
    Column("org_id", Text, ForeignKey("organisation.org_id"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("recorded_us", BigInteger, nullable=False),
    Column("recorded_by", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("body", Text, nullable=False),
)
"""Every version of what was known of an organisation, as JSON. Rows are only ever added: triggers see to it."""

VETTING_DECISION = Table(
    "vetting_decision",
    METADATA,
    Column("org_id", Text, ForeignKey("organisation.org_id"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("made_us", BigInteger, nullable=False),
    Column("body", Text, nullable=False),
)
"""Every step of an organisation's vetting, as JSON. Rows are only ever added: triggers see to it."""

VETTING = Table(
    "vetting",
    METADATA,
    Column("org_id", Text, ForeignKey("organisation.org_id"), primary_key=True),
    Column("state", Text, nullable=False),
    Column(
        "admission",
        Text,
        CheckConstraint("admission IN ('unvetted', 'pending', 'approved', 'barred')", name="admission"),
        nullable=False,
    ),
    Column("tier", SmallInteger, nullable=False),
    Column("valid_until_us", BigInteger, index=True),
    Column("registration", Text, nullable=False),
    Column("registered_in", Text, nullable=False),
    Column("lei", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("version", BigInteger, nullable=False, index=True),
)
"""What an organisation's decisions come to (``body``, as JSON), and of it what is searched for. Derived: it can be
rebuilt from ``vetting_decision`` and ``dossier`` at any time."""

ADMINISTRATOR = Table(
    "administrator",
    METADATA,
    Column("token_id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("digest", LargeBinary(32), nullable=False),
    Column("pepper_id", Text, nullable=False),
    Column("created_us", BigInteger, nullable=False),
    Column("revoked_us", BigInteger),
)

# Screening. An organisation here is no foreign key: one may be screened before it is in the directory.

SCREENING_LIST = Table(
    "screening_list",
    METADATA,
    Column("name", Text, primary_key=True),
    Column("form", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("date", Text, nullable=False),
    Column("count", BigInteger, nullable=False),
    Column("source", Text, nullable=False),
    Column("loaded_us", BigInteger, nullable=False),
    Column("loaded_by", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("version", BigInteger, nullable=False, index=True),
)
"""The lists in force. Their entries are files (``access.adapters.list_shelf``); which file counts is said here."""

SCREENING_HIT = Table(
    "screening_hit",
    METADATA,
    Column("hit_id", Text, primary_key=True),
    Column("org_id", Text, nullable=False, index=True),
    Column("subject_id", Text, nullable=False),
    Column("subject_name", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("list_name", Text, nullable=False),
    Column("list_digest", Text, nullable=False),
    Column("entry_id", Text, nullable=False),
    Column("entry_name", Text, nullable=False),
    Column("score", Float, nullable=False),
    Column("why", JSON, nullable=False),
    Column("state", Text, CheckConstraint("state IN ('open', 'cleared', 'confirmed')", name="state"), nullable=False),
    Column("is_current", Boolean, nullable=False),
    Column("found_us", BigInteger, nullable=False),
    Column("rulings", JSON, nullable=False),
    Column("version", BigInteger, nullable=False, index=True),
)
DIRECTIVE = Table(
    "directive",
    METADATA,
    Column("directive_id", Text, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("body", Text, nullable=False),
    Column("applied_us", BigInteger, nullable=False),
    Column("applied_by", Text, nullable=False),
    Column("in_force_us", BigInteger),
    Column("workers", Integer),
    Column("lifted_us", BigInteger),
    Column("lifted_by", Text),
    Column("lift_reason", Text),
    Column("lift_in_force_us", BigInteger),
    Column("statements", Text, nullable=False),
    Column("version", BigInteger, nullable=False, index=True),
)
"""Directives in the order in which they were given (``number`` counts those of one id). None is ever removed."""

# Remediation. The accounts here are not foreign keys: a decision about four hundred accounts must not fail because
# one of them is not (or no longer) in this directory.

STANDING = Table(
    "standing",
    METADATA,
    Column("account_id", Text, primary_key=True),
    Column("rung", SmallInteger, CheckConstraint("rung BETWEEN 0 AND 4", name="rung"), nullable=False),
    Column("until_us", BigInteger, index=True),
    Column("reason", Text, nullable=False),
    Column("decision_id", Text),
    Column("version", BigInteger, nullable=False, index=True),
)
"""What the decisions of an account come to. Derived: it can be rebuilt from ``decision`` at any time."""

CASE = Table(
    "campaign_case",
    METADATA,
    Column("case_id", Text, primary_key=True),
    Column("campaign_id", Text, nullable=False, index=True),
    Column("opened_us", BigInteger, nullable=False),
    Column("updated_us", BigInteger, nullable=False),
    Column("state", Text, CheckConstraint("state IN ('open', 'closed')", name="state"), nullable=False, index=True),
    Column("exchanges", BigInteger, nullable=False),
    Column("log10_e", Float, nullable=False),
    Column("p_value", Float, nullable=False),
    Column("summary", Text, nullable=False),
    Column("facets", JSON, nullable=False),
)

CASE_ACCOUNT = Table(
    "case_account",
    METADATA,
    Column("case_id", Text, ForeignKey("campaign_case.case_id"), primary_key=True),
    Column("account_id", Text, primary_key=True),
    Index("ix_case_account_account_id", "account_id"),
)

DECISION = Table(
    "decision",
    METADATA,
    Column("decision_id", Text, primary_key=True),
    Column("case_id", Text, ForeignKey("campaign_case.case_id"), nullable=False, index=True),
    Column("rung", SmallInteger, CheckConstraint("rung BETWEEN 1 AND 4", name="rung"), nullable=False),
    Column("made_us", BigInteger, nullable=False),
    Column("until_us", BigInteger),
    Column("made_by", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("undone_us", BigInteger),
    Column("undone_by", Text),
    Column("undone_reason", Text),
    Column("undone_log10_e", Float),
)

DECISION_ACCOUNT = Table(
    "decision_account",
    METADATA,
    Column("decision_id", Text, ForeignKey("decision.decision_id"), primary_key=True),
    Column("account_id", Text, primary_key=True),
    Index("ix_decision_account_account_id", "account_id"),
)
