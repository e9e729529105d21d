# SPDX-License-Identifier: Apache-2.0
"""How much each account did in each window, and of what kind."""

from stillwatch.detection.relations.tables import Table, window_of

ELICITING = 15
"""The cues that ask for reasoning, rubrics or tasks."""


def activity(sightings: Table, *, cadence_us: int) -> Table:
    """Give ``ACTIVITY``.

    Args:
        sightings: Each counted once.
        cadence_us: A window's length.
    """
    rows = sightings
    cues = {f"cue_{bit}": rows.count(where=(rows.cues & bit) != 0) for bit in (1, 2, 4, 8, 16)}
    return rows.group_by(window_us=window_of(rows.ts_us, cadence_us), account=rows.account).agg(
        org=rows.org.min(),
        count=rows.count(),
        first_us=rows.ts_us.min(),
        last_us=rows.ts_us.max(),
        signup_us=rows.signup_us.min(),
        contents=rows.count(where=rows.has_content),
        eliciting=rows.count(where=rows.has_content & ((rows.cues & ELICITING) != 0)),
        **cues,
        answers=rows.worth.count(),
        # Whole numbers, and so exact in any order; a sum of integers would have another type in each engine.
        worth=rows.worth.cast("float64").sum().coalesce(0.0).cast("int64"),
    )
