# SPDX-License-Identifier: Apache-2.0
from hashlib import sha512
from zlib import crc32

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.keys import PEPPERS, empty_keyring, entry_for
from stillwatch.access import keyring as keyring_module
from stillwatch.access.api_key import SECRET_BYTES, Peppers, base62, digest, new_key
from stillwatch.access.keyring import Keyring
from stillwatch.access.snapshot import KeyEntry
from stillwatch.gateway.interface import Gate
from stillwatch.records.admission import Admission
from stillwatch.records.grant import Denial, Grant, TextPolicy, Wanted
from stillwatch.records.standing import Rung, Standing

NOW = 1_800_000_000_000_000
TEXT, ENTRY = entry_for("acct-1")


def ask(
    keyring: Gate, text: str | None = TEXT, *, ip: str | None = "192.0.2.7", model: str | None = "m", now: int = NOW
) -> Grant | Denial:
    return keyring.authorize(text, client_ip=ip, model=model, now_us=now)


def ring(**changes: object) -> Keyring:
    return empty_keyring().with_delta([msgspec.structs.replace(ENTRY, **changes)], version=1)


def code(answer: Grant | Denial) -> str:
    return answer.code if isinstance(answer, Denial) else "granted"


def forged(text: str) -> str:
    """A well-formed key with the same id and another secret."""
    other = base62(int.from_bytes(sha512(b"guess").digest()[:SECRET_BYTES], "big"), 33)
    body = f"{text[:22]}{other}"
    return f"{body}_{base62(crc32(body.encode()), 6)}"


def test_a_good_key_is_granted_with_all_the_gateway_must_know() -> None:
    keyring = ring(
        text_policy=TextPolicy.HASH, payment_fp="visa-1", signup_ts_us=5, route="direct", standing=Standing()
    )
    assert ask(keyring) == Grant(
        key_id=ENTRY.key_id,
        org_id="org-1",
        account_id="acct-1",
        rung=Rung.GOOD,
        text_policy=TextPolicy.HASH,
        payment_fp="visa-1",
        signup_ts_us=5,
        route="direct",
    )


@pytest.mark.parametrize("text", [None, ""])
def test_no_key_is_told_how_to_send_one(text: str | None) -> None:
    answer = ask(ring(), text)
    assert isinstance(answer, Denial)
    assert (answer.code, answer.status) == ("missing_api_key", 401)
    assert "x-api-key" in answer.message


@pytest.mark.parametrize("text", ["sk-live-1", TEXT[:-1], TEXT + "x", "swk_live_", "\x00", "é" * 62, "' OR 1=1 --"])
def test_a_key_that_is_not_well_formed_is_refused(text: str) -> None:
    answer = ask(ring(), text)
    assert isinstance(answer, Denial)
    assert (answer.code, answer.status, answer.key_id) == ("invalid_api_key", 401, None)


def test_a_wrong_secret_and_an_unknown_id_get_the_same_answer() -> None:
    unknown, _ = entry_for("acct-2")
    assert ask(ring(), forged(TEXT)) == ask(ring(), unknown)
    assert code(ask(ring(), unknown)) == "invalid_api_key"


def test_the_hash_is_computed_and_compared_for_unknown_ids_too(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []

    def counted(text: str, pepper: bytes) -> bytes:
        calls.append(text)
        return digest(text, pepper)

    monkeypatch.setattr(keyring_module, "digest", counted)
    unknown, _ = entry_for("acct-2")
    for text in (TEXT, forged(TEXT), unknown):
        ask(ring(), text)
    assert calls == [TEXT, forged(TEXT), unknown]


def test_a_key_under_an_older_pepper_works_until_the_pepper_is_taken_away() -> None:
    old, new = b"o" * 32, b"n" * 32
    made = new_key(id_entropy=bytes(9), secret_entropy=bytes(24))
    entry = msgspec.structs.replace(
        ENTRY, key_id=made.key_id, digest=digest(made.text, old), pepper_id=Peppers.of(old).current_id
    )
    both = Keyring(peppers=Peppers.of(new, old)).with_delta([entry], version=1)
    without = Keyring(peppers=Peppers.of(new)).with_delta([entry], version=1)
    assert code(ask(both, made.text)) == "granted"
    assert code(ask(without, made.text)) == "invalid_api_key"


def test_a_hash_under_a_pepper_that_is_not_known_never_matches() -> None:
    assert code(ask(ring(pepper_id="gone"))) == "invalid_api_key"


def test_a_revoked_key_is_refused_from_that_instant() -> None:
    keyring = ring(revoked_us=NOW)
    assert code(ask(keyring, now=NOW - 1)) == "granted"
    answer = ask(keyring)
    assert isinstance(answer, Denial)
    assert (answer.code, answer.status, answer.key_id) == ("revoked_api_key", 401, ENTRY.key_id)


def test_a_key_expires_on_the_microsecond_and_says_when() -> None:
    keyring = ring(expires_us=NOW)
    assert code(ask(keyring, now=NOW - 1)) == "granted"
    answer = ask(keyring)
    assert isinstance(answer, Denial)
    assert (answer.code, answer.status) == ("expired_api_key", 401)
    assert "2027-01-15 08:00 UTC" in answer.message


@pytest.mark.parametrize(
    ("change", "expected"),
    [({"org_active": False}, "organisation_inactive"), ({"account_active": False}, "account_inactive")],
)
def test_keys_of_inactive_organisations_and_accounts_are_refused(change: dict[str, bool], expected: str) -> None:
    answer = ask(ring(**change))
    assert isinstance(answer, Denial)
    assert (answer.code, answer.status) == (expected, 403)


@pytest.mark.parametrize("rung", [Rung.GOOD, Rung.OBSERVE, Rung.WITHHOLD])
def test_the_mild_rungs_are_granted_and_the_gateway_is_told(rung: Rung) -> None:
    answer = ask(ring(standing=Standing(rung=rung)))
    assert isinstance(answer, Grant)
    assert answer.rung is rung


@pytest.mark.parametrize(
    ("rung", "expected"), [(Rung.VERIFY, "verification_required"), (Rung.SUSPEND, "account_suspended")]
)
def test_the_severe_rungs_are_refused_with_the_reason_and_the_way_to_appeal(rung: Rung, expected: str) -> None:
    standing = Standing(rung=rung, until_us=NOW + 1, reason="The account is one of 400 that act as one.")
    keyring = Keyring(peppers=PEPPERS, appeal="Write to appeals@example.org.")
    answer = ask(keyring.with_delta([msgspec.structs.replace(ENTRY, standing=standing)], version=1))
    assert isinstance(answer, Denial)
    assert (answer.code, answer.status, answer.rung) == (expected, 403, rung)
    assert "one of 400 that act as one. Write to appeals@example.org." in answer.message


@pytest.mark.parametrize("rung", [Rung.VERIFY, Rung.SUSPEND])
def test_a_standing_that_has_run_out_holds_nobody_back(rung: Rung) -> None:
    keyring = ring(standing=Standing(rung=rung, until_us=NOW))
    assert code(ask(keyring, now=NOW - 1)) != "granted"
    assert code(ask(keyring, now=NOW)) == "granted"


def test_models_are_checked_only_where_the_request_names_one() -> None:
    keyring = ring(models=("m", "n"))
    assert code(ask(keyring, model="n")) == "granted"
    assert code(ask(keyring, model=None)) == "granted"
    answer = ask(keyring, model="other" * 1000)
    assert isinstance(answer, Denial)
    assert (answer.code, answer.status) == ("model_not_allowed", 403)
    assert len(answer.message) < 200


@pytest.mark.parametrize(
    ("ip", "is_granted"),
    [
        ("203.0.113.9", True),
        ("203.0.114.9", False),
        ("::ffff:203.0.113.9", True),
        ("2001:db8::1", True),
        ("2001:db9::1", False),
        ("::cb00:7109", False),
        ("198.51.100.4", True),
        ("198.51.100.5", False),
        ("fe80::1%eth0", False),
        ("", False),
        ("unix:", False),
        ("203.0.113.9:443", False),
        ("999.1.1.1", False),
        (None, False),
    ],
)
def test_addresses_outside_a_keys_networks_are_refused(ip: str | None, is_granted: bool) -> None:  # noqa: FBT001 - a row
    keyring = ring(cidrs=("203.0.113.0/24", "2001:db8::/32", "198.51.100.4/32"))
    assert code(ask(keyring, ip=ip)) == ("granted" if is_granted else "address_not_allowed")


def test_a_network_of_mapped_addresses_is_the_network_of_the_addresses_themselves() -> None:
    keyring = ring(cidrs=("::ffff:10.0.0.0/104",))
    assert code(ask(keyring, ip="10.9.9.9")) == "granted"
    assert code(ask(keyring, ip="11.9.9.9")) == "address_not_allowed"


def test_a_stranger_with_a_stolen_key_does_not_learn_the_standing() -> None:
    keyring = ring(cidrs=("10.0.0.0/8",), standing=Standing(rung=Rung.SUSPEND, reason="why"))
    assert code(ask(keyring, ip="192.0.2.1")) == "address_not_allowed"


def test_a_keyring_never_changes_itself() -> None:
    before = ring()
    after = before.with_delta([], removed=[ENTRY.key_id], version=2)
    assert (len(before), before.version, code(ask(before))) == (1, 1, "granted")
    assert (len(after), after.version, code(ask(after))) == (0, 2, "invalid_api_key")


def test_no_repr_shows_a_hash() -> None:
    assert repr(ring()) == "Keyring(version=1, keys=1)"


accounts = st.sampled_from([f"acct-{number}" for number in range(6)])
changed = st.builds(
    lambda account, rung, is_active: msgspec.structs.replace(
        entry_for(account)[1], standing=Standing(rung=rung), account_active=is_active
    ),
    accounts,
    st.sampled_from(Rung),
    st.booleans(),
)
deltas = st.tuples(st.lists(changed, max_size=4), st.lists(accounts.map(lambda name: entry_for(name)[1].key_id)))


@given(st.lists(deltas, max_size=8))
def test_deltas_add_up_to_a_full_snapshot(steps: list[tuple[list[KeyEntry], list[str]]]) -> None:
    keyring = empty_keyring()
    truth: dict[str, KeyEntry] = {}
    for version, (entries, removed) in enumerate(steps, start=1):
        keyring = keyring.with_delta(entries, removed, version=version)
        for key_id in removed:
            truth.pop(key_id, None)
        truth.update((entry.key_id, entry) for entry in entries)
    rebuilt = empty_keyring().with_delta(truth.values(), version=keyring.version)
    assert keyring.entries() == rebuilt.entries() == tuple(truth[key_id] for key_id in sorted(truth))
    for number in range(6):
        text, _ = entry_for(f"acct-{number}")
        assert ask(keyring, text) == ask(rebuilt, text)


@given(st.lists(deltas, min_size=1, max_size=4))
def test_a_delta_that_comes_twice_does_no_harm(steps: list[tuple[list[KeyEntry], list[str]]]) -> None:
    keyring = empty_keyring()
    for entries, removed in steps:
        keyring = keyring.with_delta(entries, removed, version=1)
        assert keyring.with_delta(entries, removed, version=1).entries() == keyring.entries()


@given(st.text() | st.none(), st.text() | st.none(), st.text() | st.none(), st.integers(0, 2**62))
def test_nothing_a_caller_sends_makes_the_gate_fail(
    text: str | None, ip: str | None, model: str | None, now: int
) -> None:
    keyring = ring(cidrs=("10.0.0.0/8",), models=("m",))
    assert isinstance(keyring.authorize(text, client_ip=ip, model=model, now_us=now), Denial)
    assert isinstance(keyring.authorize(TEXT, client_ip=ip, model=model, now_us=now), Denial | Grant)


def test_a_caller_who_was_granted_is_judged_anew_without_the_key() -> None:
    keyring = ring(models=("m",))
    granted = ask(keyring, model=None)
    assert isinstance(granted, Grant)
    asked = {"client_ip": None, "now_us": NOW}
    assert keyring.reconsider(granted, wanted=Wanted(model="m"), **asked) == granted  # type: ignore[arg-type]
    assert code(keyring.reconsider(granted, wanted=Wanted(model="n"), **asked)) == "model_not_allowed"  # type: ignore[arg-type]
    gone = ring(revoked_us=NOW).reconsider(granted, wanted=Wanted(model="m"), **asked)  # type: ignore[arg-type]
    assert code(gone) == "revoked_api_key"
    assert code(empty_keyring().reconsider(granted, wanted=Wanted(model="m"), **asked)) == "invalid_api_key"  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("admission", "until_us", "lax", "strict"),
    [
        (Admission.UNVETTED, None, True, False),
        (Admission.PENDING, None, True, False),
        (Admission.APPROVED, None, True, True),
        (Admission.APPROVED, NOW + 1, True, True),
        (Admission.APPROVED, NOW, False, False),
        (Admission.BARRED, None, False, False),
    ],
)
def test_vetting_lets_in_whom_it_approved_and_bars_whom_it_barred(
    admission: Admission,
    until_us: int | None,
    lax: bool,  # noqa: FBT001 - a parametrised claim
    strict: bool,  # noqa: FBT001 - a parametrised claim
) -> None:
    entry = msgspec.structs.replace(ENTRY, admission=admission, vetted_until_us=until_us, tier=3)
    for require, is_let_in in ((False, lax), (True, strict)):
        keyring = Keyring(peppers=PEPPERS, require_vetting=require).emptied().with_delta([entry], version=1)
        answer = ask(keyring)
        assert isinstance(answer, Grant) == is_let_in
        if isinstance(answer, Grant):
            assert answer.tier == 3
        else:
            assert (answer.code, answer.status) == ("organisation_not_vetted", 403)
