# SPDX-License-Identifier: Apache-2.0
"""Looks for subjects on lists, and says of each match why.

An organisation is looked for among organisations and what no list says the kind of; a person among persons and those;
an
unknown subject among all. Ships and aircraft are nobody's. An entry whose listing has ended does not count.
"""

from collections.abc import Callable, Iterator, Sequence

from stillwatch.access.screening.blocking import Blocks, Found
from stillwatch.access.screening.entry import Entry, Kind, ListInfo, ScreeningList
from stillwatch.access.screening.features import aligned_words
from stillwatch.access.screening.hit import Match
from stillwatch.access.screening.normalise import Normal, normal
from stillwatch.access.screening.scorer import Scorer, probability
from stillwatch.access.screening.subject import Subject

CANDIDATES, LEAST = 30, 0.3
"""Names that are looked at closely for one query, and the cosine they must have: as the scorer was learnt."""
PORTION = 256
"""Subjects between two words of progress."""

Progress = Callable[[int, int], None]


class Side:
    """All listed names of one kind, as that kind's names are compared.

    Args:
        kind: PERSON or ORGANISATION.
        lists: All of them.
        on: The day, ISO 8601: what ended by then is left out.
    """

    def __init__(self, kind: Kind, lists: Sequence[ScreeningList], *, on: str) -> None:
        self.kind = kind
        self.owners: list[tuple[ListInfo, Entry, str]] = []
        for one in lists:
            for entry in one.entries:
                if entry.kind in {kind, Kind.UNKNOWN} and not (entry.ends and entry.ends <= on):
                    self.owners += [(one.info, entry, name) for name in entry.names]
        self.names = [normal(name, kind) for _, _, name in self.owners]
        self.blocks = Blocks(self.names)


class Screen:
    """An index over lists, made once and never changed.

    Args:
        lists: What to look on.
        scorer: What decides.
        on: The day, ISO 8601.
    Cost: some 200 µs a listed name, once.
    """

    def __init__(self, lists: Sequence[ScreeningList], *, scorer: Scorer, on: str) -> None:
        self.infos = tuple(one.info for one in lists)
        self.on = on
        self._scorer = scorer
        self._sides = {kind: Side(kind, lists, on=on) for kind in (Kind.ORGANISATION, Kind.PERSON)}
        self._by_number: dict[str, list[tuple[ListInfo, Entry]]] = {}
        for one in lists:
            for entry in one.entries:
                if not (entry.ends and entry.ends <= on):
                    for number in entry.ids:
                        self._by_number.setdefault(_number(number), []).append((one.info, entry))

    def __len__(self) -> int:
        return sum(len(side.names) for side in self._sides.values())

    def matches(self, subjects: Sequence[Subject], *, progress: Progress = lambda _done, _total: None) -> list[Match]:
        """Give every match, the subjects in their order and of each the surest first.

        Args:
            subjects: Who is looked for. Names that hold no letter match nothing.
            progress: Called now and then with the subjects done and their number.
        """
        found: list[Match] = []
        for start in range(0, len(subjects), PORTION):
            portion = subjects[start : start + PORTION]
            best: list[dict[tuple[str, str], Match]] = [{} for _ in portion]
            for match, at in self._by_name(portion):
                _keep(best[at], match)
            for at, subject in enumerate(portion):
                for match in self._numbered(subject):
                    _keep(best[at], match)
                found += sorted(best[at].values(), key=lambda one: (-one.score, one.list_name, one.entry.entry_id))
            progress(min(start + PORTION, len(subjects)), len(subjects))
        return found

    def _by_name(self, subjects: Sequence[Subject]) -> Iterator[tuple[Match, int]]:
        for kind, side in self._sides.items():
            asked = [
                (at, name, folded)
                for at, subject in enumerate(subjects)
                if subject.kind in {kind, Kind.UNKNOWN}
                for name in subject.names
                if (folded := normal(name, kind)).tokens
            ]
            found = side.blocks.find([folded for _, _, folded in asked], most=CANDIDATES, least=LEAST)
            for (at, name, folded), candidates in zip(asked, found, strict=True):
                for match in self._judged(subjects[at], name, folded, side, candidates):
                    yield match, at

    def _judged(self, subject: Subject, name: str, folded: Normal, side: Side, found: Found) -> Iterator[Match]:
        if not len(found.at):
            return
        rows = self._scorer.rows(folded, [side.names[i] for i in found.at], kind=side.kind)
        same = self._scorer.same.logits(rows)
        if side.kind is Kind.PERSON:
            logits, bound = same, self._scorer.same_search
        else:
            logits, bound = self._scorer.family.logits(rows), self._scorer.family_search
        for logit, alike, position in zip(logits, same, found.at, strict=True):
            if logit < bound and not is_equal(folded, side.names[position]):
                continue
            info, entry, listed = side.owners[position]
            yield Match(
                subject=subject,
                list_name=info.name,
                list_digest=info.digest,
                entry=entry,
                query=name,
                listed=listed,
                # The same letters are a hit however common the words are.
                score=max(0.5, probability(float(logit - bound))),
                why=_why(
                    subject,
                    entry,
                    query=name,
                    listed=listed,
                    ours=folded,
                    theirs=side.names[position],
                    is_same=bool(alike >= self._scorer.same_pair),
                ),
            )

    def _numbered(self, subject: Subject) -> Iterator[Match]:
        for number in subject.ids:
            for info, entry in self._by_number.get(_number(number), ()):
                yield Match(
                    subject=subject,
                    list_name=info.name,
                    list_digest=info.digest,
                    entry=entry,
                    query=subject.names[0],
                    listed=entry.names[0],
                    score=0.9999,
                    why=(f"the number {number} is that of the listed {entry.names[0]}", *_countries(subject, entry)),
                )


def is_equal(one: Normal, other: Normal) -> bool:
    """Whether two names fold to the same: the same words in any order, or the same letters however they are parted."""
    return one.ordered == other.ordered or one.compact == other.compact


def _keep(best: dict[tuple[str, str], Match], match: Match) -> None:
    key = (match.list_name, match.entry.entry_id)
    if key not in best or match.score > best[key].score:
        best[key] = match


def _why(
    subject: Subject, entry: Entry, *, query: str, listed: str, ours: Normal, theirs: Normal, is_same: bool
) -> tuple[str, ...]:
    """The reasons of a match of names, the main one first."""
    if is_equal(ours, theirs):
        main = f'"{query}" is the listed name "{listed}", but for legal form, order, punctuation or script'
    elif is_same:
        main = f'"{query}" is nearly the listed name "{listed}"'
    else:
        main = f'"{query}" bears, or nearly bears, the listed name "{listed}"'
    pairs = aligned_words(ours, theirs)
    alike = [f"{one} ~ {other}" for one, other in pairs if one != other]
    same = [one for one, other in pairs if one == other]
    reasons = [main]
    if same:
        reasons.append(f"words in common: {', '.join(same)}")
    if alike:
        reasons.append(f"words alike: {', '.join(alike)}")
    if ours.is_foreign or theirs.is_foreign:
        reasons.append(f"compared in Latin letters: {ours.text} and {theirs.text}")
    if listed != entry.names[0]:
        reasons.append(f"it is another name of {entry.names[0]}")
    return (*reasons, *_countries(subject, entry))


def _countries(subject: Subject, entry: Entry) -> tuple[str, ...]:
    if not subject.countries or not entry.countries:
        return ()
    ours = {country.lower() for country in subject.countries}
    both = sorted(ours & set(entry.countries))
    if both:
        return (f"both in {', '.join(both).upper()}",)
    return (f"listed in {', '.join(entry.countries).upper()}, not in {', '.join(sorted(ours)).upper()}",)


def _number(text: str) -> str:
    """A registration number without what people put between its digits."""
    return "".join(letter for letter in text.casefold() if letter.isalnum())
