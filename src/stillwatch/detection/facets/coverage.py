# SPDX-License-Identifier: Apache-2.0
"""Finds groups that work off a public list of prompts together, each account a part of it.

Catches: harvests that feed a known corpus, dealt to many accounts so that each prompt is sent once, or as often as
planned, however few prompts each account sends. Misses: corpora that are not in the index; prompts that were reworded
or wrapped into further text; hashed prompts. False alarms: strangers who divide a list among them for a good reason.
People who use a popular list repeat each other, and an evaluation run sends the whole list from one account: neither is
evidence. It reads content, as what grouped the accounts did, so it never corroborates.
"""

from dataclasses import dataclass

import numpy as np

from stillwatch.detection.census import NO_PROMPT
from stillwatch.detection.corpora import Bools, Corpus, Ints
from stillwatch.detection.interface import Case, Evidence
from stillwatch.detection.matching import one_of_each, stand_ins
from stillwatch.stats.calibrate import log10_e_of_p
from stillwatch.stats.dealing import Dealing, dealing
from stillwatch.stats.tails import hypergeometric_log10_tail

DRAWS = 99
"""Groups of stand-ins that are pooled."""
FEWEST = 5
"""Organisations that must draw on a list, and prompts an account must have to be compared."""
LEAST_HITS = 2
"""Prompts on the list from which an account draws on it: one may be there by chance."""
WHOLE = 0.5
"""Share of the list from which one organisation alone works it off: an evaluation run, which is set aside."""
TELLING_LOG10_P = -2.0
"""Decimal logarithm of the p-value from which a plan is spoken of."""
BOUNDS = 32
"""Bounds on the hashes that are tried, each of them complete for other accounts."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """Tests whether the members draw on one list, and deal it among them.

    Null: *either* the members draw on the list as other accounts of like activity do (hypergeometric, the members
    among them and their stand-ins), *or* those who do draw on it independently of each other, whatever is popular
    (``stats.dealing``). Both must be refuted, so the p-value is the greater of the two, times the number of lists.
    """

    name: str = "coverage"
    is_independent: bool = False
    weight: float = 1.0
    peers: str = "accounts of like activity, or people who choose from the list by themselves"
    clears: str = "A project that openly divides this list among its members, such as one that translates or labels it."

    def weigh(self, case: Case) -> Evidence | None:
        """Weigh how the members divide a public list among them."""
        if not case.corpora:
            return None
        census = case.census
        is_fit = census.prompts[: len(census), FEWEST - 1] != NO_PROMPT
        draw = np.random.default_rng((case.chance, 4))
        picked = one_of_each(census.org, case.rows[is_fit[case.rows]], draw)
        if len(picked) < FEWEST:
            return None
        unfit = np.union1d(case.rows, np.flatnonzero(~is_fit))
        drawn = stand_ins(census, picked, without=unfit, groups=DRAWS, draw=draw)
        if drawn is None:
            return None
        others = np.unique(drawn)
        found = [one for corpus in case.corpora if (one := _drawing_on(case, corpus, picked, others)) is not None]
        if not found:
            return None
        best = min(found, key=lambda one: one.log10_p)
        log10_p = min(0.0, best.log10_p + float(np.log10(len(case.corpora))))
        return Evidence(
            family=self.name, p_value=float(10.0**log10_p), log10_e=log10_e_of_p(log10_p), why=best.in_words()
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Use:
    """How a group uses one list."""

    name: str
    log10_p: float
    drawing: int
    """Organisations of the group that draw on it."""
    organisations: int
    elsewhere: float
    """Share of the stand-ins that draw on it."""
    dealt: Dealing

    def in_words(self) -> str:
        times = "once" if self.dealt.times == 1 else f"{self.dealt.times} times"
        planned = f", as if each prompt were to be sent {times}" if self.dealt.log10_p <= TELLING_LOG10_P else ""
        return (
            f'{self.drawing} of its {self.organisations} organisations send prompts of the public list "{self.name}" '
            f"({self.elsewhere:.1%} of accounts of like activity do), about {self.dealt.covered:.0%} of it together"
            f"{planned}; pairs of them that sent the same prompt: {self.dealt.repeated}, where people who choose by "
            f"themselves would make {self.dealt.expected:.0f}."
        )


def _drawing_on(case: Case, corpus: Corpus, picked: Ints, others: Ints) -> _Use | None:
    """Say how the group uses a list; None where too few organisations draw on it."""
    census = case.census
    members, strangers = (_draws_on(census.prompts[rows], corpus) for rows in (picked, others))
    if members.sum() < FEWEST:
        return None
    dealt = dealt_among(census.prompts[case.rows], census.org[case.rows], corpus)
    if dealt is None:
        return None
    drawing = hypergeometric_log10_tail(
        int(members.sum()),
        drawn=len(picked),
        marked=int(members.sum() + strangers.sum()),
        population=len(picked) + len(others),
    )
    return _Use(
        name=corpus.name,
        log10_p=max(drawing, dealt.log10_p),
        drawing=int(members.sum()),
        organisations=len(picked),
        elsewhere=float(strangers.mean()),
        dealt=dealt,
    )


def _draws_on(prompts: Ints, corpus: Corpus) -> Bools:
    draws: Bools = (corpus.has(prompts) & (prompts != NO_PROMPT)).sum(axis=1) >= LEAST_HITS
    return draws


def dealt_among(prompts: Ints, org: Ints, corpus: Corpus) -> Dealing | None:
    """Say how some accounts' organisations divide a list among them; None where fewer than ``FEWEST`` draw on it.

    Of an account only its smallest hashes are known, but all of them up to its greatest. So what several accounts hold
    of the list is known in full up to a bound that none of their greatest is below; which hashes are small is chance,
    and so the part of the list up to the bound stands for all of it. The bound is chosen that promises most, by how
    many prompts are on the list and not by whether they are repeated.

    Args:
        prompts: The smallest prompt hashes of each account, ascending, filled up with ``NO_PROMPT``. Shape (M, K).
        org: Each account's organisation. Shape (M,).
        corpus: The list.
    """
    is_hit = corpus.has(prompts) & (prompts != NO_PROMPT)
    reach = prompts[:, -1]
    tried = np.unique(reach[is_hit.any(axis=1)])
    best, bound = 0.0, None
    for one in tried[np.unique(np.linspace(0, len(tried) - 1, min(BOUNDS, len(tried))).astype(np.int64))].tolist():
        hits = (is_hit & (prompts <= one)).sum(axis=1) * (reach >= one)
        promise = (hits.sum() ** 2 - (hits * hits).sum()) / max(corpus.up_to(one), 1)
        if promise > best:
            best, bound = float(promise), one
    if bound is None:
        return None
    owner, place = np.nonzero(is_hit & (prompts <= bound) & (reach >= bound)[:, None])
    held = np.unique(np.stack((org[owner], prompts[owner, place]), axis=1), axis=0)
    pile = corpus.up_to(bound)
    # Who works off a whole list alone was dealt nothing.
    _, hand, sizes = np.unique(held[:, 0], return_inverse=True, return_counts=True)
    held = held[(sizes <= WHOLE * pile)[hand]]
    hands, items = held.T
    return dealing(items, hands, pile=pile) if len(np.unique(hands)) >= FEWEST else None
