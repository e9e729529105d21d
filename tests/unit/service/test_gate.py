# SPDX-License-Identifier: Apache-2.0
from fakes.keys import empty_keyring, entry_for
from stillwatch.access.snapshot import encode_entries
from stillwatch.records.grant import Denial, Grant
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
