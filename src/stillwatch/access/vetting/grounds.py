# SPDX-License-Identifier: Apache-2.0
"""What an approval rests on: the groups that are known, the certifications that count, and when the first runs out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from stillwatch.access.vetting import recognition
from stillwatch.access.vetting.dossier import Dossier, lapses_at, missing
from stillwatch.access.vetting.recognition import Issuer, Judged, Recognition
from stillwatch.access.vetting.states import Grounds, Rules, microseconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What the operator set: the rules, whose certifications count, and whose signatures can be verified."""

    rules: Rules = field(default_factory=Rules)
    table: Sequence[Recognition] = ()
    issuers: Mapping[str, Issuer] = field(default_factory=dict)

    def judged(self, dossier: Dossier, *, now_us: int) -> tuple[Judged, ...]:
        """What each certification of a dossier comes to now."""
        at = datetime.fromtimestamp(now_us / 1_000_000, UTC)
        return recognition.judge(dossier, self.table, self.issuers, at=at)

    def grounds(self, dossier: Dossier, *, recorded_by: str, tier: int, now_us: int) -> Grounds:
        """What an approval at a tier would rest on now.

        It lasts until the first needed group runs out or, where the tier needs a certification, until the last
        certification that carries it does.
        """
        judged = self.judged(dossier, now_us=now_us)
        ends = [lapses_at(dossier, self.rules.needed)]
        if tier > self.rules.tier_without_certification:
            ends.append(recognition.carried_until(judged, tier))
        return Grounds(
            recorded_by=recorded_by,
            missing=missing(dossier, self.rules.needed, at=datetime.fromtimestamp(now_us / 1_000_000, UTC)),
            certified_tier=recognition.reach(judged),
            valid_until_us=min((microseconds(end) for end in ends if end is not None), default=None),
        )
