# SPDX-License-Identifier: Apache-2.0
"""What the access policy may know of organisations: their dossiers, their vetting, and the hits nobody has cleared."""

from collections import defaultdict
from collections.abc import Callable, Sequence

from stillwatch.access.ownership.rule import OwnershipRule
from stillwatch.access.policy.facts import ScreenedList
from stillwatch.access.screening.hit import HitState
from stillwatch.access.vetting.facts import Known, Listed, facts_of
from stillwatch.access.vetting.grounds import Policy
from stillwatch.access.vetting.interface import Vettings
from stillwatch.service.screening_room import ScreeningRoom


class KnownOrganisations:
    """Gives facts as they change. Not for more than one thread at a time.

    Args:
        vettings: Dossiers, and where organisations stand.
        room: Lists and hits.
        rules: Of ownership.
        policy: Gives whose certifications count.
    """

    def __init__(
        self,
        vettings: Vettings,
        *,
        room: ScreeningRoom,
        rules: Sequence[OwnershipRule],
        policy: Callable[[], Policy],
    ) -> None:
        self._vettings = vettings
        self._room = room
        self._rules = rules
        self._policy = policy
        self._lists: str | None = None
        """Digest of the lists that were last told of."""

    def since(self, version: int, now_us: int) -> list[Known]:
        """What is known, now, of the organisations of which anything changed after a version; 0 is all.

        Where a list has changed it is all, too: what an organisation was compared with is part of what is known.

        Raises:
            Unavailable: The database cannot be reached.
        """
        lists = self._room.lists_digest()
        if lists != self._lists:
            version = 0
        touched = self._room.log.touched(version) if version else frozenset()
        files = self._vettings.on_file(since=0 if touched else version)
        wanted = [one for one in files if one.version > version or one.recorded.dossier.org_id in touched]
        hits = self._hits() if wanted else {}
        screened = tuple(ScreenedList(name=one.name, digest=one.digest) for one in self._room.log.lists())
        policy = self._policy()
        known = [
            facts_of(
                one.recorded.dossier,
                one.vetting,
                rules=self._rules,
                policy=policy,
                version=one.version,
                now_us=now_us,
                hits=hits.get(one.recorded.dossier.org_id, ()),
                screened=screened if lists and one.vetting.lists == lists else (),
            )
            for one in wanted
        ]
        self._lists = lists
        return known

    def _hits(self) -> dict[str, list[Listed]]:
        found = defaultdict(list)
        for hit in self._room.log.hits():
            if hit.state is not HitState.CLEARED:
                listed = Listed(hit.subject_id, hit.list_name, hit.state is HitState.CONFIRMED)
                found[hit.org_id].append(listed)
        return found
