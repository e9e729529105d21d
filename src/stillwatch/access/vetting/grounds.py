# SPDX-License-Identifier: Apache-2.0
"""What an approval rests on: the groups that are known, the certifications that count, and when the first runs out."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from stillwatch.access.vetting import recognition
from stillwatch.access.vetting.dossier import Dossier, lapses_at, missing
from stillwatch.access.vetting.recognition import Issuer, Judged, Recognition
from stillwatch.access.vetting.states import Grounds, Rules, microseconds


def grounds_of(
    dossier: Dossier,
    *,
    recorded_by: str,
    tier: int,
    rules: Rules,
    table: Sequence[Recognition],
    issuers: Mapping[str, Issuer],
    now_us: int,
) -> Grounds:
    """What an approval at a tier would rest on now.

    The approval lasts until the first needed group runs out or, where the tier needs a certification, until the last
    certification that carries it does.
    """
    at = datetime.fromtimestamp(now_us / 1_000_000, UTC)
    judged = recognition.judge(dossier, table, issuers, at=at)
    return Grounds(
        recorded_by=recorded_by,
        missing=missing(dossier, rules.needed, at=at),
        certified_tier=recognition.reach(judged),
        valid_until_us=_ends(dossier, judged, tier=tier, rules=rules),
    )


def _ends(dossier: Dossier, judged: Sequence[Judged], *, tier: int, rules: Rules) -> int | None:
    ends = [lapses_at(dossier, rules.needed)]
    if tier > rules.tier_without_certification:
        ends.append(recognition.carried_until(judged, tier))
    return min((microseconds(end) for end in ends if end is not None), default=None)
