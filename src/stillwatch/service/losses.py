# SPDX-License-Identifier: Apache-2.0
"""Who would lose access under a directive, and how much they use what they would lose."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec

from stillwatch.access.keyring import Keyring
from stillwatch.access.policy.directive import Directive
from stillwatch.access.policy.facts import OrgFacts
from stillwatch.access.policy.judge import Judge
from stillwatch.access.policy.rulebook import Rulebook, rulebook
from stillwatch.access.policy.turnstile import Turnstile
from stillwatch.records.exchange import Outcome
from stillwatch.records.grant import Grant, Wanted
from stillwatch.service.log_room import open_reader
from stillwatch.service.offices import open_clock_of, open_directives, open_directory, open_keyring
from stillwatch.service.policies import open_enforced
from stillwatch.service.screening_offices import open_known
from stillwatch.settings import Settings

HOUR_US = 3_600_000_000


class Loss(msgspec.Struct, frozen=True, kw_only=True):
    """An organisation that would lose access."""

    org_id: str
    accounts: int
    keys: int
    requests: int
    """Requests of these keys for these models that were answered in the time looked at."""
    last_us: int | None
    """The last of them."""


@dataclass
class _Losing:
    accounts: set[str] = field(default_factory=set)
    keys: set[str] = field(default_factory=set)
    requests: int = 0
    last_us: int | None = None


def losses(settings: Settings, directive: Directive, *, hours: float) -> list[Loss]:
    """Find the keys that may use a model of a directive now, and could not under it; by organisation.

    A person's class is what a request attests, so nobody is taken to have one: who keeps access only by a class is
    listed as losing it.

    Args:
        settings: The gateway's.
        directive: What would be given, as if it took effect now.
        hours: How much of the log is looked at.

    Raises:
        BadInput: The rules cannot be read.
        Unavailable: The database or the log cannot be read.
    """
    now_us = open_clock_of(settings)()
    rules = open_enforced(settings.access.policy)
    standing = [one.directive for one in open_directives(settings).orders().orders if one.is_standing]
    changes = open_directory(settings).entries_since(0)
    keyring = open_keyring(settings).with_delta(changes.entries, changes.removed, version=changes.version)
    now = rulebook(rules.sources, rules.models, directives=standing)
    at_once = msgspec.structs.replace(directive, from_us=min(now_us, directive.from_us))
    then = rulebook(rules.sources, rules.models, directives=[*standing, at_once])
    losing: dict[str, _Losing] = defaultdict(_Losing)
    lost: set[tuple[str, str]] = set()
    known = {one.facts.org_id: one.facts for one in open_known(settings)(0, now_us)}
    before, after = _turnstile(now, keyring, known), _turnstile(then, keyring, known)
    for entry in keyring.entries():
        for model in directive.models:
            grant = keyring.reconsider(
                Grant(key_id=entry.key_id, org_id=entry.org_id, account_id=entry.account_id),
                client_ip=None,
                wanted=Wanted(model=model),
                now_us=now_us,
            )
            if not isinstance(grant, Grant):
                continue
            wanted = Wanted(model=model)
            may = before is None or isinstance(before.ask(grant, wanted, now_us=now_us), Grant)
            if may and after is not None and not isinstance(after.ask(grant, wanted, now_us=now_us), Grant):
                losing[entry.org_id].accounts.add(entry.account_id)
                losing[entry.org_id].keys.add(entry.key_id)
                lost.add((entry.key_id, model))
    for row in open_reader(settings).exchanges(from_us=max(0, now_us - round(hours * HOUR_US)), identify=True):
        if row.key_id is not None and (row.key_id, row.model) in lost and row.outcome is not Outcome.REFUSED:
            losing[row.org_id].requests += 1
            losing[row.org_id].last_us = row.ts_us
    found = [
        Loss(
            org_id=org_id,
            accounts=len(one.accounts),
            keys=len(one.keys),
            requests=one.requests,
            last_us=one.last_us,
        )
        for org_id, one in losing.items()
    ]
    return sorted(found, key=lambda one: (-one.requests, one.org_id))


def _turnstile(rules: Rulebook, keyring: Keyring, known: Mapping[str, OrgFacts]) -> Turnstile | None:
    """What decides by the rules; None where there are none."""
    if not rules.sources:
        return None
    models = {one.model: one for one in rules.models}
    return Turnstile(Judge(rules.book()), keyring, organisations=known, models=models, appeal="")
