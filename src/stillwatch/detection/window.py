# SPDX-License-Identifier: Apache-2.0
"""What becomes known between one campaign pass and the next, as reduced columns: all that the engine ever takes in.

Live, a window is made of the sightings since the last pass; in batch, a whole log is reduced at once and cut into
windows. The tables and their columns are those of ``detection.relations``.
"""

from dataclasses import dataclass

import pyarrow as pa


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """One window's tables. A row may stand in a later window than its own where it came late."""

    end_us: int
    """The end of the window on the data's clock: nothing in it is later."""
    activity: pa.Table
    """How much each account did."""
    postings: pa.Table
    """Tokens of infrastructure, once for each account; those that the engine has are given again at will."""
    firsts: pa.Table
    """First messages that are by now known not to have been followed."""
    systems: pa.Table
    """System prompts by their skeletons, once for each organisation; again at will."""
    lessons: pa.Table
    """Content from which it is learnt what is common."""
