# SPDX-License-Identifier: Apache-2.0
"""A solution of z3 as a question that the engine can be asked, with all its facts."""

from typing import Any

import msgspec

from stillwatch.access.policy.entities import Question
from stillwatch.access.policy.facts import (
    AccountFacts,
    Action,
    Circumstances,
    ControlClass,
    Credential,
    KeyFacts,
    Licence,
    ModelFacts,
    OrgFacts,
    PersonFacts,
    Principal,
    Reseller,
    ScreenedList,
    Vetting,
)
from stillwatch.access.policy.proof.symbols import Assignment
from stillwatch.records.binding import Binding, ExportClass

MADE_UP = "made up by the proof"


class Witness(msgspec.Struct, frozen=True, kw_only=True):
    """A request, and when it is made."""

    question: Question
    now_us: int


def witness_of(assignment: Assignment, *, not_before_us: int = 0) -> Witness:
    """The question that a solution describes, asked in its second, but not before an instant."""
    organisation = _organisation(assignment)
    context = assignment.attributes["context"]
    return Witness(
        question=Question(
            principal=_principal(assignment, organisation),
            organisation=organisation,
            action=Action(assignment.action),
            model=ModelFacts(
                model=assignment.ids["Model"],
                version=1,
                digest=MADE_UP,
                classes=(ControlClass(control_class=assignment.attributes["Model"]["control_class"]),),
            ),
            circumstances=Circumstances(
                country=context["country"],
                hosting=context["hosting"],
                binding=Binding(context["binding"]),
                person_class=ExportClass(context["person_class"]),
                standing=context["standing"],
            ),
        ),
        now_us=max(not_before_us, 1_000_000 * context["now"]),
    )


def _organisation(assignment: Assignment) -> OrgFacts:
    known: dict[str, Any] = dict(assignment.attributes["Organisation"])
    known |= {name: tuple(value) for name, value in known.items() if isinstance(value, list)}
    known |= {
        "vetting": Vetting(known["vetting"]),
        "reseller": Reseller(known["reseller"]),
        "screened": tuple(ScreenedList(name=name, digest=MADE_UP) for name in known["screened"]),
        "credentials": tuple(Credential(scheme=scheme) for scheme in known["credentials"]),
        "licences": tuple(Licence(rule=rule) for rule in known["licences"]),
    }
    return OrgFacts(org_id=assignment.ids["Organisation"], version=1, digest=MADE_UP, **known)


def _principal(assignment: Assignment, organisation: OrgFacts) -> Principal:
    kind = assignment.principal_type
    known = assignment.attributes[kind]
    name, org_id = assignment.ids[kind], organisation.org_id
    match kind:
        case "Key":
            return KeyFacts(
                key_id=name,
                account_id=assignment.ids["Account"],
                org_id=org_id,
                version=1,
                digest=MADE_UP,
                scopes=tuple(known["scopes"]),
                models=tuple(known["models"]),
                binding=Binding(known["binding"]),
            )
        case "Account":
            return AccountFacts(account_id=name, org_id=org_id, version=1, digest=MADE_UP)
        case "Person":
            return PersonFacts(
                person_id=name,
                org_id=org_id,
                version=1,
                digest=MADE_UP,
                export_class=ExportClass(known["export_class"]),
                roles=tuple(known["roles"]),
            )
    return organisation
