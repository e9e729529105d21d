# SPDX-License-Identifier: Apache-2.0
"""The operators' HTTP API of vetting: what ``stillwatch org`` does, signed with the name that signed in."""

from collections.abc import Callable, Sequence
from typing import Annotated

from msgspec import Meta, Struct

from stillwatch.access.interface import Directory, Organisation
from stillwatch.access.vetting.dossier import Dossier
from stillwatch.access.vetting.interface import Imported, Recorded
from stillwatch.access.vetting.reading import Misread, consistent
from stillwatch.access.vetting.states import Act, Decision, State, Vetting
from stillwatch.errors import BadInput
from stillwatch.service.admin_endpoint import Call, Endpoint
from stillwatch.service.vetting_office import VettingOffice

PREFIX = "/admin/v1"
_ORG = PREFIX + "/organisations/{org_id}"


class Why(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The reason of a decision, which stays in the history."""

    reason: Annotated[str, Meta(min_length=1)]


class Approval(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A vote."""

    reason: Annotated[str, Meta(min_length=1)]
    tier: Annotated[int, Meta(ge=1)]


class Standing(Struct, frozen=True, kw_only=True):
    """An organisation and where it stands."""

    organisation: Organisation
    vetting: Vetting | None
    """None where it has no dossier."""


def vetting_endpoints(
    office: VettingOffice, directory: Directory, *, now_us: Callable[[], int]
) -> tuple[Endpoint, ...]:
    """Every operation of vetting."""
    desk = _Desk(office, directory, now_us)
    query = {"state": f"Only those in this state: {', '.join(State)}."}
    return (
        Endpoint(method="GET", path=PREFIX + "/organisations", name="list_organisations", run=desk.listed, query=query,
                 summary="Where every organisation stands.", answers=tuple[Standing, ...]),
        Endpoint(method="POST", path=PREFIX + "/dossiers", name="import_dossiers", run=desk.imported,
                 query={"dry_run": "`true`: say what would happen, and change nothing."},
                 summary="Record dossiers: all of them or none.", takes=tuple[Dossier, ...], answers=Imported),
        Endpoint(method="GET", path=_ORG, name="show_organisation", run=desk.shown,
                 summary="Where an organisation stands.", answers=Standing),
        Endpoint(method="GET", path=_ORG + "/dossier", name="show_dossier", run=desk.dossier,
                 query={"version": "An older one. Default: the newest."},
                 summary="What is known of an organisation.", answers=Recorded),
        Endpoint(method="GET", path=_ORG + "/history", name="show_history", run=desk.history,
                 summary="Every decision about an organisation, oldest first.", answers=tuple[Decision, ...]),
        Endpoint(method="POST", path=_ORG + "/review", name="review", run=desk.reviewed, takes=Why,
                 summary="Screen an organisation, and put it before people.", answers=tuple[Decision, ...]),
        Endpoint(method="POST", path=_ORG + "/approve", name="approve", run=desk.step(Act.APPROVE), takes=Approval,
                 summary="Vote for an organisation; the last vote needed approves.", answers=tuple[Decision, ...]),
        Endpoint(method="POST", path=_ORG + "/suspend", name="suspend", run=desk.step(Act.SUSPEND), takes=Why,
                 summary="Shut an organisation out for now.", answers=tuple[Decision, ...]),
        Endpoint(method="POST", path=_ORG + "/revoke", name="revoke", run=desk.step(Act.REVOKE), takes=Why,
                 summary="Turn an organisation down, or take its approval back.", answers=tuple[Decision, ...]),
        Endpoint(method="POST", path=_ORG + "/apply", name="apply", run=desk.step(Act.APPLY), takes=Why,
                 summary="Let an organisation that was turned down apply again.", answers=tuple[Decision, ...]),
    )  # fmt: skip


class _Desk:
    """Carries the operations out."""

    def __init__(self, office: VettingOffice, directory: Directory, now_us: Callable[[], int]) -> None:
        self._office = office
        self._vettings = office.vettings
        self._directory = directory
        self._now_us = now_us

    def listed(self, call: Call) -> tuple[Standing, ...]:
        wanted = call.query.get("state")
        if wanted is not None and wanted not in set(State):
            raise BadInput(f"There is no state {wanted[:40]!a}.", hint=f"Use one of {', '.join(State)}.")
        vettings = {vetting.org_id: vetting for vetting in self._vettings.vettings()}
        found = (
            Standing(organisation=one, vetting=vettings.get(one.org_id)) for one in self._directory.organisations()
        )
        return tuple(one for one in found if wanted is None or (one.vetting and one.vetting.state == wanted))

    def imported(self, call: Call) -> Imported:
        dossiers: Sequence[Dossier] = call.body
        dry_run = call.query.get("dry_run", "false")
        if dry_run not in {"true", "false"}:
            raise BadInput("dry_run is true or false.")
        for number, dossier in enumerate(dossiers):
            try:
                consistent(dossier)
            except Misread as misread:
                raise misread.refusal(f"dossier {number + 1} ({dossier.org_id})") from None
        return self._vettings.record(dossiers, by=call.by, now_us=self._now_us(), is_dry_run=dry_run == "true")

    def shown(self, call: Call) -> Standing:
        organisation = self._directory.organisation(call.path["org_id"])
        vettings = {vetting.org_id: vetting for vetting in self._vettings.vettings()}
        return Standing(organisation=organisation, vetting=vettings.get(organisation.org_id))

    def dossier(self, call: Call) -> Recorded:
        version = call.query.get("version")
        if version is not None and not (version.isascii() and version.isdigit() and len(version) < 10):
            raise BadInput("The version is a number from 1.")
        return self._vettings.dossier(call.path["org_id"], None if version is None else int(version))

    def history(self, call: Call) -> tuple[Decision, ...]:
        return self._vettings.history(call.path["org_id"])

    def reviewed(self, call: Call) -> tuple[Decision, ...]:
        return self._office.review([call.path["org_id"]], by=call.by, reason=call.body.reason)

    def step(self, act: Act) -> Callable[[Call], tuple[Decision, ...]]:
        def run(call: Call) -> tuple[Decision, ...]:
            tier = call.body.tier if isinstance(call.body, Approval) else 0
            return self._office.step([call.path["org_id"]], act, by=call.by, reason=call.body.reason, tier=tier)

        return run
