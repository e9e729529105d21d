# SPDX-License-Identifier: Apache-2.0
"""Reads off an engine the quantities on which its decisions stand, for accounts and for groups drawn at random.

- ``surprise``: the score of each account that is compared with others, as minus a decimal logarithm.
- ``fit``: how far an account's content lies along that of the accounts which talk like it; 1 for one source.
- ``timing p``: the p-value of keeping time with them, as a decimal logarithm.
- ``<family> p``: each family's p-value on groups of accounts that are alike in activity and tenure and have otherwise
  nothing in common that was looked for: what the family says where there is nothing to say.

The last three are costly and are taken of a sample.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from stillwatch.detection.catalog import FAMILIES
from stillwatch.detection.engine import Engine
from stillwatch.detection.grouping import Group, cohesion, fit_of
from stillwatch.detection.interface import Case
from stillwatch.detection.linking import Candidates, Links, candidates, keeps_time, link
from stillwatch.detection.matching import stand_ins
from stillwatch.detection.turns import Turns

Ints = npt.NDArray[np.int64]
Doubles = npt.NDArray[np.float64]

SURPRISE, FIT, TIMING = "surprise", "fit", "timing p"
SAMPLED = 300
"""Accounts whose fit and timing are taken."""
ALIKE = 40
"""Accounts that talk like one which it is compared with, at most."""
GROUPS = 60
"""Groups drawn for the families."""
LEAST_LOG10_P = -12.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One quantity's values."""

    quantity: str
    accounts: tuple[str, ...]
    """Whose they are; empty for groups."""
    values: Doubles


def readings(engine: Engine, *, now_us: int, chance: np.random.Generator) -> list[Reading]:
    """Read off every quantity at one instant; none where there is too little to compare.

    Where accounts take turns, those of one turn are read.

    Args:
        engine: After its last pass; it is not changed.
        now_us: The present on the data's clock.
        chance: Draws the samples.
    """
    census, now_s = engine.census, now_us / 1e6
    chosen = candidates(census, engine.settings, Turns(engine.settings).next(census, engine.register.home))
    if chosen is None:
        return []
    links = link(census, chosen, now_s=now_s)
    regular = np.flatnonzero(chosen.is_regular)
    names = np.array(census.names, object)[chosen.rows]
    found = [Reading(quantity=SURPRISE, accounts=tuple(names[regular]), values=links.score[regular])]
    fewest = engine.settings.minimum_campaign
    crowded = np.flatnonzero(np.bincount(links.first, minlength=len(chosen.rows)) >= fewest)
    asked = np.sort(chance.choice(crowded, min(len(crowded), SAMPLED), replace=False))
    fit, timing = np.zeros(len(asked)), np.zeros(len(asked))
    for at, one in enumerate(asked.tolist()):
        alike = links.of(one)
        alike = chance.choice(alike, min(len(alike), ALIKE), replace=False)
        fit[at] = fit_of(chosen, alike, np.array([one])).along[0]
        timing[at] = keeps_time(census, chosen.rows[np.append(one, alike)], now_s=now_s)[0]
    found.append(Reading(quantity=FIT, accounts=tuple(names[asked]), values=fit))
    found.append(Reading(quantity=TIMING, accounts=tuple(names[asked]), values=_log10(timing)))
    return found + _families(engine, chosen, links, now_s=now_s, chance=chance)


def _families(
    engine: Engine, chosen: Candidates, links: Links, *, now_s: float, chance: np.random.Generator
) -> list[Reading]:
    """Weigh groups of accounts that are alike in activity and tenure alone; one family abstains where it must."""
    census = engine.census
    place = np.full(len(census), -1)
    place[chosen.rows[chosen.is_regular]] = np.flatnonzero(chosen.is_regular)
    p_values: dict[str, list[float]] = {family.name: [] for family in FAMILIES}
    for number in range(GROUPS):
        members = _alike_in_activity(engine, place, chance)
        if len(members) < engine.settings.minimum_campaign:
            continue
        group = Group(
            members=members,
            scores=links.score[members],
            joined=members[:0],
            least_fit=np.ones(len(members)),
            is_found_by_content=True,
            cohesion=cohesion(chosen, members),
        )
        case = Case(census=census, chosen=chosen, links=links, group=group, now_s=now_s, chance=number)
        for family in FAMILIES:
            evidence = family.weigh(case)
            if evidence is not None:
                p_values[family.name].append(evidence.p_value)
    return [
        Reading(quantity=f"{name} p", accounts=(), values=_log10(np.array(values)))
        for name, values in p_values.items()
        if values
    ]


def _alike_in_activity(engine: Engine, place: Ints, chance: np.random.Generator) -> Ints:
    """Draw an account, and others of other organisations that did as much over as long; candidates alone."""
    census = engine.census
    anchor = chance.choice(np.flatnonzero(place >= 0), 1)
    drawn = stand_ins(census, anchor, without=anchor, groups=4 * engine.settings.minimum_contained, draw=chance)
    if drawn is None:
        return place[:0]
    rows = np.concatenate((anchor, np.unique(drawn)))
    rows = rows[place[rows] >= 0]
    rows = rows[np.unique(census.org[rows], return_index=True)[1]]
    members: Ints = np.sort(place[rows])
    return members


def _log10(p_values: Doubles) -> Doubles:
    return np.maximum(np.log10(np.maximum(p_values, 1e-300)), LEAST_LOG10_P)
