# SPDX-License-Identifier: Apache-2.0
"""Pairs of names: grouped cross-validation on name_bench, beside nomenklatura's LogicV2 and plain rapidfuzz.

A fold is one group of cases (the two smallest together), so that a rule learnt from one source is tried on another. The
bound is chosen within each fold's training groups alone, by cross-validation over them. The composed pairs that
training adds come from public lists, without any entry that bears a name of the cases.
"""

import json
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from dev.screening.lists import cased
from dev.screening.train import bench_pairs, best_bound, composed_pairs, f1, rows_of, same_forest
from rapidfuzz import fuzz

from bench.workplace import MissingError
from stillwatch.access.screening.features import Rarity
from stillwatch.access.screening.trees import Doubles

FOLDS = (("synth_people",), ("nk_checks",), ("synth_companies",), ("nk_unit_tests",), ("cluster_align", "cust_cases"))
LOGIC_V2_BOUND = 0.7
"""What nomenklatura ships."""

Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class PairResults:
    """Who told which pairs to be one party's."""

    labels: Doubles
    groups: npt.NDArray[np.str_]
    told: dict[str, Bools]
    """By candidate."""
    us_a_pair: dict[str, float]

    def f1_of(self, candidate: str, group: str | None = None) -> float:
        """F1 over all cases, or those of a group."""
        where = np.ones(len(self.labels), bool) if group is None else self.groups == group
        return f1(self.told[candidate][where], self.labels[where])


def measure(python: Path, rarity: Rarity, say: Callable[[str], None]) -> PairResults:
    """Run all candidates on the same cases."""
    pairs, named = bench_pairs()
    groups = np.array(named)
    labels = np.array([pair.is_same for pair in pairs], float)
    ours = rows_of(pairs, rarity)
    composed = composed_pairs()
    theirs, composed_labels = rows_of(composed, rarity), np.array([pair.is_same for pair in composed], float)

    def learnt(where: Bools, asked: Bools) -> Doubles:
        return same_forest(ours[where], labels[where], theirs, composed_labels).logits(ours[asked])

    told: dict[str, Bools] = {"this scorer": np.zeros(len(pairs), bool)}
    for fold in FOLDS:
        say(f"learning without {', '.join(fold)}")
        tested = np.isin(groups, fold)
        inner = np.zeros(len(pairs))
        for other in FOLDS:
            if other != fold:
                asked = np.isin(groups, other)
                inner[asked] = learnt(~tested & ~asked, asked)
        bound = best_bound(inner[~tested], labels[~tested])
        told["this scorer"][tested] = learnt(~tested, tested) >= bound
        for name, compare in (("rapidfuzz WRatio", fuzz.WRatio), ("rapidfuzz token_sort_ratio", fuzz.token_sort_ratio)):
            scores = np.array([compare(pair.query.lower(), pair.listed.lower()) for pair in pairs])
            plain = told.setdefault(name, np.zeros(len(pairs), bool))
            plain[tested] = scores[tested] >= best_bound(scores[~tested], labels[~tested])
    scores, seconds = _logic_v2(python)
    told["nomenklatura LogicV2"] = scores >= LOGIC_V2_BOUND
    return PairResults(labels=labels, groups=groups, told=told, us_a_pair={"nomenklatura LogicV2": seconds * 1e6})


def _logic_v2(python: Path) -> tuple[Doubles, float]:
    lines = "\n".join(json.dumps(case) for case in cased())
    command = [str(python), str(Path(__file__).with_name("logicv2.py"))]
    done = subprocess.run(command, input=lines, capture_output=True, text=True, check=False)
    if done.returncode:
        raise MissingError(f"nomenklatura does not run: {(done.stderr.strip() or 'no reason given').splitlines()[-1]}")
    found = json.loads(done.stdout)
    return np.array(found["scores"]), float(found["seconds_a_pair"])
