# SPDX-License-Identifier: Apache-2.0
"""Facts as the entities that Cedar evaluates policies on, at an instant, and until when they stay so."""

from typing import Any

import msgspec

from stillwatch.access.periods import earliest, next_change
from stillwatch.access.policy.facts import (
    UNKNOWN,
    AccountFacts,
    Action,
    Circumstances,
    KeyFacts,
    ModelFacts,
    OrgFacts,
    PersonFacts,
    Principal,
    Vetting,
)


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks for what with which model, and how."""

    principal: Principal
    organisation: OrgFacts
    """Whose the principal is; the principal itself where an organisation asks."""
    action: Action
    model: ModelFacts
    circumstances: Circumstances = Circumstances()


def principal_type(principal: Principal) -> str:
    """The name of a principal's type in policies."""
    match principal:
        case KeyFacts():
            return "Key"
        case AccountFacts():
            return "Account"
        case PersonFacts():
            return "Person"
        case OrgFacts():
            return "Organisation"


def principal_id(principal: Principal) -> str:
    """A principal's own id."""
    match principal:
        case KeyFacts():
            return principal.key_id
        case AccountFacts():
            return principal.account_id
        case PersonFacts():
            return principal.person_id
        case OrgFacts():
            return principal.org_id


def entities_at(question: Question, now_us: int) -> list[dict[str, Any]]:
    """Everything a question speaks of, as Cedar's JSON."""
    organisation, principal = question.organisation, question.principal
    org_uid = _uid("Organisation", organisation.org_id)
    found = [
        _entity(org_uid, _organisation(organisation, now_us), ()),
        _entity(_uid("Model", question.model.model), _model(question.model, now_us), ()),
    ]
    own = {"organisation": {"__entity": org_uid}}
    match principal:
        case KeyFacts():
            account = _uid("Account", principal.account_id)
            attributes = {
                "scopes": principal.scopes,
                "models": principal.models,
                "binding": int(principal.binding),
            }
            found += [
                _entity(account, own, (org_uid,)),
                _entity(_uid("Key", principal.key_id), {**own, **attributes}, (account,)),
            ]
        case AccountFacts():
            found.append(_entity(_uid("Account", principal.account_id), own, (org_uid,)))
        case PersonFacts():
            attributes = {"export_class": principal.export_class.value, "roles": principal.roles}
            found.append(_entity(_uid("Person", principal.person_id), {**own, **attributes}, (org_uid,)))
        case OrgFacts():
            pass
    return found


def facts_until(question: Question, now_us: int) -> int | None:
    """The first instant after ``now_us`` at which a fact of the question changes by itself; None where none does."""
    organisation = question.organisation
    ends = [organisation.vetted_until_us]
    ends += [one.until_us for one in organisation.credentials]
    ends += [one.until_us for one in organisation.licences]
    later = [end for end in ends if end is not None and end > now_us]
    return earliest(*later, next_change((one.period for one in question.model.classes), now_us))


def context_at(circumstances: Circumstances, now_us: int) -> dict[str, str | int]:
    """The context of a request."""
    return {
        "country": circumstances.country,
        "hosting": circumstances.hosting,
        "binding": int(circumstances.binding),
        "person_class": circumstances.person_class.value,
        "standing": circumstances.standing,
        "now": now_us // 1_000_000,
    }


def _uid(kind: str, name: str) -> dict[str, str]:
    return {"type": kind, "id": name}


def _entity(uid: dict[str, str], attributes: dict[str, Any], parents: tuple[dict[str, str], ...]) -> dict[str, Any]:
    return {"uid": uid, "attrs": attributes, "parents": parents}


def _organisation(facts: OrgFacts, now_us: int) -> dict[str, Any]:
    is_over = facts.vetted_until_us is not None and facts.vetted_until_us <= now_us
    vetting = Vetting.EXPIRED if is_over and facts.vetting is Vetting.APPROVED else facts.vetting
    return {
        "organisation": {"__entity": _uid("Organisation", facts.org_id)},
        "tier": facts.tier,
        "vetting": vetting.value,
        "hq_country": facts.hq_country,
        # No parent is no knowledge of parents: an organisation without any is its own.
        "parent_countries": facts.parent_countries or (UNKNOWN,),
        "ownership_clear": facts.ownership_clear,
        "ownership_flagged": facts.ownership_flagged,
        "ownership_unresolved": facts.ownership_unresolved,
        "ownership_restricted": facts.ownership_restricted,
        "requirements": facts.requirements,
        "screened": [one.name for one in facts.screened],
        "open_hits": facts.open_hits,
        "confirmed_hits": facts.confirmed_hits,
        "credentials": [one.scheme for one in facts.credentials if one.until_us is None or now_us < one.until_us],
        "terms": facts.terms,
        "models": facts.models,
        "uses": facts.uses,
        "end_uses": facts.end_uses or (UNKNOWN,),
        "reseller": facts.reseller.value,
        "licences": [one.rule for one in facts.licences if one.until_us is None or now_us < one.until_us],
    }


def _model(facts: ModelFacts, now_us: int) -> dict[str, Any]:
    held = sorted({one.control_class for one in facts.classes if one.period.holds(now_us)})
    # Two classes at once are a contradiction, and so not known.
    return {"name": facts.model, "control_class": held[0] if len(held) == 1 else UNKNOWN}
