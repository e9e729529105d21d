# SPDX-License-Identifier: Apache-2.0
"""Screening as vetting asks for it: an organisation, and everybody its dossier names."""

from collections.abc import Mapping, Sequence

from stillwatch.access.screening.entry import Kind
from stillwatch.access.screening.hit import HitState
from stillwatch.access.screening.subject import Role, Subject
from stillwatch.access.vetting.dossier import Dossier, OwnerKind, Person
from stillwatch.access.vetting.dossier import Role as PersonRole
from stillwatch.access.vetting.interface import Outcome, Progress, Recorded
from stillwatch.service.screening_room import ScreeningRoom

_KINDS = {
    OwnerKind.ORGANISATION: Kind.ORGANISATION,
    OwnerKind.PERSON: Kind.PERSON,
    # A state owns through ministries and funds, which are organisations.
    OwnerKind.STATE: Kind.ORGANISATION,
    OwnerKind.UNKNOWN: Kind.UNKNOWN,
}


class DossierScreen:
    """``access.vetting.interface.Screen`` over a screening room. What it finds is recorded there.

    Args:
        room: Lists and hits.
    """

    def __init__(self, room: ScreeningRoom) -> None:
        self._room = room

    def __call__(self, recorded: Sequence[Recorded], *, now_us: int, progress: Progress) -> Mapping[str, Outcome]:
        """See ``Screen``."""
        if not recorded:
            return {}
        subjects = [subject for one in recorded for subject in subjects_of_dossier(one.dossier)]
        found = self._room.rescreen(subjects, now_us=now_us, progress=progress).found
        hits: dict[str, list[str]] = {one.dossier.org_id: [] for one in recorded}
        for hit in found:
            if hit.state is not HitState.CLEARED:
                hits[hit.org_id].append(hit.hit_id)
        lists = self._room.lists_digest()
        return {org_id: Outcome(hits=tuple(sorted(ids)), lists=lists) for org_id, ids in hits.items()}

    def lists(self) -> str:
        """See ``Screen``."""
        return self._room.lists_digest()


def subjects_of_dossier(dossier: Dossier) -> list[Subject]:
    """The organisation, its owners at every step, its officers and beneficial owners, and its resellers."""
    identity = dossier.identity
    found = [
        Subject(
            org_id=dossier.org_id,
            subject_id="self",
            kind=Kind.ORGANISATION,
            names=(identity.legal_name, *identity.aliases),
            countries=_given(identity.country),
            ids=_given(identity.registration_number, identity.lei),
        )
    ]
    found += [
        Subject(
            org_id=dossier.org_id,
            subject_id=f"owner:{owner.id}",
            kind=_KINDS[owner.kind],
            names=(owner.name, *owner.aliases),
            role=Role.OWNER,
            countries=_given(owner.country),
            ids=_given(owner.registration_number, owner.lei),
        )
        for owner in (dossier.ownership.owners if dossier.ownership else ())
    ]
    found += [
        Subject(
            org_id=dossier.org_id,
            # Persons have no id in a dossier; who is renamed is another subject, and screened as such.
            subject_id=f"person:{person.name}",
            kind=Kind.PERSON,
            names=(person.name, *person.aliases),
            role=_role(person),
            countries=_given(person.country),
        )
        for person in (dossier.people.persons if dossier.people else ())
    ]
    found += [
        Subject(
            org_id=dossier.org_id,
            subject_id=f"reseller:{reseller.name}",
            kind=Kind.ORGANISATION,
            names=(reseller.name,),
            role=Role.RESELLER,
            countries=_given(reseller.country),
            ids=_given(reseller.registration_number, reseller.lei),
        )
        for reseller in (dossier.channel.resellers if dossier.channel else ())
    ]
    return found


def _role(person: Person) -> Role:
    return Role.OWNER if PersonRole.BENEFICIAL_OWNER in person.roles else Role.OFFICER


def _given(*values: str | None) -> tuple[str, ...]:
    return tuple(value for value in values if value)
