# SPDX-License-Identifier: Apache-2.0
import msgspec
import pytest

from fakes.keys import empty_keyring, entry_for
from stillwatch.access.policy.facts import OrgFacts
from stillwatch.access.policy.rulebook import Source, encode_organisations, encode_rulebook, rulebook
from stillwatch.access.snapshot import encode_entries
from stillwatch.errors import IntegrityError
from stillwatch.records.grant import Denial, Grant, Wanted
from stillwatch.service.channel import Snapshot
from stillwatch.service.gate import LiveGate


class Hand:
    """A monotonic clock moved by hand."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


def _code(gate: LiveGate, api_key: str) -> str:
    answer = gate.authorize(api_key, client_ip=None, model=None, now_us=0)
    return "granted" if isinstance(answer, Grant) else answer.code


def test_a_gate_that_has_heard_nothing_for_too_long_fails_closed_and_opens_again_at_a_word() -> None:
    clock = Hand()
    api_key, entry = entry_for("acct-1")
    gate = LiveGate(empty_keyring(), stale_after_seconds=30, monotonic=clock)
    gate.apply(Snapshot(version=1, full=True, entries=encode_entries([entry])))
    assert _code(gate, api_key) == "granted"
    clock.seconds += 30.5
    assert _code(gate, api_key) == "standing_unknown"
    gate.heard()
    assert _code(gate, api_key) == "granted"


def test_a_full_snapshot_replaces_what_was_known() -> None:
    clock = Hand()
    first_key, first = entry_for("acct-1")
    second_key, second = entry_for("acct-2")
    gate = LiveGate(empty_keyring(), stale_after_seconds=30, monotonic=clock)
    gate.apply(Snapshot(version=1, full=True, entries=encode_entries([first])))
    gate.apply(Snapshot(version=2, full=True, entries=encode_entries([second])))
    assert (_code(gate, first_key), _code(gate, second_key)) == ("invalid_api_key", "granted")


def test_a_removed_key_is_no_longer_known() -> None:
    api_key, entry = entry_for("acct-1")
    gate = LiveGate(empty_keyring(), stale_after_seconds=30, monotonic=Hand())
    gate.apply(Snapshot(version=1, full=True, entries=encode_entries([entry])))
    gate.apply(Snapshot(version=2, full=False, entries=encode_entries([]), removed=(entry.key_id,)))
    assert gate.version == 2
    assert isinstance(gate.authorize(api_key, client_ip=None, model=None, now_us=0), Denial)


RULES = '@id("a") @says("s") @source("t") permit(principal, action, resource) when { principal.organisation.tier > 0 };'
ORG = OrgFacts(org_id="org-1", version=1, digest="sha256:1", tier=1)


def _packed(text: str = RULES) -> bytes:
    return encode_rulebook(rulebook([Source("house", "house.cedar", text)], []))


def _asked(gate: LiveGate, api_key: str) -> str:
    answer = gate.authorize(api_key, client_ip=None, model=None, now_us=0)
    if isinstance(answer, Grant):
        answer = gate.reconsider(answer, client_ip=None, wanted=Wanted(model="m"), now_us=0)
    return "granted" if isinstance(answer, Grant) else answer.code


def test_a_policy_decides_once_it_is_pushed_and_no_longer_once_it_is_taken_back() -> None:
    api_key, entry = entry_for("acct-1")
    gate = LiveGate(empty_keyring(), stale_after_seconds=30, monotonic=Hand())
    gate.apply(Snapshot(version=1, full=True, entries=encode_entries([entry])))
    assert _asked(gate, api_key) == "granted"
    gate.apply(Snapshot(version=2, full=False, entries=encode_entries([]), rulebook=_packed()))
    assert _asked(gate, api_key) == "policy_denied"
    known = encode_organisations([ORG])
    gate.apply(Snapshot(version=3, full=False, entries=encode_entries([]), organisations=known))
    assert _asked(gate, api_key) == "granted"
    assert isinstance(gate.authorize(api_key, client_ip=None, model="m", now_us=0), Grant)
    worse = encode_organisations([msgspec.structs.replace(ORG, version=2, digest="sha256:2", tier=0)])
    gate.apply(Snapshot(version=4, full=False, entries=encode_entries([]), organisations=worse))
    assert _asked(gate, api_key) == "policy_denied"
    assert isinstance(gate.authorize(api_key, client_ip=None, model="m", now_us=0), Denial)
    gate.apply(Snapshot(version=5, full=False, entries=encode_entries([]), rulebook=b""))
    assert _asked(gate, api_key) == "granted"


def test_a_full_snapshot_forgets_the_policy_and_what_was_known() -> None:
    api_key, entry = entry_for("acct-1")
    gate = LiveGate(empty_keyring(), stale_after_seconds=30, monotonic=Hand())
    entries = encode_entries([entry])
    known = encode_organisations([ORG])
    gate.apply(Snapshot(version=1, full=True, entries=entries, rulebook=_packed(), organisations=known))
    assert _asked(gate, api_key) == "granted"
    gate.apply(Snapshot(version=2, full=True, entries=entries, rulebook=_packed()))
    assert _asked(gate, api_key) == "policy_denied"
    gate.apply(Snapshot(version=3, full=True, entries=entries))
    assert _asked(gate, api_key) == "granted"


@pytest.mark.parametrize(
    "broken",
    [
        {"rulebook": b"nonsense"},
        {"organisations": b"nonsense"},
        {"entries": b"nonsense"},
    ],
)
def test_a_change_that_cannot_be_read_closes_the_gate_until_one_can(broken: dict[str, bytes]) -> None:
    api_key, entry = entry_for("acct-1")
    gate = LiveGate(empty_keyring(), stale_after_seconds=30, monotonic=Hand())
    entries = encode_entries([entry])
    gate.apply(Snapshot(version=1, full=True, entries=entries))
    with pytest.raises(IntegrityError):
        gate.apply(Snapshot(**{"version": 2, "full": False, "entries": encode_entries([]), **broken}))  # type: ignore[arg-type]
    assert _asked(gate, api_key) == "standing_unknown"
    assert not gate.is_ready
    gate.apply(Snapshot(version=3, full=True, entries=entries))
    assert _asked(gate, api_key) == "granted"
