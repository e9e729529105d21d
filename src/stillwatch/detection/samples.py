# SPDX-License-Identifier: Apache-2.0
"""Sample prompts that show what a campaign's accounts send, with the wording they have in common marked.

What is common is told by runs of four words. A run counts where three of the campaign's organisations or more send it,
at four times the share of all others that do. A template shows as marked text around what differs; prompts that only
draw on one source have no wording in common, and are then shown unmarked: the most typical of them.

Nothing here is evidence; it is for whoever has to judge. Prompts are personal data: they pass through and are not kept.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import log

from stillwatch.records.exchange import Exchange
from stillwatch.records.finding import Sample, SamplePart

MOST_SAMPLES = 3
PER_ACCOUNT, PER_CAMPAIGN = 6, 400
"""Prompts kept of one account of a campaign, and of one campaign."""
OUTSIDE_PER_ACCOUNT, OUTSIDE = 2, 800
"""Prompts kept of one other account, and of all of them."""
HEAD_CHARS, TAIL_CHARS = 700, 200
"""What is read and shown of a prompt: instructions stand at its beginning or its end."""
RUN = 4
"""Words of a run."""
LEAST_ORGANISATIONS = 3
OFTEN = 1 / 3
"""Share of the prompts around one run that have another run, from which that is marked too."""
LIFT = 4.0
"""How many times as common a run must be among the campaign's organisations as among others."""
CUT = " … "
HASHED = "sha256:"

_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]|\w+|[^\w\s]")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Prompt:
    """One prompt, and where its words are."""

    account: str
    org: str
    exchange_id: str
    text: str
    spans: tuple[tuple[int, int], ...]
    words: tuple[str, ...]

    def runs(self, length: int) -> list[tuple[str, ...]]:
        """Runs of neighbouring words, one from each word that has enough after it."""
        return [self.words[at : at + length] for at in range(len(self.words) - length + 1)]


@dataclass(slots=True)
class _Pile:
    """Prompts of one campaign, or of all others."""

    per_account: int
    most: int
    prompts: list[_Prompt] = field(default_factory=list)
    _kept: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def wants(self, account: str) -> bool:
        return not self.is_full and self._kept[account] < self.per_account

    @property
    def is_full(self) -> bool:
        return len(self.prompts) >= self.most

    def add(self, prompt: _Prompt) -> None:
        self._kept[prompt.account] += 1
        self.prompts.append(prompt)


class SamplePool:
    """Gathers prompts in a second look at a log, and chooses among them.

    Memory holds a thousand or so cut prompts, and some hundred of each campaign, however long the log.

    Args:
        campaigns: The accounts of each campaign.
    """

    def __init__(self, campaigns: Mapping[str, Collection[str]]) -> None:
        self._piles = {
            name: _Pile(PER_ACCOUNT, min(PER_CAMPAIGN, PER_ACCOUNT * len(accounts)))
            for name, accounts in campaigns.items()
        }
        self._of_account = {account: self._piles[name] for name, accounts in campaigns.items() for account in accounts}
        self._others = _Pile(OUTSIDE_PER_ACCOUNT, OUTSIDE)

    @property
    def is_full(self) -> bool:
        """Whether nothing more is wanted."""
        return self._others.is_full and all(pile.is_full for pile in self._piles.values())

    def wants(self, account: str) -> bool:
        """Whether a prompt of this account would still be kept."""
        return self._of_account.get(account, self._others).wants(account)

    def add(self, *, account: str, org: str, exchange_id: str, prompt: str | None, turn: int | None) -> None:
        """Take one exchange in: first messages with text are kept, as far as they are wanted."""
        if turn or not prompt or prompt.startswith(HASHED) or not self.wants(account):
            return
        text = prompt if len(prompt) <= HEAD_CHARS + TAIL_CHARS else prompt[:HEAD_CHARS] + CUT + prompt[-TAIL_CHARS:]
        found = list(_WORD.finditer(text))
        self._of_account.get(account, self._others).add(
            _Prompt(
                account=account,
                org=org,
                exchange_id=exchange_id,
                text=text,
                spans=tuple(one.span() for one in found),
                words=tuple(one[0].casefold() for one in found),
            )
        )

    def add_exchanges(self, exchanges: Iterable[Exchange]) -> None:
        """Take exchanges in until nothing more is wanted."""
        for one in exchanges:
            self.add(
                account=one.account_id, org=one.org_id, exchange_id=one.exchange_id, prompt=one.prompt, turn=one.turn
            )
            if self.is_full:
                return

    def samples(self, campaign: str) -> tuple[Sample, ...]:
        """Choose up to three prompts of different organisations that show best what they have in common.

        Returns:
            The same for the same prompts in any order; none where there is no text.
        """
        inside = sorted(self._piles[campaign].prompts, key=lambda one: one.exchange_id)
        templates = _weights(inside, self._others.prompts, length=RUN)
        if templates:
            # Around the run that tells most, so that the samples show one template where there are several.
            anchor = max(templates, key=lambda run: (templates[run], run))
            holding = [one for one in inside if anchor in one.runs(RUN)]
            chosen = _best(holding, templates, length=RUN)
            templates = _often(holding, templates)
        else:
            chosen = _best(inside, _weights(inside, self._others.prompts, length=1), length=1)
        return tuple(
            Sample(account_id=one.account, exchange_id=one.exchange_id, parts=_parts(one, templates)) for one in chosen
        )


def _weights(inside: Sequence[_Prompt], outside: Sequence[_Prompt], *, length: int) -> dict[tuple[str, ...], float]:
    """Give the runs that the campaign's organisations have in common and others have not, and how much each tells."""
    mine, theirs = _holders(inside, length), _holders(outside, length)
    my_orgs, their_orgs = len({one.org for one in inside}), len({one.org for one in outside})
    weights = {}
    for run, orgs in mine.items():
        lift = (len(orgs) / my_orgs) / ((len(theirs.get(run, ())) + 0.5) / (their_orgs + 1.0))
        if len(orgs) >= LEAST_ORGANISATIONS and lift >= LIFT:
            weights[run] = len(orgs) * log(lift)
    return weights


def _holders(prompts: Sequence[_Prompt], length: int) -> dict[tuple[str, ...], set[str]]:
    holders: dict[tuple[str, ...], set[str]] = defaultdict(set)
    for one in prompts:
        for run in one.runs(length):
            holders[run].add(one.org)
    return holders


def _often(prompts: Sequence[_Prompt], weights: Mapping[tuple[str, ...], float]) -> dict[tuple[str, ...], float]:
    """Keep the runs that are part of the template, and not of fillings that a few prompts share."""
    count = Counter(run for one in prompts for run in set(one.runs(RUN)))
    return {run: weight for run, weight in weights.items() if count[run] >= OFTEN * len(prompts)}


def _best(prompts: Sequence[_Prompt], weights: Mapping[tuple[str, ...], float], *, length: int) -> list[_Prompt]:
    """Give those of different organisations whose runs tell most, a word of theirs on average."""

    def worth(one: _Prompt) -> float:
        return sum(weights.get(run, 0.0) for run in set(one.runs(length))) / (len(one.words) + 8.0)

    chosen: dict[str, _Prompt] = {}
    for one in sorted(prompts, key=lambda one: (-worth(one), one.exchange_id)):
        if all(one.text != other.text for other in chosen.values()):
            chosen.setdefault(one.org, one)
        if len(chosen) == MOST_SAMPLES:
            break
    return list(chosen.values())


def _parts(prompt: _Prompt, common: Collection[tuple[str, ...]]) -> tuple[SamplePart, ...]:
    """Cut a prompt where what is common begins and ends."""
    marked = [False] * len(prompt.words)
    for at, run in enumerate(prompt.runs(RUN)):
        if run in common:
            marked[at : at + RUN] = [True] * RUN
    parts: list[SamplePart] = []
    begin, is_common = 0, bool(marked and marked[0])
    for (start, _), (_, before), now, then in zip(prompt.spans[1:], prompt.spans, marked[1:], marked, strict=False):
        if now != then:
            # White space between belongs to what is common, at either end of it.
            end = start if then else before
            parts.append(SamplePart(text=prompt.text[begin:end], is_common=is_common))
            begin, is_common = end, now
    parts.append(SamplePart(text=prompt.text[begin:], is_common=is_common))
    return tuple(parts)
