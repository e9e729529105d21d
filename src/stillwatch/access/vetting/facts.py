# SPDX-License-Identifier: Apache-2.0
"""From a dossier, its vetting and its hits to the flat facts that policies decide by.

Nothing missing reads as good: a group that is absent or has run out gives ``unknown`` or an empty list, and without
owners every rule of ownership is unresolved.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from typing import NamedTuple

import msgspec

from stillwatch.access.ownership.parents import ultimate_parents
from stillwatch.access.ownership.register import Register
from stillwatch.access.ownership.rule import OwnershipRule
from stillwatch.access.ownership.weighing import Status, weigh
from stillwatch.access.policy.facts import UNKNOWN, Credential, Licence, OrgFacts, Reseller, ScreenedList
from stillwatch.access.policy.facts import Vetting as Standing
from stillwatch.access.vetting.dossier import SELF, Channel, Dossier, Group, digest, proofs
from stillwatch.access.vetting.grounds import Policy
from stillwatch.access.vetting.recognition import Judged
from stillwatch.access.vetting.register import register_of
from stillwatch.access.vetting.states import Vetting, microseconds


class Listed(NamedTuple):
    """A hit that nobody has cleared."""

    subject_id: str
    """Of the organisation itself ``self``, of an owner ``owner:ID``; people and resellers are no owners."""
    list: str
    """The name of the list."""
    is_confirmed: bool
    """Whether somebody found it to be true; else nobody has judged it."""


class Known(NamedTuple):
    """Facts, and how long they can be told."""

    facts: OrgFacts
    until_us: int | None
    """When the first of what they were made from runs out: make them anew then. None: nothing does."""


def facts_of(
    dossier: Dossier,
    vetting: Vetting,
    *,
    rules: Sequence[OwnershipRule],
    policy: Policy,
    version: int,
    now_us: int,
    hits: Iterable[Listed] = (),
    screened: Sequence[ScreenedList] = (),
    licences: Sequence[Licence] = (),
) -> Known:
    """What policies may know of an organisation.

    Args:
        dossier: The newest version.
        vetting: What its decisions come to.
        rules: Of ownership. All are applied, in force or not: the policies know when they look at which.
        policy: Whose certifications count.
        version: Of everything here together; greater with each change.
        now_us: When.
        hits: Those that nobody has cleared.
        screened: The lists, in their present state, that this version of the dossier was compared with.
        licences: What lifts a rule for it.
    """
    at = datetime.fromtimestamp(now_us / 1_000_000, UTC)
    there = {group for group, proof in proofs(dossier) if proof.is_in_force(at)}
    hits = tuple(hits)
    judged = tuple(one for one in policy.judged(dossier, now_us=now_us) if one.tier)
    weighed = _Weighed(dossier, rules, hits) if {Group.OWNERSHIP, Group.IDENTITY} <= there else None
    facts = OrgFacts(
        org_id=dossier.org_id,
        version=version,
        digest=_digest(dossier, vetting, hits, screened, licences),
        vetting=Standing(vetting.state.value),
        tier=vetting.tier,
        vetted_until_us=vetting.valid_until_us,
        hq_country=dossier.identity.country if Group.IDENTITY in there else UNKNOWN,
        parent_countries=weighed.parent_countries if weighed else (UNKNOWN,),
        ownership_clear=weighed.said(Status.CLEAR) if weighed else (),
        ownership_flagged=weighed.said(Status.FLAGGED) if weighed else (),
        ownership_unresolved=weighed.said(Status.UNRESOLVED) if weighed else tuple(rule.rule_id for rule in rules),
        ownership_restricted=weighed.said(Status.RESTRICTED) if weighed else (),
        requirements=weighed.requirements if weighed else (),
        screened=tuple(screened) if vetting.screened_version == vetting.dossier_version else (),
        open_hits=sum(not hit.is_confirmed for hit in hits),
        confirmed_hits=sum(hit.is_confirmed for hit in hits),
        credentials=_credentials(judged),
        terms=dossier.terms.version if dossier.terms and Group.TERMS in there else UNKNOWN,
        models=dossier.scope.models if dossier.scope and Group.SCOPE in there else (),
        uses=tuple(dossier.scope.uses) if dossier.scope and Group.SCOPE in there else (),
        end_uses=tuple(dossier.end_use.uses) if dossier.end_use and Group.END_USE in there else (UNKNOWN,),
        reseller=_reseller(dossier.channel if Group.CHANNEL in there else None),
        licences=tuple(licences),
    )
    return Known(facts, _until(dossier, judged, at))


class _Weighed:
    """A dossier's owners against every rule."""

    def __init__(self, dossier: Dossier, rules: Sequence[OwnershipRule], hits: Sequence[Listed]) -> None:
        lists: dict[str, tuple[str, ...]] = {}
        for hit in hits:
            if hit.is_confirmed:
                owner = hit.subject_id.removeprefix("owner:")
                lists[owner] = (*lists.get(owner, ()), hit.list)
        register: Register = register_of(dossier, lists)
        self.parent_countries = ultimate_parents(register, SELF).countries(register, unknown=UNKNOWN)
        self._verdicts = [weigh(register, rule)[SELF] for rule in rules]
        found = (requirement for verdict in self._verdicts for requirement in verdict.requirements)
        self.requirements = tuple(dict.fromkeys(found))

    def said(self, status: Status) -> tuple[str, ...]:
        """The rules that said so."""
        return tuple(verdict.rule_id for verdict in self._verdicts if verdict.status is status)


def _credentials(judged: Sequence[Judged]) -> tuple[Credential, ...]:
    return tuple(
        Credential(
            scheme=one.credential.scheme,
            until_us=None if one.until is None else microseconds(one.until),
        )
        for one in judged
    )


def _reseller(channel: Channel | None) -> Reseller:
    if channel is None:
        return Reseller.UNKNOWN
    if not channel.resellers:
        return Reseller.DIRECT
    is_agreed = all(reseller.agreement for reseller in channel.resellers)
    return Reseller.AUTHORISED if is_agreed else Reseller.UNDISCLOSED


def _until(dossier: Dossier, judged: Sequence[Judged], at: datetime) -> int | None:
    ends = [proof.expires_at for _, proof in proofs(dossier)] + [one.until for one in judged]
    return min((microseconds(end) for end in ends if end is not None and end > at), default=None)


def _digest(
    dossier: Dossier,
    vetting: Vetting,
    hits: Sequence[Listed],
    screened: Sequence[ScreenedList],
    licences: Sequence[Licence],
) -> str:
    said = (digest(dossier), vetting, sorted(hits), tuple(screened), sorted(licence.rule for licence in licences))
    return sha256(msgspec.json.encode(said)).hexdigest()
