# SPDX-License-Identifier: Apache-2.0
import pytest

from fakes.terminal import Terminal
from stillwatch.access.api_key import parse
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
