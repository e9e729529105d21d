# SPDX-License-Identifier: Apache-2.0
"""Admission: what vetting has said of an organisation, as the gateway needs it."""

from enum import StrEnum


class Admission(StrEnum):
    """What vetting has said."""

    UNVETTED = "unvetted"
    """Nothing: it never applied."""
    PENDING = "pending"
    """Nothing yet: it applied, and was never approved."""
    APPROVED = "approved"
    """It may use the models, at its tier, until its approval runs out."""
    BARRED = "barred"
    """It may not: it was turned down, or lost its approval."""
