# SPDX-License-Identifier: Apache-2.0
"""What an operator wants to be true of every request, written down in YAML with conditions in Cedar's syntax.

``never: CONDITION``: no request that satisfies the condition is ever allowed. ``some: CONDITION``: at least one that
satisfies it is; it keeps rules that deny everything from proving everything.
"""

from enum import StrEnum

import cedarpy
import msgspec
from cedarpy import pst

from stillwatch.access.documents import read_document
from stillwatch.access.policy.book import SCHEMA_TEXT
from stillwatch.errors import BadInput


class Claim(StrEnum):
    """What is claimed of the requests that satisfy a condition."""

    NEVER = "never"
    """None is allowed."""
    SOME = "some"
    """At least one is allowed."""


class Invariant(msgspec.Struct, frozen=True, kw_only=True):
    """One claim."""

    invariant_id: str
    says: str
    claim: Claim
    condition: str
    """In Cedar's syntax."""
    tree: pst.Template
    """A permit with the condition as its only clause."""


class _Written(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    id: str
    says: str
    never: str | None = None
    some: str | None = None


class _Document(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    invariants: tuple[_Written, ...]


def parse_invariants(text: str | bytes, *, name: str) -> tuple[Invariant, ...]:
    """Read invariants from YAML.

    Raises:
        BadInput: The text is something else, or a condition is no single condition that fits the schema.
    """
    document = read_document(text, _Document, name=name, what="a list of invariants")
    return tuple(_invariant(one, name) for one in document.invariants)


def _invariant(written: _Written, name: str) -> Invariant:
    where = f'{name}, invariant "{written.id}"'
    if (written.never is None) == (written.some is None):
        raise BadInput(f"{where} needs one of `never` and `some`.")
    claim, condition = (Claim.NEVER, written.never) if written.never is not None else (Claim.SOME, written.some)
    return Invariant(
        invariant_id=written.id,
        says=written.says,
        claim=claim,
        condition=condition or "",
        tree=_condition(condition or "", where),
    )


def _condition(condition: str, where: str) -> pst.Template:
    text = f"permit (principal, action, resource) when {{ {condition}\n}};"
    try:
        trees = tuple(cedarpy.PolicySet.from_str(text).to_pst().static_policies.values())
    except ValueError as error:
        raise BadInput(f"{where}: the condition is not Cedar: {' '.join(str(error).split())}.") from None
    if len(trees) != 1 or len(trees[0].clauses) != 1:
        raise BadInput(f"{where}: this is more than one condition.")
    found = cedarpy.validate_policies(text, SCHEMA_TEXT)
    if not found.validation_passed:
        raise BadInput(
            f"{where}: the condition does not fit the schema: {' '.join(found.errors[0].error.split())}.",
            hint="`stillwatch policy schema` prints what it may speak of; ask `principal is Key &&` first.",
        )
    return trees[0]
