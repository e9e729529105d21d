# SPDX-License-Identifier: Apache-2.0
import json
from pathlib import Path

import pytest

from fakes.holder import Holder
from fakes.keys import entry_for
from fakes.terminal import Terminal
from stillwatch.access.api_key import parse
from stillwatch.access.snapshot import KeyEntry
from stillwatch.cli.key import parse_expiry
from stillwatch.errors import BadInput
from stillwatch.records.grant import Denial, Grant
from stillwatch.service.clock import wall_now_us
from stillwatch.service.offices import open_directory, open_keyring
from stillwatch.settings import load_settings

NOW = 1_800_000_000_000_000
DAY = 86_400_000_000


@pytest.fixture
def team(terminal: Terminal) -> Terminal:
    terminal.good("org", "create", "Acme", "--id", "acme")
    terminal.good("account", "create", "Team", "--org", "acme", "--id", "team")
    return terminal


def authorize(terminal: Terminal, text: str, *, ip: str = "10.1.1.1", model: str = "m") -> Grant | Denial:
    settings = load_settings(terminal.config)
    changes = open_directory(settings).entries_since(0)
    keyring = open_keyring(settings).with_delta(changes.entries, changes.removed, version=changes.version)
    return keyring.authorize(text, client_ip=ip, model=model, now_us=wall_now_us())


def test_a_key_is_printed_alone_and_opens_the_gate(team: Terminal) -> None:
    shown = team.run("key", "create", "--account", "team", "--model", "m", "--cidr", "10.0.0.0/8", "--expires", "1d")
    assert (shown.code, shown.err) == (0, "")
    text = shown.out.removesuffix("\n")
    assert parse(text) is not None
    assert isinstance(authorize(team, text), Grant)
    assert isinstance(authorize(team, text, model="other"), Denial)
    assert isinstance(authorize(team, text, ip="192.0.2.1"), Denial)


def test_a_key_is_shown_this_once(team: Terminal) -> None:
    made = team.json("key", "create", "--account", "team", "--label", "ci")
    for arguments in (("key", "list"), ("key", "list", "--json"), ("account", "show", "team")):
        shown = team.good(*arguments)
        assert made["api_key"] not in shown
        assert made["api_key"][22:55] not in shown
    stored = b"".join(path.read_bytes() for path in (team.config.parent / "data").iterdir())
    assert made["api_key"][22:55].encode() not in stored


def test_a_revoked_key_is_refused_and_says_so(team: Terminal) -> None:
    made = team.json("key", "create", "--account", "team")
    assert made["key_id"] in team.good("key", "list", "--account", "team")
    team.good("key", "revoke", made["key_id"])
    assert "revoked" in team.good("key", "list")
    answer = authorize(team, made["api_key"])
    assert isinstance(answer, Denial)
    assert answer.code == "revoked_api_key"


def test_purging_keeps_what_was_revoked_lately(team: Terminal) -> None:
    made = team.json("key", "create", "--account", "team")
    team.good("key", "revoke", made["key_id"])
    assert team.json("key", "purge", "--older-than-days", "1") == []
    assert [key["key_id"] for key in team.json("key", "list")] == [made["key_id"]]


@pytest.mark.parametrize(
    "arguments",
    [
        ("create", "--account", "nobody"),
        ("create", "--account", "team", "--cidr", "10.1.1.1/8"),
        ("create", "--account", "team", "--cidr", "office"),
        ("create", "--account", "team", "--model", ""),
        ("create", "--account", "team", "--expires", "soon"),
        ("create", "--account", "team", "--expires", "2020-01-01"),
        ("create", "--account", "team", "--expires", "99999999999d"),
        ("create", "--account", "team", "--label", "a\nb"),
        ("list", "--account", "nobody"),
        ("revoke", "nothing"),
        ("revoke", "x' OR '1'='1"),
    ],
)
def test_bad_input_is_one_sentence_and_exit_code_2(team: Terminal, arguments: tuple[str, ...]) -> None:
    team.refused("key", *arguments)
    assert team.json("key", "list") == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("90d", NOW + 90 * DAY),
        ("12h", NOW + DAY // 2),
        ("2027-03-31", 1_806_451_200_000_000),
        ("2027-03-31T02:00:00+02:00", 1_806_451_200_000_000),
        ("2027-03-31T00:00:00.000001", 1_806_451_200_000_001),
    ],
)
def test_an_expiry_is_a_span_or_an_instant(text: str, expected: int) -> None:
    assert parse_expiry(text, now_us=NOW) == expected


@pytest.mark.parametrize(
    "text", ["", "d", "-3d", "3", "1.5h", "tomorrow", "2027-13-01", "٣d", "9" * 5000 + "d", "\x00"]
)
def test_what_is_no_expiry_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match="90d"):
        parse_expiry(text, now_us=NOW)


BOUND = """
[access.binding]
public_urls = ["https://api.example.com"]
[gateway.trusted_proxies]
networks = ["10.0.0.0/8"]
certificate_header = "Client-Cert"
"""


@pytest.fixture
def bound_team(team: Terminal) -> Terminal:
    team.config.write_text(team.config.read_text() + BOUND)
    return team


def enrolled(terminal: Terminal, name: str, holder: Holder) -> str:
    path = terminal.config.parent / name
    path.write_text(json.dumps(holder.jwk))
    return str(path)


def entry_of(terminal: Terminal, key_id: str) -> KeyEntry:
    entries = open_directory(load_settings(terminal.config)).entries_since(0).entries
    return next(entry for entry in entries if entry.key_id == key_id)


def test_a_key_is_bound_to_what_was_enrolled(bound_team: Terminal) -> None:
    pem = Path(__file__).parents[2] / "vectors" / "tls" / "localhost.pem"
    certificate = bound_team.config.parent / "client.pem"
    certificate.write_bytes(pem.read_bytes()[pem.read_bytes().index(b"-----BEGIN CERT") :])
    jwk = enrolled(bound_team, "holder.jwk", Holder())
    options = ("--dpop-jwk", jwk, "--certificate", str(certificate), "--scope", "invoke", "--scope", "stream")
    made = bound_team.json("key", "create", "--account", "team", *options)
    entry = entry_of(bound_team, made["key_id"])
    assert (entry.jkt, entry.scopes, len(entry.x5t or "")) == (Holder().jkt, ("invoke", "stream"), 43)
    assert "key pair, certificate" in bound_team.good("key", "list")


def test_a_clients_key_is_an_id_alone(bound_team: Terminal) -> None:
    jwk = enrolled(bound_team, "client.jwk", Holder("client"))
    shown = bound_team.run("key", "create", "--account", "team", "--client-jwk", jwk)
    assert len(shown.out.strip()) == 12
    assert entry_of(bound_team, shown.out.strip()).client_jwk == Holder("client").canonical
    assert set(bound_team.json("key", "rotate", shown.out.strip())) == {"key_id"}


@pytest.mark.parametrize("content", ["", "{}", '{"kty":"oct","k":"c2VjcmV0"}'])
def test_what_is_no_public_key_is_refused(bound_team: Terminal, content: str) -> None:
    path = bound_team.config.parent / "bad.jwk"
    path.write_text(content)
    done = bound_team.run("key", "create", "--account", "team", "--dpop-jwk", str(path))
    assert (done.code, "The key" in done.err) == (2, True)
    assert bound_team.run("key", "create", "--account", "team", "--dpop-jwk", str(path) + "x").code == 2


def test_a_binding_that_could_never_hold_is_refused_at_once(team: Terminal) -> None:
    jwk = enrolled(team, "holder.jwk", Holder())
    assert "public_urls" in team.run("key", "create", "--account", "team", "--dpop-jwk", jwk).err
    assert "certificate_header" in team.run("key", "create", "--account", "team", "--certificate", jwk).err
    assert "The scope" in team.run("key", "create", "--account", "team", "--scope", "everything").err


def test_a_key_is_rotated_with_an_overlap(team: Terminal) -> None:
    old = team.json("key", "create", "--account", "team", "--model", "m", "--label", "ci", "--expires", "30d")
    new = team.json("key", "rotate", old["key_id"], "--overlap", "2h")
    assert isinstance(authorize(team, old["api_key"]), Grant)
    assert isinstance(authorize(team, new["api_key"]), Grant)
    assert isinstance(authorize(team, new["api_key"], model="other"), Denial)
    before, after = entry_of(team, old["key_id"]), entry_of(team, new["key_id"])
    assert before.expires_us is not None
    assert after.expires_us is not None
    assert 0 < before.expires_us - wall_now_us() <= DAY // 12
    assert after.expires_us - wall_now_us() > 29 * DAY
    assert f"good, replaced by {new['key_id']}" in team.good("key", "list")
    assert "replaced already" in team.run("key", "rotate", old["key_id"]).err


def test_after_the_overlap_the_old_key_is_refused(team: Terminal) -> None:
    old = team.json("key", "create", "--account", "team")
    team.good("key", "rotate", old["key_id"], "--overlap", "0h")
    answer = authorize(team, old["api_key"])
    assert isinstance(answer, Denial)
    assert answer.code == "expired_api_key"


def test_what_does_not_work_any_more_is_not_rotated(team: Terminal) -> None:
    revoked, honey = (
        team.json("key", "create", "--account", "team"),
        team.json("key", "create", "--account", "team", "--honey"),
    )
    team.good("key", "revoke", revoked["key_id"])
    assert "does not work" in team.run("key", "rotate", revoked["key_id"]).err
    assert "honey" in team.run("key", "rotate", honey["key_id"]).err
    assert "There is no API key" in team.run("key", "rotate", "000000000000").err


def test_a_honey_key_opens_nothing(team: Terminal) -> None:
    honey = team.json("key", "create", "--account", "team", "--honey", "--label", "in the vault")
    answer = authorize(team, honey["api_key"])
    assert isinstance(answer, Denial)
    assert (answer.code, answer.noted) == ("invalid_api_key", "honey_key")


def test_keys_are_found_in_files_and_said_whose_they_are(team: Terminal) -> None:
    made = team.json("key", "create", "--account", "team", "--label", "ci")
    stranger, _ = entry_for("acct-of-another-gateway")
    dump = team.config.parent / "dump.log"
    dump.write_text(f"x\nkey={made['api_key']}\nother={stranger}\n")
    shown = team.run("key", "scan", str(dump))
    assert shown.code == 1
    assert all(word in shown.out for word in (made["key_id"], "acme", "team", "ci", "2"))
    assert made["api_key"] not in shown.out + shown.err
    found = team.run("key", "scan", str(dump), "--json")
    assert [(one["line"], one["api_key"]["key_id"]) for one in json.loads(found.out)] == [(2, made["key_id"])]
    dump.write_text("nothing")
    assert team.run("key", "scan", str(dump)).code == 0
    assert team.run("key", "scan", str(dump) + "x").code == 2
