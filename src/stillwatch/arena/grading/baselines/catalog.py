# SPDX-License-Identifier: Apache-2.0
"""The baselines, in the report's order."""

from stillwatch.arena.grading.baselines.interface import Baseline
from stillwatch.arena.grading.baselines.mmd_windows import MmdWindows
from stillwatch.arena.grading.baselines.prada import Prada
from stillwatch.arena.grading.baselines.rate_limit import RateLimit
from stillwatch.arena.grading.baselines.union_find import UnionFind

BASELINES: tuple[Baseline, ...] = (
    RateLimit(),
    MmdWindows(),
    Prada(),
    UnionFind("network", "/24"),
    UnionFind("payment", "payment"),
    UnionFind("ja4", "JA4"),
)
