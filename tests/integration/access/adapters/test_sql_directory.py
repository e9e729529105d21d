# SPDX-License-Identifier: Apache-2.0
"""The directory on both databases: what goes in comes out, deltas add up, and nothing typed becomes SQL."""

import logging
import random
import threading
from collections.abc import Callable
from zlib import crc32

import pytest
from sqlalchemy import Engine, func, insert, select, update

from fakes.holder import Holder
from fakes.keys import PEPPERS
from stillwatch.access.adapters.sql_directory import SqlDirectory
from stillwatch.access.api_key import base62
from stillwatch.access.interface import UNBOUND, Directory, Enrolment
from stillwatch.access.keyring import Keyring
from stillwatch.database.tables import API_KEY, METADATA, STANDING
from stillwatch.database.transaction import reading, writing
from stillwatch.errors import BadInput, StillwatchError
from stillwatch.records.grant import Denial, Grant, TextPolicy
from stillwatch.records.standing import Rung

NOW = 1_800_000_000_000_000
DAY = 86_400_000_000

ATTACKS = [
    "x'; DROP TABLE account; --",
    '"; DELETE FROM api_key; --',
    "' OR '1'='1",
    "1; UPDATE standing SET rung = 0",
    "%' OR name LIKE '%",
    "$1",
    ":name",
    "\\'; SELECT 1; --",
    "Robert'); DROP TABLE organisation;--",
    "' UNION SELECT digest FROM api_key --",
]


@pytest.fixture
def directory(engine: Engine) -> Directory:
    made = SqlDirectory(engine, peppers=PEPPERS)
    made.create_organisation(name="Acme", org_id="acme", now_us=NOW)
    made.create_account(org_id="acme", name="Search", account_id="search", now_us=NOW)
    return made


def keyring_of(directory: Directory) -> Keyring:
    changes = directory.entries_since(0)
    return Keyring(peppers=PEPPERS).with_delta(changes.entries, changes.removed, version=changes.version)


def put_on_rung(engine: Engine, account_id: str, rung: Rung) -> None:
    with writing(engine) as change:
        row = {"account_id": account_id, "rung": int(rung), "until_us": None, "reason": "why", "decision_id": "d"}
        known = select(STANDING.c.account_id).where(STANDING.c.account_id == account_id)
        if change.connection.execute(known).first() is None:
            change.connection.execute(insert(STANDING), row | {"version": change.version})
        else:
            where = STANDING.c.account_id == account_id
            change.connection.execute(update(STANDING).where(where).values(row | {"version": change.version}))


def test_what_is_created_is_shown(directory: Directory) -> None:
    org = directory.create_organisation(name="Ørsted", text_policy=TextPolicy.DROP, now_us=NOW + 1)
    account = directory.create_account(
        org_id=org.org_id, name="Batch", payment_fp="visa-1", route="reseller-9", now_us=NOW + 2
    )
    assert directory.organisation(org.org_id) == org
    assert directory.organisations()[1:] == (org,)
    assert directory.account(account.account_id) == account
    assert directory.accounts(org_id=org.org_id) == (account,)
    assert (account.payment_fp, account.route, account.created_us) == ("visa-1", "reseller-9", NOW + 2)
    assert account.standing.rung is Rung.GOOD


def test_an_issued_key_opens_the_gate_with_all_that_was_set(directory: Directory) -> None:
    made = directory.issue_key(
        "search", label="ci", models=["m"], cidrs=["10.0.0.0/8"], expires_us=NOW + DAY, now_us=NOW
    )
    (shown,) = directory.api_keys(account_id="search")
    assert (shown.key_id, shown.label, shown.models, shown.cidrs) == (made.key_id, "ci", ("m",), ("10.0.0.0/8",))
    keyring = keyring_of(directory)
    answer = keyring.authorize(made.text, client_ip="10.1.1.1", model="m", now_us=NOW)
    assert isinstance(answer, Grant)
    assert (answer.org_id, answer.account_id, answer.signup_ts_us) == ("acme", "search", NOW)
    for ip, model, now in (("11.1.1.1", "m", NOW), ("10.1.1.1", "n", NOW), ("10.1.1.1", "m", NOW + DAY)):
        assert isinstance(keyring.authorize(made.text, client_ip=ip, model=model, now_us=now), Denial)


def test_the_database_holds_no_key_that_could_be_sent(directory: Directory, engine: Engine) -> None:
    made = directory.issue_key("search", label="l", now_us=NOW)
    with reading(engine) as connection:
        everything = [
            value for table in METADATA.sorted_tables for row in connection.execute(select(table)) for value in row
        ]
    assert made.key_id in everything
    assert made.text not in repr(everything)
    assert made.text[22:55] not in repr(everything)


def test_no_secret_reaches_a_log_or_a_repr(
    directory: Directory, caplog: pytest.LogCaptureFixture, engine: Engine
) -> None:
    caplog.set_level(logging.DEBUG)
    made = directory.issue_key("search", now_us=NOW)
    keyring_of(directory).authorize(made.text, client_ip=None, model=None, now_us=NOW)
    with reading(engine) as connection:
        digest = connection.execute(select(API_KEY.c.digest)).scalar_one()
    told = caplog.text + repr(directory) + repr(made) + repr(directory.entries_since(0)) + repr(directory.api_keys())
    for secret in (made.text, made.text[22:55], bytes(digest).hex(), repr(bytes(digest))):
        assert secret not in told


def test_a_change_is_a_delta_of_the_keys_it_touches(directory: Directory, engine: Engine) -> None:
    directory.create_account(org_id="acme", name="Other", account_id="other", now_us=NOW)
    mine, other = directory.issue_key("search", now_us=NOW).key_id, directory.issue_key("other", now_us=NOW).key_id

    def touched(change: Callable[[], object]) -> set[str]:
        before = directory.version()
        change()
        changes = directory.entries_since(before)
        assert changes.version == directory.version() == before + 1
        return {entry.key_id for entry in changes.entries}

    assert touched(lambda: directory.revoke_key(mine, now_us=NOW)) == {mine}
    assert touched(lambda: directory.set_account("other", active=False)) == {other}
    assert touched(lambda: directory.set_organisation("acme", text_policy=TextPolicy.HASH)) == {mine, other}
    assert touched(lambda: put_on_rung(engine, "other", Rung.SUSPEND)) == {other}
    assert touched(lambda: directory.create_account(org_id="acme", name="Third", now_us=NOW)) == set()
    assert directory.entries_since(directory.version()).entries == ()


def test_a_standing_reaches_the_key_and_the_account(directory: Directory, engine: Engine) -> None:
    made = directory.issue_key("search", now_us=NOW)
    put_on_rung(engine, "search", Rung.VERIFY)
    answer = keyring_of(directory).authorize(made.text, client_ip=None, model=None, now_us=NOW)
    assert isinstance(answer, Denial)
    assert (answer.code, answer.rung) == ("verification_required", Rung.VERIFY)
    assert directory.account("search").standing.rung is Rung.VERIFY


@pytest.mark.parametrize("seed", range(3))
def test_deltas_add_up_to_a_fresh_snapshot_whatever_happens(directory: Directory, engine: Engine, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - a seeded walk, not a secret
    for number in range(4):
        directory.create_account(org_id="acme", name="n", account_id=f"a{number}", now_us=NOW)
    keyring = Keyring(peppers=PEPPERS)
    keys: list[str] = []

    def purge() -> None:
        for key in directory.purge_keys(before_us=NOW):
            keys.remove(key)

    steps: list[Callable[[str], object]] = [
        lambda account: keys.append(directory.issue_key(account, now_us=NOW, expires_us=NOW + DAY).key_id),
        lambda account: directory.set_account(account, active=True),
        lambda account: put_on_rung(engine, account, chance.choice(list(Rung))),
        lambda _: directory.set_organisation("acme", text_policy=chance.choice(list(TextPolicy))),
        lambda _: keys and directory.revoke_key(chance.choice(keys), now_us=NOW - DAY),
        lambda _: purge() if chance.random() < 0.3 else None,
    ]
    for _ in range(40):
        chance.choice(steps)(f"a{chance.randrange(4)}")
        if chance.random() < 0.4:
            changes = directory.entries_since(keyring.version)
            keyring = keyring.with_delta(changes.entries, changes.removed, version=changes.version)
    changes = directory.entries_since(keyring.version)
    keyring = keyring.with_delta(changes.entries, changes.removed, version=changes.version)
    assert keyring.entries() == keyring_of(directory).entries()
    assert len(keyring) == len(keys)


def test_a_receiver_ahead_of_a_restored_database_gets_everything(directory: Directory) -> None:
    made = directory.issue_key("search", now_us=NOW)
    changes = directory.entries_since(10_000)
    assert changes.version < 10_000
    assert [entry.key_id for entry in changes.entries] == [made.key_id]


def test_a_revoked_key_stays_revoked_at_its_first_instant(directory: Directory) -> None:
    made = directory.issue_key("search", now_us=NOW)
    first = directory.revoke_key(made.key_id, now_us=NOW + 1)
    assert directory.revoke_key(made.key_id, now_us=NOW + 2) == first
    assert first.revoked_us == NOW + 1


def test_purging_forgets_only_keys_that_are_long_over(directory: Directory) -> None:
    kept, revoked, expired = (
        directory.issue_key("search", now_us=NOW, expires_us=expiry).key_id for expiry in (None, None, NOW + 1)
    )
    directory.revoke_key(revoked, now_us=NOW + 5)
    assert set(directory.purge_keys(before_us=NOW + 6)) == {revoked, expired}
    assert [key.key_id for key in directory.api_keys()] == [kept]
    assert directory.purge_keys(before_us=NOW + 6) == ()


def test_an_inactive_organisation_or_account_gets_nothing_new(directory: Directory) -> None:
    directory.set_account("search", active=False)
    with pytest.raises(BadInput, match="not active"):
        directory.issue_key("search", now_us=NOW)
    directory.set_organisation("acme", active=False)
    with pytest.raises(BadInput, match="not active"):
        directory.create_account(org_id="acme", name="n", now_us=NOW)


@pytest.mark.parametrize(
    "call",
    [
        lambda d: d.create_organisation(name="Acme", org_id="acme", now_us=NOW),
        lambda d: d.create_account(org_id="acme", name="n", account_id="search", now_us=NOW),
        lambda d: d.create_account(org_id="nobody", name="n", now_us=NOW),
        lambda d: d.create_organisation(name="", now_us=NOW),
        lambda d: d.set_organisation("acme"),
        lambda d: d.set_organisation("nobody", active=False),
        lambda d: d.set_account("nobody", active=False),
        lambda d: d.organisation("nobody"),
        lambda d: d.account("nobody"),
        lambda d: d.accounts(org_id="nobody"),
        lambda d: d.api_keys(account_id="nobody"),
        lambda d: d.revoke_key("000000000000", now_us=NOW),
        lambda d: d.issue_key("nobody", now_us=NOW),
        lambda d: d.issue_key("search", now_us=NOW, expires_us=NOW),
        lambda d: d.issue_key("search", now_us=NOW, expires_us=10**40),
        lambda d: d.issue_key("search", now_us=NOW, cidrs=["10.0.0.1/8"]),
        lambda d: d.issue_key("search", now_us=NOW, models=[]),
        lambda d: d.issue_key("search", now_us=NOW, models=["a\x00b"]),
    ],
)
def test_what_cannot_be_done_is_refused_and_changes_nothing(
    directory: Directory, call: Callable[[Directory], object]
) -> None:
    before = directory.version(), directory.organisations(), directory.accounts(), directory.api_keys()
    with pytest.raises(BadInput):
        call(directory)
    assert (directory.version(), directory.organisations(), directory.accounts(), directory.api_keys()) == before


@pytest.mark.parametrize("attack", ATTACKS)
def test_text_that_looks_like_sql_is_text(directory: Directory, engine: Engine, attack: str) -> None:
    org = directory.create_organisation(name=attack, now_us=NOW)
    account = directory.create_account(org_id=org.org_id, name=attack, payment_fp=attack, route=attack, now_us=NOW)
    made = directory.issue_key(account.account_id, label=attack, models=[attack], now_us=NOW)
    directory.set_organisation(org.org_id, name=attack)
    assert directory.organisation(org.org_id).name == attack
    assert (account.name, account.payment_fp, account.route) == (attack, attack, attack)
    (shown,) = directory.api_keys(account_id=account.account_id)
    assert (shown.label, shown.models) == (attack, (attack,))
    answer = keyring_of(directory).authorize(made.text, client_ip=None, model=attack, now_us=NOW)
    assert isinstance(answer, Grant)
    with reading(engine) as connection:
        for table in METADATA.sorted_tables:
            connection.execute(select(func.count()).select_from(table))


@pytest.mark.parametrize("attack", [*ATTACKS, "\x00", "\ud800", "a" * 10_000])
def test_ids_that_look_like_sql_are_refused_and_find_nothing(directory: Directory, attack: str) -> None:
    calls: list[Callable[[], object]] = [
        lambda: directory.organisation(attack),
        lambda: directory.account(attack),
        lambda: directory.revoke_key(attack, now_us=NOW),
        lambda: directory.set_account(attack, active=False),
        lambda: directory.set_organisation(attack, active=False),
        lambda: directory.accounts(org_id=attack),
        lambda: directory.api_keys(account_id=attack),
        lambda: directory.issue_key(attack, now_us=NOW),
        lambda: directory.create_account(org_id=attack, name="n", now_us=NOW),
        lambda: directory.create_account(org_id="acme", name="n", account_id=attack, now_us=NOW),
        lambda: directory.create_organisation(name="n", org_id=attack, now_us=NOW),
    ]
    for call in calls:
        with pytest.raises(BadInput):
            call()
    assert directory.account("search").active


def test_of_two_who_want_the_same_id_at_once_one_gets_it(directory: Directory) -> None:
    outcomes: list[str] = []

    def create() -> None:
        try:
            directory.create_account(org_id="acme", name="n", account_id="wanted", now_us=NOW)
            outcomes.append("made")
        except StillwatchError as error:
            outcomes.append(type(error).__name__)

    threads = [threading.Thread(target=create) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["BadInput", "BadInput", "BadInput", "made"]


def test_what_a_key_is_bound_to_and_made_for_reaches_the_workers(directory: Directory) -> None:
    holder, client = Holder(), Holder("client")
    enrolment = Enrolment(jkt=holder.jkt, x5t="x" * 43, client_jwk=client.canonical)
    made = directory.issue_key("search", scopes=["stream", "invoke"], enrolment=enrolment, now_us=NOW)
    (entry,) = directory.entries_since(0).entries
    assert (entry.jkt, entry.x5t, entry.client_jwk) == (holder.jkt, "x" * 43, client.canonical)
    assert (entry.scopes, entry.is_honey, entry.trusted) == (("invoke", "stream"), False, ())
    (shown,) = directory.api_keys()
    assert (shown.key_id, shown.client_jkt, shown.scopes) == (made.key_id, client.jkt, ("invoke", "stream"))
    with pytest.raises(BadInput, match="honey"):
        directory.issue_key("search", enrolment=enrolment, is_honey=True, now_us=NOW)


def test_a_successor_inherits_all_but_the_secret_and_the_old_key_ends_after_the_overlap(directory: Directory) -> None:
    enrolment = Enrolment(jkt=Holder().jkt)
    old = directory.issue_key(
        "search", models=["m"], cidrs=["10.0.0.0/8"], label="ci", expires_us=NOW + 90, enrolment=enrolment, now_us=NOW
    )
    version = directory.version()
    new = directory.rotate_key(old.key_id, overlap_us=20, now_us=NOW + 50)
    changed = {entry.key_id: entry for entry in directory.entries_since(version).entries}
    before, after = changed[old.key_id], changed[new.key_id]
    assert (before.expires_us, after.expires_us) == (NOW + 70, NOW + 140)
    assert before.digest != after.digest
    assert (after.models, after.cidrs, after.jkt) == (("m",), ("10.0.0.0/8",), Holder().jkt)
    assert {key.key_id: key.replaced_by for key in directory.api_keys()} == {old.key_id: new.key_id, new.key_id: None}
    # An overlap does not lengthen a life.
    last = directory.rotate_key(new.key_id, overlap_us=10**12, enrolment=UNBOUND, now_us=NOW + 60)
    entries = {entry.key_id: entry for entry in directory.entries_since(0).entries}
    assert (entries[new.key_id].expires_us, entries[last.key_id].jkt) == (NOW + 140, None)
    with pytest.raises(BadInput, match="does not work"):
        directory.rotate_key(old.key_id, overlap_us=1, now_us=NOW + 70)


def test_the_keys_that_are_trusted_stand_in_each_entry_of_their_organisation_alone(directory: Directory) -> None:
    directory.create_organisation(name="Other", org_id="other", now_us=NOW)
    directory.create_account(org_id="other", name="Else", account_id="else", now_us=NOW)
    for account in ("search", "search", "else"):
        directory.issue_key(account, now_us=NOW)
    version = directory.version()
    first, second = Holder("first"), Holder("second", is_edwards=True)
    directory.trust_key("acme", first.canonical, now_us=NOW + 1)
    directory.trust_key("acme", second.canonical, now_us=NOW + 2)
    told = directory.entries_since(version).entries
    assert [entry.account_id for entry in told] == ["search", "search"]
    assert {entry.trusted for entry in told} == {(first.canonical, second.canonical)}
    directory.distrust_key("acme", first.jkt, now_us=NOW + 3)
    assert {entry.trusted for entry in directory.entries_since(0).entries} == {(second.canonical,), ()}


@pytest.mark.parametrize("attack", ATTACKS)
def test_labels_and_thumbprints_are_no_code(directory: Directory, attack: str) -> None:
    directory.trust_key("acme", Holder().canonical, label=attack, now_us=NOW)
    assert directory.trusted_keys("acme")[0].label == attack
    with pytest.raises(BadInput):
        directory.distrust_key("acme", attack, now_us=NOW)
    assert directory.identify(attack) is None


def test_a_key_is_identified_by_all_of_it(directory: Directory) -> None:
    made = directory.issue_key("search", now_us=NOW)
    found = directory.identify(made.text)
    assert found is not None
    assert found.key_id == made.key_id
    body = made.text[:22] + "0" * 33
    assert directory.identify(f"{body}_{base62(crc32(body.encode()), 6)}") is None
