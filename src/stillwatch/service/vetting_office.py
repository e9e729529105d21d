# SPDX-License-Identifier: Apache-2.0
"""Vetting as commands and the operators' port carry it out: steps that need screening and decisions together."""

from collections.abc import Callable, Sequence

from stillwatch.access.adapters.dossier_files import Form, read_dossiers, write_dossiers
from stillwatch.access.vetting.grounds import Policy
from stillwatch.access.vetting.interface import Outcome, Progress, Screen, Vettings
from stillwatch.access.vetting.states import TABLE, Act, Decision, State
from stillwatch.errors import BadInput

__all__ = ["Form", "VettingOffice", "read_dossiers", "write_dossiers"]

WAITING = frozenset({State.APPLIED, State.SCREENING, State.REVIEW})
"""The states in which an organisation waits for somebody to look at it."""

UNSCREENED = Outcome(hits=(), lists="none")
"""What takes the place of a screening where the operator needs none."""


class VettingOffice:
    """Takes the steps of vetting.

    Args:
        vettings: Dossiers and decisions.
        policy: Gives what the operator set.
        screen: Compares with the lists; None where the operator needs no screening.
        now_us: The clock.
    """

    def __init__(
        self, vettings: Vettings, *, policy: Callable[[], Policy], screen: Screen | None, now_us: Callable[[], int]
    ) -> None:
        self.vettings = vettings
        self._policy = policy
        self._screen = screen
        self._now_us = now_us

    def review(
        self, org_ids: Sequence[str] | None, *, by: str, reason: str, progress: Progress = lambda _done, _total: None
    ) -> tuple[Decision, ...]:
        """Screen organisations, and put them before people.

        An approved organisation that is named loses its approval until it is approved again.

        Args:
            org_ids: Which; None is every one that waits.
            by: Who begins the review.
            reason: Why.
            progress: Told how far screening is.

        Returns:
            The decisions that were made, the last of each organisation last.

        Raises:
            BadInput: One of them does not exist or cannot be reviewed, or there is no list. Nothing has happened then
                to the others either.
        """
        vettings = {vetting.org_id: vetting for vetting in self.vettings.vettings()}
        if org_ids is None:
            org_ids = [vetting.org_id for vetting in vettings.values() if vetting.state in WAITING]
        named = [self.vettings.dossier(org_id) for org_id in dict.fromkeys(org_ids)]
        stuck = [one.dossier.org_id for one in named if vettings[one.dossier.org_id].state is State.REVOKED]
        if stuck:
            raise BadInput(
                f"The organisation {stuck[0]} was turned down.", hint="It can apply again: `stillwatch org apply`."
            )
        # Screening first: where there is no list, or one cannot be read, nothing has changed.
        outcomes = self._outcomes([one.dossier.org_id for one in named], progress)
        to_submit = [name for name in outcomes if vettings[name].state not in {State.SCREENING, State.REVIEW}]
        submitted = self.vettings.decide(to_submit, Act.SUBMIT, by=by, reason=reason, now_us=self._now_us())
        return submitted + self.vettings.screened(outcomes, by=by, reason=reason, now_us=self._now_us())

    def rescreen(
        self, *, by: str, reason: str, progress: Progress = lambda _done, _total: None
    ) -> tuple[Decision, ...]:
        """Screen every organisation that was or is to be screened: after a list changed.

        Who is approved and now resembles somebody listed loses the approval at once.

        Args:
            by: Who changed the list.
            reason: What changed.
            progress: Told how far it is.

        Returns:
            The decisions that were made: only where something is new.
        """
        concerned = [vetting.org_id for vetting in self.vettings.vettings() if (vetting.state, Act.SCREENED) in TABLE]
        outcomes = self._outcomes(concerned, progress)
        return self.vettings.screened(outcomes, by=by, reason=reason, now_us=self._now_us())

    def step(self, org_ids: Sequence[str], act: Act, *, by: str, reason: str, tier: int = 0) -> tuple[Decision, ...]:
        """Take one step for each organisation, or none; see ``Vettings.decide``.

        Raises:
            BadInput: Besides what ``Vettings.decide`` raises: a vote for who was screened against other lists than
                those in force. Whoever loads a list has everybody screened anew; this holds where that was cut short.
        """
        if act is Act.APPROVE and self._screen is not None:
            in_force = self._screen.lists()
            for org_id in org_ids:
                if self.vettings.vetting(org_id).lists not in {in_force, ""}:
                    raise BadInput(
                        f"The organisation {org_id} was screened against other lists than those in force.",
                        hint="Screen it again: `stillwatch org review`.",
                    )
        return self.vettings.decide(
            tuple(dict.fromkeys(org_ids)), act, by=by, reason=reason, now_us=self._now_us(), tier=tier
        )

    def ready(self, *, tier: int) -> tuple[str, ...]:
        """The organisations in review for which nothing but votes is missing at a tier."""
        policy, now_us = self._policy(), self._now_us()
        found = []
        for one in self.vettings.on_file():
            if one.vetting.state is State.REVIEW and not one.vetting.hits:
                recorded = one.recorded
                grounds = policy.grounds(recorded.dossier, recorded_by=recorded.recorded_by, tier=tier, now_us=now_us)
                if not grounds.missing and tier <= grounds.reach(policy.rules):
                    found.append(one.vetting.org_id)
        return tuple(found)

    def _outcomes(self, org_ids: Sequence[str], progress: Progress) -> dict[str, tuple[int, Outcome]]:
        wanted = set(org_ids)
        recorded = [one for one in self.vettings.dossiers() if one.dossier.org_id in wanted]
        if self._screen is None:
            return {one.dossier.org_id: (one.version, UNSCREENED) for one in recorded}
        found = self._screen(recorded, now_us=self._now_us(), progress=progress)
        return {one.dossier.org_id: (one.version, found[one.dossier.org_id]) for one in recorded}
